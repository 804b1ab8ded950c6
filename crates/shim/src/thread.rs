//! What a thread writes with: its ring, and the account of its stack. Made at its first event, gone with its end.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use ramscope_events::record::{MAX_DEPTH, Record};
use ramscope_events::ring::wire::Wire;
use ramscope_events::ring::{State, Writer, ticks_now};

use crate::local::Local;
use crate::real::{self, weak};
use crate::stack::{Bounds, Cursor, Frame, Shadow};
use crate::{modules, phase, stack, sys};

/// What one thread writes with.
pub(crate) struct Thread {
    /// The mapping it writes to.
    pub(crate) wire: Wire,
    /// The word that the watcher sleeps on.
    pub(crate) bell: &'static AtomicU32,
    /// Its ring.
    pub(crate) writer: Writer<'static>,
    /// Its last stack.
    pub(crate) shadow: Shadow,
    /// Ticks are counted from here.
    pub(crate) base_ticks: u64,
    /// Events that found the ring full, and were not yet told.
    pub(crate) lost: u64,
    /// Events lost since the watcher last showed a sign of life, and that sign.
    pub(crate) silence: (u64, u32),
    /// State of this thread's own dice, for sampling.
    pub(crate) dice: u64,
    /// Whether a distance to the next sample was drawn.
    pub(crate) has_distance: bool,
    /// Whether the watcher waits for everything: a full ring is waited for.
    pub(crate) waits: bool,
    ring: usize,
}

/// Pages that a thread's account takes: itself, its last stack, and the frames of a walk.
const BYTES: usize = 4096 + 2 * MAX_DEPTH * size_of::<Frame>();

const _: () = assert!(size_of::<Thread>() <= 4096, "the frames begin on the second page");

/// The key whose destructor ends a thread's account; 0 where there is none yet, else one more than it.
static KEY: AtomicUsize = AtomicUsize::new(0);
static KEY_IS_MADE: AtomicU32 = AtomicU32::new(0);

/// Rounds of destructors that C libraries go through: the account goes with the last.
const LAST_ENDING: u32 = 3;

type Create = unsafe extern "C" fn(*mut u32, extern "C" fn(*mut u8)) -> i32;
type Set = unsafe extern "C" fn(u32, *const u8) -> i32;

/// The calling thread's account; makes it where this is its first event. `None` when it cannot have one.
#[inline(always)]
pub(crate) fn of(words: &Local) -> Option<&'static mut Thread> {
    let thread = words.thread.get();
    if thread.is_null() {
        return attach(words);
    }
    // SAFETY: made by `attach` for this thread alone; hooks do not nest, so there is one reference.
    Some(unsafe { &mut *thread })
}

#[cold]
fn attach(words: &Local) -> Option<&'static mut Thread> {
    let wire = phase::wire()?;
    let has_clock = sys::forbidden() & sys::CLOCK == 0;
    let may_write = has_clock && words.endings.get() <= LAST_ENDING;
    let ring = may_write.then(|| wire.claim()).flatten();
    let made = ring.and_then(|ring| make(wire, ring));
    let Some(thread) = made else {
        wire.header().without_ring.fetch_add(1, Ordering::Relaxed);
        if let Some(ring) = ring {
            wire.free(ring);
        }
        return None;
    };
    words.thread.set(thread);
    // SAFETY: just made, for this thread.
    let thread = unsafe { &mut *thread };
    words.for_ourselves(|| {
        let errno = real::errno();
        thread.shadow.bounds = Bounds::of_this_thread();
        arm(words);
        real::set_errno(errno);
    });
    let (name, length) = sys::thread_name();
    let tid = thread.writer.control().tid.load(Ordering::Relaxed);
    let ticks = thread.ticks();
    thread.say(&Record::ThreadStart { ticks, tid, name: &name[..length] });
    Some(thread)
}

/// Makes the ring's pages and the account.
fn make(wire: Wire, ring: usize) -> Option<*mut Thread> {
    let bell = phase::bell()?;
    let control = wire.control(ring);
    if control.is_populated.load(Ordering::Relaxed) == 0 {
        let (start, bytes) = wire.pages(ring);
        // A kernel that does not know the advice gives pages as they are touched. One that knows it, and has
        // no memory left, would otherwise end the program at that touch.
        if !sys::populate(start, bytes) && sys::populate(start, 0) {
            return None;
        }
        control.is_populated.store(1, Ordering::Relaxed);
    }
    let memory = sys::map_private(BYTES)?;
    let header = wire.header();
    control.tid.store(sys::thread_id(), Ordering::Relaxed);
    let serial = header.serials.fetch_add(1, Ordering::Relaxed);
    control.serial.store(serial, Ordering::Relaxed);
    control.state.store(State::Live as u32, Ordering::Release);
    let frames = memory.wrapping_add(4096).cast::<Frame>();
    // SAFETY: MAX_DEPTH frames twice are mapped from the second page on, for this thread alone.
    let shadow = unsafe { Shadow::new(frames, frames.wrapping_add(MAX_DEPTH), MAX_DEPTH) };
    let thread = memory.cast::<Thread>();
    let made = Thread {
        wire,
        bell,
        writer: Writer::new(control, wire.words(ring)),
        shadow,
        base_ticks: header.base_ticks.load(Ordering::Relaxed),
        lost: 0,
        silence: (0, 0),
        dice: header.seed ^ u64::from(serial).wrapping_mul(0x9e37_79b9_7f4a_7c15),
        has_distance: false,
        waits: header.flags & ramscope_events::ring::wire::WAIT_WHEN_FULL != 0,
        ring,
    };
    // SAFETY: the first page is mapped, aligned and large enough.
    unsafe { thread.write(made) };
    Some(thread)
}

