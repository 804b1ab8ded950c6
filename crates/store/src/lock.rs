//! The lock by which one data directory has one writer.
//!
//! The lock is the operating system's, on a file of its own, so that it ends with the process that
//! holds it, however that ends. The text inside only says who it was.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use crate::Error;

/// The name of the lock file inside the data directory.
const FILE_NAME: &str = "writer.lock";
/// More than this of a lock file is not read, in bytes.
const ABOUT_BYTES: u64 = 1024;

/// The right to write a data directory, until it is dropped.
#[derive(Debug)]
pub(crate) struct WriterLock {
    file: File,
}

impl WriterLock {
    /// Takes the lock of `dir`, or says who has it.
    pub(crate) fn take(dir: &Path, about: &str) -> Result<Self, Error> {
        let path = dir.join(FILE_NAME);
        let failed = |source| Error::from_io("lock", &path, source);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let about = read(&mut file).unwrap_or_else(|_| "another process".to_owned());
                return Err(Error::Locked { path: dir.to_owned(), about });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let mut lock = Self { file };
        lock.set_about(about);
        Ok(lock)
    }

    /// Rewrites who holds the lock. That it fails is no reason to stop: the lock itself holds.
    pub(crate) fn set_about(&mut self, about: &str) {
        if let Err(error) = self.write(about) {
            tracing::warn!(%error, "cannot say in the lock file who holds the lock");
        }
    }

    fn write(&mut self, about: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(about.as_bytes())
    }
}

fn read(file: &mut File) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.take(ABOUT_BYTES).read_to_end(&mut bytes)?;
    let about = String::from_utf8_lossy(&bytes).trim().to_owned();
    Ok(if about.is_empty() { "another process".to_owned() } else { about })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_writer_is_told_who_the_first_one_is() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = WriterLock::take(dir.path(), "pid 1, with a long text before").unwrap();
        first.set_about("pid 1 at http://127.0.0.1:7070");
        let error = WriterLock::take(dir.path(), "pid 2").unwrap_err();
        let Error::Locked { about, .. } = &error else { panic!("{error}") };
        assert_eq!(about, "pid 1 at http://127.0.0.1:7070");
        drop(first);
        WriterLock::take(dir.path(), "pid 3").unwrap();
    }
}
