//! What came of a script: the counts, every step, and memory as it stood after any of them.

use serde::Serialize;

use super::script::{Page, Script};
use super::state::{Change, FrameSlot, Scene, State, SwapSlot};
use crate::paging::Used;

/// The most checkpoints of one simulation.
const CHECKPOINTS: usize = 16;

/// A page with its owner's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Owned {
    /// The owner.
    pub process: String,
    /// The number of its page.
    pub page: u32,
}

impl Owned {
    pub(crate) fn of(script: &Script, page: Page) -> Owned {
        Owned { process: script.process(page.process).name.clone(), page: page.number }
    }
}

/// One event and all that it caused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its number in the script, from 1.
    pub index: u64,
    /// The event as the script writes it.
    pub event: String,
    /// Whose event it is.
    pub process: String,
    /// `arrive`, `touch`, `write` or `end`.
    pub action: &'static str,
    /// The page that is touched or written; `None` for an arrival and an end.
    pub page: Option<u32>,
    /// Whether that page was resident; `None` for an arrival and an end.
    pub hit: Option<bool>,
    /// The frame it is in now.
    pub frame: Option<u32>,
    /// The page that left this frame for it.
    pub victim: Option<Owned>,
    /// Pages that left without being replaced, by policies that give frames back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub released: Vec<Owned>,
    /// The slot from which the page was read back.
    pub swapped_in: Option<u32>,
    /// The slots to which dirty pages went.
    pub swapped_out: Vec<SwapSlot>,
    /// The frames that hold something else than before, as they are now.
    pub frames_changed: Vec<FrameSlot>,
    /// The slots that hold something else than before, as they are now.
    pub swap_changed: Vec<SwapSlot>,
    /// What happened and why, in sentences.
    pub explain: String,
}

/// What happened in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Touches and writes.
    pub references: u64,
    /// Of those, the ones that found their page not resident.
    pub faults: u64,
    /// Of those, the ones that found it resident.
    pub hits: u64,
    /// Faults whose page went into a free frame.
    pub placed: u64,
    /// Faults whose page replaced another.
    pub replaced: u64,
    /// Faults whose page was read back from the swap area.
    pub swap_ins: u64,
    /// Dirty pages copied to the swap area.
    pub swap_outs: u64,
}

/// The life of the processes of a script.
#[derive(Debug, Clone, Serialize)]
pub struct Simulation {
    /// The replacement policy.
    pub policy: &'static str,
    /// Every parameter the numbers depend on.
    pub convention: Used,
    /// Physical memory in bytes.
    pub memory_bytes: u64,
    /// The page size in bytes.
    pub page_bytes: u64,
    /// What happened in all.
    #[serde(flatten)]
    pub counts: Counts,
    /// Memory at the end.
    #[serde(flatten)]
    pub scene: Scene,
    /// Every step.
    pub steps: Vec<Step>,
    #[serde(skip)]
    past: Past,
}

impl Simulation {
    pub(crate) fn new(
        (policy, convention): (&'static str, Used),
        (memory_bytes, page_bytes): (u64, u64),
        counts: Counts,
        steps: Vec<Step>,
        past: Past,
    ) -> Simulation {
        let scene = past.at(steps.len());
        Simulation { policy, convention, memory_bytes, page_bytes, counts, scene, steps, past }
    }

    /// Memory after `position` steps: 0 is the empty memory before the first, a position past the end is the end.
    pub fn at(&self, position: usize) -> Scene {
        self.past.at(position)
    }
}

/// The changes of every step, and the state at even distances: what is between is made again.
#[derive(Debug, Clone)]
pub(crate) struct Past {
    script: Script,
    changes: Vec<Vec<Change>>,
    checkpoints: Vec<State>,
    spacing: usize,
}

impl Past {
    pub(crate) fn new(frames: usize, script: &Script) -> Past {
        let start = State::new(frames, script);
        let spacing = (script.events().len() / CHECKPOINTS).max(32);
        Past { script: script.clone(), changes: Vec::new(), checkpoints: vec![start], spacing }
    }

    /// Notes the changes of the next step, and the state they led to.
    pub(crate) fn push(&mut self, changes: Vec<Change>, state: &State) {
        self.changes.push(changes);
        if self.changes.len() == self.checkpoints.len() * self.spacing {
            self.checkpoints.push(state.clone());
        }
    }

    fn at(&self, position: usize) -> Scene {
        let position = position.min(self.changes.len());
        let nearest = (position / self.spacing).min(self.checkpoints.len() - 1);
        let mut state = self.checkpoints[nearest].clone();
        for changes in &self.changes[nearest * self.spacing..position] {
            changes.iter().for_each(|&change| state.apply(change, &self.script));
        }
        state.scene(&self.script)
    }
}
