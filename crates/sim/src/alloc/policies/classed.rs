//! Free blocks in lists by size class, over blocks that know their neighbours: what TLSF and segregated fits share.
//!
//! ```text
//!   size:   0 … 0 1 s s s x x x x x      with 8 classes a doubling (3 bits):
//!                 │ └─┬─┘                first level: where the 1 stands, second level: sss
//!                 └── first level
//!   first-level bitmap   [ 1 0 1 … ]     a bit a doubling: does any of its lists have a block?
//!   second-level bitmaps [ 01001000 ]    a bit a class: does its list have one?
//! ```
//!
//! Source: Masmano, Ripoll, Crespo, Real, "TLSF: a New Dynamic Memory Allocator for Real-Time Systems", ECRTS 2004,
//! section 4.2. Sizes below the number of classes a doubling have a class each, in the first-level list 0.

use super::blocks::{Blocks, Number};
use super::list::Sized;
use super::lists::Lists;
use crate::alloc::policy::{Setup, Witness};
use crate::alloc::span::{Block, Span};
use crate::alloc::view::{Bitmap, ClassBit, FreeList, View};
use crate::prose::many;

/// Doublings that a size below [`MAX_ADDRESS`](crate::alloc::MAX_ADDRESS) can have, and one for the smallest sizes.
const DOUBLINGS: u32 = 54;

/// The number of a size class: the first level, then [`Classes::bits`] bits of the second.
pub(crate) type Class = usize;

/// Which sizes are of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Classes {
    /// The second level's bits: `2^bits` classes a doubling, at most 32.
    pub(crate) bits: u32,
}

impl Classes {
    /// The class of a size.
    #[inline(always)]
    pub(crate) fn of(self, size: u64) -> Class {
        let Classes { bits } = self;
        let index = match size.checked_ilog2() {
            Some(high) if high >= bits => {
                let first = u64::from(high - bits + 1);
                (first << bits) + ((size >> (high - bits)) & ((1 << bits) - 1))
            }
            _ => size,
        };
        usize::try_from(index).unwrap_or(usize::MAX)
    }

    /// The smallest size of a class.
    pub(crate) fn least(self, class: Class) -> u64 {
        let (first, second) = (class >> self.bits, (class & ((1 << self.bits) - 1)) as u64);
        match first {
            0 => second,
            first => ((1 << self.bits) + second) << (first - 1),
        }
    }

    /// A size that is large enough for every block of its class to hold `size`.
    #[inline(always)]
    pub(crate) fn rounded(self, size: u64) -> u64 {
        match size.checked_ilog2() {
            Some(high) if high > self.bits => size + ((1 << (high - self.bits)) - 1),
            _ => size,
        }
    }

    /// "16 to 31 bytes": the sizes of a class.
    pub(crate) fn told(self, class: Class) -> String {
        let (least, most) = (self.least(class), self.least(class + 1) - 1);
        if least == most { many(least, "byte") } else { format!("{least} to {most} bytes") }
    }
}

/// The free blocks of a memory by class, the blocks that are held between them, and the bitmaps that find a list.
#[derive(Debug, Clone)]
pub(crate) struct Classed {
    pub(crate) classes: Classes,
    pub(crate) blocks: Blocks,
    pub(crate) lists: Lists,
    /// Which first levels have a block.
    first: u64,
    /// For each first level, which of its classes have a block.
    second: Vec<u32>,
    free_bytes: u64,
    minimum: u64,
}

impl Classed {
    /// All memory free, in one block.
    pub(crate) fn new(setup: &Setup<'_>, classes: Classes) -> Classed {
        let levels = DOUBLINGS as usize + 1;
        let mut free = Classed {
            classes,
            blocks: Blocks::new(setup.memory),
            lists: Lists::new(levels << classes.bits),
            first: 0,
            second: vec![0; levels],
            free_bytes: setup.memory.size,
            minimum: setup.rules.minimum,
        };
        free.link(0);
        free
    }

    /// The lowest class from `class` on that has a block, and how many words of the bitmaps were looked at.
    #[inline(always)]
    pub(crate) fn find(&self, class: Class) -> (Option<Class>, u32) {
        let bits = self.classes.bits;
        let (first, second) = (class >> bits, class & ((1 << bits) - 1));
        let word = self.second[first] & (u32::MAX << second);
        if word != 0 {
            return (Some((first << bits) + word.trailing_zeros() as usize), 1);
        }
        let levels = self.first & (u64::MAX << first << 1);
        if levels == 0 {
            return (None, 2);
        }
        let first = levels.trailing_zeros() as usize;
        (Some((first << bits) + self.second[first].trailing_zeros() as usize), 3)
    }

    /// The largest class that has a block.
    fn top(&self) -> Option<Class> {
        let first = self.first.checked_ilog2()?;
        let second = self.second[first as usize].checked_ilog2()?;
        Some(((first as usize) << self.classes.bits) + second as usize)
    }

    /// Takes a block of at least `bytes` from the beginning of a free one that holds them.
    #[inline(always)]
    pub(crate) fn take(&mut self, number: Number, bytes: u64) -> Block {
        self.unlink(number);
        if self.blocks.span(number).size - bytes >= self.minimum.max(1) {
            let rest = self.blocks.split(number, bytes);
            self.link(rest);
        }
        self.blocks.set_free(number, false);
        let Span { address, size } = self.blocks.span(number);
        self.free_bytes -= size;
        Block { address, size, tag: number }
    }

