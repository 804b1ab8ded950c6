//! The three shares of memory that add up to all of it.

/// Memory in three shares that do not overlap: `used + reclaimable + free` is the total, exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slices {
    /// Bytes that programs and the kernel hold and cannot be asked to give back: total − available.
    pub used: u64,
    /// Bytes that hold something but are given up when someone needs them: max(0, available − free).
    pub reclaimable: u64,
    /// Bytes that hold nothing: min(free, available). The kernel keeps a reserve of `MemFree` that it gives to
    /// nobody, which is why `MemAvailable` can be the smaller one.
    pub free: u64,
}

impl Slices {
    /// Splits `total` bytes by what the kernel calls available and free, all in bytes.
    ///
    /// More available than there is counts as everything available: the three still add up.
    #[must_use]
    pub fn of(total: u64, available: u64, free: u64) -> Self {
        let available = available.min(total);
        Self {
            used: total - available,
            reclaimable: available.saturating_sub(free),
            free: free.min(available),
        }
    }

    /// The sum of the three, in bytes: the total they were made of.
    #[must_use]
    pub fn total(self) -> u64 {
        self.used + self.reclaimable + self.free
    }

    /// Bytes that a program can get: reclaimable and free.
    #[must_use]
    pub fn available(self) -> u64 {
        self.reclaimable + self.free
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slices_follow_their_formulas() {
        for (total, available, free, expected) in [
            (100, 60, 20, (40, 40, 20)),
            (100, 20, 30, (80, 0, 20)),
            (100, 0, 0, (100, 0, 0)),
            (100, 100, 100, (0, 0, 100)),
            (100, 200, 50, (0, 50, 50)),
            (0, 0, 0, (0, 0, 0)),
            (0, 5, 5, (0, 0, 0)),
            (u64::MAX, u64::MAX, 1, (0, u64::MAX - 1, 1)),
        ] {
            let slices = Slices::of(total, available, free);
            assert_eq!((slices.used, slices.reclaimable, slices.free), expected);
        }
    }

    proptest! {
        #[test]
        fn slices_add_up_to_total_whatever_the_kernel_says(total: u64, available: u64, free: u64) {
            let slices = Slices::of(total, available, free);
            prop_assert_eq!(slices.total(), total);
            prop_assert_eq!(slices.available(), available.min(total));
            prop_assert!(slices.free <= free);
        }
    }
}
