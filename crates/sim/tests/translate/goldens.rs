//! OSTEP's page tables, from the folder that `RAMSCOPE_GOLDENS` names.

use ramscope_sim::translate::{Bytes, FaultKind, Scheme};
use serde_json::Value;

use super::folder::{goldens, json};
use super::read;

/// The value of an argument such as `-P 4k`, in bytes.
fn bytes_of(case: &Value, name: &str) -> u64 {
    let arguments = case["args"].as_array().unwrap();
    let at = arguments.iter().position(|argument| argument == name).unwrap();
    let text = arguments[at + 1].as_str().unwrap();
    let (digits, unit) = text.split_at(text.len() - 1);
    digits.parse::<u64>().unwrap() << if unit == "m" { 20 } else { 10 }
}

#[test]
fn ostep_linear_tables_translate_and_fault_as_published() {
    let Some(folder) = goldens("ostep_linear_tables_translate_and_fault_as_published") else {
        return;
    };
    for case in json(&folder, "ostep_paging_linear.json")["cases"].as_array().unwrap() {
        let (space, page) = (bytes_of(case, "-a"), bytes_of(case, "-P"));
        let scheme = Scheme::ostep_linear(space.ilog2(), page.ilog2()).unwrap();
        let mut memory = Bytes::default();
        for (at, word) in (0..).step_by(4).zip(case["page_table_hex"].as_array().unwrap()) {
            let word = u64::from_str_radix(word.as_str().unwrap(), 16).unwrap();
            memory.set_number(at, 4, word);
        }
        for access in case["accesses"].as_array().unwrap() {
            let walk = read(&scheme, &mut memory, 0, access[0].as_u64().unwrap());
            let physical = walk.physical_address.map(|physical| physical.0);
            assert_eq!(physical, access[1].as_u64(), "{} {access}", case["args"]);
            assert_eq!(Some(walk.page), access[2].as_u64(), "{} {access}", case["args"]);
            assert_eq!(walk.levels[0].index, walk.page);
        }
    }
}

#[test]
fn ostep_two_level_tables_show_the_entries_and_the_level_that_faults() {
    let name = "ostep_two_level_tables_show_the_entries_and_the_level_that_faults";
    let Some(folder) = goldens(name) else { return };
    let scheme = Scheme::preset("ostep-multilevel").unwrap();
    for case in json(&folder, "ostep_paging_multilevel.json")["cases"].as_array().unwrap() {
        let mut memory = Bytes::default();
        for (at, page) in (0..).step_by(32).zip(case["pages_hex"].as_array().unwrap()) {
            memory.write(at, &super::unhex(page.as_str().unwrap()));
        }
        let root = case["pdbr"].as_u64().unwrap() * 32;
        for access in case["accesses"].as_array().unwrap() {
            let walk = read(&scheme, &mut memory, root, access["va"].as_u64().unwrap());
            for (depth, name) in ["pde", "pte"].into_iter().enumerate() {
                let found = walk.levels.get(depth).map(|level| [level.index, level.entry.0]);
                assert_eq!(serde_json::to_value(found).unwrap(), access[name], "{access}");
            }
            let physical = walk.physical_address.map(|physical| physical.0);
            assert_eq!(physical, access["pa"].as_u64(), "{access}");
            let value = physical.map(|at| u64::from(memory.byte(at)));
            assert_eq!(value, access["value"].as_u64(), "{access}");
            let level = match access["fault"].as_str() {
                None => None,
                Some("pde") => Some(1),
                Some(_) => Some(2),
            };
            assert_eq!(walk.fault.as_ref().and_then(|fault| fault.level), level, "{access}");
            assert!(walk.fault.is_none_or(|fault| fault.kind == FaultKind::Invalid));
        }
    }
}
