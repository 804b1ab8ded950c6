//! `/proc/PID/statm` (fs/proc/array.c, `proc_pid_statm`): the cheapest look at a process, 0.5 µs.

use super::{scalar, words};
use crate::parse::ParseError;

/// The first three numbers of `statm`, in pages. The others are zero or repeat these since Linux 2.6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statm {
    /// Address space.
    pub size_pages: u64,
    /// Resident set: anonymous, file and shared memory pages.
    pub resident_pages: u64,
    /// Resident pages of files and of shared memory; the rest of the resident set is anonymous.
    pub shared_pages: u64,
}

/// Reads `statm`. A kernel thread and a process that has ended but was not waited for have zeros.
pub fn parse(bytes: &[u8]) -> Result<Statm, ParseError> {
    const FILE: &str = "/proc/PID/statm";
    const EXPECTED: &str = "at least three numbers of pages";
    if bytes.trim_ascii().is_empty() {
        return Err(ParseError::Empty { file: FILE, expected: EXPECTED });
    }
    let mut numbers = words(bytes).map(scalar::whole);
    let mut next = || numbers.next().flatten();
    let read =
        (|| Some(Statm { size_pages: next()?, resident_pages: next()?, shared_pages: next()? }))();
    read.ok_or_else(|| ParseError::malformed(FILE, 1, EXPECTED, bytes.trim_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_three_numbers_are_read() {
        let expected = Statm { size_pages: 1050, resident_pages: 300, shared_pages: 250 };
        assert_eq!(parse(b"1050 300 250 10 0 99 0\n"), Ok(expected));
        assert_eq!(parse(b"0 0 0 0 0 0 0\n"), Ok(Statm::default()));
        assert!(matches!(parse(b"1 2\n"), Err(ParseError::Malformed { .. })));
        assert!(matches!(parse(b""), Err(ParseError::Empty { .. })));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = parse(&bytes);
        }
    }
}
