//! What can be wrong with a segment table or a request to it. Each kind calls for another act of the one who asked.

use super::{MAX_PAGES, MAX_REQUESTS, MAX_SEGMENTS};
use crate::processes::TextError;
use crate::segments::{Kind, MAX_BYTES};
use crate::translate;

/// A question that cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Bits that make no address.
    #[error(
        "an address of {segment_bits} segment bits and {offset_bits} offset bits cannot be simulated: give \
         0 to 16 segment bits, at least 1 offset bit, and together at most {}", MAX_BYTES.ilog2()
    )]
    Split {
        /// The bits of the segment number.
        segment_bits: u32,
        /// The bits of the offset.
        offset_bits: u32,
    },
    /// A memory of no size, or too large.
    #[error("{memory_bytes} bytes of memory cannot be simulated: give 1 to {MAX_BYTES}")]
    Memory {
        /// The memory that was asked for.
        memory_bytes: u64,
    },
    /// Pages of a size that no page has.
    #[error("pages of {page_bytes} bytes cannot be simulated: give a power of two from 2 to {}", 1 << 30)]
    PageSize {
        /// The page size that was asked for.
        page_bytes: u64,
    },
    /// An offset that has no bits for a page number.
    #[error(
        "{offset_bits} offset bits leave none for the page number of {page_bytes}-byte pages: take smaller \
         pages or more offset bits"
    )]
    NoPageBits {
        /// The page size that was asked for.
        page_bytes: u64,
        /// The bits of the offset.
        offset_bits: u32,
    },
    /// Too many segments.
    #[error("the table has more than {MAX_SEGMENTS} segments: leave some out")]
    TooMany,
    /// A number that addresses cannot name.
    #[error("there can be no segment {number}: the last that an address can name is {last}")]
    Number {
        /// The segment.
        number: u64,
        /// The largest number.
        last: u64,
    },
    /// A number that two segments have.
    #[error("segment {number} is in the table already: give each number once")]
    Twice {
        /// The number.
        number: u64,
    },
    /// A kind that two segments have: an implicit segment number would name both.
    #[error("segment {number} is the {kind} already: call one segment so")]
    KindTwice {
        /// The kind.
        kind: Kind,
        /// The segment that has it.
        number: u64,
    },
    /// A limit beyond the largest offset.
    #[error("segment {number} cannot have the limit {limit}: the offset bits allow at most {most}")]
    Limit {
        /// The segment.
        number: u64,
        /// The limit that was given.
        limit: u64,
        /// The largest one.
        most: u64,
    },
    /// An expand-down segment without a largest offset.
    #[error(
        "segment {number} expands down from the largest offset, which is not known: give the bits of an address"
    )]
    OpenEnd {
        /// The segment.
        number: u64,
    },
    /// A segment that would begin below address 0.
    #[error(
        "segment {number} grows down from {base} by {limit} bytes, which is below address 0: raise its base \
         or lower its limit"
    )]
    Below {
        /// The segment.
        number: u64,
        /// Its base.
        base: u64,
        /// Its limit.
        limit: u64,
    },
    /// A segment that leaves memory.
    #[error(
        "segment {number} ends at byte {}, beyond the {memory_bytes} bytes of memory: its last byte may be \
         {}", end - 1, memory_bytes - 1
    )]
    Beyond {
        /// The segment.
        number: u64,
        /// The first byte after it.
        end: u64,
        /// The size of memory.
        memory_bytes: u64,
    },
    /// Two segments in the same memory.
    #[error(
        "segment {number}, bytes {begin} to {}, overlaps segment {other}, bytes {from} to {}: move one, or \
         mark both `shared`", end - 1, to - 1
    )]
    Overlap {
        /// The segment.
        number: u64,
        /// Its first byte.
        begin: u64,
        /// The first byte after it.
        end: u64,
        /// The segment that was there before.
        other: u64,
        /// Its first byte.
        from: u64,
        /// The first byte after it.
        to: u64,
    },
    /// A segment with frames where no page size is given.
    #[error("segment {number} has frames, and no page size is given: give one, or a base")]
    NotPaged {
        /// The segment.
        number: u64,
    },
    /// A segment with a base where segments are paged.
    #[error("segment {number} has a base, and segments are paged: give the frames of its pages")]
    Paged {
        /// The segment.
        number: u64,
    },
    /// A paged segment that grows down.
    #[error("segment {number} is paged, and so has no direction: leave `down` out")]
    PagedDown {
        /// The segment.
        number: u64,
    },
    /// Frames that are not one a page.
    #[error(
        "segment {number} of {limit} bytes has {pages} pages of {page_bytes}, and {given} frames are given: \
         give one a page, `-` where it is not in memory"
    )]
    Frames {
        /// The segment.
        number: u64,
        /// Its limit.
        limit: u64,
        /// The page size.
        page_bytes: u64,
        /// The pages it has.
        pages: u64,
        /// The frames that were given.
        given: usize,
    },
    /// A frame that two pages have.
    #[error(
        "frame {frame} of segment {number} is a page of segment {other} already: take another, or mark both `shared`"
    )]
    SharedFrame {
        /// The segment.
        number: u64,
        /// The frame.
        frame: u64,
        /// The segment that has it.
        other: u64,
    },
    /// Too many pages.
    #[error("the segments have more than {MAX_PAGES} pages together: take larger pages")]
    TooManyPages,
    /// A table without a segment.
    #[error(
        "the table is empty: give base and limit of each segment, as in `0:219/600, 1:2300/14`"
    )]
    Empty,
    /// No request.
    #[error("there is no address to translate: give some, as in `0:430, 1:10`")]
    NoRequest,
    /// Too many requests.
    #[error("there are more than {MAX_REQUESTS} addresses to translate: split the list")]
    TooManyRequests,
    /// A kind that no segment has.
    #[error("no segment of the table is the {kind}: mark one, as in `0:219/600/{kind}`")]
    NoKind {
        /// The kind.
        kind: Kind,
    },
    /// An address that does not say its segment.
    #[error(
        "address {address} does not say its segment: write `segment:offset`, or give the bits of an address"
    )]
    NoSegment {
        /// The address.
        address: i64,
    },
    /// An offset into a segment that grows down, when its largest size is not known.
    #[error(
        "segment {number} grows down, and its largest size is not known: write how far below its base, as \
         in `{number}:-{}`, or give the bits of an address", offset.max(&1)
    )]
    NoLargest {
        /// The segment.
        number: u64,
        /// The offset that was given.
        offset: i64,
    },
    /// A negative offset where there is none.
    #[error("{offset} is no offset here: only one into a segment that grows down may be negative")]
    Negative {
        /// The offset that was given.
        offset: i64,
    },
    /// A number too large for any address.
    #[error("{offset} is no offset: it is at most {MAX_BYTES}")]
    Huge {
        /// The offset that was given.
        offset: i64,
    },
    /// A text that is no table or no list of addresses.
    #[error(transparent)]
    Text(#[from] TextError),
    /// What the page tables refuse.
    #[error(transparent)]
    Pages(#[from] translate::Error),
}
