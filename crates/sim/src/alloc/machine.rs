//! The machine: who holds which block, a policy, and what happens at each operation.

use super::convention::{COMPACTION, Rules, THRESHOLD};
use super::policy::{Grant, Policy, Refusal, Request, Setup, Silent, Slide, Witness};
use super::requests::{Op, RequestId};
use super::span::{Block, Span};
use crate::prose::many;
use crate::table::Table;

/// What an operation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The request got a block.
    Placed {
        /// The block. The program's address is behind its header.
        block: Block,
        /// Entries that were looked at.
        searched: u32,
    },
    /// The request got nothing.
    Failed {
        /// Entries that were looked at.
        searched: u32,
        /// Whether so many bytes were free, in pieces: compaction would have saved the request.
        compactable: bool,
    },
    /// The block came back.
    Freed {
        /// The block.
        block: Block,
    },
    /// A free of a request that had got nothing.
    Nothing,
    /// The blocks were slid together, or the policy cannot move them (0 bytes).
    Compacted {
        /// Bytes that were moved.
        bytes: u64,
    },
}

/// What happened so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Operations made.
    pub ops: u64,
    /// Allocations asked for.
    pub allocs: u64,
    /// Of those, allocations that got nothing.
    pub failed: u64,
    /// Of those, allocations for which enough bytes were free, in pieces.
    pub failed_compactable: u64,
    /// Frees of blocks.
    pub frees: u64,
    /// Blocks held now.
    pub live: u64,
    /// Bytes of the blocks held now, headers and padding included.
    pub allocated_bytes: u64,
    /// Bytes that their requests asked for.
    pub requested_bytes: u64,
    /// The most that `allocated_bytes` ever was.
    pub allocated_bytes_peak: u64,
    /// The most that `requested_bytes` ever was.
    pub requested_bytes_peak: u64,
    /// Entries of free lists, bitmaps or trees that all searches looked at together.
    pub searched: u64,
    /// The most that one allocation looked at.
    pub searched_max: u32,
    /// Compactions that moved a block.
    pub compactions: u64,
    /// Blocks that they moved.
    pub moved_blocks: u64,
    /// Bytes that they moved.
    pub moved_bytes: u64,
}

/// When blocks are slid together without being asked.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Compaction {
    Never,
    OnFailure,
    /// After a free, when this part of the free bytes, or more, is not in the largest hole.
    Beyond(f64),
}

/// Memory with a policy in charge of it.
#[derive(Debug, Clone)]
pub struct Machine<P> {
    memory: Span,
    rules: Rules,
    policy: P,
    /// Where in `held` the block of each request stands; [`NOWHERE`] where it holds none.
    place_of: Table<RequestId, u32>,
    /// The blocks that are held now, and places that are free: so many as were ever held at once, whatever the list's
    /// length, so that they stay in the processor's cache.
    held: Vec<Held>,
    /// Free places of `held`.
    spare: Vec<u32>,
    compaction: Compaction,
    counts: Counts,
    /// Requests and blocks that compactions went through.
    visited: u64,
}

/// A block and the bytes that its request asked for.
#[derive(Debug, Clone, Copy)]
struct Held {
    block: Block,
    asked: u64,
}

/// No place of [`Machine::held`].
const NOWHERE: u32 = u32::MAX;

/// A machine at a moment, to go back to: what it holds, and not what its list has. So many of them fit where few machines
/// would.
#[derive(Debug, Clone)]
pub(crate) struct Moment<P> {
    policy: P,
    held: Vec<(RequestId, Held)>,
    counts: Counts,
}

impl<P: Policy> Machine<P> {
    /// Free memory under the policy `P`.
    pub fn new(setup: &Setup<'_>) -> Machine<P> {
        let compaction = match setup.convention.word(&COMPACTION) {
            "on-failure" => Compaction::OnFailure,
            "on-threshold" => Compaction::Beyond(setup.convention.ratio(&THRESHOLD)),
            _ => Compaction::Never,
        };
        Machine {
            memory: setup.memory,
            rules: setup.rules,
            policy: P::new(setup),
            place_of: Table::new(setup.requests.ids(), NOWHERE),
            held: Vec::with_capacity(setup.requests.most_live()),
            spare: Vec::new(),
            compaction,
            counts: Counts::default(),
            visited: 0,
        }
    }

