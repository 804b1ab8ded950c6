//! What came of a workload: counts a process, totals, steps, and memory after any of them.

use serde::Serialize;

use super::Problem;
use super::engine::{Engine, Running, State};
use super::frames::Tally;
use super::log::{FrameSlot, Sample, Step};
use crate::paging::Used;

/// What one process did and waited for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProcessReport {
    /// Its name.
    pub process: String,
    /// Its size: the pages that its string names.
    pub pages: u64,
    /// Its fixed share of the frames; `None` where shares are not fixed.
    pub share_frames: Option<u64>,
    /// References made.
    pub references: u64,
    /// Of those, the ones whose page was in memory.
    pub hits: u64,
    /// Of those, the ones whose page was not.
    pub faults: u64,
    /// Faults over references, 0..1.
    pub fault_rate: f64,
    /// Its dirty pages written when they left.
    pub writebacks: u64,
    /// Its pages read ahead.
    pub prefetched: u64,
    /// Of those, the ones referenced before they left.
    pub prefetched_used: u64,
    /// The most of its pages in memory at the same time.
    pub most_resident_pages: u64,
    /// How often it was suspended.
    pub suspensions: u64,
    /// What the CPU spent on its references and faults.
    pub cpu_ns: u64,
    /// The time it was ready while others ran.
    pub ready_ns: u64,
    /// The time it waited for the disk.
    pub disk_wait_ns: u64,
    /// The time before it was let in and while it was suspended.
    pub outside_ns: u64,
    /// When it made its last reference.
    pub finished_ns: u64,
}

/// What the machine did in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Totals {
    /// References made.
    pub references: u64,
    /// Of those, the ones whose page was in memory.
    pub hits: u64,
    /// Of those, the ones whose page was not.
    pub faults: u64,
    /// Faults over references, 0..1.
    pub fault_rate: f64,
    /// Dirty pages written when they left.
    pub writebacks: u64,
    /// Pages read ahead.
    pub prefetched: u64,
    /// Of those, the ones referenced before they left.
    pub prefetched_used: u64,
    /// Of those, the ones that were not.
    pub prefetched_wasted: u64,
    /// Slots of the swap area that were in use at the same time, at most.
    pub swap_slots_used: u64,
    /// How often a process was let in.
    pub admissions: u64,
    /// How often a process was suspended.
    pub suspensions: u64,
    /// When the last process ended.
    pub elapsed_ns: u64,
    /// The time in which the CPU did something: references, faults and switches.
    pub busy_ns: u64,
    /// Of that, the time that went into going over to another process.
    pub switch_ns: u64,
    /// The time in which every process waited for the disk.
    pub idle_ns: u64,
    /// Busy over elapsed, 0..1.
    pub cpu_utilisation: f64,
    /// The disk's busy time until the last process ended, over elapsed, 0..1.
    pub disk_utilisation: f64,
    /// References a second of elapsed time.
    pub throughput_references_per_s: f64,
    /// What a reference costs on average: the CPU's time for references and faults and the disk's service for faults, without
    /// waiting for either.
    pub effective_access_ns: f64,
    /// How long a fault waits for its page on average, in the queue and for the disk.
    pub mean_fault_wait_ns: f64,
}

/// What a run leaves.
pub(super) struct Outcome {
    pub(super) processes: Vec<ProcessReport>,
    pub(super) totals: Totals,
    pub(super) steps: Vec<Step>,
    pub(super) steps_before: u64,
    pub(super) frames_before: Vec<FrameSlot>,
    pub(super) steps_after: u64,
    pub(super) samples: Vec<Sample>,
}

impl Outcome {
    pub(super) fn of<const TOLD: bool>(engine: Engine<'_, TOLD>, problem: &Problem) -> Outcome {
        let all = engine.processes.iter().enumerate();
        let processes: Vec<ProcessReport> = all
            .map(|(number, process)| {
                let name = &problem.workload.processes()[number].name;
                ProcessReport::of(
                    name,
                    process,
                    engine.frames.tallies[number],
                    engine.frames.share(number),
                )
            })
            .collect();
        let totals = Totals::of(&engine, &processes);
        let log = engine.log;
        Outcome {
            processes,
            totals,
            steps: log.steps,
            steps_before: log.before,
            frames_before: log.frames_before,
            steps_after: log.after,
            samples: log.samples,
        }
    }
}

