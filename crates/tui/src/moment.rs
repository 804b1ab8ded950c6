//! What the screen shows of one moment, live or past: the same shape for both.

use std::sync::Arc;

use ramscope_observe::cgroups::CgroupTable;
use ramscope_observe::forecast::Forecast;
use ramscope_observe::processes::ProcessTable;
use ramscope_observe::rates::Rates;
use ramscope_observe::watch::Outlook;
use ramscope_observe::{Ledger, Memory, Snapshot, TimeMs, Verdict};

/// The machine at one moment.
#[derive(Clone, Debug)]
pub struct Moment {
    /// When, UTC milliseconds.
    pub time_ms: TimeMs,
    /// The numbers that everyone quotes.
    pub memory: Memory,
    /// Whether it was short of memory, in words.
    pub verdict: Verdict,
    /// Where all of it went.
    pub ledger: Ledger,
    /// What happened a second; `None` at the first tick of a run, and where it was not recorded.
    pub rates: Option<Rates>,
    /// The share of time in which some task waited for memory, 0..=1; `None` where the kernel does not count it.
    pub stalled: Option<f64>,
    /// The processes; `None` where they are not watched, or were not.
    pub processes: Option<Arc<ProcessTable>>,
    /// The control groups; `None` likewise, and where there are none.
    pub cgroups: Option<Arc<CgroupTable>>,
    /// Where used memory is heading; `None` for the past.
    pub outlook: Option<Forecast>,
    /// Where groups with a limit and large processes are heading; `None` likewise.
    pub ahead: Option<Arc<Outlook>>,
}

impl Moment {
    /// The moment of a snapshot and what is known beside it.
    #[must_use]
    pub fn of(
        snapshot: &Snapshot,
        rates: Option<Rates>,
        processes: Option<Arc<ProcessTable>>,
    ) -> Moment {
        let measured = rates.and_then(|rates| rates.some_stalled);
        let averaged = || snapshot.pressure.map(|p| f64::from(p.some.avg10) / 10_000.0);
        Moment {
            time_ms: snapshot.time_ms,
            memory: Memory::of(snapshot),
            verdict: Verdict::of(snapshot, rates.as_ref()),
            ledger: Ledger::of(snapshot),
            rates,
            stalled: measured.or_else(averaged),
            processes,
            cgroups: None,
            outlook: None,
            ahead: None,
        }
    }

    /// With the control groups of that moment; inside a container, the verdict is in the container's numbers.
    #[must_use]
    pub fn with_cgroups(self, cgroups: Option<Arc<CgroupTable>>) -> Moment {
        let table = cgroups.as_deref();
        let container = table.and_then(|table| table.container(self.memory.total_bytes));
        Moment { verdict: self.verdict.inside(container.as_ref()), cgroups, ..self }
    }

    /// Its place on the curve.
    #[must_use]
    pub fn point(&self) -> Point {
        Point {
            time_ms: self.time_ms,
            used_bytes: self.memory.used_bytes,
            available_bytes: self.memory.available_bytes,
            free_bytes: self.memory.free_bytes,
            swap_bytes: self.memory.swap_used_bytes,
            stalled: self.stalled.unwrap_or(0.0),
        }
    }
}

/// One point of the curve of memory over time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// When, UTC milliseconds.
    pub time_ms: TimeMs,
    /// Total − available.
    pub used_bytes: u64,
    /// What programs could still take.
    pub available_bytes: u64,
    /// What held nothing.
    pub free_bytes: u64,
    /// Swap in use.
    pub swap_bytes: u64,
    /// Share of time in which some task waited for memory, 0..=1.
    pub stalled: f64,
}

/// Something that happened, for the lane below the curve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When, UTC milliseconds.
    pub time_ms: TimeMs,
    /// What kind of event it is, as the store names it: `oom.kill`, `stress.run`.
    pub kind: String,
    /// What happened, in words.
    pub detail: String,
}
