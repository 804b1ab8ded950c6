//! `/api/v1/heap`, over a program whose every event is known: while it runs, when it has ended, and from its recording.

use std::sync::{Arc, Mutex};

use ramscope_heap::Intake;
use ramscope_heap::event::{Event, Loss, Stack, Start, ThreadId};
use ramscope_web::{Heaps, Settings, Shared};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Answer, ask, get};
use crate::server::{TOKEN, TestServer, settings};

/// Return addresses of the stacks below: they lie in no file, so that they are told as numbers.
const MAIN: u64 = 0x1001;
const LOAD: u64 = 0x2001;
const WORK: u64 = 0x3001;

pub(crate) const ID: &str = "4242-1700000000000";

/// A program that loads 300 bytes at 1 s and 500 at 2 s, and works with 64 bytes at 3 s that it gives back 1 ms later.
pub(crate) fn program() -> Intake {
    let mut intake = Intake::new(Start {
        pid: 4242,
        wall_ms: 1_700_000_000_000,
        program: "/usr/bin/it".to_owned(),
        arguments: vec!["it".to_owned()],
        ticks_per_second: 1_000_000,
        allocator: "glibc".to_owned(),
        ..Start::default()
    });
    intake.record();
    let (thread, load) = (ThreadId(0), Stack { keep: 0, fresh: &[MAIN, LOAD] });
    intake.hear(0, &Event::Thread { thread, tid: 4242, name: "it" });
    intake.hear(1_000_000, &Event::Alloc { thread, address: 0x5000, size: 300, stack: load });
    intake.hear(2_000_000, &Event::Alloc { thread, address: 0x6000, size: 500, stack: load });
    let work = Stack { keep: 1, fresh: &[WORK] };
    intake.hear(3_000_000, &Event::Alloc { thread, address: 0x7000, size: 64, stack: work });
    intake.hear(3_001_000, &Event::Free { thread, address: 0x7000 });
    intake.hear(3_500_000, &Event::Resident { rss_bytes: 9000, heap_bytes: 4096 });
    intake.hear(3_600_000, &Event::Lost { events: 2, why: Loss::NoRing });
    intake
}

pub(crate) async fn serving(heaps: &Heaps) -> TestServer {
    TestServer::start_with(Settings { heaps: heaps.clone(), ..settings() }, None).await
}

pub(crate) async fn looked(server: &TestServer, path: &str) -> Answer {
    let bearer = format!("Bearer {TOKEN}");
    ask(server.address, &format!("GET {path}"), &[("Authorization", &bearer)]).await
}

