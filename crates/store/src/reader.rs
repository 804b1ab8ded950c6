//! The reading side: any number, in any process, while the writer writes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use crate::block::shape_series;
use crate::codec::row;
use crate::db::{extent, kind_of};
use crate::error::Fault;
use crate::nearest::nearest;
use crate::open::{self, Identity};
use crate::range::{self, Plan, Wanted};
use crate::roster;
use crate::schema::{self, FORMAT, WITH_FACTS, pragma};
use crate::{Error, Event, FILE_NAME, Frame, Key, Range, SeriesInfo, Span, TimeMs};

/// The reading side of a data directory.
///
/// Each call sees all rows that were appended before it, and none of those that come meanwhile.
/// Where nobody has written yet there is nothing to see, and what appears later is seen by later
/// calls; so is the new file after a damaged one was set aside. A reader can be shared; calls wait
/// for one another, so many threads want one each.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    opened: Mutex<Option<(Connection, Identity)>>,
}

impl Reader {
    /// A reader of the data directory `dir`, which need not hold a history yet.
    ///
    /// # Errors
    /// [`Error::Newer`], [`Error::Denied`], [`Error::Damaged`], [`Error::NotADirectory`].
    pub fn open(dir: &Path) -> Result<Self, Error> {
        if dir.exists() && !dir.is_dir() {
            return Err(Error::NotADirectory { path: dir.to_owned() });
        }
        let reader = Self { path: dir.join(FILE_NAME), opened: Mutex::new(None) };
        reader.ask(|_| Ok(()))?;
        Ok(reader)
    }

    /// The series that have values, by name.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Failed`].
    pub fn series(&self) -> Result<Vec<SeriesInfo>, Error> {
        Ok(self.ask(list_series)?.unwrap_or_default())
    }

    /// The values of some series within a span, at the resolution of about `points` pixels, or
    /// every sample.
    ///
    /// With points, the span is widened to whole pixels, which stand on an absolute grid (multiples
    /// of [`Range::step_ms`] since 1970), so that there are at most `points + 1`, often fewer, and
    /// those with no value of any series are left out. The minimum, maximum and mean of a pixel are
    /// exactly those of its samples. Where the samples or the finer buckets were dropped by the
    /// [`Limits`](crate::Limits), coarser buckets stand in, each in the pixel that it starts in.
    ///
    /// Without points it is every row of the span itself that has a value of any of the series, in
    /// the order of time; the answer is as long as there are rows, so a caller bounds the span.
    ///
    /// # Errors
    /// [`Error::UnknownSeries`], [`Error::BadRange`] if the span is empty or the points are 0 or
    /// more than [`MAX_POINTS`](crate::MAX_POINTS), [`Error::Damaged`].
    pub fn range(&self, names: &[&str], span: Span, points: Option<u32>) -> Result<Range, Error> {
        let plan = Plan::of(span, points, names.len())?;
        let answer = |conn: &Connection| {
            let mut wanted = Vec::new();
            for name in names {
                match find_series(conn, name)? {
                    Some(found) => wanted.push(found),
                    None => return Ok(Err(unknown(name, nearest_series(conn, name)?))),
                }
            }
            range::answer(conn, &wanted, &plan).map(Ok)
        };
        match (self.ask(answer)?, names.first()) {
            (Some(answered), _) => answered,
            (None, Some(name)) => Err(unknown(name, None)),
            (None, None) => Ok(Range { step_ms: 0, time_ms: Vec::new(), series: Vec::new() }),
        }
    }

    /// Everyone of a roster at the last frame that is kept at or before `time`; `None` where there is none.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Failed`].
    pub fn frame(&self, roster: &str, time: TimeMs) -> Result<Option<Frame>, Error> {
        Ok(self.ask(|conn| roster::frame_at(conn, roster, time))?.flatten())
    }

    /// What one member of a roster had over a span: the last frame of each of about `points` pixels.
    ///
    /// # Errors
    /// [`Error::BadRange`] if the span is empty, [`Error::Damaged`].
    pub fn track(
        &self,
        roster: &str,
        key: Key,
        span: Span,
        points: u32,
    ) -> Result<Vec<(TimeMs, Vec<i64>)>, Error> {
        Plan::of(span, Some(points), 0)?;
        let found = self.ask(|conn| roster::track(conn, roster, key, span, points))?;
        Ok(found.unwrap_or_default())
    }

    /// The time of the oldest frame of a roster; `None` where there is none.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Failed`].
    pub fn oldest_frame(&self, roster: &str) -> Result<Option<TimeMs>, Error> {
        Ok(self.ask(|conn| roster::oldest(conn, roster))?.flatten())
    }

    /// The newest `limit` events of a span, in the order of time.
    ///
    /// # Errors
    /// [`Error::BadRange`] if the span is empty, [`Error::Damaged`].
    pub fn events(&self, span: Span, limit: usize) -> Result<Vec<Event>, Error> {
        Plan::of(span, None, 0)?;
        Ok(self.ask(|conn| list_events(conn, span, limit))?.unwrap_or_default())
    }

    /// The times of the oldest and the newest row; `None` where there is none.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Failed`].
    pub fn extent(&self) -> Result<Option<(TimeMs, TimeMs)>, Error> {
        Ok(self.ask(extent)?.flatten())
    }

