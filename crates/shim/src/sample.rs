//! Which blocks a sample takes: one in every so many bytes, by chance, without bias.
//!
//! Points fall upon the bytes that a program asks for, at exponentially distributed distances (a Poisson
//! process over bytes); a block that such a point falls into is taken. A block of `size` bytes is thus taken
//! with probability 1 − exp(−size ÷ mean), which its reader divides by. The method is that of tcmalloc and Go.
//!
//! Of blocks taken, the addresses stand in a table, so that every `free` can tell whether it is of one.

use core::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use crate::local::Local;
use crate::{phase, thread};

/// Addresses in one bucket: a cache line.
const WAYS: usize = 8;
const BUCKETS: usize = 1 << 15;
const NEAR: usize = 1 << 12;
const FAR: usize = 1 << 16;

static TABLE: [[AtomicUsize; WAYS]; BUCKETS] =
    [const { [const { AtomicUsize::new(0) }; WAYS] }; BUCKETS];
/// How many addresses of each hash stand in the table; 255 stays for good. Nearly every `free` is answered by the near
/// counts, few enough to leave the nearest cache to the program; the far ones answer for most of the rest.
static SEEN_NEAR: [AtomicU8; NEAR] = [const { AtomicU8::new(0) }; NEAR];
static SEEN_FAR: [AtomicU8; FAR] = [const { AtomicU8::new(0) }; FAR];

/// Whether no point falls into the next `size` bytes: then they are counted, and nothing is left to do. Should the
/// block not be given after all, nothing is skewed: the distance that is left has the same distribution.
#[inline(always)]
pub(crate) fn passes_over(words: &Local, size: usize) -> bool {
    let left = words.until_sample.get().max(0);
    let is_passed = size < left as usize;
    if is_passed {
        words.until_sample.set(left - size as i64);
    }
    is_passed
}

/// Whether the block is taken.
#[inline(always)]
pub(crate) fn takes(words: &Local, address: usize, size: usize) -> bool {
    let left = words.until_sample.get().saturating_sub_unsigned(size as u64);
    words.until_sample.set(left);
    left <= 0 && take(words, address)
}

#[cold]
fn take(words: &Local, address: usize) -> bool {
    let Some(thread) = thread::of(words) else { return false };
    let mean = phase::wire().map_or(0, |wire| wire.header().sample_bytes);
    // A thread begins with no distance drawn: its first block, too, is taken only by chance.
    let mut left = words.until_sample.get();
    if !thread.has_distance {
        thread.has_distance = true;
        left += distance(&mut thread.dice, mean);
    }
    let is_taken = left <= 0;
    if is_taken {
        // From the block's end: however many points fell into it, the distance to the next has no memory of them.
        left = distance(&mut thread.dice, mean);
    }
    words.until_sample.set(left);
    is_taken && remembers(address)
}

