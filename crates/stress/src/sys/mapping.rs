//! A piece of mapped memory that is owned, and given back when it is dropped.

use std::ffi::c_void;
use std::io;
use std::os::fd::AsFd;
use std::ptr::NonNull;

use rustix::mm::{
    Advice, MapFlags, MremapFlags, ProtFlags, madvise, mmap, mmap_anonymous, mremap, munmap,
};

use crate::HUGE_PAGE_BYTES;

/// Memory that nobody else has: anonymous, or shared with a file that nobody else can open.
#[derive(Debug)]
pub(crate) struct Mapping {
    /// What the kernel gave.
    base: NonNull<c_void>,
    length: usize,
    /// Where the used part begins: behind the base where the mapping had to be aligned.
    skipped: usize,
}

impl Mapping {
    /// `length` bytes of anonymous memory, of which no page is there yet.
    pub(crate) fn anonymous(length: usize) -> io::Result<Mapping> {
        // SAFETY: the kernel chooses the place, so no memory that is in use is mapped over.
        let base = unsafe {
            mmap_anonymous(
                std::ptr::null_mut(),
                length,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE,
            )
        };
        Mapping::owned(base, length, 0)
    }

    /// As [`anonymous`](Mapping::anonymous), beginning where a huge page may.
    pub(crate) fn huge(length: usize) -> io::Result<Mapping> {
        let huge = usize::try_from(HUGE_PAGE_BYTES).map_err(io::Error::other)?;
        let whole = length.checked_add(huge).ok_or(io::ErrorKind::OutOfMemory)?;
        let mut mapping = Mapping::anonymous(whole)?;
        mapping.skipped = mapping.base.as_ptr().addr().wrapping_neg() % huge;
        Ok(mapping)
    }

    /// The first `length` bytes of a file, shared with it. The file is at least as long and stays so, and nobody else
    /// writes to it.
    pub(crate) fn of_file(file: impl AsFd, length: usize) -> io::Result<Mapping> {
        // SAFETY: the kernel chooses the place, so no memory that is in use is mapped over.
        let base = unsafe {
            mmap(
                std::ptr::null_mut(),
                length,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::SHARED,
                file,
                0,
            )
        };
        Mapping::owned(base, length, 0)
    }

    fn owned(
        base: rustix::io::Result<*mut c_void>,
        length: usize,
        skipped: usize,
    ) -> io::Result<Mapping> {
        let base = NonNull::new(base?).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Mapping { base, length, skipped })
    }

    /// How much there is to use, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.length - self.skipped
    }

    /// The memory itself.
    pub(crate) fn bytes(&mut self) -> &mut [u8] {
        let length = self.len();
        // SAFETY: the offset is below the length of the mapping.
        let start = unsafe { self.base.cast::<u8>().add(self.skipped) };
        // SAFETY: the range is mapped, readable and writable until `self` is dropped, zero where nothing was written,
        // and borrowed from `self`, so that nobody else reads or writes it meanwhile.
        unsafe { std::slice::from_raw_parts_mut(start.as_ptr(), length) }
    }

    /// Gives the kernel advice about `[from, to)`. Advice may drop what was written there, never anything else.
    pub(crate) fn advise(&mut self, from: usize, to: usize, advice: Advice) -> io::Result<()> {
        let range = &mut self.bytes()[from..to];
        if range.is_empty() {
            return Ok(());
        }
        let (start, length) = (range.as_mut_ptr().cast(), range.len());
        // SAFETY: the range lies within this mapping, and `&mut self` says that nobody borrows it; the advices used here
        // leave it mapped, readable and writable.
        Ok(unsafe { madvise(start, length, advice) }?)
    }

    /// Makes the mapping `length` bytes long, wherever it fits; what was written stays.
    pub(crate) fn resize(&mut self, length: usize) -> io::Result<()> {
        let whole = length + self.skipped;
        // SAFETY: base and length are those of this mapping, which `&mut self` says nobody borrows; the old address is
        // forgotten below.
        let base = unsafe { mremap(self.base.as_ptr(), self.length, whole, MremapFlags::MAYMOVE) };
        let moved = Mapping::owned(base, whole, self.skipped)?;
        // The old range is gone: only the new one is given back in the end.
        std::mem::forget(std::mem::replace(self, moved));
        Ok(())
    }

    /// How much of the first `length` bytes is in memory, or in the page cache where a file is mapped.
    pub(crate) fn resident_bytes(&mut self, length: usize) -> io::Result<u64> {
        let page = rustix::param::page_size();
        // A bit of bookkeeping for 64 MiB at a time, on the stack.
        let mut pages = [0u8; 16 << 10];
        let bytes = &mut self.bytes()[..length];
        let mut resident = 0u64;
        for piece in bytes.chunks_mut(pages.len() * page) {
            let (start, length) = (piece.as_mut_ptr().cast(), piece.len());
            // SAFETY: the range is mapped and begins at a page, and `pages` has a byte for each page of it.
            let result = unsafe { libc::mincore(start, length, pages.as_mut_ptr()) };
            if result != 0 {
                return Err(io::Error::last_os_error());
            }
            let count =
                pages[..length.div_ceil(page)].iter().filter(|page| **page & 1 == 1).count();
            resident += (count * page) as u64;
        }
        Ok(resident)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: base and length are those of this mapping, and nobody borrows what is dropped.
        let result = unsafe { munmap(self.base.as_ptr(), self.length) };
        debug_assert!(result.is_ok(), "a mapping that is ours cannot be refused: {result:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 4096;

    #[test]
    fn what_was_written_survives_a_move_and_is_gone_after_advice() {
        let mut mapping = Mapping::anonymous(16 * PAGE).unwrap();
        mapping.bytes()[5 * PAGE] = 7;
        mapping.resize(4096 * PAGE).unwrap();
        assert_eq!((mapping.len(), mapping.bytes()[5 * PAGE]), (4096 * PAGE, 7));
        mapping.advise(5 * PAGE, 6 * PAGE, Advice::LinuxDontNeed).unwrap();
        assert_eq!(mapping.bytes()[5 * PAGE], 0);
    }

    #[test]
    fn only_touched_pages_are_resident() {
        let mut mapping = Mapping::anonymous(64 * PAGE).unwrap();
        mapping.advise(0, 64 * PAGE, Advice::LinuxNoHugepage).unwrap();
        assert_eq!(mapping.resident_bytes(64 * PAGE).unwrap(), 0);
        mapping.bytes()[3 * PAGE] = 1;
        mapping.bytes()[4 * PAGE] = 1;
        assert_eq!(mapping.resident_bytes(64 * PAGE).unwrap(), 2 * PAGE as u64);
    }

    #[test]
    fn a_mapping_for_huge_pages_begins_at_one() {
        let mut mapping = Mapping::huge(4 << 20).unwrap();
        assert_eq!(mapping.bytes().as_ptr().addr() % (2 << 20), 0);
        assert!(mapping.len() >= 4 << 20);
    }

    #[test]
    fn more_than_there_are_addresses_is_refused() {
        assert!(Mapping::anonymous(usize::MAX / 2 / PAGE * PAGE).is_err());
        assert!(Mapping::huge(usize::MAX - 1).is_err());
    }
}
