//! Doubly linked lists over numbered nodes: as many lists as there are classes, and nodes that come and go.

/// No node.
const NONE: u32 = u32::MAX;

/// The lists. Putting in and taking out are `O(1)`; the table of links grows by doubling.
#[derive(Debug, Clone)]
pub(crate) struct Lists {
    fronts: Vec<u32>,
    /// For each node the one before and the one behind it.
    links: Vec<(u32, u32)>,
}

impl Lists {
    /// `lists` empty lists.
    pub(crate) fn new(lists: usize) -> Lists {
        Lists { fronts: vec![NONE; lists], links: Vec::new() }
    }

    /// The first node of a list.
    #[inline(always)]
    pub(crate) fn front(&self, list: usize) -> Option<u32> {
        Some(self.fronts[list]).filter(|&node| node != NONE)
    }

    /// How many nodes a list has, by going along it.
    pub(crate) fn len(&self, list: usize) -> usize {
        self.iter(list).count()
    }

    /// Whether a list has no node.
    #[inline(always)]
    pub(crate) fn is_empty(&self, list: usize) -> bool {
        self.fronts[list] == NONE
    }

    /// Puts a node that stands in no list at the front of one.
    #[inline(always)]
    pub(crate) fn push_front(&mut self, list: usize, node: u32) {
        if self.links.len() <= node as usize {
            self.links.resize(node as usize + 1, (NONE, NONE));
        }
        let second = self.fronts[list];
        self.links[node as usize] = (NONE, second);
        if second != NONE {
            self.links[second as usize].0 = node;
        }
        self.fronts[list] = node;
    }

    /// Takes a node out of the list it stands in.
    #[inline(always)]
    pub(crate) fn remove(&mut self, list: usize, node: u32) {
        let (before, after) = self.links[node as usize];
        match before {
            NONE => self.fronts[list] = after,
            before => self.links[before as usize].1 = after,
        }
        if after != NONE {
            self.links[after as usize].0 = before;
        }
    }

    /// The nodes of a list from its front.
    pub(crate) fn iter(&self, list: usize) -> impl Iterator<Item = u32> {
        std::iter::successors(self.front(list), |&node| {
            Some(self.links[node as usize].1).filter(|&next| next != NONE)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_lists_are_what_plain_queues_are(ops in prop::collection::vec((0..3_usize, 0..12_u32), 0..60)) {
            let mut lists = Lists::new(3);
            let mut queues = vec![VecDeque::new(); 3];
            for (list, node) in ops {
                match queues.iter().position(|queue| queue.contains(&node)) {
                    Some(holds) => {
                        lists.remove(holds, node);
                        queues[holds].retain(|&held| held != node);
                    }
                    None => {
                        lists.push_front(list, node);
                        queues[list].push_front(node);
                    }
                }
                for (list, queue) in queues.iter().enumerate() {
                    prop_assert_eq!(lists.iter(list).collect::<VecDeque<_>>(), queue.clone());
                    prop_assert_eq!((lists.len(list), lists.is_empty(list)), (queue.len(), queue.is_empty()));
                }
            }
        }
    }
}
