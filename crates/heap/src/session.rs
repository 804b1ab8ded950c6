//! One session: everything that is known of a program's heap while it runs, and after.
//!
//! An event costs a few table look-ups. Nothing here grows with time: the tree is bounded by [`MAX_NODES`], the blocks by what
//! the program holds, and what is kept over time has a fixed number of places.

use crate::blocks::{Block, Blocks};
use crate::checkpoints::Checkpoints;
use crate::event::{Loss, Module, Stack, Start, ThreadId};
use crate::histogram::Histogram;
use crate::labels::Unnamed;
use crate::mappings::Mappings;
use crate::tally::Tallies;
use crate::threads::{ThreadRow, Threads};
use crate::timeline::{Resident, Timeline};
use crate::tree::{MAX_NODES, NodeId, Tree};
use crate::weight::{Weigher, Weight};

/// The sums of a whole session. Bytes are as asked for; a realloc is one free and one allocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Allocations.
    pub allocations: u64,
    /// Frees of blocks whose allocation was seen.
    pub frees: u64,
    /// Bytes of all allocations.
    pub bytes_allocated: u64,
    /// Bytes that live.
    pub live_bytes: u64,
    /// Blocks that live.
    pub live_blocks: u64,
    /// The most bytes that lived at one time.
    pub peak_live_bytes: u64,
    /// When they first did, in microseconds since the session began.
    pub peak_us: u64,
    /// Allocations that the same thread gave back before it asked for the next one (heaptrack's temporary allocations).
    pub temporary: u64,
    /// Events that could not be told.
    pub lost_events: u64,
    /// Frees of blocks whose allocation was not seen.
    pub unmatched_frees: u64,
    /// Blocks that were given out where one still lived: its free was not seen.
    pub unseen_frees: u64,
    /// Bytes that the program mapped itself and holds.
    pub mapped_bytes: u64,
    /// Times that it mapped some.
    pub mappings: u64,
    /// The time of the last event in microseconds since the session began.
    pub end_us: u64,
}

/// Why events can be missing, in the order of their numbers.
const LOSSES: [Loss; 3] = [Loss::Full, Loss::Signal, Loss::NoRing];

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// As `waitpid` tells it.
    pub status: i32,
}

/// What tracking a program cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Processor time of whoever read the events, in microseconds.
    pub host_cpu_us: u64,
    /// Time that the program's threads waited because their rings were full, all together, in microseconds.
    pub waited_us: u64,
}

/// What became of a block that was given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Freed {
    /// The block as it was.
    pub(crate) block: Block,
}

/// A session.
#[derive(Clone, Debug)]
pub struct Session {
    start: Start,
    pub(crate) tree: Tree,
    pub(crate) tallies: Tallies,
    pub(crate) blocks: Blocks,
    pub(crate) threads: Threads,
    pub(crate) mappings: Mappings,
    pub(crate) timeline: Timeline,
    pub(crate) checkpoints: Checkpoints,
    pub(crate) sizes: Histogram,
    pub(crate) lifetimes: Histogram,
    pub(crate) weigher: Weigher,
    /// Sums, blocks in parts.
    sums: Totals,
    /// How many peaks there were.
    pub(crate) peak: u64,
    /// Bytes of the chunks that hold the live blocks.
    chunk_bytes: u64,
    /// The estimated variance of live bytes, where allocations are sampled.
    live_variance: f64,
    sequence: u32,
    /// Events that could not be told, by the reason.
    losses: [u64; LOSSES.len()],
    ending: Option<Ending>,
    cost: Option<Cost>,
    /// How many programs this process had before (`execve`): numbers of frames and stacks are one program's.
    image: u32,
    /// Whether a program has said that it begins.
    has_begun: bool,
}

impl Session {
    /// A session in which nothing happened yet.
    pub fn new(start: Start) -> Session {
        let weigher = Weigher::new(start.sample_bytes);
        Session {
            start,
            tree: Tree::new(MAX_NODES),
            tallies: Tallies::default(),
            blocks: Blocks::new(),
            threads: Threads::new(),
            mappings: Mappings::default(),
            timeline: Timeline::new(),
            checkpoints: Checkpoints::new(),
            sizes: Histogram::default(),
            lifetimes: Histogram::default(),
            weigher,
            sums: Totals::default(),
            peak: 0,
            chunk_bytes: 0,
            live_variance: 0.0,
            sequence: 0,
            losses: [0; LOSSES.len()],
            ending: None,
            cost: None,
            image: 0,
            has_begun: false,
        }
    }

    /// What is being tracked.
    pub fn start(&self) -> &Start {
        &self.start
    }

    /// How it ended, once it did.
    pub fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// What tracking cost until it was told last; `None` where nobody told.
    pub fn cost(&self) -> Option<Cost> {
        self.cost
    }

    /// How many programs this process had before (`execve`): numbers of frames and stacks are one program's.
    pub fn image(&self) -> u32 {
        self.image
    }

