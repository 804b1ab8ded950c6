//! Loads on memory through a running server, on the machine that runs the tests: a few MiB for a moment.

mod support;

use std::fs;
use std::process::{Child, Stdio};

use serde_json::{Value, json};
use support::{Answer, Home, Server, order};

const PATH: &str = "/api/v1/stress";

fn serve(home: &Home, words: &[&str]) -> (Server, String) {
    let all = [&["serve", "--listen", "127.0.0.1:0", "--interval", "50ms"], words].concat();
    let server = Server::start(home.command(&all));
    let token = fs::read_to_string(home.data_dir().join("token")).expect("a token");
    (server, token.trim().to_owned())
}

fn ask(server: &Server, token: &str, method: &str, body: &Value) -> Answer {
    order(&server.authority(), &format!("{method} {PATH}"), token, &body.to_string())
}

fn json_of(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
}

/// The one run that goes on.
fn only_run(answer: &Value) -> (u32, &Value) {
    let runs = answer["runs"].as_object().expect("runs");
    assert_eq!(runs.len(), 1, "{answer}");
    let (pid, run) = runs.iter().next().expect("a run");
    (pid.parse().expect("a process id"), run)
}

fn events(server: &Server, wanted: &str) -> Value {
    server.wait_for("/api/v1/events?since=1h", |answer| {
        let details = answer["events"].as_array().into_iter().flatten();
        details.filter_map(|event| event["detail"].as_str()).any(|words| words.contains(wanted))
    })
}

/// A run of the command line, until it is killed or stopped.
fn command_line(home: &Home) -> Child {
    let words = ["stress", "--size", "8MiB", "--for", "1min"];
    home.command(&words)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts")
}

#[test]
fn machine_a_run_is_started_changed_and_stopped_and_becomes_an_event() {
    let home = Home::new();
    let (server, token) = serve(&home, &[]);
    let began = ask(&server, &token, "POST", &json!({"size": "8MiB", "for_ms": 60_000}));
    assert_eq!(began.status, 201, "{began:?}");
    let began = json_of(&began);
    let (pid, run) = only_run(&began);
    assert_eq!(run["plan"]["size_bytes"], 8 << 20);
    assert_eq!(run["curve"], json!([[0, 8 << 20], [60_000, 8 << 20]]));
    let live = server.wait_for("/api/v1/memory", |memory| {
        memory["stress"][pid.to_string()]["progress"]["held_bytes"] == json!(8 << 20)
    });
    assert!(live["stress"][pid.to_string()]["baseline_used_bytes"].as_u64() > Some(0));

    let second = ask(&server, &token, "POST", &json!({"size": "8MiB"}));
    assert_eq!(second.status, 409, "{second:?}");
    assert!(second.body.contains(&format!("pid {pid}")), "{second:?}");

    let changed = ask(&server, &token, "PUT", &json!({"size": "4MiB", "for_ms": 50_000}));
    assert_eq!(changed.status, 200, "{changed:?}");
    server.wait_for(PATH, |answer| {
        let run = &answer["runs"][pid.to_string()];
        run["plan"]["size_bytes"] == json!(4 << 20)
            && run["progress"]["held_bytes"] == json!(4 << 20)
    });

    let stopped = ask(&server, &token, "DELETE", &json!({}));
    assert_eq!(stopped.status, 200, "{stopped:?}");
    let stopped = json_of(&stopped);
    assert_eq!(stopped["runs"], json!({}));
    let finished = &stopped["finished"][0];
    assert_eq!((&finished["pid"], &finished["returned_bytes"]), (&json!(pid), &json!(4 << 20)));
    assert_eq!(finished["reason"], "it was stopped");
    assert!(!finished["samples"].as_array().unwrap().is_empty());
    let told = events(&server, "returned 4 MiB");
    assert!(told["events"].as_array().unwrap().iter().any(|event| event["kind"] == "stress.run"));
    assert_eq!(ask(&server, &token, "DELETE", &json!({})).status, 404);
    let again = ask(&server, &token, "POST", &json!({"size": "4MiB", "for_ms": 1}));
    assert_eq!(again.status, 201, "the lock of the run before is free: {again:?}");
}

#[test]
fn machine_a_run_of_the_command_line_is_shown_and_can_be_stopped() {
    let home = Home::new();
    let (server, token) = serve(&home, &[]);
    let mut child = command_line(&home);
    let shown = server.wait_for(PATH, |answer| answer["runs"] != json!({}));
    let (_, run) = only_run(&shown);
    assert_eq!(run["plan"]["size_bytes"], 8 << 20);
    let stopped = ask(&server, &token, "DELETE", &json!({}));
    assert_eq!(stopped.status, 200, "{stopped:?}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    events(&server, "signal 15 asked for its end");
}

#[test]
fn machine_a_run_whose_starter_was_killed_is_told_of_all_the_same() {
    let home = Home::new();
    let (server, _) = serve(&home, &[]);
    let mut child = command_line(&home);
    server.wait_for("/api/v1/memory", |memory| {
        memory["stress"].as_object().is_some_and(|runs| !runs.is_empty())
    });
    child.kill().unwrap();
    child.wait().unwrap();
    events(&server, "the process that started it died with it");
    server.wait_for("/api/v1/memory", |memory| memory["stress"] == json!({}));
}

#[test]
fn machine_a_plan_is_shown_without_the_token_and_refused_with_its_numbers() {
    let home = Home::new();
    let (server, token) = serve(&home, &[]);
    let plan = ask(&server, "", "POST", &json!({"size": "8MiB", "for_ms": 4000, "dry_run": true}));
    assert_eq!(
        (plan.status, &json_of(&plan)["curve"]),
        (200, &json!([[0, 8 << 20], [4000, 8 << 20]]))
    );
    for (body, status, words) in [
        (json!({"size": "8MiB"}), 401, "ramscope open"),
        (json!({"size": "8 parsecs", "dry_run": true}), 422, "`size`"),
        (json!({"size": 0, "dry_run": true}), 422, "`size`"),
        (json!({"size": "100000GiB", "dry_run": true}), 422, "`cgroup_limit`"),
        (json!({"for_ms": 0, "dry_run": true}), 422, "`for_ms`"),
        (json!({"pattern": "ramps", "dry_run": true}), 422, "hold, ramp"),
        (json!({"sizes": 1, "dry_run": true}), 422, "`sizes`"),
        (json!([]), 400, "no JSON object"),
    ] {
        let answer = ask(&server, "", "POST", &body);
        assert_eq!(answer.status, status, "{body}: {answer:?}");
        assert!(answer.body.contains(words), "{body}: {answer:?}");
    }
    assert_eq!(ask(&server, "", "DELETE", &json!({})).status, 401);
    assert_eq!(ask(&server, &token, "PUT", &json!({})).status, 404);
}

#[test]
fn machine_a_read_only_server_shows_runs_and_changes_nothing() {
    let home = Home::new();
    let (server, token) = serve(&home, &["--read-only"]);
    assert!(server.json(PATH)["limits"]["headroom_bytes"].as_u64() > Some(0));
    for method in ["POST", "PUT", "DELETE"] {
        let answer = ask(&server, &token, method, &json!({}));
        assert_eq!(answer.status, 403, "{method}: {answer:?}");
        assert!(answer.body.contains("read-only"), "{answer:?}");
    }
}
