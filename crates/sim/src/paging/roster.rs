//! Lists of pages, resident and remembered, in which every page knows where it stands.

use super::chains::{Chains, List};
use super::index::{PageId, Table};

/// A page's place when it stands in no list.
const NOWHERE: List = List(u16::MAX);

/// [`Chains`] over pages with a table of places.
#[derive(Debug, Clone)]
pub(crate) struct Roster {
    lists: Chains<PageId>,
    place_of: Table<PageId, List>,
}

impl Roster {
    /// `lists` empty lists for pages below `pages`.
    pub(crate) fn new(pages: usize, lists: u16) -> Roster {
        Roster { lists: Chains::new(pages, lists), place_of: Table::new(pages, NOWHERE) }
    }

    /// Whether a page stands in a list.
    #[inline(always)]
    pub(crate) fn is_in(&self, list: List, page: PageId) -> bool {
        self.place_of[page] == list
    }

    /// How many pages stand in a list.
    #[inline(always)]
    pub(crate) fn len(&self, list: List) -> u32 {
        self.lists.len(list)
    }

    /// The page at the back of a list.
    #[inline(always)]
    pub(crate) fn back(&self, list: List) -> Option<PageId> {
        self.lists.back(list)
    }

    /// Moves a page from wherever it stands, or from nowhere, to the front of a list.
    #[inline]
    pub(crate) fn put_front(&mut self, list: List, page: PageId) {
        self.remove(page);
        self.lists.push_front(list, page);
        self.place_of[page] = list;
    }

    /// Moves a page of a list to its front.
    #[inline(always)]
    pub(crate) fn renew(&mut self, list: List, page: PageId) {
        self.lists.move_to_front(list, page);
    }

    /// Takes a page out of the list it stands in, if any.
    #[inline]
    pub(crate) fn remove(&mut self, page: PageId) {
        let list = self.place_of[page];
        if list != NOWHERE {
            self.lists.remove(list, page);
            self.place_of[page] = NOWHERE;
        }
    }

    /// Takes the page at the back of a list out.
    #[inline]
    pub(crate) fn pop_back(&mut self, list: List) -> Option<PageId> {
        let page = self.lists.pop_back(list)?;
        self.place_of[page] = NOWHERE;
        Some(page)
    }

    /// Puts a page at the front of a list of remembered pages, which forgets its oldest beyond `limit`.
    #[inline]
    pub(crate) fn remember(&mut self, list: List, page: PageId, limit: u32) {
        self.put_front(list, page);
        while self.len(list) > limit {
            self.pop_back(list);
        }
    }

    /// A list from front to back.
    pub(crate) fn iter(&self, list: List) -> impl Iterator<Item = PageId> {
        self.lists.iter(list)
    }
}
