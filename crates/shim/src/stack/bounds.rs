//! Which memory a walk may read: the stack it is on, and nothing beyond, whatever the tables say.

use core::cell::Cell;

use crate::real::weak;
use crate::sys;

/// How far down the main thread's stack may grow; the kernel keeps that much free of other mappings (MIN_GAP in
/// arch/x86/mm/mmap.c).
const MAIN_BYTES: usize = 128 << 20;

/// Bytes of a foreign stack that a walk sees.
const COPIED_BYTES: usize = 32 << 10;

/// The calling thread's stack, and for the time of a walk a copy of another one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds<'a> {
    /// First byte, and first byte after it, of the thread's own stack.
    own: (usize, usize),
    /// A copy of the memory from an address on: of a stack that is not the thread's own.
    copy: (usize, &'a [u8]),
}

type Getattr = unsafe extern "C" fn(usize, *mut Attributes) -> i32;
type Getstack = unsafe extern "C" fn(*const Attributes, *mut usize, *mut usize) -> i32;
type Destroy = unsafe extern "C" fn(*mut Attributes) -> i32;
type Identity = unsafe extern "C" fn() -> usize;

/// Room for glibc's and musl's `pthread_attr_t`, 56 bytes each.
#[repr(C, align(16))]
struct Attributes([u64; 16]);

impl Bounds<'static> {
    /// The stack of the calling thread, which runs on it or will again.
    pub(crate) fn of_this_thread() -> Self {
        let is_main = sys::thread_id() == sys::process_id();
        let is_known = !is_main && sys::allows(sys::Call::Affinity);
        let own = if is_known { thread_stack() } else { mapped_stack() };
        Self { own: own.unwrap_or((0, 0)), copy: (0, &[]) }
    }

    /// No stack at all.
    pub(crate) const NONE: Self = Self { own: (0, 0), copy: (0, &[]) };
}

impl<'a> Bounds<'a> {
    /// Whether `address` is on the thread's own stack.
    #[inline(always)]
    pub(crate) fn is_own(&self, address: usize) -> bool {
        address >= self.own.0 && address < self.own.1
    }

    /// The word at `address`; `None` where it is on no stack that may be read.
    #[inline(always)]
    pub(crate) fn read(&self, address: usize) -> Option<usize> {
        if address >= self.own.0 && address <= self.own.1.wrapping_sub(8) && address & 7 == 0 {
            // SAFETY: on the thread's own stack and, in every walk, above its stack pointer.
            return Some(unsafe { *(address as *const usize) });
        }
        self.read_copy(address)
    }

    #[cold]
    fn read_copy(&self, address: usize) -> Option<usize> {
        let at = address.checked_sub(self.copy.0)?;
        let bytes = self.copy.1.get(at..at.checked_add(8)?)?;
        Some(usize::from_ne_bytes(bytes.try_into().ok()?))
    }

    /// The same, seeing what `buffer` holds of the memory from `start` on: of a coroutine's or a signal's stack, of which
    /// nobody knows where it ends, the kernel copies what is there.
    pub(crate) fn with_copy<'b>(&self, start: usize, buffer: &'b mut Buffer) -> Bounds<'b> {
        let length = sys::copy_what_is_there(start, &mut buffer.0, crate::phase::process());
        Bounds { own: self.own, copy: (start, &buffer.0[..length]) }
    }
}

/// Room for a copy of a foreign stack.
pub(crate) struct Buffer([u8; COPIED_BYTES]);

impl Buffer {
    pub(crate) const BYTES: usize = COPIED_BYTES;
}

