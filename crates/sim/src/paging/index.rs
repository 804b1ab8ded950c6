//! Small integers with their own types.

use std::fmt;

pub(crate) use crate::table::{Key, Table};

/// A page of the problem: its rank in order of first reference, from 0. What the user called it stands in
/// [`References::name`](super::References::name).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageId(u32);

/// A frame of physical memory, from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Frame(u32);

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
