//! Range queries: a stretch of time at the resolution of a picture, or every sample of it.
//!
//! ```text
//! asked:      from ├──────────────────────────────────────────┤ to            points = 4
//! pixels:   ┊          ┊          ┊          ┊          ┊          ┊            each `step_ms` wide, on an absolute grid
//! answer:   ├──────────┼──────────┼──────────┼──────────┼──────────┤            whole pixels, at most points + 1
//! ```
//!
//! The grid does not depend on the span, only the step does: a picture that moves on with the time
//! keeps its pixels. The buckets that are read are at most a quarter as wide as what was asked for,
//! and the step is a multiple of them, so a pixel holds exactly the samples between its edges.

use rusqlite::{Connection, params};

use crate::block::{decode_times, read_cell, shape_series};
use crate::codec::bucket::Bucket;
use crate::codec::row;
use crate::error::Fault;
use crate::moment::{FAR_MS, HOUR_MS, hour_of};
use crate::tiers::{RAW_BIT, TIERS, Tier};
use crate::{Column, Error, Kind, Range, Span, TimeMs};

/// More points than this are refused.
pub const MAX_POINTS: u32 = 100_000;
/// More points times series than this are refused, as each takes 48 bytes while the question is
/// answered.
pub const MAX_CELLS: usize = 1_000_000;

/// The width of a sample, in milliseconds.
const SAMPLE_MS: i64 = 1;
/// A bucket is at most this part of what was asked for as the width of a pixel.
const PART: i64 = 4;

/// What was asked for, decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The width of a pixel; 0 for every sample.
    step_ms: i64,
    /// The tier to read, `None` for the samples.
    tier: Option<usize>,
    from: TimeMs,
    to: TimeMs,
}

impl Plan {
    /// Decides how a question about `series` many series is answered.
    pub(crate) fn of(span: Span, points: Option<u32>, series: usize) -> Result<Self, Error> {
        let bad = |why: String| Err(Error::BadRange { why });
        if span.from >= span.to {
            let (from, to) = (span.from, span.to);
            return bad(format!(
                "the span from {from} to {to} is empty: `to` must be after `from`"
            ));
        }
        let from = span.from.clamp(-FAR_MS, FAR_MS - 1);
        let to = span.to.clamp(from + 1, FAR_MS);
        let Some(points) = points else {
            return Ok(Self { step_ms: 0, tier: None, from, to });
        };
        if points == 0 || points > MAX_POINTS {
            return bad(format!("{points} points: ask for 1 to {MAX_POINTS}"));
        }
        if (points as usize).saturating_mul(series) > MAX_CELLS {
            let most = MAX_CELLS / series;
            return bad(format!(
                "{points} points of {series} series at once: ask for at most {most} points, or fewer series"
            ));
        }
        Ok(Self::with_pixels(from, to, i64::from(points)))
    }

    fn with_pixels(from: TimeMs, to: TimeMs, points: i64) -> Self {
        let span_ms = to - from;
        let is_fine = |tier: &Tier| tier.bucket_ms * PART * points <= span_ms;
        let tier = TIERS.iter().rposition(is_fine);
        let bucket_ms = tier.map_or(SAMPLE_MS, |tier| TIERS[tier].bucket_ms);
        let buckets_a_step = (span_ms - 1) / (points * bucket_ms) + 1; // rounded up
        let step_ms = buckets_a_step * bucket_ms;
        let first = from.div_euclid(step_ms);
        let end = (to - 1).div_euclid(step_ms) + 1;
        Self { step_ms, tier, from: first * step_ms, to: end * step_ms }
    }

    fn pixels(&self) -> usize {
        usize::try_from((self.to - self.from) / self.step_ms).unwrap_or(0)
    }
}

/// A series that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) unit: String,
}

/// Answers the question within one transaction of reading.
pub(crate) fn answer(conn: &Connection, wanted: &[Wanted], plan: &Plan) -> Result<Range, Fault> {
    let mut scan = Scan { conn, wanted, plan, times: Vec::new(), columns: Vec::new() };
    scan.columns.resize(wanted.len(), Vec::new());
    if plan.step_ms == 0 {
        let mut samples = Samples::new(plan, wanted.len());
        scan.run(&mut samples)?;
        Ok(samples.finish(wanted))
    } else {
        let mut pixels = Pixels::new(plan, wanted.len());
        scan.run(&mut pixels)?;
        Ok(pixels.finish(wanted))
    }
}

