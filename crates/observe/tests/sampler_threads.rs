//! The sampler's threads end to end: a machine in a folder, ticks out of a channel, a history on disk.

#![expect(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use ramscope_observe::TimeMs;
use ramscope_observe::history::{History, Limits, RangeRequest, Recorder};
use ramscope_observe::sampler::{Sampler, Settings, Tick, Told};
use ramscope_observe::source::Source;

/// A machine of two files.
fn machine() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("proc")).unwrap();
    let meminfo = "MemTotal: 1000 kB\nMemFree: 400 kB\nMemAvailable: 600 kB\n";
    fs::write(root.path().join("proc/meminfo"), meminfo).unwrap();
    fs::write(root.path().join("proc/vmstat"), "nr_free_pages 100\noom_kill 0\n").unwrap();
    root
}

fn start(
    root: &Path,
    interval: &str,
    recorder: Option<Recorder>,
) -> (Sampler, Receiver<Arc<Tick>>) {
    let (sender, ticks) = mpsc::channel();
    let publish = move |tick| {
        // The test may have seen enough.
        let _ = sender.send(tick);
        Told::default()
    };
    let settings = Settings { interval: interval.parse().unwrap(), processes: false };
    let sampler = Sampler::start(settings, Source::new(root), recorder, Box::new(publish)).unwrap();
    (sampler, ticks)
}

fn recorder(dir: &Path, now: TimeMs) -> Recorder {
    let limits = Limits { max_age_ms: 86_400_000, max_bytes: 1 << 30 };
    Recorder::open(dir, limits, "pid 1", now).unwrap().0
}

fn kinds(history: &History) -> Vec<String> {
    let events = history.events(0, TimeMs::MAX, 100).unwrap();
    events.into_iter().map(|event| event.kind).collect()
}

#[test]
fn an_interval_of_an_hour_samples_at_once_and_stops_at_once() {
    let (root, data) = (machine(), tempfile::tempdir().unwrap());
    let (sampler, ticks) = start(root.path(), "1h", Some(recorder(data.path(), 0)));
    let first = ticks.recv().unwrap();
    assert_eq!((first.sequence, first.recorder.interval_ms), (1, 3_600_000));
    assert_eq!(first.snapshot.meminfo.get("MemTotal"), Some(1_024_000));
    let status = sampler.stop();
    assert_eq!((status.ticks, status.lost, status.error.as_deref()), (1, 0, None));
    assert!(!status.recording);
    let history = History::open(data.path()).unwrap();
    assert_eq!(kinds(&history), ["recorder.started", "recorder.stopped"]);
}

#[test]
fn every_tick_that_was_published_is_in_the_history_after_the_stop() {
    let (root, data) = (machine(), tempfile::tempdir().unwrap());
    let (sampler, ticks) = start(root.path(), "10ms", Some(recorder(data.path(), 0)));
    for sequence in 1..=5 {
        assert_eq!(ticks.recv().unwrap().sequence, sequence);
    }
    let status = sampler.stop();
    let request = RangeRequest {
        names: vec!["memory.used".to_owned()],
        from: status.started_ms,
        to: status.started_ms + 3_600_000,
        points: None,
    };
    let range = History::open(data.path()).unwrap().range(&request).unwrap();
    assert_eq!(u64::try_from(range.time_ms.len()).unwrap(), status.ticks - status.lost);
    assert!(range.series[0].mean.iter().all(|&used| used == Some(400 * 1024)));
}

#[test]
fn a_sampler_without_a_recorder_only_publishes() {
    let root = machine();
    let (sampler, ticks) = start(root.path(), "10ms", None);
    let tick = ticks.iter().nth(2).unwrap();
    assert!(tick.rates.as_ref().unwrap().elapsed > Duration::ZERO);
    assert!(!tick.recorder.recording);
    drop(sampler);
    // The publisher is gone with its thread: the channel ends.
    assert!(ticks.iter().count() < 1000);
}
