//! Which policies a simulator has, and the conventions in which published tables differ: the answer of
//! `GET /api/v1/sim/paging/policies` and `GET /api/v1/sim/alloc/policies`.

use std::collections::BTreeMap;

use axum::http::Uri;
use axum::response::Response;
use ramscope_sim::convention::{Kind, Parameter, Vocabulary};
use ramscope_sim::paging::Paging;
use ramscope_sim::paging::registry::POLICIES;
use serde::Serialize;
use utoipa::ToSchema;

use super::document::ParameterValue;
use crate::problem::{Problem, WrongParameter};
use crate::query::Query;
use crate::wire::{SCHEMA_VERSION, json_bytes, json_response};

/// A policy's name, title, sentence and parameters.
pub(super) type Policy = (&'static str, &'static str, &'static str, &'static [&'static Parameter]);

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

/// A policy.
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
    /// Policies by name, title, sentence and parameters, with what their vocabulary shares.
    pub(super) fn new<V: Vocabulary>(policies: impl Iterator<Item = Policy>) -> PoliciesDocument {
        let listed = |parameters: &[&'static Parameter]| -> Vec<ParameterEntry> {
            parameters.iter().map(|&parameter| parameter.into()).collect()
        };
        let policy = |(name, title, about, parameters)| PolicyEntry {
            name,
            title,
            about,
            parameters: listed(parameters),
        };
        let presets = V::PRESETS.iter().map(|preset| PresetEntry {
            name: preset.name,
            source: preset.source,
            values: preset.values.iter().map(|&(name, value)| (name, value.into())).collect(),
        });
        PoliciesDocument {
            schema_version: SCHEMA_VERSION,
            policies: policies.map(policy).collect(),
            parameters: listed(V::SHARED),
            presets: presets.collect(),
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
        WrongParameter,
    )
)]
pub(crate) async fn policies(uri: Uri) -> Result<Response, Problem> {
    Query::parse(&uri, &[])?;
    let of =
        POLICIES.iter().map(|policy| (policy.name, policy.title, policy.about, policy.parameters));
    Ok(json_response(json_bytes(&PoliciesDocument::new::<Paging>(of))))
}