/// A distance in bytes, at least 1: −ln(u) × mean, with u uniform in (0, 1].
fn distance(dice: &mut u64, mean: u64) -> i64 {
    // splitmix64: Steele, Lea, Flood 2014.
    *dice = dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut random = *dice;
    random = (random ^ random >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    random = (random ^ random >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    let random = (random ^ random >> 31) >> 11;
    let uniform = (random + 1) as f64 / (1_u64 << 53) as f64;
    let bytes = -natural_logarithm(uniform) * mean as f64;
    (bytes as i64).max(1)
}

/// ln(x) for x in (0, 1]: the exponent's part, and for the rest the series of artanh, exact to 1e-9.
fn natural_logarithm(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent = (bits >> 52) as i64 - 1023;
    let fraction = f64::from_bits(bits & ((1 << 52) - 1) | 1023 << 52);
    let z = (fraction - 1.0) / (fraction + 1.0);
    let square = z * z;
    let (mut term, mut sum) = (z, 0.0);
    let mut odd = 1.0;
    while odd < 20.0 {
        sum += term / odd;
        term *= square;
        odd += 2.0;
    }
    2.0 * sum + exponent as f64 * core::f64::consts::LN_2
}

/// Enters the address. False when its bucket is full: the block is then not taken after all.
#[cold]
pub(crate) fn remembers(address: usize) -> bool {
    let places = Places::of(address);
    let is_entered = places.changes(0, address);
    if is_entered {
        places.count(|count| Some(count.saturating_add(1)));
    }
    is_entered
}

/// Takes the address out. False when it is of no block that was taken.
#[inline(always)]
pub(crate) fn forgets(address: usize) -> bool {
    Places::of(address).near.load(Ordering::Acquire) != 0 && forget(address)
}

#[cold]
fn forget(address: usize) -> bool {
    let places = Places::of(address);
    if places.far.load(Ordering::Acquire) == 0 {
        return false;
    }
    let is_out = places.changes(address, 0);
    if is_out {
        places.count(|count| (count != u8::MAX).then(|| count - 1));
    }
    is_out
}

/// Where an address may stand, and its counts.
struct Places {
    bucket: &'static [AtomicUsize; WAYS],
    near: &'static AtomicU8,
    far: &'static AtomicU8,
}

impl Places {
    #[inline(always)]
    fn of(address: usize) -> Self {
        let hash = (address >> 4).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let bits = |count: usize| hash >> (usize::BITS - count.trailing_zeros());
        Self {
            bucket: &TABLE[bits(BUCKETS)],
            near: &SEEN_NEAR[bits(NEAR)],
            far: &SEEN_FAR[bits(FAR)],
        }
    }

    /// Puts one word of the bucket in another's place. False where it is not there.
    fn changes(&self, from: usize, to: usize) -> bool {
        let change = |way: &AtomicUsize| {
            way.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        };
        self.bucket.iter().any(change)
    }

    fn count(&self, change: impl Fn(u8) -> Option<u8>) {
        for seen in [self.near, self.far] {
            let _ = seen.fetch_update(Ordering::Release, Ordering::Relaxed, &change);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_that_of_the_standard_library() {
        for x in [1.0, 0.999_999, 0.75, 0.5, 0.3, 1e-3, 1e-9, 1.0 / (1_u64 << 53) as f64] {
            assert!((natural_logarithm(x) - f64::ln(x)).abs() < 1e-8, "{x}");
        }
    }

    #[test]
    fn distances_have_the_mean_that_was_asked_for_and_exponential_spread() {
        let (mut dice, mean, count) = (12_345, 524_288, 200_000);
        let all: f64_sum::Sum = (0..count).map(|_| distance(&mut dice, mean) as f64).collect();
        assert!((all.mean() / mean as f64 - 1.0).abs() < 0.01, "{}", all.mean());
        assert!((all.deviation() / mean as f64 - 1.0).abs() < 0.02, "{}", all.deviation());
    }

    #[test]
    fn blocks_are_passed_over_up_to_the_next_point_however_large_the_one_asked_for() {
        let words = crate::local::local();
        assert!(!passes_over(words, 0), "the first block is decided by chance");
        words.until_sample.set(100);
        assert!(passes_over(words, 60));
        for too_large in [40, 1 << 63, usize::MAX] {
            assert!(!passes_over(words, too_large));
        }
        assert_eq!(words.until_sample.get(), 40);
    }

    #[test]
    fn an_address_is_taken_out_once_and_only_where_it_was_entered() {
        assert!(!forgets(0x7000));
        assert!(remembers(0x7000));
        assert!(!forgets(0x7010));
        assert!(forgets(0x7000));
        assert!(!forgets(0x7000));
    }

    mod f64_sum {
        /// Count, sum and sum of squares.
        pub(super) struct Sum(f64, f64, f64);

        impl Sum {
            pub(super) fn mean(&self) -> f64 {
                self.1 / self.0
            }

            pub(super) fn deviation(&self) -> f64 {
                (self.2 / self.0 - self.mean() * self.mean()).sqrt()
            }
        }

        impl FromIterator<f64> for Sum {
            fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
                values
                    .into_iter()
                    .fold(Self(0.0, 0.0, 0.0), |sum, x| Self(sum.0 + 1.0, sum.1 + x, sum.2 + x * x))
            }
        }
    }
}
