//! The past: what is recorded of each snapshot, and the answers for a stretch of time.
//!
//! The [`Recorder`] is the one writer of a data directory; a [`History`] reads it, in any process and from any number of
//! threads. The store below keeps bare integers; the meaning of each (its [`Unit`] and whether it is a level or a
//! count) is decided in `series` and travels with every answer.

mod ahead;
mod cgroups;
mod moment;
mod processes;
mod recorder;
mod samples;
mod series;
mod sieve;
mod unit;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ramscope_store::{self as store, Reader, Span};

pub use processes::TrackPoint;
pub use ramscope_store::{Event, Limits, Notice};
pub use recorder::{Disk, Recorder};
pub use sieve::Sieve;
pub use unit::{Kind, Number, Unit};

use crate::cgroups::CgroupTable;
use crate::processes::ProcessTable;
use crate::{TimeMs, when};

/// The most series that one range may ask for.
pub const MAX_SERIES: usize = 64;
/// The most pixels that one range may ask for.
pub const MAX_POINTS: u32 = 10_000;
/// The most values that one range may hold when every sample is asked for: rows times series, 48 bytes each.
pub const MAX_SAMPLE_VALUES: usize = 4_000_000;
/// Events that are looked at where only some are wanted.
pub const EVENTS_SIFTED: usize = 100_000;
/// Readers kept open between questions; more are opened while more are asking at once.
const IDLE_READERS: usize = 4;

/// Why history was not written or not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The range ends before it begins.
    #[error("the range begins at {from} and ends at {to}: `from` must lie before `to`")]
    EmptySpan {
        /// Where it begins, UTC milliseconds.
        from: TimeMs,
        /// Where it ends, UTC milliseconds.
        to: TimeMs,
    },
    /// No pixels, or more than any screen has.
    #[error("{0} points were asked for: choose 1 to {MAX_POINTS}")]
    Points(u32),
    /// No series, or too many at once.
    #[error("{0} series were asked for: name 1 to {MAX_SERIES}; the list of series has all names")]
    SeriesCount(usize),
    /// More samples than fit into one answer.
    #[error(
        "the range holds more than {MAX_SAMPLE_VALUES} values: shorten it, name fewer series, or ask for points \
         instead of every sample"
    )]
    TooManySamples,
    /// A name that was never recorded.
    #[error("no series is named `{name}`{}", Hint(nearest.as_deref()))]
    UnknownSeries {
        /// The name asked for.
        name: String,
        /// The recorded name that is most like it.
        nearest: Option<String>,
    },
    /// A question that the store cannot answer as it was put; the text says what would be right.
    #[error("{0}")]
    Unanswerable(String),
    /// The store failed, or does not exist.
    #[error(transparent)]
    Store(store::Error),
}

impl HistoryError {
    /// Whether the question was wrong, so that asking differently helps; otherwise the store has failed.
    #[must_use]
    pub fn is_question(&self) -> bool {
        !matches!(self, HistoryError::Store(_))
    }
}

impl From<store::Error> for HistoryError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::UnknownSeries { name, nearest } => {
                HistoryError::UnknownSeries { name, nearest }
            }
            store::Error::BadRange { why } => HistoryError::Unanswerable(why),
            other => HistoryError::Store(other),
        }
    }
}

/// The end of the sentence about an unknown name.
struct Hint<'a>(Option<&'a str>);

impl fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(nearest) => write!(f, ": did you mean `{nearest}`?"),
            None => f.write_str(
                ", nor any like it: either nothing is recorded yet, or the list of series has its right name",
            ),
        }
    }
}

/// A question for a stretch of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeRequest {
    /// 1 to [`MAX_SERIES`] names; one that is repeated is answered once.
    pub names: Vec<String>,
    /// First moment, UTC milliseconds; [`when::ALL`] begins at the first sample there is.
    pub from: TimeMs,
    /// First moment after the range, UTC milliseconds.
    pub to: TimeMs,
    /// How many pixels the range is drawn on, 1 to [`MAX_POINTS`]; `None` gives every sample as it was taken. Pixels
    /// stand on a grid that does not move with the range, so the ends may need one more.
    pub points: Option<u32>,
}

/// The answer to a [`RangeRequest`]: columns over one time axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// First moment of the range, UTC milliseconds.
    pub from_ms: TimeMs,
    /// First moment after the range, UTC milliseconds.
    pub to_ms: TimeMs,
    /// Width of a pixel in milliseconds; 0 where every sample is given.
    pub step_ms: i64,
    /// Start of each pixel that holds a sample, or the time of each sample; ascending.
    pub time_ms: Vec<TimeMs>,
    /// A column a name, in the order they were asked for.
    pub series: Vec<Series>,
}

