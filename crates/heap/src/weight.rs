//! How much an event stands for.
//!
//! Where every allocation is told, each stands for itself. Where they are sampled, an allocation of `s` bytes is told with
//! the chance `p = 1 − exp(−s / interval)` (a Poisson process over bytes, as in tcmalloc and Perfetto's heapprofd), and then
//! stands for `1 / p` allocations, of `s / p` bytes: the expected sums are the true ones. The variance of a sum is estimated
//! by the sum of `s² (1 − p) / p²` over its sampled members (Horvitz and Thompson, 1952).

/// The parts that a block is counted in when it stands for a broken number of blocks.
const PARTS: u64 = 1 << 10;

/// Weighs the events of a session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weigher {
    sample_bytes: u64,
}

/// What one block stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Weight {
    /// Blocks, in parts.
    pub(crate) blocks: u64,
    /// Bytes.
    pub(crate) bytes: u64,
}

impl Weigher {
    /// Of a session with that many bytes between samples; 0 where every allocation is told.
    pub(crate) fn new(sample_bytes: u64) -> Weigher {
        Weigher { sample_bytes }
    }

    /// Whether allocations are sampled.
    pub(crate) fn samples(self) -> bool {
        self.sample_bytes != 0
    }

    /// Parts of one block.
    pub(crate) fn parts(self) -> u64 {
        if self.samples() { PARTS } else { 1 }
    }

    /// Whole blocks of parts, to the nearest.
    pub(crate) fn blocks(self, parts: u64) -> u64 {
        (parts + self.parts() / 2) / self.parts()
    }

    /// What a block of `size` bytes stands for: a function of its size alone, so that a free takes off what was put on.
    #[inline]
    pub(crate) fn of(self, size: u64) -> Weight {
        if self.sample_bytes == 0 { Weight { blocks: 1, bytes: size } } else { self.sampled(size) }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive, and far below 2^64; a cast from f64 saturates"
    )]
    fn sampled(self, size: u64) -> Weight {
        let (size, chance) = (size.max(1) as f64, self.chance(size));
        Weight {
            blocks: (PARTS as f64 / chance).round() as u64,
            bytes: (size / chance).round() as u64,
        }
    }

    /// The chance that an allocation of `size` bytes is told. A block of no bytes counts as one.
    fn chance(self, size: u64) -> f64 {
        -(-(size.max(1) as f64) / self.sample_bytes as f64).exp_m1()
    }

    /// What a block of `size` bytes adds to the variance of a sum of bytes.
    pub(crate) fn variance(self, size: u64) -> f64 {
        if self.sample_bytes == 0 {
            return 0.0;
        }
        let (size, chance) = (size.max(1) as f64, self.chance(size));
        size * size * (1.0 - chance) / (chance * chance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_allocation_stands_for_itself_where_all_are_told() {
        let weigher = Weigher::new(0);
        assert_eq!(weigher.of(123), Weight { blocks: 1, bytes: 123 });
        assert_eq!((weigher.variance(123), weigher.blocks(7)), (0.0, 7));
    }

    #[test]
    fn expected_sums_of_samples_are_the_true_sums() {
        let weigher = Weigher::new(512 << 10);
        for size in [1, 16, 1000, 100_000, 512 << 10, 5 << 20, 1 << 30] {
            let weight = weigher.of(size);
            let chance = 1.0 - (-(size as f64) / f64::from(512 << 10)).exp();
            let bytes = weight.bytes as f64 * chance / size as f64;
            let blocks = weight.blocks as f64 / PARTS as f64 * chance;
            assert!(
                (bytes - 1.0).abs() < 1e-3 && (blocks - 1.0).abs() < 1e-3,
                "{size}: {bytes} {blocks}"
            );
        }
    }
}
