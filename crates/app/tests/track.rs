//! `ramscope track` as a stranger uses it: exact counts, right stacks, programs that do not notice.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;
use support::programs::{CC, compiled};
use support::{Home, skipped};

/// Tracks to the end; the program's own output, and the report of its recording.
fn tracked(home: &Home, words: &[&str]) -> (Output, Value) {
    let mut all = vec!["track", "--no-ui", "-o", "t.heap", "--"];
    all.extend(words);
    let mut command = home.command(&all);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let output = command.output().expect("the binary runs");
    let report = home.run(&["heap", "report", "t.heap", "--format", "json", "--top", "1000"]);
    let document = serde_json::from_str(&report.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}{}", report.stderr, String::from_utf8_lossy(&output.stderr))
    });
    (output, document)
}

/// The functions of each stack that leaked, innermost first, up to and with `outermost`.
fn leaking(report: &Value, outermost: &str) -> Vec<(Vec<String>, u64)> {
    let stacks = report["stacks"].as_array().expect("a list");
    let name = |frame: &Value| frame["function"].as_str().unwrap_or("?").to_owned();
    let named = |stack: &Value| -> Option<Vec<String>> {
        let frames: Vec<String> =
            stack["frames"].as_array().into_iter().flatten().map(name).collect();
        let end = frames.iter().position(|frame| frame.starts_with(outermost))?;
        Some(frames[..=end].to_vec())
    };
    let leaked = stacks.iter().filter(|stack| stack["leaked_bytes"].as_u64() > Some(0));
    let mut found: Vec<_> =
        leaked.filter_map(|stack| Some((named(stack)?, stack["leaked_bytes"].as_u64()?))).collect();
    found.sort();
    found
}

fn owned(frames: &[&str]) -> Vec<String> {
    frames.iter().map(|&frame| frame.to_owned()).collect()
}

const COUNTED: &str = r#"
#include <malloc.h>
#include <stdlib.h>
void *kept[4];
void inner(int n) { kept[n] = malloc(1000 + n); }
void middle(int n) { inner(n); }
void churn(void) {
    void *p = malloc(100); p = realloc(p, 200); free(p);
    free(calloc(3, 10));
    p = reallocarray(NULL, 5, 8); free(p);
}
int main(void) {
    for (int i = 0; i < 500; i++) churn();
    middle(0); inner(1);
    void *p;
    if (posix_memalign(&p, 64, 128)) return 1;
    if ((size_t)p % 64) return 2;
    free(p);
    p = aligned_alloc(256, 512); if ((size_t)p % 256) return 3; free(p);
    p = memalign(32, 77); free(p);
    p = valloc(10); if ((size_t)p % 4096) return 4; free(p);
    free(NULL);
    p = realloc(NULL, 50);
    if (realloc(p, (size_t)-1 / 2)) return 5;
    free(p);
    return 42;
}
"#;

/// Allocations: 500 × (malloc, realloc, calloc, reallocarray), 2 kept, 4 aligned, and one realloc of nothing; the realloc
/// that fails is none.
fn check_counted(report: &Value) {
    let allocations = 500 * 4 + 2 + 4 + 1;
    assert_eq!(report["allocations"], allocations);
    assert_eq!(report["frees"], allocations - 2);
    assert_eq!(
        report["bytes_allocated"],
        500 * (100 + 200 + 30 + 40) + 2001 + 128 + 512 + 77 + 10 + 50
    );
    assert_eq!(report["leaked_bytes"], 2001);
    assert_eq!(report["leaked_blocks"], 2);
    assert_eq!(report["peak_live_bytes"], 2001 + 512);
    assert_eq!(report["lost_events"], 0);
    let stacks = [(owned(&["inner", "main"]), 1001), (owned(&["inner", "middle", "main"]), 1000)];
    assert_eq!(leaking(report, "main"), stacks);
}

