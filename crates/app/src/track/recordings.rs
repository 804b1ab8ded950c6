//! Where the recordings of a tracked program go: to the file that was named, and to the shelf that the page looks at.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use ramscope_heap::live::Process;
use ramscope_observe::format;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::output::Output;

/// Recordings that stay on the shelf, the newest; older ones go when a program is tracked.
const KEPT: usize = 50;

/// Tries to lock a file that a server may just have locked, to see whether it is written still, and the time between two.
const TRIES: u32 = 50;
const BETWEEN: Duration = Duration::from_millis(2);

/// One file a process. Its lock is held as long as it is written: so a server tells those that go on from the others.
#[derive(Debug)]
pub(super) struct Recordings {
    named: Option<PathBuf>,
    shelf: Option<PathBuf>,
    /// What was named, made before the program runs.
    first: Option<File>,
    /// The program's own name on the shelf.
    first_session: Option<String>,
    /// Those that are written, by the numbers of their processes.
    open: BTreeMap<usize, Open>,
    /// Those that were begun, by the same.
    begun: BTreeMap<usize, PathBuf>,
    /// How many children had a process number.
    times: BTreeMap<u32, u32>,
    failure: Option<String>,
}

#[derive(Debug)]
struct Open {
    path: PathBuf,
    /// `None` where it cannot be written, or not any more.
    file: Option<File>,
    /// Bytes that are written, whole blocks all of them.
    bytes: u64,
    /// What happened up to here is in them, in microseconds.
    until_us: u64,
}

impl Recordings {
    /// Makes what was named, so that a place where nothing can be is known before the program runs.
    pub(super) fn create(named: Option<PathBuf>, shelf: Option<PathBuf>) -> Result<Self> {
        let about = |path: &Path| format!("cannot write the recording {}", path.display());
        let first = match &named {
            Some(path) => Some(make(path, ANYBODY).with_context(|| about(path))?),
            None => None,
        };
        if let Some(shelf) = &shelf {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(shelf);
            made.with_context(|| format!("cannot make {}", shelf.display()))?;
            tidy(shelf);
        }
        Ok(Self {
            named,
            shelf,
            first,
            first_session: None,
            open: BTreeMap::new(),
            begun: BTreeMap::new(),
            times: BTreeMap::new(),
            failure: None,
        })
    }

    /// What the page calls the program's own session.
    pub(super) fn first_session(&self) -> Option<String> {
        self.first_session.clone()
    }

    /// Whether anything is written.
    pub(super) fn are_made(&self) -> bool {
        self.named.is_some() || self.shelf.is_some()
    }

    /// Writes what is due. A disk that is full ends the recording and not the program.
    pub(super) fn write(&mut self, processes: &mut [Process]) {
        if !self.are_made() {
            return;
        }
        for process in processes {
            if !self.begun.contains_key(&process.number()) {
                self.begin(process);
            }
            let until_us = process.intake().session().totals().end_us;
            let bytes = process.take_bytes();
            let Some(open) = self.open.get_mut(&process.number()) else { continue };
            if let Err(error) = open.write(&bytes, until_us) {
                let words = open.ends_early(&error);
                self.failure.get_or_insert(words);
            }
        }
    }

    /// Ends the file of a process that has no more to say.
    pub(super) fn close(&mut self, process: &Process) {
        let open = self.open.remove(&process.number());
        if open.is_some_and(|open| open.file.is_none()) {
            self.begun.remove(&process.number());
        }
    }

    /// Makes the file of one process.
    fn begin(&mut self, process: &Process) {
        let start = process.intake().session().start();
        let session = format!("{}-{}", start.pid, start.wall_ms);
        let on_shelf = self.shelf.as_ref().map(|shelf| shelf.join(format!("{session}.heap")));
        let (path, mode) = match (self.named.clone(), &on_shelf) {
            (Some(named), _) if self.begun.is_empty() => (named, ANYBODY),
            (Some(named), _) => (self.path_of_child(&named, process.pid()), ANYBODY),
            (None, Some(on_shelf)) => (on_shelf.clone(), OWNER),
            (None, None) => return,
        };
        if let (Some(shelf), false) = (&self.shelf, self.begun.is_empty()) {
            tidy(shelf);
        }
        let made = match self.first.take() {
            Some(file) => Ok(file),
            None => make(&path, mode),
        };
        let made = made.and_then(|file| {
            if let (Some(on_shelf), true) = (&on_shelf, self.named.is_some()) {
                symlink(std::path::absolute(&path)?, on_shelf)?;
            }
            Ok(file)
        });
        if let Err(error) = &made {
            let words = format!("cannot write the recording {}: {error}", path.display());
            self.failure.get_or_insert(words);
        }
        if self.begun.is_empty() {
            self.first_session = on_shelf.map(|_| session);
        }
        self.begun.insert(process.number(), path.clone());
        let file = made.ok();
        self.open.insert(process.number(), Open { path, file, bytes: 0, until_us: 0 });
    }

