//! Notices when somebody sets the wall clock.

use std::time::Duration;

use crate::TimeMs;
use crate::clock::Now;

/// The smallest step worth telling: below it, a thread that was put aside between reading two clocks looks alike.
const LEAST_STEP: Duration = Duration::from_millis(100);
/// Any step beyond this is told, however rare the ticks.
const SURE_STEP: Duration = Duration::from_secs(1);
/// The part of the time passed by which a clock may be slewed without being set: NTP goes to 1/2000.
const SLEW_DIVISOR: u32 = 1000;

/// Compares the wall clock with the monotonic one from tick to tick.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClockWatch {
    last: Now,
    least_step: Duration,
}

impl ClockWatch {
    pub(super) fn new(start: Now, interval: Duration) -> ClockWatch {
        ClockWatch { last: start, least_step: (interval / 2).clamp(LEAST_STEP, SURE_STEP) }
    }

    /// By how many milliseconds the wall clock was set since the last call, forward or (negative) back; `None` while it
    /// runs as it should. A step counts from half an interval, but at least 0.1 s and at most 1 s, beyond what slewing explains.
    pub(super) fn step(&mut self, now: Now) -> Option<TimeMs> {
        let passed = now.monotonic.saturating_sub(self.last.monotonic);
        let passed_ms = i64::try_from(passed.as_millis()).unwrap_or(i64::MAX);
        let step_ms = (now.wall - self.last.wall).saturating_sub(passed_ms);
        self.last = now;
        let allowed = self.least_step + passed / SLEW_DIVISOR;
        (u128::from(step_ms.unsigned_abs()) > allowed.as_millis()).then_some(step_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(monotonic_ms: u64, wall: TimeMs) -> Now {
        Now { monotonic: Duration::from_millis(monotonic_ms), wall }
    }

    /// Feeds (monotonic, wall) moments after (0, 0), and compares the steps found.
    fn check(interval_ms: u64, table: &[((u64, TimeMs), Option<TimeMs>)]) {
        let mut watch = ClockWatch::new(at(0, 0), Duration::from_millis(interval_ms));
        for &((monotonic, wall), step) in table {
            assert_eq!(watch.step(at(monotonic, wall)), step, "at {monotonic} ms, wall {wall}");
        }
    }

    #[test]
    fn a_clock_that_runs_is_not_set() {
        check(1000, &[((1000, 1000), None), ((2000, 2450), None), ((3000, 3000), None)]);
        check(3_600_000, &[((3_600_000, 3_601_800), None)]);
        check(10, &[((10, 60), None), ((20, 20), None)]);
    }

    #[test]
    fn a_step_is_told_once_with_its_amount() {
        check(
            1000,
            &[
                ((1000, 3_601_000), Some(3_600_000)),
                ((2000, 3_602_000), None),
                ((3000, 3000), Some(-3_600_000)),
                ((4000, 4000), None),
            ],
        );
        check(10, &[((10, 210), Some(200))]);
        check(3_600_000, &[((3_600_000, 3_605_000), Some(5000))]);
    }

    #[test]
    fn a_suspend_that_both_clocks_counted_is_no_step() {
        check(1000, &[((1000, 1000), None), ((28_801_000, 28_801_000), None)]);
    }
}
