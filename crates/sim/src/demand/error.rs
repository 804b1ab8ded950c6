//! What can be wrong with a question to the demand-paging machine. Each kind calls for another act of the one who asked.

use super::{MAX_FRAMES, MAX_PROCESSES, MAX_REFERENCES, MAX_STEPS_BEFORE};
use crate::paging;
use crate::processes::TextError;

/// A question that cannot be answered.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A workload without a reference.
    #[error(
        "the workload is empty: write `p1: 1 2 3w`, a line a process, or `1 2`, process and page, a line"
    )]
    Empty,
    /// A number of processes that cannot be simulated.
    #[error("{asked} processes cannot be simulated: take 1 to {MAX_PROCESSES}")]
    Processes {
        /// The number that was asked for, or found.
        asked: u64,
    },
    /// A workload that is too long.
    #[error(
        "the workload has more than {MAX_REFERENCES} references: shorten the strings, or take fewer processes"
    )]
    TooLong,
    /// A number of a generator that is out of its bounds.
    #[error("`{parameter}` cannot be {value}: it takes a whole number from {least} to {most}")]
    Locality {
        /// What it is.
        parameter: &'static str,
        /// What was given.
        value: u64,
        /// The least that is taken.
        least: u64,
        /// The most that is taken.
        most: u64,
    },
    /// A number of frames that no machine has.
    #[error("{asked} frames cannot be simulated: ask for 1 to {MAX_FRAMES}")]
    Frames {
        /// The number that was asked for.
        asked: usize,
    },
    /// Frames that cannot be divided so that each process gets one.
    #[error(
        "{frames} frames cannot be divided among {processes} processes, as each needs one: \
         take more frames, fewer processes, or let fewer in at a time with load.limit={frames}"
    )]
    TooFewFrames {
        /// Frames of memory.
        frames: usize,
        /// Processes that are in memory at the same time.
        processes: usize,
    },
    /// No allocation has this name.
    #[error("there is no allocation `{name}`{}: take global, equal, proportional, working-set or pff", did_you_mean(.nearest))]
    UnknownAllocation {
        /// The name that was asked for.
        name: String,
        /// The nearest name there is, where one is near.
        nearest: Option<&'static str>,
    },
    /// No scope of replacement has this name.
    #[error("there is no replacement `{name}`{}: take global or local", did_you_mean(.nearest))]
    UnknownReplacement {
        /// The name that was asked for.
        name: String,
        /// The nearest name there is, where one is near.
        nearest: Option<&'static str>,
    },
    /// An allocation and a scope of replacement that exclude each other.
    #[error("allocation {allocation} and {replacement} replacement exclude each other: {why}")]
    Scope {
        /// The allocation.
        allocation: &'static str,
        /// The scope.
        replacement: &'static str,
        /// Why they do, and what to do.
        why: &'static str,
    },
    /// A policy that cannot govern the pages of several processes.
    #[error(
        "{policy} cannot replace globally, since it keeps what it knows of a page whose process has ended: \
         take one of {able}, or replace locally with the allocation equal or proportional"
    )]
    NotGlobal {
        /// The policy.
        policy: &'static str,
        /// The policies that can.
        able: String,
    },
    /// A policy that knows the future, and something that changes it.
    #[error(
        "{policy} knows when each reference comes, and `{parameter}` changes that: leave it at its default"
    )]
    Future {
        /// The policy.
        policy: &'static str,
        /// The parameter.
        parameter: &'static str,
    },
    /// Load control where frames cannot go to other processes.
    #[error(
        "load.control={control} frees no frame for another process under the fixed allocation {allocation}: \
         take the allocation global, working-set or pff, or load.limit"
    )]
    FixedShares {
        /// The load control.
        control: &'static str,
        /// The allocation.
        allocation: &'static str,
    },
    /// A window of steps that begins too late.
    #[error(
        "steps after the first {before} cannot be shown: leave out at most {MAX_STEPS_BEFORE}, or ask for the counts"
    )]
    Window {
        /// How many steps were to be left out.
        before: u64,
    },
    /// A dirty page has to leave, and every slot of the swap area is taken.
    #[error(
        "the {slots} slots of the swap area are taken when page {page} of {process} has to leave, after {references} \
         references: raise disk.swap_slots, or set it to 0 for as many as are needed"
    )]
    SwapFull {
        /// How many slots there are.
        slots: u64,
        /// The owner of the page.
        process: String,
        /// The page.
        page: u64,
        /// References made until then, of all processes.
        references: u64,
    },
    /// A line that is none of the workload's.
    #[error(transparent)]
    Workload(#[from] TextError),
    /// What the paging machines refuse: an unknown policy, a wrong parameter.
    #[error(transparent)]
    Paging(#[from] paging::Error),
}

fn did_you_mean(nearest: &Option<&'static str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"))
}
