//! What a hook says: one record an event, in words of 64 bits.
//!
//! A record begins with a word that holds its kind, four bits of detail and the time. Two more words
//! and the return addresses make an allocation; a free is two words. Bits are drawn from the least
//! significant one:
//!
//! ```text
//! word 0   | kind 4 | detail 4 | ticks 56 |
//!
//! Alloc    | address 48 | fresh 16 |  | size 48 | keep 16 |  | return address 64 | × fresh       detail: Via
//! Map      as Alloc
//! Stack    | 0 48 | fresh 16 |  | 0 48 | keep 16 |  | return address 64 | × fresh
//! Free     | address 64 |                                                          detail: 1 = moving
//! Kept     | address 64 |
//! Unmap    | address 64 |  | size 64 |
//! Module   | start 64 |  | end 64 |  | bias 64 |  | build id bytes 32 | path bytes 32 |  build id, path, padded
//! ModuleGone | start 64 |  | end 64 |
//! ThreadStart | tid 32 | name bytes 32 |  name, padded
//! ThreadEnd   (word 0 alone)
//! Begin    | pid 32 | program bytes 32 |  program, padded
//! Lost     | events 64 |                                                           detail: Loss
//! Skip       (word 0 alone)  nothing stands in the `ticks` words from here on: the end of the ring
//! ```
//!
//! Worked example: `malloc(24)` gave 0x5000 at tick 7; of the thread's last stack two frames remain,
//! 0xabc is new. The words are `0x0701`, `0x0001_0000_0000_5000`, `0x0002_0000_0000_0018`, `0xabc`.
//!
//! Limits: ticks wrap after 2⁵⁶ (more than 200 days at 3.6 GHz), addresses of blocks and their sizes
//! are below 2⁴⁸, a record brings at most [`MAX_FRESH`] frames (a deeper change of stack is sent in
//! pieces) and text of at most [`MAX_TEXT_BYTES`].

#![expect(
    clippy::cast_possible_truncation,
    reason = "halves and quarters of words: each is shifted or masked where it is made"
)]

/// Most return addresses in one record.
pub const MAX_FRESH: usize = 500;
/// Longest path or name in a record; longer ones are cut at their front, where they say least.
pub const MAX_TEXT_BYTES: usize = 1024;
/// Longest build id that is kept.
pub const MAX_BUILD_ID_BYTES: usize = 64;
/// Most words in one record: what a ring must be able to hold in one piece.
pub const MAX_WORDS: usize = 3 + MAX_FRESH;
/// Deepest stack of which a thread keeps account; of deeper ones the outermost frames are cut.
pub const MAX_DEPTH: usize = 16_384;

const TICKS_BITS: u32 = 56;
const LOW_48: u64 = (1 << 48) - 1;

/// The kinds, as they stand in the first word.
pub mod kind {
    /// The end of the ring: go on at its beginning.
    pub const SKIP: u64 = 0;
    /// A block was given.
    pub const ALLOC: u64 = 1;
    /// A block is being given back.
    pub const FREE: u64 = 2;
    /// A block stays where it was: its `realloc` failed.
    pub const KEPT: u64 = 3;
    /// The thread's stack changed.
    pub const STACK: u64 = 4;
    /// The program mapped memory itself.
    pub const MAP: u64 = 5;
    /// The program gave mapped memory back.
    pub const UNMAP: u64 = 6;
    /// A module is there.
    pub const MODULE: u64 = 7;
    /// A module went.
    pub const MODULE_GONE: u64 = 8;
    /// A thread's first word.
    pub const THREAD_START: u64 = 9;
    /// A thread's last word.
    pub const THREAD_END: u64 = 10;
    /// A program begins.
    pub const BEGIN: u64 = 11;
    /// Events are missing here.
    pub const LOST: u64 = 12;
}

