//! A policy over a whole reference string: the counts, and the steps for those who want them.

use serde::Serialize;

use super::MAX_CELLS;
use super::convention::{Convention, Used};
use super::error::Error;
use super::machine::{Counts, Machine};
use super::policy::{Policy, Setup};
use super::references::{References, check_frames};
use super::registry::{self, Entry};
use super::stepper::{Stepper, Steps};
use super::view::View;

/// What a run is to return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// The counts alone, at full speed.
    Counts,
    /// The counts and every step with its sentence.
    Steps,
    /// The same, and with each step the state that the policy decides by.
    Views,
}

/// A policy's account of a reference string.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// The policy's name.
    pub policy: &'static str,
    /// Every parameter the numbers depend on.
    pub convention: Used,
    /// Frames of physical memory.
    pub frames: usize,
    /// References in the string.
    pub references: u64,
    /// References that found their page not resident, first loads included.
    pub faults: u64,
    /// References that found it resident.
    pub hits: u64,
    /// Hits over references, 0..1.
    pub hit_ratio: f64,
    /// First loads of a page: faults that no policy avoids.
    pub cold_faults: u64,
    /// Dirty pages written back. Pages still dirty at the end are not among them.
    pub writebacks: u64,
    /// Every step, where they were wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<Step>>,
}

/// What one reference did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// Its number in the string, from 1, as its sentence counts.
    pub index: u64,
    /// The page.
    pub page: u64,
    /// Whether it is written.
    pub write: bool,
    /// Whether it was resident.
    pub hit: bool,
    /// The frame it is in now. `None` only where the policy gave that frame back within the step.
    pub frame: Option<u32>,
    /// The page that left this frame for it.
    pub victim: Option<u64>,
    /// Pages that left without being replaced, by policies that give frames back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub released: Vec<u64>,
    /// The page in each frame afterwards, `None` where it is empty; with `frames.order=list` the resident pages in
    /// the policy's own order.
    pub frames: Vec<Option<u64>>,
    /// What was compared and why it came out so.
    pub explain: String,
    /// The state that the policy decides by, after this step; only under [`Want::Views`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view: Option<View>,
}

/// Runs the policy of this name over a reference string.
///
/// # Errors
/// [`Error::UnknownPolicy`], [`Error::Frames`]; [`Error::TooManySteps`] when the steps wanted would not fit memory.
pub fn run(
    policy: &str,
    frames: usize,
    references: &References,
    convention: &Convention,
    want: Want,
) -> Result<Run, Error> {
    let entry = registry::policy(policy)?;
    check_frames(frames)?;
    if want != Want::Counts && references.len().saturating_mul(frames) > MAX_CELLS {
        return Err(Error::TooManySteps { references: references.len(), frames });
    }
    entry.run(&Setup { frames, references, convention }, want)
}

/// Runs `P`; the caller has checked the bounds.
pub(crate) fn run_policy<P: Policy + 'static>(setup: &Setup<'_>, want: Want) -> Result<Run, Error> {
    let (counts, steps) = match want {
        Want::Counts => (count::<P>(setup), None),
        Want::Steps | Want::Views => {
            let mut stepper = Stepper::<P>::new(setup.frames, setup.references, setup.convention);
            let with_view = |stepper: &mut Stepper<'_, P>| {
                let mut step = stepper.forward()?;
                step.view = (want == Want::Views).then(|| stepper.view());
                Some(step)
            };
            let steps = std::iter::from_fn(|| with_view(&mut stepper)).collect();
            (stepper.counts(), Some(steps))
        }
    };
    Ok(Run::of(&Entry::of::<P>(), setup.frames, setup.convention, counts, steps))
}

impl Run {
    /// The account of a policy that has come to its end.
    pub(crate) fn of(
        policy: &Entry,
        frames: usize,
        convention: &Convention,
        counts: Counts,
        steps: Option<Vec<Step>>,
    ) -> Run {
        Run {
            policy: policy.name,
            convention: convention.of(policy.parameters),
            frames,
            references: counts.references,
            faults: counts.faults,
            hits: counts.hits(),
            hit_ratio: hit_ratio(counts),
            cold_faults: counts.cold_faults,
            writebacks: counts.writebacks,
            steps,
        }
    }
}

fn count<P: Policy>(setup: &Setup<'_>) -> Counts {
    let mut machine = Machine::<P>::new(setup);
    // A string that only reads compiles to a loop without dirty bits.
    if let Some(pages) = setup.references.unwritten() {
        for page in pages {
            machine.reference(page, false);
        }
    } else {
        for (page, write) in setup.references.iter() {
            machine.reference(page, write);
        }
    }
    machine.counts()
}

#[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
fn hit_ratio(counts: Counts) -> f64 {
    counts.hits() as f64 / counts.references as f64
}
