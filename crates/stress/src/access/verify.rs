//! Writes patterns, checks them, and says where memory does not hold what was written.
//!
//! Every word differs from its neighbours and from the same word of other pages, so that a page that stands in another's
//! place is found too. Each pass checks a page and writes its complement: after two passes every bit was both values.

use serde::{Deserialize, Serialize};

use crate::plan::{PAGE, PAGE_BYTES};
use crate::random::mix;

/// The most places that are told; all are counted.
const TOLD_MAX: usize = 16;

/// A word that does not hold what was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {
    /// Where it is, in bytes from the beginning of what is held.
    pub offset_bytes: u64,
    /// Its address in the worker, in hexadecimal.
    pub address: String,
    /// What was written, in hexadecimal.
    pub expected: String,
    /// What stands there, in hexadecimal.
    pub found: String,
    /// Which bits differ, from 0.
    pub flipped_bits: Vec<u8>,
}

/// The passes over what is held.
#[derive(Debug)]
pub(crate) struct Verifier {
    seed: u64,
    /// Pages that hold a pattern.
    written: usize,
    /// The page at which the pass has come.
    next: usize,
    /// Passes that are over.
    passes: u64,
    /// What was checked so far, in bytes.
    done_bytes: u64,
    mismatches: u64,
    told: Vec<Mismatch>,
}

impl Verifier {
    pub(crate) fn new(seed: u64) -> Verifier {
        let told = Vec::new();
        Verifier { seed, written: 0, next: 0, passes: 0, done_bytes: 0, mismatches: 0, told }
    }

    /// What was checked so far, in bytes.
    pub(crate) fn done_bytes(&self) -> u64 {
        self.done_bytes
    }

    /// How many words did not hold what was written.
    pub(crate) fn mismatches(&self) -> u64 {
        self.mismatches
    }

    /// The first places at which something differed.
    pub(crate) fn told(&self) -> &[Mismatch] {
        &self.told
    }

    /// Writes patterns to what was taken since the last call, and forgets what was given back.
    pub(crate) fn follow(&mut self, held: &mut [u8]) {
        let pages = held.len() / PAGE;
        for page in self.written..pages {
            let pattern = self.pattern(page);
            write(&mut held[page * PAGE..][..PAGE], pattern);
        }
        self.written = pages;
    }

    /// Checks about `budget` bytes, and writes their complement.
    pub(crate) fn run(&mut self, held: &mut [u8], budget: usize) {
        self.follow(held);
        let address = held.as_ptr().addr();
        for _ in 0..(budget / PAGE).max(1) {
            if self.next >= self.written {
                self.next = 0;
                self.passes += 1;
            }
            let Some(page) = held.chunks_mut(PAGE).nth(self.next) else { return };
            self.check(page, address);
            self.next += 1;
            let pattern = self.pattern(self.next - 1);
            write(page, pattern);
            self.done_bytes += PAGE_BYTES;
        }
    }

    /// What `page` holds now: the pattern, or its complement if an odd number of passes have been over it.
    fn pattern(&self, page: usize) -> (u64, bool) {
        let passes = self.passes + u64::from(page < self.next);
        (mix(self.seed ^ (page as u64).wrapping_mul(STEP)), !passes.is_multiple_of(2))
    }

    fn check(&mut self, bytes: &[u8], address: usize) {
        let pattern = self.pattern(self.next);
        let words = bytes.as_chunks::<8>().0;
        let differ =
            |index: usize, word: &[u8; 8]| u64::from_ne_bytes(*word) ^ self::word(pattern, index);
        let any = words.iter().enumerate().fold(0, |any, (index, word)| any | differ(index, word));
        if any == 0 {
            return;
        }
        for (index, word) in words.iter().enumerate() {
            let flipped = differ(index, word);
            if flipped == 0 {
                continue;
            }
            self.mismatches += 1;
            if self.told.len() < TOLD_MAX {
                let offset = self.next * PAGE + index * 8;
                let hex = |word: u64| format!("{word:#018x}");
                self.told.push(Mismatch {
                    offset_bytes: offset as u64,
                    address: hex((address + offset) as u64),
                    expected: hex(self::word(pattern, index)),
                    found: hex(u64::from_ne_bytes(*word)),
                    flipped_bits: (0..64).filter(|bit| flipped >> bit & 1 == 1).collect(),
                });
            }
        }
    }
}

/// An odd number without structure: 2^64 divided by the golden ratio.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A word of a page's pattern.
fn word((base, is_complement): (u64, bool), index: usize) -> u64 {
    let word = base.wrapping_add((index as u64).wrapping_mul(STEP));
    if is_complement { !word } else { word }
}

fn write(page: &mut [u8], pattern: (u64, bool)) {
    for (index, place) in page.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        *place = word(pattern, index).to_ne_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn whole_memory_passes_again_and_again() {
        let mut held = vec![0u8; 10 * PAGE];
        let mut verifier = Verifier::new(1);
        (0..7).for_each(|_| verifier.run(&mut held, 7 * PAGE));
        assert_eq!((verifier.mismatches(), verifier.done_bytes()), (0, 49 * PAGE_BYTES));
    }

    #[test]
    fn growing_and_shrinking_in_the_middle_of_a_pass_is_no_error() {
        let mut held = vec![0u8; 12 * PAGE];
        let mut verifier = Verifier::new(1);
        for pages in [4, 12, 3, 1, 0, 8, 12, 12] {
            let held = &mut held[..pages * PAGE];
            held[..].chunks_mut(PAGE).skip(verifier.written).for_each(|page| page.fill(0));
            verifier.follow(held);
            verifier.run(held, 3 * PAGE);
        }
        assert_eq!(verifier.mismatches(), 0);
    }

    #[test]
    fn every_bit_is_both_values_after_two_passes() {
        let mut held = vec![0u8; PAGE];
        let mut verifier = Verifier::new(9);
        verifier.follow(&mut held);
        let first = held.clone();
        verifier.run(&mut held, PAGE);
        assert!(held.iter().zip(&first).all(|(now, before)| now ^ before == 0xff));
    }

    proptest! {
        #[test]
        fn a_flipped_bit_is_found_and_located(
            page in 0usize..6, byte in 0usize..PAGE, bit in 0usize..8, passes in 0usize..4,
        ) {
            let mut held = vec![0u8; 6 * PAGE];
            let mut verifier = Verifier::new(3);
            verifier.follow(&mut held);
            verifier.run(&mut held, passes * 6 * PAGE + PAGE);
            held[page * PAGE + byte] ^= 1 << bit;
            verifier.run(&mut held, 6 * PAGE);
            prop_assert_eq!(verifier.mismatches(), 1);
            let told = &verifier.told()[0];
            let offset = page * PAGE + byte;
            prop_assert_eq!(told.offset_bytes, offset as u64 / 8 * 8);
            let address = format!("{:#018x}", held.as_ptr().addr() + offset / 8 * 8);
            prop_assert_eq!(&told.address, &address);
            let flipped: Vec<usize> = told.flipped_bits.iter().map(|bit| usize::from(*bit)).collect();
            prop_assert_eq!(flipped, [byte % 8 * 8 + bit]);
        }
    }
}
