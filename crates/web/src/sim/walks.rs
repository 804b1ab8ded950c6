//! What `POST /api/v1/sim/translate` answers of a table of levels: each walk, bit by bit, and the tables at the end.

use ramscope_sim::translate::{self as engine, EntryFormat, Error, SpaceId, System};
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::SCHEMA_VERSION;

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
    /// Which bit of an entry is what.
    entry_layout: EntryLayoutDocument,
    /// An access a step.
    steps: Vec<AccessDocument>,
    /// The tables of the first address space at the end, the top one first.
    tables: Vec<TableDocument>,
}

/// Which bit of an entry is what.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EntryLayout)]
struct EntryLayoutDocument {
    /// The lowest bit of the frame number.
    frame_low: u32,
    /// The bits of the frame number.
    frame_bits: u32,
    /// The bits that say something of the page, the lowest first. What has no bit is always allowed.
    flags: Vec<FlagBitDocument>,
}

/// A bit of an entry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FlagBit)]
struct FlagBitDocument {
    /// `present`, `valid`, `read`, `write`, `execute`, `no_execute`, `user`, `referenced`, `dirty` or `copy_on_write`.
    name: &'static str,
    /// Which bit, from 0.
    bit: u32,
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
    /// What was done, in a sentence.
    explain: String,
}

/// A translation, or where it ended. Addresses are hexadecimal texts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Walk)]
pub(super) struct WalkDocument {
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
    /// The last of the sentences: the physical address, or the fault.
    conclusion: String,
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
    /// The entry and its neighbours, at most five, as they are after the walk; absent where they were not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<Vec<RowDocument>>,
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
            entry_layout: EntryLayoutDocument::from(&scheme.format),
            steps: steps.into_iter().map(AccessDocument::from).collect(),
            tables: system.tables(SpaceId(0))?.into_iter().map(TableDocument::from).collect(),
        })
    }
}

impl TranslateDocument {
    /// Leaves out the entries around those that were read.
    pub(super) fn drop_windows(&mut self) {
        let walks = self.steps.iter_mut().flat_map(|step| &mut step.walks);
        walks.flat_map(|walk| &mut walk.levels).for_each(|level| level.window = None);
    }
}

impl From<engine::Step> for AccessDocument {
    fn from(step: engine::Step) -> AccessDocument {
        let engine::Outcome { walks, copied, explain } = step.outcome;
        AccessDocument {
            index: step.index,
            space: step.space,
            walks: walks.into_iter().map(WalkDocument::from).collect(),
            copied: copied.map(|engine::Copied { from_frame, to_frame, explain }| CopiedDocument {
                from_frame,
                to_frame,
                explain,
            }),
            explain,
        }
    }
}

/// How documents call what is done at an address.
pub(super) fn access_name(access: engine::Access) -> &'static str {
    match access {
        engine::Access::Read => "read",
        engine::Access::Write => "write",
        engine::Access::Execute => "execute",
    }
}

impl From<&EntryFormat> for EntryLayoutDocument {
    fn from(format: &EntryFormat) -> EntryLayoutDocument {
        let named = [
            (Some(format.present), "present"),
            (format.valid, "valid"),
            (format.read, "read"),
            (format.write, "write"),
            (format.execute, "execute"),
            (format.no_execute, "no_execute"),
            (format.user, "user"),
            (format.referenced, "referenced"),
            (format.dirty, "dirty"),
            (format.copy_on_write, "copy_on_write"),
        ];
        let bit = |(bit, name): (Option<u32>, _)| Some(FlagBitDocument { name, bit: bit? });
        let mut flags: Vec<FlagBitDocument> = named.into_iter().filter_map(bit).collect();
        flags.sort_by_key(|flag| flag.bit);
        EntryLayoutDocument { frame_low: format.frame_low, frame_bits: format.frame_bits, flags }
    }
}

impl From<engine::Walk> for WalkDocument {
    fn from(walk: engine::Walk) -> WalkDocument {
        WalkDocument {
            virtual_address: walk.virtual_address.to_string(),
            access: access_name(walk.access),
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
            conclusion: walk.conclusion,
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
            window: Some(level.window.into_iter().map(RowDocument::from).collect()),
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
