//! Reading and writing what is held: in order, by chance, in strides or by Zipf's law, no faster than it was asked for.

pub(crate) mod verify;
mod zipf;

use std::time::Duration;

use crate::plan::{Access, Order, PAGE};
use crate::random::Random;
use zipf::Zipf;

/// What a strided access touches: a line of the cache.
const LINE: usize = 64;

/// The accesses of one run, and where they have come to.
#[derive(Debug)]
pub(crate) struct Accessor {
    access: Access,
    /// Where the next access in order begins, in bytes.
    cursor: usize,
    /// Hundredths of a write that are owed: `write_percent` are added by every access, and a write takes 100.
    owed: u32,
    random: Random,
    zipf: Option<Zipf>,
    /// What is written: changes with every pass, so that no write is one of what stands there already.
    value: u8,
    /// The sum of all that was read: it makes reading worth something to the optimiser.
    sum: u64,
    /// What was accessed so far, in bytes.
    done_bytes: u64,
    /// When the bandwidth allows the next access, on the clock of whoever asks.
    due: Duration,
}

/// The most that is accessed without a look at what else is due.
const PIECE_MAX_BYTES: usize = 4 << 20;
/// How much time an accessor that was kept from its work may make up for; the rest of it is lost.
const MADE_UP: Duration = Duration::from_millis(50);

impl Accessor {
    pub(crate) fn new(access: Access, seed: u64) -> Accessor {
        let random = Random::new(seed);
        Accessor {
            access,
            cursor: 0,
            owed: 0,
            random,
            zipf: None,
            value: 1,
            sum: 0,
            done_bytes: 0,
            due: Duration::ZERO,
        }
    }

    /// What was accessed so far, in bytes.
    pub(crate) fn done_bytes(&self) -> u64 {
        self.done_bytes
    }

    /// How much to access between two looks at what else is due: about a millisecond's worth, or a hundredth of what the
    /// bandwidth allows in a second.
    pub(crate) fn piece_bytes(&self) -> usize {
        let paced = self.access.bandwidth_bytes_per_s.map_or(u64::MAX, |rate| rate / 100);
        usize::try_from(paced).unwrap_or(usize::MAX).clamp(PAGE, PIECE_MAX_BYTES)
    }

    /// How long to wait, at `now`, before the bandwidth allows more.
    pub(crate) fn wait(&mut self, now: Duration) -> Option<Duration> {
        self.access.bandwidth_bytes_per_s?;
        self.due = self.due.max(now.saturating_sub(MADE_UP));
        self.due.checked_sub(now).filter(|wait| !wait.is_zero())
    }

    /// Accesses about `budget` bytes of what is held, at most its working set. Whole pages or lines, and none where
    /// nothing is held.
    pub(crate) fn run(&mut self, held: &mut [u8], budget: usize) {
        let set =
            usize::try_from(self.access.working_set_bytes).unwrap_or(usize::MAX).min(held.len());
        let set = &mut held[..set - set % PAGE];
        if set.is_empty() {
            return;
        }
        let done = match self.access.order {
            Order::Sequential => self.in_order(set, budget),
            Order::Strided => self.in_strides(set, budget),
            Order::Random => {
                let pages = (set.len() / PAGE) as u64;
                self.by_chance(set, budget, |this| this.random.below(pages))
            }
            Order::Zipf => {
                let pages = (set.len() / PAGE) as u64;
                let zipf = Zipf::over(pages, self.zipf.take());
                let done = self.by_chance(set, budget, |this| zipf.page(&mut this.random));
                self.zipf = Some(zipf);
                done
            }
        };
        self.done_bytes += done as u64;
        if let Some(bandwidth) = self.access.bandwidth_bytes_per_s {
            let ns = done as u128 * 1_000_000_000 / u128::from(bandwidth);
            self.due += Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX));
        }
    }

    fn in_order(&mut self, set: &mut [u8], budget: usize) -> usize {
        if self.cursor >= set.len() {
            self.cursor = 0;
            self.value = self.value.wrapping_add(1);
        }
        let end = set.len().min(self.cursor + budget);
        let piece = &mut set[self.cursor..end];
        // Where all accesses are of one kind, one long stretch of it is what the hardware is fastest at.
        let unit = if matches!(self.access.write_percent, 0 | 100) { piece.len() } else { PAGE };
        for part in piece.chunks_mut(unit.max(1)) {
            self.touch(part);
        }
        self.cursor = end;
        piece.len()
    }

    fn in_strides(&mut self, set: &mut [u8], budget: usize) -> usize {
        let stride = usize::try_from(self.access.stride_bytes).unwrap_or(usize::MAX);
        let lines = (budget / LINE).max(1);
        for _ in 0..lines {
            if self.cursor + LINE > set.len() {
                // The next pass begins a line further, so that in time every line is touched.
                self.cursor = (self.cursor % stride + LINE) % stride.min(set.len());
                self.cursor -= self.cursor % LINE;
                self.value = self.value.wrapping_add(1);
            }
            let at = self.cursor;
            self.touch(&mut set[at..at + LINE]);
            self.cursor = at.saturating_add(stride);
        }
        lines * LINE
    }

    fn by_chance(
        &mut self,
        set: &mut [u8],
        budget: usize,
        mut choose: impl FnMut(&mut Accessor) -> u64,
    ) -> usize {
        let pages = (budget / PAGE).max(1);
        for _ in 0..pages {
            let page = usize::try_from(choose(self)).unwrap_or(0);
            self.touch(&mut set[page * PAGE..][..PAGE]);
            self.value = self.value.wrapping_add(1);
        }
        pages * PAGE
    }

    /// Reads or writes one unit, as its turn is.
    fn touch(&mut self, unit: &mut [u8]) {
        self.owed += u32::from(self.access.write_percent);
        if self.owed >= 100 {
            self.owed -= 100;
            unit.fill(self.value);
        } else {
            self.sum = self.sum.wrapping_add(sum(unit));
            std::hint::black_box(self.sum);
        }
    }
}

