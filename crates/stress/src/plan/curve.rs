//! The curve of a plan: how many bytes at which time, as straight lines between points.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Pattern, Plan};

/// A point of a curve. Two points at one time are a jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// Milliseconds since the run began.
    pub at_ms: u64,
    /// Bytes planned then.
    pub bytes: u64,
}

/// Bytes over time, from the beginning of a run to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Curve(Vec<Point>);

/// The low level of a spike, as a part of its height.
const SPIKE_BASE_PART: u64 = 4;

impl Curve {
    /// The curve of a plan: at least two points, times never falling, the last one at its end.
    pub(super) fn of(plan: &Plan) -> Curve {
        let (size, end) = (plan.size_bytes, plan.duration_ms);
        let cycles = u64::from(plan.cycles.max(1));
        let mut curve = Curve(Vec::new());
        match plan.pattern {
            Pattern::Hold | Pattern::Fragment => curve.rise(rise_ms(plan).unwrap_or(0), size, end),
            Pattern::Churn => curve.rise(0, size, end),
            Pattern::Ramp => curve.rise(rise_ms(plan).unwrap_or(end / 3), size, end),
            Pattern::Leak => curve.rise(rise_ms(plan).unwrap_or(end), size, end),
            Pattern::Sawtooth => {
                curve.repeat(cycles, end, |curve, from, to| curve.line(from, 0, to, size));
            }
            Pattern::Spike => {
                let low = size / SPIKE_BASE_PART;
                curve.repeat(cycles, end, |curve, from, to| {
                    let part = |fifths: u64| from + (to - from) * fifths / 5;
                    curve.line(from, low, part(2), low);
                    curve.line(part(2), size, part(3), size);
                    curve.line(part(3), low, to, low);
                });
            }
            Pattern::Staircase => {
                let mut stair = 0;
                curve.repeat(cycles, end, |curve, from, to| {
                    stair += 1;
                    let level = fraction(size, stair, cycles);
                    curve.line(from, level, to, level);
                });
            }
        }
        curve
    }

    /// Bytes planned when `elapsed` has gone by; nothing after the end.
    pub fn at(&self, elapsed: Duration) -> u64 {
        let us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        let after = self.0.partition_point(|point| point.at_ms.saturating_mul(1000) <= us);
        let (Some(left), Some(right)) = (self.0.get(after.wrapping_sub(1)), self.0.get(after))
        else {
            return 0;
        };
        let (run, width) = (us - left.at_ms * 1000, (right.at_ms - left.at_ms) * 1000);
        let step = fraction(left.bytes.abs_diff(right.bytes), run, width);
        if right.bytes >= left.bytes { left.bytes + step } else { left.bytes - step }
    }

    /// How long the curve stays straight from `elapsed` on; `None` after its end.
    pub(crate) fn corner_in(&self, elapsed: Duration) -> Option<Duration> {
        let ends = |point: &Point| Duration::from_millis(point.at_ms);
        self.0.iter().map(ends).find(|end| *end > elapsed).map(|end| end - elapsed)
    }

    /// How long the curve stays level from `elapsed` on; `None` where it is rising or falling.
    pub fn level_for(&self, elapsed: Duration) -> Option<Duration> {
        let ends = |point: &Point| Duration::from_millis(point.at_ms);
        let after = self.0.partition_point(|point| ends(point) <= elapsed);
        let (left, right) = (self.0.get(after.wrapping_sub(1))?, self.0.get(after)?);
        (left.bytes == right.bytes).then(|| ends(right) - elapsed)
    }

    /// The points, times never falling.
    pub fn points(&self) -> &[Point] {
        &self.0
    }

    /// Up to `size` in `rise_ms`, and level to `end`.
    fn rise(&mut self, rise_ms: u64, size: u64, end: u64) {
        if rise_ms > 0 {
            self.line(0, 0, rise_ms, size);
        }
        if rise_ms < end {
            self.line(rise_ms, size, end, size);
        }
    }

    /// Draws `cycle` as often as it repeats, each time between two times.
    fn repeat(&mut self, cycles: u64, end: u64, mut cycle: impl FnMut(&mut Curve, u64, u64)) {
        for index in 0..cycles {
            cycle(self, fraction(end, index, cycles), fraction(end, index + 1, cycles));
        }
    }

    fn line(&mut self, from_ms: u64, from: u64, to_ms: u64, to: u64) {
        let first = Point { at_ms: from_ms, bytes: from };
        if self.0.last() != Some(&first) {
            self.0.push(first);
        }
        self.0.push(Point { at_ms: to_ms, bytes: to });
    }
}

/// How long a plan with a rate of growth grows.
fn rise_ms(plan: &Plan) -> Option<u64> {
    let rate = plan.rate_bytes_per_s?;
    Some(fraction(plan.size_bytes, 1000, rate))
}

