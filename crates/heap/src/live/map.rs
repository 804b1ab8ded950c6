//! The mapping that is shared with a tracked process: made, sealed, and looked at.

use std::fmt;
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};

use ramscope_events::ring::ticks_now;
use ramscope_events::ring::wire::{BYTES, Header, Wire};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use rustix::process::{Resource, getrlimit};
use rustix::thread::futex;
use rustix::time::Timespec;

/// A mapping, and the descriptor by which the process finds it.
pub(super) struct Mapping {
    wire: Wire,
    file: OwnedFd,
}

impl Mapping {
    /// A fresh one. Sealed, so that nobody can cut it short and have the other side end by a signal.
    pub(super) fn new(flags: u32, sample_bytes: u64, seed: u64) -> io::Result<Self> {
        may_be_as_large(BYTES as u64)?;
        let file = memfd_create("ramscope-heap", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        ftruncate(&file, BYTES as u64)?;
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping, at a place that the kernel chooses.
        let start =
            unsafe { mmap(ptr::null_mut(), BYTES, protection, MapFlags::SHARED, &file, 0) }?;
        // SAFETY: mapped just now, shared and sealed, and unmapped only with this value.
        let wire = unsafe { Wire::at(start.cast()) };
        wire.begin(flags, ticks_now(), sample_bytes, seed);
        Ok(Self { wire, file })
    }

    pub(super) fn wire(&self) -> Wire {
        self.wire
    }

    pub(super) fn header(&self) -> &Header {
        self.wire.header()
    }

    /// Its descriptor's number in this process.
    pub(super) fn descriptor(&self) -> u32 {
        self.file.as_raw_fd().unsigned_abs()
    }

    /// The process that has claimed it; 0 before.
    pub(super) fn owner(&self) -> u32 {
        self.header().owner.load(Ordering::Acquire)
    }

    /// Whether a child has claimed it and is ready, or has ended before it was.
    pub(super) fn is_claimed(&self) -> bool {
        let owner = self.owner();
        let is_ready = self.header().programs.load(Ordering::Acquire) > 0;
        owner != 0 && (is_ready || !Path::new("/proc").join(owner.to_string()).is_dir())
    }

    /// Tells all processes where the next child finds a mapping; 0: nowhere.
    pub(super) fn set_spare(&self, descriptor: u32) {
        let Header { spare, laid_out, .. } = self.header();
        if descriptor == 0 && spare.load(Ordering::Relaxed) == 0 {
            return;
        }
        spare.store(descriptor, Ordering::Release);
        laid_out.fetch_add(1, Ordering::Release);
        // One child of those that wait for it; all, where they wait in vain.
        let count = if descriptor == 0 { i32::MAX.unsigned_abs() } else { 1 };
        // That nobody sleeps is no error.
        let _ = futex::wake(laid_out, futex::Flags::empty(), count);
    }

    /// Ticks since the process has come; before, since the mapping was made.
    pub(super) fn ticks(&self) -> u64 {
        ticks_now().wrapping_sub(self.header().base_ticks.load(Ordering::Relaxed))
    }

    /// Sleeps until the process wakes us, at most so long.
    pub(super) fn sleep(&self, milliseconds: u32, has_backlog: impl FnOnce() -> bool) {
        let header = self.header();
        header.sleeping.store(1, Ordering::SeqCst);
        // A ring that filled while the others were read has rung in vain; its writer may be waiting for us.
        if has_backlog() {
            header.sleeping.store(0, Ordering::Relaxed);
            return;
        }
        let nanoseconds = i64::from(milliseconds % 1000) * 1_000_000;
        let time = Timespec { tv_sec: i64::from(milliseconds / 1000), tv_nsec: nanoseconds };
        // Whatever ends the sleep, we look.
        let _ = futex::wait(&header.sleeping, futex::Flags::empty(), 1, Some(&time));
        header.sleeping.store(0, Ordering::Relaxed);
    }

    /// Ends a sleep, and the next one if there is none.
    pub(super) fn wake(&self) {
        self.header().sleeping.store(0, Ordering::SeqCst);
        wake(&self.header().sleeping);
    }
}

/// Whether a file may be so large: where it may not, the kernel would end us by a signal (setrlimit(2), `RLIMIT_FSIZE`).
fn may_be_as_large(bytes: u64) -> io::Result<()> {
    match getrlimit(Resource::Fsize).current {
        Some(limit) if limit < bytes => Err(io::Error::other(format!(
            "files are limited to {limit} bytes here, and the memory that is shared with a tracked program is one of {bytes}: \
             `ulimit -f unlimited` takes the limit off"
        ))),
        _ => Ok(()),
    }
}

/// Wakes whoever sleeps on `word`, in any process.
pub(super) fn wake(word: &AtomicU32) {
    // That nobody sleeps is no error.
    let _ = futex::wake(word, futex::Flags::empty(), i32::MAX.unsigned_abs());
}

impl Drop for Mapping {
    fn drop(&mut self) {
        let start = ptr::from_ref(self.header()).cast_mut().cast();
        // SAFETY: mapped by `new`, of this length; readers of its rings live in a `Process`, which holds this.
        let _ = unsafe { munmap(start, BYTES) };
    }
}

impl fmt::Debug for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapping").field("file", &self.file).finish_non_exhaustive()
    }
}
