//! The preload library: a guest in other people's programs that writes down what they allocate.
//!
//! ```text
//!  program ──▶ hooks ──▶ guard ──▶ the real function ──▶ recorder ──▶ a ring of `events` in shared memory
//!                         │                                │
//!             local, phase, sandbox                  stack: rules, walk, shadow; sample
//! ```
//!
//! What is absent here: allocation through what is hooked, a lock across a hook, output, a panic that
//! unwinds, a library of its own that must be loaded (no DT_NEEDED), a change of what the program
//! gets back. C++ `new` and `delete`, in all their forms, reach us through the `malloc`, `aligned_alloc`
//! and `free` that the C++ libraries call beneath them: so each is one event, its stack tells that it
//! was `new`, and no exception ever passes through a hook.
//!
//! Built for preloading with the feature `preload` as a cdylib; without it this is an ordinary library without
//! exports, so that tests can link it.

#![cfg_attr(not(test), no_std)]
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]
// Pointers, addresses and words are of one size on the one architecture this is for.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "addresses, sizes and the kernel's signed results are all 64 bits here"
)]
#![cfg_attr(
    not(feature = "preload"),
    expect(dead_code, reason = "nothing but tests calls what is not exported")
)]

#[cfg(feature = "check")]
mod check;
mod filter;
mod hooks;
mod local;
mod modules;
mod phase;
mod real;
mod recorder;
mod sample;
mod sandbox;
pub mod stack;
mod sys;
mod thread;

/// Nothing here panics by intent. Where it happens all the same, the program ends at once: to go on
/// would mean to go on wrongly, and there is nobody to tell.
#[cfg(all(feature = "preload", not(test)))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    sys::abort()
}
