//! `/proc/vmstat` (mm/vmstat.c, `vmstat_text`): counters of the memory manager.

use super::ParseError;
use super::table::{Change, Grammar, Table};

const GRAMMAR: Grammar<'static> = Grammar { file: "/proc/vmstat", prefix: b"", name_end: b' ' };

/// Reads `/proc/vmstat`: every field in the kernel's order and unit.
///
/// Names that begin with `nr_` are levels, in pages unless the name says otherwise; the others count
/// events since boot.
pub fn parse(bytes: &[u8]) -> Result<Table, ParseError> {
    Table::read(bytes, GRAMMAR)
}

/// Reads `/proc/vmstat` again, in place; allocates only when a field appeared or vanished.
pub fn update(table: &mut Table, bytes: &[u8]) -> Result<Change, ParseError> {
    table.update(bytes, GRAMMAR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_read_as_the_kernel_counts_them() {
        let table = parse(b"nr_free_pages 11\npgfault 5\n").unwrap();
        assert_eq!(table.iter().collect::<Vec<_>>(), [("nr_free_pages", 11), ("pgfault", 5)]);
        assert!(parse(b"pgfault\n").is_err());
    }
}
