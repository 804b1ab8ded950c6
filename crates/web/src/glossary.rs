//! `GET /api/v1/glossary`: what the words on the page mean, and which kernel fields they stand for.

use axum::http::Uri;
use axum::response::Response;
use ramscope_observe::glossary::{TERMS, Term};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Problem, WrongParameter};
use crate::query::Query;
use crate::wire::{SCHEMA_VERSION, json_bytes, json_response};

/// Every term.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Glossary)]
pub(crate) struct GlossaryDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// The ledger's parts in their order, then the other terms.
    terms: Vec<TermEntry>,
}

/// What one word means.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Term)]
pub(crate) struct TermEntry {
    /// The name that programs use.
    key: &'static str,
    /// The name that people read.
    label: &'static str,
    /// What it is, in one sentence.
    definition: &'static str,
    /// How it is computed from the kernel's fields.
    formula: &'static str,
    /// The kernel's fields that it is made of.
    kernel_fields: &'static [&'static str],
    /// What usually hides there, where that is worth saying.
    #[serde(skip_serializing_if = "Option::is_none")]
    hides: Option<&'static str>,
    /// What it belongs to: `ledger`, or another group of terms.
    group: &'static str,
}

impl From<&'static Term> for TermEntry {
    fn from(term: &'static Term) -> TermEntry {
        TermEntry {
            key: term.key,
            label: term.label,
            definition: term.definition,
            formula: term.formula,
            kernel_fields: term.kernel_fields,
            hides: term.hides,
            group: term.group,
        }
    }
}

/// Look up what the words mean.
#[utoipa::path(
    get,
    path = "/api/v1/glossary",
    tag = "glossary",
    responses(
        (status = 200, description = "The terms", body = GlossaryDocument),
        WrongParameter,
    )
)]
pub(crate) async fn glossary(uri: Uri) -> Result<Response, Problem> {
    Query::parse(&uri, &[])?;
    let terms = TERMS.iter().map(TermEntry::from).collect();
    Ok(json_response(json_bytes(&GlossaryDocument { schema_version: SCHEMA_VERSION, terms })))
}