    /// The call stacks.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// What was held over time.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// The sums, in whole blocks.
    pub fn totals(&self) -> Totals {
        let blocks = |parts| self.weigher.blocks(parts);
        Totals {
            allocations: blocks(self.sums.allocations),
            frees: blocks(self.sums.frees),
            live_blocks: blocks(self.sums.live_blocks),
            temporary: blocks(self.sums.temporary),
            ..self.sums
        }
    }

    /// The standard error of live bytes, where allocations are sampled; 0 where all are told.
    pub fn live_error_bytes(&self) -> f64 {
        self.live_variance.max(0.0).sqrt()
    }

    /// Events that could not be told, by the reason.
    pub fn losses(&self) -> impl Iterator<Item = (Loss, u64)> {
        LOSSES.into_iter().zip(self.losses).filter(|(_, events)| *events != 0)
    }

    /// What was seen from outside last.
    pub fn resident(&self) -> Option<Resident> {
        self.timeline.stretches().iter().rev().find_map(|stretch| stretch.resident)
    }

    /// The threads, the shared row first.
    pub fn threads(&self) -> &[ThreadRow] {
        self.threads.rows()
    }

    /// A thread tells its stack.
    #[inline]
    pub(crate) fn stack(&mut self, thread: ThreadId, stack: Stack<'_>) -> NodeId {
        self.threads.stack(thread, stack, &mut self.tree)
    }

    /// A block was given out to the stack `node`; the number of this allocation.
    #[inline]
    pub(crate) fn alloc(
        &mut self,
        time_us: u64,
        thread: ThreadId,
        address: u64,
        size: u64,
        node: NodeId,
    ) -> u32 {
        let weight = self.weigher.of(size);
        self.pass(time_us);
        let tally_number = self.tallies.of(node);
        let row = self.threads.asked(thread, address, weight);
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        let block = Block::new(address, size, time_us, row, tally_number, sequence);
        if let Some(old) = self.blocks.insert(block) {
            self.drop_block(&old);
            self.sums.unseen_frees += 1;
        }
        let tally = self.tallies.at(tally_number);
        tally.keep_peak(self.peak);
        tally.live_bytes += weight.bytes;
        tally.live_blocks += weight.blocks;
        tally.allocations += weight.blocks;
        tally.bytes_allocated += weight.bytes;
        self.sizes.add(size, weight.blocks, weight.bytes);
        self.sum_up(time_us, size, weight);
        sequence
    }

    #[inline]
    fn sum_up(&mut self, time_us: u64, size: u64, weight: Weight) {
        self.chunk_bytes += chunk(size, weight);
        if self.weigher.samples() {
            self.live_variance += self.weigher.variance(size);
        }
        let sums = &mut self.sums;
        sums.allocations += weight.blocks;
        sums.bytes_allocated += weight.bytes;
        sums.live_bytes += weight.bytes;
        sums.live_blocks += weight.blocks;
        if sums.live_bytes > sums.peak_live_bytes {
            sums.peak_live_bytes = sums.live_bytes;
            sums.peak_us = time_us;
            self.peak += 1;
        }
        let stretch = self.timeline.at(time_us);
        stretch.allocations += weight.blocks;
        stretch.bytes_allocated += weight.bytes;
        self.timeline.live(time_us, sums.live_bytes);
    }

    /// A block was given back.
    #[inline]
    pub(crate) fn free(&mut self, time_us: u64, thread: ThreadId, address: u64) -> Option<Freed> {
        self.pass(time_us);
        let last = self.threads.gave_back(thread, address);
        let Some(block) = self.blocks.remove(address) else {
            // Where allocations are sampled, most frees are those of blocks that were not told of.
            self.sums.unmatched_frees += u64::from(!self.weigher.samples());
            return None;
        };
        self.free_block(time_us, last, &block);
        Some(Freed { block })
    }

    #[inline]
    fn free_block(&mut self, time_us: u64, last: Option<usize>, block: &Block) {
        let weight = self.drop_block(block);
        self.sums.frees += weight.blocks;
        // Where events are missing, another thread's block may be where this thread's last one was.
        if last == Some(block.row()) {
            self.sums.temporary += weight.blocks;
            self.tallies.at(block.tally).temporary += weight.blocks;
            self.threads.row(block.row()).temporary += weight.blocks;
        }
        let age_us = time_us.saturating_sub(block.born_us());
        self.lifetimes.add(age_us, weight.blocks, weight.bytes);
        self.timeline.live(time_us, self.sums.live_bytes);
    }

    /// Takes off what a block put on.
    #[inline]
    fn drop_block(&mut self, block: &Block) -> Weight {
        let weight = self.weigher.of(block.size);
        let tally = self.tallies.at(block.tally);
        tally.keep_peak(self.peak);
        tally.live_bytes -= weight.bytes;
        tally.live_blocks -= weight.blocks;
        let row = self.threads.row(block.row());
        row.live_bytes -= weight.bytes;
        row.live_blocks -= weight.blocks;
        self.sums.live_bytes -= weight.bytes;
        self.sums.live_blocks -= weight.blocks;
        self.chunk_bytes -= chunk(block.size, weight);
        if self.weigher.samples() {
            self.live_variance -= self.weigher.variance(block.size);
        }
        weight
    }

