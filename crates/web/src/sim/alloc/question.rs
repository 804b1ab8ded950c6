//! A question about a list of requests, read member by member and measured before anything runs.

use std::sync::Arc;

use ramscope_sim::alloc::question::{Question, memory_for, policies_named};
use ramscope_sim::alloc::{Convention, Form, Requests, Rules, Span, Window, read};
use serde_json::Value;

use super::super::bounds::STEPS_MAX;
use super::super::members::{A_WINDOW, Members, at, stretch, unexpected};
use super::super::settings::{named, settings};
use super::super::shelf::{Shelf, id_of};
use super::requests::kept;
use crate::problem::Problem;

pub(super) const MEMBERS: &[&str] = &[
    "policies", "capacity", "base", "ops", "preset", "set", "order", "coalesce", "align", "header",
    "compact", "steps", "views", "window", "lives", "metrics",
];

/// Memory of a short list that says nothing of it, in bytes.
const MEMORY_BYTES: u64 = 1000;

/// Most operations that one question makes, over all its runs, each read once: four policies over the longest list that is
/// kept, a few seconds of work.
pub(super) const WORK_MAX: u64 = 16_000_000;

/// Most rectangles of one run.
const LIVES_MAX: u64 = 20_000;

const A_SIZE: &str = "a whole number of bytes";
const OPS: &str = "requests and frees, such as \"+10,+20,-0\", or the text of a trace; {\"id\": …} of a kept list";
const LIVES: &str = "an object with the first operation, from 1, how many, and the most rectangles, up to 20000, such \
                     as {\"from\": 1, \"count\": 5000, \"most\": 2000}";

/// Members that stand for a parameter.
const SHORT: &[(&str, &str)] = &[
    ("order", "list.order"),
    ("coalesce", "list.coalesce"),
    ("align", "block.align"),
    ("header", "block.header"),
    ("compact", "compaction.when"),
];

/// The steps that an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Steps {
    /// None.
    Without,
    /// All of them.
    All,
    /// A stretch of them, with the memory before it.
    Within(Window),
    /// A stretch of them with the memory before it, and no numbers.
    Alone(Window),
}

/// What is asked, and how much of it is to be told.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) question: Question,
    /// What the list is known by: the same one has the same.
    pub(super) list: String,
    pub(super) steps: Steps,
    /// Whether each step holds the policy's own state.
    pub(super) views: bool,
    /// The stretch whose blocks are told as rectangles, and how many of them at most.
    pub(super) lives: Option<(Window, usize)>,
}

impl Asked {
    /// Reads and measures a question.
    ///
    /// # Errors
    /// 404 for a list that is not kept, 422 for a member that is wrong or asks too much.
    pub(super) fn read(members: &Members, lists: &Shelf<Requests>) -> Result<Asked, Problem> {
        let (question, list) = question(members, lists)?;
        let window = match members.get("window") {
            Some(value) => {
                Some(stretch(value).ok_or_else(|| unexpected("window", value, A_WINDOW))?)
            }
            None => None,
        };
        let steps = steps(&question, members.switch("steps")?, window)?;
        let steps = match (steps, members.switch("metrics")?) {
            (Steps::Within(window), Some(false)) => Steps::Alone(window),
            (_, Some(false)) => {
                return Err(Problem::member(
                    "`metrics` is false: that is for the steps of a `window`",
                ));
            }
            (steps, _) => steps,
        };
        let lives = members.get("lives").map(lives).transpose()?;
        if let (Steps::Alone(_), Some(_)) = (steps, &lives) {
            return Err(Problem::member("`lives` come with the numbers: leave `metrics` out"));
        }
        check_work(&question, steps)?;
        let views = members.switch("views")? == Some(true);
        Ok(Asked { question, list, steps, views, lives })
    }
}

/// The question, and the id of its list.
fn question(members: &Members, lists: &Shelf<Requests>) -> Result<(Question, String), Problem> {
    let List { requests, id, is_kept } = list(members.needed("ops", OPS)?, lists)?;
    let policies = match members.get("policies") {
        Some(value) => named("policies", value)?,
        None => vec!["first".to_owned()],
    };
    let policies = policies_named(policies.iter().map(String::as_str));
    let policies = policies.map_err(|error| at("policies", &error))?;
    let convention = convention(members)?;
    let usual = match Rules::of(&convention) {
        Ok(rules) if is_kept => memory_for(&requests, rules),
        _ => MEMORY_BYTES,
    };
    let size = members.number("capacity", A_SIZE, usual)?;
    let memory = Span::new(members.number("base", A_SIZE, 0)?, size);
    Ok((Question { policies, memory, requests, convention }, id))
}

