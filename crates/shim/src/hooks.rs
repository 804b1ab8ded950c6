//! The functions that stand before the real ones.
//!
//! Each exported function is two or three instructions: it hands the stack and the frame pointer, as its
//! caller left them, to its `on_…` and jumps there, so that a walk begins exactly at the caller.
//! An `on_…` passes the guard, calls the real function and has the event written down: a block that
//! is given back before the call, one that was given after it.

use core::ffi::c_void;
use core::sync::atomic::{Ordering, compiler_fence};

use ramscope_events::Via;

use crate::local::{IN_REAL, Local, OURSELVES, local};
use crate::real::{REALLOC, errno, real, set_errno, system_call};
use crate::stack::Cursor;
use crate::{modules, phase, recorder, sys, thread};

mod bump;
#[cfg(feature = "preload")]
mod exports;
mod filters;

const ENOMEM: i32 = 12;
const EINVAL: i32 = 22;
const NULL: *mut u8 = core::ptr::null_mut();
const MAP_FAILED: *mut u8 = usize::MAX as *mut u8;

/// Where the program called from.
#[derive(Clone, Copy)]
struct Caller {
    /// Its stack pointer before the call: the return address stands here.
    stack: *const usize,
    /// Its frame pointer.
    frame: usize,
}

impl Caller {
    /// The frame that is returned to.
    #[inline(always)]
    fn cursor(self) -> Cursor {
        let stack = self.stack as usize + 8;
        // SAFETY: the call has put the return address there.
        let address = unsafe { *self.stack };
        Cursor { address, stack, frame: self.frame, slot: 0 }
    }
}

