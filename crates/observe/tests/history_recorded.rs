//! Records a machine for hours of synthetic ticks, and compares what history answers with what was recorded.

#![expect(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use ramscope_observe::history::{
    Event, History, HistoryError, Kind, Limits, MAX_POINTS, RangeRequest, Recorder, Unit,
};
use ramscope_observe::parse::pressure::{Pressure, Stall};
use ramscope_observe::parse::swaps::SwapDevice;
use ramscope_observe::parse::table::Table;
use ramscope_observe::source::Source;
use ramscope_observe::{Ledger, Memory, Snapshot, TimeMs, when};

/// 2026-11-22 00:00 UTC.
const START: TimeMs = 1_795_305_600_000;
/// Milliseconds between two ticks.
const STEP: i64 = 6000;
/// Three hours of them.
const TICKS: i64 = 1800;
/// The tick at which a swap device appears.
const SWAPON: i64 = 900;

const LIMITS: Limits = Limits { max_age_ms: 30 * 86_400_000, max_bytes: 1 << 30 };

fn number(value: i64) -> u64 {
    u64::try_from(value).unwrap()
}

/// Free memory at a tick, in bytes: a slow wave with a spike a minute that lasts one sample.
fn free(tick: i64) -> i64 {
    let wave = (tick % 997) * 4096;
    if tick % 60 == 30 { 1 } else { 1_000_000_000 + wave }
}

/// The machine at a tick.
fn snapshot(tick: i64) -> Snapshot {
    let available = number(free(tick) + 4096);
    let meminfo = Table::from_pairs([
        ("MemTotal", 4_000_000_000),
        ("MemFree", number(free(tick))),
        ("MemAvailable", available),
        ("HugePages_Total", 7),
    ]);
    let stall = Stall { avg10: 123, avg60: 5, avg300: 0, total_us: number(tick) };
    let swap = SwapDevice {
        name: "/swap file".to_owned(),
        kind: "file".to_owned(),
        size_bytes: 1 << 30,
        used_bytes: number(tick),
        priority: -2,
    };
    let swapped_on = tick >= SWAPON;
    Snapshot {
        time_ms: START + tick * STEP,
        shape: 1 + u64::from(swapped_on),
        page_bytes: 4096,
        meminfo,
        vmstat: Table::from_pairs([("nr_free_pages", number(free(tick)) / 4096), ("pgpgin", 3)]),
        pressure: Some(Pressure { some: stall, full: Some(stall) }),
        swaps: if swapped_on { vec![swap] } else { Vec::new() },
        ..Snapshot::default()
    }
}

/// Records ticks as the sampler does: a row, then the upkeep.
fn record(dir: &Path, ticks: std::ops::Range<i64>) -> Recorder {
    let (mut recorder, notices) =
        Recorder::open(dir, LIMITS, "pid 1", START + ticks.start * STEP).unwrap();
    assert_eq!(notices, []);
    for tick in ticks {
        let snapshot = snapshot(tick);
        recorder.record(&snapshot, None).unwrap();
        recorder.maintain(snapshot.time_ms).unwrap();
    }
    recorder
}

fn request(name: &str, from_tick: i64, to_tick: i64, points: Option<u32>) -> RangeRequest {
    RangeRequest {
        names: vec![name.to_owned()],
        from: START + from_tick * STEP,
        to: START + to_tick * STEP,
        points,
    }
}

#[test]
fn what_was_recorded_is_answered_sample_by_sample_and_pixel_by_pixel() {
    let dir = tempfile::tempdir().unwrap();
    record(dir.path(), 0..TICKS).close().unwrap();
    let history = History::open(dir.path()).unwrap();
    assert_eq!(history.extent().unwrap(), Some((START, START + (TICKS - 1) * STEP)));
    samples_agree(&history);
    pixels_agree(&history);
    series_say_what_they_are(&history);
    a_series_that_came_later_has_no_values_before(&history);
    wrong_questions_are_told_what_is_wrong(&history);
    many_threads_may_ask_at_once(&history);
}

fn samples_agree(history: &History) {
    for (from, to) in [(0, 10), (590, 1210), (TICKS - 100, TICKS + 100)] {
        let range = history.range(&request("memory.free", from, to, None)).unwrap();
        assert!(range.is_every_sample());
        let ticks: Vec<i64> = (from..to.min(TICKS)).collect();
        let times: Vec<TimeMs> = ticks.iter().map(|tick| START + tick * STEP).collect();
        let values: Vec<Option<i64>> = ticks.iter().map(|&tick| Some(free(tick))).collect();
        assert_eq!(range.time_ms, times);
        assert_eq!(range.series[0].mean, values);
    }
}

