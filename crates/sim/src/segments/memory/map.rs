//! Memory as segments and the holes between them. Holes are what the segments leave, so neighbours are one hole always.

use serde::Serialize;

use super::fit::Hole;
use crate::segments::Kind;

/// A segment's bytes in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    /// Which segment, from 0 in order of arrival.
    pub(super) segment: u32,
    /// Its lowest byte.
    pub(super) base: u64,
    /// How many it has.
    pub(super) bytes: u64,
}

/// Physical memory.
#[derive(Debug, Clone)]
pub(super) struct Map {
    bytes: u64,
    /// Lowest first.
    held: Vec<Held>,
}

impl Map {
    pub(super) fn new(bytes: u64) -> Map {
        Map { bytes, held: Vec::new() }
    }

    /// What is in memory, lowest first.
    pub(super) fn held(&self) -> &[Held] {
        &self.held
    }

    /// The holes, lowest first.
    pub(super) fn holes(&self) -> Vec<Hole> {
        let ends = self.held.iter().map(|held| held.base + held.bytes);
        let begins = self.held.iter().map(|held| held.base).chain([self.bytes]);
        let gaps = std::iter::once(0).chain(ends).zip(begins);
        gaps.filter(|(end, begin)| begin > end)
            .map(|(end, begin)| Hole { base: end, size_bytes: begin - end })
            .collect()
    }

    /// How many bytes are free.
    pub(super) fn free_bytes(&self) -> u64 {
        self.bytes - self.held.iter().map(|held| held.bytes).sum::<u64>()
    }

    /// Where a segment is.
    pub(super) fn find(&self, segment: u32) -> Option<Held> {
        self.held.iter().find(|held| held.segment == segment).copied()
    }

    /// Puts a segment into bytes that are free.
    pub(super) fn put(&mut self, held: Held) {
        let at = self.held.partition_point(|other| other.base < held.base);
        self.held.insert(at, held);
    }

    /// Takes a segment out, where it is in.
    pub(super) fn take(&mut self, segment: u32) -> Option<Held> {
        let at = self.held.iter().position(|held| held.segment == segment)?;
        Some(self.held.remove(at))
    }

    /// Slides every segment to the low end, and says which were moved from where.
    pub(super) fn compact(&mut self) -> Vec<(Held, u64)> {
        let mut moved = Vec::new();
        let mut end = 0;
        for held in &mut self.held {
            if held.base != end {
                moved.push((*held, end));
                held.base = end;
            }
            end += held.bytes;
        }
        moved
    }
}

/// Memory and the swap area at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Scene {
    /// The segments in memory, lowest first.
    pub segments: Vec<Resident>,
    /// The holes between them, lowest first.
    pub holes: Vec<Hole>,
    /// The segments in the swap area, in order of arrival.
    pub swap: Vec<Swapped>,
    /// The free bytes of memory.
    pub free_bytes: u64,
    /// The bytes of the largest hole; 0 where there is none.
    pub largest_hole_bytes: u64,
}

/// A segment in memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resident {
    /// Its number, from 0 in order of arrival.
    pub segment: u32,
    /// Its owner.
    pub process: String,
    /// What it holds.
    pub kind: Kind,
    /// Its lowest byte. A stack's base register holds `base + limit`, since it grows down from there.
    pub base: u64,
    /// Its size in bytes.
    pub limit: u64,
}

/// A segment in the swap area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Swapped {
    /// Its number, from 0 in order of arrival.
    pub segment: u32,
    /// Its owner.
    pub process: String,
    /// What it holds.
    pub kind: Kind,
    /// Its size in bytes.
    pub limit: u64,
}
