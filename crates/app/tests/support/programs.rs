//! Programs that the tests of `track` compile.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{Home, skipped};

/// Compiles C, C++ or Rust; `None`, said loudly, where there is no compiler.
pub(crate) fn compiled(
    home: &Home,
    name: &str,
    source: &str,
    compiler: &[&str],
) -> Option<PathBuf> {
    let folder = home.0.path();
    let extension = match compiler[0] {
        "g++" => "cc",
        "rustc" => "rs",
        _ => "c",
    };
    let (file, program) = (folder.join(format!("{name}.{extension}")), folder.join(name));
    fs::write(&file, source).expect("a scratch file");
    let mut command = Command::new(compiler[0]);
    command.args(&compiler[1..]).arg("-o").arg(&program).arg(&file);
    match command.output() {
        Ok(output) => {
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{words}");
            Some(program)
        }
        Err(error) => {
            skipped(&format!("{name}: no {}: {error}", compiler[0]));
            None
        }
    }
}

/// A C compiler that leaves every call where it stands.
pub(crate) const CC: [&str; 5] =
    ["gcc", "-g", "-O1", "-fno-builtin", "-fno-optimize-sibling-calls"];
