//! `/proc/PID/smaps` (fs/proc/task_mmu.c, `show_smap`): every mapping of an address space with what it holds.

use super::field;
use super::rollup::Rollup;
use crate::parse::{ParseError, lines, words};

/// One mapping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Its first address.
    pub start: u64,
    /// The first address after it.
    pub end: u64,
    /// Four letters: `r`ead, `w`rite, e`x`ecute, `s`hared or `p`rivate; a dash for what is not.
    pub permissions: [u8; 4],
    /// What it maps: a file's path, `[heap]`, `[stack]`, `[anon:…]`, or nothing. Any bytes; a deleted file ends in ` (deleted)`.
    pub name: Vec<u8>,
    /// What it holds.
    pub held: Rollup,
}

impl Mapping {
    /// Bytes of address space.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}

/// Reads `smaps`; the kernel gives mappings in the order of their addresses.
pub fn parse(bytes: &[u8]) -> Result<Vec<Mapping>, ParseError> {
    const FILE: &str = "/proc/PID/smaps";
    const EXPECTED: &str = "START-END PERMISSIONS OFFSET DEVICE INODE NAME";
    let mut mappings: Vec<Mapping> = Vec::new();
    for (number, line) in lines(bytes) {
        if let Some(mapping) = head(line) {
            mappings.push(mapping);
            continue;
        }
        match (mappings.last_mut(), field(line)) {
            (Some(mapping), Some((name, value))) => {
                mapping.held.add(name, value);
            }
            _ => return Err(ParseError::malformed(FILE, number, EXPECTED, line)),
        }
    }
    Ok(mappings)
}

/// The line that a mapping begins with; `None` for any other line.
fn head(line: &[u8]) -> Option<Mapping> {
    let mut parts = words(line);
    let range = parts.next()?;
    let dash = range.iter().position(|byte| *byte == b'-')?;
    let (start, end) = (hexadecimal(&range[..dash])?, hexadecimal(&range[dash + 1..])?);
    let permissions = parts.next()?.try_into().ok()?;
    let (_offset, _device, inode) = (parts.next()?, parts.next()?, parts.next()?);
    // The name may hold blanks: it is what follows the inode's number, less the blanks that line it up.
    let after = inode.as_ptr_range().end as usize - line.as_ptr() as usize;
    let name = line.get(after..)?.trim_ascii_start().to_vec();
    Some(Mapping { start, end, permissions, name, held: Rollup::default() })
}

fn hexadecimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    digits
        .iter()
        .try_fold(0, |number, byte| Some(number << 4 | u64::from(char::from(*byte).to_digit(16)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TWO: &[u8] = b"55d000000000-55d000002000 r-xp 00001000 fe:00 77      /a dir/x (deleted)\nSize: 8 kB\nRss: 8 kB\n\
        Pss: 4 kB\nShared_Clean: 8 kB\nVmFlags: rd ex mr\n\
        7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0      [stack]\nRss: 12 kB\nPss: 12 kB\nPrivate_Dirty: 12 kB\n";

    #[test]
    fn mappings_are_read_with_what_they_hold() {
        let read = parse(TWO).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].name, b"/a dir/x (deleted)");
        assert_eq!((read[0].size_bytes(), &read[0].permissions), (8192, b"r-xp"));
        assert_eq!((read[0].held.pss_bytes, read[0].held.shared_bytes), (4096, 8192));
        assert_eq!((read[1].name.as_slice(), read[1].held.dirty_bytes), (&b"[stack]"[..], 12288));
    }

    #[test]
    fn nothing_is_no_mappings_and_noise_is_told() {
        assert_eq!(parse(b""), Ok(Vec::new()));
        assert!(parse(b"Rss: 8 kB\n").is_err());
        assert!(parse(b"zz-1 r-xp\n").is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
            let _ = parse(&[TWO, bytes.as_slice()].concat());
        }
    }
}
