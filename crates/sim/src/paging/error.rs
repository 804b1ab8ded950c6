//! What can be wrong with a question to the paging machines. Each kind calls for another act of the one who asked.

use std::fmt;

use super::{MAX_FRAMES, MAX_PAGE, MAX_REFERENCES};
use crate::convention::{SettingError, did_you_mean};

/// A question that cannot be answered.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No policy has this name.
    #[error("there is no policy `{name}`{}", did_you_mean(.nearest.as_ref()))]
    UnknownPolicy {
        /// The name that was asked for.
        name: String,
        /// The nearest name there is, where one is near.
        nearest: Option<&'static str>,
    },
    /// A choice that no convention holds.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// A number of frames that no machine has.
    #[error("{asked} frames cannot be simulated: ask for 1 to {MAX_FRAMES}")]
    Frames {
        /// The number that was asked for.
        asked: usize,
    },
    /// A string without a reference.
    #[error("the reference string is empty: give at least one page number")]
    Empty,
    /// A string that is too long.
    #[error("the reference string has more than {MAX_REFERENCES} references: split it")]
    TooLong,
    /// Steps of a problem whose grid would not fit memory.
    #[error(
        "{references} references × {frames} frames are too many cells to keep every step: \
         ask for the counts, or for a window of the steps"
    )]
    TooManySteps {
        /// References in the string.
        references: usize,
        /// Frames of memory.
        frames: usize,
    },
    /// A binary trace that ends within a record.
    #[error(
        "byte {offset}: a record of {record_bytes} bytes ends after {left}: the trace is cut off, or of another format"
    )]
    Truncated {
        /// Where the record begins, from 0.
        offset: usize,
        /// How many bytes of it there are.
        left: usize,
        /// Length of a record of the format.
        record_bytes: usize,
    },
    /// Bytes that are no trace of the form asked for.
    #[error("byte {offset}: {problem}")]
    NoTrace {
        /// Where that shows, from 0.
        offset: usize,
        /// What is wrong there, and what to do.
        problem: &'static str,
    },
    /// A text that is no reference string.
    #[error(transparent)]
    Parse(#[from] ParseError),
}

/// Where a text stops being a reference string, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// The byte in the line, from 1.
    pub column: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a text at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// Something else stands where `wanted` should.
    Unexpected {
        /// The text found, shortened.
        found: String,
        /// What belongs there, in words.
        wanted: &'static str,
    },
    /// A minus sign before a number.
    Negative {
        /// The text found, shortened.
        found: String,
    },
    /// A number beyond [`MAX_PAGE`].
    TooLarge {
        /// The text found, shortened.
        found: String,
    },
    /// Bytes that are no text.
    Binary,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Unexpected { found, wanted } => write!(f, "`{found}` is not {wanted}"),
            Problem::Negative { found } => {
                write!(f, "`{found}` is negative: pages are numbered from 0")
            }
            Problem::TooLarge { found } => {
                write!(f, "`{found}` is too large: the largest page number is {MAX_PAGE}")
            }
            Problem::Binary => write!(f, "this is not text: choose the trace's own format"),
        }
    }
}
