//! The main job through the binary: one command samples, records, serves, and ends with everything written.

mod support;

use std::fs;
use std::process::Stdio;

use rustix::process::Signal;
use support::{Home, Server, request};

fn number(value: &serde_json::Value, path: &str) -> u64 {
    value
        .pointer(path)
        .and_then(serde_json::Value::as_u64)
        .unwrap_or_else(|| panic!("{path} in {value}"))
}

#[test]
fn one_command_serves_the_captured_machine_true_to_the_byte() {
    let home = Home::new();
    let server = home.serve(&[]);
    assert!(
        server.greeting.starts_with("ramscope is watching this machine: http://127.0.0.1:"),
        "{}",
        server.greeting
    );
    let memory = server.wait_for("/api/v1/memory", |_| true);
    let meminfo = fs::read_to_string(support::captured_machine().join("proc/meminfo")).unwrap();
    let field = |name: &str| -> u64 {
        let line = meminfo.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    };
    assert_eq!(number(&memory, "/total_bytes"), field("MemTotal:"));
    assert_eq!(number(&memory, "/free_bytes"), field("MemFree:"));
    assert_eq!(number(&memory, "/used_bytes"), field("MemTotal:") - field("MemAvailable:"));
    let data = server.json("/data");
    assert_eq!(number(&data, "/total"), field("MemTotal:"));
    assert_eq!(number(&data, "/swap_used"), field("SwapTotal:") - field("SwapFree:"));
}

#[test]
fn what_was_recorded_survives_a_kill_and_a_restart() {
    let home = Home::new();
    let server = home.serve(&["--interval", "10ms"]);
    let seen = server.wait_for("/api/v1/memory", |memory| number(memory, "/recorder/ticks") >= 20);
    let last_seen = number(&seen, "/time_ms");
    assert_eq!(server.end(Signal::KILL), None);

    let printed =
        home.run(&["history", "--series", "memory.used", "--since", "all", "--every-sample"]);
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    let times: Vec<u64> = printed
        .stdout
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap().parse().unwrap())
        .collect();
    assert!(times.len() >= 19, "{} samples", times.len());
    assert!(times.windows(2).all(|pair| pair[0] <= pair[1]), "the times never fall");
    // The sample in flight may be lost, which is one interval; the clock of the test adds nothing.
    assert!(times.last().unwrap() + 50 >= last_seen, "{:?} and {last_seen}", times.last());

    let again = home.serve(&["--interval", "10ms"]);
    let from = times[0];
    again.wait_for(
        &format!(
            "/api/v1/history?series=memory.used&from={from}&to={}&points=10000",
            from + 3_600_000
        ),
        |answer| answer["time_ms"].as_array().is_some_and(|times| times.len() >= 2),
    );
}

#[test]
fn ctrl_c_ends_with_130_and_sigterm_with_0_and_both_leave_a_readable_history() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 0)] {
        let home = Home::new();
        let server = home.serve(&["--interval", "1h"]);
        server.wait_for("/api/v1/memory", |_| true);
        assert_eq!(server.end(signal), Some(code));
        let printed = home.run(&["history", "--since", "all", "--every-sample"]);
        assert_eq!(
            printed.stdout.lines().count(),
            2,
            "a header and the one sample: {}",
            printed.stdout
        );
        assert!(!home.data_dir().join("server.json").exists());
    }
}

#[test]
fn a_second_server_on_the_same_data_is_refused_with_the_first_ones_pid_and_address() {
    let home = Home::new();
    let first = home.serve(&[]);
    let second = home.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.code, Some(1));
    let (pid, address) = (format!("pid {}", first.pid()), first.authority());
    assert!(second.stderr.contains(&pid) && second.stderr.contains(&address), "{}", second.stderr);
}

#[test]
fn a_port_in_use_is_named_with_what_to_do() {
    let home = Home::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = home.run(&["serve", "--listen", &address]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains(&address) && refused.stderr.contains("--listen"),
        "{}",
        refused.stderr
    );
}

#[test]
fn open_prints_a_fresh_link_that_becomes_a_cookie_once() {
    let home = Home::new();
    let server = home.serve(&[]);
    let opened = home.run(&["open", "--print"]);
    assert_eq!(opened.code, Some(0), "{}", opened.stderr);
    let link = opened.stdout.trim();
    let path = link
        .strip_prefix(&format!("http://{}", server.authority()))
        .unwrap_or_else(|| panic!("{link}"));
    let first = server.get(path);
    assert_eq!(first.status, 303);
    assert!(first.head.to_lowercase().contains("set-cookie: ramscope_"), "{}", first.head);
    let second = server.get(path);
    assert!(!second.head.to_lowercase().contains("set-cookie: ramscope_"), "{}", second.head);
}

