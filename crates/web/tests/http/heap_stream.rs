//! `/api/v1/heap/{session}/stream`: one session, once, and then what changed of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ramscope_heap::event::{Event, Stack, ThreadId};
use ramscope_web::{Heaps, Shared};
use serde_json::{Value, json};

use crate::client::{Events, apply};
use crate::heap::{ID, json_of, looked, program, serving};
use crate::server::{TOKEN, TestServer};

/// What a reader makes of a stream.
struct Reader {
    detail: Value,
    timeline: Value,
    frames: BTreeMap<u64, String>,
    /// Parent, frame and value of each node.
    nodes: BTreeMap<u64, (i64, i64, u64)>,
}

impl Reader {
    fn of(state: &Value) -> Reader {
        let mut reader = Reader {
            detail: state["detail"].clone(),
            timeline: state["timeline"].clone(),
            frames: BTreeMap::new(),
            nodes: BTreeMap::new(),
        };
        reader.take_tree(&state["tree"]);
        reader
    }

    fn take(&mut self, change: &Value) {
        if let Some(patch) = change.get("detail") {
            self.detail = apply(self.detail.take(), patch);
        }
        if let Some(change) = change.get("timeline") {
            let from = usize::try_from(change["from"].as_u64().unwrap()).unwrap();
            follow(&mut self.timeline, change, from);
        }
        if let Some(change) = change.get("tree") {
            self.take_tree(change);
        }
    }

    fn take_tree(&mut self, change: &Value) {
        for gone in change["gone"].as_array().unwrap() {
            assert!(self.nodes.remove(&gone.as_u64().unwrap()).is_some());
        }
        for frame in change["frames"].as_array().unwrap() {
            let name = frame["function"].as_str().unwrap().to_owned();
            self.frames.insert(frame["id"].as_u64().unwrap(), name);
        }
        let nodes = &change["nodes"];
        for (at, id) in nodes["id"].as_array().unwrap().iter().enumerate() {
            let number = |column: &str| nodes[column][at].as_i64().unwrap();
            let value = nodes["value"][at].as_u64().unwrap();
            self.nodes.insert(id.as_u64().unwrap(), (number("parent"), number("frame"), value));
        }
    }

    /// The names and values of all nodes but the root.
    fn held(&self) -> Vec<(&str, u64)> {
        let named = self.nodes.values().filter_map(|(_, frame, value)| {
            Some((self.frames.get(&u64::try_from(*frame).ok()?)?.as_str(), *value))
        });
        named.collect()
    }
}

/// Puts the rows of a change behind the first rows of a timeline.
fn follow(timeline: &mut Value, change: &Value, from: usize) {
    for (name, column) in timeline.as_object_mut().unwrap() {
        match (column, &change[name]) {
            (Value::Array(rows), Value::Array(new)) => {
                rows.truncate(from);
                rows.extend(new.iter().cloned());
            }
            (part @ Value::Object(_), change) => follow(part, change, from),
            _ => {}
        }
    }
}

async fn opened(server: &TestServer, query: &str) -> (Events, Reader) {
    let path = format!("/api/v1/heap/{ID}/stream{query}");
    let mut events = Events::open_path(server.address, &path, TOKEN).await;
    let head = events.begin().await;
    assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")));
    let state = events.next().await;
    assert_eq!((state.name.as_str(), state.id.as_str()), ("state", "1"));
    (events, Reader::of(&state.data))
}

/// What happens, when, and what lives then, by names.
type Step<'a> = (u64, Event<'a>, &'a [(&'a str, u64)]);

