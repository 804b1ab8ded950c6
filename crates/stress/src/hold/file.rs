//! Page cache: a file of the run's own, read or written, that no folder shows.

use std::fs::{File, OpenOptions};
use std::io;
use std::num::NonZeroU64;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{Advice as FileAdvice, FallocateFlags, fadvise, fallocate, fstatfs, fstatvfs};
use rustix::mm::Advice;

use super::{HoldError, Holding, length};
use crate::bytes::Bytes;
use crate::plan::{Kind, PAGE, Plan};
use crate::sys::mapping::Mapping;

const ON_DISK: &str = "ask for less, make room on the disk, or name another --directory";
const ON_DIRECTORY: &str = "name a --directory on a disk in which you may write";
/// File systems whose files are memory themselves: statfs(2).
const MEMORY_FILE_SYSTEMS: [u32; 2] = [0x0102_1994, 0x8584_58f6];
/// What stays free on the disk: the larger of a twentieth and this, in bytes.
const DISK_RESERVE_BYTES: u64 = 512 << 20;
const DISK_RESERVE_PART: u64 = 20;
/// How much is read or written at a time.
const BUFFER_BYTES: usize = 256 << 10;

/// A file of which the first part is in the page cache.
#[derive(Debug)]
pub(super) struct Cached {
    file: File,
    mapping: Mapping,
    is_read: bool,
    held: usize,
    buffer: Vec<u8>,
}

impl Cached {
    pub(super) fn prepare(plan: &Plan) -> Result<Cached, HoldError> {
        let directory = plan.directory.as_deref().unwrap_or(Path::new("."));
        let size = plan.size_bytes;
        let at = directory.display();
        let file = nameless(directory)
            .map_err(HoldError::new(format!("make a file in {at}"), ON_DIRECTORY))?;
        has_room(&file, size)
            .map_err(HoldError::new(format!("hold {} in {at}", Bytes(size)), ON_DISK))?;
        // Claims the blocks, so that no write and no store through the mapping finds the disk full.
        fallocate(&file, FallocateFlags::empty(), 0, size)
            .map_err(io::Error::from)
            .map_err(HoldError::new(format!("claim {} in {at}", Bytes(size)), ON_DISK))?;
        let mapping = Mapping::of_file(&file, length(size)?)
            .map_err(HoldError::new("map the file", "ask for less"))?;
        let is_read = plan.kind == Kind::FileRead;
        Ok(Cached { file, mapping, is_read, held: 0, buffer: vec![1; BUFFER_BYTES] })
    }

    /// Reads or writes the file from `from` to `to`; either way its pages come into the cache.
    fn pass(&mut self, from: usize, to: usize) -> io::Result<()> {
        let mut at = from;
        while at < to {
            let piece = &mut self.buffer[..BUFFER_BYTES.min(to - at)];
            let passed = if self.is_read {
                self.file.read_at(piece, at as u64)?
            } else {
                self.file.write_at(piece, at as u64)?
            };
            if passed == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            at += passed;
        }
        Ok(())
    }

    /// Takes the pages from `from` to `to` out of the cache.
    fn drop_cached(&mut self, from: usize, to: usize) -> io::Result<()> {
        // Pages that are mapped are not dropped from the cache.
        self.mapping.advise(from, to, Advice::LinuxDontNeed)?;
        let (at, length) = (from as u64, (to - from) as u64);
        if self.is_read {
            return Ok(fadvise(&self.file, at, NonZeroU64::new(length), FileAdvice::DontNeed)?);
        }
        // Dirty pages leave only with what they would have become on the disk.
        let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        fallocate(&self.file, hole, at, length)?;
        Ok(fallocate(&self.file, FallocateFlags::empty(), at, length)?)
    }

    fn end(&self, to: u64) -> usize {
        let to = usize::try_from(to).unwrap_or(usize::MAX).min(self.mapping.len());
        to - to % PAGE
    }
}

