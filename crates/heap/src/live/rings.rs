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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ramscope_events::record::Words as _;
    use ramscope_events::ring::Writer;

    use crate::live::map::Mapping;

    /// What was heard: thread, time, address, and whether it was given out.
    type Heard = (u32, u64, u64, bool);

    #[derive(Default)]
    struct Ears(Vec<Heard>);

    impl Hear for Ears {
        fn expect(&self, _: u64) {}

        fn alloc(&mut self, thread: u32, ticks: u64, address: u64, _: u64, _: Via, _: Delta<'_>) {
            self.0.push((thread, ticks, address, true));
        }

        fn free(&mut self, thread: u32, ticks: u64, address: u64) {
            self.0.push((thread, ticks, address, false));
        }

        fn other(&mut self, thread: u32, record: &Record<'_>) {
            // A rare record: its address says nothing.
            self.0.push((thread, record.ticks(), 0, false));
        }
    }

    fn writer(wire: Wire, serial: u32) -> (usize, Writer<'static>) {
        let index = wire.claim().expect("there are 16,384");
        let control = wire.control(index);
        control.serial.store(serial, Ordering::Relaxed);
        control.tid.store(serial + 1, Ordering::Relaxed);
        control.state.store(State::Live as u32, Ordering::Release);
        (index, Writer::new(control, wire.words(index)))
    }

    fn write(writer: &mut Writer<'_>, record: &Record<'_>) {
        let mut room = writer.room(record.words()).expect("the ring is read often enough");
        record.encode(&mut room);
        room.publish();
    }

    /// One thread's next record: how long after the one before of any thread, and what it is.
    #[derive(Clone, Debug)]
    struct Step {
        thread: u32,
        after: u64,
        what: u8,
        depth: usize,
    }

    fn step(threads: u32) -> impl Strategy<Value = Step> {
        (0..threads, 1_u64..5, 0_u8..8, 0_usize..40).prop_map(|(thread, after, what, depth)| Step {
            thread,
            after,
            what,
            depth,
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

        /// The twin: all that was said, sorted by time.
        #[test]
        fn threads_are_merged_as_if_all_they_said_were_sorted(
            rounds in prop::collection::vec((prop::collection::vec(step(9), 0..400), 0_u64..50), 1..12),
        ) {
            let mapping = Mapping::new(0, 0, 1).expect("memory");
            let wire = mapping.wire();
            let mut rings = Rings::new(wire);
            let mut writers: Vec<Option<(usize, Writer<'static>)>> = Vec::new();
            let (mut now, mut until, mut said, mut ears) = (10, 0, Vec::new(), Ears::default());
            let frames: Vec<u64> = (0..40).collect();
            for (steps, back) in rounds {
                for Step { thread, after, what, depth } in steps {
                    now += after;
                    let (serial, thread) = (thread, thread as usize);
                    let begun = u32::try_from(writers.len()).expect("nine at most");
                    writers.extend((begun..=serial).map(|new| Some(writer(wire, new))));
                    let Some((_, writer)) = &mut writers[thread] else { continue };
                    let address = now << 4;
                    let stack = Delta { keep: 0, fresh: &frames[..depth] };
                    let (record, heard) = match what {
                        0..4 => (
                            Record::Alloc { ticks: now, address, size: 8, via: Via::Malloc, stack },
                            (serial, now, address, true),
                        ),
                        4..7 => (
                            Record::Free { ticks: now, address, moving: false },
                            (serial, now, address, false),
                        ),
                        _ => (Record::Kept { ticks: now, address }, (serial, now, 0, false)),
                    };
                    write(writer, &record);
                    said.push(heard);
                    // Some threads end, and what they have said is heard all the same.
                    if what == 7 && depth == 39 && let Some((index, _)) = writers[thread].take() {
                        wire.control(index).state.store(State::Ended as u32, Ordering::Release);
                    }
                }
                until = until.max(now.saturating_sub(back));
                rings.read(until, &mut ears);
                let due = said.iter().filter(|heard| heard.1 < until).count();
                prop_assert!(ears.0.len() >= due, "{} of {due} were heard", ears.0.len());
                prop_assert!(ears.0.iter().all(|heard| heard.1 <= until), "too early");
            }
            rings.read(u64::MAX, &mut ears);
            said.sort_by_key(|heard| heard.1);
            prop_assert_eq!(ears.0, said);
            let living = writers.iter().flatten().count();
            prop_assert_eq!(rings.threads().count(), living);
        }
    }

    #[test]
    fn a_ring_that_makes_no_sense_is_read_no_further_and_the_others_are() {
        let mapping = Mapping::new(0, 0, 1).expect("memory");
        let wire = mapping.wire();
        let ((_, mut good), (_, mut bad)) = (writer(wire, 0), writer(wire, 1));
        let free = |ticks| Record::Free { ticks, address: ticks << 4, moving: false };
        write(&mut bad, &free(1));
        let mut room = bad.room(1).expect("it is empty");
        room.put(0, 5 << 8 | 0xff);
        room.publish();
        write(&mut bad, &free(6));
        write(&mut good, &free(2));
        write(&mut good, &free(9));
        let (mut rings, mut ears) = (Rings::new(wire), Ears::default());
        rings.read(u64::MAX, &mut ears);
        write(&mut bad, &free(10));
        write(&mut good, &free(11));
        rings.read(u64::MAX, &mut ears);
        let heard: Vec<(u32, u64)> = ears.0.iter().map(|heard| (heard.0, heard.1)).collect();
        assert_eq!(heard, [(1, 1), (0, 2), (0, 9), (0, 11)]);
    }
}