/// The sum of the words of a unit, which reads all of it.
fn sum(unit: &[u8]) -> u64 {
    let words = unit.as_chunks::<8>().0.iter().map(|word| u64::from_ne_bytes(*word));
    words.fold(0, u64::wrapping_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::PAGE_BYTES;
    use proptest::prelude::*;

    fn accessor(order: Order, write_percent: u8, working_set_bytes: u64) -> Accessor {
        let bandwidth_bytes_per_s = Some(1 << 20);
        let stride_bytes = 4160;
        let access =
            Access { order, write_percent, bandwidth_bytes_per_s, working_set_bytes, stride_bytes };
        Accessor::new(access, 3)
    }

    #[test]
    fn nothing_outside_the_working_set_is_ever_written() {
        for order in Order::ALL {
            let mut held = vec![0u8; 64 * PAGE];
            let mut accessor = accessor(*order, 100, 16 * PAGE as u64);
            (0..40).for_each(|_| accessor.run(&mut held, 4 * PAGE));
            assert!(held[16 * PAGE..].iter().all(|byte| *byte == 0), "{order}");
            let written = held[..16 * PAGE].chunks(PAGE).filter(|page| page.iter().any(|b| *b > 0));
            assert!(written.count() >= 8, "{order}");
            assert_eq!(accessor.done_bytes(), 160 * PAGE as u64, "{order}");
        }
    }

    #[test]
    fn reading_changes_nothing() {
        for order in Order::ALL {
            let mut held: Vec<u8> = (0..=255).cycle().take(8 * PAGE).collect();
            let before = held.clone();
            accessor(*order, 0, 8 * PAGE as u64).run(&mut held, 100 * PAGE);
            assert_eq!(held, before, "{order}");
        }
    }

    #[test]
    fn strides_touch_every_line_in_time() {
        let mut held = vec![0u8; 4 * PAGE];
        let mut accessor = accessor(Order::Strided, 100, 4 * PAGE as u64);
        (0..100).for_each(|_| accessor.run(&mut held, PAGE));
        assert!(held.chunks(LINE).all(|line| line.iter().all(|byte| *byte > 0)));
    }

    #[test]
    fn the_bandwidth_says_how_long_to_wait() {
        let mut accessor = accessor(Order::Sequential, 0, PAGE as u64);
        assert_eq!(accessor.wait(Duration::ZERO), None);
        (0..256).for_each(|_| accessor.run(&mut [0; PAGE], PAGE));
        assert_eq!(accessor.done_bytes(), 1 << 20);
        assert_eq!(accessor.wait(Duration::from_millis(400)), Some(Duration::from_millis(600)));
        assert_eq!(accessor.wait(Duration::from_secs(1)), None);
        (0..256).for_each(|_| accessor.run(&mut [0; PAGE], PAGE));
        let late = accessor.wait(Duration::from_secs(9));
        assert_eq!(late, None, "time that went by is not made up for");
        (0..256).for_each(|_| accessor.run(&mut [0; PAGE], PAGE));
        assert_eq!(accessor.wait(Duration::from_secs(9)), Some(Duration::from_millis(950)));
    }

    proptest! {
        #[test]
        fn as_many_of_a_hundred_accesses_write_as_were_asked_for(write_percent in 0u8..=100) {
            let mut accessor = accessor(Order::Sequential, write_percent, 100 * PAGE as u64);
            let mut held = vec![0u8; 100 * PAGE];
            accessor.run(&mut held, 100 * PAGE);
            let written = held.chunks(PAGE).filter(|page| page[0] > 0).count();
            prop_assert_eq!(written, usize::from(write_percent));
        }

        #[test]
        fn no_size_and_no_budget_makes_it_leave_its_memory(
            order in prop::sample::select(Order::ALL), pages in 0usize..9, set in 1u64..9, budget in 0usize..40_000,
        ) {
            let mut accessor = accessor(order, 50, set * PAGE_BYTES);
            let mut held = vec![0u8; pages * PAGE];
            (0..3).for_each(|_| accessor.run(&mut held, budget));
            // It shrinks while it is accessed.
            (0..3).for_each(|_| accessor.run(&mut held[..pages / 2 * PAGE], budget));
        }
    }
}
