//! `POST /api/v1/sim/demand`: several processes, a CPU and a disk above one memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use ramscope_sim::demand::{
    Allocation, Problem as Question, Simulation, Thrashing, Window, Workload, curve, set, simulate,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::answered;
use super::members::{Members, unexpected};
use crate::app::App;
use crate::problem::{Problem, SimulatorRefusals};
use crate::wire::{SCHEMA_VERSION, json_bytes};

const MEMBERS: &[&str] = &[
    "frames",
    "policy",
    "allocation",
    "replacement",
    "workload",
    "set",
    "before",
    "steps",
    "curve",
];

/// Most steps of one answer.
const STEPS_MAX: u64 = 500;

/// Most references that one question makes, over all points of its curves.
const WORK_MAX: u64 = 4_000_000;

const A_NUMBER: &str = "a whole number";
const A_NAME: &str = "a name";
const A_WORKLOAD: &str =
    "a text with a line a process, such as \"p1: 1 2 3w\", or a process and a page a line";
const SET: &str = "an object of parameters and values, such as {\"load.control\": \"working-set\"}";

/// What the processes did, and what the degree of multiprogramming does.
#[derive(Debug, Serialize)]
pub struct DemandDocument {
    /// Version of this document's shape.
    schema_version: u32,
    #[serde(flatten)]
    life: Simulation,
    /// The curve; null where it was not wanted.
    curve: Option<Thrashing>,
}

impl DemandDocument {
    /// The document of a simulation and its curve.
    pub fn new(life: Simulation, curve: Option<Thrashing>) -> DemandDocument {
        DemandDocument { schema_version: SCHEMA_VERSION, life, curve }
    }
}

/// A question to the demand-paging machine. It is read member by member, so that a refusal names the member; this is its
/// description.
#[derive(ToSchema)]
#[schema(as = DemandQuestion)]
#[expect(dead_code, reason = "describes what `question` reads")]
struct QuestionBody {
    /// Physical frames; 48 where nothing is said.
    frames: Option<u64>,
    /// The replacement policy; `lru` where nothing is said.
    policy: Option<String>,
    /// `global`, `equal`, `proportional`, `working-set` or `pff`.
    allocation: Option<String>,
    /// `global` or `local`.
    replacement: Option<String>,
    /// A line a process, `p1: 1 2 3w`, or a process and a page a line; sixteen processes with localities where nothing is
    /// said.
    workload: Option<String>,
    /// Parameters by name: the policy's, `cpu.*`, `disk.*`, `shares.spare`, `load.*`.
    #[schema(value_type = Option<BTreeMap<String, Object>>)]
    set: Option<BTreeMap<String, String>>,
    /// Steps that are left out before those of the answer; none where nothing is said.
    before: Option<u64>,
    /// Steps of the answer, 0 to 500; 100 where nothing is said.
    steps: Option<u64>,
    /// Whether the curve is wanted; true where nothing is said.
    curve: Option<bool>,
}

/// What the processes did, and what the degree of multiprogramming does.
#[derive(ToSchema)]
#[schema(as = Demand)]
#[expect(dead_code, reason = "describes what the engine writes")]
struct AnswerBody {
    /// Version of this document's shape.
    schema_version: u32,
    /// The replacement policy.
    policy: String,
    /// How frames are divided.
    allocation: String,
    /// Whose pages may be replaced.
    replacement: String,
    /// Physical frames.
    frames: u64,
    /// Busy time over elapsed time, 0..1.
    cpu_utilisation: f64,
    /// Faults over references, 0..1.
    fault_rate: f64,
    /// Each process: its share, its counts, where its time went.
    #[schema(value_type = Vec<Object>)]
    processes: Vec<String>,
    /// Working sets and resident sets over time.
    #[schema(value_type = Vec<Object>)]
    samples: Vec<String>,
    /// The frames before the first step of the answer.
    #[schema(value_type = Vec<Object>)]
    frames_before: Vec<String>,
    /// The steps, each with its sentence.
    #[schema(value_type = Vec<Object>)]
    steps: Vec<String>,
    /// Steps behind them.
    steps_after: u64,
    /// What happened, in sentences.
    explain: String,
    /// CPU utilisation, fault rate and throughput against the degree of multiprogramming, with its knee; null where it was not
    /// wanted.
    #[schema(value_type = Option<Object>)]
    curve: Option<String>,
}

