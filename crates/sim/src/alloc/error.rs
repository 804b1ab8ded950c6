//! What can be wrong with a question to the allocation machines. Each kind calls for another act of the one who asked.

use super::{MAX_ADDRESS, MAX_HOLES, MAX_OPS};
use crate::convention::{SettingError, did_you_mean};
use crate::processes::TextError;

/// A question that cannot be answered.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No policy has this name.
    #[error("there is no allocation policy `{name}`{}", did_you_mean(.nearest.as_ref()))]
    UnknownPolicy {
        /// The name that was asked for.
        name: String,
        /// The nearest name there is, where one is near.
        nearest: Option<&'static str>,
    },
    /// No fit over given holes has this name.
    #[error("there is no fit `{name}` over given holes: take first, next, best or worst{}", did_you_mean(.nearest.as_ref()))]
    UnknownFit {
        /// The name that was asked for.
        name: String,
        /// The nearest name there is, where one is near.
        nearest: Option<&'static str>,
    },
    /// A hole, partition, request or process of an impossible size.
    #[error(
        "{what} {number} has {size} bytes: sizes are whole numbers from 1, all holes together end at {MAX_ADDRESS} or \
         before, and there are at most {MAX_HOLES} of them"
    )]
    Size {
        /// What it is.
        what: &'static str,
        /// Which, from 1.
        number: usize,
        /// Its size.
        size: u64,
    },
    /// A choice that no convention holds.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// A memory without a byte, or one that reaches too far.
    #[error(
        "a memory of {size} bytes from {base} cannot be simulated: give at least 1 byte, \
         and let it end at {MAX_ADDRESS} or before"
    )]
    Memory {
        /// Its first address.
        base: u64,
        /// Its bytes.
        size: u64,
    },
    /// An alignment that is no power of two.
    #[error(
        "sizes cannot be aligned to {align}: an alignment is a power of two, such as {nearest}"
    )]
    Align {
        /// The alignment that was asked for.
        align: u64,
        /// The next power of two.
        nearest: u64,
    },
    /// A list without an operation.
    #[error("the list of requests is empty: ask for memory first, for instance +10")]
    Empty,
    /// A request that no state of this memory could hold.
    #[error(
        "operation {op} asks for {size} bytes of a memory of {capacity}: it can never be placed; \
         give more memory or ask for less"
    )]
    LargerThanMemory {
        /// The operation, from 1.
        op: usize,
        /// What it asks for.
        size: u64,
        /// What there is.
        capacity: u64,
    },
    /// Steps of a problem that would not fit memory.
    #[error(
        "the holes and partitions after each of {ops} operations are too many to keep, {kept} steps fit: \
         ask for the metrics, for a window of the steps, or for fewer operations"
    )]
    TooManySteps {
        /// Operations in the list.
        ops: usize,
        /// How many steps could be kept.
        kept: usize,
    },
    /// More work than one question may be.
    #[error(
        "{policy} comes to operation {op} of {ops}: with the lists that are looked through and the blocks that are moved on the \
         way that is a few seconds of work, as much as one question may be; ask for fewer policies at a time, order the free \
         list by `address`, where holes are found through an index, compact less often, or run `ramscope sim alloc`, which has \
         no such bound"
    )]
    TooMuchWork {
        /// The policy's title.
        policy: &'static str,
        /// The operation it came to, from 1.
        op: usize,
        /// Operations in the list.
        ops: usize,
    },
    /// A text that is no list of requests, or one that no program could make.
    #[error(transparent)]
    Parse(#[from] TextError),
}

/// An operation that no program could make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// A request for nothing.
    #[error("a request for 0 bytes: ask for at least 1")]
    NoBytes,
    /// A request beyond every memory.
    #[error("a request for {size} bytes: the largest memory ends at {MAX_ADDRESS}")]
    TooLarge {
        /// The bytes asked for.
        size: u64,
    },
    /// A free of what was never allocated.
    #[error(
        "{name} was never allocated, so it cannot be freed: free an id that stands earlier in the list"
    )]
    NeverAllocated {
        /// What the list calls it.
        name: u64,
    },
    /// A second free.
    #[error("{name} is freed twice: operation {by} freed it already")]
    FreedTwice {
        /// What the list calls it.
        name: u64,
        /// The operation that freed it, from 1.
        by: u32,
    },
    /// One operation too many.
    #[error("the list has more than {MAX_OPS} operations: split it")]
    TooLong,
}
