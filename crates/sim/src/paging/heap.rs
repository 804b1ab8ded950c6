//! A heap of frames whose ranks change: the frame of the highest rank stands on top.
//!
//! ```text
//!   places:  0 │ 1 2 3 4 │ 5 … 8 │ 9 … 12 │ …          the children of place p: 4p + 1 … 4p + 4
//! ```
//!
//! Four children a place and the ranks beside the frames: half the levels of a binary heap, and the children that
//! are compared stand side by side. A victim is not taken out: it is replaced in its frame, so that frame's rank changes
//! once, where taking the top out and putting a frame in would go through all levels.

use super::index::{Frame, Table};

/// The greatest value of half a rank.
pub(crate) const HALF: u64 = u32::MAX as u64;

/// Children of a place.
const WIDTH: usize = 4;

/// The place of a frame that is not there.
const NOWHERE: u32 = u32::MAX;

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

#[derive(Debug, Clone, Copy)]
struct Item {
    rank: u64,
    frame: Frame,
}

/// The heap. Every operation is `O(log frames)`; nothing is allocated after [`Heap::new`].
#[derive(Debug, Clone)]
pub(crate) struct Heap {
    items: Vec<Item>,
    place_of: Table<Frame, u32>,
}

impl Heap {
    /// An empty heap for frames below `frames`.
    pub(crate) fn new(frames: usize) -> Heap {
        Heap { items: Vec::with_capacity(frames), place_of: Table::new(frames, NOWHERE) }
    }

    /// The frame of the highest rank.
    #[inline]
    pub(crate) fn top(&self) -> Option<Frame> {
        self.items.first().map(|item| item.frame)
    }

    /// The rank of a frame that is there.
    #[inline]
    pub(crate) fn rank(&self, frame: Frame) -> u64 {
        self.items[self.place_of[frame] as usize].rank
    }

    /// Gives a frame a rank, which puts it in where it was not there.
    #[inline]
    pub(crate) fn put(&mut self, frame: Frame, rank: u64) {
        let item = Item { rank, frame };
        let mut place = self.place_of[frame] as usize;
        if place == NOWHERE as usize {
            place = self.items.len();
            self.items.push(item);
        }
        if rank > self.items[place].rank || place + 1 == self.items.len() {
            self.rise(place, item);
        } else {
            self.sink(place, item);
        }
    }

    /// Takes a frame out, where it is there.
    pub(crate) fn remove(&mut self, frame: Frame) {
        let place = self.place_of[frame] as usize;
        if place == NOWHERE as usize {
            return;
        }
        self.items.swap_remove(place);
        self.place_of[frame] = NOWHERE;
        if let Some(&moved) = self.items.get(place) {
            self.rise(place, moved);
            let place = self.place_of[moved.frame] as usize;
            self.sink(place, moved);
        }
    }

    /// Puts an item in from `place` upwards.
    fn rise(&mut self, mut place: usize, item: Item) {
        while place > 0 {
            let parent = (place - 1) / WIDTH;
            let above = self.items[parent];
            if above.rank >= item.rank {
                break;
            }
            self.set(place, above);
            place = parent;
        }
        self.set(place, item);
    }

    /// Puts an item in from `place` downwards.
    fn sink(&mut self, mut place: usize, item: Item) {
        while let Some((child, below)) = self.highest_child(place) {
            if below.rank <= item.rank {
                break;
            }
            self.set(place, below);
            place = child;
        }
        self.set(place, item);
    }

    #[inline(always)]
    fn highest_child(&self, place: usize) -> Option<(usize, Item)> {
        let first = WIDTH * place + 1;
        if let Some(&[a, b, c, d]) = self.items.get(first..first + WIDTH) {
            let left = if b.rank > a.rank { (first + 1, b) } else { (first, a) };
            let right = if d.rank > c.rank { (first + 3, d) } else { (first + 2, c) };
            return Some(if right.1.rank > left.1.rank { right } else { left });
        }
        let children = self.items.get(first..)?.iter().copied();
        (first..).zip(children).max_by_key(|(_, item)| item.rank)
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "a place is below the number of frames")]
    fn set(&mut self, place: usize, item: Item) {
        self.items[place] = item;
        self.place_of[item.frame] = place as u32;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_frame_of_the_highest_rank_stands_on_top(
            steps in prop::collection::vec((0u32..300, any::<u32>(), 0u8..4), 1..600),
        ) {
            let (mut heap, mut ranks) = (Heap::new(300), HashMap::new());
            for (number, half, kind) in steps {
                // Ranks are distinct, as those of policies are: a tie is broken within them.
                let rank = u64::from(half) << 32 | u64::from(number);
                if kind == 0 {
                    heap.remove(Frame::new(number));
                    ranks.remove(&number);
                } else {
                    heap.put(Frame::new(number), rank);
                    ranks.insert(number, rank);
                    prop_assert_eq!(heap.rank(Frame::new(number)), rank);
                }
                let highest = ranks.iter().max_by_key(|&(_, rank)| rank);
                prop_assert_eq!(heap.top().map(Frame::number), highest.map(|(&number, _)| number));
            }
        }
    }
}
