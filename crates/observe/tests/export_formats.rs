//! A captured machine, from its files through the recorder and the history into each format.

#![expect(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

use std::path::Path;
use std::time::Duration;

use ramscope_observe::history::{History, Limits, Range, RangeRequest, Recorder};
use ramscope_observe::source::Source;
use ramscope_observe::{Snapshot, TimeMs, export};

/// 2026-11-22 00:00 UTC.
const START: TimeMs = 1_795_305_600_000;
const MACHINE: &str = "tests/data/linux-6.6-two-nodes-under-pressure";
const NAMES: [&str; 3] = ["memory.used", "pressure.memory.some.avg60", "vmstat.pgfault"];

/// Three samples of the machine, a second apart.
fn range(points: Option<u32>) -> Range {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { max_age_ms: 86_400_000, max_bytes: 1 << 30 };
    let mut source = Source::new(&Path::new(env!("CARGO_MANIFEST_DIR")).join(MACHINE));
    let (mut recorder, _) = Recorder::open(dir.path(), limits, "pid 1", START).unwrap();
    let mut snapshot = Snapshot::default();
    for (tick, time_ms) in (0..).zip([START, START + 1000, START + 2000]) {
        source.sample(time_ms, Duration::from_secs(tick), &mut snapshot).unwrap();
        recorder.record(&snapshot, None).unwrap();
    }
    recorder.close().unwrap();
    let names = NAMES.map(str::to_owned).into();
    let request = RangeRequest { names, from: START, to: START + 3000, points };
    History::open(dir.path()).unwrap().range(&request).unwrap()
}

/// The values of the captured machine, as text: used bytes, the ratio, the counter.
fn expected() -> [String; 3] {
    let mut snapshot = Snapshot::default();
    let machine = Path::new(env!("CARGO_MANIFEST_DIR")).join(MACHINE);
    Source::new(&machine).sample(START, Duration::ZERO, &mut snapshot).unwrap();
    let used = ramscope_observe::Memory::of(&snapshot).used_bytes;
    let avg60 = f64::from(snapshot.pressure.unwrap().some.avg60) / 10_000.0;
    let faults = snapshot.vmstat.get("pgfault").unwrap();
    [used.to_string(), avg60.to_string(), faults.to_string()]
}

fn text(write: impl Fn(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn every_sample_is_a_row_of_csv() {
    let csv = text(|out| export::csv(&range(None), out));
    let [used, avg60, faults] = expected();
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("time_ms,memory.used,pressure.memory.some.avg60,vmstat.pgfault"));
    for time_ms in [START, START + 1000, START + 2000] {
        assert_eq!(lines.next(), Some(format!("{time_ms},{used},{avg60},{faults}").as_str()));
    }
    assert_eq!(lines.next(), None);
}

#[test]
fn every_sample_is_a_line_of_ndjson() {
    let ndjson = text(|out| export::ndjson(&range(None), out));
    let rows: Vec<serde_json::Value> =
        ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 3);
    for (name, value) in NAMES.iter().zip(expected()) {
        assert_eq!(rows[2][name].to_string(), value, "{name}");
    }
}

#[test]
fn pixels_are_columns_of_json() {
    let json = text(|out| export::json(&range(Some(3)), out));
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(document["step_ms"], 1000);
    assert_eq!(document["time_ms"], serde_json::json!([START, START + 1000, START + 2000]));
    for (name, value) in NAMES.iter().zip(expected()) {
        for part in ["min", "max", "mean"] {
            assert_eq!(document["series"][name][part][1].to_string(), value, "{name} {part}");
        }
    }
    assert_eq!(document["series"]["vmstat.pgfault"]["kind"], "counter");
    assert_eq!(document["series"]["pressure.memory.some.avg60"]["unit"], "ratio");
}

#[test]
fn parquet_begins_and_ends_as_parquet_does() {
    let mut out = Vec::new();
    export::parquet(&range(Some(3)), &mut out).unwrap();
    assert!(out.starts_with(b"PAR1") && out.ends_with(b"PAR1"));
}
