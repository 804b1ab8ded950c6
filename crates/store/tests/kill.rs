//! What `append` has acknowledged survives `kill -9`, at any moment.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use ramscope_store::{
    Key, Kind, Limits, Member, Reader, RosterSpec, SeriesSpec, Span, Store, TimeMs,
};

/// Names the data directory to the process that is going to be killed.
const DIR: &str = "STORE_TEST_DIR";
const START_MS: TimeMs = 1_700_000_000_000;
/// So many rows are acknowledged before each kill; between them lie seals, roll-ups and
/// checkpoints.
const KILLS: [usize; 8] = [1, 7, 300, 599, 601, 1800, 2500, 3001];

fn open(dir: &Path) -> Store {
    let limits = Limits { max_age_ms: i64::MAX, max_bytes: u64::MAX };
    let (store, notices) = Store::open(dir, limits, "the test", START_MS).unwrap();
    assert_eq!(notices, []);
    store
}

fn value_at(time: TimeMs) -> i64 {
    time % 7919 * 4096
}

#[test]
#[ignore = "it never ends: the process that the other test starts and kills"]
fn append_until_killed() {
    let dir = std::env::var_os(DIR).expect("the other test names the directory");
    let mut store = open(Path::new(&dir));
    let spec = |n: usize| SeriesSpec {
        name: format!("s{n}"),
        kind: Kind::Gauge,
        unit: "bytes".to_owned(),
    };
    let shape = store.declare(&(0..20).map(spec).collect::<Vec<_>>()).unwrap();
    let columns = vec!["a".to_owned()];
    let spec = RosterSpec { name: "people".to_owned(), columns, keep_ms: i64::MAX };
    let roster = store.roster(&spec).unwrap();
    let last = Reader::open(Path::new(&dir)).unwrap().extent().unwrap().map_or(START_MS, |e| e.1);
    let mut out = std::io::stdout().lock();
    for time in (last + 1000..).step_by(1000) {
        store.append(time, shape, &[Some(value_at(time)); 20]).unwrap();
        let key = Key { id: (time / 5000).unsigned_abs(), born_ms: 0 };
        let visit = |each: &mut dyn FnMut(Member<'_>)| {
            let (group, values) = ("g", &[value_at(time)][..]);
            each(Member { slot: 0, key, stamp: 0, group, detail: "", values });
        };
        store.frame(time, roster, &visit).unwrap();
        writeln!(out, "appended {time}").unwrap();
        out.flush().unwrap();
        store.maintain(time).unwrap();
    }
}

fn start(dir: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "append_until_killed", "--nocapture"]);
    command.env(DIR, dir).stdout(Stdio::piped()).spawn().unwrap()
}

/// Lets a writer run until it has acknowledged so many rows, kills it, and tells all that it has
/// acknowledged by then.
fn run_and_kill(dir: &Path, rows: usize) -> Vec<TimeMs> {
    let mut child = start(dir);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = Vec::new();
    for line in lines {
        let line = line.unwrap();
        let time = line.split("appended ").nth(1).and_then(|time| time.parse::<TimeMs>().ok());
        acknowledged.extend(time);
        if acknowledged.len() == rows {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(acknowledged.len() >= rows);
    acknowledged
}

#[test]
fn a_killed_writer_loses_no_acknowledged_row() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for rows in KILLS {
        acknowledged.extend(run_and_kill(dir.path(), rows));
        let span = Span { from: i64::MIN, to: i64::MAX };
        let kept = Reader::open(dir.path()).unwrap().range(&["s0", "s19"], span, None).unwrap();
        assert!(kept.time_ms.is_sorted_by(|a, b| a < b), "nothing is there twice");
        let lost = acknowledged.iter().filter(|time| kept.time_ms.binary_search(time).is_err());
        assert_eq!(lost.collect::<Vec<_>>(), Vec::<&TimeMs>::new(), "after {rows} rows");
        assert!(kept.time_ms.len() <= acknowledged.len() + KILLS.len());
        let values = kept.time_ms.iter().map(|&time| Some(value_at(time))).collect::<Vec<_>>();
        assert_eq!(kept.series[1].max, values);
        let reader = Reader::open(dir.path()).unwrap();
        for &time in acknowledged.iter().rev().take(100) {
            let frame = reader.frame("people", time).unwrap().unwrap();
            assert_eq!(
                (frame.time_ms, &frame.members[0].values[..]),
                (time, &[value_at(time)][..])
            );
        }
    }
    open(dir.path()).close().unwrap();
}
