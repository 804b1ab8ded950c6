//! Named numbers, one a line: the shape of `meminfo`, `vmstat`, `numastat` and their kin.
//!
//! A kernel writes the same names in the same order at every reading, so a [`Table`] keeps its names
//! once, shared by all its copies, and reads again by comparing each line with the name it expects:
//! no allocation, no lookup. Only when a line differs is the file read from scratch.

use std::sync::Arc;

use super::{ParseError, lines, scalar};
use crate::in_place::clone_in_place;

/// Numbers by name, in the kernel's order. A copy shares the names.
#[derive(Debug, Default)]
pub struct Table {
    names: Arc<Names>,
    values: Vec<u64>,
}

clone_in_place!(Table { names, values });

/// All names in one text, one behind the other, so that a reading walks them as it walks the file.
#[derive(Debug, Default, PartialEq, Eq)]
struct Names {
    text: String,
    /// Where each name begins in `text`, and where the last one ends; empty without names.
    bounds: Vec<usize>,
}

/// What reading a file again did to a value that has a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a changed shape changes the series that are recorded"]
pub enum Change {
    /// The names are as before.
    Values,
    /// A name appeared, vanished or moved.
    Names,
}

/// How the lines of one file are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grammar<'a> {
    /// The kernel's name of the file, for errors.
    pub(crate) file: &'static str,
    /// What stands before the name on each line.
    pub(crate) prefix: &'a [u8],
    /// The byte that ends a name.
    pub(crate) name_end: u8,
}

impl Table {
    /// A table of the given names and values. Names are taken as they come, duplicates too.
    pub fn from_pairs<N: AsRef<str>>(pairs: impl IntoIterator<Item = (N, u64)>) -> Table {
        let mut names = Names::default();
        let mut values = Vec::new();
        for (name, value) in pairs {
            names.push(name.as_ref());
            values.push(value);
        }
        Table { names: Arc::new(names), values }
    }

    /// The value of `name`, or `None` where this kernel does not have it. Looks at one name after
    /// the other: callers ask for a handful of names a tick.
    pub fn get(&self, name: &str) -> Option<u64> {
        self.iter().find(|(candidate, _)| *candidate == name).map(|(_, value)| value)
    }

    /// Names and values in the kernel's order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, u64)> {
        self.names().zip(self.values.iter().copied())
    }

    /// The names in the kernel's order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter()
    }

    /// The values in the order of [`names`](Table::names).
    pub fn values(&self) -> &[u64] {
        &self.values
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no name at all: the file is missing, or holds nothing.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Whether both tables have the same names in the same order.
    pub fn same_names(&self, other: &Table) -> bool {
        Arc::ptr_eq(&self.names, &other.names) || self.names == other.names
    }

    /// The values, to be written in place.
    pub(crate) fn values_mut(&mut self) -> &mut [u64] {
        &mut self.values
    }

    /// Reads a whole file.
    pub(crate) fn read(bytes: &[u8], grammar: Grammar) -> Result<Table, ParseError> {
        let mut names = Names::default();
        let mut values = Vec::new();
        for (number, line) in lines(bytes) {
            let (name, value) = grammar.line(line).ok_or_else(|| {
                ParseError::malformed(grammar.file, number, "a name and a number", line)
            })?;
            names.push(name);
            values.push(value);
        }
        Ok(Table { names: Arc::new(names), values })
    }

    /// Reads a file again, in place and without allocating where its names are as before.
    ///
    /// After an error the table is as [`Table::default`], so that nothing half-read is shown.
    pub(crate) fn update(&mut self, bytes: &[u8], grammar: Grammar) -> Result<Change, ParseError> {
        if !self.is_empty() && self.update_values(bytes, grammar) {
            return Ok(Change::Values);
        }
        let before = std::mem::take(self);
        *self = Table::read(bytes, grammar)?;
        if self.same_names(&before) {
            self.names = before.names;
            return Ok(Change::Values);
        }
        Ok(Change::Names)
    }

    /// The fast path of [`update`](Table::update): whether every line began with the expected name.
    fn update_values(&mut self, bytes: &[u8], grammar: Grammar) -> bool {
        let mut rest = bytes;
        for (name, value) in self.names.iter().zip(&mut self.values) {
            let Some((read, after)) = grammar.expected(rest, name) else { return false };
            *value = read;
            rest = after;
        }
        rest.is_empty()
    }
}

impl PartialEq for Table {
    fn eq(&self, other: &Table) -> bool {
        self.same_names(other) && self.values == other.values
    }
}

impl Eq for Table {}

impl Names {
    fn push(&mut self, name: &str) {
        if self.bounds.is_empty() {
            self.bounds.push(0);
        }
        self.text.push_str(name);
        self.bounds.push(self.text.len());
    }

    fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.bounds.windows(2).map(|bound| &self.text[bound[0]..bound[1]])
    }
}

impl Grammar<'_> {
    /// One line, without its end: prefix, name, blanks, number, and perhaps kB, which makes bytes.
    fn line<'l>(&self, line: &'l [u8]) -> Option<(&'l str, u64)> {
        let line = line.strip_prefix(self.prefix)?;
        let end = line.iter().position(|byte| *byte == self.name_end)?;
        let name = std::str::from_utf8(&line[..end]).ok().filter(|name| !name.is_empty())?;
        let (value, rest) = scalar::leading(line[end + 1..].trim_ascii())?;
        match rest {
            b"" => Some((name, value)),
            b" kB" => Some((name, kib(value))),
            _ => None,
        }
    }

    /// The number of the line that `bytes` begins with, if that line names `name`, and what follows
    /// the line.
    #[inline]
    fn expected<'b>(&self, bytes: &'b [u8], name: &str) -> Option<(u64, &'b [u8])> {
        let bytes = bytes.strip_prefix(self.prefix)?.strip_prefix(name.as_bytes())?;
        let mut bytes = bytes.strip_prefix(&[self.name_end])?;
        while let [b' ', rest @ ..] = bytes {
            bytes = rest;
        }
        match scalar::leading(bytes)? {
            (value, [b'\n', rest @ ..]) => Some((value, rest)),
            (value, [b' ', b'k', b'B', b'\n', rest @ ..]) => Some((kib(value), rest)),
            _ => None,
        }
    }
}

