//! Segmentation: an address space in parts of any length, each with a place of its own in memory.
//!
//! ```text
//!   segment, offset ──▶ translation: segment table ──▶ which check holds ──▶ physical address, or a trap
//!   arrive, grow, end ──▶ memory: processes of code, data, heap and stack in holes, and in the swap area
//! ```
//!
//! [`translation`] answers what a segment table does with an address; [`memory`] where segments are while processes come,
//! grow and go. The second asks the first whenever a process makes an access.

mod kind;
pub mod memory;
mod text;
pub mod translation;

pub use kind::{Kind, Protection};

/// The largest memory, segment and address, in bytes: a JSON number holds every sum of two of them exactly.
pub const MAX_BYTES: u64 = 1 << 52;
