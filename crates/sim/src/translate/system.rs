//! The operating system's part: frames, address spaces, the tables it writes, sharing and copy-on-write.
//!
//! Tables are taken from the highest frames downwards, pages from the lowest upwards, so that a lab may name low frames for
//! its pages. A frame that several pages use is counted; `fork` makes every private writable page read-only in both
//! spaces, and the first write to it gets a copy of its own.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::bytes::{Address, Bytes};
use super::error::Error;
use super::format::{Flags, Leaf};
use super::row::Row;
use super::scheme::Scheme;
use super::walk::{FaultKind, Request, Walk, walk};

/// The most frames of physical memory: 4 GiB of 4 KiB pages.
const MAX_PHYSICAL_FRAMES: u64 = 1 << 20;

/// The most frames that the pages of one system may take in all: it bounds the work of a script of huge pages and forks.
const MAX_MARKED: u64 = 1 << 22;

/// An address space of a [`System`], from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct SpaceId(pub u32);

/// Where a page is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// In this frame; the first of its frames for a huge page.
    Frame(u64),
    /// In this frame, which stays shared and writable when the space forks.
    Shared(u64),
    /// In the lowest free frames.
    Any,
    /// Not in memory, but in this slot of the swap area.
    Swap(u64),
}

/// A page, and what its entry is to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapping {
    /// The page number; the first one of a huge page.
    pub page: u64,
    /// Where it is to be.
    pub target: Target,
    /// Its protection; `present` follows the target.
    pub flags: Flags,
    /// How many levels above the last its entry stands: 0 for a page of the usual size.
    pub huge: usize,
}

/// What an access came to, with the operating system's answer to a copy-on-write fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The walk, or the walk that faulted and then the one that did not.
    pub walks: Vec<Walk>,
    /// The copy that was made in between.
    pub copied: Option<Copied>,
    /// All of it in sentences.
    pub explain: String,
}

/// A copy-on-write fault's work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Copied {
    /// The frame that was shared.
    pub from_frame: u64,
    /// The frame of the copy; the same where nobody else used it any more, and nothing was copied.
    pub to_frame: u64,
    /// What was done, in a sentence.
    pub explain: String,
}

/// One table of a space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableBytes {
    /// Counted from 1 at the top.
    pub level: usize,
    /// What the table is called.
    pub name: String,
    /// Where it begins.
    pub address: Address,
    /// The entries in use.
    pub rows: Vec<Row>,
}

/// Physical memory and the address spaces in it.
#[derive(Debug, Clone)]
pub struct System {
    scheme: Scheme,
    memory: Bytes,
    frames: u64,
    /// Frames from here on hold tables.
    tables_from: u64,
    /// How many pages use a frame; none where it is missing.
    users: BTreeMap<u64, u32>,
    shared: BTreeSet<u64>,
    /// Frames that were ever taken, counted again for each page that took them.
    marked: u64,
    /// The frame of each space's top table.
    roots: Vec<u64>,
}

/// A page of a space: its number, its entry, where that stands, and how many levels above the last.
#[derive(Debug, Clone, Copy)]
struct Found {
    page: u64,
    entry: u64,
    at: u64,
    huge: usize,
}

impl System {
    /// A machine without an address space. It has as many frames as an entry can number, at most 2^20.
    pub fn new(scheme: Scheme) -> System {
        let frames = MAX_PHYSICAL_FRAMES.min(1 << scheme.format.frame_bits);
        System {
            scheme,
            memory: Bytes::default(),
            frames,
            tables_from: frames,
            users: BTreeMap::new(),
            shared: BTreeSet::new(),
            marked: 0,
            roots: Vec::new(),
        }
    }

    /// The way it translates.
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Physical memory.
    pub fn memory(&self) -> &Bytes {
        &self.memory
    }

    /// How many pages use a frame.
    pub fn users(&self, frame: u64) -> u32 {
        self.users.get(&frame).copied().unwrap_or(0)
    }

    /// A new address space in which nothing is mapped.
    ///
    /// # Errors
    /// [`Error::Full`].
    pub fn space(&mut self) -> Result<SpaceId, Error> {
        let root = self.table(0)?;
        self.roots.push(root);
        Ok(SpaceId(u32::try_from(self.roots.len() - 1).unwrap_or(u32::MAX)))
    }

    /// The physical address of a space's top table: what the base register holds.
    ///
    /// # Errors
    /// [`Error::Space`].
    pub fn root(&self, space: SpaceId) -> Result<u64, Error> {
        let root = self.roots.get(space.0 as usize).ok_or(Error::Space { space: space.0 })?;
        Ok(root << self.scheme.offset_bits)
    }

