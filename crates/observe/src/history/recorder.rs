//! The writing side: one snapshot, one row.

use std::path::Path;

use ramscope_store::{Event, Limits, Member, Notice, Roster, SeriesSpec, Shape, Store};

use super::processes::{self, Labels};
use super::{HistoryError, cgroups, series};
use crate::TimeMs;
use crate::cgroups::CgroupTable;
use crate::processes::ProcessTable;
use crate::rates::Rates;
use crate::snapshot::Snapshot;

/// The one writer of a data directory.
///
/// After an error it can be used on: what failed is not written, and the next call tries anew.
#[derive(Debug)]
pub struct Recorder {
    store: Store,
    /// The series as they were declared last.
    declared: Option<Declared>,
    /// One value a series, filled anew for each row.
    values: Vec<Option<i64>>,
    /// The store's handles for processes and their counts, once there were some, and when the table was that was written
    /// last.
    processes: Option<([Roster; 2], TimeMs)>,
    labels: Labels,
    /// The same for control groups, once there were some.
    cgroups: Option<Groups>,
}

/// What is remembered of the control groups that were written last.
#[derive(Debug)]
struct Groups {
    /// The store's handles for groups, and for what is told of all of them.
    rosters: [Roster; 2],
    time_ms: TimeMs,
    /// What was told of all of them, and how often that changed.
    about: (String, u64),
}

/// What the handle of the store stands for.
#[derive(Clone, Copy, Debug)]
struct Declared {
    /// The snapshot's own mark of its names.
    snapshot_shape: u64,
    series_count: usize,
    handle: Shape,
}

/// How the history stands on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disk {
    /// Bytes of the database with its log.
    pub bytes: u64,
    /// The oldest value that is kept, UTC milliseconds; `None` before the first.
    pub oldest_ms: Option<TimeMs>,
}

impl Recorder {
    /// Opens the data directory for writing, and creates it where it is missing. `about` tells others who
    /// writes here, such as `pid 123 at http://…`. What the store did by itself (a damaged file set aside) is in
    /// the notices.
    ///
    /// # Errors
    /// Another process writes there, the history belongs to a newer version, or the place cannot be written.
    pub fn open(
        dir: &Path,
        limits: Limits,
        about: &str,
        now: TimeMs,
    ) -> Result<(Recorder, Vec<Notice>), HistoryError> {
        let (store, notices) = Store::open(dir, limits, about, now)?;
        Ok((
            Recorder {
                store,
                declared: None,
                values: Vec::new(),
                processes: None,
                labels: Labels::default(),
                cgroups: None,
            },
            notices,
        ))
    }

    /// Tells others anew who writes here, once the address is known.
    pub fn set_about(&mut self, about: &str) {
        self.store.set_about(about);
    }

    /// Appends one row: every number of `snapshot`, of what follows from it, and of `rates` where they are known.
    /// It survives `kill -9` once this returns.
    ///
    /// # Errors
    /// The row was not written.
    pub fn record(
        &mut self,
        snapshot: &Snapshot,
        rates: Option<&Rates>,
    ) -> Result<(), HistoryError> {
        let values = &mut self.values;
        values.clear();
        series::visit(snapshot, rates, &mut |entry| values.push(entry.value));
        let handle = self.handle(snapshot, rates)?;
        Ok(self.store.append(snapshot.time_ms, handle, &self.values)?)
    }

    /// Writes down who was there, unless this table was the last that was written. It survives `kill -9` once this
    /// returns.
    ///
    /// # Errors
    /// The table was not written.
    pub fn record_processes(&mut self, table: &ProcessTable) -> Result<(), HistoryError> {
        let rosters = match self.processes {
            Some((_, time_ms)) if time_ms == table.time_ms => return Ok(()),
            Some((rosters, _)) => rosters,
            None => {
                let counts = self.store.roster(&processes::counts_spec())?;
                [self.store.roster(&processes::spec())?, counts]
            }
        };
        self.processes = Some((rosters, table.time_ms));
        self.labels.refresh(table);
        let labels = &self.labels;
        self.store.frame(table.time_ms, rosters[0], &|each| labels.visit(table, each))?;
        let counts = |each: &mut dyn FnMut(Member<'_>)| processes::visit_counts(table, each);
        self.store.frame(table.time_ms, rosters[1], &counts)?;
        Ok(())
    }

    /// Writes down the control groups, unless this table was the last that was written; many of them less often. It survives
    /// `kill -9` once this returns.
    ///
    /// # Errors
    /// The table was not written.
    pub fn record_cgroups(&mut self, table: &CgroupTable) -> Result<(), HistoryError> {
        let last_ms = self.cgroups.as_ref().map(|groups| groups.time_ms);
        if table.is_empty() || !cgroups::is_due(table, last_ms) {
            return Ok(());
        }
        let mut groups = match self.cgroups.take() {
            Some(groups) => groups,
            None => {
                let rosters = [
                    self.store.roster(&cgroups::spec())?,
                    self.store.roster(&cgroups::tables_spec())?,
                ];
                Groups { rosters, time_ms: table.time_ms, about: (String::new(), 0) }
            }
        };
        groups.time_ms = table.time_ms;
        let about = cgroups::about(table);
        if about != groups.about.0 {
            groups.about = (about, groups.about.1 + 1);
        }
        let Groups { rosters, about, .. } = self.cgroups.insert(groups);
        self.store.frame(table.time_ms, rosters[0], &|each| cgroups::visit(table, each))?;
        let about = (about.0.as_str(), about.1);
        let whole = |each: &mut dyn FnMut(Member<'_>)| cgroups::visit_table(table, about, each);
        self.store.frame(table.time_ms, rosters[1], &whole)?;
        Ok(())
    }

    /// Writes down that something happened.
    ///
    /// # Errors
    /// The event was not written.
    pub fn event(&mut self, event: &Event) -> Result<(), HistoryError> {
        Ok(self.store.event(event)?)
    }

    /// Seals, rolls up, drops what is too old, when it is time to; to be called after each row.
    ///
    /// # Errors
    /// The store could not be tended; the rows are safe, and the next call tries again.
    pub fn maintain(&mut self, now: TimeMs) -> Result<Disk, HistoryError> {
        let upkeep = self.store.maintain(now)?;
        Ok(Disk { bytes: upkeep.disk_bytes, oldest_ms: upkeep.oldest_ms })
    }

    /// What the store did by itself since the last call, in sentences for people.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        self.store.take_notices()
    }

    /// Writes everything back into the database and lets go of the directory.
    ///
    /// # Errors
    /// The log could not be written back; it is kept beside the database and read from there.
    pub fn close(self) -> Result<(), HistoryError> {
        Ok(self.store.close()?)
    }

    /// The store's handle for the series of `snapshot`, declared anew only when a name has come or gone.
    fn handle(
        &mut self,
        snapshot: &Snapshot,
        rates: Option<&Rates>,
    ) -> Result<Shape, HistoryError> {
        let series_count = self.values.len();
        if let Some(declared) = self.declared
            && declared.snapshot_shape == snapshot.shape
            && declared.series_count == series_count
        {
            return Ok(declared.handle);
        }
        let mut specs = Vec::with_capacity(series_count);
        series::visit(snapshot, rates, &mut |entry| {
            specs.push(SeriesSpec {
                name: entry.name.to_string(),
                kind: entry.kind.into(),
                unit: entry.unit.as_str().to_owned(),
            });
        });
        let handle = self.store.declare(&specs)?;
        self.declared = Some(Declared { snapshot_shape: snapshot.shape, series_count, handle });
        Ok(handle)
    }
}
