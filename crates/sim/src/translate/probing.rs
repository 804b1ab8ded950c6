//! Inverted and hashed page tables: one table for all processes, that is searched.
//!
//! ```text
//!   inverted, an entry a frame, 16 bytes:   process u32 │ flags u32 │ page u64                        flags: bit 0 in use
//!   hashed, an entry a mapping, 24 bytes:   process u32 │ flags u32 │ page u64 │ frame u32 │ next u32   next: 0xffffffff ends
//! ```
//!
//! Source: Silberschatz, Galvin, Gagne, *Operating System Concepts*, "Hashed Page Tables" and "Inverted Page Tables". The book
//! leaves the hash function open; here it is (page + process) mod buckets, which can be done by hand. A new mapping goes to
//! the front of its chain. The search of an inverted table begins at frame 0: the frame is the index of the match.

use serde::Serialize;

use super::bytes::{Address, hex};
use super::error::Error;

/// Entries behind the last probe that are shown.
const REST: usize = 8;

/// The end of a chain.
const END: u32 = u32::MAX;

/// A page of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Owner {
    /// The process.
    pub process: u32,
    /// Its page number.
    pub page: u64,
}

/// A search of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Search {
    /// The bucket of a hashed table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<u32>,
    /// The entries that were looked at, in order.
    pub probes: Vec<Probe>,
    /// What stands behind them in the chain or the table and was not looked at: the first few.
    pub rest: Vec<Probe>,
    /// The frame; `None`: a page fault.
    pub frame: Option<u32>,
    /// The physical address; `None`: a page fault.
    pub physical_address: Option<Address>,
    /// The search in sentences.
    pub explain: String,
}

/// An entry that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Probe {
    /// Which entry.
    pub entry: u32,
    /// Its bytes in the order of memory.
    pub bytes: String,
    /// What it holds.
    pub owner: Option<Owner>,
    /// The frame it leads to.
    pub frame: Option<u32>,
    /// The next entry of a hashed table's chain.
    pub next: Option<u32>,
    /// Whether that is what is searched.
    pub matches: bool,
}

/// An inverted page table.
#[derive(Debug, Clone)]
pub struct Inverted {
    offset_bits: u32,
    owners: Vec<Option<Owner>>,
}

impl Inverted {
    /// A table for `frames` empty frames and pages of 2^`offset_bits` bytes.
    ///
    /// # Errors
    /// [`Error::OffsetBits`].
    pub fn new(frames: u32, offset_bits: u32) -> Result<Inverted, Error> {
        check(offset_bits)?;
        Ok(Inverted { offset_bits, owners: vec![None; frames as usize] })
    }

    /// Puts a page into a frame.
    ///
    /// # Errors
    /// [`Error::Frame`], [`Error::Taken`] when another page is there, [`Error::Owned`].
    pub fn map(&mut self, owner: Owner, frame: u32) -> Result<(), Error> {
        if self.owners.contains(&Some(owner)) {
            return Err(owned(owner));
        }
        let (frame, frames) = (u64::from(frame), self.owners.len() as u64);
        let slot = usize::try_from(frame).ok().and_then(|frame| self.owners.get_mut(frame));
        match slot.ok_or(Error::Frame { frame, frames })? {
            Some(_) => Err(Error::Taken { frame }),
            free => {
                *free = Some(owner);
                Ok(())
            }
        }
    }

    /// Empties the frame of a page.
    ///
    /// # Errors
    /// [`Error::NotMapped`].
    pub fn unmap(&mut self, owner: Owner) -> Result<(), Error> {
        let slot = self.owners.iter_mut().find(|slot| **slot == Some(owner));
        *slot.ok_or(Error::NotMapped { page: owner.page })? = None;
        Ok(())
    }

    /// The bits of the offset in a page.
    pub fn offset_bits(&self) -> u32 {
        self.offset_bits
    }

