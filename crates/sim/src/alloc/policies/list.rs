//! A free list in its plain form: holes in an order, looked at one after the other.
//!
//! Source of the five orders and of their small print: `malloc.py` of the homework of Arpaci-Dusseau, "Operating
//! Systems: Three Easy Pieces", chapter Free-Space Management. A list by size is sorted when a block is freed and not
//! when a hole is split, so the rest of a hole keeps its place until then; equal sizes keep their order, the freed one
//! last. Merging goes once along the list and joins a hole with the next one in the list where that begins at its end.

use std::fmt;

use crate::alloc::policy::{Setup, Witness};
use crate::alloc::span::Span;
use crate::convention::{Kind, Parameter, Value};
use crate::prose::many;

/// `list.order`: where a freed block goes.
pub static ORDER: Parameter = Parameter {
    name: "list.order",
    about: "The order of the free list: by `address`, by `size`, by `size-desc`, or a freed block at the `front` \
            or `back`.",
    kind: Kind::Word(&["address", "size", "size-desc", "front", "back"]),
    default: Value::Word("address"),
};

/// `list.coalesce`: when free neighbours become one hole.
pub static COALESCE: Parameter = Parameter {
    name: "list.coalesce",
    about: "When free neighbours become one hole: `immediate` when a block is freed, `deferred` when a request \
            finds no hole, `none`.",
    kind: Kind::Word(&["immediate", "deferred", "none"]),
    default: Value::Word("immediate"),
};

/// `list.neighbours`: which holes can be merged.
pub static NEIGHBOURS: Parameter = Parameter {
    name: "list.neighbours",
    about: "Which holes merge: those that also follow each other in the `list` (OSTEP), or all that touch in \
            `memory` (boundary tags).",
    kind: Kind::Word(&["list", "memory"]),
    default: Value::Word("list"),
};

/// `list.split`: what becomes of the rest of a hole.
pub static SPLIT: Parameter = Parameter {
    name: "list.split",
    about: "What a hole has beyond the block: `split` keeps it as a hole, unless it is less than the smallest \
            block; `whole` gives it away with the block (fixed partitions).",
    kind: Kind::Word(&["split", "whole"]),
    default: Value::Word("split"),
};

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Address,
    Size,
    SizeDesc,
    Front,
    Back,
}

/// When free neighbours become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coalesce {
    Immediate,
    Deferred,
    Never,
}

/// What a list goes by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    pub(crate) order: Order,
    pub(crate) coalesce: Coalesce,
    /// Whether only holes merge that follow each other in the list.
    pub(crate) list_neighbours: bool,
    /// Whether the rest of a hole stays a hole.
    pub(crate) splits: bool,
    /// The fewest bytes of a hole that a split leaves.
    pub(crate) minimum: u64,
}

impl Manner {
    /// What the convention of a problem says.
    pub(crate) fn of(setup: &Setup<'_>) -> Manner {
        let order = match setup.convention.word(&ORDER) {
            "size" => Order::Size,
            "size-desc" => Order::SizeDesc,
            "front" => Order::Front,
            "back" => Order::Back,
            _ => Order::Address,
        };
        let coalesce = match setup.convention.word(&COALESCE) {
            "deferred" => Coalesce::Deferred,
            "none" => Coalesce::Never,
            _ => Coalesce::Immediate,
        };
        Manner {
            order,
            coalesce,
            list_neighbours: setup.convention.word(&NEIGHBOURS) == "list",
            splits: setup.convention.word(&SPLIT) == "split",
            minimum: setup.rules.minimum,
        }
    }

    /// The bytes that a block of at least `bytes` takes of a hole.
    #[inline(always)]
    pub(crate) fn taken(self, hole: Span, bytes: u64) -> u64 {
        let rest = hole.size - bytes;
        if self.splits && rest >= self.minimum { bytes } else { hole.size }
    }

    /// Where a freed block goes, in words.
    pub(crate) fn place(self) -> &'static str {
        match self.order {
            Order::Address => "by its address",
            Order::Size => "by its size, the smallest first",
            Order::SizeDesc => "by its size, the largest first",
            Order::Front => "at the front",
            Order::Back => "at the back",
        }
    }

    /// What becomes of the rest of a hole, in words.
    pub(crate) fn rest(self, hole: Span, bytes: u64) -> String {
        let rest = hole.size - bytes;
        let at = hole.address + bytes;
        match (rest, self.taken(hole, bytes) == bytes) {
            (0, _) => "nothing is left of it".to_owned(),
            (_, true) => format!("{} from {at} on stay free", many(rest, "byte")),
            (_, false) if self.splits => {
                let minimum = self.minimum;
                format!(
                    "{} more stay with the block, as a hole has at least {minimum}",
                    many(rest, "byte")
                )
            }
            (_, false) => format!("it is taken whole, {} more than needed", many(rest, "byte")),
        }
    }
}

/// What was taken of a hole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken {
    /// The block.
    pub(crate) block: Span,
    /// The address of what is left of the hole, or of the next one in the list; `None` at its end.
    pub(crate) next: Option<u64>,
}

