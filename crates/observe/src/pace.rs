//! When to sample: a schedule on absolute time, as arithmetic without a clock.
//!
//! Deadlines are `start + n × interval`, whatever happened before: a slow tick delays nothing after it,
//! and rounding never adds up. When the machine was busy or suspended past several deadlines, only the
//! newest of them is taken; the others are counted as missed, and no burst of ticks makes up for them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::when::{self, WhenError};

/// The time between two samples: 10 ms to 1 h.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval(Duration);

/// A text or a duration that is not an [`Interval`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntervalError {
    /// The text is not a duration at all.
    #[error(transparent)]
    NotADuration(#[from] WhenError),
    /// A duration outside the bounds.
    #[error(
        "an interval of {} is too {}: choose one from 10ms to 1h, for example 1s",
        when::DurationText(*.0),
        if *.0 < Interval::MIN.0 { "short" } else { "long" }
    )]
    OutOfBounds(Duration),
}

impl Interval {
    /// The shortest interval: below it, the kernel's own work for a sample becomes a load.
    pub const MIN: Interval = Interval(Duration::from_millis(10));
    /// The longest interval.
    pub const MAX: Interval = Interval(Duration::from_secs(3600));

    /// The interval as a duration.
    #[must_use]
    pub fn duration(self) -> Duration {
        self.0
    }

    /// The interval in whole milliseconds, rounded down: at least 10.
    #[must_use]
    pub fn as_millis(self) -> u64 {
        u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX)
    }
}

impl Default for Interval {
    /// One second.
    fn default() -> Self {
        Interval(Duration::from_secs(1))
    }
}

impl TryFrom<Duration> for Interval {
    type Error = IntervalError;

    fn try_from(duration: Duration) -> Result<Self, IntervalError> {
        if (Self::MIN.0..=Self::MAX.0).contains(&duration) {
            Ok(Interval(duration))
        } else {
            Err(IntervalError::OutOfBounds(duration))
        }
    }
}

impl FromStr for Interval {
    type Err = IntervalError;

    /// Reads what people type: `1s`, `10ms`, `1h`, `1m30s`, `0.5s`.
    fn from_str(text: &str) -> Result<Self, IntervalError> {
        Interval::try_from(when::duration(text)?)
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        when::DurationText(self.0).fmt(f)
    }
}

/// The schedule of one run, in monotonic time: durations since any fixed origin.
///
/// The clock that feeds it should go on while the machine is suspended, so that the time asleep is
/// counted as missed.
#[derive(Clone, Debug)]
pub struct Pace {
    start: Duration,
    interval: Duration,
    /// Number of the next tick; tick `n` is due at `start + n × interval`.
    next: u64,
}

/// What [`Pace::arrive`] found out about one tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// How long after its deadline the tick began.
    pub lateness: Duration,
    /// Whether that is too long to call it on time; see [`Pace::tolerance`].
    pub late: bool,
    /// Deadlines that passed before this one without a tick.
    pub missed: u64,
}

impl Pace {
    /// A schedule whose first tick is due at `start`.
    #[must_use]
    pub fn new(start: Duration, interval: Interval) -> Pace {
        Pace { start, interval: interval.0, next: 0 }
    }

    /// When the next tick is due.
    #[must_use]
    pub fn deadline(&self) -> Duration {
        self.due(self.next)
    }

    /// How much later than its deadline a tick may begin and still be on time: 5 ms, or a tenth of the
    /// interval where that is less (below 50 ms).
    ///
    /// A tenth keeps neighbouring samples about equally spaced at any pace; 5 ms, where a second has room for
    /// more, because a healthy machine wakes a thread within 1 ms: a longer delay says that it was busy.
    #[must_use]
    pub fn tolerance(&self) -> Duration {
        (self.interval / 10).min(Duration::from_millis(5))
    }

    /// Takes the tick that is due at `now`, and says how it stands with the schedule.
    ///
    /// If several deadlines have passed, the newest is taken and the others are missed. A call before
    /// the deadline takes the next tick early, which counts as on time.
    pub fn arrive(&mut self, now: Duration) -> Arrival {
        let newest = self.newest_due(now).max(self.next);
        let missed = newest - self.next;
        let lateness = now.saturating_sub(self.due(newest));
        self.next = newest.saturating_add(1);
        Arrival { lateness, late: lateness > self.tolerance(), missed }
    }

    /// Number of the newest tick whose deadline is not after `now`; 0 before the start.
    fn newest_due(&self, now: Duration) -> u64 {
        let elapsed = now.saturating_sub(self.start).as_nanos();
        u64::try_from(elapsed / self.interval.as_nanos()).unwrap_or(u64::MAX)
    }

