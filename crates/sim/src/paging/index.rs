//! Small integers with their own types, and arrays that only the right one may index.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// A page of the problem: its rank in order of first reference, from 0. What the user called it stands in
/// [`References::name`](super::References::name).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageId(u32);

/// A frame of physical memory, from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Frame(u32);

/// An integer that indexes a [`Table`] of its own kind.
pub(crate) trait Key: Copy + Eq {
    /// The key at a position. Positions fit `u32`: [`References`](super::References) and
    /// [`MAX_FRAMES`](super::MAX_FRAMES) see to it.
    fn at(position: u32) -> Self;
    /// Its position.
    fn rank(self) -> u32;
}

impl PageId {
    /// The page of this rank.
    pub const fn new(rank: u32) -> PageId {
        PageId(rank)
    }

    /// Its rank in order of first reference.
    pub const fn rank(self) -> u32 {
        self.0
    }
}

impl Frame {
    /// The frame of this number.
    pub const fn new(number: u32) -> Frame {
        Frame(number)
    }

    /// Its number, from 0.
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl Key for PageId {
    #[inline(always)]
    fn at(position: u32) -> PageId {
        PageId(position)
    }
    #[inline(always)]
    fn rank(self) -> u32 {
        self.0
    }
}

impl Key for Frame {
    #[inline(always)]
    fn at(position: u32) -> Frame {
        Frame(position)
    }
    #[inline(always)]
    fn rank(self) -> u32 {
        self.0
    }
}

impl fmt::Debug for PageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}", self.0)
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "f{}", self.0)
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An array of `T` that a `K` indexes: a page's fact cannot be asked with a frame's number.
#[derive(Debug, Clone)]
pub(crate) struct Table<K, T> {
    items: Vec<T>,
    key: PhantomData<K>,
}

impl<K: Key, T: Clone> Table<K, T> {
    /// A table of `len` equal items.
    pub(crate) fn new(len: usize, item: T) -> Table<K, T> {
        Table { items: vec![item; len], key: PhantomData }
    }

    /// How many items it has.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.items.len()).unwrap_or(u32::MAX)
    }

    /// Its items with their keys, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (K, &T)> {
        (0..).map(K::at).zip(&self.items)
    }
}

impl<K: Key, T> Index<K> for Table<K, T> {
    type Output = T;
    #[inline(always)]
    fn index(&self, key: K) -> &T {
        &self.items[key.rank() as usize]
    }
}

impl<K: Key, T> IndexMut<K> for Table<K, T> {
    #[inline(always)]
    fn index_mut(&mut self, key: K) -> &mut T {
        &mut self.items[key.rank() as usize]
    }
}
