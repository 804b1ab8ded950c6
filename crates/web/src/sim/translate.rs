//! `POST /api/v1/sim/translate`: from a virtual address to a physical one, bit by bit.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use ramscope_sim::translate::{self as engine, Error, Scheme, Script, SharedTable, replay};
use serde_json::Value;
use utoipa::ToSchema;

use super::answered;
use super::members::{Members, unexpected};
use super::search::{SearchDocument, shared_table};
use super::walks::TranslateDocument;
use crate::app::App;
use crate::problem::{Problem, SimulatorRefusals};
use crate::wire::json_bytes;

const MEMBERS: &[&str] = &[
    "preset",
    "levels",
    "offset_bits",
    "address_bits",
    "table",
    "frames",
    "buckets",
    "script",
    "windows",
];

/// What only a table of levels takes.
const OF_LEVELS: &[&str] = &["preset", "levels", "address_bits", "windows"];

/// Most accesses of one answer: each is a walk of up to five levels.
const ACCESSES_MAX: usize = 1000;

/// Most accesses of one answer whose levels show the entries around.
const WINDOWED_MAX: usize = 200;

const A_PRESET: &str = "the name of a preset such as \"10/10/12\" or \"x86-64\"";
const LEVELS: &str = "a list of the bits of each level from the top, such as [10, 10]";
const A_TABLE: &str = "levels, inverted or hashed";
const BITS: &str = "a whole number of bits";
const A_SCRIPT: &str = "a text with an event a line, such as `map 0x12 5 rw` and `read 0x12004`";

/// A question about translation. It is read member by member, so that a refusal names the member; this is its
/// description.
#[derive(ToSchema)]
#[schema(as = TranslateQuestion)]
#[expect(dead_code, reason = "describes the body; `scheme` and `answer` read it")]
pub(crate) struct QuestionBody {
    /// 10/10/12, x86-64, x86-64-5, sv39, ostep-linear or ostep-multilevel; in place of the three members of bits.
    preset: Option<String>,
    /// The bits of each level's index from the top, 1 to 5 levels.
    #[schema(example = json!([10, 10]))]
    levels: Option<Vec<u32>>,
    /// The bits of the offset in a page.
    #[schema(example = 12)]
    offset_bits: Option<u32>,
    /// What all bits must add up to, where that is to be checked.
    address_bits: Option<u32>,
    /// `levels`, which is the rule; or a table that all processes share and that is searched: `inverted` or `hashed`.
    table: Option<String>,
    /// The frames of an inverted table.
    frames: Option<u32>,
    /// The buckets of a hashed table.
    buckets: Option<u32>,
    /// Whether each level shows the entries around the one that is read; up to 200 accesses.
    windows: Option<bool>,
    /// Mappings and accesses, an event a line: `map PAGE FRAME|any rwxk`, `share`, `swap PAGE SLOT`, `huge LEVELS PAGE
    /// FRAME`, `unmap PAGE`, `space NAME`, `fork NAME`, and `read`, `write` or `fetch` with an address.
    #[schema(example = "map 0x12 5 rw\nread 0x12004")]
    script: String,
}

/// What `table` asked for: walks, or searches.
#[derive(ToSchema)]
#[schema(as = TranslateAnswer)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the answer; `answer` makes it")]
pub(crate) enum AnswerBody {
    /// Of a table of levels.
    Levels(TranslateDocument),
    /// Of an inverted or hashed table.
    Search(SearchDocument),
}

/// Translate virtual addresses by page tables, level by level, or by a table that is searched.
///
/// The tables are bytes in a simulated physical memory. Each walk gives the bits, the entry and the checks of every
/// level, and the physical address or the fault. One question may have 1000 accesses. It needs no token, and changes
/// nothing.
#[utoipa::path(
    post,
    path = "/api/v1/sim/translate",
    tag = "sim",
    request_body = QuestionBody,
    responses(
        (status = 200, description = "The walks, and the tables at the end; the searches of a table that is searched", body = AnswerBody),
        SimulatorRefusals,
    )
)]
pub(crate) async fn translate(
    State(app): State<Arc<App>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    answered(&app, body, answer).await
}

fn answer(body: &[u8]) -> Result<Bytes, Problem> {
    let members = Members::parse(body, MEMBERS)?;
    match members.text("table", A_TABLE)? {
        None | Some("levels") => walked(&members),
        Some(kind @ ("inverted" | "hashed")) => searched(&members, kind),
        Some(other) => Err(unexpected("table", &other.into(), A_TABLE)),
    }
}

