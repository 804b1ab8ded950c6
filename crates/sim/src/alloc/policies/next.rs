//! Next fit: first fit that goes on where the last search ended.
//!
//! Source: Knuth, The Art of Computer Programming, volume 1, section 2.5, exercise 6 ("roving pointer"). The pointer
//! stays at the hole that was split; when a hole is taken whole it goes to the next one, from the last to the front. A
//! hole that merges takes the pointer with it.

use super::fit::{Fit, Found, OF_A_LIST, Rule};
use super::index::HoleIndex;
use crate::alloc::policy::{Setup, Variant};
use crate::alloc::span::Span;
use crate::convention::Parameter;

/// Next fit.
pub type NextFit = Fit<Next>;

/// The next hole that is large enough.
#[derive(Debug, Clone, Copy)]
pub struct Next;

impl Variant for Next {
    const NAME: &'static str = "next";
    const TITLE: &'static str = "Next fit";
    const ABOUT: &'static str = "Takes the next hole that is large enough, from where the last search ended \
                                 (Knuth, volume 1, section 2.5, exercise 6).";
    const PARAMETERS: &'static [&'static Parameter] = OF_A_LIST;
}

impl Rule for Next {
    const CHOSEN: &'static str = "next";
    const ROVES: bool = true;

    fn new(_: &Setup<'_>) -> Next {
        Next
    }

    fn look(&self, holes: &[Span], bytes: u64, from: usize) -> Found {
        let round = holes[from..].iter().chain(&holes[..from]);
        let found = round.enumerate().find(|(_, hole)| hole.size >= bytes);
        let searched = found.map_or(holes.len(), |(step, _)| step + 1);
        Found { hole: found.map(|(_, &hole)| hole), searched, from }
    }

    fn seek(&self, index: &HoleIndex, bytes: u64, rover: Option<u64>) -> Found {
        index.next(bytes, rover)
    }
}
