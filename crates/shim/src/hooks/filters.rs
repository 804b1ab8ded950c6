//! The two functions by which a program sets a filter of its system calls; all else they do is none of our business.

use crate::real::{real, system_call};
use crate::sandbox::{self, Request};

/// Number of prctl(2).
pub(super) const PRCTL: usize = 157;
/// Number of seccomp(2).
pub(super) const SECCOMP: usize = 317;

pub(super) extern "C" fn on_prctl(option: i32, a: usize, b: usize, c: usize, d: usize) -> i32 {
    let all = [option as usize, a, b, c, d, 0];
    let call = || real!(PRCTL as Prctl(option, a, b, c, d) else system_call(PRCTL, all) as i32);
    match Request::of_prctl(all[0], a, b) {
        Some(request) => sandbox::follow(request, call, |&result| result == 0),
        None => call(),
    }
}

pub(super) extern "C" fn on_syscall(
    number: usize,
    a: usize,
    b: usize,
    c: usize,
    d: usize,
    e: usize,
    f: usize,
) -> isize {
    let request = match number {
        PRCTL => Request::of_prctl(a, b, c),
        SECCOMP => Request::of_seccomp(a, c),
        _ => None,
    };
    let all = [a, b, c, d, e, f];
    let call = || real!(SYSCALL as Syscall(number, a, b, c, d, e, f) else system_call(number, all));
    match request {
        // With SECCOMP_FILTER_FLAG_NEW_LISTENER it gives a descriptor.
        Some(request) => sandbox::follow(request, call, |&result| result >= 0),
        None => call(),
    }
}
