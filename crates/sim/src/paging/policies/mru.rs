//! MRU: the page that was used last leaves, which is right for a loop that is larger than memory.
//!
//! Source: Chou, DeWitt, "An evaluation of buffer management strategies for relational database systems", VLDB 1985;
//! Arpaci-Dusseau, *Operating Systems: Three Easy Pieces*, chapter 22.

use crate::paging::policy::Variant;
use crate::paging::recency::{End, Leaving, Recency};

/// The policy.
pub type Mru = Recency<MostRecent>;

/// What makes the stack MRU.
#[derive(Debug, Clone, Copy)]
pub struct MostRecent;

impl Variant for MostRecent {
    const NAME: &'static str = "mru";
    const TITLE: &'static str = "MRU";
    const ABOUT: &'static str = "Most recently used: the page that was used last leaves.";
}

impl Leaving for MostRecent {
    const END: End = End::Front;
    const WORD: &'static str = "most recent";
}
