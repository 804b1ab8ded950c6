//! The functions that were there before us: what each hook calls in the end.

use core::arch::asm;
use core::ffi::c_void;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::sys;

/// The address of a function of the program's C library; 0 where it has none.
///
/// Weak, so that the program starts without it too, and undefined here, so that whichever C library is
/// loaded gives it: that is how one library serves glibc and musl without naming either.
macro_rules! weak {
    ($name:ident) => {{
        let at: usize;
        // SAFETY: reads a word of our own table of addresses.
        unsafe {
            core::arch::asm!(
                concat!(".weak ", stringify!($name)),
                concat!("mov {at}, qword ptr [rip + ", stringify!($name), "@GOTPCREL]"),
                at = out(reg) at,
                options(pure, readonly, nostack, preserves_flags),
            );
        }
        at
    }};
}
pub(crate) use weak;

/// The search that begins after us.
const RTLD_NEXT: *mut c_void = -1_isize as *mut c_void;

type Dlsym = unsafe extern "C" fn(*mut c_void, *const u8) -> usize;

/// One real function, looked up when it is first needed.
#[repr(C)]
pub(crate) struct Real {
    /// First, since an exported function reads it by the name of the whole.
    at: AtomicUsize,
    name: &'static [u8],
    /// What it is called beside that: glibc gives `dlsym` only to programs that ask for it, up to 2.33, and has some of its
    /// functions under names of its own, which nobody else defines.
    own: fn() -> usize,
}

impl Real {
    const fn new(name: &'static [u8], own: fn() -> usize) -> Self {
        Self { at: AtomicUsize::new(0), name, own }
    }

    /// Its address; 0 where the program's libraries have no such function, or it is not known yet.
    #[inline(always)]
    pub(crate) fn known(&self) -> usize {
        self.at.load(Ordering::Relaxed)
    }

    /// Its address; 0 where the program's libraries have no such function.
    #[inline(always)]
    pub(crate) fn find(&self) -> usize {
        match self.known() {
            0 => self.look_up(),
            at => at,
        }
    }

    #[cold]
    fn look_up(&self) -> usize {
        let at = match self.next() {
            0 => (self.own)(),
            at => at,
        };
        self.at.store(at, Ordering::Relaxed);
        at
    }

    /// The next of that name after ours, as `dlsym` tells it.
    fn next(&self) -> usize {
        let dlsym = weak!(dlsym);
        if dlsym == 0 {
            return 0;
        }
        // SAFETY: it is the C library's dlsym, which has this signature.
        let dlsym = unsafe { core::mem::transmute::<usize, Dlsym>(dlsym) };
        // SAFETY: the name ends with a zero byte.
        unsafe { dlsym(RTLD_NEXT, self.name.as_ptr()) }
    }
}

macro_rules! reals {
    ($($upper:ident $name:literal $(| $own:ident)? $type:ident ($($arg:ty),*) -> $out:ty;)*) => {$(
        #[doc = concat!("The real `", $name, "`.")]
        pub(crate) static $upper: Real =
            Real::new(concat!($name, "\0").as_bytes(), || reals!(@own $($own)?));
        #[doc = concat!("The signature of `", $name, "`.")]
        pub(crate) type $type = unsafe extern "C" fn($($arg),*) -> $out;
    )*};
    (@own) => { 0 };
    (@own $own:ident) => { weak!($own) };
}

