//! Memory over time: the points that this run has seen, before them those that were recorded, and the columns of a graph
//! made of both.

use std::collections::VecDeque;

use ramscope_observe::TimeMs;

use crate::moment::{Mark, Point};

/// Live points that are kept: a day at one a second, 48 bytes each.
const LIVE_POINTS: usize = 86_400;
/// Marks of this run that are kept.
const LIVE_MARKS: usize = 1000;

/// What a history answered for a stretch of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorded {
    /// First moment that was asked for, UTC milliseconds.
    pub from_ms: TimeMs,
    /// First moment after those.
    pub to_ms: TimeMs,
    /// The time that one point stands for.
    pub step_ms: i64,
    /// Ascending.
    pub points: Vec<Point>,
    /// Ascending.
    pub marks: Vec<Mark>,
}

/// One column of the graph: the mean of the levels in its time, and the worst of the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Column {
    pub(crate) used_bytes: u64,
    pub(crate) reclaimable_bytes: u64,
    pub(crate) swap_bytes: u64,
    pub(crate) stalled: f64,
}

/// A stretch of time cut into columns that stand on multiples of their width, so that the picture does not shimmer as it
/// moves on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grid {
    /// Start of the first column, UTC milliseconds.
    pub(crate) from_ms: TimeMs,
    /// Width of a column.
    pub(crate) step_ms: i64,
    /// How many there are.
    pub(crate) count: usize,
}

impl Grid {
    /// The columns whose last one holds `end`; all of them together are about `window_ms` wide.
    pub(crate) fn ending_at(end: TimeMs, window_ms: i64, count: usize, least_ms: i64) -> Grid {
        let columns = i64::try_from(count.max(1)).unwrap_or(1);
        let step_ms = ((window_ms - 1).div_euclid(columns) + 1).max(least_ms).max(1);
        let last = end.div_euclid(step_ms);
        Grid { from_ms: (last + 1 - columns) * step_ms, step_ms, count }
    }

    /// First moment after the last column.
    pub(crate) fn to_ms(self) -> TimeMs {
        self.from_ms + self.step_ms * i64::try_from(self.count).unwrap_or(0)
    }

    /// The column that a moment falls into.
    pub(crate) fn column_of(self, time_ms: TimeMs) -> Option<usize> {
        let column = (time_ms - self.from_ms).div_euclid(self.step_ms.max(1));
        usize::try_from(column).ok().filter(|column| *column < self.count)
    }

    /// The last moment of a column.
    pub(crate) fn end_of(self, column: usize) -> TimeMs {
        self.from_ms + self.step_ms * (i64::try_from(column).unwrap_or(0) + 1) - 1
    }
}

/// All points that are known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Course {
    live: VecDeque<Point>,
    live_marks: VecDeque<Mark>,
    recorded: Recorded,
}

impl Course {
    /// Adds the newest point; after a step back of the clock, what lies after it is dropped.
    pub(crate) fn push(&mut self, point: Point) {
        while self.live.back().is_some_and(|last| last.time_ms >= point.time_ms) {
            self.live.pop_back();
        }
        if self.live.len() == LIVE_POINTS {
            self.live.pop_front();
        }
        self.live.push_back(point);
    }

    /// Adds something that happened now.
    pub(crate) fn mark(&mut self, mark: Mark) {
        if self.live_marks.len() == LIVE_MARKS {
            self.live_marks.pop_front();
        }
        self.live_marks.push_back(mark);
    }

    /// Takes an answer of the history in place of the one before.
    pub(crate) fn take(&mut self, recorded: Recorded) {
        self.recorded = recorded;
    }

    /// The time of the oldest live point.
    pub(crate) fn live_from(&self) -> Option<TimeMs> {
        self.live.front().map(|point| point.time_ms)
    }

    /// The time of the newest live point.
    pub(crate) fn live_to(&self) -> Option<TimeMs> {
        self.live.back().map(|point| point.time_ms)
    }

    /// The newest live points, up to `from` back.
    pub(crate) fn live_since(&self, from: TimeMs) -> impl DoubleEndedIterator<Item = &Point> {
        let first = self.live.partition_point(|point| point.time_ms < from);
        self.live.range(first..)
    }

    /// The columns of a grid. One without a point of its own shows the point before it for as long as that may stand
    /// for the time after it; `None` where nothing was seen.
    pub(crate) fn columns(&self, grid: Grid, interval_ms: i64) -> Vec<Option<Column>> {
        let live_from = self.live_from().unwrap_or(TimeMs::MAX);
        let recorded = self.recorded.points.iter().filter(|point| point.time_ms < live_from);
        let reach = (self.recorded.step_ms).max(interval_ms * 2).max(grid.step_ms);
        let before = grid.from_ms.saturating_sub(reach);
        let points = recorded.skip_while(|point| point.time_ms < before);
        let mut sums = vec![Sum::default(); grid.count];
        let mut carried: Option<&Point> = None;
        for point in points.chain(self.live_since(before)) {
            match grid.column_of(point.time_ms) {
                Some(column) => sums[column].add(point),
                None if point.time_ms < grid.from_ms => carried = Some(point),
                None => {}
            }
        }
        let mut held = carried.map(|point| (point.time_ms, Sum::of(point)));
        let newest = self.live_to().unwrap_or(self.recorded.to_ms);
        let column = |(index, sum): (usize, &Sum)| {
            let end = grid.end_of(index);
            if sum.points > 0 {
                held = Some((end, *sum));
                return Some(sum.column());
            }
            let (since, sum) = held.as_ref()?;
            let start = end - grid.step_ms;
            (start < newest && end - since <= reach).then(|| sum.column())
        };
        sums.iter().enumerate().map(column).collect()
    }

