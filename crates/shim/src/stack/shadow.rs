//! A thread's last stack, and how much of it still stands: the delta walk.
//!
//! Between two allocations a program mostly leaves and enters a few functions; the frames further out stay.
//! So a walk begins at the innermost frame and ends at the first that the last walk has seen in the same place
//! with the same return address, provided that nothing further out has changed: every word that the last
//! walk's outer steps have read is read again and compared. Those are the return addresses and, where a
//! frame was found by a frame pointer, the place that pointer was saved in. Then all of their steps would
//! come out the same, since a step depends on nothing else.
//!
//! Frames are kept from the outermost (0) to the innermost.

use super::bounds::{Bounds, Buffer};
use super::walk::{Cursor, step};

/// A frame of the last stack.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Frame {
    address: usize,
    stack: usize,
    frame: usize,
    /// Where `frame` was read from if that matters, 0 else; and below, as the lowest bits: [`NEEDS`], [`USES`], [`SAVES`].
    slot: usize,
}

/// Some frame further out is found by the frame pointer that this one has.
const NEEDS: usize = 1;
/// The step from here uses the frame pointer. Only in fresh frames.
const USES: usize = 2;
/// The step from here reads the caller's frame pointer from the stack. Only in fresh frames.
const SAVES: usize = 4;
const FLAGS: usize = 7;

impl Frame {
    /// The return address.
    #[inline(always)]
    pub(crate) fn address(&self) -> usize {
        self.address
    }

    #[inline(always)]
    fn of(cursor: &Cursor) -> Self {
        let Cursor { address, stack, frame, slot } = *cursor;
        Self { address, stack, frame, slot }
    }

    /// Whether the words that this frame was read from still hold it.
    ///
    /// # Safety
    /// The frame is on the calling thread's own stack, further out than the stack pointer.
    #[inline(always)]
    unsafe fn stands(&self) -> bool {
        // SAFETY: the return address stands below the caller's frame, on the stack as the caller promises.
        let address = unsafe { *((self.stack - 8) as *const usize) };
        let slot = self.slot & !FLAGS;
        // SAFETY: kept only for frames whose slot is further out than the frame before them.
        address == self.address && (slot == 0 || unsafe { *(slot as *const usize) } == self.frame)
    }
}

/// A thread's last stack.
#[derive(Debug)]
pub(crate) struct Shadow {
    frames: *mut Frame,
    fresh: *mut Frame,
    most: usize,
    depth: usize,
    /// The thread's stack.
    pub(crate) bounds: Bounds<'static>,
    /// Whether the frames are on another stack, or cross a signal: they cannot be compared.
    is_fragile: bool,
}

impl Shadow {
    /// An empty stack.
    ///
    /// # Safety
    /// Both have room for `most` frames, for this value alone.
    pub(crate) unsafe fn new(frames: *mut Frame, fresh: *mut Frame, most: usize) -> Self {
        Self { frames, fresh, most, depth: 0, bounds: Bounds::NONE, is_fragile: false }
    }

    /// Forgets the last stack: the next one is wholly fresh.
    pub(crate) fn forget(&mut self) {
        self.depth = 0;
    }

    /// Frames of the last stack.
    #[cfg(feature = "check")]
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// The innermost `count` frames of the last stack, outermost of them first.
    #[inline(always)]
    pub(crate) fn innermost(&self, count: usize) -> &[Frame] {
        self.frames(self.depth - count, count)
    }

    /// `count` frames of the last stack from the `from`th on.
    #[inline(always)]
    pub(crate) fn frames(&self, from: usize, count: usize) -> &[Frame] {
        let count = count.min(self.depth - from);
        // SAFETY: the first `depth` frames are filled, and these are among them.
        unsafe { core::slice::from_raw_parts(self.frames.wrapping_add(from), count) }
    }

    /// Walks the stack from `start`; how many frames of the last one remain, and how many follow them that are fresh.
    #[inline(always)]
    pub(crate) fn update(&mut self, start: Cursor) -> (usize, usize) {
        if self.is_fragile || !self.bounds.is_own(start.stack) {
            return self.update_whole(start);
        }
        let (mut seen, mut standing) = (self.depth, None);
        let (mut cursor, mut count) = (start, 0);
        let mut met = None;
        loop {
            while seen > 0 && self.at(seen - 1).stack < cursor.stack {
                seen -= 1;
            }
            if seen > 0 && self.meets(seen - 1, &cursor) {
                let standing = *standing.get_or_insert_with(|| self.standing(seen - 1));
                if standing >= seen - 1 {
                    met = Some(seen - 1);
                    break;
                }
            }
            if count == self.most {
                break;
            }
            self.put_fresh(count, Frame::of(&cursor));
            count += 1;
            let Some(step) = step(&cursor, &self.bounds) else { break };
            if step.is_signal {
                return self.update_whole(start);
            }
            let flags = if step.uses_frame { USES } else { 0 };
            let saves = if step.to.slot != 0 { SAVES } else { 0 };
            self.mark_fresh(count - 1, flags | saves);
            cursor = step.to;
        }
        self.depth = match met {
            Some(at) => self.meet(at, &cursor),
            None => 0,
        };
        // A stack that is deeper than we keep account of loses outermost frames, more of them than were walked in vain.
        let room = self.most - self.depth;
        if count > room {
            return self.update_whole(start);
        }
        let keep = self.depth;
        self.push(count);
        (keep, count)
    }

