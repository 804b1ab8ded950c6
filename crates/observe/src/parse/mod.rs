//! From the bytes of `/proc` and `/sys` to values: pure functions that open nothing and ask no clock.
//!
//! Every function takes the whole content of one file. Bytes that a kernel would never write give a
//! [`ParseError`] that says where; they never panic.

pub mod buddyinfo;
pub mod cgroup;
pub mod hugepages;
pub mod kmsg;
pub mod meminfo;
pub mod node;
pub mod pressure;
pub mod process;
pub mod scalar;
pub mod swaps;
pub mod system;
pub mod table;
pub mod thp;
pub mod vmstat;
pub mod zoneinfo;
pub mod zram;

/// Why the content of a kernel file could not be understood.
///
/// [`Empty`](ParseError::Empty) calls for patience (the file's subject is going away, or its feature
/// is off), [`Malformed`](ParseError::Malformed) for a report to us with the line that it shows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The file held nothing where something was expected.
    #[error("{file} is empty; expected {expected}")]
    Empty {
        /// The kernel's name of the file.
        file: &'static str,
        /// What was expected.
        expected: &'static str,
    },
    /// One line is not what this file is known to hold.
    #[error("{file} line {line}: expected {expected}, found {found:?}")]
    Malformed {
        /// The kernel's name of the file.
        file: &'static str,
        /// The line's number, from 1.
        line: usize,
        /// What was expected.
        expected: &'static str,
        /// The line, cut to [`FOUND_MAX`] characters, unreadable bytes replaced.
        found: String,
    },
}

/// The most characters of a misunderstood line that an error repeats.
pub const FOUND_MAX: usize = 80;

impl ParseError {
    /// A line that does not read as `expected`; `line` counts from 1.
    pub(crate) fn malformed(
        file: &'static str,
        line: usize,
        expected: &'static str,
        found: &[u8],
    ) -> Self {
        let found = String::from_utf8_lossy(found).chars().take(FOUND_MAX).collect();
        ParseError::Malformed { file, line, expected, found }
    }
}

/// The lines of a file with their numbers from 1, without line ends and without empty lines.
pub(crate) fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    bytes
        .split(|byte| *byte == b'\n')
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| !line.iter().all(u8::is_ascii_whitespace))
}

/// The words of a line, split at any run of blanks.
pub(crate) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}
