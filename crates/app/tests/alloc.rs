//! `ramscope sim alloc`, `sim holes` and `sim partitions` through the binary.

mod support;

use std::fs;

use serde_json::{Value, json};
use support::{Ended, Home};

fn json_of(words: &[&str]) -> Value {
    let ended = Home::new().run(&[&["sim"], words, &["--format", "json"]].concat());
    assert_eq!(ended.code, Some(0), "{words:?}: {}", ended.stderr);
    serde_json::from_str(&ended.stdout).expect("a JSON document")
}

fn refused(words: &[&str], texts: &[&str]) {
    let Ended { code, stderr, .. } = Home::new().run(&[&["sim"], words].concat());
    assert_eq!(code, Some(2), "{words:?}: {stderr}");
    for text in texts {
        assert!(stderr.contains(text), "{words:?}: {stderr}");
    }
}

#[test]
fn partitions_are_given_to_who_waits_for_them() {
    let words = ["partitions", "--sizes", "100,400,200", "--ops", "+90,+80,+150,-0"];
    let several = json_of(&[&words[..], &["--queues", "several"]].concat());
    assert_eq!(several["steps"][1]["queues"], json!([[1], [], []]));
    assert_eq!(several["steps"][3]["started"], json!([[1, 0]]));
    let one = json_of(&words);
    assert_eq!(one["steps"][1]["started"], json!([[1, 1]]));
    let table = Home::new().run(&["sim", "partitions", "--queues", "several"]);
    assert_eq!(table.code, Some(0), "{}", table.stderr);
    assert!(table.stdout.contains("for 0: 1"), "{}", table.stdout);
}

#[test]
fn holes_take_what_the_textbook_says_split_or_fixed() {
    // Silberschatz, Galvin, Gagne, Operating System Concepts, exercises on contiguous allocation.
    let words = ["holes", "--holes", "100,500,200,300,600", "--requests", "212,417,112,426"];
    let placements = |words: &[&str]| -> Vec<Value> {
        let answer = json_of(words);
        let runs = answer["runs"].as_array().unwrap();
        runs.iter().map(|run| json!([run["policy"], run["placements"]])).collect()
    };
    assert_eq!(
        placements(&[&words[..], &["--policy", "all"]].concat()),
        [
            json!(["first", [500, 600, 288, null]]),
            json!(["next", [500, 600, 183, null]]),
            json!(["best", [300, 500, 200, 600]]),
            json!(["worst", [600, 500, 388, null]]),
        ]
    );
    let fixed = [&words[..], &["--policy", "first,worst", "--partitions", "fixed"]].concat();
    assert_eq!(
        placements(&fixed),
        [json!(["first", [500, 600, 200, null]]), json!(["worst", [600, 500, 300, null]])]
    );
}

#[test]
fn a_list_of_requests_is_answered_operation_by_operation() {
    // OSTEP's malloc.py: -S 100 -b 1000 -H 0 -a -1 -l ADDRSORT -p BEST, without coalescing.
    let words = [
        "alloc",
        "--policy",
        "best",
        "--size",
        "100",
        "--base",
        "1000",
        "--coalesce",
        "off",
        "--ops",
        "+3,-0,+5,-1,+8,-2",
    ];
    let answer = json_of(&words);
    let run = &answer["runs"][0];
    assert_eq!((&run["policy"], &run["capacity"]), (&json!("best"), &json!(100)));
    assert_eq!(run["convention"]["list.coalesce"], "none");
    let steps: Vec<Value> = run["ops"]
        .as_array()
        .unwrap()
        .iter()
        .map(|op| json!([op["op"], op["id"], op["address"], op["searched"], op["free_list"]]))
        .collect();
    assert_eq!(
        steps,
        [
            json!(["alloc", 0, 1000, 1, [[1003, 97]]]),
            json!(["free", 0, 1000, 0, [[1000, 3], [1003, 97]]]),
            json!(["alloc", 1, 1003, 2, [[1000, 3], [1008, 92]]]),
            json!(["free", 1, 1003, 0, [[1000, 3], [1003, 5], [1008, 92]]]),
            json!(["alloc", 2, 1008, 3, [[1000, 3], [1003, 5], [1016, 84]]]),
            json!(["free", 2, 1008, 0, [[1000, 3], [1003, 5], [1008, 8], [1016, 84]]]),
        ]
    );
}

#[test]
fn the_size_is_aligned_and_then_the_header_added() {
    let answer = json_of(&[
        "alloc", "--size", "100", "--base", "1000", "--align", "8", "--header", "4", "--policy",
        "first", "--ops", "+10",
    ]);
    let op = &answer["runs"][0]["ops"][0];
    assert_eq!((&op["address"], &op["block"]), (&json!(1004), &json!([1000, 20])));
}

