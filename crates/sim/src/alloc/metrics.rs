//! What a policy made of its memory, in numbers.

use serde::Serialize;

use super::machine::{Counts, Machine, Outcome, external_fragmentation};
use super::pages::{PAGE_BYTES, Pages};
use super::policy::Policy;
use super::series::{Meter, Series};
use super::span::Span;

/// Steps of a curve and sizes of a list of holes that are kept.
const KEPT: usize = 1000;

/// The measures of a run, at its end unless the name says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metrics {
    /// Operations made.
    pub ops: u64,
    /// Allocations asked for.
    pub allocs: u64,
    /// Frees of blocks.
    pub frees: u64,
    /// Allocations that got nothing.
    pub failed: u64,
    /// Of those, allocations that compaction would have saved: enough bytes were free, in pieces.
    pub failed_compactable: u64,
    /// Blocks held.
    pub live: u64,
    /// Bytes of the blocks held, headers and padding included.
    pub allocated_bytes: u64,
    /// Bytes that their requests asked for.
    pub requested_bytes: u64,
    /// Bytes that no block holds and that a block could hold.
    pub free_bytes: u64,
    /// Bytes that are neither: tables, slab headers, what rounding cut off.
    pub overhead_bytes: u64,
    /// The most that `allocated_bytes` ever was.
    pub allocated_peak_bytes: u64,
    /// The most that `requested_bytes` ever was.
    pub requested_peak_bytes: u64,
    /// Allocated and not requested: headers, alignment, rests too small for a hole.
    pub internal_fragmentation_bytes: u64,
    /// The same as a part of what is allocated, 0..1.
    pub internal_fragmentation: f64,
    /// 1 − largest hole / free bytes, 0..1.
    pub external_fragmentation: f64,
    /// Requested bytes as a part of memory, 0..1.
    pub utilisation: f64,
    /// The most that ever was.
    pub utilisation_peak: f64,
    /// Holes.
    pub holes: u64,
    /// The largest run of bytes that one block could take.
    pub largest_hole_bytes: u64,
    /// How many holes there are of each size, `[size, count]`, the smallest first; the first 1000 sizes.
    pub hole_sizes: Vec<(u64, u64)>,
    /// Bytes that are free and of no use: a step curve of `[n, bytes]`, where a block of `n` bytes, or more up to the
    /// next step, finds so many free bytes in holes that are too small for it.
    pub useless_bytes: Vec<(u64, u64)>,
    /// Entries that an allocation looked at, on the average.
    pub searched_mean: f64,
    /// The most that one allocation looked at.
    pub searched_max: u32,
    /// Compactions that moved a block.
    pub compactions: u64,
    /// Blocks that they moved: addresses that had to be rewritten.
    pub moved_blocks: u64,
    /// Bytes that they moved.
    pub moved_bytes: u64,
    /// Bytes of a page, for the two below.
    pub page_bytes: u64,
    /// Pages that a block ever stood on.
    pub pages_touched: u64,
    /// Of those, pages on which no block stands now: they could be returned to the system.
    pub pages_returnable: u64,
    /// The measures over the operations.
    pub series: Series,
}

/// Measures a machine while it runs.
#[derive(Debug, Clone)]
pub(crate) struct Gauges {
    pages: Pages,
    meter: Meter,
    /// Blocks that had been moved when the pages were noted last.
    moved_blocks: u64,
}

impl Gauges {
    /// Nothing measured yet of a list of so many operations.
    pub(crate) fn new(ops: usize) -> Gauges {
        Gauges { pages: Pages::default(), meter: Meter::new(ops), moved_blocks: 0 }
    }

    /// Notes what an operation did.
    pub(crate) fn note<P: Policy>(&mut self, outcome: Outcome, machine: &Machine<P>) {
        if let Outcome::Placed { block, .. } = outcome {
            self.pages.touch(block.span());
        }
        let moved_blocks = machine.counts().moved_blocks;
        if std::mem::replace(&mut self.moved_blocks, moved_blocks) != moved_blocks {
            machine.blocks().for_each(|(_, block)| self.pages.touch(block.span()));
        }
        let searched = match outcome {
            Outcome::Placed { searched, .. } | Outcome::Failed { searched, .. } => searched,
            Outcome::Freed { .. } | Outcome::Nothing | Outcome::Compacted { .. } => 0,
        };
        self.meter.note(machine, searched, matches!(outcome, Outcome::Failed { .. }));
    }

