//! `ramscope sim` through the binary: what it prints, and what it says to bad input.

mod support;

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;
use support::{Ended, Home};

/// Silberschatz's string.
const A: &str = "7 0 1 2 0 3 0 4 2 3 0 3 2 1 2 0 1 7 0 1";
/// Belady's string.
const B: &str = "1,2,3,4,1,2,5,1,2,3,4,5";

fn ran(words: &[&str]) -> String {
    let ended = Home::new().run(&[&["sim"], words].concat());
    assert_eq!(ended.code, Some(0), "{words:?}: {}", ended.stderr);
    ended.stdout
}

fn json(words: &[&str]) -> Value {
    let text = ran(&[words, &["--format", "json"]].concat());
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{words:?}: {error}"))
}

/// Runs the words and expects wrong usage, with each of the texts on stderr and nothing on stdout.
fn refused(words: &[&str], texts: &[&str]) {
    let ended = Home::new().run(&[&["sim"], words].concat());
    assert_eq!(ended.code, Some(2), "{words:?}: {}", ended.stderr);
    assert!(ended.stdout.is_empty(), "{words:?}: {}", ended.stdout);
    for text in texts {
        assert!(ended.stderr.contains(text), "{words:?} says {:?}, without {text:?}", ended.stderr);
    }
}

/// Runs `sim paging` over a file of these bytes.
fn over(bytes: &[u8], words: &[&str]) -> Ended {
    let home = Home::new();
    fs::write(home.0.path().join("refs.txt"), bytes).expect("a scratch file");
    home.run(&[&["sim", "paging", "--frames", "3", "--file", "refs.txt"], words].concat())
}

/// Checks a table of this text.
fn checked(text: &str, words: &[&str]) -> Ended {
    let home = Home::new();
    fs::write(home.0.path().join("table.txt"), text).expect("a scratch file");
    home.run(&[&["sim", "check", "--file", "table.txt"], words].concat())
}

#[test]
fn runs_come_policy_by_policy_with_the_convention_they_used() {
    let document = json(&["paging", "--policy", "lru,clock,opt", "--frames", "3..4", "--refs", A]);
    let runs = document["runs"].as_array().unwrap();
    let found: Vec<_> = runs
        .iter()
        .map(|run| {
            let number = |member: &str| run[member].as_u64().unwrap();
            (run["policy"].as_str().unwrap(), number("frames"), number("faults"))
        })
        .collect();
    assert_eq!(
        found,
        [
            ("lru", 3, 12),
            ("lru", 4, 8),
            ("clock", 3, 14),
            ("clock", 4, 9),
            ("opt", 3, 9),
            ("opt", 4, 8)
        ]
    );
    let lru = &runs[0];
    assert_eq!((lru["references"].as_u64(), lru["hits"].as_u64()), (Some(20), Some(8)));
    assert_eq!((lru["hit_ratio"].as_f64(), lru["cold_faults"].as_u64()), (Some(0.4), Some(6)));
    assert_eq!(runs[2]["convention"]["clock.load_bit"], 1);
}

