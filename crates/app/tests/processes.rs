//! `ramscope processes` from outside: one look at a captured machine, and a moment that a server recorded.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod support;

use std::path::{Path, PathBuf};

use rustix::process::Signal;
use serde_json::Value;
use support::{Ended, Home, Server};

fn captured() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../observe/tests/data/processes-linux-6.18")
}

fn look(home: &Home, words: &[&str]) -> Ended {
    let root = captured();
    let mut all = vec!["processes", "--source-root", root.to_str().unwrap()];
    all.extend(words);
    home.run(&all)
}

#[test]
fn one_look_is_printed_in_every_format() {
    let home = Home::new();
    let table = look(&home, &[]);
    assert_eq!(table.code, Some(0), "{}", table.stderr);
    let lines: Vec<_> = table.stdout.lines().collect();
    assert!(lines[0].starts_with(" PID  USER"), "{}", table.stdout);
    assert!(lines[1].contains("4201  someone") && lines[1].contains("/usr/bin/python3 -c"));
    assert!(table.stdout.contains("3 shown; 3 processes"), "{}", table.stdout);
    let json: Value = serde_json::from_str(&look(&home, &["--format", "json"]).stdout).unwrap();
    assert_eq!(json["processes"][0]["pid"], 4201);
    let lines = look(&home, &["--format", "ndjson", "--sort", "pid"]).stdout;
    let ids: Vec<_> =
        lines.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()["pid"].clone()).collect();
    assert_eq!(ids, [4201, 4202, 4203]);
    let csv = look(&home, &["--format", "csv", "--top", "1"]).stdout;
    assert!(csv.starts_with("pid,start_time_ms,command,user,cgroup,rss_bytes,"), "{csv}");
    assert_eq!(csv.lines().count(), 2);
}

#[test]
fn no_name_reaches_the_terminal_as_it_is() {
    let home = Home::new();
    for format in ["table", "json", "ndjson", "csv"] {
        let printed = look(&home, &["--format", format, "--kernel"]).stdout;
        assert!(printed.chars().all(|c| c == '\n' || !c.is_control()), "{printed:?}");
    }
}

#[test]
fn sums_and_proportional_sets_are_printed_when_asked() {
    let home = Home::new();
    let users = look(&home, &["--group", "user"]).stdout;
    assert!(users.starts_with("USER") && users.contains("www-data"), "{users}");
    let tree = look(&home, &["--group", "tree"]).stdout;
    assert!(tree.contains("4201 python3") && tree.contains("  4202 sleep"), "{tree}");
    let json = look(&home, &["--sort", "pss", "--format", "json"]).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert!(json["processes"][0]["pss_bytes"].as_u64().unwrap() > 10 << 20);
}

#[test]
fn a_moment_that_was_recorded_comes_back_after_the_server_has_ended() {
    let home = Home::new();
    let root = captured();
    // The five files of a machine that sampling needs are not among the captured processes.
    let machine = tempfile::tempdir().unwrap();
    for (from, to) in [(support::captured_machine(), "proc"), (root.clone(), "proc")] {
        copy(&from.join("proc"), &machine.path().join(to));
    }
    let path = machine.path().to_str().unwrap();
    let command = home.command(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--interval",
        "100ms",
        "--source-root",
        path,
    ]);
    let server = Server::start(command);
    let document =
        server.wait_for("/api/v1/processes?at=now", |document| document["processes"].is_array());
    let time_ms = document["time_ms"].to_string();
    server.end(Signal::TERM);
    let words = ["processes", "--at", &time_ms, "--format", "json"];
    let json: Value = serde_json::from_str(&home.run(&words).stdout).unwrap();
    assert_eq!((json["time_ms"].to_string(), &json["live"]), (time_ms.clone(), &false.into()));
    assert_eq!(json["processes"].as_array().unwrap().len(), 3);
    let early = home.run(&["processes", "--at", "7d"]);
    assert_eq!(early.code, Some(1));
    assert!(early.stderr.contains("no processes were recorded at or before"), "{}", early.stderr);
    for (words, part) in [
        (&["processes", "--between", "1h"][..], "two moments are wanted"),
        (&["processes", "--between", "now,1h"], "must be before the second"),
        (&["processes", "--at", "yesterday"], "is not a time"),
        (&["processes", "--window", "5"], "not a duration"),
    ] {
        let ended = home.run(words);
        assert_eq!(ended.code, Some(2), "{words:?}");
        assert!(ended.stderr.contains(part), "{}", ended.stderr);
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(std::fs::copy(entry.path(), to).unwrap()),
        }
    }
}