/// By which door memory was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Via {
    /// `malloc`, and with it `operator new`, which calls it.
    Malloc = 0,
    /// `calloc`
    Calloc = 1,
    /// `realloc`, `reallocarray`
    Realloc = 2,
    /// `posix_memalign`, `aligned_alloc`, `memalign`, `valloc`, `pvalloc`, aligned `operator new`.
    Aligned = 3,
    /// `mmap`
    Mmap = 4,
    /// `mremap`
    Mremap = 5,
    /// `sbrk`
    Sbrk = 6,
}

impl Via {
    const ALL: [Self; 7] = [
        Self::Malloc,
        Self::Calloc,
        Self::Realloc,
        Self::Aligned,
        Self::Mmap,
        Self::Mremap,
        Self::Sbrk,
    ];

    #[inline(always)]
    fn of(detail: u64) -> Option<Self> {
        Self::ALL.get(detail as usize).copied()
    }
}

/// Why events are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Loss {
    /// The ring was full, and its reader too slow.
    Full = 0,
    /// They happened in a signal handler that had interrupted a hook of the same thread.
    Signal = 1,
    /// The thread had no ring: there were more threads at once than rings.
    NoRing = 2,
}

impl Loss {
    const ALL: [Self; 3] = [Self::Full, Self::Signal, Self::NoRing];

    fn of(detail: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|&loss| loss as u64 == detail)
    }
}

/// A stack as what changed since the same thread's last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delta<'a> {
    /// How many of the last stack's frames remain, counted from the outermost.
    pub keep: usize,
    /// The return addresses that follow them, from outer to inner.
    pub fresh: &'a [u64],
}

/// One event. All `ticks` are of the time-stamp counter, since the tracking began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record<'a> {
    /// A block was given; stamped after the real call.
    Alloc {
        /// When.
        ticks: u64,
        /// The block's address, below 2⁴⁸.
        address: u64,
        /// Bytes asked for, below 2⁴⁸.
        size: u64,
        /// How it was asked for.
        via: Via,
        /// Who asked.
        stack: Delta<'a>,
    },
    /// A block is being given back; stamped before the real call.
    Free {
        /// When.
        ticks: u64,
        /// The block's address.
        address: u64,
        /// Whether this begins a `realloc`: the next [`Record::Alloc`] of the thread is its new block, and
        /// [`Record::Kept`] says that it failed.
        moving: bool,
    },
    /// The `realloc` that this thread has begun failed: its block lives on as it was.
    Kept {
        /// When.
        ticks: u64,
        /// The block's address.
        address: u64,
    },
    /// The thread's stack changed, with no event of its own: a piece of a very deep stack.
    Stack {
        /// When.
        ticks: u64,
        /// What changed.
        stack: Delta<'a>,
    },
    /// The program mapped memory by itself.
    Map {
        /// When.
        ticks: u64,
        /// First byte, below 2⁴⁸.
        address: u64,
        /// Bytes, below 2⁴⁸.
        size: u64,
        /// `mmap`, `mremap` or `sbrk`.
        via: Via,
        /// Who asked.
        stack: Delta<'a>,
    },
    /// The program gave mapped memory back.
    Unmap {
        /// When.
        ticks: u64,
        /// First byte.
        address: u64,
        /// Bytes.
        size: u64,
    },
    /// The program or a library stands in memory.
    Module {
        /// When it was seen.
        ticks: u64,
        /// First byte of its mapping.
        start: u64,
        /// First byte after it.
        end: u64,
        /// What was added to the addresses in its file.
        bias: u64,
        /// The build id of its notes; empty where it has none.
        build_id: &'a [u8],
        /// Its path as the loader knows it.
        path: &'a [u8],
    },
    /// A library was taken out of memory.
    ModuleGone {
        /// When that was seen.
        ticks: u64,
        /// First byte of what was its mapping.
        start: u64,
        /// First byte after it.
        end: u64,
    },
    /// First record of a thread.
    ThreadStart {
        /// When its first event came.
        ticks: u64,
        /// The kernel's number for it.
        tid: u32,
        /// Its name then.
        name: &'a [u8],
    },
    /// Last record of a thread.
    ThreadEnd {
        /// When it ended.
        ticks: u64,
    },
    /// A program begins; once more in the same process: it was replaced by `exec`, and all that it held is gone.
    Begin {
        /// When.
        ticks: u64,
        /// The process.
        pid: u32,
        /// The path of its executable.
        program: &'a [u8],
    },
    /// Events of this thread are missing here. The stack that follows is whole.
    Lost {
        /// When the ring took records again.
        ticks: u64,
        /// How many.
        events: u64,
        /// Why.
        why: Loss,
    },
}

