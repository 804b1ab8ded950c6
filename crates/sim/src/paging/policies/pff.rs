//! PFF: the resident set grows while faults come fast, and drops what was not used since the last fault when they
//! come slowly.
//!
//! Source: Chu, Opderbeck, "The page fault frequency replacement algorithm", AFIPS Fall Joint Computer Conference
//! 1972. At a fault, when at least `pff.threshold` references have passed since the fault before, every page that
//! was not referenced since that fault leaves; otherwise the faulted page is added. The reference that faulted
//! counts as one since that fault.
//!
//! The set is capped by the number of frames: when they are all taken, the least recently used page leaves.

use crate::paging::convention::Parameter;
use crate::paging::policy::{Reference, Setup, Variant, Witness};
use crate::paging::resident_set::{ResidentSet, Rule, span, span_parameter};
use crate::paging::view::Gauge;

/// `pff.threshold`.
pub static THRESHOLD: Parameter = span_parameter(
    "pff.threshold",
    "References between two faults from which on the set shrinks; 0: as many as there are frames.",
);

/// The policy.
pub type Pff = ResidentSet<FaultInterval>;

/// What makes a resident set PFF.
#[derive(Debug, Clone, Copy)]
pub struct FaultInterval {
    /// The reference, from 1, that faulted last; 0 before the first.
    last_fault: u64,
    threshold: u64,
}

impl Variant for FaultInterval {
    const NAME: &'static str = "pff";
    const TITLE: &'static str = "PFF";
    const ABOUT: &'static str = "Page fault frequency: the set grows while faults come fast and \
        shrinks when they come slowly.";
    const PARAMETERS: &'static [&'static Parameter] = &[&THRESHOLD];
}

impl Rule for FaultInterval {
    const SET: &'static str = "resident set";
    const FULL: &'static str = "The set fills every frame";

    fn new(setup: &Setup<'_>) -> FaultInterval {
        FaultInterval { last_fault: 0, threshold: span(setup, &THRESHOLD) }
    }

    fn hit(page: u64) -> String {
        format!("Page {page} was used since the last fault")
    }

    #[inline]
    fn loaded<W: Witness>(&mut self, at: Reference, tell: &mut W) {
        let before = std::mem::replace(&mut self.last_fault, at.number());
        tell.say(|_| match before {
            0 => "It is the first fault".to_owned(),
            _ => format!("The fault before was at {before}, the threshold is {}", self.threshold),
        });
    }

    #[inline]
    fn drops(&self, at: Reference, fault: bool, used: u64) -> bool {
        fault && at.number() - self.last_fault >= self.threshold && used < self.last_fault
    }

    fn why(&self, page: &str, used: u64) -> String {
        format!("Page {page} was used at {used}, before the last fault at {}", self.last_fault)
    }

    fn gauge(&self) -> Gauge {
        #[expect(clippy::cast_precision_loss, reason = "references are below 2^53")]
        let value = self.last_fault as f64;
        Gauge { name: "last fault", value }
    }
}