#[test]
fn machine_a_c_program_is_counted_exactly_and_its_leaks_have_their_stacks() {
    let home = Home::new();
    let Some(program) = compiled(&home, "counted", COUNTED, &CC) else { return };
    let (output, report) = tracked(&home, &[program.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(42));
    check_counted(&report);
}

const NAMED: &str = r#"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
static inline __attribute__((always_inline)) void *within(int n) { return malloc(n); }
__attribute__((noinline)) void *around(int n) {
    void *p = within(n); if (p) memset(p, 1, n); return p;
}
int main(int argc, char **argv) {
    void *p = around(100);
    if (argc > 1) raise(SIGKILL);
    return p == NULL;
}
"#;

#[test]
fn machine_a_recording_is_read_the_same_when_its_program_has_gone() {
    let home = Home::new();
    let Some(program) = compiled(&home, "named", NAMED, &CC) else { return };
    let words = program.to_str().expect("UTF-8");
    for all in [vec![words], vec![words, "and is killed"]] {
        fs::copy(&program, home.0.path().join("kept")).expect("a copy");
        let (_, report) = tracked(&home, &all);
        fs::remove_file(&program).expect("the program");
        let words = ["heap", "report", "t.heap", "--format", "json", "--top", "1000"];
        let without: Value = serde_json::from_str(&home.run(&words).stdout).expect("a report");
        fs::rename(home.0.path().join("kept"), &program).expect("a program");
        assert_eq!(without, report);
        assert_eq!(leaking(&without, "main"), [(owned(&["within", "around", "main"]), 100)]);
        let frames = &without["stacks"][0]["frames"];
        let told = |at: usize| {
            let file = frames[at]["file"].as_str().unwrap_or("?");
            (
                file.ends_with("named.c"),
                frames[at]["line"].as_u64(),
                frames[at]["inlined"].as_bool(),
            )
        };
        let expected = [(5, true), (7, false), (10, false)];
        for (at, (line, inlined)) in expected.into_iter().enumerate() {
            assert_eq!(told(at), (true, Some(line), Some(inlined)), "{}", frames[at]);
        }
    }
}

#[test]
fn machine_a_program_of_musl_is_counted_by_the_same_library() {
    let home = Home::new();
    let musl = [
        "musl-gcc",
        "-g",
        "-O1",
        "-fno-builtin",
        "-fno-optimize-sibling-calls",
        "-fasynchronous-unwind-tables",
        "-Wl,--eh-frame-hdr",
        "-D_GNU_SOURCE",
    ];
    let source = COUNTED.replace(
        "p = valloc(10); if ((size_t)p % 4096) return 4; free(p);",
        "p = memalign(4096, 10); free(p);",
    );
    let Some(program) = compiled(&home, "musl", &source, &musl) else { return };
    let (output, report) = tracked(&home, &[program.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(42), "{}", String::from_utf8_lossy(&output.stderr));
    check_counted(&report);
}

#[test]
fn machine_every_form_of_new_is_one_event_and_exceptions_pass() {
    let home = Home::new();
    let source = r#"
#include <new>
#include <cstdio>
#include <stdexcept>
#include <string>
struct alignas(128) Wide { char bytes[256]; };
__attribute__((noinline)) int *leak() { return new int[25]; }
__attribute__((noinline)) void thrower(int n) { std::string s(100, 'x'); if (n % 2) throw std::runtime_error(s); }
int caught;
int main() {
    delete new int;
    delete[] new int[10];
    delete new (std::nothrow) int;
    delete[] new (std::nothrow) char[100];
    delete new Wide;
    delete[] new Wide[2];
    for (int i = 0; i < 100; i++) try { thrower(i); } catch (const std::exception &) { caught++; }
    try { ::operator new((size_t)-1 / 2); } catch (const std::bad_alloc &) { caught++; }
    leak();
    return caught;
}
"#;
    let compiler = ["g++", "-g", "-O0", "-fno-builtin", "-std=c++17"];
    let Some(program) = compiled(&home, "forms", source, &compiler) else { return };
    let (output, report) = tracked(&home, &[program.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(51));
    // libstdc++'s emergency pool, six news, 100 strings of which 50 are copied into an exception, the exceptions
    // themselves, bad_alloc's, and the leak.
    let allocations = report["allocations"].as_u64().expect("a count");
    let frees = report["frees"].as_u64().expect("a count");
    assert_eq!(allocations, 1 + 6 + 100 + 50 + 50 + 1 + 1);
    assert_eq!(allocations - frees, 2, "the pool and the leak");
    let leaks = leaking(&report, "main");
    assert_eq!(leaks.len(), 1, "{leaks:?}");
    let (frames, bytes) = &leaks[0];
    assert_eq!(*bytes, 100);
    assert!(frames.iter().any(|frame| frame.starts_with("leak")), "{frames:?}");
    assert!(frames[0].contains("operator new") || frames[1].contains("operator new"), "{frames:?}");
}

#[test]
fn machine_a_rust_program_has_its_own_names_in_its_stacks() {
    let home = Home::new();
    let source = r#"
#[inline(never)] fn leak(bytes: usize) { std::mem::forget(std::hint::black_box(Vec::<u8>::with_capacity(bytes))); }
fn main() { for n in 0..10 { leak(1000 + n); } std::process::exit(7); }
"#;
    let Some(program) = compiled(&home, "rusty", source, &["rustc", "-g", "-Copt-level=1"]) else {
        return;
    };
    let (output, report) = tracked(&home, &[program.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(7));
    let leaks = leaking(&report, "rusty::main");
    let bytes: u64 = leaks.iter().map(|(_, bytes)| bytes).sum();
    assert_eq!(bytes, 10_045);
    assert!(
        leaks.iter().all(|(frames, _)| frames.iter().any(|frame| frame == "rusty::leak")),
        "{leaks:?}"
    );
}

/// Runs as it is and tracked; both say the same on stdout and end the same.
fn unchanged(home: &Home, words: &[&str]) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut bare = Command::new(words[0]);
    bare.args(&words[1..])
        .env_clear()
        .env("HOME", home.0.path())
        .env("TZ", "UTC")
        .env("PATH", &path);
    bare.current_dir(home.0.path()).stdin(Stdio::null());
    let Ok(bare) = bare.output() else { return skipped(&format!("{} is not installed", words[0])) };
    let mut all = vec!["track", "--no-ui", "-o", "t.heap", "--"];
    all.extend(words);
    let mut command = home.command(&all);
    let tracked = command.env("PATH", &path).output().expect("the binary runs");
    let errors = String::from_utf8_lossy(&tracked.stderr);
    let as_shells_count = bare.status.code().or(bare.status.signal().map(|signal| 128 + signal));
    assert_eq!(tracked.status.code(), as_shells_count, "{words:?}: {errors}");
    assert!(tracked.stdout == bare.stdout, "{words:?} says something else: {errors}");
    assert!(!errors.contains("never loaded"), "{words:?}: {errors}");
    let bytes = fs::metadata(home.0.path().join("t.heap")).map_or(0, |about| about.len());
    assert!(bytes > 0, "{words:?} is recorded");
}

#[test]
fn machine_everyday_programs_say_and_end_as_ever() {
    let home = Home::new();
    fs::write(home.0.path().join("in.c"), COUNTED).expect("a scratch file");
    for words in [
        &["ls", "-la", "/usr/lib"][..],
        &["sort", "/etc/services"],
        &["cp", "in.c", "out.c"],
        &["false"],
        &["git", "--no-pager", "hash-object", "in.c"],
        &["python3", "-c", "import json; print(len(json.dumps(list(range(20000)))))"],
        &[
            "python3",
            "-c",
            "import threading, sys; t = [threading.Thread(target=lambda: list(range(9999))) for _ in range(8)]; [x.start() for x in t]; [x.join() for x in t]; sys.exit(9)",
        ],
        &[
            "python3",
            "-c",
            "import subprocess; print(subprocess.run(['echo', 'child'], capture_output=True).stdout)",
        ],
        &["gcc", "-O2", "-S", "-o", "-", "in.c"],
        &[
            "sqlite3",
            ":memory:",
            "with recursive c(x) as (select 1 union all select x + 1 from c where x < 20000) select count(*), sum(x) from c;",
        ],
        &["tar", "cf", "-", "--mtime=2020-01-01", "in.c"],
        &["sh", "-c", "for i in 1 2 3; do (echo $i; exit 1); done; exec sort in.c"],
        &[
            "bash",
            "-c",
            "f() { echo $((1 + 1)); }; x=$(f); trap 'echo bye' EXIT; echo $x; kill -USR1 $$ ; exit 3",
        ],
    ] {
        unchanged(&home, words);
    }
}

#[test]
fn machine_programs_that_jump_out_of_handlers_or_close_all_descriptors_do_not_notice() {
    let home = Home::new();
    let closing = r#"
#include <stdlib.h>
#include <stdio.h>
#include <unistd.h>
int main(void) {
    for (int fd = 3; fd < 4096; fd++) close(fd);
    int lowest = dup(1);
    char *p[1000];
    for (int i = 0; i < 1000; i++) p[i] = malloc(i);
    for (int i = 0; i < 1000; i++) free(p[i]);
    printf("%d\n", lowest);
    return 0;
}
"#;
    let jumping = r#"
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
sigjmp_buf home; volatile int jumps; volatile int in_malloc;
void on(int s) { void *volatile p = in_malloc ? 0 : malloc(10); free(p); if (!in_malloc) { jumps++; siglongjmp(home, 1); } }
int main(void) {
    signal(SIGALRM, on);
    struct itimerval t = {{0, 500}, {0, 500}};
    setitimer(ITIMER_REAL, &t, 0);
    volatile unsigned long n = 0;
    sigsetjmp(home, 1);
    while (jumps < 50) { in_malloc = 1; void *volatile p = malloc(n % 100); free(p); in_malloc = 0; for (volatile int i = 0; i < 300; i++); n++; }
    struct itimerval stop = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &stop, 0);
    errno = 77; void *volatile p = malloc(5); int after = errno; free(p);
    /* One more alarm may come before the timer stops. */
    printf("%d %d\n", jumps >= 50, after == 77 && errno == 77);
    return 0;
}
"#;
    for (name, source) in [("closing", closing), ("jumping", jumping)] {
        let Some(program) = compiled(&home, name, source, &CC) else { return };
        unchanged(&home, &[program.to_str().expect("UTF-8")]);
    }
}

#[test]
fn machine_threads_forks_libraries_and_deep_stacks_are_followed() {
    let home = Home::new();
    let source = r#"
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
void *kept[100000]; int count;
__attribute__((noinline)) int deep(int n) { volatile char pad[64]; pad[0] = n; if (n == 0) { kept[count++] = malloc(3); return 1; } return deep(n - 1) + pad[0]; }
void *work(void *n) { for (int i = 0; i < 1000; i++) free(malloc(16)); return malloc(8); }
int main(void) {
    pthread_t threads[64];
    for (int round = 0; round < 8; round++) {
        for (int i = 0; i < 64; i++) pthread_create(&threads[i], 0, work, 0);
        for (int i = 0; i < 64; i++) { void *p; pthread_join(threads[i], &p); free(p); }
    }
    for (int i = 0; i < 50; i++) { pid_t p = fork(); if (!p) { for (int k = 0; k < 100; k++) malloc(k); _exit(0); } waitpid(p, 0, 0); }
    void *l = dlopen("libm.so.6", RTLD_NOW); if (l) dlclose(l);
    deep(10000); deep(3); deep(10000);
    return 0;
}
"#;
    let compiler = ["gcc", "-g", "-O1", "-fno-builtin", "-pthread"];
    let Some(program) = compiled(&home, "many", source, &compiler) else { return };
    let (output, report) = tracked(&home, &[program.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(report["lost_events"], 0);
    let work = 8 * 64 * 1001;
    assert!(report["allocations"].as_u64() >= Some(work + 3), "{}", report["allocations"]);
    assert!(
        report["allocations"].as_u64() < Some(work + 2000),
        "no child's: {}",
        report["allocations"]
    );
    let leaks = leaking(&report, "main");
    let deep = leaks.iter().filter(|(frames, _)| frames[0] == "deep");
    let mut depths: Vec<usize> = deep.map(|(frames, _)| frames.len()).collect();
    depths.sort_unstable();
    assert_eq!(depths, [5, 10_002, 10_002], "from three places of main");
}

#[test]
fn machine_a_killed_program_is_told_by_its_code_and_a_killed_tracker_does_not_harm() {
    let home = Home::new();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut command =
        home.command(&["track", "--no-ui", "-o", "k.heap", "--", "sh", "-c", "kill -9 $$"]);
    let output = command.env("PATH", &path).output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(137));
    let script = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nx = [bytearray(99) for _ in range(300000)]\nprint(len(x), flush=True)";
    let mut command = home.command(&["track", "--no-ui", "--", "python3", "-c", script]);
    command.env("PATH", &path).stdout(Stdio::piped()).stderr(Stdio::null());
    let Ok(child) = command.spawn() else { return skipped("python3 is not installed") };
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || tell.send(child.wait_with_output()));
    let output = told.recv_timeout(Duration::from_secs(60)).expect("it ends").expect("it ran");
    assert_eq!(output.status.signal(), Some(9), "the tracker was killed");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "300000\n", "the program ran on");
}

#[test]
fn machine_what_cannot_be_tracked_is_refused_at_once_in_words() {
    let home = Home::new();
    let source = "int main(void) { return 0; }";
    let fixed = compiled(&home, "fixed", source, &["gcc", "-static"]);
    let watched = compiled(&home, "watched", source, &["gcc", "-fsanitize=address"]);
    let Some(plain) = compiled(&home, "plain", source, &["gcc"]) else { return };
    fs::set_permissions(&plain, fs::Permissions::from_mode(0o644)).expect("ours");
    let cases: [(Option<&Path>, i32, &str); 4] = [
        (fixed.as_deref(), 2, "statically linked"),
        (watched.as_deref(), 2, "AddressSanitizer"),
        (Some(&plain), 126, "not executable"),
        (Some(Path::new("no-such-program")), 127, "not found"),
    ];
    for (program, code, words) in cases {
        let Some(program) = program.and_then(Path::to_str) else { continue };
        let ended = home.run(&["track", "--", program]);
        assert_eq!(ended.code, Some(code), "{program}: {}", ended.stderr);
        assert!(ended.stderr.contains(words), "{program}: {}", ended.stderr);
    }
}

#[test]
fn machine_a_sample_stands_for_the_whole_within_its_error() {
    let home = Home::new();
    let source = r#"
#include <stdlib.h>
int main(void) { for (int i = 0; i < 200000; i++) { void *volatile p = malloc(1000); if (i % 2) free(p); } return 0; }
"#;
    let Some(program) = compiled(&home, "sampled", source, &CC) else { return };
    let program = program.to_str().expect("UTF-8");
    let ended = home.run(&["track", "--no-ui", "--sample", "64KiB", "-o", "s.heap", "--", program]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let report = home.run(&["heap", "report", "s.heap", "--format", "json"]);
    let report: Value = serde_json::from_str(&report.stdout).expect("JSON");
    let near = |key: &str, expected: f64| {
        let found = report[key].as_f64().expect("a number");
        // 3052 and 1526 points: five standard deviations are 9 and 13 per cent.
        assert!((found / expected - 1.0).abs() < 0.13, "{key}: {found} for {expected}");
    };
    near("bytes_allocated", 200e6);
    near("leaked_bytes", 100e6);
}

#[test]
fn machine_children_are_sessions_of_their_own() {
    let home = Home::new();
    let source = r#"
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int c, char **v) {
    if (c > 1) { malloc(777); return 0; }
    if (!fork()) { malloc(555); _exit(0); }
    if (!fork()) execl(v[0], v[0], "again", (char *)0);
    if (!fork()) { malloc(444); execl(v[0], v[0], "again", (char *)0); }
    wait(0); wait(0); wait(0);
    malloc(333);
    return 0;
}
"#;
    let Some(program) = compiled(&home, "family", source, &CC) else { return };
    let program = program.to_str().expect("UTF-8");
    // Without --no-ui, the page's shelf has them as well.
    let ended = home.run(&["track", "--children", "-o", "c.heap", "--", program]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let files = fs::read_dir(home.0.path()).expect("ours").flatten().map(|entry| entry.path());
    let mut leaked: Vec<u64> = files
        .filter(|path| path.to_string_lossy().contains("c.heap"))
        .map(|path| {
            let report =
                home.run(&["heap", "report", path.to_str().expect("UTF-8"), "--format", "json"]);
            let report: Value = serde_json::from_str(&report.stdout).expect("JSON");
            report["leaked_bytes"].as_u64().expect("a count")
        })
        .collect();
    leaked.sort_unstable();
    // The program of an exec takes the place of the one before, in its session.
    assert_eq!(leaked, [333, 555, 777, 777]);
}
