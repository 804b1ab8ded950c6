//! A captured `/proc` of processes, with names that would hurt: `tests/data/processes-linux-6.18` is of a running machine,
//! with ids, users and cgroups put in the place of its own, and process 4203's name and words made hostile.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ramscope_observe::clock::Now;
use ramscope_observe::processes::question::{Question, Sort, answer};
use ramscope_observe::processes::{Process, ProcessTable, PssMissing};
use ramscope_observe::source::processes::{InsideError, Processes, inside};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/processes-linux-6.18")
}

fn now(seconds: u64) -> Now {
    Now {
        wall: 1_700_100_000_000 + i64::try_from(seconds).unwrap() * 1000,
        monotonic: Duration::from_secs(seconds),
    }
}

fn find(table: &ProcessTable, pid: u32) -> Option<&Process> {
    table.processes.iter().find(|process| process.identity.pid == pid)
}

/// A copy whose files a test may change.
fn copy() -> tempfile::TempDir {
    fn walk(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            let to = to.join(entry.file_name());
            match entry.file_type().unwrap().is_dir() {
                true => walk(&entry.path(), &to),
                false => drop(fs::copy(entry.path(), to).unwrap()),
            }
        }
    }
    let target = tempfile::tempdir().unwrap();
    walk(&folder(), target.path());
    target
}

/// Changes a number of a file of a process.
fn edit(root: &Path, pid: u32, file: &str, change: impl Fn(Vec<String>) -> Vec<String>) {
    let path = root.join(format!("proc/{pid}/{file}"));
    let words = fs::read_to_string(&path).unwrap();
    let words = words.split(' ').map(|word| word.trim().to_owned()).collect();
    fs::write(path, change(words).join(" ") + "\n").unwrap();
}

/// Sets the resident pages.
fn grow(root: &Path, pid: u32, pages: u64) {
    edit(root, pid, "statm", |mut words| {
        words[1] = pages.to_string();
        words
    });
}

#[test]
fn a_captured_machine_is_told_as_it_was() {
    let table = Processes::new(&folder()).look(now(0)).unwrap();
    let mut ids: Vec<_> = table.processes.iter().map(|process| process.identity.pid).collect();
    ids.sort_unstable();
    assert_eq!(ids, [2, 4201, 4202, 4203], "a thread is no process, and one that ended is none");
    let python = find(&table, 4201).unwrap();
    let identity = &python.identity;
    assert_eq!((&*identity.command, &*identity.user, identity.uid), ("python3", "someone", 1000));
    assert_eq!(&*identity.cgroup, "/", "the memory controller's path wins");
    assert!(identity.command_line.as_ref().unwrap().starts_with("/usr/bin/python3 -c import mmap"));
    assert_eq!(python.anon_bytes + python.file_bytes + python.shared_bytes, python.rss_bytes);
    assert!(python.shared_bytes >= 2 << 20 && python.anon_bytes >= 8 << 20);
    assert!(identity.start_ms > 1_700_000_000_000 && identity.start_ms % 10 == 0);
    let sleep = find(&table, 4202).unwrap();
    assert_eq!((sleep.parent, &*sleep.identity.user), (4201, "www-data"));
    assert_eq!(&*sleep.identity.cgroup, "/user.slice/user-1000.slice");
    let kernel = find(&table, 2).unwrap();
    assert!(kernel.identity.is_kernel && kernel.rss_bytes == 0);
    assert_eq!(
        (kernel.pss.missing, table.kernel_threads(), table.seen()),
        (PssMissing::None, 1, 3)
    );
    assert_eq!(table.forks, Some(4242));
}

#[test]
fn names_that_would_move_a_cursor_or_end_a_line_are_spelled_out() {
    let table = Processes::glance(&folder()).look(now(0)).unwrap();
    let identity = &find(&table, 4203).unwrap().identity;
    assert_eq!(&*identity.command, "x) R 9\\x0a\\x1b[31m(\\xff");
    assert_eq!(identity.command_line.as_deref(), Some("/bin/x a\\x0ab \\x1b]0;t\\x07\\xfe\\xff"));
}

#[test]
fn proportional_sets_are_read_on_a_budget_and_for_all_when_asked() {
    let mut processes = Processes::new(&folder());
    let table = processes.look(now(0)).unwrap();
    assert!(
        table.processes.iter().all(|process| process.pss.known.is_none()),
        "nothing is saved up yet"
    );
    let table = processes.look(now(60)).unwrap();
    let known = table.processes.iter().filter(|process| process.pss.known.is_some()).count();
    assert_eq!(known, 3);
    let table = processes.read_every_pss(now(60)).unwrap();
    let python = find(&table, 4201).unwrap().pss.known.unwrap();
    assert!(python.pss_bytes > 10 << 20 && python.uss_bytes <= python.pss_bytes);
}

#[test]
fn growth_is_told_for_the_time_that_was_watched() {
    let root = copy();
    let mut processes = Processes::new(root.path());
    grow(root.path(), 4202, 1000);
    processes.look(now(0)).unwrap();
    for second in 1..=90 {
        grow(root.path(), 4202, 1000 + second * 10);
        let table = processes.look(now(second)).unwrap();
        let growth = find(&table, 4202).unwrap().growth[0].unwrap();
        let seconds = second.min(60);
        assert_eq!(growth.bytes, (seconds * 10 * 4096).cast_signed(), "{second}");
        assert_eq!(growth.over_ms, seconds * 1000);
        let question = Question { sort: Sort::Growth, limit: 1, ..Question::default() };
        assert_eq!(answer(&table, None, &question).rows[0].process.identity.pid, 4202);
    }
}

#[test]
fn an_id_that_is_used_again_is_another_process() {
    let root = copy();
    let mut processes = Processes::new(root.path());
    let before = processes.look(now(0)).unwrap();
    let before = find(&before, 4202).unwrap().key();
    edit(root.path(), 4202, "stat", |mut words| {
        words[21] = (words[21].parse::<u64>().unwrap() + 500).to_string();
        words
    });
    grow(root.path(), 4202, 7);
    let table = processes.look(now(1)).unwrap();
    let after = find(&table, 4202).unwrap();
    assert_eq!(after.key(), (4202, before.1 + 5000));
    assert_eq!((after.watched_ms, after.growth[0]), (0, None));
}

#[test]
fn a_process_that_ends_or_changes_its_name_between_two_looks_is_told_so() {
    let root = copy();
    let mut processes = Processes::new(root.path());
    processes.look(now(0)).unwrap();
    edit(root.path(), 4201, "stat", |mut words| {
        words[1] = "(other)".to_owned();
        words
    });
    grow(root.path(), 4201, 7);
    fs::remove_dir_all(root.path().join("proc/4203")).unwrap();
    let table = processes.look(now(40)).unwrap();
    assert_eq!(&*find(&table, 4201).unwrap().identity.command, "other");
    assert!(find(&table, 4203).is_none());
}

#[test]
fn a_machine_without_processes_has_none() {
    let root = tempfile::tempdir().unwrap();
    assert!(Processes::new(root.path()).look(now(0)).is_none());
}

#[test]
fn the_inside_of_a_process_adds_up_to_what_the_kernel_sums_up() {
    let seen = inside(&folder(), 4201).unwrap();
    let rollup = seen.rollup.unwrap();
    let rss: u64 = seen.mappings.iter().map(|mapping| mapping.held.rss_bytes).sum();
    assert_eq!(rss, rollup.rss_bytes);
    assert!(seen.mappings.iter().any(|mapping| mapping.name == b"[heap]"));
    assert!(matches!(inside(&folder(), 77), Err(InsideError::Gone { pid: 77 })));
}