    /// Makes one operation of the [`Requests`](super::Requests) the machine was set up with, in their order.
    #[inline(always)]
    pub fn step(&mut self, op: Op) -> Outcome {
        self.witnessed(op, &mut Silent)
    }

    /// Makes one operation before a witness.
    #[inline(always)]
    pub fn witnessed<W: Witness>(&mut self, op: Op, tell: &mut W) -> Outcome {
        self.counts.ops += 1;
        match op {
            Op::Alloc { id, size } => self.allocate(id, size, tell),
            Op::Free { id } => self.free(id, tell),
            Op::Compact => Outcome::Compacted { bytes: self.compact(tell) },
        }
    }

    #[inline(always)]
    fn allocate<W: Witness>(&mut self, id: RequestId, size: u64, tell: &mut W) -> Outcome {
        self.counts.allocs += 1;
        let request = Request { id, size, bytes: self.rules.raw_bytes(size) };
        let mut answer = self.policy.allocate(request, tell);
        if P::MOVES && self.compaction == Compaction::OnFailure {
            answer = answer.or_else(|refusal| self.compact_and_retry(request, refusal, tell));
        }
        match answer {
            Ok(grant) => self.place(request, grant),
            Err(refusal) => self.fail(request, refusal),
        }
    }

    #[inline(always)]
    fn place(&mut self, request: Request, Grant { block, searched }: Grant) -> Outcome {
        self.search(searched);
        self.hold(request.id, Held { block, asked: request.size });
        let counts = &mut self.counts;
        counts.live += 1;
        counts.allocated_bytes += block.size;
        counts.requested_bytes += request.size;
        counts.allocated_bytes_peak = counts.allocated_bytes_peak.max(counts.allocated_bytes);
        counts.requested_bytes_peak = counts.requested_bytes_peak.max(counts.requested_bytes);
        Outcome::Placed { block, searched }
    }

    #[inline(always)]
    fn hold(&mut self, id: RequestId, held: Held) {
        if let Some(place) = self.spare.pop() {
            self.held[place as usize] = held;
            self.place_of[id] = place;
        } else {
            // No more are held than were asked for, and those fit u32.
            self.place_of[id] = u32::try_from(self.held.len()).unwrap_or(NOWHERE);
            self.held.push(held);
        }
    }

    #[cold]
    fn fail(&mut self, request: Request, Refusal { searched }: Refusal) -> Outcome {
        self.search(searched);
        let compactable = self.policy.free_bytes() >= request.bytes;
        self.counts.failed += 1;
        self.counts.failed_compactable += u64::from(compactable);
        Outcome::Failed { searched, compactable }
    }

    #[inline(always)]
    fn search(&mut self, searched: u32) {
        self.counts.searched += u64::from(searched);
        self.counts.searched_max = self.counts.searched_max.max(searched);
    }

    #[inline(always)]
    fn free<W: Witness>(&mut self, id: RequestId, tell: &mut W) -> Outcome {
        let place = std::mem::replace(&mut self.place_of[id], NOWHERE);
        if place == NOWHERE {
            return Outcome::Nothing;
        }
        self.spare.push(place);
        let Held { block, asked } = self.held[place as usize];
        self.policy.free(block, tell);
        self.counts.frees += 1;
        self.counts.live -= 1;
        self.counts.allocated_bytes -= block.size;
        self.counts.requested_bytes -= asked;
        if P::MOVES
            && let Compaction::Beyond(threshold) = self.compaction
        {
            self.compact_beyond(threshold, tell);
        }
        Outcome::Freed { block }
    }

    #[cold]
    fn compact_and_retry<W: Witness>(
        &mut self,
        request: Request,
        refusal: Refusal,
        tell: &mut W,
    ) -> Result<Grant, Refusal> {
        let free = self.policy.free_bytes();
        if free < request.bytes {
            tell.say(|| format!("Compaction would not help: {} are free", many(free, "byte")));
            return Err(refusal);
        }
        self.compact(tell);
        let before = refusal.searched;
        match self.policy.allocate(request, tell) {
            Ok(grant) => Ok(Grant { searched: grant.searched + before, ..grant }),
            Err(refusal) => Err(Refusal { searched: refusal.searched + before }),
        }
    }

