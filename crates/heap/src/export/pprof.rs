//! pprof's format: <https://github.com/google/pprof/blob/main/proto/profile.proto>, packed by gzip.
//!
//! ```text
//! message    │ key = field number · 8 + wire type │ value │ …       wire type 0: a varint; 2: a length and so many bytes
//! Profile    1 sample_type  2 sample  3 mapping  4 location  5 function  6 string_table  9 time_nanos  10 duration_nanos
//!            11 period_type  12 period  14 default_sample_type
//! ```

use std::collections::HashMap;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::named_stacks;
use crate::names::Names;
use crate::session::Session;
use crate::stacks::By;
use crate::tree::{FrameId, NodeId, Tree};
use crate::varint::{put, put_text};

/// Nanoseconds in a microsecond and in a millisecond.
const US: u64 = 1000;
const MS: u64 = 1_000_000;

/// The sums that Go's own heap profiles have, under the same names, and two more.
const SUMS: [(&str, &str); 6] = [
    ("alloc_objects", "count"),
    ("alloc_space", "bytes"),
    ("inuse_objects", "count"),
    ("inuse_space", "bytes"),
    ("peak_space", "bytes"),
    ("temporary_objects", "count"),
];

/// The heap profile, of which the sum of `by` is shown first.
pub fn pprof(session: &Session, by: By, names: &mut Names) -> Vec<u8> {
    let mut profile = Profile::default();
    profile.string("");
    for (name, unit) in SUMS {
        let value_type = profile.value_type(name, unit);
        field_bytes(&mut profile.out, 1, &value_type);
    }
    for (row, _) in named_stacks(session, names) {
        let values = [
            row.allocations,
            row.bytes_allocated,
            row.live_blocks,
            row.live_bytes,
            row.peak_bytes,
            row.temporary,
        ];
        profile.sample(session.tree(), row.node, values);
    }
    profile.mappings(session.tree());
    profile.locations(session.tree(), names);
    profile.rest(session, by);
    // Writing into memory cannot fail.
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    let _ = packed.write_all(&profile.out);
    packed.finish().unwrap_or_default()
}

#[derive(Default)]
struct Profile {
    out: Vec<u8>,
    strings: HashMap<String, u64>,
    table: Vec<u8>,
    functions: HashMap<(String, String), u64>,
    /// Frames that a sample named, in the order of their numbers.
    frames: Vec<FrameId>,
    locations: HashMap<FrameId, u64>,
}

fn key(out: &mut Vec<u8>, number: u64, wire: u64) {
    put(out, number << 3 | wire);
}

fn field(out: &mut Vec<u8>, number: u64, value: u64) {
    key(out, number, 0);
    put(out, value);
}

fn field_bytes(out: &mut Vec<u8>, number: u64, bytes: &[u8]) {
    key(out, number, 2);
    put_text(out, bytes);
}

fn packed(numbers: impl IntoIterator<Item = u64>) -> Vec<u8> {
    let mut out = Vec::new();
    numbers.into_iter().for_each(|number| put(&mut out, number));
    out
}

impl Profile {
    fn string(&mut self, text: &str) -> u64 {
        if let Some(&known) = self.strings.get(text) {
            return known;
        }
        let number = self.strings.len() as u64;
        self.strings.insert(text.to_owned(), number);
        field_bytes(&mut self.table, 6, text.as_bytes());
        number
    }

    fn value_type(&mut self, name: &str, unit: &str) -> Vec<u8> {
        let (name, unit) = (self.string(name), self.string(unit));
        let mut out = Vec::new();
        field(&mut out, 1, name);
        field(&mut out, 2, unit);
        out
    }

    fn sample(&mut self, tree: &Tree, node: NodeId, values: [u64; SUMS.len()]) {
        let mut locations = Vec::new();
        for frame in tree.stack(node) {
            let frames = &mut self.frames;
            let location = *self.locations.entry(frame).or_insert_with(|| {
                frames.push(frame);
                frames.len() as u64
            });
            locations.push(location);
        }
        let mut sample = Vec::new();
        field_bytes(&mut sample, 1, &packed(locations));
        field_bytes(&mut sample, 2, &packed(values));
        field_bytes(&mut self.out, 2, &sample);
    }

    fn mappings(&mut self, tree: &Tree) {
        for (number, module) in (0..).zip(tree.modules()).skip(1) {
            let hex: String = module.build_id.iter().map(|byte| format!("{byte:02x}")).collect();
            let (path, id) = (self.string(&module.path), self.string(&hex));
            let mut mapping = Vec::new();
            let numbers = [
                (1, number),
                (2, module.start),
                (3, module.end),
                (5, path),
                (6, id),
                (7, 1),
                (8, 1),
                (9, 1),
                (10, 1),
            ];
            numbers.iter().for_each(|(at, value)| field(&mut mapping, *at, *value));
            field_bytes(&mut self.out, 3, &mapping);
        }
    }

    fn locations(&mut self, tree: &Tree, names: &mut Names) {
        for (number, id) in (1..).zip(std::mem::take(&mut self.frames)) {
            let frame = tree.frames()[id.index()];
            let module = &tree.modules()[frame.module.index()];
            let mut location = Vec::new();
            field(&mut location, 1, number);
            if frame.module.index() != 0 {
                field(&mut location, 2, u64::from(frame.module.0));
            }
            field(&mut location, 3, frame.address);
            for name in &names.of(id, frame, module, tree.labels()) {
                let named = names.name(*name);
                let function = self.function(&named.function, named.file.as_deref().unwrap_or(""));
                let mut line = Vec::new();
                field(&mut line, 1, function);
                field(&mut line, 2, u64::from(named.line.unwrap_or(0)));
                field_bytes(&mut location, 4, &line);
            }
            field_bytes(&mut self.out, 4, &location);
        }
    }

    fn function(&mut self, name: &str, file: &str) -> u64 {
        let key = (name.to_owned(), file.to_owned());
        if let Some(&known) = self.functions.get(&key) {
            return known;
        }
        let number = self.functions.len() as u64 + 1;
        let (name, file) = (self.string(name), self.string(file));
        let mut function = Vec::new();
        for (at, value) in [(1, number), (2, name), (3, name), (4, file)] {
            field(&mut function, at, value);
        }
        field_bytes(&mut self.out, 5, &function);
        self.functions.insert(key, number);
        number
    }

    fn rest(&mut self, session: &Session, by: By) {
        let shown = match by {
            By::Live | By::Leaked => "inuse_space",
            By::Peak => "peak_space",
            By::Temporary => "temporary_objects",
            By::Allocations => "alloc_objects",
            By::Bytes => "alloc_space",
        };
        let (shown, space) = (self.string(shown), self.value_type("space", "bytes"));
        self.out.append(&mut self.table);
        field(&mut self.out, 9, session.start().wall_ms.saturating_mul(MS));
        field(&mut self.out, 10, session.totals().end_us.saturating_mul(US));
        field_bytes(&mut self.out, 11, &space);
        field(&mut self.out, 12, session.start().sample_bytes.max(1));
        field(&mut self.out, 14, shown);
    }
}
