//! What is dropped, in which order, and what still answers for it.

use super::{ENDLESS, START_MS, declare, open, settle};
use crate::moment::HOUR_MS;
use crate::{Event, Limits, Reader, Span, Store, TimeMs};

/// Some hours of some series that never rest, a row every ten seconds, from the full hour after
/// [`START_MS`].
fn record(store: &mut Store, hours: i64) -> TimeMs {
    let shape = declare(store, &["a", "b", "c", "d", "e", "f"]);
    let first = START_MS.div_euclid(HOUR_MS) * HOUR_MS + HOUR_MS;
    for time in (first..first + hours * HOUR_MS).step_by(10_000) {
        let values = [1, 77_777, 7_777_777, 777_777, 99_999, 9_999_999].map(|n| Some(time % n));
        store.append(time, shape, &values).unwrap();
        store.maintain(time).unwrap();
    }
    first
}

/// How often each level still answers: rows, and pixels of 40 s, 240 s and four hours (or the span,
/// if that is less).
fn resolution(reader: &Reader, from: TimeMs, hours: i64) -> [usize; 4] {
    let span = Span { from, to: from + hours * HOUR_MS };
    let ask = |points| {
        let times = reader.range(&["a"], span, points).unwrap().time_ms;
        times.iter().filter(|&&time| time < span.to).count()
    };
    let pixels = |step_ms| Some(u32::try_from((span.to - span.from) / step_ms).unwrap().max(1));
    [ask(None), ask(pixels(40_000)), ask(pixels(240_000)), ask(pixels(4 * HOUR_MS))]
}

#[test]
fn whole_hours_that_are_too_old_are_dropped_with_their_events() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { max_age_ms: 2 * HOUR_MS, max_bytes: u64::MAX };
    let mut store = open(dir.path(), limits);
    let event = |time_ms, kind: &str| Event {
        time_ms,
        kind: kind.to_owned(),
        subject: String::new(),
        detail: String::new(),
        facts: None,
    };
    store.event(&event(START_MS, "old")).unwrap();
    let first = record(&mut store, 6);
    let now = first + 6 * HOUR_MS - 10_000;
    store.event(&event(now, "new")).unwrap();
    settle(&mut store, now);
    let reader = Reader::open(dir.path()).unwrap();
    let cutoff = first + 3 * HOUR_MS;
    assert_eq!(reader.extent().unwrap(), Some((cutoff, now)));
    assert_eq!(store.maintain(now).unwrap().oldest_ms, Some(cutoff));
    assert_eq!(reader.series().unwrap()[0].first_ms, cutoff);
    assert_eq!(resolution(&reader, first, 3)[..3], [0; 3]);
    assert_eq!(resolution(&reader, cutoff, 3)[0], 3 * 360);
    let all = Span { from: i64::MIN, to: i64::MAX };
    let kinds = reader.events(all, 9).unwrap().into_iter().map(|e| e.kind).collect::<Vec<_>>();
    assert_eq!(kinds, ["new"]);
}

#[test]
fn a_clock_that_is_wrong_for_a_moment_empties_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { max_age_ms: 24 * HOUR_MS, max_bytes: u64::MAX };
    let mut store = open(dir.path(), limits);
    let first = record(&mut store, 2);
    let far = first + 1_000_000 * HOUR_MS;
    for time in (far..far + 590_000).step_by(10_000).chain([first + 2 * HOUR_MS]) {
        settle(&mut store, time);
    }
    let reader = Reader::open(dir.path()).unwrap();
    assert_eq!(reader.extent().unwrap().unwrap().0, first);
}

#[test]
fn what_is_late_for_a_dropped_hour_is_counted_alone() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { max_age_ms: 2 * HOUR_MS, max_bytes: u64::MAX };
    let mut store = open(dir.path(), limits);
    let first = record(&mut store, 5);
    let shape = declare(&mut store, &["a", "b"]);
    for n in 0..12 {
        store.append(first + n * 1000, shape, &[Some(1), None]).unwrap();
    }
    // The clock has leapt, so nothing is dropped for a while, but the late rows are sealed and rolled up.
    settle(&mut store, first);
    let far = first + 9 * HOUR_MS;
    settle(&mut store, far);
    let reader = Reader::open(dir.path()).unwrap();
    let span = Span { from: first, to: first + HOUR_MS };
    for points in [1, 15, 90, 3600] {
        let answer = reader.range(&["a"], span, Some(points)).unwrap();
        assert_eq!(answer.series[0].max[0], Some(1), "{points} points");
    }
}

#[test]
fn size_drops_samples_first_then_finer_buckets_and_shrinks_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path(), ENDLESS);
    let first = record(&mut store, 24);
    let now = first + 24 * HOUR_MS;
    settle(&mut store, now);
    store.close().unwrap();
    let size = || std::fs::metadata(dir.path().join(crate::FILE_NAME)).unwrap().len();
    let before = size();
    let full = resolution(&Reader::open(dir.path()).unwrap(), first, 24);
    assert_eq!(full[..3], [24 * 360, 24 * 90, 24 * 15]);
    let mut last = full;
    for part in [90, 60, 30] {
        let limits = Limits { max_age_ms: i64::MAX, max_bytes: before * part / 100 };
        let mut store = open(dir.path(), limits);
        settle(&mut store, now);
        store.close().unwrap();
        assert!(size() <= limits.max_bytes, "{} of {before} at {part} %", size());
        let reader = Reader::open(dir.path()).unwrap();
        let kept = resolution(&reader, first, 24);
        assert!(
            kept[0] <= last[0] && kept[1] <= last[1] && kept[2] <= last[2],
            "{kept:?} {last:?}"
        );
        assert_eq!(kept[3], full[3], "hours answer for all that was dropped: {kept:?}");
        assert!(kept[0] == 0 || kept[1] == full[1], "samples go first: {kept:?}");
        last = kept;
    }
    assert_eq!(last[0], 0);
    assert!(last[1] < full[1]);
}
