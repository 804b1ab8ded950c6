//! `/proc/PID/smaps_rollup` (fs/proc/task_mmu.c, `show_smaps_rollup`, Linux 4.14): the sums over all mappings.
//!
//! The kernel walks every page to tell them, 5 ms a GiB, and holds the process's own memory lock meanwhile.

use super::{field, kib};
use crate::parse::{ParseError, lines};

/// What is kept of `smaps_rollup`, or of one mapping of `smaps`; in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rollup {
    /// Resident pages.
    pub rss_bytes: u64,
    /// Resident pages, each divided by how many processes map it: these add up to what is really held.
    pub pss_bytes: u64,
    /// Pages that nobody else maps: what ending this process would free.
    pub uss_bytes: u64,
    /// Pages mapped by several.
    pub shared_bytes: u64,
    /// Pages that were written since they were read.
    pub dirty_bytes: u64,
    /// Pages in swap.
    pub swap_bytes: u64,
    /// Pages in swap, each divided by how many processes map it.
    pub swap_pss_bytes: u64,
    /// Resident huge pages: anonymous, of shared memory, of files.
    pub huge_bytes: u64,
}

impl Rollup {
    /// Adds what a line tells, if it is one of those that are kept; whether it is.
    pub(super) fn add(&mut self, name: &[u8], value: &[u8]) -> bool {
        let Some(bytes) = kib(value) else { return false };
        let places: [Option<&mut u64>; 2] = match name {
            b"Rss" => [Some(&mut self.rss_bytes), None],
            b"Pss" => [Some(&mut self.pss_bytes), None],
            b"Shared_Clean" => [Some(&mut self.shared_bytes), None],
            b"Shared_Dirty" => [Some(&mut self.shared_bytes), Some(&mut self.dirty_bytes)],
            b"Private_Clean" => [Some(&mut self.uss_bytes), None],
            b"Private_Dirty" => [Some(&mut self.uss_bytes), Some(&mut self.dirty_bytes)],
            b"AnonHugePages" | b"ShmemPmdMapped" | b"FilePmdMapped" => {
                [Some(&mut self.huge_bytes), None]
            }
            b"Swap" => [Some(&mut self.swap_bytes), None],
            b"SwapPss" => [Some(&mut self.swap_pss_bytes), None],
            _ => return false,
        };
        for place in places.into_iter().flatten() {
            *place = place.saturating_add(bytes);
        }
        true
    }
}

/// Reads `smaps_rollup`. Its first line names an address range and is passed over.
pub fn parse(bytes: &[u8]) -> Result<Rollup, ParseError> {
    const FILE: &str = "/proc/PID/smaps_rollup";
    const EXPECTED: &str = "`Pss:` with an amount in kB";
    let mut rollup = Rollup::default();
    let mut has_pss = false;
    for (_, line) in lines(bytes) {
        if let Some((name, value)) = field(line) {
            has_pss |= rollup.add(name, value) && name == b"Pss";
        }
    }
    match (has_pss, bytes.trim_ascii()) {
        (true, _) => Ok(rollup),
        (false, []) => Err(ParseError::Empty { file: FILE, expected: EXPECTED }),
        (false, found) => Err(ParseError::malformed(FILE, 1, EXPECTED, found)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_private_is_uss_and_what_was_written_is_dirty() {
        let text = b"55d0-7fff ---p 00000000 00:00 0    [rollup]\nRss:   100 kB\nPss:    60 kB\nPss_Dirty:   9 kB\n\
            Shared_Clean:  40 kB\nShared_Dirty:  10 kB\nPrivate_Clean: 20 kB\nPrivate_Dirty: 30 kB\nReferenced: 1 kB\n\
            AnonHugePages: 2048 kB\nShmemPmdMapped: 0 kB\nFilePmdMapped: 0 kB\nSwap: 8 kB\nSwapPss: 4 kB\nLocked: 0 kB\n";
        let expected = Rollup {
            rss_bytes: 100 << 10,
            pss_bytes: 60 << 10,
            uss_bytes: 50 << 10,
            shared_bytes: 50 << 10,
            dirty_bytes: 40 << 10,
            swap_bytes: 8 << 10,
            swap_pss_bytes: 4 << 10,
            huge_bytes: 2 << 20,
        };
        assert_eq!(parse(text), Ok(expected));
        assert!(matches!(parse(b"\n"), Err(ParseError::Empty { .. })));
        assert!(matches!(parse(b"Rss: 1 kB\n"), Err(ParseError::Malformed { .. })));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes);
            let _ = parse(&[b"Pss: 1 kB\nSwap:", bytes.as_slice()].concat());
        }
    }
}
