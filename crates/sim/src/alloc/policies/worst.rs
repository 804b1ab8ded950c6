//! Worst fit: the largest hole.
//!
//! Source: Silberschatz, Galvin, Gagne, Operating System Concepts, section Contiguous Memory Allocation. The whole list
//! is looked at.

use super::best::Tie;
use super::fit::{Fit, Found, Rule};
use super::holes::Holes;
use super::index::HoleIndex;
use super::list::{COALESCE, NEIGHBOURS, ORDER, SPLIT};
use crate::alloc::convention::{COMPACTION, THRESHOLD};
use crate::alloc::policy::{Setup, Variant};
use crate::alloc::span::Span;
use crate::convention::{Kind, Parameter, Value};

/// Worst fit.
pub type WorstFit = Fit<Worst>;

/// `worst.tie`: which of several largest holes.
pub static TIE: Parameter = Parameter {
    name: "worst.tie",
    about: "Which of several holes of the largest size: the `first` or `last` of the list, or that of the lowest \
            address.",
    kind: Kind::Word(&["first", "last", "lowest"]),
    default: Value::Word("first"),
};

/// The largest hole.
#[derive(Debug, Clone, Copy)]
pub struct Worst {
    tie: Tie,
}

impl Variant for Worst {
    const NAME: &'static str = "worst";
    const TITLE: &'static str = "Worst fit";
    const ABOUT: &'static str = "Takes the largest hole, so that what is left of it is of use \
                                 (Silberschatz, section Contiguous Memory Allocation).";
    const PARAMETERS: &'static [&'static Parameter] =
        &[&TIE, &ORDER, &COALESCE, &NEIGHBOURS, &SPLIT, &COMPACTION, &THRESHOLD];
}

impl Rule for Worst {
    const CHOSEN: &'static str = "largest";
    fn new(setup: &Setup<'_>) -> Worst {
        Worst { tie: Tie::of(setup.convention.word(&TIE)) }
    }

    fn look(&self, holes: &[Span], bytes: u64, _: usize) -> Found {
        let enough = holes.iter().enumerate().filter(|(_, hole)| hole.size >= bytes);
        let chosen =
            enough.min_by_key(|&(rank, hole)| (u64::MAX - hole.size, self.tie.rank(rank, *hole)));
        Found { hole: chosen.map(|(_, &hole)| hole), searched: holes.len(), from: 0 }
    }

    fn seek(&self, index: &HoleIndex, bytes: u64, _: Option<u64>) -> Found {
        index.worst(bytes, self.tie)
    }

    fn tie(&self, holes: &Holes, chosen: Span) -> String {
        self.tie.told(holes.iter(), chosen)
    }
}
