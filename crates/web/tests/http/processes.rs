//! `/api/v1/processes` and what stands below it, over a captured machine's processes, live and recorded.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ramscope_observe::clock::Now;
use ramscope_observe::history::{History, Limits, Recorder};
use ramscope_observe::processes::{Process, ProcessTable};
use ramscope_observe::sampler::Tick;
use ramscope_observe::source::processes::Processes;
use ramscope_web::{ProcessSettings, Settings};
use serde_json::Value;
use tempfile::TempDir;

use crate::client::{Answer, ask, get};
use crate::machine::START_MS;
use crate::server::{TOKEN, TestServer, settings};

/// A user that none of the captured processes belongs to.
const NOBODY: u32 = 65_534;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../observe/tests/data/processes-linux-6.18")
}

fn watching(owner_uid: u32) -> Settings {
    let processes = ProcessSettings { root: root(), owner_uid, metrics_top: 1 };
    Settings { processes: Some(processes), ..settings() }
}

/// The captured processes at a second after the start; 4202 grows by a MiB a second.
fn table(second: u64) -> ProcessTable {
    let ms = i64::try_from(second * 1000).unwrap();
    let now = Now { wall: START_MS + ms, monotonic: Duration::from_secs(second) };
    let mut table = ProcessTable::clone(&Processes::glance(&root()).look(now).unwrap());
    for process in &mut table.processes {
        process.growth = [None; 4];
        if process.identity.pid == 4202 {
            process.anon_bytes += second << 20;
            process.rss_bytes += second << 20;
        }
    }
    table
}

fn tick(table: ProcessTable) -> Tick {
    Tick { processes: Some(Arc::new(table)), ..crate::machine::tick(1) }
}

async fn live(owner_uid: u32) -> TestServer {
    let server = TestServer::start_with(watching(owner_uid), None).await;
    server.publish(tick(table(0)));
    server
}

/// A server over a minute of the same machine; in its second half 4203 is gone, and 4206 there.
async fn recorded() -> (TestServer, TempDir, Recorder) {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { max_age_ms: i64::MAX, max_bytes: 1 << 30 };
    let (mut recorder, _) = Recorder::open(dir.path(), limits, "a test", START_MS).unwrap();
    let mut newest = ProcessTable::default();
    for second in 0..60 {
        newest = table(second);
        if second >= 30 {
            let other = newest.processes.iter_mut().find(|process| process.identity.pid == 4203);
            Arc::make_mut(&mut other.unwrap().identity).pid = 4206;
        }
        recorder.record_processes(&newest).unwrap();
    }
    let history = History::open(dir.path()).unwrap();
    let server = TestServer::start_with(watching(1000), Some(history)).await;
    server.publish(tick(newest));
    (server, dir, recorder)
}

async fn with_token(server: &TestServer, path: &str) -> Answer {
    let token = format!("Bearer {TOKEN}");
    ask(server.address, &format!("GET {path}"), &[("Authorization", &token)]).await
}

fn rows(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["processes"].as_array().unwrap().clone()
}

