//! `POST /api/v1/sim/alloc` and `POST /api/v1/sim/holes`: what allocation policies do with a list of requests, or with
//! given holes. The answers are the engine's own words under a version; [`body`] describes them.

mod body;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use ramscope_sim::alloc::question::{Divergence, Question, convention, divergence, policies_named};
use ramscope_sim::alloc::{
    Convention, FITS, Form, Partitions, Placements, Run, Span, Want, place, read, sizes,
};
use serde::Serialize;
use serde_json::Value;

use super::answered;
use super::bounds::STEPS_MAX;
use super::members::{Members, unexpected};
use super::refusals::Refusals;
use crate::app::App;
use crate::problem::Problem;
use crate::wire::{SCHEMA_VERSION, json_bytes};

const ALLOC_MEMBERS: &[&str] =
    &["policies", "capacity", "base", "ops", "preset", "set", "steps", "views"];
const HOLES_MEMBERS: &[&str] = &["holes", "requests", "policies", "partitions", "set"];

/// Most holes and requests of one question.
const HOLES_MAX: usize = 1000;

const NAMES: &str = "names of policies: a text with commas, or a list of texts; `all` is every one";
const A_SIZE: &str = "a whole number of bytes";
const OPS: &str = "requests and frees, such as \"+10,+20,-0\", or the text of a trace";
const SET: &str = "an object of parameters and values, such as {\"list.order\": \"size\"}";
const SIZES: &str = "sizes between commas, such as \"100,500,200\", or a list of them";
const PARTITIONS: &str = "fixed or split";

/// What allocation policies did with a list of requests.
#[derive(Debug, Serialize)]
pub struct AllocDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// A run a policy.
    runs: Vec<Run>,
    /// The first operation that two runs answer differently; null where there is none, or no steps to compare.
    divergence: Option<Divergence>,
}

impl From<Vec<Run>> for AllocDocument {
    fn from(runs: Vec<Run>) -> AllocDocument {
        let divergence = divergence(&runs);
        AllocDocument { schema_version: SCHEMA_VERSION, runs, divergence }
    }
}

/// Where fits put requests in given holes.
#[derive(Debug, Serialize)]
pub struct HolesDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// A run a fit.
    runs: Vec<Placements>,
}

impl From<Vec<Placements>> for HolesDocument {
    fn from(runs: Vec<Placements>) -> HolesDocument {
        HolesDocument { schema_version: SCHEMA_VERSION, runs }
    }
}

/// Run a list of requests under allocation policies.
///
/// A step says which holes were looked at and why one was taken, the metrics what became of the memory. One question may
/// have 10,000 operations over all its runs. It needs no token, and changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/sim/alloc",
    tag = "sim",
    request_body = body::AllocBody,
    responses((status = 200, description = "A run a policy", body = body::AllocAnswerBody), Refusals)
)]
pub(crate) async fn alloc(
    State(app): State<Arc<App>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    answered(&app, body, |body| {
        let members = Members::parse(body, ALLOC_MEMBERS)?;
        Ok(json_bytes(&AllocDocument::from(runs(&members)?)))
    })
    .await
}

/// Place requests in given holes by the four fits.
///
/// The textbook problem: for each request the size of the hole that took it, as it was then. It needs no token, and
/// changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/sim/holes",
    tag = "sim",
    request_body = body::HolesBody,
    responses((status = 200, description = "A run a fit", body = body::HolesAnswerBody), Refusals)
)]
pub(crate) async fn holes(
    State(app): State<Arc<App>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    answered(&app, body, |body| {
        let members = Members::parse(body, HOLES_MEMBERS)?;
        Ok(json_bytes(&HolesDocument::from(placements(&members)?)))
    })
    .await
}

