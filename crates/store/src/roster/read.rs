//! Rosters as they are read: everyone at a moment, and one member over a stretch of time.

use rusqlite::{Connection, OptionalExtension, params};

use crate::codec::frame::Decoder;
use crate::codec::reel;
use crate::codec::varint::Cursor;
use crate::error::Fault;
use crate::schema::{WITH_ROSTERS, pragma};
use crate::{Folded, Frame, FrameMember, Key, Span, TimeMs};

/// A roster as it is asked about.
#[derive(Debug)]
struct Known {
    id: i64,
    columns: Vec<String>,
}

/// The frames from a key on, in the file or still in the tail.
#[derive(Debug)]
struct Stretch {
    step_ms: i64,
    first_ms: TimeMs,
    bytes: Vec<u8>,
}

/// The last frame of a roster at or before `time`; `None` where there is none, or no such roster.
pub(crate) fn frame_at(
    conn: &Connection,
    name: &str,
    time: TimeMs,
) -> Result<Option<Frame>, Fault> {
    let Some(known) = find(conn, name)? else { return Ok(None) };
    let wound = reel_before(conn, &known, time)?;
    let loose = tail_before(conn, &known, time)?;
    let stretch = match (wound, loose) {
        (Some(wound), Some(loose)) if wound.first_ms > loose.first_ms => wound,
        (Some(wound), None) => wound,
        (_, Some(loose)) => loose,
        (None, None) => return Ok(None),
    };
    let mut decoder = Decoder::new(known.columns.len());
    let mut cursor = Cursor::new(&stretch.bytes);
    while cursor.left() > 0 && decoder.peek(&cursor)? <= time {
        decoder.apply(&mut cursor)?;
    }
    Ok(Some(told(&decoder, known.columns, stretch.step_ms)))
}

fn told(decoder: &Decoder, columns: Vec<String>, step_ms: i64) -> Frame {
    let members = decoder.seats().filter_map(|(slot, seat, values)| {
        let label = decoder.label(seat.label)?.clone();
        let (group, detail, values) = (label.group, label.detail, values.to_vec());
        Some(FrameMember { slot, key: seat.key, group, detail, values })
    });
    let folded = decoder.folded.iter().filter_map(|&(label, lives, sum)| {
        Some(Folded { group: decoder.label(label)?.group.clone(), lives, sum })
    });
    let (members, folded) = (members.collect(), folded.collect());
    Frame { time_ms: decoder.time, step_ms, columns, members, folded }
}

/// What one member had over a span: in each of about `points` pixels the last frame that has it.
pub(crate) fn track(
    conn: &Connection,
    name: &str,
    key: Key,
    span: Span,
    points: u32,
) -> Result<Vec<(TimeMs, Vec<i64>)>, Fault> {
    let Some(known) = find(conn, name)? else { return Ok(Vec::new()) };
    let pixel_ms = (span.to.saturating_sub(span.from) / i64::from(points.max(1))).max(1);
    let mut track = Track { key, span, pixel_ms, found: Vec::new() };
    let sql = "SELECT data FROM reel WHERE roster = ?1 AND last_ms >= ?2 AND first_ms < ?3 ORDER BY first_ms";
    let mut list = conn.prepare_cached(sql)?;
    let mut rows = list.query(params![known.id, span.from, span.to])?;
    while let Some(row) = rows.next()? {
        let data = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
        track.follow(&reel::unpack(data)?, known.columns.len())?;
    }
    let sql = "SELECT id FROM frame WHERE roster = ?1 AND is_key = 1 ORDER BY id";
    let mut list = conn.prepare_cached(sql)?;
    let keys = list.query_map([known.id], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    for key_frame in keys {
        let bytes = tail_from(conn, known.id, key_frame)?;
        track.follow(&bytes, known.columns.len())?;
    }
    Ok(track.found)
}

struct Track {
    key: Key,
    span: Span,
    pixel_ms: i64,
    found: Vec<(TimeMs, Vec<i64>)>,
}

impl Track {
    fn follow(&mut self, frames: &[u8], width: usize) -> Result<(), Fault> {
        let mut decoder = Decoder::new(width);
        let mut cursor = Cursor::new(frames);
        let mut place = None;
        while cursor.left() > 0 {
            decoder.apply(&mut cursor)?;
            let has = |slot: u32| decoder.seat(slot).is_some_and(|(seat, _)| seat.key == self.key);
            place = place.filter(|slot| has(*slot));
            place = place.or_else(|| decoder.born.iter().copied().find(|slot| has(*slot)));
            let is_within = decoder.time >= self.span.from && decoder.time < self.span.to;
            if let (true, Some((_, values))) =
                (is_within, place.and_then(|slot| decoder.seat(slot)))
            {
                self.put(decoder.time, values);
            }
        }
        Ok(())
    }

    fn put(&mut self, time: TimeMs, values: &[i64]) {
        let pixel = |time: TimeMs| time.div_euclid(self.pixel_ms);
        match self.found.last_mut() {
            Some(last) if pixel(last.0) == pixel(time) => *last = (time, values.to_vec()),
            _ => self.found.push((time, values.to_vec())),
        }
    }
}

/// The times of the oldest frame that is kept.
pub(crate) fn oldest(conn: &Connection, name: &str) -> Result<Option<TimeMs>, Fault> {
    let Some(known) = find(conn, name)? else { return Ok(None) };
    let sql = "SELECT min(first) FROM (SELECT min(first_ms) AS first FROM reel WHERE roster = ?1
               UNION ALL SELECT min(time_ms) FROM frame WHERE roster = ?1)";
    Ok(conn.prepare_cached(sql)?.query_row([known.id], |row| row.get(0))?)
}

