//! Writes ticks into the history, gives way to trouble, and resumes by itself.

use std::collections::VecDeque;
use std::sync::Arc;

use super::books::{Books, event};
use super::queue::Job;
use crate::TimeMs;
use crate::cgroups::CgroupTable;
use crate::history::{Disk, Event, HistoryError, Notice, Recorder};
use crate::pace::Interval;
use crate::processes::ProcessTable;
use crate::rates::Rates;
use crate::snapshot::Snapshot;

/// Events kept until the history can be written again; the oldest stay.
const MAX_OWED_EVENTS: usize = 256;

/// What a [`Writer`] writes into: the [`Recorder`], or a stand-in that fails on demand.
pub(super) trait Journal: Send + 'static {
    fn record(&mut self, snapshot: &Snapshot, rates: Option<&Rates>) -> Result<(), HistoryError>;
    fn processes(&mut self, table: &ProcessTable) -> Result<(), HistoryError>;
    fn cgroups(&mut self, table: &CgroupTable) -> Result<(), HistoryError>;
    fn event(&mut self, event: &Event) -> Result<(), HistoryError>;
    fn maintain(&mut self, now: TimeMs) -> Result<Disk, HistoryError>;
    fn take_notices(&mut self) -> Vec<Notice>;
    fn close(self) -> Result<(), HistoryError>;
}

impl Journal for Recorder {
    fn record(&mut self, snapshot: &Snapshot, rates: Option<&Rates>) -> Result<(), HistoryError> {
        self.record(snapshot, rates)
    }

    fn processes(&mut self, table: &ProcessTable) -> Result<(), HistoryError> {
        self.record_processes(table)
    }

    fn cgroups(&mut self, table: &CgroupTable) -> Result<(), HistoryError> {
        self.record_cgroups(table)
    }

    fn event(&mut self, event: &Event) -> Result<(), HistoryError> {
        self.event(event)
    }

    fn maintain(&mut self, now: TimeMs) -> Result<Disk, HistoryError> {
        self.maintain(now)
    }

    fn take_notices(&mut self) -> Vec<Notice> {
        self.take_notices()
    }

    fn close(self) -> Result<(), HistoryError> {
        self.close()
    }
}

/// The writing thread's work, one tick at a time.
#[derive(Debug)]
pub(super) struct Writer<J> {
    journal: J,
    books: Arc<Books>,
    /// Events to be written as soon as a row could be.
    owed: VecDeque<Event>,
}

impl<J: Journal> Writer<J> {
    pub(super) fn new(
        journal: J,
        interval: Interval,
        started_ms: TimeMs,
        books: Arc<Books>,
    ) -> Writer<J> {
        let detail = format!("recording began, a sample every {interval}");
        let started = event(started_ms, "recorder.started", "recorder", detail);
        Writer { journal, books, owed: VecDeque::from([started]) }
    }

    /// Writes one tick, and what is owed; what cannot be written now is counted as lost, or stays owed.
    pub(super) fn write(&mut self, job: Job) {
        let Job { tick, events, cgroups } = job;
        let (sequence, time_ms) = (tick.sequence, tick.snapshot.time_ms);
        let room = MAX_OWED_EVENTS.saturating_sub(self.owed.len());
        self.owed.extend(events.into_iter().take(room));
        if let Err(error) = self.journal.record(&tick.snapshot, tick.rates.as_ref()) {
            self.books.lose(&tick, &error.to_string());
            self.complain(time_ms, &error);
            return;
        }
        let processes = tick.processes.clone();
        // The row is safe, and the sampler may fill the tick again while the rest is written.
        drop(tick);
        let processes = processes.map_or(Ok(()), |table| self.journal.processes(&table));
        let rosters = match (processes, cgroups) {
            (Ok(()), Some(table)) => self.journal.cgroups(&table),
            (processes, _) => processes,
        };
        if let Err(error) = rosters {
            self.complain(time_ms, &error);
            return;
        }
        if let Some(gap) = self.books.gap_before(sequence) {
            self.owed.push_front(gap.event());
        }
        match self.settle(time_ms) {
            Ok(disk) if self.books.all_is_well(disk) => tracing::info!("history: recording again"),
            Ok(_) => {}
            Err(error) => self.complain(time_ms, &error),
        }
        for notice in self.journal.take_notices() {
            tracing::warn!("history: {notice}");
        }
    }

    /// Writes the rest and closes the history.
    pub(super) fn finish(mut self, now: TimeMs) {
        if let Some(gap) = self.books.gap_before(u64::MAX) {
            self.owed.push_front(gap.event());
        }
        let status = self.books.status();
        let detail = format!(
            "recording ended after {} samples: {} late, {} missed, {} not written",
            status.ticks, status.late, status.missed, status.lost
        );
        self.owed.push_back(event(now, "recorder.stopped", "recorder", detail));
        let told = self.tell();
        if let Err(error) = told.and_then(|()| self.journal.close()) {
            self.books.trouble(now, &error);
            tracing::warn!("history: {error}");
        }
        self.books.closed();
    }

