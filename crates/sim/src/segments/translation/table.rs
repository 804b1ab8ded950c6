//! The segment table: what is known of each segment, and what a table may not say.

use serde::Serialize;

use super::error::Error;
use super::{MAX_NUMBER, MAX_PAGES, MAX_SEGMENTS};
use crate::segments::{Kind, MAX_BYTES, Protection};

/// In which direction a segment grows, and by which book its addresses are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Growth {
    /// From its base on; the limit is its size.
    Up,
    /// Down from its base, which is one byte above its highest; the limit is its size. (OSTEP, chapter 16.)
    Down,
    /// Down from the largest offset; the base is that of offset 0, and the limit the highest offset that is *not* valid.
    /// (Intel SDM volume 3A, 5.3: expand-down.)
    ExpandDown,
}

/// Where a segment is in memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Location {
    /// In one piece.
    Whole {
        /// The physical address that is added to.
        base: u64,
    },
    /// In pages: a page table leads on.
    Paged {
        /// The frame of each page; `None` for a page that is not in memory.
        frames: Vec<Option<u64>>,
    },
}

/// An entry of a segment table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Segment {
    /// Its number, by which addresses name it.
    pub number: u64,
    /// What it holds, where that was said.
    pub kind: Option<Kind>,
    /// Where it is.
    #[serde(flatten)]
    pub location: Location,
    /// Its limit in bytes: its size, or as [`Growth::ExpandDown`] says.
    pub limit: u64,
    /// In which direction it grows.
    pub growth: Growth,
    /// What may be done with it.
    pub protection: Protection,
    /// Whether others may have the same memory.
    pub shared: bool,
    /// Whether it is in memory.
    pub present: bool,
}

impl Segment {
    /// A segment in one piece that grows up, is in memory, and may be used in every way.
    pub fn new(number: u64, base: u64, limit: u64) -> Segment {
        Segment {
            number,
            kind: None,
            location: Location::Whole { base },
            limit,
            growth: Growth::Up,
            protection: Protection::ALL,
            shared: false,
            present: true,
        }
    }
}

/// How an address is split: the segment number above, the offset below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Split {
    /// The bits of the segment number; 0 for relocation by base and limit.
    pub segment_bits: u32,
    /// The bits of the offset.
    pub offset_bits: u32,
}

impl Split {
    /// The size in bytes of the largest segment.
    pub fn largest_bytes(self) -> u64 {
        1 << self.offset_bits
    }
}

/// What a table is made for. Each part may be left open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shape {
    /// How addresses are split; open where each request names its segment itself.
    pub split: Option<Split>,
    /// Physical memory in bytes, which no segment may leave.
    pub memory_bytes: Option<u64>,
    /// The page size in bytes, a power of two, where the segments are paged.
    pub page_bytes: Option<u64>,
}

/// A segment table in which no two segments have the same number, or the same memory unless they share it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    shape: Shape,
    segments: Vec<Segment>,
}

impl Table {
    /// A table without a segment.
    ///
    /// # Errors
    /// [`Error::Split`], [`Error::Memory`], [`Error::PageSize`].
    pub fn new(shape: Shape) -> Result<Table, Error> {
        if let Some(Split { segment_bits, offset_bits }) = shape.split {
            let sum = u64::from(segment_bits) + u64::from(offset_bits);
            if segment_bits > 16 || offset_bits == 0 || sum > u64::from(MAX_BYTES.ilog2()) {
                return Err(Error::Split { segment_bits, offset_bits });
            }
        }
        if let Some(memory_bytes) =
            shape.memory_bytes.filter(|bytes| !(1..=MAX_BYTES).contains(bytes))
        {
            return Err(Error::Memory { memory_bytes });
        }
        let fits = |bytes: &u64| bytes.is_power_of_two() && (2..=1 << 30).contains(bytes);
        if let Some(page_bytes) = shape.page_bytes.filter(|bytes| !fits(bytes)) {
            return Err(Error::PageSize { page_bytes });
        }
        if let (Some(page_bytes), Some(split)) = (shape.page_bytes, shape.split)
            && page_bytes >= split.largest_bytes()
        {
            return Err(Error::NoPageBits { page_bytes, offset_bits: split.offset_bits });
        }
        Ok(Table { shape, segments: Vec::new() })
    }

    /// Relocation by base and limit: a table of one segment.
    ///
    /// # Errors
    /// As [`Table::push`].
    pub fn relocation(base: u64, limit: u64) -> Result<Table, Error> {
        let mut table = Table::new(Shape::default())?;
        table.push(Segment::new(0, base, limit))?;
        Ok(table)
    }