    /// What becomes of the rest of a free block, in words.
    pub(crate) fn rest(&self, hole: Span, bytes: u64) -> String {
        let (rest, at) = (hole.size - bytes, hole.address + bytes);
        match rest {
            0 => "nothing is left of it".to_owned(),
            _ if rest < self.minimum => format!(
                "{} more stay with the block, as a hole has at least {}",
                many(rest, "byte"),
                self.minimum
            ),
            _ => format!(
                "{} from {at} on go to the list of {}",
                many(rest, "byte"),
                self.classes.told(self.classes.of(rest))
            ),
        }
    }

    /// Takes a held block back and joins it with its free neighbours at once.
    #[inline(always)]
    pub(crate) fn give<W: Witness>(&mut self, block: Block, tell: &mut W) {
        let mut number = block.tag;
        self.free_bytes += block.size;
        if let Some(after) = self.blocks.free_after(number) {
            self.unlink(after);
            self.blocks.absorb_after(number);
        }
        if let Some(before) = self.blocks.free_before(number) {
            self.unlink(before);
            self.blocks.absorb_after(before);
            number = before;
        }
        self.blocks.set_free(number, true);
        self.link(number);
        let free = self.blocks.span(number);
        if free != block.span() {
            tell.merged(free);
            tell.say(|| format!("With its free neighbours it becomes {}", Sized(free)));
        }
        tell.say(|| {
            let class = self.classes.told(self.classes.of(free.size));
            format!("It goes to the front of the list of {class}")
        });
    }

    #[inline(always)]
    fn link(&mut self, number: Number) {
        let class = self.classes.of(self.blocks.span(number).size);
        self.lists.push_front(class, number);
        self.second[class >> self.classes.bits] |= 1 << (class & ((1 << self.classes.bits) - 1));
        self.first |= 1 << (class >> self.classes.bits);
    }

    #[inline(always)]
    fn unlink(&mut self, number: Number) {
        let class = self.classes.of(self.blocks.span(number).size);
        self.lists.remove(class, number);
        if self.lists.is_empty(class) {
            let first = class >> self.classes.bits;
            self.second[first] &= !(1 << (class & ((1 << self.classes.bits) - 1)));
            if self.second[first] == 0 {
                self.first &= !(1 << first);
            }
        }
    }

    /// Bytes in all free blocks.
    pub(crate) fn free_bytes(&self) -> u64 {
        self.free_bytes
    }

    /// The largest free block: it is in the largest class that has one.
    pub(crate) fn largest(&self) -> u64 {
        let sizes = |class| self.lists.iter(class).map(|number| self.blocks.span(number).size);
        self.top().and_then(|class| sizes(class).max()).unwrap_or(0)
    }

    /// The free blocks of a class, from the front of its list.
    pub(crate) fn of_class(&self, class: Class) -> impl Iterator<Item = Span> {
        self.lists.iter(class).map(|number| self.blocks.span(number))
    }

    /// The classes that have a free block, the smallest first.
    pub(crate) fn occupied(&self) -> impl Iterator<Item = Class> {
        std::iter::successors(self.find(0).0, |&class| self.find(class + 1).0)
    }

    /// The lists that have a block, and the bitmaps: the first level, then the second levels that have a bit set.
    pub(crate) fn view(&self) -> View {
        let lists = self.occupied().map(|class| {
            FreeList::new(self.classes.told(class), self.lists.len(class), self.of_class(class))
        });
        View { lists: lists.collect(), bitmaps: self.bitmaps(), ..View::default() }
    }

    fn bitmaps(&self) -> Vec<Bitmap> {
        let (classes, a_doubling) = (self.classes, 1usize << self.classes.bits);
        let levels = self.first.checked_ilog2().map_or(1, |top| top as usize + 1);
        let first = (0..levels).map(|level| ClassBit {
            from: classes.least(level << classes.bits),
            set: self.first >> level & 1 == 1,
        });
        let mut bitmaps = vec![Bitmap { name: "first level".to_owned(), bits: first.collect() }];
        if a_doubling == 1 {
            return bitmaps;
        }
        for level in (0..levels).filter(|&level| self.second[level] != 0) {
            let second = (0..a_doubling).map(|second| ClassBit {
                from: classes.least((level << classes.bits) + second),
                set: self.second[level] >> second & 1 == 1,
            });
            let (from, to) =
                (classes.least(level << classes.bits), classes.least((level + 1) << classes.bits));
            let name = format!("second level, {from} to {} bytes", to - 1);
            bitmaps.push(Bitmap { name, bits: second.collect() });
        }
        bitmaps
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::alloc::MAX_ADDRESS;

    fn sizes() -> impl Strategy<Value = u64> {
        prop_oneof![1..2000u64, 1..=MAX_ADDRESS / 2]
    }

    proptest! {
        #[test]
        fn a_size_lies_in_its_class_and_in_no_other(size in sizes(), bits in 0..=5u32) {
            let classes = Classes { bits };
            let class = classes.of(size);
            prop_assert!(classes.least(class) <= size && size < classes.least(class + 1));
        }

        #[test]
        fn every_block_of_a_rounded_sizes_class_holds_the_size(size in sizes(), bits in 0..=5u32) {
            let classes = Classes { bits };
            let rounded = classes.of(classes.rounded(size));
            prop_assert!(classes.least(rounded) >= size);
            prop_assert!(rounded <= classes.of(size) + 1, "the next class at most");
        }
    }

    #[test]
    fn the_papers_example_is_found_where_the_paper_says() {
        // Masmano et al. 2004, section 4.3.3: a size of 460 with 16 classes a doubling is of first level 8, second 12.
        let classes = Classes { bits: 4 };
        let class = classes.of(460);
        assert_eq!((class >> 4) + 3, 8, "the levels below 2^4 are one level here");
        assert_eq!(class & 15, 12);
    }
}