pub(crate) async fn json_of(server: &TestServer, path: &str) -> Value {
    let answer = looked(server, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

#[tokio::test]
async fn a_program_is_looked_at_while_it_runs_and_when_it_has_ended() {
    let (heaps, shared): (_, Shared) = (Heaps::default(), Arc::new(Mutex::new(program())));
    assert_eq!(heaps.begin(Arc::clone(&shared), None), ID);
    let server = serving(&heaps).await;
    let session = &json_of(&server, "/api/v1/heap").await["sessions"][0];
    let expected = json!({
        "id": ID, "state": "live", "source": "live", "pid": 4242, "duration_ms": 3600, "exit": null, "allocations": 3,
        "frees": 1, "bytes_allocated": 864, "live_bytes": 800, "live_blocks": 2, "peak_live_bytes": 864,
        "peak_at_ms": 3000, "leaked_bytes": null, "temporary": 1, "lost_events": 2, "rss_bytes": 9000,
        "heap_resident_bytes": 4096, "gap_bytes": 4096 - (320 + 512), "threads": 1, "file": null,
    });
    for (member, value) in expected.as_object().unwrap() {
        assert_eq!(&session[member], value, "{member}");
    }
    shared.lock().unwrap().hear(4_000_000, &Event::End { status: 9 });
    let session = &json_of(&server, &format!("/api/v1/heap/{ID}")).await["session"];
    assert_eq!((&session["state"], &session["leaked_bytes"]), (&json!("ended"), &json!(800)));
    assert_eq!(session["exit"], json!({"code": null, "signal": 9}));
}

#[tokio::test]
async fn a_session_tells_its_sizes_lifetimes_threads_and_losses() {
    let heaps = Heaps::default();
    heaps.begin(Arc::new(Mutex::new(program())), None);
    let server = serving(&heaps).await;
    let detail = json_of(&server, &format!("/api/v1/heap/{ID}")).await;
    let size = |from: u64, to: u64, allocations: u64, blocks: u64, bytes: u64| json!({"from_bytes": from, "to_bytes": to, "allocations": allocations, "live_blocks": blocks, "live_bytes": bytes});
    assert_eq!(detail["sizes"], json!([size(64, 127, 1, 0, 0), size(256, 511, 2, 2, 800)]));
    assert_eq!(
        detail["lifetimes"],
        json!([{"from_us": 512, "to_us": 1023, "blocks": 1, "bytes": 64}])
    );
    assert_eq!(detail["losses"], json!([{"why": "no_ring", "events": 2}]));
    let thread = &detail["thread_list"][0];
    assert_eq!(
        (&thread["tid"], &thread["name"], &thread["live_bytes"]),
        (&json!(4242), &json!("it"), &json!(800))
    );
    let timeline = json_of(&server, &format!("/api/v1/heap/{ID}/timeline?points=100")).await;
    let points = timeline["at_ms"].as_array().unwrap().len();
    assert!((2..=100).contains(&points), "{points} points");
    for column in ["mapped_bytes", "rss_bytes", "gap_bytes", "allocations"] {
        assert_eq!(timeline[column].as_array().unwrap().len(), points, "{column}");
    }
    let most =
        timeline["live_bytes"]["max"].as_array().unwrap().iter().filter_map(Value::as_u64).max();
    assert_eq!(most, Some(864));
}

#[tokio::test]
async fn a_tree_stands_by_each_sum_and_adds_up() {
    let heaps = Heaps::default();
    heaps.begin(Arc::new(Mutex::new(program())), None);
    let server = serving(&heaps).await;
    let tree = |query: &'static str| {
        let path = format!("/api/v1/heap/{ID}/tree?{query}");
        let server = &server;
        async move { json_of(server, &path).await }
    };
    let live = tree("by=live").await;
    let names: Vec<&Value> =
        live["frames"].as_array().unwrap().iter().map(|frame| &frame["function"]).collect();
    assert_eq!(names, ["0x1001", "0x2001"]);
    assert_eq!(
        live["nodes"],
        json!({"parent": [-1, 0, 1], "frame": [-1, 0, 1], "value": [800, 800, 800], "self": [0, 0, 800], "blocks": [2, 2, 2]})
    );
    assert_eq!(
        (&live["unit"], &live["total"], &live["nodes_in_all"]),
        (&json!("bytes"), &json!(800), &json!(3))
    );
    let all = tree("by=allocations").await;
    assert_eq!((&all["unit"], &all["nodes"]["value"]), (&json!("count"), &json!([3, 3, 2, 1])));
    assert_eq!(tree("by=temporary").await["total"], 1);
    assert_eq!(tree("by=peak").await["total"], 864);
    assert_eq!(tree("by=bytes").await["total"], 864);
    let kept = tree("by=kept&from_ms=1500&to_ms=3000").await;
    assert_eq!(
        (&kept["total"], &kept["from_ms"], &kept["to_ms"]),
        (&json!(500), &json!(1500), &json!(3000))
    );
    let grown = tree("by=grown&from_ms=1100&to_ms=3600").await;
    assert_eq!((&grown["total"], &grown["from_ms"]), (&json!(800), &json!(1000)));
    let small = tree("by=allocations&max_nodes=2").await;
    assert_eq!(small["left_off"], json!({"nodes": 3, "value": 3}));
    assert_eq!(
        small["frames"][usize::try_from(small["nodes"]["frame"][1].as_u64().unwrap()).unwrap()]["function"],
        "(1 more)"
    );
}

#[tokio::test]
async fn the_address_space_tells_its_blocks_its_owners_and_its_holes() {
    let heaps = Heaps::default();
    heaps.begin(Arc::new(Mutex::new(program())), None);
    let server = serving(&heaps).await;
    let path = format!("/api/v1/heap/{ID}/space");
    let whole = json_of(&server, &path).await;
    // From 0x5000 to behind 500 bytes at 0x6000: cells of 2 bytes are the smallest of which 4096 are enough.
    assert_eq!(whole["regions"], json!([{"from": 0x5000, "to": 0x6000 + 500}]));
    assert_eq!((&whole["cell_bytes"], &whole["extent"]), (&json!(2), &whole["regions"][0]));
    assert_eq!((&whole["live_bytes"], &whole["live_blocks"]), (&json!(800), &json!(2)));
    assert_eq!(whole["cells"]["number"].as_array().unwrap().len(), (300 + 500) / 2);
    assert_eq!(
        whole["blocks"],
        json!({"address": [0x5000, 0x6000], "bytes": [300, 500], "born_ms": [1000, 2000], "owner": [0, 0]})
    );
    let load =
        json!({"function": "0x2001", "file": null, "module": null, "bytes": 800, "blocks": 2});
    assert_eq!(whole["owners"][0], load);
    // A chunk for 300 bytes takes 320.
    let hole = json!({"count": 1, "bytes": 0x1000 - 320, "largest_bytes": 0x1000 - 320, "largest_at": 0x5000 + 320});
    assert_eq!(whole["holes"], hole);
    let near = json_of(&server, &format!("{path}?from=0x6000&to=24640&cells=16&by=module")).await;
    assert_eq!(near["regions"], json!([{"from": 0x6000, "to": 0x6040}]));
    assert_eq!((&near["cell_bytes"], &near["live_bytes"]), (&json!(4), &json!(64)));
    assert_eq!(near["cells"]["bytes"], json!(vec![4; 16]));
    let mapped = json_of(&server, &format!("{path}?of=mapped")).await;
    assert_eq!((&mapped["extent"], &mapped["live_bytes"]), (&Value::Null, &json!(0)));
}

#[tokio::test]
async fn recordings_are_listed_and_tell_the_same() {
    let folder = TempDir::new().unwrap();
    let heaps = Heaps::of(folder.path().to_owned());
    let server = serving(&heaps).await;
    assert_eq!(json_of(&server, "/api/v1/heap").await["sessions"], json!([]));
    let mut whole = program();
    whole.hear(4_000_000, &Event::End { status: 0 });
    std::fs::write(folder.path().join("whole.heap"), whole.take_bytes_now(4_000_000)).unwrap();
    std::fs::write(folder.path().join("cut.heap"), program().take_bytes_now(4_000_000)).unwrap();
    std::fs::write(folder.path().join("noise.heap"), "noise").unwrap();
    let sessions = json_of(&server, "/api/v1/heap").await["sessions"].take();
    let told: Vec<Value> = sessions
        .as_array()
        .unwrap()
        .iter()
        .map(|session| {
            json!([session["id"], session["state"], session["source"], session["leaked_bytes"]])
        })
        .collect();
    assert_eq!(
        told,
        [
            json!(["cut", "interrupted", "recording", 800]),
            json!(["whole", "ended", "recording", 800])
        ]
    );
    assert_eq!(json_of(&server, "/api/v1/heap/whole/tree?by=leaked").await["total"], 800);
    let trace = looked(&server, "/api/v1/heap/whole/alloc-trace").await.text();
    let lines = [
        "# ramscope alloc-trace 1",
        "a 0 300 1000000 4242",
        "a 1 500 2000000 4242",
        "a 2 64 3000000 4242",
        "f 2 3001000 4242",
    ];
    assert_eq!(trace.lines().collect::<Vec<&str>>(), lines);
    let missing = looked(&server, "/api/v1/heap/noise").await;
    assert_eq!(missing.status, 404);
    assert!(missing.problem().contains("no recording of a heap"), "{}", missing.problem());
}

#[tokio::test]
async fn a_recording_that_is_being_written_is_read_on_and_is_live_while_it_is_locked() {
    use rustix::fs::{FlockOperation, flock};
    use std::io::Write as _;
    let folder = TempDir::new().unwrap();
    let mut file = std::fs::File::create(folder.path().join("it.heap")).unwrap();
    flock(&file, FlockOperation::LockExclusive).unwrap();
    let server = serving(&Heaps::of(folder.path().to_owned())).await;
    assert_eq!(looked(&server, "/api/v1/heap/it").await.status, 404, "nothing was written yet");
    let mut intake = program();
    let look = || json_of(&server, "/api/v1/heap/it");
    file.write_all(&intake.take_bytes_now(0)).unwrap();
    let session = look().await["session"].take();
    assert_eq!((&session["state"], &session["live_bytes"]), (&json!("live"), &json!(800)));
    intake.hear(4_000_000, &Event::Free { thread: ThreadId(0), address: 0x5000 });
    let bytes = intake.take_bytes_now(0);
    // A block that is half written is read when it is whole.
    file.write_all(&bytes[..20]).unwrap();
    assert_eq!(look().await["session"]["live_bytes"], 800);
    file.write_all(&bytes[20..]).unwrap();
    assert_eq!(look().await["session"]["live_bytes"], 500);
    assert_eq!(json_of(&server, "/api/v1/heap").await["sessions"][0]["state"], "live");
    drop(file);
    assert_eq!(look().await["session"]["state"], "interrupted", "its writer was killed");
    assert_eq!(json_of(&server, "/api/v1/heap").await["sessions"][0]["state"], "interrupted");
}

#[tokio::test]
async fn nobody_looks_into_a_program_without_the_token() {
    let heaps = Heaps::default();
    heaps.begin(Arc::new(Mutex::new(program())), None);
    let server = serving(&heaps).await;
    for path in [
        "",
        "/x",
        "/stream",
        "/4242-1700000000000",
        "/4242-1700000000000/timeline",
        "/4242-1700000000000/tree",
        "/4242-1700000000000/space",
        "/4242-1700000000000/stream",
        "/4242-1700000000000/alloc-trace",
    ] {
        let answer = get(server.address, &format!("/api/v1/heap{path}")).await;
        assert_eq!(answer.status, 401, "{path}: {}", answer.text());
        assert!(!answer.text().contains("/usr/bin/it"));
    }
}

#[tokio::test]
async fn the_demo_is_a_whole_recording_with_its_names_and_needs_no_token() {
    let server = serving(&Heaps::default()).await;
    let list = json_of(&server, "/api/v1/heap").await;
    assert_eq!((&list["sessions"], &list["demo"]["id"]), (&json!([]), &json!("demo")));
    let open = async |part: &str| {
        let answer = get(server.address, &format!("/api/v1/heap/demo{part}")).await;
        assert_eq!(answer.status, 200, "{part}: {}", answer.text());
        answer.json()
    };
    let detail = open("").await;
    let session = &detail["session"];
    let expected = json!({"id": "demo", "state": "ended", "source": "recording", "lost_events": 0, "unmatched_frees": 0, "sample_bytes": 0, "file": null});
    for (member, value) in expected.as_object().unwrap() {
        assert_eq!(&session[member], value, "{member}");
    }
    // The pictures of 900 articles, each of 2 KiB and up to six halves more, are never given back.
    let pictures: u64 = (0..900).map(|article| 2048 + article % 7 * 512).sum();
    let leaked = open("/tree?by=leaked").await;
    let at = leaked["frames"].as_array().unwrap().iter().position(|frame| {
        frame["function"] == "load_picture" && frame["file"] == "./shop.c" && frame["line"].is_u64()
    });
    let nodes = leaked["nodes"]["frame"].as_array().unwrap();
    let node = nodes.iter().position(|frame| frame.as_u64() == at.map(|at| at as u64)).unwrap();
    assert_eq!(leaked["nodes"]["self"][node], pictures);
    assert!(!open("/timeline").await["at_ms"].as_array().unwrap().is_empty());
    let unnamed: Vec<String> = open("/tree?by=allocations").await["frames"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|frame| frame["function"].as_str())
        .filter(|function| function.contains("+0x"))
        .map(str::to_owned)
        .collect();
    assert!(unnamed.len() < 3, "{unnamed:?}");
}

#[tokio::test]
async fn a_recording_of_ones_own_that_is_called_demo_is_shown_to_who_has_the_token_alone() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("demo.heap"), program().take_bytes_now(4_000_000)).unwrap();
    let server = serving(&Heaps::of(folder.path().to_owned())).await;
    assert_eq!(json_of(&server, "/api/v1/heap/demo").await["session"]["pid"], 4242);
    let anyone = get(server.address, "/api/v1/heap/demo").await;
    assert_ne!(anyone.json()["session"]["pid"], 4242);
    assert!(!anyone.text().contains("/usr/bin/it"));
}

#[tokio::test]
async fn wrong_questions_are_refused_in_words() {
    let heaps = Heaps::default();
    heaps.begin(Arc::new(Mutex::new(program())), None);
    let server = serving(&heaps).await;
    for (path, status, text) in [
        ("/nobody", 404, "no session `nobody`"),
        ("/..%2f..%2fetc%2fpasswd", 404, "no session"),
        ("/4242-1700000000000/tree?by=size", 400, "expected live"),
        ("/4242-1700000000000/tree?by=grown&from_ms=9&to_ms=3", 400, "must be before"),
        ("/4242-1700000000000/tree?max_nodes=1", 400, "from 2 to"),
        ("/4242-1700000000000/space?from=0x7fffg", 400, "expected an address"),
        ("/4242-1700000000000/space?from=64&to=0x40", 400, "must be below"),
        ("/4242-1700000000000/space?of=stack", 400, "blocks, mapped"),
        ("/4242-1700000000000/alloc-trace", 404, "its events are not recorded"),
        ("/4242-1700000000000/timeline?point=3", 400, "nearest is `points`"),
    ] {
        let answer = looked(&server, &format!("/api/v1/heap{path}")).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert!(answer.problem().contains(text), "{path}: {}", answer.problem());
    }
}
