//! `POST /api/v1/sim/processes`: how processes live in a memory that is too small for all of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use ramscope_sim::processes::{self as engine, Error, Problem as Question, Script, Simulation};
use serde::Serialize;
use utoipa::ToSchema;

use super::answered;
use super::document::ParameterValue;
use super::members::{Members, at};
use super::paging::settings;
use super::question::policies_named;
use crate::app::App;
use crate::problem::{Problem, SimulatorRefusals};
use crate::wire::{SCHEMA_VERSION, json_bytes};

const MEMBERS: &[&str] =
    &["memory_bytes", "page_bytes", "processes", "script", "policy", "preset", "set"];

const A_SIZE: &str = "a whole number of bytes";
const PROCESSES: &str = "a whole number of processes";
const A_POLICY: &str = "the name of a policy; /api/v1/sim/paging/policies lists them";
const A_SCRIPT: &str = "a text with an event a line: arrive p1 3, touch p1 0, write p1 0, end p1";

/// A question about processes in frames. It is read member by member, so that a refusal names the member; this is its
/// description.
#[derive(ToSchema)]
#[schema(as = ProcessesQuestion)]
#[expect(dead_code, reason = "describes the body; `question` reads it")]
pub(crate) struct QuestionBody {
    /// Physical memory in bytes, a whole number of pages; 1024 where nothing is said.
    #[schema(example = 1024)]
    memory_bytes: Option<u64>,
    /// The page size in bytes; 64 where nothing is said.
    #[schema(example = 64)]
    page_bytes: Option<u64>,
    /// How many processes of one page arrive one after the other and write it; 20 where there is no script.
    #[schema(example = 20)]
    processes: Option<u64>,
    /// What the processes do instead, an event a line: `arrive p1 3`, `touch p1 0`, `write p1 0`, `end p1`.
    script: Option<String>,
    /// The replacement policy; `fifo` where nothing is said.
    policy: Option<String>,
    /// The convention of a book or program.
    preset: Option<String>,
    /// Parameters and their values, on top of the preset.
    set: Option<BTreeMap<String, ParameterValue>>,
}

/// How the processes lived: memory at the end, and every step that led there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Processes)]
pub struct ProcessesDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// The replacement policy.
    policy: &'static str,
    /// Every parameter that the numbers depend on, with its value.
    #[schema(value_type = BTreeMap<String, ParameterValue>)]
    convention: BTreeMap<&'static str, ParameterValue>,
    /// Physical memory in bytes.
    memory_bytes: u64,
    /// The page size in bytes.
    page_bytes: u64,
    /// Touches and writes.
    references: u64,
    /// Of those, the ones that found their page not resident.
    faults: u64,
    /// Of those, the ones that found it resident.
    hits: u64,
    /// Faults whose page went into a free frame.
    placed: u64,
    /// Faults whose page replaced another.
    replaced: u64,
    /// Faults whose page was read back from the swap area.
    swap_ins: u64,
    /// Dirty pages copied to the swap area.
    swap_outs: u64,
    /// The physical frames at the end, lowest first.
    frames: Vec<FrameDocument>,
    /// The page tables of the processes that live at the end, in order of arrival.
    page_tables: Vec<TableDocument>,
    /// The swap area's slots at the end, lowest first.
    swap: Vec<SlotDocument>,
    /// Every step.
    steps: Vec<EventDocument>,
}

/// A physical frame and what it holds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FrameHeld)]
struct FrameDocument {
    /// Its number, from 0.
    frame: u32,
    /// The owner's name; null where the frame is free.
    process: Option<String>,
    /// The number of the owner's page.
    page: Option<u32>,
}

/// A slot of the swap area, one page large, and whose copy it holds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SlotHeld)]
struct SlotDocument {
    /// Its number, from 0.
    slot: u32,
    /// The owner's name; null where the slot is free.
    process: Option<String>,
    /// The number of the owner's page.
    page: Option<u32>,
}

/// The page table of one process.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PageTable)]
struct TableDocument {
    /// The process.
    process: String,
    /// An entry a page.
    pages: Vec<EntryDocument>,
}

/// One entry of a page table.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PageTableEntry)]
struct EntryDocument {
    /// The page's number, from 0.
    page: u32,
    /// Whether it is in memory.
    present: bool,
    /// The frame it is in.
    frame: Option<u32>,
    /// Whether it was written since it was loaded.
    dirty: bool,
    /// The slot of the swap area that holds a copy, which is stale while the page is dirty.
    swap_slot: Option<u32>,
}

/// A page with its owner's name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OwnedPage)]
struct OwnedDocument {
    /// The owner.
    process: String,
    /// The number of its page.
    page: u32,
}

/// One event and all that it caused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProcessStep)]
struct EventDocument {
    /// Its number, from 1.
    index: u64,
    /// The event as a script writes it.
    event: String,
    /// Whose event it is.
    process: String,
    /// `arrive`, `touch`, `write` or `end`.
    action: &'static str,
    /// The page that is touched or written; null for an arrival and an end.
    page: Option<u32>,
    /// Whether that page was resident; null for an arrival and an end.
    hit: Option<bool>,
    /// The frame it is in now.
    frame: Option<u32>,
    /// The page that left this frame for it.
    victim: Option<OwnedDocument>,
    /// Pages that left without being replaced, by policies that give frames back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    released: Vec<OwnedDocument>,
    /// The slot from which the page was read back.
    swapped_in: Option<u32>,
    /// The slots to which dirty pages went.
    swapped_out: Vec<SlotDocument>,
    /// The frames that hold something else than before, as they are now.
    frames_changed: Vec<FrameDocument>,
    /// The slots that hold something else than before, as they are now.
    swap_changed: Vec<SlotDocument>,
    /// What happened and why, in sentences.
    explain: String,
}

