//! How much each process grew over a minute, ten, an hour and a day, out of memory that does not grow with time.
//!
//! ```text
//! a window of 60 periods; one column a period, one number a slot in it
//!
//!            column   0    1    2        61
//!            time    t-61 t-60 t-59  …  t          the newest column that is a window old, to half a period,
//!            slot 0  [..] [==]                     is what growth is measured from
//!            slot 1  [  ] [  ] [..]                not watched so long: measured from the first look
//! ```
//!
//! A column holds the memory of every slot in units of 4 KiB (to 16 TiB), so that a look writes four columns at the
//! most and reads four. With 5,000 processes this takes 5 MB.

use super::{Growth, WINDOWS};

/// Periods in a window.
const PERIODS: u64 = 60;
/// Columns of a window: one more than periods, and one for a look that comes late.
const COLUMNS: usize = 62;
/// Memory is kept in so many bytes.
const UNIT_BYTES: u64 = 4096;
/// Nobody had the slot then.
const NOBODY: u32 = u32::MAX;

/// The rings of all windows.
#[derive(Debug)]
pub(crate) struct Rings {
    rings: [Ring; WINDOWS.len()],
}

/// One window.
#[derive(Debug)]
struct Ring {
    window_ms: u64,
    /// The period in which the newest column was written.
    period: Option<u64>,
    newest: usize,
    /// When each column was written, in monotonic milliseconds.
    times: [Option<u64>; COLUMNS],
    slots: usize,
    /// Columns one after another, `slots` long each.
    values: Vec<u32>,
}

impl Default for Rings {
    fn default() -> Rings {
        Rings { rings: WINDOWS.map(Ring::new) }
    }
}

impl Rings {
    /// Notes the memory of each slot at `now_ms`, a time that never runs back; a slot that is not named holds nobody.
    pub(crate) fn note(
        &mut self,
        now_ms: u64,
        slots: usize,
        memory: &(impl Iterator<Item = (u32, u64)> + Clone),
    ) {
        for ring in &mut self.rings {
            ring.note(now_ms, slots, memory.clone());
        }
    }

    /// Forgets who had a slot: another process has it now.
    pub(crate) fn clear(&mut self, slot: u32) {
        for ring in &mut self.rings {
            ring.clear(slot as usize);
        }
    }

    /// Where growth is measured from at `now_ms`: for each window the column, if any look is that old.
    pub(crate) fn bases(&self, now_ms: u64) -> [Option<usize>; WINDOWS.len()] {
        std::array::from_fn(|index| self.rings[index].base(now_ms))
    }

    /// How much a slot that holds `bytes` grew over each window. `first` is what it held when it was seen first, and how
    /// long ago that was.
    pub(crate) fn growth(
        &self,
        bases: &[Option<usize>; WINDOWS.len()],
        slot: u32,
        bytes: u64,
        first: (u64, u64),
    ) -> [Option<Growth>; WINDOWS.len()] {
        std::array::from_fn(|index| {
            let ring = &self.rings[index];
            let then = bases[index].and_then(|column| ring.at(column, slot as usize));
            match then {
                // The unit rounds down: so does this side.
                Some(then) => Some(Growth {
                    bytes: difference(bytes / UNIT_BYTES * UNIT_BYTES, then),
                    over_ms: ring.window_ms,
                }),
                None => {
                    let (first_bytes, over_ms) = first;
                    let over_ms = over_ms.min(ring.window_ms - 1);
                    (over_ms > 0).then(|| Growth { bytes: difference(bytes, first_bytes), over_ms })
                }
            }
        })
    }
}

impl Ring {
    fn new(window_ms: u64) -> Ring {
        let (period, times) = (None, [None; COLUMNS]);
        Ring { window_ms, period, newest: 0, times, slots: 0, values: Vec::new() }
    }

    fn note(&mut self, now_ms: u64, slots: usize, memory: impl Iterator<Item = (u32, u64)>) {
        let period = now_ms / (self.window_ms / PERIODS);
        if self.period == Some(period) {
            return;
        }
        self.period = Some(period);
        self.widen(slots);
        self.newest = (self.newest + 1) % COLUMNS;
        self.times[self.newest] = Some(now_ms);
        let column = &mut self.values[self.newest * self.slots..][..self.slots];
        column.fill(NOBODY);
        for (slot, bytes) in memory {
            column[slot as usize] =
                u32::try_from(bytes / UNIT_BYTES).unwrap_or(NOBODY - 1).min(NOBODY - 1);
        }
    }

    /// Makes room for so many slots, twice as much as there was at least.
    fn widen(&mut self, slots: usize) {
        if slots <= self.slots {
            return;
        }
        let wide = slots.max(self.slots * 2).max(64);
        let mut values = vec![NOBODY; wide * COLUMNS];
        if self.slots > 0 {
            for (new, old) in
                values.chunks_exact_mut(wide).zip(self.values.chunks_exact(self.slots))
            {
                new[..old.len()].copy_from_slice(old);
            }
        }
        (self.slots, self.values) = (wide, values);
    }

