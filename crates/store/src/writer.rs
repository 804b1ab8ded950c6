//! The one writer of a data directory.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::db::{Db, Pace};
use crate::error::Fault;
use crate::lock::WriterLock;
use crate::moment::checked_time;
use crate::open;
use crate::roster;
use crate::schema::MAX_SERIES;
use crate::{
    Error, Event, FILE_NAME, Limits, Notice, Roster, RosterSpec, SeriesSpec, Shape, TimeMs, Upkeep,
    Visit,
};

/// The clock is trusted with what is too old when it has run for so long without a leap, in
/// milliseconds: a clock that is wrong for a moment, in the year 2106 say, must not empty the
/// history.
const SETTLED_MS: i64 = 600_000;
/// A greater difference between two calls is a leap, in milliseconds: more than the longest
/// interval between rows.
const LEAP_MS: u64 = 2 * 3_600_000;
/// After a failure the upkeep rests for so long, in milliseconds; a full disk would otherwise be
/// tried each tick.
const REST_MS: u64 = 10_000;

/// The one writer of a data directory.
///
/// It holds the directory's lock until it is dropped. A database that turns out to be damaged, when
/// it is opened or later, is set aside under another name and a new one begun, with a [`Notice`];
/// nothing is ever deleted but by the [`Limits`].
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    limits: Limits,
    pace: Pace,
    lock: WriterLock,
    /// `None` after a new database could not be begun; the next call tries again.
    db: Option<Db>,
    declared: Vec<Vec<SeriesSpec>>,
    rosters: Vec<RosterSpec>,
    notices: Vec<Notice>,
    /// The time that was given last; it names what is set aside.
    now: TimeMs,
    /// When the clock leapt last, and when it was asked last.
    clock: Option<(TimeMs, TimeMs)>,
    failed_ms: Option<TimeMs>,
}

impl Store {
    /// Opens the history of the data directory `dir`, which is made (mode 0700) if it is not there.
    ///
    /// `about` says who this is, for the message that a second writer gets; `now` names what has to
    /// be set aside.
    ///
    /// # Errors
    /// [`Error::Locked`] if another process writes there, [`Error::Newer`] if a newer version did,
    /// [`Error::NotADirectory`], [`Error::Denied`], [`Error::Full`].
    pub fn open(
        dir: &Path,
        limits: Limits,
        about: &str,
        now: TimeMs,
    ) -> Result<(Self, Vec<Notice>), Error> {
        Self::open_paced(dir, limits, about, now, Pace::NORMAL)
    }

    pub(crate) fn open_paced(
        dir: &Path,
        limits: Limits,
        about: &str,
        now: TimeMs,
        pace: Pace,
    ) -> Result<(Self, Vec<Notice>), Error> {
        open::make_dir(dir)?;
        let mut store = Self {
            path: dir.join(FILE_NAME),
            limits,
            pace,
            lock: WriterLock::take(dir, about)?,
            db: None,
            declared: Vec::new(),
            rosters: Vec::new(),
            notices: Vec::new(),
            now,
            clock: None,
            failed_ms: None,
        };
        store.ready()?;
        let notices = store.take_notices();
        Ok((store, notices))
    }

    /// Rewrites what a second writer is told of this one, once its address is known.
    pub fn set_about(&mut self, about: &str) {
        self.lock.set_about(about);
    }

    /// Makes an ordered list of series known, and gives the handle by which rows of them are
    /// appended.
    ///
    /// The same list gives the same handle. A name that is known already takes the kind and unit
    /// given here, and goes on with the values it has.
    ///
    /// # Errors
    /// [`Error::BadInput`] if a name stands twice in the list, or if there are more than a million
    /// names in all.
    pub fn declare(&mut self, series: &[SeriesSpec]) -> Result<Shape, Error> {
        let mut names = HashSet::new();
        if let Some(twice) = series.iter().find(|s| !names.insert(&s.name)) {
            let why = format!("the series {:?} is declared twice in one list", twice.name);
            return Err(Error::BadInput { why });
        }
        let index = match self.declared.iter().position(|known| known == series) {
            Some(index) => index,
            None => {
                let known = self.guard("read the series of", |db| db.series_count())?;
                if known as usize + series.len() > MAX_SERIES as usize {
                    let why = format!("more than {MAX_SERIES} names of series in one history");
                    return Err(Error::BadInput { why });
                }
                self.guard("declare series in", |db| db.declare(series))?;
                self.declared.push(series.to_vec());
                self.declared.len() - 1
            }
        };
        let too_many = |_| Error::BadInput { why: "too many lists of series".to_owned() };
        u32::try_from(index).map(Shape).map_err(too_many)
    }

