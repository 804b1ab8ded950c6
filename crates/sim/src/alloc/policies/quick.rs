//! Quick fit: a list for each small size, and first fit behind them.
//!
//! Source: Weinstock, Wulf, "Quick Fit: an Efficient Algorithm for Heap Storage Allocation", SIGPLAN Notices 23(10),
//! 1988. A freed block of a small size goes to the front of the list of its size and is not merged; a request of that
//! size takes it from there with one look. What the lists do not have comes from one general list by first fit. When
//! that has nothing either, the small lists are emptied into it, which merges, and it is searched once more.

use super::first::First;
use super::fit::because;
use super::holes::Holes;
use super::list::{COALESCE, Coalesce, Manner, NEIGHBOURS, ORDER, SPLIT, Sized};
use crate::alloc::convention::{COMPACTION, THRESHOLD};
use crate::alloc::policy::{Grant, Policy, Refusal, Request, Setup, Witness};
use crate::alloc::span::{Block, Span};
use crate::alloc::view::{FreeList, View};
use crate::convention::{Kind, Parameter, Value};
use crate::prose::{listed_of, many};

/// `quick.largest`: the largest block with a list of its own.
pub static LARGEST: Parameter = Parameter {
    name: "quick.largest",
    about: "The largest block, header included, whose size has a quick list.",
    kind: Kind::Whole(0, 1 << 16),
    default: Value::Whole(32),
};

/// Quick fit.
#[derive(Debug, Clone)]
pub struct QuickFit {
    /// Addresses of free blocks by their size, the freed last at the end.
    quick: Vec<Vec<u64>>,
    /// Bytes in all quick lists.
    quick_bytes: u64,
    general: Holes,
    manner: Manner,
}

impl QuickFit {
    fn quick_list(&self, bytes: u64) -> Option<usize> {
        usize::try_from(bytes).ok().filter(|&size| size < self.quick.len())
    }

    fn try_quick_list<W: Witness>(&mut self, bytes: u64, tell: &mut W) -> Option<Grant> {
        let list = self.quick_list(bytes)?;
        let len = self.quick[list].len();
        let Some(address) = self.quick[list].pop() else {
            tell.say(|| format!("The quick list of {bytes} is empty"));
            return None;
        };
        self.quick_bytes -= bytes;
        let block = Span::new(address, bytes);
        tell.looked(std::iter::once(block));
        let blocks = many(len as u64, "block");
        tell.say(|| {
            format!(
                "The quick list of {bytes} has {blocks}; its front is {address}, and fits exactly"
            )
        });
        Some(Grant { block: Block::of(block), searched: 1 })
    }

    fn try_general_list<W: Witness>(&mut self, bytes: u64, tell: &mut W) -> Result<Grant, Refusal> {
        let found = self.general.find(&First, bytes, None);
        let searched = u32::try_from(found.searched).unwrap_or(u32::MAX);
        let looked = || (0..found.searched).filter_map(|rank| self.general.nth(rank));
        tell.looked(looked());
        tell.say(|| match found.searched {
            0 => "The general list is empty".to_owned(),
            many_holes => {
                let list = listed_of(many_holes, looked().map(Sized));
                format!(
                    "First fit looks at {} of the general list: {list}",
                    many(many_holes as u64, "hole")
                )
            }
        });
        let Some(hole) = found.hole else {
            if searched > 0 {
                tell.say(|| format!("None holds {}", many(bytes, "byte")));
            }
            return Err(Refusal { searched });
        };
        tell.say(|| {
            let rest = self.manner.rest(hole, bytes);
            format!("{}; {rest}", because(&First, &self.general, hole, bytes))
        });
        let taken = self.general.take(hole, bytes);
        Ok(Grant { block: Block::of(taken.block), searched })
    }