/// A list of requests and what it is known by.
struct List {
    requests: Arc<Requests>,
    id: String,
    is_kept: bool,
}

fn list(value: &Value, lists: &Shelf<Requests>) -> Result<List, Problem> {
    match value {
        Value::String(text) => {
            let read = read(text.as_bytes(), Form::of(text.as_bytes()));
            let requests = Arc::new(read.map_err(|error| at("ops", &error))?);
            Ok(List { requests, id: id_of("requests", text.as_bytes()), is_kept: false })
        }
        Value::Object(object) if object.len() == 1 => {
            match object.get("id").and_then(Value::as_str) {
                Some(id) => {
                    Ok(List { requests: kept(lists, id)?, id: id.to_owned(), is_kept: true })
                }
                None => Err(unexpected("ops", value, OPS)),
            }
        }
        other => Err(unexpected("ops", other, OPS)),
    }
}

/// The preset, the parameters over it, and the members that are short for one.
fn convention(members: &Members) -> Result<Convention, Problem> {
    let mut convention = settings(members)?;
    for &(short, parameter) in SHORT {
        let Some(value) = members.get(short) else { continue };
        if members.get("set").is_some_and(|set| set.get(parameter).is_some()) {
            return Err(Problem::member(format!(
                "`{short}` and `set.{parameter}` say the same: give one of them"
            )));
        }
        let word = match (short, value) {
            ("coalesce", Value::Bool(true)) => "immediate".to_owned(),
            ("coalesce", Value::Bool(false)) => "none".to_owned(),
            ("coalesce", Value::String(word)) if word == "on" => "immediate".to_owned(),
            ("coalesce", Value::String(word)) if word == "off" => "none".to_owned(),
            (_, Value::String(word)) => word.clone(),
            (_, Value::Number(number)) => number.to_string(),
            (_, other) => return Err(unexpected(short, other, "a word or a number")),
        };
        convention.set(&format!("{parameter}={word}")).map_err(|error| at(short, &error))?;
    }
    Ok(convention)
}

/// The steps that the answer holds: those of the window; else all or none, as it was asked; else all where they are few
/// enough.
fn steps(
    question: &Question,
    asked: Option<bool>,
    window: Option<Window>,
) -> Result<Steps, Problem> {
    let operations = question.requests.len();
    let each = window.map_or(operations, |window| window.count.min(operations));
    let all = each.saturating_mul(question.policies.len());
    match (asked, window) {
        (Some(_), Some(_)) => {
            Err(Problem::member("`window` and `steps` both say which steps: give one of them"))
        }
        (Some(false), None) => Ok(Steps::Without),
        (None, None) if all > STEPS_MAX => Ok(Steps::Without),
        _ if all > STEPS_MAX => Err(Problem::too_much(format!(
            "{each} operations under {} policies are {all} steps: this server sends {STEPS_MAX} at most; ask for a \
             `window` of them, for fewer policies, or for `steps`: false",
            question.policies.len()
        ))),
        (_, Some(window)) => Ok(Steps::Within(window)),
        (_, None) => Ok(Steps::All),
    }
}

fn lives(value: &Value) -> Result<(Window, usize), Problem> {
    let refuse = || unexpected("lives", value, LIVES);
    let mut object = value.as_object().cloned().ok_or_else(refuse)?;
    let most =
        object.remove("most").and_then(|most| most.as_u64()).filter(|&most| most <= LIVES_MAX);
    let most = most.and_then(|most| usize::try_from(most).ok()).ok_or_else(refuse)?;
    Ok((stretch(&Value::Object(object)).ok_or_else(refuse)?, most))
}

/// Refuses a list whose reading is more work than a question may be before it begins. What it costs beyond that, to look
/// through lists or to slide blocks, shows on the way. A window alone begins at the nearest checkpoint.
fn check_work(question: &Question, steps: Steps) -> Result<(), Problem> {
    let (operations, policies) = (question.requests.len(), question.policies.len());
    let work = (operations as u64).saturating_mul(policies as u64);
    if work <= WORK_MAX || matches!(steps, Steps::Alone(_)) {
        return Ok(());
    }
    Err(Problem::too_much(format!(
        "{operations} operations under {policies} policies are {work} in all: this server makes {WORK_MAX} for one question, a \
         few seconds of work; ask for fewer policies at a time, or run `ramscope sim alloc`, which has no such bound"
    )))
}
