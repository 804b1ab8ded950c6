//! `ramscope sim demand` through the binary.

mod support;

use serde_json::Value;
use support::Home;

#[test]
fn the_curve_of_the_default_is_drawn_with_its_knee() {
    let ended = Home::new().run(&["sim", "demand", "--steps", "2"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.stdout.matches("the knee").count(), 1, "{}", ended.stdout);
    assert!(ended.stdout.contains("48 frames, global allocation"), "{}", ended.stdout);
}

#[test]
fn shares_are_divided_as_the_textbook_divides_them() {
    // Silberschatz, Galvin, Gagne: 62 frames for processes of 10 and 127 pages are 4 and 57, proportionally.
    let home = Home::new();
    let string = |pages: u32| (0..pages).map(|page| page.to_string()).collect::<Vec<_>>().join(" ");
    let workload = format!("p1: {}\np2: {}\n", string(10), string(127));
    std::fs::write(home.0.path().join("two.txt"), workload).unwrap();
    let ended = home.run(&[
        "sim",
        "demand",
        "--workload",
        "two.txt",
        "--frames",
        "62",
        "--allocation",
        "proportional",
        "--set",
        "shares.spare=free",
        "--format",
        "json",
    ]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
    let share = |process: usize| answer["processes"][process]["share_frames"].clone();
    assert_eq!((share(0), share(1)), (4.into(), 57.into()));
}

#[test]
fn what_cannot_be_is_refused_at_its_place() {
    let home = Home::new();
    std::fs::write(home.0.path().join("bad.txt"), "p1: 1 2\np2: 3 x\n").unwrap();
    for (words, text) in [
        (&["--workload", "bad.txt"][..], "bad.txt:2:7: "),
        (&["--frames", "0"], "0 frames cannot be simulated"),
        (&["--allocation", "eqal"], "did you mean `equal`?"),
        (&["--set", "load.contol=none"], "--set: "),
        (&["--policy", "fifoo"], "did you mean `fifo`?"),
    ] {
        let ended = home.run(&[&["sim", "demand"], words].concat());
        assert_eq!(ended.code, Some(2), "{words:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(text), "{words:?}: {}", ended.stderr);
    }
}