/// Takes what a scan finds, in any order.
trait Sink {
    /// Rows of samples: their times, and a column of as many values for each series.
    fn rows(&mut self, times: &[Option<TimeMs>], columns: &[Vec<Option<i64>>]);
    /// Neighbouring buckets of one series, the first of which starts at `start`.
    fn buckets(&mut self, series: usize, start: TimeMs, width_ms: i64, buckets: &[Bucket]);
}

/// Finds everything that belongs to a span, each sample exactly once.
struct Scan<'a> {
    conn: &'a Connection,
    wanted: &'a [Wanted],
    plan: &'a Plan,
    times: Vec<Option<TimeMs>>,
    columns: Vec<Vec<Option<i64>>>,
}

impl Scan<'_> {
    fn run(&mut self, sink: &mut impl Sink) -> Result<(), Fault> {
        let hours = (hour_of(self.plan.from), hour_of(self.plan.to - 1));
        let found = self.hours(hours)?;
        let same = |a: &(i64, Option<usize>), b: &(i64, Option<usize>)| match (a.1, b.1) {
            (Some(a_tier), Some(b_tier)) if a_tier == b_tier => {
                TIERS[a_tier].window(a.0) == TIERS[b_tier].window(b.0)
            }
            _ => false,
        };
        for hours in found.chunk_by(same) {
            match hours[0].1 {
                Some(tier) => self.tier(&TIERS[tier], hours, sink)?,
                None => self.blocks("= 1", (hours[0].0, hours[0].0), sink)?,
            }
        }
        self.blocks("= 0", hours, sink)?;
        self.tail(sink)
    }

    /// The hours that have rolled blocks, and the tier to read each from: the one that was decided
    /// on, or where that was dropped the next coarser one.
    fn hours(&self, (first, last): (i64, i64)) -> Result<Vec<(i64, Option<usize>)>, Fault> {
        let mut list = self
            .conn
            .prepare_cached("SELECT id, levels FROM hour WHERE id BETWEEN ?1 AND ?2 ORDER BY id")?;
        let mut rows = list.query([first, last])?;
        let mut hours = Vec::new();
        while let Some(row) = rows.next()? {
            let (hour, levels): (i64, i64) = (row.get(0)?, row.get(1)?);
            let finest = self.plan.tier.unwrap_or(0);
            if self.plan.tier.is_none() && levels & RAW_BIT != 0 {
                hours.push((hour, None));
            } else if self.plan.step_ms > 0 {
                let kept = (finest..TIERS.len()).find(|&tier| levels & TIERS[tier].bit != 0);
                hours.extend(kept.map(|tier| (hour, Some(tier))));
            }
        }
        Ok(hours)
    }

    /// Hours of one window of a tier.
    fn tier(
        &self,
        tier: &Tier,
        hours: &[(i64, Option<usize>)],
        sink: &mut impl Sink,
    ) -> Result<(), Fault> {
        let window = tier.window(hours[0].0);
        let an_hour = usize::try_from(HOUR_MS / tier.bucket_ms).unwrap_or(1);
        let mut buckets = Vec::new();
        for (place, series) in self.wanted.iter().enumerate() {
            tier.read(self.conn, window, series.id, &mut buckets)?;
            for &(hour, _) in hours {
                let start = hour * HOUR_MS;
                let first = usize::try_from((start - tier.start_ms(window)) / tier.bucket_ms);
                let first = first.unwrap_or(0);
                if let Some(buckets) = buckets.get(first..first + an_hour) {
                    sink.buckets(place, start, tier.bucket_ms, buckets);
                }
            }
        }
        Ok(())
    }

    /// The samples of the blocks of some hours that are in a state.
    fn blocks(
        &mut self,
        state: &str,
        (first, last): (i64, i64),
        sink: &mut impl Sink,
    ) -> Result<(), Fault> {
        let mut list = self.conn.prepare_cached(&format!(
            "SELECT id, count, times FROM block
             WHERE hour BETWEEN ?1 AND ?2 AND state {state} AND last_ms >= ?3 AND first_ms < ?4
             ORDER BY hour, id"
        ))?;
        let mut rows = list.query([first, last, self.plan.from, self.plan.to])?;
        while let Some(row) = rows.next()? {
            let block = row.get(0)?;
            let count = decode_times(row, 1, 2, &mut self.times)?;
            for (column, series) in self.columns.iter_mut().zip(self.wanted) {
                if !read_cell(self.conn, block, series.id, count, column)? {
                    column.clear();
                    column.resize(count, None);
                }
            }
            sink.rows(&self.times, &self.columns);
        }
        Ok(())
    }

    fn tail(&mut self, sink: &mut impl Sink) -> Result<(), Fault> {
        let mut list = self.conn.prepare_cached(
            "SELECT time_ms, shape, row FROM tail WHERE time_ms >= ?1 AND time_ms < ?2 ORDER BY id",
        )?;
        let mut rows = list.query(params![self.plan.from, self.plan.to])?;
        self.times.clear();
        self.columns.iter_mut().for_each(Vec::clear);
        let mut shape = ShapePlaces::default();
        while let Some(row) = rows.next()? {
            self.times.push(Some(row.get(0)?));
            shape.turn_to(self.conn, row.get(1)?, self.wanted)?;
            let bytes = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
            let rows = self.times.len();
            self.columns.iter_mut().for_each(|column| column.resize(rows, None));
            row::decode(bytes, shape.row.len(), |place, value| shape.row[place] = value)?;
            for &(place, column) in &shape.places {
                self.columns[column][rows - 1] = shape.row[place];
            }
        }
        sink.rows(&self.times, &self.columns);
        Ok(())
    }
}

