//! Live memory of the system, and its history.
//!
//! Bytes of `/proc` and `/sys` are opened by [`source`] alone, read by the pure functions of
//! [`parse`], and put together into one [`Snapshot`] a tick by the [`sampler`]. From a snapshot follow,
//! without any further reading, [`Memory`] (the numbers everyone quotes), the [`Ledger`] (where all of
//! `MemTotal` went) and the [`Verdict`] (whether the machine is short, in words). [`history`] keeps the
//! snapshots and answers for the past.

pub mod alert;
pub mod cgroups;
pub mod chart;
pub mod clock;
pub mod explain;
pub mod export;
pub mod forecast;
pub mod format;
pub mod glossary;
pub mod history;
mod in_place;
pub mod ledger;
pub mod memory;
pub mod pace;
pub mod parse;
pub mod printable;
pub mod processes;
pub mod rates;
pub mod sampler;
pub mod snapshot;
pub mod source;
pub mod watch;
pub mod when;

pub use explain::Verdict;
pub use ledger::Ledger;
pub use memory::Memory;
pub use snapshot::Snapshot;

/// UTC milliseconds since 1970-01-01: the only form in which time travels through ramscope.
pub type TimeMs = i64;