impl ProcessReport {
    fn of(name: &str, process: &Running<'_>, tally: Tally, share: Option<u64>) -> ProcessReport {
        let references = process.position as u64;
        ProcessReport {
            process: name.to_owned(),
            pages: process.references.distinct() as u64,
            share_frames: share,
            references,
            hits: process.hits,
            faults: process.faults,
            fault_rate: ratio(process.faults, references),
            writebacks: tally.writebacks,
            prefetched: tally.prefetched,
            prefetched_used: tally.prefetched_used,
            most_resident_pages: tally.most_resident,
            suspensions: process.suspensions,
            cpu_ns: process.cpu_ns,
            ready_ns: process.spent_ns[State::Ready as usize],
            disk_wait_ns: process.spent_ns[State::Waiting as usize],
            outside_ns: process.spent_ns[State::Outside as usize],
            finished_ns: process.finished_ns,
        }
    }
}

impl Totals {
    fn of<const TOLD: bool>(engine: &Engine<'_, TOLD>, processes: &[ProcessReport]) -> Totals {
        let sum = |of: fn(&ProcessReport) -> u64| processes.iter().map(of).sum::<u64>();
        let (references, faults) =
            (sum(|process| process.references), sum(|process| process.faults));
        let (prefetched, used) =
            (sum(|process| process.prefetched), sum(|process| process.prefetched_used));
        let cpu_ns = sum(|process| process.cpu_ns);
        let (elapsed_ns, busy_ns) = (engine.now, cpu_ns + engine.switch_ns);
        Totals {
            references,
            hits: sum(|process| process.hits),
            faults,
            fault_rate: ratio(faults, references),
            writebacks: sum(|process| process.writebacks),
            prefetched,
            prefetched_used: used,
            prefetched_wasted: prefetched - used,
            swap_slots_used: engine.frames.slots_used(),
            admissions: engine.governing.admissions,
            suspensions: engine.governing.suspensions,
            elapsed_ns,
            busy_ns,
            switch_ns: engine.switch_ns,
            idle_ns: engine.idle_ns,
            cpu_utilisation: ratio(busy_ns, elapsed_ns),
            disk_utilisation: ratio(engine.disk.busy_until(elapsed_ns), elapsed_ns),
            throughput_references_per_s: 1e9 * ratio(references, elapsed_ns),
            effective_access_ns: ratio(cpu_ns + engine.read_busy_ns, references),
            mean_fault_wait_ns: ratio(sum(|process| process.disk_wait_ns), faults),
        }
    }
}

/// A part of a whole; 0 where there is no whole.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts and times are below 2^53: 104 days in nanoseconds"
)]
pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// A workload's life in memory.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Simulation {
    /// The replacement policy.
    pub policy: &'static str,
    /// How frames are divided.
    pub allocation: &'static str,
    /// Whose pages a fault may replace: `global` or `local`.
    pub replacement: &'static str,
    /// Every parameter the numbers depend on.
    pub convention: Used,
    /// Physical frames.
    pub frames: usize,
    /// What happened in all.
    #[serde(flatten)]
    pub totals: Totals,
    /// What each process did.
    pub processes: Vec<ProcessReport>,
    /// The sizes of sets over time.
    pub samples: Vec<Sample>,
    /// How many steps stand before those that were kept.
    pub steps_before: u64,
    /// The frames after those.
    pub frames_before: Vec<FrameSlot>,
    /// The steps of the window.
    pub steps: Vec<Step>,
    /// How many steps follow.
    pub steps_after: u64,
    /// What came out, in a sentence.
    pub explain: String,
}

impl Simulation {
    /// The frames after `position` of the steps that were kept: 0 is before the first, a position past the last is the last.
    pub fn at(&self, position: usize) -> Vec<FrameSlot> {
        let mut frames = self.frames_before.clone();
        for step in self.steps.iter().take(position) {
            FrameSlot::change(&mut frames, &step.frames_changed);
        }
        frames
    }
}