reals! {
    MALLOC "malloc" | __libc_malloc Malloc(usize) -> *mut u8;
    CALLOC "calloc" | __libc_calloc Calloc(usize, usize) -> *mut u8;
    REALLOC "realloc" | __libc_realloc Realloc(*mut u8, usize) -> *mut u8;
    REALLOCARRAY "reallocarray" Reallocarray(*mut u8, usize, usize) -> *mut u8;
    FREE "free" | __libc_free Free(*mut u8) -> ();
    POSIX_MEMALIGN "posix_memalign" PosixMemalign(*mut *mut u8, usize, usize) -> i32;
    ALIGNED_ALLOC "aligned_alloc" | __libc_memalign AlignedAlloc(usize, usize) -> *mut u8;
    MEMALIGN "memalign" | __libc_memalign Memalign(usize, usize) -> *mut u8;
    VALLOC "valloc" | __libc_valloc Valloc(usize) -> *mut u8;
    PVALLOC "pvalloc" | __libc_pvalloc Pvalloc(usize) -> *mut u8;
    MMAP "mmap" Mmap(*mut u8, usize, i32, i32, i32, i64) -> *mut u8;
    MMAP64 "mmap64" Mmap64(*mut u8, usize, i32, i32, i32, i64) -> *mut u8;
    MREMAP "mremap" Mremap(*mut u8, usize, usize, i32, *mut u8) -> *mut u8;
    MUNMAP "munmap" Munmap(*mut u8, usize) -> i32;
    SBRK "sbrk" | __sbrk Sbrk(isize) -> *mut u8;
    DLCLOSE "dlclose" Dlclose(*mut c_void) -> i32;
    PRCTL "prctl" Prctl(i32, usize, usize, usize, usize) -> i32;
    SYSCALL "syscall" Syscall(usize, usize, usize, usize, usize, usize, usize) -> isize;
}

/// Calls a real function: `real!(MALLOC as Malloc(size) else missing)`, with the `else` value where there is none;
/// `known else`: where it has not been found yet.
macro_rules! real {
    ($upper:ident as $type:ident($($arg:expr),*) else $missing:expr) => {
        $crate::real::real!(find $upper as $type($($arg),*) else $missing)
    };
    ($upper:ident as $type:ident($($arg:expr),*) known else $missing:expr) => {
        $crate::real::real!(known $upper as $type($($arg),*) else $missing)
    };
    ($how:ident $upper:ident as $type:ident($($arg:expr),*) else $missing:expr) => {
        match $crate::real::$upper.$how() {
            0 => $missing,
            // SAFETY: dlsym has found it under its name, and so it has that function's signature; the
            // arguments are the program's own.
            at => unsafe { core::mem::transmute::<usize, $crate::real::$type>(at)($($arg),*) },
        }
    };
}
pub(crate) use real;

/// Looks up what every program needs, and what cannot be looked up where it is needed.
pub(crate) fn find_first() {
    for real in [&MALLOC, &CALLOC, &REALLOC, &FREE, &SYSCALL] {
        real.find();
    }
}

/// A system call as the C library's `syscall` makes it: -1 and `errno` where it fails.
pub(crate) fn system_call(number: usize, arguments: [usize; 6]) -> isize {
    // SAFETY: the program has asked for it, with its own arguments.
    result_of(unsafe { sys::bare(number, arguments) })
}

/// What the kernel has answered as the C library gives it.
pub(crate) extern "C" fn result_of(answer: isize) -> isize {
    if (-4095..0).contains(&answer) {
        set_errno(-answer as i32);
        return -1;
    }
    answer
}

/// Sets the C library's `errno` for the calling thread.
pub(crate) fn set_errno(value: i32) {
    let at = weak!(__errno_location);
    if at != 0 {
        // SAFETY: glibc and musl both have it with this signature.
        let location = unsafe { core::mem::transmute::<usize, extern "C" fn() -> *mut i32>(at)() };
        // SAFETY: the thread's own errno.
        unsafe { *location = value };
    }
}

/// The C library's `errno` of the calling thread.
pub(crate) fn errno() -> i32 {
    let at = weak!(__errno_location);
    if at == 0 {
        return 0;
    }
    // SAFETY: glibc and musl both have it with this signature.
    let location = unsafe { core::mem::transmute::<usize, extern "C" fn() -> *mut i32>(at)() };
    // SAFETY: the thread's own errno.
    unsafe { *location }
}

/// The caller's stack pointer.
#[inline(always)]
pub(crate) fn stack_pointer() -> usize {
    let at: usize;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, rsp", out(reg) at, options(nomem, nostack, preserves_flags)) };
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glibc_has_its_own_names_for_what_programs_without_dlsym_need() {
        if weak!(gnu_get_libc_version) == 0 {
            return;
        }
        for real in
            [&MALLOC, &CALLOC, &REALLOC, &FREE, &ALIGNED_ALLOC, &MEMALIGN, &VALLOC, &PVALLOC, &SBRK]
        {
            assert_ne!((real.own)(), 0, "{:?}", core::str::from_utf8(real.name));
        }
        assert_ne!(REALLOCARRAY.find(), 0, "found by dlsym");
    }
}
