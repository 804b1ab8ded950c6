//! From what a trace calls an allocation to the request it is: small names in a table, others by their hash. Traces of a
//! heap count their allocations from 0, those of mtrace name addresses.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::requests::RequestId;

/// How far beyond the number of names the table may reach: a name further on would leave most of it empty.
const SPARE: u64 = 4;
/// Names that a table is made for at once.
const LEAST: u64 = 1024;
const NONE: u32 = u32::MAX;

/// The request that each name stands for, or stood for last.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// By name; [`NONE`] where there is none.
    table: Vec<u32>,
    others: HashMap<u64, RequestId, BuildHasherDefault<Mixer>>,
    /// Names that were noted, the repeated ones too.
    noted: u64,
}

impl Names {
    /// The request of a name.
    pub(super) fn get(&self, name: u64) -> Option<RequestId> {
        let placed = usize::try_from(name).ok().and_then(|name| self.table.get(name));
        match placed.copied().filter(|&rank| rank != NONE) {
            Some(rank) => Some(RequestId::new(rank)),
            None => self.others.get(&name).copied(),
        }
    }

    /// Notes that a name stands for a request from now on.
    pub(super) fn note(&mut self, name: u64, id: RequestId) {
        self.noted += 1;
        let bound = SPARE * self.noted + LEAST;
        match usize::try_from(name).ok().filter(|_| name < bound) {
            None => {
                self.others.insert(name, id);
            }
            Some(place) => {
                if place >= self.table.len() {
                    let most = usize::try_from(bound).unwrap_or(place + 1);
                    self.table.resize((2 * place + 1).min(most).max(place + 1), NONE);
                }
                self.table[place] = id.rank();
            }
        }
    }
}

/// Spreads numbers that are alike, such as addresses (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators",
/// OOPSLA 2014: the finalizer of `SplitMix64`). A trace that means to collide costs its own reader time.
#[derive(Debug, Default)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        let mut mixed = (self.0 ^ number).wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        self.0 = mixed ^ (mixed >> 31);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn names_are_those_of_a_plain_map(names in prop::collection::vec(
            prop_oneof![0..40_u64, 900..9000_u64, any::<u64>()], 0..300,
        )) {
            let (mut fast, mut plain) = (Names::default(), HashMap::new());
            for (rank, name) in (0..).zip(names) {
                fast.note(name, RequestId::new(rank));
                plain.insert(name, RequestId::new(rank));
                for (&name, &id) in &plain {
                    prop_assert_eq!(fast.get(name), Some(id));
                }
                prop_assert_eq!(fast.get(name ^ (1 << 50)), plain.get(&(name ^ (1 << 50))).copied());
            }
        }
    }
}
