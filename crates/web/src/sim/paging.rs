//! `POST /api/v1/sim/paging`: replacement policies over a reference string, each step explained.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use ramscope_sim::paging::registry::Entry;
use ramscope_sim::paging::{
    Convention, Error, Form, NotMade, References, Want, Window, Zipf, parse,
};
use serde_json::Value;
use utoipa::ToSchema;

use super::answered;
use super::bounds::{self, Steps};
use super::document::PagingDocument;
use super::members::{A_WINDOW, Members, at, stretch, unexpected};
use super::question::{PagingQuestion, Sizes, convention, policies_named};
use super::references::kept;
use super::shelf::Shelf;
use crate::app::App;
use crate::problem::{Problem, ProblemDocument, SimulatorRefusals, echo};
use crate::wire::json_bytes;

const MEMBERS: &[&str] =
    &["policies", "frames", "refs", "preset", "set", "steps", "views", "window", "overview"];

/// Most places at which an overview gives the counts so far.
const POINTS_MAX: u64 = 2000;

const A_LIST_OF_POLICIES: &str = "a list of names such as [\"lru\", \"opt\"], or [\"all\"]; /api/v1/sim/paging/policies lists them";
const FRAMES: &str = "a number of frames such as 3, a range with both ends such as \"1..7\", or a list such as [1, 2, 4]";
const REFERENCES: &str = "page numbers, as a text such as \"7 0 1 2w\" or as a list such as [7, 0, 1, 2]; {\"id\": …} \
                          of a kept string, or {\"generate\": \"zipf:1000000:50000\"}";
const OVERVIEW: &str = "how many places to give the counts so far at, 1 to 2000";
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
    /// Frames of physical memory, 1 to 1000000: a number, a range with both ends as a text, or a list.
    #[schema(example = json!("1..7"))]
    frames: FramesBody,
    /// The reference string: page numbers between commas or spaces, `3w` writes page 3; a list of page numbers; the
    /// id of one that was sent to /api/v1/sim/references; or the words that make one.
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
    /// The steps that each run holds, in place of all of them; with it each run tells the counts so far.
    window: Option<WindowBody>,
    /// About how many places of the string, 1 to 2000, to give the counts so far at; with it the answer tells where
    /// the runs part.
    overview: Option<u64>,
}

/// A stretch of the steps.
#[derive(ToSchema)]
#[schema(as = Window)]
#[expect(dead_code, reason = "describes the body")]
struct WindowBody {
    /// The first step, from 1.
    from: u64,
    /// How many steps; what lies beyond the end is left out.
    count: u64,
}

/// A number of frames, or a range.
#[derive(ToSchema)]
#[schema(as = Frames)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the body")]
enum FramesBody {
    /// One number of frames.
    One(u64),
    /// A range with both ends, such as `1..7`; several between commas.
    Range(String),
    /// Several numbers.
    Several(Vec<u64>),
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
    /// A string that /api/v1/sim/references keeps.
    Kept {
        /// The id that it answered.
        id: String,
    },
    /// A string that is made.
    Made {
        /// `zipf:REFERENCES:PAGES`, then `:SEED` and `:EXPONENT` where they are not 1.
        generate: String,
    },
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
/// question may make 20,000,000 references, over all runs, and its answer may hold 10,000 steps and 500,000 cells
/// (steps × frames): of a long string a `window` of the steps, and an `overview` of the whole. It needs no token, and
/// changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/sim/paging",
    tag = "sim",
    request_body = QuestionBody,
    responses(
        (status = 200, description = "The runs", body = PagingDocument),
        (status = 404, description = "No string of this id is kept, or no longer: send it again", content_type = "application/problem+json", body = ProblemDocument),
        SimulatorRefusals,
    )
)]
pub(crate) async fn paging(
    State(app): State<Arc<App>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let shelf = Arc::clone(&app.strings);
    answered(&app, body, move |body| answer(&shelf, body)).await
}

