//! When a run has become a strain: by what ran up within the last second, not by averages that come too late.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;
use crate::source::Strain;

/// The span that is looked at.
const WINDOW: Duration = Duration::from_secs(1);
/// The most time that tasks may wait for memory within it: a tenth.
const STALL_MAX_US: u64 = 100_000;
/// The most that may come back from swap within it.
const SWAP_IN_MAX_BYTES: u64 = 4 << 20;
/// The most that may have been evicted and needed again within it.
const REFAULT_MAX_BYTES: u64 = 64 << 20;

/// A mark that was passed, by how much within a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Tasks waited for memory.
    StallUs(u64),
    /// Pages came back from swap.
    SwapInBytes(u64),
    /// Pages were evicted and needed again.
    RefaultBytes(u64),
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Mark::StallUs(us) => {
                let (ms, most) = (us / 1000, STALL_MAX_US / 1000);
                write!(f, "tasks waited {ms} ms for memory within a second (the mark is {most} ms)")
            }
            Mark::SwapInBytes(bytes) => {
                let (found, most) = (Bytes(bytes), Bytes(SWAP_IN_MAX_BYTES));
                write!(f, "{found} came back from swap within a second (the mark is {most})")
            }
            Mark::RefaultBytes(bytes) => {
                let (found, most) = (Bytes(bytes), Bytes(REFAULT_MAX_BYTES));
                write!(
                    f,
                    "{found} were evicted and needed again within a second (the mark is {most})"
                )
            }
        }
    }
}

/// The looks of the last second.
#[derive(Debug, Default)]
pub(crate) struct Marks(VecDeque<(Duration, Strain)>);

impl Marks {
    /// Takes a look at `now`, which never runs back, and says which mark is passed.
    pub(crate) fn look(&mut self, now: Duration, strain: Strain) -> Option<Mark> {
        self.0.push_back((now, strain));
        // The oldest look kept is the last one that is a whole window old: nothing falls between two windows.
        while self.0.get(1).is_some_and(|(at, _)| now.saturating_sub(*at) >= WINDOW) {
            self.0.pop_front();
        }
        let before = self.0.front().map_or(strain, |(_, strain)| *strain);
        let passed = |now: u64, before: u64, most| {
            let delta = now.saturating_sub(before);
            (delta > most).then_some(delta)
        };
        passed(strain.stall_us, before.stall_us, STALL_MAX_US)
            .map(Mark::StallUs)
            .or_else(|| {
                passed(strain.swap_in_bytes, before.swap_in_bytes, SWAP_IN_MAX_BYTES)
                    .map(Mark::SwapInBytes)
            })
            .or_else(|| {
                passed(strain.refault_bytes, before.refault_bytes, REFAULT_MAX_BYTES)
                    .map(Mark::RefaultBytes)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks every quarter of a second at totals that stand beside each other.
    fn looks(stalls_us: &[u64]) -> Option<Mark> {
        let mut marks = Marks::default();
        let looks = stalls_us.iter().enumerate().map(|(index, &stall_us)| {
            let now = Duration::from_millis(250) * u32::try_from(index).unwrap();
            marks.look(now, Strain { stall_us, ..Strain::default() })
        });
        looks.last().flatten()
    }

    #[test]
    fn what_ran_up_before_the_run_does_not_count() {
        assert_eq!(looks(&[9_000_000]), None);
        assert_eq!(looks(&[9_000_000, 9_000_010]), None);
    }

    #[test]
    fn a_burst_within_a_second_passes_the_mark_at_once() {
        assert_eq!(looks(&[0, 100_000]), None);
        assert_eq!(looks(&[0, 100_001]), Some(Mark::StallUs(100_001)));
        assert_eq!(looks(&[0, 0, 60_000, 120_000]), Some(Mark::StallUs(120_000)));
    }

    #[test]
    fn the_same_stall_over_many_seconds_is_no_strain() {
        let slowly: Vec<u64> = (0..100).map(|look| look * 20_000).collect();
        assert_eq!(looks(&slowly), None);
    }

    #[test]
    fn swap_ins_and_refaults_have_marks_of_their_own() {
        let look = |strain| {
            let mut marks = Marks::default();
            marks.look(Duration::ZERO, Strain::default());
            marks.look(Duration::from_millis(100), strain)
        };
        let swap = Strain { swap_in_bytes: 5 << 20, ..Strain::default() };
        assert_eq!(look(swap), Some(Mark::SwapInBytes(5 << 20)));
        let refault = Strain { refault_bytes: 65 << 20, ..Strain::default() };
        assert_eq!(look(refault), Some(Mark::RefaultBytes(65 << 20)));
        assert!(Mark::SwapInBytes(5 << 20).to_string().starts_with("5 MiB came back from swap"));
    }
}