/// Let processes live in a memory that is too small for all of them.
///
/// Paging is by demand: a touch of a page that is not resident faults and brings it in; when no frame is free, the
/// policy chooses the page that leaves, which goes to the swap area where it is dirty. It needs no token, and changes
/// nothing.
#[utoipa::path(
    post,
    path = "/api/v1/sim/processes",
    tag = "sim",
    request_body = QuestionBody,
    responses(
        (status = 200, description = "Memory at the end, and every step", body = ProcessesDocument),
        SimulatorRefusals,
    )
)]
pub(crate) async fn processes(
    State(app): State<Arc<App>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    answered(&app, body, answer).await
}

fn answer(body: &[u8]) -> Result<Bytes, Problem> {
    let question = question(&Members::parse(body, MEMBERS)?)?;
    let simulation = engine::simulate(&question).map_err(|error| refusal(&error))?;
    Ok(json_bytes(&ProcessesDocument::from(simulation)))
}

fn question(members: &Members) -> Result<Question, Problem> {
    let policy = members.text("policy", A_POLICY)?.unwrap_or("fifo");
    policies_named([policy]).map_err(|error| at("policy", &error))?;
    Ok(Question {
        memory_bytes: members.number("memory_bytes", A_SIZE, 1024)?,
        page_bytes: members.number("page_bytes", A_SIZE, 64)?,
        policy: policy.to_owned(),
        convention: settings(members)?,
        script: script(members)?,
    })
}

fn script(members: &Members) -> Result<Script, Problem> {
    let processes = members.number("processes", PROCESSES, 20)?;
    match members.text("script", A_SCRIPT)? {
        Some(_) if members.get("processes").is_some() => {
            Err(Problem::member("`processes` and `script` both say what happens: give one of them"))
        }
        Some(text) => Script::parse(text.as_bytes())
            .map_err(|error| Problem::member(format!("`script`: {error}"))),
        None => Script::arrivals(processes)
            .map_err(|error| Problem::member(format!("`processes`: {error}"))),
    }
}

/// What the engine refused, with the member that holds it.
fn refusal(error: &Error) -> Problem {
    let place = match error {
        Error::Split { .. } | Error::Frames { .. } => "`memory_bytes`",
        Error::Processes { .. } => "`processes`",
        Error::Paging(_) => "`policy`",
        _ => "`script`",
    };
    Problem::member(format!("{place}: {error}"))
}

/// All members of an engine's type, moved into those of the wire.
fn each<T, U: From<T>>(list: Vec<T>) -> Vec<U> {
    list.into_iter().map(U::from).collect()
}

impl From<Simulation> for ProcessesDocument {
    fn from(simulation: Simulation) -> ProcessesDocument {
        let engine::Counts { references, faults, hits, placed, replaced, swap_ins, swap_outs } =
            simulation.counts;
        let convention = simulation.convention.0.into_iter();
        ProcessesDocument {
            schema_version: SCHEMA_VERSION,
            policy: simulation.policy,
            convention: convention.map(|(name, value)| (name, value.into())).collect(),
            memory_bytes: simulation.memory_bytes,
            page_bytes: simulation.page_bytes,
            references,
            faults,
            hits,
            placed,
            replaced,
            swap_ins,
            swap_outs,
            frames: each(simulation.scene.frames),
            page_tables: each(simulation.scene.page_tables),
            swap: each(simulation.scene.swap),
            steps: each(simulation.steps),
        }
    }
}

impl From<engine::FrameSlot> for FrameDocument {
    fn from(engine::FrameSlot { frame, process, page }: engine::FrameSlot) -> FrameDocument {
        FrameDocument { frame, process, page }
    }
}

impl From<engine::SwapSlot> for SlotDocument {
    fn from(engine::SwapSlot { slot, process, page }: engine::SwapSlot) -> SlotDocument {
        SlotDocument { slot, process, page }
    }
}

impl From<engine::Owned> for OwnedDocument {
    fn from(engine::Owned { process, page }: engine::Owned) -> OwnedDocument {
        OwnedDocument { process, page }
    }
}

impl From<engine::PageTable> for TableDocument {
    fn from(engine::PageTable { process, pages }: engine::PageTable) -> TableDocument {
        TableDocument { process, pages: each(pages) }
    }
}

impl From<engine::TableEntry> for EntryDocument {
    fn from(entry: engine::TableEntry) -> EntryDocument {
        let engine::TableEntry { page, present, frame, dirty, swap_slot } = entry;
        EntryDocument { page, present, frame, dirty, swap_slot }
    }
}

impl From<engine::Step> for EventDocument {
    fn from(step: engine::Step) -> EventDocument {
        EventDocument {
            index: step.index,
            event: step.event,
            process: step.process,
            action: step.action,
            page: step.page,
            hit: step.hit,
            frame: step.frame,
            victim: step.victim.map(OwnedDocument::from),
            released: each(step.released),
            swapped_in: step.swapped_in,
            swapped_out: each(step.swapped_out),
            frames_changed: each(step.frames_changed),
            swap_changed: each(step.swap_changed),
            explain: step.explain,
        }
    }
}
