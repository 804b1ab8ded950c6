//! Names and cost that a recording tells while its program runs: whatever becomes of who records it.

mod support;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use ramscope_heap::recording::{Said, read_all};
use serde_json::Value;
use support::Home;
use support::programs::{CC, compiled};

/// Asks for memory, waits for a line, and becomes itself under another name or asks for more.
const PATIENT: &str = r#"
#include <stdlib.h>
#include <unistd.h>
__attribute__((noinline)) void *before(void) { return malloc(111); }
__attribute__((noinline)) void *after(void) { return malloc(222); }
static void wait_for_a_line(void) { char c = 0; while (read(0, &c, 1) == 1 && c != '\n'); }
int main(int argc, char **argv) {
    if (argc > 2) { void *p = after(); wait_for_a_line(); return p == NULL; }
    void *p = before();
    wait_for_a_line();
    if (argc > 1) execl(argv[0], argv[0], "became", "itself", (char *)0);
    return p == NULL;
}
"#;

/// What a recording says so far: the functions that it names, and whether it tells a cost.
fn told(recording: &Path) -> (BTreeSet<String>, bool) {
    let (mut named, mut has_cost) = (BTreeSet::new(), false);
    let Ok(file) = File::open(recording) else { return (named, has_cost) };
    // What is half written is read the next time.
    let _ = read_all(
        file,
        |_| {},
        |_, said| match said {
            Said::Labels { labels, .. } => {
                named.extend(labels.iter().map(|label| label.function.to_string()));
            }
            Said::Cost { host_cpu_us, .. } => has_cost |= host_cpu_us > 0,
            _ => {}
        },
    );
    (named, has_cost)
}

/// Looks again until a recording says what is wanted; it is written twice a second.
fn wait_for(recording: &Path, wanted: impl Fn(&(BTreeSet<String>, bool)) -> bool) {
    for _ in 0..60_000 {
        if wanted(&told(recording)) {
            return;
        }
        thread::park_timeout(Duration::from_millis(1));
    }
    panic!("{} never said what was waited for: {:?}", recording.display(), told(recording));
}

/// A tracked program whose input is ours.
fn tracked(home: &Home, words: &[&str]) -> Child {
    let mut all = vec!["track", "--no-ui", "-o", "t.heap", "--"];
    all.extend(words);
    let mut command = home.command(&all);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("the binary starts")
}

fn report(home: &Home) -> Value {
    let ended = home.run(&["heap", "report", "t.heap", "--format", "json", "--top", "1000"]);
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.stderr))
}

/// The functions of the stacks that hold something, innermost first, up to and with main.
fn holding(report: &Value) -> Vec<(Vec<String>, u64)> {
    let stacks = report["stacks"].as_array().expect("a list").iter();
    let found = stacks.filter_map(|stack| {
        let frames = stack["frames"].as_array()?.iter();
        let names: Vec<String> =
            frames.filter_map(|frame| Some(frame["function"].as_str()?.to_owned())).collect();
        let main = names.iter().position(|name| name == "main")?;
        Some((names[..=main].to_vec(), stack["live_bytes"].as_u64()?))
    });
    found.collect()
}

#[test]
fn machine_a_killed_tracker_leaves_the_names_and_the_cost_of_what_it_had_heard() {
    let home = Home::new();
    let Some(program) = compiled(&home, "patient", PATIENT, &CC) else { return };
    let mut tracker = tracked(&home, &[program.to_str().expect("UTF-8")]);
    let recording = home.0.path().join("t.heap");
    wait_for(&recording, |(named, has_cost)| named.contains("before") && *has_cost);
    tracker.kill().expect("our own child");
    tracker.wait().expect("an end");
    fs::remove_file(&program).expect("ours");
    let report = report(&home);
    assert_eq!(holding(&report), [(vec!["before".to_owned(), "main".to_owned()], 111)]);
    assert!(report["host_cpu_ms"].is_u64(), "{}", report["host_cpu_ms"]);
    assert_eq!(report["exit_status"], Value::Null);
}

#[test]
fn machine_a_program_that_became_another_has_the_names_of_the_other() {
    let home = Home::new();
    let Some(program) = compiled(&home, "patient", PATIENT, &CC) else { return };
    let mut tracker = tracked(&home, &[program.to_str().expect("UTF-8"), "become"]);
    let recording = home.0.path().join("t.heap");
    let mut input = tracker.stdin.take().expect("a pipe");
    wait_for(&recording, |(named, _)| named.contains("before"));
    input.write_all(b"\n").expect("it reads");
    wait_for(&recording, |(named, _)| named.contains("after"));
    input.write_all(b"\n").expect("it reads");
    assert_eq!(tracker.wait().expect("an end").code(), Some(0));
    fs::remove_file(&program).expect("ours");
    assert_eq!(holding(&report(&home)), [(vec!["after".to_owned(), "main".to_owned()], 222)]);
}

#[test]
fn machine_the_cost_of_tracking_is_told_when_it_is_over() {
    let home = Home::new();
    let source = "#include <stdlib.h>\nint main(void) { for (int i = 0; i < 300000; i++) free(malloc(i % 99)); return 0; }";
    let Some(program) = compiled(&home, "busy", source, &CC) else { return };
    let program = program.to_str().expect("UTF-8");
    let ended = home.run(&["track", "--no-ui", "-o", "t.heap", "--", program]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("tracking cost "), "{}", ended.stderr);
    // 600,000 records take at least a microsecond each to be heard by anything built for tests.
    let report = report(&home);
    assert!(report["host_cpu_ms"].as_u64() > Some(5), "{}", report["host_cpu_ms"]);
    assert!(report["waited_ms"].is_u64());
}
