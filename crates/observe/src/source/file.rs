//! One kernel file that stays open, and the buffer that all of them are read into.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::parse::ParseError;
use crate::parse::table::Change;

/// How a file tells that it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// A file of one record (all of `/sys`, and `/proc` files made by `single_open`): a reading that
    /// leaves room in the buffer was all of it.
    Once,
    /// A file of many records, which the kernel hands out in pieces of a page or so: it is over when
    /// nothing more comes.
    ToEnd,
}

/// Where the content of a file is put; it grows to the largest file and is kept.
#[derive(Debug)]
pub(super) struct Buffer(Vec<u8>);

impl Buffer {
    const FIRST_SIZE: usize = 16 << 10;
    /// No kernel file that we read is larger, even with a thousand processors and nodes.
    const MAX_SIZE: usize = 16 << 20;

    /// The whole content of a file that somebody else keeps.
    pub(super) fn read(&mut self, file: &File, reading: Reading) -> io::Result<&[u8]> {
        let length = read_whole(file, reading, &mut self.0)?;
        Ok(&self.0[..length])
    }
}

impl Default for Buffer {
    fn default() -> Buffer {
        Buffer(vec![0; Buffer::FIRST_SIZE])
    }
}

/// One file, open or not there.
#[derive(Debug)]
pub(super) struct KernelFile {
    path: PathBuf,
    file: Option<File>,
    reading: Reading,
    /// Whether the last [`update`](KernelFile::update) found what it looked for.
    understood: bool,
    /// Whether it was already said that this file is not understood.
    complained: bool,
}

impl KernelFile {
    pub(super) fn new(path: PathBuf, reading: Reading) -> KernelFile {
        KernelFile { path, file: None, reading, understood: false, complained: false }
    }

    /// A file that is opened at once where it exists.
    pub(super) fn opened(path: PathBuf, reading: Reading) -> KernelFile {
        let mut file = KernelFile::new(path, reading);
        file.open_if_closed();
        file
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Looks again for a file that was not there, or went away.
    pub(super) fn open_if_closed(&mut self) {
        if self.file.is_none() {
            self.file = File::open(&self.path).ok();
        }
    }

    /// The whole content, and why there is none. Opens the file if need be; after an error it is
    /// closed, and the next call opens it afresh.
    pub(super) fn try_read<'b>(&mut self, buffer: &'b mut Buffer) -> io::Result<&'b [u8]> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::open(&self.path)?),
        };
        match read_whole(file, self.reading, &mut buffer.0) {
            Ok(length) => Ok(&buffer.0[..length]),
            Err(error) => {
                self.file = None;
                Err(error)
            }
        }
    }

    /// The whole content, or `None` where the file is not there, went away, or holds nothing.
    pub(super) fn read<'b>(&mut self, buffer: &'b mut Buffer) -> Option<&'b [u8]> {
        self.file.as_ref()?;
        self.try_read(buffer).ok().filter(|bytes| !bytes.is_empty())
    }

    /// Reads the file and lets `update` take its content over into `place`, which becomes the default
    /// where there is no content, or none that is understood.
    ///
    /// Returns whether the shape of `place` changed.
    pub(super) fn update<T: Default + PartialEq>(
        &mut self,
        buffer: &mut Buffer,
        place: &mut T,
        update: impl FnOnce(&mut T, &[u8]) -> Result<Change, ParseError>,
    ) -> bool {
        match self.read(buffer).map(|bytes| update(place, bytes)) {
            Some(Ok(change)) => {
                self.understood = true;
                self.complained = false;
                return change == Change::Names;
            }
            Some(Err(error)) => self.complain(&error),
            None => {}
        }
        let empty = T::default();
        let change = self.understood || *place != empty;
        self.understood = false;
        *place = empty;
        change
    }

    /// Says once, until the file is understood again, that its series are missing, and why.
    pub(super) fn complain(&mut self, error: &ParseError) {
        if !self.complained {
            let path = self.path.display();
            tracing::warn!("cannot understand {path}: {error}; its series stay empty");
        }
        self.complained = true;
    }
}

/// Reads `file` from its beginning, and returns how much of `buffer` it fills.
fn read_whole(file: &File, reading: Reading, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let mut length = 0;
    loop {
        if length == buffer.len() {
            grow(buffer)?;
        }
        let read = match file.read_at(&mut buffer[length..], length as u64) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        length += read;
        if read == 0 || (reading == Reading::Once && length < buffer.len()) {
            return Ok(length);
        }
    }
}

fn grow(buffer: &mut Vec<u8>) -> io::Result<()> {
    if buffer.len() >= Buffer::MAX_SIZE {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than any kernel file"));
    }
    buffer.resize(buffer.len() * 2, 0);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &Path, content: &[u8], reading: Reading) -> KernelFile {
        let path = folder.join("file");
        std::fs::write(&path, content).unwrap();
        KernelFile::new(path, reading)
    }

    #[test]
    fn a_file_larger_than_the_buffer_is_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        for size in [0, 1, Buffer::FIRST_SIZE - 1, Buffer::FIRST_SIZE, 5 * Buffer::FIRST_SIZE + 7] {
            let content: Vec<u8> = (0..=255).cycle().take(size).collect();
            for reading in [Reading::Once, Reading::ToEnd] {
                let mut buffer = Buffer::default();
                let mut file = file(folder.path(), &content, reading);
                assert_eq!(file.try_read(&mut buffer).unwrap(), content);
                assert_eq!(file.try_read(&mut buffer).unwrap(), content, "a second time");
            }
        }
    }

    #[test]
    fn a_file_that_never_ends_is_an_error() {
        let mut file = KernelFile::new("/dev/zero".into(), Reading::ToEnd);
        let error = file.try_read(&mut Buffer::default()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn a_file_that_is_not_there_is_nothing_until_it_appears() {
        let folder = tempfile::tempdir().unwrap();
        let mut buffer = Buffer::default();
        let mut late = KernelFile::opened(folder.path().join("file"), Reading::Once);
        assert_eq!(late.read(&mut buffer), None);
        assert_eq!(late.try_read(&mut buffer).unwrap_err().kind(), io::ErrorKind::NotFound);
        file(folder.path(), b"42\n", Reading::Once);
        assert_eq!(late.read(&mut buffer), None, "nobody looked yet");
        late.open_if_closed();
        assert_eq!(late.read(&mut buffer), Some(&b"42\n"[..]));
    }
}
