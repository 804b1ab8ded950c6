//! System calls as such, without libc: they leave `errno` alone and need no library.
//!
//! A program may have the kernel refuse calls that it does not make itself, or end it for them (seccomp(2)). What it said of
//! the calls that are made here is known ([`forbid`]); one that is not allowed is not made, and fails.

use core::arch::asm;
use core::sync::atomic::{AtomicU32, Ordering};

use ramscope_events::ring::ticks_now;

/// A call that is made here: a bit of [`FORBIDDEN`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Read,
    Open,
    Close,
    MapShared,
    MapPrivate,
    Unmap,
    Yield,
    Populate,
    WipeOnFork,
    ProcessId,
    ReadLink,
    SignalStack,
    ThreadName,
    ThreadId,
    Wait,
    Wake,
    Copy,
    /// Not made here, but by the C library where it is asked for a thread's stack (`pthread_getattr_np`).
    Affinity,
}

impl Call {
    /// Its bit.
    pub(crate) const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// Each call's number and, as far as they are always the same, its first arguments: what a filter sees.
pub(crate) const CALLS: [(Call, usize, [usize; 4]); 18] = [
    (Call::Read, 0, [0; 4]),
    (Call::Open, 257, [CURRENT_FOLDER, 0, O_RDONLY_CLOEXEC, 0]),
    (Call::Close, 3, [0; 4]),
    (Call::MapShared, 9, [0, 4096, PROT_READ_WRITE, MAP_SHARED]),
    (Call::MapPrivate, 9, [0, 4096, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE]),
    (Call::Unmap, 11, [0, 4096, 0, 0]),
    (Call::Yield, 24, [0; 4]),
    (Call::Populate, 28, [0, 4096, MADV_POPULATE_WRITE, 0]),
    (Call::WipeOnFork, 28, [0, 4096, MADV_WIPEONFORK, 0]),
    (Call::ProcessId, 39, [0; 4]),
    (Call::ReadLink, 89, [0; 4]),
    (Call::SignalStack, 131, [0; 4]),
    (Call::ThreadName, 157, [PR_GET_NAME, 0, 0, 0]),
    (Call::ThreadId, 186, [0; 4]),
    (Call::Wait, 202, [0, FUTEX_WAIT, 1, 0]),
    (Call::Wake, 202, [0, FUTEX_WAKE, i32::MAX as usize, 0]),
    (Call::Copy, 310, [0; 4]),
    (Call::Affinity, 204, [0; 4]),
];

const _: () = {
    let mut at = 0;
    while at < CALLS.len() {
        assert!(CALLS[at].0 as usize == at, "a call's place is its bit");
        at += 1;
    }
};

const CURRENT_FOLDER: usize = -100_isize as usize;
const PR_GET_NAME: usize = 16;
const FUTEX_WAIT: usize = 0;
const FUTEX_WAKE: usize = 1;
const SS_ONSTACK: i32 = 1;
const O_RDWR_CLOEXEC: usize = 0o2_000_002;
const O_RDONLY_CLOEXEC: usize = 0o2_000_000;

/// Memory may be read and written.
const PROT_READ_WRITE: usize = 3;
const MAP_SHARED: usize = 1;
const MAP_PRIVATE_ANONYMOUS_NORESERVE: usize = 0x2 | 0x20 | 0x4000;
/// Forked children find zeroes in such pages (Linux 4.14).
const MADV_WIPEONFORK: usize = 18;
/// Brings pages into being, or says that there are none left (Linux 5.14).
const MADV_POPULATE_WRITE: usize = 23;

/// What a call gives that is not allowed: EPERM.
const REFUSED: isize = -1;

/// The bit of the time-stamp counter, which a thread may have to do without as well.
pub(crate) const CLOCK: u32 = 1 << 31;

/// A bit for each [`Call`] that is not made any more, and [`CLOCK`].
static FORBIDDEN: AtomicU32 = AtomicU32::new(0);

/// Has us do without what these bits say: such calls fail from now on, without being made. The bits that are new.
pub(crate) fn forbid(calls: u32) -> u32 {
    calls & !FORBIDDEN.fetch_or(calls, Ordering::Relaxed)
}

/// Takes back what [`forbid`] has said to be new.
pub(crate) fn allow_again(calls: u32) {
    FORBIDDEN.fetch_and(!calls, Ordering::Relaxed);
}

/// The bits of all that we do without.
pub(crate) fn forbidden() -> u32 {
    FORBIDDEN.load(Ordering::Relaxed)
}

/// Whether a call is made.
pub(crate) fn allows(call: Call) -> bool {
    forbidden() & call.bit() == 0
}

/// One call with up to six arguments, if it is allowed; what it gives is a result, or an error number below 0.
///
/// # Safety
/// As the call demands: this checks nothing.
#[inline(always)]
unsafe fn call(call: Call, a: [usize; 6]) -> isize {
    if !allows(call) {
        return REFUSED;
    }
    // SAFETY: the caller promises it.
    unsafe { bare(CALLS[call as usize].1, a) }
}

/// A call of any number, allowed or not: for the program, which has asked for it.
///
/// # Safety
/// As the call of that number demands: this checks nothing.
#[inline(always)]
pub(crate) unsafe fn bare(number: usize, a: [usize; 6]) -> isize {
    let result;
    // SAFETY: the caller has chosen call and arguments; the kernel keeps all registers but these.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number => result,
            in("rdi") a[0], in("rsi") a[1], in("rdx") a[2], in("r10") a[3], in("r8") a[4], in("r9") a[5],
            lateout("rcx") _, lateout("r11") _,
            options(nostack),
        );
    }
    result
}