    /// Writes one row: the values of the series of `shape`, in their order, at `time`; `None` where
    /// there is none.
    ///
    /// When it returns, the row survives `kill -9`. Times may come in any order, also twice.
    ///
    /// # Errors
    /// [`Error::Full`] if there is no room: the row is lost, and a later call works again once
    /// there is. [`Error::BadInput`] if the values do not fit the shape.
    pub fn append(
        &mut self,
        time: TimeMs,
        shape: Shape,
        values: &[Option<i64>],
    ) -> Result<(), Error> {
        let index = shape.0 as usize;
        let width = self.declared.get(index).map(Vec::len);
        if width != Some(values.len()) {
            let why = format!("a row of {} values does not fit its shape", values.len());
            return Err(Error::BadInput { why });
        }
        if checked_time(time).is_err() {
            let why = format!("the time {time} ms is not within 142 thousand years of 1970");
            return Err(Error::BadInput { why });
        }
        self.now = time;
        self.guard("append to", |db| db.append(time, index, values))
    }

    /// Makes a roster known, and gives the handle by which its frames are written. The same roster gives the same handle.
    ///
    /// Where the file has one of that name with other columns, it is begun anew.
    ///
    /// # Errors
    /// [`Error::BadInput`] if it has no column, or more than 15.
    pub fn roster(&mut self, spec: &RosterSpec) -> Result<Roster, Error> {
        roster::check(spec)?;
        let index = match self.rosters.iter().position(|known| known == spec) {
            Some(index) => index,
            None => {
                self.guard("declare a roster in", |db| db.declare_roster(spec))?;
                self.rosters.push(spec.clone());
                self.rosters.len() - 1
            }
        };
        let too_many = |_| Error::BadInput { why: "too many rosters".to_owned() };
        u32::try_from(index).map(Roster).map_err(too_many)
    }

    /// Writes one frame: everyone that `visit` hands over was there at `time`, and nobody else.
    ///
    /// When it returns, the frame survives `kill -9`. Times may come in any order. It costs as much as changed since the
    /// frame before. Tells whether all were written: a member whose slot or number of values does not fit is left out.
    ///
    /// # Errors
    /// As for [`Store::append`].
    pub fn frame(
        &mut self,
        time: TimeMs,
        roster: Roster,
        visit: &Visit<'_>,
    ) -> Result<bool, Error> {
        let index = roster.0 as usize;
        if checked_time(time).is_err() || index >= self.rosters.len() {
            let why = format!("no frame can be at {time} ms, or its roster is another store's");
            return Err(Error::BadInput { why });
        }
        self.now = time;
        self.guard("append to", |db| db.frame(time, index, visit))
    }

    /// Writes down that something happened. The newest 100,000 are kept.
    ///
    /// # Errors
    /// As for [`Store::append`].
    pub fn event(&mut self, event: &Event) -> Result<(), Error> {
        self.guard("write an event to", |db| db.event(event))
    }

