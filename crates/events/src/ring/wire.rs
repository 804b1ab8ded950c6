//! One sealed, sparse mapping that a process and its watcher share: a header, a control block a ring, the rings.
//!
//! ```text
//! offset 0            | Header: who watches, what is asked for, which rings are taken      4 pages |
//!        CONTROLS     | Control × RINGS                                            128 bytes each |
//!        first ring   | words of ring 0 | words of ring 1 | …                    see `CLASSES` |
//! ```
//!
//! The watcher makes the mapping and writes the header before the process starts. Pages of rings
//! that nobody claims never come into being.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::{Control, State};

/// First word of every mapping: "ramshare" in ASCII.
pub const MAGIC: u64 = u64::from_le_bytes(*b"ramshare");
/// Changes with every change of header, rings or records.
pub const VERSION: u32 = 3;
/// Rings in a mapping, and so threads that can be followed at one time.
pub const RINGS: usize = 64 + 448 + 15_872;
/// How many rings have how many words, in this order: the first threads get room, a crowd gets little.
const CLASSES: [(usize, usize); 3] = [(64, 128 << 10), (448, 16 << 10), (15_872, 4 << 10)];
const CONTROLS: usize = 4 * 4096;
const FIRST_RING: usize = CONTROLS + RINGS * size_of::<Control>();
/// Bytes of the whole mapping.
pub const BYTES: usize = (place(RINGS).0 + 4095) & !4095;

/// Flag: a writer whose ring is full waits for its reader instead of losing events.
pub const WAIT_WHEN_FULL: u32 = 1;
/// Flag: forked and executed programs are followed too.
pub const CHILDREN: u32 = 2;

/// Most children that are followed at one time.
pub const MOST_CHILDREN: usize = 256;

/// What stands at the start of the mapping. Fields that are not atomic never change after the program's start.
#[derive(Debug)]
#[repr(C, align(4096))]
pub struct Header {
    /// [`MAGIC`]
    pub magic: u64,
    /// [`VERSION`]
    pub version: u32,
    /// [`WAIT_WHEN_FULL`], [`CHILDREN`]
    pub flags: u32,
    /// Time-stamp counter at which ticks are 0: set when the mapping is made, and again by a child as it claims it.
    pub base_ticks: AtomicU64,
    /// Mean distance between samples in bytes; 0 records everything.
    pub sample_bytes: u64,
    /// Seed of the samples.
    pub seed: u64,
    /// The process whose rings these are; 0 until it has come.
    pub owner: AtomicU32,
    /// How many programs this process has begun: 1, and one more with every `exec`.
    pub programs: AtomicU32,
    /// Next number for a claim.
    pub serials: AtomicU32,
    /// Rises while the watcher lives: it looks at the rings.
    pub heartbeat: AtomicU32,
    /// In the first mapping: 1 while the watcher sleeps on this word, to be woken when a ring of any process fills.
    pub sleeping: AtomicU32,
    /// In the first mapping: file descriptor, in the watcher, of a mapping for the next child; 0 where there is none.
    pub spare: AtomicU32,
    /// In the first mapping: how often `spare` was set; children that wait for it sleep on this word.
    pub laid_out: AtomicU32,
    /// System calls that the process may not make any more for a filter of its own, a bit each, as its library numbers them.
    pub forbidden: AtomicU32,
    /// 1 when the process can wake nobody: its rings are to be looked at often.
    pub is_mute: AtomicU32,
    /// Events of threads that got no ring.
    pub without_ring: AtomicU64,
    /// Ticks that writers have slept because their rings were full.
    pub waited_ticks: AtomicU64,
    /// Stacks that were compared with another unwinder's, and how many differed; only in a library built to compare.
    pub compared: [AtomicU64; 8],
    /// In the first mapping: children that found no mapping.
    pub left_out: AtomicU64,
    /// In the first mapping: whose the others are, a process above a file descriptor in the watcher; 0 where there is none.
    children: [AtomicU64; MOST_CHILDREN],
    /// Which rings are taken, a bit each.
    taken: [AtomicU64; RINGS / 64],
}

const _: () = assert!(size_of::<Header>() <= CONTROLS, "control blocks follow the header");

impl Header {
    /// Says that the mapping of that descriptor is this child's, so that the program of its next `exec` finds it.
    ///
    /// False where the table is full.
    pub fn add_child(&self, process: u32, descriptor: u32) -> bool {
        let entry = u64::from(process) << 32 | u64::from(descriptor);
        self.children.iter().any(|slot| {
            slot.compare_exchange(0, entry, Ordering::Release, Ordering::Relaxed).is_ok()
        })
    }

    /// The descriptor of the mapping of this child.
    #[must_use]
    pub fn child(&self, process: u32) -> Option<u32> {
        let slots = self.children.iter().map(|slot| slot.load(Ordering::Acquire));
        slots.filter(|&entry| entry != 0).find_map(|entry| {
            (entry >> 32 == u64::from(process)).then_some((entry & u64::from(u32::MAX)) as u32)
        })
    }

    /// Takes the mapping of that descriptor off the table: its process is no more.
    pub fn remove_child(&self, descriptor: u32) {
        for slot in &self.children {
            let entry = slot.load(Ordering::Relaxed);
            if entry != 0 && entry & u64::from(u32::MAX) == u64::from(descriptor) {
                // Whoever changed it meanwhile has taken it off.
                let _ = slot.compare_exchange(entry, 0, Ordering::Relaxed, Ordering::Relaxed);
            }
        }
    }
}