/// The list.
#[derive(Debug, Clone)]
pub(crate) struct HoleList {
    /// The holes from the front.
    pub(crate) holes: Vec<Span>,
    manner: Manner,
    free_bytes: u64,
}

impl HoleList {
    /// A list of these holes, which are put in order.
    pub(crate) fn new(manner: Manner, holes: &[Span]) -> HoleList {
        let mut list = HoleList { holes: Vec::new(), manner, free_bytes: 0 };
        list.fill(holes);
        list
    }

    /// Has only these holes.
    pub(crate) fn fill(&mut self, holes: &[Span]) {
        self.holes = holes.to_vec();
        self.free_bytes = holes.iter().map(|hole| hole.size).sum();
        self.sort();
    }

    /// Bytes in all holes.
    pub(crate) fn free_bytes(&self) -> u64 {
        self.free_bytes
    }

    /// Takes a block of at least `bytes` from the beginning of a hole.
    pub(crate) fn take(&mut self, hole: Span, bytes: u64) -> Taken {
        let place = self.holes.iter().position(|other| *other == hole).unwrap_or(0);
        let taken = self.manner.taken(hole, bytes);
        if taken < hole.size {
            self.holes[place] = Span::new(hole.address + taken, hole.size - taken);
        } else {
            self.holes.remove(place);
        }
        self.free_bytes -= taken;
        let next = self.holes.get(place).map(|hole| hole.address);
        Taken { block: Span::new(hole.address, taken), next }
    }

    /// The rank of the hole that holds an address.
    pub(crate) fn around(&self, address: u64) -> Option<usize> {
        self.holes.iter().position(|hole| hole.address <= address && address < hole.end())
    }

    /// Puts a freed block where the order wants it, and merges it where that is immediate.
    pub(crate) fn give<W: Witness>(&mut self, block: Span, tell: &mut W) {
        self.free_bytes += block.size;
        if self.manner.coalesce == Coalesce::Immediate && !self.manner.list_neighbours {
            let joined = self.unlink_neighbours(block);
            self.insert(joined);
            if joined != block {
                say_merged(&[joined], tell);
            }
            return;
        }
        self.insert(block);
        if self.manner.coalesce == Coalesce::Immediate {
            self.merge_along(tell);
        }
    }

    /// Merges what can be merged; false when that is nothing.
    pub(crate) fn merge_all<W: Witness>(&mut self, tell: &mut W) -> bool {
        let before = self.holes.len();
        if self.manner.list_neighbours {
            self.merge_along(tell);
        } else {
            self.merge_in_memory(tell);
        }
        self.holes.len() < before
    }

    fn insert(&mut self, hole: Span) {
        match self.manner.order {
            Order::Front => self.holes.insert(0, hole),
            _ => self.holes.push(hole),
        }
        self.sort();
    }

    fn sort(&mut self) {
        match self.manner.order {
            Order::Address => self.holes.sort_by_key(|hole| hole.address),
            Order::Size => self.holes.sort_by_key(|hole| hole.size),
            Order::SizeDesc => self.holes.sort_by_key(|hole| std::cmp::Reverse(hole.size)),
            Order::Front | Order::Back => {}
        }
    }

    /// Goes once along the list and joins each hole with those behind it that begin at its end.
    fn merge_along<W: Witness>(&mut self, tell: &mut W) {
        let mut merged: Vec<Span> = Vec::new();
        self.holes.dedup_by(|next, hole| {
            let touches = hole.end() == next.address;
            if touches {
                merged.retain(|other| other != hole);
                hole.size += next.size;
                merged.push(*hole);
            }
            touches
        });
        say_merged(&merged, tell);
    }

    /// Joins all holes that touch in memory; each joined hole goes where a freed block would go.
    fn merge_in_memory<W: Witness>(&mut self, tell: &mut W) {
        let mut sorted = self.holes.clone();
        sorted.sort_unstable();
        let mut merged = Vec::new();
        for run in
            sorted.chunk_by(|hole, next| hole.end() == next.address).filter(|run| run.len() > 1)
        {
            let joined = Span::new(run[0].address, run.iter().map(|hole| hole.size).sum());
            self.holes.retain(|hole| !run.contains(hole));
            self.insert(joined);
            merged.push(joined);
        }
        say_merged(&merged, tell);
    }

    /// Takes the holes that touch a block out; returns what they and the block are together.
    fn unlink_neighbours(&mut self, block: Span) -> Span {
        let mut joined = block;
        self.holes.retain(|hole| {
            let touches = hole.end() == block.address || block.end() == hole.address;
            if touches {
                joined = Span::new(joined.address.min(hole.address), joined.size + hole.size);
            }
            !touches
        });
        joined
    }
}

/// Tells of holes that several became.
pub(crate) fn say_merged<W: Witness>(merged: &[Span], tell: &mut W) {
    for &hole in merged {
        tell.merged(hole);
        tell.say(|| format!("Free neighbours become one hole: {}", Sized(hole)));
    }
}

/// A hole as sentences write it: "1000 with 20".
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sized(pub(crate) Span);

impl fmt::Display for Sized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {}", self.0.address, self.0.size)
    }
}
