//! Several doubly linked lists over one array of links: each key stands in at most one of them.
//!
//! ```text
//!   links:  [ key 0 | key 1 | … | key n-1 | list 0 | list 1 | … ]      8 bytes each: prev, next
//!                                            ▲ a sentinel: next = front, prev = back
//! ```
//!
//! The sentinels make every insertion and removal the same four stores, without a branch. A key that stands in
//! no list may have any links; who stands where is for the caller to know.

use std::marker::PhantomData;

use super::index::Key;

/// The number of a list in its [`Chains`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct List(pub(crate) u16);

#[derive(Debug, Clone, Copy)]
struct Link {
    prev: u32,
    next: u32,
}

/// The lists.
#[derive(Debug, Clone)]
pub(crate) struct Chains<K> {
    links: Vec<Link>,
    lens: Vec<u32>,
    keys: u32,
    kind: PhantomData<K>,
}

impl<K: Key> Chains<K> {
    /// `lists` empty lists over `keys` keys.
    pub(crate) fn new(keys: usize, lists: u16) -> Chains<K> {
        let keys = u32::try_from(keys).unwrap_or(u32::MAX - u32::from(lists));
        let links = (0..keys + u32::from(lists)).map(|at| Link { prev: at, next: at }).collect();
        Chains { links, lens: vec![0; usize::from(lists)], keys, kind: PhantomData }
    }

    /// How many keys stand in a list.
    #[inline(always)]
    pub(crate) fn len(&self, list: List) -> u32 {
        self.lens[usize::from(list.0)]
    }

    /// The key that went in at the front last.
    #[inline(always)]
    pub(crate) fn front(&self, list: List) -> Option<K> {
        self.key(self.links[self.sentinel(list) as usize].next)
    }

    /// The key at the other end.
    #[inline(always)]
    pub(crate) fn back(&self, list: List) -> Option<K> {
        self.key(self.links[self.sentinel(list) as usize].prev)
    }

    /// The neighbour of `key` towards the front, in whatever list it stands.
    #[inline(always)]
    pub(crate) fn before(&self, key: K) -> Option<K> {
        self.key(self.links[key.rank() as usize].prev)
    }

    /// The neighbour of `key` towards the back, in whatever list it stands.
    #[inline(always)]
    pub(crate) fn after(&self, key: K) -> Option<K> {
        self.key(self.links[key.rank() as usize].next)
    }

    /// Puts a key that stands in no list at the front.
    #[inline(always)]
    pub(crate) fn push_front(&mut self, list: List, key: K) {
        let sentinel = self.sentinel(list);
        let next = self.links[sentinel as usize].next;
        self.tie(sentinel, key, next);
        self.lens[usize::from(list.0)] += 1;
    }

    /// Takes a key out of the list it stands in.
    #[inline(always)]
    pub(crate) fn remove(&mut self, list: List, key: K) {
        self.untie(key);
        self.lens[usize::from(list.0)] -= 1;
    }

    /// Takes the key at the back out.
    #[inline(always)]
    pub(crate) fn pop_back(&mut self, list: List) -> Option<K> {
        let key = self.back(list)?;
        self.remove(list, key);
        Some(key)
    }

    /// Moves a key of the list to its front.
    #[inline(always)]
    pub(crate) fn move_to_front(&mut self, list: List, key: K) {
        self.untie(key);
        let sentinel = self.sentinel(list);
        let next = self.links[sentinel as usize].next;
        self.tie(sentinel, key, next);
    }

    /// The list from front to back.
    pub(crate) fn iter(&self, list: List) -> impl Iterator<Item = K> {
        std::iter::successors(self.front(list), |&key| self.after(key))
    }

    /// The list from back to front.
    pub(crate) fn iter_back(&self, list: List) -> impl Iterator<Item = K> {
        std::iter::successors(self.back(list), |&key| self.before(key))
    }

    #[inline(always)]
    fn sentinel(&self, list: List) -> u32 {
        self.keys + u32::from(list.0)
    }

    #[inline(always)]
    fn key(&self, at: u32) -> Option<K> {
        (at < self.keys).then(|| K::at(at))
    }

    #[inline(always)]
    fn tie(&mut self, prev: u32, key: K, next: u32) {
        let at = key.rank();
        self.links[at as usize] = Link { prev, next };
        self.links[prev as usize].next = at;
        self.links[next as usize].prev = at;
    }

    #[inline(always)]
    fn untie(&mut self, key: K) {
        let Link { prev, next } = self.links[key.rank() as usize];
        self.links[prev as usize].next = next;
        self.links[next as usize].prev = prev;
    }
}
