//! `GET /api/v1/forecast`, and its sentence among the reasons of the live document.

use std::sync::Arc;
use std::time::Duration;

use ramscope_observe::forecast::{Consequence, Forecast, Leak, Series};
use ramscope_observe::watch::{Ahead, CgroupName, Outlook, ProcessName, Watched};
use serde_json::json;

use crate::client::get;
use crate::machine::{START_MS, tick};
use crate::server::{TestServer, settings};

const MIB: f64 = 1_048_576.0;

/// Something that grows by a MiB a second to a limit of 8 GiB.
fn leaking() -> Ahead {
    let mut own = Series::default();
    for second in 0..200u32 {
        own.push(Duration::from_secs(second.into()), (1000.0 + f64::from(second)) * MIB);
    }
    let forecast = Forecast::of(&own, Some(8 << 30), Consequence::OutOfMemory);
    let leak = Leak::of(forecast.trend.as_ref(), &Series::default());
    Ahead { forecast, leak }
}

#[tokio::test]
async fn a_leak_is_told_with_its_pace_its_end_and_its_evidence() {
    let watched = Watched::default();
    let group = CgroupName { path: "/web.service".to_owned(), name: "web".to_owned() };
    let process =
        ProcessName { pid: 7, start_ms: 5, command: "leaky".into(), cgroup: "/web.service".into() };
    watched.set_outlook(Arc::new(Outlook {
        time_ms: START_MS,
        system: Some(leaking()),
        cgroups: vec![(group, leaking())],
        processes: vec![(process, leaking())],
    }));
    let server = TestServer::start_beside(settings(), watched).await;
    server.publish(tick(1));
    let told = get(server.address, "/api/v1/forecast").await.json();
    let system = &told["system"];
    assert_eq!(system["trend"], "grows");
    assert!((system["bytes_per_s"].as_f64().unwrap() / MIB - 1.0).abs() < 0.001);
    let left_ms = system["runs_out_ms"].as_i64().unwrap() - START_MS;
    assert!((6_980_000..7_010_000).contains(&left_ms), "{left_ms}");
    assert_eq!(system["sentence"], "out of memory in 1 h 57 min (1 h 57 to 1 h 57)");
    assert_eq!(
        (&system["leak"]["likely"], &system["leak"]["verdict"]),
        (&true.into(), &"leak".into())
    );
    assert_eq!(told["cgroups"][0]["path"], "/web.service");
    assert_eq!(told["processes"][0]["command"], "leaky");
    let memory = get(server.address, "/api/v1/memory").await.json();
    let reasons = memory["explain"]["reasons"].as_array().unwrap();
    let reason = reasons.last().unwrap().as_str().unwrap();
    assert_eq!(reason, "As memory grows now: out of memory in 1 h 57 min (1 h 57 to 1 h 57).");
    let metrics = get(server.address, "/metrics").await.text();
    assert!(metrics.contains("ramscope_forecast_out_of_memory_seconds 69"), "{metrics}");
}

#[tokio::test]
async fn before_the_first_look_ahead_nothing_is_foretold() {
    let server = TestServer::start_sampled().await;
    let told = get(server.address, "/api/v1/forecast").await.json();
    assert_eq!(
        [&told["system"], &told["cgroups"], &told["processes"]],
        [&json!(null), &json!([]), &json!([])]
    );
    let server = TestServer::start().await;
    assert_eq!(get(server.address, "/api/v1/forecast").await.status, 503);
}
