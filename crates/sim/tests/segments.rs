//! Segments: translation against published tables, and life in memory against a slow twin.
#![expect(clippy::unwrap_used, reason = "what fails in a shared function fails its test")]

#[path = "translate/folder.rs"]
mod folder;
#[path = "segments/goldens.rs"]
mod goldens;
#[path = "segments/lives.rs"]
mod lives;
#[path = "segments/memory.rs"]
mod memory;
#[path = "segments/translation.rs"]
mod translation;
#[path = "segments/twins.rs"]
mod twins;

use ramscope_sim::segments::translation::{Report, Shape, Split, Table, translate};

/// A table whose addresses have these bits of a segment number and of an offset.
fn split(segment_bits: u32, offset_bits: u32) -> Shape {
    Shape { split: Some(Split { segment_bits, offset_bits }), ..Shape::default() }
}

/// What comes of requests to a table, both as texts.
fn ask(shape: Shape, table: &str, requests: &str) -> Report {
    let table = Table::parse(table.as_bytes(), shape).unwrap();
    let requests = table.requests(requests.as_bytes()).unwrap();
    translate(&table, &requests).unwrap()
}

/// The physical addresses alone.
fn physical(report: &Report) -> Vec<Option<u64>> {
    report.translations.iter().map(|found| found.physical).collect()
}
