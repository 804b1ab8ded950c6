//! `GET /api/v1/cgroups`, and the container's limit in the live document.

use std::path::Path;
use std::time::Duration;

use ramscope_observe::source::cgroups::Cgroups;
use ramscope_observe::watch::Watched;

use crate::client::get;
use crate::machine::tick;
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
