//! What goes wrong around a tracked program, and what it must not notice.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;
use support::programs::{CC, compiled};
use support::{Ended, Home, skipped};

/// Tracks a program to its end and without a page.
fn tracked(home: &Home, recording: &str, words: &[&str]) -> Ended {
    let mut all = vec!["track", "--no-ui", "-o", recording, "--"];
    all.extend(words);
    home.run(&all)
}

fn report(home: &Home, recording: &str) -> Value {
    let ended = home.run(&["heap", "report", recording, "--format", "json", "--top", "1000"]);
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.stderr))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

const CHATTY: &str = r#"
#include <stdio.h>
#include <stdlib.h>
int main(void) {
    unsigned long sum = 0;
    for (int i = 0; i < 400000; i++) { char *p = malloc(i % 99 + 1); p[0] = i; sum += p[0] & 1; if (i % 3) free(p); }
    printf("%lu\n", sum);
    return 3;
}
"#;

#[test]
fn machine_a_full_disk_ends_the_recording_and_not_the_program() {
    let home = Home::new();
    let Some(program) = compiled(&home, "chatty", CHATTY, &CC) else { return };
    let ended = tracked(&home, "/dev/full", &[text(&program)]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), "200000\n"), "{}", ended.stderr);
    for words in [
        "/dev/full ends before the program",
        "No space left",
        "0 B of it are kept",
        "from 0.00 s on",
    ] {
        assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
    }
    assert!(
        ended.stderr.contains("400,001 allocations"),
        "the sums are whole, that of printf among them: {}",
        ended.stderr
    );
    assert!(!ended.stderr.contains("ramscope heap view"), "{}", ended.stderr);
}

#[test]
fn machine_where_files_may_not_grow_the_program_is_not_started_and_the_limit_is_named() {
    let home = Home::new();
    let Some(program) = compiled(&home, "chatty", CHATTY, &CC) else { return };
    // The preload library is put in its place while there is room.
    assert_eq!(tracked(&home, "t.heap", &["/bin/true"]).code, Some(0));
    // The shell's limit counts in blocks of 512 bytes.
    let script = format!(
        "ulimit -f 8; exec {} track --no-ui -o t.heap -- {}",
        env!("CARGO_BIN_EXE_ramscope"),
        text(&program)
    );
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &script]).env_clear().env("HOME", home.0.path()).current_dir(home.0.path());
    let output = command.output().expect("a shell");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), &output.stdout[..]), (Some(1), &b""[..]), "{errors}");
    for words in ["cannot start", "limited to 4096 bytes", "ulimit -f unlimited"] {
        assert!(errors.contains(words), "{words}: {errors}");
    }
}

