//! `/proc/zoneinfo` (mm/vmstat.c, `zoneinfo_show_print`): of its many lines, the per-CPU free lists.

use super::{ParseError, scalar};

/// Pages on the per-CPU free lists of all zones: the sum of the lines `count:` under `pagesets`.
///
/// These pages are free, but `MemFree` does not count them. `None` where the file lists none.
pub fn pcp_free_pages(bytes: &[u8]) -> Result<Option<u64>, ParseError> {
    let mut sum = None;
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let Some(count) = line.trim_ascii_start().strip_prefix(b"count:") else { continue };
        let pages = scalar::whole(count.trim_ascii()).ok_or_else(|| {
            ParseError::malformed("/proc/zoneinfo", index + 1, "a number of pages", line)
        })?;
        sum = Some(pages.saturating_add(sum.unwrap_or(0)));
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_lists_of_all_processors_and_zones_are_added_up() {
        let text = b"Node 0, zone DMA\n  pages free 3840\n  pagesets\n    cpu: 0\n\
            \x20             count: 40\n              high:  378\n    cpu: 1\n\
            \x20             count:    2\nNode 0, zone Normal\n  pagesets\n    cpu: 0\n\
            \x20             count: 300\n  vm stats threshold: 24\n";
        assert_eq!(pcp_free_pages(text), Ok(Some(342)));
        assert_eq!(pcp_free_pages(b"Node 0, zone DMA\n"), Ok(None));
        assert!(pcp_free_pages(b"\n count: many\n").unwrap_err().to_string().contains("line 2"));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = pcp_free_pages(&bytes);
        }
    }
}
