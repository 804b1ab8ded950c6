//! The open database of the one writer, and what it remembers of it so as not to ask each tick.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::block::encode_shape;
use crate::codec::row;
use crate::error::Fault;
use crate::moment::{checked_hour, checked_time, hour_of};
use crate::open::{self, Identity};
use crate::retain::{self, Step};
use crate::roster::{self, Rosters};
use crate::schema::LOG_BYTES;
use crate::seal::seal;
use crate::tiers::roll;
use crate::{Event, Kind, Limits, RosterSpec, SeriesSpec, TimeMs, Upkeep, Visit};

/// When things are due. The values in use are [`Pace::NORMAL`]; tests have a quicker one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// The tail is sealed when it has so many rows.
    pub(crate) seal_rows: u32,
    /// Or when it has so many and reaches into another hour, so that few blocks are small and none
    /// crosses an hour.
    pub(crate) seal_hour_rows: u32,
    /// So many blocks are rolled up at once: when there are so many of an hour, or when the hour is
    /// over.
    pub(crate) roll_blocks: u32,
    /// The log is written back into the file after so many milliseconds,
    pub(crate) checkpoint_ms: i64,
    /// or when it has so many bytes, but not more often than each second: a log that a reader holds
    /// on to stays long.
    pub(crate) checkpoint_bytes: u64,
}

impl Pace {
    /// At one row a second and 400 series: a seal each ten minutes, a roll-up each hour.
    pub(crate) const NORMAL: Self = Self {
        seal_rows: 600,
        seal_hour_rows: 60,
        roll_blocks: 8,
        checkpoint_ms: 10_000,
        checkpoint_bytes: LOG_BYTES,
    };
}

/// The log is not written back more often than each so many milliseconds.
const MIN_CHECKPOINT_MS: i64 = 1000;

/// Once no hour of frames is to be thinned, it is looked again after so many milliseconds.
const THIN_MS: i64 = 60_000;

/// A shape as this file knows it.
#[derive(Debug)]
struct StoredShape {
    id: i64,
    width: usize,
}

/// What is in the tail.
#[derive(Debug, Default)]
struct Tail {
    rows: u32,
    /// The first and the last hour in it.
    hours: Option<(i64, i64)>,
    /// The hour of the row that came last.
    present: i64,
}

impl Tail {
    fn add(&mut self, time: TimeMs) {
        let hour = hour_of(time);
        let (first, last) = self.hours.unwrap_or((hour, hour));
        self.hours = Some((first.min(hour), last.max(hour)));
        self.rows += 1;
        self.present = hour;
    }

    fn is_due(&self, pace: &Pace) -> bool {
        let is_mixed = self.hours.is_some_and(|(first, last)| first != last);
        self.rows >= pace.seal_rows || (is_mixed && self.rows >= pace.seal_hour_rows)
    }
}

/// The open database of the one writer.
#[derive(Debug)]
pub(crate) struct Db {
    conn: Connection,
    identity: Option<Identity>,
    /// As many as the store has declared, in that order.
    shapes: Vec<StoredShape>,
    tail: Tail,
    /// How many open blocks each hour has.
    open_blocks: BTreeMap<i64, u32>,
    /// Whether something may be over its limit.
    may_retain: bool,
    /// The time of the oldest value.
    pub(crate) oldest_ms: Option<TimeMs>,
    checkpoint_ms: Option<TimeMs>,
    bytes: Vec<u8>,
    rosters: Rosters,
    /// When it is looked next whether an hour of frames is to be thinned.
    thin_ms: TimeMs,
}

impl Db {
    /// Takes over an open connection; [`Db::recall`] comes next.
    pub(crate) fn new(conn: Connection, path: &Path) -> Self {
        Self {
            conn,
            identity: open::identity(path),
            shapes: Vec::new(),
            tail: Tail::default(),
            open_blocks: BTreeMap::new(),
            may_retain: true,
            oldest_ms: None,
            checkpoint_ms: None,
            bytes: Vec::new(),
            rosters: Rosters::default(),
            thin_ms: TimeMs::MIN,
        }
    }

    /// Looks at what the file holds, and makes the shapes that were declared before known to it.
    pub(crate) fn recall(
        &mut self,
        declared: &[Vec<SeriesSpec>],
        rosters: &[RosterSpec],
    ) -> Result<(), Fault> {
        self.rosters.recall(&self.conn)?;
        rosters.iter().try_for_each(|spec| self.declare_roster(spec))?;
        self.recall_tail()?;
        self.recall_blocks()?;
        self.oldest_ms = extent(&self.conn)?.map(|(first, _)| first);
        declared.iter().try_for_each(|series| self.declare(series))
    }

