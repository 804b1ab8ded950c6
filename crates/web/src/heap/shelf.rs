//! The sessions that can be asked about: those that somebody feeds, and recordings, which are read when they are first asked
//! for, and read on when they have grown.
//!
//! `ramscope track` writes its recording into the data directory and holds a lock on the file (flock(2)) for as long as it
//! does: a recording that is locked is that of a program that runs.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use ramscope_heap::recording::Stream;
use ramscope_heap::{Intake, Names};
use rustix::fs::{FlockOperation, flock};

use super::demo;

/// A session that somebody feeds and others ask.
pub type Shared = Arc<Mutex<Intake>>;

/// How a recording's file is called.
const EXTENSION: &str = "heap";

/// Most recordings that are listed, the newest.
const LISTED_MAX: usize = 100;

/// Most recordings that are held in memory.
const READ_MAX: usize = 8;

/// How much of a recording is read at a time: a program's session is asked in between.
const PIECE: usize = 1 << 18;

/// Most sessions that go on, or did since the server started.
const LIVE_MAX: usize = 256;

/// The sessions of a server. Clones are the same shelf.
#[derive(Clone, Debug, Default)]
pub struct Heaps(Arc<Mutex<Shelf>>);

#[derive(Debug, Default)]
struct Shelf {
    directory: Option<PathBuf>,
    /// Recordings that were named one by one.
    files: Vec<PathBuf>,
    /// In the order in which they began.
    live: Vec<Held>,
    /// The one that was asked last stands last.
    read: Vec<(Place, Held)>,
    /// What was told of recordings that are not held any more, so that a list does not read them again.
    told: BTreeMap<PathBuf, (Version, Told)>,
}

/// A file as it was when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Version {
    path: PathBuf,
    modified: Option<SystemTime>,
    length: u64,
}

impl Version {
    fn of(path: &Path) -> Option<Version> {
        let about = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        Some(Version {
            path: path.to_owned(),
            modified: about.modified().ok(),
            length: about.len(),
        })
    }
}

/// Where a file is, whatever was added to it since.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    path: PathBuf,
    device: u64,
    inode: u64,
}

/// A recording as far as it was read.
#[derive(Debug)]
pub(super) struct Tail {
    file: File,
    stream: Stream,
}

/// A session that is held.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// Its id.
    pub(crate) id: String,
    /// The session.
    pub(crate) intake: Shared,
    /// What its frames are called.
    pub(crate) names: Arc<Mutex<Names>>,
    /// Whether it came from the program itself, and not from a file.
    pub(crate) is_live: bool,
    /// Its recording.
    pub(crate) file: Option<PathBuf>,
    /// Where it is read on.
    pub(super) tail: Option<Arc<Mutex<Tail>>>,
    /// A recording that the binary carries.
    pub(super) carried: Option<&'static [u8]>,
}

impl Held {
    /// The session, for a short look.
    pub(crate) fn intake(&self) -> MutexGuard<'_, Intake> {
        self.intake.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its recording, from the first byte.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub(crate) fn recording(&self) -> Result<Box<dyn Read>, String> {
        match (&self.file, self.carried) {
            (Some(path), _) => match File::open(path) {
                Ok(file) => Ok(Box::new(file)),
                Err(error) => Err(format!("its file cannot be opened: {error}")),
            },
            (None, Some(bytes)) => Ok(Box::new(bytes)),
            (None, None) => Err("its events are not recorded, only its sums are kept".to_owned()),
        }
    }

    /// The names of its frames.
    pub(crate) fn names(&self) -> MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a list tells of a session.
pub(crate) type Told = super::document::Summary;

impl Heaps {
    /// A shelf with the recordings of a directory, which may come into being later.
    pub fn of(directory: PathBuf) -> Heaps {
        Heaps(Arc::new(Mutex::new(Shelf { directory: Some(directory), ..Shelf::default() })))
    }

    /// Adds a session that somebody feeds; its id. `file` is where it is recorded as well.
    pub fn begin(&self, intake: Shared, file: Option<PathBuf>) -> String {
        let id = {
            let intake = intake.lock().unwrap_or_else(PoisonError::into_inner);
            let start = intake.session().start();
            format!("{}-{}", start.pid, start.wall_ms)
        };
        let mut shelf = self.shelf();
        if shelf.live.len() >= LIVE_MAX {
            shelf.live.remove(0);
        }
        let held = Held {
            id: id.clone(),
            intake,
            names: Arc::default(),
            is_live: true,
            file,
            tail: None,
            carried: None,
        };
        shelf.live.push(held);
        id
    }

