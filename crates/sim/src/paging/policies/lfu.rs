//! LFU: the page with the fewest references leaves.
//!
//! Source: Silberschatz, Galvin, Gagne, *Operating System Concepts*, "Counting-Based Page Replacement".
//!
//! Two choices change the tables: whether a page that comes back goes on with its old count, and which of several
//! pages with the same count leaves.

use crate::paging::convention::Parameter;
use crate::paging::frequency::{Counting, Extreme, keep_counts, tie};
use crate::paging::heap::Top;
use crate::paging::policy::Variant;

/// `lfu.keep_counts`.
pub static KEEP_COUNTS: Parameter = keep_counts("lfu.keep_counts");

/// `lfu.tie`.
pub static TIE: Parameter = tie("lfu.tie");

/// The policy.
pub type Lfu = Counting<Fewest>;

/// What makes counting LFU.
#[derive(Debug, Clone, Copy)]
pub struct Fewest;

impl Variant for Fewest {
    const NAME: &'static str = "lfu";
    const TITLE: &'static str = "LFU";
    const ABOUT: &'static str = "Least frequently used: the page with the fewest references \
        leaves.";
    const PARAMETERS: &'static [&'static Parameter] = &[&KEEP_COUNTS, &TIE];
}

impl Extreme for Fewest {
    const TOP: Top = Top::Least;
    const WORD: &'static str = "fewest";
    const KEEP_COUNTS: &'static Parameter = &KEEP_COUNTS;
    const TIE: &'static Parameter = &TIE;
}