    /// A realloc of that thread begins: the block comes out of the table, for its address may be given to another thread
    /// before the call returns. It counts as live until the realloc is told to have worked.
    pub(crate) fn lift(&mut self, address: u64) -> Option<Block> {
        self.blocks.remove(address)
    }

    /// What was lifted is given back.
    pub(crate) fn free_lifted(&mut self, time_us: u64, thread: ThreadId, block: &Block) {
        self.pass(time_us);
        let last = self.threads.gave_back(thread, block.address());
        self.free_block(time_us, last, block);
    }

    /// A realloc of what was not seen before worked.
    pub(crate) fn free_unseen(&mut self) {
        self.sums.unmatched_frees += u64::from(!self.weigher.samples());
    }

    /// What was lifted stays: the realloc failed.
    pub(crate) fn put_down(&mut self, block: Block) {
        if let Some(other) = self.blocks.insert(block) {
            self.drop_block(&other);
            self.sums.unseen_frees += 1;
        }
    }

    /// The program mapped memory itself.
    pub(crate) fn map(&mut self, time_us: u64, address: u64, length: u64, node: NodeId) {
        self.pass(time_us);
        self.mappings.map(address, length, node);
        self.sums.mappings += 1;
        self.mapped(time_us);
    }

    /// The program unmapped memory itself.
    pub(crate) fn unmap(&mut self, time_us: u64, address: u64, length: u64) {
        self.pass(time_us);
        self.mappings.unmap(address, length);
        self.mapped(time_us);
    }

    fn mapped(&mut self, time_us: u64) {
        self.sums.mapped_bytes = self.mappings.bytes();
        self.timeline.at(time_us).mapped_bytes = self.sums.mapped_bytes;
    }

    /// The program began, or was replaced by another, which holds nothing of what the one before held.
    /// Whether it was replaced.
    pub(crate) fn begin(&mut self, program: &str) -> bool {
        let mut start = self.start.clone();
        if !program.is_empty() {
            program.clone_into(&mut start.program);
        }
        if self.has_begun {
            // They were the program's before.
            start.arguments.clear();
        }
        self.has_begun = true;
        if self.sums.allocations == 0 {
            self.start = start;
            return false;
        }
        let (lost_events, end_us) = (self.sums.lost_events, self.sums.end_us);
        let (losses, cost, image) = (self.losses, self.cost, self.image);
        *self = Session::new(start);
        (self.losses, self.cost, self.image) = (losses, cost, image.wrapping_add(1));
        self.has_begun = true;
        self.sums = Totals { lost_events, end_us, ..Totals::default() };
        true
    }

    /// The frames from the number `first` on that lie in a file and have no names, `most` at most.
    pub fn unnamed(&self, first: usize, most: usize) -> Unnamed {
        Unnamed::of(&self.tree, self.image, first, most)
    }

    /// A file with code was mapped.
    pub(crate) fn module(&mut self, module: &Module<'_>) {
        self.tree.map(module);
    }

    /// A file with code was unmapped.
    pub(crate) fn module_gone(&mut self, start: u64) {
        self.tree.unmap(start);
    }

    /// Events could not be told.
    pub(crate) fn lost(&mut self, time_us: u64, events: u64, why: Loss) {
        self.pass(time_us);
        self.sums.lost_events += events;
        self.losses[why as usize] += events;
    }

    /// What was seen from outside; the gap is worked out here, where the live blocks are known.
    pub(crate) fn see_resident(&mut self, time_us: u64, rss_bytes: u64, heap_bytes: u64) {
        self.pass(time_us);
        let gap_bytes = heap_bytes.saturating_sub(self.chunk_bytes);
        self.timeline.at(time_us).resident = Some(Resident { rss_bytes, heap_bytes, gap_bytes });
    }

    /// What tracking has cost until now.
    pub(crate) fn see_cost(&mut self, time_us: u64, cost: Cost) {
        self.pass(time_us);
        self.cost = Some(cost);
    }

    /// The program ended.
    pub(crate) fn end(&mut self, time_us: u64, status: i32) {
        self.pass(time_us);
        self.timeline.at(time_us);
        self.ending = Some(Ending { status });
    }

    /// Time goes on to `time_us`.
    #[inline]
    fn pass(&mut self, time_us: u64) {
        if self.checkpoints.is_due(time_us) {
            self.checkpoints.take(time_us, &self.tallies);
        }
        self.sums.end_us = self.sums.end_us.max(time_us);
    }
}

/// Bytes that an allocator needs to hold a block: glibc rounds it with a header of 8 bytes up to 16 and gives 32 at the least
/// (malloc/malloc.c, `request2size`); other allocators do not differ by much.
#[inline]
fn chunk(size: u64, weight: Weight) -> u64 {
    let chunk = (size.saturating_add(8 + 15) & !15).max(32);
    // In a sampled session a block stands for as many chunks as it stands for blocks of its size.
    if weight.bytes == size { chunk } else { weight.bytes / size.max(1) * chunk }
}