    /// Maps a page.
    ///
    /// # Errors
    /// [`Error::Page`], [`Error::Frame`], [`Error::Taken`], [`Error::Mapped`], [`Error::Misaligned`],
    /// [`Error::Unsupported`], [`Error::Full`], [`Error::Space`]. After an error nothing is mapped.
    pub fn map(&mut self, space: SpaceId, mapping: Mapping) -> Result<(), Error> {
        let Mapping { page, target, huge, mut flags } = mapping;
        self.check(mapping)?;
        let depth = self.scheme.levels.len() - 1 - huge;
        let at = self.entry_address(space, page, depth)?;
        if self.entry(at) != self.scheme.format.unused {
            return Err(Error::Mapped { page });
        }
        flags.present = !matches!(target, Target::Swap(_));
        flags.valid = true;
        let pages = self.pages(huge);
        if self.marked.saturating_add(pages) > MAX_MARKED {
            return Err(Error::TooMuch { most: MAX_MARKED });
        }
        let place = match target {
            Target::Frame(frame) | Target::Shared(frame) | Target::Swap(frame) => frame,
            Target::Any => self.free(pages)?,
        };
        if flags.present {
            if place + pages > self.tables_from {
                return Err(Error::Taken { frame: place });
            }
            self.take(place, pages);
        }
        if let Target::Shared(frame) = target {
            self.shared.insert(frame);
        }
        self.set(at, self.scheme.format.leaf_entry(place, flags, huge > 0));
        Ok(())
    }

    /// Takes a page out of a space. A frame that no other page uses is free again.
    ///
    /// # Errors
    /// [`Error::NotMapped`], [`Error::Space`].
    pub fn unmap(&mut self, space: SpaceId, page: u64) -> Result<(), Error> {
        let found = self.find(space, page)?;
        let flags = self.scheme.format.flags(found.entry);
        if flags.present {
            self.release(self.scheme.format.frame(found.entry), self.pages(found.huge));
        }
        self.set(found.at, self.scheme.format.unused);
        Ok(())
    }

    /// A copy of a space. Private writable pages are shared until one of the two writes them; pages mapped as
    /// [`Target::Shared`] stay shared.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where entries have no bit for it, [`Error::Full`], [`Error::Space`].
    pub fn fork(&mut self, parent: SpaceId) -> Result<SpaceId, Error> {
        let format = self.scheme.format;
        if format.copy_on_write.is_none() || format.write.is_none() {
            return Err(Error::Unsupported { what: "copy on write", format: format.name });
        }
        let pages = self.leaves(parent)?;
        let child = self.space()?;
        for Found { page, entry, at, huge } in pages {
            let (frame, mut flags) = (format.frame(entry), format.flags(entry));
            if flags.write && flags.present && !self.shared.contains(&frame) {
                flags.write = false;
                flags.copy_on_write = true;
                self.set(at, format.leaf_entry(frame, flags, huge > 0));
            }
            let target = if flags.present { Target::Frame(frame) } else { Target::Swap(frame) };
            self.map(child, Mapping { page, target, flags, huge })?;
        }
        Ok(child)
    }

    /// Makes an access. A copy-on-write fault is answered and the access made again; any other fault stands.
    ///
    /// # Errors
    /// [`Error::Full`] when there is no frame for a copy, [`Error::Space`].
    pub fn access(&mut self, space: SpaceId, request: Request) -> Result<Outcome, Error> {
        let root = self.root(space)?;
        let first = walk(&self.scheme, &mut self.memory, root, request);
        let wants_copy = |walk: &Walk| {
            walk.fault.as_ref().is_some_and(|fault| fault.kind == FaultKind::CopyOnWrite)
        };
        if !wants_copy(&first) {
            let explain = first.explain.clone();
            return Ok(Outcome { walks: vec![first], copied: None, explain });
        }
        let copied = self.copy(space, first.page)?;
        let again = walk(&self.scheme, &mut self.memory, root, request);
        let explain = format!("{} {} {}", first.explain, copied.explain, again.explain);
        Ok(Outcome { walks: vec![first, again], copied: Some(copied), explain })
    }

