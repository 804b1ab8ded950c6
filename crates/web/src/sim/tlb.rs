//! `POST /api/v1/sim/tlb`: which translations a TLB holds, access by access, and the effective access time.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use ramscope_sim::paging::Want;
use ramscope_sim::tlb::{
    self as engine, Access, Convention, Effective, Error, Geometry, Replacement, Report, Setup,
    Switch, Timing,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::answered;
use super::bounds::STEPS_MAX;
use super::members::{Members, unexpected};
use crate::app::App;
use crate::problem::{Problem, SimulatorRefusals};
use crate::wire::{SCHEMA_VERSION, json_bytes};

const MEMBERS: &[&str] = &[
    "entries",
    "ways",
    "replacement",
    "second_entries",
    "second_ways",
    "page_bytes",
    "switch",
    "split",
    "seed",
    "form",
    "accesses",
    "steps",
    "tlb_time",
    "second_time",
    "memory_time",
    "levels",
];

const A_NUMBER: &str = "a whole number from 1";
const A_TIME: &str = "a number of 0 or more, in any unit";
const A_REPLACEMENT: &str = "lru, fifo, random or plru";
const A_FORM: &str = "typed or lackey";
const A_SWITCH: &str = "tagged or flush";
const ACCESSES: &str = "a text of addresses such as \"0x1000 0x2000 w 1:0x1000\"";

/// A question to a TLB. It is read member by member, so that a refusal names the member; this is its description.
#[derive(ToSchema)]
#[schema(as = TlbQuestion)]
#[expect(dead_code, reason = "describes the body; `setup` and `answer` read it")]
pub(crate) struct QuestionBody {
    /// Translations that the first level holds; 64 where nothing is said.
    #[schema(example = 64)]
    entries: Option<u32>,
    /// Ways of a set; 4 where nothing is said.
    #[schema(example = 4)]
    ways: Option<u32>,
    /// Who leaves a full set: lru, fifo, random or plru.
    replacement: Option<String>,
    /// Translations of a second level, where there is one.
    second_entries: Option<u32>,
    /// Ways of its sets; those of the first level where nothing is said.
    second_ways: Option<u32>,
    /// The page size in bytes; 4096 where nothing is said.
    page_bytes: Option<u64>,
    /// What happens when another address space runs: entries are `tagged` with it and stay, or all `flush`.
    switch: Option<String>,
    /// One first level for code and one for data, both of this shape, instead of one for all.
    split: Option<bool>,
    /// The seed of random replacement; 1 where nothing is said.
    seed: Option<u64>,
    /// How `accesses` is written: `typed`, which is the rule, or `lackey`, as valgrind's lackey prints it.
    form: Option<String>,
    /// Addresses between spaces: `4096`, `0x1000`, `2:0x1000` in address space 2; w after one writes, x executes.
    #[schema(example = "0x1000 0x2000 0x1000")]
    accesses: String,
    /// Whether the answer holds every step; where nothing is said, up to 10,000.
    steps: Option<bool>,
    /// The time of a look-up, in any unit: with `memory_time`, asks for the effective access time.
    tlb_time: Option<f64>,
    /// The time of a look-up of the second level, in the same unit; `tlb_time` where nothing is said.
    second_time: Option<f64>,
    /// The time of an access to memory, in the same unit.
    memory_time: Option<f64>,
    /// Levels of the page table that a miss walks; 1 where nothing is said.
    levels: Option<u32>,
}

/// What a TLB did with a list of accesses.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tlb)]
pub struct TlbDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// The page size in bytes.
    page_bytes: u64,
    /// What happens when another address space runs: `tagged` or `flush`.
    switch: &'static str,
    /// The levels there are, the first ones first.
    units: Vec<UnitDocument>,
    /// Accesses in the list.
    references: u64,
    /// Accesses that the first level held all of.
    hits: u64,
    /// Accesses that it did not.
    misses: u64,
    /// Hits over references, 0..1.
    hit_ratio: f64,
    /// Page walks: pages that no level held.
    walks: u64,
    /// Flushes.
    flushes: u64,
    /// The effective access time in both conventions of the formula; empty where no times were given.
    effective: Vec<EffectiveDocument>,
    /// Every step; absent where steps were not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<Vec<LookedUpDocument>>,
}

/// One level of a TLB.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TlbUnit)]
struct UnitDocument {
    /// `first`, `data`, `code` or `second`.
    name: &'static str,
    /// How many translations it holds.
    entries: u32,
    /// How many of them make a set.
    ways: u32,
    /// Its sets.
    sets: u32,
    /// Who leaves a full set: `lru`, `fifo`, `random` or `plru`.
    #[schema(value_type = String)]
    replacement: Replacement,
    /// Accesses that looked something up in it.
    accesses: u64,
    /// Of those, the ones that missed.
    misses: u64,
    /// The others over all, 0..1; null where there was no access.
    hit_ratio: Option<f64>,
}

