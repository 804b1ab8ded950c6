//! `POST /api/v1/sim/holes`: where the fits put requests in given holes.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use ramscope_sim::alloc::{FITS, Partitions, Placements, place, sizes};
use serde::Serialize;
use serde_json::Value;

use super::alloc::body;
use super::answered;
use super::members::{Members, at, unexpected};
use super::settings::{named, settings};
use crate::app::App;
use crate::problem::{Problem, SimulatorRefusals};
use crate::wire::{SCHEMA_VERSION, json_bytes};

const MEMBERS: &[&str] = &["holes", "requests", "policies", "partitions", "set"];

/// Most holes and requests of one question.
const HOLES_MAX: usize = 1000;

const SIZES: &str = "sizes between commas, such as \"100,500,200\", or a list of them";
const PARTITIONS: &str = "fixed or split";

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

/// Place requests in given holes by the four fits.
///
/// The textbook problem: for each request the size of the hole that took it, as it was then. It needs no token, and
/// changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/sim/holes",
    tag = "sim",
    request_body = body::HolesBody,
    responses((status = 200, description = "A run a fit", body = body::HolesAnswerBody), SimulatorRefusals)
)]
pub(crate) async fn holes(
    State(app): State<Arc<App>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    answered(&app, body, |body| {
        let members = Members::parse(body, MEMBERS)?;
        Ok(json_bytes(&HolesDocument::from(placements(&members)?)))
    })
    .await
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
        Some(value) => named("policies", value)?,
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

/// Sizes in bytes, however they were sent.
pub(super) fn listed(members: &Members, name: &'static str) -> Result<Vec<u64>, Problem> {
    match members.needed(name, SIZES)? {
        Value::String(text) => sizes(text.as_bytes()).map_err(|error| at(name, &error)),
        Value::Array(list) => {
            let size = |(index, size): (usize, &Value)| {
                size.as_u64().ok_or_else(|| {
                    unexpected(&format!("{name}[{index}]"), size, "a whole number of bytes")
                })
            };
            list.iter().enumerate().map(size).collect()
        }
        other => Err(unexpected(name, other, SIZES)),
    }
}
