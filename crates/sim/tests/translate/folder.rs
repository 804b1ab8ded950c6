//! The folder of goldens, or a note that a test is skipped.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

/// The folder that `RAMSCOPE_GOLDENS` names; without it the test `name` is noted as skipped.
#[expect(clippy::print_stderr, reason = "who runs the tests must see what was skipped")]
pub(crate) fn goldens(name: &str) -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("RAMSCOPE_GOLDENS") {
        return Some(folder.into());
    }
    eprintln!("skipped: {name} needs the folder that RAMSCOPE_GOLDENS names");
    if let Some(list) = std::env::var_os("RAMSCOPE_SKIPPED") {
        let mut list = fs::OpenOptions::new().create(true).append(true).open(list).unwrap();
        writeln!(list, "{name}").unwrap();
    }
    None
}

/// A JSON file of the folder.
pub(crate) fn json(folder: &std::path::Path, file: &str) -> serde_json::Value {
    serde_json::from_slice(&fs::read(folder.join(file)).unwrap()).unwrap()
}
