//! Stepping through a list of requests in both directions, with a sentence a step.
//!
//! Going back is a replay: checkpoints of the whole machine stand at even distances, and the operations between the
//! nearest one and the wanted step are made again, silently. The machine is deterministic, so the state is the same.

use std::ops::Deref;

use serde::ser::{Serialize, Serializer};

use super::error::Error;
use super::machine::{Counts, Machine, Moment, Outcome};
use super::policy::{Policy, Setup};
use super::requests::{Op, Requests};
use super::run::{OpStep, told};
use super::span::Span;
use super::view::View;

/// The most checkpoints of one stepper, and the bytes they may take together, roughly.
const CHECKPOINTS: usize = 64;
const CHECKPOINT_BYTES: usize = 24 << 20;

/// The least operations between two checkpoints.
const SPACING: usize = 32;

/// Entries of a list that are looked through in the time of an operation whose hole is found at once, as measured: 1.3 ns
/// each, and about 0.3 µs an operation with its numbers.
const ENTRIES_AN_OPERATION: u64 = 256;

/// Entries of free lists and of views after which a window ends: about 10 MB of JSON.
const WINDOW_ENTRIES: usize = 300_000;

/// A block that is held: what the map draws. In JSON `[id, first byte, bytes, bytes asked for]`, the block raw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The request.
    pub id: u64,
    /// Its raw block, header and padding included.
    pub block: Span,
    /// The address that the program has.
    pub address: u64,
    /// The bytes it asked for, from there on.
    pub size: u64,
}

impl Serialize for Held {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.id, self.block.address, self.block.size, self.size).serialize(serializer)
    }
}

/// Memory at a place of the list: what a stretch of steps goes on from.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Before {
    /// Operations made.
    pub ops: u64,
    /// The blocks that are held, by address.
    pub blocks: Vec<Held>,
    /// What is free, in the policy's own order.
    pub free_list: Vec<Span>,
    /// The policy's own state, where it was wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view: Option<View>,
}

/// What every stepper does, whatever its policy.
pub trait Steps {
    /// Makes the next operation; `None` at the end of the list.
    fn forward(&mut self) -> Option<OpStep>;
    /// Goes to the state after `position` operations (0: all is free) and returns the step that led there. A position
    /// past the end is the end.
    fn seek(&mut self, position: usize) -> Option<OpStep>;
    /// Goes to the state after `position` operations in silence, with at most so much work: operations whose hole is found at
    /// once, and as much again for what is looked through one by one. Says how much it was.
    ///
    /// # Errors
    /// [`Error::TooMuchWork`]; it then stands on the way.
    fn reach(&mut self, position: usize, most: u64) -> Result<u64, Error>;
    /// Operations made so far.
    fn position(&self) -> usize;
    /// Operations in the list.
    fn len(&self) -> usize;
    /// Whether the list has none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The host's memory that it takes with its checkpoints, roughly.
    fn bytes(&self) -> usize;
    /// The counts so far.
    fn counts(&self) -> Counts;
    /// The policy's own state.
    fn view(&self) -> View;
    /// The blocks that are held, by address.
    fn blocks(&self) -> Vec<Held>;
    /// What is free, in the policy's own order.
    fn holes(&self) -> Vec<Span>;
    /// One step back: the step that led to where it stands then, `None` at the beginning.
    fn back(&mut self) -> Option<OpStep> {
        self.seek(self.position().saturating_sub(1))
    }
    /// Memory as it stands.
    fn before(&self, views: bool) -> Before {
        Before {
            ops: self.position() as u64,
            blocks: self.blocks(),
            free_list: self.holes(),
            view: views.then(|| self.view()),
        }
    }
    /// The steps after the first `from` operations, at most `len` of them, and fewer where what they hold is long; it stands behind the last of them then. With `views` each holds the policy's state after it.
    fn window(&mut self, from: usize, len: usize, views: bool) -> (Before, Vec<OpStep>) {
        self.seek(from);
        let before = self.before(views);
        let (mut steps, mut entries) = (Vec::new(), 0);
        while steps.len() < len && entries < WINDOW_ENTRIES {
            let Some(mut step) = self.forward() else { break };
            step.view = views.then(|| self.view());
            entries += step.free_list.len() + step.view.as_ref().map_or(0, View::entries);
            steps.push(step);
        }
        (before, steps)
    }
}

/// A machine that can go back, over a list that it borrows or shares.
#[derive(Debug, Clone)]
pub struct Stepper<R, P> {
    requests: R,
    machine: Machine<P>,
    /// The machine after `index × spacing` operations.
    checkpoints: Vec<Moment<P>>,
    spacing: usize,
    position: usize,
    bytes: Bytes,
    /// What the silent operations cost so far, in operations whose hole is found at once.
    work: u64,
}