/// Where in the rows of a shape the wanted series stand.
#[derive(Default)]
struct ShapePlaces {
    shape: Option<i64>,
    /// A row at hand, as long as the shape.
    row: Vec<Option<i64>>,
    /// The place in the row, and the column that it goes to.
    places: Vec<(usize, usize)>,
}

impl ShapePlaces {
    fn turn_to(&mut self, conn: &Connection, shape: i64, wanted: &[Wanted]) -> Result<(), Fault> {
        if self.shape == Some(shape) {
            return Ok(());
        }
        let series = shape_series(conn, shape)?;
        let place = |id: i64| series.iter().position(|&s| s == id);
        let columns = wanted.iter().enumerate();
        self.places = columns.filter_map(|(c, wanted)| Some((place(wanted.id)?, c))).collect();
        self.row = vec![None; series.len()];
        self.shape = Some(shape);
        Ok(())
    }
}

/// Bins what it gets by pixel.
struct Pixels {
    plan: Plan,
    series: Vec<Vec<Bucket>>,
    /// The pixel of each row at hand.
    of_row: Vec<Option<usize>>,
}

impl Pixels {
    fn new(plan: &Plan, series: usize) -> Self {
        let series = vec![vec![Bucket::EMPTY; plan.pixels()]; series];
        Self { plan: *plan, series, of_row: Vec::new() }
    }

    fn pixel(plan: &Plan, time: TimeMs) -> Option<usize> {
        let is_in = plan.from <= time && time < plan.to;
        is_in.then(|| usize::try_from((time - plan.from) / plan.step_ms).ok())?
    }

    fn finish(self, wanted: &[Wanted]) -> Range {
        let is_full = |&pixel: &usize| self.series.iter().any(|s| s[pixel].count > 0);
        let full = (0..self.plan.pixels()).filter(is_full).collect::<Vec<_>>();
        let start_of = |(pixel, start): (usize, TimeMs)| is_full(&pixel).then_some(start);
        let step = usize::try_from(self.plan.step_ms).unwrap_or(1);
        let starts = (self.plan.from..self.plan.to).step_by(step).enumerate();
        let series = wanted.iter().zip(&self.series).map(|(wanted, pixels)| {
            let list =
                |of: fn(&Bucket) -> Option<i64>| full.iter().map(|&p| of(&pixels[p])).collect();
            Column {
                name: wanted.name.clone(),
                kind: wanted.kind,
                unit: wanted.unit.clone(),
                min: list(|b| (b.count > 0).then_some(b.min)),
                max: list(|b| (b.count > 0).then_some(b.max)),
                mean: list(Bucket::mean),
            }
        });
        Range {
            step_ms: self.plan.step_ms,
            time_ms: starts.filter_map(start_of).collect(),
            series: series.collect(),
        }
    }
}

impl Sink for Pixels {
    fn rows(&mut self, times: &[Option<TimeMs>], columns: &[Vec<Option<i64>>]) {
        self.of_row.clear();
        let pixel = |time: &Option<TimeMs>| Self::pixel(&self.plan, (*time)?);
        self.of_row.extend(times.iter().map(pixel));
        for (pixels, values) in self.series.iter_mut().zip(columns) {
            for (pixel, value) in self.of_row.iter().zip(values) {
                if let (Some(pixel), Some(value)) = (pixel, value) {
                    pixels[*pixel].add(*value);
                }
            }
        }
    }

