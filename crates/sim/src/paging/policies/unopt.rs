//! UNOPT: the page whose next use is the nearest leaves. It is the mirror of OPT: the worst that knowing the future
//! can do.
//!
//! Source: Arpaci-Dusseau, `paging-policy.py` of the homework to *Operating Systems: Three Easy Pieces*, chapter
//! 22.

use crate::paging::convention::{Parameter, Value};
use crate::paging::foresight::{Direction, Foresight, TIES, Tie};
use crate::paging::policy::Variant;

/// `unopt.tie`.
pub static TIE: Parameter = Parameter {
    name: "unopt.tie",
    about: "Which of several pages that are never used again leaves, when no other is there: the `oldest` loaded, the \
            `newest` loaded, or that in the `lowest-frame`.",
    kind: TIES,
    default: Value::Word("oldest"),
};

/// The policy.
pub type Unopt = Foresight<Nearest>;

/// What makes foresight UNOPT.
#[derive(Debug, Clone, Copy)]
pub struct Nearest;

impl Variant for Nearest {
    const NAME: &'static str = "unopt";
    const TITLE: &'static str = "UNOPT";
    const ABOUT: &'static str = "The pessimum: the page whose next use is the nearest leaves.";
    const PARAMETERS: &'static [&'static Parameter] = &[&TIE];
}

impl Direction for Nearest {
    const FURTHEST: bool = false;
    const WORD: &'static str = "nearest";
    const TIE: &'static Parameter = &TIE;

    fn unused(page: &str, _: usize, tie: Tie) -> String {
        format!("None is used again, and {} is {page}", tie.words())
    }
}