/// Each pixel's minimum and maximum are those of its samples, so that no spike is lost.
fn pixels_agree(history: &History) {
    for (from, to, points) in [(0, TICKS, 100), (700, 1500, 7), (0, 60, 10_000), (1199, 1201, 1)] {
        let range = history.range(&request("memory.free", from, to, Some(points))).unwrap();
        assert!(range.time_ms.len() <= usize::try_from(points + 1).unwrap());
        let column = &range.series[0];
        let mut seen = 0;
        for (row, &begin) in range.time_ms.iter().enumerate() {
            let inside = |tick: &i64| {
                let time = START + tick * STEP;
                (begin..begin + range.step_ms).contains(&time)
            };
            // The first and the last pixel may reach beyond what was asked for.
            let values: Vec<i64> = (0..TICKS).filter(inside).map(free).collect();
            assert_eq!(column.min[row], values.iter().copied().min(), "row {row} of {points}");
            assert_eq!(column.max[row], values.iter().copied().max(), "row {row} of {points}");
            seen += (from..to).filter(inside).count();
        }
        assert_eq!(seen, usize::try_from(to - from).unwrap(), "every sample is in one pixel");
    }
}

fn series_say_what_they_are(history: &History) {
    let all = history.series().unwrap();
    let check = |name: &str, kind, unit| {
        let info = all.iter().find(|info| info.name == name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!((info.kind, info.unit), (kind, unit), "{name}");
        assert_eq!(info.last_ms, START + (TICKS - 1) * STEP, "{name}");
    };
    check("memory.used", Kind::Gauge, Unit::Bytes);
    check("meminfo.HugePages_Total", Kind::Gauge, Unit::Count);
    check("vmstat.nr_free_pages", Kind::Gauge, Unit::Pages);
    check("vmstat.pgpgin", Kind::Counter, Unit::Bytes);
    check("pressure.memory.some.avg10", Kind::Gauge, Unit::Ratio);
    check("pressure.memory.full.total_us", Kind::Counter, Unit::Microseconds);
    check("swap_device./swap%20file.used", Kind::Gauge, Unit::Bytes);
    check("ledger.free", Kind::Gauge, Unit::Bytes);
    let range = history.range(&request("pressure.memory.some.avg10", 0, 1, None)).unwrap();
    let avg10 = &range.series[0];
    assert_eq!(avg10.unit.number(avg10.mean[0].unwrap()).to_string(), "0.0123");
}

fn a_series_that_came_later_has_no_values_before(history: &History) {
    let mut asked = request("swap_device./swap%20file.used", SWAPON - 2, SWAPON + 2, None);
    asked.names.extend(["memory.total", "memory.total"].map(str::to_owned));
    let range = history.range(&asked).unwrap();
    let names: Vec<_> = range.series.iter().map(|series| series.name.as_str()).collect();
    assert_eq!(names, ["swap_device./swap%20file.used", "memory.total"]);
    assert_eq!(range.series[0].mean, [None, None, Some(SWAPON), Some(SWAPON + 1)]);
    assert_eq!(range.series[1].mean, [Some(4_000_000_000); 4]);
}

fn wrong_questions_are_told_what_is_wrong(history: &History) {
    let check = |request: RangeRequest, part: &str| {
        let error = history.range(&request).unwrap_err();
        assert!(error.is_question(), "{error}");
        assert!(error.to_string().contains(part), "{error}");
    };
    check(request("memory.free", 10, 10, None), "`from` must lie before `to`");
    check(request("memory.free", 0, 10, Some(0)), "0 points were asked for: choose 1 to 10000");
    check(request("memory.free", 0, 10, Some(MAX_POINTS + 1)), "choose 1 to 10000");
    check(request("memory.fre", 0, 10, None), "did you mean `memory.free`?");
    check(RangeRequest { names: Vec::new(), ..request("", 0, 10, None) }, "name 1 to 64");
    let many = vec!["memory.free".to_owned(); 65];
    check(RangeRequest { names: many, ..request("", 0, 10, None) }, "65 series were asked for");
}

fn many_threads_may_ask_at_once(history: &History) {
    thread::scope(|scope| {
        for first in 0..8 {
            let history = history.clone();
            scope.spawn(move || {
                let asked = request("memory.free", first, first + 100, None);
                assert_eq!(history.range(&asked).unwrap().time_ms.len(), 100);
            });
        }
    });
}

#[test]
fn history_is_read_while_it_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = record(dir.path(), 0..700);
    let history = History::open(dir.path()).unwrap();
    for tick in 700..705 {
        recorder.record(&snapshot(tick), None).unwrap();
        let range = history.range(&request("memory.free", 0, 10_000, None)).unwrap();
        assert_eq!(range.time_ms.last(), Some(&(START + tick * STEP)));
    }
    let event = |time_ms, kind: &str| Event {
        time_ms,
        kind: kind.to_owned(),
        subject: "recorder".to_owned(),
        detail: "for a test".to_owned(),
        facts: None,
    };
    recorder.event(&event(START + 1, "recorder.started")).unwrap();
    recorder.event(&event(START + 2, "recorder.gap")).unwrap();
    let told = history.events(START, START + 2, 10).unwrap();
    assert_eq!(told, [event(START + 1, "recorder.started")]);
    assert!(matches!(history.events(5, 5, 10), Err(HistoryError::EmptySpan { .. })));
}

