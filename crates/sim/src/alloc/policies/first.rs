//! First fit: the first hole of the list that is large enough.
//!
//! Source: Knuth, The Art of Computer Programming, volume 1, section 2.5, algorithm A.

use super::fit::{Fit, Found, OF_A_LIST, Rule};
use super::index::HoleIndex;
use crate::alloc::policy::{Setup, Variant};
use crate::alloc::span::Span;
use crate::convention::Parameter;

/// First fit.
pub type FirstFit = Fit<First>;

/// The first hole that is large enough.
#[derive(Debug, Clone, Copy)]
pub struct First;

impl Variant for First {
    const NAME: &'static str = "first";
    const TITLE: &'static str = "First fit";
    const ABOUT: &'static str = "Takes the first hole of the free list that is large enough (Knuth, volume 1, section 2.5).";
    const PARAMETERS: &'static [&'static Parameter] = OF_A_LIST;
}

impl Rule for First {
    const CHOSEN: &'static str = "first";
    fn new(_: &Setup<'_>) -> First {
        First
    }

    fn look(&self, holes: &[Span], bytes: u64, _: usize) -> Found {
        let rank = holes.iter().position(|hole| hole.size >= bytes);
        let searched = rank.map_or(holes.len(), |rank| rank + 1);
        Found { hole: rank.map(|rank| holes[rank]), searched, from: 0 }
    }

    fn seek(&self, index: &HoleIndex, bytes: u64, _: Option<u64>) -> Found {
        index.next(bytes, None)
    }
}