    fn due(&self, tick: u64) -> Duration {
        let nanos = self.interval.as_nanos().saturating_mul(u128::from(tick));
        let since_start = u64::try_from(nanos).map_or(Duration::MAX, Duration::from_nanos);
        self.start.saturating_add(since_start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: Duration = Duration::from_millis(1);

    fn pace(interval_ms: u32) -> Pace {
        Pace::new(1000 * MS, Interval::try_from(interval_ms * MS).unwrap())
    }

    /// Arrives at each of the times (ms since the start) and compares (late, missed, next deadline).
    fn check(interval_ms: u32, table: &[(u32, bool, u64, u32)]) {
        let mut pace = pace(interval_ms);
        for &(at, late, missed, next) in table {
            let arrival = pace.arrive((1000 + at) * MS);
            let deadline = pace.deadline().checked_sub(1000 * MS).unwrap();
            assert_eq!(
                (arrival.late, arrival.missed, deadline),
                (late, missed, next * MS),
                "at {at} ms of a pace of {interval_ms} ms: {arrival:?}"
            );
        }
    }

    #[test]
    fn ticks_in_time_are_neither_late_nor_missed() {
        check(1000, &[(0, false, 0, 1000), (1005, false, 0, 2000), (2001, false, 0, 3000)]);
        check(10, &[(0, false, 0, 10), (11, false, 0, 20), (21, false, 0, 30)]);
    }

    #[test]
    fn a_late_tick_does_not_shift_the_ones_after_it() {
        check(1000, &[(0, false, 0, 1000), (1006, true, 0, 2000), (2000, false, 0, 3000)]);
        check(10, &[(2, true, 0, 10), (10, false, 0, 20)]);
        check(3_600_000, &[(6, true, 0, 3_600_000)]);
    }

    #[test]
    fn deadlines_that_passed_are_missed_and_never_made_up_for() {
        check(
            10,
            &[(0, false, 0, 10), (55, true, 4, 60), (60, false, 0, 70), (100, false, 3, 110)],
        );
    }

    #[test]
    fn a_machine_asleep_for_eight_hours_costs_one_tick_and_a_count() {
        let eight_hours = 8 * 3_600_000;
        check(
            1000,
            &[
                (0, false, 0, 1000),
                (eight_hours + 300, true, 28_799, eight_hours + 1000),
                (eight_hours + 1000, false, 0, eight_hours + 2000),
            ],
        );
    }

    #[test]
    fn a_tick_taken_early_is_on_time() {
        let mut pace = pace(1000);
        assert_eq!(
            pace.arrive(Duration::ZERO),
            Arrival { lateness: Duration::ZERO, late: false, missed: 0 }
        );
        assert_eq!(pace.deadline(), 2000 * MS);
    }

    #[test]
    fn intervals_are_read_and_bounded() {
        for (text, ms) in
            [("10ms", 10), ("1s", 1000), ("0.5s", 500), ("1m30s", 90_000), ("1h", 3_600_000)]
        {
            assert_eq!(text.parse::<Interval>().unwrap().as_millis(), ms, "{text}");
        }
        for (text, error) in [
            ("0s", "an interval of 0s is too short: choose one from 10ms to 1h, for example 1s"),
            ("9ms", "an interval of 9ms is too short: choose one from 10ms to 1h, for example 1s"),
            ("2h", "an interval of 2h is too long: choose one from 10ms to 1h, for example 1s"),
        ] {
            assert_eq!(text.parse::<Interval>().unwrap_err().to_string(), error);
        }
        assert!("soon".parse::<Interval>().is_err());
        assert_eq!(Interval::try_from(90 * 1000 * MS).unwrap().to_string(), "1m30s");
    }

    proptest! {
        /// The slow twin walks the deadlines one by one.
        #[test]
        fn arrivals_agree_with_walking_the_deadlines(
            interval_ms in 10u32..5000,
            gaps in prop::collection::vec(0u32..20_000, 1..50),
        ) {
            let mut pace = pace(interval_ms);
            let (mut now, mut due) = (1000 * MS, 1000 * MS);
            for gap in gaps {
                now = (now + gap * MS).max(due);
                let mut missed = 0;
                while due + interval_ms * MS <= now {
                    due += interval_ms * MS;
                    missed += 1;
                }
                let arrival = pace.arrive(now);
                prop_assert_eq!((arrival.missed, arrival.lateness), (missed, now - due));
                due += interval_ms * MS;
                prop_assert_eq!(pace.deadline(), due);
            }
        }
    }
}