/// An effective access time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EffectiveTime)]
struct EffectiveDocument {
    /// `lookup_counted` or `lookup_not_counted`.
    convention: &'static str,
    /// The time, in the unit of the times given.
    time: f64,
    /// The formula in symbols.
    formula: &'static str,
    /// The formula with its numbers.
    explain: String,
}

/// What one access did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TlbStep)]
struct LookedUpDocument {
    /// Its number in the list, from 1.
    index: u64,
    /// The address space.
    asid: u32,
    /// The virtual address, hexadecimal.
    address: String,
    /// `fetch`, `read` or `write`.
    #[schema(value_type = String)]
    kind: engine::Kind,
    /// Whether the first level held all of it.
    hit: bool,
    /// Pages whose table had to be walked.
    walks: u64,
    /// Whether the levels were flushed before it.
    flushed: bool,
    /// The look-ups in order.
    lookups: Vec<LookupDocument>,
    /// What was compared, and why it came out so.
    explain: String,
}

/// One look-up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TlbLookup)]
struct LookupDocument {
    /// The level.
    unit: &'static str,
    /// The page that was looked up.
    page: u64,
    /// Its set.
    set: u32,
    /// The way where it stands now.
    way: u32,
    /// Whether it was there before.
    hit: bool,
    /// The translation that left this way for it.
    victim: Option<VictimDocument>,
    /// Under plru the set's tree after the look-up, root first.
    #[serde(skip_serializing_if = "Option::is_none")]
    tree: Option<String>,
}

/// A translation that left.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TlbVictim)]
struct VictimDocument {
    /// The address space.
    asid: u32,
    /// The page.
    page: u64,
}

/// Look translations up in a TLB, access by access.
///
/// The set of a page is its number mod the number of sets. With times, the answer has the effective access time in
/// both conventions of the formula. It needs no token, and changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/sim/tlb",
    tag = "sim",
    request_body = QuestionBody,
    responses(
        (status = 200, description = "The counts and the steps", body = TlbDocument),
        SimulatorRefusals,
    )
)]
pub(crate) async fn tlb(
    State(app): State<Arc<App>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    answered(&app, body, answer).await
}

fn answer(body: &[u8]) -> Result<Bytes, Problem> {
    let members = Members::parse(body, MEMBERS)?;
    let setup = setup(&members)?;
    members.needed("accesses", ACCESSES)?;
    let text = members.text("accesses", ACCESSES)?.unwrap_or_default();
    let read = match members.text("form", A_FORM)? {
        None | Some("typed") => engine::typed,
        Some("lackey") => engine::lackey,
        Some(other) => return Err(unexpected("form", &other.into(), A_FORM)),
    };
    let accesses =
        read(text.as_bytes()).map_err(|error| Problem::member(format!("`accesses`: {error}")))?;
    let want = want(&accesses, members.switch("steps")?)?;
    let report = engine::run(setup, &accesses, want).map_err(|error| refusal(&error))?;
    let effective = match times(&members)? {
        Some(times) => effective(&report, times).map_err(|error| at("tlb_time", &error))?,
        None => Vec::new(),
    };
    Ok(json_bytes(&TlbDocument::new(report, effective)))
}

fn setup(members: &Members) -> Result<Setup, Problem> {
    let replacement = members.text("replacement", A_REPLACEMENT)?.unwrap_or("lru");
    let replacement = Replacement::parse(replacement).map_err(|error| at("replacement", &error))?;
    let (entries, ways) = (small(members, "entries", 64)?, small(members, "ways", 4)?);
    let first = Geometry { entries, ways, replacement };
    let second = match members.get("second_entries") {
        Some(_) => Some(Geometry {
            entries: small(members, "second_entries", 0)?,
            ways: small(members, "second_ways", ways)?,
            replacement,
        }),
        None => None,
    };
    let switch = match members.text("switch", A_SWITCH)? {
        None | Some("tagged") => Switch::Tagged,
        Some("flush") => Switch::Flush,
        Some(other) => return Err(unexpected("switch", &other.into(), A_SWITCH)),
    };
    Ok(Setup {
        page_bytes: members.number("page_bytes", A_NUMBER, 4096)?,
        first,
        code: (members.switch("split")? == Some(true)).then_some(first),
        second,
        switch,
        seed: members.number("seed", "a whole number", 1)?,
    })
}

fn small(members: &Members, name: &'static str, usual: u32) -> Result<u32, Problem> {
    let number = members.number(name, A_NUMBER, usual.into())?;
    u32::try_from(number).map_err(|_| unexpected(name, &number.into(), A_NUMBER))
}