    /// How many frames there are.
    pub fn frames(&self) -> u64 {
        self.owners.len() as u64
    }

    /// The lowest frame that holds nothing.
    pub(super) fn free(&self) -> Option<u32> {
        let frame = self.owners.iter().position(Option::is_none)?;
        u32::try_from(frame).ok()
    }

    /// What is said when every frame holds a page.
    pub(super) fn full(&self) -> Error {
        Error::Full { wanted: 1, frames: self.frames() }
    }

    /// Translates an address of a process.
    pub fn translate(&self, process: u32, address: u64) -> Search {
        let wanted = Owner { process, page: address >> self.offset_bits };
        let probes = (0..).zip(&self.owners).map(|(entry, &owner)| Probe {
            entry,
            bytes: hex(&encoded(owner)),
            owner,
            frame: owner.is_some().then_some(entry),
            next: None,
            matches: owner == Some(wanted),
        });
        let what = format!("The inverted table is searched for {}, from frame 0", named(wanted));
        searched(None, probes, (address, self.offset_bits), &what)
    }
}

/// A hashed page table with chains.
#[derive(Debug, Clone)]
pub struct Hashed {
    offset_bits: u32,
    /// The first entry of each bucket's chain.
    buckets: Vec<u32>,
    entries: Vec<Chained>,
    /// Places that an unmapped page left: the next mapping takes the last of them.
    empty: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Chained {
    owner: Owner,
    frame: u32,
    next: u32,
}

impl Hashed {
    /// An empty table of `buckets` chains, at least 1, for pages of 2^`offset_bits` bytes.
    ///
    /// # Errors
    /// [`Error::OffsetBits`].
    pub fn new(buckets: u32, offset_bits: u32) -> Result<Hashed, Error> {
        check(offset_bits)?;
        let buckets = vec![END; buckets.max(1) as usize];
        Ok(Hashed { offset_bits, buckets, entries: Vec::new(), empty: Vec::new() })
    }

    /// Maps a page to a frame, at the front of its chain.
    ///
    /// # Errors
    /// [`Error::Owned`].
    pub fn map(&mut self, owner: Owner, frame: u32) -> Result<(), Error> {
        if self.chain(owner).any(|(_, chained)| chained.owner == owner) {
            return Err(owned(owner));
        }
        let end = u32::try_from(self.entries.len()).unwrap_or(END);
        let entry = self.empty.pop().unwrap_or(end);
        let bucket = self.bucket(owner) as usize;
        let next = std::mem::replace(&mut self.buckets[bucket], entry);
        let chained = Chained { owner, frame, next };
        match self.entries.get_mut(entry as usize) {
            Some(place) => *place = chained,
            None => self.entries.push(chained),
        }
        Ok(())
    }

    /// Takes a page out of its chain.
    ///
    /// # Errors
    /// [`Error::NotMapped`].
    pub fn unmap(&mut self, owner: Owner) -> Result<(), Error> {
        let bucket = self.bucket(owner) as usize;
        let chain: Vec<(u32, Chained)> = self.chain(owner).collect();
        let place = chain.iter().position(|(_, chained)| chained.owner == owner);
        let place = place.ok_or(Error::NotMapped { page: owner.page })?;
        let (entry, Chained { next, .. }) = chain[place];
        match place.checked_sub(1).map(|before| chain[before].0 as usize) {
            Some(before) => self.entries[before].next = next,
            None => self.buckets[bucket] = next,
        }
        self.empty.push(entry);
        Ok(())
    }

    /// The bits of the offset in a page.
    pub fn offset_bits(&self) -> u32 {
        self.offset_bits
    }

    /// How many buckets there are.
    pub fn buckets(&self) -> u64 {
        self.buckets.len() as u64
    }

    /// The lowest frame that no mapping leads to.
    pub(super) fn free(&self) -> u32 {
        let used = |frame: &u32| {
            let mut places = (0..).zip(&self.entries);
            places.any(|(at, held)| held.frame == *frame && !self.empty.contains(&at))
        };
        (0..).find(|frame| !used(frame)).unwrap_or(0)
    }

