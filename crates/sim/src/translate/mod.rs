//! Address translation: from a virtual address to a physical one, bit by bit, and which level says no.
//!
//! ```text
//!   Scheme (how the bits are split) ─┐
//!   EntryFormat (which bit is what) ─┼──▶ walk(Bytes, root, address) ──▶ Walk: a Level a table, with its checks
//!   Bytes (physical memory, sparse) ─┘        ▲
//!                                             │
//!   System (frames, spaces, fork, sharing) ───┘        Inverted, Hashed ──▶ Search: a Probe an entry
//! ```
//!
//! The tables are bytes in a simulated physical memory, laid out as the hardware lays them out, and the walk reads
//! nothing else. [`System`] plays the operating system: it writes the tables, and answers copy-on-write faults.

mod bytes;
mod error;
mod format;
mod probing;
mod row;
mod scheme;
mod script;
mod search;
mod system;
mod walk;

pub use bytes::{Address, Bytes};
pub use error::Error;
pub use format::{EntryFormat, Flags, Leaf, OSTEP_BYTE, OSTEP_WORD, SV39, X86, X86_64};
pub use probing::{Hashed, Inverted, Owner, Probe, Search};
pub use row::Row;
pub use scheme::{PRESETS, Scheme};
pub use script::{Script, Step, replay};
pub use search::{MAX_SHARED, SearchStep, SharedTable, search};
pub use system::{Copied, Mapping, Outcome, SpaceId, System, TableBytes, Target};
pub use walk::{Access, Check, Fault, FaultKind, Level, Request, Walk, walk};

/// The most levels of a page table.
pub const MAX_LEVELS: usize = 5;

/// The most bits that index one table: 2^28 entries.
pub const MAX_INDEX_BITS: u32 = 28;

/// The most bits of the offset: a page of 1 GiB.
pub const MAX_OFFSET_BITS: u32 = 30;

/// The most events of a script.
pub const MAX_EVENTS: usize = 10_000;
