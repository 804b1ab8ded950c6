//! `/sys/devices/system/node` (drivers/base/node.c): memory by NUMA node.

use super::table::{Change, Grammar, Table};
use super::{ParseError, scalar};

/// The most nodes a kernel can have (`NODES_SHIFT` is at most 10).
const NODES_MAX: usize = 1024;

/// Reads a node's `meminfo` again, in place: lines as `Node 0 MemTotal:  5597396 kB`.
///
/// `prefix` is what stands before each name, `Node 0 ` for node 0. Amounts in kB become bytes,
/// `HugePages_*` stay counts.
pub fn update_meminfo(table: &mut Table, bytes: &[u8], prefix: &str) -> Result<Change, ParseError> {
    let file = "/sys/devices/system/node/node*/meminfo";
    table.update(bytes, Grammar { file, prefix: prefix.as_bytes(), name_end: b':' })
}

/// Reads a node's `numastat` again, in place: allocations in pages since boot, by where they were
/// wanted and where they landed (Documentation/admin-guide/numastat.rst).
pub fn update_numastat(table: &mut Table, bytes: &[u8]) -> Result<Change, ParseError> {
    let file = "/sys/devices/system/node/node*/numastat";
    table.update(bytes, Grammar { file, prefix: b"", name_end: b' ' })
}

/// Reads `online`, a list of numbers and ranges such as `0-1,3` (lib/bitmap.c, `%*pbl`), in order.
pub fn online(bytes: &[u8]) -> Result<Vec<u32>, ParseError> {
    let text = bytes.trim_ascii();
    let mut nodes = Vec::new();
    for range in text.split(|byte| *byte == b',').filter(|range| !range.is_empty()) {
        let fits = bounds(range).filter(|(first, last)| (last - first) as usize <= NODES_MAX);
        let (first, last) = fits.ok_or_else(|| {
            let expected = "a list such as 0-1,3";
            ParseError::malformed("/sys/devices/system/node/online", 1, expected, text)
        })?;
        nodes.extend(first..=last);
        nodes.truncate(NODES_MAX);
    }
    Ok(nodes)
}

/// First and last number of `3` or of `0-1`.
fn bounds(range: &[u8]) -> Option<(u32, u32)> {
    let (first, rest) = scalar::leading(range)?;
    let last = match rest {
        b"" => first,
        [b'-', last @ ..] => scalar::whole(last)?,
        _ => return None,
    };
    let (first, last) = (u32::try_from(first).ok()?, u32::try_from(last).ok()?);
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lists_of_nodes_are_numbers_and_ranges() {
        assert_eq!(online(b"0\n"), Ok(vec![0]));
        assert_eq!(online(b"0-1,3,8-9\n"), Ok(vec![0, 1, 3, 8, 9]));
        assert_eq!(online(b"\n"), Ok(vec![]));
        for text in ["1-0", "a", "0-4294967295", "0--1", "0;1"] {
            assert!(online(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_nodes_files_lose_their_prefix_and_keep_their_units() {
        let mut table = Table::default();
        let text = b"Node 3 MemFree:  2 kB\nNode 3 HugePages_Free:  5\n";
        assert_eq!(update_meminfo(&mut table, text, "Node 3 "), Ok(Change::Names));
        assert_eq!(table.iter().collect::<Vec<_>>(), [("MemFree", 2048), ("HugePages_Free", 5)]);
        assert_eq!(update_numastat(&mut table, b"numa_hit 12\n"), Ok(Change::Names));
        assert_eq!(table.get("numa_hit"), Some(12));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = online(&bytes);
        }

        #[test]
        fn lists_are_bounded(text in "([0-9]{1,6}(-[0-9]{1,6})?,){0,5}") {
            if let Ok(nodes) = online(text.as_bytes()) {
                prop_assert!(nodes.len() <= NODES_MAX);
            }
        }
    }
}