/// Offset in bytes and number of words of ring `index`; of one past the last: the end.
const fn place(index: usize) -> (usize, usize) {
    let (mut offset, mut left, mut class) = (FIRST_RING, index, 0);
    while class < CLASSES.len() - 1 && left >= CLASSES[class].0 {
        offset += CLASSES[class].0 * CLASSES[class].1 * 8;
        left -= CLASSES[class].0;
        class += 1;
    }
    (offset + left * CLASSES[class].1 * 8, CLASSES[class].1)
}

/// A mapping of [`BYTES`] bytes in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wire {
    base: *mut u8,
}

// SAFETY: the mapping is shared between processes as it is; all that changes in it is atomic.
unsafe impl Send for Wire {}
// SAFETY: as above.
unsafe impl Sync for Wire {}

impl Wire {
    /// The mapping at `base`.
    ///
    /// # Safety
    /// [`BYTES`] readable and writable bytes are mapped there, on a page boundary, shared, from a file
    /// that is sealed against shrinking, for as long as this or a copy of it is used.
    #[must_use]
    pub const unsafe fn at(base: *mut u8) -> Self {
        Self { base }
    }

    /// Writes the header of a fresh mapping; all its bytes were 0.
    pub fn begin(&self, flags: u32, base_ticks: u64, sample_bytes: u64, seed: u64) {
        let header = self.base.cast::<Header>();
        // SAFETY: `at` promises the bytes, on a page boundary; nobody else knows of a fresh mapping.
        let header = unsafe { &mut *header };
        header.magic = MAGIC;
        header.version = VERSION;
        header.flags = flags;
        *header.base_ticks.get_mut() = base_ticks;
        header.sample_bytes = sample_bytes;
        header.seed = seed;
    }

    /// Whether this is a mapping of this version.
    #[must_use]
    pub fn is_understood(&self) -> bool {
        let header = self.header();
        header.magic == MAGIC && header.version == VERSION
    }

    /// The header.
    #[must_use]
    #[inline(always)]
    pub fn header(&self) -> &'static Header {
        // SAFETY: `at` promises the bytes for as long as this is used; every pattern of bits is a Header.
        unsafe { &*self.base.cast::<Header>() }
    }

    /// What both sides share of ring `index`.
    ///
    /// # Panics
    /// When there are not that many rings.
    #[must_use]
    pub fn control(&self, index: usize) -> &'static Control {
        assert!(index < RINGS, "a mapping has {RINGS} rings");
        let offset = CONTROLS + index * size_of::<Control>();
        // SAFETY: the control blocks begin at CONTROLS, and there are RINGS of them.
        let control = unsafe { self.base.add(offset) }.cast::<Control>();
        // SAFETY: as `header`.
        unsafe { &*control }
    }

    /// The words of ring `index`.
    ///
    /// # Panics
    /// When there are not that many rings.
    #[must_use]
    pub fn words(&self, index: usize) -> &'static [AtomicU64] {
        assert!(index < RINGS, "a mapping has {RINGS} rings");
        let (offset, words) = place(index);
        // SAFETY: `place` stays below BYTES, and ring upon ring follow one another.
        let start = unsafe { self.base.add(offset) }.cast::<AtomicU64>();
        // SAFETY: `at` promises the bytes; a multiple of 8 stands after a page boundary.
        unsafe { core::slice::from_raw_parts(start, words) }
    }

    /// Takes a free ring for the calling thread, the roomiest that is left.
    #[must_use]
    pub fn claim(&self) -> Option<usize> {
        for (at, word) in self.header().taken.iter().enumerate() {
            let mut taken = word.load(Ordering::Relaxed);
            while taken != u64::MAX {
                let bit = (!taken).trailing_zeros();
                let with = taken | 1 << bit;
                match word.compare_exchange_weak(taken, with, Ordering::Acquire, Ordering::Relaxed)
                {
                    Ok(_) => return Some(at * 64 + bit as usize),
                    Err(now) => taken = now,
                }
            }
        }
        None
    }

    /// Gives ring `index` back after its thread has ended and all was read.
    pub fn free(&self, index: usize) {
        self.control(index).state.store(State::Free as u32, Ordering::Relaxed);
        self.header().taken[index / 64].fetch_and(!(1 << (index % 64)), Ordering::Release);
    }

    /// The rings that are taken, in order.
    pub fn taken(&self) -> impl Iterator<Item = usize> + use<> {
        let header = self.header();
        header.taken.iter().enumerate().flat_map(|(at, word)| {
            let mut left = word.load(Ordering::Acquire);
            core::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(at * 64 + bit as usize)
            })
        })
    }

    /// First byte and bytes of the rings' memory below which ring `index` stands, for advice to the kernel.
    #[must_use]
    pub fn pages(&self, index: usize) -> (*mut u8, usize) {
        let (offset, words) = place(index.min(RINGS - 1));
        (self.base.wrapping_add(offset), words * 8)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::boxed::Box;

    use super::*;

    #[test]
    fn a_child_is_found_by_its_number_until_its_mapping_is_taken_off() {
        // SAFETY: every field may be zeroes.
        let header: Box<Header> = unsafe { Box::new_zeroed().assume_init() };
        for child in 1..=MOST_CHILDREN as u32 {
            assert!(header.add_child(child, 1000 + child));
        }
        assert!(!header.add_child(5000, 3), "the table is full");
        assert_eq!((header.child(7), header.child(5000)), (Some(1007), None));
        header.remove_child(1007);
        assert_eq!((header.child(7), header.child(8)), (None, Some(1008)));
        assert!(header.add_child(u32::MAX, u32::MAX));
        assert_eq!(header.child(u32::MAX), Some(u32::MAX));
    }
}
