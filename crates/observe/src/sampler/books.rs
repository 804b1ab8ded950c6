//! What the two threads know of each other: counters, the trouble with the disk, the gap that is still to be told.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::Tick;
use crate::TimeMs;
use crate::history::{Disk, Event};
use crate::pace::{Arrival, Interval};

/// How sampling and recording stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecorderStatus {
    /// The time between two samples, milliseconds.
    pub interval_ms: u64,
    /// Samples taken in this run.
    pub ticks: u64,
    /// Samples that began too long after their time; see [`Pace::tolerance`](crate::pace::Pace::tolerance).
    pub late: u64,
    /// Samples whose time passed without them: the machine was suspended, or too busy.
    pub missed: u64,
    /// Samples that were taken and published, but not written.
    pub lost: u64,
    /// Whether samples are being written: false without a recorder, and while `error` says why not.
    pub recording: bool,
    /// What is wrong with the history and since when, in words; `None` while all is well.
    pub error: Option<String>,
    /// Bytes of the history on disk.
    pub disk_bytes: u64,
    /// The oldest value in the history, UTC milliseconds.
    pub oldest_ms: Option<TimeMs>,
    /// When this run began, UTC milliseconds.
    pub started_ms: TimeMs,
}

/// Samples that were not written, from the first to the last of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) from_ms: TimeMs,
    pub(super) to_ms: TimeMs,
    /// Sequence of the last of them: the clock may be set within a gap.
    pub(super) last: u64,
    pub(super) samples: u64,
    /// Why the first of them was lost.
    pub(super) why: String,
}

/// Shared by the threads; the lock is held for a copy, never while anything is read or written.
#[derive(Debug)]
pub(super) struct Books(Mutex<Page>);

#[derive(Debug)]
struct Page {
    status: RecorderStatus,
    /// Whether anybody writes at all.
    has_recorder: bool,
    gap: Option<Gap>,
}

impl Books {
    pub(super) fn new(interval: Interval, started_ms: TimeMs, has_recorder: bool) -> Books {
        let status = RecorderStatus {
            interval_ms: interval.as_millis(),
            started_ms,
            recording: has_recorder,
            ..RecorderStatus::default()
        };
        Books(Mutex::new(Page { status, has_recorder, gap: None }))
    }

    pub(super) fn status(&self) -> RecorderStatus {
        self.page().status.clone()
    }

    /// Counts a tick, and gives the status as of it.
    pub(super) fn tick(&self, arrival: Arrival) -> RecorderStatus {
        let status = &mut self.page().status;
        status.ticks += 1;
        status.late += u64::from(arrival.late);
        status.missed += arrival.missed;
        status.clone()
    }

    /// Counts samples whose time passed without them.
    pub(super) fn miss(&self, samples: u64) {
        self.page().status.missed += samples;
    }

    /// Counts a sample that was not written.
    pub(super) fn lose(&self, tick: &Tick, why: &str) {
        let (sequence, time_ms) = (tick.sequence, tick.snapshot.time_ms);
        let mut page = self.page();
        page.status.lost += 1;
        match &mut page.gap {
            Some(gap) => {
                gap.samples += 1;
                gap.last = gap.last.max(sequence);
                gap.from_ms = gap.from_ms.min(time_ms);
                gap.to_ms = gap.to_ms.max(time_ms);
            }
            gap => {
                let why = why.to_owned();
                let (from_ms, to_ms, last) = (time_ms, time_ms, sequence);
                *gap = Some(Gap { from_ms, to_ms, last, samples: 1, why });
            }
        }
    }

    /// Notes that the history cannot be written, and whether that is news. The first moment of a trouble is kept until
    /// [`Books::all_is_well`].
    pub(super) fn trouble(&self, time_ms: TimeMs, why: &dyn fmt::Display) -> bool {
        let mut page = self.page();
        page.status.recording = false;
        let news = page.status.error.is_none();
        if news {
            page.status.error = Some(format!("not recording since {}: {why}", instant(time_ms)));
        }
        news
    }

    /// Notes that the history is written again, and whether that is news. While samples are still being lost now and
    /// then, the trouble is not over.
    pub(super) fn all_is_well(&self, disk: Disk) -> bool {
        let mut page = self.page();
        page.status.disk_bytes = disk.bytes;
        page.status.oldest_ms = disk.oldest_ms;
        if page.gap.is_some() {
            return false;
        }
        page.status.recording = page.has_recorder;
        page.status.error.take().is_some()
    }

    /// Notes that nothing will be written any more.
    pub(super) fn closed(&self) {
        self.page().status.recording = false;
    }

    /// Takes the gap if it ended before the tick of this sequence, which was written. While the queue overflows now and
    /// then, the gap grows, and is told as one.
    pub(super) fn gap_before(&self, sequence: u64) -> Option<Gap> {
        self.page().gap.take_if(|gap| gap.last < sequence)
    }

    fn page(&self) -> MutexGuard<'_, Page> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gap {
    /// The gap as an event of the history.
    pub(super) fn event(&self) -> Event {
        let Gap { from_ms, to_ms, samples, why, .. } = self;
        let (from, to) = (instant(*from_ms), instant(*to_ms));
        let detail = match samples {
            1 => format!("1 sample was not written, at {from}: {why}"),
            _ => format!("{samples} samples were not written, from {from} to {to}: {why}"),
        };
        event(*from_ms, "recorder.gap", "recorder", detail)
    }
}

/// An event of the sampler's own.
pub(super) fn event(time_ms: TimeMs, kind: &str, subject: &str, detail: String) -> Event {
    Event { time_ms, kind: kind.to_owned(), subject: subject.to_owned(), detail, facts: None }
}

/// A moment in UTC, to the second, for people.
fn instant(time_ms: TimeMs) -> String {
    Timestamp::from_second(time_ms.div_euclid(1000))
        .map_or_else(|_| format!("{time_ms} ms"), |instant| instant.to_string())
}
