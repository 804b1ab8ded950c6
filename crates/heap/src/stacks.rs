//! What is asked of a session: the sums of each stack, what lives, what grew between two moments.

use std::collections::BTreeMap;

use crate::blocks::Block;
use crate::checkpoints::Held;
use crate::histogram::Histogram;
use crate::session::Session;
use crate::tree::NodeId;

/// What stacks are ordered and drawn by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum By {
    /// Bytes that live now, or lived when the recording ended.
    Live,
    /// Bytes that lived when the most lived.
    Peak,
    /// Bytes that were never given back.
    Leaked,
    /// Allocations that were given back before the next one.
    Temporary,
    /// Allocations.
    Allocations,
    /// Bytes of all allocations.
    Bytes,
}

impl By {
    /// All of them.
    pub const ALL: [By; 6] =
        [By::Live, By::Peak, By::Leaked, By::Temporary, By::Allocations, By::Bytes];

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            By::Live => "live",
            By::Peak => "peak",
            By::Leaked => "leaked",
            By::Temporary => "temporary",
            By::Allocations => "allocations",
            By::Bytes => "bytes",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<By> {
        By::ALL.into_iter().find(|by| by.name() == name)
    }

    /// Whether it counts bytes, and not allocations.
    pub const fn is_bytes(self) -> bool {
        matches!(self, By::Live | By::Peak | By::Leaked | By::Bytes)
    }
}

/// The sums of one stack, as it stands: those of the stacks that it calls are not among them. Blocks are whole blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackRow {
    /// The stack.
    pub node: NodeId,
    /// Bytes that live.
    pub live_bytes: u64,
    /// Blocks that live.
    pub live_blocks: u64,
    /// Bytes that lived at the session's peak.
    pub peak_bytes: u64,
    /// Blocks that lived at the session's peak.
    pub peak_blocks: u64,
    /// Allocations.
    pub allocations: u64,
    /// Bytes of all allocations.
    pub bytes_allocated: u64,
    /// Allocations that were temporary.
    pub temporary: u64,
}

impl StackRow {
    /// What it is ordered by: bytes, or a number of allocations.
    pub fn value(&self, by: By) -> u64 {
        match by {
            By::Live | By::Leaked => self.live_bytes,
            By::Peak => self.peak_bytes,
            By::Temporary => self.temporary,
            By::Allocations => self.allocations,
            By::Bytes => self.bytes_allocated,
        }
    }

    /// The number of blocks that stands beside [`StackRow::value`].
    pub fn blocks(&self, by: By) -> u64 {
        match by {
            By::Live | By::Leaked => self.live_blocks,
            By::Peak => self.peak_blocks,
            By::Temporary => self.temporary,
            By::Allocations | By::Bytes => self.allocations,
        }
    }
}

/// What became of a stack between two moments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Growth {
    /// Bytes that lived at the first moment.
    pub before_bytes: u64,
    /// Bytes that lived at the second.
    pub after_bytes: u64,
    /// Bytes that it allocated between them.
    pub bytes_allocated: u64,
}

/// Growth of all stacks, and the moments between which it is really told: those of the checkpoints next before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grown {
    /// The first moment in microseconds.
    pub from_us: u64,
    /// The second.
    pub to_us: u64,
    /// The stacks that held or allocated anything.
    pub stacks: BTreeMap<NodeId, Growth>,
}

/// A stretch of the address space that a live block or mapping takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveBlock {
    /// Where it is.
    pub address: u64,
    /// Bytes asked for.
    pub size: u64,
    /// When, in microseconds.
    pub born_us: u64,
    /// Who asked.
    pub node: NodeId,
}

impl Session {
    /// The sums of every stack that asked for something.
    pub fn stacks(&self) -> impl Iterator<Item = StackRow> {
        let blocks = |parts| self.weigher.blocks(parts);
        self.tallies.iter().map(move |(node, tally)| {
            let (peak_bytes, peak_blocks) = tally.at_peak(self.peak);
            StackRow {
                node,
                live_bytes: tally.live_bytes,
                live_blocks: blocks(tally.live_blocks),
                peak_bytes,
                peak_blocks: blocks(peak_blocks),
                allocations: blocks(tally.allocations),
                bytes_allocated: tally.bytes_allocated,
                temporary: blocks(tally.temporary),
            }
        })
    }

