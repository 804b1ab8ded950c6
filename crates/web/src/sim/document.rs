//! The answer of the paging machines as it is sent: by the API, and by `ramscope sim paging --format json`.

use std::collections::BTreeMap;

use ramscope_sim::paging::{Run, Step, Value, View};
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
    /// Every step; absent where steps were not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<Vec<StepDocument>>,
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
pub(super) enum ParameterValue {
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

impl From<Vec<Run>> for PagingDocument {
    fn from(runs: Vec<Run>) -> PagingDocument {
        let runs = runs.into_iter().map(RunDocument::from).collect();
        PagingDocument { schema_version: SCHEMA_VERSION, runs }
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
        }
    }
}

impl From<Step> for StepDocument {
    fn from(step: Step) -> StepDocument {
        let Step { index, page, write, hit, frame, victim, released, frames, explain, view } = step;
        StepDocument { index, page, write, hit, frame, victim, released, frames, explain, view }
    }
}
