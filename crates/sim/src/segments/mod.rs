//! Segmentation: an address space in parts of any length, each with a place of its own in memory.
//!
//! ```text
//!   segment, offset ──▶ translation: segment table ──▶ which check holds ──▶ physical address, or a trap
//! ```

mod kind;
mod text;
pub mod translation;

pub use kind::{Kind, Protection};

/// The largest memory, segment and address, in bytes: a JSON number holds every sum of two of them exactly.
pub const MAX_BYTES: u64 = 1 << 52;
