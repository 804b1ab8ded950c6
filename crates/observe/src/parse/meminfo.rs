//! `/proc/meminfo` (fs/proc/meminfo.c): how the memory of the machine is used, in kB.

use super::ParseError;
use super::table::{Change, Grammar, Table};

/// The file's name in errors.
const FILE: &str = "/proc/meminfo";
const GRAMMAR: Grammar<'static> = Grammar { file: FILE, prefix: b"", name_end: b':' };

/// Reads `/proc/meminfo`: every field in the kernel's order, known or not.
///
/// Amounts in kB become bytes; `HugePages_*` are counts of pages and stay as they are.
pub fn parse(bytes: &[u8]) -> Result<Table, ParseError> {
    let mut table = Table::default();
    let _ = update(&mut table, bytes)?;
    Ok(table)
}

/// Reads `/proc/meminfo` again, in place; allocates only when a field appeared or vanished.
///
/// # Errors
/// Beside lines that are not understood, a file without `MemTotal` is one: nothing can be said
/// about a machine of unknown size. The table is empty after an error.
pub fn update(table: &mut Table, bytes: &[u8]) -> Result<Change, ParseError> {
    let change = table.update(bytes, GRAMMAR)?;
    if table.get("MemTotal").is_none() {
        *table = Table::default();
        return Err(ParseError::Empty { file: FILE, expected: "a line MemTotal" });
    }
    Ok(change)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_fields_are_kept_in_their_place() {
        let table = parse(b"MemTotal: 8 kB\nNewInFuture: 1 kB\nHugePages_Free: 7\n").unwrap();
        let pairs: Vec<_> = table.iter().collect();
        assert_eq!(pairs, [("MemTotal", 8192), ("NewInFuture", 1024), ("HugePages_Free", 7)]);
    }

    #[test]
    fn a_file_without_mem_total_is_an_error() {
        assert!(matches!(parse(b""), Err(ParseError::Empty { .. })));
        assert!(matches!(parse(b"MemFree: 1 kB\n"), Err(ParseError::Empty { .. })));
    }
}