fn ids(answer: &Answer) -> Vec<u64> {
    rows(answer).iter().map(|row| row["pid"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn processes_are_told_with_the_names_that_scripts_hold_on_to() {
    let server = live(NOBODY).await;
    let answer = get(server.address, "/api/v1/processes").await;
    assert_eq!(ids(&answer), [4201, 4202, 4203]);
    let document = answer.json();
    assert_eq!(document["time_ms"], START_MS);
    let python = &rows(&answer)[0];
    for member in [
        "pid",
        "start_time_ms",
        "command",
        "user",
        "cgroup",
        "rss_bytes",
        "anon_bytes",
        "file_bytes",
        "shared_bytes",
        "swap_bytes",
        "pss_bytes",
        "pss_age_ms",
        "uss_bytes",
        "growth_bytes",
        "growth_window_ms",
    ] {
        assert!(python.get(member).is_some(), "{member}");
    }
    let parts =
        ["anon_bytes", "file_bytes", "shared_bytes"].map(|part| python[part].as_u64().unwrap());
    assert_eq!(python["rss_bytes"], parts.iter().sum::<u64>());
    assert_eq!(python["growth_bytes"], Value::Null, "one look tells no growth");
    let all = get(server.address, "/api/v1/processes?kernel=true").await;
    assert_eq!(ids(&all).len(), 4);
    let two = get(server.address, "/api/v1/processes?limit=2&sort=command").await;
    assert_eq!(ids(&two), [4201, 4202]);
    let group = get(server.address, "/api/v1/processes?group=user").await.json();
    let users: Vec<_> = group["groups"].as_array().unwrap().iter().map(|g| &g["name"]).collect();
    assert_eq!(users, ["someone", "www-data"]);
}

#[tokio::test]
async fn command_lines_of_other_users_need_the_token() {
    for (owner, seen_without) in [(1000, 2), (NOBODY, 0), (0, 0)] {
        let server = live(owner).await;
        let lines = |answer: &Answer| {
            let rows = rows(answer);
            rows.iter().filter(|row| row["command_line"].is_string()).count()
        };
        let without = get(server.address, "/api/v1/processes").await;
        assert_eq!(lines(&without), seen_without, "{owner}");
        let masked = rows(&without).iter().filter(|row| row["masked"] == true).count();
        assert_eq!(masked, 3 - seen_without);
        assert_eq!(lines(&with_token(&server, "/api/v1/processes").await), 3);
    }
}

#[tokio::test]
async fn a_moment_of_the_past_is_told_and_before_all_of_it_in_words() {
    let (server, _dir, _recorder) = recorded().await;
    let at = |second: i64| format!("/api/v1/processes?at={}", START_MS + second * 1000 + 400);
    let answer = get(server.address, &at(10)).await;
    let document = answer.json();
    assert_eq!(
        (&document["time_ms"], &document["live"]),
        (&(START_MS + 10_000).into(), &false.into())
    );
    assert_eq!(ids(&answer), [4201, 4202, 4203]);
    assert_eq!(ids(&get(server.address, &at(40)).await), [4202, 4201, 4206]);
    let answer = get(server.address, &at(-10)).await;
    assert_eq!(answer.status, 404);
    assert!(
        answer.problem().contains("no processes were recorded at or before"),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn growth_that_was_not_watched_is_measured_from_the_history() {
    let (server, _dir, _recorder) = recorded().await;
    let answer = get(server.address, "/api/v1/processes?sort=growth&window=20s&limit=1").await;
    let row = &rows(&answer)[0];
    assert_eq!((&row["pid"], &row["growth_bytes"]), (&4202.into(), &(20 << 20).into()));
    assert_eq!(row["growth_window_ms"], 20_000);
}

#[tokio::test]
async fn between_two_moments_those_who_came_and_went_are_told_too() {
    let (server, _dir, _recorder) = recorded().await;
    let moment = |second: i64| START_MS + second * 1000;
    let path = format!("/api/v1/processes?at={}&compare={}&sort=growth", moment(40), moment(10));
    let answer = get(server.address, &path).await;
    assert_eq!(answer.json()["compare_ms"], moment(10));
    assert_eq!(answer.json()["seen"], 3);
    let found = |pid: u64| rows(&answer).into_iter().find(|row| row["pid"] == pid).unwrap();
    assert_eq!(found(4202)["growth_bytes"], 30 << 20);
    let (came, went) = (found(4206), found(4203));
    assert_eq!((&came["started"], &came["growth_bytes"]), (&true.into(), &came["memory_bytes"]));
    assert_eq!((&went["ended"], &went["memory_bytes"]), (&true.into(), &0.into()));
    assert_eq!(went["growth_bytes"].as_i64().unwrap(), -came["memory_bytes"].as_i64().unwrap());
}

#[tokio::test]
async fn one_process_is_told_with_its_history_and_an_ended_one_by_its_start() {
    let (server, _dir, _recorder) = recorded().await;
    let since = format!("since={START_MS}&until={}&points=60", START_MS + 60_000);
    let one = get(server.address, &format!("/api/v1/processes/4202?{since}")).await.json();
    assert_eq!((&one["live"], one["growth"].as_array().unwrap().len()), (&true.into(), 4));
    let rss = one["history"]["rss_bytes"].as_array().unwrap();
    let (first, last) = (rss[0].as_u64().unwrap(), rss[rss.len() - 1].as_u64().unwrap());
    assert_eq!(last - first, 59 << 20);
    let parent = get(server.address, &format!("/api/v1/processes/4201?{since}")).await.json();
    assert_eq!(parent["children"], serde_json::json!([4202]));
    assert_eq!(get(server.address, "/api/v1/processes/4203").await.status, 404);
    let start = table(0).processes.iter().find(|p| p.identity.pid == 4203).map(Process::key);
    let path = format!("/api/v1/processes/4203?start={}&{since}", start.unwrap().1);
    let ended = get(server.address, &path).await.json();
    assert_eq!((&ended["live"], &ended["time_ms"]), (&false.into(), &(START_MS + 29_000).into()));
}

#[tokio::test]
async fn the_inside_of_a_process_needs_the_token_and_tells_what_grew() {
    let server = live(1000).await;
    let path = "/api/v1/processes/4201/inside";
    assert_eq!(get(server.address, path).await.status, 401);
    let first = with_token(&server, path).await.json();
    assert_eq!(first["compared"], false);
    let strip = first["strip"].as_array().unwrap();
    assert_eq!(first["mappings"], strip.len());
    assert!(strip.iter().any(|mapping| mapping["kind"] == "heap"));
    let path = format!("{path}?since={}&largest=3", first["revision"].as_str().unwrap());
    let second = with_token(&server, &path).await.json();
    assert_eq!(
        (&second["compared"], second["largest"].as_array().unwrap().len()),
        (&true.into(), 3)
    );
    assert_eq!(second["largest"][0]["grew_bytes"], 0);
    assert_eq!(with_token(&server, "/api/v1/processes/77/inside").await.status, 404);
}

#[tokio::test]
async fn a_server_that_does_not_look_at_processes_says_so() {
    let server = TestServer::start_sampled().await;
    for path in ["/api/v1/processes", "/api/v1/processes/1"] {
        let answer = get(server.address, path).await;
        assert_eq!(answer.status, 404);
        assert!(answer.problem().contains("--processes off"));
    }
}

#[tokio::test]
async fn questions_that_make_no_sense_are_refused_in_words() {
    let server = live(1000).await;
    for (query, words) in [
        ("sort=size", "expected one of rss, growth"),
        ("window=0s", "expected 1s to 366d"),
        ("limit=0", "expected a whole number from 1"),
        ("group=pid", "expected one of app"),
        ("att=1h", "the nearest is `at`"),
    ] {
        let answer = get(server.address, &format!("/api/v1/processes?{query}")).await;
        assert_eq!(answer.status, 400);
        assert!(answer.problem().contains(words), "{}", answer.text());
    }
}

#[tokio::test]
async fn metrics_name_the_largest_applications_and_no_process_ids() {
    let server = live(1000).await;
    let page = get(server.address, "/metrics").await.text();
    assert!(page.contains("ramscope_application_rss_bytes{application=\"python3\"}"), "{page}");
    assert!(page.contains("ramscope_application_rss_bytes{application=\"other\"}"));
    assert!(!page.contains("application=\"sleep\"") && !page.contains("4201"));
}

#[tokio::test]
async fn how_a_process_was_started_is_a_line_for_a_shell_and_needs_the_token() {
    let server = live(NOBODY).await;
    let path = "/api/v1/processes/4201/command";
    let refused = get(server.address, path).await;
    assert_eq!(refused.status, 401, "{}", refused.text());
    let told = with_token(&server, path).await;
    assert_eq!(told.status, 200, "{}", told.text());
    let told = told.json();
    let words: Vec<&str> =
        told["words"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    assert!(words[0].contains("python"), "{words:?}");
    assert!(told["shell"].as_str().unwrap().starts_with(words[0]), "{told}");
    assert_eq!(told["is_title"], false);
    assert_eq!(with_token(&server, "/api/v1/processes/77/command").await.status, 404);
    let own = live(1000).await;
    assert_eq!(get(own.address, path).await.status, 200, "their own user sees it");
}
