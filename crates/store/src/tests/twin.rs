//! What a query answers is what a twin answers that holds every sample in a list.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{ENDLESS, START_MS, declare, open, settle};
use crate::{Range, Reader, Shape, Span, Store, TimeMs};

const NAMES: [&str; 4] = ["a", "b", "c", "d"];
/// The series of each shape, as places in [`NAMES`]; no shape has all.
const SHAPES: [&[usize]; 3] = [&[0, 1, 2], &[2, 0], &[1, 3]];

/// What the recording program does.
#[derive(Clone, Debug)]
enum Act {
    /// Appends rows of a shape at a pace, with one maintenance each, or none.
    Rows { shape: usize, interval_ms: i64, values: Vec<[Option<i64>; 3]>, maintains: bool },
    /// The clock steps.
    Step(i64),
    /// Seals and rolls up all that is due.
    Settle,
    /// Ends and starts again.
    Reopen,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let value = || {
        prop_oneof![
            4 => (-50..50_i64).prop_map(|n| Some(n * 4096)),
            2 => Just(Some(7)),
            1 => Just(None),
            1 => any::<i64>().prop_map(Some),
        ]
    };
    let interval =
        prop_oneof![Just(0), Just(10), Just(1000), Just(999), Just(13_000), 0..900_000_i64];
    let values = prop::collection::vec([value(), value(), value()], 1..40);
    let rows = (0..SHAPES.len(), interval, values, any::<bool>()).prop_map(
        |(shape, interval_ms, values, maintains)| Act::Rows {
            shape,
            interval_ms,
            values,
            maintains,
        },
    );
    let step =
        prop_oneof![-9_000_000..9_000_000_i64, -200_000_000..200_000_000_i64, -5_000..5_000_i64];
    let act = prop_oneof![6 => rows, 2 => step.prop_map(Act::Step), 1 => Just(Act::Settle), 1 => Just(Act::Reopen)];
    prop::collection::vec(act, 1..14)
}

/// Every sample in a list.
#[derive(Default)]
struct Twin(Vec<(TimeMs, [Option<i64>; 4])>);

impl Twin {
    fn pixels(&self, wanted: &[usize], span: Span, points: i64) -> Vec<Line> {
        let span_ms = span.to - span.from;
        let bucket = [3_600_000, 60_000, 10_000].into_iter().find(|b| b * 4 * points <= span_ms);
        let bucket = bucket.unwrap_or(1);
        let step = (1..).map(|n| n * bucket).find(|step| step * points >= span_ms).unwrap();
        let (from, to) = (span.from.div_euclid(step), (span.to - 1).div_euclid(step));
        let mut pixels: BTreeMap<i64, Vec<Vec<i64>>> = BTreeMap::new();
        for (time, row) in &self.0 {
            let pixel = time.div_euclid(step);
            if pixel < from || pixel > to || wanted.iter().all(|&w| row[w].is_none()) {
                continue;
            }
            let lists =
                pixels.entry(pixel * step).or_insert_with(|| vec![Vec::new(); wanted.len()]);
            for (list, &w) in lists.iter_mut().zip(wanted) {
                list.extend(row[w]);
            }
        }
        pixels
            .into_iter()
            .map(|(time, lists)| (time, lists.iter().map(|l| summary(l)).collect()))
            .collect()
    }

    fn samples(&self, wanted: &[usize], span: Span) -> Vec<Line> {
        let of = |row: &[Option<i64>; 4]| {
            wanted.iter().map(|&w| row[w].map(|v| (v, v, v))).collect::<Vec<_>>()
        };
        let in_span = |time: TimeMs| span.from <= time && time < span.to;
        let rows = self.0.iter().filter(|(time, _)| in_span(*time));
        let mut lines = rows.map(|(time, row)| (*time, of(row))).collect::<Vec<_>>();
        lines.retain(|(_, values)| values.iter().any(Option::is_some));
        lines.sort();
        lines
    }
}

type Line = (TimeMs, Vec<Option<(i64, i64, i64)>>);

fn summary(values: &[i64]) -> Option<(i64, i64, i64)> {
    let (min, max) = (*values.iter().min()?, *values.iter().max()?);
    let (sum, count) = (values.iter().map(|&v| i128::from(v)).sum::<i128>(), values.len() as i128);
    Some((min, max, i64::try_from((sum * 2 + count).div_euclid(count * 2)).unwrap()))
}

