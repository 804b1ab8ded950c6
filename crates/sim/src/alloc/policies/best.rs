//! Best fit: the smallest hole that is large enough.
//!
//! Source: Knuth, The Art of Computer Programming, volume 1, section 2.5. The whole list is looked at; an exact fit does
//! not end the search, as in `malloc.py` of "Operating Systems: Three Easy Pieces".

use super::fit::{Fit, Found, Rule};
use super::holes::Holes;
use super::index::HoleIndex;
use super::list::{COALESCE, NEIGHBOURS, ORDER, SPLIT};
use crate::alloc::convention::{COMPACTION, THRESHOLD};
use crate::alloc::policy::{Setup, Variant};
use crate::alloc::span::Span;
use crate::convention::{Kind, Parameter, Value};

/// Best fit.
pub type BestFit = Fit<Best>;

/// `best.tie`: which of several smallest holes.
pub static TIE: Parameter = Parameter {
    name: "best.tie",
    about: "Which of several holes of the smallest size: the `first` or `last` of the list, or that of the \
            lowest address.",
    kind: Kind::Word(&["first", "last", "lowest"]),
    default: Value::Word("first"),
};

/// The smallest hole that is large enough.
#[derive(Debug, Clone, Copy)]
pub struct Best {
    tie: Tie,
}

impl Variant for Best {
    const NAME: &'static str = "best";
    const TITLE: &'static str = "Best fit";
    const ABOUT: &'static str = "Takes the smallest hole that is large enough, after looking at all (Knuth, volume 1, section 2.5).";
    const PARAMETERS: &'static [&'static Parameter] =
        &[&TIE, &ORDER, &COALESCE, &NEIGHBOURS, &SPLIT, &COMPACTION, &THRESHOLD];
}

impl Rule for Best {
    const CHOSEN: &'static str = "smallest";
    const BY_SIZE: bool = true;

    fn new(setup: &Setup<'_>) -> Best {
        Best { tie: Tie::of(setup.convention.word(&TIE)) }
    }

    fn look(&self, holes: &[Span], bytes: u64, _: usize) -> Found {
        let enough = holes.iter().enumerate().filter(|(_, hole)| hole.size >= bytes);
        let chosen = enough.min_by_key(|&(rank, hole)| (hole.size, self.tie.rank(rank, *hole)));
        Found { hole: chosen.map(|(_, &hole)| hole), searched: holes.len(), from: 0 }
    }

    fn seek(&self, index: &HoleIndex, bytes: u64, _: Option<u64>) -> Found {
        index.best(bytes, self.tie)
    }

    fn tie(&self, holes: &Holes, chosen: Span) -> String {
        self.tie.told(holes.iter(), chosen)
    }
}

/// Which of several holes of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tie {
    First,
    Last,
    Lowest,
}

impl Tie {
    /// The tie of a word of the convention.
    pub(crate) fn of(word: &str) -> Tie {
        match word {
            "last" => Tie::Last,
            "lowest" => Tie::Lowest,
            _ => Tie::First,
        }
    }

    /// A rank that is smallest for the hole that wins.
    pub(crate) fn rank(self, rank: usize, hole: Span) -> u64 {
        match self {
            Tie::First => rank as u64,
            Tie::Last => u64::MAX - rank as u64,
            Tie::Lowest => hole.address,
        }
    }

    /// How a tie was broken, in words, where there was one.
    pub(crate) fn told(self, holes: impl Iterator<Item = Span>, chosen: Span) -> String {
        let of_the_size = holes.filter(|hole| hole.size == chosen.size).count();
        let which = match self {
            Tie::First => "the first",
            Tie::Last => "the last",
            Tie::Lowest => "the lowest",
        };
        if of_the_size < 2 { String::new() } else { format!(", {which} of {of_the_size} such") }
    }
}
