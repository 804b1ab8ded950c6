//! Writes events into the thread's ring, or counts them where there is no room.

use core::sync::atomic::Ordering;

use ramscope_events::record::{
    MAX_FRESH, MAX_TEXT_BYTES, Record, Words as _, block_words, first_word, kind,
};
use ramscope_events::{Delta, Loss, Via};

use crate::local::Local;
use crate::stack::{Cursor, Frame};
use crate::thread::{self, Thread};
use crate::{modules, phase, sample, sys};

/// Sleeps of this length while a full ring is waited for, and how many of them without a sign of life of the
/// watcher mean that it is gone.
const NAP_MS: u32 = 100;
const NAPS_OF_SILENCE: u32 = 20;
/// As many losses without a sign of life mean the same where nothing is waited for.
const LOSSES_OF_SILENCE: u64 = 50_000_000;

/// First record of a program: which it is, and its modules.
pub(crate) fn begin_program(words: &Local) {
    let Some(thread) = thread::of(words) else { return };
    let mut path = [0; MAX_TEXT_BYTES];
    let program = sys::read_link(b"/proc/self/exe\0", &mut path);
    let ticks = thread.ticks();
    thread.say(&Record::Begin { ticks, pid: phase::process(), program });
    modules::refresh(thread);
}

/// Whether a block of this size is not for the sample. The bytes of one that is are still to be counted, by
/// [`given`].
#[inline(always)]
pub(crate) fn passes_over(words: &Local, size: usize) -> bool {
    phase::is_sampled() && sample::passes_over(words, size)
}

/// A block of `size` bytes was given at `address` to the caller at `cursor`.
#[inline(always)]
pub(crate) fn given(words: &Local, address: usize, size: usize, via: Via, cursor: Cursor) {
    if phase::is_sampled() && !sample::takes(words, address, size) {
        return;
    }
    if let Some(thread) = thread::of(words) {
        thread.block(kind::ALLOC, address, size, via, cursor);
    }
}

/// The program has mapped memory itself.
pub(crate) fn mapped(words: &Local, address: usize, size: usize, via: Via, cursor: Cursor) {
    if let Some(thread) = thread::of(words) {
        thread.block(kind::MAP, address, size, via, cursor);
    }
}

/// A block is about to be given back. True when it was written down.
#[inline(always)]
pub(crate) fn returned(words: &Local, address: usize, is_moving: bool) -> bool {
    if phase::is_sampled() && !sample::forgets(address) {
        return false;
    }
    let Some(thread) = thread::of(words) else { return false };
    thread.free(address, is_moving);
    true
}

/// The `realloc` of this block, already said to be moving, failed.
#[cold]
pub(crate) fn kept(words: &Local, address: usize) {
    if phase::is_sampled() {
        sample::remembers(address);
    }
    if let Some(thread) = thread::of(words) {
        let ticks = thread.ticks();
        thread.say(&Record::Kept { ticks, address: address as u64 });
    }
}

/// The program gave mapped memory back.
pub(crate) fn unmapped(words: &Local, address: usize, size: usize) {
    if let Some(thread) = thread::of(words) {
        let ticks = thread.ticks();
        thread.say(&Record::Unmap { ticks, address: address as u64, size: size as u64 });
    }
}

impl Thread {
    /// Writes a rare record; without room it is a loss.
    #[cold]
    pub(crate) fn say(&mut self, record: &Record<'_>) -> bool {
        let length = record.words();
        if !self.has_room(length) {
            return false;
        }
        if let Some(mut room) = self.writer.room(length) {
            record.encode(&mut room);
            room.publish();
        }
        true
    }

    #[inline(always)]
    fn free(&mut self, address: usize, is_moving: bool) {
        let ticks = self.ticks();
        loop {
            if self.lost == 0
                && let Some(mut room) = self.writer.room(2)
            {
                room.put(0, first_word(kind::FREE, u64::from(is_moving), ticks));
                room.put(1, address as u64);
                room.publish();
                break;
            }
            if !self.has_room(2) {
                return;
            }
        }
        self.ring_bell(2);
    }