fn runs(members: &Members) -> Result<Vec<Run>, Problem> {
    members.needed("ops", OPS)?;
    let text = members.text("ops", OPS)?.unwrap_or_default().as_bytes();
    let requests = read(text, Form::of(text)).map_err(|error| at("ops", &error))?;
    let names = match members.get("policies") {
        Some(value) => names(value)?,
        None => vec!["first".to_owned()],
    };
    let policies = policies_named(names.iter().map(String::as_str));
    let policies = policies.map_err(|error| at("policies", &error))?;
    let steps = requests.len().saturating_mul(policies.len());
    if steps > STEPS_MAX {
        return Err(Problem::too_much(format!(
            "{} operations under {} policies are {steps}: this server makes {STEPS_MAX} at most for one question; ask \
             for fewer, or run `ramscope sim alloc`, which has no such bound",
            requests.len(),
            policies.len()
        )));
    }
    let memory =
        Span::new(members.number("base", A_SIZE, 0)?, members.number("capacity", A_SIZE, 1000)?);
    let want = match (members.switch("steps")?, members.switch("views")?) {
        (Some(false), _) => Want::Metrics,
        (_, Some(true)) => Want::Views,
        _ => Want::Steps,
    };
    let convention = settings(members)?;
    let question = Question { policies, memory, requests, convention };
    question.answer(want).map_err(|error| Problem::member(error.to_string()))
}

fn placements(members: &Members) -> Result<Vec<Placements>, Problem> {
    let (holes, requests) = (listed(members, "holes")?, listed(members, "requests")?);
    if holes.len().max(requests.len()) > HOLES_MAX {
        return Err(Problem::too_much(format!(
            "{} holes and {} requests: this server takes {HOLES_MAX} of each at most",
            holes.len(),
            requests.len()
        )));
    }
    let fits = match members.get("policies") {
        Some(value) => names(value)?,
        None => vec!["all".to_owned()],
    };
    let partitions = match members.text("partitions", PARTITIONS)? {
        None | Some("split") => Partitions::Split,
        Some("fixed") => Partitions::Fixed,
        Some(other) => return Err(unexpected("partitions", &other.into(), PARTITIONS)),
    };
    let convention = settings(members)?;
    let all = || FITS.iter().map(|&fit| fit.to_owned()).collect();
    let fits = if fits.iter().any(|fit| fit == "all") { all() } else { fits };
    fits.iter()
        .map(|fit| place(fit, &holes, &requests, partitions, &convention))
        .collect::<Result<_, _>>()
        .map_err(|error| Problem::member(error.to_string()))
}

/// Names of policies, however they were sent.
fn names(value: &Value) -> Result<Vec<String>, Problem> {
    match value {
        Value::String(text) => Ok(text.split(',').map(|name| name.trim().to_owned()).collect()),
        Value::Array(list) => {
            let name = |(index, name): (usize, &Value)| {
                let text = name.as_str().map(str::to_owned);
                text.ok_or_else(|| unexpected(&format!("policies[{index}]"), name, "a name"))
            };
            list.iter().enumerate().map(name).collect()
        }
        other => Err(unexpected("policies", other, NAMES)),
    }
}

/// Sizes in bytes, however they were sent.
fn listed(members: &Members, name: &'static str) -> Result<Vec<u64>, Problem> {
    match members.needed(name, SIZES)? {
        Value::String(text) => sizes(text.as_bytes()).map_err(|error| at(name, &error)),
        Value::Array(list) => {
            let size = |(index, size): (usize, &Value)| {
                size.as_u64().ok_or_else(|| unexpected(&format!("{name}[{index}]"), size, A_SIZE))
            };
            list.iter().enumerate().map(size).collect()
        }
        other => Err(unexpected(name, other, SIZES)),
    }
}

/// The preset and the parameters over it.
fn settings(members: &Members) -> Result<Convention, Problem> {
    let preset = match members.get("preset") {
        Some(_) => members.text("preset", "the name of a preset")?,
        None => None,
    };
    let set = match members.get("set") {
        None => Vec::new(),
        Some(Value::Object(set)) => set
            .iter()
            .map(|(name, value)| match value {
                Value::String(word) => format!("{name}={word}"),
                plain => format!("{name}={plain}"),
            })
            .collect(),
        Some(other) => return Err(unexpected("set", other, SET)),
    };
    convention(preset, set.iter().map(String::as_str)).map_err(|error| at("set", &error))
}

/// What the engine refused, with the member that holds it.
fn at(member: &str, error: &dyn std::error::Error) -> Problem {
    Problem::member(format!("`{member}`: {error}"))
}