#[tokio::test]
async fn a_session_is_told_once_and_its_changes_add_up_to_its_documents() {
    let (heaps, shared): (_, Shared) = (Heaps::default(), Arc::new(Mutex::new(program())));
    heaps.begin(Arc::clone(&shared), None);
    let server = serving(&heaps).await;
    let (mut events, mut reader) = opened(&server, "?by=live&points=50").await;
    let documents = async || {
        let path = format!("/api/v1/heap/{ID}");
        (
            json_of(&server, &path).await,
            json_of(&server, &format!("{path}/timeline?points=50")).await,
        )
    };
    assert_eq!((reader.detail.clone(), reader.timeline.clone()), documents().await);
    assert_eq!(reader.held(), [("0x1001", 800), ("0x2001", 800)]);
    let thread = ThreadId(0);
    let steps: [Step<'_>; 3] = [
        (4_000_000, Event::Free { thread, address: 0x5000 }, &[("0x1001", 500), ("0x2001", 500)]),
        (
            9_000_000,
            Event::Alloc {
                thread,
                address: 0x8000,
                size: 9,
                stack: Stack { keep: 0, fresh: &[0x9001] },
            },
            &[("0x1001", 500), ("0x2001", 500), ("0x9001", 9)],
        ),
        (9_500_000, Event::Free { thread, address: 0x6000 }, &[("0x9001", 9)]),
    ];
    for (number, (at_us, event, held)) in (2..).zip(steps) {
        shared.lock().unwrap().hear(at_us, &event);
        let change = events.next().await;
        assert_eq!((change.name.as_str(), change.id), ("change", format!("{number}")));
        reader.take(&change.data);
        assert_eq!((reader.detail.clone(), reader.timeline.clone()), documents().await);
        assert_eq!(reader.held(), held);
    }
    shared.lock().unwrap().hear(9_900_000, &Event::End { status: 0 });
    let last = events.next().await;
    // An end by no signal holds a null, which no merge patch can say.
    assert_eq!(last.name, "state");
    let reader = Reader::of(&last.data);
    assert_eq!(reader.held(), [("0x9001", 9)]);
    assert_eq!(reader.detail["session"]["state"], "ended");
    assert_eq!(reader.detail["session"]["leaked_bytes"], json!(9));
    assert_eq!(events.block().await, None, "nothing can change any more");
}

#[tokio::test]
async fn the_list_of_programs_is_told_once_and_then_what_changes() {
    let (heaps, shared): (_, Shared) = (Heaps::default(), Arc::new(Mutex::new(program())));
    heaps.begin(Arc::clone(&shared), None);
    let server = serving(&heaps).await;
    let mut events = Events::open_path(server.address, "/api/v1/heap/stream", TOKEN).await;
    assert_eq!(events.begin().await.status, 200);
    let state = events.next().await;
    assert_eq!(
        (state.name.as_str(), &state.data),
        ("state", &json_of(&server, "/api/v1/heap").await)
    );
    shared.lock().unwrap().hear(5_000_000, &Event::Free { thread: ThreadId(0), address: 0x5000 });
    let change = events.next().await;
    assert_eq!(change.name, "change");
    assert_eq!(change.data.get("demo"), None, "what stays is not told again");
    assert_eq!(apply(state.data, &change.data), json_of(&server, "/api/v1/heap").await);
}

#[tokio::test]
async fn what_cannot_change_is_told_once_and_what_is_wrong_is_refused_before_a_stream_begins() {
    let heaps = Heaps::default();
    let mut over = program();
    over.hear(4_000_000, &Event::End { status: 0 });
    heaps.begin(Arc::new(Mutex::new(over)), None);
    let server = serving(&heaps).await;
    let (mut events, reader) = opened(&server, "?by=peak").await;
    assert_eq!(reader.held(), [("0x1001", 864), ("0x2001", 800), ("0x3001", 64)]);
    assert_eq!(events.block().await, None);
    for (path, status, text) in [
        ("nobody/stream", 404, "no session `nobody`"),
        ("4242-1700000000000/stream?by=size", 400, "expected live"),
        ("4242-1700000000000/stream?points=0", 400, "from 1 to"),
    ] {
        let answer = looked(&server, &format!("/api/v1/heap/{path}")).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert!(answer.problem().contains(text), "{path}: {}", answer.problem());
    }
}
