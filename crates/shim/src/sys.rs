//! System calls as such, without libc: they leave `errno` alone and need no library.

use core::arch::asm;

const READ: usize = 0;
const OPEN: usize = 2;
const CLOSE: usize = 3;
const MMAP: usize = 9;
const MUNMAP: usize = 11;
const SCHED_YIELD: usize = 24;
const MADVISE: usize = 28;
const GETPID: usize = 39;
const READLINK: usize = 89;
const SIGALTSTACK: usize = 131;
const PRCTL: usize = 157;
const GETTID: usize = 186;
const FUTEX: usize = 202;
const PROCESS_VM_READV: usize = 310;

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
pub(crate) const MADV_WIPEONFORK: usize = 18;
/// Brings pages into being, or says that there are none left (Linux 5.14).
pub(crate) const MADV_POPULATE_WRITE: usize = 23;

/// One call with up to six arguments; what it gives is a result, or an error number below 0.
///
/// # Safety
/// As the call of that number demands: this checks nothing.
#[inline(always)]
unsafe fn call(number: usize, a: [usize; 6]) -> isize {
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

/// The calling thread, as the kernel numbers it.
pub(crate) fn thread_id() -> u32 {
    // SAFETY: takes nothing and changes nothing.
    unsafe { call(GETTID, [0; 6]) as u32 }
}

/// The calling process.
pub(crate) fn process_id() -> u32 {
    // SAFETY: takes nothing and changes nothing.
    unsafe { call(GETPID, [0; 6]) as u32 }
}

/// Lets others run.
pub(crate) fn yield_now() {
    // SAFETY: takes nothing.
    unsafe { call(SCHED_YIELD, [0; 6]) };
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
        let file = unsafe { call(OPEN, [path.as_ptr() as usize, flags, 0, 0, 0, 0]) };
        usize::try_from(file).ok().map(Self)
    }

    /// Reads on into `to`; 0 at the end and where it cannot be read.
    pub(crate) fn read(&self, to: &mut [u8]) -> usize {
        // SAFETY: the buffer is ours, and as long as we say.
        let got = unsafe { call(READ, [self.0, to.as_mut_ptr() as usize, to.len(), 0, 0, 0]) };
        usize::try_from(got).unwrap_or(0)
    }

    /// Maps the first `bytes`, shared with everybody who does.
    pub(crate) fn map(&self, bytes: usize) -> Option<*mut u8> {
        // SAFETY: a new mapping at a place that the kernel chooses.
        mapped(unsafe { call(MMAP, [0, bytes, PROT_READ_WRITE, MAP_SHARED, self.0, 0]) })
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: it is ours.
        unsafe { call(CLOSE, [self.0, 0, 0, 0, 0, 0]) };
    }
}

/// `bytes` of zeroed memory of our own, which come into being as they are touched.
pub(crate) fn map_private(bytes: usize) -> Option<*mut u8> {
    let flags = MAP_PRIVATE_ANONYMOUS_NORESERVE;
    // SAFETY: a new mapping at a place that the kernel chooses.
    mapped(unsafe { call(MMAP, [0, bytes, PROT_READ_WRITE, flags, usize::MAX, 0]) })
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
    unsafe { call(MUNMAP, [start as usize, bytes, 0, 0, 0, 0]) };
}

/// Gives the kernel an advice about whole pages of ours. False when it does not take it.
pub(crate) fn advise(start: *mut u8, bytes: usize, advice: usize) -> bool {
    // SAFETY: both advices that are used here leave the contents as they are.
    unsafe { call(MADVISE, [start as usize, bytes, advice, 0, 0, 0]) == 0 }
}

/// Sleeps while `word` holds `value`, at most `milliseconds`. True when that time passed.
pub(crate) fn wait(word: &core::sync::atomic::AtomicU32, value: u32, milliseconds: u32) -> bool {
    const TIMED_OUT: isize = -110;
    let time = [i64::from(milliseconds / 1000), i64::from(milliseconds % 1000) * 1_000_000];
    let at = core::ptr::from_ref(word) as usize;
    // SAFETY: the word and the time live through the call.
    let result =
        unsafe { call(FUTEX, [at, FUTEX_WAIT, value as usize, time.as_ptr() as usize, 0, 0]) };
    result == TIMED_OUT
}

/// Wakes whoever sleeps on `word`, in this process or another.
pub(crate) fn wake(word: &core::sync::atomic::AtomicU32) {
    let at = core::ptr::from_ref(word) as usize;
    // SAFETY: the word lives through the call.
    unsafe { call(FUTEX, [at, FUTEX_WAKE, i32::MAX as usize, 0, 0, 0]) };
}

/// Where the link `path`, which ends with a zero byte, leads; cut at the end of `to`.
pub(crate) fn read_link<'a>(path: &[u8], to: &'a mut [u8]) -> &'a [u8] {
    let arguments = [path.as_ptr() as usize, to.as_mut_ptr() as usize, to.len(), 0, 0, 0];
    // SAFETY: the path ends with a zero byte, the buffer is as long as we say.
    let length = if path.last() == Some(&0) { unsafe { call(READLINK, arguments) } } else { 0 };
    &to[..usize::try_from(length).unwrap_or(0)]
}

/// The calling thread's name, and how many of the bytes it takes.
pub(crate) fn thread_name() -> ([u8; 16], usize) {
    let mut name = [0; 16];
    // SAFETY: the kernel writes 16 bytes.
    unsafe { call(PRCTL, [PR_GET_NAME, name.as_mut_ptr() as usize, 0, 0, 0, 0]) };
    let length = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
    (name, length)
}

/// Whether the calling thread runs on its alternate signal stack.
pub(crate) fn is_on_signal_stack() -> bool {
    #[repr(C)]
    struct SignalStack {
        start: usize,
        flags: i32,
        bytes: usize,
    }
    let mut stack = SignalStack { start: 0, flags: 0, bytes: 0 };
    // SAFETY: only asks; the kernel writes one such structure.
    unsafe { call(SIGALTSTACK, [0, (&raw mut stack) as usize, 0, 0, 0, 0]) };
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
    let got = unsafe { call(PROCESS_VM_READV, arguments) };
    usize::try_from(got).unwrap_or(0)
}
