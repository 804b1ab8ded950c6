//! The translation look-aside buffer: which translations are at hand, and what that does to the time of an access.
//!
//! ```text
//!   text ──▶ accesses ──▶ Machine: first level (one, or one for code and one for data) ──▶ second level ──▶ page walk
//!                           │                                                     hits and misses a level
//!                           └──▶ Step: set, ways compared, victim, sentence                    │
//!                                                                        Timing ──▶ Effective access time
//! ```
//!
//! The set of a page is its number mod the number of sets. An access that crosses a page looks both pages up, as
//! cachegrind does with lines, and counts at most one miss a level. The second level is looked up after a miss of the
//! first; a walk fills both, and neither is made to hold what the other does.

mod cache;
mod error;
mod machine;
mod run;
mod text;
mod time;

pub use cache::{Geometry, Replacement};
pub use error::Error;
pub use machine::{Access, Kind, Machine, Setup, Switch};
pub use run::{Lookup, Report, Step, Unit, Victim, run};
pub use text::{lackey, typed};
pub use time::{Convention, Effective, Timing};

/// The most entries of one level.
pub const MAX_ENTRIES: u32 = 65_536;

/// The most ways of a set that is replaced by tree-PLRU: its tree is one word.
pub const MAX_PLRU_WAYS: u32 = 64;

/// The most references of which every step is kept.
pub const MAX_STEPS: usize = 100_000;
