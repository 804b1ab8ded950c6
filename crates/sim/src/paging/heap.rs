//! A binary heap of frames whose ranks change: the frame of the highest rank stands on top.

use super::index::{Frame, Key, Table};

/// The greatest value of half a rank.
pub(crate) const HALF: u64 = u32::MAX as u64;

/// Which of the values that ranks hold in their high halves stands on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Top {
    /// The least.
    Least,
    /// The most.
    Most,
}

impl Top {
    /// A value of at most [`HALF`] as the high half of a rank, and the high half as the value: its own inverse.
    #[inline(always)]
    pub(crate) const fn half(self, value: u64) -> u64 {
        match self {
            Top::Least => HALF - value,
            Top::Most => value,
        }
    }
}

/// The heap. Every operation is `O(log frames)`; nothing is allocated after [`Heap::new`].
#[derive(Debug, Clone)]
pub(crate) struct Heap {
    rank_of: Table<Frame, u64>,
    place_of: Table<Frame, u32>,
    heap: Vec<Frame>,
}

impl Heap {
    /// An empty heap for frames below `frames`.
    pub(crate) fn new(frames: usize) -> Heap {
        Heap {
            rank_of: Table::new(frames, 0),
            place_of: Table::new(frames, 0),
            heap: Vec::with_capacity(frames),
        }
    }

    /// The frame of the highest rank.
    pub(crate) fn top(&self) -> Option<Frame> {
        self.heap.first().copied()
    }

    /// The rank that a frame was given last.
    pub(crate) fn rank(&self, frame: Frame) -> u64 {
        self.rank_of[frame]
    }

    /// Puts a frame in that is not there.
    pub(crate) fn push(&mut self, frame: Frame, rank: u64) {
        self.heap.push(frame);
        self.rank_of[frame] = rank;
        self.rise(self.heap.len() - 1);
    }

    /// Gives a frame that is there another rank.
    pub(crate) fn change(&mut self, frame: Frame, rank: u64) {
        let raised = rank > self.rank_of[frame];
        self.rank_of[frame] = rank;
        let place = self.place_of[frame] as usize;
        if raised {
            self.rise(place);
        } else {
            self.sink(place);
        }
    }

    /// Takes the top out.
    pub(crate) fn pop(&mut self) -> Option<Frame> {
        let top = self.top()?;
        let last = self.heap.pop()?;
        if last != top {
            self.put(0, last);
            self.sink(0);
        }
        Some(top)
    }

    fn rise(&mut self, mut place: usize) {
        let frame = self.heap[place];
        let rank = self.rank_of[frame];
        while place > 0 {
            let parent = (place - 1) / 2;
            let above = self.heap[parent];
            if self.rank_of[above] >= rank {
                break;
            }
            self.put(place, above);
            place = parent;
        }
        self.put(place, frame);
    }

    fn sink(&mut self, mut place: usize) {
        let frame = self.heap[place];
        let rank = self.rank_of[frame];
        while let Some(child) = self.higher_child(place) {
            let below = self.heap[child];
            if self.rank_of[below] <= rank {
                break;
            }
            self.put(place, below);
            place = child;
        }
        self.put(place, frame);
    }

    fn higher_child(&self, place: usize) -> Option<usize> {
        let (left, right) = (2 * place + 1, 2 * place + 2);
        let first = *self.heap.get(left)?;
        match self.heap.get(right) {
            Some(&second) if self.rank_of[second] > self.rank_of[first] => Some(right),
            _ => Some(left),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "a place is below the number of frames")]
    fn put(&mut self, place: usize, frame: Frame) {
        self.heap[place] = frame;
        self.place_of[frame] = place as u32;
    }
}

/// A frame's number as the low half of a rank.
pub(crate) fn low(frame: Frame) -> u64 {
    u64::from(Key::rank(frame))
}