/// Bytes of an amount in kB, by which the kernel means 1024 bytes.
///
/// A counter that ran below zero in the kernel reads as almost 2^64 kB; it stays the largest number
/// there is, so that one wrong field costs no reading.
fn kib(amount: u64) -> u64 {
    amount.saturating_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COLON: Grammar = Grammar { file: "test", prefix: b"", name_end: b':' };
    const NODE: Grammar = Grammar { file: "test", prefix: b"Node 0 ", name_end: b':' };

    /// The slow obvious twin of reading a file with colons.
    fn twin(text: &str) -> Option<Vec<(String, u64)>> {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        lines
            .map(|line| {
                let (name, value) = line.split_once(':')?;
                let value = value.trim();
                let (value, unit) = match value.strip_suffix(" kB") {
                    Some(value) => (value, 1024),
                    None => (value, 1),
                };
                let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
                let value: u64 = value.parse().ok().filter(|_| digits && !name.is_empty())?;
                Some((name.to_owned(), value.saturating_mul(unit)))
            })
            .collect()
    }

    fn pairs(table: &Table) -> Vec<(String, u64)> {
        table.iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    #[test]
    fn kilobytes_become_bytes_and_counts_stay() {
        let table = Table::read(b"MemTotal:   2 kB\nHugePages_Total:   2\n", COLON).unwrap();
        assert_eq!(table.get("MemTotal"), Some(2048));
        assert_eq!(table.get("HugePages_Total"), Some(2));
        assert_eq!(table.get("Absent"), None);
        assert_eq!(table.len(), 2);
    }

    #[test]
    fn a_second_reading_keeps_the_names_and_their_memory() {
        let mut table = Table::read(b"a: 1\nb: 2 kB\n", COLON).unwrap();
        let names = Arc::clone(&table.names);
        assert_eq!(table.update(b"a: 30\nb:    4 kB\n", COLON), Ok(Change::Values));
        assert_eq!(pairs(&table), [("a".to_owned(), 30), ("b".to_owned(), 4096)]);
        assert_eq!(table.update(b"a: 5\nb: 6 kB", COLON), Ok(Change::Values), "no last line end");
        assert!(Arc::ptr_eq(&names, &table.names));
    }

    #[test]
    fn a_name_that_appears_vanishes_or_moves_is_reported() {
        for text in ["a: 1\n", "a: 1\nb: 2\nc: 3\n", "b: 2\na: 1\n", "a: 1\nbb: 2\n", ""] {
            let mut table = Table::read(b"a: 1\nb: 2\n", COLON).unwrap();
            assert_eq!(table.update(text.as_bytes(), COLON), Ok(Change::Names), "{text:?}");
            assert_eq!(Some(pairs(&table)), twin(text), "{text:?}");
        }
    }

    #[test]
    fn a_line_that_is_not_understood_empties_the_table() {
        let mut table = Table::read(b"a: 1\nb: 2\n", COLON).unwrap();
        let error = table.update(b"a: 1\nb: two\n", COLON).unwrap_err();
        assert_eq!(error, ParseError::malformed("test", 2, "a name and a number", b"b: two"));
        assert!(table.is_empty());
    }

    #[test]
    fn the_prefix_of_a_node_is_not_part_of_the_name() {
        let mut table = Table::read(b"Node 0 MemFree:  3 kB\n", NODE).unwrap();
        assert_eq!(table.get("MemFree"), Some(3072));
        assert_eq!(table.update(b"Node 0 MemFree:  4 kB\n", NODE), Ok(Change::Values));
        assert_eq!(table.get("MemFree"), Some(4096));
        assert!(Table::read(b"Node 1 MemFree:  3 kB\n", NODE).is_err());
    }

    #[test]
    fn a_counter_below_zero_is_the_largest_number() {
        let table = Table::read(b"Bounce: 18446744073709551612 kB\n", COLON).unwrap();
        assert_eq!(table.get("Bounce"), Some(u64::MAX));
    }

    proptest! {
        #[test]
        fn a_file_reads_as_its_twin_reads_it(text in "([A-Za-z_()]{0,4}:? {0,3}[0-9]{0,21}( kB)?\n){0,6}") {
            prop_assert_eq!(Table::read(text.as_bytes(), COLON).ok().map(|t| pairs(&t)), twin(&text));
        }

        #[test]
        fn an_update_ends_where_a_fresh_reading_ends(
            first in "([a-c]: [0-9]{1,3}( kB)?\n){0,4}",
            second in "([a-c]: [0-9]{1,3}( kB)?\n){0,4}",
        ) {
            let mut table = Table::read(first.as_bytes(), COLON).unwrap();
            let before = table.clone();
            let change = table.update(second.as_bytes(), COLON).unwrap();
            let fresh = Table::read(second.as_bytes(), COLON).unwrap();
            prop_assert_eq!(&table, &fresh);
            prop_assert_eq!(change == Change::Values, before.same_names(&fresh));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut table = Table::from_pairs([("a", 1), ("b", 2)]);
            let _ = table.update(&bytes, COLON);
            let _ = table.update(&bytes, NODE);
        }
    }
}
