//! `POST /api/v1/sim/segments`: processes of segments in memory, or addresses through a segment table.
//!
//! With `table` the question is one of translation, without it one of life in memory. The answers are the engine's own
//! words under a version; [`body`] describes them.

mod body;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use ramscope_sim::segments::memory::{self, Fit, Script, Simulation, simulate};
use ramscope_sim::segments::translation::{self, Report, Request, Shape, Split, Table, translate};
use serde::Serialize;
use serde_json::Value;

use super::answered;
use super::members::{Members, unexpected};
use crate::app::App;
use crate::problem::{Problem, SimulatorRefusals};
use crate::wire::{SCHEMA_VERSION, json_bytes};

const MEMBERS: &[&str] = &[
    "memory_bytes",
    "swap_bytes",
    "fit",
    "sizes",
    "script",
    "table",
    "translate",
    "segment_bits",
    "offset_bits",
    "page_bytes",
];

/// What only processes in memory take.
const OF_LIFE: &[&str] = &["swap_bytes", "fit", "sizes", "script"];

/// What only a translation takes, beside its table.
const OF_TRANSLATION: &[&str] = &["translate", "segment_bits", "offset_bits", "page_bytes"];

/// Most addresses of one answer.
const ADDRESSES_MAX: usize = 1000;

const A_SIZE: &str = "a whole number of bytes";
const BITS: &str = "a whole number of bits";
const A_FIT: &str = "first, next, best or worst";
const SIZES: &str = "sizes between commas, such as \"100,200,150\", or a list of them";
const A_SCRIPT: &str =
    "a text with an event a line: arrive p1 code=100 heap=50, grow p1 heap 20, end p1";
const A_TABLE: &str = "number:base/limit of each segment, such as \"0:219/600, 1:2300/14\"";
const ADDRESSES: &str = "segment:offset of each address, such as \"0:430, 1:10\"";

/// How processes lived as segments in memory: where each segment is at the end, the counts, and every step.
#[derive(Debug, Serialize)]
pub struct SegmentsDocument {
    /// Version of this document's shape.
    schema_version: u32,
    #[serde(flatten)]
    life: Simulation,
}

impl From<Simulation> for SegmentsDocument {
    fn from(life: Simulation) -> SegmentsDocument {
        SegmentsDocument { schema_version: SCHEMA_VERSION, life }
    }
}

/// What a segment table did with addresses.
#[derive(Debug, Serialize)]
pub struct SegmentTranslationsDocument {
    /// Version of this document's shape.
    schema_version: u32,
    #[serde(flatten)]
    report: Report,
}

impl From<Report> for SegmentTranslationsDocument {
    fn from(report: Report) -> SegmentTranslationsDocument {
        SegmentTranslationsDocument { schema_version: SCHEMA_VERSION, report }
    }
}

/// Let processes of segments live in memory, or translate addresses by a segment table.
///
/// Without `table`, processes of code, data, heap and stack arrive, grow, swap and end in a memory of holes. With it, each
/// address goes through the checks of its segment to a physical address or to a trap that is named. One question may
/// have 2000 events or 1000 addresses. It needs no token, and changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/sim/segments",
    tag = "sim",
    request_body = body::QuestionBody,
    responses(
        (status = 200, description = "Every step of the processes; or the translations", body = body::AnswerBody),
        SimulatorRefusals,
    )
)]
pub(crate) async fn segments(
    State(app): State<Arc<App>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    answered(&app, body, answer).await
}

