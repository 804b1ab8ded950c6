//! Takes one tick after the other, given the time.

use std::sync::Arc;
use std::time::Duration;

use super::Tick;
use super::books::{Books, event};
use super::clockwatch::ClockWatch;
use super::companion::Companion;
use crate::TimeMs;
use crate::clock::Now;
use crate::history::Event;
use crate::pace::{Arrival, Interval, Pace};
use crate::rates::Rates;
use crate::snapshot::Snapshot;
use crate::source::{Source, SourceError};
use crate::when::DurationText;

/// Ticks kept for filling again: the newest, the one before it, and two that slow readers may still hold.
const POOL: usize = 4;
/// A pause in sampling that is worth an event of its own.
const LONG_PAUSE: Duration = Duration::from_secs(10);

/// What an [`Observer`] looks at: the [`Source`], or a stand-in.
pub(super) trait Probe: Send + 'static {
    /// Fills `into`, whose buffers are of an earlier sample, with what there is to see.
    fn sample(&mut self, now: Now, into: &mut Snapshot) -> Result<(), SourceError>;
}

impl Probe for Source {
    fn sample(&mut self, now: Now, into: &mut Snapshot) -> Result<(), SourceError> {
        self.sample(now.wall, now.monotonic, into)
    }
}

/// The sampling thread's work, one tick at a time.
#[derive(Debug)]
pub(super) struct Observer<P> {
    probe: P,
    pace: Pace,
    interval: Duration,
    clock: ClockWatch,
    books: Arc<Books>,
    epoch: u64,
    /// The ticks that were taken last, the newest at the end.
    recent: Vec<Arc<Tick>>,
    /// Whether the last sample failed.
    blind: bool,
    /// Who looks at processes.
    companion: Option<Companion>,
}

impl<P: Probe> Observer<P> {
    pub(super) fn new(probe: P, interval: Interval, start: Now, books: Arc<Books>) -> Observer<P> {
        let pace = Pace::new(start.monotonic, interval);
        let clock = ClockWatch::new(start, interval.duration());
        let epoch = u64::try_from(start.wall).unwrap_or(0);
        let recent = Vec::with_capacity(POOL + 1);
        Observer {
            probe,
            pace,
            interval: interval.duration(),
            clock,
            books,
            epoch,
            recent,
            blind: false,
            companion: None,
        }
    }

    /// Lets each tick bring the processes that `companion` sees.
    pub(super) fn accompany(&mut self, companion: Option<Companion>) {
        self.companion = companion;
    }

    /// When the next tick is due, in monotonic time.
    pub(super) fn deadline(&self) -> Duration {
        self.pace.deadline()
    }

    /// Takes the tick that is due at `now`, with the events that it shows; `None` where the machine cannot be read,
    /// which counts as missed.
    pub(super) fn tick(&mut self, now: Now) -> Option<(Arc<Tick>, Vec<Event>)> {
        let arrival = self.pace.arrive(now.monotonic);
        let step_ms = self.clock.step(now);
        let mut shared = self.spare();
        let tick = Arc::make_mut(&mut shared);
        let sampled = self.probe.sample(now, &mut tick.snapshot);
        if self.is_blind(sampled.err()) {
            self.books.miss(arrival.missed + 1);
            return None;
        }
        let before = self.recent.last();
        tick.epoch = self.epoch;
        tick.sequence = before.map_or(0, |before| before.sequence) + 1;
        tick.rates = before.and_then(|before| Rates::between(&before.snapshot, &tick.snapshot));
        tick.recorder = self.books.tick(arrival);
        tick.processes = self.companion.as_mut().and_then(|companion| companion.at(now));
        let events = [
            self.pause(arrival, now.wall),
            step_ms.map(|step_ms| clock_stepped(step_ms, now.wall)),
        ];
        let events = events.into_iter().flatten().collect();
        self.recent.push(Arc::clone(&shared));
        Some((shared, events))
    }

    /// Whether there is nothing to see; says so when that begins, and when it ends.
    fn is_blind(&mut self, error: Option<SourceError>) -> bool {
        let was_blind = std::mem::replace(&mut self.blind, error.is_some());
        match error {
            Some(error) if !was_blind => tracing::warn!("no sample: {error}"),
            None if was_blind => tracing::info!("sampling again"),
            _ => {}
        }
        self.blind
    }

    /// A tick to fill: the oldest that nobody holds any more, or a new one.
    fn spare(&mut self) -> Arc<Tick> {
        // The newest is needed for the rates, held or not.
        let old = self.recent.len().saturating_sub(1);
        let free = self.recent[..old].iter_mut().position(|tick| Arc::get_mut(tick).is_some());
        match free {
            Some(index) => self.recent.remove(index),
            None => {
                if self.recent.len() == POOL {
                    self.recent.remove(0);
                }
                Arc::default()
            }
        }
    }

    fn pause(&self, arrival: Arrival, now: TimeMs) -> Option<Event> {
        let missed = u32::try_from(arrival.missed).unwrap_or(u32::MAX);
        let pause = self.interval.saturating_mul(missed);
        (pause >= LONG_PAUSE).then(|| {
            let detail = format!(
                "{} samples were not taken in the {} before: the machine was suspended, or too busy",
                arrival.missed,
                DurationText(pause)
            );
            event(now, "recorder.gap", "recorder", detail)
        })
    }
}

