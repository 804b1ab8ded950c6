//! Reads all rings of a process and merges their records by time.
//!
//! Order: a block that is given back is said so before the real call, one that was given is said after it. So
//! with all rings read after a moment T, everything said with a time before T is there whole, and nothing
//! before T can still come that a record before T depends on: the free of a block comes before its
//! reuse by another thread, and its allocation before its free. Records after T wait for the next round.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::Ordering;

use ramscope_events::record::{Frequent, Record, decode, decode_frequent};
use ramscope_events::ring::wire::{RINGS, Wire};
use ramscope_events::ring::{Reader, State, load};
use ramscope_events::{Delta, Via};

use super::map;

/// Who hears what threads say, each named by its serial number.
pub(super) trait Hear {
    /// A block at that address is soon to be heard of.
    fn expect(&self, address: u64);
    /// A [`Record::Alloc`].
    fn alloc(
        &mut self,
        thread: u32,
        ticks: u64,
        address: u64,
        size: u64,
        via: Via,
        stack: Delta<'_>,
    );
    /// A [`Record::Free`] that begins no `realloc`.
    fn free(&mut self, thread: u32, ticks: u64, address: u64);
    /// Any other record.
    fn other(&mut self, thread: u32, record: &Record<'_>);
}

/// A ring that somebody writes to, or has.
struct Open {
    index: usize,
    serial: u32,
    tid: u32,
    reader: Reader<'static>,
    /// Words read and not yet handed on, from `at`.
    words: Vec<u64>,
    at: usize,
    /// Up to here the hearer knows what to expect.
    expected: usize,
    is_ended: bool,
    /// What it held made no sense: it is not read any more.
    is_damaged: bool,
}

/// The rings of one process.
pub(super) struct Rings {
    wire: Wire,
    open: Vec<Open>,
    /// Whether the ring of that index is among the open ones.
    is_open: Box<[bool]>,
    /// The time of the next record of each open ring that has one, and the ring's place in `open`.
    next: BinaryHeap<Reverse<(u64, usize)>>,
}

impl std::fmt::Debug for Rings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rings").field("open", &self.open.len()).finish_non_exhaustive()
    }
}

/// Records that a hearer is told to expect at one time: as many misses of the caches are waited for together.
const EXPECTED: usize = 16;

/// Words that a buffer keeps room for between rounds: twice the largest ring, which is what it needs while a program is busy.
const KEPT_WORDS: usize = 1 << 18;

impl Rings {
    pub(super) fn new(wire: Wire) -> Self {
        let is_open = vec![false; RINGS].into();
        Self { wire, open: Vec::new(), is_open, next: BinaryHeap::new() }
    }

    /// The threads that write, as the kernel numbers them, as far as they could ask for their numbers.
    pub(super) fn threads(&self) -> impl Iterator<Item = u32> {
        self.open.iter().filter(|open| !open.is_ended && open.tid != 0).map(|open| open.tid)
    }

    /// Whether a ring has so much to tell that its writer may soon wait.
    pub(super) fn have_backlog(&self) -> bool {
        self.open.iter().any(|open| !open.is_damaged && open.reader.has_backlog())
    }

    /// Hands on what was said before `until`, in ticks, in the order of its times; everything where `until` is
    /// the greatest number.
    pub(super) fn read(&mut self, until: u64, to: &mut impl Hear) {
        self.find_new();
        for open in &mut self.open {
            open.fetch(self.wire);
        }
        self.merge(until, to);
        self.open.retain_mut(|open| {
            let is_over = open.is_ended && open.at == open.words.len();
            if is_over {
                self.is_open[open.index] = false;
                self.wire.free(open.index);
            } else {
                open.tidy();
            }
            !is_over
        });
    }

    /// Takes the thread `tid` for ended: its ring will not be written to any more.
    pub(super) fn end_thread(&mut self, tid: u32) {
        for open in self.open.iter_mut().filter(|open| open.tid == tid) {
            open.is_ended = true;
        }
    }