#[test]
fn machine_ten_thousand_threads_are_heard_few_at_once_and_counted_where_they_are_too_many() {
    let home = Home::new();
    let source = r#"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
pthread_barrier_t all;
void *alone(void *n) { free(malloc(16)); return malloc(8); }
void *together(void *n) { pthread_barrier_wait(&all); free(malloc(16)); pthread_barrier_wait(&all); return 0; }
int main(int argc, char **argv) {
    static pthread_t threads[20000];
    pthread_attr_t small; pthread_attr_init(&small); pthread_attr_setstacksize(&small, 65536);
    int at_once = argc > 1 ? atoi(argv[1]) : 0;
    if (at_once) {
        pthread_barrier_init(&all, 0, at_once);
        for (int i = 0; i < at_once; i++) if (pthread_create(&threads[i], &small, together, 0)) return 9;
        for (int i = 0; i < at_once; i++) pthread_join(threads[i], 0);
        return 0;
    }
    for (int i = 0; i < 10000; i += 8) {
        for (int k = 0; k < 8; k++) if (pthread_create(&threads[k], &small, alone, 0)) return 9;
        for (int k = 0; k < 8; k++) { void *p; pthread_join(threads[k], &p); free(p); }
    }
    return 0;
}
"#;
    let compiler = ["gcc", "-g", "-O1", "-fno-builtin", "-pthread"];
    let Some(program) = compiled(&home, "threads", source, &compiler) else { return };
    let ended = tracked(&home, "few.heap", &[text(&program)]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let few = report(&home, "few.heap");
    assert_eq!(few["lost_events"], 0);
    assert!(few["allocations"].as_u64() >= Some(20_000), "{}", few["allocations"]);
    let ended = tracked(&home, "many.heap", &[text(&program), "1500"]);
    if ended.code == Some(9) {
        return skipped("1,500 threads at once are more than this machine lets a program have");
    }
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let many = report(&home, "many.heap");
    // A thread without a ring loses its events, which are counted and never a wrong number elsewhere.
    let told =
        many["allocations"].as_u64().unwrap_or(0) + many["lost_events"].as_u64().unwrap_or(0);
    assert!(told >= 1500, "{} told, {} lost", many["allocations"], many["lost_events"]);
}

#[test]
fn machine_many_forks_leave_the_parents_counts_alone_and_are_sessions_where_children_are_wanted() {
    let home = Home::new();
    let source = r#"
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
    int n = atoi(argv[1]);
    for (int i = 0; i < n; i++) { pid_t p = fork(); if (p < 0) return 9; if (!p) { malloc(77); _exit(0); } if (i % 10 == 9) while (wait(0) > 0); }
    while (wait(0) > 0);
    malloc(333);
    return 0;
}
"#;
    let Some(program) = compiled(&home, "forks", source, &CC) else { return };
    let ended = tracked(&home, "f.heap", &[text(&program), "1000"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let alone = report(&home, "f.heap");
    assert_eq!(
        (&alone["leaked_bytes"], &alone["lost_events"]),
        (&Value::from(333), &Value::from(0))
    );
    let words = ["track", "--no-ui", "--children", "-o", "c.heap", "--", text(&program), "300"];
    let ended = home.run(&words);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    // More than are followed at one time, one after the other; not all are told of one by one.
    assert!(ended.stderr.contains("290 more processes were tracked"), "{}", ended.stderr);
    assert_eq!(ended.stderr.matches("ramscope heap view c.heap").count(), 11, "{}", ended.stderr);
    let files = fs::read_dir(home.0.path()).expect("ours").flatten();
    let names = files.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let children: Vec<String> = names.filter(|name| name.starts_with("c.heap.")).collect();
    assert_eq!(children.len(), 300);
    for name in [&children[0], &children[299]] {
        assert_eq!(report(&home, name)["leaked_bytes"], 77);
    }
}

/// A program that lets the kernel filter its system calls, as its first argument says, allocates, frees and ends with 4.
const SANDBOXED: &str = r#"
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#define ALLOW(nr) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
static void work(const char *what, int most) {
    unsigned long sum = 0;
    for (int i = 0; i < 40 * most; i++) { char *p = malloc(i % most + 1); p[0] = i; sum += p[0] & 1; if (i % 2) free(p); }
    char text[64]; int n = snprintf(text, sizeof text, "%s %lu\n", what, sum);
    if (syscall(SYS_write, 1, text, (size_t)n) != n) syscall(SYS_exit, 8);
}
static void *thread(void *nothing) { work("thread", 50); return malloc(4321); }
int main(int argc, char **argv) {
    int threads = !strcmp(argv[1], "threads");
    unsigned otherwise = !strcmp(argv[1], "errors") ? SECCOMP_RET_ERRNO | ENOSYS : SECCOMP_RET_KILL_PROCESS;
    // What an allocator does, and with threads what the C library does for them.
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ALLOW(SYS_write), ALLOW(SYS_brk), ALLOW(SYS_mmap), ALLOW(SYS_munmap), ALLOW(SYS_mremap), ALLOW(SYS_mprotect),
        ALLOW(SYS_madvise), ALLOW(SYS_exit_group), ALLOW(SYS_exit), ALLOW(SYS_rt_sigreturn),
        ALLOW(threads ? SYS_futex : SYS_write), ALLOW(threads ? SYS_clone3 : SYS_write), ALLOW(threads ? SYS_clone : SYS_write),
        ALLOW(threads ? SYS_rt_sigprocmask : SYS_write), ALLOW(threads ? SYS_rseq : SYS_write),
        ALLOW(threads ? SYS_set_robust_list : SYS_write), ALLOW(threads ? SYS_rt_sigaction : SYS_write),
        BPF_STMT(BPF_RET | BPF_K, otherwise),
    };
    struct sock_fprog all = { sizeof filter / sizeof *filter, filter };
    free(malloc(10));
    // Asked as libseccomp asks what the kernel knows: neither sets a filter.
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL) != -1 || errno != EINVAL) return 7;
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL) != -1 || (errno != EFAULT && errno != EACCES)) return 7;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return 9;
    errno = 0;
    if (!strcmp(argv[1], "strict")) {
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT)) return 9;
        for (int i = 0; i < 1000; i++) free(malloc(64));
        syscall(SYS_exit, 4);
    }
    if (!strcmp(argv[1], "clockless")) {
        if (prctl(PR_SET_TSC, PR_TSC_SIGSEGV)) return 9;
        for (int i = 0; i < 1000; i++) free(malloc(64));
        pthread_t one;
        if (pthread_create(&one, 0, thread, 0) || pthread_join(one, 0)) return 5;
        return 4;
    }
    if (!strcmp(argv[1], "kills")) { if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &all)) return 9; }
    else if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all)) return 9;
    if (errno) return 6;
    work("main", 5000);
    pthread_t one; void *last = 0;
    if (threads && (pthread_create(&one, 0, thread, 0) || pthread_join(one, &last) || !last)) return 5;
    _Exit(4);
}
"#;

