//! A set of small whole numbers in which the next, the first and the last are a few words away.
//!
//! ```text
//!   level 2:  [ . . . . . . . . . . 1 ]                 one word at the top
//!   level 1:  [ word | word | … ]                       bit i: word i of level 0 is not 0
//!   level 0:  [ word | word | word | word | … ]         bit i: i is in the set
//! ```
//!
//! 64 numbers share a word, so a million need four levels and a search reads at most two words of each. Adding a
//! number to a word that has one already touches nothing else, which is the usual case. It takes an eighth of a byte
//! a number, whether or not it is in the set. (A two-level van Emde Boas tree with words for its clusters; Knuth,
//! *The Art of Computer Programming*, volume 4A, 7.1.3, "A bitwise priority queue".)

/// The set.
#[derive(Debug, Clone)]
pub(crate) struct BitTree {
    /// From the numbers themselves to a single word.
    levels: Vec<Vec<u64>>,
}

impl BitTree {
    /// The empty set of numbers below `len`.
    pub(crate) fn new(len: usize) -> BitTree {
        let words = |bits: usize| vec![0; bits.div_ceil(64).max(1)];
        let mut levels = vec![words(len)];
        while let Some(below) = levels.last().map(Vec::len).filter(|&len| len > 1) {
            levels.push(words(below));
        }
        BitTree { levels }
    }

    /// Puts a number in.
    #[inline(always)]
    pub(crate) fn insert(&mut self, number: u32) {
        let mut at = number as usize;
        for level in &mut self.levels {
            let word = &mut level[at / 64];
            let was_empty = *word == 0;
            *word |= mask(at);
            if !was_empty {
                return;
            }
            at /= 64;
        }
    }

    /// Takes a number out.
    #[inline(always)]
    pub(crate) fn remove(&mut self, number: u32) {
        let mut at = number as usize;
        for level in &mut self.levels {
            let word = &mut level[at / 64];
            *word &= !mask(at);
            if *word != 0 {
                return;
            }
            at /= 64;
        }
    }

    /// The least number in it.
    #[inline]
    pub(crate) fn first(&self) -> Option<u32> {
        self.first_from(0)
    }

    /// The least number in it that is not below `start`.
    #[inline]
    pub(crate) fn first_from(&self, start: u32) -> Option<u32> {
        let mut at = start as usize;
        for (height, level) in self.levels.iter().enumerate() {
            let word = level.get(at / 64)? & !(mask(at) - 1);
            if word != 0 {
                return Some(self.descend(height, at / 64, word, u64::trailing_zeros));
            }
            at = at / 64 + 1;
        }
        None
    }

    /// The greatest number in it.
    #[inline]
    pub(crate) fn last(&self) -> Option<u32> {
        let height = self.levels.len() - 1;
        let word = self.levels[height][0];
        let highest = |word: u64| 63 - word.leading_zeros();
        (word != 0).then(|| self.descend(height, 0, word, highest))
    }

    /// The number that `choose` leads to, from a word that is not 0 at a height.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "numbers that went in were u32")]
    fn descend(&self, height: usize, at: usize, word: u64, choose: impl Fn(u64) -> u32) -> u32 {
        let below = |at: usize, word: u64| at * 64 + choose(word) as usize;
        let number = self.levels[..height]
            .iter()
            .rev()
            .fold(below(at, word), |at, level| below(at, level[at]));
        number as u32
    }
}

#[inline(always)]
fn mask(at: usize) -> u64 {
    1 << (at % 64)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_bit_tree_is_an_ordered_set(
            len in prop_oneof![1usize..200, 4000..4200usize, 262_000..263_000usize],
            steps in prop::collection::vec((any::<u32>(), any::<bool>()), 1..200),
        ) {
            let (mut tree, mut set) = (BitTree::new(len), BTreeSet::new());
            for (number, goes_in) in steps {
                let number = number % u32::try_from(len).unwrap();
                if goes_in {
                    tree.insert(number);
                    set.insert(number);
                } else {
                    // What is near is more often there.
                    let gone = set.range(number..).next().copied().unwrap_or(number);
                    tree.remove(gone);
                    set.remove(&gone);
                }
                prop_assert_eq!(tree.first(), set.first().copied());
                prop_assert_eq!(tree.last(), set.last().copied());
                prop_assert_eq!(tree.first_from(number), set.range(number..).next().copied());
            }
        }
    }

    #[test]
    fn a_search_from_beyond_the_last_word_finds_nothing() {
        let mut tree = BitTree::new(64);
        tree.insert(63);
        assert_eq!((tree.first_from(63), tree.first_from(64)), (Some(63), None));
    }
}
