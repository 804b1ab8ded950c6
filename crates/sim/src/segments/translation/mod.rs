//! Translation by segments: from a segment and an offset to a physical address, and which check says no.
//!
//! ```text
//!   text ──▶ Table (Segment: base, limit, growth, protection, sharing, presence)
//!   text ──▶ Request (segment by number, by kind, or in the top bits of the address)
//!                │
//!                ▼   number ── presence ── limit ── protection ──▶ base + offset ──▶ Translation
//!                        in this order; the first that does not hold is the trap
//! ```
//!
//! Relocation by base and limit is a table of one segment. Where segments are paged, the base leads to a page table of
//! [`crate::translate`], and the walk goes on there.
//!
//! A segment that grows down is written in either published way. OSTEP (chapter 16, and its `segmentation.py`): the base is
//! one byte above the highest, an offset counts from the bottom of the largest segment that the address bits allow, and
//! that size is taken from it, so that what is added is negative. Intel (SDM volume 3A, 5.3, expand-down): the base is
//! the bottom of that largest segment, and the offsets above the limit are the valid ones.
//!
//! The checks are made in the order of Multics: missing segment, bounds, access (Organick, The Multics System, 1972).

mod check;
mod error;
mod paged;
mod request;
mod table;
mod telling;

pub use check::{Bits, Compare, Report, Sum, Translation, Trap, translate};
pub use error::Error;
pub use request::{Request, Selector};
pub use table::{Growth, Location, Segment, Shape, Split, Table};

/// The most segments of a table.
pub const MAX_SEGMENTS: usize = 1024;

/// The largest segment number, where the address bits do not say less.
pub const MAX_NUMBER: u64 = 65_535;

/// The most pages of all segments of a table together.
pub const MAX_PAGES: usize = 65_536;

/// The most frames that a page may be in one of; the frames above hold the page tables.
pub const MAX_FRAMES: u64 = 1 << 19;

/// The most requests of one question.
pub const MAX_REQUESTS: usize = 10_000;
