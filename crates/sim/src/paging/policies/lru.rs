//! LRU: the page whose last use is the longest ago leaves.
//!
//! Source: Silberschatz, Galvin, Gagne, *Operating System Concepts*, "LRU Page Replacement", the stack
//! implementation; Mattson, Gecsei, Slutz, Traiger, "Evaluation techniques for storage hierarchies", IBM Systems
//! Journal 9(2), 1970.

use crate::paging::policy::Variant;
use crate::paging::recency::{End, Leaving, Recency};

/// The policy.
pub type Lru = Recency<Oldest>;

/// What makes the stack LRU.
#[derive(Debug, Clone, Copy)]
pub struct Oldest;

impl Variant for Oldest {
    const NAME: &'static str = "lru";
    const TITLE: &'static str = "LRU";
    const ABOUT: &'static str = "Least recently used: the page whose last use is the longest ago \
        leaves.";
}

impl Leaving for Oldest {
    const END: End = End::Back;
    const WORD: &'static str = "oldest";
}