    fn clear(&mut self, slot: usize) {
        if slot < self.slots {
            self.values.chunks_exact_mut(self.slots).for_each(|column| column[slot] = NOBODY);
        }
    }

    /// The newest column that is a window old, to half a period.
    fn base(&self, now_ms: u64) -> Option<usize> {
        let enough = self.window_ms - self.window_ms / PERIODS / 2;
        let backwards = (0..COLUMNS).map(|back| (self.newest + COLUMNS - back) % COLUMNS);
        let is_old = |column: &usize| {
            self.times[*column].is_some_and(|time| now_ms.saturating_sub(time) >= enough)
        };
        backwards.take(COLUMNS).find(is_old)
    }

    fn at(&self, column: usize, slot: usize) -> Option<u64> {
        let units = *self.values.get(column * self.slots..)?.get(..self.slots)?.get(slot)?;
        (units != NOBODY).then_some(u64::from(units) * UNIT_BYTES)
    }
}

fn difference(now: u64, then: u64) -> i64 {
    let size = i64::try_from(now.abs_diff(then)).unwrap_or(i64::MAX);
    if now >= then { size } else { -size }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LONGEST_PAUSE: u64 = 40_000;

    /// Keeps every look, and searches all of them.
    #[derive(Default)]
    struct Twin(Vec<(u64, u64)>);

    impl Twin {
        /// Whether `growth` is what some look says that is a window old, to a period and a half; without one so old,
        /// whether it is measured from the first.
        fn allows(&self, window: u64, growth: Option<Growth>) -> bool {
            let (now, bytes) = *self.0.last().unwrap();
            let (first, first_bytes) = self.0[0];
            let period = window / PERIODS;
            let Some(growth) = growth else { return now == first };
            let is_from = |then: u64| growth.bytes == bytes.cast_signed() - then.cast_signed();
            if growth.over_ms < window {
                return growth.over_ms == (now - first).min(window - 1)
                    && now - first < window + 2 * period + LONGEST_PAUSE
                    && is_from(first_bytes);
            }
            let late = 2 * period + LONGEST_PAUSE;
            let near = |time: u64| now - time + period / 2 >= window && now - time <= window + late;
            self.0.iter().any(|&(time, then)| near(time) && is_from(then))
        }
    }

    proptest! {
        #[test]
        fn growth_is_what_a_look_a_window_ago_says(
            looks in prop::collection::vec((500..LONGEST_PAUSE, 0..1_000_000_u64), 1..300),
            others in 0..200_usize,
        ) {
            let (mut rings, mut twin, mut now) = (Rings::default(), Twin::default(), 5_000_000);
            for (index, (pause, pages)) in looks.into_iter().enumerate() {
                now += pause;
                let bytes = pages * UNIT_BYTES;
                twin.0.push((now, bytes));
                let slots = if index % 7 == 0 { others + 4 } else { 4 };
                rings.note(now, slots, &[(3, bytes), (0, 1)].into_iter());
                let first = (twin.0[0].1, now - twin.0[0].0);
                let growth = rings.growth(&rings.bases(now), 3, bytes, first);
                for (window, growth) in WINDOWS.into_iter().zip(growth) {
                    prop_assert!(twin.allows(window, growth), "{window} {growth:?} {:?}", twin.0);
                }
            }
        }
    }

    #[test]
    fn a_steady_look_a_second_is_measured_to_the_second() {
        let mut rings = Rings::default();
        for second in 0..200_u64 {
            let bytes = second * UNIT_BYTES;
            rings.note(second * 1000 + second % 3, 1, &[(0, bytes)].into_iter());
            let growth = rings.growth(
                &rings.bases(second * 1000 + second % 3),
                0,
                bytes,
                (0, second * 1000),
            );
            let over = if second < 60 { second.max(1) } else { 60 };
            let expected = (second > 0).then_some(Growth {
                bytes: (second.min(60) * UNIT_BYTES).cast_signed(),
                over_ms: over * 1000,
            });
            assert_eq!(growth[0], expected, "{second}");
        }
    }

    #[test]
    fn whoever_gets_a_slot_later_does_not_inherit_its_past() {
        let mut rings = Rings::default();
        for second in 0..70 {
            rings.note(second * 1000, 1, &[(0, 100 * UNIT_BYTES)].into_iter());
        }
        rings.clear(0);
        rings.note(70_000, 1, &[(0, UNIT_BYTES)].into_iter());
        let growth = rings.growth(&rings.bases(70_000), 0, UNIT_BYTES, (UNIT_BYTES, 0));
        assert_eq!(growth, [None; 4]);
    }
}
