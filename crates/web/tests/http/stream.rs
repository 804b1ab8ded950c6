//! `/api/v1/stream`.

use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::{Instant, advance};

use crate::client::{Events, apply, get};
use crate::machine::tick;
use crate::server::TestServer;

#[tokio::test]
async fn a_stream_begins_with_the_state_and_its_changes_add_up_to_the_document() {
    let server = TestServer::start_sampled().await;
    let mut events = Events::open(server.address, None).await;
    let head = events.begin().await;
    assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")));
    assert_eq!(head.header("content-encoding"), None);
    let state = events.next().await;
    assert_eq!((state.name.as_str(), state.id.as_str()), ("state", "7-1"));
    let mut held = state.data;
    // The second tick brings the first rates, which hold nulls; from the third on everything is a number again.
    for sequence in 2..6 {
        server.publish(tick(sequence));
        let event = events.next().await;
        assert_eq!(event.id, format!("7-{sequence}"));
        for always in ["revision", "time_ms"] {
            assert!(event.data.get(always).is_some(), "{event:?}");
        }
        held = match event.name.as_str() {
            "state" => event.data,
            _ => apply(held, &event.data),
        };
        assert_eq!(held, get(server.address, "/api/v1/memory").await.json());
    }
}

#[tokio::test]
async fn a_tick_that_changes_little_sends_little() {
    let server = TestServer::start_sampled().await;
    let mut events = Events::open(server.address, None).await;
    events.begin().await;
    let state = events.next().await;
    let mut same = tick(1);
    same.sequence = 2;
    server.publish(same);
    let change = events.next().await;
    assert_eq!(change.name, "change");
    assert_eq!(
        change.data,
        serde_json::json!({"revision": "7-2", "time_ms": state.data["time_ms"]})
    );
}

#[tokio::test]
async fn what_becomes_null_is_sent_as_a_state() {
    let server = TestServer::start_sampled().await;
    let mut events = Events::open(server.address, None).await;
    events.begin().await;
    events.next().await;
    let mut without = tick(2);
    without.snapshot.pressure = None;
    server.publish(without);
    let event = events.next().await;
    assert_eq!(event.name, "state");
    assert!(event.data["pressure"].is_null());
}

#[tokio::test]
async fn a_client_that_comes_back_goes_on_where_it_was() {
    let server = TestServer::start().await;
    for sequence in 1..=3 {
        server.publish(tick(sequence));
    }
    for (held, name) in
        [("7-2", "change"), ("7-1", "state"), ("6-2", "state"), ("nonsense", "state")]
    {
        let mut events = Events::open(server.address, Some(held)).await;
        events.begin().await;
        let event = events.next().await;
        assert_eq!((event.name.as_str(), event.id.as_str()), (name, "7-3"), "held {held}");
    }
    let mut events = Events::open(server.address, Some("7-3")).await;
    events.begin().await;
    server.publish(tick(4));
    assert_eq!(events.next().await.id, "7-4");
}

#[tokio::test]
async fn a_stream_that_opens_before_the_first_sample_waits_for_it() {
    let server = TestServer::start().await;
    let mut events = Events::open(server.address, None).await;
    events.begin().await;
    server.publish(tick(1));
    assert_eq!(events.next().await.name, "state");
}

#[tokio::test(start_paused = true)]
async fn silence_is_broken_by_a_comment_every_15_seconds() {
    let server = TestServer::start_sampled().await;
    let mut events = Events::open(server.address, None).await;
    events.begin().await;
    events.next().await;
    for _ in 0..3 {
        let start = Instant::now();
        assert_eq!(events.block().await.as_deref(), Some(": still here"));
        assert_eq!(start.elapsed().as_secs(), 15);
    }
}

#[tokio::test]
async fn a_reader_that_stopped_gets_the_latest_state_and_not_what_it_missed() {
    const TICKS: u64 = 2000;
    let server = TestServer::start_sampled().await;
    let mut slow = Events::open_with_buffer(server.address, None, Some(4096)).await;
    let mut quick = Events::open(server.address, None).await;
    slow.begin().await;
    quick.begin().await;
    quick.next().await;
    for sequence in 2..=TICKS {
        server.publish(tick(sequence));
        // The quick one sees each of them, whatever the slow one does.
        assert_eq!(quick.next().await.id, format!("7-{sequence}"));
    }
    let mut events = Vec::new();
    while events.last() != Some(&format!("7-{TICKS}")) {
        events.push(slow.next().await.id);
    }
    let missed = usize::try_from(TICKS).unwrap() - events.len();
    assert!(missed > 100, "it got {} events of {TICKS}: something kept them for it", events.len());
    assert!(slow.received < 2 << 20, "{} bytes waited for it", slow.received);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_never_reads_is_dropped_after_30_seconds() {
    let server = TestServer::start_sampled().await;
    let mut deaf = Events::open_with_buffer(server.address, None, Some(4096)).await;
    let start = Instant::now();
    let mut sequence = 1;
    // The time it takes to fill what the kernel keeps for it, and half a minute more.
    while start.elapsed() < Duration::from_secs(400) {
        sequence += 1;
        server.publish(tick(sequence));
        advance(Duration::from_millis(200)).await;
    }
    let last = deaf.until_cut_off().await;
    assert!(last < sequence, "it was served to the end: {last}");
    assert!(deaf.received < 2 << 20, "{} bytes waited for it", deaf.received);
}

#[tokio::test]
async fn the_end_of_the_server_ends_a_stream_properly_and_at_once() {
    let mut server = TestServer::start_sampled().await;
    let mut events = Events::open(server.address, None).await;
    events.begin().await;
    events.next().await;
    let start = Instant::now();
    server.stop();
    assert_eq!(events.block().await, None);
    server.ended().await;
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_client_that_goes_away_is_let_go() {
    let server = TestServer::start_sampled().await;
    for sequence in 2..50 {
        let mut events = Events::open(server.address, None).await;
        events.begin().await;
        drop(events);
        server.publish(tick(sequence));
        yield_now().await;
    }
    assert_eq!(get(server.address, "/healthz").await.status, 200);
}
