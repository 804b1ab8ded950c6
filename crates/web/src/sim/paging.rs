//! `POST /api/v1/sim/paging`: replacement policies over a reference string, each step explained.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use ramscope_sim::paging::registry::Entry;
use ramscope_sim::paging::{Convention, Form, References, Want, parse};
use serde_json::Value;
use utoipa::ToSchema;

use super::answered;
use super::bounds;
use super::document::PagingDocument;
use super::members::{Members, unexpected};
use super::question::{PagingQuestion, Sizes, convention, policies_named};
use crate::app::App;
use crate::problem::{Problem, ProblemDocument, echo};
use crate::wire::json_bytes;

const MEMBERS: &[&str] = &["policies", "frames", "refs", "preset", "set", "steps", "views"];

const A_LIST_OF_POLICIES: &str = "a list of names such as [\"lru\", \"opt\"], or [\"all\"]; /api/v1/sim/paging/policies lists them";
const FRAMES: &str = "a number of frames such as 3, or a range with both ends such as \"1..7\"";
const REFERENCES: &str =
    "page numbers, as a text such as \"7 0 1 2w\" or as a list such as [7, 0, 1, 2]";
const A_PRESET: &str = "the name of a preset; /api/v1/sim/paging/policies lists them";
const SETTINGS: &str = "an object of parameters and their values, such as {\"clock.load_bit\": 0}";

/// A question to the replacement policies. It is read member by member, so that a refusal names the member; this is
/// its description.
#[derive(ToSchema)]
#[schema(as = PagingQuestion)]
#[expect(dead_code, reason = "describes the body; `question` reads it")]
pub(crate) struct QuestionBody {
    /// Names of policies, or `all`; /api/v1/sim/paging/policies lists them.
    #[schema(example = json!(["lru", "clock", "opt"]))]
    policies: Vec<String>,
    /// Frames of physical memory, 1 to 1000000: a number, or a range with both ends as a text.
    #[schema(example = json!("1..7"))]
    frames: FramesBody,
    /// The reference string: page numbers between commas or spaces, `3w` writes page 3; or a list of page numbers.
    #[schema(example = json!("7 0 1 2 0 3 0 4 2 3 0 3 2"))]
    refs: ReferencesBody,
    /// The convention of a book or program.
    preset: Option<String>,
    /// Parameters and their values, on top of the preset.
    #[schema(example = json!({"clock.load_bit": 0}))]
    set: Option<BTreeMap<String, ValueBody>>,
    /// Whether each run holds its steps; where nothing is said, when all runs together have 10,000 at most.
    steps: Option<bool>,
    /// Whether each step holds the state that the policy decides by. It comes with steps, while all runs together have
    /// 50,000 cells at most.
    views: Option<bool>,
}

/// A number of frames, or a range.
#[derive(ToSchema)]
#[schema(as = Frames)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the body")]
enum FramesBody {
    /// One number of frames.
    One(u64),
    /// A range with both ends, such as `1..7`.
    Range(String),
}

/// A reference string.
#[derive(ToSchema)]
#[schema(as = References)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the body")]
enum ReferencesBody {
    /// Page numbers between commas, spaces or newlines; `3w` writes page 3.
    Text(String),
    /// Page numbers, all read.
    Pages(Vec<u64>),
}

/// A value of a parameter.
#[derive(ToSchema)]
#[schema(as = SetValue)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the body")]
enum ValueBody {
    /// A word, or a number as a text.
    Word(String),
    /// A number.
    Number(f64),
}

/// Run replacement policies over a reference string.
///
/// The answer has a run a policy and number of frames, policy by policy; each names the convention it used. One
/// question may have 100,000,000 cells (references × frames, summed over the runs); with steps 10,000 steps and
/// 500,000 cells. It needs no token, and changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/sim/paging",
    tag = "sim",
    request_body = QuestionBody,
    responses(
        (status = 200, description = "The runs", body = PagingDocument),
        (status = 400, description = "The body is no JSON object", content_type = "application/problem+json", body = ProblemDocument),
        (status = 413, description = "The body is larger than 64 KiB", content_type = "application/problem+json", body = ProblemDocument),
        (status = 422, description = "A member is wrong, or too much is asked", content_type = "application/problem+json", body = ProblemDocument),
        (status = 503, description = "Too many questions at once", content_type = "application/problem+json", body = ProblemDocument),
    )
)]
pub(crate) async fn paging(
    State(app): State<Arc<App>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    answered(&app, body, answer).await
}

