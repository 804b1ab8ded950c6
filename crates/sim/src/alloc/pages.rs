//! Which pages of the machine a simulated memory has touched, and which of them hold no block any more.

use std::collections::BTreeMap;

use super::span::Span;

/// Bytes of a page.
pub const PAGE_BYTES: u64 = 4096;

/// The pages that a block ever stood on, as runs that do not touch: the first page, and the one after the last.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pages {
    runs: BTreeMap<u64, u64>,
}

impl Pages {
    /// A block stands here.
    pub(crate) fn touch(&mut self, block: Span) {
        let (mut first, mut end) = (block.address / PAGE_BYTES, block.end().div_ceil(PAGE_BYTES));
        if let Some((&start, &stop)) = self.runs.range(..=first).next_back()
            && stop >= first
        {
            if stop >= end {
                return;
            }
            first = start;
        }
        while let Some((&start, &stop)) = self.runs.range(first..=end).next() {
            end = end.max(stop);
            self.runs.remove(&start);
        }
        self.runs.insert(first, end);
    }

    /// How many pages were touched.
    pub(crate) fn touched(&self) -> u64 {
        self.runs.iter().map(|(first, end)| end - first).sum()
    }

    /// How many touched pages lie wholly in these holes, which are by address and do not touch.
    pub(crate) fn returnable(&self, holes: &[Span]) -> u64 {
        let within = |hole: &Span| {
            let (first, end) = (hole.address.div_ceil(PAGE_BYTES), hole.end() / PAGE_BYTES);
            let before = self.runs.range(..first).next_back();
            let touched = before.into_iter().chain(self.runs.range(first..end.max(first)));
            let both =
                touched.map(|(&start, &stop)| stop.min(end).saturating_sub(start.max(first)));
            both.sum::<u64>()
        };
        holes.iter().map(within).sum()
    }
}
