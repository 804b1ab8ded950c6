//! A range of history as the points of a stacked curve, split where nobody watched.

use super::slices::Slices;
use crate::TimeMs;
use crate::history::{Range, Series};

/// The series that a picture of memory over time is made of, as the history names them: ask for these.
pub const SERIES: [&str; 6] =
    ["memory.total", "memory.used", "memory.available", "memory.free", "swap.total", "swap.used"];

/// What a sample may be late or missing, in steps, before the curve shows a gap.
const PATIENCE: f64 = 2.5;

/// Memory at one moment, or over one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    /// The middle of the step, UTC milliseconds.
    pub(super) time_ms: TimeMs,
    /// The means of the step.
    pub(super) slices: Slices,
    /// The least that was used during the step, in bytes.
    pub(super) used_min: u64,
    /// The most that was used during the step, in bytes.
    pub(super) used_max: u64,
    /// Size of all swap, in bytes.
    pub(super) swap_total: u64,
    /// The mean of used swap, in bytes.
    pub(super) swap_used: u64,
}

/// The points of a range, in runs without a gap.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Curve {
    /// The distance of points that are not apart, in milliseconds.
    pub(super) step_ms: i64,
    /// Runs of points, ascending in time; none is empty.
    pub(super) runs: Vec<Vec<Point>>,
}

impl Curve {
    /// Takes the series of [`SERIES`] out of a range, wherever they stand in it.
    ///
    /// A moment at which total, available or free has no value is a gap; a series of swap that is missing counts
    /// as 0. The curve is cut where two points are further apart than [`PATIENCE`] steps.
    pub(super) fn of(range: &Range) -> Self {
        let step_ms = cadence(range);
        let columns = Columns::of(range);
        let mut runs: Vec<Vec<Point>> = Vec::new();
        let mut last = None;
        for (index, time_ms) in range.time_ms.iter().enumerate() {
            let middle = time_ms.saturating_add(range.step_ms / 2);
            let Some(point) = columns.as_ref().and_then(|columns| columns.point(index, middle))
            else {
                last = None;
                continue;
            };
            match runs.last_mut() {
                Some(run)
                    if last.is_some_and(|last| !is_gap(middle.saturating_sub(last), step_ms)) =>
                {
                    run.push(point);
                }
                _ => runs.push(vec![point]),
            }
            last = Some(middle);
        }
        Self { step_ms, runs }
    }

    /// All points, across gaps.
    pub(super) fn points(&self) -> impl Iterator<Item = &Point> {
        self.runs.iter().flatten()
    }

    /// The latest of the points at which the most was used.
    pub(super) fn peak(&self) -> Option<&Point> {
        self.points().max_by_key(|point| point.used_max)
    }
}

fn is_gap(distance_ms: i64, step_ms: i64) -> bool {
    distance_ms as f64 > step_ms as f64 * PATIENCE
}

/// The usual distance of two points: the step asked for or the median of what came, whichever is longer (samples
/// can be further apart than pixels).
fn cadence(range: &Range) -> i64 {
    let mut distances: Vec<i64> =
        range.time_ms.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
    distances.sort_unstable();
    let median = distances.get(distances.len() / 2).copied().unwrap_or(0);
    range.step_ms.max(median).max(1)
}

/// The columns of a range by what they mean.
struct Columns<'a> {
    total: &'a Series,
    available: &'a Series,
    free: &'a Series,
    used: Option<&'a Series>,
    swap_total: Option<&'a Series>,
    swap_used: Option<&'a Series>,
}

impl<'a> Columns<'a> {
    /// `None` where one of the three is missing that nothing can be drawn without.
    fn of(range: &'a Range) -> Option<Self> {
        let find = |name| range.series.iter().find(|column| column.name == name);
        Some(Self {
            total: find("memory.total")?,
            available: find("memory.available")?,
            free: find("memory.free")?,
            used: find("memory.used"),
            swap_total: find("swap.total"),
            swap_used: find("swap.used"),
        })
    }

    fn point(&self, index: usize, time_ms: TimeMs) -> Option<Point> {
        let total = value(&self.total.mean, index)?;
        let slices =
            Slices::of(total, value(&self.available.mean, index)?, value(&self.free.mean, index)?);
        let used = |pick: fn(&Series) -> &Vec<Option<i64>>| {
            self.used.and_then(|column| value(pick(column), index)).unwrap_or(slices.used)
        };
        let mean = |column: Option<&Series>| {
            column.and_then(|column| value(&column.mean, index)).unwrap_or_default()
        };
        let swap_total = mean(self.swap_total);
        Some(Point {
            time_ms,
            slices,
            used_min: used(|column| &column.min).min(slices.used),
            used_max: used(|column| &column.max).max(slices.used).min(total),
            swap_total,
            swap_used: mean(self.swap_used).min(swap_total),
        })
    }
}

/// An amount of a column; a negative one cannot be an amount and is a missing value.
fn value(values: &[Option<i64>], index: usize) -> Option<u64> {
    values.get(index).copied().flatten().and_then(|value| u64::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::testing::range;

    fn runs(times: &[i64], step_ms: i64, missing: &[usize]) -> Vec<usize> {
        let mut range = range(times, step_ms, |_| (100, 60, 20));
        for index in missing {
            range.series[2].mean[*index] = None;
        }
        Curve::of(&range).runs.iter().map(Vec::len).collect()
    }

    #[test]
    fn a_gap_cuts_the_curve_and_a_late_sample_does_not() {
        for (times, step, missing, expected) in [
            (&[][..], 0, &[][..], &[][..]),
            (&[5], 0, &[], &[1]),
            (&[0, 1, 2, 3, 4], 0, &[], &[5]),
            (&[0, 1, 2, 4, 5, 6], 0, &[], &[6]),
            (&[0, 1, 2, 9, 10, 11], 0, &[], &[3, 3]),
            (&[0, 1, 2, 9, 16, 17, 18], 0, &[], &[3, 1, 3]),
            (&[0, 10, 20, 30], 5, &[], &[4]),
            (&[0, 5, 20, 25], 5, &[], &[2, 2]),
            (&[0, 1, 2, 3], 0, &[1], &[1, 2]),
            (&[0, 1], 0, &[0, 1], &[]),
        ] {
            assert_eq!(runs(times, step, missing), expected, "{times:?}");
        }
    }

    #[test]
    fn points_stand_in_the_middle_of_their_step_with_their_extremes() {
        let mut range = range(&[1000, 1010], 10, |_| (100, 60, 20));
        range.series[1].min = vec![Some(30), Some(50)];
        range.series[1].max = vec![Some(70), Some(300)];
        let curve = Curve::of(&range);
        let points: Vec<_> = curve.points().map(|p| (p.time_ms, p.used_min, p.used_max)).collect();
        assert_eq!(points, [(1005, 30, 70), (1015, 40, 100)]);
        assert_eq!(curve.peak().map(|point| point.time_ms), Some(1015));
    }

    #[test]
    fn a_range_without_its_series_is_an_empty_curve() {
        let mut range = range(&[1, 2, 3], 0, |_| (100, 60, 20));
        range.series.remove(0);
        assert_eq!(Curve::of(&range).runs, Vec::<Vec<Point>>::new());
    }
}