fn want(accesses: &[Access], asked: Option<bool>) -> Result<Want, Problem> {
    let fits = accesses.len() <= STEPS_MAX;
    match asked {
        Some(true) if !fits => Err(Problem::too_much(format!(
            "`steps` would be {} steps: this server sends {STEPS_MAX} at most; give fewer `accesses`, or ask for \
             `steps`: false",
            accesses.len()
        ))),
        asked if asked.unwrap_or(fits) => Ok(Want::Steps),
        _ => Ok(Want::Counts),
    }
}

/// What the effective access time is made of, in one unit of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Times {
    /// A look-up of the first level.
    pub tlb: f64,
    /// A look-up of the second level.
    pub second: f64,
    /// An access to memory.
    pub memory: f64,
    /// Levels of the page table that a miss walks.
    pub levels: u32,
}

/// The times that were given.
fn times(members: &Members) -> Result<Option<Times>, Problem> {
    let time = |name: &'static str| {
        let value = members.needed(name, A_TIME)?;
        value.as_f64().ok_or_else(|| unexpected(name, value, A_TIME))
    };
    if ["tlb_time", "second_time", "memory_time"].iter().all(|name| members.get(name).is_none()) {
        return Ok(None);
    }
    let (tlb, memory) = (time("tlb_time")?, time("memory_time")?);
    let second = members.get("second_time").map_or(Ok(tlb), |_| time("second_time"))?;
    Ok(Some(Times { tlb, second, memory, levels: small(members, "levels", 1)? }))
}

/// The effective access time in both conventions, with the hit ratios that were found.
///
/// # Errors
/// [`Error::Time`] for a time that is none.
pub fn effective(report: &Report, times: Times) -> Result<Vec<Effective>, Error> {
    let Times { tlb, memory, levels, .. } = times;
    let second = report.units.iter().find(|unit| unit.name == "second");
    let second = second.map(|unit| (times.second, unit.hit_ratio.unwrap_or(0.0)));
    let each = |convention| {
        let hit_ratio = report.hit_ratio;
        Timing { convention, tlb, memory, hit_ratio, levels, second, fault: None }.effective()
    };
    [Convention::LookupCounted, Convention::LookupNotCounted].into_iter().map(each).collect()
}

/// What the engine refused, with the member that holds it.
fn refusal(error: &Error) -> Problem {
    let member = match error {
        Error::Entries { .. } => "entries",
        Error::Ways { .. } | Error::Tree { .. } => "ways",
        Error::PageSize => "page_bytes",
        _ => "accesses",
    };
    at(member, error)
}

fn at(member: &str, error: &Error) -> Problem {
    Problem::member(format!("`{member}`: {error}"))
}

impl TlbDocument {
    /// The answer, with the effective access times that were asked for.
    pub fn new(report: Report, effective: Vec<Effective>) -> TlbDocument {
        TlbDocument {
            schema_version: SCHEMA_VERSION,
            page_bytes: report.page_bytes,
            switch: match report.switch {
                Switch::Tagged => "tagged",
                Switch::Flush => "flush",
            },
            units: report.units.into_iter().map(UnitDocument::from).collect(),
            references: report.references,
            hits: report.hits,
            misses: report.misses,
            hit_ratio: report.hit_ratio,
            walks: report.walks,
            flushes: report.flushes,
            effective: effective.into_iter().map(EffectiveDocument::from).collect(),
            steps: report
                .steps
                .map(|steps| steps.into_iter().map(LookedUpDocument::from).collect()),
        }
    }
}

impl From<engine::Unit> for UnitDocument {
    fn from(unit: engine::Unit) -> UnitDocument {
        let Geometry { entries, ways, replacement } = unit.geometry;
        let engine::Unit { name, sets, accesses, misses, hit_ratio, .. } = unit;
        UnitDocument { name, entries, ways, sets, replacement, accesses, misses, hit_ratio }
    }
}

impl From<Effective> for EffectiveDocument {
    fn from(effective: Effective) -> EffectiveDocument {
        EffectiveDocument {
            convention: match effective.convention {
                Convention::LookupCounted => "lookup_counted",
                Convention::LookupNotCounted => "lookup_not_counted",
            },
            time: effective.time,
            formula: effective.formula,
            explain: effective.explain,
        }
    }
}

impl From<engine::Step> for LookedUpDocument {
    fn from(step: engine::Step) -> LookedUpDocument {
        LookedUpDocument {
            index: step.index,
            asid: step.asid,
            address: step.address.to_string(),
            kind: step.kind,
            hit: step.hit,
            walks: step.walks,
            flushed: step.flushed,
            lookups: step.lookups.into_iter().map(LookupDocument::from).collect(),
            explain: step.explain,
        }
    }
}

impl From<engine::Lookup> for LookupDocument {
    fn from(lookup: engine::Lookup) -> LookupDocument {
        let engine::Lookup { unit, page, set, way, hit, victim, tree } = lookup;
        let victim = victim.map(|engine::Victim { asid, page }| VictimDocument { asid, page });
        LookupDocument { unit, page, set, way, hit, victim, tree }
    }
}
