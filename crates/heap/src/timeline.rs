//! What was held over time, in a bounded number of equal stretches: when they do not suffice, each two become one.

/// Most stretches.
const STRETCHES: usize = 2048;

/// How long a stretch is at first, in microseconds.
const FIRST_US: u64 = 1000;

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The fewest live bytes in it.
    pub min_bytes: u64,
    /// The most live bytes in it.
    pub max_bytes: u64,
    /// Live bytes at its end.
    pub end_bytes: u64,
    /// Bytes that the program mapped itself, at its end.
    pub mapped_bytes: u64,
    /// Allocations in it, in the session's parts.
    pub allocations: u64,
    /// Bytes of these allocations.
    pub bytes_allocated: u64,
    /// What was seen from outside last, in it.
    pub resident: Option<Resident>,
}

/// What the process holds, seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resident {
    /// Resident bytes of the whole process.
    pub rss_bytes: u64,
    /// Resident bytes of the allocator's mappings.
    pub heap_bytes: u64,
    /// Of these, what no live block uses: free chunks, headers, pages kept.
    pub gap_bytes: u64,
}

/// What was held over time.
#[derive(Clone, Debug)]
pub struct Timeline {
    stretches: Vec<Stretch>,
    stretch_us: u64,
    /// When the last stretch ends.
    end_us: u64,
}

impl Timeline {
    /// Begins at 0, with nothing held.
    pub(crate) fn new() -> Timeline {
        Timeline { stretches: vec![Stretch::from(0, 0)], stretch_us: FIRST_US, end_us: FIRST_US }
    }

    /// How long each stretch is, in microseconds; the first begins at 0.
    pub fn stretch_us(&self) -> u64 {
        self.stretch_us
    }

    /// The stretches, from the first to the one that goes on.
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    /// What lives changed at `time_us`.
    #[inline]
    pub(crate) fn live(&mut self, time_us: u64, live_bytes: u64) {
        let stretch = self.at(time_us);
        stretch.min_bytes = stretch.min_bytes.min(live_bytes);
        stretch.max_bytes = stretch.max_bytes.max(live_bytes);
        stretch.end_bytes = live_bytes;
    }

    /// The stretch of `time_us`, or the last one if that is earlier.
    #[inline]
    pub(crate) fn at(&mut self, time_us: u64) -> &mut Stretch {
        if time_us >= self.end_us {
            self.advance(time_us);
        }
        let last = self.stretches.len() - 1;
        &mut self.stretches[last]
    }

    #[cold]
    fn advance(&mut self, time_us: u64) {
        while time_us / self.stretch_us >= STRETCHES as u64 {
            self.halve();
        }
        while self.end_us <= time_us {
            let last = self.stretches[self.stretches.len() - 1];
            self.stretches.push(Stretch::from(last.end_bytes, last.mapped_bytes));
            self.end_us += self.stretch_us;
        }
    }

    fn halve(&mut self) {
        let pairs = self.stretches.chunks(2).map(|pair| match *pair {
            [a, b] => a.and(b),
            _ => pair[0],
        });
        self.stretches = pairs.collect();
        self.stretch_us *= 2;
        self.end_us = self.stretches.len() as u64 * self.stretch_us;
    }
}

impl Stretch {
    fn from(live_bytes: u64, mapped_bytes: u64) -> Stretch {
        Stretch {
            min_bytes: live_bytes,
            max_bytes: live_bytes,
            end_bytes: live_bytes,
            mapped_bytes,
            allocations: 0,
            bytes_allocated: 0,
            resident: None,
        }
    }

    /// This stretch and the one after it as one.
    pub fn and(self, next: Stretch) -> Stretch {
        Stretch {
            min_bytes: self.min_bytes.min(next.min_bytes),
            max_bytes: self.max_bytes.max(next.max_bytes),
            end_bytes: next.end_bytes,
            mapped_bytes: next.mapped_bytes,
            allocations: self.allocations + next.allocations,
            bytes_allocated: self.bytes_allocated + next.bytes_allocated,
            resident: next.resident.or(self.resident),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_stretch_knows_its_lowest_and_highest_however_long_it_goes_on(
            steps in prop::collection::vec((0_u64..40_000_000, 0_u64..1000), 1..60)
        ) {
            let (mut timeline, mut now_us) = (Timeline::new(), 0);
            let mut told = vec![(0, 0)];
            for (later_us, live) in steps {
                now_us += later_us;
                timeline.live(now_us, live);
                told.push((now_us, live));
            }
            prop_assert!(timeline.stretches().len() <= STRETCHES);
            for (number, stretch) in (0..).zip(timeline.stretches()) {
                let (from, to) = (number * timeline.stretch_us(), (number + 1) * timeline.stretch_us());
                // What held when it began counts too.
                let before = told.iter().rev().find(|(at, _)| *at < from).map(|(_, live)| *live);
                let within = told.iter().filter(|(at, _)| (from..to).contains(at)).map(|(_, live)| *live);
                let all: Vec<u64> = before.into_iter().chain(within).collect();
                prop_assert_eq!(Some(&stretch.min_bytes), all.iter().min());
                prop_assert_eq!(Some(&stretch.max_bytes), all.iter().max());
                prop_assert_eq!(Some(&stretch.end_bytes), all.last());
            }
        }
    }
}