    /// Whether the file at `path` is still the one that is open.
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        open::identity(path) == self.identity
    }

    /// The connection, to be ended.
    pub(crate) fn into_connection(self) -> Connection {
        self.conn
    }

    #[cfg(test)]
    pub(crate) fn connection(&self) -> &Connection {
        &self.conn
    }

    fn recall_tail(&mut self) -> Result<(), Fault> {
        let mut rows = self.conn.prepare_cached("SELECT time_ms FROM tail ORDER BY id")?;
        for time in rows.query_map([], |row| row.get(0))? {
            self.tail.add(checked_time(time?)?);
        }
        Ok(())
    }

    fn recall_blocks(&mut self) -> Result<(), Fault> {
        let sql = "SELECT hour, count(*) FROM block WHERE state = 0 GROUP BY hour";
        let mut counts = self.conn.prepare_cached(sql)?;
        for count in counts.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))? {
            let (hour, count) = count?;
            self.open_blocks.insert(checked_hour(hour)?, count);
        }
        Ok(())
    }

    /// How many names the file has.
    pub(crate) fn series_count(&self) -> Result<u32, Fault> {
        let sql = "SELECT ifnull(max(id), 0) FROM series";
        Ok(self.conn.query_row(sql, [], |row| row.get(0))?)
    }

    /// Makes the next shape known to the file.
    pub(crate) fn declare(&mut self, series: &[SeriesSpec]) -> Result<(), Fault> {
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let ids = series.iter().map(|s| declare_series(&tx, s)).collect::<Result<Vec<_>, _>>()?;
        let bytes = encode_shape(&ids);
        tx.execute("INSERT OR IGNORE INTO shape (series) VALUES (?1)", [&bytes])?;
        let find = "SELECT id FROM shape WHERE series = ?1";
        let id = tx.query_row(find, [&bytes], |row| row.get(0))?;
        tx.commit()?;
        self.shapes.push(StoredShape { id, width: series.len() });
        Ok(())
    }

    /// Writes one row, as a transaction of its own.
    pub(crate) fn append(
        &mut self,
        time: TimeMs,
        shape: usize,
        values: &[Option<i64>],
    ) -> Result<(), Fault> {
        let shape = &self.shapes[shape];
        debug_assert_eq!(values.len(), shape.width, "the store has compared them");
        self.bytes.clear();
        row::encode(values, &mut self.bytes);
        self.conn
            .prepare_cached("INSERT INTO tail (time_ms, shape, row) VALUES (?1, ?2, ?3)")?
            .execute(params![time, shape.id, self.bytes])?;
        self.tail.add(time);
        self.oldest_ms = Some(self.oldest_ms.map_or(time, |oldest| oldest.min(time)));
        Ok(())
    }

    /// Makes the next roster known to the file.
    pub(crate) fn declare_roster(&mut self, spec: &RosterSpec) -> Result<(), Fault> {
        self.rosters.declare(&self.conn, spec)
    }

    /// Writes a frame of a roster, as a transaction of its own; false where a member was left out.
    pub(crate) fn frame(
        &mut self,
        time: TimeMs,
        roster: usize,
        visit: &Visit<'_>,
    ) -> Result<bool, Fault> {
        self.rosters.frame(&self.conn, roster, time, visit)
    }

    /// Writes one event.
    pub(crate) fn event(&mut self, event: &Event) -> Result<(), Fault> {
        self.conn
            .prepare_cached(
                "INSERT INTO event (time_ms, kind, subject, detail, facts) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                event.time_ms,
                event.kind,
                event.subject,
                event.detail,
                event.facts
            ])?;
        self.may_retain = true;
        Ok(())
    }

    /// Seals, rolls up or drops, whichever is due first; at most one of them, so that no call takes
    /// long.
    pub(crate) fn upkeep(
        &mut self,
        now: TimeMs,
        trusts_clock: bool,
        limits: &Limits,
        pace: &Pace,
    ) -> Result<Upkeep, Fault> {
        let mut upkeep = Upkeep::default();
        if self.tail.is_due(pace) {
            upkeep.sealed_rows = self.seal(pace)?;
        } else if self.rosters.is_due() {
            upkeep.sealed_rows = self.seal_frames()?;
        } else if trusts_clock && self.thin(now)? {
            upkeep.rolled_blocks = 1;
        } else if let Some(hour) = self.hour_to_roll(now, pace) {
            upkeep.rolled_blocks = u64::from(self.roll(hour, pace)?);
        } else if self.may_retain {
            upkeep.dropped_hours = u64::from(self.retain(trusts_clock.then_some(now), limits)?);
        }
        upkeep.oldest_ms = self.oldest_ms;
        Ok(upkeep)
    }

    /// Writes the log back into the file if that is due.
    pub(crate) fn checkpoint(
        &mut self,
        now: TimeMs,
        log_bytes: u64,
        pace: &Pace,
    ) -> Result<bool, Fault> {
        let since = *self.checkpoint_ms.get_or_insert(now);
        let is_long = log_bytes >= pace.checkpoint_bytes;
        let pause_ms = if is_long { MIN_CHECKPOINT_MS } else { pace.checkpoint_ms };
        if now.abs_diff(since) < pause_ms.unsigned_abs() {
            return Ok(false);
        }
        self.checkpoint_ms = Some(now);
        // It never waits: what readers still need stays in the log until the next time.
        self.conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        Ok(true)
    }

    fn seal(&mut self, pace: &Pace) -> Result<u64, Fault> {
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (hours, rows) = seal(&tx, self.tail.present, pace.seal_rows)?;
        tx.commit()?;
        for hour in hours {
            *self.open_blocks.entry(hour).or_default() += 1;
        }
        self.tail = self.tail_left()?;
        self.may_retain = true;
        Ok(rows as u64)
    }

    fn seal_frames(&mut self) -> Result<u64, Fault> {
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let frames = self.rosters.seal(&tx)?;
        tx.commit()?;
        self.rosters.sealed();
        self.may_retain = true;
        Ok(frames)
    }

    /// Thins an hour of frames if one is due; otherwise it is looked again a while later.
    fn thin(&mut self, now: TimeMs) -> Result<bool, Fault> {
        if now < self.thin_ms {
            return Ok(false);
        }
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let is_thinned = roster::thin(&tx, now)?;
        tx.commit()?;
        self.may_retain |= is_thinned;
        if !is_thinned {
            self.thin_ms = now.saturating_add(THIN_MS);
        }
        Ok(is_thinned)
    }

    fn tail_left(&self) -> Result<Tail, Fault> {
        let sql = "SELECT count(*), min(time_ms), max(time_ms) FROM tail";
        let mut ask = self.conn.prepare_cached(sql)?;
        let (rows, first, last): (u32, Option<TimeMs>, Option<TimeMs>) =
            ask.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let hours = first.zip(last).map(|(first, last)| (hour_of(first), hour_of(last)));
        Ok(Tail { rows, hours, present: self.tail.present })
    }

    /// An hour whose open blocks are to be rolled up: one that has many, or one that is not the
    /// present one.
    fn hour_to_roll(&self, now: TimeMs, pace: &Pace) -> Option<i64> {
        let present = [hour_of(now), self.tail.present];
        let is_due = |(hour, count): (&i64, &u32)| {
            (*count >= pace.roll_blocks || !present.contains(hour)).then_some(*hour)
        };
        self.open_blocks.iter().find_map(is_due)
    }

    fn roll(&mut self, hour: i64, pace: &Pace) -> Result<u32, Fault> {
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let rolled = roll(&tx, hour, pace.roll_blocks)?;
        tx.commit()?;
        match self.open_blocks.get_mut(&hour) {
            Some(count) if *count > rolled && rolled > 0 => *count -= rolled,
            _ => {
                self.open_blocks.remove(&hour);
            }
        }
        self.may_retain = true;
        Ok(rolled)
    }

    fn retain(&mut self, now: Option<TimeMs>, limits: &Limits) -> Result<bool, Fault> {
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let step = retain::step(&tx, limits, now)?;
        tx.commit()?;
        if step == Step::Hour {
            self.oldest_ms = extent(&self.conn)?.map(|(first, _)| first);
        }
        self.may_retain = step != Step::Nothing;
        Ok(step == Step::Hour)
    }
}