#[test]
fn open_says_when_no_server_runs() {
    let opened = Home::new().run(&["open"]);
    assert_eq!(opened.code, Some(1));
    assert!(opened.stderr.contains("no server runs"), "{}", opened.stderr);
}

#[test]
fn a_server_that_only_records_says_so_and_serves_nothing() {
    let home = Home::new();
    let machine = support::captured_machine();
    let server = Server::start(home.command(&[
        "serve",
        "--no-web",
        "--source-root",
        machine.to_str().unwrap(),
    ]));
    assert!(server.greeting.contains("recording"), "{}", server.greeting);
    let opened = home.run(&["open"]);
    assert!(opened.stderr.contains("only records"), "{}", opened.stderr);
    assert_eq!(server.end(Signal::TERM), Some(0));
}

#[test]
fn a_class_server_serves_its_labs_to_a_course_page_and_writes_nothing() {
    let home = Home::new();
    let words = ["serve", "--labs-only", "--allow-embed", "--listen", "127.0.0.1:0"];
    let server = Server::start(home.command(&words));
    assert!(
        server.greeting.starts_with("ramscope serves its labs: http://127.0.0.1:"),
        "{}",
        server.greeting
    );
    let lab = server.get("/paging");
    assert_eq!(lab.status, 200);
    assert!(lab.head.to_lowercase().contains("frame-ancestors *"), "{}", lab.head);
    assert_eq!(server.json("/api/v1/session")["labs_only"], true);
    assert_eq!(server.get("/api/v1/memory").status, 404);
    assert!(!home.data_dir().exists(), "nothing is written");
    assert_eq!(server.end(Signal::TERM), Some(0));
}

#[test]
fn the_latest_numbers_stand_in_a_file_that_is_always_whole() {
    let home = Home::new();
    let path = home.0.path().join("latest.json");
    let server = home.serve(&["--interval", "10ms", "--latest-json", "latest.json"]);
    server.wait_for("/api/v1/memory", |memory| number(memory, "/recorder/ticks") >= 10);
    for _ in 0..200 {
        let latest: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(number(&latest, "/total"), number(&server.json("/data"), "/total"));
    }
}

#[test]
fn another_host_name_is_refused_and_an_allowed_one_is_answered() {
    let home = Home::new();
    let server = home.serve(&["--allow-host", "box.example"]);
    let asked = |host: &str| {
        request(&server.authority(), &format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n")).status
    };
    assert_eq!(asked("box.example:9999"), 200);
    assert_eq!(asked("localhost"), 200);
    assert!(asked("evil.example") >= 400);
}

#[test]
fn a_damaged_history_is_set_aside_and_never_deleted() {
    let home = Home::new();
    fs::create_dir_all(home.data_dir()).unwrap();
    let noise: Vec<u8> =
        (0..100_000_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    fs::write(home.data_dir().join("history.sqlite"), &noise).unwrap();
    let server = home.serve(&[]);
    server.wait_for("/api/v1/memory", |_| true);
    let kept = fs::read_dir(home.data_dir()).unwrap().filter_map(Result::ok).any(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.contains("damaged") && fs::read(entry.path()).is_ok_and(|bytes| bytes == noise)
    });
    assert!(kept, "the noise stands under a new name");
}

#[test]
fn a_data_directory_that_is_a_file_or_unwritable_is_named() {
    let home = Home::new();
    fs::write(home.0.path().join("file"), "").unwrap();
    let refused = home.run(&["serve", "--listen", "127.0.0.1:0", "--data-dir", "file"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("file"), "{}", refused.stderr);
    let refused = home.run(&["serve", "--listen", "127.0.0.1:0", "--data-dir", "/proc/ramscope"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("/proc/ramscope"), "{}", refused.stderr);
}

#[test]
fn a_reader_of_the_pipe_that_leaves_early_is_no_error() {
    let home = Home::new();
    let machine = support::captured_machine();
    let mut child = home
        .command(&[
            "memory",
            "--watch",
            "--interval",
            "10ms",
            "--format",
            "ndjson",
            "--source-root",
            machine.to_str().unwrap(),
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
