//! A few kilobytes for those who allocate while the real functions are still being looked up.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicUsize, Ordering};

const BYTES: usize = 64 << 10;
/// Before each block stands its size, and blocks are aligned as malloc's are.
const HEAD: usize = 16;

#[repr(align(16))]
struct Memory(UnsafeCell<[u8; BYTES]>);
// SAFETY: every byte is given out once, and then belongs to who got it.
unsafe impl Sync for Memory {}
static MEMORY: Memory = Memory(UnsafeCell::new([0; BYTES]));
static USED: AtomicUsize = AtomicUsize::new(0);

/// A zeroed block, or null when all is given out. It is never taken back.
#[cold]
pub(super) fn give(size: usize) -> *mut u8 {
    let Some(bytes) = size.checked_add(HEAD + 15).map(|bytes| bytes & !15) else {
        return core::ptr::null_mut();
    };
    let at = USED.fetch_add(bytes.min(BYTES), Ordering::Relaxed);
    if at.saturating_add(bytes) > BYTES {
        return core::ptr::null_mut();
    }
    let start = MEMORY.0.get().cast::<u8>().wrapping_add(at);
    // SAFETY: inside the memory, aligned to 16, and only ours.
    unsafe { start.cast::<usize>().write(size) };
    start.wrapping_add(HEAD)
}

/// Whether `block` is one of these.
#[inline(always)]
pub(super) fn holds(block: *mut u8) -> bool {
    (block as usize).wrapping_sub(MEMORY.0.get() as usize) < BYTES
}

/// A block of another size with the old one's contents, from `allocate` where that can already be.
#[cold]
pub(super) fn resize(block: *mut u8, size: usize, allocate: fn(usize) -> *mut u8) -> *mut u8 {
    let now = allocate(size);
    if block.is_null() || now.is_null() {
        return now;
    }
    // SAFETY: its size stands before each block.
    let before = unsafe { block.wrapping_sub(HEAD).cast::<usize>().read() };
    // SAFETY: both are at least that long, and the new one overlaps nothing.
    unsafe { core::ptr::copy_nonoverlapping(block, now, before.min(size)) };
    now
}
