//! What the sampling thread hands to the writing one: bounded, and never waited for.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::Duration;

use super::books::Books;
use super::{Tick, Told};
use crate::cgroups::CgroupTable;
use crate::history::Event;
use crate::pace::Interval;

/// How long a disk may stall before samples are lost.
const STALL: Duration = Duration::from_secs(10);
/// Events that wait for a place in the queue; older ones are more telling than a flood of new ones.
const MAX_WAITING_EVENTS: usize = 64;

/// A tick to be written, with what happened at it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) tick: Arc<Tick>,
    pub(super) events: Vec<Event>,
    pub(super) cgroups: Option<Arc<CgroupTable>>,
}

/// The sampling thread's end of the queue.
#[derive(Debug)]
pub(super) struct Queue {
    jobs: SyncSender<Job>,
    books: Arc<Books>,
    /// Events of ticks that found the queue full.
    waiting: Vec<Event>,
}

impl Queue {
    /// How many ticks may wait: ten seconds' worth, at least 8 and at most 256 (about 5 MB).
    pub(super) fn capacity(interval: Interval) -> usize {
        let ticks = STALL.as_millis() / u128::from(interval.as_millis());
        usize::try_from(ticks).unwrap_or(usize::MAX).clamp(8, 256)
    }

    pub(super) fn new(jobs: SyncSender<Job>, books: Arc<Books>) -> Queue {
        Queue { jobs, books, waiting: Vec::new() }
    }

    /// Hands a tick over if there is room; otherwise counts it as lost, and keeps its events for the next.
    pub(super) fn offer(&mut self, tick: Arc<Tick>, told: Told) {
        let Told { mut events, cgroups } = told;
        if !self.waiting.is_empty() {
            self.waiting.append(&mut events);
            events = std::mem::take(&mut self.waiting);
        }
        let (job, why) = match self.jobs.try_send(Job { tick, events, cgroups }) {
            Ok(()) => return,
            Err(TrySendError::Full(job)) => (job, "the disk did not keep up"),
            Err(TrySendError::Disconnected(job)) => (job, "the recorder has failed"),
        };
        self.books.lose(&job.tick, why);
        if self.books.trouble(job.tick.snapshot.time_ms, &why) {
            tracing::warn!("history: {why}; samples are being lost");
        }
        self.waiting = job.events;
        self.waiting.truncate(MAX_WAITING_EVENTS);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::TimeMs;
    use crate::sampler::books::event;
    use crate::snapshot::Snapshot;

    fn tick(time_ms: TimeMs) -> Arc<Tick> {
        let snapshot = Snapshot { time_ms, ..Snapshot::default() };
        Arc::new(Tick { snapshot, ..Tick::default() })
    }

    #[test]
    fn a_queue_holds_ten_seconds_within_bounds() {
        for (interval, places) in [("10ms", 256), ("100ms", 100), ("1s", 10), ("1h", 8)] {
            assert_eq!(Queue::capacity(interval.parse().unwrap()), places, "{interval}");
        }
    }

    #[test]
    fn a_full_queue_loses_the_sample_but_not_its_events() {
        let (jobs, inbox) = mpsc::sync_channel(1);
        let books = Arc::new(Books::new(Interval::default(), 0, true));
        let mut queue = Queue::new(jobs, Arc::clone(&books));
        queue.offer(tick(1000), Told::default());
        for time_ms in [2000, 3000] {
            let kill = event(time_ms, "oom.kill", "machine", String::new());
            queue.offer(tick(time_ms), vec![kill].into());
        }
        let status = books.status();
        assert_eq!(status.lost, 2);
        assert_eq!(
            status.error.as_deref(),
            Some("not recording since 1970-01-01T00:00:02Z: the disk did not keep up")
        );
        assert_eq!(inbox.recv().unwrap().tick.snapshot.time_ms, 1000);
        queue.offer(tick(4000), Told::default());
        let job = inbox.recv().unwrap();
        let times: Vec<_> = job.events.iter().map(|event| event.time_ms).collect();
        assert_eq!((job.tick.snapshot.time_ms, times), (4000, vec![2000, 3000]));
    }

    #[test]
    fn a_recorder_that_has_died_is_told() {
        let (jobs, inbox) = mpsc::sync_channel(1);
        drop(inbox);
        let books = Arc::new(Books::new(Interval::default(), 0, true));
        Queue::new(jobs, Arc::clone(&books)).offer(tick(1000), Told::default());
        assert!(books.status().error.unwrap().ends_with("the recorder has failed"));
        assert_eq!(books.status().lost, 1);
    }
}
