//! Reads the address space of one process. It costs the kernel 5 ms a GiB, with the process's memory lock held: never on a
//! tick, only when somebody asks.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::parse::ParseError;
use crate::parse::process::maps::{self, Mapping};
use crate::parse::process::{rollup, stat, status};

/// A listing of mappings is read to so many bytes: 60,000 mappings.
const MOST_BYTES: u64 = 64 << 20;

/// One process from inside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inside {
    /// When it started, in clock ticks since the machine did: with the id, who it is.
    pub start_ticks: u64,
    /// Whose rights it has.
    pub uid: u32,
    /// Its mappings, in the order of their addresses.
    pub mappings: Vec<Mapping>,
    /// What `smaps_rollup` says of all of them, where the kernel has it.
    pub rollup: Option<rollup::Rollup>,
}

/// Why the inside of a process is not known.
#[derive(Debug, thiserror::Error)]
pub enum InsideError {
    /// There is no such process, or it has just ended.
    #[error("there is no process {pid}: it has ended, or never was")]
    Gone {
        /// The id that was asked for.
        pid: u32,
    },
    /// This user may not look.
    #[error(
        "the kernel does not let this user look into process {pid}: only its owner and root may (ptrace(2), access mode \
         checking); run ramscope as its owner, or as root"
    )]
    Denied {
        /// The id that was asked for.
        pid: u32,
    },
    /// The kernel's file could not be read.
    #[error("cannot read {path}: {cause}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The kernel's file is not what it is known to be.
    #[error("cannot understand {path}: {cause}; please report this with the file's content")]
    NotUnderstood {
        /// The file.
        path: PathBuf,
        /// Where, and what was expected.
        cause: ParseError,
    },
}

/// Looks into process `pid` of the machine whose `proc` stands below `root`.
///
/// # Errors
/// It has ended, this user may not look, or the kernel's files cannot be read.
pub fn inside(root: &Path, pid: u32) -> Result<Inside, InsideError> {
    let folder = root.join("proc").join(pid.to_string());
    let file = |name: &str| folder.join(name);
    let understood = |name: &str| {
        let path = file(name);
        move |cause| InsideError::NotUnderstood { path, cause }
    };
    let bytes = read(&file("stat"), pid)?;
    let start_ticks = stat::parse(&bytes).map_err(understood("stat"))?.start_ticks;
    let bytes = read(&file("status"), pid)?;
    let uid = status::parse(&bytes).map_err(understood("status"))?.uid;
    let bytes = read(&file("smaps"), pid)?;
    let mappings = maps::parse(&bytes).map_err(understood("smaps"))?;
    let sums = read(&file("smaps_rollup"), pid).ok();
    let rollup = sums.and_then(|bytes| rollup::parse(&bytes).ok());
    Ok(Inside { start_ticks, uid, mappings, rollup })
}

/// How a process was started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Started {
    /// Whose rights it has.
    pub uid: u32,
    /// Its words, one after another with zeros between them.
    pub words: Vec<u8>,
    /// Whether these are all of them, and not the first [`MOST_WORDS`] bytes.
    pub is_whole: bool,
    /// The folder that it works in now, where this user may know.
    pub folder: Option<PathBuf>,
}

/// Bytes of a command line that are read.
pub const MOST_WORDS: u64 = 128 << 10;

/// Reads how process `pid` of the machine whose `proc` stands below `root` was started. It waits for a process that stands
/// still in the kernel.
///
/// # Errors
/// It has ended, this user may not look, or the kernel's files cannot be read.
pub fn started(root: &Path, pid: u32) -> Result<Started, InsideError> {
    let folder = root.join("proc").join(pid.to_string());
    let path = folder.join("status");
    let status = status::parse(&read(&path, pid)?);
    let uid = status.map_err(|cause| InsideError::NotUnderstood { path, cause })?.uid;
    let mut words = read_to(&folder.join("cmdline"), pid, MOST_WORDS + 1)?;
    let is_whole = words.len() as u64 <= MOST_WORDS;
    words.truncate(usize::try_from(MOST_WORDS).unwrap_or(usize::MAX));
    Ok(Started { uid, words, is_whole, folder: std::fs::read_link(folder.join("cwd")).ok() })
}

fn read(path: &Path, pid: u32) -> Result<Vec<u8>, InsideError> {
    read_to(path, pid, MOST_BYTES)
}

fn read_to(path: &Path, pid: u32, most: u64) -> Result<Vec<u8>, InsideError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(bytes),
        Err(error) => Err(match (error.kind(), error.raw_os_error()) {
            (io::ErrorKind::NotFound, _) => InsideError::Gone { pid },
            (io::ErrorKind::PermissionDenied, _) => InsideError::Denied { pid },
            (_, Some(code)) if code == rustix::io::Errno::SRCH.raw_os_error() => {
                InsideError::Gone { pid }
            }
            _ => InsideError::Unreadable { path: path.to_owned(), cause: error },
        }),
    }
}
