//! Members that say how allocation machines work: names of policies, the preset, and the parameters over it.

use ramscope_sim::alloc::Convention;
use ramscope_sim::alloc::question::convention;
use serde_json::Value;

use super::members::{Members, at, unexpected};
use crate::problem::Problem;

const NAMES: &str = "names of policies: a text with commas, or a list of texts; `all` is every one";
const SET: &str = "an object of parameters and values, such as {\"list.order\": \"size\"}";

/// Names of policies, however they were sent.
///
/// # Errors
/// 422 for what is no list of names.
pub(super) fn named(member: &str, value: &Value) -> Result<Vec<String>, Problem> {
    match value {
        Value::String(text) => Ok(text.split(',').map(|name| name.trim().to_owned()).collect()),
        Value::Array(list) => {
            let name = |(index, name): (usize, &Value)| {
                let text = name.as_str().map(str::to_owned);
                text.ok_or_else(|| unexpected(&format!("{member}[{index}]"), name, "a name"))
            };
            list.iter().enumerate().map(name).collect()
        }
        other => Err(unexpected(member, other, NAMES)),
    }
}

/// The preset and the parameters over it.
///
/// # Errors
/// 422 for what the engine does not know.
pub(super) fn settings(members: &Members) -> Result<Convention, Problem> {
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
