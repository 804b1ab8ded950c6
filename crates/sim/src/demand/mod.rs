//! Demand paging with several processes: who runs while another waits for its page, and how it comes to thrashing.
//!
//! ```text
//!   Workload ──▶ Engine ──▶ Step (sentence, queues, frames), Samples ──▶ Simulation
//!   (strings)     │  ▲  └──▶ Totals a degree of multiprogramming ──────▶ Thrashing        (`curve`, without steps)
//!     references  ▼  │  what left, what was compared
//!            paging::Govern: any policy of the registry, one for all processes or one each
//! ```
//!
//! **The CPU** runs one process at a time, round robin, `cpu.quantum` references each. A reference to a page in memory costs
//! `cpu.memory_ns`. A page fault costs the CPU `cpu.fault_ns`, and its process waits for the disk while others run.
//!
//! **The disk** serves one request after the other: `disk.read_ns` for the page, `disk.write_ns` before it for each dirty
//! page that leaves for it, `disk.transfer_ns` for each page read ahead. The victim is chosen when the disk takes the request
//! up. Pages that leave without a fault, by a shrinking set or a suspension, are written in a request of their own; their
//! frames are free at once.
//!
//! **The swap area**: a dirty page gets the lowest free slot when it first leaves and keeps it until its process ends. A clean
//! page is dropped, since its slot or its program's file has it. A page is written when it leaves: what a policy cleans
//! earlier counts then.
//!
//! **A policy** is asked for a reference when it is made, or, on a fault, when the disk takes the request up. Under local
//! replacement each process has one to itself, which counts the process's own references and begins anew when the process
//! comes back from a suspension.
//!
//! What happens at the same moment has an order: the disk's finished request, its next request, then the CPU.

mod allocation;
mod control;
mod curve;
mod disk;
mod engine;
mod error;
mod frames;
mod free;
mod log;
mod report;
mod settings;
mod working_set;
mod workload;

pub use allocation::{Allocation, Spare, shares};
pub use curve::{Curve, Point, Thrashing, curve};
pub use error::Error;
pub use log::{FrameSlot, Gone, Kind, Sample, Step};
pub use report::{ProcessReport, Simulation, Totals};
pub use settings::{PARAMETERS, set};
pub use working_set::working_set_sizes;
pub use workload::{Locality, Process, Workload};

use crate::paging::Convention;
use crate::paging::registry::{self, Entry, POLICIES};
use crate::prose::time;
use engine::Engine;
use settings::{CONTROL, Control, READAHEAD, Settings};

/// The most processes of a workload.
pub const MAX_PROCESSES: usize = 64;

/// The most references of all processes together.
pub const MAX_REFERENCES: usize = 10_000_000;

/// The most frames: where sets vary, each process's tables are as large as memory.
pub const MAX_FRAMES: usize = 16_384;

/// The most steps that one simulation keeps; the others are counted.
pub const MAX_STEPS: usize = 10_000;

/// The most steps that may stand before those that are kept: all of them are told, as each builds on those before.
pub const MAX_STEPS_BEFORE: u64 = 250_000;

/// A question to the machine.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Physical frames, 1 to [`MAX_FRAMES`].
    pub frames: usize,
    /// The name of the replacement policy. The allocations `working-set` and `pff` are policies themselves, and do not
    /// look at it.
    pub policy: String,
    /// How frames are divided, and with it whose pages may be replaced.
    pub allocation: Allocation,
    /// The values of the parameters, the policy's and [`PARAMETERS`]; set them with [`set`].
    pub convention: Convention,
    /// The processes.
    pub workload: Workload,
}

impl Problem {
    /// The named problem `thrashing`: sixteen processes, each moving through localities of 8 pages, in 48 frames under global
    /// LRU. Six localities fit; beyond that every process takes from the others what they need next.
    ///
    /// # Errors
    /// None in practice: the numbers are within every bound.
    pub fn thrashing() -> Result<Problem, Error> {
        let locality = Locality {
            processes: 16,
            references: 3000,
            pages: 40,
            set_pages: 8,
            phase_references: 200,
            write_percent: 2,
            seed: 1,
        };
        Ok(Problem {
            frames: 48,
            policy: "lru".to_owned(),
            allocation: Allocation::Global,
            convention: Convention::default(),
            workload: Workload::generate(&locality)?,
        })
    }

