//! Whole runs: a worker in a process of its own, followed, changed, stopped, killed, and left alone.

#![expect(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]
#![expect(
    clippy::disallowed_methods,
    reason = "a test of how long an end takes is an edge where time is asked for"
)]

mod support;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ramscope_stress::{Kind, Pattern, Plan, Reason, Run, RunError, State, announce};
use rustix::process::{Pid, Signal, kill_process};

use support::{Machine, WORKER, followed, is_alive, limits, plan, until};

const MIB: u64 = 1 << 20;

fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).unwrap();
}

/// Whether `found` is `expected` to within half a percent and what the kernel counts late on each processor.
fn is_near(found: u64, expected: u64) -> bool {
    found.abs_diff(expected) <= expected / 200 + MIB / 2
}

/// Files of runs that go on, or seem to.
fn announced(directory: &Path) -> usize {
    let names = directory
        .read_dir()
        .expect("a directory")
        .map(|entry| entry.expect("an entry").file_name());
    names.filter(|name| !name.to_string_lossy().starts_with("stress-ended-")).count()
}

#[test]
fn machine_a_run_reaches_its_size_is_seen_and_gives_everything_back() {
    let place = tempfile::tempdir().unwrap();
    let plan = plan(r#"{"size":"48MiB","for_ms":1500}"#);
    let (run, looks) = followed(place.path(), &plan);
    until("it holds", || looks.last().is_some_and(|look| look.state == State::Holding));
    until("it is announced", || {
        announce::list(place.path()).iter().any(|said| said.progress.reached_bytes > 40 * MIB)
    });
    let oom = std::fs::read_to_string(format!("/proc/{}/oom_score_adj", run.started().pid));
    assert_eq!(oom.unwrap(), "1000\n", "it is the first one to die");
    let said = announce::list(place.path());
    assert_eq!((said.len(), said[0].pid, &said[0].plan), (1, run.started().pid, &plan));
    let report = run.wait();
    assert_eq!(report.ending.reason, Reason::Finished);
    assert!(is_near(report.peak_bytes, 48 * MIB), "{}", report.peak_bytes);
    assert_eq!(report.ending.returned_bytes, 48 * MIB);
    assert!(report.ending.last.elapsed_ms.abs_diff(1500) < 200, "{:?}", report.ending.last);
    assert!(report.ending.last.minor_faults >= 48 * 256, "every page was touched");
    assert_eq!(announced(place.path()), 0, "no announcement is left");
}

#[test]
fn machine_every_kind_reaches_its_size() {
    let place = tempfile::tempdir().unwrap();
    let on_disk = format!(r#","directory":"{}""#, env!("CARGO_TARGET_TMPDIR"));
    let kinds = Kind::ALL.iter().filter(|kind| **kind != Kind::Swap);
    let runs: Vec<(Kind, Run)> = kinds
        .map(|kind| {
            let directory = if kind.is_file() { &on_disk } else { "" };
            let json = format!(r#"{{"size":"8MiB","kind":"{kind}","for_ms":900{directory}}}"#);
            (*kind, followed(place.path(), &plan(&json)).0)
        })
        .collect();
    for (kind, run) in runs {
        let report = run.wait();
        assert_eq!(report.ending.reason, Reason::Finished, "{kind}");
        assert!(report.peak_bytes.abs_diff(8 * MIB) <= MIB, "{kind}: {}", report.peak_bytes);
    }
}

#[test]
fn machine_every_pattern_stays_within_its_plan() {
    let place = tempfile::tempdir().unwrap();
    let run = |pattern: &Pattern| {
        let plan = plan(&format!(r#"{{"size":"8MiB","pattern":"{pattern}","for_ms":1500}}"#));
        (*pattern, followed(place.path(), &plan).0)
    };
    let runs: Vec<(Pattern, Run)> = Pattern::ALL.iter().map(run).collect();
    for (pattern, run) in runs {
        let report = run.wait();
        assert_eq!(report.ending.reason, Reason::Finished, "{pattern}");
        assert!(
            (4 * MIB..=9 * MIB).contains(&report.peak_bytes),
            "{pattern}: {}",
            report.peak_bytes
        );
        if pattern == Pattern::Fragment {
            let last = &report.ending.last;
            assert!(last.live_bytes < 5 * MIB && last.reached_bytes > 7 * MIB, "{last:?}");
        }
    }
}

#[test]
fn machine_memory_is_verified_and_the_bandwidth_is_kept() {
    let place = tempfile::tempdir().unwrap();
    let verified =
        followed(place.path(), &plan(r#"{"size":"8MiB","verify":true,"for_ms":4000}"#)).0.wait();
    assert_eq!((verified.ending.last.mismatches, &verified.ending.mismatches[..]), (0, &[][..]));
    assert!(verified.ending.last.accessed_bytes > 16 * MIB, "every bit was both values");
    let paced = r#"{"size":"8MiB","access":"random","write_percent":50,"bandwidth":"20MiB/s","for_ms":1500}"#;
    let paced = followed(place.path(), &plan(paced)).0.wait();
    let accessed = paced.ending.last.accessed_bytes;
    assert!((20 * MIB..=34 * MIB).contains(&accessed), "{accessed}");
}

#[test]
fn machine_a_run_ends_when_it_is_asked_to_by_whichever_way() {
    let place = tempfile::tempdir().unwrap();
    let plan = plan(r#"{"size":"16MiB"}"#);
    let ended = |end: &dyn Fn(&mut Run)| {
        let (mut run, looks) = followed(place.path(), &plan);
        until("it holds", || looks.last().is_some_and(|look| look.state == State::Holding));
        let asked = Instant::now();
        end(&mut run);
        let report = run.wait();
        assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
        assert_eq!(announced(place.path()), 0);
        report.ending.reason
    };
    assert_eq!(ended(&Run::stop), Reason::Stopped);
    assert_eq!(ended(&|run| signal(run.started().pid, Signal::INT)), Reason::Signal(2));
    assert_eq!(ended(&|run| signal(run.started().pid, Signal::TERM)), Reason::Signal(15));
    let killed = ended(&|run| signal(run.started().pid, Signal::KILL));
    assert_eq!(killed, Reason::Killed { signal: 9, in_its_cgroup: false });
}

#[test]
fn machine_a_dropped_run_ends_at_once() {
    let place = tempfile::tempdir().unwrap();
    let (run, _) = followed(place.path(), &plan(r#"{"size":"16MiB"}"#));
    let pid = run.started().pid;
    let dropped = Instant::now();
    drop(run);
    assert!(!is_alive(pid) && dropped.elapsed() < Duration::from_secs(1));
}

#[test]
fn machine_a_changed_plan_goes_on_in_the_same_worker() {
    let place = tempfile::tempdir().unwrap();
    let (mut run, looks) = followed(place.path(), &plan(r#"{"size":"16MiB"}"#));
    until("it holds", || looks.last().is_some_and(|look| look.held_bytes == 16 * MIB));
    for (json, held) in [
        (r#"{"size":"40MiB"}"#, 40 * MIB),
        (r#"{"size":"8MiB"}"#, 8 * MIB),
        (r#"{"size":"12MiB","kind":"shared"}"#, 12 * MIB),
    ] {
        run.change(plan(json)).unwrap();
        assert_eq!(run.plan(), plan(json));
        until(json, || looks.last().is_some_and(|look| look.held_bytes == held));
    }
    let limited = Plan { cgroup_limit_bytes: Some(64 * MIB), ..plan(r#"{"size":"8MiB"}"#) };
    assert!(matches!(run.change(limited), Err(RunError::CgroupChange)));
    run.stop();
    assert_eq!(run.wait().ending.reason, Reason::Stopped);
}

#[test]
fn machine_a_worker_that_cannot_begin_says_why() {
    let place = tempfile::tempdir().unwrap();
    let plan = plan(r#"{"size":"8MiB","kind":"file-dirty","directory":"/nowhere/at/all"}"#);
    let error = Run::start(&support::launch(place.path()), &plan, |_| ()).unwrap_err();
    assert!(error.to_string().starts_with("cannot make a file in /nowhere/at/all: "), "{error}");
}

#[test]
fn machine_what_one_run_will_take_is_not_there_for_another() {
    let place = tempfile::tempdir().unwrap();
    let slow = plan(r#"{"size":"60MiB","pattern":"ramp","rate":"1MiB/s"}"#);
    let (run, _) = followed(place.path(), &slow);
    until("it is announced", || !announce::list(place.path()).is_empty());
    assert!(announce::promised_bytes(place.path(), None) > 50 * MIB);
    drop(run);
    assert_eq!(announce::promised_bytes(place.path(), None), 0);
}

#[test]
fn machine_a_run_yields_when_others_need_the_memory() {
    let place = tempfile::tempdir().unwrap();
    let machine = Machine::new(4096);
    let (run, looks) = machine.followed(place.path(), r#"{"size":"32MiB"}"#);
    until("it holds", || looks.last().is_some_and(|look| look.held_bytes == 32 * MIB));
    machine.set_available(200);
    let report = run.wait();
    let Reason::Short(headroom) = &report.ending.reason else { panic!("{:?}", report.ending) };
    assert_eq!((headroom.bytes, headroom.left_bytes), (0, 200 * MIB));
    assert!(report.to_string().contains("others needed the memory"), "{report}");
}

#[test]
fn machine_a_run_stops_growing_at_the_reserve_and_goes_on_when_there_is_room_again() {
    let place = tempfile::tempdir().unwrap();
    let machine = Machine::new(4096);
    machine.set_available(4096);
    let (run, looks) =
        machine.followed(place.path(), r#"{"size":"32MiB","pattern":"ramp","rate":"16MiB/s"}"#);
    machine.set_available(512);
    until("it is held back", || looks.last().is_some_and(|look| look.state == State::HeldBack));
    machine.set_available(4096);
    until("it goes on", || looks.last().is_some_and(|look| look.held_bytes == 32 * MIB));
    drop(run);
}

#[test]
fn machine_a_run_stops_when_the_machine_is_under_strain() {
    let place = tempfile::tempdir().unwrap();
    let machine = Machine::new(4096);
    let (run, looks) = machine.followed(place.path(), r#"{"size":"8MiB"}"#);
    until("it holds", || looks.last().is_some_and(|look| look.state == State::Holding));
    machine.set_stalled_us(300_000);
    let report = run.wait();
    assert!(matches!(report.ending.reason, Reason::Strained(_)), "{:?}", report.ending.reason);
}

/// The variable that names the runtime directory to the supervisor that is killed.
const PLACE: &str = "RAMSCOPE_STRESS_TEST_PLACE";

/// Not a test of its own: started again by the test below, which kills it.
#[test]
fn machine_the_supervisor_that_another_test_kills() {
    let Some(place) = std::env::var_os(PLACE) else { return };
    let run = Run::start(&support::launch(place.as_ref()), &plan(r#"{"size":"64MiB"}"#), |_| ());
    run.unwrap().wait();
}

#[test]
fn machine_when_its_parent_is_killed_the_worker_ends_within_a_second() {
    let place = tempfile::tempdir().unwrap();
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "machine_the_supervisor_that_another_test_kills", "--nocapture"])
        .env(PLACE, place.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let reached =
        || announce::list(place.path()).first().map(|said| (said.pid, said.progress.reached_bytes));
    until("the worker holds", || reached().is_some_and(|(_, bytes)| bytes > 60 * MIB));
    let (worker, _) = reached().unwrap();
    parent.kill().unwrap();
    let killed = Instant::now();
    parent.wait().unwrap();
    until("the worker is gone", || !is_alive(worker));
    assert!(killed.elapsed() < Duration::from_secs(1), "{:?}", killed.elapsed());
    assert_eq!(place.path().read_dir().unwrap().count(), 0, "its announcement too");
}

#[test]
fn machine_a_worker_that_nobody_listens_to_ends_in_time() {
    let place = tempfile::tempdir().unwrap();
    let start = serde_json::json!({ "start": {
        "plan": plan(r#"{"size":"8MiB","for_ms":500}"#), "root": "/", "runtime_dir": place.path(),
    }});
    let mut worker =
        Command::new(WORKER).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    // Both pipes stay open, and nothing is read from one.
    writeln!(worker.stdin.as_mut().unwrap(), "{start}").unwrap();
    until("it ended by itself", || worker.try_wait().unwrap().is_some());
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[test]
fn machine_words_that_no_run_says_end_a_worker_with_a_sentence() {
    for words in ["", "nonsense\n", "\"stop\"\n"] {
        let mut worker =
            Command::new(WORKER).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        worker.stdin.take().unwrap().write_all(words.as_bytes()).unwrap();
        let output = worker.wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(!output.status.success() && said.contains("failed"), "{words}: {said}");
    }
}

#[test]
fn machine_a_run_in_its_own_cgroup_leaves_nothing_behind() {
    let place = tempfile::tempdir().unwrap();
    let plan = plan(r#"{"size":"32MiB","cgroup_limit":"64MiB","for_ms":700}"#);
    let Some(run) = support::in_a_cgroup("a_run_in_its_own_cgroup", place.path(), &plan) else {
        return;
    };
    let folder = run.started().cgroup.clone().unwrap();
    assert!(folder.is_dir());
    assert_eq!(run.wait().ending.reason, Reason::Finished);
    assert!(!folder.exists());
}

#[test]
fn machine_a_run_beyond_its_cgroup_is_killed_there_and_nowhere_else() {
    let place = tempfile::tempdir().unwrap();
    // Nothing is asked for that the machine could not give: only the cgroup is too small.
    let plan = plan(r#"{"size":"320MiB","cgroup_limit":"256MiB","i_know":true}"#);
    let has_swap = limits().swap_free_bytes > 0;
    let Some(run) = support::in_a_cgroup("a_run_beyond_its_cgroup", place.path(), &plan) else {
        return;
    };
    let folder = run.started().cgroup.clone().unwrap();
    // The stalls of a cgroup that runs out count as the machine's: the neighbour is not to end for those.
    let neighbour = followed(place.path(), &support::plan(r#"{"size":"16MiB","i_know":true}"#)).0;
    if has_swap {
        // It swaps there instead of being killed, which this machine's settings decide.
        drop(run);
    } else {
        let reason = run.wait().ending.reason;
        assert_eq!(reason, Reason::Killed { signal: 9, in_its_cgroup: true });
    }
    assert!(!folder.exists(), "its cgroup is removed");
    assert!(is_alive(neighbour.started().pid), "a run outside goes on");
    drop(neighbour);
    assert_eq!(announced(place.path()), 0, "no announcement is left");
}
