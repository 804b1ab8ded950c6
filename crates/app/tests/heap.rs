//! `ramscope heap` through the binary, on recordings whose every event is known.

mod support;

use std::fs;
use std::path::PathBuf;

use ramscope_heap::Intake;
use ramscope_heap::event::{Event, Loss, Stack, Start, ThreadId};
use rustix::process::Signal;
use serde_json::{Value, json};
use support::{Ended, Home};

/// Return addresses of the stacks below: they lie in no file, so that they are told as numbers.
const MAIN: u64 = 0x1001;
const LOAD: u64 = 0x2001;
const WORK: u64 = 0x3001;

/// Loads 300 and 500 bytes, works with 100 temporary blocks of 64 bytes, moves the 300 to 1000, and never gives them back.
fn recording(wall_ms: u64, more: u64, ends: bool) -> Vec<u8> {
    let mut intake = Intake::new(Start {
        pid: 4242,
        wall_ms,
        program: "/usr/bin/it".to_owned(),
        arguments: vec!["it".to_owned(), "--fast".to_owned()],
        ticks_per_second: 1_000_000,
        allocator: "glibc".to_owned(),
        ..Start::default()
    });
    intake.record();
    let thread = ThreadId(0);
    intake.hear(0, &Event::Thread { thread, tid: 4242, name: "it" });
    let load = Stack { keep: 0, fresh: &[MAIN, LOAD] };
    intake.hear(1000, &Event::Alloc { thread, address: 0x5000, size: 300, stack: load });
    intake.hear(2000, &Event::Alloc { thread, address: 0x6000, size: 500 + more, stack: load });
    for number in 0..100 {
        let stack = Stack { keep: 1, fresh: &[WORK] };
        intake.hear(3000 + number, &Event::Alloc { thread, address: 0x7000, size: 64, stack });
        intake.hear(3000 + number, &Event::Free { thread, address: 0x7000 });
    }
    let moved = Event::Realloc { thread, old: 0x5000, address: 0x8000, size: 1000, stack: load };
    intake.hear(9000, &moved);
    intake.hear(9500, &Event::Lost { events: 2, why: Loss::Full });
    if ends {
        intake.hear(10_000, &Event::End { status: 3 << 8 });
    }
    intake.take_bytes_now(10_000)
}

/// A home with the recordings of the same program before and after a change.
fn home() -> (Home, [PathBuf; 2]) {
    let home = Home::new();
    let files = ["before.heap", "after.heap"].map(|name| home.0.path().join(name));
    fs::write(&files[0], recording(1_700_000_000_000, 0, true)).expect("a scratch directory");
    fs::write(&files[1], recording(1_700_000_100_000, 250, true)).expect("a scratch directory");
    (home, files)
}

fn json_of(home: &Home, words: &[&str]) -> Value {
    let ended = home.run(words);
    assert_eq!(ended.code, Some(0), "{words:?}: {}", ended.stderr);
    serde_json::from_str(&ended.stdout).expect("a JSON document")
}

#[test]
fn a_report_holds_every_sum_and_every_stack() {
    let (home, _) = home();
    let report = json_of(&home, &["heap", "report", "before.heap", "--format", "json"]);
    let expected = json!({
        "allocations": 103, "frees": 101, "bytes_allocated": 300 + 500 + 6400 + 1000,
        "live_bytes": 1500, "live_blocks": 2, "peak_live_bytes": 1500, "peak_time_ms": 9,
        "leaked_bytes": 1500, "leaked_blocks": 2, "temporary": 100, "lost_events": 2, "unmatched_frees": 0,
        "exit_status": 768, "pid": 4242, "program": "/usr/bin/it", "duration_ms": 10,
    });
    for (member, value) in expected.as_object().expect("an object") {
        assert_eq!(&report[member], value, "{member}");
    }
    let stacks = report["stacks"].as_array().expect("stacks");
    assert_eq!(stacks.len(), 1, "{stacks:?}");
    let frame = |address: u64| json!({"function": format!("{address:#x}"), "file": null, "line": null, "module": null, "inlined": false});
    assert_eq!(stacks[0]["frames"], json!([frame(LOAD), frame(MAIN)]));
    for (member, value) in [
        ("live_bytes", 1500),
        ("peak_bytes", 1500),
        ("leaked_bytes", 1500),
        ("allocations", 3),
        ("temporary", 0),
    ] {
        assert_eq!(stacks[0][member], value, "{member}");
    }
    let words = ["heap", "report", "before.heap", "--by", "temporary", "--format", "json"];
    let temporary = &json_of(&home, &words)["stacks"][0];
    assert_eq!((&temporary["temporary"], &temporary["peak_bytes"]), (&json!(100), &json!(0)));
    assert_eq!(temporary["frames"], json!([frame(WORK), frame(MAIN)]));
}

#[test]
fn the_table_says_who_holds_what_and_that_events_were_lost() {
    let (home, _) = home();
    let Ended { stdout, .. } = home.run(&["heap", "report", "before.heap"]);
    for text in [
        "/usr/bin/it --fast",
        "exit 3",
        "103",
        "at least, in 2 blocks",
        "2 the ring was full",
        "Leaked, by call stack",
        "100 %",
        "0x2001",
    ] {
        assert!(stdout.contains(text), "{text} is missing:\n{stdout}");
    }
    assert!(!stdout.contains('\x1b'), "colours in a pipe");
}