/// Has the account ended with the thread. Where that cannot be, the watcher notices that the thread is gone.
fn arm(words: &Local) {
    let create = weak!(pthread_key_create);
    let set = weak!(pthread_setspecific);
    if create == 0 || set == 0 {
        return;
    }
    if KEY.load(Ordering::Acquire) == 0 {
        if KEY_IS_MADE.swap(1, Ordering::AcqRel) != 0 {
            // Another thread is at it; this thread's end goes unheard, and is noticed by the watcher.
            return;
        }
        // SAFETY: the C library's function has this signature.
        let create = unsafe { core::mem::transmute::<usize, Create>(create) };
        let mut key = 0;
        // SAFETY: the key is ours, and the destructor stays, since a preloaded library is never unloaded.
        if unsafe { create(&raw mut key, ending) } != 0 {
            return;
        }
        KEY.store(key as usize + 1, Ordering::Release);
    }
    set_key(set, words);
}

fn set_key(set: usize, words: &Local) {
    let key = KEY.load(Ordering::Acquire);
    if key != 0 {
        // SAFETY: the C library's function has this signature.
        let set = unsafe { core::mem::transmute::<usize, Set>(set) };
        // SAFETY: any value but null has the destructor called.
        unsafe { set((key - 1) as u32, core::ptr::from_ref(words).cast()) };
    }
}

/// Whether a signal stands between this call and the hook that the thread is inside of.
pub(crate) fn is_interrupted(words: &Local, call: Cursor) -> bool {
    let thread = words.thread.get();
    if thread.is_null() {
        return false;
    }
    // SAFETY: made by `attach` for this thread. The hook that was interrupted may be changing all else, but not
    // the bounds, which are only read here.
    let bounds = unsafe { (*thread).shadow.bounds };
    let mut cursor = call;
    while cursor.stack < words.inside.get() {
        match stack::step(&cursor, &bounds) {
            Some(step) if !step.is_signal => cursor = step.to,
            Some(_) => return true,
            // Lost on the way, as in a C library without tables: its own calls come from where the real function is.
            None => return !modules::are_one(call.address, real::MALLOC.known()),
        }
    }
    // Further out than the hook, without having met it: on another stack than the hook's.
    !bounds.is_own(call.stack)
}

/// Runs at the thread's end, again in each round of destructors, so that what other destructors free is still heard.
extern "C" fn ending(_: *mut u8) {
    let words = crate::local::local();
    words.endings.set(words.endings.get() + 1);
    if words.endings.get() < LAST_ENDING {
        words.for_ourselves(|| set_key(weak!(pthread_setspecific), words));
        return;
    }
    words.endings.set(LAST_ENDING + 1);
    let thread = words.thread.replace(core::ptr::null_mut());
    if !thread.is_null() && phase::is_active() {
        // SAFETY: as in `of`; the thread forgets it here.
        words.for_ourselves(|| unsafe { &mut *thread }.end());
        // SAFETY: nobody knows it any more.
        unsafe { sys::unmap(thread.cast(), BYTES) };
    }
}

/// Ends the calling thread's account at once and without a word: it may not read the clock any more.
pub(crate) fn leave(words: &Local) {
    let thread = words.thread.replace(core::ptr::null_mut());
    if !thread.is_null() {
        // SAFETY: as in `of`; the thread forgets it here.
        unsafe { &mut *thread }.close();
    }
}

impl Thread {
    /// Now, in ticks since the tracking began.
    #[inline(always)]
    pub(crate) fn ticks(&self) -> u64 {
        ticks_now().wrapping_sub(self.base_ticks)
    }

    fn end(&mut self) {
        let ticks = self.ticks();
        self.say(&Record::ThreadEnd { ticks });
        self.close();
    }

    /// Leaves the ring to the watcher.
    fn close(&self) {
        self.wire.control(self.ring).state.store(State::Ended as u32, Ordering::Release);
    }
}
