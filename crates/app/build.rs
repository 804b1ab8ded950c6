//! Builds the preload library for the binary to carry inside it.
//!
//! A cargo within cargo, because a panic strategy cannot be set for one package: the library aborts where the binary
//! unwinds. It has a target directory of its own below `OUT_DIR`, and links nothing but itself: no start
//! files, no libraries.

use std::error::Error;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const LINK: [&str; 4] = ["-nostdlib", "-nostartfiles", "-nodefaultlibs", "-Wl,-z,relro,-z,now"];

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for place in ["crates/shim", "crates/events", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", root.join(place).display());
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let is_supported = env::var("CARGO_CFG_TARGET_ARCH")? == "x86_64"
        && env::var("CARGO_CFG_TARGET_OS")? == "linux";
    let library = if is_supported { fs::read(build(&root, &out)?)? } else { Vec::new() };
    let mut hasher = DefaultHasher::new();
    library.hash(&mut hasher);
    fs::write(out.join("libramscope_shim.so"), &library)?;
    println!("cargo::rustc-env=RAMSCOPE_SHIM_HASH={:016x}", hasher.finish());
    Ok(())
}

/// Builds the library; where it is.
fn build(root: &Path, out: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let (target, host) = (env::var("TARGET")?, env::var("HOST")?);
    let folder = out.join("shim");
    let mut cargo = Command::new(env::var("CARGO")?);
    cargo.current_dir(root).args(["rustc", "--quiet", "--locked", "--package", "ramscope-shim"]);
    cargo.args(["--lib", "--crate-type", "cdylib", "--features", "preload", "--profile", "shim"]);
    cargo.arg("--target-dir").arg(&folder);
    if target != host {
        cargo.args(["--target", &target]);
    }
    cargo.arg("--").args(LINK.map(|argument| format!("-Clink-arg={argument}")));
    // What is set for the outer build (coverage, a lint's wrapper, its target) is not meant for this one.
    for name in ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "CARGO_BUILD_TARGET"] {
        cargo.env_remove(name);
    }
    for name in ["RUSTC_WORKSPACE_WRAPPER", "CARGO_TARGET_DIR", "CARGO_MAKEFLAGS", "MAKEFLAGS"] {
        cargo.env_remove(name);
    }
    if !cargo.status()?.success() {
        return Err("the preload library (crates/shim) could not be built".into());
    }
    let below = if target == host { folder } else { folder.join(target) };
    Ok(below.join("shim/libramscope_shim.so"))
}