/// Words that are no record: what wrote them was no hook of this version, or was overwritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged;

impl core::fmt::Display for Damaged {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the words are no allocation record")
    }
}

impl core::error::Error for Damaged {}

/// The first word of a record.
#[must_use]
#[inline(always)]
pub const fn first_word(kind: u64, detail: u64, ticks: u64) -> u64 {
    kind | detail << 4 | ticks << 8
}

/// The second and third word of an allocation, a mapping or a stack.
#[must_use]
#[inline(always)]
pub const fn block_words(address: u64, size: u64, keep: usize, fresh: usize) -> (u64, u64) {
    (address & LOW_48 | (fresh as u64) << 48, size & LOW_48 | (keep as u64) << 48)
}

/// What [`decode`] gives: a record and the words it took. `None` for a [`kind::SKIP`].
pub type Decoded<'a> = (Option<Record<'a>>, usize);

/// Reads the record at the start of `words`.
///
/// # Errors
/// [`Damaged`] where it has no known kind, or is longer than `words`.
#[inline(always)]
pub fn decode(words: &[u64]) -> Result<Decoded<'_>, Damaged> {
    let first = *words.first().ok_or(Damaged)?;
    let (kind, detail, ticks) = (first & 15, first >> 4 & 15, first >> 8);
    match kind {
        kind::ALLOC => block(words, kind, detail, ticks),
        kind::FREE => {
            let address = *words.get(1).ok_or(Damaged)?;
            Ok((Some(Record::Free { ticks, address, moving: detail == 1 }), 2))
        }
        _ => decode_rare(words, kind, detail, ticks),
    }
}

/// An allocation's parts, or a free's: what nearly all records are, for a reader that is in a hurry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frequent<'a> {
    /// [`Record::Alloc`], as ticks, address, size, door and stack.
    Alloc(u64, u64, u64, Via, Delta<'a>),
    /// [`Record::Free`] that begins no `realloc`, as ticks and address.
    Free(u64, u64),
}

/// Reads the record at the start of `words` where it is a frequent one, and how many words it takes. What this gives
/// stays in registers, where a [`Record`] goes through memory.
#[must_use]
#[inline(always)]
pub fn decode_frequent(words: &[u64]) -> Option<(Frequent<'_>, usize)> {
    let [first, second, rest @ ..] = words else { return None };
    match first & 15 {
        kind::ALLOC => {
            let [third, rest @ ..] = rest else { return None };
            let fresh = rest.get(..(second >> 48) as usize)?;
            let stack = Delta { keep: (third >> 48) as usize, fresh };
            let via = Via::of(first >> 4 & 15)?;
            let (address, size) = (second & LOW_48, third & LOW_48);
            Some((Frequent::Alloc(first >> 8, address, size, via, stack), 3 + fresh.len()))
        }
        kind::FREE if first >> 4 & 15 == 0 => Some((Frequent::Free(first >> 8, *second), 2)),
        _ => None,
    }
}

