//! The translation itself: four checks in order, the first that does not hold is the trap, and then one addition.

use serde::Serialize;

use super::error::Error;
use super::paged::Pages;
use super::request::{Request, Selector};
use super::table::{Growth, Location, Segment, Split, Table};
use super::telling::told;
use crate::segments::Kind;
use crate::translate::{Access, Check, Walk};

/// What came of the requests to a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How addresses are split, where that was given.
    #[serde(flatten)]
    pub split: Option<Split>,
    /// Physical memory in bytes, where that was given.
    pub memory_bytes: Option<u64>,
    /// The page size in bytes, where the segments are paged.
    pub page_bytes: Option<u64>,
    /// The segment table.
    pub table: Vec<Segment>,
    /// The requests in order.
    pub translations: Vec<Translation>,
}

/// A translation, or where it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Translation {
    /// Its number among the requests, from 1.
    pub index: u64,
    /// The segment that the address names.
    pub segment: u64,
    /// The kind that named the segment, where the number is implicit.
    pub kind: Option<Kind>,
    /// The offset in bytes; negative where the request was written as a distance below the base.
    pub offset: i64,
    /// What was to be done there.
    pub access: Access,
    /// The physical address; `None` after a trap.
    pub physical: Option<u64>,
    /// The check that did not hold.
    pub trap: Option<Trap>,
    /// After [`Trap::Limit`], how many bytes the offset is past the last valid one.
    pub excess_bytes: Option<u64>,
    /// The address as one number, where the bits of an address are known and this one has them.
    pub virtual_address: Option<u64>,
    /// The bits of that address.
    pub bits: Option<Bits>,
    /// Which entry of the table it is, from 0; `None` where there is none.
    pub row: Option<usize>,
    /// What was checked, up to the first that did not hold.
    pub checked: Vec<Check>,
    /// The comparison with the limit.
    pub compare: Option<Compare>,
    /// The addition that gave the physical address.
    pub add: Option<Sum>,
    /// The walk through the page table, where the segment is paged.
    pub walk: Option<Walk>,
    /// All of it in sentences.
    pub explain: String,
}

/// The bits of an address as binary digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bits {
    /// The bits of the segment number, the highest ones.
    pub segment: String,
    /// The bits of the offset.
    pub offset: String,
}

/// A comparison, written as it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Compare {
    /// What stands left: the offset, or its distance below the base.
    pub left: i64,
    /// `<`, `<=` or `>`.
    pub relation: &'static str,
    /// What stands right: the limit, or the end of the segment.
    pub right: i64,
    /// Whether it holds.
    pub holds: bool,
}

/// An addition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// The base, or the address of the frame.
    pub base: u64,
    /// What is added; negative in a segment that grows down.
    pub addend: i64,
    /// What it makes.
    pub sum: u64,
}

/// Which check did not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Trap {
    /// The table has no segment of this number.
    NoSegment,
    /// The segment is not in memory: the operating system brings it and tries again.
    NotPresent,
    /// The offset is beyond the limit.
    Limit,
    /// The segment may not be used so.
    Protection,
    /// The page of the segment is not in memory: a page fault.
    Page,
}

/// How an offset stands to a limit.
pub(super) struct Bounds {
    pub(super) compare: Compare,
    /// How far it is past the last valid offset; 0 where it is inside.
    pub(super) excess_bytes: u64,
    /// What is to be added to the base.
    pub(super) addend: i64,
}

/// Translates requests by a table. Pages keep their referenced and dirty bits from one request to the next.
///
/// # Errors
/// What [`Table::requests`] refuses of a request, and [`Error::Pages`].
pub fn translate(table: &Table, requests: &[Request]) -> Result<Report, Error> {
    let mut pages = Pages::new(table)?;
    let mut translations = Vec::with_capacity(requests.len());
    for (index, &request) in (1..).zip(requests) {
        table.check(request)?;
        translations.push(one(table, pages.as_mut(), index, request)?);
    }
    let shape = table.shape();
    Ok(Report {
        split: shape.split,
        memory_bytes: shape.memory_bytes,
        page_bytes: shape.page_bytes,
        table: table.segments().to_vec(),
        translations,
    })
}

fn one(
    table: &Table,
    pages: Option<&mut Pages>,
    index: u64,
    request: Request,
) -> Result<Translation, Error> {
    let (segment, offset) = parts(table, request);
    let split = table.shape().split;
    let virtual_address = split.and_then(|split| joined(split, segment, offset));
    let mut found = Translation {
        index,
        segment,
        kind: match request.selector {
            Selector::Kind(kind) => Some(kind),
            Selector::Number(_) | Selector::TopBits => None,
        },
        offset,
        access: request.access,
        physical: None,
        trap: None,
        excess_bytes: None,
        virtual_address,
        bits: split.zip(virtual_address).map(|(split, address)| bits(split, address)),
        row: table.segments().iter().position(|entry| entry.number == segment),
        checked: Vec::new(),
        compare: None,
        add: None,
        walk: None,
        explain: String::new(),
    };
    match decide(&mut found, table, pages)? {
        Ok(physical) => found.physical = Some(physical),
        Err(trap) => found.trap = Some(trap),
    }
    found.explain = told(table, request, &found);
    Ok(found)
}

