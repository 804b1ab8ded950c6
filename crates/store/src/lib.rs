//! Durable number series and events in one `SQLite` file: append, seek, roll up.
//!
//! One [`Store`] writes a data directory; any number of [`Reader`]s, in any process, read it
//! meanwhile. A row of values is on its way to disk when [`Store::append`] returns and survives
//! `kill -9`; after a loss of power at most what came since the last checkpoint (ten seconds) is
//! gone.
//!
//! ```text
//!            append                seal (600 rows)            roll up (an hour)
//!   values ────────▶ tail ───────────────────────▶ block ─────────────────────▶ tiers 10 s, 60 s, 1 h
//!                    a row a tick                  a cell a series              min, max, sum, count
//! ```
//!
//! Every sample is counted in exactly one of three places: in the tail, in a block that is not
//! rolled up yet, or in the tiers (whose blocks stay beside them as the samples themselves until
//! retention drops them). What a query answers is the sum of the three, so neither the time going
//! backwards nor the moment of a roll-up loses or doubles anything.
//!
//! Beside the series stand rosters: members that come and go, with numbers each, of whom a frame tells all that are there.
//!
//! ```text
//!             frame               seal (600 frames)       an hour later        a day later
//!   members ────────▶ frame ──────────────────────▶ reel ──────────────▶ 10 s ─────────────▶ 60 s
//!                     what changed since the one before   a key and what changed since, packed
//! ```
//!
//! The crate does not know what the numbers mean, asks no clock, and takes every time as an
//! argument.

mod block;
mod codec;
mod db;
mod error;
mod lock;
mod moment;
mod nearest;
mod open;
mod range;
mod reader;
mod retain;
mod roster;
mod schema;
mod seal;
mod tiers;
mod types;
mod writer;

#[cfg(test)]
mod tests;

pub use error::Error;
pub use range::{MAX_CELLS, MAX_POINTS};
pub use reader::Reader;
pub use types::{
    Column, Event, Folded, Frame, FrameMember, Key, Kind, Limits, Member, Notice, Range, Roster,
    RosterSpec, SeriesInfo, SeriesSpec, Shape, Span, TimeMs, Upkeep, Visit,
};
pub use writer::Store;

/// The name of the database inside the data directory.
pub const FILE_NAME: &str = "history.sqlite";