fn lines(range: &Range) -> Vec<Line> {
    let value = |place: usize, column: &crate::Column| {
        let value = (column.min[place]?, column.max[place]?, column.mean[place]?);
        Some(value)
    };
    let line = |(place, &time): (usize, &TimeMs)| {
        (time, range.series.iter().map(|column| value(place, column)).collect())
    };
    range.time_ms.iter().enumerate().map(line).collect()
}

struct Run {
    store: Option<Store>,
    shapes: Vec<Shape>,
    twin: Twin,
    now: TimeMs,
}

impl Run {
    fn open(&mut self, dir: &std::path::Path) {
        self.store = None;
        let mut store = open(dir, ENDLESS);
        let names = |places: &[usize]| places.iter().map(|&p| NAMES[p]).collect::<Vec<_>>();
        self.shapes = SHAPES.iter().map(|places| declare(&mut store, &names(places))).collect();
        self.store = Some(store);
    }

    fn act(&mut self, act: &Act, dir: &std::path::Path) {
        let store = self.store.as_mut().unwrap();
        match act {
            Act::Rows { shape, interval_ms, values, maintains } => {
                for row in values {
                    let places = SHAPES[*shape];
                    store.append(self.now, self.shapes[*shape], &row[..places.len()]).unwrap();
                    let mut kept = [None; 4];
                    places.iter().zip(row).for_each(|(&place, value)| kept[place] = *value);
                    self.twin.0.push((self.now, kept));
                    if *maintains {
                        store.maintain(self.now).unwrap();
                    }
                    self.now += interval_ms;
                }
            }
            Act::Step(by_ms) => self.now += by_ms,
            Act::Settle => settle(store, self.now),
            Act::Reopen => self.open(dir),
        }
    }

    fn compare(&self, reader: &Reader, wanted: &[usize], span: Span, points: Option<u32>) {
        let names = wanted.iter().map(|&w| NAMES[w]).collect::<Vec<_>>();
        let range = reader.range(&names, span, points).unwrap();
        let mut found = lines(&range);
        let expected = match points {
            Some(points) => self.twin.pixels(wanted, span, i64::from(points)),
            None => {
                assert!(range.time_ms.is_sorted());
                found.sort(); // Rows of the same time come in no promised order.
                self.twin.samples(wanted, span)
            }
        };
        assert_eq!(found, expected, "{names:?} {span:?} {points:?}");
    }

    fn compare_extents(&self, reader: &Reader) {
        let times = |place: usize| {
            let rows = self.twin.0.iter().filter(move |(_, row)| row[place].is_some());
            let times = rows.map(|(time, _)| *time).collect::<Vec<_>>();
            Some((*times.iter().min()?, *times.iter().max()?))
        };
        let expected =
            NAMES.iter().enumerate().filter_map(|(place, name)| Some((*name, times(place)?)));
        let series = reader.series().unwrap();
        let found = series.iter().map(|s| (s.name.as_str(), (s.first_ms, s.last_ms)));
        assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        let all = self.twin.0.iter().map(|(time, _)| *time);
        assert_eq!(reader.extent().unwrap(), all.clone().min().zip(all.max()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_query_answers_what_the_slow_twin_answers(
        acts in acts(),
        start in prop_oneof![4 => Just(START_MS), 1 => Just(-4_000_000_i64)],
        questions in prop::collection::vec(
            (prop::sample::subsequence(vec![0_usize, 1, 2, 3], 1..=4), 0..1000_i64, 0..1000_i64, prop::option::of(1..60_u32)),
            8,
        ),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut run = Run { store: None, shapes: Vec::new(), twin: Twin::default(), now: start };
        run.open(dir.path());
        let reader = Reader::open(dir.path()).unwrap();
        for act in &acts {
            run.act(act, dir.path());
        }
        let (first, last) = reader.extent().unwrap().unwrap_or((start, start));
        let width = last - first + 8_000_000;
        for (wanted, a, b, points) in &questions {
            let moment = |part: i64| first - 4_000_000 + width / 1000 * part;
            let (from, to) = (moment(*a.min(b)), moment(*a.max(b)) + 1);
            run.compare(&reader, wanted, Span { from, to }, *points);
        }
        run.compare(&reader, &[0, 1, 2, 3], Span { from: first, to: last + 1 }, Some(1));
        run.compare(&reader, &[3, 1, 3], Span { from: first, to: last + 1 }, None);
        run.compare_extents(&reader);
    }
}
