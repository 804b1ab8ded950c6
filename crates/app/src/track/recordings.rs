//! Where the recordings of a tracked program go: to the file that was named, and to the shelf that the page looks at.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use ramscope_heap::live::Process;
use ramscope_observe::format;
use rustix::fs::{FlockOperation, flock};

use crate::output::Output;

/// Recordings that stay on the shelf, the newest; older ones go when a program is tracked.
const KEPT: usize = 50;

/// One file a process. Its lock is held as long as it is written: so a server tells those that go on from the others.
#[derive(Debug)]
pub(super) struct Recordings {
    named: Option<PathBuf>,
    shelf: Option<PathBuf>,
    /// What was named, made before the program runs.
    first: Option<File>,
    open: Vec<Open>,
    failure: Option<String>,
}

#[derive(Debug)]
struct Open {
    path: PathBuf,
    file: Option<File>,
    /// Bytes that are written, whole blocks all of them.
    bytes: u64,
    /// What happened up to here is in them, in microseconds.
    until_us: u64,
    /// Its name on the shelf.
    session: Option<String>,
}

impl Recordings {
    /// Makes what was named, so that a place where nothing can be is known before the program runs.
    pub(super) fn create(named: Option<PathBuf>, shelf: Option<PathBuf>) -> Result<Self> {
        let about = |path: &Path| format!("cannot write the recording {}", path.display());
        let first = match &named {
            Some(path) => Some(File::create(path).with_context(|| about(path))?),
            None => None,
        };
        if let Some(shelf) = &shelf {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(shelf);
            made.with_context(|| format!("cannot make {}", shelf.display()))?;
            tidy(shelf);
        }
        Ok(Self { named, shelf, first, open: Vec::new(), failure: None })
    }

    /// What the page calls the program's own session.
    pub(super) fn first_session(&self) -> Option<String> {
        self.open.first()?.session.clone()
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
        for (at, process) in processes.iter_mut().enumerate() {
            if at >= self.open.len() {
                let open = self.begin(process);
                self.open.push(open);
            }
            let until_us = process.intake().session().totals().end_us;
            let bytes = process.take_bytes();
            if let Err(error) = self.open[at].write(&bytes, until_us) {
                let words = self.open[at].ends_early(&error);
                self.failure.get_or_insert(words);
            }
        }
    }

    /// Makes the file of one process.
    fn begin(&mut self, process: &Process) -> Open {
        let start = process.intake().session().start();
        let session = format!("{}-{}", start.pid, start.wall_ms);
        let on_shelf = self.shelf.as_ref().map(|shelf| shelf.join(format!("{session}.heap")));
        let path = match (&self.named, &on_shelf) {
            (Some(named), _) if self.open.is_empty() => named.clone(),
            (Some(named), _) => with_pid(named, process.pid()),
            (None, Some(on_shelf)) => on_shelf.clone(),
            (None, None) => PathBuf::new(),
        };
        let made = match self.first.take() {
            Some(file) => Ok(file),
            None => make(&path),
        };
        let made = made.and_then(|file| {
            flock(&file, FlockOperation::LockExclusive)?;
            if let (Some(on_shelf), true) = (&on_shelf, self.named.is_some()) {
                symlink(std::path::absolute(&path)?, on_shelf)?;
            }
            Ok(file)
        });
        if let Err(error) = &made {
            let words = format!("cannot write the recording {}: {error}", path.display());
            self.failure.get_or_insert(words);
        }
        let session = on_shelf.map(|_| session);
        Open { path, file: made.ok(), bytes: 0, until_us: 0, session }
    }

    /// Says where the recordings are, and what became of one that could not be written.
    pub(super) fn tell(&self, out: &mut Output) -> Result<()> {
        if let Some(failure) = &self.failure {
            out.hint(&format!("ramscope: {failure}"))?;
        }
        for open in self.open.iter().filter(|open| open.file.is_some()) {
            let path = open.path.display();
            out.hint(&format!("to look at it again: ramscope heap view {path}"))?;
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
            super::seconds(self.until_us)
        )
    }
}

/// A recording tells much of a program, and so only its user reads it.
fn make(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

fn with_pid(path: &Path, pid: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{pid}"));
    PathBuf::from(name)
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
    for (_, path) in recordings.drain(..beyond) {
        // One that cannot be removed stays.
        let _ = fs::remove_file(path);
    }
}