    /// Empties the quick lists into the general one, and merges what can be merged; false when nothing changed.
    fn flush<W: Witness>(&mut self, tell: &mut W) -> bool {
        let blocks: usize = self.quick.iter().map(Vec::len).sum();
        if blocks > 0 {
            tell.say(|| {
                let blocks = many(blocks as u64, "block");
                format!("The quick lists are emptied into the general list, {blocks}")
            });
        }
        for size in 0..self.quick.len() {
            while let Some(address) = self.quick[size].pop() {
                self.general.give(Span::new(address, size as u64), tell);
            }
        }
        self.quick_bytes = 0;
        let merged = self.manner.coalesce == Coalesce::Deferred && self.general.merge_all(tell);
        blocks > 0 || merged
    }

    /// The blocks of the quick lists, by size, the front first.
    fn quick_blocks(&self, size: usize) -> impl Iterator<Item = Span> {
        self.quick[size].iter().rev().map(move |&address| Span::new(address, size as u64))
    }
}

impl Policy for QuickFit {
    const NAME: &'static str = "quick";
    const TITLE: &'static str = "Quick fit";
    const ABOUT: &'static str = "Keeps a list for each small size, and takes from a general list by first fit what they \
                                 do not have (Weinstock, Wulf 1988).";
    const PARAMETERS: &'static [&'static Parameter] =
        &[&LARGEST, &ORDER, &COALESCE, &NEIGHBOURS, &SPLIT, &COMPACTION, &THRESHOLD];
    const MOVES: bool = true;

    fn new(setup: &Setup<'_>) -> QuickFit {
        let largest = usize::try_from(setup.convention.whole(&LARGEST)).unwrap_or(0);
        QuickFit {
            quick: vec![Vec::new(); largest + 1],
            quick_bytes: 0,
            general: Holes::new::<First>(setup, &[setup.memory]),
            manner: Manner::of(setup),
        }
    }

    fn allocate<W: Witness>(&mut self, request: Request, tell: &mut W) -> Result<Grant, Refusal> {
        if let Some(grant) = self.try_quick_list(request.bytes, tell) {
            return Ok(grant);
        }
        let first = self.try_general_list(request.bytes, tell);
        let Err(Refusal { searched: before }) = first else { return first };
        if !self.flush(tell) {
            return first;
        }
        match self.try_general_list(request.bytes, tell) {
            Ok(grant) => Ok(Grant { searched: grant.searched + before, ..grant }),
            Err(refusal) => Err(Refusal { searched: refusal.searched + before }),
        }
    }

    fn free<W: Witness>(&mut self, block: Block, tell: &mut W) {
        match self.quick_list(block.size) {
            Some(list) => {
                self.quick[list].push(block.address);
                self.quick_bytes += block.size;
                tell.say(|| format!("It goes to the front of the quick list of {}", block.size));
            }
            None => {
                tell.say(|| format!("It goes into the general list {}", self.manner.place()));
                self.general.give(block.span(), tell);
            }
        }
    }

    fn compacted(&mut self, hole: Option<Span>) {
        self.quick.iter_mut().for_each(Vec::clear);
        self.quick_bytes = 0;
        self.general.reset(hole);
    }

    fn free_bytes(&self) -> u64 {
        self.quick_bytes + self.general.free_bytes()
    }

    fn largest_hole(&self) -> u64 {
        let quick = self.quick.iter().rposition(|list| !list.is_empty()).unwrap_or(0);
        self.general.largest().max(quick as u64)
    }

    fn effort(&self) -> u64 {
        self.general.effort()
    }

    fn holes(&self) -> impl Iterator<Item = Span> {
        let quick = (0..self.quick.len()).flat_map(|size| self.quick_blocks(size));
        quick.chain(self.general.iter())
    }

    fn view(&self) -> View {
        let used = |size: &usize| !self.quick[*size].is_empty();
        let quick = (0..self.quick.len()).filter(used).map(|size| {
            FreeList::new(
                format!("quick list of {size}"),
                self.quick[size].len(),
                self.quick_blocks(size),
            )
        });
        let general = FreeList::new("general list", self.general.len(), self.general.iter());
        View { lists: quick.chain([general]).collect(), ..View::default() }
    }
}
