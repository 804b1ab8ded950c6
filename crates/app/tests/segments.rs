//! `ramscope sim segments` through the binary: the documented answers, the drawing, and what it says to bad input.

mod support;

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};
use support::Home;

const TEXTBOOK: &str = "0:219/600,1:2300/14,2:90/100,3:1327/580,4:1952/96";

fn ran(words: &[&str]) -> String {
    let ended = Home::new().run(&[&["sim", "segments"], words].concat());
    assert_eq!(ended.code, Some(0), "{words:?}: {}", ended.stderr);
    ended.stdout
}

fn document(words: &[&str]) -> Value {
    let text = ran(&[words, &["--format", "json"]].concat());
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{words:?}: {error}"))
}

/// Runs the words and expects wrong usage, with each of the texts on stderr and nothing on stdout.
fn refused(words: &[&str], texts: &[&str]) {
    let home = Home::new();
    fs::write(home.0.path().join("life.txt"), "arrive p1 code=10\nend p2\n").expect("a file");
    fs::write(home.0.path().join("binary"), [0, 159, 146, 150]).expect("a file");
    let ended = home.run(&[&["sim", "segments"], words].concat());
    assert_eq!(ended.code, Some(2), "{words:?}: {}", ended.stderr);
    assert!(ended.stdout.is_empty(), "{words:?}: {}", ended.stdout);
    for text in texts {
        assert!(ended.stderr.contains(text), "{words:?} says {:?}, without {text:?}", ended.stderr);
    }
}

/// A member of every item of a list.
fn each(list: &Value, member: &str) -> Vec<Value> {
    list.as_array().expect("a list").iter().map(|item| item[member].clone()).collect()
}

#[test]
fn textbook_sizes_have_the_documented_bases() {
    let found = document(&["--memory", "1024", "--sizes", "100,200,150,300,50"]);
    assert_eq!(found["schema_version"], 1);
    let placements = &found["placements"];
    assert_eq!(each(placements, "base"), [0, 100, 300, 450, 750].map(Value::from));
    assert_eq!(each(placements, "limit"), [100, 200, 150, 300, 50].map(Value::from));
    assert_eq!(each(placements, "segment"), [0, 1, 2, 3, 4].map(Value::from));
    assert_eq!(each(placements, "refused"), vec![json!(false); 5]);
    assert_eq!(found["free_bytes"], 224);
    assert_eq!(found["steps"].as_array().map(Vec::len), Some(5));
    let refused = document(&["--memory", "500", "--sizes", "400,200"]);
    assert_eq!(refused["placements"][1]["base"], Value::Null);
    assert_eq!(refused["placements"][1]["refused"], true);
}

#[test]
fn the_preset_has_a_refusal_a_trap_and_a_compaction_and_is_drawn_with_its_addresses() {
    let text = ran(&[]);
    for part in [
        "1024 bytes of memory, first fit, a swap area as large as it need be",
        "7. arrive p4 code=180 data=90  REFUSED",
        "6. access p2 code 10 write  TRAP",
        "13. compact\n   Compaction slides",
        "1024 +----",
        "| free",
        "SEGMENT  PROCESS  HOLDS",
        "1 compactions; ",
    ] {
        assert!(text.contains(part), "{part:?} is missing in {text}");
    }
    let found = document(&[]);
    assert_eq!(found["steps"][6]["outcome"], "refused");
    assert_eq!(found["arrivals_refused"], 1);
    let smaller = document(&["--memory", "1000", "--swap", "0"]);
    assert_eq!((&smaller["memory_bytes"], &smaller["swap_outs"]), (&json!(1000), &json!(0)));
}

#[test]
fn a_script_runs_from_a_file_and_from_stdin_under_any_fit() {
    let script =
        "arrive a data=40\narrive b data=10\narrive c data=30\nend a\nend c\narrive d data=20\n";
    let base = |fit: &str| {
        let home = Home::new();
        let words = ["sim", "segments", "--memory", "90", "--fit", fit, "--script", "-"];
        let mut command = home.command(&[&words[..], &["--format", "json"]].concat());
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut input = child.stdin.take().expect("a pipe");
        input.write_all(script.as_bytes()).expect("a written script");
        drop(input);
        let ended = child.wait_with_output().expect("an end");
        let found: Value = serde_json::from_slice(&ended.stdout).expect("JSON");
        found["placements"][3]["base"].as_u64()
    };
    assert_eq!(["first", "next", "best", "worst"].map(base), [Some(0), Some(50), Some(0), Some(0)]);
    let home = Home::new();
    fs::write(home.0.path().join("life.txt"), script).expect("a scratch file");
    let words = ["sim", "segments", "--memory", "90", "--script", "life.txt", "--format", "csv"];
    let csv = home.run(&words).stdout;
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!((lines.len(), lines[0].split(',').next()), (7, Some("index")));
    assert!(lines[6].starts_with("6,arrive d data=20,done,0,60,"), "{csv}");
}