/// Ends the program here and now.
#[cfg(all(feature = "preload", not(test)))]
pub(crate) fn abort() -> ! {
    // SAFETY: an instruction that no program survives.
    unsafe { asm!("ud2", options(noreturn)) }
}

/// The calling thread, as the kernel numbers it; 0 where it may not be asked.
pub(crate) fn thread_id() -> u32 {
    // SAFETY: takes nothing and changes nothing.
    let thread = unsafe { call(Call::ThreadId, [0; 6]) };
    u32::try_from(thread).unwrap_or(0)
}

/// The calling process; 0 where it may not be asked.
pub(crate) fn process_id() -> u32 {
    // SAFETY: takes nothing and changes nothing.
    let process = unsafe { call(Call::ProcessId, [0; 6]) };
    u32::try_from(process).unwrap_or(0)
}

/// Lets others run.
pub(crate) fn yield_now() {
    // SAFETY: takes nothing.
    unsafe { call(Call::Yield, [0; 6]) };
}

/// A file that is closed again when this goes.
pub(crate) struct File(usize);

impl File {
    /// Opens `path`, which ends with a zero byte; to write as well where `is_written`.
    pub(crate) fn open(path: &[u8], is_written: bool) -> Option<Self> {
        if path.last() != Some(&0) {
            return None;
        }
        let flags = if is_written { O_RDWR_CLOEXEC } else { O_RDONLY_CLOEXEC };
        // SAFETY: the path ends with a zero byte.
        let file =
            unsafe { call(Call::Open, [CURRENT_FOLDER, path.as_ptr() as usize, flags, 0, 0, 0]) };
        usize::try_from(file).ok().map(Self)
    }

    /// Reads on into `to`; 0 at the end and where it cannot be read.
    pub(crate) fn read(&self, to: &mut [u8]) -> usize {
        // SAFETY: the buffer is ours, and as long as we say.
        let got =
            unsafe { call(Call::Read, [self.0, to.as_mut_ptr() as usize, to.len(), 0, 0, 0]) };
        usize::try_from(got).unwrap_or(0)
    }

    /// Maps the first `bytes`, shared with everybody who does.
    pub(crate) fn map(&self, bytes: usize) -> Option<*mut u8> {
        // SAFETY: a new mapping at a place that the kernel chooses.
        mapped(unsafe { call(Call::MapShared, [0, bytes, PROT_READ_WRITE, MAP_SHARED, self.0, 0]) })
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: it is ours.
        unsafe { call(Call::Close, [self.0, 0, 0, 0, 0, 0]) };
    }
}

/// `bytes` of zeroed memory of our own, which come into being as they are touched.
pub(crate) fn map_private(bytes: usize) -> Option<*mut u8> {
    let flags = MAP_PRIVATE_ANONYMOUS_NORESERVE;
    // SAFETY: a new mapping at a place that the kernel chooses.
    mapped(unsafe { call(Call::MapPrivate, [0, bytes, PROT_READ_WRITE, flags, usize::MAX, 0]) })
}

fn mapped(result: isize) -> Option<*mut u8> {
    if (-4095..0).contains(&result) { None } else { Some(result as *mut u8) }
}

/// Gives a mapping back.
///
/// # Safety
/// Nobody may use it any more.
pub(crate) unsafe fn unmap(start: *mut u8, bytes: usize) {
    // SAFETY: the caller promises it.
    unsafe { call(Call::Unmap, [start as usize, bytes, 0, 0, 0, 0]) };
}

/// Brings whole pages of ours into being. False when there is no memory left, or the kernel does not know how.
pub(crate) fn populate(start: *mut u8, bytes: usize) -> bool {
    // SAFETY: leaves the contents as they are.
    unsafe { call(Call::Populate, [start as usize, bytes, MADV_POPULATE_WRITE, 0, 0, 0]) == 0 }
}

