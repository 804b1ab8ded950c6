//! The members of a JSON body: read strictly, refused by their names.
//!
//! A member that a route does not know is refused with the nearest name it does know, as a query parameter is.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use ramscope_sim::window::Window;
use serde_json::{Map, Value};

use crate::problem::{Problem, echo};

/// A body, which was read to its end before its turn came.
///
/// # Errors
/// 400 for one that broke off.
pub(super) fn whole(body: Result<Bytes, BytesRejection>) -> Result<Bytes, Problem> {
    body.map_err(|error| Problem::malformed(format!("the body cannot be read: {error}")))
}

/// The members of one body, all of them known to the route.
#[derive(Debug)]
pub(super) struct Members(Map<String, Value>);

impl Members {
    /// Reads a body that is one JSON object, whose members may be those in `known` and no others.
    ///
    /// # Errors
    /// 400 for what is no JSON object, 422 for a member that is unknown.
    pub(super) fn parse(body: &[u8], known: &[&'static str]) -> Result<Members, Problem> {
        let members = match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => members,
            Ok(other) => {
                return Err(Problem::malformed(format!(
                    "the body is {}: expected a JSON object with {}",
                    kind(&other),
                    known.join(", ")
                )));
            }
            Err(error) => {
                return Err(Problem::malformed(format!("the body is no JSON: {error}")));
            }
        };
        match members.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(unknown(name, known)),
            None => Ok(Members(members)),
        }
    }

    /// The value of a member; one that is null is as good as absent.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// The value of a member that cannot be left out.
    ///
    /// # Errors
    /// 422 with what belongs there.
    pub(super) fn needed(&self, name: &'static str, wanted: &str) -> Result<&Value, Problem> {
        self.get(name)
            .ok_or_else(|| Problem::member(format!("`{name}` is missing: expected {wanted}")))
    }

    /// The text in a member, if it is there.
    ///
    /// # Errors
    /// 422 when it is something else.
    pub(super) fn text(&self, name: &'static str, wanted: &str) -> Result<Option<&str>, Problem> {
        self.get(name)
            .map(|value| value.as_str().ok_or_else(|| unexpected(name, value, wanted)))
            .transpose()
    }

    /// The whole number in a member, or `usual` where it is absent.
    ///
    /// # Errors
    /// 422 when it is something else.
    pub(super) fn number(
        &self,
        name: &'static str,
        wanted: &str,
        usual: u64,
    ) -> Result<u64, Problem> {
        let Some(value) = self.get(name) else { return Ok(usual) };
        value.as_u64().ok_or_else(|| unexpected(name, value, wanted))
    }

    /// The truth value in a member, if it is there.
    ///
    /// # Errors
    /// 422 when it is something else.
    pub(super) fn switch(&self, name: &'static str) -> Result<Option<bool>, Problem> {
        self.get(name)
            .map(|value| value.as_bool().ok_or_else(|| unexpected(name, value, "true or false")))
            .transpose()
    }
}

/// What a stretch of steps is written as.
pub(super) const A_WINDOW: &str =
    "an object with the first step, from 1, and how many, such as {\"from\": 5000, \"count\": 200}";

/// A stretch of steps; `None` where the value is something else.
pub(super) fn stretch(value: &Value) -> Option<Window> {
    let object = value.as_object().filter(|object| object.len() == 2)?;
    let whole = |name: &str| {
        let number = object.get(name).and_then(Value::as_u64).filter(|&number| number > 0);
        number.and_then(|number| usize::try_from(number).ok())
    };
    Some(Window { from: whole("from")?, count: whole("count")? })
}

/// What the engine refused, with the member that holds it.
pub(super) fn at(place: &str, error: &impl std::fmt::Display) -> Problem {
    Problem::member(format!("`{place}`: {error}"))
}

/// Refuses the value at `place`, which is a member or something inside one.
pub(super) fn unexpected(place: &str, value: &Value, wanted: &str) -> Problem {
    let shown = match value {
        Value::Array(_) | Value::Object(_) => kind(value).to_owned(),
        plain => format!("`{}`", echo(&plain.to_string())),
    };
    Problem::member(format!("`{place}` is {shown}: expected {wanted}"))
}

/// What a JSON value is, in words.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn unknown(name: &str, known: &[&'static str]) -> Problem {
    let name = echo(name);
    let nearest = known.iter().min_by_key(|candidate| strsim::levenshtein(&name, candidate));
    Problem::member(format!(
        "`{name}` is unknown: the nearest is `{}`; this path takes {}",
        nearest.copied().unwrap_or_default(),
        known.join(", ")
    ))
}
