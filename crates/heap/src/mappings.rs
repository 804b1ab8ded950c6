//! What a program mapped itself: stretches of its address space, which it may give back in other pieces than it took.

use std::collections::BTreeMap;

use crate::tree::NodeId;

/// Most stretches that are told apart; more are counted as bytes of the one before them.
const MAX_STRETCHES: usize = 1 << 17;

/// The stretches that the program mapped and holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mappings {
    /// By address: the end, and who asked.
    held: BTreeMap<u64, (u64, NodeId)>,
    bytes: u64,
}

impl Mappings {
    /// Bytes that are held.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Every stretch: its address, its length, and who asked.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, u64, NodeId)> {
        self.held.iter().map(|(&from, &(to, node))| (from, to - from, node))
    }

    /// A stretch was mapped; what stood there before has gone (`MAP_FIXED`).
    pub(crate) fn map(&mut self, address: u64, length: u64, node: NodeId) {
        let end = address.saturating_add(length);
        if end == address {
            return;
        }
        self.unmap(address, length);
        if self.held.len() < MAX_STRETCHES {
            self.held.insert(address, (end, node));
            self.bytes += end - address;
        }
    }

    /// Whatever stands in a stretch has gone.
    pub(crate) fn unmap(&mut self, address: u64, length: u64) {
        let end = address.saturating_add(length);
        if end == address {
            return;
        }
        let before = self.held.range(..address).next_back().map(|(&from, &held)| (from, held));
        if let Some((from, (to, node))) = before.filter(|(_, (to, _))| *to > address) {
            self.held.insert(from, (address, node));
            self.bytes -= to - address;
            if to > end {
                self.held.insert(end, (to, node));
                self.bytes += to - end;
            }
        }
        while let Some((&from, &(to, node))) = self.held.range(address..end).next() {
            self.held.remove(&from);
            self.bytes -= to - from;
            if to > end {
                self.held.insert(end, (to, node));
                self.bytes += to - end;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::tree::ROOT;

    proptest! {
        #[test]
        fn the_bytes_that_are_held_are_those_that_a_set_of_bytes_holds(
            steps in prop::collection::vec((any::<bool>(), 0_u64..60, 0_u64..30), 0..80)
        ) {
            let (mut mappings, mut twin) = (Mappings::default(), BTreeSet::new());
            for (map, address, length) in steps {
                if map {
                    mappings.map(address, length, ROOT);
                    twin.extend(address..address + length);
                } else {
                    mappings.unmap(address, length);
                    twin.retain(|byte| !(address..address + length).contains(byte));
                }
                let held: BTreeSet<u64> =
                    mappings.iter().flat_map(|(from, length, _)| from..from + length).collect();
                prop_assert_eq!(mappings.bytes(), twin.len() as u64);
                prop_assert_eq!(&held, &twin);
            }
        }
    }
}