/// Has forked children find zeroes in a page of ours. False where the kernel does not know how.
pub(crate) fn wipe_on_fork(page: *mut u8) -> bool {
    // SAFETY: leaves the contents as they are in this process.
    unsafe { call(Call::WipeOnFork, [page as usize, 4096, MADV_WIPEONFORK, 0, 0, 0]) == 0 }
}

/// Sleeps while `word` holds `value`, at most `milliseconds`. True when that time passed.
///
/// Where sleeping is not allowed, it looks again and again instead, about so long.
pub(crate) fn wait(word: &AtomicU32, value: u32, milliseconds: u32) -> bool {
    const TIMED_OUT: isize = -110;
    if !allows(Call::Wait) {
        return spin(word, value, milliseconds);
    }
    let time = [i64::from(milliseconds / 1000), i64::from(milliseconds % 1000) * 1_000_000];
    let arguments = [
        core::ptr::from_ref(word) as usize,
        FUTEX_WAIT,
        value as usize,
        time.as_ptr() as usize,
        0,
        0,
    ];
    // SAFETY: the word and the time live through the call.
    unsafe { call(Call::Wait, arguments) == TIMED_OUT }
}

#[cold]
fn spin(word: &AtomicU32, value: u32, milliseconds: u32) -> bool {
    /// A millisecond at 2 GHz; half of one, or two, on any machine of today.
    const TICKS: u64 = 2_000_000;
    let begun = ticks_now();
    while word.load(Ordering::Acquire) == value {
        if ticks_now().wrapping_sub(begun) > u64::from(milliseconds) * TICKS {
            return true;
        }
        yield_now();
        core::hint::spin_loop();
    }
    false
}

/// Wakes whoever sleeps on `word`, in this process or another.
pub(crate) fn wake(word: &AtomicU32) {
    let at = core::ptr::from_ref(word) as usize;
    // SAFETY: the word lives through the call.
    unsafe { call(Call::Wake, [at, FUTEX_WAKE, i32::MAX as usize, 0, 0, 0]) };
}

/// Where the link `path`, which ends with a zero byte, leads; cut at the end of `to`.
pub(crate) fn read_link<'a>(path: &[u8], to: &'a mut [u8]) -> &'a [u8] {
    let arguments = [path.as_ptr() as usize, to.as_mut_ptr() as usize, to.len(), 0, 0, 0];
    if path.last() != Some(&0) {
        return &[];
    }
    // SAFETY: the path ends with a zero byte, the buffer is as long as we say.
    let length = unsafe { call(Call::ReadLink, arguments) };
    &to[..usize::try_from(length).unwrap_or(0)]
}

/// The calling thread's name, and how many of the bytes it takes.
pub(crate) fn thread_name() -> ([u8; 16], usize) {
    let mut name = [0; 16];
    // SAFETY: the kernel writes 16 bytes.
    unsafe { call(Call::ThreadName, [PR_GET_NAME, name.as_mut_ptr() as usize, 0, 0, 0, 0]) };
    let length = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
    (name, length)
}

/// Whether the calling thread runs on its alternate signal stack, or may not ask.
pub(crate) fn is_on_signal_stack() -> bool {
    #[repr(C)]
    struct SignalStack {
        start: usize,
        flags: i32,
        bytes: usize,
    }
    let mut stack = SignalStack { start: 0, flags: SS_ONSTACK, bytes: 0 };
    // SAFETY: only asks; the kernel writes one such structure.
    unsafe { call(Call::SignalStack, [0, (&raw mut stack) as usize, 0, 0, 0, 0]) };
    stack.flags & SS_ONSTACK != 0
}

/// Copies memory of this process that may not be there; how many bytes were.
pub(crate) fn copy_what_is_there(from: usize, to: &mut [u8], process: u32) -> usize {
    let local = [to.as_mut_ptr() as usize, to.len()];
    // Page by page, since the kernel copies a part whole or not at all.
    let mut parts = [[0_usize; 2]; 9];
    let (mut at, mut count) = (from, 0);
    let end = from.saturating_add(to.len());
    while at < end && count < parts.len() {
        let next = ((at & !4095) + 4096).min(end);
        parts[count] = [at, next - at];
        (at, count) = (next, count + 1);
    }
    let arguments =
        [process as usize, local.as_ptr() as usize, 1, parts.as_ptr() as usize, count, 0];
    // SAFETY: it writes at most the length of `to`; what cannot be read is an error and no fault.
    let got = unsafe { call(Call::Copy, arguments) };
    usize::try_from(got).unwrap_or(0)
}
