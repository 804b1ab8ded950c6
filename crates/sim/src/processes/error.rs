//! What can be wrong with a question to the processes lab. Each kind calls for another act of the one who asked.

use super::text::TextError;
use super::{MAX_EVENTS, MAX_FRAMES, MAX_PAGES, MAX_PROCESSES};
use crate::paging;

/// A question that cannot be answered.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Memory that is no whole number of pages, or none.
    #[error("{memory_bytes} bytes of memory are no whole number of {page_bytes}-byte pages: {}", remainder(*.memory_bytes, *.page_bytes))]
    Split {
        /// The memory that was asked for.
        memory_bytes: u64,
        /// The page size that was asked for.
        page_bytes: u64,
    },
    /// More frames than the lab draws.
    #[error(
        "{frames} frames are more than the lab's {MAX_FRAMES}: take less memory or larger pages"
    )]
    Frames {
        /// Memory divided by the page size.
        frames: u64,
    },
    /// A number of processes that the default script cannot have.
    #[error("{asked} processes cannot be simulated: ask for 1 to {MAX_PROCESSES}")]
    Processes {
        /// The number that was asked for.
        asked: u64,
    },
    /// A script without an event.
    #[error("the script is empty: begin with `arrive p1 3`, then `touch p1 0`")]
    Empty,
    /// A script that is too long.
    #[error("the script has more than {MAX_EVENTS} events: split it")]
    TooLong,
    /// Processes that are too large together.
    #[error(
        "the processes of the script have more than {MAX_PAGES} pages together: make them smaller"
    )]
    TooLarge,
    /// A line that is no event.
    #[error(transparent)]
    Script(#[from] TextError),
    /// What the paging machines refuse: an unknown policy, a wrong parameter.
    #[error(transparent)]
    Paging(#[from] paging::Error),
}

/// What to do about a memory size that does not divide.
fn remainder(memory_bytes: u64, page_bytes: u64) -> String {
    if page_bytes == 0 {
        return "give a page size of at least 1 byte".to_owned();
    }
    let (frames, left) = (memory_bytes / page_bytes, memory_bytes % page_bytes);
    let more = (frames.saturating_add(1)).saturating_mul(page_bytes);
    match frames {
        0 => format!("give at least {page_bytes} bytes"),
        _ => {
            let less = memory_bytes - left;
            format!("{left} bytes are left over, so give {less} ({frames} frames) or {more}")
        }
    }
}
