//! `ramscope stress` through the binary, on the machine that runs the tests: a few MiB for a second or two.

mod support;

use std::io::Read as _;
use std::process::Stdio;
use std::time::Duration;
use std::{fs, thread};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use support::Home;

fn json_of(home: &Home, words: &[&str]) -> Value {
    let ended = home.run(&[&["stress"], words, &["--format", "json"]].concat());
    assert_eq!(ended.code, Some(0), "{words:?}: {}", ended.stderr);
    serde_json::from_str(&ended.stdout).expect("a JSON document")
}

#[test]
fn machine_the_plan_of_no_options_grows_holds_and_gives_back() {
    let answer = json_of(&Home::new(), &["--dry-run"]);
    assert_eq!(answer["plan"]["pattern"], "ramp");
    assert_eq!(answer["plan"]["duration_ms"], 30_000);
    let size = answer["plan"]["size_bytes"].as_u64().unwrap();
    assert_eq!(answer["curve"], json!([[0, 0], [10_000, size], [30_000, size]]));
    assert_eq!(answer["table"].as_array().unwrap().len(), 3);
}

#[test]
fn machine_a_dry_run_draws_the_curve_and_names_the_headroom() {
    let ended = Home::new().run(&[
        "stress",
        "--size",
        "8MiB",
        "--for",
        "4s",
        "--pattern",
        "sawtooth",
        "--cycles",
        "2",
        "--dry-run",
    ]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for words in ["8 MiB |", "4.0 s", "give back", "headroom: "] {
        assert!(ended.stdout.contains(words), "{words}: {}", ended.stdout);
    }
}

#[test]
fn machine_a_run_reaches_its_size_and_returns_it() {
    let home = Home::new();
    let report = json_of(&home, &["--size", "16MiB", "--for", "1s"]);
    assert_eq!(report["ending"]["reason"], "finished");
    assert_eq!(report["ending"]["returned_bytes"], 16 << 20);
    let peak = report["peak_bytes"].as_u64().unwrap();
    assert!(peak.abs_diff(16 << 20) <= (16 << 20) / 200, "{peak}");
    let announced = home.data_dir().join("run");
    let names = fs::read_dir(announced).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<String> = names
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| name.ends_with("json"))
        .collect();
    assert!(
        matches!(left.as_slice(), [one] if one.starts_with("stress-ended-")),
        "a run that is over is announced no more, and is told of: {left:?}"
    );
}

#[test]
fn machine_ctrl_c_gives_everything_back_and_exits_with_130() {
    let home = Home::new();
    let mut child = home
        .command(&["stress", "--size", "16MiB", "--for", "1min", "--format", "json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let announced = home.data_dir().join("run");
    let is_announced = || {
        fs::read_dir(&announced).is_ok_and(|entries| {
            let mut names = entries.filter_map(Result::ok).map(|entry| entry.file_name());
            names.any(|name| name.to_string_lossy().ends_with(".json"))
        })
    };
    while !is_announced() {
        assert!(child.try_wait().unwrap().is_none(), "the run ended by itself");
        thread::park_timeout(Duration::from_millis(1));
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["ending"]["reason"], "stopped");
}

#[test]
fn machine_what_cannot_be_is_refused_with_its_numbers() {
    for (words, texts) in [
        (&["--size", "0"][..], &["--size cannot be 0 B"][..]),
        (&["--size", "12XB"], &["column 3", "is not a unit"]),
        (&["--size", "100TiB"], &["100 TiB is more than the"]),
        (&["--size", "1MiB", "--for", "0s"], &["--for"]),
        (&["--pattern", "rmap"], &["choose one of hold, ramp"]),
        (&["--kind", "thpp"], &["choose one of anon"]),
        (&["--size", "1MiB", "--reserve", "0"], &["--i-know"]),
    ] {
        let ended = Home::new().run(&[&["stress"], words].concat());
        assert_eq!(ended.code, Some(2), "{words:?}: {}", ended.stderr);
        for text in texts {
            assert!(ended.stderr.contains(text), "{words:?}: {}", ended.stderr);
        }
    }
}
