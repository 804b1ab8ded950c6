//! The shape of every live route.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::client::{ask, get};
use crate::machine::{START_MS, tick};
use crate::server::{TestServer, settings};

const KB: u64 = 1024;

#[tokio::test]
async fn memory_is_the_whole_document_in_bytes() {
    let server = TestServer::start_sampled().await;
    let answer = get(server.address, "/api/v1/memory").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let memory = answer.json();
    assert_eq!(memory["schema_version"], 1);
    assert_eq!(memory["revision"], "7-1");
    assert_eq!(memory["time_ms"], START_MS + 1000);
    assert_eq!(memory["total_bytes"], 16_280_001 * KB);
    assert_eq!(memory["used_bytes"], (16_280_001 - 9_480_113) * KB);
    assert_eq!(memory["free_bytes"], 1_204_313 * KB);
    assert_eq!(memory["available_bytes"], 9_480_113 * KB);
    assert_eq!(memory["swap_used_bytes"], (4_194_300 - 3_900_100) * KB);
    assert_eq!(memory["pressure"]["some"]["avg10"], 0.0123);
    assert_eq!(memory["pressure"]["full"]["total_us"], 4000);
    assert_eq!(memory["rates"], Value::Null);
    assert_eq!(memory["meminfo"]["Active(anon)"], 3_500_001 * KB);
    assert_eq!(memory["meminfo"]["HugePages_Total"], 4);
    assert_eq!(memory["vmstat"]["pgfault"], 1000);
    assert_eq!(memory["page_bytes"], 4096);
    assert_eq!(memory["swaps"][0]["type"], "partition");
    assert_eq!(
        memory["huge_pages"][0],
        json!({"page_bytes": 2 << 20, "total": 4, "free": 2, "reserved": 1, "surplus": 0})
    );
    assert_eq!(memory["thp"], json!({"enabled": "madvise", "defrag": "madvise"}));
    assert_eq!(memory["zswap"], json!({"enabled": false, "max_pool_percent": 20}));
    assert_eq!(memory["zram"][0]["name"], "zram0");
    assert_eq!(memory["nodes"][0]["numastat"], json!({"numa_hit": 100}));
    assert_eq!(
        memory["buddyinfo"][0],
        json!({"node": 0, "zone": "Normal", "free_blocks": [10, 20, 30, 1]})
    );
    assert_eq!(memory["recorder"]["interval_ms"], 1000);
    assert_eq!(memory["recorder"]["error"], Value::Null);
    assert!(
        ["ok", "tight", "short", "critical"]
            .contains(&memory["explain"]["state"].as_str().unwrap())
    );
}

#[tokio::test]
async fn the_ledger_adds_up_to_the_total() {
    let server = TestServer::start_sampled().await;
    let ledger = get(server.address, "/api/v1/memory").await.json()["ledger"].clone();
    let parts = ledger["parts"].as_object().unwrap();
    let sum: i64 = parts.values().map(|bytes| bytes.as_i64().unwrap()).sum();
    let rest =
        ledger["unaccounted_bytes"].as_i64().unwrap() - ledger["overlap_bytes"].as_i64().unwrap();
    assert_eq!(sum + rest, ledger["total_bytes"].as_i64().unwrap());
    for key in ["anonymous", "page_tables", "free"] {
        assert!(parts.contains_key(key), "{key}: {parts:?}");
    }
}

#[tokio::test]
async fn the_second_tick_has_rates() {
    let server = TestServer::start_sampled().await;
    server.publish(tick(2));
    let rates = get(server.address, "/api/v1/memory").await.json()["rates"].clone();
    assert_eq!(rates["pgfault_per_s"], 1000.0);
    assert_eq!(rates["pswpin_per_s"], 0.0);
    assert_eq!(rates["some_stalled"], 0.01);
}

#[tokio::test]
async fn data_is_five_integers() {
    let server = TestServer::start_sampled().await;
    let data = get(server.address, "/data").await.json();
    assert_eq!(
        data,
        json!({
            "total": 16_280_001 * KB,
            "used": (16_280_001 - 9_480_113) * KB,
            "free": 1_204_313 * KB,
            "swap_total": 4_194_301 * KB,
            "swap_used": (4_194_300 - 3_900_100) * KB,
        })
    );
}

#[tokio::test]
async fn before_the_first_sample_there_is_503() {
    let server = TestServer::start().await;
    let data = get(server.address, "/data").await;
    assert_eq!(data.status, 503);
    assert!(data.json()["error"].as_str().unwrap().contains("no sample yet"));
    for path in ["/api/v1/memory", "/readyz"] {
        let answer = get(server.address, path).await;
        assert_eq!(answer.status, 503, "{path}");
        assert!(answer.problem().contains("no sample yet"), "{path}");
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    assert_eq!(get(server.address, "/healthz").await.status, 200);
    let metrics = get(server.address, "/metrics").await;
    assert_eq!(metrics.text().lines().last(), Some("ramscope_build_info{version=\"1.2.3\"} 1"));
}

#[tokio::test]
async fn metrics_are_what_prometheus_reads() {
    let server = TestServer::start_sampled().await;
    let answer = get(server.address, "/metrics").await;
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = answer.text();
    for line in [
        "# TYPE ramscope_memory_total_bytes gauge",
        "ramscope_memory_total_bytes 16670721024",
        "ramscope_pressure_stall_seconds_total{kind=\"some\"} 0.010000",
        "ramscope_meminfo_bytes{field=\"Active(anon)\"} 3584001024",
        "ramscope_page_faults_total 1000",
        "ramscope_oom_kills_total 1",
        "ramscope_recorder_interval_seconds 1.000000",
        "ramscope_huge_pages{page_bytes=\"2097152\",state=\"reserved\"} 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in:\n{text}");
    }
    assert!(!text.contains("HugePages_Total"));
    check_with_promtool(&text);
}