    /// The policy that decides.
    fn entry(&self) -> Result<&'static Entry, Error> {
        Ok(registry::policy(match self.allocation {
            Allocation::WorkingSet => "working-set",
            Allocation::Pff => "pff",
            _ => &self.policy,
        })?)
    }

    /// Whether the parts go together.
    fn check(&self) -> Result<&'static Entry, Error> {
        let entry = self.entry()?;
        let settings = Settings::of(&self.convention);
        let processes = self.workload.processes().len();
        if self.frames == 0 || self.frames > MAX_FRAMES {
            return Err(Error::Frames { asked: self.frames });
        }
        if self.allocation == Allocation::Global && !entry.forgets {
            let able = POLICIES.iter().filter(|entry| entry.forgets).map(|entry| entry.name);
            let able = able.collect::<Vec<_>>().join(", ");
            return Err(Error::NotGlobal { policy: entry.title, able });
        }
        if self.allocation.is_fixed() && self.frames < processes.min(settings.limit) {
            let processes = processes.min(settings.limit);
            return Err(Error::TooFewFrames { frames: self.frames, processes });
        }
        if self.allocation.is_fixed() && settings.control != Control::None {
            let control = self.convention.word(&CONTROL);
            return Err(Error::FixedShares { control, allocation: self.allocation.name() });
        }
        let sees_ahead = matches!(entry.name, "opt" | "unopt");
        if sees_ahead && settings.readahead > 0 {
            return Err(Error::Future { policy: entry.title, parameter: READAHEAD.name });
        }
        Ok(entry)
    }
}

/// Which steps a simulation keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// How many are left out before, at most [`MAX_STEPS_BEFORE`].
    pub before: u64,
    /// How many are kept; at most [`MAX_STEPS`] are.
    pub steps: usize,
}

impl Default for Window {
    /// The first [`MAX_STEPS`].
    fn default() -> Window {
        Window { before: 0, steps: MAX_STEPS }
    }
}

/// Lets the processes live, and writes down the steps of a window.
///
/// # Errors
/// [`Error::Frames`], [`Error::TooFewFrames`], [`Error::NotGlobal`], [`Error::FixedShares`], [`Error::Future`],
/// [`Error::Window`], [`Error::SwapFull`], and [`Error::Paging`] for an unknown policy.
pub fn simulate(problem: &Problem, window: Window) -> Result<Simulation, Error> {
    let entry = problem.check()?;
    if window.before > MAX_STEPS_BEFORE {
        return Err(Error::Window { before: window.before });
    }
    let degree = problem.workload.processes().len();
    let outcome = Engine::<true>::new(problem, entry, degree, window)?.run()?;
    Ok(Simulation {
        policy: entry.name,
        allocation: problem.allocation.name(),
        replacement: problem.allocation.replacement(),
        convention: settings::used(&problem.convention, entry.parameters),
        frames: problem.frames,
        explain: explain(&outcome.totals),
        totals: outcome.totals,
        processes: outcome.processes,
        samples: outcome.samples,
        steps_before: outcome.steps_before,
        frames_before: outcome.frames_before,
        steps: outcome.steps,
        steps_after: outcome.steps_after,
    })
}

/// The totals and the counts of each process, without steps: the form for millions of references.
///
/// # Errors
/// As [`simulate`].
pub fn count(problem: &Problem) -> Result<(Totals, Vec<ProcessReport>), Error> {
    let entry = problem.check()?;
    let degree = problem.workload.processes().len();
    let outcome = Engine::<false>::new(problem, entry, degree, Window::default())?.run()?;
    Ok((outcome.totals, outcome.processes))
}

fn explain(totals: &Totals) -> String {
    let Totals { references, faults, elapsed_ns, busy_ns, idle_ns, .. } = totals;
    let percent = 100.0 * totals.cpu_utilisation;
    let [busy, elapsed, idle] = [*busy_ns, *elapsed_ns, *idle_ns].map(time);
    format!(
        "{faults} of {references} references faulted. The CPU was busy for {busy} of {elapsed}, {percent:.1} %, and idle \
         for {idle}, while every process in memory waited for the disk."
    )
}