fn find(conn: &Connection, name: &str) -> Result<Option<Known>, Fault> {
    if pragma(conn, "user_version")? < WITH_ROSTERS {
        return Ok(None);
    }
    let mut find = conn.prepare_cached("SELECT id, columns FROM roster WHERE name = ?1")?;
    let found = find.query_row([name], |row| {
        let columns: String = row.get(1)?;
        Ok(Known { id: row.get(0)?, columns: columns.split('\n').map(str::to_owned).collect() })
    });
    Ok(found.optional()?)
}

fn reel_before(conn: &Connection, known: &Known, time: TimeMs) -> Result<Option<Stretch>, Fault> {
    let mut find = conn.prepare_cached(
        "SELECT step_ms, first_ms, data FROM reel WHERE roster = ?1 AND first_ms <= ?2
         ORDER BY first_ms DESC, id DESC LIMIT 1",
    )?;
    let mut rows = find.query(params![known.id, time])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let data = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
    let (step_ms, first_ms) = (row.get(0)?, row.get(1)?);
    Ok(Some(Stretch { step_ms, first_ms, bytes: reel::unpack(data)? }))
}

fn tail_before(conn: &Connection, known: &Known, time: TimeMs) -> Result<Option<Stretch>, Fault> {
    let mut find = conn.prepare_cached(
        "SELECT id, time_ms FROM frame WHERE roster = ?1 AND is_key = 1 AND time_ms <= ?2
         ORDER BY time_ms DESC, id DESC LIMIT 1",
    )?;
    let found = find.query_row(params![known.id, time], |row| Ok((row.get(0)?, row.get(1)?)));
    let Some((id, first_ms)) = found.optional()? else { return Ok(None) };
    Ok(Some(Stretch { step_ms: 0, first_ms, bytes: tail_from(conn, known.id, id)? }))
}

/// The frames of the tail from a key to the one before the next key.
fn tail_from(conn: &Connection, roster: i64, key: i64) -> Result<Vec<u8>, Fault> {
    let sql = "SELECT is_key, data FROM frame WHERE roster = ?1 AND id >= ?2 ORDER BY id";
    let mut list = conn.prepare_cached(sql)?;
    let mut rows = list.query([roster, key])?;
    let (mut bytes, mut is_first) = (Vec::new(), true);
    while let Some(row) = rows.next()? {
        if row.get(0)? && !std::mem::take(&mut is_first) {
            break;
        }
        bytes.extend_from_slice(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?);
    }
    Ok(bytes)
}
