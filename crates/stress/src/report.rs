//! What a run was: planned against reached, how fast, and what it cost others.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;
use crate::plan::Plan;
use crate::wire::{Ending, Progress, Started};

/// A run that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// What it did, in the end.
    pub plan: Plan,
    /// Who carried it out.
    pub started: Started,
    /// How it ended.
    pub ending: Ending,
    /// How it stood over time: at most 1,200 looks, evenly apart.
    pub samples: Vec<Progress>,
    /// The most that was reached, in bytes.
    pub peak_bytes: u64,
    /// How fast memory was taken, while it was being taken, in bytes a second.
    pub fill_bytes_per_s: u64,
    /// How fast it was accessed over the whole run, in bytes a second.
    pub access_bytes_per_s: u64,
}

impl Report {
    pub(crate) fn new(
        plan: Plan,
        started: Started,
        ending: Ending,
        samples: Vec<Progress>,
    ) -> Report {
        let last = &ending.last;
        let reached = samples.iter().chain([last]).map(|sample| sample.reached_bytes);
        Report {
            peak_bytes: reached.max().unwrap_or(0),
            fill_bytes_per_s: per_second(last.filled_bytes, last.filling_us),
            access_bytes_per_s: per_second(last.accessed_bytes, last.elapsed_ms * 1000),
            plan,
            started,
            ending,
            samples,
        }
    }
}

fn per_second(bytes: u64, us: u64) -> u64 {
    let rate = u128::from(bytes) * 1_000_000 / u128::from(us.max(1));
    if us == 0 { 0 } else { u64::try_from(rate).unwrap_or(u64::MAX) }
}

impl fmt::Display for Report {
    /// One sentence: `returned 2 GiB in 300 ms: the plan was carried out`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ending { reason, returned_bytes, returned_ms, .. } = &self.ending;
        write!(f, "returned {} in {returned_ms} ms: {reason}", Bytes(*returned_bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::plan;
    use crate::wire::Reason;

    #[test]
    fn rates_are_of_the_time_that_was_spent() {
        let sample = |reached_bytes| Progress { reached_bytes, ..Progress::default() };
        let last = Progress {
            filled_bytes: 1 << 30,
            filling_us: 500_000,
            accessed_bytes: 3 << 30,
            elapsed_ms: 3000,
            ..sample(10)
        };
        let ending = Ending {
            reason: Reason::Stopped,
            returned_bytes: 2 << 30,
            returned_ms: 300,
            last,
            mismatches: Vec::new(),
            lines_lost: 0,
        };
        let started = Started { pid: 1, cgroup: None };
        let report = Report::new(plan(|_| ()), started, ending, vec![sample(7), sample(12)]);
        assert_eq!(report.peak_bytes, 12);
        assert_eq!(report.fill_bytes_per_s, 2 << 30);
        assert_eq!(report.access_bytes_per_s, 1 << 30);
        assert_eq!(report.to_string(), "returned 2 GiB in 300 ms: it was stopped");
    }
}