/// Names, values and units of whole machines, as they were captured, survive the disk.
#[test]
fn captured_machines_are_recorded_field_by_field() {
    let machines = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut seen = 0;
    for machine in fs::read_dir(machines).unwrap() {
        let machine = machine.unwrap().path();
        if !machine.join("proc/meminfo").exists() {
            continue; // captured for its processes or control groups alone
        }
        let dir = tempfile::tempdir().unwrap();
        let mut snapshot = Snapshot::default();
        Source::new(&machine).sample(START, Duration::ZERO, &mut snapshot).unwrap();
        let (mut recorder, _) = Recorder::open(dir.path(), LIMITS, "pid 1", START).unwrap();
        recorder.record(&snapshot, None).unwrap();
        recorder.close().unwrap();
        let history = History::open(dir.path()).unwrap();
        let recorded = |name: String| {
            let asked = RangeRequest { names: vec![name], ..request("", 0, 1, None) };
            history.range(&asked).unwrap().series.remove(0).mean[0]
        };
        for (field, value) in snapshot.meminfo.iter() {
            assert_eq!(recorded(format!("meminfo.{field}")), i64::try_from(value).ok(), "{field}");
        }
        let memory = Memory::of(&snapshot);
        assert_eq!(recorded("memory.used".into()), i64::try_from(memory.used_bytes).ok());
        for part in Ledger::of(&snapshot).parts() {
            let name = format!("ledger.{}", part.key);
            assert_eq!(recorded(name), i64::try_from(part.bytes).ok(), "{}", part.key);
        }
        seen += 1;
    }
    assert!(seen > 0);
}

#[test]
fn all_begins_at_the_first_sample() {
    let dir = tempfile::tempdir().unwrap();
    record(dir.path(), 0..100).close().unwrap();
    let history = History::open(dir.path()).unwrap();
    let all = RangeRequest { from: when::ALL, ..request("memory.free", 0, 100, Some(100)) };
    let range = history.range(&all).unwrap();
    assert_eq!((range.from_ms, range.time_ms.len()), (START, 100));
}

#[test]
fn a_place_without_history_is_empty_until_somebody_records_there() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("later");
    let history = History::open(&place).unwrap();
    assert_eq!(history.extent().unwrap(), None);
    assert_eq!(history.series().unwrap(), []);
    let error = history.range(&request("memory.free", 0, 10, None)).unwrap_err();
    assert!(error.to_string().contains("either nothing is recorded yet"), "{error}");
    record(&place, 0..10).close().unwrap();
    let range = history.range(&request("memory.free", 0, 10, None)).unwrap();
    assert_eq!(range.time_ms.len(), 10);
}

#[test]
fn more_samples_than_an_answer_holds_are_refused_in_words() {
    let dir = tempfile::tempdir().unwrap();
    record(dir.path(), 0..10).close().unwrap();
    let history = History::open(dir.path()).unwrap();
    let rare = RangeRequest { to: TimeMs::MAX, ..request("memory.free", 0, 10, None) };
    assert_eq!(history.range(&rare).unwrap().time_ms.len(), 10);
    let error = HistoryError::TooManySamples;
    assert!(error.is_question() && error.to_string().contains("ask for points instead"));
}
