//! Scripts on tables that all processes share, and that are searched: inverted and hashed ones.
//!
//! They take the part of the language that such a table has bits for: `space`, `map`, `unmap`, `read`, `write`, `fetch`. A
//! space is a process, and is named by its number; a script begins in process 0.

use serde::Serialize;

use super::bytes::Address;
use super::error::Error;
use super::format::low_bits;
use super::probing::{Hashed, Inverted, Owner, Search};
use super::script::{Event, Script};
use super::system::{Mapping, Target};
use super::walk::Access;
use crate::processes::TextError;

/// The most frames or buckets of one table.
pub const MAX_SHARED: u32 = 4096;

/// The most entries that the searches of one script may look at in all: it bounds the answer.
const MAX_PROBES: usize = 200_000;

/// A table that all processes share.
#[derive(Debug, Clone)]
pub enum SharedTable {
    /// An entry a frame.
    Inverted(Inverted),
    /// A chain a bucket.
    Hashed(Hashed),
}

/// What came of one access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SearchStep {
    /// Its number among the accesses, from 1.
    pub index: u64,
    /// The process.
    pub process: u32,
    /// The virtual address.
    pub virtual_address: Address,
    /// What was to be done there; these tables hold no protection that would forbid it.
    pub access: Access,
    /// The page number.
    pub page: u64,
    /// The offset in the page.
    pub offset: u64,
    /// What was looked at.
    #[serde(flatten)]
    pub search: Search,
}

impl SharedTable {
    /// An inverted table of `frames` frames.
    ///
    /// # Errors
    /// [`Error::Shared`], [`Error::OffsetBits`].
    pub fn inverted(frames: u32, offset_bits: u32) -> Result<SharedTable, Error> {
        bounded("frames", frames)?;
        Ok(SharedTable::Inverted(Inverted::new(frames, offset_bits)?))
    }

    /// A hashed table of `buckets` chains.
    ///
    /// # Errors
    /// [`Error::Shared`], [`Error::OffsetBits`].
    pub fn hashed(buckets: u32, offset_bits: u32) -> Result<SharedTable, Error> {
        bounded("buckets", buckets)?;
        Ok(SharedTable::Hashed(Hashed::new(buckets, offset_bits)?))
    }

    /// The bits of the offset in a page.
    pub fn offset_bits(&self) -> u32 {
        match self {
            SharedTable::Inverted(table) => table.offset_bits(),
            SharedTable::Hashed(table) => table.offset_bits(),
        }
    }

    /// How many frames an inverted table has, how many buckets a hashed one.
    pub fn size(&self) -> u64 {
        match self {
            SharedTable::Inverted(table) => table.frames(),
            SharedTable::Hashed(table) => table.buckets(),
        }
    }

    fn map(&mut self, owner: Owner, frame: Option<u32>) -> Result<(), Error> {
        match self {
            SharedTable::Inverted(table) => {
                let frame = frame.or_else(|| table.free()).ok_or(table.full())?;
                table.map(owner, frame)
            }
            SharedTable::Hashed(table) => {
                let frame = frame.unwrap_or_else(|| table.free());
                table.map(owner, frame)
            }
        }
    }

    fn unmap(&mut self, owner: Owner) -> Result<(), Error> {
        match self {
            SharedTable::Inverted(table) => table.unmap(owner),
            SharedTable::Hashed(table) => table.unmap(owner),
        }
    }

    fn translate(&self, process: u32, address: u64) -> Search {
        match self {
            SharedTable::Inverted(table) => table.translate(process, address),
            SharedTable::Hashed(table) => table.translate(process, address),
        }
    }
}

/// Makes the mappings and the accesses of a script, and returns the searches and the table as it is at the end.
///
/// # Errors
/// What the table refuses or has no bits for, as [`Error::Script`] at its line; [`Error::TooManyProbes`].
pub fn search(
    mut table: SharedTable,
    script: &Script,
) -> Result<(Vec<SearchStep>, SharedTable), Error> {
    let (mut process, mut probes) = (0, 0);
    let mut steps = Vec::new();
    for (line, event) in &script.events {
        let at = |error: Error| {
            Error::Script(TextError { line: *line, column: 1, problem: error.to_string() })
        };
        match event {
            Event::Space(name) => process = numbered(name).map_err(at)?,
            Event::Map(mapping) => {
                let page = mapping.page;
                let frame = frame_of(mapping).map_err(at)?;
                table.map(Owner { process, page }, frame).map_err(at)?;
            }
            Event::Unmap(page) => table.unmap(Owner { process, page: *page }).map_err(at)?,
            Event::Fork(_) => return Err(at(Error::NotShared { what: "a fork" })),
            Event::Access(request) => {
                let bits = table.offset_bits();
                let search = table.translate(process, request.address);
                probes += search.probes.len();
                if probes > MAX_PROBES {
                    return Err(Error::TooManyProbes { most: MAX_PROBES });
                }
                steps.push(SearchStep {
                    index: steps.len() as u64 + 1,
                    process,
                    virtual_address: Address(request.address),
                    access: request.access,
                    page: request.address >> bits,
                    offset: request.address & low_bits(bits),
                    search,
                });
            }
        }
    }
    Ok((steps, table))
}

/// The process that a space's name is.
fn numbered(name: &str) -> Result<u32, Error> {
    name.parse().map_err(|_| Error::Process { name: name.to_owned() })
}

/// The frame of a mapping; `None` where any will do.
fn frame_of(mapping: &Mapping) -> Result<Option<u32>, Error> {
    if mapping.huge > 0 {
        return Err(Error::NotShared { what: "a huge page" });
    }
    match mapping.target {
        Target::Any => Ok(None),
        Target::Frame(frame) => {
            let most = u64::from(u32::MAX);
            u32::try_from(frame).map(Some).map_err(|_| Error::Frame { frame, frames: most })
        }
        Target::Shared(_) => Err(Error::NotShared { what: "a page that stays shared" }),
        Target::Swap(_) => Err(Error::NotShared { what: "a page in swap" }),
    }
}

fn bounded(what: &'static str, asked: u32) -> Result<(), Error> {
    if (1..=MAX_SHARED).contains(&asked) { Ok(()) } else { Err(Error::Shared { what, asked }) }
}