fn clock_stepped(step_ms: TimeMs, now: TimeMs) -> Event {
    let amount = DurationText(Duration::from_millis(step_ms.unsigned_abs()));
    let detail = if step_ms < 0 {
        format!("the clock was set back by {amount}")
    } else {
        format!("the clock was set forward by {amount}")
    };
    event(now, "clock.stepped", "clock", detail)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::io;

    use super::*;
    use crate::clock::ManualClock;
    use crate::parse::table::Table;

    /// A machine whose numbers are what the test says.
    #[derive(Debug, Default)]
    struct Model {
        oom_kills: u64,
        unreadable: bool,
    }

    impl Probe for Model {
        fn sample(&mut self, now: Now, into: &mut Snapshot) -> Result<(), SourceError> {
            if self.unreadable {
                let cause = io::ErrorKind::NotFound.into();
                return Err(SourceError::Unreadable { path: "/proc/meminfo".into(), cause });
            }
            into.time_ms = now.wall;
            into.monotonic = now.monotonic;
            into.vmstat = Table::from_pairs([("oom_kill", self.oom_kills)]);
            Ok(())
        }
    }

    /// An observer at a second's pace, and the hands of its clock; the first tick is due at once.
    struct Bench {
        hands: ManualClock,
        observer: Observer<Model>,
        books: Arc<Books>,
    }

    impl Bench {
        fn new() -> Bench {
            let hands = ManualClock::at(1_000_000);
            let books = Arc::new(Books::new(Interval::default(), 1_000_000, true));
            let start = hands.clock().now();
            let observer =
                Observer::new(Model::default(), Interval::default(), start, Arc::clone(&books));
            Bench { hands, observer, books }
        }

        fn tick(&mut self) -> (Arc<Tick>, Vec<Event>) {
            self.observer.tick(self.hands.clock().now()).unwrap()
        }

        /// Lets `ms` go by, and gives the next tick with the kinds and details of its events.
        fn tick_after(&mut self, ms: u64) -> (Arc<Tick>, Vec<(String, String)>) {
            self.hands.advance(Duration::from_millis(ms));
            let (tick, events) = self.tick();
            (tick, events.into_iter().map(|event| (event.kind, event.detail)).collect())
        }
    }

    #[test]
    fn ticks_are_numbered_within_their_run() {
        let mut bench = Bench::new();
        let (first, _) = bench.tick();
        assert_eq!(
            (first.epoch, first.sequence, first.snapshot.time_ms),
            (1_000_000, 1, 1_000_000)
        );
        assert!(first.rates.is_none());
        let (second, events) = bench.tick_after(1000);
        assert_eq!((second.sequence, second.snapshot.time_ms), (2, 1_001_000));
        assert_eq!(second.rates.unwrap().elapsed, Duration::from_secs(1));
        assert_eq!((second.recorder.ticks, events), (2, vec![]));
    }

    #[test]
    fn ticks_that_were_let_go_of_are_filled_again() {
        let mut bench = Bench::new();
        bench.tick();
        let places: HashSet<_> = (0..100).map(|_| Arc::as_ptr(&bench.tick_after(1000).0)).collect();
        assert!(places.len() <= 3, "{} ticks were made", places.len());
    }

    #[test]
    fn ticks_that_are_held_stay_as_they_were() {
        let mut bench = Bench::new();
        let held: Vec<_> = (0..20).map(|_| bench.tick_after(1000).0).collect();
        for (tick, number) in held.iter().zip(1..) {
            assert_eq!(tick.sequence, number);
        }
        assert!(bench.observer.recent.len() <= POOL);
    }

    #[test]
    fn a_clock_that_is_set_is_an_event_and_disturbs_no_rate() {
        let mut bench = Bench::new();
        bench.tick();
        bench.hands.step_wall(-3_600_000);
        let (tick, events) = bench.tick_after(1000);
        let detail = "the clock was set back by 1h".to_owned();
        assert_eq!(events, [("clock.stepped".to_owned(), detail)]);
        assert_eq!(tick.rates.unwrap().elapsed, Duration::from_secs(1));
        assert_eq!(tick.recorder.missed, 0);
    }

    #[test]
    fn a_machine_asleep_misses_ticks_and_says_so_once() {
        let mut bench = Bench::new();
        bench.tick();
        let (tick, events) = bench.tick_after(3_600_300);
        assert_eq!((tick.recorder.missed, tick.recorder.late), (3599, 1));
        let detail = "3599 samples were not taken in the 59m59s before: \
                      the machine was suspended, or too busy";
        assert_eq!(events, [("recorder.gap".to_owned(), detail.to_owned())]);
        assert_eq!(bench.tick_after(700).1, []);
    }

    #[test]
    fn a_machine_that_cannot_be_read_is_tried_again_at_each_tick() {
        let mut bench = Bench::new();
        bench.tick();
        bench.observer.probe.unreadable = true;
        for _ in 0..3 {
            bench.hands.advance(Duration::from_secs(1));
            assert!(bench.observer.tick(bench.hands.clock().now()).is_none());
        }
        assert_eq!((bench.books.status().ticks, bench.books.status().missed), (1, 3));
        bench.observer.probe.unreadable = false;
        assert_eq!(bench.tick_after(1000).0.sequence, 2);
    }
}