    fn find_new(&mut self) {
        for index in self.wire.taken() {
            let control = self.wire.control(index);
            let is_free = || control.state.load(Ordering::Acquire) == State::Free as u32;
            if self.is_open[index] || is_free() {
                continue;
            }
            self.is_open[index] = true;
            self.open.push(Open {
                index,
                serial: control.serial.load(Ordering::Relaxed),
                tid: control.tid.load(Ordering::Relaxed),
                reader: Reader::new(control, self.wire.words(index)),
                words: Vec::new(),
                at: 0,
                expected: 0,
                is_ended: false,
                is_damaged: false,
            });
        }
    }

    /// Hands on from the ring with the earliest record, as long as it is the earliest.
    fn merge(&mut self, until: u64, to: &mut impl Hear) {
        self.next.clear();
        let times = self.open.iter().enumerate();
        self.next.extend(times.filter_map(|(at, open)| Some(Reverse((open.next_ticks()?, at)))));
        while let Some(Reverse((ticks, at))) = self.next.pop() {
            if ticks >= until {
                return;
            }
            let second_ticks =
                self.next.peek().map_or(until, |Reverse((ticks, _))| until.min(*ticks));
            let open = &mut self.open[at];
            open.hand_on(second_ticks, to);
            self.next.extend(open.next_ticks().map(|ticks| Reverse((ticks, at))));
        }
    }
}

impl Open {
    /// Copies what was published and gives its room back.
    fn fetch(&mut self, wire: Wire) {
        // Read before the words: what an ended thread has written is there whole.
        let state = wire.control(self.index).state.load(Ordering::Acquire);
        self.is_ended |= state == State::Ended as u32;
        if self.is_damaged {
            return;
        }
        let Ok((first, second)) = self.reader.published() else {
            self.is_damaged = true;
            return;
        };
        let length = first.len() + second.len();
        if length == 0 {
            return;
        }
        self.words.reserve(length);
        self.words.extend(first.iter().map(load));
        self.words.extend(second.iter().map(load));
        if self.reader.release(length) {
            map::wake(&wire.control(self.index).waiting);
        }
    }

    /// The time of the next record.
    #[inline]
    fn next_ticks(&self) -> Option<u64> {
        self.words.get(self.at).map(|first| first >> 8)
    }

    /// Hands on records with times up to and with `until`, and in any case the next.
    #[inline]
    fn hand_on(&mut self, until: u64, to: &mut impl Hear) {
        while self.at < self.words.len() {
            if self.at >= self.expected {
                self.announce(to);
            }
            let rest = &self.words[self.at..];
            if let Some((frequent, length)) = decode_frequent(rest) {
                match frequent {
                    Frequent::Alloc(ticks, address, size, via, stack) => {
                        to.alloc(self.serial, ticks, address, size, via, stack);
                    }
                    Frequent::Free(ticks, address) => to.free(self.serial, ticks, address),
                }
                self.at += length;
                if self.next_ticks().is_some_and(|ticks| ticks > until) {
                    return;
                }
                continue;
            }
            match decode(rest) {
                Ok((Some(record), length)) => {
                    to.other(self.serial, &record);
                    self.at += length;
                }
                Ok((None, length)) => self.at += length,
                Err(_) => {
                    self.is_damaged = true;
                    self.at = self.words.len();
                }
            }
            // A mark of the ring's end has words in place of a time: whatever it is, it is stepped over.
            if self.next_ticks().is_some_and(|ticks| ticks > until) {
                return;
            }
        }
    }

    /// Tells the hearer what comes next.
    #[inline]
    fn announce(&mut self, to: &impl Hear) {
        let mut at = self.at;
        for _ in 0..EXPECTED {
            let Some((frequent, length)) = self.words.get(at..).and_then(decode_frequent) else {
                break;
            };
            let (Frequent::Alloc(_, address, ..) | Frequent::Free(_, address)) = frequent;
            to.expect(address);
            at += length;
        }
        self.expected = at;
    }

    fn tidy(&mut self) {
        self.words.drain(..self.at);
        (self.at, self.expected) = (0, 0);
        if self.words.capacity() > KEPT_WORDS && self.words.len() < KEPT_WORDS / 2 {
            self.words.shrink_to(KEPT_WORDS);
        }
    }
}
