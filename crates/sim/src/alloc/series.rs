//! Measures over the operations, in few enough points to be drawn: the least and the most of each stretch are kept.

use serde::Serialize;

use super::machine::{Machine, external_fragmentation};
use super::policy::Policy;

/// Stretches of a series, at most: two points each.
const STRETCHES: usize = 1000;

/// The measures over the operations. A stretch is the operations from one number of `op` to before the next.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Series {
    /// The first operation of each stretch, from 1.
    pub op: Vec<u64>,
    /// Bytes of the blocks held.
    pub allocated_bytes: Band<u64>,
    /// Bytes that their requests asked for.
    pub requested_bytes: Band<u64>,
    /// Bytes of the largest hole.
    pub largest_hole_bytes: Band<u64>,
    /// 1 − largest hole / free bytes.
    pub external_fragmentation: Band<f64>,
    /// Entries that an allocation looked at.
    pub searched: Band<u64>,
    /// Allocations of the stretch that got nothing.
    pub failed: Vec<u64>,
}

/// The least and the most of a measure in each stretch.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Band<T> {
    /// The least.
    pub min: Vec<T>,
    /// The most.
    pub max: Vec<T>,
}

impl<T: PartialOrd + Copy> Band<T> {
    /// Notes a value in the last stretch, or in a new one.
    fn note(&mut self, value: T, opens: bool) {
        match (self.min.last_mut(), self.max.last_mut()) {
            (Some(min), Some(max)) if !opens => {
                *min = if value < *min { value } else { *min };
                *max = if value > *max { value } else { *max };
            }
            _ => {
                self.min.push(value);
                self.max.push(value);
            }
        }
    }
}

/// Gathers a series.
#[derive(Debug, Clone)]
pub(crate) struct Meter {
    series: Series,
    /// Operations of a stretch.
    width: u64,
}

impl Meter {
    /// An empty series of a list of so many operations.
    pub(crate) fn new(ops: usize) -> Meter {
        Meter { series: Series::default(), width: ops.div_ceil(STRETCHES).max(1) as u64 }
    }

    /// Notes the state after an operation, which looked at `searched` entries.
    pub(crate) fn note<P: Policy>(&mut self, machine: &Machine<P>, searched: u32, failed: bool) {
        let counts = machine.counts();
        let opens = (counts.ops - 1).is_multiple_of(self.width);
        let series = &mut self.series;
        if opens {
            series.op.push(counts.ops);
            series.failed.push(0);
        }
        if let Some(of_stretch) = series.failed.last_mut() {
            *of_stretch += u64::from(failed);
        }
        let (free, largest) = (machine.policy().free_bytes(), machine.policy().largest_hole());
        series.allocated_bytes.note(counts.allocated_bytes, opens);
        series.requested_bytes.note(counts.requested_bytes, opens);
        series.largest_hole_bytes.note(largest, opens);
        series.external_fragmentation.note(external_fragmentation(free, largest), opens);
        series.searched.note(u64::from(searched), opens);
    }

    /// The series.
    pub(crate) fn finish(self) -> Series {
        self.series
    }
}