#[test]
fn a_step_says_what_happened_and_why() {
    let document =
        json(&["paging", "--policy", "lru", "--frames", "3", "--refs", "7 0w 1 2 7w 0 1"]);
    let steps = document["runs"][0]["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 7);
    assert_eq!(
        steps[3],
        serde_json::json!({
            "index": 4, "page": 2, "write": false, "hit": false, "frame": 0, "victim": 7,
            "frames": [2, 0, 1],
            "explain": "Reference 4: page 2 is not resident. LRU compares last uses: 7 at 1, 0 at 2, 1 at 3. \
                        The oldest is 7; page 2 goes into frame 0."
        })
    );
    assert_eq!(steps[0]["frames"], serde_json::json!([7, null, null]));
    assert_eq!(steps[0]["victim"], Value::Null);
    assert_eq!(steps[1]["write"], true);
    assert_eq!(document["runs"][0]["writebacks"], 1);
}

#[test]
fn steps_of_long_strings_are_left_out_of_json_until_asked_for() {
    let long = "1 2 3 4 5 ".repeat(2001);
    let words = ["paging", "--policy", "lru", "--frames", "3", "--refs", &long];
    assert_eq!(json(&words)["runs"][0].get("steps"), None);
    let steps = json(&[&words[..], &["--steps"]].concat())["runs"][0]["steps"].clone();
    assert_eq!(steps.as_array().unwrap().len(), 10_005);
}

#[test]
fn parameters_and_presets_change_the_convention() {
    for (words, faults) in [
        (&["--set", "clock.load_bit=0"][..], 11),
        (&["--preset", "libcachesim"], 11),
        (&["--preset", "libcachesim", "--set", "clock.load_bit=1"], 14),
        (&["--preset", "stallings"], 14),
    ] {
        let all = [&["paging", "--policy", "clock", "--frames", "3", "--refs", A], words].concat();
        assert_eq!(json(&all)["runs"][0]["faults"], faults, "{words:?}");
    }
}

#[test]
fn tables_name_their_convention_and_mark_beladys_anomaly() {
    let one = ran(&["paging", "--policy", "clock", "--frames", "3", "--refs", A]);
    assert!(one.contains("3 frames, 20 references to 6 pages"), "{one}");
    assert!(one.contains("clock.load_bit=1, clock.hand_after_load=next"), "{one}");
    let many = ran(&["paging", "--policy", "all", "--frames", "1..7", "--refs", B]);
    let fifo = many.lines().find(|line| line.starts_with("fifo ")).unwrap();
    let cells: Vec<_> = fifo.split_whitespace().collect();
    assert_eq!(cells, ["fifo", "12", "12", "9", "10*", "5", "5", "5"]);
    assert!(many.contains("Belady's anomaly: fifo has 9 faults with 3 frames, 10 with 4"));
    assert!(!many.contains("anomaly: lru"), "{many}");
    let wide = ran(&["paging", "--policy", "lru,opt", "--frames", "1..20", "--refs", B]);
    assert!(wide.lines().any(|line| line.split_whitespace().eq(["20", "5", "5"])), "{wide}");
}

#[test]
fn the_grid_has_a_column_a_reference_and_a_row_a_frame() {
    let text =
        ran(&["paging", "--policy", "lru", "--frames", "3", "--refs", "7 0 1 2w 0", "--steps"]);
    let grid = "\
reference  7  0  1  2w  0
frame 0    7  7  7   2  2
frame 1    -  0  0   0  0
frame 2    -  -  1   1  1
H/F        F  F  F   F  H
victim     -  -  -   7  -
";
    assert!(text.contains(grid), "{text}");
    assert!(text.contains("Reference 4: page 2 is not resident. LRU compares last uses: 7 at 1"));
}

#[test]
fn csv_has_a_line_a_run_or_a_step() {
    let words = ["paging", "--policy", "fifo,opt", "--frames", "3", "--refs", A, "--format", "csv"];
    let runs = ran(&words);
    let lines: Vec<_> = runs.lines().collect();
    assert_eq!(lines[1], "fifo,3,20,15,5,0.25,6,0,frames.order=slots");
    assert_eq!(lines[2], "opt,3,20,9,11,0.55,6,0,opt.tie=oldest frames.order=slots");
    let steps = ran(&[&words[..], &["--steps"]].concat());
    assert_eq!(steps.lines().count(), 41);
    let fourth = steps.lines().nth(4).unwrap();
    assert!(
        fourth.starts_with("fifo,frames.order=slots,3,4,2,false,false,0,7,2 0 1,\"Reference 4:")
    );
}

#[test]
fn every_form_of_file_is_read_and_stdin_too() {
    for (form, text, faults) in [
        ("pages", "7 0,1;2\n7 # the end\n", 5),
        ("flagged", "7 0\n0 1\n7 1\n", 2),
        ("addresses", "0x1fff R\n1000 W\n2000 R\n", 2),
        ("lackey", "==1== lackey\nI  00001ffc,8\n S 00001000,4\n", 2),
        ("trc", "12\n*\n13\n12\n", 2),
        ("processes", "1 4\n2 4w\n1 4\n", 2),
        ("csv", "time,obj_id,size\n1,7,1\n2,0x7,1\n3,8,1\n", 2),
    ] {
        let ended = over(text.as_bytes(), &["--form", form, "--policy", "lru", "--format", "json"]);
        assert_eq!(ended.code, Some(0), "{form}: {}", ended.stderr);
        let document: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(document["runs"][0]["faults"], faults, "{form}");
    }
    let home = Home::new();
    let mut command = home.command(&["sim", "paging", "--frames", "1", "--file", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"1 2 1").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("3 references to 2 pages"));
}

/// Runs `sim paging` over a file of this name, and gives its faults and what it said beside them.
fn over_named(name: &str, bytes: &[u8], words: &[&str]) -> (Value, String) {
    let home = Home::new();
    fs::write(home.0.path().join(name), bytes).expect("a scratch file");
    let command =
        ["sim", "paging", "--frames", "3", "--policy", "lru", "--format", "json", "--file"];
    let ended = home.run(&[&command[..], &[name], words].concat());
    assert_eq!(ended.code, Some(0), "{name}: {}", ended.stderr);
    let document: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    (document["runs"][0]["faults"].clone(), ended.stderr)
}

#[test]
fn binary_forms_and_forms_that_are_certain_are_read_by_themselves() {
    let records: Vec<u8> = [7_u64, 7, 8]
        .iter()
        .flat_map(|id| [&[0; 4][..], &id.to_le_bytes(), &[0; 12]].concat())
        .collect();
    for words in [&[][..], &["--form", "oracle-general"]] {
        let (faults, said) = over_named("w.oracleGeneral.bin", &records, words);
        assert_eq!(faults, 2, "{said}");
        let told = said.contains("w.oracleGeneral.bin is read as oracle-general: its name says so");
        assert_eq!(told, words.is_empty(), "{said}");
    }
    let instruction = [&4096_u64.to_le_bytes()[..], &[0; 56]].concat();
    let (faults, _) = over_named("x.bin", &instruction, &["--form", "champsim"]);
    assert_eq!(faults, 1);
    let (faults, said) = over_named("t.txt", b"I  00001ffc,8\n S 00001000,4\n", &[]);
    assert_eq!(faults, 2);
    assert!(
        said.contains("is read as lackey: its lines are lackey's; --form says otherwise"),
        "{said}"
    );
    // Two integers a line may be several things: they are read as pages, and nothing is guessed.
    let (faults, said) = over_named("t.txt", b"5 0\n5 1\n", &[]);
    assert_eq!((faults, said.as_str()), (3.into(), ""));
    let (faults, _) = over_named("t.csv", b"9,1\n8,1\n", &["--form", "csv", "--column", "2"]);
    assert_eq!(faults, 1);
}

#[test]
fn packed_files_are_unpacked_and_strings_are_made() {
    // `7 0 1 7` by gzip and by zstd.
    let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x33\x57\x30\x50\x30\x54\x30\x07\x00\x26\x58\x87\xfe\x07\x00\x00\x00";
    let zstd = b"\x28\xb5\x2f\xfd\x00\x58\x39\x00\x00\x37\x20\x30\x20\x31\x20\x37";
    for packed in [&gzip[..], zstd] {
        let (faults, said) = over_named("refs", packed, &[]);
        assert_eq!(faults, 3, "{said}");
    }
    let ended = over(&gzip[..20], &[]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("refs.txt: this is packed by gzip, and cannot be unpacked"),
        "{}",
        ended.stderr
    );
    let made = ["paging", "--policy", "lru", "--frames", "3,9", "--generate", "zipf:2000:50:7"];
    let runs = json(&made)["runs"].clone();
    assert_eq!((&runs[0]["references"], &runs[1]["frames"]), (&2000.into(), &9.into()));
    assert_eq!(json(&made)["runs"], runs);
    refused(
        &["paging", "--frames", "3", "--generate", "zipf:0:5"],
        &["--generate", "0 references cannot be made: ask for 1 to 10000000"],
    );
}

#[test]
fn wrong_values_are_refused_with_the_place_and_the_next_act() {
    let paging = |words: &[&'static str], texts: &[&str]| {
        refused(&[&["paging"], words].concat(), texts);
    };
    let with = |refs: &'static str| ["--frames", "3", "--refs", refs];
    paging(&with(""), &["--refs: the reference string is empty"]);
    paging(&with(" , "), &["--refs: the reference string is empty"]);
    paging(&with("7 0 x1 2"), &["--refs:1:5: `x1` is not a page number"]);
    paging(&with("7 -1"), &["--refs:1:3: `-1` is negative"]);
    paging(&with("-1 7"), &["--refs:1:1: `-1` is negative"]);
    paging(&with("99999999999999999999"), &["--refs:1:1:", "too large"]);
    paging(&["--refs", "1"], &["--frames"]);
    paging(&["--frames", "3"], &["--refs"]);
    paging(&["--frames", "3", "--refs", "1", "--file", "x"], &["--refs", "--file"]);
    paging(&["--frames", "0", "--refs", "1"], &["--frames", "0 frames cannot be simulated"]);
    paging(&["--frames", "-3", "--refs", "1"], &["--frames", "`-3` is no number of frames"]);
    paging(&["--frames", "1000001", "--refs", "1"], &["ask for 1 to 1000000"]);
    paging(&["--frames", "7..1", "--refs", "1"], &["write 1..7"]);
    paging(&["--frames", "1..100000", "--refs", "1"], &["compare 1000 at most"]);
    paging(&["--frames", "3", "--refs", "1", "--policy", "clok"], &["did you mean `clock`?"]);
    paging(&["--frames", "3", "--refs", "1", "--policy", ""], &["--policy", "no policy ``"]);
    paging(&["--frames", "3", "--refs", "1", "--preset", "ostp"], &["did you mean `ostep`?"]);
    paging(
        &["--frames", "3", "--refs", "1", "--set", "clock.loadbit=0"],
        &["did you mean `clock.load_bit`?"],
    );
    paging(&["--frames", "3", "--refs", "1", "--set", "clock.load_bit=2"], &["cannot be `2`"]);
    paging(&["--frames", "3", "--refs", "1", "--set", "clock"], &["parameter=value"]);
    paging(&["--frames", "3", "--refs", "1", "--form", "trc"], &["--refs", "--form"]);
    paging(&["--frames", "3", "--refs", "1", "--format", "xml"], &["table, json, csv"]);
}

#[test]
fn a_wrong_file_is_blamed_at_its_line_and_column() {
    for (bytes, words, text) in [
        (&b"7 0\n1 two 3\n"[..], &[][..], "refs.txt:2:3: `two` is not a page number"),
        (b"", &[], "refs.txt: the reference string is empty"),
        (b"\x7fELF\x02\x01\x01\0\0", &[], "refs.txt:1:1: this is not text"),
        (b"1 2 3\n4 \xff\xfe 5\n", &[], "refs.txt:2:3: this is not text"),
        (b"5 2\n", &["--form", "flagged"], "refs.txt:1:3: `2` is not a modified flag"),
        (b"12 R\nxyz R\n", &["--form", "addresses"], "refs.txt:2:1: `xyz` is not a hexadecimal"),
        (b"1 R\n", &["--form", "addresses", "--page", "0"], "--page 0: expected a size of 1 byte"),
        (
            b"1 R\n",
            &["--form", "addresses", "--page", "big"],
            "--page big: expected a size of 1 byte",
        ),
    ] {
        let ended = over(bytes, words);
        assert_eq!(ended.code, Some(2), "{text}: {}", ended.stderr);
        assert!(ended.stderr.contains(text), "{text}: {}", ended.stderr);
    }
    let ended = Home::new().run(&["sim", "paging", "--frames", "3", "--file", "nowhere.txt"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("cannot read nowhere.txt"), "{}", ended.stderr);
}

#[test]
fn a_long_line_and_many_lines_are_answered() {
    let line = "1 2 3 ".repeat(200_000);
    let ended = over(line.as_bytes(), &["--policy", "lru", "--format", "csv"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("lru,3,600000,3,"), "{}", ended.stdout);
    let lines = "1\n2\n3\n".repeat(200_000) + "x";
    let ended = over(lines.as_bytes(), &["--policy", "lru"]);
    assert!(ended.stderr.contains("refs.txt:600001:1: `x` is not a page number"));
    let ended = over(line.as_bytes(), &["--policy", "lru", "--steps"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("200000 and 20000000 are kept at most"), "{}", ended.stderr);
    // A million frames are no steps more, and still more than fits.
    let words = ["paging", "--policy", "all", "--frames", "1000000", "--refs", "1,2,3", "--steps"];
    refused(&words, &["87 steps of 87000000 cells"]);
}

#[test]
fn a_setting_that_nobody_reads_is_mentioned() {
    let ended = Home::new().run(&[
        "sim",
        "paging",
        "--policy",
        "lru",
        "--frames",
        "3",
        "--refs",
        "1",
        "--set",
        "clock.load_bit=0",
    ]);
    assert_eq!(ended.code, Some(0));
    assert!(ended.stderr.contains("clock.load_bit=0 changes nothing here"), "{}", ended.stderr);
}

#[test]
fn the_published_cases_are_all_right() {
    let table = ran(&["verify"]);
    assert!(table.ends_with("46 of 46 ok\n") && !table.contains("FAIL"), "{table}");
    let document: Value = serde_json::from_str(&ran(&["verify", "--format", "json"])).unwrap();
    for case in document["cases"].as_array().unwrap() {
        assert!(case["source"].as_str().is_some_and(|source| source.len() > 20), "{case}");
        assert!(case["rows"].as_array().unwrap().iter().all(|row| row["ok"] == true), "{case}");
    }
    for kind in ["segments", "holes", "page_tables", "access_times", "lists"] {
        for case in document[kind].as_array().unwrap() {
            assert!(case["source"].as_str().is_some_and(|source| source.len() > 14), "{case}");
            assert_eq!(case["ok"], true, "{case}");
        }
    }
}

#[test]
fn a_printed_grid_is_right_whatever_the_policy_and_wrong_once_a_cell_is_changed() {
    let string = format!("{A} {A} {A} 100 5w 100");
    for (policy, set) in [
        ("fifo", "frames.order=slots"),
        ("lru", "frames.order=list"),
        ("clock", "clock.load_bit=0"),
        ("opt", "opt.tie=newest"),
        ("working-set", "frames.order=slots"),
        ("pff", "frames.order=slots"),
    ] {
        let words = [
            "paging", "--policy", policy, "--set", set, "--frames", "3", "--refs", &string,
            "--steps",
        ];
        let grid = ran(&words);
        let ended = checked(&grid, &[]);
        assert_eq!(ended.code, Some(0), "{policy}: {}{}", ended.stdout, ended.stderr);
        assert!(ended.stdout.starts_with(&format!("right: {policy} with 3 frames")));
        let marks = grid.lines().find(|line| line.starts_with("H/F")).unwrap();
        let ended = checked(&grid.replace(marks, &marks.replace("  H", "  F")), &[]);
        assert_eq!(ended.code, Some(1), "{policy}");
        assert!(ended.stdout.contains("hit or fault: a fault is wrong there"), "{}", ended.stdout);
    }
}

/// LRU with three frames over the beginning of Silberschatz's string, with one cell to fill in.
fn table(cell: &str) -> String {
    format!(
        "policy: lru\nframes: 3\n\nreference 7 0 1 2 0 3\n7 7 7 2 2 2\n- 0 0 {cell} 0 0\n- - 1 1 1 3\nF F F F H F\n"
    )
}

#[test]
fn the_first_wrong_cell_is_named_and_what_belongs_there_only_on_request() {
    assert_eq!(checked(&table("0"), &[]).code, Some(0));
    let ended = checked(&table("5"), &[]);
    assert_eq!(ended.code, Some(1));
    let found = "table.txt:6:7: reference 4 (page 2), frame 1: page 5 is wrong there";
    assert!(ended.stdout.contains(found), "{}", ended.stdout);
    assert!(ended.stdout.contains("Rule: Least recently used"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("page 0"), "{}", ended.stdout);
    assert!(ended.stderr.contains("the first wrong cell is at reference 4"), "{}", ended.stderr);
    let told = checked(&table("5"), &["--reveal"]).stdout;
    assert!(told.contains("Expected: page 0\nReference 4: page 2 is not resident."), "{told}");
}

#[test]
fn a_table_that_another_convention_explains_is_told_which() {
    let clock = |set: &str| {
        let words =
            ["paging", "--policy", "clock", "--frames", "3", "--refs", A, "--steps", "--set", set];
        ran(&words)
    };
    let told = |text: &str| checked(text, &[]).stdout;
    let grid = clock("clock.load_bit=0").replace("clock.load_bit=0", "clock.load_bit=1");
    assert!(
        told(&grid).contains("With clock.load_bit=0 the whole table is right."),
        "{}",
        told(&grid)
    );
    let lru = ran(&["paging", "--policy", "lru", "--frames", "3", "--refs", A, "--steps"]);
    let fifo = lru.replace("policy: lru", "policy: fifo");
    assert!(told(&fifo).contains("right for another policy: lru."), "{}", told(&fifo));
    let turned: String =
        lru.replace("frame 0", "x").replace("frame 2", "frame 0").replace('x', "frame 2");
    let mut lines: Vec<_> = turned.lines().collect();
    lines.swap(5, 7);
    let turned = lines.join("\n");
    assert!(told(&turned).contains("only the frames they stand in differ"), "{}", told(&turned));
}

#[test]
fn tables_come_from_spreadsheets_too() {
    for text in [
        "policy\tlru\nframes\t3\nreference\t7\t0\t1\t2\nframe 0\t7\t7\t7\t2\nframe 1\t\t0\t0\t0\nframe 2\t\t\t1\t1\nfault\t*\t*\t*\t*\n",
        "policy,lru\nreference,7,0,1,2\nF1,7,7,7,2\nF2,,0,0,0\nF3,,,1,1\n",
        "policy: lru\nrefs: 7 0 1 2\n| 7 | 7 | 7 | 2 |\n| | 0 | 0 | 0 |\n| | | 1 | 1 |\n",
        "Policy: lru # mine\nrefs: 7 0 1 2\n7 7\n- 0\n- -\n\n7 2\n0 0\n1 1\n",
    ] {
        let ended = checked(text, &[]);
        assert_eq!(ended.code, Some(0), "{text}\n{}{}", ended.stdout, ended.stderr);
    }
}

#[test]
fn what_is_no_table_is_refused_at_the_place() {
    for (text, part) in [
        ("", "does not name its policy"),
        ("policy: lru\n", "has no reference string"),
        ("policy: lru\nrefs: 1 2\n", "has no row of frames"),
        ("policy: lur\nrefs: 1\n1\n", "table.txt:1: `policy`: there is no policy `lur`"),
        ("policy: all\nrefs: 1\n1\n", "table.txt:1: `policy`: a table is of one policy"),
        ("policy: lru\nframes: 0\n", "table.txt:2: `frames`: 0 frames"),
        ("policy: lru\nframes: 1..3\n", "a table is of one number of frames"),
        ("policy: clock\nset: clock.load_bit=7\n", "table.txt:2: `set`:"),
        ("policy: lru\nrefs: 1 two\n1 1\n", "table.txt:2:9: `two` is not a page number"),
        ("policy: lru\nrefs: 1 2\n1 x\n", "table.txt:3:3: `x` is not a page"),
        ("policy: lru\nrefs: 1 2\n1 1\n- 2 3\n", "write - for an empty frame"),
        ("policy: lru\nrefs: 1\n1 1 1\n", "3 columns for a string of 1 references"),
        (
            "policy: lru\nframes: 2\nrefs: 1\n1\n",
            "table.txt:4:1: this part has 1 rows for 2 frames",
        ),
        ("policy: lru\nrefs: 1\n1\nH\nF\n", "a second row of marks"),
    ] {
        let ended = checked(text, &[]);
        assert_eq!(ended.code, Some(2), "{text:?}: {}{}", ended.stdout, ended.stderr);
        assert!(ended.stderr.contains(part), "{text:?}: {}", ended.stderr);
    }
    let ended = checked(&"1 2 3 ".repeat(200_000), &[]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("table.txt has more than 1"), "{}", ended.stderr);
    let home = Home::new();
    fs::write(home.0.path().join("table.bin"), b"policy: lru\n\xff\xfe").unwrap();
    let ended = home.run(&["sim", "check", "--file", "table.bin"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("table.bin:2: this is not text"), "{}", ended.stderr);
}

#[test]
fn without_a_string_processes_share_the_frames() {
    let document = json(&["paging"]);
    assert_eq!((&document["placed"], &document["replaced"]), (&Value::from(16), &Value::from(4)));
    let frames = document["frames"].as_array().unwrap();
    assert_eq!(frames.len(), 16);
    assert_eq!(frames[0], serde_json::json!({"frame": 0, "process": "p17", "page": 0}));
    assert_eq!(document["page_tables"].as_array().unwrap().len(), 20);
    assert_eq!(document["swap"].as_array().unwrap().len(), 4);
    let steps = document["steps"].as_array().unwrap();
    let last = steps.last().unwrap();
    assert_eq!(last["victim"], serde_json::json!({"process": "p4", "page": 0}));
    assert!(last["explain"].as_str().unwrap().contains("FIFO compares when pages were loaded"));
    let story =
        ran(&["paging", "--memory", "256", "--page", "64", "--processes", "5", "--policy", "lru"]);
    assert!(story.contains("memory: 256 bytes, 4 frames of 64 bytes"), "{story}");
    assert!(story.contains("0:  p5:0  1:  p2:0  2:  p3:0  3:  p4:0"), "{story}");
    assert!(story.contains("4 placed in free frames, 1 replaced a page; 1 swapped out, 0 in"));
    let csv = ran(&["paging", "--format", "csv"]);
    assert_eq!(csv.lines().count(), 41);
    assert!(csv.contains("\n34,write p17 0,false,0,p1:0,,\""), "{csv}");
}

#[test]
fn processes_follow_a_script() {
    let home = Home::new();
    let script = "arrive a 2\nwrite a 0\nwrite a 1\narrive b 1 # small\nwrite b 0\ntouch a 0\nend a\ntouch b 0\n";
    fs::write(home.0.path().join("life.txt"), script).unwrap();
    let words = ["sim", "paging", "--memory", "128", "--script", "life.txt", "--format", "json"];
    let ended = home.run(&words);
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&document["replaced"], &document["swap_ins"]), (&Value::from(2), &Value::from(1)));
    assert_eq!(document["steps"].as_array().unwrap().len(), 8);
    fs::write(home.0.path().join("life.txt"), "arrive a 2\ntuch a 0\n").unwrap();
    let ended = home.run(&words);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("life.txt:2:1: `tuch` is no event"), "{}", ended.stderr);
}

#[test]
fn processes_that_cannot_be_are_refused_with_the_next_act() {
    for (words, text) in [
        (
            &["--memory", "1000"][..],
            "--memory: 1000 bytes of memory are no whole number of 64-byte pages",
        ),
        (&["--memory", "0"], "--memory 0: expected a size of 1 byte or more"),
        (&["--memory", "50%"], "--memory 50%: expected a size"),
        (&["--memory", "1GiB"], "--memory: 16777216 frames are more than the lab's 4096"),
        (&["--page", "0"], "--page 0: expected a size"),
        (&["--processes", "0"], "--processes: 0 processes cannot be simulated"),
        (&["--processes", "-1"], "-1"),
        (&["--processes", "99999999"], "--processes: 99999999 processes"),
        (&["--policy", "ffo"], "did you mean `fifo`?"),
        (&["--policy", "lru,fifo"], "--policy: processes share memory under one policy"),
        (&["--policy", "all"], "--policy: processes share memory under one policy"),
        (&["--processes", "3", "--script", "x"], "--script"),
        (&["--memory", "1024", "--frames", "3", "--refs", "1"], "--memory"),
        (&["--form", "trc"], "--file"),
    ] {
        refused(&[&["paging"], words].concat(), &[text]);
    }
}

#[test]
fn an_address_is_walked_level_by_level() {
    let words = ["translate", "--levels", "10,10", "--offset", "12", "--map", "0x12345:7:rw"];
    let document = json(&[&words[..], &["0x12345678", "305419897", "0x1"]].concat());
    assert_eq!((&document["address_bits"], &document["page_bytes"]), (&32.into(), &4096.into()));
    let steps = document["steps"].as_array().unwrap();
    let walk = &steps[0]["walks"][0];
    assert_eq!(walk["physical_address"], "0x7678");
    assert_eq!(walk["levels"][0]["bits"], "0001001000");
    assert_eq!(walk["levels"][1]["index"], 837);
    assert_eq!(walk["levels"][1]["flags"]["write"], true);
    assert_eq!(steps[1]["walks"][0]["physical_address"], "0x7679");
    assert_eq!(steps[2]["walks"][0]["fault"]["kind"], "invalid");
    assert_eq!(document["tables"][0]["rows"][0]["index"], 72);
    let table = ran(&[&words[..], &["0x12345678", "1"]].concat());
    assert!(table.contains("10 + 10 + 12 = 32 bits, pages of 4096 bytes"), "{table}");
    assert!(table.contains("1. 0x12345678 in main: 0x7678"), "{table}");
    assert!(table.contains("2. 0x1 in main: fault: A segmentation fault at level 1"), "{table}");
}

#[test]
fn presets_scripts_and_kinds_of_access_are_taken() {
    let five =
        ran(&["translate", "--preset", "x86-64-5", "--map", "1:any:k", "--kernel", "0x1008"]);
    assert!(five.contains("9 + 9 + 9 + 9 + 9 + 12 = 57 bits"), "{five}");
    let words = ["translate", "--preset", "sv39", "--map", "1:2:r"];
    let read_only = json(&[&words[..], &["--access", "write", "0x1000"]].concat());
    assert_eq!(read_only["steps"][0]["walks"][0]["fault"]["kind"], "protection");
    let home = Home::new();
    fs::write(home.0.path().join("space.txt"), "map 1 5 rw\nfork b\nwrite 0x1004\n").unwrap();
    let words = ["sim", "translate", "--preset", "10/10/12", "--script", "space.txt"];
    let ended = home.run(&[&words[..], &["--format", "json", "0x1000"]].concat());
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    let steps = document["steps"].as_array().unwrap();
    assert_eq!((steps.len(), &steps[0]["copied"]["from_frame"]), (2, &Value::from(5)));
    fs::write(home.0.path().join("space.txt"), "map 1 5 rw\nmap 1 6 rw\nread 1\n").unwrap();
    let ended = home.run(&words);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("space.txt:2: page 0x1 is mapped already"), "{}", ended.stderr);
}

#[test]
fn address_bits_that_do_not_add_up_and_other_nonsense_are_refused() {
    for (words, text) in [
        (&["1"][..], "say how addresses are split"),
        (&["--levels", "10,10", "1"], "--offset"),
        (
            &["--levels", "10,10", "--offset", "13", "--address-bits", "32", "1"],
            "10 + 10 + 13 = 33, not 32",
        ),
        (&["--levels", "10,10", "--offset", "0", "1"], "an offset of 0 bits"),
        (&["--levels", "9,9,9,9,9,9", "--offset", "12", "1"], "6 levels cannot be simulated"),
        (&["--levels", "20,20,20", "--offset", "12", "1"], "the largest address has 64"),
        (&["--levels", "ten", "--offset", "12", "1"], "ten"),
        (&["--preset", "x86_64", "1"], "did you mean `x86-64`"),
        (&["--preset", "sv39", "--levels", "9", "1"], "--preset"),
        (&["--preset", "sv39"], "ADDR"),
        (&["--preset", "sv39", "here"], "here: `here` is not a number"),
        (&["--preset", "sv39", "-5"], "-5: `-5` is no address"),
        (&["--preset", "sv39", "0x1ffffffffffffffff"], "is no address"),
        (&["--preset", "sv39", "--map", "1", "0"], "--map 1: "),
        (&["--preset", "sv39", "--map", "1:2:q", "0"], "--map 1:2:q: `q` is no protection"),
        (&["--preset", "sv39", "--map", "1:2\nfork b", "0"], "--map 1:2"),
        (
            &["--preset", "sv39", "--frames", "8", "0"],
            "--frames and --buckets are of a table that is searched",
        ),
        (&["--table", "inverted", "0"], "--table inverted: say how large a page is"),
        (
            &["--table", "inverted", "--offset", "12", "--buckets", "8", "0"],
            "--buckets: --table inverted has none",
        ),
        (
            &["--table", "hashed", "--offset", "12", "--buckets", "0", "0"],
            "--buckets: 0 buckets cannot be",
        ),
        (&["--offset", "12", "0"], "say how addresses are split"),
    ] {
        refused(&[&["translate"], words].concat(), &[text]);
    }
}

#[test]
fn inverted_and_hashed_tables_are_searched() {
    let words = ["translate", "--offset", "12", "--map", "0x12:5", "--map", "0x1a:6", "--table"];
    let hashed = json(&[&words[..], &["hashed", "--buckets", "8", "0x12004"]].concat());
    assert_eq!(hashed["steps"][0]["physical_address"], "0x5004");
    assert_eq!(hashed["steps"][0]["probes"].as_array().unwrap().len(), 2);
    let inverted = ran(&[&words[..], &["inverted", "0x12004", "0x13000"]].concat());
    assert!(inverted.contains("1. 0x12004 of process 0: 0x5004"), "{inverted}");
    assert!(inverted.contains("2. 0x13000 of process 0: page fault"), "{inverted}");
}

#[test]
fn a_tlb_tells_each_look_up_and_the_effective_access_time() {
    let words = ["tlb", "--entries", "2", "--ways", "2", "0x1000", "0x2000", "0x1008", "0x3000 w"];
    let document = json(&[&words[..], &["--times", "5,100"]].concat());
    assert_eq!((&document["hits"], &document["misses"]), (&1.into(), &3.into()));
    assert_eq!(document["steps"][3]["lookups"][0]["victim"]["page"], 2);
    assert_eq!(document["steps"][3]["kind"], "write");
    // 0.25 × 105 + 0.75 × 205, and without the look-up 0.25 × 100 + 0.75 × 200.
    assert_eq!(document["effective"][0]["convention"], "lookup_counted");
    assert_eq!(
        (&document["effective"][0]["time"], &document["effective"][1]["time"]),
        (&180.0.into(), &175.0.into())
    );
    let text = ran(&[&words[..], &["--steps", "--times", "5,100"]].concat());
    assert!(text.contains("LRU compares last uses"), "{text}");
    assert!(text.contains("4 accesses, pages of 4096 bytes: 1 hit (25.0 %), 3 misses"), "{text}");
    assert!(text.contains("Effective access time 180."), "{text}");
    let words = [&words[..], &["--second-entries", "4", "--times", "5,100,20"]].concat();
    // 0.25 × 105 + 0.75 × (0 × 125 + 1 × 225)
    assert_eq!(json(&words)["effective"][0]["time"], 195.0);
    let flushed = json(&["tlb", "--flush", "1:0x1000", "2:0x1000", "1:0x1000"]);
    assert_eq!((&flushed["hits"], &flushed["flushes"]), (&0.into(), &2.into()));
    let home = Home::new();
    fs::write(home.0.path().join("trace.txt"), "==1==\nI  1000,4\n L 2000,8\n").unwrap();
    let words = ["sim", "tlb", "--split", "--file", "trace.txt", "--form"];
    let ended = home.run(&[&words[..], &["lackey"]].concat());
    assert!(
        ended.stdout.contains("2 accesses") && ended.stdout.contains("code"),
        "{}",
        ended.stdout
    );
    let ended = home.run(&[&words[..], &["typed"]].concat());
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("trace.txt:1:1: "), "{}", ended.stderr);
}

#[test]
fn a_tlb_that_cannot_be_is_refused() {
    for (words, text) in [
        (&[][..], "ADDR"),
        (&["here"], "ADDR: `here`"),
        (&["-1"], "ADDR: `-1`"),
        (&["--entries", "0", "1"], "0 entries cannot be simulated"),
        (&["--entries", "6", "--ways", "4", "1"], "6 entries do not make sets of 4 ways"),
        (&["--ways", "0", "1"], "sets of 0 ways"),
        (&["--replacement", "lur", "1"], "--replacement: there is no replacement `lur`"),
        (&["--page", "0", "1"], "--page 0"),
        (&["--times", "5", "1"], "--times: give two times"),
        (&["--times", "5,-1", "1"], "--times: "),
        (&["--times", "5,100,9", "1"], "--times: the third is of the second level"),
        (&["--levels", "2", "1"], "--times"),
        (&["--form", "lackey", "1"], "--form"),
    ] {
        refused(&[&["tlb"], words].concat(), &[text]);
    }
}

const EXERCISE: &[&str] = &["sim", "exercise", "paging", "--seed", "1", "--wish", "fifo!=lru!=opt"];

/// Runs an exercise with these words where `class.txt` names three students and `key.txt` holds a key.
fn exercise(words: &[&str]) -> Ended {
    let home = Home::new();
    fs::write(home.0.path().join("class.txt"), "Ada # first\n\nBob\nCarol\n")
        .expect("a scratch file");
    fs::write(home.0.path().join("twice.txt"), "Ada\nBob\n Ada\n").expect("a scratch file");
    fs::write(home.0.path().join("key.txt"), "hush hush\n").expect("a scratch file");
    home.run(&[EXERCISE, words].concat())
}

#[test]
fn an_exercise_is_a_blank_that_can_be_filled_in_and_checked() {
    let blank = exercise(&[]);
    assert_eq!(blank.code, Some(0), "{}", blank.stderr);
    assert!(blank.stdout.contains("reference   6   4   0   6   8   6   0   7"), "{}", blank.stdout);
    let unused = checked(&blank.stdout, &[]);
    assert_eq!(unused.code, Some(0), "{}", unused.stderr);
    assert_eq!(unused.stdout.matches("nothing filled in yet: ").count(), 3, "{}", unused.stdout);
    let step = exercise(&["--reveal", "step", "--done", "4"]).stdout;
    let right = checked(&step, &[]);
    assert_eq!(
        right.stdout.matches("right for 1 of 16 references: ").count(),
        3,
        "{}",
        right.stdout
    );
    let key = exercise(&["--reveal", "key"]).stdout;
    assert_eq!(checked(&key, &[]).stdout.matches("right: ").count(), 3);
    let wrong = checked(&key.replace("H/F         F", "H/F         H"), &[]);
    assert_eq!(wrong.code, Some(1));
    assert!(wrong.stderr.contains("3 of 3 tables are wrong"), "{}", wrong.stderr);
}

#[test]
fn students_have_variants_and_a_key_makes_them_secret() {
    let refs = |words: &[&str]| -> String {
        let ended = exercise(&[words, &["--format", "json"]].concat());
        let document: Value = serde_json::from_str(&ended.stdout).unwrap();
        document["problem"]["refs"].as_str().unwrap().to_owned()
    };
    let open = exercise(&["--student", "Ada"]);
    assert!(open.stderr.contains("without a course key anyone can compute this variant"));
    let keyed = exercise(&["--student", "Ada", "--course-key-file", "key.txt"]);
    assert!(!keyed.stderr.contains("without a course key"), "{}", keyed.stderr);
    assert!(!keyed.stdout.contains("hush") && keyed.stdout.contains("Name: Ada"));
    let (open, keyed) =
        (refs(&["--student", "Ada"]), refs(&["--student", "Ada", "--course-key-file", "key.txt"]));
    assert!(open != keyed && open != refs(&[]), "{open} {keyed}");
    let all =
        exercise(&["--students", "class.txt", "--course-key-file", "key.txt", "--format", "csv"]);
    assert_eq!(all.stdout.lines().count(), 1 + 3 * 3 * 16);
    let strings: Vec<String> = ["Ada", "Bob", "Carol"]
        .iter()
        .map(|name| {
            let own = format!("{name},LRU with 3 frames,");
            let rows = all.stdout.lines().filter(|line| line.starts_with(&own));
            rows.map(|row| row.split(',').nth(3).unwrap()).collect::<Vec<_>>().join(" ")
        })
        .collect();
    assert_eq!(strings[0], keyed);
    assert!(strings[1] != strings[0] && strings[2] != strings[1]);
}

#[test]
fn exercises_come_in_every_format_and_platforms_get_the_key() {
    for (format, begin, part) in [
        ("text", "# Page replacement", "policy: opt"),
        ("html", "<!doctype html>", "<h2>OPT with 3 frames</h2>"),
        ("gift", "$CATEGORY: $course$/ramscope/", "{#"),
        ("moodle", "<?xml", "{1:SHORTANSWER:=F}"),
        ("qti", "<?xml", "<questestinterop"),
        ("csv", "student,table,step,reference,", "OPT with 3 frames,16,"),
        ("json", "{", "\"headers\": {"),
    ] {
        let ended = exercise(&["--format", format]);
        assert_eq!(ended.code, Some(0), "{format}: {}", ended.stderr);
        assert!(ended.stdout.starts_with(begin) && ended.stdout.contains(part), "{format}");
    }
}

#[test]
fn exercises_that_cannot_be_are_refused_with_the_next_act() {
    for (words, part) in [
        (&["--wish", "opt>lru"][..], "`opt>lru` is no wish"),
        (&["--policy", "lur"], "--policy: there is no policy `lur`"),
        (&["--frames", "6"], "ask for more pages than frames"),
        (&["--length", "3"], "ask for 4 to 100"),
        (&["--format", "gift", "--reveal", "none"], "leave --reveal out"),
        (&["--format", "json", "--students", "class.txt"], "--format json is of one exercise"),
        (&["--students", "twice.txt"], "twice.txt:3: `Ada` stands here twice"),
        (&["--students", "key.txt", "--student", "Ada"], "cannot be used with"),
        (&["--student", ""], "the student's name is empty"),
    ] {
        let ended = exercise(words);
        assert_eq!(ended.code, Some(2), "{words:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(part), "{words:?}: {}", ended.stderr);
    }
}