#[test]
fn machine_a_program_in_a_sandbox_of_system_calls_does_not_notice() {
    let home = Home::new();
    let compiler = ["gcc", "-g", "-O1", "-fno-builtin", "-pthread"];
    let Some(program) = compiled(&home, "sandboxed", SANDBOXED, &compiler) else { return };
    // What is printed, and the least that is told of allocations, lost ones not among them and among them.
    for (mode, printed, told, told_and_lost) in [
        ("errors", "main 100000\n", 200_001, 200_001),
        ("kills", "main 100000\n", 200_001, 200_001),
        // A thread that may not ask for its own number is followed all the same.
        ("threads", "main 100000\nthread 1000\n", 202_002, 202_002),
        // Without the clock nothing can be told, but counted.
        ("strict", "", 1, 1001),
        ("clockless", "thread 1000\n", 1, 3001),
    ] {
        let bare =
            std::process::Command::new(&program).arg(mode).output().expect("it was compiled");
        if bare.status.code() != Some(4) {
            return skipped(
                "this machine lets no program filter its system calls, or its C library makes more of them",
            );
        }
        let ended = tracked(&home, "s.heap", &[text(&program), mode]);
        let seen = (ended.code, ended.stdout.as_str());
        assert_eq!(seen, (Some(4), printed), "{mode}: {}", ended.stderr);
        let report = report(&home, "s.heap");
        let count = |name: &str| report[name].as_u64().unwrap_or(0);
        let (allocations, lost) = (count("allocations"), count("lost_events"));
        assert!(allocations >= told, "{mode}: {allocations} of {told}");
        let all = allocations + lost;
        assert!(all >= told_and_lost, "{mode}: {all} of {told_and_lost}");
        assert_eq!(lost > 0, told < told_and_lost, "{mode}: {lost} lost");
    }
}

