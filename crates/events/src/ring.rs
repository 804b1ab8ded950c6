//! The ring in shared memory: one writer, one reader, records of any length in one piece, nobody ever waits in it.
//!
//! Positions count words since the ring began and never wrap; a word stands at its position modulo
//! the capacity, a power of two. The writer owns `head`, the reader `tail`; each learns of the
//! other's by one atomic load. A record that would be cut by the end of the ring is preceded by a
//! `kind::SKIP` that tells the reader to go on at the beginning.
//!
//! ```text
//!        tail                 head
//!         ▼                    ▼
//! ┌───────┬────────────────────┬───────────────┬──────────┐
//! │ free  │ records, published │ free          │ Skip: to │   capacity words
//! └───────┴────────────────────┴───────────────┴──────────┘
//! ```
//!
//! What is published is whole: `head` moves by whole records with release order, after their words.
//! The writer is a guest in a program that may be killed at any instruction; what it had not
//! published is then simply absent. [`wire`] lays many rings and their header into one mapping.

#![expect(
    clippy::cast_possible_truncation,
    reason = "positions within a ring and halves of words: each is masked or bounded where it is made"
)]

#[cfg(not(loom))]
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
#[cfg(loom)]
use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

use crate::record::{Damaged, Words, kind};

#[cfg(not(loom))]
pub mod wire;

/// A writer wakes a sleeping reader whenever it has written another part of its ring: the capacity divided by two to this power.
/// A reader that finds as much has no reason to sleep.
pub const BELL_SHIFT: u32 = 2;

/// What both sides of a ring share beside its words; each side's counters on cache lines of their own.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Control {
    /// Words written. The writer's.
    head: AtomicU64,
    /// [`State`] of the ring.
    pub state: AtomicU32,
    /// The thread that writes, as the kernel numbers it; the process it belongs to knows it by this number.
    pub tid: AtomicU32,
    /// Number of this claim among all of the process, from 0: what tells two threads apart for good.
    pub serial: AtomicU32,
    /// 1 once the ring's pages are there, which stays so from thread to thread.
    pub is_populated: AtomicU32,
    reserved: [u64; 4],
    /// Words read. The reader's.
    tail: AtomicU64,
    /// 1 while the writer sleeps on this word until there is room.
    pub waiting: AtomicU32,
    reserved_too: [u32; 13],
}

/// What a ring is doing: the values of [`Control::state`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum State {
    /// Nobody's; a ring of fresh memory is that.
    Free = 0,
    /// A thread writes.
    Live = 1,
    /// Its thread has ended; the reader frees it once it has read all.
    Ended = 2,
}

impl Control {
    /// A ring that nobody has used.
    #[must_use]
    pub fn new() -> Self {
        Self {
            head: AtomicU64::new(0),
            state: AtomicU32::new(State::Free as u32),
            tid: AtomicU32::new(0),
            serial: AtomicU32::new(0),
            is_populated: AtomicU32::new(0),
            reserved: [0; 4],
            tail: AtomicU64::new(0),
            waiting: AtomicU32::new(0),
            reserved_too: [0; 13],
        }
    }
}

impl Default for Control {
    fn default() -> Self {
        Self::new()
    }
}

/// The writing side. At most one exists for a ring at a time: who claimed the ring keeps that promise.
#[derive(Debug)]
pub struct Writer<'a> {
    control: &'a Control,
    words: &'a [AtomicU64],
    head: u64,
    /// The reader's position as last seen; it may be further by now.
    tail: u64,
}

impl<'a> Writer<'a> {
    /// Goes on where the ring's last writer ended.
    ///
    /// # Panics
    /// When the number of words is no power of two.
    #[must_use]
    pub fn new(control: &'a Control, words: &'a [AtomicU64]) -> Self {
        assert!(words.len().is_power_of_two(), "a ring's capacity is a power of two");
        let head = control.head.load(Ordering::Relaxed);
        Self { control, words, head, tail: control.tail.load(Ordering::Acquire) }
    }

    /// The part of the ring that both share.
    #[must_use]
    pub fn control(&self) -> &'a Control {
        self.control
    }

    /// Room for a record of `words` words in one piece, or `None` when the reader is too far behind.
    #[inline]
    pub fn room(&mut self, words: usize) -> Option<Room<'_, 'a>> {
        let capacity = self.words.len() as u64;
        let to_end = capacity - (self.head & (capacity - 1));
        let needed = words as u64;
        let skip = if needed > to_end { to_end } else { 0 };
        if self.head + skip + needed > self.tail + capacity {
            self.tail = self.control.tail.load(Ordering::Acquire);
            if self.head + skip + needed > self.tail + capacity {
                return None;
            }
        }
        if skip > 0 {
            self.skip(skip);
        }
        Some(Room { writer: self, words })
    }

    /// Whether the last `words` words, just written, went past a multiple of the capacity divided by two to the
    /// power of [`BELL_SHIFT`].
    #[must_use]
    #[inline(always)]
    pub fn has_passed(&self, words: usize) -> bool {
        let part = self.words.len() as u64 >> BELL_SHIFT;
        (self.head ^ (self.head - words as u64)) & !(part - 1) != 0
    }

    /// Announces that this writer will sleep until there is room; false when there is room already.
    #[must_use]
    pub fn announce_wait(&mut self, words: usize) -> bool {
        self.control.waiting.store(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        let is_full = self.room(words).is_none();
        if !is_full {
            self.control.waiting.store(0, Ordering::Relaxed);
        }
        is_full
    }

    #[cold]
    fn skip(&mut self, words: u64) {
        self.store(0, kind::SKIP | words << 8);
        self.head += words;
    }

    #[inline(always)]
    fn store(&self, at: usize, word: u64) {
        let index = (self.head as usize + at) & (self.words.len() - 1);
        // SAFETY: the mask keeps the index below the length, a power of two as `new` has checked.
        unsafe { self.words.get_unchecked(index) }.store(word, Ordering::Relaxed);
    }
}