fn answer(shelf: &Shelf<References>, body: &[u8]) -> Result<Bytes, Problem> {
    let members = Members::parse(body, MEMBERS)?;
    let question = question(shelf, &members)?;
    let steps = bounds::decide(&question, members.switch("steps")?, window(&members)?)?;
    let views = members.switch("views")? == Some(true) && bounds::views_fit(&question, steps);
    let points = points(&members)?;
    let refuse = |error: Error| Problem::member(error.to_string());
    let mut document = match steps {
        Steps::Within(window) => question.windows(window, views).map_err(refuse)?.into(),
        // The overview counts all the same.
        Steps::Without if points.is_some() => PagingDocument::default(),
        Steps::Without => question.answer(Want::Counts).map_err(refuse)?.into(),
        Steps::All if views => question.answer(Want::Views).map_err(refuse)?.into(),
        Steps::All => question.answer(Want::Steps).map_err(refuse)?.into(),
    };
    if let Some(points) = points {
        document.look_over(question.overview(points).map_err(refuse)?);
    }
    Ok(json_bytes(&document))
}

fn question(shelf: &Shelf<References>, members: &Members) -> Result<PagingQuestion, Problem> {
    Ok(PagingQuestion {
        policies: policies(members)?,
        sizes: sizes(members.needed("frames", FRAMES)?)?,
        references: references(shelf, members.needed("refs", REFERENCES)?)?,
        convention: settings(members)?,
    })
}

fn window(members: &Members) -> Result<Option<Window>, Problem> {
    let Some(value) = members.get("window") else { return Ok(None) };
    if members.switch("steps")?.is_some() {
        return Err(Problem::member("`window` and `steps` both say which steps: give one of them"));
    }
    stretch(value).map(Some).ok_or_else(|| unexpected("window", value, A_WINDOW))
}

fn points(members: &Members) -> Result<Option<usize>, Problem> {
    let Some(value) = members.get("overview") else { return Ok(None) };
    let points = value.as_u64().filter(|points| (1..=POINTS_MAX).contains(points));
    let points = points.and_then(|points| usize::try_from(points).ok());
    points.map(Some).ok_or_else(|| unexpected("overview", value, OVERVIEW))
}

pub(super) fn policies(members: &Members) -> Result<Vec<&'static Entry>, Problem> {
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

pub(super) fn sizes(value: &Value) -> Result<Sizes, Problem> {
    let whole = |(index, value): (usize, &Value)| {
        let place = || format!("frames[{index}]");
        value.as_u64().ok_or_else(|| unexpected(&place(), value, "a number of frames"))
    };
    let sizes = match value {
        Value::Number(number) if number.is_u64() => Sizes::these(number.as_u64()),
        Value::String(text) => text.parse(),
        Value::Array(list) => {
            Sizes::these(list.iter().enumerate().map(whole).collect::<Result<Vec<_>, _>>()?)
        }
        _ => return Err(unexpected("frames", value, FRAMES)),
    };
    sizes.map_err(|error| Problem::member(format!("`frames`: {error}")))
}

fn references(shelf: &Shelf<References>, value: &Value) -> Result<Arc<References>, Problem> {
    let read = match value {
        Value::String(text) => parse(text.as_bytes(), Form::Pages),
        Value::Array(list) => listed(list)?,
        Value::Object(object) => return kept_or_made(shelf, object, value),
        other => return Err(unexpected("refs", other, REFERENCES)),
    };
    read.map(Arc::new).map_err(|error| at("refs", &error))
}

fn listed(list: &[Value]) -> Result<Result<References, Error>, Problem> {
    let page = |(index, value): (usize, &Value)| {
        let place = || format!("refs[{index}]");
        value.as_u64().ok_or_else(|| unexpected(&place(), value, "a page number from 0"))
    };
    let pages: Vec<u64> = list.iter().enumerate().map(page).collect::<Result<_, _>>()?;
    Ok(References::reads(pages))
}

/// The string that an object stands for. One that is made is kept as well, by the words that make it.
fn kept_or_made(
    shelf: &Shelf<References>,
    object: &serde_json::Map<String, Value>,
    value: &Value,
) -> Result<Arc<References>, Problem> {
    let text = |name: &str| object.get(name).and_then(Value::as_str).filter(|_| object.len() == 1);
    match (text("id"), text("generate")) {
        (Some(id), _) => kept(shelf, id),
        (_, Some(words)) => {
            let refuse = |error: NotMade| Problem::member(format!("`refs.generate`: {error}"));
            let zipf: Zipf = words.parse().map_err(refuse)?;
            let id = zipf.to_string();
            if let Some(references) = shelf.get(&id) {
                return Ok(references);
            }
            let made = Arc::new(zipf.references().map_err(|error| at("refs.generate", &error))?);
            shelf.put(id, Arc::clone(&made));
            Ok(made)
        }
        _ => Err(unexpected("refs", value, REFERENCES)),
    }
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
