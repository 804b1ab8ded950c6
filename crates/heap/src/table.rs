//! A hash index from a number, or a pair of them, to a handle: open addressing, linear probing, nothing is ever taken out.

use std::fmt;

/// A slot that holds nothing.
const EMPTY: u32 = u32::MAX;

/// Slots of an index that was never used.
const FIRST_SLOTS: usize = 64;

/// What an index can be asked for: small, so that a search stays within a cache line.
pub(crate) trait Key: Copy + Default + Eq + fmt::Debug {
    /// A number that depends on all of it, in its upper bits too.
    fn hash(self) -> u64;
}

impl Key for u64 {
    #[inline]
    fn hash(self) -> u64 {
        mixed(self)
    }
}

impl Key for (u64, u64) {
    #[inline]
    fn hash(self) -> u64 {
        mixed(self.0 ^ mixed(self.1))
    }
}

/// From keys to `u32`.
#[derive(Clone, Debug)]
pub(crate) struct Index<K> {
    slots: Vec<Slot<K>>,
    held: usize,
}

#[derive(Clone, Copy, Debug)]
struct Slot<K> {
    key: K,
    value: u32,
}

fn free<K: Key>() -> Slot<K> {
    Slot { key: K::default(), value: EMPTY }
}

/// Mixes a number so that its upper bits depend on all of it (the finaliser of `MurmurHash3`, one round).
#[inline]
pub(crate) fn mixed(key: u64) -> u64 {
    let key = (key ^ (key >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    key ^ (key >> 29)
}

impl<K: Key> Index<K> {
    /// An index of nothing.
    pub(crate) fn new() -> Index<K> {
        Index { slots: vec![free(); FIRST_SLOTS], held: 0 }
    }

    /// What `key` stands for, or what `make` gives, which is kept; `None` where `make` gives nothing.
    #[inline]
    pub(crate) fn get_or(&mut self, key: K, make: impl FnOnce() -> Option<u32>) -> Option<u32> {
        let mut at = self.home(key);
        loop {
            let slot = &self.slots[at];
            if slot.value == EMPTY {
                break;
            }
            if slot.key == key {
                return Some(slot.value);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        let value = make()?;
        self.slots[at] = Slot { key, value };
        self.held += 1;
        if self.held * 2 > self.slots.len() {
            self.grow();
        }
        Some(value)
    }

    /// Forgets everything, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.slots.fill(free());
        self.held = 0;
    }

    /// Keeps only the keys that `keep` wants; whether there were others.
    pub(crate) fn retain(&mut self, keep: impl Fn(K, u32) -> bool) -> bool {
        let is_unwanted = |slot: &Slot<K>| slot.value != EMPTY && !keep(slot.key, slot.value);
        if !self.slots.iter().any(is_unwanted) {
            return false;
        }
        let old = std::mem::replace(&mut self.slots, vec![free(); FIRST_SLOTS]);
        self.held = 0;
        for slot in old.into_iter().filter(|slot| slot.value != EMPTY && !is_unwanted(slot)) {
            self.get_or(slot.key, || Some(slot.value));
        }
        true
    }

    #[inline]
    fn home(&self, key: K) -> usize {
        (key.hash() >> 16) as usize & (self.slots.len() - 1)
    }

    #[cold]
    fn grow(&mut self) {
        let twice = self.slots.len() * 2;
        let old = std::mem::replace(&mut self.slots, vec![free(); twice]);
        for slot in old.into_iter().filter(|slot| slot.value != EMPTY) {
            let mut at = self.home(slot.key);
            while self.slots[at].value != EMPTY {
                at = (at + 1) & (twice - 1);
            }
            self.slots[at] = slot;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_index_answers_what_a_map_answers(keys in prop::collection::vec((0_u64..40, 0_u64..40), 0..400), gone in 0_u64..40) {
            let (mut index, mut twin) = (Index::new(), HashMap::new());
            for (number, key) in (0..).zip(keys) {
                let expected = *twin.entry(key).or_insert(number);
                prop_assert_eq!(index.get_or(key, || Some(number)), Some(expected));
            }
            let has_gone = twin.keys().any(|key| key.0 == gone);
            prop_assert_eq!(index.retain(|key, _| key.0 != gone), has_gone);
            for (key, value) in twin {
                let expected = if key.0 == gone { None } else { Some(value) };
                prop_assert_eq!(index.get_or(key, || None), expected);
            }
        }
    }
}
