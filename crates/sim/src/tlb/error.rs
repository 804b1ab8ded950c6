//! What can be wrong with a question to the TLB machines. Each kind calls for another act of the one who asked.

use super::{MAX_ENTRIES, MAX_PLRU_WAYS, MAX_STEPS};
use crate::processes::TextError;

/// A question that cannot be answered.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A number of entries that no TLB has.
    #[error("{asked} entries cannot be simulated: ask for 1 to {MAX_ENTRIES}")]
    Entries {
        /// The number that was asked for.
        asked: u32,
    },
    /// Ways that do not divide the entries.
    #[error("{entries} entries do not make sets of {ways} ways: the ways must divide the entries")]
    Ways {
        /// The entries.
        entries: u32,
        /// The ways.
        ways: u32,
    },
    /// Ways that have no tree.
    #[error(
        "plru needs a tree, so its ways are a power of two up to {MAX_PLRU_WAYS}, not {ways}: change them or take lru"
    )]
    Tree {
        /// The ways.
        ways: u32,
    },
    /// No replacement has this name.
    #[error("there is no replacement `{name}` of a TLB: take lru, fifo, random or plru{nearest}")]
    UnknownReplacement {
        /// The name that was asked for.
        name: String,
        /// "; did you mean …?", or nothing.
        nearest: String,
    },
    /// A page size of 0.
    #[error("pages of 0 bytes cannot be simulated: give a page size of at least 1 byte")]
    PageSize,
    /// No access.
    #[error("there is no access: give at least one address")]
    Empty,
    /// Steps that would not fit memory.
    #[error(
        "{references} references are too many to keep every step of: ask for the counts, or for at most {MAX_STEPS}"
    )]
    TooManySteps {
        /// References in the list.
        references: usize,
    },
    /// A number that is no ratio.
    #[error("{what} cannot be {value}: it is a ratio from 0 to 1")]
    Ratio {
        /// What it is.
        what: &'static str,
        /// The value that was given.
        value: f64,
    },
    /// A number that is no time.
    #[error("{what} cannot be {value}: it is a time of 0 or more")]
    Time {
        /// What it is.
        what: &'static str,
        /// The value that was given.
        value: f64,
    },
    /// A text that is no list of accesses.
    #[error(transparent)]
    Text(#[from] TextError),
}
