//! `POST /api/v1/sim/alloc`: what allocation policies do with a list of requests. The answers are the engine's own words
//! under a version; [`body`] describes them.

pub(super) mod body;
mod machines;
mod question;
pub(crate) mod requests;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::Uri;
use axum::response::Response;
use ramscope_sim::alloc::question::{Divergence, Stretch, Surveyed, divergence};
use ramscope_sim::alloc::registry::{Entry, POLICIES};
use ramscope_sim::alloc::{Allocation, Error, Requests, Run, Want, Window};
use serde::Serialize;

pub(crate) use self::machines::Machines;
use self::machines::{Key, Machine};
use self::question::{Asked, Steps, WORK_MAX};
use super::answered;
use super::members::Members;
use super::policies::PoliciesDocument;
use super::shelf::Shelf;
use crate::app::App;
use crate::problem::{Problem, ProblemDocument, SimulatorRefusals, WrongParameter};
use crate::query::Query;
use crate::wire::{SCHEMA_VERSION, json_bytes, json_response};

/// What allocation policies did with a list of requests.
#[derive(Debug, Serialize)]
pub struct AllocDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// Operations in the list.
    operations: u64,
    /// A run a policy.
    runs: Vec<Run>,
    /// The first operation that two runs answer differently; null where there is none.
    divergence: Option<Divergence>,
}

/// Some steps of a list, without its numbers.
#[derive(Debug, Serialize)]
struct StretchDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// Operations in the list.
    operations: u64,
    /// The steps of each policy, and the memory before them.
    runs: Vec<Stretch>,
}

impl AllocDocument {
    /// Runs of a list of so many operations, which part where their steps do.
    pub fn new(operations: usize, runs: Vec<Run>) -> AllocDocument {
        let divergence = divergence(&runs);
        AllocDocument {
            schema_version: SCHEMA_VERSION,
            operations: operations as u64,
            runs,
            divergence,
        }
    }
}

/// Run a list of requests under allocation policies.
///
/// A step says which holes were looked at and why one was taken, the metrics what became of the memory. One answer holds
/// 10,000 steps at most, over all its runs: of a long list a `window` of the steps, with the memory before them, and
/// `lives`, its blocks as rectangles of operations and addresses. It needs no token, and changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/sim/alloc",
    tag = "sim",
    request_body = body::AllocBody,
    responses(
        (status = 200, description = "A run a policy", body = body::AllocAnswerBody),
        (status = 404, description = "No list of this id is kept, or no longer: send it again", content_type = "application/problem+json", body = ProblemDocument),
        SimulatorRefusals,
    )
)]
pub(crate) async fn alloc(
    State(app): State<Arc<App>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let (lists, machines) = (Arc::clone(&app.lists), Arc::clone(&app.machines));
    answered(&app, body, move |body| answer(&lists, &machines, body)).await
}

fn answer(lists: &Shelf<Requests>, machines: &Machines, body: &[u8]) -> Result<Bytes, Problem> {
    let asked = Asked::read(&Members::parse(body, question::MEMBERS)?, lists)?;
    match asked.steps {
        Steps::Alone(window) => alone(&asked, window, machines),
        Steps::Within(window) => read_once(&asked, Some((window, machines))),
        Steps::Without => read_once(&asked, None),
        Steps::All => whole(&asked),
    }
}

/// The steps of a window alone, of machines that were kept where they were.
fn alone(asked: &Asked, window: Window, machines: &Machines) -> Result<Bytes, Problem> {
    let question = &asked.question;
    let (mut runs, mut left) = (Vec::new(), WORK_MAX);
    for policy in &question.policies {
        let key = Key::of(&asked.list, question, policy);
        let mut machine = match machines.take(&key) {
            Some(machine) => machine,
            None => question.machine(policy).map_err(|error| refused(&error))?,
        };
        runs.push(stretch(policy, &mut machine, window, asked.views, &mut left)?);
        machines.put(key, &question.requests, machine);
    }
    let operations = question.requests.len() as u64;
    Ok(json_bytes(&StretchDocument { schema_version: SCHEMA_VERSION, operations, runs }))
}

/// The numbers of a list that is read once under each policy, and the steps of a window of it.
fn read_once(asked: &Asked, window: Option<(Window, &Machines)>) -> Result<Bytes, Problem> {
    let question = &asked.question;
    let surveyed = question.survey(asked.lives, WORK_MAX).map_err(|error| refused(&error))?;
    let Surveyed { mut runs, machines, divergence } = surveyed;
    if let Some((window, shelf)) = window {
        let mut left = WORK_MAX;
        for ((run, mut machine), policy) in runs.iter_mut().zip(machines).zip(&question.policies) {
            let found = stretch(policy, &mut machine, window, asked.views, &mut left)?;
            (run.before, run.ops) = (Some(found.before), Some(found.ops));
            shelf.put(Key::of(&asked.list, question, policy), &question.requests, machine);
        }
    }
    let operations = question.requests.len() as u64;
    Ok(json_bytes(&AllocDocument { schema_version: SCHEMA_VERSION, operations, runs, divergence }))
}

/// Every step of a short list.
fn whole(asked: &Asked) -> Result<Bytes, Problem> {
    let question = &asked.question;
    let want = if asked.views { Want::Views } else { Want::Steps };
    let mut runs = question.answer(want).map_err(|error| refused(&error))?;
    if let Some((window, most)) = asked.lives {
        question.add_lives(&mut runs, window, most).map_err(|error| refused(&error))?;
    }
    Ok(json_bytes(&AllocDocument::new(question.requests.len(), runs)))
}

/// The steps of a window, to which the machine goes first with at most the work that is left.
fn stretch(
    policy: &'static Entry,
    machine: &mut Machine,
    window: Window,
    views: bool,
    left: &mut u64,
) -> Result<Stretch, Problem> {
    // The last step on the way is made by the window itself.
    *left -=
        machine.reach(window.from.saturating_sub(2), *left).map_err(|error| refused(&error))?;
    Ok(Stretch::of(policy, &mut **machine, window, views))
}

fn refused(error: &Error) -> Problem {
    let words = error.to_string();
    match error {
        Error::TooMuchWork { .. } => Problem::too_much(words),
        _ => Problem::member(words),
    }
}

/// List the allocation policies, their parameters and the presets.
#[utoipa::path(
    get,
    path = "/api/v1/sim/alloc/policies",
    tag = "sim",
    responses(
        (status = 200, description = "The policies", body = PoliciesDocument),
        WrongParameter,
    )
)]
pub(crate) async fn policies(uri: Uri) -> Result<Response, Problem> {
    Query::parse(&uri, &[])?;
    let of =
        POLICIES.iter().map(|policy| (policy.name, policy.title, policy.about, policy.parameters));
    Ok(json_response(json_bytes(&PoliciesDocument::new::<Allocation>(of))))
}