/// A file in `directory` that is gone when nobody has it open any more, however that comes about.
fn nameless(directory: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    match options.clone().custom_flags(libc::O_TMPFILE).open(directory) {
        Ok(file) => return Ok(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(error),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Err(error),
        // Not every file system has nameless files.
        Err(_) => {}
    }
    let path = directory.join(format!(".ramscope-stress-{}", std::process::id()));
    let file = options.create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

fn has_room(file: &File, size: u64) -> io::Result<()> {
    let magic = fstatfs(file)?.f_type;
    // The numbers have 32 bits, whatever the field has.
    if MEMORY_FILE_SYSTEMS
        .iter()
        .any(|memory| i128::from(magic) & 0xffff_ffff == i128::from(*memory))
    {
        return Err(io::Error::other("its files are memory themselves, which --kind shared holds"));
    }
    let disk = fstatvfs(file)?;
    fits(size, disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize)
}

/// Whether a file of `size` bytes leaves a disk its reserve.
fn fits(size: u64, whole: u64, free: u64) -> io::Result<()> {
    let reserve = (whole / DISK_RESERVE_PART).max(DISK_RESERVE_BYTES);
    if size.saturating_add(reserve) <= free {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::StorageFull,
        format!("{} are free on the disk, and {} of them stay so", Bytes(free), Bytes(reserve)),
    ))
}

impl Holding for Cached {
    fn held_bytes(&self) -> u64 {
        self.held as u64
    }

    fn grow(&mut self, to: u64) -> Result<(), HoldError> {
        let (from, to) = (self.held, self.end(to).max(self.held));
        let verb = if self.is_read { "read" } else { "write" };
        let what = format!("{verb} {} of the file", Bytes((to - from) as u64));
        self.pass(from, to).map_err(HoldError::new(what, ON_DISK))?;
        self.held = to;
        Ok(())
    }

    fn shrink(&mut self, to: u64) -> Result<(), HoldError> {
        let (from, to) = (self.end(to).min(self.held), self.held);
        let what = format!("give back {}", Bytes((to - from) as u64));
        let error = HoldError::new(what, "the run ends instead");
        if from == to {
            return Ok(());
        }
        self.drop_cached(from, to).map_err(error)?;
        self.held = from;
        Ok(())
    }

    fn bytes(&mut self) -> Option<&mut [u8]> {
        Some(&mut self.mapping.bytes()[..self.held])
    }

    fn resident_bytes(&mut self) -> Option<u64> {
        self.mapping.resident_bytes(self.held).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::plan;

    const MIB: u64 = 1 << 20;

    #[test]
    fn machine_a_file_is_in_the_cache_as_far_as_it_was_grown() {
        // The folder of this test binary is on a disk wherever the project is built.
        let directory = std::env::current_exe().unwrap().parent().unwrap().to_owned();
        for kind in [Kind::FileRead, Kind::FileDirty] {
            let plan = plan(|plan| {
                plan.kind = kind;
                plan.size_bytes = 16 * MIB;
                plan.directory = Some(directory.clone());
            });
            let mut held = Cached::prepare(&plan).unwrap();
            held.grow(12 * MIB).unwrap();
            assert_eq!(held.resident_bytes(), Some(12 * MIB), "{kind}");
            assert_eq!(held.bytes().unwrap().len() as u64, 12 * MIB);
            held.shrink(4 * MIB).unwrap();
            assert_eq!(held.held_bytes(), 4 * MIB);
            held.grow(16 * MIB).unwrap();
            assert_eq!(held.resident_bytes(), Some(16 * MIB), "{kind}, again");
        }
        let left = directory.read_dir().unwrap().flatten();
        assert_eq!(
            left.filter(|e| e.file_name().to_string_lossy().contains("ramscope-stress-1")).count(),
            0
        );
    }

    #[test]
    fn a_disk_that_would_be_full_is_refused_with_its_numbers() {
        let gib = 1 << 30;
        assert!(fits(gib, 100 * gib, 6 * gib).is_ok());
        let error = fits(2 * gib, 100 * gib, 6 * gib).unwrap_err().to_string();
        assert_eq!(error, "6 GiB are free on the disk, and 5 GiB of them stay so");
        assert!(fits(gib, gib, gib).is_err(), "a small disk keeps half a gibibyte");
    }

    #[test]
    fn a_directory_that_is_not_there_is_named() {
        let plan = plan(|plan| {
            plan.kind = Kind::FileDirty;
            plan.directory = Some("/nowhere/at/all".into());
        });
        let error = Cached::prepare(&plan).unwrap_err().to_string();
        assert!(error.starts_with("cannot make a file in /nowhere/at/all: "), "{error}");
    }
}
