//! Processes in frames: how processes of any size live in a memory that is too small for all of them.
//!
//! ```text
//!   text ──▶ Script ──▶ Engine ──▶ Step (changes, sentence) ──▶ Simulation ──▶ Scene at any step
//!                         │ ▲
//!            touches, as  ▼ │  hit, frame, victim, what was compared
//!            references  paging::Steps, any policy of the registry
//! ```
//!
//! Paging is by demand: an arriving process has a page table and nothing in memory; a touch of a page that is not
//! resident faults and brings it in. Replacement is global: the policy sees the pages of all processes alike. A dirty
//! page that leaves is copied to the swap area; a clean one is dropped, since its program's file or its slot still has it.
//!
//! Not every policy of [`paging`](crate::paging) can be told that a page has left with its process. So that all are treated
//! alike, when a process with resident pages ends, the policy begins anew: it is shown the pages that stay, as references, in the order in which it lists them itself (by load
//! or by use). For FIFO, LRU, MRU and OPT (its ties not by frame) that is exact; other policies forget bits, counts and hands, and the step says so.

mod engine;
mod error;
mod script;
mod simulation;
mod state;
pub(crate) mod telling;
pub(crate) mod text;

pub use error::Error;
pub use script::{Action, Event, Page, Process, ProcessId, Script};
pub use simulation::{Counts, Owned, Simulation, Step};
pub use state::{FrameSlot, PageTable, Scene, SwapSlot, TableEntry};
pub use text::TextError;

use crate::paging::Convention;

/// The most frames of this lab: it draws each of them. Larger memories are for [`paging::run`](crate::paging::run).
pub const MAX_FRAMES: u64 = 4096;

/// The most events of a script.
pub const MAX_EVENTS: usize = 10_000;

/// The most processes of the default script: two events each.
pub const MAX_PROCESSES: u64 = 5000;

/// The most pages of all processes of a script together: each has an entry in a page table.
pub const MAX_PAGES: u32 = 65_536;

/// A question to the lab.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Physical memory in bytes, a whole number of pages.
    pub memory_bytes: u64,
    /// The page size in bytes, at least 1.
    pub page_bytes: u64,
    /// The name of the replacement policy.
    pub policy: String,
    /// The values of its parameters.
    pub convention: Convention,
    /// What the processes do.
    pub script: Script,
}

impl Problem {
    /// The lab's first preset, and `ramscope sim paging` without arguments: 1024 bytes in pages of 64, FIFO, and 20 processes
    /// of one page each. 16 are placed in free frames; the last 4 must replace.
    ///
    /// # Errors
    /// None in practice: the numbers are within every bound.
    pub fn preset() -> Result<Problem, Error> {
        Ok(Problem {
            memory_bytes: 1024,
            page_bytes: 64,
            policy: "fifo".to_owned(),
            convention: Convention::default(),
            script: Script::arrivals(20)?,
        })
    }

    /// How many frames the memory has.
    ///
    /// # Errors
    /// [`Error::Split`], [`Error::Frames`].
    pub fn frames(&self) -> Result<usize, Error> {
        let Problem { memory_bytes, page_bytes, .. } = *self;
        if page_bytes == 0 || memory_bytes == 0 || !memory_bytes.is_multiple_of(page_bytes) {
            return Err(Error::Split { memory_bytes, page_bytes });
        }
        match memory_bytes / page_bytes {
            frames if frames > MAX_FRAMES => Err(Error::Frames { frames }),
            frames => Ok(usize::try_from(frames).unwrap_or(usize::MAX)),
        }
    }
}

/// Lets the processes live, and writes down every step.
///
/// # Errors
/// [`Error::Split`], [`Error::Frames`], [`Error::Empty`], and [`Error::Paging`] for an unknown policy.
pub fn simulate(problem: &Problem) -> Result<Simulation, Error> {
    engine::Engine::new(problem)?.run()
}