    /// Asks the database, within one transaction; `None` where there is none.
    fn ask<T>(
        &self,
        ask: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<Option<T>, Error> {
        // A panic of another thread leaves at worst a connection in a transaction; it is replaced below.
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let (conn, identity) = match opened.take() {
            Some((conn, identity)) if open::identity(&self.path) == Some(identity) => {
                (conn, identity)
            }
            _ => match self.connect()? {
                Some(found) => found,
                None => return Ok(None),
            },
        };
        let answer = conn.unchecked_transaction().map_err(Fault::from).and_then(|_tx| ask(&conn));
        match answer {
            Ok(answer) => {
                *opened = Some((conn, identity));
                Ok(Some(answer))
            }
            // The connection is not kept: the next call starts from what is there then.
            Err(fault) => Err(fault.into_error("read", &self.path)),
        }
    }

    /// A new connection; `None` if there is no database, or one that is just being made.
    fn connect(&self) -> Result<Option<(Connection, Identity)>, Error> {
        let failed = |e: rusqlite::Error| Fault::from(e).into_error("open", &self.path);
        let Some(identity) = open::identity(&self.path) else { return Ok(None) };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(&self.path, flags).map_err(failed)?;
        schema::set_up_reader(&conn).map_err(failed)?;
        if open::is_empty(&conn).map_err(failed)? {
            return Ok(None);
        }
        let found = pragma(&conn, "user_version").map_err(failed)?;
        if found > FORMAT {
            return Err(Error::Newer { path: self.path.clone(), found, known: FORMAT });
        }
        Ok(Some((conn, identity)))
    }
}

fn unknown(name: &str, nearest: Option<String>) -> Error {
    Error::UnknownSeries { name: name.to_owned(), nearest }
}

fn find_series(conn: &Connection, name: &str) -> Result<Option<Wanted>, Fault> {
    let mut find = conn.prepare_cached("SELECT id, kind, unit FROM series WHERE name = ?1")?;
    let found = find.query_row([name], |row| {
        let kind = kind_of(row.get(1)?);
        Ok(Wanted { id: row.get(0)?, name: name.to_owned(), kind, unit: row.get(2)? })
    });
    Ok(found.optional()?)
}

fn nearest_series(conn: &Connection, name: &str) -> Result<Option<String>, Fault> {
    let mut list = conn.prepare_cached("SELECT name FROM series ORDER BY name")?;
    let names = list.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    Ok(nearest(name, names.iter().map(String::as_str)).map(str::to_owned))
}

fn list_series(conn: &Connection) -> Result<Vec<SeriesInfo>, Fault> {
    let oldest = extent(conn)?.map_or(TimeMs::MIN, |(first, _)| first);
    let in_tail = tail_extents(conn)?;
    let mut list = conn.prepare_cached(
        "SELECT id, name, kind, unit, first_ms, last_ms FROM series ORDER BY name",
    )?;
    let mut rows = list.query([])?;
    let mut series = Vec::new();
    while let Some(row) = rows.next()? {
        let sealed: Option<(TimeMs, TimeMs)> =
            row.get::<_, Option<_>>(4)?.zip(row.get::<_, Option<_>>(5)?);
        let id: i64 = row.get(0)?;
        let extents = sealed.into_iter().chain(in_tail.get(&id).copied());
        let Some((first_ms, last_ms)) = extents.reduce(join) else { continue };
        if last_ms >= oldest {
            let (name, unit) = (row.get(1)?, row.get(3)?);
            let (kind, first_ms) = (kind_of(row.get(2)?), first_ms.max(oldest));
            series.push(SeriesInfo { name, kind, unit, first_ms, last_ms });
        }
    }
    Ok(series)
}

/// What covers both extents.
fn join(a: (TimeMs, TimeMs), b: (TimeMs, TimeMs)) -> (TimeMs, TimeMs) {
    (a.0.min(b.0), a.1.max(b.1))
}

/// The first and the last time of each series in the tail.
fn tail_extents(conn: &Connection) -> Result<HashMap<i64, (TimeMs, TimeMs)>, Fault> {
    let mut list = conn.prepare_cached("SELECT time_ms, shape, row FROM tail")?;
    let mut rows = list.query([])?;
    let mut shapes: HashMap<i64, Vec<i64>> = HashMap::new();
    let mut extents = HashMap::new();
    while let Some(row) = rows.next()? {
        let (time, shape): (TimeMs, i64) = (row.get(0)?, row.get(1)?);
        let series = match shapes.entry(shape) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(shape_series(conn, shape)?),
        };
        let bytes = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
        row::decode(bytes, series.len(), |place, value| {
            if value.is_some() {
                let extent = extents.entry(series[place]).or_insert((time, time));
                *extent = join(*extent, (time, time));
            }
        })?;
    }
    Ok(extents)
}

fn list_events(conn: &Connection, span: Span, limit: usize) -> Result<Vec<Event>, Fault> {
    let facts = if pragma(conn, "user_version")? < WITH_FACTS { "NULL" } else { "facts" };
    let mut list = conn.prepare_cached(&format!(
        "SELECT time_ms, kind, subject, detail, {facts} FROM event WHERE time_ms >= ?1 AND time_ms < ?2
         ORDER BY time_ms DESC, id DESC LIMIT ?3",
    ))?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let events = list.query_map(params![span.from, span.to, limit], |row| {
        let (time_ms, kind) = (row.get(0)?, row.get(1)?);
        let (subject, detail, facts) = (row.get(2)?, row.get(3)?, row.get(4)?);
        Ok(Event { time_ms, kind, subject, detail, facts })
    })?;
    let mut events = events.collect::<Result<Vec<_>, _>>()?;
    events.reverse();
    Ok(events)
}
