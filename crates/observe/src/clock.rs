//! The one place where the time is asked for; everything else is told it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use crate::TimeMs;

/// The clock that never steps and goes on while the machine is suspended, so that time asleep is seen as a
/// pause, and a step of the time of day as a step: `clock_gettime(2)`.
#[cfg(target_os = "linux")]
const ELAPSED: ClockId = ClockId::Boottime;
/// The clock that never steps; other systems have none that goes on while they are suspended.
#[cfg(not(target_os = "linux"))]
const ELAPSED: ClockId = ClockId::Monotonic;

/// Something that knows the time of day and how much time went by. Copies are the same clock.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System { origin: Duration },
    Manual(ManualClock),
}

/// One reading of a clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// The time of day, UTC milliseconds. It may be set, so it steps, back too.
    pub wall: TimeMs,
    /// Time since the clock began to run. It never steps, and it goes on while the machine is suspended (on
    /// Linux): durations are differences of this.
    pub monotonic: Duration,
}

impl Clock {
    /// The machine's own clock, whose monotonic time begins now.
    pub fn system() -> Clock {
        Clock(Kind::System { origin: since_boot() })
    }

    /// Time of day and monotonic time, read one right after the other.
    pub fn now(&self) -> Now {
        match &self.0 {
            Kind::System { origin } => {
                Now { wall: system_ms(), monotonic: since_boot().saturating_sub(*origin) }
            }
            Kind::Manual(hands) => hands.now(),
        }
    }

    /// The time of day, UTC milliseconds.
    pub fn wall_ms(&self) -> TimeMs {
        self.now().wall
    }

    /// Time since the clock began to run.
    pub fn monotonic(&self) -> Duration {
        self.now().monotonic
    }
}

/// The processor time that this thread has used: what a reading costs, however long it waited.
pub(crate) fn thread_cpu() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

fn since_boot() -> Duration {
    Duration::try_from(clock_gettime(ELAPSED)).unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "this module is where the time is asked for")]
fn system_ms() -> TimeMs {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => TimeMs::try_from(since.as_millis()).unwrap_or(TimeMs::MAX),
        Err(before) => -TimeMs::try_from(before.duration().as_millis()).unwrap_or(TimeMs::MAX),
    }
}

/// The hands of a clock that runs only when told to, for tests.
#[derive(Clone, Debug, Default)]
pub struct ManualClock(Arc<Hands>);

#[derive(Debug, Default)]
struct Hands {
    wall_ms: AtomicI64,
    monotonic_ns: AtomicU64,
}

impl ManualClock {
    /// A clock that shows `wall`, and no monotonic time yet.
    pub fn at(wall: TimeMs) -> ManualClock {
        let clock = ManualClock::default();
        clock.0.wall_ms.store(wall, Ordering::SeqCst);
        clock
    }

    /// The clock that these hands move.
    pub fn clock(&self) -> Clock {
        Clock(Kind::Manual(self.clone()))
    }

    /// Lets time of day and monotonic time run for `time`.
    pub fn advance(&self, time: Duration) {
        let ms = TimeMs::try_from(time.as_millis()).unwrap_or(TimeMs::MAX);
        let ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.0.wall_ms.fetch_add(ms, Ordering::SeqCst);
        self.0.monotonic_ns.fetch_add(ns, Ordering::SeqCst);
    }

    /// Steps the time of day by `ms`, as somebody who sets the clock does.
    pub fn step_wall(&self, ms: i64) {
        self.0.wall_ms.fetch_add(ms, Ordering::SeqCst);
    }

    fn now(&self) -> Now {
        Now {
            wall: self.0.wall_ms.load(Ordering::SeqCst),
            monotonic: Duration::from_nanos(self.0.monotonic_ns.load(Ordering::SeqCst)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_runs_for_all_who_hold_it() {
        let hands = ManualClock::at(1000);
        let clock = hands.clock();
        hands.advance(Duration::from_millis(250));
        assert_eq!(clock.now(), Now { wall: 1250, monotonic: Duration::from_millis(250) });
        hands.step_wall(-5000);
        assert_eq!(clock.wall_ms(), -3750);
        assert_eq!(clock.monotonic(), Duration::from_millis(250));
    }

    #[test]
    fn the_machines_clock_shows_this_century_and_never_runs_back() {
        let clock = Clock::system();
        let (first, second) = (clock.now(), clock.now());
        assert!(first.wall > 946_684_800_000);
        assert!(second.monotonic >= first.monotonic);
    }
}