    /// Does one of the things that are due: seal, roll up or drop; and writes the log back every
    /// ten seconds.
    ///
    /// To be called after each row. It costs some microseconds when nothing is due, and some
    /// milliseconds each few minutes. What is too old is dropped only when `now` has gone on for
    /// ten minutes without a leap of an hour.
    ///
    /// # Errors
    /// As for [`Store::append`]; nothing is lost by a failure, and what is due is tried again ten
    /// seconds later.
    pub fn maintain(&mut self, now: TimeMs) -> Result<Upkeep, Error> {
        self.now = now;
        let trusts_clock = self.trusts(now);
        let rests = self.failed_ms.is_some_and(|failed| now.abs_diff(failed) < REST_MS);
        let mut upkeep = Upkeep::default();
        if !rests {
            self.failed_ms = Some(now);
            let (limits, pace) = (self.limits, self.pace);
            let log = open::log_bytes(&self.path);
            upkeep = self.guard("look after", |db| {
                let mut upkeep = db.upkeep(now, trusts_clock, &limits, &pace)?;
                upkeep.checkpointed = db.checkpoint(now, log, &pace)?;
                Ok(upkeep)
            })?;
            self.failed_ms = None;
            if upkeep.checkpointed {
                self.look_for_file()?;
            }
        }
        upkeep.oldest_ms = self.db.as_ref().and_then(|db| db.oldest_ms);
        upkeep.disk_bytes = open::disk_bytes(&self.path);
        Ok(upkeep)
    }

    /// What has happened since the last call that a person should hear of.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Writes the log back into the file and ends. What is in the tail stays there until the next
    /// time.
    ///
    /// Dropping the store does the same, but says nothing if it fails.
    ///
    /// # Errors
    /// [`Error::Full`] if the file has no room for what is in the log; nothing is lost by that.
    pub fn close(mut self) -> Result<(), Error> {
        let Some(db) = self.db.take() else { return Ok(()) };
        let failed = |e| Fault::from(e).into_error("close", &self.path);
        let conn = db.into_connection();
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(failed)?;
        conn.close().map_err(|(_, e)| failed(e))
    }

    /// Runs `act` on the database; if that is damaged, sets it aside and runs `act` on a new one.
    fn guard<T>(
        &mut self,
        doing: &'static str,
        mut act: impl FnMut(&mut Db) -> Result<T, Fault>,
    ) -> Result<T, Error> {
        let fault = match act(self.ready()?) {
            Ok(done) => return Ok(done),
            Err(fault) => fault,
        };
        if fault.is_damage() {
            self.begin_anew(&fault)?;
            return act(self.ready()?).map_err(|f| f.into_error(doing, &self.path));
        }
        Err(fault.into_error(doing, &self.path))
    }

    #[cfg(test)]
    pub(crate) fn connection(&mut self) -> &rusqlite::Connection {
        self.ready().unwrap().connection()
    }

    /// The database, opened if it is not.
    fn ready(&mut self) -> Result<&mut Db, Error> {
        let db = match self.db.take() {
            Some(db) => db,
            None => self.open_db()?,
        };
        Ok(self.db.insert(db))
    }

    fn open_db(&mut self) -> Result<Db, Error> {
        let mut has_set_aside = false;
        loop {
            let (conn, notice) = open::open_writer(&self.path, self.now)?;
            self.notices.extend(notice);
            let mut db = Db::new(conn, &self.path);
            let Err(fault) = db.recall(&self.declared, &self.rosters) else { return Ok(db) };
            open::abandon(db.into_connection());
            if !fault.is_damage() || std::mem::replace(&mut has_set_aside, true) {
                return Err(fault.into_error("open", &self.path));
            }
            self.notices.push(open::set_aside(&self.path, fault.to_string(), self.now)?);
        }
    }

    fn begin_anew(&mut self, fault: &Fault) -> Result<(), Error> {
        if let Some(db) = self.db.take() {
            open::abandon(db.into_connection());
        }
        self.notices.push(open::set_aside(&self.path, fault.to_string(), self.now)?);
        Ok(())
    }

    /// Begins anew if somebody took the file away; what is written to a file without a name is
    /// lost.
    fn look_for_file(&mut self) -> Result<(), Error> {
        if self.db.as_ref().is_some_and(|db| !db.is_at(&self.path)) {
            if let Some(db) = self.db.take() {
                open::abandon(db.into_connection());
            }
            self.notices.push(Notice::Vanished { path: self.path.clone() });
            self.ready()?;
        }
        Ok(())
    }

    /// Whether the clock has gone on for a while without a leap.
    fn trusts(&mut self, now: TimeMs) -> bool {
        let since = match self.clock {
            Some((since, last)) if now.abs_diff(last) < LEAP_MS && now >= since => since,
            _ => now,
        };
        self.clock = Some((since, now));
        now.saturating_sub(since) >= SETTLED_MS
    }
}