/// The answer of a table of levels.
fn walked(members: &Members) -> Result<Bytes, Problem> {
    if let Some(member) = ["frames", "buckets"].into_iter().find(|name| members.get(name).is_some())
    {
        return Err(Problem::member(format!(
            "`{member}` is of a table that is searched: give `table` too, {A_TABLE}"
        )));
    }
    let scheme = scheme(members)?;
    let script = script(members)?;
    let windows = members.switch("windows")? == Some(true);
    let (steps, system) = replay(&scheme, &script).map_err(|error| at("script", &error))?;
    few(steps.len(), if windows { WINDOWED_MAX } else { ACCESSES_MAX })?;
    let mut document =
        TranslateDocument::new(steps, &system).map_err(|error| at("script", &error))?;
    if !windows {
        document.drop_windows();
    }
    Ok(json_bytes(&document))
}

/// The answer of a table that is searched.
fn searched(members: &Members, kind: &str) -> Result<Bytes, Problem> {
    if let Some(member) = OF_LEVELS.iter().find(|name| members.get(name).is_some()) {
        return Err(Problem::member(format!(
            "`{member}` is of a table of levels, and `table` is {kind}: leave one of them out"
        )));
    }
    let offset_bits = bits_of("offset_bits", members.needed("offset_bits", BITS)?)?;
    let size = |member: &'static str| {
        let size = members.number(member, "a whole number from 1", 16)?;
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        let table = shared_table(kind, size, offset_bits);
        table.map_err(|error| match error {
            Error::OffsetBits { .. } => at("offset_bits", &error),
            _ => at(member, &error),
        })
    };
    let (table, other): (SharedTable, _) = match kind {
        "inverted" => (size("frames")?, "buckets"),
        _ => (size("buckets")?, "frames"),
    };
    if members.get(other).is_some() {
        return Err(Problem::member(format!(
            "`{other}`: `table` is {kind}, which has none: leave it out"
        )));
    }
    let (steps, table) =
        engine::search(table, &script(members)?).map_err(|error| at("script", &error))?;
    few(steps.len(), ACCESSES_MAX)?;
    Ok(json_bytes(&SearchDocument::new(steps, &table)))
}

fn script(members: &Members) -> Result<Script, Problem> {
    members.needed("script", A_SCRIPT)?;
    let text = members.text("script", A_SCRIPT)?.unwrap_or_default();
    Script::parse(text.as_bytes()).map_err(|error| at("script", &error))
}

fn few(accesses: usize, most: usize) -> Result<(), Problem> {
    if accesses <= most {
        return Ok(());
    }
    Err(Problem::too_much(format!(
        "`script` has {accesses} accesses: this server answers {most} at most; split it, or run \
         `ramscope sim translate`, which has no such bound"
    )))
}

fn scheme(members: &Members) -> Result<Scheme, Problem> {
    let split = ["levels", "offset_bits", "address_bits"];
    if let Some(preset) = members.text("preset", A_PRESET)? {
        if let Some(member) = split.into_iter().find(|member| members.get(member).is_some()) {
            return Err(Problem::member(format!(
                "`preset` and `{member}` both say how addresses are split: give one of them"
            )));
        }
        return Scheme::preset(preset).map_err(|error| at("preset", &error));
    }
    let value = members.needed("levels", LEVELS)?;
    let list = value.as_array().ok_or_else(|| unexpected("levels", value, LEVELS))?;
    let bits = |(index, value): (usize, &Value)| {
        let bits = value.as_u64().and_then(|bits| u32::try_from(bits).ok());
        bits.ok_or_else(|| unexpected(&format!("levels[{index}]"), value, BITS))
    };
    let levels: Vec<u32> = list.iter().enumerate().map(bits).collect::<Result<_, _>>()?;
    let value = members.needed("offset_bits", BITS)?;
    let offset_bits = bits_of("offset_bits", value)?;
    let address_bits =
        members.get("address_bits").map(|value| bits_of("address_bits", value)).transpose()?;
    Scheme::new(&levels, offset_bits, address_bits).map_err(|error| match error {
        Error::OffsetBits { .. } => at("offset_bits", &error),
        _ => at("levels", &error),
    })
}

fn bits_of(member: &str, value: &Value) -> Result<u32, Problem> {
    let bits = value.as_u64().and_then(|bits| u32::try_from(bits).ok());
    bits.ok_or_else(|| unexpected(member, value, BITS))
}

/// What the engine refused, with the member that holds it.
fn at(member: &str, error: &Error) -> Problem {
    Problem::member(format!("`{member}`: {error}"))
}