    /// Everything that follows a row.
    fn settle(&mut self, now: TimeMs) -> Result<Disk, HistoryError> {
        self.tell()?;
        self.journal.maintain(now)
    }

    /// Writes the events that are owed, each once.
    fn tell(&mut self) -> Result<(), HistoryError> {
        while let Some(event) = self.owed.front() {
            self.journal.event(event)?;
            self.owed.pop_front();
        }
        Ok(())
    }

    fn complain(&self, time_ms: TimeMs, error: &HistoryError) {
        if self.books.trouble(time_ms, error) {
            tracing::warn!("history: {error}; live goes on, and each sample tries to be recorded");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use proptest::prelude::*;

    use super::*;
    use crate::sampler::Tick;
    use crate::sampler::books::RecorderStatus;

    /// What a journal was given, and how it fails.
    #[derive(Debug, Default)]
    struct Log {
        rows: Vec<TimeMs>,
        events: Vec<Event>,
        rows_fail: bool,
        events_fail: bool,
        closed: bool,
    }

    #[derive(Debug, Default)]
    struct Paper(Arc<Mutex<Log>>);

    /// A tick at `time_ms`, which is also its number.
    fn tick(time_ms: TimeMs) -> Tick {
        let snapshot = Snapshot { time_ms, ..Snapshot::default() };
        Tick { sequence: u64::try_from(time_ms).unwrap(), snapshot, ..Tick::default() }
    }

    fn full() -> HistoryError {
        HistoryError::Unanswerable("no room left".into())
    }

    impl Journal for Paper {
        fn record(&mut self, snapshot: &Snapshot, _: Option<&Rates>) -> Result<(), HistoryError> {
            let mut log = self.0.lock().unwrap();
            if log.rows_fail {
                return Err(full());
            }
            log.rows.push(snapshot.time_ms);
            Ok(())
        }

        fn processes(&mut self, _: &ProcessTable) -> Result<(), HistoryError> {
            Ok(())
        }

        fn cgroups(&mut self, _: &CgroupTable) -> Result<(), HistoryError> {
            Ok(())
        }

        fn event(&mut self, event: &Event) -> Result<(), HistoryError> {
            let mut log = self.0.lock().unwrap();
            if log.events_fail {
                return Err(full());
            }
            log.events.push(event.clone());
            Ok(())
        }

        fn maintain(&mut self, _: TimeMs) -> Result<Disk, HistoryError> {
            Ok(Disk { bytes: 4096, oldest_ms: Some(1000) })
        }

        fn take_notices(&mut self) -> Vec<Notice> {
            Vec::new()
        }

        fn close(self) -> Result<(), HistoryError> {
            self.0.lock().unwrap().closed = true;
            Ok(())
        }
    }

    /// A writer on a second's pace that began at 0, with what it wrote and what it told.
    struct Bench {
        writer: Writer<Paper>,
        log: Arc<Mutex<Log>>,
        books: Arc<Books>,
    }

    impl Bench {
        fn new() -> Bench {
            let books = Arc::new(Books::new(Interval::default(), 0, true));
            let paper = Paper::default();
            let log = Arc::clone(&paper.0);
            let writer = Writer::new(paper, Interval::default(), 0, Arc::clone(&books));
            Bench { writer, log, books }
        }

        fn write(&mut self, time_ms: TimeMs) {
            self.write_with(time_ms, Vec::new());
        }

        fn write_with(&mut self, time_ms: TimeMs, events: Vec<Event>) {
            self.writer.write(Job { tick: Arc::new(tick(time_ms)), events, cgroups: None });
        }

        fn fail(&self, rows: bool, events: bool) {
            let mut log = self.log.lock().unwrap();
            (log.rows_fail, log.events_fail) = (rows, events);
        }

        fn status(&self) -> RecorderStatus {
            self.books.status()
        }

        fn rows(&self) -> Vec<TimeMs> {
            self.log.lock().unwrap().rows.clone()
        }

        /// The kinds of the events written so far.
        fn kinds(&self) -> Vec<String> {
            self.log.lock().unwrap().events.iter().map(|event| event.kind.clone()).collect()
        }

        fn last_detail(&self) -> String {
            self.log.lock().unwrap().events.last().unwrap().detail.clone()
        }
    }

    #[test]
    fn a_run_is_its_rows_between_started_and_stopped() {
        let mut bench = Bench::new();
        bench.write(1000);
        bench.write(2000);
        assert_eq!(bench.rows(), [1000, 2000]);
        let status = bench.status();
        assert_eq!((status.disk_bytes, status.oldest_ms), (4096, Some(1000)));
        assert!(status.recording && status.error.is_none());
        let Bench { writer, log, books } = bench;
        writer.finish(3000);
        let log = log.lock().unwrap();
        assert!(log.closed && !books.status().recording);
        let told: Vec<_> = log.events.iter().map(|e| (e.time_ms, e.kind.as_str())).collect();
        assert_eq!(told, [(0, "recorder.started"), (3000, "recorder.stopped")]);
    }

    #[test]
    fn a_full_disk_is_told_since_when_and_writing_resumes_by_itself() {
        let mut bench = Bench::new();
        bench.write(1000);
        bench.fail(true, true);
        for time_ms in [2000, 3000, 4000] {
            bench.write(time_ms);
        }
        let status = bench.status();
        assert_eq!((status.lost, status.recording), (3, false));
        assert_eq!(
            status.error.as_deref(),
            Some("not recording since 1970-01-01T00:00:02Z: no room left")
        );
        bench.fail(false, false);
        bench.write(5000);
        let status = bench.status();
        assert_eq!((status.lost, status.recording, status.error), (3, true, None));
        assert_eq!(bench.rows(), [1000, 5000]);
        assert_eq!(bench.kinds(), ["recorder.started", "recorder.gap"]);
        assert_eq!(
            bench.last_detail(),
            "3 samples were not written, from 1970-01-01T00:00:02Z to 1970-01-01T00:00:04Z: no room left"
        );
    }

    #[test]
    fn an_event_that_could_not_be_written_is_written_once_later() {
        let mut bench = Bench::new();
        bench.write(1000);
        bench.fail(false, true);
        bench.write_with(2000, vec![event(2000, "oom.kill", "machine", String::new())]);
        bench.write(3000);
        assert_eq!(bench.rows(), [1000, 2000, 3000]);
        assert_eq!(bench.status().lost, 0);
        assert!(bench.status().error.is_some());
        bench.fail(false, false);
        bench.write(4000);
        bench.write(5000);
        assert_eq!(bench.kinds(), ["recorder.started", "oom.kill"]);
        assert_eq!(bench.status().error, None);
    }

    #[test]
    fn a_queue_that_overflows_now_and_then_makes_one_gap_told_when_it_is_over() {
        let mut bench = Bench::new();
        // Every second sample found no place, and the writer is still at the old ones.
        for lost in [11_000, 13_000, 15_000] {
            bench.books.lose(&tick(lost), "the disk did not keep up");
        }
        for time_ms in [1000, 10_000, 12_000, 14_000] {
            bench.write(time_ms);
        }
        assert_eq!(bench.kinds(), ["recorder.started"]);
        assert_eq!(bench.status().error, None);
        bench.write(16_000);
        assert_eq!(bench.kinds(), ["recorder.started", "recorder.gap"]);
        assert!(bench.last_detail().starts_with("3 samples were not written"));
    }

    #[test]
    fn a_disk_that_stays_full_does_not_keep_the_end_from_coming() {
        let mut bench = Bench::new();
        bench.fail(true, true);
        for time_ms in 0..1000 {
            let events = vec![event(time_ms, "oom.kill", "machine", String::new()); 3];
            bench.write_with(time_ms, events);
        }
        assert_eq!(bench.writer.owed.len(), MAX_OWED_EVENTS);
        assert_eq!(bench.status().lost, 1000);
        let Bench { writer, books, .. } = bench;
        writer.finish(2000);
        assert!(books.status().error.unwrap().contains("no room left"));
    }

    /// The samples that a gap's sentence counts.
    fn samples_in(gap: &Event) -> u64 {
        gap.detail.split(' ').next().unwrap().parse().unwrap()
    }

    proptest! {
        #[test]
        fn every_sample_is_in_a_row_or_in_a_gap(
            fates in prop::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 0..200),
        ) {
            let mut bench = Bench::new();
            for (time_ms, &(dropped, rows_fail, events_fail)) in (1..).zip(&fates) {
                bench.fail(rows_fail, events_fail);
                match dropped {
                    true => bench.books.lose(&tick(time_ms), "the disk did not keep up"),
                    false => bench.write(time_ms),
                }
            }
            bench.fail(false, false);
            let Bench { writer, log, books } = bench;
            writer.finish(1000);
            let log = log.lock().unwrap();
            let told = log.events.iter().filter(|event| event.kind == "recorder.gap");
            let lost: u64 = told.map(samples_in).sum();
            prop_assert_eq!(lost, books.status().lost);
            prop_assert_eq!(log.rows.len() as u64 + lost, fates.len() as u64);
        }
    }
}
