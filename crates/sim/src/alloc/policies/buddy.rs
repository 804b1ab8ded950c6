//! Binary buddies: blocks of powers of two, split in halves and joined with their other half again.
//!
//! Source: Knowlton, "A Fast Storage Allocator", Communications of the ACM 8 (10), 1965; Knuth, The Art of Computer
//! Programming, volume 1, section 2.5, algorithms R and S. Choices: of the least order that is large enough the lowest
//! block is taken, as textbooks draw it, or the one that became free last, as Knuth's lists and Linux have it; its lower
//! half is kept at each split; buddies join at once. The smallest block is `block.minimum` and at
//! least 1 byte, rounded up to a power of two. A memory that is no power of two begins as several blocks.

use super::list::Sized;
use super::pairs::{Pairs, Take, Taken};
use crate::alloc::policy::{Grant, Policy, Refusal, Request, Setup, Witness};
use crate::alloc::span::{Block, Span};
use crate::alloc::view::{FreeList, View};
use crate::convention::{Kind, Parameter, Value};
use crate::prose::{listed, many};

/// `buddy.take`: which of several free blocks of one size.
pub static TAKE: Parameter = Parameter {
    name: "buddy.take",
    about: "Which free block of a size is taken: that of the `lowest` address (textbooks), or the most `recent` one (Knuth, Linux).",
    kind: Kind::Word(&["lowest", "recent"]),
    default: Value::Word("lowest"),
};

/// Binary buddies.
#[derive(Debug, Clone)]
pub struct Buddy {
    pairs: Pairs,
    take: Take,
    /// Bytes at the end of the memory that are less than the smallest block.
    unused_bytes: u64,
}

impl Policy for Buddy {
    const NAME: &'static str = "buddy";
    const TITLE: &'static str = "Buddy";
    const PARAMETERS: &'static [&'static Parameter] = &[&TAKE];
    const ABOUT: &'static str = "Blocks of powers of two, split in halves and joined with their buddy again (Knowlton 1965; Knuth, volume 1, section 2.5).";

    fn new(setup: &Setup<'_>) -> Buddy {
        let take = match setup.convention.word(&TAKE) {
            "recent" => Take::Recent,
            _ => Take::Lowest,
        };
        let unit = setup.rules.minimum.max(1).next_power_of_two();
        let pairs = Pairs::new(setup.memory, unit, take);
        let unused_bytes = setup.memory.size - pairs.bytes();
        Buddy { pairs, take, unused_bytes }
    }

    fn allocate<W: Witness>(&mut self, request: Request, tell: &mut W) -> Result<Grant, Refusal> {
        let bytes = request.bytes;
        let Some(order) = self.pairs.order_of(bytes) else {
            tell.say(|| format!("No block can have {}", many(bytes, "byte")));
            return Err(Refusal { searched: 0 });
        };
        let size = self.pairs.size(order);
        match self.pairs.take(order) {
            Err(searched) => {
                tell.say(|| {
                    let largest = self.pairs.largest();
                    let wanted = many(size, "byte");
                    format!("A block of {wanted} is needed; the largest free one has {largest}")
                });
                Err(Refusal { searched })
            }
            Ok(taken) => {
                tell.looked(std::iter::once(taken.from));
                tell.say(|| needed(bytes, size));
                tell.say(|| split(&taken, self.take));
                let Span { address, size } = taken.block;
                let block = Block { address, size, tag: taken.node };
                Ok(Grant { block, searched: taken.looked })
            }
        }
    }

    fn free<W: Witness>(&mut self, block: Block, tell: &mut W) {
        let mut last = None;
        self.pairs.give(block.tag, |buddy, whole| {
            tell.say(|| {
                format!("Its buddy {} is free too: they join to {}", Sized(buddy), Sized(whole))
            });
            last = Some(whole);
        });
        match last {
            Some(whole) => tell.merged(whole),
            None => tell.say(|| "Its buddy is not free, so it stays as it is".to_owned()),
        }
    }

    fn free_bytes(&self) -> u64 {
        self.pairs.free_bytes()
    }

    fn overhead_bytes(&self) -> u64 {
        self.unused_bytes
    }

    fn largest_hole(&self) -> u64 {
        self.pairs.largest()
    }

    fn holes(&self) -> impl Iterator<Item = Span> {
        self.pairs.orders().flat_map(|order| self.pairs.of_order(order))
    }

    fn view(&self) -> View {
        let lists = self.pairs.orders().map(|order| {
            let blocks = self.pairs.of_order(order);
            FreeList::new(many(self.pairs.size(order), "byte"), blocks.len(), blocks.into_iter())
        });
        View { lists: lists.collect(), tree: self.pairs.tree(), ..View::default() }
    }
}

fn needed(bytes: u64, size: u64) -> String {
    match bytes == size {
        true => format!("A block of {} is needed", many(size, "byte")),
        false => format!("{} round up to a block of {size}", many(bytes, "byte")),
    }
}

/// Which free block was taken, and the upper halves that stay free.
fn split(taken: &Taken, take: Take) -> String {
    let Taken { block, from, .. } = *taken;
    let which = match take {
        Take::Lowest => "lowest",
        Take::Recent => "most recent",
    };
    let place = format!("The {which} of the smallest free blocks that hold it is {}", Sized(from));
    let halves = (1..=from.size.ilog2() - block.size.ilog2()).map(|times| from.size >> times);
    let rests = listed(halves.map(|half| Sized(Span::new(from.address + half, half))));
    match from.size == block.size {
        true => format!("{place}; nothing is left of it"),
        false => format!(
            "{place}; it splits until its lowest part is {}, and {rests} stay free",
            block.size
        ),
    }
}
