//! The blocks that live: where each is, how large, who asked for it and when.
//!
//! Open addressing with linear probing; what is taken out is closed up by shifting back what follows (Knuth, The Art of
//! Computer Programming, vol. 3, 6.4, algorithm R), so there are no tombstones and the table never needs cleaning.

use crate::table::mixed;

/// Slots of a table that was never used.
const FIRST_SLOTS: usize = 1024;

/// Bits of a time in microseconds that are kept: almost nine years.
const TIME_BITS: u32 = 48;

/// A block that lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Where it is; 0 marks a slot that holds none, and no allocator gives 0 out.
    pub(crate) address: u64,
    /// Bytes asked for.
    pub(crate) size: u64,
    /// When it was asked for in microseconds, below the thread's row in the upper bits.
    stamp: u64,
    /// The tally of the stack that asked.
    pub(crate) tally: u32,
    /// The number of the allocation, counted from the session's beginning and wrapping.
    pub(crate) sequence: u32,
}

impl Block {
    /// A block asked for at `time_us` by the thread of `row`.
    #[inline]
    pub(crate) fn new(
        address: u64,
        size: u64,
        time_us: u64,
        row: u16,
        tally: u32,
        sequence: u32,
    ) -> Block {
        let time_us = time_us & ((1 << TIME_BITS) - 1);
        Block { address, size, stamp: u64::from(row) << TIME_BITS | time_us, tally, sequence }
    }

    /// Where it is.
    pub(crate) fn address(&self) -> u64 {
        self.address
    }

    /// When it was asked for, in microseconds.
    #[inline]
    pub(crate) fn born_us(&self) -> u64 {
        self.stamp & ((1 << TIME_BITS) - 1)
    }

    /// The row of the thread that asked.
    #[inline]
    pub(crate) fn row(&self) -> usize {
        usize::from((self.stamp >> TIME_BITS) as u16)
    }
}

const NONE: Block = Block { address: 0, size: 0, stamp: 0, tally: 0, sequence: 0 };

/// All blocks that live.
#[derive(Clone, Debug)]
pub(crate) struct Blocks {
    slots: Vec<Block>,
    held: usize,
}

impl Blocks {
    /// No blocks.
    pub(crate) fn new() -> Blocks {
        Blocks { slots: vec![NONE; FIRST_SLOTS], held: 0 }
    }

    /// How many there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.held
    }

    /// Every block, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Block> {
        self.slots.iter().filter(|block| block.address != 0)
    }

    /// Puts a block in; the one that was at its address comes out.
    #[inline]
    pub(crate) fn insert(&mut self, block: Block) -> Option<Block> {
        // Three quarters full at most, so that a search stays within a cache line or two.
        if (self.held + 1) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        let at = self.find(block.address);
        let old = std::mem::replace(&mut self.slots[at], block);
        if old.address == 0 {
            self.held += 1;
            return None;
        }
        Some(old)
    }

    /// Takes the block at `address` out.
    #[inline]
    pub(crate) fn remove(&mut self, address: u64) -> Option<Block> {
        let mut hole = self.find(address);
        let found = self.slots[hole];
        if found.address == 0 || address == 0 {
            return None;
        }
        self.held -= 1;
        let mask = self.slots.len() - 1;
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let block = self.slots[at];
            if block.address == 0 {
                break;
            }
            // It may fill the hole unless its home lies behind the hole.
            let home = self.home(block.address);
            if (at.wrapping_sub(home) & mask) >= (at.wrapping_sub(hole) & mask) {
                self.slots[hole] = block;
                hole = at;
            }
        }
        self.slots[hole] = NONE;
        Some(found)
    }

    /// Asks memory for the place of a block that will soon be put in or taken out, and does not wait for it: of a table that
    /// is larger than the caches most places would have to be waited for, one after the other. What it gives means nothing.
    #[inline]
    pub(crate) fn touch(&self, address: u64) -> u64 {
        self.slots[self.home(address)].address
    }

    #[inline]
    fn find(&self, address: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = self.home(address);
        while self.slots[at].address != 0 && self.slots[at].address != address {
            at = (at + 1) & mask;
        }
        at
    }

    #[inline]
    fn home(&self, address: u64) -> usize {
        (mixed(address) >> 16) as usize & (self.slots.len() - 1)
    }

    #[cold]
    fn grow(&mut self) {
        let twice = self.slots.len() * 2;
        let old = std::mem::replace(&mut self.slots, vec![NONE; twice]);
        for block in old.into_iter().filter(|block| block.address != 0) {
            let at = self.find(block.address);
            self.slots[at] = block;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn blocks_come_out_as_they_went_in(
            steps in prop::collection::vec((any::<bool>(), 1_u64..3000, any::<u16>()), 0..4000)
        ) {
            let (mut blocks, mut twin) = (Blocks::new(), HashMap::new());
            for (put, address, row) in steps {
                let address = address * 16;
                if put {
                    let block = Block::new(address, address / 3, address * 7, row, 5, 6);
                    prop_assert_eq!((block.born_us(), block.row()), (address * 7, usize::from(row)));
                    prop_assert_eq!(blocks.insert(block), twin.insert(address, block));
                } else {
                    prop_assert_eq!(blocks.remove(address), twin.remove(&address));
                }
            }
            prop_assert_eq!(blocks.len(), twin.len());
            prop_assert!(blocks.iter().all(|block| twin.get(&block.address) == Some(block)));
        }
    }
}