    /// Walks without comparing: from another stack than the thread's own, across signals, and beyond all bounds.
    #[cold]
    #[inline(never)]
    fn update_whole(&mut self, start: Cursor) -> (usize, usize) {
        self.depth = 0;
        self.is_fragile = !self.bounds.is_own(start.stack);
        // SAFETY: every pattern of bytes is a Buffer; it lies where fresh frames stand, far behind those of this walk.
        let buffer = unsafe { &mut *self.spare_room() };
        let mut bounds: Bounds<'_> = self.bounds;
        if self.is_fragile {
            bounds = self.bounds.with_copy(start.stack - 8, buffer);
        }
        let most = self.most - Buffer::BYTES / size_of::<Frame>();
        let (mut cursor, mut count) = (start, 0);
        while count < most {
            self.put_fresh(count, Frame::of(&cursor));
            count += 1;
            let Some(step) = step(&cursor, &bounds) else { break };
            self.is_fragile |= step.is_signal;
            let flags = if step.uses_frame { USES } else { 0 };
            let saves = if step.to.slot != 0 { SAVES } else { 0 };
            self.mark_fresh(count - 1, flags | saves);
            cursor = step.to;
        }
        self.push(count);
        (0, count)
    }

    /// The end of the room for fresh frames, for a copy of a foreign stack.
    fn spare_room(&self) -> *mut Buffer {
        self.fresh.wrapping_add(self.most - Buffer::BYTES / size_of::<Frame>()).cast()
    }

    #[inline(always)]
    fn at(&self, index: usize) -> Frame {
        // SAFETY: below `depth`, and those are filled.
        unsafe { *self.frames.wrapping_add(index) }
    }

    /// Whether the walk has come to a frame of the last stack, and what lies further out would be reached from
    /// here as it was then.
    #[inline(always)]
    fn meets(&self, index: usize, cursor: &Cursor) -> bool {
        let frame = self.at(index);
        frame.stack == cursor.stack
            && frame.address == cursor.address
            && (frame.slot & NEEDS == 0 || frame.frame == cursor.frame)
    }

    /// How many frames, counted from the outermost and below `limit`, still stand.
    #[inline(always)]
    fn standing(&self, limit: usize) -> usize {
        let frames = self.frames(0, limit);
        // SAFETY: a frame further out than `limit` is on the own stack, which this one has met at `limit`.
        frames.iter().position(|frame| !unsafe { frame.stands() }).unwrap_or(limit)
    }

    /// Takes over how the walk came to the frame at `index`. Gives the depth that remains.
    #[inline(always)]
    fn meet(&mut self, index: usize, cursor: &Cursor) -> usize {
        // SAFETY: below `depth`.
        let frame = unsafe { &mut *self.frames.wrapping_add(index) };
        let needs = frame.slot & NEEDS;
        frame.frame = cursor.frame;
        frame.slot = if needs != 0 { cursor.slot | NEEDS } else { 0 };
        index + 1
    }

    #[inline(always)]
    fn put_fresh(&mut self, index: usize, frame: Frame) {
        // SAFETY: below `most`.
        unsafe { *self.fresh.wrapping_add(index) = frame };
    }

    #[inline(always)]
    fn mark_fresh(&mut self, index: usize, flags: usize) {
        // SAFETY: put there just before.
        unsafe { (*self.fresh.wrapping_add(index)).slot |= flags };
    }

    /// Puts the fresh frames, of which the last is the outermost, behind those that remain.
    #[inline(always)]
    fn push(&mut self, count: usize) {
        let mut outer_needs = self.depth > 0 && self.at(self.depth - 1).slot & NEEDS != 0;
        for index in (0..count).rev() {
            // SAFETY: the first `count` are filled.
            let mut frame = unsafe { *self.fresh.wrapping_add(index) };
            let (uses, saves) = (frame.slot & USES != 0, frame.slot & SAVES != 0);
            let needs = uses || (outer_needs && !saves);
            frame.slot = if needs { frame.slot & !FLAGS | NEEDS } else { 0 };
            // SAFETY: `depth` + `count` is at most `most`.
            unsafe { *self.frames.wrapping_add(self.depth) = frame };
            self.depth += 1;
            outer_needs = needs;
        }
    }
}