    /// `FILE.PID`; with a number behind it where an earlier child had the same.
    fn path_of_child(&mut self, named: &Path, pid: u32) -> PathBuf {
        let times = self.times.entry(pid).or_default();
        *times += 1;
        let mut name = named.as_os_str().to_owned();
        name.push(format!(".{pid}"));
        if *times > 1 {
            name.push(format!("-{times}"));
        }
        PathBuf::from(name)
    }

    /// Says where the recordings of these processes are, and what became of one that could not be written.
    pub(super) fn tell(&self, processes: &[usize], out: &mut Output) -> Result<()> {
        if let Some(failure) = &self.failure {
            out.hint(&format!("ramscope: {failure}"))?;
        }
        for number in processes {
            let could_not = self.open.get(number).is_some_and(|open| open.file.is_none());
            // One on the shelf may have made room for newer ones.
            let path = self.begun.get(number).filter(|path| !could_not && path.exists());
            if let Some(path) = path {
                out.hint(&format!("to look at it again: ramscope heap view {}", path.display()))?;
            }
        }
        Ok(())
    }
}

impl Open {
    /// Adds what happened up to `until_us`.
    fn write(&mut self, bytes: &[u8], until_us: u64) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(bytes)?;
        if !bytes.is_empty() {
            self.bytes += bytes.len() as u64;
            self.until_us = until_us;
        }
        Ok(())
    }

    /// Takes off what was written of the block that has no room any more; what is lost with it, in words.
    fn ends_early(&mut self, error: &io::Error) -> String {
        if let Some(file) = self.file.take() {
            // Where nothing can be taken off, what is left of the block is passed over when it is read.
            let _ = file.set_len(self.bytes);
        }
        format!(
            "the recording {} ends before the program: {error}; {} of it are kept, and what the program did from {} on is not in it",
            self.path.display(),
            format::iec(self.bytes),
            super::summary::seconds(self.until_us)
        )
    }
}

/// Modes of files: what was named is read by whom the umask allows it; a recording on the shelf, which tells much of a
/// program, by its user.
const ANYBODY: u32 = 0o666;
const OWNER: u32 = 0o600;

/// An empty file for a recording, locked; an error where another recording goes into it.
fn make(path: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).mode(mode).open(path)?;
    let mut tries = 1;
    while let Err(error) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
        if error != Errno::WOULDBLOCK {
            return Err(error.into());
        }
        if tries == TRIES {
            return Err(io::Error::other(
                "another program is being recorded into it; end that, or name another file",
            ));
        }
        tries += 1;
        thread::sleep(BETWEEN);
    }
    if file.metadata()?.is_file() {
        file.set_len(0)?;
    }
    Ok(file)
}

/// Whether a recording is written still.
fn is_written(path: &Path) -> bool {
    let locked = |file: File| flock(&file, FlockOperation::NonBlockingLockShared);
    File::open(path).map(locked).is_ok_and(|lock| lock == Err(Errno::WOULDBLOCK))
}

/// Takes the oldest recordings off the shelf, beyond [`KEPT`]; of those with a place of their own only the link.
fn tidy(shelf: &Path) {
    let Ok(entries) = fs::read_dir(shelf) else { return };
    let age = |path: &Path| fs::symlink_metadata(path).and_then(|about| about.modified());
    let paths = entries.flatten().map(|entry| entry.path());
    let mut recordings: Vec<(SystemTime, PathBuf)> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "heap"))
        .filter_map(|path| Some((age(&path).ok()?, path)))
        .collect();
    recordings.sort();
    let beyond = recordings.len().saturating_sub(KEPT - 1);
    for (_, path) in recordings.drain(..beyond).filter(|(_, path)| !is_written(path)) {
        // One that cannot be removed stays.
        let _ = fs::remove_file(path);
    }
}
