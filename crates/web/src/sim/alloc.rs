//! `POST /api/v1/sim/alloc`: what allocation policies do with a list of requests. The answers are the engine's own words
//! under a version; [`body`] describes them.

pub(super) mod body;
mod question;
pub(crate) mod requests;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::Uri;
use axum::response::Response;
use ramscope_sim::alloc::question::{Divergence, Stretch, divergence};
use ramscope_sim::alloc::registry::POLICIES;
use ramscope_sim::alloc::{Allocation, Error, Requests, Run, Want};
use serde::Serialize;

use self::question::{Asked, Steps};
use super::answered;
use super::members::Members;
use super::policies::PoliciesDocument;
use super::refusals::Refusals;
use super::shelf::Shelf;
use crate::app::App;
use crate::problem::{Problem, ProblemDocument};
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
    /// The first operation that two runs answer differently; null where there is none, or where neither steps nor a
    /// window were made to compare.
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
        Refusals,
    )
)]
pub(crate) async fn alloc(
    State(app): State<Arc<App>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let lists = Arc::clone(&app.lists);
    answered(&app, body, move |body| answer(&lists, body)).await
}

fn answer(lists: &Shelf<Requests>, body: &[u8]) -> Result<Bytes, Problem> {
    let Asked { question, steps, views, lives } =
        Asked::read(&Members::parse(body, question::MEMBERS)?, lists)?;
    let refuse = |error: Error| Problem::member(error.to_string());
    let runs = match steps {
        Steps::Alone(window) => {
            let runs = question.stretches(window, views).map_err(refuse)?;
            let operations = question.requests.len() as u64;
            return Ok(json_bytes(&StretchDocument {
                schema_version: SCHEMA_VERSION,
                operations,
                runs,
            }));
        }
        Steps::Within(window) => question.windows(window, views),
        Steps::Without => question.answer(Want::Metrics),
        Steps::All => question.answer(if views { Want::Views } else { Want::Steps }),
    };
    let mut document = AllocDocument::new(question.requests.len(), runs.map_err(refuse)?);
    if let Steps::Within(_) = steps {
        document.divergence = question.divergence().map_err(refuse)?;
    }
    if let Some((window, most)) = lives {
        question.add_lives(&mut document.runs, window, most).map_err(refuse)?;
    }
    Ok(json_bytes(&document))
}

/// List the allocation policies, their parameters and the presets.
#[utoipa::path(
    get,
    path = "/api/v1/sim/alloc/policies",
    tag = "sim",
    responses(
        (status = 200, description = "The policies", body = PoliciesDocument),
        (status = 400, description = "A parameter is wrong", content_type = "application/problem+json", body = ProblemDocument),
    )
)]
pub(crate) async fn policies(uri: Uri) -> Result<Response, Problem> {
    Query::parse(&uri, &[])?;
    let of =
        POLICIES.iter().map(|policy| (policy.name, policy.title, policy.about, policy.parameters));
    Ok(json_response(json_bytes(&PoliciesDocument::new::<Allocation>(of))))
}
