//! OSTEP's and the textbooks' answers, from the folder that `RAMSCOPE_GOLDENS` names.

use ramscope_sim::segments::translation::Shape;
use serde_json::Value;

use super::folder::{goldens, json};
use super::{ask, physical, split};

/// The value of an argument such as `-a 1k`, in bytes.
fn bytes_of(case: &Value, name: &str) -> u64 {
    let arguments = case["args"].as_array().unwrap();
    let at = arguments.iter().position(|argument| argument == name).unwrap();
    let text = arguments[at + 1].as_str().unwrap();
    let shift = if text.ends_with('m') { 20 } else { 10 * u32::from(text.ends_with('k')) };
    text.trim_end_matches(['k', 'm']).parse::<u64>().unwrap() << shift
}

/// The first column of a case's accesses as requests.
fn addresses(case: &Value) -> String {
    let accesses = case["accesses"].as_array().unwrap().iter();
    accesses.map(|access| access[0].to_string()).collect::<Vec<_>>().join(",")
}

/// A column of a list of rows.
fn column(rows: &Value, at: usize) -> Vec<Option<u64>> {
    rows.as_array().unwrap().iter().map(|row| row[at].as_u64()).collect()
}

#[test]
fn ostep_relocates_by_base_and_limit_as_published() {
    let Some(folder) = goldens("ostep_relocates_by_base_and_limit_as_published") else { return };
    for case in json(&folder, "ostep_relocation.json")["cases"].as_array().unwrap() {
        let table = format!("{}/{}", case["base"], case["limit"]);
        let found = ask(Shape::default(), &table, &addresses(case));
        assert_eq!(physical(&found), column(&case["accesses"], 1), "{}", case["args"]);
    }
}

#[test]
fn ostep_two_segments_translate_and_trap_as_published() {
    let Some(folder) = goldens("ostep_two_segments_translate_and_trap_as_published") else {
        return;
    };
    for case in json(&folder, "ostep_segmentation.json")["cases"].as_array().unwrap() {
        let offset_bits = bytes_of(case, "-a").ilog2() - 1;
        let part = |name: &str| case[name].as_u64().unwrap();
        let (base, limit) = (part("seg1_base"), part("seg1_limit"));
        let first = format!("0:{}/{}", part("seg0_base"), part("seg0_limit"));
        let memory_bytes = Some(bytes_of(case, "-p"));
        let shape = Shape { memory_bytes, ..split(1, offset_bits) };
        let expected = column(&case["accesses"], 2);
        let found = ask(shape, &format!("{first} 1:{base}/{limit}/down"), &addresses(case));
        assert_eq!(physical(&found), expected, "{}", case["args"]);
        let numbers: Vec<_> = found.translations.iter().map(|found| Some(found.segment)).collect();
        assert_eq!(numbers, column(&case["accesses"], 1));
        // The same segment as Intel writes it, where its bottom is an address at all.
        let largest = 1 << offset_bits;
        if let Some(bottom) = base.checked_sub(largest) {
            let last_invalid = largest - limit - 1;
            let table = format!("{first} 1:{bottom}/{last_invalid}/expand-down");
            assert_eq!(physical(&ask(shape, &table, &addresses(case))), expected, "{table}");
        }
    }
}

#[test]
fn the_textbooks_segment_table_translates_as_published() {
    let Some(folder) = goldens("the_textbooks_segment_table_translates_as_published") else {
        return;
    };
    let golden = json(&folder, "textbook_alloc_translate.json");
    for case in golden["segmentation"].as_array().unwrap() {
        let rows = |name: &str, separator: &str| {
            let row = |row: &Value| format!("{}{separator}{}", row[0], row[1]);
            case[name].as_array().unwrap().iter().map(row).collect::<Vec<_>>().join(",")
        };
        let found = ask(Shape::default(), &rows("table", "/"), &rows("queries", ":"));
        assert_eq!(physical(&found), column(&case["queries"], 2));
    }
}
