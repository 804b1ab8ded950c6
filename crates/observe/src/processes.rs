//! The processes of the machine at one moment: who holds how much, and since when.
//!
//! [`ProcessTable`] is one look at all of them; [`crate::source::processes`] takes it, [`crate::history`] keeps it. What
//! people ask of a table (sorted, filtered, summed up by application, user, cgroup or parent tree, compared with another
//! moment) is answered by [`question`].

pub mod filter;
pub mod groups;
pub(crate) mod names;
pub mod past;
pub mod question;
pub(crate) mod rings;

use std::sync::Arc;
use std::time::Duration;

use crate::TimeMs;

/// The windows over which growth is watched all the time, in milliseconds: a minute, ten, an hour, a day.
pub const WINDOWS: [u64; 4] = [60_000, 600_000, 3_600_000, 86_400_000];

/// The state of a process that has ended: it stands in a comparison only.
pub const ENDED: u8 = b'X';

/// All processes at one moment.
#[derive(Clone, Debug, Default)]
pub struct ProcessTable {
    /// When the look began, UTC milliseconds.
    pub time_ms: TimeMs,
    /// The same moment on the clock that never steps; zero for a table out of the history.
    pub monotonic: Duration,
    /// How far apart the looks are (in the history: the tables that are still kept), in milliseconds; 0 for a single one.
    pub step_ms: u64,
    /// Every process, and every thread of the kernel, in no order.
    pub processes: Vec<Process>,
    /// Processes that are listed, but not shown to this user (`hidepid`, or no permission).
    pub hidden: u32,
    /// Processes and threads started since the machine did (`/proc/stat`); `None` where it does not tell.
    pub forks: Option<u64>,
    /// Lives that fell between the kept tables of this moment and the one before it, by what they were; only in the history.
    pub folded: Vec<Folded>,
}

/// Short lives that no kept table holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded {
    /// Their application.
    pub application: Arc<str>,
    /// Their cgroup.
    pub cgroup: Arc<str>,
    /// How many there were.
    pub lives: u64,
    /// The sum of the most that each was seen to hold, in bytes.
    pub rss_bytes: u64,
}

/// One process. Amounts are in bytes.
#[derive(Clone, Debug, Default)]
pub struct Process {
    /// Who it is.
    pub identity: Arc<Identity>,
    /// A small number that it keeps while it lives; another process may have it later.
    pub slot: u32,
    /// Its parent's id; 0 where it has none in this namespace.
    pub parent: u32,
    /// One letter, see [`crate::parse::process::stat::Stat::state`]; a space where it is not known.
    pub state: u8,
    /// Its threads.
    pub threads: u32,
    /// Address space.
    pub virtual_bytes: u64,
    /// Resident set: `anon + file + shared`.
    pub rss_bytes: u64,
    /// Resident anonymous memory: heap, stack.
    pub anon_bytes: u64,
    /// Resident pages of files.
    pub file_bytes: u64,
    /// Resident shared memory: tmpfs, System V, shared anonymous mappings.
    pub shared_bytes: u64,
    /// Anonymous memory in swap.
    pub swap_bytes: u64,
    /// The most that was ever resident, by the kernel's own mark: peaks between two looks are in it.
    pub peak_bytes: u64,
    /// Page faults without a disk since it started.
    pub minor_faults: u64,
    /// Page faults that waited for a disk since it started.
    pub major_faults: u64,
    /// How old `state`, `parent`, `threads`, `swap`, `peak`, the faults and the parting of file and shared memory are.
    pub detail_age_ms: u64,
    /// Its proportional set.
    pub pss: Pss,
    /// How long it has been watched.
    pub watched_ms: u64,
    /// How much [`Process::memory_bytes`] grew over each of [`WINDOWS`].
    pub growth: [Option<Growth>; WINDOWS.len()],
}

/// How much something grew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// By so many bytes; less than nothing where it shrank.
    pub bytes: i64,
    /// Over so many milliseconds: the window that was asked for (to a hundred-and-twentieth of it), or the shorter time
    /// that it was watched. A process that started within the window held nothing before.
    pub over_ms: u64,
}

impl Growth {
    /// What is known of growth over a window, given that a process which started within it held nothing before.
    #[must_use]
    pub fn since_start(
        known: Option<Growth>,
        window_ms: u64,
        life_ms: i64,
        memory_bytes: u64,
    ) -> Option<Growth> {
        let is_whole = known.is_some_and(|growth| growth.over_ms >= window_ms);
        let is_younger = u64::try_from(life_ms).is_ok_and(|life_ms| life_ms < window_ms);
        match is_younger && !is_whole {
            true => {
                let bytes = i64::try_from(memory_bytes).unwrap_or(i64::MAX);
                Some(Growth { bytes, over_ms: window_ms })
            }
            false => known,
        }
    }
}

