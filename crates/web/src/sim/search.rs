//! What `POST /api/v1/sim/translate` answers of a table that all processes share, and that is searched.

use ramscope_sim::translate::{self as engine, Error, SearchStep, SharedTable};
use serde::Serialize;
use utoipa::ToSchema;

use super::walks::access_name;
use crate::wire::SCHEMA_VERSION;

/// The table of a kind: `inverted` of `size` frames, else hashed of `size` buckets.
///
/// # Errors
/// [`Error::Shared`], [`Error::OffsetBits`].
pub fn shared_table(kind: &str, size: u32, offset_bits: u32) -> Result<SharedTable, Error> {
    match kind {
        "inverted" => SharedTable::inverted(size, offset_bits),
        _ => SharedTable::hashed(size, offset_bits),
    }
}

/// What came of each search.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TranslateSearch)]
pub struct SearchDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// `inverted` or `hashed`.
    table: &'static str,
    /// The bits of the offset in a page.
    offset_bits: u32,
    /// The page size in bytes.
    page_bytes: u64,
    /// The frames of an inverted table, the buckets of a hashed one.
    size: u64,
    /// The size of an entry in bytes.
    entry_bytes: u32,
    /// An access a step.
    steps: Vec<SearchStepDocument>,
}

/// One search.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TranslateSearchStep)]
struct SearchStepDocument {
    /// Its number among the accesses, from 1.
    index: u64,
    /// The process.
    process: u32,
    /// The virtual address, hexadecimal.
    virtual_address: String,
    /// `read`, `write` or `execute`.
    access: &'static str,
    /// The page number.
    page: u64,
    /// The offset in the page.
    offset: u64,
    /// The bucket of a hashed table.
    bucket: Option<u32>,
    /// The entries that were looked at, in order.
    probes: Vec<ProbeDocument>,
    /// What stands behind them and was not looked at: the first few.
    rest: Vec<ProbeDocument>,
    /// The frame; null: a page fault.
    frame: Option<u32>,
    /// The physical address; null: a page fault.
    physical_address: Option<String>,
    /// The search in sentences.
    explain: String,
}

/// One entry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Probe)]
struct ProbeDocument {
    /// Which entry.
    entry: u32,
    /// Its bytes in the order of memory.
    bytes: String,
    /// The process that it belongs to; null where it is empty.
    process: Option<u32>,
    /// That process's page.
    page: Option<u64>,
    /// The frame it leads to.
    frame: Option<u32>,
    /// The next entry of a hashed table's chain.
    next: Option<u32>,
    /// Whether that is what is searched.
    matches: bool,
}

impl SearchDocument {
    /// The answer to the searches of a script.
    pub fn new(steps: Vec<SearchStep>, table: &SharedTable) -> SearchDocument {
        let (name, entry_bytes) = match table {
            SharedTable::Inverted(_) => ("inverted", 16),
            SharedTable::Hashed(_) => ("hashed", 24),
        };
        SearchDocument {
            schema_version: SCHEMA_VERSION,
            table: name,
            offset_bits: table.offset_bits(),
            page_bytes: 1 << table.offset_bits(),
            size: table.size(),
            entry_bytes,
            steps: steps.into_iter().map(SearchStepDocument::from).collect(),
        }
    }
}

impl From<SearchStep> for SearchStepDocument {
    fn from(step: SearchStep) -> SearchStepDocument {
        let engine::Search { bucket, probes, rest, frame, physical_address, explain } = step.search;
        SearchStepDocument {
            index: step.index,
            process: step.process,
            virtual_address: step.virtual_address.to_string(),
            access: access_name(step.access),
            page: step.page,
            offset: step.offset,
            bucket,
            probes: probes.into_iter().map(ProbeDocument::from).collect(),
            rest: rest.into_iter().map(ProbeDocument::from).collect(),
            frame,
            physical_address: physical_address.map(|address| address.to_string()),
            explain,
        }
    }
}

impl From<engine::Probe> for ProbeDocument {
    fn from(probe: engine::Probe) -> ProbeDocument {
        let engine::Probe { entry, bytes, owner, frame, next, matches } = probe;
        let (process, page) = (owner.map(|owner| owner.process), owner.map(|owner| owner.page));
        ProbeDocument { entry, bytes, process, page, frame, next, matches }
    }
}