/// `whole × part / parts`, in numbers wide enough for it.
pub(super) fn fraction(whole: u64, part: u64, parts: u64) -> u64 {
    let product = u128::from(whole) * u128::from(part) / u128::from(parts.max(1));
    u64::try_from(product).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::plan;
    use proptest::prelude::*;

    /// The curve of a pattern of 1000 bytes in 10 s.
    fn curve(pattern: Pattern, cycles: u32, rate: Option<u64>) -> Curve {
        plan(|plan| {
            plan.pattern = pattern;
            plan.size_bytes = 1000;
            plan.duration_ms = 10_000;
            plan.cycles = cycles;
            plan.rate_bytes_per_s = rate;
        })
        .curve()
    }

    #[test]
    fn each_pattern_has_its_own_shape() {
        let table: [(Pattern, u32, Option<u64>, [u64; 6]); 11] = [
            (Pattern::Hold, 1, None, [1000, 1000, 1000, 1000, 1000, 0]),
            (Pattern::Hold, 1, Some(250), [0, 500, 1000, 1000, 1000, 0]),
            (Pattern::Ramp, 1, Some(200), [0, 400, 800, 1000, 1000, 0]),
            (Pattern::Ramp, 1, None, [0, 600, 1000, 1000, 1000, 0]),
            (Pattern::Leak, 1, None, [0, 200, 400, 600, 800, 0]),
            (Pattern::Churn, 1, Some(10), [1000, 1000, 1000, 1000, 1000, 0]),
            (Pattern::Fragment, 1, None, [1000, 1000, 1000, 1000, 1000, 0]),
            (Pattern::Sawtooth, 2, None, [0, 400, 800, 200, 600, 0]),
            (Pattern::Sawtooth, 5, None, [0, 0, 0, 0, 0, 0]),
            (Pattern::Spike, 1, None, [250, 250, 1000, 250, 250, 0]),
            (Pattern::Staircase, 5, None, [200, 400, 600, 800, 1000, 0]),
        ];
        for (pattern, cycles, rate, expected) in table {
            let curve = curve(pattern, cycles, rate);
            let found = [0, 2, 4, 6, 8, 10].map(|at| curve.at(Duration::from_secs(at)));
            assert_eq!(found, expected, "{pattern} {cycles} {rate:?}");
        }
    }

    #[test]
    fn a_level_stretch_says_how_long_it_lasts() {
        let curve = curve(Pattern::Ramp, 1, Some(500));
        assert_eq!(curve.corner_in(Duration::from_secs(1)), Some(Duration::from_secs(1)));
        assert_eq!(curve.corner_in(Duration::from_secs(10)), None);
        assert_eq!(curve.level_for(Duration::from_secs(1)), None);
        assert_eq!(curve.level_for(Duration::from_secs(4)), Some(Duration::from_secs(6)));
        assert_eq!(curve.level_for(Duration::from_secs(10)), None, "it is over");
    }

    proptest! {
        #[test]
        fn no_curve_leaves_its_bounds_or_runs_back_in_time(
            pattern in prop::sample::select(Pattern::ALL),
            size in 1u64..=u64::MAX / 2,
            duration_ms in 1u64..=86_400_000,
            cycles in 1u32..=100,
            at_us in 0u64..=100_000_000_000,
        ) {
            let plan = plan(|plan| {
                plan.pattern = pattern;
                plan.size_bytes = size;
                plan.duration_ms = duration_ms;
                plan.cycles = cycles;
            });
            let curve = plan.curve();
            let points = curve.points();
            prop_assert!(points.windows(2).all(|pair| pair[0].at_ms <= pair[1].at_ms));
            prop_assert_eq!(points.last().map(|point| point.at_ms), Some(duration_ms));
            prop_assert_eq!(points.iter().map(|point| point.bytes).max(), Some(size));
            let at = curve.at(Duration::from_micros(at_us));
            prop_assert!(at <= size);
            if at_us >= duration_ms * 1000 {
                prop_assert_eq!(at, 0);
            }
        }

        #[test]
        fn between_two_points_the_curve_is_their_straight_line(
            pattern in prop::sample::select(Pattern::ALL), at_ms in 0u64..9_999,
        ) {
            let curve = curve(pattern, 2, None);
            let twin = curve.points().windows(2).find_map(|pair| {
                let (a, b) = (pair[0], pair[1]);
                let within = a.at_ms <= at_ms && at_ms < b.at_ms;
                let slope = (b.bytes as f64 - a.bytes as f64) / (b.at_ms as f64 - a.at_ms as f64);
                within.then(|| a.bytes as f64 + slope * (at_ms - a.at_ms) as f64)
            });
            let found = curve.at(Duration::from_millis(at_ms)) as f64;
            prop_assert!((found - twin.unwrap()).abs() <= 1.0, "{} {:?}", found, twin);
        }
    }
}