#[test]
fn machine_a_library_that_is_preloaded_already_does_what_it_did_and_its_blocks_are_seen() {
    let home = Home::new();
    let library = r#"
#include <stddef.h>
#include <stdio.h>
#include <string.h>
extern void *__libc_malloc(size_t n); extern void __libc_free(void *p);
static char ground[1 << 20]; static size_t used;
int chosen(void *p) { return (char *)p >= ground && (char *)p < ground + sizeof ground; }
void *malloc(size_t n) { if (n != 1234) return __libc_malloc(n); size_t at = used; used += 2048; return ground + at; }
void free(void *p) { if (!chosen(p)) __libc_free(p); }
"#;
    let program = r#"
#include <stdio.h>
#include <stdlib.h>
__attribute__((weak)) int chosen(void *p);
int main(void) { void *p = malloc(1234); printf("%d\n", chosen && chosen(p)); return 0; }
"#;
    let shared = ["gcc", "-g", "-O1", "-fno-builtin", "-shared", "-fPIC"];
    let Some(library) = compiled(&home, "arena.so", library, &shared) else { return };
    let Some(program) =
        compiled(&home, "asks", program, &["gcc", "-g", "-O1", "-fno-builtin", "-rdynamic"])
    else {
        return;
    };
    let mut command = home.command(&["track", "--no-ui", "-o", "p.heap", "--", text(&program)]);
    let output = command.env("LD_PRELOAD", &library).output().expect("the binary runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), &output.stdout[..]), (Some(0), &b"1\n"[..]), "{errors}");
    let report = report(&home, "p.heap");
    let asked = report["stacks"]
        .as_array()
        .into_iter()
        .flatten()
        .any(|stack| stack["leaked_bytes"] == 1234);
    assert!(asked, "{report}");
}

#[test]
fn machine_what_is_no_program_of_this_machine_or_has_rights_of_its_own_is_refused_in_words() {
    let home = Home::new();
    let folder = home.0.path();
    let Some(plain) = compiled(&home, "plain", "int main(void) { return 0; }", &["gcc"]) else {
        return;
    };
    let make = |name: &str, bytes: &[u8], mode: u32| {
        let path = folder.join(name);
        fs::write(&path, bytes).expect("a scratch file");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("ours");
        path
    };
    let mut foreign = fs::read(&plain).expect("a program");
    // The machine's number in an ELF header (elf(5)): 183 is AArch64.
    foreign[18..20].copy_from_slice(&183_u16.to_le_bytes());
    let foreign = make("foreign", &foreign, 0o755);
    let noise = make("noise", b"no program at all", 0o755);
    let cut = make("cut", b"\x7fELF\x02\x01\x01", 0o755);
    let quiet = make("quiet", b"#!/bin/sh\n", 0o644);
    let lost = make("lost", b"#!/no/such/interpreter\n", 0o755);
    let mut cases = vec![
        (foreign, 2, "another kind of processor"),
        (noise, 126, "neither an ELF program nor a script"),
        (cut, 126, "neither an ELF program nor a script"),
        (quiet, 126, "not executable"),
        (lost, 126, "/no/such/interpreter"),
        (folder.to_owned(), 126, "not executable"),
        (folder.join("nothing"), 127, "not found"),
    ];
    let privileged = folder.join("privileged");
    fs::copy(&plain, &privileged).expect("a copy");
    // Root gives the file to another user; anybody else takes one that the system has.
    if rustix::process::geteuid().is_root()
        && std::os::unix::fs::chown(&privileged, Some(65_534), None).is_ok()
    {
        fs::set_permissions(&privileged, fs::Permissions::from_mode(0o4755)).expect("ours");
        cases.push((privileged, 2, "set-user-ID"));
    } else if Path::new("/usr/bin/su").exists() {
        cases.push(("/usr/bin/su".into(), 2, "set-user-ID"));
    }
    for (program, code, words) in cases {
        let ended = home.run(&["track", "--", text(&program)]);
        assert_eq!(ended.code, Some(code), "{}: {}", program.display(), ended.stderr);
        assert!(ended.stderr.contains(words), "{}: {}", program.display(), ended.stderr);
        assert_eq!(ended.stdout, "");
    }
}

#[test]
fn machine_an_allocator_that_is_linked_into_the_program_is_named() {
    let home = Home::new();
    let named = "#include <stdlib.h>\nvoid *mi_malloc(size_t n) { return malloc(n); }\nint main(void) { return mi_malloc(9) == NULL; }";
    let own = r#"
#include <stddef.h>
static char ground[1 << 16]; static size_t used;
void *malloc(size_t n) { void *p = ground + used; used += (n + 15) & ~15ul; return p; }
void free(void *p) {}
int main(void) { return malloc(9) == NULL; }
"#;
    for (name, source, words) in
        [("mi", named, "linked with mimalloc"), ("own", own, "an allocator of its own")]
    {
        let Some(program) = compiled(&home, name, source, &CC) else { return };
        let ended = tracked(&home, "a.heap", &[text(&program)]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(ended.stderr.contains(words), "{name}: {}", ended.stderr);
    }
}

#[test]
fn machine_a_program_without_symbols_is_told_by_its_places() {
    let home = Home::new();
    let source = "#include <stdlib.h>\nint main(void) { void *volatile p = malloc(4321); return p == NULL; }";
    let Some(program) = compiled(&home, "stripped", source, &["gcc", "-s", "-O1", "-fno-builtin"])
    else {
        return;
    };
    let ended = tracked(&home, "n.heap", &[text(&program)]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let report = report(&home, "n.heap");
    let stacks = report["stacks"].as_array().expect("a list");
    let stack = stacks.iter().find(|stack| stack["leaked_bytes"] == 4321).expect("the leak");
    let innermost = stack["frames"][0]["function"].as_str().unwrap_or("");
    assert!(innermost.starts_with("stripped+0x"), "{innermost}");
}

#[test]
fn machine_a_program_whose_name_is_meant_for_the_terminal_is_spelled_out() {
    let home = Home::new();
    let source = "#include <stdlib.h>\nint main(void) { void *volatile p = malloc(4321); return p == NULL; }";
    let Some(program) = compiled(&home, "red", source, &["gcc", "-s", "-O1", "-fno-builtin"])
    else {
        return;
    };
    let hostile = program.with_file_name("red\u{1b}[31m");
    fs::rename(&program, &hostile).expect("ours");
    let words =
        ["track", "--no-ui", "--children", "-o", "e.heap", "--", text(&hostile), "\u{202e}"];
    let ended = home.run(&words);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let table = home.run(&["heap", "report", "e.heap"]).stdout;
    let diff = home.run(&["heap", "diff", "e.heap", "e.heap"]).stdout;
    for said in [&ended.stderr, &table, &diff] {
        assert!(!said.contains(['\u{1b}', '\u{202e}']), "{said:?}");
    }
    assert!(ended.stderr.contains("red\\x1b[31m (process"), "{}", ended.stderr);
    assert!(table.contains("red\\x1b[31m \\u{202e}"), "{table}");
}

#[test]
fn machine_recordings_of_a_newer_version_or_of_noise_are_refused_and_a_damaged_one_tells_what_is_whole()
 {
    let home = Home::new();
    let Some(program) = compiled(&home, "chatty", CHATTY, &CC) else { return };
    assert_eq!(tracked(&home, "t.heap", &[text(&program)]).code, Some(3));
    let whole = fs::read(home.0.path().join("t.heap")).expect("a recording");
    let with = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        fs::write(home.0.path().join(name), bytes).expect("a scratch file");
        home.run(&["heap", "report", name, "--format", "json"])
    };
    let newer = with("newer.heap", &|bytes| bytes[8] = 200);
    assert_eq!(newer.code, Some(1), "{}", newer.stderr);
    for words in ["newer.heap", "format 200", "update ramscope"] {
        assert!(newer.stderr.contains(words), "{words}: {}", newer.stderr);
    }
    let noise = with("noise.heap", &|bytes| bytes[0] = b'?');
    assert!(
        noise.code == Some(1) && noise.stderr.contains("no recording of a heap"),
        "{}",
        noise.stderr
    );
    let middle = whole.len() / 2;
    let damaged = with("damaged.heap", &|bytes| bytes[middle..middle + 8].fill(0));
    assert_eq!(damaged.code, Some(0), "{}", damaged.stderr);
    assert!(damaged.stderr.contains("damaged.heap: damaged: "), "{}", damaged.stderr);
    let torn = with("torn.heap", &|bytes| bytes.truncate(middle));
    assert_eq!(torn.code, Some(0), "{}", torn.stderr);
    assert!(torn.stderr.contains("the program's end was not recorded"), "{}", torn.stderr);
}
