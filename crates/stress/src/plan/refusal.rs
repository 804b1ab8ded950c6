//! Why a plan is refused. Each kind calls for another act of the one who asked.

use crate::amount::AmountError;
use crate::bytes::Bytes;
use crate::limits::Headroom;

/// A request that becomes no plan. What was asked for is named as on the command line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A text that is no size or rate.
    #[error("--{option} {error}")]
    Unreadable {
        /// The option, without its dashes.
        option: &'static str,
        /// Where it goes wrong.
        error: AmountError,
    },
    /// A name that nothing has.
    #[error("--{option} `{found}` is unknown: choose one of {known}")]
    UnknownName {
        /// The option, without its dashes.
        option: &'static str,
        /// The name that was asked for, shortened.
        found: String,
        /// The names there are, between commas.
        known: String,
    },
    /// A value outside of what the option takes.
    #[error("--{option} cannot be {found}: it takes {takes}")]
    OutOfBounds {
        /// The option, without its dashes.
        option: &'static str,
        /// The value, as people read it.
        found: String,
        /// What it takes, in words.
        takes: String,
    },
    /// Two wishes that exclude each other, or one that needs another.
    #[error("{0}")]
    Unfit(String),
    /// More than may be taken safely.
    #[error(
        "{} cannot be taken safely: the headroom is {headroom}. Ask for at most {}, change --reserve, \
         or say --i-know if it may swap or have processes killed",
        Bytes(*asked_bytes), Bytes(headroom.bytes)
    )]
    TooLarge {
        /// What was asked for, in bytes.
        asked_bytes: u64,
        /// What may be taken.
        headroom: Headroom,
    },
    /// More than there is, which no `--i-know` makes possible.
    #[error(
        "{} is more than the {} of memory and free swap there are: ask for less, or say --cgroup-limit to see \
         it fail in a cgroup of its own",
        Bytes(*asked_bytes), Bytes(*there_is_bytes)
    )]
    BeyondMemory {
        /// What was asked for, in bytes.
        asked_bytes: u64,
        /// Memory and free swap, in bytes.
        there_is_bytes: u64,
    },
    /// Something that may swap or kill, and nobody said that this is known.
    #[error("{0}: say --i-know if that is what you want")]
    NeedsIKnow(String),
    /// A growth that would not be over when the run is.
    #[error(
        "growing to {} at {}/s takes {takes_ms} ms, and the run ends after {duration_ms} ms: \
         raise --rate or --for, or ask for less",
        Bytes(*size_bytes), Bytes(*rate_bytes_per_s)
    )]
    TooSlow {
        /// What was asked for, in bytes.
        size_bytes: u64,
        /// The growth, in bytes a second.
        rate_bytes_per_s: u64,
        /// How long that takes.
        takes_ms: u64,
        /// How long the run lasts.
        duration_ms: u64,
    },
    /// A run that needs swap where there is not enough of it.
    #[error(
        "{} beyond the limit of {} need as much swap, and {} are free: add swap, or ask for less",
        Bytes(*beyond_bytes), Bytes(*limit_bytes), Bytes(*swap_free_bytes)
    )]
    TooLittleSwap {
        /// What does not fit into the cgroup, in bytes.
        beyond_bytes: u64,
        /// The cgroup's limit, in bytes.
        limit_bytes: u64,
        /// Free swap, in bytes.
        swap_free_bytes: u64,
    },
}
