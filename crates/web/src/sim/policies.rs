//! `GET /api/v1/sim/paging/policies`: which policies there are, and the conventions in which published tables differ.

use std::collections::BTreeMap;

use axum::http::Uri;
use axum::response::Response;
use ramscope_sim::paging::registry::{Entry, POLICIES};
use ramscope_sim::paging::{FRAMES_ORDER, Kind, PRESETS, Parameter};
use serde::Serialize;
use utoipa::ToSchema;

use super::document::ParameterValue;
use crate::problem::{Problem, ProblemDocument};
use crate::query::Query;
use crate::wire::{SCHEMA_VERSION, json_bytes, json_response};

/// Every policy, with the conventions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Policies)]
pub(crate) struct PoliciesDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// The policies, in the order in which lists show them.
    policies: Vec<PolicyEntry>,
    /// Parameters that all policies share.
    parameters: Vec<ParameterEntry>,
    /// The conventions of books and programs.
    presets: Vec<PresetEntry>,
}

/// A replacement policy.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Policy)]
struct PolicyEntry {
    /// The name it is asked for by.
    name: &'static str,
    /// The name that people read.
    title: &'static str,
    /// What it does, in one sentence.
    about: &'static str,
    /// Its own parameters.
    parameters: Vec<ParameterEntry>,
}

/// A parameter in which published tables differ.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Parameter)]
struct ParameterEntry {
    /// The name it is set by.
    name: &'static str,
    /// What it decides, in one sentence.
    about: &'static str,
    /// What it takes, in words.
    takes: String,
    /// The words it takes, where it takes words.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<&'static [&'static str]>,
    /// The least number it takes, where it takes numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    least: Option<ParameterValue>,
    /// The greatest number it takes, where it takes numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    greatest: Option<ParameterValue>,
    /// Its value where nothing is said.
    default: ParameterValue,
}

/// The convention of a book or program.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Preset)]
struct PresetEntry {
    /// The name it is asked for by.
    name: &'static str,
    /// The book or program.
    source: &'static str,
    /// The values it sets; every other parameter stays at its default.
    #[schema(value_type = BTreeMap<String, ParameterValue>)]
    values: BTreeMap<&'static str, ParameterValue>,
}

impl PoliciesDocument {
    fn new() -> PoliciesDocument {
        let presets = PRESETS.iter().map(|preset| PresetEntry {
            name: preset.name,
            source: preset.source,
            values: preset.values.iter().map(|&(name, value)| (name, value.into())).collect(),
        });
        PoliciesDocument {
            schema_version: SCHEMA_VERSION,
            policies: POLICIES.iter().map(PolicyEntry::from).collect(),
            parameters: vec![(&FRAMES_ORDER).into()],
            presets: presets.collect(),
        }
    }
}

impl From<&'static Entry> for PolicyEntry {
    fn from(entry: &'static Entry) -> PolicyEntry {
        PolicyEntry {
            name: entry.name,
            title: entry.title,
            about: entry.about,
            parameters: entry.parameters.iter().map(|&parameter| parameter.into()).collect(),
        }
    }
}

impl From<&'static Parameter> for ParameterEntry {
    fn from(parameter: &'static Parameter) -> ParameterEntry {
        let (words, ends) = match parameter.kind {
            Kind::Word(words) => (Some(words), None),
            Kind::Whole(least, most) => {
                (None, Some((ParameterValue::Whole(least), ParameterValue::Whole(most))))
            }
            Kind::Ratio(least, most) => {
                (None, Some((ParameterValue::Ratio(least), ParameterValue::Ratio(most))))
            }
        };
        ParameterEntry {
            name: parameter.name,
            about: parameter.about,
            takes: parameter.kind.to_string(),
            words,
            least: ends.map(|(least, _)| least),
            greatest: ends.map(|(_, greatest)| greatest),
            default: parameter.default.into(),
        }
    }
}

/// List the replacement policies, their parameters and the presets.
#[utoipa::path(
    get,
    path = "/api/v1/sim/paging/policies",
    tag = "sim",
    responses(
        (status = 200, description = "The policies", body = PoliciesDocument),
        (status = 400, description = "A parameter is wrong", content_type = "application/problem+json", body = ProblemDocument),
    )
)]
pub(crate) async fn policies(uri: Uri) -> Result<Response, Problem> {
    Query::parse(&uri, &[])?;
    Ok(json_response(json_bytes(&PoliciesDocument::new())))
}