    #[inline(always)]
    fn block(&mut self, kind: u64, address: usize, size: usize, via: Via, cursor: Cursor) {
        let ticks = self.ticks();
        let (mut keep, fresh) = self.stack(cursor);
        let mut left = fresh;
        if left > MAX_FRESH {
            let Some((kept, rest)) = self.send_pieces(ticks, keep, fresh) else { return };
            (keep, left) = (kept, rest);
        }
        let length = 3 + left;
        loop {
            if self.lost == 0
                && let Some(mut room) = self.writer.room(length)
            {
                let (second, third) = block_words(address as u64, size as u64, keep, left);
                room.put(0, first_word(kind, via as u64, ticks));
                room.put(1, second);
                room.put(2, third);
                for (at, frame) in self.shadow.innermost(left).iter().enumerate() {
                    room.put(3 + at, frame.address() as u64);
                }
                room.publish();
                break;
            }
            if !self.has_room(length) {
                return;
            }
        }
        self.ring_bell(length);
    }

    /// The thread's stack as kept and fresh frames. A walk may come upon a new module, and tells of it first.
    #[inline(always)]
    fn stack(&mut self, cursor: Cursor) -> (usize, usize) {
        let delta = self.shadow.update(cursor);
        if modules::has_news() {
            modules::tell(self);
        }
        #[cfg(feature = "check")]
        crate::check::compare(self, cursor);
        delta
    }

    /// Sends all but the last [`MAX_FRESH`] fresh frames ahead of a record. What is left for the record: frames
    /// kept, and fresh ones. `None` where there is no room.
    #[cold]
    fn send_pieces(&mut self, ticks: u64, keep: usize, fresh: usize) -> Option<(usize, usize)> {
        let (depth, mut sent) = (keep + fresh, keep);
        while depth - sent > MAX_FRESH {
            let mut addresses = [0; MAX_FRESH];
            for (to, frame) in addresses.iter_mut().zip(self.shadow.frames(sent, MAX_FRESH)) {
                *to = frame.address() as u64;
            }
            let stack = Delta { keep: sent, fresh: &addresses };
            if !self.say(&Record::Stack { ticks, stack }) {
                return None;
            }
            sent += MAX_FRESH;
        }
        Some((sent, depth - sent))
    }

    /// Whether there is room for a record of `length` words, waiting for it where everything is kept. Without
    /// room, this event is a loss, and so that the stack after it is whole, the last one is forgotten. Losses
    /// before this event are told first.
    #[cold]
    fn has_room(&mut self, length: usize) -> bool {
        if self.writer.room(length + 2).is_none() {
            sys::wake(self.bell);
            if !self.waits || !self.wait_for(length + 2) {
                self.lost += 1;
                self.shadow.forget();
                self.notice_silence();
                return false;
            }
        }
        if self.lost > 0 {
            let record = Record::Lost { ticks: self.ticks(), events: self.lost, why: Loss::Full };
            if let Some(mut room) = self.writer.room(2) {
                record.encode(&mut room);
                room.publish();
                self.lost = 0;
            }
        }
        true
    }

    /// Sleeps until there is room, as long as the watcher lives.
    fn wait_for(&mut self, length: usize) -> bool {
        let header = self.wire.header();
        let mut naps_of_silence = 0;
        while self.writer.announce_wait(length) {
            let heartbeat = header.heartbeat.load(Ordering::Relaxed);
            let begun = self.ticks();
            let slept_it_out = sys::wait(&self.writer.control().waiting, 1, NAP_MS);
            header.waited_ticks.fetch_add(self.ticks() - begun, Ordering::Relaxed);
            let is_silent = header.heartbeat.load(Ordering::Relaxed) == heartbeat;
            naps_of_silence = if slept_it_out && is_silent { naps_of_silence + 1 } else { 0 };
            if naps_of_silence >= NAPS_OF_SILENCE {
                phase::end();
                return false;
            }
        }
        true
    }

    /// Stops all writing when very much was lost and the watcher has not once looked.
    fn notice_silence(&mut self) {
        let heartbeat = self.wire.header().heartbeat.load(Ordering::Relaxed);
        if self.silence.1 != heartbeat {
            self.silence = (0, heartbeat);
        }
        self.silence.0 += 1;
        if self.silence.0 > LOSSES_OF_SILENCE {
            phase::end();
        }
    }

    /// Wakes the watcher whenever another part of the ring is written, if it sleeps.
    #[inline(always)]
    fn ring_bell(&mut self, length: usize) {
        if self.writer.has_passed(length) {
            phase::rouse(self.bell);
        }
    }

    /// Tells of events that were lost in signal handlers.
    #[cold]
    pub(crate) fn tell_lost_in_signals(&mut self, events: u64) {
        let ticks = self.ticks();
        self.say(&Record::Lost { ticks, events, why: Loss::Signal });
        // The watcher expects a whole stack after every loss.
        self.shadow.forget();
    }
}

const _: () = assert!(size_of::<Frame>() == 32);