fn answer(body: &[u8]) -> Result<Bytes, Problem> {
    let members = Members::parse(body, MEMBERS)?;
    let question = question(&members)?;
    let want = match bounds::decide(&question, members.switch("steps")?)? {
        true if members.switch("views")? == Some(true) && bounds::views_fit(&question) => {
            Want::Views
        }
        true => Want::Steps,
        false => Want::Counts,
    };
    let runs = question.answer(want).map_err(|error| Problem::member(error.to_string()))?;
    Ok(json_bytes(&PagingDocument::from(runs)))
}

fn question(members: &Members) -> Result<PagingQuestion, Problem> {
    Ok(PagingQuestion {
        policies: policies(members)?,
        sizes: sizes(members.needed("frames", FRAMES)?)?,
        references: references(members.needed("refs", REFERENCES)?)?,
        convention: settings(members)?,
    })
}

fn policies(members: &Members) -> Result<Vec<&'static Entry>, Problem> {
    let value = members.needed("policies", A_LIST_OF_POLICIES)?;
    let list = value.as_array().ok_or_else(|| unexpected("policies", value, A_LIST_OF_POLICIES))?;
    if list.is_empty() {
        return Err(Problem::member(format!("`policies` is empty: expected {A_LIST_OF_POLICIES}")));
    }
    let mut names = Vec::new();
    for (index, value) in list.iter().enumerate() {
        let place = format!("policies[{index}]");
        let name =
            value.as_str().ok_or_else(|| unexpected(&place, value, "the name of a policy"))?;
        policies_named([name]).map_err(|error| at(&place, &error))?;
        names.push(name);
    }
    policies_named(names).map_err(|error| at("policies", &error))
}

fn sizes(value: &Value) -> Result<Sizes, Problem> {
    let sizes = match (value.as_u64(), value.as_str()) {
        (Some(frames), _) => Sizes::one(frames),
        (_, Some(text)) => text.parse(),
        _ => return Err(unexpected("frames", value, FRAMES)),
    };
    sizes.map_err(|error| Problem::member(format!("`frames`: {error}")))
}

fn references(value: &Value) -> Result<References, Problem> {
    let read = match value {
        Value::String(text) => parse(text.as_bytes(), Form::Pages),
        Value::Array(list) => {
            let page = |(index, value): (usize, &Value)| {
                let place = || format!("refs[{index}]");
                value.as_u64().ok_or_else(|| unexpected(&place(), value, "a page number from 0"))
            };
            let pages: Vec<u64> = list.iter().enumerate().map(page).collect::<Result<_, _>>()?;
            References::reads(pages)
        }
        other => return Err(unexpected("refs", other, REFERENCES)),
    };
    read.map_err(|error| at("refs", &error))
}

/// The convention in `preset` and `set`.
pub(super) fn settings(members: &Members) -> Result<Convention, Problem> {
    let preset = members.text("preset", A_PRESET)?;
    let mut chosen = convention(preset, []).map_err(|error| at("preset", &error))?;
    let Some(value) = members.get("set") else { return Ok(chosen) };
    let settings = value.as_object().ok_or_else(|| unexpected("set", value, SETTINGS))?;
    for (name, value) in settings {
        let place = format!("set.{}", echo(name));
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            other => return Err(unexpected(&place, other, "a word or a number")),
        };
        chosen.set(&format!("{name}={text}")).map_err(|error| at(&place, &error))?;
    }
    Ok(chosen)
}

/// What the engine refused, with the member that holds it.
pub(super) fn at(place: &str, error: &impl std::fmt::Display) -> Problem {
    Problem::member(format!("`{place}`: {error}"))
}
