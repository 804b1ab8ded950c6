//! Page replacement: which page leaves when a page comes in and every frame is taken.
//!
//! ```text
//!   text ──▶ parse ──▶ References ──▶ Machine<P: Policy> ──▶ Outcome a reference, Counts     (speed: `run`)
//!                     (dense ids)           ▲      │
//!                                           │      └──▶ Witness: the sentences ──▶ Step       (learners: `Stepper`)
//!                            Convention ──▶ P
//! ```
//!
//! A policy is one file in [`policies`] and one line in the [`registry`]. It is written once, against the
//! [`Policy`] trait, with a [`Witness`] as its listener: the silent witness compiles to nothing, so the code that
//! explains each comparison is the code that makes it at full speed.

mod bit_tree;
mod bits;
mod chains;
mod convention;
mod error;
mod foresight;
mod frequency;
mod generate;
mod governor;
mod heap;
mod index;
mod machine;
mod memory;
mod overview;
mod parse;
pub mod policies;
mod policy;
mod presets;
pub mod question;
pub(crate) mod random;
mod recency;
mod references;
pub mod registry;
mod resident_set;
mod roster;
mod run;
mod stepper;
mod telling;
mod view;

pub use crate::window::Window;
pub use convention::{Convention, FRAMES_ORDER, Kind, Paging, Parameter, Used, Value};
pub use error::{Error, ParseError, Problem};
pub use generate::{NotMade, Zipf};
pub(crate) use governor::{Act, Govern, Left};
pub use index::{Frame, PageId};
pub use machine::{Counts, Machine, Outcome};
pub use memory::Memory;
pub use overview::{Divergence, Far, Overview, Tally, overview, window};
pub(crate) use parse::lackey_accesses;
pub use parse::{Form, PackedError, detect, is_packed, parse, unpack};
pub use policy::{Listed, Policy, Reference, Setup, Silent, Witness};
pub use presets::{PRESETS, Preset};
pub(crate) use random::{SplitMix64, mix};
pub use references::References;
pub use run::{Run, Step, Want, run};
pub use stepper::{Deed, Stepper, Steps};
pub use telling::Telling;
pub use view::{Bit, Gauge, Hand, Queue, QueueEntry, Row, Slot, View};

/// The most frames a machine may have: enough for 4 GiB of 4 KiB pages, and a table of them is 4 MB.
pub const MAX_FRAMES: usize = 1_000_000;

/// The most references one problem may hold: positions travel as `u32`, with room for "never".
pub const MAX_REFERENCES: usize = 1_000_000_000;

/// The largest page number a reference string may name: the largest integer that every reader of JSON keeps exact.
pub const MAX_PAGE: u64 = (1 << 53) - 1;

/// The most cells (references × frames) of which every step is kept at once; beyond it a [`window()`] of any place is
/// had, and a [`Stepper`] goes anywhere.
const MAX_CELLS: usize = 20_000_000;
