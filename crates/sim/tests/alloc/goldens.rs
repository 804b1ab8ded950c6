//! The answers that nobody on this project wrote, read from the folder that `RAMSCOPE_GOLDENS` names.

use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;

use flate2::read::GzDecoder;
use ramscope_sim::alloc::Span;
use serde_json::Value;

use super::{requests, steps};

/// The folder of goldens, or a note that the test `name` is skipped.
#[expect(clippy::print_stderr, reason = "who runs the tests must see what was skipped")]
fn goldens(name: &str) -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("RAMSCOPE_GOLDENS") {
        return Some(folder.into());
    }
    eprintln!("skipped: {name} needs the folder that RAMSCOPE_GOLDENS names");
    if let Some(list) = std::env::var_os("RAMSCOPE_SKIPPED") {
        let mut list = fs::OpenOptions::new().create(true).append(true).open(list).unwrap();
        writeln!(list, "{name}").unwrap();
    }
    None
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

/// A list of `[address, size]`.
fn spans(list: &Value) -> Vec<Span> {
    let span = |pair: &Value| Span::new(number(&pair[0]), number(&pair[1]));
    list.as_array().unwrap().iter().map(span).collect()
}

/// Our settings for one case of OSTEP's program.
fn settings(case: &Value) -> Vec<String> {
    let order = match case["order"].as_str().unwrap() {
        "ADDRSORT" => "address",
        "SIZESORT+" => "size",
        "SIZESORT-" => "size-desc",
        "INSERT-FRONT" => "front",
        _ => "back",
    };
    let coalesce = if case["coalesce"].as_bool().unwrap() { "immediate" } else { "none" };
    let align = case["align"].as_u64().unwrap_or(1);
    vec![
        format!("list.order={order}"),
        format!("list.coalesce={coalesce}"),
        format!("block.header={}", case["header"]),
        format!("block.align={align}"),
    ]
}

#[test]
fn ostep_free_lists_agree_operation_by_operation() {
    let Some(folder) = goldens("ostep_free_lists_agree_operation_by_operation") else { return };
    let mut text = String::new();
    let file = fs::File::open(folder.join("ostep_malloc.json.gz")).unwrap();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let golden: Value = serde_json::from_str(&text).unwrap();
    for case in golden["cases"].as_array().unwrap() {
        let ops = case["ops"].as_array().unwrap();
        let list = requests(ops.iter().map(|op| match op[0].as_str().unwrap() {
            "A" => ('+', number(&op[2])),
            _ => ('-', number(&op[1])),
        }));
        let settings = settings(case);
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        let memory = Span::new(number(&case["base"]), number(&case["size"]));
        let policy = case["policy"].as_str().unwrap().to_lowercase();
        let found = steps(&policy, &settings, memory, &list);
        for (step, op) in found.iter().zip(ops) {
            let about = format!("{policy} {settings:?} {step:?}");
            let free_list = if step.op == "alloc" {
                let address = op[3].as_u64().filter(|&address| address >= memory.address);
                assert_eq!(step.address, address, "{about}");
                assert_eq!(u64::from(step.searched), number(&op[4]), "{about}");
                &op[5]
            } else {
                &op[3]
            };
            assert_eq!(step.free_list, spans(free_list), "{about}");
        }
    }
}
