//! `/sys/block/zram*/mm_stat` (drivers/block/zram/zram_drv.c, Linux 4.1): a compressed device's memory.

use super::{ParseError, scalar, words};

/// The first six numbers of `mm_stat`, in bytes unless said otherwise
/// (Documentation/admin-guide/blockdev/zram.rst). Later kernels append more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MmStat {
    /// `orig_data_size`: uncompressed size of what is stored.
    pub orig_data: u64,
    /// `compr_data_size`: compressed size of what is stored.
    pub compr_data: u64,
    /// `mem_used_total`: memory taken, with the allocator's own losses.
    pub mem_used: u64,
    /// `mem_limit`: the most it may take; 0 is no limit.
    pub mem_limit: u64,
    /// `mem_used_max`: the most it ever took.
    pub mem_used_max: u64,
    /// `same_pages` (`zero_pages` before Linux 4.12): pages filled with one value, which take no memory.
    pub same_pages: u64,
}

/// Reads `mm_stat`.
pub fn mm_stat(bytes: &[u8]) -> Result<MmStat, ParseError> {
    const FILE: &str = "/sys/block/zram*/mm_stat";
    const EXPECTED: &str = "at least six numbers";
    if bytes.trim_ascii().is_empty() {
        return Err(ParseError::Empty { file: FILE, expected: EXPECTED });
    }
    read(bytes).ok_or_else(|| ParseError::malformed(FILE, 1, EXPECTED, bytes.trim_ascii()))
}

fn read(bytes: &[u8]) -> Option<MmStat> {
    let mut numbers = words(bytes).map(scalar::whole);
    let mut next = || numbers.next().flatten();
    Some(MmStat {
        orig_data: next()?,
        compr_data: next()?,
        mem_used: next()?,
        mem_limit: next()?,
        mem_used_max: next()?,
        same_pages: next()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn old_and_new_kernels_share_the_first_six_numbers() {
        let expected = MmStat {
            orig_data: 8192,
            compr_data: 100,
            mem_used: 4096,
            mem_limit: 0,
            mem_used_max: 12288,
            same_pages: 3,
        };
        assert_eq!(
            mm_stat(b"    8192      100     4096        0    12288        3        0\n"),
            Ok(expected)
        );
        assert_eq!(mm_stat(b"8192 100 4096 0 12288 3 0 1 2\n"), Ok(expected));
        assert!(matches!(mm_stat(b"1 2 3\n"), Err(ParseError::Malformed { .. })));
        assert!(matches!(mm_stat(b"\n"), Err(ParseError::Empty { .. })));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = mm_stat(&bytes);
        }
    }
}