#[test]
fn every_policy_runs_one_list_and_the_first_parting_is_named() {
    let answer = json_of(&["alloc", "--policy", "all", "--size", "100", "--ops", "+30,+10,-0,+20"]);
    let runs = answer["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 10);
    for run in runs {
        let metrics = &run["metrics"];
        let bytes = |name: &str| metrics[name].as_u64().unwrap();
        assert_eq!(
            bytes("allocated_bytes") + bytes("free_bytes") + bytes("overhead_bytes"),
            100,
            "{run}"
        );
    }
    let answer =
        json_of(&["alloc", "--policy", "best,worst", "--size", "100", "--ops", "+30,+10,-0,+20"]);
    assert_eq!(answer["divergence"], json!({"index": 4, "one": 0, "other": 1}));
}

#[test]
fn compaction_saves_a_request_and_says_what_it_moved() {
    let ended = Home::new().run(&[
        "sim",
        "alloc",
        "--policy",
        "first",
        "--size",
        "100",
        "--compact",
        "on-failure",
        "--steps",
        "--ops",
        "+40,+40,-0,+50",
    ]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("Compaction slides 1 block, 40 bytes"), "{}", ended.stdout);
    assert!(ended.stdout.contains("1 from 40 to 0"), "{}", ended.stdout);
}

#[test]
fn traces_of_programs_are_read_and_their_form_is_said() {
    let home = Home::new();
    for (name, text, form) in [
        ("a.script", "malloc 10\nmalloc 20\nfree 0\n", "malloc and free a line"),
        (
            "a.mtrace",
            "= Start\n@ ./a:[0x1] + 0x1000 0xa\n@ ./a:[0x2] + 0x2000 0x14\n@ ./a:[0x3] - 0x1000\n= End\n",
            "glibc's mtrace",
        ),
        (
            "a.trace",
            "# ramscope alloc-trace 1\na 7 10 0 1\na 8 20 1 1\nf 7 2 1\n",
            "an alloc trace",
        ),
    ] {
        fs::write(home.0.path().join(name), text).unwrap();
        let ended =
            home.run(&["sim", "alloc", "--policy", "first", "--file", name, "--format", "json"]);
        assert_eq!(ended.code, Some(0), "{name}: {}", ended.stderr);
        assert!(ended.stderr.contains(form) && ended.stderr.contains("--size"), "{}", ended.stderr);
        let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
        let metrics = &answer["runs"][0]["metrics"];
        assert_eq!((&metrics["ops"], &metrics["requested_bytes"]), (&json!(3), &json!(20)));
    }
}

#[test]
fn what_cannot_be_is_refused_at_its_place() {
    refused(&["alloc", "--ops", "-0,+1"], &["--ops: column 1", "never allocated"]);
    refused(&["alloc", "--ops", "+1,-0,-0"], &["--ops: column 7", "freed twice"]);
    refused(&["alloc", "--ops", "+0"], &["--ops: column 1", "at least 1"]);
    refused(&["alloc", "--ops", "+99999999999999999999"], &["--ops: column 1"]);
    refused(&["alloc", "--ops", "x"], &["`x` is not a request or a free"]);
    refused(&["alloc", "--ops", ""], &["the list of requests is empty"]);
    refused(&["alloc", "--size", "100", "--ops", "+200"], &["it can never be placed"]);
    refused(&["alloc", "--align", "3", "--ops", "+2"], &["a power of two, such as 4"]);
    refused(&["alloc", "--policy", "frst"], &["did you mean `first`?"]);
    refused(&["alloc", "--set", "list.ordr=size"], &["did you mean `list.order`?"]);
    refused(&["alloc", "--size", "0"], &["--size 0"]);
    refused(&["holes", "--holes", "100,x"], &["--holes: column 5"]);
    refused(&["holes", "--requests", "0"], &["--requests: column 1"]);
    refused(&["holes", "--policy", "buddy"], &["there is no fit `buddy`"]);
    refused(&["partitions", "--sizes", "100,x"], &["--sizes: column 5"]);
    refused(&["partitions", "--ops", "+1,-4"], &["--ops: column 4"]);
    let home = Home::new();
    fs::write(home.0.path().join("cut"), "# ramscope alloc-trace 1\na 7 10 0 1\nf 7").unwrap();
    fs::write(home.0.path().join("noise"), [0_u8, 255, 3, 9]).unwrap();
    for (name, text) in [("cut", "cut:3:"), ("noise", "noise")] {
        let ended = home.run(&["sim", "alloc", "--file", name]);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(text), "{}", ended.stderr);
    }
}

#[test]
fn exercises_on_memory_come_with_key_hint_and_variants_in_every_format() {
    for topic in ["alloc", "holes", "segments", "relocation"] {
        let made = |words: &[&str]| {
            let ended =
                Home::new().run(&[&["sim", "exercise", topic, "--seed", "3"], words].concat());
            assert_eq!(ended.code, Some(0), "{topic} {words:?}: {}", ended.stderr);
            ended.stdout
        };
        let (blank, key) = (made(&[]), made(&["--reveal", "key"]));
        assert!(blank.contains("  __") && !key.contains("  __"), "{topic}: {key}");
        assert!(key.len() > blank.len() && blank != made(&["--student", "Ada"]), "{topic}");
        assert!(made(&["--reveal", "hint"]).contains("The rule: "), "{topic}");
        for (format, mark) in [
            ("html", "<!doctype html>"),
            ("gift", "$CATEGORY: "),
            ("moodle", "<quiz>"),
            ("qti", "<questestinterop"),
            ("csv", "student,table,step,"),
        ] {
            assert!(made(&["--format", format]).contains(mark), "{topic} {format}");
        }
        let answer: Value = serde_json::from_str(&made(&["--format", "json"])).unwrap();
        assert_eq!(answer["topic"], topic);
        assert!(answer["tables"][0]["steps"][0].get("cells").is_none(), "{answer}");
    }
    refused(&["exercise", "alloc", "--wish", "foo<best"], &["first, best, worst"]);
    refused(&["exercise", "alloc", "--set", "block.align=3"], &["power of two"]);
    refused(&["exercise", "holes", "--policy", "fist"], &["did you mean `first`?"]);
    refused(&["exercise", "relocation", "--addresses", "99"], &["ask for 4 to 16"]);
    refused(&["exercise", "segments", "--wish", "traps=9"], &["`traps=9` by 0"]);
}
