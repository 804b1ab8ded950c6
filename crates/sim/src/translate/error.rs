//! What can be wrong with a question to the translation machines. Each kind calls for another act of the one who asked.

use super::{Address, MAX_EVENTS, MAX_INDEX_BITS, MAX_LEVELS, MAX_OFFSET_BITS, MAX_SHARED};
use crate::processes::TextError;

/// A question that cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bits of the levels and the offset are not those of the address.
    #[error("the address bits do not add up: {sum}, not {address_bits}: {}", advice(*.given, *.address_bits))]
    BitSum {
        /// The sum written out: "10 + 10 + 12 = 32".
        sum: String,
        /// What the parts make.
        given: u32,
        /// What the address has.
        address_bits: u32,
    },
    /// More bits than an address of this machine has.
    #[error("the address bits are too many: {sum}, and the largest address has 64")]
    TooManyBits {
        /// The sum written out.
        sum: String,
    },
    /// No level, or too many.
    #[error("{asked} levels cannot be simulated: give 1 to {MAX_LEVELS} levels")]
    Levels {
        /// How many were asked for.
        asked: usize,
    },
    /// A level of no bit, or of too many.
    #[error("a level of {asked} bits cannot be simulated: give 1 to {MAX_INDEX_BITS} bits")]
    IndexBits {
        /// The bits that were asked for.
        asked: u32,
    },
    /// An offset of no bit, or of too many.
    #[error("an offset of {asked} bits cannot be simulated: give 1 to {MAX_OFFSET_BITS} bits")]
    OffsetBits {
        /// The bits that were asked for.
        asked: u32,
    },
    /// No preset has this name.
    #[error("there is no preset `{name}`: take {known}{nearest}")]
    UnknownPreset {
        /// The name that was asked for.
        name: String,
        /// The names there are.
        known: String,
        /// "; did you mean …?", or nothing.
        nearest: String,
    },
    /// A page number beyond the address space.
    #[error("page {page:#x} does not exist: {page_bits} bits number pages, so the last is {:#x}", last(*.page_bits))]
    Page {
        /// The page that was asked for.
        page: u64,
        /// The bits of a page number.
        page_bits: u32,
    },
    /// A frame number beyond physical memory.
    #[error("frame {frame:#x} does not exist: physical memory has {frames} frames")]
    Frame {
        /// The frame that was asked for.
        frame: u64,
        /// The frames there are.
        frames: u64,
    },
    /// A frame that holds a page table.
    #[error("frame {frame:#x} holds a page table: take a lower frame")]
    Taken {
        /// The frame that was asked for.
        frame: u64,
    },
    /// A mapping where another one is.
    #[error("page {page:#x} is mapped already: unmap it first")]
    Mapped {
        /// The page.
        page: u64,
    },
    /// A page that nothing is known of.
    #[error("page {page:#x} is not mapped: map it first")]
    NotMapped {
        /// The page.
        page: u64,
    },
    /// A huge page whose page or frame is not a multiple of its size.
    #[error(
        "page {page:#x} in frame {frame:#x} is no huge page: both must be multiples of {pages} pages"
    )]
    Misaligned {
        /// The first page.
        page: u64,
        /// The first frame.
        frame: u64,
        /// The size of the huge page in pages.
        pages: u64,
    },
    /// Something that the entries of this table have no bit for.
    #[error("the entries of {format} have no bit for {what}: take another preset")]
    Unsupported {
        /// What was asked for.
        what: &'static str,
        /// The format of the entries.
        format: &'static str,
    },
    /// No frame is left.
    #[error("physical memory is full: {wanted} more frames of {frames} are needed")]
    Full {
        /// The frames that were needed at once.
        wanted: u64,
        /// The frames there are.
        frames: u64,
    },
    /// Mappings that are too large together.
    #[error("the mappings take more than {most} frames in all: use fewer huge pages and forks")]
    TooMuch {
        /// The most they may take.
        most: u64,
    },
    /// A script without an event.
    #[error("the script is empty: begin with `map 0x1 5 rw`, then `read 0x1000`")]
    Empty,
    /// A script that is too long.
    #[error("the script has more than {MAX_EVENTS} events: split it")]
    TooLong,
    /// A line that is no event.
    #[error(transparent)]
    Script(#[from] TextError),
    /// A space that the table of another machine made.
    #[error("there is no address space {space}: take one that this system made")]
    Space {
        /// Its number.
        space: u32,
    },
    /// A table that all processes share, of no entry or of too many.
    #[error("{asked} {what} cannot be simulated: ask for 1 to {MAX_SHARED}")]
    Shared {
        /// Frames or buckets.
        what: &'static str,
        /// The number that was asked for.
        asked: u32,
    },
    /// An event that a table shared by all processes has no bits for.
    #[error(
        "an inverted or hashed table has no bits for {what}: take a table of levels, or leave it out"
    )]
    NotShared {
        /// What was asked for.
        what: &'static str,
    },
    /// A space of a shared table that is no number.
    #[error(
        "`{name}` is no process: all share this table, so each is named by its number, as in `space 2`"
    )]
    Process {
        /// The name that was given.
        name: String,
    },
    /// Searches that look at too many entries.
    #[error(
        "the searches look at more than {most} entries in all: give fewer accesses, or a smaller table"
    )]
    TooManyProbes {
        /// The most they may look at.
        most: usize,
    },
    /// An owner of two frames of an inverted table, or of two entries of a hashed one.
    #[error("page {page} of process {process} has a frame already")]
    Owned {
        /// The process.
        process: u32,
        /// The page.
        page: Address,
    },
}

fn advice(given: u32, address_bits: u32) -> String {
    match given.abs_diff(address_bits) {
        0 => "they agree".to_owned(),
        bits if given < address_bits => format!("give the levels or the offset {bits} more"),
        bits => format!("take {bits} from the levels or the offset"),
    }
}

fn last(page_bits: u32) -> u64 {
    u64::MAX.checked_shr(64 - page_bits.clamp(1, 64)).unwrap_or(u64::MAX)
}