#[inline(never)]
fn decode_rare(words: &[u64], kind: u64, detail: u64, ticks: u64) -> Result<Decoded<'_>, Damaged> {
    let word = |at: usize| words.get(at).copied().ok_or(Damaged);
    let record = match kind {
        kind::SKIP => return skip(words, ticks),
        kind::MAP | kind::STACK => return block(words, kind, detail, ticks),
        kind::KEPT => (Record::Kept { ticks, address: word(1)? }, 2),
        kind::UNMAP => (Record::Unmap { ticks, address: word(1)?, size: word(2)? }, 3),
        kind::MODULE_GONE => (Record::ModuleGone { ticks, start: word(1)?, end: word(2)? }, 3),
        kind::MODULE => {
            let (id_bytes, path_bytes) = halves(word(4)?);
            let (build_id, id_words) = text(words, 5, id_bytes)?;
            let (path, path_words) = text(words, 5 + id_words, path_bytes)?;
            let (start, end, bias) = (word(1)?, word(2)?, word(3)?);
            let record = Record::Module { ticks, start, end, bias, build_id, path };
            (record, 5 + id_words + path_words)
        }
        kind::THREAD_START => {
            let (tid, bytes) = halves(word(1)?);
            let (name, length) = text(words, 2, bytes)?;
            (Record::ThreadStart { ticks, tid, name }, 2 + length)
        }
        kind::THREAD_END => (Record::ThreadEnd { ticks }, 1),
        kind::BEGIN => {
            let (pid, bytes) = halves(word(1)?);
            let (program, length) = text(words, 2, bytes)?;
            (Record::Begin { ticks, pid, program }, 2 + length)
        }
        kind::LOST => {
            let why = Loss::of(detail).ok_or(Damaged)?;
            (Record::Lost { ticks, events: word(1)?, why }, 2)
        }
        _ => return Err(Damaged),
    };
    Ok((Some(record.0), record.1))
}

fn skip(words: &[u64], length: u64) -> Result<Decoded<'_>, Damaged> {
    let length = usize::try_from(length).map_err(|_| Damaged)?;
    if length == 0 || length > words.len() { Err(Damaged) } else { Ok((None, length)) }
}

#[inline(always)]
fn block(words: &[u64], kind: u64, detail: u64, ticks: u64) -> Result<Decoded<'_>, Damaged> {
    let [_, second, third, rest @ ..] = words else { return Err(Damaged) };
    let fresh = rest.get(..(second >> 48) as usize).ok_or(Damaged)?;
    let stack = Delta { keep: (third >> 48) as usize, fresh };
    let (address, size) = (second & LOW_48, third & LOW_48);
    let record = match kind {
        kind::STACK => Record::Stack { ticks, stack },
        kind::MAP => {
            Record::Map { ticks, address, size, via: Via::of(detail).ok_or(Damaged)?, stack }
        }
        _ => Record::Alloc { ticks, address, size, via: Via::of(detail).ok_or(Damaged)?, stack },
    };
    Ok((Some(record), 3 + fresh.len()))
}

/// The lower and the upper half of a word.
fn halves(word: u64) -> (u32, u32) {
    let low = (word & u64::from(u32::MAX)) as u32;
    (low, (word >> 32) as u32)
}

/// `bytes` bytes of text from word `at` on, and the words they take.
fn text(words: &[u64], at: usize, bytes: u32) -> Result<(&[u8], usize), Damaged> {
    let bytes = bytes as usize;
    let length = bytes.div_ceil(8);
    let held = words.get(at..at.checked_add(length).ok_or(Damaged)?).ok_or(Damaged)?;
    Ok((&as_bytes(held)[..bytes], length))
}

/// The memory of words as bytes, in the machine's own order, which both sides share.
fn as_bytes(words: &[u64]) -> &[u8] {
    crate::ring::bytes_of(words)
}

/// Where [`Record::encode`] puts words; a ring, or a slice in a test.
pub trait Words {
    /// Writes the word at `at`, counted from the record's first.
    fn put(&mut self, at: usize, word: u64);
}

impl Words for [u64] {
    fn put(&mut self, at: usize, word: u64) {
        self[at] = word;
    }
}

