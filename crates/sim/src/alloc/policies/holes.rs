//! The holes of a fit: a plain list, or, by address, a list with an index.

use super::fit::{Found, Rule};
use super::index::HoleIndex;
use super::list::{HoleList, Manner, Order, Taken};
use crate::alloc::policy::{Setup, Witness};
use crate::alloc::span::Span;

/// The holes. Both forms give the same answers.
#[derive(Debug, Clone)]
pub(crate) enum Holes {
    /// Looked at one after the other.
    List(HoleList),
    /// Found through an index.
    Index(HoleIndex),
}

impl Holes {
    /// These holes for a rule, by what a setup says.
    pub(crate) fn new<R: Rule>(setup: &Setup<'_>, holes: &[Span]) -> Holes {
        let manner = Manner::of(setup);
        if setup.index && manner.order == Order::Address {
            Holes::Index(HoleIndex::new(manner, holes, R::BY_SIZE))
        } else {
            Holes::List(HoleList::new(manner, holes))
        }
    }

    #[inline]
    pub(crate) fn find<R: Rule>(&self, rule: &R, bytes: u64, rover: Option<u64>) -> Found {
        match self {
            Holes::List(list) => {
                let from = rover.and_then(|address| list.around(address)).unwrap_or(0);
                rule.look(&list.holes, bytes, from)
            }
            Holes::Index(index) => rule.seek(index, bytes, rover),
        }
    }

    #[inline]
    pub(crate) fn take(&mut self, hole: Span, bytes: u64) -> Taken {
        match self {
            Holes::List(list) => list.take(hole, bytes),
            Holes::Index(index) => index.take(hole, bytes),
        }
    }

    #[inline]
    pub(crate) fn give<W: Witness>(&mut self, block: Span, tell: &mut W) {
        match self {
            Holes::List(list) => list.give(block, tell),
            Holes::Index(index) => index.give(block, tell),
        }
    }

    /// Merges what can be merged; false when that is nothing.
    pub(crate) fn merge_all<W: Witness>(&mut self, tell: &mut W) -> bool {
        match self {
            Holes::List(list) => list.merge_all(tell),
            Holes::Index(index) => index.merge_all(tell),
        }
    }

    /// Only this hole is left.
    pub(crate) fn reset(&mut self, hole: Option<Span>) {
        match self {
            Holes::List(list) => list.fill(hole.as_slice()),
            Holes::Index(index) => index.fill(hole.as_slice()),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Holes::List(list) => list.holes.len(),
            Holes::Index(index) => index.len(),
        }
    }

    pub(crate) fn free_bytes(&self) -> u64 {
        match self {
            Holes::List(list) => list.free_bytes(),
            Holes::Index(index) => index.free_bytes(),
        }
    }

    pub(crate) fn largest(&self) -> u64 {
        match self {
            Holes::List(list) => list.holes.iter().map(|hole| hole.size).max().unwrap_or(0),
            Holes::Index(index) => index.largest(),
        }
    }

    /// Holes that an operation visits one after the other: none where they are found through the index.
    pub(crate) fn effort(&self) -> u64 {
        match self {
            Holes::List(list) => list.holes.len() as u64,
            Holes::Index(_) => 0,
        }
    }

    /// The hole of a rank in the list.
    pub(crate) fn nth(&self, rank: usize) -> Option<Span> {
        match self {
            Holes::List(list) => list.holes.get(rank).copied(),
            Holes::Index(index) => index.nth(rank),
        }
    }

    /// The holes in the list's order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Span> {
        let (list, index) = match self {
            Holes::List(list) => (Some(list.holes.iter().copied()), None),
            Holes::Index(index) => (None, Some(index.iter())),
        };
        list.into_iter().flatten().chain(index.into_iter().flatten())
    }
}