/// What a stepper takes of the host's memory, roughly: a block that is held, and the hole or node beside it.
#[derive(Debug, Clone, Copy)]
struct Bytes {
    /// The machine itself, with a place for every request.
    machine: usize,
    /// A checkpoint, with those alone that hold a block.
    checkpoint: usize,
}

impl Bytes {
    fn of(requests: &Requests) -> Bytes {
        let checkpoint = 112 * requests.most_live() + 4096;
        Bytes { machine: 4 * requests.ids() + checkpoint, checkpoint }
    }
}

impl<R: Deref<Target = Requests>, P: Policy> Stepper<R, P> {
    /// A stepper before the first operation of a problem that [`setup`](super::setup) checked; `requests` are its list.
    pub fn new(setup: &Setup<'_>, requests: R) -> Stepper<R, P> {
        let machine = Machine::new(setup);
        let bytes = Bytes::of(&requests);
        let checkpoints = (CHECKPOINT_BYTES / bytes.checkpoint).clamp(1, CHECKPOINTS);
        Stepper {
            checkpoints: vec![machine.remember()],
            spacing: (requests.len() / checkpoints).max(SPACING),
            requests,
            machine,
            position: 0,
            bytes,
            work: 0,
        }
    }

    /// The machine where it stands.
    pub(super) fn machine(&self) -> &Machine<P> {
        &self.machine
    }

    /// Makes the next operation and says nothing of it; `None` at the end of the list.
    pub(super) fn step(&mut self) -> Option<(Op, Outcome)> {
        let op = self.requests.get(self.position)?;
        let visited = self.machine.visited();
        let outcome = self.machine.step(op);
        let visited = self.machine.visited() - visited + self.machine.policy().effort();
        self.work += 1 + visited / ENTRIES_AN_OPERATION;
        self.arrive();
        Some((op, outcome))
    }

    /// What all silent operations cost so far, in operations whose hole is found at once.
    pub(super) fn work(&self) -> u64 {
        self.work
    }

    /// Goes back to the nearest checkpoint where that is nearer to a position than where it stands.
    fn approach(&mut self, position: usize) {
        let checkpoint = (position / self.spacing).min(self.checkpoints.len() - 1) * self.spacing;
        if self.position > position || self.position < checkpoint {
            self.rewind(position);
        }
    }

    /// Notes that an operation was made, and keeps a checkpoint where one is due.
    #[inline(always)]
    fn arrive(&mut self) {
        self.position += 1;
        if self.position == self.checkpoints.len() * self.spacing {
            self.checkpoints.push(self.machine.remember());
        }
    }

    /// Goes back to the last checkpoint that is not after `position`.
    fn rewind(&mut self, position: usize) {
        let nearest = (position / self.spacing).min(self.checkpoints.len() - 1);
        self.machine.recall(&self.checkpoints[nearest]);
        self.position = nearest * self.spacing;
    }
}

impl<R: Deref<Target = Requests>, P: Policy> Steps for Stepper<R, P> {
    fn forward(&mut self) -> Option<OpStep> {
        let op = self.requests.get(self.position)?;
        let (step, _) = told(&mut self.machine, op, &self.requests, false);
        self.arrive();
        Some(step)
    }

    fn seek(&mut self, position: usize) -> Option<OpStep> {
        let position = position.min(self.requests.len());
        let before = position.saturating_sub(1);
        self.approach(before);
        while self.position < before && self.step().is_some() {}
        if position == 0 { None } else { self.forward() }
    }

    fn reach(&mut self, position: usize, most: u64) -> Result<u64, Error> {
        let position = position.min(self.requests.len());
        self.approach(position);
        let before = self.work;
        while self.position < position && self.step().is_some() {
            if self.work - before > most {
                return Err(Error::TooMuchWork {
                    policy: P::TITLE,
                    op: self.position,
                    ops: self.requests.len(),
                });
            }
        }
        Ok(self.work - before)
    }

    fn position(&self) -> usize {
        self.position
    }

    fn len(&self) -> usize {
        self.requests.len()
    }

    fn bytes(&self) -> usize {
        self.bytes.machine + self.checkpoints.len() * self.bytes.checkpoint
    }

    fn counts(&self) -> Counts {
        self.machine.counts()
    }

    fn view(&self) -> View {
        self.machine.policy().view()
    }

    fn blocks(&self) -> Vec<Held> {
        let header = self.machine.rules().header;
        let blocks = self.machine.blocks().map(|(id, block)| Held {
            id: self.requests.name(id),
            block: block.span(),
            address: block.address + header,
            size: self.requests.size(id),
        });
        let mut blocks: Vec<Held> = blocks.collect();
        blocks.sort_unstable_by_key(|held| held.block);
        blocks
    }

    fn holes(&self) -> Vec<Span> {
        self.machine.policy().holes().collect()
    }
}