impl Record<'_> {
    /// The time of the event.
    #[must_use]
    #[inline]
    pub fn ticks(&self) -> u64 {
        match *self {
            Self::Alloc { ticks, .. }
            | Self::Free { ticks, .. }
            | Self::Kept { ticks, .. }
            | Self::Stack { ticks, .. }
            | Self::Map { ticks, .. }
            | Self::Unmap { ticks, .. }
            | Self::Module { ticks, .. }
            | Self::ModuleGone { ticks, .. }
            | Self::ThreadStart { ticks, .. }
            | Self::ThreadEnd { ticks }
            | Self::Begin { ticks, .. }
            | Self::Lost { ticks, .. } => ticks,
        }
    }

    /// How many words [`Record::encode`] writes.
    #[must_use]
    pub fn words(&self) -> usize {
        match self {
            Self::Alloc { stack, .. } | Self::Map { stack, .. } | Self::Stack { stack, .. } => {
                3 + stack.fresh.len()
            }
            Self::Free { .. } | Self::Kept { .. } | Self::Lost { .. } => 2,
            Self::Unmap { .. } | Self::ModuleGone { .. } => 3,
            Self::Module { build_id, path, .. } => {
                5 + build_id.len().div_ceil(8) + path.len().div_ceil(8)
            }
            Self::ThreadStart { name: text, .. } | Self::Begin { program: text, .. } => {
                2 + text.len().div_ceil(8)
            }
            Self::ThreadEnd { .. } => 1,
        }
    }

    /// Writes the record's [`Record::words`]; the inverse of [`decode`] within the limits of the module's head.
    pub fn encode<W: Words + ?Sized>(&self, to: &mut W) {
        let ticks = self.ticks() & ((1 << TICKS_BITS) - 1);
        let mut head = |kind, detail| to.put(0, first_word(kind, detail, ticks));
        match *self {
            Self::Alloc { address, size, via, stack, .. } => {
                head(kind::ALLOC, via as u64);
                put_block(to, address, size, stack);
            }
            Self::Map { address, size, via, stack, .. } => {
                head(kind::MAP, via as u64);
                put_block(to, address, size, stack);
            }
            Self::Stack { stack, .. } => {
                head(kind::STACK, 0);
                put_block(to, 0, 0, stack);
            }
            Self::Free { address, moving, .. } => {
                head(kind::FREE, u64::from(moving));
                to.put(1, address);
            }
            Self::Kept { address, .. } => {
                head(kind::KEPT, 0);
                to.put(1, address);
            }
            Self::Unmap { address, size, .. } => {
                head(kind::UNMAP, 0);
                to.put(1, address);
                to.put(2, size);
            }
            Self::Module { start, end, bias, build_id, path, .. } => {
                head(kind::MODULE, 0);
                to.put(1, start);
                to.put(2, end);
                to.put(3, bias);
                to.put(4, build_id.len() as u64 | (path.len() as u64) << 32);
                put_text(to, 5, build_id);
                put_text(to, 5 + build_id.len().div_ceil(8), path);
            }
            Self::ModuleGone { start, end, .. } => {
                head(kind::MODULE_GONE, 0);
                to.put(1, start);
                to.put(2, end);
            }
            Self::ThreadStart { tid, name, .. } => {
                head(kind::THREAD_START, 0);
                put_named(to, tid, name);
            }
            Self::ThreadEnd { .. } => head(kind::THREAD_END, 0),
            Self::Begin { pid, program, .. } => {
                head(kind::BEGIN, 0);
                put_named(to, pid, program);
            }
            Self::Lost { events, why, .. } => {
                head(kind::LOST, why as u64);
                to.put(1, events);
            }
        }
    }
}

fn put_block<W: Words + ?Sized>(to: &mut W, address: u64, size: u64, stack: Delta<'_>) {
    let (second, third) = block_words(address, size, stack.keep, stack.fresh.len());
    to.put(1, second);
    to.put(2, third);
    for (at, &address) in stack.fresh.iter().enumerate() {
        to.put(3 + at, address);
    }
}

fn put_named<W: Words + ?Sized>(to: &mut W, number: u32, name: &[u8]) {
    to.put(1, u64::from(number) | (name.len() as u64) << 32);
    put_text(to, 2, name);
}

fn put_text<W: Words + ?Sized>(to: &mut W, at: usize, text: &[u8]) {
    for (index, bytes) in text.chunks(8).enumerate() {
        let mut word = [0; 8];
        for (to, from) in word.iter_mut().zip(bytes) {
            *to = *from;
        }
        to.put(at + index, u64::from_ne_bytes(word));
    }
}
