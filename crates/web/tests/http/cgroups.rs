//! `GET /api/v1/cgroups`, and the container's limit in the live document.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ramscope_observe::cgroups::CgroupTable;
use ramscope_observe::history::{History, Limits, Recorder};
use ramscope_observe::source::cgroups::Cgroups;
use ramscope_observe::watch::Watched;

use crate::client::get;
use crate::machine::{START_MS, tick};
use crate::server::{TestServer, settings};

/// A server beside which the groups of a machine that was made after the documentation are watched.
async fn watching() -> TestServer {
    let folder = "../observe/tests/data/cgroups-v2-made-from-documentation";
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let watched = Watched::default();
    watched.set_cgroups(Cgroups::new(&root).look_at_all(1_795_317_120_000, Duration::from_secs(5)));
    let server = TestServer::start_beside(settings(), watched).await;
    server.publish(tick(1));
    server
}

#[tokio::test]
async fn groups_are_listed_with_the_limit_of_the_whole_chain() {
    let server = watching().await;
    let list = get(server.address, "/api/v1/cgroups?sort=room&limit=3").await.json();
    assert_eq!((&list["hierarchy"], &list["controller"]), (&"v2".into(), &"v2".into()));
    assert_eq!((&list["seen"], &list["matched"]), (&13.into(), &13.into()));
    assert_eq!(list["cgroups"].as_array().unwrap().len(), 3);
    let docker = &list["cgroups"][0];
    assert_eq!(
        (&docker["kind"], &docker["name"]),
        (&"docker".into(), &"docker 3f1c0a9b8d7e".into())
    );
    assert_eq!(docker["container_id"].as_str().unwrap().len(), 64);
    assert_eq!(docker["binding"]["kind"], "high");
    assert_eq!(
        docker["events"],
        serde_json::json!({"high": 2345, "max": 678, "oom": 9, "oom_kill": 3})
    );
    assert_eq!(docker["pressure"]["some"]["avg10"], 0.1234);
    assert_eq!(docker.get("stat"), None);
    let one = get(
        server.address,
        "/api/v1/cgroups?under=/kubepods.slice&depth=1&sort=path&order=desc&stat=true",
    )
    .await
    .json();
    let paths: Vec<_> =
        one["cgroups"].as_array().unwrap().iter().map(|g| g["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["/kubepods.slice/kubepods-burstable.slice", "/kubepods.slice"]);
    assert_eq!(one["cgroups"][0]["stat"]["numa_hint_faults"], 48);
}

/// The groups of that machine at a second after its sample; nginx grows by a MiB a second.
fn groups(second: u64) -> CgroupTable {
    let folder = "../observe/tests/data/cgroups-v2-made-from-documentation";
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let time_ms = START_MS + i64::try_from(second * 1000).unwrap();
    let now = Duration::from_secs(5 + second);
    let mut table = CgroupTable::clone(&Cgroups::new(&root).look_at_all(time_ms, now));
    let slot = table.find("/system.slice/nginx.service").unwrap();
    let group = Arc::make_mut(table.groups[slot.0 as usize].as_mut().unwrap());
    group.current_bytes = Some((100 + second) << 20);
    table
}

#[tokio::test]
async fn the_past_is_told_as_it_was_and_growth_since_another_moment() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { max_age_ms: i64::MAX, max_bytes: 1 << 30 };
    let (mut recorder, _) = Recorder::open(dir.path(), limits, "a test", START_MS).unwrap();
    let watched = Watched::default();
    for second in 0..90 {
        let table = groups(second);
        recorder.record_cgroups(&table).unwrap();
        watched.set_cgroups(Arc::new(table));
    }
    let history = History::open(dir.path()).unwrap();
    let server = TestServer::start_recorded_beside(settings(), watched, history).await;
    server.publish(tick(1));
    let ask = async |query: &str| {
        get(server.address, &format!("/api/v1/cgroups?under=/system.slice/nginx.service&{query}"))
            .await
    };
    let at = |second: i64| START_MS + second * 1000;
    let past = ask(&format!("at={}", at(70) + 400)).await.json();
    let live = ask("limit=1").await.json();
    assert_eq!((&past["time_ms"], &past["live"]), (&at(70).into(), &false.into()));
    assert_eq!((&live["time_ms"], &live["live"]), (&at(89).into(), &true.into()));
    let (then, now) = (&past["cgroups"][0], &live["cgroups"][0]);
    assert_eq!(then["current_bytes"], 170 << 20);
    assert_eq!(
        (&then["growth_bytes"], &then["growth_window_ms"]),
        (&(60 << 20).into(), &60_000.into())
    );
    for name in [
        "path",
        "name",
        "kind",
        "limit_bytes",
        "binding",
        "anon_bytes",
        "pressure",
        "events",
        "depth",
    ] {
        assert_eq!(then[name], now[name], "{name}");
    }
    for name in ["hierarchy", "controller", "seen", "container", "full_pass_ms"] {
        assert_eq!(past[name], live[name], "{name}");
    }
    let early = ask(&format!("at={}", at(20))).await.json()["cgroups"][0].clone();
    assert_eq!(early["growth_window_ms"], 0, "nothing was recorded before");
    let compared = ask(&format!("compare={}", at(10))).await.json();
    assert_eq!(compared["compare_ms"], at(10));
    assert_eq!(compared["cgroups"][0]["growth_bytes"], 79 << 20);
    let before = ask(&format!("at={}", at(-1))).await;
    assert_eq!(before.status, 404);
    assert!(before.problem().contains("no control groups were recorded"), "{}", before.problem());
}

#[tokio::test]
async fn the_containers_limit_is_told_with_the_machines_memory() {
    let server = watching().await;
    let container = get(server.address, "/api/v1/memory").await.json()["container"].clone();
    assert_eq!(container["limit_bytes"], 240 << 20);
    assert_eq!(container["used_bytes"], 230 << 20);
    assert_eq!(
        (&container["available_bytes"], &container["free_bytes"]),
        (&(10 << 20).into(), &0.into())
    );
    assert!(container["sentence"].as_str().unwrap().contains("counts as total here"));
    let listed = get(server.address, "/api/v1/cgroups").await.json();
    assert_eq!(listed["container"], container);
    let outside = TestServer::start_sampled().await;
    assert!(get(outside.address, "/api/v1/memory").await.json()["container"].is_null());
}

#[tokio::test]
async fn a_question_about_groups_that_is_wrong_is_refused_in_words() {
    let server = watching().await;
    for (query, status, words) in [
        ("sort=size", 400, "`sort` is `size`: expected one of current, path"),
        ("limit=0", 400, "from 1 to 10000"),
        ("order=up", 400, "expected one of asc, desc"),
        ("under=/nowhere", 404, "there is no control group `/nowhere` now"),
        ("top=5", 400, "`top` is unknown"),
    ] {
        let answer = get(server.address, &format!("/api/v1/cgroups?{query}")).await;
        assert_eq!(answer.status, status, "{query}");
        assert!(answer.problem().contains(words), "{query}: {}", answer.problem());
    }
    let blind = TestServer::start_sampled().await;
    assert_eq!(get(blind.address, "/api/v1/cgroups").await.status, 503);
}
