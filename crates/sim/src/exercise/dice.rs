//! All the chance of an exercise, from one seed.

use crate::paging::random::SplitMix64;

/// A source of chance. The same seed throws the same on every machine, for good: exercises depend on it.
#[derive(Debug, Clone)]
pub struct Dice(SplitMix64);

impl Dice {
    /// Dice from a seed: see [`Variant`](super::Variant).
    pub fn new(seed: u64) -> Dice {
        Dice(SplitMix64::new(seed))
    }

    /// A number from 0 to below `bound`; 0 where the bound is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u32::try_from(bound).unwrap_or(u32::MAX);
        self.0.below(bound) as usize
    }

    /// Whether a chance of one in `sides` came true.
    pub fn one_in(&mut self, sides: usize) -> bool {
        self.below(sides) == 0
    }

    /// Brings a list into an order of chance (Fisher and Yates, from the end; Knuth, TAOCP 2, 3.4.2, algorithm P).
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            list.swap(end, self.below(end + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shuffle_keeps_every_item_and_a_seed_keeps_its_order() {
        let shuffled = |seed: u64| {
            let mut list: Vec<usize> = (0..10).collect();
            Dice::new(seed).shuffle(&mut list);
            list
        };
        let mut sorted = shuffled(1);
        assert_ne!(sorted, shuffled(2));
        sorted.sort_unstable();
        assert_eq!(sorted, (0..10).collect::<Vec<_>>());
        assert_eq!(Dice::new(1).below(0), 0);
    }
}