impl Range {
    /// Whether the rows are the samples themselves, so that minimum, maximum and mean are the same number.
    #[must_use]
    pub fn is_every_sample(&self) -> bool {
        self.step_ms == 0
    }
}

/// One column of a [`Range`]. Each list is as long as [`Range::time_ms`], `None` where it has no value there;
/// the integers are in [`Unit`]'s own scale and leave through [`Unit::number`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// The name of the series.
    pub name: String,
    /// Level or count.
    pub kind: Kind,
    /// What the integers are.
    pub unit: Unit,
    /// The least value in each pixel.
    pub min: Vec<Option<i64>>,
    /// The greatest value in each pixel.
    pub max: Vec<Option<i64>>,
    /// The mean of each pixel, rounded.
    pub mean: Vec<Option<i64>>,
}

/// A series that was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesInfo {
    /// The name it is asked for by.
    pub name: String,
    /// Level or count.
    pub kind: Kind,
    /// What its integers are.
    pub unit: Unit,
    /// Its oldest value that is kept, UTC milliseconds.
    pub first_ms: TimeMs,
    /// Its newest value, UTC milliseconds.
    pub last_ms: TimeMs,
}

/// The reading side of a data directory. A copy shares the open readers, and any number of threads may ask at once.
#[derive(Clone, Debug)]
pub struct History {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    dir: PathBuf,
    idle: Mutex<Vec<Reader>>,
}

impl History {
    /// Opens the history in `dir`. Where no [`Recorder`] has written yet, it is empty, and what comes later is seen.
    ///
    /// # Errors
    /// The history belongs to a newer version, is damaged, or this user may not read it.
    pub fn open(dir: &Path) -> Result<History, HistoryError> {
        let reader = Reader::open(dir)?;
        let shared = Shared { dir: dir.to_owned(), idle: Mutex::new(vec![reader]) };
        Ok(History { shared: Arc::new(shared) })
    }

