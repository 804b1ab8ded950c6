//! A policy's own state as data.

use ramscope_sim::paging::registry::{POLICIES, policy};
use ramscope_sim::paging::{Convention, References};
use serde_json::{Value, json};

use super::A;

/// The view of a policy with 3 frames after `position` references of Silberschatz's string.
fn view(name: &str, position: usize) -> Value {
    let references = References::reads(A.iter().copied()).unwrap();
    let mut stepper =
        policy(name).unwrap().stepper(3, &references, &Convention::default()).unwrap();
    stepper.seek(position);
    serde_json::to_value(stepper.view()).unwrap()
}

#[test]
fn lru_shows_its_stack_from_the_last_use() {
    let entry = |page, frame, note| json!({"page": page, "frame": frame, "note": note});
    let entries = [entry(2, 0, "used at 4"), entry(1, 2, "used at 3"), entry(0, 1, "used at 2")];
    let stack = json!({"name": "stack", "len": 3, "limit": 3, "entries": entries});
    assert_eq!(view("lru", 4), json!({"shape": "queues", "queues": [stack], "gauges": []}));
}

#[test]
fn clock_shows_its_ring_with_bits_and_hand() {
    let slot = |page, frame, set| json!({"page": page, "frame": frame, "bits": [{"name": "referenced", "set": set}]});
    let slots = [slot(2, 0, true), slot(0, 1, false), slot(1, 2, false)];
    let hands = [json!({"name": "hand", "slot": 1})];
    assert_eq!(view("clock", 4), json!({"shape": "ring", "slots": slots, "hands": hands}));
}

#[test]
fn opt_shows_next_uses() {
    let row =
        |frame, page, value: Option<u64>| json!({"frame": frame, "page": page, "value": value});
    let rows = [row(0, 2, Some(13)), row(1, 4, None), row(2, 3, Some(12))];
    assert_eq!(view("opt", 10), json!({"shape": "values", "label": "next use", "rows": rows}));
}

#[test]
fn arc_shows_four_lists_and_its_target() {
    let view = view("arc", 11);
    let list = |index: usize| {
        let queue = &view["queues"][index];
        let pages: Vec<u64> = queue["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["page"].as_u64().unwrap())
            .collect();
        (queue["name"].as_str().unwrap().to_owned(), pages)
    };
    assert_eq!(list(0).0, "T1");
    assert_eq!(list(1), ("T2".to_owned(), vec![0, 3, 2]));
    assert_eq!(view["gauges"], json!([{"name": "target of T1", "value": 1.0}]));
}

#[test]
fn every_policy_shows_each_resident_page() {
    for entry in POLICIES {
        let references = References::reads(A.iter().copied()).unwrap();
        let mut stepper = entry.stepper(3, &references, &Convention::default()).unwrap();
        while stepper.forward().is_some() {
            let view = serde_json::to_string(&stepper.view()).unwrap();
            for page in stepper.frames().into_iter().flatten() {
                assert!(
                    view.contains(&format!("\"page\":{page},")),
                    "{} {page}: {view}",
                    entry.name
                );
            }
        }
    }
}
