//! The size of a process's working set, reference by reference.
//!
//! Source: Denning, "The working set model for program behavior", Communications of the ACM 11(5), 1968: W(t, τ) is the set
//! of pages referenced in (t − τ, t], where t counts the process's own references.

use crate::paging::{PageId, References};

/// When a page was never referenced.
const NEVER: u64 = u64::MAX;

/// A working set that slides along a string.
#[derive(Debug, Clone)]
pub(super) struct Meter {
    window: u64,
    /// The position of the last reference to each page.
    last: Vec<u64>,
    pub(super) pages: u32,
}

impl Meter {
    pub(super) fn new(references: &References, window: u64) -> Meter {
        Meter { window, last: vec![NEVER; references.distinct()], pages: 0 }
    }

    /// Moves on to the reference at `position`, which is to `page`. Every position is visited, in order.
    pub(super) fn refer(&mut self, position: usize, page: PageId, references: &References) {
        let at = position as u64;
        let leaving = at.checked_sub(self.window);
        if let Some(leaving) = leaving {
            let old = usize::try_from(leaving).ok().and_then(|old| references.get(old));
            let unused = old.is_some_and(|(old, _)| self.last[old.rank() as usize] == leaving);
            self.pages -= u32::from(unused);
        }
        let last = &mut self.last[page.rank() as usize];
        let within = *last != NEVER && leaving.is_none_or(|leaving| *last > leaving);
        self.pages += u32::from(!within);
        *last = at;
    }
}

/// The number of pages in the working set after each reference, with a window of at least 1 reference.
pub fn working_set_sizes(references: &References, window: u64) -> Vec<u32> {
    let mut meter = Meter::new(references, window.max(1));
    let size = |(position, (page, _))| {
        meter.refer(position, page, references);
        meter.pages
    };
    references.iter().enumerate().map(size).collect()
}