    /// Every block that lives, in no order.
    pub fn live_blocks(&self) -> impl Iterator<Item = LiveBlock> {
        self.blocks.iter().map(|block| self.told(block))
    }

    fn told(&self, block: &Block) -> LiveBlock {
        let node = self.tallies.node(block.tally);
        LiveBlock { address: block.address(), size: block.size, born_us: block.born_us(), node }
    }

    /// Every stretch that the program mapped itself and holds: its address, its length, and who asked.
    pub fn mappings(&self) -> impl Iterator<Item = (u64, u64, NodeId)> {
        self.mappings.iter()
    }

    /// What was asked for from `from_us` on and before `to_us`, and still lives: bytes and blocks of each stack.
    pub fn kept(&self, from_us: u64, to_us: u64) -> BTreeMap<NodeId, (u64, u64)> {
        let mut kept: BTreeMap<NodeId, (u64, u64)> = BTreeMap::new();
        let within = |block: &&Block| (from_us..to_us).contains(&block.born_us());
        for block in self.blocks.iter().filter(within) {
            let weight = self.weigher.of(block.size);
            let sum = kept.entry(self.tallies.node(block.tally)).or_default();
            sum.0 += weight.bytes;
            sum.1 += weight.blocks;
        }
        kept.values_mut().for_each(|sum| sum.1 = self.weigher.blocks(sum.1));
        kept
    }

    /// When checkpoints were taken, in microseconds: growth can be told between any two of these, 0, and now.
    pub fn checkpoints_us(&self) -> impl Iterator<Item = u64> {
        self.checkpoints.times_us()
    }

    /// What grew between two moments. A second moment at or behind the session's end means now.
    pub fn growth(&self, from_us: u64, to_us: u64) -> Grown {
        let (from_us, before) = self.checkpoints.at(from_us, &self.tallies);
        let (to_us, after) = if to_us >= self.totals().end_us {
            let now = self.tallies.iter().map(|(node, tally)| (node, Held::from(tally))).collect();
            (self.totals().end_us, now)
        } else {
            self.checkpoints.at(to_us, &self.tallies)
        };
        let grown = |(node, after): (NodeId, Held)| {
            let before = before.get(&node).copied().unwrap_or_default();
            let growth = Growth {
                before_bytes: before.live_bytes,
                after_bytes: after.live_bytes,
                bytes_allocated: after.bytes_allocated.saturating_sub(before.bytes_allocated),
            };
            (node, growth)
        };
        Grown { from_us, to_us, stacks: after.into_iter().map(grown).collect() }
    }

    /// How large all blocks were that were asked for. Members are in parts ([`Session::whole_blocks`]).
    pub fn sizes(&self) -> &Histogram {
        &self.sizes
    }

    /// How large the blocks are that live.
    pub fn live_sizes(&self) -> Histogram {
        let mut histogram = Histogram::default();
        for block in self.blocks.iter() {
            let weight = self.weigher.of(block.size);
            histogram.add(block.size, weight.blocks, weight.bytes);
        }
        histogram
    }

    /// How long the blocks lived that were given back, in microseconds.
    pub fn lifetimes(&self) -> &Histogram {
        &self.lifetimes
    }

    /// How long the blocks live already that live at `now_us`, in microseconds.
    pub fn ages(&self, now_us: u64) -> Histogram {
        let mut histogram = Histogram::default();
        for block in self.blocks.iter() {
            let weight = self.weigher.of(block.size);
            histogram.add(now_us.saturating_sub(block.born_us()), weight.blocks, weight.bytes);
        }
        histogram
    }

    /// Whole blocks of the parts in which a session counts: of histograms, threads and the timeline.
    pub fn whole_blocks(&self, parts: u64) -> u64 {
        self.weigher.blocks(parts)
    }
}