#[test]
fn textbook_addresses_lead_where_the_book_says_or_trap() {
    let words = ["--table", TEXTBOOK, "--translate", "0:430,1:10,2:500,3:400,4:112"];
    let found = document(&words);
    let translations = &found["translations"];
    let expected = [json!(649), json!(2310), Value::Null, json!(1727), Value::Null];
    assert_eq!(each(translations, "physical"), expected);
    let traps = [Value::Null, Value::Null, json!("limit"), Value::Null, json!("limit")];
    assert_eq!(each(translations, "trap"), traps);
    assert_eq!(each(translations, "segment"), [0, 1, 2, 3, 4].map(Value::from));
    assert_eq!(each(translations, "offset"), [430, 10, 500, 400, 112].map(Value::from));
    let table = ran(&words);
    for part in ["TRAP: beyond the limit by 401", "430 < 600", "219 + 430 = 649.", "2300 +---"] {
        assert!(table.contains(part), "{part:?} is missing in {table}");
    }
    let csv = ran(&[&words[..], &["--format", "csv"]].concat());
    assert!(csv.contains("\n3,2,500,read,,limit,401,\""), "{csv}");
}

#[test]
fn textbook_stacks_grow_down_and_pages_lead_on() {
    let split = document(&[
        "--split",
        "1,6",
        "--table",
        "0:215/59 1:188/56/down",
        "--translate",
        "65,51,100,61,74,64",
    ]);
    let expected = [Value::Null, json!(266), json!(160), Value::Null, json!(134), Value::Null];
    assert_eq!(each(&split["translations"], "physical"), expected);
    assert_eq!(split["translations"][2]["bits"], json!({"segment": "1", "offset": "100100"}));
    let paged = document(&[
        "--page",
        "1KiB",
        "--table",
        "0:5+6+-+2/3500,1:7/1000/rx",
        "--translate",
        "0:1030,0:2100,1:0/w",
    ]);
    let traps = [Value::Null, json!("page"), json!("protection")];
    assert_eq!(each(&paged["translations"], "trap"), traps);
    assert_eq!(paged["translations"][0]["physical"], 6 * 1024 + 6);
    let negative = document(&["--table", "0:100/50/stack/down", "--translate", "stack:-50"]);
    assert_eq!(negative["translations"][0]["physical"], 50);
}

#[test]
fn what_is_wrong_is_named_at_its_place() {
    for (words, texts) in [
        (&["--sizes", "100,x"][..], &["--sizes: column 5: `x` is not a number"][..]),
        (&["--sizes", "0"], &["--sizes: column 1: `0`"]),
        (&["--sizes", "-5"], &["-5"]),
        (&["--sizes", "2000"], &["never fits 1024 of memory"]),
        (&["--sizes", ""], &["--sizes: ", "is empty"]),
        (&["--memory", "0"], &["--memory 0: expected a size"]),
        (&["--memory", "100"], &["--memory: ", "the preset is made for 1024 bytes"]),
        (&["--fit", "fist"], &["--fit: there is no fit `fist`", "did you mean `first`"]),
        (&["--swap", "much"], &["--swap much: expected a size"]),
        (&["--script", "life.txt"], &["life.txt:2:5: no process `p2` is there"]),
        (&["--script", "binary"], &["binary"]),
        (&["--table", "0:1/2"], &["--translate"]),
        (&["--translate", "0:1"], &["--table"]),
        (&["--table", "0:1/2", "--translate", "0:1", "--fit", "best"], &["--fit", "--table"]),
        (&["--table", "0:1/2,1:2/5", "--translate", "0:1"], &["--table: column 7", "overlaps"]),
        (&["--table", "0:1", "--translate", "0:1"], &["--table: column 1: `0:1` has no limit"]),
        (
            &["--memory", "100", "--table", "0:90/20", "--translate", "0:1"],
            &["--table: column 1", "beyond the 100 bytes of memory"],
        ),
        (&["--table", "0:1/2", "--translate", "0:-1"], &["--translate: column 1: -1 is no offset"]),
        (&["--table", "0:1/2,1:5/2", "--translate", "7"], &["does not say its segment"]),
        (&["--split", "1", "--table", "0:1/2", "--translate", "0"], &["--split: expected", "2,12"]),
        (&["--page", "1000", "--table", "0:1/2", "--translate", "0"], &["a power of two"]),
    ] {
        refused(words, texts);
    }
}