/// Has Prometheus's own tool look at the page, where it is installed.
fn check_with_promtool(text: &str) {
    let promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut promtool) = promtool else {
        eprintln!("SKIPPED: promtool is not installed (Debian: apt-get install prometheus)");
        return;
    };
    promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let outcome = promtool.wait_with_output().unwrap();
    let complaint = String::from_utf8_lossy(&outcome.stderr);
    assert!(outcome.status.success() && complaint.is_empty(), "{complaint}");
}

#[tokio::test]
async fn a_sample_makes_it_ready_and_an_old_one_does_not_keep_it_so() {
    let server = TestServer::start_sampled().await;
    assert_eq!(get(server.address, "/readyz").await.status, 200);
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(6)).await;
    let answer = get(server.address, "/readyz").await;
    assert_eq!(answer.status, 503);
    assert!(answer.problem().contains("the newest sample is 6."), "{answer:?}");
    assert_eq!(get(server.address, "/healthz").await.status, 200);
}

#[tokio::test]
async fn a_parameter_that_a_route_does_not_know_is_refused() {
    let server = TestServer::start_sampled().await;
    for path in ["/api/v1/memory?x=1", "/api/v1/session?x=1", "/api/v1/glossary?x=1"] {
        let answer = get(server.address, path).await;
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.problem().contains("`x` is unknown: this path takes no parameters"));
        assert_eq!(answer.json()["instance"], path.split('?').next().unwrap());
    }
}

#[tokio::test]
async fn the_glossary_begins_with_the_ledger() {
    let server = TestServer::start().await;
    let glossary = get(server.address, "/api/v1/glossary").await.json();
    let terms = glossary["terms"].as_array().unwrap();
    assert_eq!(terms[0]["group"], "ledger");
    assert_eq!(terms[0]["key"], "anonymous");
    let ledger = terms.iter().take_while(|term| term["group"] == "ledger").count();
    assert!(terms[ledger..].iter().all(|term| term["group"] != "ledger"));
    for term in terms {
        for member in ["key", "label", "definition", "formula"] {
            assert!(term[member].is_string(), "{term}");
        }
        assert!(term["kernel_fields"].is_array(), "{term}");
    }
}

#[tokio::test]
async fn another_method_is_405_with_those_that_there_are() {
    let server = TestServer::start_sampled().await;
    for (line, allow) in [
        ("POST /data", "GET,HEAD"),
        ("DELETE /api/v1/memory", "GET,HEAD"),
        ("GET /api/v1/session/link", "POST"),
        ("OPTIONS /api/v1/memory", "GET,HEAD"),
        ("PUT /api", "GET,HEAD"),
    ] {
        let answer = ask(server.address, line, &[]).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{line}");
        answer.problem();
    }
}

#[tokio::test]
async fn head_answers_as_get_without_the_body() {
    let server = TestServer::start_sampled().await;
    for path in ["/api/v1/memory", "/data", "/metrics", "/healthz", "/api", "/api/v1/openapi.json"]
    {
        let head = ask(server.address, &format!("HEAD {path}"), &[]).await;
        let got = get(server.address, path).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert_eq!(head.header("content-type"), got.header("content-type"), "{path}");
        assert_eq!(head.header("content-length"), got.header("content-length"), "{path}");
    }
}

#[tokio::test]
async fn json_is_packed_for_those_who_take_it_and_a_stream_never_is() {
    let server = TestServer::start_sampled().await;
    let gzip = [("Accept-Encoding", "gzip")];
    let memory = ask(server.address, "GET /api/v1/memory", &gzip).await;
    assert_eq!(memory.header("content-encoding"), Some("gzip"));
    assert_eq!(&memory.body[..2], &[0x1f, 0x8b]);
    let small = ask(server.address, "GET /data", &gzip).await;
    assert_eq!(small.header("content-encoding"), None);
    let head = ask(server.address, "HEAD /api/v1/stream", &gzip).await;
    assert_eq!((head.status, head.header("content-encoding")), (200, None));
}

#[tokio::test]
async fn a_server_of_labs_says_nothing_about_its_machine() {
    let mut labs = settings();
    labs.labs_only = true;
    let server = TestServer::start_with(labs, None).await;
    server.publish(tick(1));
    for path in ["memory", "stream", "history", "series", "events", "stress"] {
        let answer = get(server.address, &format!("/api/v1/{path}")).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.problem().contains("this server runs labs only"), "{path}");
    }
    for path in ["/data", "/metrics"] {
        assert_eq!(get(server.address, path).await.status, 404, "{path}");
    }
    assert_eq!(get(server.address, "/readyz").await.status, 200);
    assert_eq!(get(server.address, "/api/v1/session").await.json()["labs_only"], true);
    for path in ["/", "/processes"] {
        let view = get(server.address, path).await;
        assert_eq!((view.status, view.header("location")), (307, Some("/paging")), "{path}");
    }
    let page = get(server.address, "/paging").await;
    for mark in ["data-labs-only", "data-no-stress"] {
        assert!(marks(&page.text()).contains(&mark.to_owned()), "{mark}");
    }
    assert_eq!(get(server.address, "/stress").await.status, 404);
}

/// The attributes without a value that the page's root element carries.
fn marks(page: &str) -> Vec<String> {
    let (_, rest) = page.split_once("<html ").unwrap();
    let (attributes, _) = rest.split_once('>').unwrap();
    attributes.split(' ').filter(|mark| !mark.contains('=')).map(str::to_owned).collect()
}