    /// The tables of a space with the entries in use, the top one first.
    ///
    /// # Errors
    /// [`Error::Space`].
    pub fn tables(&self, space: SpaceId) -> Result<Vec<TableBytes>, Error> {
        let mut tables = Vec::new();
        let mut waiting = std::collections::VecDeque::from([(0, self.root(space)?)]);
        while let Some((depth, table)) = waiting.pop_front() {
            let rows: Vec<Row> = self.rows(depth, table).collect();
            let next = rows.iter().filter(|row| !row.leaf && row.flags.present);
            waiting.extend(next.map(|row| (depth + 1, row.frame << self.scheme.offset_bits)));
            let name = self.scheme.names[depth].to_string();
            tables.push(TableBytes { level: depth + 1, name, address: Address(table), rows });
        }
        Ok(tables)
    }

    /// The entries of a table that are in use. Memory is sparse, so only bytes that are set are looked at, unless
    /// unused entries are not 0.
    fn rows(&self, depth: usize, table: u64) -> impl Iterator<Item = Row> {
        let format = self.scheme.format;
        let size = u64::from(format.bytes);
        let mut indexes: Vec<u64> = self
            .memory
            .set_in(table, self.scheme.table_bytes(depth))
            .map(|at| (at - table) / size)
            .collect();
        indexes.dedup();
        let read = move |index| Row::read(&self.scheme, &self.memory, depth, table, index);
        indexes.into_iter().map(read).filter(move |row| row.entry.0 != format.unused)
    }

    /// Every page of a space, huge ones once.
    fn leaves(&self, space: SpaceId) -> Result<Vec<Found>, Error> {
        let mut found = Vec::new();
        let mut waiting = vec![(0, self.root(space)?, 0)];
        while let Some((depth, table, above)) = waiting.pop() {
            let huge = self.scheme.levels.len() - 1 - depth;
            let shift = self.scheme.bits_below(depth) - self.scheme.offset_bits;
            for row in self.rows(depth, table) {
                let page = above | row.index << shift;
                if row.leaf {
                    found.push(Found { page, entry: row.entry.0, at: row.address.0, huge });
                } else {
                    waiting.push((depth + 1, row.frame << self.scheme.offset_bits, page));
                }
            }
        }
        Ok(found)
    }

    /// The entry of a page, wherever its level is.
    fn find(&self, space: SpaceId, page: u64) -> Result<Found, Error> {
        let format = &self.scheme.format;
        let address = self.scheme.address(page);
        let mut table = self.root(space)?;
        let levels = self.scheme.levels.len();
        for depth in 0..levels {
            let at = table + self.scheme.index(depth, address) * u64::from(format.bytes);
            let entry = self.entry(at);
            if entry == format.unused {
                break;
            }
            if format.is_leaf(entry, depth + 1 == levels) {
                return Ok(Found { page, entry, at, huge: levels - 1 - depth });
            }
            table = format.frame(entry) << self.scheme.offset_bits;
        }
        Err(Error::NotMapped { page })
    }

    /// Where the entry of a page at a level stands; tables on the way are made.
    fn entry_address(&mut self, space: SpaceId, page: u64, last: usize) -> Result<u64, Error> {
        let format = self.scheme.format;
        let address = self.scheme.address(page);
        let mut table = self.root(space)?;
        for depth in 0..last {
            let at = table + self.scheme.index(depth, address) * u64::from(format.bytes);
            let mut entry = self.entry(at);
            if entry == format.unused {
                entry = format.table_entry(self.table(depth + 1)?);
                self.set(at, entry);
            } else if format.is_leaf(entry, false) {
                return Err(Error::Mapped { page });
            }
            table = format.frame(entry) << self.scheme.offset_bits;
        }
        Ok(table + self.scheme.index(last, address) * u64::from(format.bytes))
    }

    /// Whether a mapping can be made at all, before any table is.
    fn check(&self, mapping: Mapping) -> Result<(), Error> {
        let Mapping { page, target, huge, flags } = mapping;
        let format = &self.scheme.format;
        let unsupported = |what| Err(Error::Unsupported { what, format: format.name });
        if page >> self.scheme.page_bits() != 0 {
            return Err(Error::Page { page, page_bits: self.scheme.page_bits() });
        }
        if huge > self.scheme.huge_levels || (huge > 0 && format.leaf == Leaf::Never) {
            return unsupported("huge pages of that size");
        }
        if matches!(target, Target::Swap(_)) && format.valid.is_none() {
            return unsupported("a page that is valid and not present");
        }
        if format.write.is_some() && !flags.read && !flags.execute && !flags.write {
            return unsupported("a page that allows nothing");
        }
        let pages = self.pages(huge);
        let (Target::Frame(frame) | Target::Shared(frame)) = target else {
            return if page % pages == 0 { Ok(()) } else { misaligned(page, 0, pages) };
        };
        if page % pages != 0 || frame % pages != 0 {
            return misaligned(page, frame, pages);
        }
        match frame.saturating_add(pages) {
            end if end > self.frames => Err(Error::Frame { frame, frames: self.frames }),
            end if end > self.tables_from => Err(Error::Taken { frame }),
            _ => Ok(()),
        }
    }