fn answer(body: &[u8]) -> Result<Bytes, Problem> {
    let members = Members::parse(body, MEMBERS)?;
    let given =
        |names: &[&'static str]| names.iter().find(|name| members.get(name).is_some()).copied();
    match (members.text("table", A_TABLE)?, given(OF_LIFE), given(OF_TRANSLATION)) {
        (Some(_), Some(member), _) => Err(Problem::member(format!(
            "`{member}` is of processes in memory, and `table` of a translation: leave one of them out"
        ))),
        (Some(table), None, _) => Ok(json_bytes(&translated(&members, table)?)),
        (None, _, Some(member)) => Err(Problem::member(format!(
            "`{member}` is of a translation: give `table` too, {A_TABLE}"
        ))),
        (None, _, None) => Ok(json_bytes(&lived(&members)?)),
    }
}

/// The answer to processes in memory.
fn lived(members: &Members) -> Result<SegmentsDocument, Problem> {
    let mut question =
        memory::Problem::preset().map_err(|error| Problem::fault(error.to_string()))?;
    question.memory_bytes = members.number("memory_bytes", A_SIZE, question.memory_bytes)?;
    if members.get("swap_bytes").is_some() {
        question.swap_bytes = Some(members.number("swap_bytes", A_SIZE, 0)?);
    }
    if let Some(fit) = members.text("fit", A_FIT)? {
        question.fit = Fit::parse(fit).map_err(|error| at("fit", &error))?;
    }
    let mut events = "script";
    match (members.get("sizes"), members.text("script", A_SCRIPT)?) {
        (Some(_), Some(_)) => {
            return Err(Problem::member(
                "`sizes` and `script` both say what happens: give one of them",
            ));
        }
        (Some(sizes), None) => {
            let sizes = listed(sizes)?;
            question.script = Script::sizes(sizes.as_bytes()).map_err(|e| at("sizes", &e))?;
            events = "sizes";
        }
        (None, Some(text)) => {
            question.script = Script::parse(text.as_bytes()).map_err(|e| at("script", &e))?;
        }
        (None, None) => {}
    }
    let life = simulate(&question).map_err(|error| match error {
        memory::Error::Memory { .. } => at("memory_bytes", &error),
        _ => at(events, &error),
    })?;
    Ok(life.into())
}

/// Sizes as one text, however they were sent.
fn listed(sizes: &Value) -> Result<String, Problem> {
    match sizes {
        Value::String(text) => Ok(text.clone()),
        Value::Array(list) => {
            let size = |(index, size): (usize, &Value)| match size.as_u64() {
                Some(size) => Ok(size.to_string()),
                None => Err(unexpected(&format!("sizes[{index}]"), size, A_SIZE)),
            };
            let sizes: Vec<String> = list.iter().enumerate().map(size).collect::<Result<_, _>>()?;
            Ok(sizes.join(","))
        }
        other => Err(unexpected("sizes", other, SIZES)),
    }
}

/// The answer to addresses and a table.
fn translated(members: &Members, table: &str) -> Result<SegmentTranslationsDocument, Problem> {
    let shape = shape(members)?;
    Table::new(shape).map_err(|error| at(member_of(&error), &error))?;
    let table = Table::parse(table.as_bytes(), shape).map_err(|error| at("table", &error))?;
    members.needed("translate", ADDRESSES)?;
    let addresses = members.text("translate", ADDRESSES)?.unwrap_or_default();
    let refused = |error| at("translate", &error);
    let requests: Vec<Request> = table.requests(addresses.as_bytes()).map_err(refused)?;
    if requests.len() > ADDRESSES_MAX {
        return Err(Problem::too_much(format!(
            "`translate` has {} addresses: this server answers {ADDRESSES_MAX} at most; split it, or run \
             `ramscope sim segments`, which has no such bound",
            requests.len()
        )));
    }
    Ok(translate(&table, &requests).map_err(refused)?.into())
}

/// What the table is made for.
fn shape(members: &Members) -> Result<Shape, Problem> {
    let size = |member: &'static str| {
        let given = members.get(member).is_some();
        Ok::<_, Problem>(Some(members.number(member, A_SIZE, 0)?).filter(|_| given))
    };
    let bits = |member: &'static str| {
        members.needed(member, BITS)?;
        let bits = members.number(member, BITS, 0)?;
        Ok::<_, Problem>(u32::try_from(bits).unwrap_or(u32::MAX))
    };
    let given = ["segment_bits", "offset_bits"].into_iter().any(|bits| members.get(bits).is_some());
    let split = if given {
        Some(Split { segment_bits: bits("segment_bits")?, offset_bits: bits("offset_bits")? })
    } else {
        None
    };
    Ok(Shape { split, memory_bytes: size("memory_bytes")?, page_bytes: size("page_bytes")? })
}

/// The member that holds what a table refuses before it has a segment.
fn member_of(error: &translation::Error) -> &'static str {
    match error {
        translation::Error::Split { .. } => "segment_bits",
        translation::Error::Memory { .. } => "memory_bytes",
        _ => "page_bytes",
    }
}

/// What the engine refused, with the member that holds it.
fn at(member: &str, error: &dyn std::error::Error) -> Problem {
    Problem::member(format!("`{member}`: {error}"))
}