/// What the C library knows of a thread that it has made.
fn thread_stack() -> Option<(usize, usize)> {
    let identity = weak!(pthread_self);
    let getattr = weak!(pthread_getattr_np);
    let getstack = weak!(pthread_attr_getstack);
    let destroy = weak!(pthread_attr_destroy);
    if identity == 0 || getattr == 0 || getstack == 0 || destroy == 0 {
        return mapped_stack();
    }
    // SAFETY: the C library's functions have these signatures.
    let identity = unsafe { core::mem::transmute::<usize, Identity>(identity) };
    // SAFETY: as above.
    let getattr = unsafe { core::mem::transmute::<usize, Getattr>(getattr) };
    // SAFETY: as above.
    let getstack = unsafe { core::mem::transmute::<usize, Getstack>(getstack) };
    // SAFETY: as above.
    let destroy = unsafe { core::mem::transmute::<usize, Destroy>(destroy) };
    let mut attributes = Attributes([0; 16]);
    let (start, bytes) = (Cell::new(0), Cell::new(0));
    // SAFETY: it takes nothing.
    let thread = unsafe { identity() };
    // SAFETY: the room is large enough for either library.
    if unsafe { getattr(thread, &raw mut attributes) } != 0 {
        return None;
    }
    // SAFETY: filled just now; both results are words of ours.
    let result = unsafe { getstack(&raw const attributes, start.as_ptr(), bytes.as_ptr()) };
    // SAFETY: filled just now, and not used any more.
    unsafe { destroy(&raw mut attributes) };
    (result == 0).then(|| (start.get(), start.get() + bytes.get()))
}

/// The mapping that the stack pointer is in, as the kernel lists it. The main thread's grows downwards, so that only the
/// end counts.
fn mapped_stack() -> Option<(usize, usize)> {
    let here = crate::real::stack_pointer();
    let file = sys::File::open(b"/proc/self/maps\0", false)?;
    let mut lines = Lines::default();
    let mut part = [0; 2048];
    loop {
        let length = file.read(&mut part);
        if length == 0 {
            return None;
        }
        for &byte in &part[..length] {
            if let Some((start, end)) = lines.next(byte)
                && (start..end).contains(&here)
            {
                return Some((end.saturating_sub(MAIN_BYTES), end));
            }
        }
    }
}

/// Reads `START-END …` at the beginning of each line, hexadecimal, byte by byte.
#[derive(Default)]
struct Lines {
    numbers: [usize; 2],
    /// 0 and 1 in a number, 2 behind both.
    at: usize,
}

impl Lines {
    fn next(&mut self, byte: u8) -> Option<(usize, usize)> {
        match (self.at, byte) {
            (_, b'\n') => *self = Self::default(),
            (0, b'-') => self.at = 1,
            (1, b' ') => {
                self.at = 2;
                return Some((self.numbers[0], self.numbers[1]));
            }
            (0 | 1, digit) => {
                let value = (digit as char).to_digit(16).unwrap_or(0) as usize;
                self.numbers[self.at] = self.numbers[self.at] << 4 | value;
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranges_of_the_kernels_list_are_read() {
        let text = b"55d0-55e0 r--p 0 fd:00 1-2 /bin/a-b\n7ffc00000000-7ffc00021000 rw-p 0 00:00 0 [stack]\n";
        let mut lines = Lines::default();
        let mut found = [(0, 0); 2];
        let ranges = text.iter().filter_map(|&byte| lines.next(byte));
        for (to, range) in found.iter_mut().zip(ranges) {
            *to = range;
        }
        assert_eq!(found, [(0x55d0, 0x55e0), (0x7ffc_0000_0000, 0x7ffc_0002_1000)]);
    }

    #[test]
    fn nothing_is_read_beyond_the_stack() {
        let words = [1_usize, 2, 3];
        let start = words.as_ptr() as usize;
        let bounds = Bounds { own: (start, start + 24), copy: (0, &[]) };
        assert_eq!(bounds.read(start + 16), Some(3));
        for address in [start.wrapping_sub(8), start + 24, start + 17, start + 1, 0, usize::MAX] {
            assert_eq!(bounds.read(address), None, "{address:x}");
        }
    }
}
