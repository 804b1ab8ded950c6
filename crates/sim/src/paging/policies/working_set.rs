//! Working set: resident is what the last `working-set.window` references used, and nothing else.
//!
//! Source: Denning, "The working set model for program behavior", Communications of the ACM 11(5), 1968: W(t, τ) is
//! the set of pages referenced in (t − τ, t]. A page leaves at the reference at which it leaves that set, whether
//! or not there is a fault.
//!
//! The set is capped by the number of frames: when they are all taken, the least recently used page leaves.

use crate::paging::convention::Parameter;
use crate::paging::policy::{Reference, Setup, Variant, Witness};
use crate::paging::resident_set::{ResidentSet, Rule, span, span_parameter};
use crate::paging::view::Gauge;

/// `working-set.window`.
pub static WINDOW: Parameter = span_parameter(
    "working-set.window",
    "The window τ in references; 0: as many as there are frames.",
);

/// The policy.
pub type WorkingSet = ResidentSet<Window>;

/// What makes a resident set the working set: the window τ, in references.
#[derive(Debug, Clone, Copy)]
pub struct Window(u64);

impl Variant for Window {
    const NAME: &'static str = "working-set";
    const TITLE: &'static str = "Working set";
    const ABOUT: &'static str = "Resident are the pages of the last window of references; the \
        others leave at once.";
    const PARAMETERS: &'static [&'static Parameter] = &[&WINDOW];
}

impl Rule for Window {
    const SET: &'static str = "working set";
    const FULL: &'static str = "The working set fills every frame";

    fn new(setup: &Setup<'_>) -> Window {
        Window(span(setup, &WINDOW))
    }

    fn hit(page: u64) -> String {
        format!("Page {page} is now the most recently used")
    }

    #[inline]
    fn loaded<W: Witness>(&mut self, _: Reference, _: &mut W) {}

    #[inline]
    fn drops(&self, at: Reference, _: bool, used: u64) -> bool {
        at.number() - used >= self.0
    }

    fn why(&self, page: &str, used: u64) -> String {
        format!("Page {page} was used at {used}, not in the last {} references", self.0)
    }

    fn gauge(&self) -> Gauge {
        #[expect(clippy::cast_precision_loss, reason = "a window beyond 2^53 is as good as none")]
        let value = self.0 as f64;
        Gauge { name: "window", value }
    }
}
