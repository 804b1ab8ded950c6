//! The moments that can be looked at again: those of this run that are kept, and the one that is shown.

use std::collections::VecDeque;
use std::sync::Arc;

use ramscope_observe::TimeMs;

use crate::moment::Moment;

/// Rows of processes that are kept over all moments, about 256 bytes each.
const KEPT_ROWS: usize = 1 << 16;
/// Moments that are kept at most.
const KEPT_MOMENTS: usize = 1200;
/// So long every moment is kept.
const EVERY_MS: i64 = 60_000;
/// After that, one in so long.
const THINNED_MS: i64 = 10_000;

/// The moments of this run, oldest first: all of the last minute, one in ten seconds before, within a bound.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    moments: VecDeque<Arc<Moment>>,
    /// How many at the front are thinned already.
    thinned: usize,
    rows: usize,
}

impl Kept {
    /// Keeps the newest moment.
    pub(crate) fn push(&mut self, moment: Arc<Moment>) {
        while self.moments.back().is_some_and(|last| last.time_ms >= moment.time_ms) {
            self.forget(self.moments.len() - 1);
        }
        let now = moment.time_ms;
        self.rows += rows_of(&moment);
        self.moments.push_back(moment);
        self.thin(now);
        while self.moments.len() > 1 && (self.rows > KEPT_ROWS || self.moments.len() > KEPT_MOMENTS)
        {
            self.forget(0);
        }
    }

    fn thin(&mut self, now: TimeMs) {
        while self.moments.get(self.thinned).is_some_and(|m| now - m.time_ms > EVERY_MS) {
            let before = self.thinned.checked_sub(1).map(|at| self.moments[at].time_ms);
            let time = self.moments[self.thinned].time_ms;
            match before.is_some_and(|before| time - before < THINNED_MS) {
                true => self.forget(self.thinned),
                false => self.thinned += 1,
            }
        }
    }

    fn forget(&mut self, at: usize) {
        if let Some(moment) = self.moments.remove(at) {
            self.rows -= rows_of(&moment);
        }
        if at < self.thinned {
            self.thinned -= 1;
        }
    }

    /// The newest moment at or before a time.
    pub(crate) fn at(&self, time_ms: TimeMs) -> Option<&Arc<Moment>> {
        let after = self.moments.partition_point(|moment| moment.time_ms <= time_ms);
        after.checked_sub(1).and_then(|at| self.moments.get(at))
    }

    /// The time of the oldest moment.
    pub(crate) fn from(&self) -> Option<TimeMs> {
        self.moments.front().map(|moment| moment.time_ms)
    }
}

fn rows_of(moment: &Moment) -> usize {
    moment.processes.as_ref().map_or(0, |table| table.processes.len())
}

/// The moment of the past that is shown.
#[derive(Clone, Debug)]
pub(crate) struct Replay {
    /// The moment that was asked for.
    pub(crate) at: TimeMs,
    /// What is known of it; of an earlier step while the answer is on its way.
    pub(crate) moment: Option<Arc<Moment>>,
    /// Whether the answer is on its way.
    pub(crate) waits: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{captured, process, table};

    fn at(time_ms: TimeMs, processes: u32) -> Arc<Moment> {
        let mut snapshot = captured("linux-6.18-no-swap");
        snapshot.time_ms = time_ms;
        let processes: Vec<_> = (0..processes).map(|pid| process(pid, "a", 1)).collect();
        Arc::new(Moment::of(&snapshot, None, Some(Arc::new(table(&processes)))))
    }

    #[test]
    fn the_last_minute_is_kept_whole_and_what_is_older_every_ten_seconds() {
        let mut kept = Kept::default();
        for second in 0..200 {
            kept.push(at(second * 1000, 1));
        }
        let times: Vec<_> = kept.moments.iter().map(|moment| moment.time_ms / 1000).collect();
        let expected: Vec<i64> = (0..14).map(|tens| tens * 10).chain(139..200).collect();
        assert_eq!(times, expected);
        assert_eq!(kept.rows, times.len());
        assert_eq!(kept.at(25_000).map(|moment| moment.time_ms), Some(20_000));
        assert_eq!(kept.at(-1).map(|moment| moment.time_ms), None);
    }

    #[test]
    fn moments_of_many_processes_are_fewer() {
        let mut kept = Kept::default();
        let many = at(0, 20_000);
        for second in 0..10 {
            let mut moment = Moment::clone(&many);
            moment.time_ms = second * 1000;
            kept.push(Arc::new(moment));
        }
        assert_eq!((kept.moments.len(), kept.from()), (3, Some(7000)));
    }

    #[test]
    fn a_clock_that_is_set_back_drops_what_lies_after_it() {
        let mut kept = Kept::default();
        for time in [1000, 2000, 3000, 1500] {
            kept.push(at(time, 1));
        }
        let times: Vec<_> = kept.moments.iter().map(|moment| moment.time_ms).collect();
        assert_eq!((times, kept.rows), (vec![1000, 1500], 2));
    }
}
