//! A recorded machine is told the same afterwards: its numbers, its ledger and its verdict.

#![expect(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

use std::path::Path;
use std::time::Duration;

use ramscope_observe::history::{History, Limits, Recorder};
use ramscope_observe::rates::Rates;
use ramscope_observe::source::Source;
use ramscope_observe::{Ledger, Memory, Snapshot, TimeMs, Verdict};

/// 2026-11-22 00:00 UTC.
const START: TimeMs = 1_795_305_600_000;
const LIMITS: Limits = Limits { max_age_ms: 30 * 86_400_000, max_bytes: 1 << 30 };

fn captured(name: &str, time_ms: TimeMs) -> Snapshot {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    let mut snapshot = Snapshot::default();
    let monotonic = Duration::from_millis(u64::try_from(time_ms).unwrap());
    Source::new(&root).sample(time_ms, monotonic, &mut snapshot).unwrap();
    snapshot
}

#[test]
fn every_captured_machine_has_the_same_ledger_and_verdict_after_it_was_recorded() {
    for name in
        ["linux-3.10-no-mem-available", "linux-6.18-no-swap", "linux-6.6-two-nodes-under-pressure"]
    {
        let dir = tempfile::tempdir().unwrap();
        let (mut recorder, _) = Recorder::open(dir.path(), LIMITS, "pid 1", START).unwrap();
        let mut before: Option<Snapshot> = None;
        for tick in 0..5 {
            let snapshot = captured(name, START + tick * 1000);
            let rates = before.and_then(|before| Rates::between(&before, &snapshot));
            recorder.record(&snapshot, rates.as_ref()).unwrap();
            before = Some(snapshot);
        }
        let history = History::open(dir.path()).unwrap();
        let (found, rates) = history.snapshot_at(START + 3500).unwrap().unwrap();
        let then = captured(name, START + 3000);
        assert_eq!(found.time_ms, START + 3000, "{name}");
        assert_eq!(Memory::of(&found), Memory::of(&then), "{name}");
        assert_eq!(Ledger::of(&found), Ledger::of(&then), "{name}");
        let told = Rates::between(&captured(name, START + 2000), &then);
        assert_eq!(rates, told, "{name}");
        assert_eq!(
            Verdict::of(&found, rates.as_ref()),
            Verdict::of(&then, told.as_ref()),
            "{name}"
        );
    }
}

#[test]
fn a_moment_before_all_history_and_one_long_after_it_have_no_answer() {
    let dir = tempfile::tempdir().unwrap();
    let history = History::open(dir.path()).unwrap();
    assert!(history.snapshot_at(START).unwrap().is_none(), "nothing was ever recorded");
    let (mut recorder, _) = Recorder::open(dir.path(), LIMITS, "pid 1", START).unwrap();
    recorder.record(&captured("linux-6.18-no-swap", START), None).unwrap();
    assert!(history.snapshot_at(START - 1).unwrap().is_none());
    assert!(history.snapshot_at(START + 86_400_000).unwrap().is_none());
    let (found, rates) = history.snapshot_at(START + 60_000).unwrap().unwrap();
    assert_eq!((found.time_ms, rates), (START, None));
}