/// Being inside a hook, until it goes.
struct Inside(&'static Local);

impl Inside {
    /// Passes the guard. `None` where the real function is to be called and nothing else done: nothing is written
    /// down, or this thread is inside a hook already.
    #[inline(always)]
    fn enter(caller: Caller) -> Option<Self> {
        if !phase::is_active() && !phase::begin_or_leave() {
            return None;
        }
        let words = local();
        if words.inside.get() != 0 && !is_left(words, caller) {
            return None;
        }
        words.inside.set(caller.stack as usize);
        compiler_fence(Ordering::SeqCst);
        Some(Self(words))
    }

    /// Calls the real function, which may call others of its kind.
    #[inline(always)]
    fn call<T>(&self, real: impl FnOnce() -> T) -> T {
        let inside = self.0.inside.get();
        self.0.inside.set(inside | IN_REAL);
        compiler_fence(Ordering::SeqCst);
        let result = real();
        compiler_fence(Ordering::SeqCst);
        self.0.inside.set(inside);
        result
    }
}

impl Drop for Inside {
    #[inline(always)]
    fn drop(&mut self) {
        compiler_fence(Ordering::SeqCst);
        self.0.inside.set(0);
        if self.0.lost_in_signals.get() != 0 {
            tell_losses(self.0);
        }
    }
}

/// Whether the hook that this thread is said to be inside of is none any more: a signal handler has interrupted it
/// and jumped out (longjmp) to a frame further out. Otherwise this call comes from such a handler, and is a loss
/// to be told, or from the real function itself, whose own calls are no events.
#[cold]
fn is_left(words: &Local, caller: Caller) -> bool {
    let inside = words.inside.get();
    if inside == OURSELVES {
        return false;
    }
    if caller.stack as usize > inside && !sys::is_on_signal_stack() {
        return true;
    }
    // Between guard and real function nobody calls but a signal handler; there, too, a lock of ours may be held,
    // and nothing may be looked up.
    if inside & IN_REAL == 0 || thread::is_interrupted(words, caller.cursor()) {
        words.lost_in_signals.set(words.lost_in_signals.get() + 1);
    }
    false
}

#[cold]
fn tell_losses(words: &Local) {
    let events = words.lost_in_signals.replace(0);
    words.inside.set(crate::real::stack_pointer());
    if let Some(thread) = thread::of(words) {
        thread.tell_lost_in_signals(events);
    }
    words.inside.set(0);
}

/// Writes down a block that a real function gave.
#[inline(always)]
fn given(inside: &Inside, block: *mut u8, size: usize, via: Via, caller: Caller) -> *mut u8 {
    if !block.is_null() {
        recorder::given(inside.0, block as usize, size, via, caller.cursor());
    }
    block
}

extern "C" fn on_malloc(size: usize, stack: *const usize, frame: usize) -> *mut u8 {
    let caller = Caller { stack, frame };
    let Some(inside) = Inside::enter(caller) else { return plain_malloc(size) };
    if recorder::passes_over(inside.0, size) {
        return inside.call(|| plain_malloc(size));
    }
    recorded_malloc(&inside, size, caller)
}

/// Apart from the hook, so that a block which is passed over does not pay for the registers of a walk.
#[inline(never)]
fn recorded_malloc(inside: &Inside, size: usize, caller: Caller) -> *mut u8 {
    let block = inside.call(|| plain_malloc(size));
    given(inside, block, size, Via::Malloc, caller)
}

#[inline(always)]
fn plain_malloc(size: usize) -> *mut u8 {
    real!(MALLOC as Malloc(size) known else bump::give(size))
}

extern "C" fn on_calloc(count: usize, size: usize, stack: *const usize, frame: usize) -> *mut u8 {
    let caller = Caller { stack, frame };
    let Some(inside) = Inside::enter(caller) else { return plain_calloc(count, size) };
    if recorder::passes_over(inside.0, count.wrapping_mul(size)) {
        return inside.call(|| plain_calloc(count, size));
    }
    recorded_calloc(&inside, count, size, caller)
}

#[inline(never)]
fn recorded_calloc(inside: &Inside, count: usize, size: usize, caller: Caller) -> *mut u8 {
    let block = inside.call(|| plain_calloc(count, size));
    given(inside, block, count.wrapping_mul(size), Via::Calloc, caller)
}

#[inline(always)]
fn plain_calloc(count: usize, size: usize) -> *mut u8 {
    // Fresh memory of the bump buffer is zero.
    let early = || count.checked_mul(size).map_or(NULL, bump::give);
    real!(CALLOC as Calloc(count, size) known else early())
}

extern "C" fn on_free(block: *mut u8, stack: *const usize, frame: usize) {
    if block.is_null() || bump::holds(block) {
        return;
    }
    let free = || real!(FREE as Free(block) else ());
    let Some(inside) = Inside::enter(Caller { stack, frame }) else { return free() };
    recorder::returned(inside.0, block as usize, false);
    inside.call(free);
}

extern "C" fn on_realloc(
    block: *mut u8,
    size: usize,
    stack: *const usize,
    frame: usize,
) -> *mut u8 {
    resized(
        block,
        size,
        Caller { stack, frame },
        || real!(REALLOC as Realloc(block, size) else NULL),
    )
}

extern "C" fn on_reallocarray(
    block: *mut u8,
    count: usize,
    size: usize,
    stack: *const usize,
    frame: usize,
) -> *mut u8 {
    let Some(bytes) = count.checked_mul(size) else { return refused(ENOMEM) };
    let whole = || real!(REALLOC as Realloc(block, bytes) else NULL);
    let call = || real!(REALLOCARRAY as Reallocarray(block, count, size) else whole());
    resized(block, bytes, Caller { stack, frame }, call)
}

/// A block changes its size by `call`: one block is given back before it, one given after it.
#[inline(always)]
fn resized(block: *mut u8, size: usize, caller: Caller, call: impl FnOnce() -> *mut u8) -> *mut u8 {
    if bump::holds(block) || REALLOC.known() == 0 {
        return bump::resize(block, size, plain_malloc);
    }
    let Some(inside) = Inside::enter(caller) else { return call() };
    let is_said = !block.is_null() && recorder::returned(inside.0, block as usize, true);
    let now = inside.call(call);
    // Without a block, for a size of 0, glibc has freed the old one; for any other it has failed and kept it.
    if now.is_null() && is_said && size != 0 {
        recorder::kept(inside.0, block as usize);
    }
    given(&inside, now, size, Via::Realloc, caller)
}

extern "C" fn on_posix_memalign(
    to: *mut *mut u8,
    align: usize,
    size: usize,
    stack: *const usize,
    frame: usize,
) -> i32 {
    let caller = Caller { stack, frame };
    let plain = || plain_posix_memalign(to, align, size);
    let call = || real!(POSIX_MEMALIGN as PosixMemalign(to, align, size) else plain());
    let Some(inside) = Inside::enter(caller) else { return call() };
    let result = inside.call(call);
    if result == 0 {
        // SAFETY: the real function has just written it.
        given(&inside, unsafe { *to }, size, Via::Aligned, caller);
    }
    result
}

extern "C" fn on_aligned_alloc(
    align: usize,
    size: usize,
    stack: *const usize,
    frame: usize,
) -> *mut u8 {
    let call = || real!(ALIGNED_ALLOC as AlignedAlloc(align, size) else refused(ENOMEM));
    aligned(size, Caller { stack, frame }, call)
}

extern "C" fn on_memalign(align: usize, size: usize, stack: *const usize, frame: usize) -> *mut u8 {
    let call = || real!(MEMALIGN as Memalign(align, size) else refused(ENOMEM));
    aligned(size, Caller { stack, frame }, call)
}

extern "C" fn on_valloc(size: usize, stack: *const usize, frame: usize) -> *mut u8 {
    aligned(size, Caller { stack, frame }, || real!(VALLOC as Valloc(size) else refused(ENOMEM)))
}

extern "C" fn on_pvalloc(size: usize, stack: *const usize, frame: usize) -> *mut u8 {
    aligned(size, Caller { stack, frame }, || real!(PVALLOC as Pvalloc(size) else refused(ENOMEM)))
}

fn aligned(size: usize, caller: Caller, call: impl FnOnce() -> *mut u8) -> *mut u8 {
    let Some(inside) = Inside::enter(caller) else { return call() };
    let block = inside.call(call);
    given(&inside, block, size, Via::Aligned, caller)
}

/// What `posix_memalign` does, where the C library has only the function below it.
#[cold]
fn plain_posix_memalign(to: *mut *mut u8, align: usize, size: usize) -> i32 {
    if !align.is_power_of_two() || align < size_of::<usize>() {
        return EINVAL;
    }
    let errno = errno();
    let block = real!(MEMALIGN as Memalign(align, size) else NULL);
    // It says by its result alone how it went.
    set_errno(errno);
    if block.is_null() {
        return ENOMEM;
    }
    // SAFETY: the program's own word for the result.
    unsafe { *to = block };
    0
}

/// What a function gives that cannot give a block.
#[cold]
fn refused(errno: i32) -> *mut u8 {
    set_errno(errno);
    NULL
}

/// The arguments of `mmap`, which leave no register free.
type MapArguments = (*mut u8, usize, i32, i32, i32, i64);

extern "C" fn on_mmap(
    at: *mut u8,
    size: usize,
    protection: i32,
    flags: i32,
    file: i32,
    offset: i64,
    stack: *const usize,
    frame: usize,
) -> *mut u8 {
    map(
        (at, size, protection, flags, file, offset),
        Caller { stack, frame },
        |all @ (a, b, c, d, e, f)| real!(MMAP as Mmap(a, b, c, d, e, f) else plain_mmap(all)),
    )
}

extern "C" fn on_mmap64(
    at: *mut u8,
    size: usize,
    protection: i32,
    flags: i32,
    file: i32,
    offset: i64,
    stack: *const usize,
    frame: usize,
) -> *mut u8 {
    map(
        (at, size, protection, flags, file, offset),
        Caller { stack, frame },
        |all @ (a, b, c, d, e, f)| real!(MMAP64 as Mmap64(a, b, c, d, e, f) else plain_mmap(all)),
    )
}

#[cold]
fn plain_mmap((at, size, protection, flags, file, offset): MapArguments) -> *mut u8 {
    let all =
        [at as usize, size, protection as usize, flags as usize, file as usize, offset as usize];
    system_call(9, all) as *mut u8
}

fn map(
    arguments: MapArguments,
    caller: Caller,
    call: impl FnOnce(MapArguments) -> *mut u8,
) -> *mut u8 {
    let size = arguments.1;
    let Some(inside) = Inside::enter(caller) else { return call(arguments) };
    let start = inside.call(|| call(arguments));
    if start != MAP_FAILED {
        recorder::mapped(inside.0, start as usize, size, Via::Mmap, caller.cursor());
    }
    start
}

extern "C" fn on_munmap(start: *mut u8, size: usize, stack: *const usize, frame: usize) -> i32 {
    let plain = || system_call(11, [start as usize, size, 0, 0, 0, 0]) as i32;
    let call = || real!(MUNMAP as Munmap(start, size) else plain());
    let Some(inside) = Inside::enter(Caller { stack, frame }) else { return call() };
    recorder::unmapped(inside.0, start as usize, size);
    inside.call(call)
}

extern "C" fn on_mremap(
    old: *mut u8,
    old_size: usize,
    size: usize,
    flags: i32,
    at: *mut u8,
    unused: usize,
    stack: *const usize,
    frame: usize,
) -> *mut u8 {
    let _ = unused;
    let caller = Caller { stack, frame };
    let all = [old as usize, old_size, size, flags as usize, at as usize, 0];
    let plain = || system_call(25, all) as *mut u8;
    let call = || real!(MREMAP as Mremap(old, old_size, size, flags, at) else plain());
    let Some(inside) = Inside::enter(caller) else { return call() };
    let start = inside.call(call);
    if start != MAP_FAILED {
        recorder::unmapped(inside.0, old as usize, old_size);
        recorder::mapped(inside.0, start as usize, size, Via::Mremap, caller.cursor());
    }
    start
}

extern "C" fn on_sbrk(by: isize, stack: *const usize, frame: usize) -> *mut u8 {
    let caller = Caller { stack, frame };
    let Some(inside) = Inside::enter(caller) else {
        return real!(SBRK as Sbrk(by) else MAP_FAILED);
    };
    let before = inside.call(|| real!(SBRK as Sbrk(by) else MAP_FAILED));
    if before == MAP_FAILED || by == 0 {
        return before;
    }
    let size = by.unsigned_abs();
    if by > 0 {
        recorder::mapped(inside.0, before as usize, size, Via::Sbrk, caller.cursor());
    } else {
        recorder::unmapped(inside.0, before as usize - size, size);
    }
    before
}

extern "C" fn on_dlclose(library: *mut c_void, stack: *const usize, frame: usize) -> i32 {
    let caller = Caller { stack, frame };
    // Destructors of the library run in there, and what they free is theirs: the guard is passed afterwards.
    let result = real!(DLCLOSE as Dlclose(library) else -1);
    if let Some(inside) = Inside::enter(caller)
        && let Some(thread) = thread::of(inside.0)
    {
        modules::after_dlclose(thread);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_c_librarys_functions_the_kernel_and_those_below_do_the_same() {
        for (align, size, result) in
            [(3, 10, EINVAL), (4, 10, EINVAL), (0, 10, EINVAL), (64, usize::MAX / 2, ENOMEM)]
        {
            let mut block = MAP_FAILED;
            assert_eq!(plain_posix_memalign(&raw mut block, align, size), result, "{align}");
            assert_eq!(block, MAP_FAILED, "nothing is written where nothing is given");
        }
        let mut block = NULL;
        set_errno(7);
        assert_eq!(plain_posix_memalign(&raw mut block, 4096, 100), 0);
        assert_eq!((block as usize % 4096, errno()), (0, 7));
        real!(FREE as Free(block) else ());

        // Private and anonymous, to be read and written.
        let start = plain_mmap((NULL, 8192, 3, 0x22, -1, 0));
        assert_ne!(start, MAP_FAILED);
        // SAFETY: mapped just now.
        unsafe { start.write(1) };
        assert_eq!(system_call(11, [start as usize, 8192, 0, 0, 0, 0]), 0);
        assert_eq!((plain_mmap((NULL, 0, 3, 0x22, -1, 0)), errno()), (MAP_FAILED, EINVAL));
    }
}