    /// Adds a segment.
    ///
    /// # Errors
    /// [`Error::TooMany`], [`Error::Number`], [`Error::Twice`], [`Error::KindTwice`], [`Error::Limit`], [`Error::OpenEnd`],
    /// [`Error::Below`], [`Error::Beyond`], [`Error::Overlap`], and for pages [`Error::NotPaged`], [`Error::Paged`],
    /// [`Error::PagedDown`], [`Error::Frames`], [`Error::SharedFrame`], [`Error::TooManyPages`]. After an error the table is
    /// as it was.
    pub fn push(&mut self, segment: Segment) -> Result<(), Error> {
        let number = segment.number;
        if self.segments.len() >= MAX_SEGMENTS {
            return Err(Error::TooMany);
        }
        let last = self.shape.split.map_or(MAX_NUMBER, |split| (1 << split.segment_bits) - 1);
        if number > last {
            return Err(Error::Number { number, last });
        }
        for other in &self.segments {
            if other.number == number {
                return Err(Error::Twice { number });
            }
            if let Some(kind) = segment.kind.filter(|_| segment.kind == other.kind) {
                return Err(Error::KindTwice { kind, number: other.number });
            }
        }
        self.check_limit(&segment)?;
        match &segment.location {
            Location::Whole { .. } => self.check_range(&segment)?,
            Location::Paged { frames } => self.check_frames(&segment, frames)?,
        }
        self.segments.push(segment);
        Ok(())
    }

    /// What the table was made for.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The segments in the order in which they were added.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The segment of a number.
    pub fn find(&self, number: u64) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.number == number)
    }

    /// The segment of a kind.
    pub fn of_kind(&self, kind: Kind) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.kind == Some(kind))
    }

    fn check_limit(&self, segment: &Segment) -> Result<(), Error> {
        let Segment { number, limit, growth, .. } = *segment;
        let largest = self.shape.split.map_or(MAX_BYTES, Split::largest_bytes);
        let expands = growth == Growth::ExpandDown;
        if expands && self.shape.split.is_none() {
            return Err(Error::OpenEnd { number });
        }
        let most = largest - u64::from(expands);
        if limit > most { Err(Error::Limit { number, limit, most }) } else { Ok(()) }
    }

    fn check_range(&self, segment: &Segment) -> Result<(), Error> {
        let number = segment.number;
        if self.shape.page_bytes.is_some() {
            return Err(Error::Paged { number });
        }
        let (begin, end) = self.range(segment)?;
        let memory_bytes = self.shape.memory_bytes.unwrap_or(MAX_BYTES);
        if end > memory_bytes {
            return Err(Error::Beyond { number, end, memory_bytes });
        }
        if begin == end || !segment.present {
            return Ok(());
        }
        for other in self.segments.iter().filter(|other| other.present) {
            let (from, to) = self.range(other)?;
            let shared = segment.shared && other.shared;
            if from < to && begin < to && from < end && !shared {
                let other = other.number;
                return Err(Error::Overlap { number, begin, end, other, from, to });
            }
        }
        Ok(())
    }

    /// The physical bytes of a segment in one piece: the first, and the one after the last.
    fn range(&self, segment: &Segment) -> Result<(u64, u64), Error> {
        let Segment { number, limit, .. } = *segment;
        let Location::Whole { base } = segment.location else { return Ok((0, 0)) };
        let largest = self.shape.split.map_or(MAX_BYTES, Split::largest_bytes);
        match segment.growth {
            Growth::Up => Ok((base, base.saturating_add(limit))),
            Growth::Down => {
                let begin = base.checked_sub(limit).ok_or(Error::Below { number, base, limit })?;
                Ok((begin, base))
            }
            Growth::ExpandDown => {
                Ok((base.saturating_add(limit + 1), base.saturating_add(largest)))
            }
        }
    }

    fn check_frames(&self, segment: &Segment, frames: &[Option<u64>]) -> Result<(), Error> {
        let Segment { number, limit, .. } = *segment;
        let page_bytes = self.shape.page_bytes.ok_or(Error::NotPaged { number })?;
        if segment.growth != Growth::Up {
            return Err(Error::PagedDown { number });
        }
        let (pages, given) = (limit.div_ceil(page_bytes), frames.len());
        if pages != given as u64 {
            return Err(Error::Frames { number, limit, page_bytes, pages, given });
        }
        let held: usize = self.segments.iter().map(|segment| segment.frames().len()).sum();
        if held + given > MAX_PAGES {
            return Err(Error::TooManyPages);
        }
        let end = |frame: u64| frame.saturating_add(1).saturating_mul(page_bytes);
        let memory_bytes = self.shape.memory_bytes.unwrap_or(u64::MAX);
        if let Some(end) =
            frames.iter().flatten().map(|&frame| end(frame)).max().filter(|&end| end > memory_bytes)
        {
            return Err(Error::Beyond { number, end, memory_bytes });
        }
        self.check_sharing(segment, frames)
    }

    /// A frame belongs to one page, but for segments that share it.
    fn check_sharing(&self, segment: &Segment, frames: &[Option<u64>]) -> Result<(), Error> {
        let number = segment.number;
        let mut own = std::collections::HashSet::new();
        if let Some(&frame) = frames.iter().flatten().find(|&&frame| !own.insert(frame)) {
            return Err(Error::SharedFrame { number, frame, other: number });
        }
        for other in self.segments.iter().filter(|other| !(other.shared && segment.shared)) {
            if let Some(&frame) = other.frames().iter().flatten().find(|&frame| own.contains(frame))
            {
                return Err(Error::SharedFrame { number, frame, other: other.number });
            }
        }
        Ok(())
    }
}

impl Segment {
    /// The frames of its pages; none for a segment in one piece.
    pub(crate) fn frames(&self) -> &[Option<u64>] {
        match &self.location {
            Location::Whole { .. } => &[],
            Location::Paged { frames } => frames,
        }
    }
}
