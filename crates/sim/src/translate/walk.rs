//! The walk: what the hardware reads, level by level, and what it checks.
//!
//! The address of an entry is the table's address plus the index times the size of an entry. Referenced and dirty bits
//! are set by the walk itself, once it has succeeded, in the bytes of the table.

use serde::Serialize;

use super::bytes::{Address, Bytes, hex};
use super::format::{Flags, low_bits};
use super::row::{Row, around};
use super::scheme::Scheme;

/// What an access wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Read data.
    Read,
    /// Write data.
    Write,
    /// Fetch an instruction.
    Execute,
}

/// One access to a virtual address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// The virtual address.
    pub address: u64,
    /// What is to be done there.
    pub access: Access,
    /// Whether privileged code asks: it may use pages that are not the user's.
    pub privileged: bool,
}

/// A translation, or where it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Walk {
    /// The virtual address.
    pub virtual_address: Address,
    /// What was to be done there.
    pub access: Access,
    /// The page number: all the bits above the offset that are translated.
    pub page: u64,
    /// The offset in the page.
    pub offset: u64,
    /// What was read, from the top level on.
    pub levels: Vec<Level>,
    /// The physical address; `None` after a fault.
    pub physical_address: Option<Address>,
    /// The size in bytes of the page that was found, more than the scheme's where it is huge.
    pub page_bytes: Option<u64>,
    /// Why there is no physical address.
    pub fault: Option<Fault>,
    /// What it came to, the last of the sentences: the physical address, or the fault.
    pub conclusion: String,
    /// The whole walk in sentences.
    pub explain: String,
}

/// One entry that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Level {
    /// Counted from 1 at the top.
    pub level: usize,
    /// What the table is called.
    pub name: String,
    /// The highest bit of the address that indexes this table.
    pub high_bit: u32,
    /// The lowest one.
    pub low_bit: u32,
    /// Those bits as binary digits.
    pub bits: String,
    /// Those bits as a number: which entry.
    pub index: u64,
    /// Where the table begins.
    pub table_address: Address,
    /// Where the entry stands.
    pub entry_address: Address,
    /// The entry's bytes in the order of memory, as they are after the walk.
    pub bytes: String,
    /// The entry as a number, as it is after the walk.
    pub entry: Address,
    /// Its frame number: of the page, or of the next table; the swap slot of a page that is not present.
    pub frame: u64,
    /// What its bits say.
    pub flags: Flags,
    /// Whether it is a page, and not a way to a table.
    pub leaf: bool,
    /// What was checked, up to the first that did not hold.
    pub checked: Vec<Check>,
    /// The entry and its neighbours in the table, at most five, as they are after the walk.
    pub window: Vec<Row>,
    /// What was read and found, in a sentence.
    pub explain: String,
}

/// One thing that was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What must hold: "valid", "present", "writable".
    pub what: &'static str,
    /// Whether it does.
    pub holds: bool,
}

/// Why an address is not translated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The level that faults, from 1 at the top; `None` when no table was read.
    pub level: Option<usize>,
    /// What is wrong.
    pub kind: FaultKind,
    /// In a sentence.
    pub explain: String,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FaultKind {
    /// The bits above the translated ones are not as they must be.
    NotCanonical,
    /// The page, or the table that would hold its entry, does not belong to the address space: a segmentation fault.
    Invalid,
    /// It does, and is not in memory: a page fault, which loads it.
    NotPresent,
    /// Reading, writing or executing is not allowed, or only to privileged code.
    Protection,
    /// Writing copies the page first.
    CopyOnWrite,
    /// A huge page whose frame is no multiple of its size, or a combination of bits that the hardware reserves.
    Reserved,
}

