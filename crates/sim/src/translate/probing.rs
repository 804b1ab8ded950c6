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

    /// Translates an address of a process.
    pub fn translate(&self, process: u32, address: u64) -> Search {
        let wanted = Owner { process, page: address >> self.offset_bits };
        let mut probes = Vec::new();
        let mut frame = None;
        for (entry, &owner) in (0..).zip(&self.owners) {
            let matches = owner == Some(wanted);
            probes.push(Probe { entry, bytes: hex(&encoded(owner)), owner, matches });
            if matches {
                frame = Some(entry);
                break;
            }
        }
        let what = format!("The inverted table is searched for {}, from frame 0", named(wanted));
        searched(None, probes, frame, (address, self.offset_bits), &what)
    }
}

/// A hashed page table with chains.
#[derive(Debug, Clone)]
pub struct Hashed {
    offset_bits: u32,
    /// The first entry of each bucket's chain.
    buckets: Vec<u32>,
    entries: Vec<Chained>,
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
        Ok(Hashed { offset_bits, buckets, entries: Vec::new() })
    }

    /// Maps a page to a frame, at the front of its chain.
    ///
    /// # Errors
    /// [`Error::Owned`].
    pub fn map(&mut self, owner: Owner, frame: u32) -> Result<(), Error> {
        if self.chain(owner).any(|(_, chained)| chained.owner == owner) {
            return Err(owned(owner));
        }
        let entry = u32::try_from(self.entries.len()).unwrap_or(END);
        let bucket = self.bucket(owner) as usize;
        let next = std::mem::replace(&mut self.buckets[bucket], entry);
        self.entries.push(Chained { owner, frame, next });
        Ok(())
    }

    /// Translates an address of a process.
    pub fn translate(&self, process: u32, address: u64) -> Search {
        let wanted = Owner { process, page: address >> self.offset_bits };
        let mut probes = Vec::new();
        let mut frame = None;
        for (entry, chained) in self.chain(wanted) {
            let matches = chained.owner == wanted;
            let bytes = hex(&chained.encoded());
            probes.push(Probe { entry, bytes, owner: Some(chained.owner), matches });
            if matches {
                frame = Some(chained.frame);
                break;
            }
        }
        let (bucket, buckets) = (self.bucket(wanted), self.buckets.len());
        let what = format!(
            "{} hashes to ({:#x} + {process}) mod {buckets} = bucket {bucket}, whose chain is followed",
            named(wanted),
            wanted.page
        );
        searched(Some(bucket), probes, frame, (address, self.offset_bits), &what)
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
    probes: Vec<Probe>,
    frame: Option<u32>,
    (address, offset_bits): (u64, u32),
    what: &str,
) -> Search {
    let offset = address & super::format::low_bits(offset_bits);
    let physical_address = frame.map(|frame| Address((u64::from(frame) << offset_bits) + offset));
    let looked = match probes.len() {
        1 => "1 entry is looked at".to_owned(),
        probes => format!("{probes} entries are looked at"),
    };
    let found = match (frame, physical_address) {
        (Some(frame), Some(physical)) => {
            format!(
                "The last matches: frame {frame}, and with the offset {offset:#x} that is {physical}."
            )
        }
        _ => "None matches: a page fault.".to_owned(),
    };
    let explain = format!("{what}: {looked}. {found}");
    Search { bucket, probes, frame, physical_address, explain }
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