    fn compact_beyond<W: Witness>(&mut self, threshold: f64, tell: &mut W) {
        let fragmentation =
            external_fragmentation(self.policy.free_bytes(), self.policy.largest_hole());
        if fragmentation > threshold {
            tell.say(|| {
                format!("External fragmentation is {fragmentation:.2}, more than {threshold}")
            });
            self.compact(tell);
        }
    }

    /// Slides the blocks to the beginning of memory, in the order of their addresses; returns the bytes moved.
    fn compact<W: Witness>(&mut self, tell: &mut W) -> u64 {
        if !P::MOVES {
            tell.say(|| format!("{} cannot move blocks", P::TITLE));
            return 0;
        }
        let mut live: Vec<RequestId> = self.blocks().map(|(id, _)| id).collect();
        self.visited += self.counts.allocs + live.len() as u64;
        live.sort_unstable_by_key(|&id| self.held[self.place_of[id] as usize].block.address);
        let (mut end, mut moves, mut bytes) = (self.memory.address, Vec::new(), 0);
        for id in live {
            let block = &mut self.held[self.place_of[id] as usize].block;
            if block.address != end {
                moves.push(Slide { id, from: block.address, to: end });
                bytes += block.size;
                block.address = end;
            }
            end += block.size;
        }
        let hole = (end < self.memory.end()).then(|| Span::new(end, self.memory.end() - end));
        self.policy.compacted(hole);
        self.counts.compactions += u64::from(!moves.is_empty());
        self.counts.moved_blocks += moves.len() as u64;
        self.counts.moved_bytes += bytes;
        tell.slid(&moves, bytes, hole);
        bytes
    }

    /// This moment, to come back to.
    pub(crate) fn remember(&self) -> Moment<P> {
        let held = self.places().map(|(id, place)| (id, self.held[place]));
        Moment { policy: self.policy.clone(), held: held.collect(), counts: self.counts }
    }

    /// Goes to a moment of this machine.
    pub(crate) fn recall(&mut self, moment: &Moment<P>) {
        self.place_of.fill(NOWHERE);
        self.held.clear();
        self.spare.clear();
        for &(id, held) in &moment.held {
            self.hold(id, held);
        }
        self.policy = moment.policy.clone();
        self.counts = moment.counts;
    }

    /// The block that a request holds.
    pub fn block(&self, id: RequestId) -> Option<Block> {
        self.held.get(self.place_of[id] as usize).map(|held| held.block)
    }

    /// Every request that holds a block, with it, in the order of asking.
    pub fn blocks(&self) -> impl Iterator<Item = (RequestId, Block)> {
        self.places().map(|(id, place)| (id, self.held[place].block))
    }

    /// Every request that holds a block, with its place in `held`.
    fn places(&self) -> impl Iterator<Item = (RequestId, usize)> {
        // Ids beyond those that were asked for hold nothing yet.
        let asked = usize::try_from(self.counts.allocs).unwrap_or(usize::MAX);
        let places = self.place_of.iter().take(asked);
        places.filter_map(|(id, &place)| (place != NOWHERE).then_some((id, place as usize)))
    }

    /// What happened so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Requests and blocks that compactions went through so far, which the host did one after the other.
    pub(crate) fn visited(&self) -> u64 {
        self.visited
    }

    /// The memory.
    pub fn memory(&self) -> Span {
        self.memory
    }

    /// How sizes become blocks.
    pub fn rules(&self) -> Rules {
        self.rules
    }

    /// The policy.
    pub fn policy(&self) -> &P {
        &self.policy
    }
}

/// The part of the free bytes that is not in the largest hole, 0..1: 1 − largest / free, and 0 where nothing is free.
#[expect(clippy::cast_precision_loss, reason = "addresses are below 2^53")]
pub(crate) fn external_fragmentation(free: u64, largest: u64) -> f64 {
    if free == 0 { 0.0 } else { 1.0 - largest as f64 / free as f64 }
}