    /// Adds one recording; its id.
    pub fn add(&self, file: PathBuf) -> String {
        let id = id_of(&file);
        self.shelf().files.push(file);
        id
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What there is, the live ones first, then the newest.
    pub(crate) fn list(&self) -> Vec<Told> {
        let live: Vec<Held> = self.shelf().live.clone();
        let mut told: Vec<Told> = live.iter().map(Told::of).collect();
        let recorded: Vec<PathBuf> = live.iter().filter_map(|held| held.file.clone()).collect();
        for path in self.recordings().into_iter().filter(|path| !recorded.contains(path)) {
            told.extend(self.told(&path));
        }
        told.sort_by_key(Told::place);
        told
    }

    /// The recordings there are, the newest first.
    fn recordings(&self) -> Vec<PathBuf> {
        let (directory, mut files) = {
            let shelf = self.shelf();
            (shelf.directory.clone(), shelf.files.clone())
        };
        let entries = directory.and_then(|directory| fs::read_dir(directory).ok());
        let paths = entries.into_iter().flatten().flatten().map(|entry| entry.path());
        files.extend(paths.filter(|path| path.extension().is_some_and(|end| end == EXTENSION)));
        let mut versions: Vec<Version> =
            files.iter().filter_map(|path| Version::of(path)).collect();
        versions.sort_by_key(|version| std::cmp::Reverse(version.modified));
        versions.truncate(LISTED_MAX);
        versions.into_iter().map(|version| version.path).collect()
    }

    /// What a list tells of a recording; nothing of one that cannot be read.
    fn told(&self, path: &Path) -> Option<Told> {
        let version = Version::of(path)?;
        let known = self.shelf().told.get(path).filter(|known| known.0 == version).cloned();
        if let Some((_, told)) = known {
            return Some(told);
        }
        let held = self.read(path).ok()?;
        let told = Told::of(&held);
        // What goes on differs the next time, whatever its file says.
        if !held.is_live {
            self.shelf().told.insert(path.to_owned(), (version, told.clone()));
        }
        Some(told)
    }

    /// Whether a session can be looked at.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn check(&self, id: &str) -> Result<(), String> {
        self.find(id).map(drop)
    }

    /// The session of an id; that of the demo where nobody's recording is called so.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub(crate) fn find(&self, id: &str) -> Result<Held, String> {
        let live = self.shelf().live.iter().find(|held| held.id == id).cloned();
        if let Some(held) = live {
            return Ok(held);
        }
        let path = self.recordings().into_iter().find(|path| id_of(path) == id);
        if path.is_none() && id == demo::ID {
            return demo::held();
        }
        self.read(&path.ok_or("no program of that id is tracked, and no recording is kept")?)
    }

    /// The session of a recording, read on to its end.
    fn read(&self, path: &Path) -> Result<Held, String> {
        let about = fs::metadata(path).map_err(|error| format!("its file has gone: {error}"))?;
        let place = Place { path: path.to_owned(), device: about.dev(), inode: about.ino() };
        let known = {
            let shelf = self.shelf();
            let known = shelf.read.iter().find(|(read, _)| *read == place);
            known.map(|(_, held)| held.clone())
        };
        let mut held = match known {
            Some(held) => held,
            None => open(path)?,
        };
        held.catch_up()?;
        let mut shelf = self.shelf();
        shelf.read.retain(|(read, _)| read.path != place.path);
        if shelf.read.len() >= READ_MAX {
            shelf.read.remove(0);
        }
        shelf.read.push((place, held.clone()));
        Ok(held)
    }
}

/// What a recording is called: by its file's name.
fn id_of(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Begins to read a recording.
fn open(path: &Path) -> Result<Held, String> {
    let file = File::open(path).map_err(|error| format!("its file cannot be opened: {error}"))?;
    let mut tail = Tail { file, stream: Stream::new() };
    let mut piece = vec![0; PIECE];
    while tail.stream.start().is_none() {
        let read = tail.file.read(&mut piece).map_err(|error| unread(&error))?;
        if read == 0 {
            return Err("nothing is recorded in its file yet".to_owned());
        }
        tail.stream.push_header(&piece[..read]).map_err(|error| unread(&error))?;
    }
    let start = tail.stream.start().cloned().unwrap_or_default();
    Ok(Held {
        id: id_of(path),
        intake: Arc::new(Mutex::new(Intake::new(start))),
        names: Arc::default(),
        is_live: false,
        file: Some(path.to_owned()),
        tail: Some(Arc::new(Mutex::new(tail))),
        carried: None,
    })
}

fn unread(error: &dyn std::error::Error) -> String {
    format!("its file cannot be read: {error}")
}

impl Held {
    /// Reads what was added to the recording.
    fn catch_up(&mut self) -> Result<(), String> {
        let Some(tail) = self.tail.clone() else { return Ok(()) };
        let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
        let Tail { file, stream } = &mut *tail;
        // Asked before the end is looked for: what is written and unlocked in between is read still.
        self.is_live = is_locked(file);
        // Who writes it looks its names up.
        self.names().wait(self.is_live);
        let mut piece = vec![0; PIECE];
        let mut read = 0;
        loop {
            let mut intake = self.intake();
            let mut hear =
                |time_us, said: ramscope_heap::recording::Said<'_>| intake.replay(time_us, &said);
            stream.push(&piece[..read], &mut hear).map_err(|error| unread(&error))?;
            drop(intake);
            read = file.read(&mut piece).map_err(|error| unread(&error))?;
            if read == 0 {
                return Ok(());
            }
        }
    }
}

/// Whether somebody writes a file still. The lock is tried for, and given back at once.
fn is_locked(file: &File) -> bool {
    let tried = flock(file, FlockOperation::NonBlockingLockShared);
    if tried.is_ok() {
        // What cannot be given back goes with the file.
        let _ = flock(file, FlockOperation::Unlock);
    }
    tried == Err(rustix::io::Errno::WOULDBLOCK)
}
