//! A whole list read once: its numbers, where it parts from another policy, its blocks as rectangles, and the machine with
//! the checkpoints that it left on the way, from which any stretch of steps is near.

use std::fmt;
use std::sync::Arc;

use super::error::Error;
use super::lives::Gathering;
use super::machine::Outcome;
use super::metrics::Gauges;
use super::policy::{Policy, Setup};
use super::requests::Requests;
use super::run::{Run, run_of};
use super::stepper::{Stepper, Steps};
use crate::window::Window;

/// What an operation that neither places nor frees stands for among addresses.
const NO_ADDRESS: u64 = u64::MAX;

/// The address that each operation of a list placed or freed, under the first of several policies.
#[derive(Debug, Default)]
pub(super) struct Addresses(Vec<u64>);

/// What is wanted of a reading beside the numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wishes<'a> {
    /// The stretch whose blocks are told as rectangles, and how many of them at most.
    pub(super) lives: Option<(Window, usize)>,
    /// Whether the addresses are to be kept for the next policy.
    pub(super) keep: bool,
    /// The first policy's addresses, from which this one parts somewhere.
    pub(super) first: Option<&'a Addresses>,
    /// How much work it may be, as [`Steps::reach`] counts it.
    pub(super) most_work: u64,
}

/// What a reading found.
pub(super) struct Survey {
    pub(super) run: Run,
    pub(super) addresses: Addresses,
    /// The first operation, from 1, that the first policy answers differently.
    pub(super) parts_at: Option<u64>,
    /// The machine at the end of the list.
    pub(super) steps: Box<dyn Steps + Send>,
    /// How much work it was.
    pub(super) work: u64,
}

impl fmt::Debug for Survey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Survey").field("run", &self.run).finish_non_exhaustive()
    }
}

/// Reads a list under `P`; the caller has checked the bounds.
///
/// # Errors
/// [`Error::TooMuchWork`].
pub(super) fn survey_policy<P: Policy + 'static>(
    setup: &Setup<'_>,
    requests: &Arc<Requests>,
    wishes: Wishes<'_>,
) -> Result<Survey, Error> {
    let mut steps = Stepper::<_, P>::new(setup, Arc::clone(requests));
    let mut gauges = Gauges::new(requests.len());
    let mut lives = wishes.lives.map(|(window, most)| Gathering::new(requests, window, most));
    let mut addresses = Addresses(Vec::with_capacity(if wishes.keep { requests.len() } else { 0 }));
    let (mut at, mut parts_at) = (0, None);
    while let Some((op, outcome)) = steps.step() {
        at += 1;
        if steps.work() > wishes.most_work {
            return Err(Error::TooMuchWork {
                policy: P::TITLE,
                op: steps.position(),
                ops: requests.len(),
            });
        }
        gauges.note(outcome, steps.machine());
        if let Some(lives) = &mut lives {
            lives.note(at, op, outcome, steps.machine());
        }
        if wishes.keep {
            addresses.0.push(address_of(outcome));
        }
        if let Some(Addresses(first)) = wishes.first
            && parts_at.is_none()
            && first.get(steps.position() - 1) != Some(&address_of(outcome))
        {
            parts_at = Some(at);
        }
    }
    let mut run = run_of::<P>(setup, None, gauges.finish(steps.machine()));
    run.lives = lives.map(|lives| lives.finish(steps.machine()));
    Ok(Survey { run, addresses, parts_at, work: steps.work(), steps: Box::new(steps) })
}

fn address_of(outcome: Outcome) -> u64 {
    match outcome {
        Outcome::Placed { block, .. } | Outcome::Freed { block } => block.address,
        Outcome::Failed { .. } | Outcome::Nothing | Outcome::Compacted { .. } => NO_ADDRESS,
    }
}
