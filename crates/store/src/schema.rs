//! The tables of the database, and how a connection to it is set up.
//!
//! ```text
//! meta      key → value, for people who open the file
//! series    id → name, kind, unit, first_ms, last_ms of what has left the tail
//! shape     id → the ids of its series, in order (4 bytes each, little end first)
//!
//! tail      a row a tick, as it came                                                codec::row
//! block     up to 600 rows of one shape and one hour: their times, and its state    codec::column
//! cell      one series over one block; id = block << 20 | series                    codec::column
//! hour      hour → which levels of detail are kept of its rolled blocks, and their extent
//! tier10    one series over one hour, 360 buckets of 10 s;  id = hour << 20 | series
//! tier60    one series over one hour,  60 buckets of 60 s;  id = hour << 20 | series       codec::bucket
//! tier3600  one series over one day,   24 buckets of 1 h;   id = day  << 20 | series
//!
//! event     what happened; for some of it facts, which programs read                                             since format 3
//!
//! roster    id → name, the names of its columns (between line ends), how long it is kept                    since format 2
//! frame     all members of a roster at a moment, as what changed since the one before           codec::frame
//! reel      frames of one hour from a key on, packed; how far apart they are                     codec::reel
//! ```
//!
//! An hour or a day is its number since 1970. A cell finds itself by arithmetic on its rowid:
//! beside a unique index on (block, series) this saves the index, about a third of what constant
//! series take, and one descent a look-up, and rows still come in ascending order, so that pages
//! are filled to the brim.

use std::time::Duration;

use rusqlite::Connection;

/// What `PRAGMA application_id` of our files says: "rmsc" in ASCII.
pub(crate) const APPLICATION_ID: i64 = 0x726d_7363;
/// The newest format this version reads and writes, in `PRAGMA user_version`.
pub(crate) const FORMAT: i64 = 3;
/// The first format that has rosters.
pub(crate) const WITH_ROSTERS: i64 = 2;
/// The first format whose events have facts.
pub(crate) const WITH_FACTS: i64 = 3;
/// Series ids are below 2 to this power, so that they fit beside a block in a rowid.
const SERIES_BITS: u32 = 20;
/// More names of series than this are in no history.
pub(crate) const MAX_SERIES: u32 = (1 << SERIES_BITS) - 1;
/// More rows than this are in no block.
pub(crate) const MAX_ROWS: usize = 1 << 16;
/// The log is cut back to this many bytes once its content is in the file.
const LOG_LIMIT_BYTES: u64 = 1 << 20;
/// The log is written back before it is much larger than this.
pub(crate) const LOG_BYTES: u64 = 4 << 20;

/// A block whose samples are in no tier yet.
pub(crate) const OPEN: i64 = 0;
/// A block whose samples are in the tiers, and still here as well.
pub(crate) const ROLLED: i64 = 1;
/// A block that is only waiting to be deleted; its samples are in those tiers that are kept.
pub(crate) const DROPPED: i64 = 2;

/// Everything but the settings that must stand before the first table.
const TABLES: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) STRICT;
CREATE TABLE series (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind INTEGER NOT NULL, unit TEXT NOT NULL,
    first_ms INTEGER, last_ms INTEGER) STRICT;
CREATE TABLE shape (id INTEGER PRIMARY KEY, series BLOB NOT NULL UNIQUE) STRICT;
CREATE TABLE tail (
    id INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, shape INTEGER NOT NULL, row BLOB NOT NULL) STRICT;
CREATE TABLE block (
    id INTEGER PRIMARY KEY, hour INTEGER NOT NULL, state INTEGER NOT NULL, shape INTEGER NOT NULL,
    first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, count INTEGER NOT NULL, times BLOB NOT NULL) STRICT;
