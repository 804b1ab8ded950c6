//! One entry of a table as it is shown: where it stands, its bytes, and what they say.

use serde::Serialize;

use super::bytes::{Address, Bytes, hex};
use super::format::Flags;
use super::scheme::Scheme;

/// Entries that a window of a table shows.
const WINDOW: u64 = 5;

/// One entry of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Which entry.
    pub index: u64,
    /// Where it stands.
    pub address: Address,
    /// Its bytes in the order of memory.
    pub bytes: String,
    /// Its value.
    pub entry: Address,
    /// Its frame number, or the swap slot.
    pub frame: u64,
    /// What its bits say.
    pub flags: Flags,
    /// Whether it is a page, and not a way to a table.
    pub leaf: bool,
}

impl Row {
    /// Reads an entry of the table at `table`; levels count from 0 at the top.
    pub(super) fn read(
        scheme: &Scheme,
        memory: &Bytes,
        depth: usize,
        table: u64,
        index: u64,
    ) -> Row {
        let format = &scheme.format;
        let at = table.wrapping_add(index * u64::from(format.bytes));
        let entry = memory.number(at, format.bytes);
        Row {
            index,
            address: Address(at),
            bytes: hex(&memory.read(at, format.bytes)),
            entry: Address(entry),
            frame: format.frame(entry),
            flags: format.flags(entry),
            leaf: format.is_leaf(entry, depth + 1 == scheme.levels.len()),
        }
    }
}

/// An entry and its neighbours, as far as the table goes: the entry is in the middle unless the table ends near it.
pub(super) fn around(
    scheme: &Scheme,
    memory: &Bytes,
    depth: usize,
    table: u64,
    index: u64,
) -> Vec<Row> {
    let entries = 1 << scheme.levels[depth];
    let first = index.saturating_sub(WINDOW / 2).min(entries - WINDOW.min(entries));
    let last = entries.min(first + WINDOW);
    (first..last).map(|index| Row::read(scheme, memory, depth, table, index)).collect()
}
