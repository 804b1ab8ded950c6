//! A clock of pages: a ring of links with what each page is beside them, so that a hand that comes to a page reads one line
//! of memory.
//!
//! ```text
//!   links:  [ page 0 | page 1 | … | page n-1 ]      12 bytes each: onward, behind, mark
//! ```
//!
//! A page that does not stand in the ring may have any links; who stands there is for the caller to know.

use super::index::PageId;

/// A page's neighbours in the ring, and what the caller keeps of it.
#[derive(Debug, Clone, Copy)]
struct Link<M> {
    onward: PageId,
    behind: PageId,
    mark: M,
}

/// The ring. Hands go onward from its back to its head, and from there to the back again.
#[derive(Debug, Clone)]
pub(crate) struct Ring<M> {
    links: Vec<Link<M>>,
    head: PageId,
    len: u32,
}

impl<M: Copy + Default> Ring<M> {
    /// An empty ring over so many pages.
    pub(crate) fn new(pages: usize) -> Ring<M> {
        let nobody = PageId::new(0);
        let link = Link { onward: nobody, behind: nobody, mark: M::default() };
        Ring { links: vec![link; pages], head: nobody, len: 0 }
    }

    /// How many pages stand in it.
    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    /// What is kept of a page, in the ring or not.
    #[inline(always)]
    pub(crate) fn mark(&self, page: PageId) -> M {
        self.links[page.rank() as usize].mark
    }

    /// The same, to be changed.
    #[inline(always)]
    pub(crate) fn mark_mut(&mut self, page: PageId) -> &mut M {
        &mut self.links[page.rank() as usize].mark
    }

    /// The page that a hand comes to after this one.
    #[inline(always)]
    pub(crate) fn onward(&self, page: PageId) -> PageId {
        self.links[page.rank() as usize].onward
    }

    /// The page that a hand came to before this one.
    #[inline(always)]
    pub(crate) fn behind(&self, page: PageId) -> PageId {
        self.links[page.rank() as usize].behind
    }

    /// Puts a page that does not stand in the ring at its head: hands come to it last.
    #[inline(always)]
    pub(crate) fn push(&mut self, page: PageId) {
        let at = page.rank() as usize;
        if self.len == 0 {
            (self.links[at].onward, self.links[at].behind) = (page, page);
        } else {
            let (behind, onward) = (self.head, self.onward(self.head));
            (self.links[at].onward, self.links[at].behind) = (onward, behind);
            self.links[behind.rank() as usize].onward = page;
            self.links[onward.rank() as usize].behind = page;
        }
        self.head = page;
        self.len += 1;
    }

    /// Takes a page out; returns the one that a hand which stood there comes to, itself where it was the only one.
    #[inline(always)]
    pub(crate) fn remove(&mut self, page: PageId) -> PageId {
        let Link { onward, behind, .. } = self.links[page.rank() as usize];
        self.links[onward.rank() as usize].behind = behind;
        self.links[behind.rank() as usize].onward = onward;
        if self.head == page {
            self.head = behind;
        }
        self.len -= 1;
        onward
    }

    /// The pages in the order in which hands come to them, from the back.
    pub(crate) fn iter(&self) -> impl Iterator<Item = PageId> {
        let back = (self.len > 0).then(|| self.onward(self.head));
        std::iter::successors(back, |&page| (page != self.head).then(|| self.onward(page)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_ring_is_a_list_whose_front_leads_to_its_back(
            ranks in prop::collection::vec(0u32..6, 0..60),
        ) {
            let mut ring: Ring<u8> = Ring::new(6);
            // From the back to the head, as hands go.
            let mut list: Vec<PageId> = Vec::new();
            for rank in ranks {
                let page = PageId::new(rank);
                if let Some(at) = list.iter().position(|&other| other == page) {
                    let next = list[(at + 1) % list.len()];
                    prop_assert_eq!(ring.remove(page), next);
                    list.remove(at);
                } else {
                    ring.push(page);
                    list.push(page);
                }
                *ring.mark_mut(page) += 1;
                prop_assert_eq!(ring.iter().collect::<Vec<_>>(), list.clone());
                prop_assert_eq!(ring.len() as usize, list.len());
                for (at, &page) in list.iter().enumerate() {
                    let next = list[(at + 1) % list.len()];
                    prop_assert_eq!((ring.onward(page), ring.behind(next)), (next, page));
                }
            }
        }
    }
}
