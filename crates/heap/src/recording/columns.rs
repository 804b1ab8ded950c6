//! The payload of a block: what its events say, each kind of number in a column of its own, so that like stands beside like.
//!
//! ```text
//! payload │ length of each column as a varint, in the order of `Column` │ the columns, in the same order │
//!
//! Ops       a byte an event    │ 7 time │ 6 thread │ 5 site │ 4..3 place │ 2..0 kind │
//!           kind   0 alloc  1 free, by age  2 free, by address  3 realloc, by age  4 realloc, by address  5 rare
//!           time   set: the next of Times is how many µs passed since the event before; clear: none did
//!           thread set: the next of Threads says whose event it is; clear: the same thread's as the event before
//!           site   set: alloc and realloc come from the site that followed on this thread's last site when it was
//!                  that before; clear: the next of Sites says from which
//!           place  alloc and realloc: 0 where the same thread gave back a block of this size last (and the latest such
//!                  place is forgotten otherwise), 1 behind the thread's last block, 2 the next of Addresses says
//! Times     distances in µs
//! Threads   a thread's number in this block; that of the next new one: serial, tid, name follow
//! Sites     a site (a stack and a size) by its number in this block; that of the next new one: see SiteDefs
//! SiteDefs  a node, the size
//! Nodes     for each node that is new where a node is named: how many frames it adds (n ≥ 1) to which known node, the n frames
//! Frames    for each frame that is new where a frame is named: its module, its address as a difference from the one before
//! Modules   for each module that is new: bias, start, end − start, path, build id
//! Addresses from the thread's last block (alloc) or from the last address freed so (free): difference / 16, signed, doubled; or
//!           where it is no multiple of 16, the difference itself, signed, doubled, plus one
//! Ages      free and realloc by age: how many allocations of this block lie between the freed one and now
//! Rare      a tag and what it needs: see `rare`. A text in it is one by its number in this block; that of the next new one: its
//!           length and its bytes follow
//! ```
//!
//! Worked example, held by the test `the_example_of_the_format_is_what_is_written`: at µs 7 thread 0 (tid 9, called `x`) gets 24
//! bytes at 0x5010, from one frame 0x401005 in no module, and frees them at once:
//!
//! ```text
//! Ops       50 01              place told and a thread told; a free by age of the same thread at the same time
//! Threads   00 00 09 01 'x'    thread 0 of the block is new: serial 0, tid 9, a name of one byte
//! Sites     00    SiteDefs 01 18    site 0 is new: node 1, 24 bytes
//! Nodes     01 00 01           node 1 is new: one frame more than node 0 (the root), frame 1
//! Frames    00 8a c0 80 04     frame 1 is new: module 0 (none), 0x401005 behind 0, zigzag
//! Addresses 84 28              0x5010 behind 0: 0x501 sixteens, zigzag, doubled
//! Ages      00                 the allocation before
//! ```
//!
//! And names, held by the test `the_example_of_names_is_what_is_written`: the frame 0x401005 is `f`, line 4 of f.c, inlined into `f`:
//!
//! ```text
//! Ops       05                      something rare
//! Frames    00 8a c0 80 04          frame 1 is new: module 0 (none), 0x401005 behind 0, zigzag
//! Rare      08 01 02                names of frame 1: two
//!           00 01 'f'               text 0 is new: a name of one byte
//!           02 03 'f.c' 05 01       a file, text 1, which is new: of three bytes; line 4; inlined
//!           00 02 00 00             text 0, in the file that is text 1, no line, not inlined
//! ```

use crate::varint::{Cursor, Torn, put};

/// The columns, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    /// What each event is.
    Ops,
    /// When.
    Times,
    /// Whose.
    Threads,
    /// From where.
    Sites,
    /// New sites.
    SiteDefs,
    /// New stacks.
    Nodes,
    /// New frames.
    Frames,
    /// New modules.
    Modules,
    /// Where blocks are.
    Addresses,
    /// Which block is freed.
    Ages,
    /// All else.
    Rare,
}

/// How many there are.
pub(crate) const COLUMNS: usize = Column::Rare as usize + 1;

/// Kinds of events, in the lowest bits of an op.
pub(crate) mod kind {
    /// A block was given out.
    pub(crate) const ALLOC: u8 = 0;
    /// One of this block's allocations was given back.
    pub(crate) const FREE_AGE: u8 = 1;
    /// A block was given back.
    pub(crate) const FREE_ADDRESS: u8 = 2;
    /// One of this block's allocations was moved.
    pub(crate) const REALLOC_AGE: u8 = 3;
    /// A block was moved.
    pub(crate) const REALLOC_ADDRESS: u8 = 4;
    /// Something else.
    pub(crate) const RARE: u8 = 5;
    /// Its bits.
    pub(crate) const MASK: u8 = 7;
}

/// Where an allocation lies, in the bits above the kind.
pub(crate) mod place {
    /// Where one of the size was given back.
    pub(crate) const AGAIN: u8 = 0 << 3;
    /// Behind the last one.
    pub(crate) const BEHIND: u8 = 1 << 3;
    /// Elsewhere.
    pub(crate) const TOLD: u8 = 2 << 3;
    /// Its bits.
    pub(crate) const MASK: u8 = 3 << 3;
}

