//! Whether events are written down: from the program's first allocation to its end, and not after a fork.
//!
//! One word says it to every hook: [`ACTIVE`] in a page of its own that the kernel empties in forked
//! children (MADV_WIPEONFORK), since hooks at fork are skipped by some ways to fork. A child finds 0 there
//! and leaves, or, with `--children`, begins anew with a mapping of its own.
//!
//! The watcher is found by the variable `RAMSCOPE_TRACK=pid:descriptor`. It is read from
//! /proc/self/environ, because the first allocation comes before the C library has set up its own
//! view of the environment; and the mapping is opened through /proc/pid/fd, so that the program holds
//! no descriptor that it did not open.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};

use ramscope_events::ring::wire::{self, CHILDREN, Header, Wire};
use ramscope_events::ring::{State, ticks_now};

use crate::local::{Local, local};
use crate::{real, recorder, sys};

/// What the shared word holds while all events are written down.
const ACTIVE: u32 = 1;
/// What it holds while those of a sample are.
const SAMPLED: u32 = 2;

/// What has been done so far.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
enum Phase {
    /// Nothing.
    Before = 0,
    /// One thread is at it.
    Beginning = 1,
    /// Events are written down; in a child of a fork: they were.
    Begun = 2,
    /// This process is not watched, or no longer.
    Over = 3,
}

static PHASE: AtomicU32 = AtomicU32::new(Phase::Before as u32);
static NOT_YET: AtomicU32 = AtomicU32::new(0);
/// Where the word stands that says [`ACTIVE`] or [`SAMPLED`].
static WORD: AtomicPtr<AtomicU32> = AtomicPtr::new(&raw const NOT_YET as *mut AtomicU32);

/// A mapping, once it is there.
struct Shared(UnsafeCell<Option<Wire>>);
// SAFETY: written once by the thread that begins, before the word says so, and only read afterwards.
unsafe impl Sync for Shared {}
/// This process's own.
static WIRE: Shared = Shared(UnsafeCell::new(None));
/// The first, which the environment names: the watcher sleeps on a word of it, and children find theirs by it.
static FIRST: Shared = Shared(UnsafeCell::new(None));

/// Whether events of this process are written down.
#[inline(always)]
pub(crate) fn is_active() -> bool {
    word() != 0
}

/// Whether only events of a sample are.
#[inline(always)]
pub(crate) fn is_sampled() -> bool {
    word() == SAMPLED
}

#[inline(always)]
fn word() -> u32 {
    let word = WORD.load(Ordering::Acquire);
    // SAFETY: it points to a static, or to a page that is never unmapped.
    unsafe { &*word }.load(Ordering::Relaxed)
}

/// The mapping; there whenever [`is_active`].
#[inline(always)]
pub(crate) fn wire() -> Option<Wire> {
    // SAFETY: see `Shared`.
    unsafe { *WIRE.0.get() }
}

/// The word that the watcher sleeps on; there whenever [`is_active`].
pub(crate) fn bell() -> Option<&'static AtomicU32> {
    // SAFETY: see `Shared`.
    let first = unsafe { *FIRST.0.get() };
    first.map(|first| &first.header().sleeping)
}

/// Wakes the watcher, if it sleeps.
#[cold]
pub(crate) fn rouse(bell: &AtomicU32) {
    if bell.swap(0, Ordering::SeqCst) != 0 {
        sys::wake(bell);
    }
}

/// The process's number; 0 before it began.
pub(crate) fn process() -> u32 {
    wire().map_or(0, |wire| wire.header().owner.load(Ordering::Relaxed))
}

/// Stops writing for good: there is nobody left to write for.
#[cold]
pub(crate) fn end() {
    PHASE.store(Phase::Over as u32, Ordering::Relaxed);
    let word = WORD.load(Ordering::Acquire);
    // SAFETY: as in `is_active`.
    unsafe { &*word }.store(0, Ordering::Relaxed);
}

