//! How much processor time the costly readings may take: a thousandth of a core, saved up for a minute at the most.

use std::time::Duration;

/// A reading may be paid for when so many parts of the time have gone by: a little more than a thousand, so that with the one
/// reading that goes beyond what was saved it is a thousandth all the same.
const SHARE: u32 = 1050;
/// What can be saved up.
const MOST_SAVED: Duration = Duration::from_millis(60);
/// No process takes more than half of it: one that cost `c` waits for `2 · SHARE · c`.
const SPACING: u32 = 2 * SHARE;

/// An account of processor time.
#[derive(Debug, Default)]
pub(super) struct Budget {
    saved: Duration,
    owed: Duration,
    /// All that was ever spent.
    spent: Duration,
    counted: Option<Duration>,
}

impl Budget {
    /// Credits the time that went by until `now`, which never runs back.
    pub(super) fn accrue(&mut self, now: Duration) {
        let since =
            self.counted.replace(now).map_or(Duration::ZERO, |last| now.saturating_sub(last));
        let earned = since / SHARE;
        let paid = earned.min(self.owed);
        self.owed -= paid;
        self.saved = (self.saved + (earned - paid)).min(MOST_SAVED);
    }

    /// All that was ever spent.
    pub(super) fn spent(&self) -> Duration {
        self.spent
    }

    /// Whether anything may be spent.
    pub(super) fn is_open(&self) -> bool {
        !self.saved.is_zero()
    }

    /// Takes what a reading cost; tells how long its process is to be left alone.
    pub(super) fn spend(&mut self, cost: Duration) -> Duration {
        let taken = cost.min(self.saved);
        self.saved -= taken;
        self.owed += cost - taken;
        self.spent += cost;
        cost.saturating_mul(SPACING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_more_is_spent_than_a_thousandth_of_the_time_and_one_reading(
            steps in prop::collection::vec((0..5_000_000_u64, 1..3_000_u64), 1..200),
        ) {
            let (mut budget, mut now, mut spent, mut dearest) =
                (Budget::default(), Duration::ZERO, Duration::ZERO, Duration::ZERO);
            budget.accrue(now);
            for (pause, cost) in steps {
                now += Duration::from_micros(pause);
                budget.accrue(now);
                while budget.is_open() {
                    let cost = Duration::from_micros(cost);
                    budget.spend(cost);
                    spent += cost;
                    dearest = dearest.max(cost);
                }
                prop_assert!(spent <= now / SHARE + dearest, "{spent:?} in {now:?}");
                prop_assert_eq!(budget.spent(), spent);
            }
        }
    }
}