/// What the checks of one entry came to.
type Verdict = Result<(), (FaultKind, &'static str)>;

/// Translates an address by the table at `root`, a physical byte address.
pub fn walk(scheme: &Scheme, memory: &mut Bytes, root: u64, request: Request) -> Walk {
    let address = request.address;
    let mut walk = Walk {
        virtual_address: Address(address),
        access: request.access,
        page: scheme.page(address),
        offset: address & low_bits(scheme.offset_bits),
        levels: Vec::new(),
        physical_address: None,
        page_bytes: None,
        fault: None,
        conclusion: String::new(),
        explain: String::new(),
    };
    if scheme.is_canonical(address) {
        descend(scheme, memory, root, request, &mut walk);
    } else {
        walk.fault = Some(not_canonical(scheme, address));
    }
    for level in &mut walk.levels {
        let (depth, table) = (level.level - 1, level.table_address.0);
        level.window = around(scheme, memory, depth, table, level.index);
    }
    walk.conclusion = concluded(scheme, &walk);
    let told = walk.levels.iter().map(|level| level.explain.as_str());
    walk.explain = told.chain([walk.conclusion.as_str()]).collect::<Vec<_>>().join(" ");
    walk
}

fn descend(scheme: &Scheme, memory: &mut Bytes, root: u64, request: Request, walk: &mut Walk) {
    let mut table = root;
    for depth in 0..scheme.levels.len() {
        let mut level = read(scheme, memory, depth, table, request.address);
        let verdict = check(scheme, &mut level, depth, request);
        level.explain = level_told(&level, verdict);
        table = level.frame << scheme.offset_bits;
        let (leaf, frame) = (level.leaf, level.frame);
        walk.levels.push(level);
        if let Err((kind, problem)) = verdict {
            walk.fault = Some(fault(scheme, depth, kind, problem));
            return;
        }
        if leaf {
            let within = request.address & low_bits(scheme.bits_below(depth));
            walk.physical_address = Some(Address((frame << scheme.offset_bits) + within));
            walk.page_bytes = Some(1 << scheme.bits_below(depth));
            mark(scheme, memory, &mut walk.levels, request.access);
            return;
        }
    }
}

fn read(scheme: &Scheme, memory: &Bytes, depth: usize, table: u64, address: u64) -> Level {
    let (high_bit, low_bit) = scheme.bits_of(depth);
    let index = scheme.index(depth, address);
    let Row { address, bytes, entry, frame, flags, leaf, .. } =
        Row::read(scheme, memory, depth, table, index);
    Level {
        level: depth + 1,
        name: scheme.names[depth].to_string(),
        high_bit,
        low_bit,
        bits: format!("{index:0width$b}", width = scheme.levels[depth] as usize),
        index,
        table_address: Address(table),
        entry_address: address,
        bytes,
        entry,
        frame,
        flags,
        leaf,
        checked: Vec::new(),
        window: Vec::new(),
        explain: String::new(),
    }
}

/// Checks an entry in the order of the hardware, and notes each check.
fn check(scheme: &Scheme, level: &mut Level, depth: usize, request: Request) -> Verdict {
    let flags = level.flags;
    let above = scheme.levels.len() - 1 - depth;
    let mut require = |what, holds, kind, problem| {
        level.checked.push(Check { what, holds });
        if holds { Ok(()) } else { Err((kind, problem)) }
    };
    let outside = "does not belong to the address space";
    require("valid", flags.valid, FaultKind::Invalid, outside)?;
    require("present", flags.present, FaultKind::NotPresent, "is not in memory")?;
    if level.leaf && above > 0 {
        let aligned = level.frame & low_bits(scheme.bits_below(depth) - scheme.offset_bits) == 0;
        let reserved = "stands in a frame that is no multiple of its size";
        require("aligned", aligned && above <= scheme.huge_levels, FaultKind::Reserved, reserved)?;
    }
    if !level.leaf && !scheme.format.uppers_count {
        return Ok(());
    }
    if level.leaf && scheme.format.read.is_some() {
        let sensible = flags.read || !flags.write;
        let reserved = "may be written and not read, which is reserved";
        require("not reserved", sensible, FaultKind::Reserved, reserved)?;
    }
    if scheme.format.user.is_some() && !request.privileged {
        let problem = "belongs to privileged code";
        require("user", flags.user, FaultKind::Protection, problem)?;
    }
    match request.access {
        Access::Read if scheme.format.read.is_some() => {
            require("readable", flags.read, FaultKind::Protection, "may not be read")
        }
        Access::Write if scheme.format.write.is_some() && flags.copy_on_write => {
            let problem = "is shared until it is written: copy on write";
            require("writable", flags.write, FaultKind::CopyOnWrite, problem)
        }
        Access::Write if scheme.format.write.is_some() => {
            require("writable", flags.write, FaultKind::Protection, "may not be written")
        }
        Access::Execute if scheme.format.execute.or(scheme.format.no_execute).is_some() => {
            require("executable", flags.execute, FaultKind::Protection, "may not be executed")
        }
        _ => Ok(()),
    }
}

/// Sets the referenced bits, and the dirty bit of a page that is written, in memory and in what the levels show.
fn mark(scheme: &Scheme, memory: &mut Bytes, levels: &mut [Level], access: Access) {
    let format = &scheme.format;
    for level in levels {
        let referenced = format.referenced.filter(|_| level.leaf || format.uppers_count);
        let dirty = format.dirty.filter(|_| level.leaf && access == Access::Write);
        let bits = referenced.into_iter().chain(dirty).fold(0, |bits, bit| bits | 1 << bit);
        let entry = level.entry.0 | bits;
        if entry == level.entry.0 {
            continue;
        }
        let what = match dirty {
            Some(_) => "Its referenced and dirty bits are set",
            None => "Its referenced bit is set",
        };
        level.explain.push_str(&format!(" {what}: {entry:#x}."));
        memory.set_number(level.entry_address.0, format.bytes, entry);
        level.entry = Address(entry);
        level.bytes = hex(&memory.read(level.entry_address.0, format.bytes));
        level.flags = format.flags(entry);
    }
}

fn not_canonical(scheme: &Scheme, address: u64) -> Fault {
    let (address, bits) = (Address(address), scheme.address_bits());
    let explain = if scheme.sign_extended {
        let highest = bits - 1;
        format!("{address} is not canonical: the bits from {bits} on must repeat bit {highest}")
    } else {
        let needed = 64 - address.0.leading_zeros();
        format!("{address} has {needed} bits, and the table translates {bits}")
    };
    Fault { level: None, kind: FaultKind::NotCanonical, explain }
}

fn fault(scheme: &Scheme, depth: usize, kind: FaultKind, problem: &str) -> Fault {
    let (level, name) = (depth + 1, &scheme.names[depth]);
    let last = level == scheme.levels.len();
    let what = match kind {
        FaultKind::Invalid if !last => "the table it would lead to",
        FaultKind::NotPresent if !last => "the table it leads to",
        _ => "the page",
    };
    let called = match kind {
        FaultKind::Invalid => "A segmentation fault",
        FaultKind::NotPresent => "A page fault",
        FaultKind::CopyOnWrite => "A copy-on-write fault",
        _ => "A protection fault",
    };
    // A level without a name of its own is called by its number.
    let named = if name.starts_with("level ") { String::new() } else { format!(", {name}") };
    let explain = format!("{called} at level {level}{named}: {what} {problem}");
    Fault { level: Some(level), kind, explain }
}

fn level_told(level: &Level, verdict: Verdict) -> String {
    let Level { name, high_bit, low_bit, bits, index, entry_address, entry, frame, .. } = level;
    let name = capitalised(name);
    let read = format!(
        "{name}: bits {high_bit} to {low_bit} are {bits}, so entry {index} at {entry_address} is read: {entry}."
    );
    let found = match verdict {
        Err((FaultKind::NotPresent, problem)) if level.leaf => {
            format!("The page {problem}; swap slot {frame} has it.")
        }
        Err((_, problem)) if level.leaf => format!("The page {problem}."),
        Err((_, problem)) => format!("The next table {problem}."),
        Ok(()) if level.leaf => format!("It is the page's: frame {frame:#x}."),
        Ok(()) => format!("It leads to the table in frame {frame:#x}."),
    };
    format!("{read} {found}")
}

/// A table's name at the beginning of a sentence.
fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn concluded(scheme: &Scheme, walk: &Walk) -> String {
    if let Some(fault) = &walk.fault {
        return format!("{}.", fault.explain);
    }
    let (Some(physical), Some(leaf)) = (walk.physical_address, walk.levels.last()) else {
        return String::new();
    };
    let offset = walk.virtual_address.0 & low_bits(scheme.bits_below(leaf.level - 1));
    let (frame, begin) = (leaf.frame, Address(leaf.frame << scheme.offset_bits));
    let huge = if leaf.level < scheme.levels.len() { " of the huge page" } else { "" };
    format!(
        "Frame {frame:#x} begins at {begin}; with the offset {offset:#x}{huge} that is {physical}."
    )
}