    /// Answers a copy-on-write fault of a page.
    fn copy(&mut self, space: SpaceId, page: u64) -> Result<Copied, Error> {
        let format = self.scheme.format;
        let Found { entry, at, huge, .. } = self.find(space, page)?;
        let (from_frame, pages) = (format.frame(entry), self.pages(huge));
        let mut to_frame = from_frame;
        if self.users(from_frame) > 1 {
            to_frame = self.free(pages)?;
            self.take(to_frame, pages);
            self.release(from_frame, pages);
            let bytes = |frame: u64| frame << self.scheme.offset_bits;
            self.memory.copy(bytes(from_frame), bytes(to_frame), bytes(pages));
        }
        let flags = Flags { write: true, copy_on_write: false, ..format.flags(entry) };
        self.set(at, format.leaf_entry(to_frame, flags, huge > 0));
        let explain = if from_frame == to_frame {
            format!("No other page uses frame {from_frame:#x} any more, so it is made writable.")
        } else {
            let left = match self.users(from_frame) {
                1 => "1 other still uses".to_owned(),
                left => format!("{left} others still use"),
            };
            format!(
                "Frame {from_frame:#x} is copied to frame {to_frame:#x}, which is this page's own and writable; {left} \
                 the old one."
            )
        };
        Ok(Copied { from_frame, to_frame, explain })
    }

    /// A new table for a level, from the highest free frames; its frame.
    fn table(&mut self, depth: usize) -> Result<u64, Error> {
        let wanted = self.scheme.table_bytes(depth).div_ceil(self.scheme.page_bytes());
        let lowest = self.users.last_key_value().map_or(0, |(&frame, _)| frame + 1);
        let full = Error::Full { wanted, frames: self.frames };
        let frame = self.tables_from.checked_sub(wanted).filter(|&frame| frame >= lowest);
        let frame = frame.ok_or(full)?;
        self.tables_from = frame;
        let format = &self.scheme.format;
        let table = frame << self.scheme.offset_bits;
        self.memory.clear(table, self.scheme.table_bytes(depth));
        if format.unused != 0 {
            for index in 0..1 << self.scheme.levels[depth] {
                let at = table + index * u64::from(format.bytes);
                self.memory.set_number(at, format.bytes, format.unused);
            }
        }
        Ok(frame)
    }

    /// The lowest `pages` frames that nobody uses, at a multiple of `pages`.
    fn free(&self, pages: u64) -> Result<u64, Error> {
        let mut frame = 0;
        for &used in self.users.keys() {
            if used >= frame + pages {
                break;
            }
            if used >= frame {
                frame = (used / pages + 1) * pages;
            }
        }
        let fits = frame + pages <= self.tables_from;
        if fits { Ok(frame) } else { Err(Error::Full { wanted: pages, frames: self.frames }) }
    }

    /// One page more uses these frames.
    fn take(&mut self, frame: u64, pages: u64) {
        self.marked += pages;
        for frame in frame..frame + pages {
            *self.users.entry(frame).or_insert(0) += 1;
        }
    }

    fn release(&mut self, frame: u64, pages: u64) {
        for frame in frame..frame + pages {
            let users = self.users(frame).saturating_sub(1);
            if users == 0 {
                self.users.remove(&frame);
                self.shared.remove(&frame);
            } else {
                self.users.insert(frame, users);
            }
        }
    }

    /// The size of a page that stands `huge` levels above the last, in pages.
    fn pages(&self, huge: usize) -> u64 {
        let depth = self.scheme.levels.len() - 1 - huge;
        1 << (self.scheme.bits_below(depth) - self.scheme.offset_bits)
    }

    fn entry(&self, at: u64) -> u64 {
        self.memory.number(at, self.scheme.format.bytes)
    }

    fn set(&mut self, at: u64, entry: u64) {
        self.memory.set_number(at, self.scheme.format.bytes, entry);
    }
}

fn misaligned(page: u64, frame: u64, pages: u64) -> Result<(), Error> {
    Err(Error::Misaligned { page, frame, pages })
}
