//! The files below `/proc/PID`, opened by a path relative to a descriptor of `/proc` that is kept.

use std::ffi::CStr;
use std::io::Write as _;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};

use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags, RawDir, SeekFrom, open, openat, seek};
use rustix::io::{Errno, pread};

use crate::parse::scalar;

/// Longest path below `/proc`: an id of ten digits, a name, a zero.
const PATH_MAX: usize = 40;
/// The kernel's own files of a process but smaps are shorter; what is longer is cut off.
const BUFFER_BYTES: usize = 16 << 10;
/// Entries of a folder are taken in pieces of so many bytes.
const LISTING_BYTES: usize = 32 << 10;

/// Why something of a process is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// The process has ended.
    Gone,
    /// This user may not know.
    Denied,
    /// Anything else, such as too many open files: nothing is said about the process.
    Other,
}

impl From<Errno> for Missing {
    fn from(errno: Errno) -> Missing {
        match errno {
            Errno::NOENT | Errno::SRCH => Missing::Gone,
            Errno::ACCESS | Errno::PERM => Missing::Denied,
            _ => Missing::Other,
        }
    }
}

/// What a file is read into; kept from reading to reading.
#[derive(Debug)]
pub(super) struct Bytes(Vec<u8>);

impl Default for Bytes {
    fn default() -> Bytes {
        Bytes(vec![0; BUFFER_BYTES])
    }
}

/// The folder of one machine's processes.
#[derive(Debug)]
pub(super) struct ProcFolder {
    path: PathBuf,
    folder: Option<OwnedFd>,
    listing: Vec<MaybeUninit<u8>>,
}

impl ProcFolder {
    pub(super) fn new(root: &Path) -> ProcFolder {
        ProcFolder { path: root.join("proc"), folder: None, listing: Vec::new() }
    }

    /// Opens the folder if it is not open; whether it is.
    pub(super) fn ready(&mut self) -> bool {
        if self.folder.is_none() {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            self.folder = open(&self.path, flags, Mode::empty()).ok();
        }
        self.folder.is_some()
    }

    /// Opens a file of a process.
    pub(super) fn open(&self, pid: u32, name: &str) -> Result<OwnedFd, Missing> {
        let mut text = [0; PATH_MAX];
        let mut rest = &mut text[..PATH_MAX - 1];
        // Names are this module's callers' own and short; one that did not fit would be cut off, and not be found.
        let _ = write!(rest, "{pid}/{name}");
        self.open_path(&text)
    }

    /// The first bytes of a file of a process, to the size of the buffer.
    pub(super) fn read<'b>(
        &self,
        pid: u32,
        name: &str,
        into: &'b mut Bytes,
    ) -> Result<&'b [u8], Missing> {
        read(&self.open(pid, name)?, into)
    }

    /// The first bytes of a file of the whole machine.
    pub(super) fn read_system<'b>(&self, name: &str, into: &'b mut Bytes) -> Option<&'b [u8]> {
        let mut text = [0; PATH_MAX];
        let mut rest = &mut text[..PATH_MAX - 1];
        let _ = write!(rest, "{name}");
        read(&self.open_path(&text).ok()?, into).ok()
    }

    /// Calls `each` with every process that the folder lists. False where the folder cannot be read; it is opened anew
    /// the next time.
    pub(super) fn pids(&mut self, mut each: impl FnMut(u32)) -> bool {
        let Some(folder) = &self.folder else { return false };
        self.listing.resize(LISTING_BYTES, MaybeUninit::uninit());
        let mut entries = RawDir::new(folder, &mut self.listing);
        let is_whole = seek(folder, SeekFrom::Start(0)).is_ok()
            && loop {
                match entries.next() {
                    None => break true,
                    Some(Err(_)) => break false,
                    Some(Ok(entry)) => {
                        let pid = scalar::whole(entry.file_name().to_bytes());
                        pid.and_then(|pid| u32::try_from(pid).ok()).into_iter().for_each(&mut each);
                    }
                }
            };
        if !is_whole {
            self.folder = None;
        }
        is_whole
    }

    fn open_path(&self, text: &[u8]) -> Result<OwnedFd, Missing> {
        let folder = self.folder.as_ref().ok_or(Missing::Other)?;
        let path = CStr::from_bytes_until_nul(text).map_err(|_| Missing::Other)?;
        Ok(openat(folder, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?)
    }
}

/// The first bytes of an open file. The kernel gives a file of one record whole where the buffer has room for it.
pub(super) fn read<'b>(file: &OwnedFd, into: &'b mut Bytes) -> Result<&'b [u8], Missing> {
    loop {
        match pread(file, &mut into.0[..], 0) {
            Ok(length) => return Ok(&into.0[..length]),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}
