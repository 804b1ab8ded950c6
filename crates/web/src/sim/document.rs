//! The answer of the paging machines as it is sent: by the API, and by `ramscope sim paging --format json`.

use std::collections::BTreeMap;

use ramscope_sim::paging::{Divergence, Far, Overview, Run, Step, Tally, Value, View};
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::SCHEMA_VERSION;

/// What replacement policies did with a reference string.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Paging)]
pub struct PagingDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// A run a policy and number of frames, policy by policy.
    runs: Vec<RunDocument>,
    /// Where the first run and another part: null where they never do, absent where no overview was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    divergence: Option<Option<DivergenceDocument>>,
}

/// Where two runs stop holding the same pages, or one hits where the other faults.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Divergence)]
struct DivergenceDocument {
    /// The reference, from 1.
    index: u64,
    /// The place in `runs` of the one, from 0: always the first.
    one: usize,
    /// The place in `runs` of the first that does something else there.
    other: usize,
}

/// Counts so far, a column a count: each as it stands after so many references.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tally)]
struct TallyDocument {
    /// References made.
    references: Vec<u64>,
    /// Of those, references to pages that were not resident.
    faults: Vec<u64>,
    /// Of those, first loads of a page.
    cold_faults: Vec<u64>,
    /// Dirty pages written back.
    writebacks: Vec<u64>,
}

/// A run from afar.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunOverview)]
struct FarDocument {
    /// The first reference, from 1, for which a page left memory; null where none did.
    first_eviction: Option<u64>,
    /// The counts so far at even distances, from no reference to all of them.
    so_far: TallyDocument,
}

/// One policy at one number of frames.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Run)]
struct RunDocument {
    /// The policy's name.
    policy: &'static str,
    /// Every parameter that the numbers depend on, with its value.
    #[schema(value_type = BTreeMap<String, ParameterValue>)]
    convention: BTreeMap<&'static str, ParameterValue>,
    /// Frames of physical memory.
    frames: usize,
    /// References in the string.
    references: u64,
    /// References that found their page not resident, first loads included.
    faults: u64,
    /// References that found it resident.
    hits: u64,
    /// Hits over references, 0..1.
    hit_ratio: f64,
    /// First loads of a page: faults that no policy avoids.
    cold_faults: u64,
    /// Dirty pages written back; pages still dirty at the end are not among them.
    writebacks: u64,
    /// Every step, or those of the window; absent where steps were not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<Vec<StepDocument>>,
    /// The counts so far before the window's first step and after each of its steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    so_far: Option<TallyDocument>,
    /// The whole from afar, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    overview: Option<FarDocument>,
}

/// What one reference did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Step)]
struct StepDocument {
    /// Its number in the string, from 1.
    index: u64,
    /// The page.
    page: u64,
    /// Whether it is written.
    write: bool,
    /// Whether it was resident.
    hit: bool,
    /// The frame it is in now, from 0; null only where the policy gave that frame back within the step.
    frame: Option<u32>,
    /// The page that left this frame for it, or null.
    victim: Option<u64>,
    /// Pages that left without being replaced, by policies that give frames back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    released: Vec<u64>,
    /// The page in each frame afterwards, null where it is empty; with `frames.order` at `list` the resident pages in
    /// the policy's own order.
    frames: Vec<Option<u64>>,
    /// What was compared, and why it came out so.
    explain: String,
    /// The state that the policy decides by, after this step: a `ring` of slots with bits and hands, `queues` of pages
    /// with gauges, or compared `values` a frame. Only where `views` was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    view: Option<View>,
}

/// The value of a parameter: a word, or a number.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ParameterValue {
    /// One of the words that the parameter takes.
    Word(&'static str),
    /// A whole number.
    Whole(u64),
    /// A number.
    Ratio(f64),
}

impl From<Value> for ParameterValue {
    fn from(value: Value) -> ParameterValue {
        match value {
            Value::Word(word) => ParameterValue::Word(word),
            Value::Whole(number) => ParameterValue::Whole(number),
            Value::Ratio(number) => ParameterValue::Ratio(number),
        }
    }
}

impl Default for PagingDocument {
    fn default() -> PagingDocument {
        PagingDocument { schema_version: SCHEMA_VERSION, runs: Vec::new(), divergence: None }
    }
}

impl From<Vec<Run>> for PagingDocument {
    fn from(runs: Vec<Run>) -> PagingDocument {
        let runs = runs.into_iter().map(RunDocument::from).collect();
        PagingDocument { runs, ..PagingDocument::default() }
    }
}

impl From<Vec<(Run, Tally)>> for PagingDocument {
    fn from(windows: Vec<(Run, Tally)>) -> PagingDocument {
        let near = |(run, tally): (Run, Tally)| RunDocument {
            so_far: Some(tally.into()),
            ..RunDocument::from(run)
        };
        let runs = windows.into_iter().map(near).collect();
        PagingDocument { runs, ..PagingDocument::default() }
    }
}

impl PagingDocument {
    /// Adds to each run how it looks from afar; the runs themselves where there are none yet.
    pub(super) fn look_over(&mut self, overview: Overview) {
        self.divergence = Some(overview.divergence.map(DivergenceDocument::from));
        for (place, Far { run, tally, first_eviction }) in overview.runs.into_iter().enumerate() {
            if place == self.runs.len() {
                self.runs.push(run.into());
            }
            let far = FarDocument { first_eviction, so_far: tally.into() };
            self.runs[place].overview = Some(far);
        }
    }
}

impl From<Divergence> for DivergenceDocument {
    fn from(Divergence { index, one, other }: Divergence) -> DivergenceDocument {
        DivergenceDocument { index, one, other }
    }
}

impl From<Tally> for TallyDocument {
    fn from(Tally { references, faults, cold_faults, writebacks }: Tally) -> TallyDocument {
        TallyDocument { references, faults, cold_faults, writebacks }
    }
}

impl From<Run> for RunDocument {
    fn from(run: Run) -> RunDocument {
        RunDocument {
            policy: run.policy,
            convention: run
                .convention
                .0
                .into_iter()
                .map(|(name, value)| (name, value.into()))
                .collect(),
            frames: run.frames,
            references: run.references,
            faults: run.faults,
            hits: run.hits,
            hit_ratio: run.hit_ratio,
            cold_faults: run.cold_faults,
            writebacks: run.writebacks,
            steps: run.steps.map(|steps| steps.into_iter().map(StepDocument::from).collect()),
            so_far: None,
            overview: None,
        }
    }
}

impl From<Step> for StepDocument {
    fn from(step: Step) -> StepDocument {
        let Step { index, page, write, hit, frame, victim, released, frames, explain, view } = step;
        StepDocument { index, page, write, hit, frame, victim, released, frames, explain, view }
    }
}
