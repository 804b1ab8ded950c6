//! One step of a walk: from a frame to its caller's.

use super::bounds::Bounds;
use super::rules::{Kind, Rule, rule};

/// A place in a walk: a frame as its callee left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The address that is returned to; of a frame that a signal interrupted, one more than its instruction's.
    pub(crate) address: usize,
    /// The stack pointer after that return.
    pub(crate) stack: usize,
    /// The frame pointer after that return.
    pub(crate) frame: usize,
    /// Where that frame pointer was read from; 0 where it is still in its register.
    pub(crate) slot: usize,
}

/// What a step did, for the frame that it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// The caller's frame.
    pub(crate) to: Cursor,
    /// Whether the frame pointer's value decided where it is.
    pub(crate) uses_frame: bool,
    /// Whether it crossed a signal handler's frame, whose return address is in no stack slot.
    pub(crate) is_signal: bool,
}

/// Where the kernel puts the interrupted registers, from the stack pointer at the handler's return
/// (`ucontext_t`: 40 bytes before the registers; arch/x86/include/uapi/asm/sigcontext.h).
const SIGNAL_RBP: usize = 120;
const SIGNAL_RSP: usize = 160;
const SIGNAL_RIP: usize = 168;

/// Steps to the caller's frame; `None` at the outermost frame, and where the stack is not what its tables say.
#[inline(always)]
pub(crate) fn step(from: &Cursor, bounds: &Bounds<'_>) -> Option<Step> {
    let rule = rule(from.address);
    match rule.kind {
        Kind::Stack => plain(from, rule, from.stack, bounds),
        Kind::Frame => plain(from, rule, from.frame, bounds),
        _ => rare(from, rule, bounds),
    }
}

#[inline(always)]
fn plain(from: &Cursor, rule: Rule, base: usize, bounds: &Bounds<'_>) -> Option<Step> {
    let caller = base.wrapping_add_signed(rule.offset as isize);
    arrive(from, rule, caller, caller.wrapping_sub(rule.saved as usize), bounds)
}

/// The frame at `caller`, the CFA, whose frame pointer was saved at `slot` if at all.
#[inline(always)]
fn arrive(
    from: &Cursor,
    rule: Rule,
    caller: usize,
    slot: usize,
    bounds: &Bounds<'_>,
) -> Option<Step> {
    if caller <= from.stack {
        return None;
    }
    let address = bounds.read(caller.wrapping_sub(8))?;
    if address == 0 {
        return None;
    }
    let (frame, slot) = match rule.saved {
        0 => (from.frame, 0),
        _ if slot < from.stack => return None,
        _ => (bounds.read(slot)?, slot),
    };
    let uses_frame = rule.kind != Kind::Stack;
    let to = Cursor { address, stack: caller, frame, slot };
    Some(Step { to, uses_frame, is_signal: false })
}

#[cold]
#[inline(never)]
fn rare(from: &Cursor, rule: Rule, bounds: &Bounds<'_>) -> Option<Step> {
    match rule.kind {
        Kind::Realigned => {
            let caller = bounds.read(from.frame.wrapping_add_signed(rule.offset as isize))?;
            arrive(from, rule, caller, from.frame, bounds)
        }
        Kind::Signal => {
            let word = |offset: usize| bounds.read(from.stack.wrapping_add(offset));
            let (address, stack) = (word(SIGNAL_RIP)?.wrapping_add(1), word(SIGNAL_RSP)?);
            let to = Cursor { address, stack, frame: word(SIGNAL_RBP)?, slot: 0 };
            Some(Step { to, uses_frame: false, is_signal: true })
        }
        Kind::Pointer if from.frame >= from.stack => plain(from, rule, from.frame, bounds),
        _ => None,
    }
}
