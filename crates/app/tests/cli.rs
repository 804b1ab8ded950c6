//! The commands that need no server, through the binary: what they print, and what they say to bad input.

mod support;

use std::fs;

use rustix::process::Signal;
use support::{Home, captured_machine};

/// Runs the words and expects wrong usage, with each of the texts on stderr and nothing on stdout.
fn refused(words: &[&str], texts: &[&str]) {
    let home = Home::new();
    let ended = home.run(words);
    assert_eq!(ended.code, Some(2), "{words:?}: {}", ended.stderr);
    assert!(ended.stdout.is_empty(), "{words:?}: {}", ended.stdout);
    for text in texts {
        assert!(ended.stderr.contains(text), "{words:?} says {:?}, without {text:?}", ended.stderr);
    }
}

/// A home in which the captured machine was recorded for some ticks.
fn recorded() -> Home {
    let home = Home::new();
    let server = home.serve(&["--interval", "10ms"]);
    server.wait_for("/api/v1/memory", |memory| memory["recorder"]["ticks"].as_u64() >= Some(10));
    assert_eq!(server.end(Signal::TERM), Some(0));
    home
}

fn on_captured(words: &[&str]) -> support::Ended {
    let machine = captured_machine();
    let mut all = words.to_vec();
    all.extend(["--source-root", machine.to_str().expect("a UTF-8 path")]);
    let ended = Home::new().run(&all);
    assert_eq!(ended.code, Some(0), "{words:?}: {}", ended.stderr);
    ended
}

#[test]
fn wrong_usage_is_answered_with_the_thing_the_cause_and_the_next_act() {
    refused(&["memry"], &["memry", "memory"]);
    refused(&["serve", "--intervall", "1s"], &["--intervall", "--interval"]);
    refused(&["serve", "--interval", "0"], &["--interval", "`0` is not a duration"]);
    refused(&["serve", "--interval", "9ms"], &["--interval", "from 10ms to 1h"]);
    refused(&["serve", "--interval", "2h"], &["--interval", "from 10ms to 1h"]);
    refused(&["serve", "--listen", "here"], &["--listen", "127.0.0.1:7070"]);
    refused(&["serve", "--max-size", "50%"], &["--max-size", "1GiB"]);
    refused(&["serve", "--keep", "soon"], &["--keep", "7d"]);
    refused(&["serve", "--no-web", "--open"], &["--no-web", "--open"]);
    refused(&["serve", "--labs-only", "--keep", "7d"], &["--labs-only", "--keep"]);
    refused(&["memory", "--format", "xml"], &["xml", "table, json, ndjson"]);
    refused(&["memory", "--interval", "1s"], &["--watch"]);
    refused(&["memory", "--watch", "--interval", "1"], &["--interval", "is not a duration"]);
    refused(&["chart", "pie", "--out", "memory.gif"], &["memory.gif", ".svg or .png"]);
    refused(&["chart", "cake", "--out", "memory.svg"], &["cake", "pie"]);
}

