//! Stepping through a list of requests in both directions, with a sentence a step.
//!
//! Going back is a replay: checkpoints of the whole machine stand at even distances, and the operations between the
//! nearest one and the wanted step are made again, silently. The machine is deterministic, so the state is the same.

use serde::Serialize;

use super::machine::{Counts, Machine};
use super::policy::{Policy, Setup};
use super::requests::Requests;
use super::run::{OpStep, told};
use super::span::Span;
use super::view::View;

/// The most checkpoints of one stepper, and the bytes they may take together, roughly.
const CHECKPOINTS: usize = 64;
const CHECKPOINT_BYTES: usize = 64 << 20;

/// The least operations between two checkpoints.
const SPACING: usize = 32;

/// Entries of free lists and of views after which a window ends: about 10 MB of JSON.
const WINDOW_ENTRIES: usize = 300_000;

/// A block that is held: what the map draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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

/// Memory at a place of the list: what a stretch of steps goes on from.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    /// Operations made so far.
    fn position(&self) -> usize;
    /// Operations in the list.
    fn len(&self) -> usize;
    /// Whether the list has none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
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

/// A machine that can go back.
#[derive(Debug, Clone)]
pub struct Stepper<'a, P> {
    requests: &'a Requests,
    machine: Machine<P>,
    /// The machine after `index × spacing` operations.
    checkpoints: Vec<Machine<P>>,
    spacing: usize,
    position: usize,
}

impl<'a, P: Policy> Stepper<'a, P> {
    /// A stepper before the first operation of a problem that [`setup`](super::setup) checked.
    pub fn new(setup: &Setup<'a>) -> Stepper<'a, P> {
        let machine = Machine::new(setup);
        let bytes = 48 * setup.requests.ids() + 64 * setup.requests.most_live() + 4096;
        let checkpoints = (CHECKPOINT_BYTES / bytes).clamp(1, CHECKPOINTS);
        Stepper {
            requests: setup.requests,
            checkpoints: vec![machine.clone()],
            spacing: (setup.requests.len() / checkpoints).max(SPACING),
            machine,
            position: 0,
        }
    }

    /// Notes that an operation was made, and keeps a checkpoint where one is due.
    fn arrive(&mut self) {
        self.position += 1;
        if self.position == self.checkpoints.len() * self.spacing {
            self.checkpoints.push(self.machine.clone());
        }
    }

    /// Goes back to the last checkpoint that is not after `position`.
    fn rewind(&mut self, position: usize) {
        let nearest = (position / self.spacing).min(self.checkpoints.len() - 1);
        self.machine = self.checkpoints[nearest].clone();
        self.position = nearest * self.spacing;
    }
}

impl<P: Policy> Steps for Stepper<'_, P> {
    fn forward(&mut self) -> Option<OpStep> {
        let op = self.requests.get(self.position)?;
        let (step, _) = told(&mut self.machine, op, self.requests, false);
        self.arrive();
        Some(step)
    }

    fn seek(&mut self, position: usize) -> Option<OpStep> {
        let position = position.min(self.requests.len());
        let before = position.saturating_sub(1);
        let checkpoint = (before / self.spacing).min(self.checkpoints.len() - 1) * self.spacing;
        if self.position > before || self.position < checkpoint {
            self.rewind(before);
        }
        while self.position < before {
            let Some(op) = self.requests.get(self.position) else { break };
            self.machine.step(op);
            self.arrive();
        }
        if position == 0 { None } else { self.forward() }
    }

    fn position(&self) -> usize {
        self.position
    }

    fn len(&self) -> usize {
        self.requests.len()
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
