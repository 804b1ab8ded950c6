//! How long a tick of the time-stamp counter is, and what time it is.

use std::time::Duration;

use ramscope_events::ring::ticks_now;
use rustix::time::{ClockId, clock_gettime};

/// Two readings further apart than this tell the rate to better than a part in 10,000.
const ENOUGH: Duration = Duration::from_millis(5);

/// Measures the counter's rate against the kernel's clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calibration {
    ticks: u64,
    time: Duration,
}

impl Calibration {
    /// Takes the first reading.
    pub(super) fn begin() -> Self {
        Self { time: now(ClockId::MonotonicRaw), ticks: ticks_now() }
    }

    /// Ticks a second, from the time that has passed since; waits where that is too short.
    pub(super) fn ticks_per_second(&self) -> u64 {
        let passed = now(ClockId::MonotonicRaw).saturating_sub(self.time);
        std::thread::sleep(ENOUGH.saturating_sub(passed));
        let (time, ticks) = (now(ClockId::MonotonicRaw), ticks_now());
        let nanos = time.saturating_sub(self.time).as_nanos().max(1);
        let ticks = u128::from(ticks.wrapping_sub(self.ticks));
        u64::try_from(ticks * 1_000_000_000 / nanos).unwrap_or(u64::MAX).max(1)
    }
}

/// The processor time that this process has used.
pub(super) fn process_cpu() -> Duration {
    now(ClockId::ProcessCPUTime)
}

/// The processor time that this thread has used.
pub(super) fn thread_cpu() -> Duration {
    now(ClockId::ThreadCPUTime)
}

/// UTC in milliseconds.
pub(super) fn wall_ms() -> u64 {
    u64::try_from(now(ClockId::Realtime).as_millis()).unwrap_or(u64::MAX)
}

fn now(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}
