//! A free list by address with an index beside it: the same answers as the plain list, without looking at every hole.
//!
//! ```text
//!   chunks:   [ holes 0 … 127 ] [ holes 128 … 300 ] [ … ]      by address, 1 to 255 holes each
//!   first:      lowest address     lowest address     …        to find a hole by its address
//!   largest:    largest size       largest size       …        to pass over chunks without a hole of use
//! ```
//!
//! First and next fit pass over chunks whose largest hole is too small; worst fit looks for the size of the largest of
//! all. Best fit has a tree of (size, address) besides. How many holes the plain list would have looked at follows from
//! the ranks.

use std::collections::BTreeSet;

use super::best::Tie;
use super::fit::Found;
use super::list::{Coalesce, Manner, Taken, say_merged};
use crate::alloc::policy::Witness;
use crate::alloc::span::Span;

/// Holes of a chunk that is split in two.
const CHUNK: usize = 256;

/// A hole's place: its chunk, and its rank in that.
type Place = (usize, usize);

/// The list with its index.
#[derive(Debug, Clone)]
pub(crate) struct HoleIndex {
    manner: Manner,
    chunks: Vec<Vec<Span>>,
    first: Vec<u64>,
    largest: Vec<u64>,
    /// Holes of each chunk, side by side, as every search adds some of them up.
    lens: Vec<u32>,
    len: usize,
    free_bytes: u64,
    /// Whether holes may touch that could be merged.
    touching: bool,
    by_size: Option<BTreeSet<(u64, u64)>>,
}

