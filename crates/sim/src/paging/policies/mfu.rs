//! MFU: the page with the most references leaves, in the belief that a page with few was just brought in.
//!
//! Source: Silberschatz, Galvin, Gagne, *Operating System Concepts*, "Counting-Based Page Replacement". The choices
//! are those of LFU.

use crate::paging::convention::Parameter;
use crate::paging::frequency::{Counting, Extreme, keep_counts, tie};
use crate::paging::heap::Top;
use crate::paging::policy::Variant;

/// `mfu.keep_counts`.
pub static KEEP_COUNTS: Parameter = keep_counts("mfu.keep_counts");

/// `mfu.tie`.
pub static TIE: Parameter = tie("mfu.tie");

/// The policy.
pub type Mfu = Counting<Most>;

/// What makes counting MFU.
#[derive(Debug, Clone, Copy)]
pub struct Most;

impl Variant for Most {
    const NAME: &'static str = "mfu";
    const TITLE: &'static str = "MFU";
    const ABOUT: &'static str = "Most frequently used: the page with the most references leaves.";
    const PARAMETERS: &'static [&'static Parameter] = &[&KEEP_COUNTS, &TIE];
}

impl Extreme for Most {
    const TOP: Top = Top::Most;
    const WORD: &'static str = "most";
    const KEEP_COUNTS: &'static Parameter = &KEEP_COUNTS;
    const TIE: &'static Parameter = &TIE;
}