/// Segment and offset of a request.
fn parts(table: &Table, request: Request) -> (u64, i64) {
    let Request { selector, offset, .. } = request;
    match (selector, table.shape().split, table.segments()) {
        (Selector::Number(number), ..) => (number, offset),
        (Selector::Kind(kind), ..) => {
            (table.of_kind(kind).map_or(0, |segment| segment.number), offset)
        }
        (Selector::TopBits, Some(split), _) if split.segment_bits > 0 => {
            let address = offset.unsigned_abs();
            let below = signed(address & (split.largest_bytes() - 1));
            (address >> split.offset_bits, below)
        }
        (Selector::TopBits, _, [first, ..]) => (first.number, offset),
        (Selector::TopBits, ..) => (0, offset),
    }
}

/// The address that a segment and an offset make, where it has the bits.
fn joined(split: Split, segment: u64, offset: i64) -> Option<u64> {
    let largest = signed(split.largest_bytes());
    let offset = if offset < 0 { offset + largest } else { offset };
    let fits = (0..largest).contains(&offset) && segment < 1 << split.segment_bits;
    fits.then(|| segment << split.offset_bits | offset.unsigned_abs())
}

fn bits(split: Split, address: u64) -> Bits {
    let Split { segment_bits, offset_bits } = split;
    let digits = format!("{address:0width$b}", width = (segment_bits + offset_bits) as usize);
    let (segment, offset) = digits.split_at(segment_bits as usize);
    Bits { segment: segment.to_owned(), offset: offset.to_owned() }
}

/// Makes the checks, notes each, and adds.
fn decide(
    found: &mut Translation,
    table: &Table,
    pages: Option<&mut Pages>,
) -> Result<Result<u64, Trap>, Error> {
    let mut holds = |what, holds| {
        found.checked.push(Check { what, holds });
        holds
    };
    let entry = table.find(found.segment);
    holds("in the table", entry.is_some());
    let Some(entry) = entry else { return Ok(Err(Trap::NoSegment)) };
    if !holds("present", entry.present) {
        return Ok(Err(Trap::NotPresent));
    }
    let bounds = bounds(entry, found.offset, table.shape().split);
    found.compare = Some(bounds.compare);
    if !holds("within the limit", bounds.compare.holds) {
        found.excess_bytes = Some(bounds.excess_bytes);
        return Ok(Err(Trap::Limit));
    }
    if !holds("allowed", entry.protection.allows(found.access)) {
        return Ok(Err(Trap::Protection));
    }
    let (base, addend) = match (&entry.location, pages) {
        (Location::Whole { base }, _) => (*base, bounds.addend),
        (Location::Paged { .. }, None) => return Ok(Err(Trap::Page)),
        (Location::Paged { .. }, Some(pages)) => {
            let walk = pages.walk(entry.number, found.offset.unsigned_abs(), found.access)?;
            let physical = walk.physical_address;
            let offset = signed(walk.offset);
            holds("page present", physical.is_some());
            found.walk = Some(walk);
            let Some(physical) = physical else { return Ok(Err(Trap::Page)) };
            (physical.0 - offset.unsigned_abs(), offset)
        }
    };
    let sum = base.saturating_add_signed(addend);
    found.add = Some(Sum { base, addend, sum });
    Ok(Ok(sum))
}

/// Compares an offset with what its segment allows. See [`Growth`] for the two ways of growing down.
fn bounds(entry: &Segment, offset: i64, split: Option<Split>) -> Bounds {
    let limit = signed(entry.limit);
    let largest = split.map_or(0, |split| signed(split.largest_bytes()));
    let (left, relation, right, past, addend) = match entry.growth {
        Growth::Up => (offset, "<", limit, offset - limit + 1, offset),
        Growth::Down => {
            let below = if offset < 0 { -offset } else { largest - offset };
            if below > 0 {
                (below, "<=", limit, below - limit, -below)
            } else {
                (offset, "<", largest, offset - largest + 1, offset)
            }
        }
        Growth::ExpandDown if offset < largest => (offset, ">", limit, limit - offset + 1, offset),
        Growth::ExpandDown => (offset, "<", largest, offset - largest + 1, offset),
    };
    let excess_bytes = u64::try_from(past).unwrap_or(0);
    let compare = Compare { left, relation, right, holds: excess_bytes == 0 };
    Bounds { compare, excess_bytes, addend }
}

/// A number of at most [`MAX_BYTES`](crate::segments::MAX_BYTES), which has its sign free.
pub(super) fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
