//! OPT: the page whose next use is the furthest ahead leaves. It looks into the future, so it is the bound of all
//! others.
//!
//! Source: Belady, "A study of replacement algorithms for a virtual-storage computer", IBM Systems Journal 5(2),
//! 1966 (MIN); Silberschatz, Galvin, Gagne, *Operating System Concepts*, "Optimal Page Replacement".
//!
//! Among pages that are never used again the count of faults does not depend on the choice, the victim does:
//! `opt.tie`.

use crate::paging::convention::{Parameter, Value};
use crate::paging::foresight::{Direction, Foresight, TIES, Tie};
use crate::paging::policy::Variant;

/// `opt.tie`.
pub static TIE: Parameter = Parameter {
    name: "opt.tie",
    about: "Which of several pages that are never used again leaves: the `oldest` loaded, the `newest` loaded, or that \
            in the `lowest-frame`.",
    kind: TIES,
    default: Value::Word("oldest"),
};

/// The policy.
pub type Opt = Foresight<Furthest>;

/// What makes foresight OPT.
#[derive(Debug, Clone, Copy)]
pub struct Furthest;

impl Variant for Furthest {
    const NAME: &'static str = "opt";
    const TITLE: &'static str = "OPT";
    const ABOUT: &'static str = "Belady's optimum: the page whose next use is the furthest ahead \
        leaves; it needs the future.";
    const PARAMETERS: &'static [&'static Parameter] = &[&TIE];
}

impl Direction for Furthest {
    const FURTHEST: bool = true;
    const WORD: &'static str = "furthest";
    const TIE: &'static Parameter = &TIE;

    fn unused(page: &str, never: usize, tie: Tie) -> String {
        match never {
            1 => format!("Never used again is {page}"),
            _ => format!("Never used again, and {} of those, is {page}", tie.words()),
        }
    }
}
