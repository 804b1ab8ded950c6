//! `POST /api/v1/sim/translate`: from a virtual address to a physical one, bit by bit.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use ramscope_sim::translate::{self as engine, Error, Scheme, Script, SpaceId, System, replay};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::answered;
use super::members::{Members, unexpected};
use crate::app::App;
use crate::problem::{Problem, ProblemDocument};
use crate::wire::{SCHEMA_VERSION, json_bytes};

const MEMBERS: &[&str] = &["preset", "levels", "offset_bits", "address_bits", "script"];

/// Most accesses of one answer: each is a walk of up to five levels.
const ACCESSES_MAX: usize = 1000;

const A_PRESET: &str = "the name of a preset such as \"10/10/12\" or \"x86-64\"";
const LEVELS: &str = "a list of the bits of each level from the top, such as [10, 10]";
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
    /// Mappings and accesses, an event a line: `map PAGE FRAME|any rwxk`, `share`, `swap PAGE SLOT`, `huge LEVELS PAGE
    /// FRAME`, `unmap PAGE`, `space NAME`, `fork NAME`, and `read`, `write` or `fetch` with an address.
    #[schema(example = "map 0x12 5 rw\nread 0x12004")]
    script: String,
}

/// What came of each access, and the tables at the end.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Translate)]
pub struct TranslateDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// The bits of each level's index, from the top.
    levels: Vec<u32>,
    /// The bits of the offset in a page.
    offset_bits: u32,
    /// The bits of an address.
    address_bits: u32,
    /// The page size in bytes.
    page_bytes: u64,
    /// What the entries look like.
    entry_format: &'static str,
    /// The size of an entry in bytes.
    entry_bytes: u32,
    /// An access a step.
    steps: Vec<AccessDocument>,
    /// The tables of the first address space at the end, the top one first.
    tables: Vec<TableDocument>,
}

/// One access.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TranslateStep)]
struct AccessDocument {
    /// Its number among the accesses, from 1.
    index: u64,
    /// The address space.
    space: String,
    /// The walk; after a copy-on-write fault also the one that went through.
    walks: Vec<WalkDocument>,
    /// The copy that was made in between.
    copied: Option<CopiedDocument>,
    /// All of it in sentences.
    explain: String,
}

/// A copy-on-write fault's work.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Copied)]
struct CopiedDocument {
    /// The frame that was shared.
    from_frame: u64,
    /// The frame of the copy; the same where nobody else used it any more.
    to_frame: u64,
}

/// A translation, or where it ended. Addresses are hexadecimal texts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Walk)]
struct WalkDocument {
    /// The virtual address.
    virtual_address: String,
    /// `read`, `write` or `execute`.
    access: &'static str,
    /// The page number.
    page: u64,
    /// The offset in the page.
    offset: u64,
    /// What was read, from the top level on.
    levels: Vec<LevelDocument>,
    /// The physical address; null after a fault.
    physical_address: Option<String>,
    /// The size of the page that was found, in bytes.
    page_bytes: Option<u64>,
    /// Why there is no physical address.
    fault: Option<FaultDocument>,
    /// The whole walk in sentences.
    explain: String,
}

/// One entry that was read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WalkLevel)]
struct LevelDocument {
    /// Counted from 1 at the top.
    level: usize,
    /// What the table is called.
    name: String,
    /// The highest bit of the address that indexes this table.
    high_bit: u32,
    /// The lowest one.
    low_bit: u32,
    /// Those bits as binary digits.
    bits: String,
    /// Those bits as a number.
    index: u64,
    /// Where the table begins.
    table_address: String,
    /// Where the entry stands.
    entry_address: String,
    /// The entry's bytes in the order of memory, as they are after the walk.
    bytes: String,
    /// The entry as a number, as it is after the walk.
    entry: String,
    /// Its frame number, or the swap slot of a page that is not present.
    frame: u64,
    /// What its bits say.
    flags: FlagsDocument,
    /// Whether it is a page, and not a way to a table.
    leaf: bool,
    /// What was checked, up to the first that did not hold.
    checked: Vec<CheckDocument>,
    /// What was read and found, in a sentence.
    explain: String,
}

/// What an entry says of its page.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PageFlags)]
struct FlagsDocument {
    /// The page belongs to the address space.
    valid: bool,
    /// It is in memory.
    present: bool,
    /// It may be read.
    read: bool,
    /// It may be written.
    write: bool,
    /// It may be executed.
    execute: bool,
    /// Unprivileged code may use it.
    user: bool,
    /// It was referenced.
    referenced: bool,
    /// It was written.
    dirty: bool,
    /// The first write copies it.
    copy_on_write: bool,
}

/// One thing that was checked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WalkCheck)]
struct CheckDocument {
    /// What must hold.
    what: &'static str,
    /// Whether it does.
    holds: bool,
}

/// Why an address is not translated.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WalkFault)]
struct FaultDocument {
    /// The level that faults, from 1 at the top; null when no table was read.
    level: Option<usize>,
    /// `not_canonical`, `invalid`, `not_present`, `protection`, `copy_on_write` or `reserved`.
    #[schema(value_type = String)]
    kind: engine::FaultKind,
    /// In a sentence.
    explain: String,
}

/// One table, with the entries in use.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TableBytes)]
struct TableDocument {
    /// Counted from 1 at the top.
    level: usize,
    /// What the table is called.
    name: String,
    /// Where it begins.
    address: String,
    /// The entries in use.
    rows: Vec<RowDocument>,
}