    /// Translates an address of a process.
    pub fn translate(&self, process: u32, address: u64) -> Search {
        let wanted = Owner { process, page: address >> self.offset_bits };
        let probes = self.chain(wanted).map(|(entry, chained)| Probe {
            entry,
            bytes: hex(&chained.encoded()),
            owner: Some(chained.owner),
            frame: Some(chained.frame),
            next: (chained.next != END).then_some(chained.next),
            matches: chained.owner == wanted,
        });
        let (bucket, buckets) = (self.bucket(wanted), self.buckets.len());
        let what = format!(
            "Page {:#x} of process {process} hashes to ({:#x} + {process}) mod {buckets} = bucket {bucket}, whose chain is followed",
            wanted.page, wanted.page
        );
        searched(Some(bucket), probes, (address, self.offset_bits), &what)
    }

    /// The bucket of a page: (page + process) mod buckets.
    pub fn bucket(&self, owner: Owner) -> u32 {
        let sum = u128::from(owner.page) + u128::from(owner.process);
        u32::try_from(sum % self.buckets.len() as u128).unwrap_or(0)
    }

    /// The chain of a page's bucket, with the numbers of the entries.
    fn chain(&self, owner: Owner) -> impl Iterator<Item = (u32, Chained)> {
        let mut at = self.buckets[self.bucket(owner) as usize];
        std::iter::from_fn(move || {
            let chained = *self.entries.get(at as usize)?;
            Some((std::mem::replace(&mut at, chained.next), chained))
        })
    }
}

impl Chained {
    fn encoded(self) -> Vec<u8> {
        let mut bytes = encoded(Some(self.owner));
        bytes.extend(self.frame.to_le_bytes());
        bytes.extend(self.next.to_le_bytes());
        bytes
    }
}

fn encoded(owner: Option<Owner>) -> Vec<u8> {
    let Owner { process, page } = owner.unwrap_or(Owner { process: 0, page: 0 });
    let flags = u32::from(owner.is_some());
    [&process.to_le_bytes()[..], &flags.to_le_bytes(), &page.to_le_bytes()].concat()
}

fn searched(
    bucket: Option<u32>,
    mut entries: impl Iterator<Item = Probe>,
    (address, offset_bits): (u64, u32),
    what: &str,
) -> Search {
    let mut probes = Vec::new();
    let frame = entries.by_ref().find_map(|probe| {
        let found = probe.frame.filter(|_| probe.matches);
        probes.push(probe);
        found
    });
    let rest = entries.take(REST).collect();
    let offset = address & super::format::low_bits(offset_bits);
    let physical_address = frame.map(|frame| Address((u64::from(frame) << offset_bits) + offset));
    let looked = match probes.len() {
        0 => "it is empty".to_owned(),
        1 => "1 entry is looked at".to_owned(),
        probes => format!("{probes} entries are looked at"),
    };
    let found = match (frame, physical_address) {
        (Some(frame), Some(physical)) => {
            format!(
                "The last matches: frame {frame}, and with the offset {offset:#x} that is {physical}."
            )
        }
        _ if probes.is_empty() => "A page fault.".to_owned(),
        _ => "None matches: a page fault.".to_owned(),
    };
    let explain = format!("{what}: {looked}. {found}");
    Search { bucket, probes, rest, frame, physical_address, explain }
}

fn check(offset_bits: u32) -> Result<(), Error> {
    match offset_bits {
        1..=super::MAX_OFFSET_BITS => Ok(()),
        asked => Err(Error::OffsetBits { asked }),
    }
}

fn owned(owner: Owner) -> Error {
    Error::Owned { process: owner.process, page: Address(owner.page) }
}

fn named(owner: Owner) -> String {
    format!("page {:#x} of process {}", owner.page, owner.process)
}