    fn buckets(&mut self, series: usize, start: TimeMs, width_ms: i64, buckets: &[Bucket]) {
        let pixels = &mut self.series[series];
        let starts = (start..).step_by(usize::try_from(width_ms).unwrap_or(1));
        for (start, bucket) in starts.zip(buckets).filter(|(_, bucket)| bucket.count > 0) {
            // Only a bucket that stands in for dropped finer ones can reach over the left edge.
            let reaches_in = start < self.plan.from && start + width_ms > self.plan.from;
            let start = if reaches_in { self.plan.from } else { start };
            if let Some(pixel) = Self::pixel(&self.plan, start) {
                pixels[pixel].merge(bucket);
            }
        }
    }
}

/// Keeps every sample.
struct Samples {
    plan: Plan,
    times: Vec<TimeMs>,
    columns: Vec<Vec<Option<i64>>>,
}

impl Samples {
    fn new(plan: &Plan, series: usize) -> Self {
        Self { plan: *plan, times: Vec::new(), columns: vec![Vec::new(); series] }
    }

    fn finish(self, wanted: &[Wanted]) -> Range {
        let mut order = (0..self.times.len()).collect::<Vec<_>>();
        order.sort_by_key(|&row| self.times[row]);
        let series = wanted.iter().zip(self.columns).map(|(wanted, values)| {
            let values = order.iter().map(|&row| values[row]).collect::<Vec<_>>();
            Column {
                name: wanted.name.clone(),
                kind: wanted.kind,
                unit: wanted.unit.clone(),
                min: values.clone(),
                max: values.clone(),
                mean: values,
            }
        });
        let series = series.collect();
        Range { step_ms: 0, time_ms: order.iter().map(|&row| self.times[row]).collect(), series }
    }
}

impl Sink for Samples {
    fn rows(&mut self, times: &[Option<TimeMs>], columns: &[Vec<Option<i64>>]) {
        for (row, time) in times.iter().enumerate() {
            let in_span = time.filter(|&t| self.plan.from <= t && t < self.plan.to);
            let Some(time) = in_span else { continue };
            if columns.iter().any(|values| values[row].is_some()) {
                self.times.push(time);
                for (kept, values) in self.columns.iter_mut().zip(columns) {
                    kept.push(values[row]);
                }
            }
        }
    }

    fn buckets(&mut self, _: usize, _: TimeMs, _: i64, _: &[Bucket]) {
        // Every sample is asked of blocks and of the tail alone.
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(from: i64, to: i64, points: u32) -> Plan {
        Plan::of(Span { from, to }, Some(points), 1).unwrap()
    }

    #[test]
    fn the_step_is_a_multiple_of_a_bucket_a_quarter_as_wide_as_asked_for() {
        const MINUTE: i64 = 60_000;
        const DAY: i64 = 24 * HOUR_MS;
        for (span_ms, points, step_ms, tier) in [
            (MINUTE, 60, 1_000, None),
            (HOUR_MS, 1000, 3_600, None),
            (DAY, 1000, 90_000, Some(0)),
            (7 * DAY, 1000, 660_000, Some(1)),
            (30 * DAY, 1000, 2_640_000, Some(1)),
            (365 * DAY, 600, 15 * HOUR_MS, Some(2)),
            (1, 1, 1, None),
            (5, 100, 1, None),
        ] {
            let plan = plan(17, 17 + span_ms, points);
            assert_eq!((plan.step_ms, plan.tier), (step_ms, tier), "{span_ms} ms, {points} points");
        }
    }

    #[test]
    fn pixels_cover_the_span_stand_on_the_grid_and_are_at_most_one_more() {
        for from in [0, 1, -1, 999, 1_700_000_000_123, -FAR_MS, i64::MIN, FAR_MS - 1] {
            for span_ms in [1, 2, 599, 600, 86_400_000, i64::MAX] {
                for points in [1, 2, 7, 600, MAX_POINTS] {
                    let (from, to) = (from, from.saturating_add(span_ms));
                    let plan = plan(from, to, points);
                    assert_eq!((plan.from % plan.step_ms, plan.to % plan.step_ms), (0, 0));
                    assert!(plan.from <= from.max(-FAR_MS) && plan.to >= to.min(FAR_MS));
                    assert!(plan.pixels() <= points as usize + 1, "{from} {span_ms} {points}");
                }
            }
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_words() {
        for (from, to, points, series, words) in [
            (5, 5, Some(1), 1, "`to` must be after `from`"),
            (6, 5, None, 1, "`to` must be after `from`"),
            (0, 5, Some(0), 1, "0 points: ask for 1 to 100000"),
            (0, 5, Some(1_000_000), 1, "1000000 points: ask for 1 to 100000"),
            (0, 5, Some(90_000), 400, "ask for at most 2500 points, or fewer series"),
        ] {
            let error = Plan::of(Span { from, to }, points, series).unwrap_err();
            assert!(matches!(error, Error::BadRange { .. }));
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}