CREATE INDEX block_hour ON block (hour, state);
CREATE INDEX block_open ON block (hour) WHERE state = 0;
CREATE INDEX block_dropped ON block (id) WHERE state = 2;
CREATE TABLE cell (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE hour (
    id INTEGER PRIMARY KEY, levels INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL) STRICT;
CREATE TABLE tier10 (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE tier60 (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE tier3600 (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE event (
    id INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL,
    kind TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL) STRICT;
CREATE INDEX event_time ON event (time_ms);
";

/// What format 2 adds to format 1.
const ROSTER_TABLES: &str = "
CREATE TABLE roster (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, columns TEXT NOT NULL, keep_ms INTEGER NOT NULL) STRICT;
CREATE TABLE frame (
    id INTEGER PRIMARY KEY, roster INTEGER NOT NULL, time_ms INTEGER NOT NULL, is_key INTEGER NOT NULL, data BLOB NOT NULL) STRICT;
CREATE INDEX frame_key ON frame (roster, time_ms) WHERE is_key = 1;
CREATE TABLE reel (
    id INTEGER PRIMARY KEY, roster INTEGER NOT NULL, hour INTEGER NOT NULL, step_ms INTEGER NOT NULL,
    first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, frames INTEGER NOT NULL, data BLOB NOT NULL) STRICT;
CREATE INDEX reel_first ON reel (roster, first_ms);
CREATE INDEX reel_hour ON reel (hour);
";

/// What format 3 adds to format 2.
const FACTS: &str = "ALTER TABLE event ADD COLUMN facts TEXT;";

/// The tables that every file of ours has, each with a column that tells it from others.
pub(crate) const LANDMARKS: [(&str, &str); 14] = [
    ("meta", "value"),
    ("series", "last_ms"),
    ("shape", "series"),
    ("tail", "row"),
    ("block", "times"),
    ("cell", "data"),
    ("hour", "levels"),
    ("tier10", "data"),
    ("tier60", "data"),
    ("tier3600", "data"),
    ("event", "detail"),
    ("roster", "columns"),
    ("frame", "data"),
    ("reel", "data"),
];

/// The rowid of `series` in the cells of `block`, or in those of the hour or the day of a tier.
pub(crate) fn cell_id(window: i64, series: i64) -> i64 {
    window << SERIES_BITS | series
}

/// Settings of the one connection that writes. The cache stays small: what is written is seldom
/// read again.
pub(crate) fn set_up_writer(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(Duration::from_secs(2))?;
    conn.set_prepared_statement_cache_capacity(48);
    conn.execute_batch(&format!(
        "PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;
         PRAGMA cache_size = -1024;
         PRAGMA auto_vacuum = INCREMENTAL;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = NORMAL;
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA journal_size_limit = {LOG_LIMIT_BYTES};"
    ))
}

/// Settings of a connection that only reads.
pub(crate) fn set_up_reader(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(Duration::from_secs(2))?;
    conn.set_prepared_statement_cache_capacity(32);
    conn.execute_batch(
        "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA cache_size = -1024;",
    )
}

/// Makes the tables in an empty database, all of them or none.
pub(crate) fn create(conn: &mut Connection, now_ms: i64) -> rusqlite::Result<()> {
    let tx = conn.transaction()?;
    tx.execute_batch(TABLES)?;
    tx.execute_batch(ROSTER_TABLES)?;
    tx.execute_batch(FACTS)?;
    tx.execute("INSERT INTO meta VALUES ('created_ms', ?1)", [now_ms])?;
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", FORMAT)?;
    tx.commit()
}

/// Brings a file of an older format to this one, wholly or not at all; what it holds stays as it is.
pub(crate) fn migrate(conn: &mut Connection) -> rusqlite::Result<()> {
    let found = pragma(conn, "user_version")?;
    if found >= FORMAT {
        return Ok(());
    }
    let tx = conn.transaction()?;
    if found < WITH_ROSTERS {
        tx.execute_batch(ROSTER_TABLES)?;
    }
    if found < WITH_FACTS {
        tx.execute_batch(FACTS)?;
    }
    tx.pragma_update(None, "user_version", FORMAT)?;
    tx.commit()
}

/// What a setting says.
pub(crate) fn pragma(conn: &Connection, name: &str) -> rusqlite::Result<i64> {
    conn.pragma_query_value(None, name, |row| row.get(0))
}
