//! The address space of a program, as the page draws it.

use ramscope_heap::{Holes, Kind, OwnedBy, Owner, Space, Wish};
use serde::Serialize;
use utoipa::ToSchema;

use super::shelf::Held;
use crate::problem::{Problem, echo};
use crate::query::Query;
use crate::wire::SCHEMA_VERSION;

/// Cells where the caller does not say how many, and at the most.
const CELLS_USUAL: u32 = 4096;
const CELLS_MAX: u32 = 16_384;

/// Microseconds in a millisecond.
const MS: u64 = 1000;

/// What is wanted of an address space.
#[derive(Clone, Copy, Debug)]
pub(super) struct SpaceWish {
    wish: Wish,
    by: OwnedBy,
}

impl SpaceWish {
    /// As a request says it.
    pub(super) fn read(query: &Query) -> Result<SpaceWish, Problem> {
        let kind = match query.choice("of", &["blocks", "mapped"])? {
            Some("mapped") => Kind::Mapped,
            _ => Kind::Blocks,
        };
        let by = match query.choice("by", &["function", "module"])? {
            Some("module") => OwnedBy::Module,
            _ => OwnedBy::Function,
        };
        let from = address(query, "from")?.unwrap_or(0);
        let to = address(query, "to")?.unwrap_or(u64::MAX);
        if from >= to {
            return Err(Problem::parameter(format!(
                "`from` is {from:#x} and `to` is {to:#x}: `from` must be below `to`"
            )));
        }
        let cells = query.number("cells", 1..=CELLS_MAX, CELLS_USUAL)?;
        Ok(SpaceWish { wish: Wish { kind, from, to, cells: cells as usize }, by })
    }
}

/// The address in a parameter.
fn address(query: &Query, name: &str) -> Result<Option<u64>, Problem> {
    let Some(text) = query.get(name) else { return Ok(None) };
    let number = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    number.map(Some).ok_or_else(|| {
        Problem::parameter(format!(
            "`{name}` is `{}`: expected an address, in decimal digits or as 0x and hexadecimal ones",
            echo(text)
        ))
    })
}

/// The address space of a session. Addresses of programs are below 2^47 and so are exact as JSON numbers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeapSpace)]
pub(crate) struct SpaceDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// blocks or mapped.
    of: &'static str,
    /// When it looked so, in milliseconds since the session began.
    at_ms: u64,
    /// Where everything lies, whatever was looked at; null where nothing lives.
    extent: Option<RegionDocument>,
    /// The stretches that are drawn, by their addresses.
    regions: Vec<RegionDocument>,
    /// Bytes of a cell: a power of two.
    cell_bytes: u64,
    /// The cells that hold something.
    cells: CellColumns,
    /// Who holds the most of all that lives, the largest first; the last one stands for all others.
    owners: Vec<OwnerDocument>,
    /// Bytes that live in what was looked at.
    live_bytes: u64,
    /// Blocks that lie in it, at least with a part.
    live_blocks: u64,
    /// All blocks in it by their addresses; null where they are more than 2,000.
    blocks: Option<BlockColumns>,
    /// What is free between blocks, beyond what an allocator rounds up; null where there are more than a million blocks.
    holes: Option<HolesDocument>,
}

/// A stretch of addresses.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeapRegion)]
pub(crate) struct RegionDocument {
    /// The first.
    from: u64,
    /// The one behind the last.
    to: u64,
}

/// Cells, in columns of one length.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = HeapCells)]
pub(crate) struct CellColumns {
    /// Its number: regions one behind the other, and in each its cells.
    number: Vec<usize>,
    /// Bytes that live in it.
    bytes: Vec<u64>,
    /// Blocks that begin in it.
    blocks: Vec<u64>,
    /// Who holds the most of it: a place among `owners`.
    owner: Vec<usize>,
}

/// Blocks, in columns of one length.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = HeapBlocks)]
pub(crate) struct BlockColumns {
    /// Where it is.
    address: Vec<u64>,
    /// Bytes asked for.
    bytes: Vec<u64>,
    /// When, in milliseconds since the session began; 0 for what was mapped.
    born_ms: Vec<u64>,
    /// Whose it is: a place among `owners`.
    owner: Vec<usize>,
}

/// Somebody who holds memory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeapOwner)]
pub(crate) struct OwnerDocument {
    /// The innermost function that is not part of how programs allocate; null by module, and for all others together.
    function: Option<String>,
    /// Its source file, where lines are known.
    file: Option<String>,
    /// The file with its code; null for all others together.
    module: Option<String>,
    /// Bytes that it holds in the whole session.
    bytes: u64,
    /// Blocks that it holds in the whole session.
    blocks: u64,
}

/// What is free between blocks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeapHoles)]
pub(crate) struct HolesDocument {
    count: u64,
    bytes: u64,
    largest_bytes: u64,
    /// Where the largest begins; null where there is none.
    largest_at: Option<u64>,
}

impl SpaceDocument {
    pub(super) fn of(held: &Held, SpaceWish { wish, by }: SpaceWish) -> SpaceDocument {
        let outline = held.intake().session().outline_of_held(wish.kind);
        // Names are looked up while the program's events go on.
        let owners = outline.owners(&mut held.names(), by);
        let (survey, at_ms) = {
            let intake = held.intake();
            let session = intake.session();
            (session.survey(wish, &owners), session.totals().end_us / MS)
        };
        let space = survey.space();
        let region =
            |region: &ramscope_heap::Region| RegionDocument { from: region.from, to: region.to };
        SpaceDocument {
            schema_version: SCHEMA_VERSION,
            of: match wish.kind {
                Kind::Blocks => "blocks",
                Kind::Mapped => "mapped",
            },
            at_ms,
            extent: space.extent.as_ref().map(region),
            regions: space.regions.iter().map(region).collect(),
            cell_bytes: space.cell_bytes,
            cells: CellColumns::of(&space),
            owners: owners.list().iter().map(OwnerDocument::of).collect(),
            live_bytes: space.live_bytes,
            live_blocks: space.live_blocks,
            blocks: BlockColumns::of(&space),
            holes: space.holes.as_ref().map(HolesDocument::of),
        }
    }
}

impl CellColumns {
    fn of(space: &Space) -> CellColumns {
        let mut columns = CellColumns::default();
        for cell in &space.cells {
            columns.number.push(cell.number);
            columns.bytes.push(cell.bytes);
            columns.blocks.push(cell.blocks);
            columns.owner.push(cell.owner);
        }
        columns
    }
}

impl BlockColumns {
    fn of(space: &Space) -> Option<BlockColumns> {
        let mut columns = BlockColumns::default();
        for spot in space.spots.as_ref()? {
            columns.address.push(spot.address);
            columns.bytes.push(spot.size);
            columns.born_ms.push(spot.born_us / MS);
            columns.owner.push(spot.owner);
        }
        Some(columns)
    }
}

impl OwnerDocument {
    fn of(owner: &Owner) -> OwnerDocument {
        let told = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        OwnerDocument {
            function: told(&owner.function),
            file: owner.file.clone(),
            module: told(&owner.module),
            bytes: owner.bytes,
            blocks: owner.blocks,
        }
    }
}

impl HolesDocument {
    fn of(holes: &Holes) -> HolesDocument {
        HolesDocument {
            count: holes.count,
            bytes: holes.bytes,
            largest_bytes: holes.largest_bytes,
            largest_at: (holes.count != 0).then_some(holes.largest_at),
        }
    }
}
