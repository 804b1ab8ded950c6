//! Segments in memory: processes arrive, grow, are refused, swap out and in, and end; memory is compacted on request.
//!
//! ```text
//!   text ──▶ Script ──▶ Engine ──▶ Step (holes looked at, moves, sentence, map) ──▶ Simulation
//!                         │ ▲
//!      holes and a size   ▼ │   the hole
//!                        choose: first, next, best, worst
//! ```
//!
//! A process is placed whole or not at all: each of its segments goes into one hole, in the order in which the script names
//! them. What is freed joins the free bytes beside it at once. A segment grows where it is if the bytes beside it are
//! free, heap upwards and stack downwards, and is moved to a hole of its new size otherwise. Moving costs as many
//! bytes as the segment had; so does compaction, which slides all segments to the low end in their order.

mod engine;
mod error;
mod fit;
mod map;
mod script;
mod simulation;
mod telling;

pub use error::Error;
pub use fit::{Choice, Fit, Hole, choose};
pub use map::{Resident, Scene, Swapped};
pub use script::{Action, Event, Part, Place, Script};
pub use simulation::{Counts, Move, Outcome, Placement, Search, Simulation, State, Step};

use crate::segments::MAX_BYTES;

/// The most events of a script.
pub const MAX_EVENTS: usize = 2000;

/// The most rows of all maps together: every step shows every segment and every hole.
pub const MAX_ROWS: usize = 200_000;

/// A question to the lab.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Physical memory in bytes, at least 1.
    pub memory_bytes: u64,
    /// The swap area in bytes; `None` where it is as large as it need be.
    pub swap_bytes: Option<u64>,
    /// Which hole a segment goes into.
    pub fit: Fit,
    /// What the processes do.
    pub script: Script,
}

/// The lab's first preset: four processes in 1024 bytes.
const PRESET: &str = "\
arrive p1 code=100 data=80 heap=60 stack=40
arrive p2 code=190 data=80 heap=30 stack=50
grow p1 heap 60
access p1 heap 90 write
arrive p3 code=120 data=60 stack=40
access p2 code 10 write
arrive p4 code=180 data=90
swap-out p2
arrive p4 code=180 data=90
end p1
grow p4 data 30
swap-in p2
compact
swap-in p2
access p2 stack -50 write
end p3
";

impl Problem {
    /// `ramscope sim segments` without arguments: four processes in 1024 bytes, by first fit. One finds no room; another is
    /// swapped out for it, and comes back only after a compaction, though enough was free before.
    ///
    /// # Errors
    /// None in practice: the script is within every bound.
    pub fn preset() -> Result<Problem, Error> {
        let script = Script::parse(PRESET.as_bytes())?;
        Ok(Problem { memory_bytes: 1024, swap_bytes: None, fit: Fit::First, script })
    }
}

/// Lets the processes live, and writes down every step.
///
/// # Errors
/// [`Error::Memory`], [`Error::Empty`], [`Error::TooMuch`], and [`Error::Script`] where an event cannot be at all: a process
/// that is not there, a name that is taken, a segment that the process has not, or one that is larger than memory.
pub fn simulate(problem: &Problem) -> Result<Simulation, Error> {
    if !(1..=MAX_BYTES).contains(&problem.memory_bytes) {
        return Err(Error::Memory { memory_bytes: problem.memory_bytes });
    }
    engine::Engine::new(problem).run()
}
