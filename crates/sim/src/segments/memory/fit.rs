//! Which hole a segment goes into: first, next, best and worst fit. (Knuth, The Art of Computer Programming, volume 1, 2.5.)

use std::fmt;

use serde::Serialize;

use super::error::Error;
use crate::processes::text::did_you_mean;

/// A strategy of placement. Where holes are alike, the lowest address is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// The lowest hole that is large enough.
    First,
    /// The first one from the end of what was placed last, and round again; from the low end after a compaction.
    Next,
    /// The smallest one that is large enough.
    Best,
    /// The largest one.
    Worst,
}

impl Fit {
    /// All of them.
    pub const ALL: [Fit; 4] = [Fit::First, Fit::Next, Fit::Best, Fit::Worst];

    /// How it is asked for.
    pub fn name(self) -> &'static str {
        match self {
            Fit::First => "first",
            Fit::Next => "next",
            Fit::Best => "best",
            Fit::Worst => "worst",
        }
    }

    /// The fit of a name.
    ///
    /// # Errors
    /// [`Error::UnknownFit`] with the nearest name.
    pub fn parse(name: &str) -> Result<Fit, Error> {
        let found = Fit::ALL.into_iter().find(|fit| fit.name() == name);
        found.ok_or_else(|| {
            let nearest = did_you_mean(name, Fit::ALL.into_iter().map(Fit::name));
            Error::UnknownFit { name: name.chars().take(40).collect(), nearest }
        })
    }
}

impl fmt::Display for Fit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} fit", self.name())
    }
}

/// Free bytes with nothing free beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Hole {
    /// Its first byte.
    pub base: u64,
    /// How many it has, at least 1.
    pub size_bytes: u64,
}

/// A search for a hole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The holes that were looked at, in that order.
    pub looked: Vec<Hole>,
    /// The one that is taken; `None` where none is large enough.
    pub chosen: Option<Hole>,
}

/// Chooses among the holes, lowest first, one of at least `size_bytes`. `from` is the address at which next fit goes on;
/// the others do not look at it.
pub fn choose(holes: &[Hole], size_bytes: u64, fit: Fit, from: u64) -> Choice {
    let fits = |hole: &&Hole| hole.size_bytes >= size_bytes;
    let start = match fit {
        Fit::Next => holes.partition_point(|hole| hole.base + hole.size_bytes <= from),
        Fit::First | Fit::Best | Fit::Worst => 0,
    };
    let mut looked: Vec<Hole> = holes[start..].iter().chain(&holes[..start]).copied().collect();
    let chosen = match fit {
        Fit::First | Fit::Next => {
            let at = looked.iter().position(|hole| fits(&hole));
            looked.truncate(at.map_or(looked.len(), |at| at + 1));
            looked.last().filter(|_| at.is_some())
        }
        Fit::Best => looked.iter().filter(fits).min_by_key(|hole| hole.size_bytes),
        // The last of those alike would be taken, so the order is turned round.
        Fit::Worst => looked.iter().rev().filter(fits).max_by_key(|hole| hole.size_bytes),
    };
    let chosen = chosen.copied();
    Choice { looked, chosen }
}
