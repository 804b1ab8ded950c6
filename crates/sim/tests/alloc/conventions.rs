//! Conventions: what can be set, what the presets say, and the JSON of a run.

use ramscope_sim::alloc::registry::{POLICIES, parameters};
use ramscope_sim::alloc::{Allocation, Convention, Span, Want, run};
use ramscope_sim::convention::Vocabulary;

use super::{convention, requests};

#[test]
fn every_policy_has_a_name_of_its_own_and_says_what_it_is() {
    for (index, entry) in POLICIES.iter().enumerate() {
        assert!(POLICIES[..index].iter().all(|other| other.name != entry.name), "{}", entry.name);
        assert!(!entry.title.is_empty() && entry.about.ends_with('.'), "{}", entry.name);
        for parameter in entry.parameters {
            assert!(parameter.about.ends_with('.'), "{}", parameter.name);
        }
    }
}

#[test]
fn every_default_and_every_value_of_a_preset_can_be_set() {
    for parameter in parameters() {
        convention(&[&format!("{}={}", parameter.name, parameter.default)]);
    }
    for preset in Allocation::PRESETS {
        let settings: Vec<String> =
            preset.values.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        assert_eq!(convention(&settings), Convention::preset(preset.name).unwrap());
    }
    assert_eq!(
        Convention::preset("ostp").unwrap_err().to_string(),
        "there is no preset `ostp`; did you mean `ostep`?"
    );
}

#[test]
fn a_run_is_json_as_the_contract_says() {
    let list = requests([('+', 10), ('-', 0)]);
    let settings = convention(&["block.header=4", "compaction.when=on-failure"]);
    let run = run("first", Span::new(1000, 100), &list, &settings, Want::Steps).unwrap();
    let mut json = serde_json::to_value(run).unwrap();
    let ops = json.as_object_mut().unwrap().remove("ops").unwrap();
    let metrics = json.as_object_mut().unwrap().remove("metrics").unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "policy": "first",
            "convention": {
                "list.order": "address",
                "list.coalesce": "immediate",
                "list.neighbours": "list",
                "list.split": "split",
                "compaction.when": "on-failure",
                "compaction.threshold": 0.5,
                "block.header": 4,
                "block.align": 1,
                "block.minimum": 1,
            },
            "capacity": 100,
            "base": 1000,
        })
    );
    assert_eq!(
        ops[0],
        serde_json::json!({
            "index": 1,
            "op": "alloc",
            "id": 0,
            "size": 10,
            "address": 1004,
            "block": [1000, 14],
            "searched": 1,
            "free_list": [[1014, 86]],
            "looked": [[1000, 100]],
            "explain": "Operation 1: request 0 asks for 10 bytes, in a block of 14 (with a header of 4). First fit looks at 1 hole: 1000 with 100. The first that holds 14 bytes is 1000 with 100; 86 bytes from 1014 on stay free. Behind the header the program gets 1004.",
        })
    );
    assert_eq!(ops[1]["op"], "free");
    assert_eq!(ops[1]["free_list"], serde_json::json!([[1000, 100]]));
    assert_eq!(ops[1]["merged"], serde_json::json!([[1000, 100]]));
    assert_eq!(metrics["useless_bytes"], serde_json::json!([[1, 0], [101, 100]]));
    assert_eq!(metrics["pages_touched"], 1);
    assert_eq!(metrics["series"]["allocated_bytes"]["max"], serde_json::json!([14, 0]));
}