/// Reserved words, to be filled and then published together.
#[derive(Debug)]
pub struct Room<'w, 'a> {
    writer: &'w mut Writer<'a>,
    words: usize,
}

impl Room<'_, '_> {
    /// Publishes all words of the record at once.
    #[inline(always)]
    pub fn publish(self) {
        self.writer.head += self.words as u64;
        self.writer.control.head.store(self.writer.head, Ordering::Release);
    }
}

impl Words for Room<'_, '_> {
    /// Writes a word below the reserved number; a record never writes more than it asked room for.
    #[inline(always)]
    fn put(&mut self, at: usize, word: u64) {
        debug_assert!(at < self.words, "a record wrote more than it had reserved");
        self.writer.store(at, word);
    }
}

/// The reading side. It trusts neither positions nor words: the other side may be damaged.
#[derive(Debug)]
pub struct Reader<'a> {
    control: &'a Control,
    words: &'a [AtomicU64],
    tail: u64,
}

impl<'a> Reader<'a> {
    /// Goes on where the ring's last reader ended.
    ///
    /// # Panics
    /// When the number of words is no power of two.
    #[must_use]
    pub fn new(control: &'a Control, words: &'a [AtomicU64]) -> Self {
        assert!(words.len().is_power_of_two(), "a ring's capacity is a power of two");
        Self { control, words, tail: control.tail.load(Ordering::Relaxed) }
    }

    /// The published words that are not yet released, the second part after a turn at the ring's end.
    ///
    /// # Errors
    /// [`Damaged`] where the writer's position cannot be.
    pub fn published(&self) -> Result<(&'a [AtomicU64], &'a [AtomicU64]), Damaged> {
        let head = self.control.head.load(Ordering::Acquire);
        let length = head.wrapping_sub(self.tail);
        let capacity = self.words.len() as u64;
        if length > capacity {
            return Err(Damaged);
        }
        // Both fit: at most `capacity`, which is a slice's length.
        let (start, length) = ((self.tail & (capacity - 1)) as usize, length as usize);
        let until_end = length.min(self.words.len() - start);
        Ok((&self.words[start..start + until_end], &self.words[..length - until_end]))
    }

    /// Whether so much is published that its writer has rung, or will not ring before it must wait. Asked after the reader has
    /// said that it sleeps: then the writer sees that, or the reader sees what was written.
    #[must_use]
    pub fn has_backlog(&self) -> bool {
        fence(Ordering::SeqCst);
        let head = self.control.head.load(Ordering::Acquire);
        head.wrapping_sub(self.tail) >= self.words.len() as u64 >> BELL_SHIFT
    }

    /// Gives the first `words` published words back to the writer. True when it sleeps and must be woken.
    #[must_use]
    pub fn release(&mut self, words: usize) -> bool {
        self.tail += words as u64;
        self.control.tail.store(self.tail, Ordering::Release);
        fence(Ordering::SeqCst);
        self.control.waiting.load(Ordering::Relaxed) != 0
            && self.control.waiting.swap(0, Ordering::Relaxed) != 0
    }
}

/// A word read from a ring.
#[must_use]
#[inline(always)]
pub fn load(word: &AtomicU64) -> u64 {
    word.load(Ordering::Relaxed)
}

/// The memory of words as bytes, in the machine's own order.
#[must_use]
pub fn bytes_of(words: &[u64]) -> &[u8] {
    // SAFETY: every byte of a u64 is initialised, bytes need no alignment, and the lifetime and the
    // size in bytes are those of the slice itself.
    unsafe { core::slice::from_raw_parts(words.as_ptr().cast(), size_of_val(words)) }
}

/// The time-stamp counter, after everything before it has happened; 0 where there is none that serves.
///
/// It runs at one rate on all cores of every x86-64 machine since 2008 (`constant_tsc`, `nonstop_tsc`).
#[must_use]
#[inline(always)]
pub fn ticks_now() -> u64 {
    #[cfg(target_arch = "x86_64")]
    {
        let mut core = 0;
        // SAFETY: RDTSCP is there wherever constant_tsc is, which the watching side has checked.
        unsafe { core::arch::x86_64::__rdtscp(&raw mut core) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    0
}