/// Who a process is. A process is the pair of id and start: an id that is used again is another process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Its id.
    pub pid: u32,
    /// When it started, UTC milliseconds, to a hundredth of a second; counted from the start of the machine, which the
    /// kernel tells to a second.
    pub start_ms: TimeMs,
    /// Whether it is a thread of the kernel.
    pub is_kernel: bool,
    /// Its name, safe to show, as every text here.
    pub command: Arc<str>,
    /// Its words, between blanks, the first 4 KiB of them; `None` where it has none, or hides them.
    pub command_line: Option<Arc<str>>,
    /// Whose rights it has.
    pub uid: u32,
    /// The name of that user, or its number.
    pub user: Arc<str>,
    /// The cgroup that its memory is charged to; empty where there is none.
    pub cgroup: Arc<str>,
    /// How often one of these texts changed since it was seen first.
    pub revision: u32,
}

impl Identity {
    /// What sums by application go by: the name, without the number of a kernel's worker.
    #[must_use]
    pub fn application(&self) -> &str {
        match self.is_kernel {
            true => self.command.split('/').next().unwrap_or(&self.command),
            false => &self.command,
        }
    }
}

/// What is known of a proportional set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pss {
    /// The amounts, once they were read.
    pub known: Option<PssAmounts>,
    /// Why there are none, or no newer ones.
    pub missing: PssMissing,
}

/// Amounts of `/proc/PID/smaps_rollup`, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PssAmounts {
    /// Resident pages, each divided by how many processes map it.
    pub pss_bytes: u64,
    /// Pages that nobody else maps.
    pub uss_bytes: u64,
    /// Pages in swap, divided likewise.
    pub swap_pss_bytes: u64,
    /// How old these are.
    pub age_ms: u64,
}

/// Why a proportional set is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PssMissing {
    /// Its turn has not come.
    #[default]
    Waiting,
    /// This user may not read it.
    Denied,
    /// Reading it would hold the process up for too long; it is read when it is asked for.
    TooLarge,
    /// A thread of the kernel has none.
    None,
}

impl PssMissing {
    /// Its name in JSON.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            PssMissing::Waiting => "waiting",
            PssMissing::Denied => "denied",
            PssMissing::TooLarge => "too large",
            PssMissing::None => "off",
        }
    }
}

impl Process {
    /// Resident set and swap as one number: what it would need were nothing swapped out.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.rss_bytes.saturating_add(self.swap_bytes)
    }

    /// How much it grew over one of [`WINDOWS`]; `None` where it was not watched so long.
    #[must_use]
    pub fn grown_over(&self, window: usize) -> Option<i64> {
        let growth = self.growth.get(window).copied().flatten()?;
        (growth.over_ms >= WINDOWS[window]).then_some(growth.bytes)
    }

    /// Whether it is only here because it was there at the moment compared with.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.state == ENDED
    }

    /// Which process this is, at any time.
    #[must_use]
    pub fn key(&self) -> (u32, TimeMs) {
        (self.identity.pid, self.identity.start_ms)
    }
}

impl ProcessTable {
    /// Threads of all processes, those of the kernel left out.
    #[must_use]
    pub fn threads(&self) -> u64 {
        let ours = self.processes.iter().filter(|process| !process.identity.is_kernel);
        ours.map(|process| u64::from(process.threads)).sum()
    }

    /// How many processes there are, threads of the kernel left out.
    #[must_use]
    pub fn seen(&self) -> usize {
        let ours = |process: &&Process| !process.identity.is_kernel && !process.has_ended();
        self.processes.iter().filter(ours).count()
    }

    /// How many threads of the kernel there are.
    #[must_use]
    pub fn kernel_threads(&self) -> usize {
        self.processes.iter().filter(|process| process.identity.is_kernel).count()
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// A process that holds `rss_bytes` of anonymous memory.
    pub(crate) fn process(pid: u32, command: &str, rss_bytes: u64) -> Process {
        let identity = Identity { pid, command: command.into(), ..Identity::default() };
        Process {
            identity: Arc::new(identity),
            slot: pid,
            rss_bytes,
            anon_bytes: rss_bytes,
            state: b'S',
            threads: 1,
            ..Process::default()
        }
    }
}
