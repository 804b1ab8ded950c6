//! Arrays that only integers of the right kind may index.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// An integer that indexes a [`Table`] of its own kind.
pub(crate) trait Key: Copy + Eq {
    /// The key at a position. Positions fit `u32`: the bounds of each simulator see to it.
    fn at(position: u32) -> Self;
    /// Its position.
    fn rank(self) -> u32;
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

    /// Makes all items equal.
    pub(crate) fn fill(&mut self, item: T) {
        self.items.fill(item);
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