    /// Every series that has values, by name.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn series(&self) -> Result<Vec<SeriesInfo>, HistoryError> {
        let infos = self.ask(Reader::series)?;
        Ok(infos.into_iter().map(SeriesInfo::from).collect())
    }

    /// Some series over a stretch of time.
    ///
    /// # Errors
    /// The question is wrong ([`HistoryError::is_question`]), or the store cannot be read.
    pub fn range(&self, request: &RangeRequest) -> Result<Range, HistoryError> {
        let names = checked_names(request)?;
        let span = self.checked_span(request)?;
        let range = match request.points {
            Some(points) => self.ask(|reader| reader.range(&names, span, Some(points)))?,
            None => self.ask_whole(|reader| samples::read(reader, &names, span))?,
        };
        Ok(Range {
            from_ms: span.from,
            to_ms: span.to,
            step_ms: range.step_ms,
            time_ms: range.time_ms,
            series: range.series.into_iter().map(Series::from).collect(),
        })
    }

    /// At most `limit` of the events from `from` to before `to`, in UTC milliseconds; the store's order.
    ///
    /// # Errors
    /// The span is empty, or the store cannot be read.
    pub fn events(
        &self,
        from: TimeMs,
        to: TimeMs,
        limit: usize,
    ) -> Result<Vec<Event>, HistoryError> {
        if from >= to {
            return Err(HistoryError::EmptySpan { from, to });
        }
        self.ask(|reader| reader.events(Span { from, to }, limit))
    }

    /// At most `limit` of the events from `from` to before `to` that `sieve` takes, the newest ones, in the order of time. Looks
    /// at the newest [`EVENTS_SIFTED`] of the span.
    ///
    /// # Errors
    /// The span is empty, or the store cannot be read.
    pub fn events_sifted(
        &self,
        from: TimeMs,
        to: TimeMs,
        limit: usize,
        sieve: &Sieve,
    ) -> Result<Vec<Event>, HistoryError> {
        if sieve.is_open() {
            return self.events(from, to, limit);
        }
        let mut events = self.events(from, to, EVENTS_SIFTED)?;
        events.retain(|event| sieve.takes(event));
        let beyond = events.len().saturating_sub(limit);
        Ok(events.split_off(beyond))
    }

    /// The times of the oldest and the newest sample; `None` before the first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn extent(&self) -> Result<Option<(TimeMs, TimeMs)>, HistoryError> {
        self.ask(Reader::extent)
    }

    /// Everyone that was there at the last table kept at or before `time`; `None` where there is none.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn processes_at(&self, time: TimeMs) -> Result<Option<ProcessTable>, HistoryError> {
        let Some(frame) = self.ask(|reader| reader.frame(processes::ROSTER, time))? else {
            return Ok(None);
        };
        let mut table = processes::table(&frame);
        if let Some(counts) = self.ask(|reader| reader.frame(processes::COUNTS, time))? {
            processes::add_counts(&mut table, &counts);
        }
        Ok(Some(table))
    }

    /// The oldest table of processes that is kept, UTC milliseconds.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn oldest_processes(&self) -> Result<Option<TimeMs>, HistoryError> {
        self.ask(|reader| reader.oldest_frame(processes::ROSTER))
    }

    /// All control groups that were there at the last table kept at or before `time`; `None` where there is none. Their growth
    /// is not told, see [`crate::cgroups::past`].
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn cgroups_at(&self, time: TimeMs) -> Result<Option<CgroupTable>, HistoryError> {
        let Some(frame) = self.ask(|reader| reader.frame(cgroups::ROSTER, time))? else {
            return Ok(None);
        };
        let mut table = cgroups::table(&frame);
        if let Some(about) = self.ask(|reader| reader.frame(cgroups::TABLES, time))? {
            cgroups::add_about(&mut table, &about);
        }
        Ok(Some(table))
    }

    /// The oldest table of control groups that is kept, UTC milliseconds.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn oldest_cgroups(&self) -> Result<Option<TimeMs>, HistoryError> {
        self.ask(|reader| reader.oldest_frame(cgroups::ROSTER))
    }

    /// What one process, named by its id and its start, held from `from` to before `to`, at about `points` moments.
    ///
    /// # Errors
    /// The span is empty, or the store cannot be read.
    pub fn process_track(
        &self,
        process: (u32, TimeMs),
        from: TimeMs,
        to: TimeMs,
        points: u32,
    ) -> Result<Vec<TrackPoint>, HistoryError> {
        if from >= to {
            return Err(HistoryError::EmptySpan { from, to });
        }
        let (key, span) = (processes::key(process.0, process.1), Span { from, to });
        let found = self.ask(|reader| reader.track(processes::ROSTER, key, span, points))?;
        Ok(found.iter().map(|(time_ms, values)| TrackPoint::of(*time_ms, values)).collect())
    }

    /// Asks one idle reader, or a new one.
    fn ask<T>(
        &self,
        question: impl FnOnce(&Reader) -> Result<T, store::Error>,
    ) -> Result<T, HistoryError> {
        self.ask_whole(|reader| question(reader).map_err(HistoryError::from))
    }

    /// Asks several questions of the same reader.
    fn ask_whole<T>(
        &self,
        questions: impl FnOnce(&Reader) -> Result<T, HistoryError>,
    ) -> Result<T, HistoryError> {
        let idle = self.idle().pop();
        let reader = match idle {
            Some(reader) => reader,
            None => Reader::open(&self.shared.dir)?,
        };
        let answer = questions(&reader);
        let mut idle = self.idle();
        if idle.len() < IDLE_READERS {
            idle.push(reader);
        }
        answer
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Reader>> {
        self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The span of the request, where "from the beginning" has become the first sample.
    fn checked_span(&self, request: &RangeRequest) -> Result<Span, HistoryError> {
        let RangeRequest { from, to, .. } = *request;
        if from >= to {
            return Err(HistoryError::EmptySpan { from, to });
        }
        if from > when::ALL {
            return Ok(Span { from, to });
        }
        let first = self.extent()?.map_or(from, |(first, _)| first);
        Ok(Span { from: first.min(to - 1), to })
    }
}

/// The names of the request, each once.
fn checked_names(request: &RangeRequest) -> Result<Vec<&str>, HistoryError> {
    if let Some(points) = request.points.filter(|points| !(1..=MAX_POINTS).contains(points)) {
        return Err(HistoryError::Points(points));
    }
    if !(1..=MAX_SERIES).contains(&request.names.len()) {
        return Err(HistoryError::SeriesCount(request.names.len()));
    }
    let mut names: Vec<&str> = Vec::with_capacity(request.names.len());
    for name in &request.names {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    Ok(names)
}

impl From<store::Column> for Series {
    fn from(column: store::Column) -> Self {
        let store::Column { name, kind, unit, min, max, mean } = column;
        Series { name, kind: kind.into(), unit: Unit::of_recorded(&unit), min, max, mean }
    }
}

impl From<store::SeriesInfo> for SeriesInfo {
    fn from(info: store::SeriesInfo) -> Self {
        let store::SeriesInfo { name, kind, unit, first_ms, last_ms } = info;
        SeriesInfo { name, kind: kind.into(), unit: Unit::of_recorded(&unit), first_ms, last_ms }
    }
}