/// Begins if that is to be done. True when events are written down from here on.
#[cold]
pub(crate) fn begin_or_leave() -> bool {
    let change = |from: Phase, to: Phase| {
        PHASE.compare_exchange(from as u32, to as u32, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    };
    if change(Phase::Before, Phase::Beginning) {
        begin(connect);
    } else if !is_active() && change(Phase::Begun, Phase::Beginning) {
        // Begun, and the page is empty: this is a child of a fork.
        begin(connect_child);
    }
    is_active()
}

fn begin(connect: impl FnOnce() -> Option<Wire>) {
    let words = local();
    words.for_ourselves(|| begin_as(words, connect));
}

fn begin_as(words: &Local, connect: impl FnOnce() -> Option<Wire>) {
    real::find_first();
    let wire = connect();
    let begun = wire.and_then(|wire| Some((wire, active_page()?)));
    if let Some((wire, page)) = begun {
        let active = if wire.header().sample_bytes == 0 { ACTIVE } else { SAMPLED };
        // SAFETY: this is the one thread that begins; nobody reads before the word says so.
        unsafe { *WIRE.0.get() = Some(wire) };
        words.thread.set(core::ptr::null_mut());
        crate::modules::forget();
        // SAFETY: a page of our own, zeroed, that is never unmapped.
        unsafe { &*page }.store(active, Ordering::Release);
        PHASE.store(Phase::Begun as u32, Ordering::Relaxed);
        WORD.store(page, Ordering::Release);
        recorder::begin_program(words);
    } else {
        PHASE.store(Phase::Over as u32, Ordering::Relaxed);
    }
}

/// The page that forked children find empty; the old one where this is such a child.
fn active_page() -> Option<*mut AtomicU32> {
    let word = WORD.load(Ordering::Acquire);
    if !core::ptr::eq(word, &raw const NOT_YET) {
        return Some(word);
    }
    let page = sys::map_private(4096)?;
    // A kernel without this advice would let children write into their parents' rings.
    sys::wipe_on_fork(page).then_some(page.cast())
}

/// The mapping of this process, by the first one, which the environment names.
fn connect() -> Option<Wire> {
    let mut folder = Folder::new();
    let descriptor = folder.read_environment()?;
    let first = open(&folder, descriptor)?;
    let wire = mapping_by(first, &folder);
    if wire.is_none() {
        close(first);
        return None;
    }
    // SAFETY: this is the one thread that begins; nobody reads before the word says so.
    unsafe { *FIRST.0.get() = Some(first) };
    wire
}

/// A mapping for this child of a fork, where children are watched.
fn connect_child() -> Option<Wire> {
    // SAFETY: as in `connect`; the parent has begun.
    let first = unsafe { *FIRST.0.get() }?;
    if first.header().flags & CHILDREN == 0 {
        return None;
    }
    claim(first.header(), &Folder::kept())
}

/// The first mapping itself, this process's own of before an `exec`, or a free one.
fn mapping_by(first: Wire, folder: &Folder) -> Option<Wire> {
    let header = first.header();
    // A filter stays when another program begins, and in children.
    sys::forbid(header.forbidden.load(Ordering::Relaxed));
    let me = sys::process_id();
    if me == 0 {
        return None;
    }
    match header.owner.compare_exchange(0, me, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => {
            header.programs.fetch_add(1, Ordering::Relaxed);
            Some(first)
        }
        Err(owner) if owner == me => Some(another_program(first)),
        Err(_) if header.flags & CHILDREN == 0 => None,
        Err(_) => match header.child(me).and_then(|own| open(folder, own as usize)) {
            Some(own) if own.header().owner.load(Ordering::Acquire) == me => {
                Some(another_program(own))
            }
            Some(others) => {
                close(others);
                claim(header, folder)
            }
            None => claim(header, folder),
        },
    }
}

/// Goes on in the mapping of this process's program before: all threads of that are gone.
fn another_program(wire: Wire) -> Wire {
    let header = wire.header();
    sys::forbid(header.forbidden.load(Ordering::Relaxed));
    for index in wire.taken() {
        let _ = wire.control(index).state.compare_exchange(
            State::Live as u32,
            State::Ended as u32,
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
    }
    header.programs.fetch_add(1, Ordering::Relaxed);
    wire
}

/// Claims the next free mapping for this process, and says so in the first one's header.
fn claim(first: &Header, folder: &Folder) -> Option<Wire> {
    /// A second in all: as long as that, a watcher that lays out none makes a child wait.
    const NAP_MS: u32 = 50;
    const NAPS: u32 = 20;
    let me = sys::process_id();
    let (mut naps, mut tried) = (0, None);
    while me != 0 && naps < NAPS {
        // Read first: a mapping that is laid out after it changes it again.
        let laid_out = first.laid_out.load(Ordering::Acquire);
        let spare = first.spare.load(Ordering::Acquire);
        if spare == 0 {
            break;
        }
        if tried == Some(laid_out) {
            // Another child was faster; the watcher lays out the next one, and wakes one that waits.
            naps += u32::from(sys::wait(&first.laid_out, laid_out, NAP_MS));
            continue;
        }
        tried = Some(laid_out);
        let Some(wire) = open(folder, spare as usize) else { continue };
        let owner = &wire.header().owner;
        if owner.compare_exchange(0, me, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
            take(wire.header(), first, (me, spare));
            return Some(wire);
        }
        close(wire);
    }
    first.left_out.fetch_add(1, Ordering::Relaxed);
    None
}

/// Begins in a mapping that was claimed by that process, of that descriptor.
fn take(header: &Header, first: &Header, (process, descriptor): (u32, u32)) {
    if sys::forbidden() & sys::CLOCK == 0 {
        header.base_ticks.store(ticks_now(), Ordering::Relaxed);
    }
    header.forbidden.store(sys::forbidden(), Ordering::Relaxed);
    first.add_child(process, descriptor);
    // The watcher takes it up from here on, and lays out the next one.
    header.programs.fetch_add(1, Ordering::Release);
    rouse(&first.sleeping);
}

fn open(folder: &Folder, descriptor: usize) -> Option<Wire> {
    let path = folder.entry(descriptor);
    let start = sys::File::open(&path, true)?.map(wire::BYTES)?;
    // SAFETY: just mapped, shared, from a file that the watcher has sealed.
    let wire = unsafe { Wire::at(start) };
    if wire.is_understood() {
        return Some(wire);
    }
    close(wire);
    None
}

fn close(wire: Wire) {
    // SAFETY: nobody else has seen this mapping.
    unsafe { sys::unmap(core::ptr::from_ref(wire.header()).cast_mut().cast(), wire::BYTES) };
}

/// `/proc/PID/fd/` of the watcher.
struct Folder {
    path: [u8; 40],
    length: usize,
}

/// The watcher's process number, kept for children of forks.
static WATCHER: AtomicUsize = AtomicUsize::new(0);

impl Folder {
    const fn new() -> Self {
        Self { path: [0; 40], length: 0 }
    }

    fn kept() -> Self {
        let mut folder = Self::new();
        folder.of(WATCHER.load(Ordering::Relaxed));
        folder
    }

    fn of(&mut self, process: usize) {
        self.length = 0;
        self.push(b"/proc/");
        self.push_number(process);
        self.push(b"/fd/");
    }

    fn push(&mut self, text: &[u8]) {
        for &byte in text {
            if self.length < self.path.len() - 1 {
                self.path[self.length] = byte;
                self.length += 1;
            }
        }
    }

    fn push_number(&mut self, number: usize) {
        let (mut digits, mut at, mut left) = ([0; 20], 20, number);
        loop {
            at -= 1;
            digits[at] = b'0' + (left % 10) as u8;
            left /= 10;
            if left == 0 {
                break;
            }
        }
        self.push(&digits[at..]);
    }

    /// The path of one descriptor, with a zero byte at its end.
    fn entry(&self, descriptor: usize) -> [u8; 40] {
        let mut entry = Self { path: self.path, length: self.length };
        entry.push_number(descriptor);
        entry.path[entry.length] = 0;
        for byte in &mut entry.path[entry.length..] {
            *byte = 0;
        }
        entry.path
    }

    /// Reads `RAMSCOPE_TRACK`; the descriptor that it names.
    fn read_environment(&mut self) -> Option<usize> {
        let file = sys::File::open(b"/proc/self/environ\0", false)?;
        let mut scan = Scan::default();
        let mut part = [0; 1024];
        loop {
            let length = file.read(&mut part);
            if length == 0 {
                return None;
            }
            for &byte in &part[..length] {
                if let Some((process, descriptor)) = scan.next(byte) {
                    WATCHER.store(process, Ordering::Relaxed);
                    self.of(process);
                    return Some(descriptor);
                }
            }
        }
    }
}

/// Looks for `RAMSCOPE_TRACK=NUMBER:NUMBER` in the bytes of an environment, one after the other.
#[derive(Default)]
struct Scan {
    /// Bytes of the name that have matched; beyond its length: inside the value; MAX: another variable.
    matched: usize,
    numbers: [usize; 2],
    at: usize,
}

impl Scan {
    const NAME: &[u8] = b"RAMSCOPE_TRACK=";

    fn next(&mut self, byte: u8) -> Option<(usize, usize)> {
        let is_in_value = self.matched == Self::NAME.len();
        if byte == 0 {
            let found = (is_in_value && self.at == 1).then_some((self.numbers[0], self.numbers[1]));
            *self = Self::default();
            return found;
        }
        if is_in_value {
            match byte {
                b':' if self.at == 0 => self.at = 1,
                b'0'..=b'9' => {
                    let number = &mut self.numbers[self.at];
                    *number = number.saturating_mul(10).saturating_add(usize::from(byte - b'0'));
                }
                _ => self.matched = usize::MAX,
            }
        } else if Self::NAME.get(self.matched) == Some(&byte) {
            self.matched += 1;
        } else {
            self.matched = usize::MAX;
        }
        None
    }
}

/// Begins before the program's own code where its first allocation has not done so already.
#[cfg(feature = "preload")]
#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = {
    extern "C" fn construct() {
        let _: &Local = local();
        begin_or_leave();
    }
    construct
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_is_found_among_others_and_only_whole() {
        let find = |environment: &[u8]| {
            let mut scan = Scan::default();
            environment.iter().find_map(|&byte| scan.next(byte))
        };
        for (environment, found) in [
            (&b"A=1\0RAMSCOPE_TRACK=12:345\0B=2\0"[..], Some((12, 345))),
            (b"RAMSCOPE_TRACK=1:2\0", Some((1, 2))),
            (b"XRAMSCOPE_TRACK=1:2\0", None),
            (b"RAMSCOPE_TRACK=1\0", None),
            (b"RAMSCOPE_TRACK=1:2x\0", None),
            (b"RAMSCOPE_TRACK=1:2", None),
        ] {
            assert_eq!(find(environment), found, "{environment:?}");
        }
    }

    #[test]
    fn a_descriptor_is_named_by_its_path() {
        let mut folder = Folder::new();
        folder.of(4_194_304);
        assert!(folder.entry(1023).starts_with(b"/proc/4194304/fd/1023\0"));
    }
}
