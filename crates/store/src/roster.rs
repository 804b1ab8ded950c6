//! Rosters as they are written: a frame a tick at once, reels of ten minutes, thinner ones later.
//!
//! What was tried before this shape was settled, at 5,000 members of 6 columns with 50 coming and going a second, ten
//! minutes at a frame a second: a row a member and a row a change took 13.2 MB (1.9 GB a day), a cell a member and column
//! 4.5 MB, frames of changes 1.5 MB, 1.2 MB with births told against the last of their label, 0.97 MB packed.

mod read;
mod thin;

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

pub(crate) use read::{frame_at, oldest, track};
pub(crate) use thin::thin;

use crate::codec::Torn;
use crate::codec::frame::{Encoder, MAX_COLUMNS};
use crate::codec::reel::{self, Effort};
use crate::error::Fault;
use crate::moment::hour_of;
use crate::{Error, Limits, RosterSpec, TimeMs, Visit};

/// A reel has so many frames at the most, and so many bytes before it is packed.
const REEL_FRAMES: u64 = 600;
const REEL_BYTES: usize = 4 << 20;
/// So many reels are dropped in one step.
const REELS_A_STEP: u32 = 4;

/// The rosters of an open database.
#[derive(Debug, Default)]
pub(crate) struct Rosters {
    /// As many as the store has declared, in that order.
    known: Vec<Known>,
    /// Whether frames wait to be wound up.
    must_seal: bool,
    bytes: Vec<u8>,
}

/// One roster.
#[derive(Debug)]
struct Known {
    id: i64,
    encoder: Encoder,
    /// The first frame of the reel that is being written.
    reel_start: i64,
    reel_bytes: usize,
}

/// A reel as it stands in the file.
#[derive(Debug)]
struct Reel {
    roster: i64,
    step_ms: i64,
    first_ms: TimeMs,
    last_ms: TimeMs,
    frames: u64,
    /// Frames, one after another, not packed.
    bytes: Vec<u8>,
}

/// Whether a roster can be recorded.
pub(crate) fn check(spec: &RosterSpec) -> Result<(), Error> {
    if (1..=MAX_COLUMNS).contains(&spec.columns.len()) {
        return Ok(());
    }
    let why = format!("a roster has 1 to {MAX_COLUMNS} columns, and not {}", spec.columns.len());
    Err(Error::BadInput { why })
}

impl Rosters {
    /// Looks at what the file holds.
    pub(crate) fn recall(&mut self, conn: &Connection) -> Result<(), Fault> {
        self.must_seal = conn.prepare_cached("SELECT 1 FROM frame LIMIT 1")?.exists([])?;
        Ok(())
    }