/// The site is the one that followed before.
pub(crate) const SITE: u8 = 1 << 5;
/// Another thread's event.
pub(crate) const THREAD: u8 = 1 << 6;
/// Time passed.
pub(crate) const TIME: u8 = 1 << 7;

/// Tags of the column of rare events.
pub(crate) mod rare {
    /// address, length, node.
    pub(crate) const MAP: u8 = 0;
    /// address, length.
    pub(crate) const UNMAP: u8 = 1;
    /// tid, name: of the thread whose event it is.
    pub(crate) const NAME: u8 = 2;
    /// The thread whose event it is ended.
    pub(crate) const THREAD_END: u8 = 3;
    /// Why (0 a full ring, 1 a signal, 2 no ring), how many events.
    pub(crate) const LOST: u8 = 4;
    /// rss, heap.
    pub(crate) const RESIDENT: u8 = 5;
    /// The wait status.
    pub(crate) const END: u8 = 6;
    /// The program.
    pub(crate) const BEGIN: u8 = 7;
    /// What a frame is called: the frame, how many functions are at it, the innermost first, and of each: its name (a text), its
    /// file (a text; 0 none, else 1 and the text), its line (0 none, else 1 more), whether it was inlined (0 or 1).
    pub(crate) const LABELS: u8 = 8;
    /// What tracking cost until now: µs of its processor time, µs that threads of the program waited for it.
    pub(crate) const COST: u8 = 9;
}

/// Joins the columns to a payload.
pub(crate) fn join(columns: &[Vec<u8>; COLUMNS]) -> Vec<u8> {
    let mut out = Vec::with_capacity(columns.iter().map(Vec::len).sum::<usize>() + 64);
    columns.iter().for_each(|column| put(&mut out, column.len() as u64));
    columns.iter().for_each(|column| out.extend_from_slice(column));
    out
}

/// Parts a payload into its columns.
pub(crate) fn part(payload: &[u8]) -> Result<[Cursor<'_>; COLUMNS], Torn> {
    let mut cursor = Cursor::new(payload);
    let mut lengths = [0; COLUMNS];
    for length in &mut lengths {
        *length = cursor.number()?;
    }
    let mut columns = [Cursor::default(); COLUMNS];
    for (column, length) in columns.iter_mut().zip(lengths) {
        *column = Cursor::new(cursor.bytes(length)?);
    }
    if cursor.is_empty() { Ok(columns) } else { Err(Torn) }
}

/// Where a thread's next block will probably lie. Writer and reader keep the same one.
#[derive(Clone, Debug)]
pub(crate) struct Guess {
    /// Places that were given back, by the size class.
    again: Vec<Vec<u64>>,
    /// The last block's address, and the one behind it.
    pub(crate) last: u64,
    behind: u64,
    /// The site of the last allocation.
    pub(crate) site: u32,
}

/// Size classes whose places are kept: chunks of up to 1 KiB, as glibc's thread caches have them.
const CLASSES: usize = 65;

/// Most places of a class.
const PLACES: usize = 32;

/// The bytes of a chunk for a request, as glibc rounds it.
fn chunk(size: u64) -> u64 {
    (size.saturating_add(23) & !15).max(32)
}

fn class(size: u64) -> Option<usize> {
    usize::try_from(chunk(size) / 16).ok().filter(|class| *class < CLASSES)
}

impl Guess {
    /// Knows nothing yet.
    pub(crate) fn new() -> Guess {
        Guess { again: vec![Vec::new(); CLASSES], last: 0, behind: 0, site: 0 }
    }

    /// Where a block of that size lies, if it lies where one was given back.
    pub(crate) fn again(&self, size: u64) -> Option<u64> {
        self.again[class(size)?].last().copied()
    }

    /// Where it lies, if it lies behind the last one.
    pub(crate) fn behind(&self) -> u64 {
        self.behind
    }

    /// A block was given out.
    #[inline]
    pub(crate) fn given(&mut self, address: u64, size: u64) {
        // Right or wrong, the guess has served.
        if let Some(class) = class(size) {
            self.again[class].pop();
        }
        self.last = address;
        self.behind = address.wrapping_add(chunk(size));
    }

    /// A block of a known size was given back.
    #[inline]
    pub(crate) fn taken(&mut self, address: u64, size: u64) {
        if let Some(class) = class(size) {
            let places = &mut self.again[class];
            if places.len() == PLACES {
                places.remove(0);
            }
            places.push(address);
        }
    }
}

/// Writes an address as its distance from another.
pub(crate) fn put_address(out: &mut Vec<u8>, from: u64, to: u64) {
    let distance = to.wrapping_sub(from).cast_signed();
    let fold = |n: i64| ((n << 1) ^ (n >> 63)).cast_unsigned();
    if distance % 16 == 0 {
        put(out, fold(distance / 16) << 1);
    } else {
        put(out, (fold(distance) << 1) | 1);
    }
}

/// Reads what [`put_address`] wrote.
pub(crate) fn address(cursor: &mut Cursor<'_>, from: u64) -> Result<u64, Torn> {
    let told = cursor.number()?;
    let folded = told >> 1;
    let distance = (folded >> 1) ^ (folded & 1).wrapping_neg();
    Ok(from.wrapping_add(if told & 1 == 0 { distance.wrapping_mul(16) } else { distance }))
}
