//! A list of allocations and frees with dense ids, and the table back to what a trace called them.

use super::error::{Error, Misuse};
use super::{MAX_ADDRESS, MAX_OPS};
use crate::table::Key;

/// An allocation of the list: its rank in order of asking, from 0, the failed ones counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(u32);

impl RequestId {
    /// The allocation of this rank.
    pub const fn new(rank: u32) -> RequestId {
        RequestId(rank)
    }

    /// Its rank.
    pub const fn rank(self) -> u32 {
        self.0
    }
}

impl Key for RequestId {
    #[inline(always)]
    fn at(position: u32) -> RequestId {
        RequestId(position)
    }
    #[inline(always)]
    fn rank(self) -> u32 {
        self.0
    }
}

/// One operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// Asks for `size` bytes.
    Alloc {
        /// The request.
        id: RequestId,
        /// The bytes asked for, at least 1.
        size: u64,
    },
    /// Gives back what a request got; where it got nothing, nothing happens.
    Free {
        /// The request.
        id: RequestId,
    },
    /// Slides all blocks together, where the policy can move blocks.
    Compact,
}

/// A list of operations. Each id is allocated once, in order, and freed at most once, after that: so an operation is
/// one word, and a size stands once.
///
/// ```text
///   codes:  [ id | FREE + id | … | COMPACT ]   4 bytes an operation
///   sizes:  [ size of id 0 | size of id 1 | … ]   8 bytes an allocation
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requests {
    codes: Vec<u32>,
    sizes: Vec<u64>,
    /// What the trace called each id; empty where that is the id itself.
    names: Vec<u64>,
    most_live: usize,
}

const FREE: u32 = 1 << 31;
const COMPACT: u32 = u32::MAX;

impl Requests {
    /// How many operations there are.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether there is none: never so in a list that [`RequestsBuilder::finish`] made.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// How many allocations there are.
    pub fn ids(&self) -> usize {
        self.sizes.len()
    }

    /// The most allocations that are live at once, if all succeed.
    pub fn most_live(&self) -> usize {
        self.most_live
    }

    /// Bytes of memory that the list itself takes.
    pub fn memory_bytes(&self) -> usize {
        let words = self.sizes.capacity() + self.names.capacity();
        words * size_of::<u64>() + self.codes.capacity() * size_of::<u32>()
    }

    /// The bytes that a request asks for.
    pub fn size(&self, id: RequestId) -> u64 {
        self.sizes[id.0 as usize]
    }

    /// What the list calls a request.
    pub fn name(&self, id: RequestId) -> u64 {
        self.names.get(id.0 as usize).copied().unwrap_or(u64::from(id.0))
    }

    /// The operation at a position from 0.
    #[inline(always)]
    pub fn get(&self, position: usize) -> Option<Op> {
        self.codes.get(position).map(|&code| self.decode(code))
    }

    /// The operations in order.
    #[inline(always)]
    pub fn iter(&self) -> impl Iterator<Item = Op> {
        self.codes.iter().map(|&code| self.decode(code))
    }

    #[inline(always)]
    fn decode(&self, code: u32) -> Op {
        match code {
            COMPACT => Op::Compact,
            code if code & FREE != 0 => Op::Free { id: RequestId(code & !FREE) },
            code => Op::Alloc { id: RequestId(code), size: self.sizes[code as usize] },
        }
    }

    /// Checks that no request asks for more than a memory holds.
    ///
    /// # Errors
    /// [`Error::LargerThanMemory`] at the first that does.
    pub(crate) fn check(&self, capacity: u64) -> Result<(), Error> {
        let beyond = |op: &Op| matches!(op, Op::Alloc { size, .. } if *size > capacity);
        match self.iter().enumerate().find(|(_, op)| beyond(op)) {
            Some((index, Op::Alloc { size, .. })) => {
                Err(Error::LargerThanMemory { op: index + 1, size, capacity })
            }
            _ => Ok(()),
        }
    }
}

/// Makes a list of operations, one after the other, and refuses what no program could do.
#[derive(Debug, Default)]
pub struct RequestsBuilder {
    requests: Requests,
    /// The operation that freed each id, counted from 1; 0 while it is live.
    freed_by: Vec<u32>,
    live: usize,
}

impl RequestsBuilder {
    /// An empty list.
    pub fn new() -> RequestsBuilder {
        RequestsBuilder::default()
    }

    /// Appends an allocation, which gets the next id.
    ///
    /// # Errors
    /// [`Misuse::NoBytes`], [`Misuse::TooLarge`], [`Misuse::TooLong`].
    pub fn alloc(&mut self, size: u64) -> Result<RequestId, Misuse> {
        match size {
            0 => return Err(Misuse::NoBytes),
            1..=MAX_ADDRESS => {}
            _ => return Err(Misuse::TooLarge { size }),
        }
        let id = RequestId(u32::try_from(self.requests.sizes.len()).map_err(|_| Misuse::TooLong)?);
        self.push(id.0)?;
        self.requests.sizes.push(size);
        self.freed_by.push(0);
        self.live += 1;
        self.requests.most_live = self.requests.most_live.max(self.live);
        Ok(id)
    }

    /// Appends an allocation that the trace calls `name`. A list names all its allocations or none.
    ///
    /// # Errors
    /// As [`RequestsBuilder::alloc`].
    pub fn alloc_named(&mut self, name: u64, size: u64) -> Result<RequestId, Misuse> {
        let id = self.alloc(size)?;
        self.requests.names.push(name);
        Ok(id)
    }

    /// Appends a free.
    ///
    /// # Errors
    /// [`Misuse::NeverAllocated`], [`Misuse::FreedTwice`], [`Misuse::TooLong`].
    pub fn free(&mut self, id: RequestId) -> Result<(), Misuse> {
        let rank = id.0 as usize;
        let name = if rank < self.requests.ids() { self.requests.name(id) } else { id.0.into() };
        match self.freed_by.get(rank) {
            None => return Err(Misuse::NeverAllocated { name }),
            Some(0) => {}
            Some(&by) => return Err(Misuse::FreedTwice { name, by }),
        }
        self.push(FREE | id.0)?;
        self.freed_by[rank] = u32::try_from(self.requests.len()).unwrap_or(u32::MAX);
        self.live -= 1;
        Ok(())
    }

    /// Whether a request was made and not freed.
    pub(crate) fn is_live(&self, id: RequestId) -> bool {
        self.freed_by.get(id.0 as usize) == Some(&0)
    }

    /// Appends a compaction.
    ///
    /// # Errors
    /// [`Misuse::TooLong`].
    pub fn compact(&mut self) -> Result<(), Misuse> {
        self.push(COMPACT)
    }

    /// The list.
    ///
    /// # Errors
    /// [`Error::Empty`] without an operation.
    pub fn finish(self) -> Result<Requests, Error> {
        if self.requests.is_empty() {
            return Err(Error::Empty);
        }
        Ok(self.requests)
    }

    fn push(&mut self, code: u32) -> Result<(), Misuse> {
        if self.requests.codes.len() >= MAX_OPS {
            return Err(Misuse::TooLong);
        }
        self.requests.codes.push(code);
        Ok(())
    }
}