    /// Makes the next roster known to the file.
    pub(crate) fn declare(&mut self, conn: &Connection, spec: &RosterSpec) -> Result<(), Fault> {
        let columns = spec.columns.join("\n");
        let id = conn
            .prepare_cached(
                "INSERT INTO roster (name, columns, keep_ms) VALUES (?1, ?2, ?3)
                 ON CONFLICT (name) DO UPDATE SET keep_ms = excluded.keep_ms RETURNING id, columns",
            )?
            .query_row(params![spec.name, columns, spec.keep_ms], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
            })?;
        let id = if id.1 == columns { id.0 } else { replace(conn, spec, id.0, &columns)? };
        let encoder = Encoder::new(spec.columns.len());
        self.known.push(Known { id, encoder, reel_start: i64::MAX, reel_bytes: 0 });
        Ok(())
    }

    /// Writes a frame, as a transaction of its own.
    pub(crate) fn frame(
        &mut self,
        conn: &Connection,
        roster: usize,
        time: TimeMs,
        visit: &Visit<'_>,
    ) -> Result<bool, Fault> {
        let known = &mut self.known[roster];
        let is_key = known.must_begin(time);
        if is_key {
            self.must_seal |= known.encoder.frames() > 0;
            known.encoder.begin();
            known.reel_bytes = 0;
        }
        self.bytes.clear();
        let is_whole = known.encoder.encode(time, visit, &[], &mut self.bytes);
        let written = conn
            .prepare_cached(
                "INSERT INTO frame (roster, time_ms, is_key, data) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![known.id, time, is_key, self.bytes]);
        if let Err(error) = written {
            // What the encoder remembers is in no file: the next frame is a key.
            known.encoder.begin();
            return Err(error.into());
        }
        known.reel_bytes += self.bytes.len();
        if is_key {
            known.reel_start = conn.last_insert_rowid();
        }
        Ok(is_whole)
    }

    /// Whether frames wait to be wound up.
    pub(crate) fn is_due(&self) -> bool {
        self.must_seal
    }

    /// Winds up all frames but those of the reels that are being written; tells how many.
    pub(crate) fn seal(&mut self, tx: &Transaction<'_>) -> Result<u64, Fault> {
        let mut list = tx.prepare_cached("SELECT DISTINCT roster FROM frame")?;
        let rosters = list.query_map([], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
        let mut sealed = 0;
        for roster in rosters {
            let known = self.known.iter().find(|known| known.id == roster);
            let end = known.map_or(i64::MAX, |known| known.reel_start);
            sealed += seal(tx, roster, end)?;
        }
        Ok(sealed)
    }

    /// To be called when what was sealed is in the file.
    pub(crate) fn sealed(&mut self) {
        self.must_seal = false;
    }
}

impl Known {
    /// Whether a frame at this time begins a reel: none crosses an hour, and within one time does not run back.
    fn must_begin(&self, time: TimeMs) -> bool {
        let last = self.encoder.last_time();
        self.encoder.frames() == 0
            || self.encoder.frames() >= REEL_FRAMES
            || self.reel_bytes >= REEL_BYTES
            || time < last
            || hour_of(time) != hour_of(last)
    }
}

/// A roster whose columns changed goes on under another id, and what was kept under the old columns is left to retention.
fn replace(conn: &Connection, spec: &RosterSpec, old: i64, columns: &str) -> Result<i64, Fault> {
    let retired = format!("{} until {old}", spec.name);
    conn.execute("UPDATE roster SET name = ?2 WHERE id = ?1", params![old, retired])?;
    let sql = "INSERT INTO roster (name, columns, keep_ms) VALUES (?1, ?2, ?3)";
    conn.execute(sql, params![spec.name, columns, spec.keep_ms])?;
    Ok(conn.last_insert_rowid())
}

/// Winds up the frames of a roster before the one with id `end`.
fn seal(tx: &Transaction<'_>, roster: i64, end: i64) -> Result<u64, Fault> {
    let sql = "SELECT time_ms, is_key, data FROM frame WHERE roster = ?1 AND id < ?2 ORDER BY id";
    let mut list = tx.prepare_cached(sql)?;
    let mut rows = list.query(params![roster, end])?;
    let (mut reel, mut sealed): (Option<Reel>, u64) = (None, 0);
    while let Some(row) = rows.next()? {
        let time: TimeMs = row.get(0)?;
        let data = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
        if row.get(1)? {
            reel.take().map(|done| done.write(tx)).transpose()?;
            let (first_ms, last_ms) = (time, time);
            reel =
                Some(Reel { roster, step_ms: 0, first_ms, last_ms, frames: 0, bytes: Vec::new() });
        }
        let reel = reel.as_mut().ok_or(Torn("frames begin without a key"))?;
        reel.bytes.extend_from_slice(data);
        reel.frames += 1;
        reel.last_ms = time;
        sealed += 1;
    }
    reel.map(|done| done.write(tx)).transpose()?;
    drop(rows);
    tx.prepare_cached("DELETE FROM frame WHERE roster = ?1 AND id < ?2")?.execute([roster, end])?;
    Ok(sealed)
}

impl Reel {
    fn write(&self, tx: &Transaction<'_>) -> Result<(), Fault> {
        tx.prepare_cached(
            "INSERT INTO reel (roster, hour, step_ms, first_ms, last_ms, frames, data)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            self.roster,
            hour_of(self.first_ms),
            self.step_ms,
            self.first_ms,
            self.last_ms,
            i64::try_from(self.frames).unwrap_or(i64::MAX),
            // Every frame that was taken: an hour later they are thinned.
            reel::pack(&self.bytes, if self.step_ms == 0 { Effort::Little } else { Effort::Much }),
        ])?;
        Ok(())
    }
}

/// Drops reels that are too old; whether there were any.
pub(crate) fn expire(tx: &Transaction<'_>, limits: &Limits, now: TimeMs) -> Result<bool, Fault> {
    let mut delete = tx.prepare_cached(
        "DELETE FROM reel WHERE id IN (
             SELECT reel.id FROM reel JOIN roster ON roster.id = reel.roster
             WHERE reel.hour < (?1 - min(roster.keep_ms, ?2)) / 3600000 LIMIT ?3)",
    )?;
    Ok(delete.execute(params![now, limits.max_age_ms, REELS_A_STEP])? > 0)
}

/// Drops the oldest reel if all of them together have more than `most` bytes; whether it did.
pub(crate) fn drop_oldest(tx: &Transaction<'_>, most: u64) -> Result<bool, Fault> {
    let sql = "SELECT ifnull(sum(length(data)), 0) FROM reel";
    let bytes: i64 = tx.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    if u64::try_from(bytes).unwrap_or(0) <= most {
        return Ok(false);
    }
    let mut find = tx.prepare_cached("SELECT id FROM reel ORDER BY hour, id LIMIT 1")?;
    let Some(id) = find.query_row([], |row| row.get::<_, i64>(0)).optional()? else {
        return Ok(false);
    };
    tx.prepare_cached("DELETE FROM reel WHERE id = ?1")?.execute([id])?;
    Ok(true)
}

/// Lives by their group.
type Folds = Vec<(Arc<str>, u64, i64)>;