/// An entry in use.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TableRow)]
struct RowDocument {
    /// Which entry.
    index: u64,
    /// Where it stands.
    address: String,
    /// Its bytes in the order of memory.
    bytes: String,
    /// Its value.
    entry: String,
    /// Its frame number, or the swap slot.
    frame: u64,
    /// What its bits say.
    flags: FlagsDocument,
    /// Whether it is a page, and not a way to a table.
    leaf: bool,
}

/// Translate virtual addresses by page tables, level by level.
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
        (status = 200, description = "The walks, and the tables at the end", body = TranslateDocument),
        (status = 400, description = "The body is no JSON object", content_type = "application/problem+json", body = ProblemDocument),
        (status = 413, description = "The body is larger than 64 KiB", content_type = "application/problem+json", body = ProblemDocument),
        (status = 422, description = "A member is wrong, or too much is asked", content_type = "application/problem+json", body = ProblemDocument),
        (status = 503, description = "Too many questions at once", content_type = "application/problem+json", body = ProblemDocument),
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
    let scheme = scheme(&members)?;
    members.needed("script", A_SCRIPT)?;
    let text = members.text("script", A_SCRIPT)?.unwrap_or_default();
    let script = Script::parse(text.as_bytes()).map_err(|error| at("script", &error))?;
    let (steps, system) = replay(&scheme, &script).map_err(|error| at("script", &error))?;
    if steps.len() > ACCESSES_MAX {
        return Err(Problem::too_much(format!(
            "`script` has {} accesses: this server answers {ACCESSES_MAX} at most; split it, or run \
             `ramscope sim translate`, which has no such bound",
            steps.len()
        )));
    }
    let document = TranslateDocument::new(steps, &system).map_err(|error| at("script", &error))?;
    Ok(json_bytes(&document))
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

impl TranslateDocument {
    /// The answer to a replayed script.
    ///
    /// # Errors
    /// None in practice: the first address space is always there.
    pub fn new(steps: Vec<engine::Step>, system: &System) -> Result<TranslateDocument, Error> {
        let scheme = system.scheme();
        Ok(TranslateDocument {
            schema_version: SCHEMA_VERSION,
            levels: scheme.levels.clone(),
            offset_bits: scheme.offset_bits,
            address_bits: scheme.address_bits(),
            page_bytes: scheme.page_bytes(),
            entry_format: scheme.format.name,
            entry_bytes: scheme.format.bytes,
            steps: steps.into_iter().map(AccessDocument::from).collect(),
            tables: system.tables(SpaceId(0))?.into_iter().map(TableDocument::from).collect(),
        })
    }
}

impl From<engine::Step> for AccessDocument {
    fn from(step: engine::Step) -> AccessDocument {
        let engine::Outcome { walks, copied, explain } = step.outcome;
        AccessDocument {
            index: step.index,
            space: step.space,
            walks: walks.into_iter().map(WalkDocument::from).collect(),
            copied: copied.map(|engine::Copied { from_frame, to_frame }| CopiedDocument {
                from_frame,
                to_frame,
            }),
            explain,
        }
    }
}

impl From<engine::Walk> for WalkDocument {
    fn from(walk: engine::Walk) -> WalkDocument {
        WalkDocument {
            virtual_address: walk.virtual_address.to_string(),
            access: match walk.access {
                engine::Access::Read => "read",
                engine::Access::Write => "write",
                engine::Access::Execute => "execute",
            },
            page: walk.page,
            offset: walk.offset,
            levels: walk.levels.into_iter().map(LevelDocument::from).collect(),
            physical_address: walk.physical_address.map(|address| address.to_string()),
            page_bytes: walk.page_bytes,
            fault: walk.fault.map(|engine::Fault { level, kind, explain }| FaultDocument {
                level,
                kind,
                explain,
            }),
            explain: walk.explain,
        }
    }
}

impl From<engine::Level> for LevelDocument {
    fn from(level: engine::Level) -> LevelDocument {
        let checked = level.checked.into_iter();
        LevelDocument {
            level: level.level,
            name: level.name,
            high_bit: level.high_bit,
            low_bit: level.low_bit,
            bits: level.bits,
            index: level.index,
            table_address: level.table_address.to_string(),
            entry_address: level.entry_address.to_string(),
            bytes: level.bytes,
            entry: level.entry.to_string(),
            frame: level.frame,
            flags: level.flags.into(),
            leaf: level.leaf,
            checked: checked
                .map(|engine::Check { what, holds }| CheckDocument { what, holds })
                .collect(),
            explain: level.explain,
        }
    }
}

impl From<engine::Flags> for FlagsDocument {
    fn from(flags: engine::Flags) -> FlagsDocument {
        FlagsDocument {
            valid: flags.valid,
            present: flags.present,
            read: flags.read,
            write: flags.write,
            execute: flags.execute,
            user: flags.user,
            referenced: flags.referenced,
            dirty: flags.dirty,
            copy_on_write: flags.copy_on_write,
        }
    }
}

impl From<engine::TableBytes> for TableDocument {
    fn from(table: engine::TableBytes) -> TableDocument {
        TableDocument {
            level: table.level,
            name: table.name,
            address: table.address.to_string(),
            rows: table.rows.into_iter().map(RowDocument::from).collect(),
        }
    }
}

impl From<engine::Row> for RowDocument {
    fn from(row: engine::Row) -> RowDocument {
        RowDocument {
            index: row.index,
            address: row.address.to_string(),
            bytes: row.bytes,
            entry: row.entry.to_string(),
            frame: row.frame,
            flags: row.flags.into(),
            leaf: row.leaf,
        }
    }
}