/// Let several processes page on demand, and see how it comes to thrashing.
///
/// One CPU runs the processes in turns while others wait for the disk. Global and local replacement, shares, write-back,
/// read-ahead, swap slots and load control are parameters. It needs no token, and changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/sim/demand",
    tag = "sim",
    request_body = QuestionBody,
    responses((status = 200, description = "The run, a window of its steps, and the curve", body = AnswerBody), SimulatorRefusals)
)]
pub(crate) async fn demand(
    State(app): State<Arc<App>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    answered(&app, body, answer).await
}

fn answer(body: &[u8]) -> Result<Bytes, Problem> {
    let members = Members::parse(body, MEMBERS)?;
    let question = question(&members)?;
    let wants_curve = members.switch("curve")? != Some(false);
    check_work(&question, wants_curve)?;
    let steps = members.number("steps", A_NUMBER, 100)?;
    if steps > STEPS_MAX {
        return Err(Problem::too_much(format!(
            "`steps` is {steps}: this server sends {STEPS_MAX} at most; ask for them a window at a time, with `before`"
        )));
    }
    let window = Window {
        before: members.number("before", A_NUMBER, 0)?,
        steps: usize::try_from(steps).unwrap_or(usize::MAX),
    };
    let refused = |error: ramscope_sim::demand::Error| Problem::member(error.to_string());
    let life = simulate(&question, window).map_err(refused)?;
    let curve = wants_curve.then(|| curve(&question)).transpose().map_err(refused)?;
    Ok(json_bytes(&DemandDocument::new(life, curve)))
}

fn question(members: &Members) -> Result<Question, Problem> {
    let mut question = Question::thrashing().map_err(|error| Problem::fault(error.to_string()))?;
    let frames = members.number("frames", A_NUMBER, question.frames as u64)?;
    question.frames = usize::try_from(frames).unwrap_or(usize::MAX);
    if let Some(policy) = members.text("policy", A_NAME)? {
        policy.clone_into(&mut question.policy);
    }
    let (allocation, replacement) =
        (members.text("allocation", A_NAME)?, members.text("replacement", A_NAME)?);
    question.allocation = Allocation::named(allocation, replacement)
        .map_err(|error| Problem::member(error.to_string()))?;
    if let Some(text) = members.text("workload", A_WORKLOAD)? {
        question.workload = Workload::parse(text.as_bytes())
            .map_err(|error| Problem::member(format!("`workload`: {error}")))?;
    }
    let parameters = match members.get("set") {
        None => return Ok(question),
        Some(Value::Object(parameters)) => parameters,
        Some(other) => return Err(unexpected("set", other, SET)),
    };
    for (name, value) in parameters {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        set(&mut question.convention, &format!("{name}={value}"))
            .map_err(|error| Problem::member(format!("`set`: {error}")))?;
    }
    Ok(question)
}

/// Refuses more work than a question may be: the curve makes half the references of every degree, twice with load control.
fn check_work(question: &Question, wants_curve: bool) -> Result<(), Problem> {
    let references = question.workload.references();
    let degrees = question.workload.processes().len() as u64;
    let work = if wants_curve { references.saturating_mul(degrees + 1) } else { references };
    if work <= WORK_MAX {
        return Ok(());
    }
    Err(Problem::too_much(format!(
        "{degrees} processes with {references} references are the work of {work}: this server makes {WORK_MAX} at most for \
         one question; shorten the strings, leave the `curve` out, or run `ramscope sim demand`, which has no such bound"
    )))
}
