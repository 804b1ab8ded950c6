//! The bare loops: as little as does the same.

use std::hint::black_box;
use std::io;
use std::time::Duration;

use ramscope_stress::Kind;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};
use rustix::time::{ClockId, clock_gettime};

const HUGE: usize = 2 << 20;

/// Memory that is mapped and given back.
pub(crate) struct Memory {
    base: *mut std::ffi::c_void,
    length: usize,
    used: usize,
}

impl Memory {
    fn mapped(bytes: u64, flags: MapFlags) -> io::Result<Memory> {
        let used = usize::try_from(bytes).map_err(io::Error::other)?;
        let length = used + HUGE;
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the kernel chooses the place, so no memory that is in use is mapped over.
        let base = unsafe {
            mmap_anonymous(std::ptr::null_mut(), length, access, MapFlags::PRIVATE | flags)
        }?;
        Ok(Memory { base, length, used })
    }

    /// Memory in base pages, all of them there.
    pub(crate) fn filled(bytes: u64) -> io::Result<Memory> {
        let mut memory = Memory::mapped(bytes, MapFlags::empty())?;
        memory.advise(Advice::LinuxNoHugepage)?;
        memory.bytes().fill(1);
        Ok(memory)
    }

    fn advise(&mut self, advice: Advice) -> io::Result<()> {
        // SAFETY: the range is this mapping, and the advices used here change no byte of it.
        Ok(unsafe { madvise(self.base, self.length, advice) }?)
    }

    /// The used part, from the first huge page on.
    fn bytes(&mut self) -> &mut [u8] {
        let skipped = self.base.addr().wrapping_neg() % HUGE;
        // SAFETY: the mapping is a huge page longer than what is used.
        let start = unsafe { self.base.cast::<u8>().add(skipped) };
        // SAFETY: the range is mapped, readable and writable until `self` is dropped, and borrowed from it.
        unsafe { std::slice::from_raw_parts_mut(start, self.used) }
    }

    /// A pass of memset, in bytes a nanosecond.
    pub(crate) fn write(&mut self) -> f64 {
        let used = self.used;
        rate(used, || self.bytes().fill(black_box(2)))
    }

    /// A pass of reading, in bytes a nanosecond.
    pub(crate) fn read(&mut self) -> f64 {
        let used = self.used;
        rate(used, || {
            let words =
                self.bytes().as_chunks::<8>().0.iter().map(|word| u64::from_ne_bytes(*word));
            black_box(words.fold(0, u64::wrapping_add));
        })
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: base and length are those of this mapping, and nobody borrows what is dropped.
        let _ = unsafe { munmap(self.base, self.length) };
    }
}

/// Maps memory of a kind and has it all there; bytes a nanosecond.
pub(crate) fn fill(kind: Kind, bytes: u64) -> io::Result<f64> {
    let mut memory = Memory::mapped(bytes, MapFlags::empty())?;
    let used = memory.used;
    match kind {
        Kind::Populated => {
            memory.advise(Advice::LinuxNoHugepage)?;
            let mut result = Ok(());
            let rate = rate(used, || result = memory.advise(Advice::LinuxPopulateWrite));
            result.map(|()| rate)
        }
        _ => {
            memory.advise(if kind == Kind::Thp {
                Advice::LinuxHugepage
            } else {
                Advice::LinuxNoHugepage
            })?;
            Ok(rate(used, || memory.bytes().chunks_mut(4096).for_each(|page| page[0] = 1)))
        }
    }
}

fn rate(bytes: usize, work: impl FnOnce()) -> f64 {
    let now = || Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default();
    let before = now();
    work();
    bytes as f64 / (now() - before).as_nanos() as f64
}
