//! `/api/v1/history`, `/api/v1/series`, `/api/v1/events`, over a history that was really recorded.

use ramscope_observe::history::{Event, History, Limits, Recorder};
use serde_json::json;
use tempfile::TempDir;

use crate::client::get;
use crate::machine::{START_MS, snapshot, tick};
use crate::server::{TestServer, settings};

const SAMPLES: u64 = 60;

/// A server over a minute of the captured machine, with its folder and the writer, which a reader may need.
async fn recorded() -> (TestServer, TempDir, Recorder) {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { max_age_ms: i64::MAX, max_bytes: 1 << 30 };
    let (mut recorder, _) = Recorder::open(dir.path(), limits, "a test", START_MS).unwrap();
    for sequence in 0..SAMPLES {
        let snapshot = snapshot(sequence);
        recorder.record(&snapshot, tick(sequence).rates.as_ref()).unwrap();
        recorder.maintain(snapshot.time_ms).unwrap();
    }
    let killed = Event {
        time_ms: START_MS + 5000,
        kind: "oom.kill".to_owned(),
        subject: "system".to_owned(),
        detail: "1 process".to_owned(),
        facts: Some(r#"{"kills":1}"#.to_owned()),
    };
    recorder.event(&killed).unwrap();
    let server = TestServer::start_with(settings(), Some(History::open(dir.path()).unwrap())).await;
    (server, dir, recorder)
}

/// The minute that was recorded, as query parameters.
fn minute() -> String {
    format!("from={START_MS}&to={}", START_MS + 60_000)
}

#[tokio::test]
async fn a_range_is_columns_over_one_time_axis() {
    let (server, _dir, _recorder) = recorded().await;
    let path = format!(
        "/api/v1/history?series=memory.used,pressure.memory.some.avg10&{}&points=60",
        minute()
    );
    let answer = get(server.address, &path).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let history = answer.json();
    assert_eq!(
        (&history["from_ms"], &history["to_ms"]),
        (&START_MS.into(), &(START_MS + 60_000).into())
    );
    assert_eq!(history["step_ms"], 1000);
    let times = history["time_ms"].as_array().unwrap();
    assert_eq!(times.len(), 60);
    assert_eq!(times[0], START_MS);
    let used = &history["series"]["memory.used"];
    assert_eq!((&used["unit"], &used["kind"]), (&"bytes".into(), &"gauge".into()));
    for column in ["min", "max", "mean"] {
        assert_eq!(used[column].as_array().unwrap().len(), 60);
        assert_eq!(used[column][0], (16_280_000_u64 - 9_480_112) * 1024);
    }
    let stalled = &history["series"]["pressure.memory.some.avg10"];
    assert_eq!((&stalled["unit"], &stalled["mean"][0]), (&"ratio".into(), &json!(0.0123)));
}

#[tokio::test]
async fn a_name_that_was_never_recorded_is_404_with_the_nearest() {
    let (server, _dir, _recorder) = recorded().await;
    let answer =
        get(server.address, &format!("/api/v1/history?series=memory.usd&{}", minute())).await;
    assert_eq!(answer.status, 404);
    let detail = answer.problem();
    assert!(detail.contains("memory.usd") && detail.contains("memory.used"), "{detail}");
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_400_in_words() {
    let (server, _dir, _recorder) = recorded().await;
    for (query, part) in [
        ("series=memory.used&points=0", "`points` is `0`"),
        ("series=memory.used&points=1000000", "from 1 to 10000"),
        ("series=memory.used&from=1795317120000&to=1795317110000", "`from` must be before `to`"),
        ("series=memory.used&from=tomorrow", "`from` is `tomorrow`"),
        ("points=10", "`series` has 0 names"),
        ("series=memory.used&unit=kB", "`unit` is unknown"),
    ] {
        let answer = get(server.address, &format!("/api/v1/history?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.problem().contains(part), "{query}: {}", answer.text());
    }
    for query in ["limit=0", "limit=a", "limits=1"] {
        assert_eq!(
            get(server.address, &format!("/api/v1/events?{query}")).await.status,
            400,
            "{query}"
        );
    }
}

#[tokio::test]
async fn series_lists_every_name_with_its_extent() {
    let (server, _dir, _recorder) = recorded().await;
    let list = get(server.address, "/api/v1/series").await.json();
    assert_eq!(list["first_ms"], START_MS);
    assert_eq!(list["last_ms"], START_MS + 59_000);
    let series = list["series"].as_array().unwrap();
    let used = series.iter().find(|entry| entry["name"] == "memory.used").unwrap();
    assert_eq!(
        used,
        &json!({"name": "memory.used", "kind": "gauge", "unit": "bytes", "first_ms": START_MS, "last_ms": START_MS + 59_000})
    );
}

#[tokio::test]
async fn events_are_told_with_their_time() {
    let (server, _dir, _recorder) = recorded().await;
    let events = get(server.address, &format!("/api/v1/events?{}", minute())).await.json();
    assert_eq!(
        events,
        json!({"schema_version": 1, "events": [
            {"time_ms": START_MS + 5000, "kind": "oom.kill", "subject": "system", "detail": "1 process", "facts": {"kills": 1}}
        ]})
    );
    let none = get(server.address, &format!("/api/v1/events?from=0&to={START_MS}")).await.json();
    assert_eq!(none["events"], json!([]));
}

#[tokio::test]
async fn many_questions_at_once_are_all_answered_or_told_to_come_back() {
    let (server, _dir, _recorder) = recorded().await;
    let path = format!("/api/v1/history?series=memory.used,memory.free&{}", minute());
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (address, path) = (server.address, path.clone());
        asking.spawn(async move { get(address, &path).await.status });
    }
    let answers = asking.join_all().await;
    assert!(answers.iter().all(|status| [200, 503].contains(status)), "{answers:?}");
    assert!(answers.contains(&200));
}

#[tokio::test]
async fn a_server_that_records_nothing_says_so() {
    let server = TestServer::start_sampled().await;
    for path in ["history?series=memory.used", "series", "events"] {
        let answer = get(server.address, &format!("/api/v1/{path}")).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.problem().contains("records nothing"), "{path}");
    }
}