#[test]
fn a_range_that_cannot_be_is_wrong_usage_and_named() {
    let home = recorded();
    for (words, text) in [
        (&["--since", "1h", "--until", "2h"][..], "`from` must lie before `to`"),
        (&["--points", "0"], "choose 1 to 10000"),
        (&["--points", "1000000"], "choose 1 to 10000"),
        (&["--series", "memory.usd"], "did you mean `memory.used`"),
        (&["--series", ""], "no series is named"),
        (&["--since", "yesterday"], "--since: `yesterday` is not a time"),
    ] {
        let ended = home.run(&[&["history"], words].concat());
        assert_eq!(ended.code, Some(2), "{words:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(text), "{words:?}: {}", ended.stderr);
    }
}

#[test]
fn a_place_where_nothing_was_recorded_says_how_to_begin() {
    let ended = Home::new().run(&["history"]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("nothing is recorded in")
            && ended.stderr.contains("start `ramscope`"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_look_at_a_captured_machine_prints_its_numbers_in_each_format() {
    let table = on_captured(&["memory"]).stdout;
    assert!(table.contains("used (total − available)"), "{table}");
    let json: serde_json::Value =
        serde_json::from_str(&on_captured(&["memory", "--format", "json"]).stdout).unwrap();
    let line = on_captured(&["memory", "--format", "ndjson"]).stdout;
    assert_eq!(line.lines().count(), 1);
    let ndjson: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(json["total_bytes"], ndjson["total_bytes"]);
    let bytes = |member: &str| json[member].as_u64().unwrap();
    assert_eq!(bytes("used_bytes") + bytes("available_bytes"), bytes("total_bytes"));
    assert!(table.contains(&bytes("used_bytes").to_string()), "{table}");
}

#[test]
fn explain_says_it_in_a_sentence_and_its_ledger_adds_up_to_the_byte() {
    let text = on_captured(&["explain"]).stdout;
    let headline = text.lines().next().unwrap();
    assert!(headline.contains(" GiB") && headline.ends_with('.'), "{headline}");
    let json: serde_json::Value =
        serde_json::from_str(&on_captured(&["explain", "--format", "json"]).stdout).unwrap();
    let ledger = &json["ledger"];
    let parts: u64 =
        ledger["parts"].as_object().unwrap().values().map(|part| part.as_u64().unwrap()).sum();
    let number = |name: &str| ledger[name].as_u64().unwrap();
    assert_eq!(
        parts + number("unaccounted_bytes") - number("overlap_bytes"),
        number("total_bytes")
    );
}

#[test]
fn a_machine_without_meminfo_is_an_error_that_names_the_file() {
    let home = Home::new();
    let ended = home.run(&["memory", "--source-root", "nowhere"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("nowhere/proc/meminfo"), "{}", ended.stderr);
}

#[test]
fn every_sample_leaves_in_every_format_with_the_same_numbers() {
    let home = recorded();
    let print = |format: &str| {
        let ended = home.run(&[
            "history",
            "--series",
            "memory.used",
            "--since",
            "all",
            "--every-sample",
            "--format",
            format,
        ]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        ended.stdout
    };
    let csv = print("csv");
    let rows: Vec<(i64, i64)> = csv
        .lines()
        .skip(1)
        .map(|line| {
            line.split_once(',')
                .map(|(time, used)| (time.parse().unwrap(), used.parse().unwrap()))
                .unwrap()
        })
        .collect();
    assert!(rows.len() >= 9);
    let ndjson = print("ndjson");
    for ((time, used), line) in rows.iter().zip(ndjson.lines()) {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            (object["time_ms"].as_i64(), object["memory.used"].as_i64()),
            (Some(*time), Some(*used))
        );
    }
    let json: serde_json::Value = serde_json::from_str(&print("json")).unwrap();
    assert_eq!(json["time_ms"].as_array().unwrap().len(), rows.len());
    let out =
        home.run(&["history", "--since", "all", "--format", "parquet", "--out", "all.parquet"]);
    assert_eq!(out.code, Some(0), "{}", out.stderr);
    let parquet = fs::read(home.0.path().join("all.parquet")).unwrap();
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
}

#[test]
fn follow_prints_a_line_a_tick_and_needs_a_recorder() {
    use std::io::{BufRead as _, BufReader};
    let home = Home::new();
    let server = home.serve(&["--interval", "20ms"]);
    server.wait_for("/api/v1/memory", |memory| memory["recorder"]["ticks"].as_u64() >= Some(2));
    let mut command = home.command(&["history", "--follow"]);
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let lines: Vec<String> = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .take(5)
        .map_while(Result::ok)
        .collect();
    assert_eq!(lines[0], "time_ms,memory.used,memory.free,memory.total,swap.used,swap.total");
    assert!(lines[1..].iter().all(|line| line.split(',').count() == 6), "{lines:?}");
    child.wait().unwrap();
    assert_eq!(server.end(Signal::TERM), Some(0));
    let alone = home.run(&["history", "--follow"]);
    assert_eq!(alone.code, Some(1));
    assert!(alone.stderr.contains("nobody records in"), "{}", alone.stderr);
}

#[test]
fn charts_are_drawn_as_svg_and_png() {
    let home = recorded();
    let machine = captured_machine();
    let machine = machine.to_str().unwrap();
    for words in [
        &["chart", "pie", "--source-root", machine, "--out", "out.svg"][..],
        &[
            "chart",
            "pie",
            "--plain",
            "--theme",
            "dark",
            "--source-root",
            machine,
            "--out",
            "out.png",
        ],
        &["chart", "memory", "--since", "all", "--out", "out.svg"],
        &["chart", "memory", "--since", "all", "--scale", "1", "--out", "out.png"],
    ] {
        let ended = home.run(words);
        assert_eq!(ended.code, Some(0), "{words:?}: {}", ended.stderr);
        let name = words.last().unwrap();
        let bytes = fs::read(home.0.path().join(name)).unwrap();
        let magic: &[u8] = if name.ends_with("svg") { b"<svg" } else { b"\x89PNG" };
        assert!(bytes.starts_with(magic), "{words:?}");
    }
}

#[test]
fn the_configuration_is_shown_with_its_origins_and_checked_with_the_place() {
    let home = Home::new();
    fs::create_dir_all(home.0.path().join(".config/ramscope")).unwrap();
    let file = home.0.path().join(".config/ramscope/config.toml");
    fs::write(&file, "interval = \"5s\"\n").unwrap();
    let shown = home.run(&["config", "show"]).stdout;
    let line = shown.lines().find(|line| line.starts_with("interval")).unwrap();
    assert!(line.contains("5s") && line.ends_with("config.toml:1"), "{line}");
    assert_eq!(home.run(&["config", "check"]).code, Some(0));
    fs::write(&file, "interval = \"5s\"\nlisten = \"nowhere\"\n").unwrap();
    let checked = home.run(&["config", "check"]);
    assert_eq!(checked.code, Some(2));
    assert!(checked.stderr.contains("config.toml:2"), "{}", checked.stderr);
}

#[test]
fn completions_and_the_manual_page_are_printed() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        assert!(home.run(&["completions", shell]).stdout.contains("ramscope"), "{shell}");
    }
    assert!(home.run(&["man"]).stdout.contains(".TH ramscope 1"));
}

#[test]
fn a_service_is_printed_anywhere_and_installed_only_where_systemd_runs() {
    let home = Home::new();
    let unit = home.run(&["service", "install", "--print"]).stdout;
    assert!(unit.contains("ExecStart=\"") && unit.contains("NoNewPrivileges=yes"), "{unit}");
}

fn on_groups(words: &[&str]) -> support::Ended {
    let machine = support::machine("cgroups-v2-made-from-documentation");
    let mut all = vec!["cgroups", "--source-root", machine.to_str().expect("a UTF-8 path")];
    all.extend(words);
    Home::new().run(&all)
}

#[test]
fn control_groups_are_listed_with_the_limit_that_binds_each() {
    let table = on_groups(&["--sort", "room"]).stdout;
    let first = table.lines().nth(1).unwrap();
    assert!(
        first.starts_with("docker 3f1c0a9b8d7e") && first.contains("240 MiB  its own"),
        "{table}"
    );
    let inner = table.lines().find(|line| line.starts_with("containerd ")).unwrap();
    assert!(inner.contains("768 MiB  pod 0a1b2c3d"), "{inner}");
    let json =
        on_groups(&["--format", "json", "--under", "/kubepods.slice", "--sort", "path"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["seen"], &json["matched"]), (&13.into(), &4.into()));
    assert_eq!(json["cgroups"][3]["binding"]["limit_bytes"], 768 << 20);
    assert!(json["time_ms"].as_i64() > Some(1_700_000_000_000));
    let csv = on_groups(&["--format", "csv", "--limited"]).stdout;
    assert_eq!(csv.lines().count(), 5, "{csv}");
    let ndjson = on_groups(&["--format", "ndjson", "--filter", "nginx", "--stat"]).stdout;
    let row: serde_json::Value = serde_json::from_str(&ndjson).unwrap();
    assert_eq!(row["stat"]["numa_hint_faults"], 48);
    let missing = on_groups(&["--under", "/nowhere"]);
    assert_eq!(missing.code, Some(2));
    assert!(missing.stderr.contains("/nowhere: there is no such group"), "{}", missing.stderr);
}

#[test]
fn inside_a_container_its_limit_is_the_total_and_that_is_said() {
    let root = tempfile::tempdir().unwrap();
    let copy = |from: std::path::PathBuf| {
        let words = ["-r", from.to_str().unwrap(), root.path().to_str().unwrap()];
        assert!(std::process::Command::new("cp").args(words).status().unwrap().success());
    };
    copy(captured_machine().join("proc"));
    copy(support::machine("cgroups-v2-made-from-documentation").join("proc"));
    copy(support::machine("cgroups-v2-made-from-documentation").join("sys"));
    let sentence = "Inside docker 3f1c0a9b8d7e: its soft limit (memory.high) of 240 MiB counts as total here; \
                    the machine around it has 62.8 GiB.";
    for command in ["memory", "explain"] {
        let words = [command, "--source-root", root.path().to_str().unwrap()];
        let told = Home::new().run(&words).stdout;
        assert!(told.contains(sentence), "{command}: {told}");
    }
    let words = ["explain", "--source-root", root.path().to_str().unwrap(), "--format", "json"];
    let explained: serde_json::Value =
        serde_json::from_str(&Home::new().run(&words).stdout).unwrap();
    let headline =
        "Short of memory: 230 of 240 MiB used inside docker 3f1c0a9b8d7e; 10 MiB available.";
    assert_eq!(explained["explain"]["headline"], headline, "{explained}");
}
