//! What is left to us when the program has the kernel filter its system calls (seccomp(2)): most such filters know nothing of
//! the calls that are made here, and many end the program for them.
//!
//! ```text
//!  prctl, syscall ──▶ the program's filter ──▶ filter::allows, for each call of `sys` ──▶ sys::forbid
//! ```
//!
//! What is not allowed is not done: full rings are waited for awake, nobody is woken (the watcher looks more often instead),
//! threads stay without names. A thread that may not read the time-stamp counter any more, as in strict mode, writes nothing,
//! and what it does is a counted loss. Only what the program's own code asks the kernel for without the C library goes unseen.

use core::sync::atomic::Ordering;

use crate::filter::{self, Instruction, Seen};
use crate::local::local;
use crate::sys::{CALLS, Call};
use crate::{phase, sys, thread};

const SET_STRICT: usize = 0;
const SET_FILTER: usize = 1;

/// What takes something from us: `SECCOMP_MODE_*` of prctl(2) are one more than `SECCOMP_SET_MODE_*` of seccomp(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// Nothing but `read`, `write`, `_exit` and `sigreturn`, and no time-stamp counter.
    Strict,
    /// No time-stamp counter for this thread and those that it makes.
    NoClock,
    /// A filter, as the `struct sock_fprog` at this address gives it.
    Filter(usize),
}

impl Request {
    /// What prctl(2) is asked for.
    pub(crate) fn of_prctl(option: usize, a: usize, b: usize) -> Option<Self> {
        const PR_SET_SECCOMP: usize = 22;
        const PR_SET_TSC: usize = 26;
        const PR_TSC_SIGSEGV: usize = 2;
        match (option, a) {
            (PR_SET_SECCOMP, mode) => Self::new(mode.wrapping_sub(1), b),
            (PR_SET_TSC, PR_TSC_SIGSEGV) => Some(Self::NoClock),
            _ => None,
        }
    }

    /// What seccomp(2) is asked for.
    pub(crate) fn of_seccomp(operation: usize, filter: usize) -> Option<Self> {
        Self::new(operation, filter)
    }

    fn new(operation: usize, filter: usize) -> Option<Self> {
        match operation {
            SET_STRICT => Some(Self::Strict),
            SET_FILTER => Some(Self::Filter(filter)),
            _ => None,
        }
    }
}

/// Has a request `made`, which is granted where `is_granted` says so, and does without what it takes from then on.
pub(crate) fn follow<T>(
    request: Request,
    made: impl FnOnce() -> T,
    is_granted: impl FnOnce(&T) -> bool,
) -> T {
    // Between vfork and exec the memory is still the parent's, which no filter of the child is for.
    if !phase::is_active() || sys::process_id() != phase::process() {
        return made();
    }
    let taken = match request {
        Request::Strict => all_but(|call| call == Call::Read) | sys::CLOCK,
        Request::NoClock => sys::CLOCK,
        Request::Filter(at) => read_filter(at),
    };
    tell(taken | sys::forbidden());
    let new = sys::forbid(taken);
    let result = made();
    if !is_granted(&result) {
        sys::allow_again(new);
        tell(sys::forbidden());
    } else if taken & sys::CLOCK != 0 {
        thread::leave(local());
    }
    result
}

/// Tells the program after an exec, and the watcher, which is woken as long as that is allowed.
fn tell(forbidden: u32) {
    let Some(wire) = phase::wire() else { return };
    let header = wire.header();
    header.forbidden.store(forbidden, Ordering::Relaxed);
    header.is_mute.store(u32::from(forbidden & Call::Wake.bit() != 0), Ordering::SeqCst);
    if let Some(bell) = phase::bell() {
        phase::rouse(bell);
    }
}

/// The calls that the filter at an address does not allow; all where it cannot be read.
fn read_filter(at: usize) -> u32 {
    const BYTES: usize = filter::MOST * size_of::<Instruction>();
    /// `struct sock_fprog`: how many instructions, and where they are.
    #[repr(C)]
    struct Program {
        count: u16,
        start: usize,
    }
    let everything = all_but(|_| false);
    let mut head = [0; size_of::<Program>()];
    let process = phase::process();
    if sys::copy_what_is_there(at, &mut head, process) != head.len() {
        return everything;
    }
    let count = usize::from(u16::from_ne_bytes([head[0], head[1]])).min(filter::MOST);
    let start = u64::from_ne_bytes([
        head[8], head[9], head[10], head[11], head[12], head[13], head[14], head[15],
    ]) as usize;
    // Too much for a thread's stack.
    let Some(memory) = sys::map_private(BYTES) else { return everything };
    // SAFETY: mapped just now, zeroed, and nobody else's.
    let bytes =
        unsafe { core::slice::from_raw_parts_mut(memory, count * size_of::<Instruction>()) };
    let is_whole = sys::copy_what_is_there(start, bytes, process) == bytes.len();
    // SAFETY: on a page boundary, and every pattern of bits is an instruction.
    let filter = unsafe { core::slice::from_raw_parts(memory.cast::<Instruction>(), count) };
    let forbidden = if is_whole { forbidden_by(filter) } else { everything };
    // SAFETY: both slices end here.
    unsafe { sys::unmap(memory, BYTES) };
    forbidden
}

fn forbidden_by(filter: &[Instruction]) -> u32 {
    all_but(|call| {
        let (_, number, first) = CALLS[call as usize];
        let mut arguments = [0; 6];
        for (to, argument) in arguments.iter_mut().zip(first) {
            *to = argument as u64;
        }
        // Some filters ask which library a call comes from.
        let address = forbidden_by as *const () as u64;
        filter::allows(filter, &Seen { number: number as u32, address, arguments })
    })
}

/// A bit for each call but those.
fn all_but(is_allowed: impl Fn(Call) -> bool) -> u32 {
    let calls = CALLS.iter().filter(|(call, ..)| !is_allowed(*call));
    calls.fold(0, |bits, (call, ..)| bits | call.bit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_requests_for_filters_are_seen() {
        assert_eq!(Request::of_prctl(22, 2, 64), Some(Request::Filter(64)));
        assert_eq!(Request::of_prctl(22, 1, 0), Some(Request::Strict));
        assert_eq!(Request::of_prctl(22, 0, 0), None);
        assert_eq!(Request::of_prctl(15, 2, 64), None);
        assert_eq!(Request::of_prctl(26, 2, 0), Some(Request::NoClock));
        assert_eq!(Request::of_prctl(26, 1, 0), None);
        assert_eq!(Request::of_seccomp(1, 64), Some(Request::Filter(64)));
        assert_eq!(Request::of_seccomp(2, 64), None);
    }

    #[test]
    fn a_filter_forbids_what_is_not_on_its_list() {
        let say = |code, k| Instruction { code, if_true: 0, if_false: 0, k };
        let is = |k, if_true| Instruction { code: 0x15, if_true, if_false: 0, k };
        let (allow, kill) = (say(0x06, 0x7fff_0000), say(0x06, 0x8000_0000));
        assert_eq!(forbidden_by(&[allow]), 0);
        assert_eq!(forbidden_by(&[kill]).count_ones() as usize, CALLS.len());
        // futex for waking alone: its second argument decides.
        let wakes = [say(0x20, 0), is(202, 1), allow, say(0x20, 24), is(1, 1), kill, allow];
        assert_eq!(forbidden_by(&wakes), Call::Wait.bit());
    }
}