fn declare_series(conn: &Connection, series: &SeriesSpec) -> Result<i64, Fault> {
    let mut write = conn.prepare_cached(
        "INSERT INTO series (name, kind, unit) VALUES (?1, ?2, ?3)
         ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, unit = excluded.unit
         RETURNING id",
    )?;
    let kind = kind_code(series.kind);
    Ok(write.query_row(params![series.name, kind, series.unit], |row| row.get(0))?)
}

/// The number that stands for a kind in the file.
fn kind_code(kind: Kind) -> i64 {
    match kind {
        Kind::Gauge => 0,
        Kind::Counter => 1,
    }
}

/// Undoes [`kind_code`]; a number of no meaning is a gauge.
pub(crate) fn kind_of(code: i64) -> Kind {
    if code == 1 { Kind::Counter } else { Kind::Gauge }
}

/// The times of the oldest and the newest row that is kept.
pub(crate) fn extent(conn: &Connection) -> Result<Option<(TimeMs, TimeMs)>, Fault> {
    let mut ends: Option<(TimeMs, TimeMs)> = None;
    for sql in [
        "SELECT min(time_ms), max(time_ms) FROM tail",
        "SELECT min(first_ms), max(last_ms) FROM block WHERE state = 0",
        "SELECT (SELECT first_ms FROM hour ORDER BY id LIMIT 1),
                (SELECT last_ms FROM hour ORDER BY id DESC LIMIT 1)",
    ] {
        let found = conn
            .prepare_cached(sql)?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if let Some((Some(first), Some(last))) = found {
            let (a, b): (TimeMs, TimeMs) = ends.unwrap_or((first, last));
            ends = Some((a.min(first), b.max(last)));
        }
    }
    Ok(ends)
}