    /// What happened in the time of a grid, oldest first; of the recorded and the live account of one event, one.
    pub(crate) fn marks(&self, grid: Grid) -> impl Iterator<Item = &Mark> {
        let inside = move |mark: &&Mark| grid.column_of(mark.time_ms).is_some();
        let recorded = &self.recorded.marks;
        let fresh = |mark: &&Mark| {
            let same = |known: &Mark| known.time_ms == mark.time_ms && known.kind == mark.kind;
            !recorded.iter().any(same)
        };
        recorded.iter().chain(self.live_marks.iter().filter(fresh)).filter(inside)
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    points: u64,
    used: u128,
    reclaimable: u128,
    swap: u64,
    stalled: f64,
}

impl Sum {
    fn of(point: &Point) -> Sum {
        let mut sum = Sum::default();
        sum.add(point);
        sum
    }

    fn add(&mut self, point: &Point) {
        self.points += 1;
        self.used += u128::from(point.used_bytes);
        self.reclaimable += u128::from(point.available_bytes.saturating_sub(point.free_bytes));
        self.swap = self.swap.max(point.swap_bytes);
        self.stalled = self.stalled.max(point.stalled);
    }

    fn column(&self) -> Column {
        let mean =
            |sum: u128| u64::try_from(sum / u128::from(self.points.max(1))).unwrap_or(u64::MAX);
        Column {
            used_bytes: mean(self.used),
            reclaimable_bytes: mean(self.reclaimable),
            swap_bytes: self.swap,
            stalled: self.stalled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(time_ms: TimeMs, used_bytes: u64) -> Point {
        Point { time_ms, used_bytes, available_bytes: 100 - used_bytes, ..Point::default() }
    }

    fn used(course: &Course, grid: Grid) -> Vec<Option<u64>> {
        let columns = course.columns(grid, 1000);
        columns.iter().map(|column| column.map(|column| column.used_bytes)).collect()
    }

    #[test]
    fn columns_stand_on_multiples_of_their_width() {
        let grid = Grid::ending_at(10_500, 4000, 4, 1000);
        assert_eq!(grid, Grid { from_ms: 7000, step_ms: 1000, count: 4 });
        assert_eq!(
            (grid.to_ms(), grid.column_of(10_999), grid.column_of(11_000)),
            (11_000, Some(3), None)
        );
        assert_eq!(Grid::ending_at(10_999, 4000, 4, 1000).from_ms, 7000);
        assert_eq!(
            Grid::ending_at(0, 1, 4, 5000).step_ms,
            5000,
            "no column is narrower than a sample"
        );
    }

    #[test]
    fn a_column_shows_the_mean_of_its_points_and_a_gap_stays_one() {
        let mut course = Course::default();
        for (time, used) in [(0, 10), (500, 20), (1000, 30), (9000, 50)] {
            course.push(point(time, used));
        }
        let grid = Grid { from_ms: 0, step_ms: 1000, count: 11 };
        let expected =
            [Some(15), Some(30), Some(30), Some(30), None, None, None, None, None, Some(50), None];
        assert_eq!(used(&course, grid), expected);
    }

    #[test]
    fn what_was_recorded_stands_before_what_was_seen() {
        let mut course = Course::default();
        course.push(point(3000, 40));
        let points = vec![point(0, 10), point(1000, 20), point(2000, 30), point(3000, 99)];
        course.take(Recorded { to_ms: 4000, step_ms: 1000, points, ..Recorded::default() });
        let grid = Grid { from_ms: 0, step_ms: 1000, count: 4 };
        assert_eq!(used(&course, grid), [Some(10), Some(20), Some(30), Some(40)]);
    }

    #[test]
    fn a_clock_that_is_set_back_leaves_no_point_after_the_newest() {
        let mut course = Course::default();
        for time in [5000, 6000, 7000, 5500] {
            course.push(point(time, 1));
        }
        let times: Vec<_> = course.live_since(0).map(|point| point.time_ms).collect();
        assert_eq!(times, [5000, 5500]);
    }

    #[test]
    fn one_event_that_was_seen_and_recorded_is_one_mark() {
        let mark = |time_ms| Mark { time_ms, kind: "oom.kill".into(), detail: String::new() };
        let mut course = Course::default();
        course.mark(mark(1000));
        course.mark(mark(2000));
        course.take(Recorded { marks: vec![mark(1000)], ..Recorded::default() });
        let grid = Grid { from_ms: 0, step_ms: 1000, count: 4 };
        let times: Vec<_> = course.marks(grid).map(|mark| mark.time_ms).collect();
        assert_eq!(times, [1000, 2000]);
    }
}
