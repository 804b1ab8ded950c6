//! One bit a frame, in words, so that the first frame of a kind is found 64 at a time.

use std::ops::Range;

use super::index::{Frame, Key};

/// The bits.
#[derive(Debug, Clone)]
pub(crate) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// Clear bits for frames below `frames`.
    pub(crate) fn new(frames: usize) -> Bits {
        Bits { words: vec![0; frames.div_ceil(64)] }
    }

    /// Whether the bit of a frame is set.
    #[inline(always)]
    pub(crate) fn get(&self, frame: Frame) -> bool {
        self.words[word(frame)] & mask(frame) != 0
    }

    /// Sets the bit of a frame, or clears it.
    #[inline(always)]
    pub(crate) fn set(&mut self, frame: Frame, on: bool) {
        let bits = &mut self.words[word(frame)];
        *bits = if on { *bits | mask(frame) } else { *bits & !mask(frame) };
    }

    /// Clears every bit.
    pub(crate) fn clear_all(&mut self) {
        self.words.fill(0);
    }
}

/// The first of several frames of which `referenced` and `modified` have these bits.
#[inline]
pub(crate) fn first_of_class(
    (referenced, modified): (&Bits, &Bits),
    class: (bool, bool),
    frames: Range<u32>,
) -> Option<Frame> {
    let wanted = |at: usize| {
        let keep = |bits: &Bits, on: bool| if on { bits.words[at] } else { !bits.words[at] };
        keep(referenced, class.0) & keep(modified, class.1)
    };
    let (first, end) = (frames.start as usize / 64, (frames.end as usize).div_ceil(64));
    let mut ahead = !(mask(Frame::new(frames.start)) - 1);
    (first..end).find_map(|at| {
        let bits = wanted(at) & std::mem::replace(&mut ahead, u64::MAX) & within(at, frames.end);
        (bits != 0).then(|| frame_at(at, bits.trailing_zeros()))
    })
}

/// The bits of a word that belong to frames below `end`.
fn within(at: usize, end: u32) -> u64 {
    match (end as usize).saturating_sub(at * 64) {
        0 => 0,
        left @ 1..64 => (1 << left) - 1,
        _ => u64::MAX,
    }
}

fn frame_at(at: usize, bit: u32) -> Frame {
    Frame::new(u32::try_from(at * 64).unwrap_or(0) + bit)
}

#[inline(always)]
fn word(frame: Frame) -> usize {
    frame.rank() as usize / 64
}

#[inline(always)]
fn mask(frame: Frame) -> u64 {
    1 << (frame.rank() % 64)
}
