//! What a run and its worker say to each other: JSON, a line each way at a time, over the worker's standard input and
//! output.
//!
//! ```text
//! run ── {"start":{…}} · {"change":{…}} · "stop" ──▶ worker        the end of the input ends the worker
//!     ◀── {"started":{…}} · {"progress":{…}} … · {"ended":{…}} ──
//! ```

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::access::verify::Mismatch;
use crate::limits::Headroom;
use crate::marks::Mark;
use crate::plan::Plan;

/// The longest line that either side reads, in bytes.
pub(crate) const LINE_MAX_BYTES: usize = 64 << 10;

/// What a worker is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// The first line: what to do.
    Start(Box<Start>),
    /// From now on, another plan, from its beginning.
    Change(Box<Plan>),
    /// Give everything back and end.
    Stop,
}

/// All that a worker needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Start {
    /// What to do.
    pub(crate) plan: Plan,
    /// Where the machine's `proc` and `sys` are.
    pub(crate) root: PathBuf,
    /// Where the run is announced.
    pub(crate) runtime_dir: PathBuf,
}

/// What a worker tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    /// It is ready to take memory.
    Started(Started),
    /// How it goes.
    Progress(Progress),
    /// It gave everything back.
    Ended(Box<Ending>),
}

/// Who carries out a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The worker's process.
    pub pid: u32,
    /// The folder of the cgroup that was made for it.
    pub cgroup: Option<PathBuf>,
}

/// What a worker is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing is taken yet.
    #[default]
    Starting,
    /// Less is held than planned, and more is being taken.
    Growing,
    /// What is planned is held.
    Holding,
    /// Less is held than planned, because the headroom is used up.
    HeldBack,
    /// Everything was given back.
    Ended,
}

/// How a run stands at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Time since the plan began, in milliseconds.
    pub elapsed_ms: u64,
    /// What the worker is doing.
    pub state: State,
    /// What the plan says, in bytes.
    pub planned_bytes: u64,
    /// What the worker has taken by its own count, in bytes.
    pub held_bytes: u64,
    /// What the kernel says it has, less what it had before, in bytes: `RssAnon`, `RssShmem` or the page cache,
    /// as its kind of memory is.
    pub reached_bytes: u64,
    /// What is in use of that: less after every other block was freed, in bytes.
    pub live_bytes: u64,
    /// What was taken in all, in bytes: more than is held when it was given back in between.
    pub filled_bytes: u64,
    /// How long taking it took, in microseconds.
    pub filling_us: u64,
    /// What was accessed or verified in all, in bytes.
    pub accessed_bytes: u64,
    /// Access since the last line, in bytes a second.
    pub access_bytes_per_s: u64,
    /// Page faults without the disk, since the worker began to take memory.
    pub minor_faults: u64,
    /// Page faults that waited for the disk.
    pub major_faults: u64,
    /// Time in which some task of the machine waited for memory, since then, in microseconds.
    pub stall_us: u64,
    /// What came back from swap on the whole machine since then, in bytes.
    pub swap_in_bytes: u64,
    /// What might still be taken, in bytes.
    pub headroom_bytes: u64,
    /// Words that did not hold what was written.
    pub mismatches: u64,
}

impl Progress {
    /// Milliseconds since the plan began, bytes planned, bytes reached: what a curve of a run is made of.
    pub fn sample(&self) -> (u64, u64, u64) {
        (self.elapsed_ms, self.planned_bytes, self.reached_bytes)
    }
}

/// Why a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The plan was carried out.
    Finished,
    /// Somebody said stop.
    Stopped,
    /// A signal asked for the end, by its number.
    Signal(u32),
    /// The process that started it is gone.
    ParentGone,
    /// Others needed the memory.
    Short(Headroom),
    /// The machine was under strain.
    Strained(Mark),
    /// Memory could not be taken, or something that is needed could not be had; why.
    Failed(String),
    /// The worker was killed by a signal that leaves no time for words; true where its own cgroup killed it for want of
    /// memory.
    Killed {
        /// The signal's number.
        signal: i32,
        /// Whether its own cgroup counted a kill.
        in_its_cgroup: bool,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Finished => write!(f, "the plan was carried out"),
            Reason::Stopped => write!(f, "it was stopped"),
            Reason::Signal(number) => write!(f, "signal {number} asked for its end"),
            Reason::ParentGone => write!(f, "the process that started it is gone"),
            Reason::Short(headroom) => {
                write!(f, "others needed the memory: the headroom fell to {headroom}")
            }
            Reason::Strained(mark) => write!(f, "the machine was under strain: {mark}"),
            Reason::Failed(why) => write!(f, "{why}"),
            Reason::Killed { in_its_cgroup: true, .. } => {
                write!(f, "its cgroup ran out of memory, and the kernel killed it there")
            }
            Reason::Killed { signal, .. } => write!(f, "it was killed by signal {signal}"),
        }
    }
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// Why.
    pub reason: Reason,
    /// What was held when it began to give back, in bytes.
    pub returned_bytes: u64,
    /// How long giving back took, in milliseconds.
    pub returned_ms: u64,
    /// How it stood then.
    pub last: Progress,
    /// The first places at which memory did not hold what was written.
    pub mismatches: Vec<Mismatch>,
    /// Lines that nobody read in time, and that were dropped.
    pub lines_lost: u64,
}

/// A line as it travels.
pub(crate) fn line(message: &impl Serialize) -> Vec<u8> {
    // The messages here are plain data with text for keys: writing them cannot fail.
    let mut line = serde_json::to_vec(message).unwrap_or_default();
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_understood() {
        let ending = Ending {
            reason: Reason::Strained(Mark::StallUs(5)),
            returned_bytes: 1,
            returned_ms: 2,
            last: Progress::default(),
            mismatches: Vec::new(),
            lines_lost: 0,
        };
        for said in [Line::Progress(Progress::default()), Line::Ended(Box::new(ending))] {
            let text = line(&said);
            assert_eq!(serde_json::from_slice::<Line>(&text).unwrap(), said);
            assert!(text.len() < 4096, "a pipe takes a line of {} bytes whole", text.len());
        }
        assert_eq!(line(&Order::Stop), b"\"stop\"\n");
    }

    #[test]
    fn every_end_has_its_sentence() {
        let killed = |in_its_cgroup| Reason::Killed { signal: 9, in_its_cgroup }.to_string();
        assert_eq!(killed(false), "it was killed by signal 9");
        assert!(killed(true).contains("its cgroup ran out of memory"));
    }
}
