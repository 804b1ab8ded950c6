//! Compares each stack, frame by frame, with what the C library's own unwinder finds (`backtrace`, which is
//! libgcc's): a build of its own, for the bench and the tests.
//!
//! Results stand in the mapping's `compared`: stacks; stacks with a difference; stacks of which the other
//! unwinder sees less, and ends at code without tables; then the first difference: frame, ours, theirs, caller.

use core::sync::atomic::Ordering;

use crate::local::local;
use crate::real::weak;
use crate::stack::Cursor;
use crate::thread::Thread;

/// Frames that are compared, from the innermost.
const MOST: usize = 512;
/// Our own frames, and the C library's, that stand before the program's in its answer.
const OWN: usize = 32;

type Backtrace = unsafe extern "C" fn(*mut usize, i32) -> i32;

/// Compares the thread's stack, just walked from `start`.
#[inline(never)]
pub(crate) fn compare(thread: &mut Thread, start: Cursor) {
    let backtrace = weak!(backtrace);
    if backtrace == 0 {
        return;
    }
    // SAFETY: glibc's function has this signature.
    let backtrace = unsafe { core::mem::transmute::<usize, Backtrace>(backtrace) };
    let mut theirs = [0; MOST + OWN];
    let length = local().for_ourselves(|| {
        // SAFETY: the room is as large as we say.
        unsafe { backtrace(theirs.as_mut_ptr(), (MOST + OWN) as i32) }
    });
    let theirs = &theirs[..usize::try_from(length).unwrap_or(0)];
    let Some(first) = theirs.iter().position(|&address| address == start.address) else {
        note(thread, [1, 1, 0], [0, start.address, theirs.first().copied().unwrap_or(0), 0]);
        return;
    };
    let theirs = &theirs[first..];
    let depth = thread.shadow.depth();
    let frames = thread.shadow.innermost(depth);
    let ours = frames.iter().rev().map(|frame| frame.address());
    let mut caller = 0;
    for (at, (our, &their)) in ours.zip(theirs).enumerate() {
        // Of a frame that a signal interrupted it gives the instruction, we one more.
        if our != their && our != their + 1 {
            note(thread, [1, 1, 0], [at, our, their, caller]);
            return;
        }
        caller = our;
    }
    let is_cut = first + theirs.len() == MOST + OWN;
    let (less, more) = (theirs.len() < depth && !is_cut, theirs.len() > depth);
    // It ends with a null return address where there is one.
    let only_null = theirs.len() == depth + 1 && theirs[depth] == 0;
    if more && !only_null {
        note(thread, [1, 1, 0], [depth, 0, theirs[depth], caller]);
    } else {
        note(thread, [1, 0, u64::from(less)], [0; 4]);
    }
}

fn note(thread: &Thread, counts: [u64; 3], first: [usize; 4]) {
    let compared = &thread.wire.header().compared;
    for (total, count) in compared.iter().zip(counts) {
        total.fetch_add(count, Ordering::Relaxed);
    }
    if counts[1] > 0 && compared[1].load(Ordering::Relaxed) == 1 {
        for (total, value) in compared[3..7].iter().zip(first) {
            total.store(value as u64, Ordering::Relaxed);
        }
    }
}
