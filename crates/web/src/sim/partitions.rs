//! `POST /api/v1/sim/partitions`: processes that wait for a part of memory whose bounds never move.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use ramscope_sim::alloc::{Choice, Form, PartitionStep, Pick, Queues, Scheme, partition, read};
use serde::Serialize;

use super::alloc::body;
use super::answered;
use super::holes::listed;
use super::members::{Members, at, unexpected};
use crate::app::App;
use crate::problem::{Problem, SimulatorRefusals};
use crate::wire::{SCHEMA_VERSION, json_bytes};

const MEMBERS: &[&str] = &["sizes", "ops", "queues", "choice", "pick"];

/// Most partitions of all steps of one answer.
const SHOWN_MAX: usize = 50_000;

const OPS: &str = "a list such as \"+90,+150,-0\"";

/// What fixed partitions did with a list of processes.
#[derive(Debug, Serialize)]
pub struct PartitionsDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// The partitions, and how processes come to them.
    scheme: Scheme,
    /// Every operation with what it did.
    steps: Vec<PartitionStep>,
}

impl PartitionsDocument {
    /// The document of these steps.
    pub fn of(scheme: Scheme, steps: Vec<PartitionStep>) -> PartitionsDocument {
        PartitionsDocument { schema_version: SCHEMA_VERSION, scheme, steps }
    }
}

/// Let processes arrive and end over fixed partitions.
///
/// With one queue a partition that becomes free takes who fits; with a queue for each a process waits for the smallest that
/// holds it, even while larger ones are free. It needs no token, and changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/sim/partitions",
    tag = "sim",
    request_body = body::PartitionsBody,
    responses(
        (status = 200, description = "Every operation", body = body::PartitionsAnswerBody),
        SimulatorRefusals
    )
)]
pub(crate) async fn partitions(
    State(app): State<Arc<App>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    answered(&app, body, |body| {
        let members = Members::parse(body, MEMBERS)?;
        Ok(json_bytes(&document(&members)?))
    })
    .await
}

fn document(members: &Members) -> Result<PartitionsDocument, Problem> {
    let scheme = Scheme {
        sizes: listed(members, "sizes")?,
        queues: chosen(members, "queues", [("one", Queues::One), ("several", Queues::Several)])?,
        choice: chosen(members, "choice", [("first", Choice::First), ("best", Choice::Best)])?,
        pick: chosen(members, "pick", [("first", Pick::First), ("largest", Pick::Largest)])?,
    };
    members.needed("ops", OPS)?;
    let text = members.text("ops", OPS)?.unwrap_or_default().as_bytes();
    let requests = read(text, Form::of(text)).map_err(|error| at("ops", &error))?;
    if requests.len().saturating_mul(scheme.sizes.len()) > SHOWN_MAX {
        return Err(Problem::too_much(format!(
            "{} operations over {} partitions: this server shows {SHOWN_MAX} partitions in all steps together at most",
            requests.len(),
            scheme.sizes.len()
        )));
    }
    let steps = partition(&scheme, &requests);
    let steps = steps.map_err(|error| Problem::member(error.to_string()))?;
    Ok(PartitionsDocument::of(scheme, steps))
}

/// The word in a member; the first of the words where it is absent.
fn chosen<T: Copy>(
    members: &Members,
    name: &'static str,
    words: [(&str, T); 2],
) -> Result<T, Problem> {
    let wanted = words.map(|(word, _)| word).join(" or ");
    let Some(said) = members.text(name, &wanted)? else { return Ok(words[0].1) };
    let found = words.iter().find(|(word, _)| *word == said);
    found.map(|&(_, value)| value).ok_or_else(|| unexpected(name, &said.into(), &wanted))
}
