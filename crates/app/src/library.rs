//! The preload library that this binary carries, as a file that a loader can load.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use rustix::fs::{StatVfsMountFlags, statvfs};

use crate::config::Environment;
use crate::runtime_dir;

const BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/libramscope_shim.so"));
/// Tells one build's library from another's.
const HASH: &str = env!("RAMSCOPE_SHIM_HASH");

/// Writes the library, unless it is there already, into a folder that only this user can write to; its path.
///
/// # Errors
/// There is none for this machine, or it cannot be written, or its path is one that `LD_PRELOAD` cannot name.
pub(crate) fn place(environment: &Environment, data_dir: &Path) -> Result<PathBuf> {
    ensure!(
        !BYTES.is_empty(),
        "tracking needs Linux on x86-64: this build of ramscope brings no preload library"
    );
    let runtime = runtime_dir::create(environment, data_dir)?;
    let folder = match may_execute(&runtime) {
        true => runtime,
        false => runtime_dir::create_below(data_dir)?,
    };
    let path = folder.join(format!("libramscope-heap-{HASH}.so"));
    let text = path.to_string_lossy();
    ensure!(
        !text.contains(|c: char| c == ':' || c.is_whitespace()),
        "{text}: LD_PRELOAD cannot name a path with a colon or a blank; set XDG_RUNTIME_DIR or \
         --data-dir to one without"
    );
    let is_there = fs::read(&path).is_ok_and(|bytes| bytes == BYTES)
        && fs::metadata(&path)?.uid() == rustix::process::geteuid().as_raw();
    if !is_there {
        write(&path).with_context(|| format!("cannot write the preload library {text}"))?;
    }
    Ok(path)
}

/// Whether code may be run from files in `folder`: some mount such places without.
fn may_execute(folder: &Path) -> bool {
    statvfs(folder).is_ok_and(|about| !about.f_flag.contains(StatVfsMountFlags::NOEXEC))
}

/// Under another name first, so that nobody ever loads a half.
fn write(path: &Path) -> io::Result<()> {
    let part = path.with_extension(format!("{}.part", std::process::id()));
    let _ = fs::remove_file(&part);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o500).open(&part)?;
    file.write_all(BYTES)?;
    fs::rename(&part, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(at: usize, bytes: usize) -> u64 {
        let mut number = [0; 8];
        number[..bytes].copy_from_slice(&BYTES[at..at + bytes]);
        u64::from_le_bytes(number)
    }

    /// The tags of the dynamic section (ELF-64 object file format, figures 5 and 9).
    fn dynamic_tags() -> Vec<u64> {
        const PT_DYNAMIC: u64 = 2;
        let usize_of = |number| usize::try_from(number).expect("a small file");
        let (headers, count) = (usize_of(number(32, 8)), usize_of(number(56, 2)));
        let mut headers = (0..count).map(|at| headers + at * 56);
        let dynamic = headers.find(|&at| number(at, 4) == PT_DYNAMIC).expect("a shared library");
        let (start, bytes) = (usize_of(number(dynamic + 8, 8)), usize_of(number(dynamic + 32, 8)));
        (start..start + bytes).step_by(16).map(|at| number(at, 8)).collect()
    }

    #[test]
    fn the_library_inside_needs_no_other() {
        const DT_NEEDED: u64 = 1;
        const DT_INIT_ARRAY: u64 = 25;
        if BYTES.is_empty() {
            return;
        }
        let tags = dynamic_tags();
        assert!(tags.contains(&DT_INIT_ARRAY), "it begins by itself: {tags:?}");
        assert!(!tags.contains(&DT_NEEDED), "{tags:?}");
    }
}