    /// The measures at the end.
    pub(crate) fn finish<P: Policy>(self, machine: &Machine<P>) -> Metrics {
        let (counts, policy) = (machine.counts(), machine.policy());
        let mut holes: Vec<Span> = policy.holes().collect();
        let hole_sizes = sizes(&holes);
        let pages_returnable = self.pages.returnable(joined(&mut holes));
        let padding = counts.allocated_bytes - counts.requested_bytes;
        Metrics {
            ops: counts.ops,
            allocs: counts.allocs,
            frees: counts.frees,
            failed: counts.failed,
            failed_compactable: counts.failed_compactable,
            live: counts.live,
            allocated_bytes: counts.allocated_bytes,
            requested_bytes: counts.requested_bytes,
            free_bytes: policy.free_bytes(),
            overhead_bytes: policy.overhead_bytes(),
            allocated_peak_bytes: counts.allocated_bytes_peak,
            requested_peak_bytes: counts.requested_bytes_peak,
            internal_fragmentation_bytes: padding,
            internal_fragmentation: ratio(padding, counts.allocated_bytes),
            external_fragmentation: external_fragmentation(
                policy.free_bytes(),
                policy.largest_hole(),
            ),
            utilisation: ratio(counts.requested_bytes, machine.memory().size),
            utilisation_peak: ratio(counts.requested_bytes_peak, machine.memory().size),
            holes: hole_sizes.iter().map(|(_, count)| count).sum(),
            largest_hole_bytes: policy.largest_hole(),
            useless_bytes: useless(&hole_sizes).into_iter().take(KEPT).collect(),
            hole_sizes: hole_sizes.into_iter().take(KEPT).collect(),
            searched_mean: searched_mean(counts),
            searched_max: counts.searched_max,
            compactions: counts.compactions,
            moved_blocks: counts.moved_blocks,
            moved_bytes: counts.moved_bytes,
            page_bytes: PAGE_BYTES,
            pages_touched: self.pages.touched(),
            pages_returnable,
            series: self.meter.finish(),
        }
    }
}

/// How many holes there are of each size, the smallest first.
fn sizes(holes: &[Span]) -> Vec<(u64, u64)> {
    let mut sizes: Vec<u64> = holes.iter().map(|hole| hole.size).collect();
    sizes.sort_unstable();
    sizes.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u64)).collect()
}

/// The free bytes that are of no use to a block of n bytes, by n: from one byte more than each size on, the holes of that
/// size are of no use either.
fn useless(hole_sizes: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut bytes = 0;
    let steps = hole_sizes.iter().map(|&(size, count)| {
        bytes += size * count;
        (size + 1, bytes)
    });
    std::iter::once((1, 0)).chain(steps).collect()
}

/// The holes by address, those that touch as one.
fn joined(holes: &mut Vec<Span>) -> &[Span] {
    holes.sort_unstable();
    holes.dedup_by(|next, hole| {
        let touches = hole.end() == next.address;
        if touches {
            hole.size += next.size;
        }
        touches
    });
    holes
}

#[expect(clippy::cast_precision_loss, reason = "bytes and counts are below 2^53")]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn searched_mean(counts: Counts) -> f64 {
    ratio(counts.searched, counts.allocs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_no_use_step_up_behind_each_size() {
        let holes = [Span::new(0, 5), Span::new(10, 2), Span::new(20, 5)];
        assert_eq!(sizes(&holes), [(2, 1), (5, 2)]);
        assert_eq!(useless(&sizes(&holes)), [(1, 0), (3, 2), (6, 12)]);
        assert_eq!(useless(&[]), [(1, 0)]);
    }

    #[test]
    fn pages_that_no_block_stands_on_any_more_could_be_returned() {
        let mut pages = Pages::default();
        pages.touch(Span::new(100, 10));
        pages.touch(Span::new(4000, 5000));
        pages.touch(Span::new(40_960, 1));
        pages.touch(Span::new(36_864, 4096));
        assert_eq!(pages.touched(), 3 + 2);
        let all = [Span::new(0, 1 << 20)];
        assert_eq!(pages.returnable(&all), 5);
        assert_eq!(pages.returnable(&[Span::new(1, 8191)]), 1);
        assert_eq!(pages.returnable(&[Span::new(5000, 100), Span::new(40_960, 4096)]), 1);
    }

    #[test]
    fn holes_that_touch_are_one() {
        let mut holes = vec![Span::new(8, 2), Span::new(0, 4), Span::new(4, 4), Span::new(12, 1)];
        assert_eq!(joined(&mut holes), [Span::new(0, 10), Span::new(12, 1)]);
    }
}
