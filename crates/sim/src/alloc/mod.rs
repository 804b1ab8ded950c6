//! Allocation: where requests of different sizes go, what they leave behind, and why free memory cannot be used.
//!
//! ```text
//!   text ──▶ read ──▶ Requests ──▶ Machine<P: Policy> ──▶ Outcome an operation, Counts     (speed: `Entry::count`)
//!                    (dense ids)         ▲      │
//!                                        │      └──▶ Witness: the sentences ──▶ OpStep     (learners: `Stepper`)
//!                         Convention ──▶ P
//! ```
//!
//! A policy is one file in [`policies`] and one line in the [`registry`]. It is written once, against the [`Policy`]
//! trait, with a [`Witness`] as its listener: the silent witness compiles to nothing, so the code that explains each
//! choice is the code that makes it at full speed. The [`Machine`] owns who holds which block; a policy owns what is
//! free. [`place`] and [`partition`] are the two problems of textbooks in which memory is cut up beforehand.

mod convention;
mod error;
mod lives;
mod machine;
mod metrics;
mod names;
mod pages;
mod partition;
mod placement;
pub mod policies;
mod policy;
pub mod question;
mod read;
pub mod registry;
mod requests;
mod run;
mod series;
mod span;
mod stepper;
mod survey;
mod telling;
mod view;

pub use crate::window::Window;
pub use convention::{
    ALIGN, Allocation, COMPACTION, Convention, HEADER, MINIMUM, Rules, THRESHOLD,
};
pub use error::{Error, Misuse};
pub use lives::{Life, Lives};
pub use machine::{Counts, Machine, Outcome};
pub use metrics::Metrics;
pub use pages::PAGE_BYTES;
pub use partition::{Choice, Partition, PartitionStep, Pick, Queues, Scheme, partition};
pub use placement::{FITS, Partitions, Placement, Placements, place};
pub use policy::{Grant, Policy, Refusal, Request, Setup, Silent, Slide, Variant, Witness};
pub use read::{Form, RequestsReader, read, sizes};
pub use requests::{Op, RequestId, Requests, RequestsBuilder};
pub use run::{OpStep, Run, Want, run, setup};
pub use series::{Band, Series};
pub use span::{Block, Span};
pub use stepper::{Before, Held, Stepper, Steps};
pub use telling::Move;
pub use view::{
    Bitmap, Cache, ClassBit, FreeList, Gauge, Mark, Node, NodeState, SHOWN, Slab, View,
};

/// The highest address a memory may reach: the largest integer that every reader of JSON keeps exact.
pub const MAX_ADDRESS: u64 = (1 << 53) - 1;

/// The most operations one list may hold.
pub const MAX_OPS: usize = 1_000_000_000;

/// The most holes or partitions of one problem.
pub const MAX_HOLES: usize = 10_000;

/// The most holes, partitions and entries of free lists that the steps of one run may hold together.
const MAX_ENTRIES: usize = 20_000_000;
