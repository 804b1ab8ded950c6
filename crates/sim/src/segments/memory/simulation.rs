//! What came of a script: where each segment is at the end, the counts, and every step with its map.

use serde::Serialize;

use super::fit::{Fit, Hole};
use super::map::Scene;
use crate::segments::Kind;
use crate::segments::translation::{Segment, Translation};

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// There was no room.
    Refused,
    /// The access trapped.
    Trap,
    /// There was nothing to do: the process was refused, or is already where it is to go.
    Nothing,
}

/// Where a segment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// In memory.
    Memory,
    /// In the swap area.
    Swap,
    /// Nowhere: its process has ended.
    Ended,
    /// Nowhere: its process was refused when it arrived.
    Refused,
}

/// A segment, and where it is at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Placement {
    /// Its number, from 0 in order of arrival.
    pub segment: u32,
    /// Its owner.
    pub process: String,
    /// What it holds.
    pub kind: Kind,
    /// Its lowest byte; `None` where it is not in memory.
    pub base: Option<u64>,
    /// Its size in bytes.
    pub limit: u64,
    /// Whether its process was refused when it arrived.
    pub refused: bool,
    /// Where it is.
    pub state: State,
}

/// A search for a hole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Search {
    /// The segment that is to be placed.
    pub segment: u32,
    /// What it holds.
    pub kind: Kind,
    /// The bytes that are looked for.
    pub size_bytes: u64,
    /// The holes that were looked at, in that order.
    pub looked: Vec<Hole>,
    /// The one that was taken, as it was then; `None` where none is large enough.
    pub chosen: Option<Hole>,
    /// What is left of it.
    pub left_bytes: Option<u64>,
}

/// A segment that was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Move {
    /// The segment.
    pub segment: u32,
    /// Its lowest byte before.
    pub from: u64,
    /// Its lowest byte after.
    pub to: u64,
    /// The bytes that were copied.
    pub size_bytes: u64,
}

/// One event and all that it caused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its number in the script, from 1.
    pub index: u64,
    /// The event as the script writes it.
    pub event: String,
    /// Whose event it is; `None` for a compaction.
    pub process: Option<String>,
    /// `arrive`, `grow`, `access`, `swap-out`, `swap-in`, `end` or `compact`.
    pub action: &'static str,
    /// What became of it.
    pub outcome: Outcome,
    /// The searches for holes.
    pub searches: Vec<Search>,
    /// What was moved within memory.
    pub moves: Vec<Move>,
    /// The bytes of those moves.
    pub moved_bytes: u64,
    /// The segment table of the process that makes an access; empty for every other event.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub table: Vec<Segment>,
    /// The translation of an access.
    pub translation: Option<Translation>,
    /// Memory and swap area afterwards.
    pub map: Scene,
    /// What happened and why, in sentences.
    pub explain: String,
}

/// What happened in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Processes that arrived, refused ones too.
    pub arrivals: u64,
    /// Of those, the ones that were refused.
    pub arrivals_refused: u64,
    /// Segments that grew where they were.
    pub grown_in_place: u64,
    /// Segments that were moved to grow.
    pub grown_by_move: u64,
    /// Segments that could not grow.
    pub growths_refused: u64,
    /// Accesses.
    pub accesses: u64,
    /// Of those, the ones that trapped.
    pub traps: u64,
    /// Processes that went to the swap area.
    pub swap_outs: u64,
    /// Processes that came back.
    pub swap_ins: u64,
    /// Processes that could not go or come back.
    pub swaps_refused: u64,
    /// Processes that ended.
    pub ends: u64,
    /// Compactions.
    pub compactions: u64,
    /// The bytes that growth and compaction moved.
    pub moved_bytes: u64,
}

/// The life of the processes of a script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Simulation {
    /// Physical memory in bytes.
    pub memory_bytes: u64,
    /// The swap area in bytes; `None` where it is as large as it need be.
    pub swap_bytes: Option<u64>,
    /// Which hole a segment goes into.
    pub fit: Fit,
    /// Every segment that ever asked for memory, in order of arrival, and where it is at the end.
    pub placements: Vec<Placement>,
    /// What happened in all.
    #[serde(flatten)]
    pub counts: Counts,
    /// Memory and swap area at the end.
    #[serde(flatten)]
    pub scene: Scene,
    /// Every step.
    pub steps: Vec<Step>,
}

impl Simulation {
    /// Memory and swap area after `position` steps: 0 is the empty memory before the first, a position past the end is the
    /// end.
    pub fn at(&self, position: usize) -> Scene {
        match position.min(self.steps.len()).checked_sub(1) {
            Some(index) => self.steps[index].map.clone(),
            None => Scene {
                holes: vec![Hole { base: 0, size_bytes: self.memory_bytes }],
                free_bytes: self.memory_bytes,
                largest_hole_bytes: self.memory_bytes,
                ..Scene::default()
            },
        }
    }
}
