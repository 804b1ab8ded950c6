//! A plan: what a run will do, decided and bounded before anything is taken.

mod curve;
mod decide;
mod names;
mod refusal;
mod table;

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use curve::{Curve, Point};
pub use names::{Kind, Order, Pattern};
pub use refusal::Refusal;
pub use table::Row;

/// A base page, as an index into memory.
pub(crate) const PAGE: usize = 4096;
/// The unit of sizes: plans are whole base pages.
pub const PAGE_BYTES: u64 = PAGE as u64;
/// The unit of a run in huge pages: what one entry of a page middle directory maps on x86-64.
pub const HUGE_PAGE_BYTES: u64 = 2 << 20;
/// The longest run: there is always a limit.
pub const DURATION_MAX_MS: u64 = 24 * 3600 * 1000;
/// The most repetitions of a pattern.
pub const CYCLES_MAX: u32 = 100;

/// A run as it will be: every default filled in, every bound checked. Only [`Plan::decide`] makes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The shape over time.
    pub pattern: Pattern,
    /// The kind of memory.
    pub kind: Kind,
    /// The most that is planned at any time, in bytes: whole pages.
    pub size_bytes: u64,
    /// How long the run lasts; then everything is given back.
    pub duration_ms: u64,
    /// Repetitions of the pattern; 1 for one that does not repeat.
    pub cycles: u32,
    /// Growth, or the turnover of `churn`, in bytes a second; `None` is as fast as the pattern allows.
    pub rate_bytes_per_s: Option<u64>,
    /// How what is held is accessed; `None` where it is only held.
    pub access: Option<Access>,
    /// Whether patterns are written and checked.
    pub verify: bool,
    /// What stays free, in bytes.
    pub reserve_bytes: u64,
    /// The limit of the run's own cgroup, in bytes.
    pub cgroup_limit_bytes: Option<u64>,
    /// Where a page-cache run makes its file.
    pub directory: Option<PathBuf>,
    /// Whether each step looks at the headroom. Only a run that was said to be known as dangerous does without.
    pub keeps_headroom: bool,
    /// Whether stalls, swap-ins and refaults end the run.
    pub keeps_marks: bool,
    /// The seed of all chance.
    pub seed: u64,
}

/// How held memory is read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// In which order.
    pub order: Order,
    /// How many of a hundred accesses write.
    pub write_percent: u8,
    /// The most that is accessed, in bytes a second.
    pub bandwidth_bytes_per_s: Option<u64>,
    /// How much of what is held is ever accessed, in bytes, from its beginning.
    pub working_set_bytes: u64,
    /// How far apart the accesses of the strided order lie, in bytes.
    pub stride_bytes: u64,
}

impl Plan {
    /// Bytes over time.
    pub fn curve(&self) -> Curve {
        Curve::of(self)
    }

    /// Bytes planned when `elapsed` has gone by. For many times, ask the [`curve`](Plan::curve) once and then it.
    pub fn at(&self, elapsed: Duration) -> u64 {
        self.curve().at(elapsed)
    }

    /// How long the run lasts.
    pub fn duration(&self) -> Duration {
        Duration::from_millis(self.duration_ms)
    }

    /// The unit in which this run takes memory, in bytes.
    pub(crate) fn grain_bytes(&self) -> u64 {
        if self.kind == Kind::Thp { HUGE_PAGE_BYTES } else { PAGE_BYTES }
    }

    /// When `fragment` frees every other block.
    pub(crate) fn holes_at(&self) -> Option<Duration> {
        (self.pattern == Pattern::Fragment).then(|| self.duration() / 3)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A plan of 64 MiB for a minute, with `change` made to it.
    pub(crate) fn plan(change: impl FnOnce(&mut Plan)) -> Plan {
        let mut plan = Plan {
            pattern: Pattern::Hold,
            kind: Kind::Anon,
            size_bytes: 64 << 20,
            duration_ms: 60_000,
            cycles: 1,
            rate_bytes_per_s: None,
            access: None,
            verify: false,
            reserve_bytes: 512 << 20,
            cgroup_limit_bytes: None,
            directory: None,
            keeps_headroom: true,
            keeps_marks: true,
            seed: 1,
        };
        change(&mut plan);
        plan
    }
}
