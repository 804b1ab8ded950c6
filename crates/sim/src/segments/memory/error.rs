//! What can be wrong with a question about segments in memory. Each kind calls for another act of the one who asked.

use super::{MAX_EVENTS, MAX_ROWS};
use crate::processes::TextError;
use crate::segments::{MAX_BYTES, translation};

/// A question that cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A memory of no size, or too large.
    #[error("{memory_bytes} bytes of memory cannot be simulated: give 1 to {MAX_BYTES}")]
    Memory {
        /// The memory that was asked for.
        memory_bytes: u64,
    },
    /// No fit has this name.
    #[error("there is no fit `{name}`: take first, next, best or worst{nearest}")]
    UnknownFit {
        /// The name that was asked for.
        name: String,
        /// "; did you mean …?", or nothing.
        nearest: String,
    },
    /// A script without an event.
    #[error("the script is empty: begin with `arrive p1 code=100 heap=50`, then `grow p1 heap 20`")]
    Empty,
    /// A script that is too long.
    #[error("the script has more than {MAX_EVENTS} events: split it")]
    TooLong,
    /// Maps that are too large together.
    #[error(
        "the maps of all steps have more than {MAX_ROWS} segments and holes together: take fewer events or fewer segments"
    )]
    TooMuch,
    /// A line that is no event, or an event that cannot be.
    #[error(transparent)]
    Script(#[from] TextError),
    /// What the translation of an access refuses.
    #[error(transparent)]
    Translation(#[from] translation::Error),
}
