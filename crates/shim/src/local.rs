//! What each thread has at hand: a few words in its static TLS block, found without a call.
//!
//! The library is loaded at the program's start, so its thread-local storage can be of the initial-exec
//! kind: an offset from the thread pointer that the loader has written down. Rust's own `thread_local!`
//! needs std and may allocate.

use core::arch::{asm, global_asm};
use core::cell::Cell;

use crate::thread::Thread;

/// A thread's words; all zero when it begins.
#[repr(C)]
pub(crate) struct Local {
    /// Stack pointer of the hook that the thread is inside of; 0 where in none, [`OURSELVES`] where we call the
    /// C library for ourselves.
    pub(crate) inside: Cell<usize>,
    /// What it writes with; null before its first event.
    pub(crate) thread: Cell<*mut Thread>,
    /// Bytes until the next sample.
    pub(crate) until_sample: Cell<i64>,
    /// Events lost in signal handlers, and not yet told.
    pub(crate) lost_in_signals: Cell<u64>,
    /// How often its destructor has run.
    pub(crate) endings: Cell<u32>,
    reserved: [u32; 7],
}

/// In [`Local::inside`]: what is allocated meanwhile is nobody's event.
pub(crate) const OURSELVES: usize = 1;

/// In [`Local::inside`], beside the stack pointer: the real function is being called.
pub(crate) const IN_REAL: usize = 4;

impl Local {
    /// Calls what may allocate for ourselves.
    pub(crate) fn for_ourselves<T>(&self, call: impl FnOnce() -> T) -> T {
        let before = self.inside.replace(OURSELVES);
        let result = call();
        self.inside.set(before);
        result
    }
}

const _: () = assert!(size_of::<Local>() == 64);

global_asm!(
    ".pushsection .tbss.ramscope_local,\"awT\",@nobits",
    ".balign 64",
    ".globl ramscope_local",
    ".hidden ramscope_local",
    ".type ramscope_local,@object",
    ".size ramscope_local,64",
    "ramscope_local:",
    ".zero 64",
    ".popsection",
);

/// The calling thread's words.
#[inline(always)]
pub(crate) fn local() -> &'static Local {
    let at: *const Local;
    // SAFETY: reads the thread pointer and adds the offset that the loader has put into the table.
    unsafe {
        asm!(
            "mov {at}, qword ptr fs:[0]",
            "add {at}, qword ptr [rip + ramscope_local@GOTTPOFF]",
            at = out(reg) at,
            options(pure, nomem, nostack),
        );
    }
    // SAFETY: 64 zeroed, aligned bytes for each thread, there as long as it runs; only it uses them,
    // and nothing keeps the reference beyond a hook.
    unsafe { &*at }
}