#[test]
fn a_recording_whose_end_is_missing_is_told_as_far_as_it_goes() {
    let home = Home::new();
    let bytes = recording(0, 0, false);
    fs::write(home.0.path().join("cut.heap"), &bytes).expect("a scratch directory");
    let Ended { code, stdout, stderr } = home.run(&["heap", "report", "cut.heap"]);
    assert_eq!(code, Some(0));
    assert!(stderr.contains("the program's end was not recorded"), "{stderr}");
    assert!(stdout.contains("Live, by call stack"), "{stdout}");
    fs::write(home.0.path().join("torn.heap"), &bytes[..bytes.len() - 3])
        .expect("a scratch directory");
    let torn = home.run(&["heap", "report", "torn.heap"]);
    assert!(torn.stderr.contains("not written to its end"), "{}", torn.stderr);
}

#[test]
fn a_diff_tells_which_stack_grew() {
    let (home, _) = home();
    let words = ["heap", "diff", "before.heap", "after.heap", "--format", "json"];
    let diff = json_of(&home, &words);
    assert_eq!(
        (&diff["before"], &diff["after"], &diff["difference"]),
        (&json!(1500), &json!(1750), &json!(250))
    );
    assert_eq!(diff["stacks"].as_array().map(Vec::len), Some(1));
    assert_eq!(diff["stacks"][0]["difference"], 250);
    let same = home.run(&["heap", "diff", "before.heap", "before.heap"]);
    assert!(same.stdout.contains("no call stack differs"), "{}", same.stdout);
    let table = home.run(&["heap", "diff", "before.heap", "after.heap"]);
    assert!(table.stdout.contains("+250 B"), "{}", table.stdout);
}

#[test]
fn exports_hold_the_stacks_with_their_sums() {
    let (home, _) = home();
    let export = |words: &[&str]| {
        let ended = home.run(&[&["heap", "export", "before.heap", "--to"], words].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        ended.stdout
    };
    assert_eq!(export(&["collapsed"]), "0x1001;0x2001 1500\n");
    assert_eq!(
        export(&["collapsed", "--by", "allocations"]),
        "0x1001;0x2001 3\n0x1001;0x3001 100\n"
    );
    let csv = export(&["csv"]);
    assert!(
        csv.lines().any(|line| line.starts_with("1500,2,1500,2,1500,2,3,1800,0,\"0x2001")),
        "{csv}"
    );
    let page = export(&["html"]);
    let data = page
        .split_once("id=\"data\">")
        .and_then(|(_, rest)| rest.split_once("</script>"))
        .expect("data")
        .0;
    let data: Value = serde_json::from_str(data).expect("JSON");
    assert_eq!(data["trees"]["live"]["nodes"]["value"], json!([1500, 1500, 1500]));
    assert!(!page.contains("http://") && !page.contains("https://"), "the page asks nobody");
    let speedscope: Value =
        serde_json::from_str(&export(&["speedscope", "--by", "peak"])).expect("JSON");
    assert_eq!(speedscope["activeProfileIndex"], 1);
    assert_eq!(speedscope["profiles"][1]["weights"], json!([1500]));
    let names: Vec<&Value> = speedscope["profiles"][1]["samples"][0]
        .as_array()
        .expect("a sample")
        .iter()
        .map(|frame| {
            &speedscope["shared"]["frames"]
                [usize::try_from(frame.as_u64().unwrap_or(9)).unwrap_or(9)]["name"]
        })
        .collect();
    assert_eq!(names, ["0x1001", "0x2001"]);
}

#[test]
fn a_trace_of_the_requests_runs_through_every_allocator() {
    let (home, _) = home();
    let ended =
        home.run(&["heap", "export", "before.heap", "--to", "alloc-trace", "--out", "it.alloc"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let trace = fs::read_to_string(home.0.path().join("it.alloc")).expect("the trace");
    let lines: Vec<&str> = trace.lines().collect();
    assert_eq!(
        lines[..4],
        ["# ramscope alloc-trace 1", "a 0 300 1000 4242", "a 1 500 2000 4242", "a 2 64 3000 4242"]
    );
    assert_eq!((lines[4], lines.last()), ("f 2 3000 4242", Some(&"r 0 102 1000 9000 4242")));
    let words = ["sim", "alloc", "--policy", "all", "--file", "it.alloc", "--format", "json"];
    let runs = json_of(&home, &words);
    assert!(runs["runs"].as_array().is_some_and(|runs| runs.len() > 5), "{runs}");
}

#[test]
fn what_is_no_recording_is_refused_with_its_path_and_what_to_do() {
    let home = Home::new();
    let refused = |words: &[&str], texts: &[&str]| {
        let Ended { code, stderr, .. } = home.run(words);
        assert_eq!(code, Some(1), "{words:?}: {stderr}");
        texts.iter().for_each(|text| assert!(stderr.contains(text), "{words:?}: {stderr}"));
    };
    fs::write(home.0.path().join("text"), "a text").expect("a scratch directory");
    let mut newer = recording(0, 0, true);
    newer[8] = 9;
    fs::write(home.0.path().join("newer.heap"), newer).expect("a scratch directory");
    refused(&["heap", "report", "nowhere.heap"], &["nowhere.heap", "ramscope track -o"]);
    refused(&["heap", "report", "text"], &["text", "no recording of a heap"]);
    refused(&["heap", "report", "newer.heap"], &["newer.heap", "format 9", "update ramscope"]);
    refused(&["heap", "report", "."], &["is a folder"]);
    refused(&["heap", "export", "text", "--to", "alloc-trace"], &["no recording of a heap"]);
}

#[test]
fn a_view_serves_the_recording_until_it_is_interrupted() {
    let (home, _) = home();
    let server = support::Server::start(home.command(&["heap", "view", "before.heap"]));
    assert!(
        server.greeting.contains("before.heap is shown at http://127.0.0.1:"),
        "{}",
        server.greeting
    );
    assert!(
        server.greeting.contains("/heap?token=")
            && server.greeting.trim_end().ends_with("#v1;session=before")
    );
    assert_eq!(server.end(Signal::INT), Some(130));
}