impl HoleIndex {
    /// An index of these holes; `by_size` where best fit asks.
    pub(crate) fn new(manner: Manner, holes: &[Span], by_size: bool) -> HoleIndex {
        let mut index = HoleIndex {
            manner,
            chunks: Vec::new(),
            first: Vec::new(),
            largest: Vec::new(),
            lens: Vec::new(),
            len: 0,
            free_bytes: 0,
            touching: false,
            by_size: by_size.then(BTreeSet::new),
        };
        index.fill(holes);
        index
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn free_bytes(&self) -> u64 {
        self.free_bytes
    }

    pub(crate) fn largest(&self) -> u64 {
        self.largest.iter().copied().max().unwrap_or(0)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Span> {
        self.chunks.iter().flatten().copied()
    }

    /// The hole of a rank by address.
    pub(crate) fn nth(&self, mut rank: usize) -> Option<Span> {
        for chunk in &self.chunks {
            match chunk.get(rank) {
                Some(&hole) => return Some(hole),
                None => rank -= chunk.len(),
            }
        }
        None
    }

    /// The first hole of at least `bytes`, from the hole at the address `rover` on and round, or from the front.
    pub(crate) fn next(&self, bytes: u64, rover: Option<u64>) -> Found {
        let start = rover.and_then(|address| self.around(address)).unwrap_or((0, 0));
        let from = self.rank(start);
        let ahead = self.first_from(bytes, start);
        let place = ahead.or_else(|| self.first_from(bytes, (0, 0)));
        let searched = place.map_or(self.len, |place| {
            let rank = self.rank(place);
            if ahead.is_some() { rank - from + 1 } else { self.len - from + rank + 1 }
        });
        Found { hole: place.map(|place| self.hole(place)), searched, from }
    }

    /// The smallest hole of at least `bytes`; the plain list looks at all.
    pub(crate) fn best(&self, bytes: u64, tie: Tie) -> Found {
        let sizes = self.by_size.as_ref();
        let smallest = sizes.and_then(|sizes| sizes.range((bytes, 0)..).next());
        let chosen = match (smallest, tie) {
            (Some(&(size, _)), Tie::Last) => {
                sizes.and_then(|sizes| sizes.range((size, 0)..=(size, u64::MAX)).next_back())
            }
            (smallest, _) => smallest,
        };
        let hole = chosen.map(|&(size, address)| Span::new(address, size));
        Found { hole, searched: self.len, from: 0 }
    }

    /// The largest hole, where it has at least `bytes`; the plain list looks at all.
    pub(crate) fn worst(&self, bytes: u64, tie: Tie) -> Found {
        let largest = self.largest().max(bytes);
        let place =
            if tie == Tie::Last { self.last(largest) } else { self.first_from(largest, (0, 0)) };
        Found { hole: place.map(|place| self.hole(place)), searched: self.len, from: 0 }
    }

    /// Takes a block of at least `bytes` from the beginning of a hole.
    pub(crate) fn take(&mut self, hole: Span, bytes: u64) -> Taken {
        let place = self.place(hole.address);
        let taken = self.manner.taken(hole, bytes);
        let block = Span::new(hole.address, taken);
        if taken < hole.size {
            let rest = Span::new(hole.address + taken, hole.size - taken);
            self.replace(place, rest);
            return Taken { block, next: Some(rest.address) };
        }
        let next = self.after(Some(place)).map(|place| self.hole(place).address);
        self.remove(place);
        Taken { block, next }
    }

    /// Puts a freed block between its neighbours, and merges them where that is immediate.
    pub(crate) fn give<W: Witness>(&mut self, block: Span, tell: &mut W) {
        let before = self.before(block.address);
        let after = self.after(before);
        let left = before.filter(|&place| self.hole(place).end() == block.address);
        let right = after.filter(|&place| self.hole(place).address == block.end());
        if self.manner.coalesce != Coalesce::Immediate {
            self.touching |= left.is_some() || right.is_some();
            self.insert(block);
            return;
        }
        let mut joined = block;
        if let Some(place) = right {
            joined.size += self.remove(place).size;
        }
        match left {
            Some(place) => {
                let hole = self.hole(place);
                joined = Span::new(hole.address, hole.size + joined.size);
                self.replace(place, joined);
            }
            None => self.insert(joined),
        }
        if joined != block {
            say_merged(&[joined], tell);
        }
    }

    /// Merges all holes that touch; false when none do.
    pub(crate) fn merge_all<W: Witness>(&mut self, tell: &mut W) -> bool {
        if !self.touching {
            return false;
        }
        let (mut holes, mut merged): (Vec<Span>, Vec<Span>) = (Vec::new(), Vec::new());
        for hole in self.iter() {
            match holes.last_mut().filter(|last| last.end() == hole.address) {
                Some(last) => {
                    if merged.last() == Some(last) {
                        merged.pop();
                    }
                    last.size += hole.size;
                    merged.push(*last);
                }
                None => holes.push(hole),
            }
        }
        self.fill(&holes);
        say_merged(&merged, tell);
        !merged.is_empty()
    }

    /// Has only these holes, by address.
    pub(crate) fn fill(&mut self, holes: &[Span]) {
        self.chunks = holes.chunks(CHUNK / 2).map(<[Span]>::to_vec).collect();
        self.first = self.chunks.iter().map(|chunk| chunk[0].address).collect();
        self.largest = self.chunks.iter().map(|chunk| largest_of(chunk)).collect();
        self.lens = self.chunks.iter().map(|chunk| len_of(chunk)).collect();
        self.len = holes.len();
        self.free_bytes = holes.iter().map(|hole| hole.size).sum();
        self.touching = holes.windows(2).any(|pair| pair[0].end() == pair[1].address);
        if let Some(sizes) = &mut self.by_size {
            *sizes = holes.iter().map(|hole| (hole.size, hole.address)).collect();
        }
    }

    fn hole(&self, (chunk, at): Place) -> Span {
        self.chunks[chunk][at]
    }

    fn rank(&self, (chunk, at): Place) -> usize {
        self.lens[..chunk].iter().sum::<u32>() as usize + at
    }

    /// The place of the hole that begins at an address.
    fn place(&self, address: u64) -> Place {
        self.before(address + 1).unwrap_or((0, 0))
    }

    /// The place of the hole that holds an address.
    fn around(&self, address: u64) -> Option<Place> {
        self.before(address + 1).filter(|&place| address < self.hole(place).end())
    }

    /// The place of the last hole that begins before an address.
    fn before(&self, address: u64) -> Option<Place> {
        let chunk = self.first.partition_point(|&first| first < address).checked_sub(1)?;
        let at = self.chunks[chunk].partition_point(|hole| hole.address < address);
        Some((chunk, at - 1))
    }

    /// The place after one; the first after none.
    fn after(&self, place: Option<Place>) -> Option<Place> {
        let (chunk, at) = place.map_or((0, 0), |(chunk, at)| (chunk, at + 1));
        let here = self.chunks.get(chunk)?.get(at).map(|_| (chunk, at));
        here.or_else(|| self.chunks.get(chunk + 1).map(|_| (chunk + 1, 0)))
    }

    fn first_from(&self, bytes: u64, (chunk, at): Place) -> Option<Place> {
        let rest = self.chunks.get(chunk)?.get(at..)?;
        if let Some(steps) = rest.iter().position(|hole| hole.size >= bytes) {
            return Some((chunk, at + steps));
        }
        let steps = self.largest[chunk + 1..].iter().position(|&largest| largest >= bytes)?;
        let chunk = chunk + 1 + steps;
        let at = self.chunks[chunk].iter().position(|hole| hole.size >= bytes)?;
        Some((chunk, at))
    }

    fn last(&self, bytes: u64) -> Option<Place> {
        let chunk = self.largest.iter().rposition(|&largest| largest >= bytes)?;
        let at = self.chunks[chunk].iter().rposition(|hole| hole.size >= bytes)?;
        Some((chunk, at))
    }

    fn insert(&mut self, hole: Span) {
        self.len += 1;
        self.free_bytes += hole.size;
        if let Some(sizes) = &mut self.by_size {
            sizes.insert((hole.size, hole.address));
        }
        if self.chunks.is_empty() {
            self.chunks.push(Vec::with_capacity(CHUNK));
            self.first.push(hole.address);
            self.largest.push(0);
            self.lens.push(0);
        }
        let (chunk, at) = self.before(hole.address).map_or((0, 0), |(chunk, at)| (chunk, at + 1));
        self.chunks[chunk].insert(at, hole);
        self.lens[chunk] += 1;
        self.first[chunk] = self.chunks[chunk][0].address;
        self.largest[chunk] = self.largest[chunk].max(hole.size);
        if self.chunks[chunk].len() == CHUNK {
            self.halve(chunk);
        }
    }

    fn halve(&mut self, chunk: usize) {
        let upper = self.chunks[chunk].split_off(CHUNK / 2);
        self.largest[chunk] = largest_of(&self.chunks[chunk]);
        self.first.insert(chunk + 1, upper[0].address);
        self.largest.insert(chunk + 1, largest_of(&upper));
        self.lens[chunk] = len_of(&self.chunks[chunk]);
        self.lens.insert(chunk + 1, len_of(&upper));
        self.chunks.insert(chunk + 1, upper);
    }

    fn remove(&mut self, (chunk, at): Place) -> Span {
        let hole = self.chunks[chunk].remove(at);
        self.lens[chunk] -= 1;
        self.len -= 1;
        self.free_bytes -= hole.size;
        if let Some(sizes) = &mut self.by_size {
            sizes.remove(&(hole.size, hole.address));
        }
        if let Some(first) = self.chunks[chunk].first() {
            self.first[chunk] = first.address;
            self.lower(chunk, hole.size);
        } else {
            self.chunks.remove(chunk);
            self.first.remove(chunk);
            self.largest.remove(chunk);
            self.lens.remove(chunk);
        }
        hole
    }

    fn replace(&mut self, (chunk, at): Place, hole: Span) {
        let old = std::mem::replace(&mut self.chunks[chunk][at], hole);
        self.free_bytes = self.free_bytes - old.size + hole.size;
        if let Some(sizes) = &mut self.by_size {
            sizes.remove(&(old.size, old.address));
            sizes.insert((hole.size, hole.address));
        }
        self.first[chunk] = self.chunks[chunk][0].address;
        if hole.size >= self.largest[chunk] {
            self.largest[chunk] = hole.size;
        } else {
            self.lower(chunk, old.size);
        }
    }

    /// Finds the largest hole of a chunk again, where one of this size went.
    fn lower(&mut self, chunk: usize, gone: u64) {
        if gone == self.largest[chunk] {
            self.largest[chunk] = largest_of(&self.chunks[chunk]);
        }
    }
}

/// A chunk has at most [`CHUNK`] holes.
fn len_of(holes: &[Span]) -> u32 {
    u32::try_from(holes.len()).unwrap_or(u32::MAX)
}

fn largest_of(holes: &[Span]) -> u64 {
    holes.iter().map(|hole| hole.size).max().unwrap_or(0)
}
