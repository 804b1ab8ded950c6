//! The names that the program finds before the C library's.
//!
//! Naked functions, so that nothing has touched the stack and the frame pointer before they are handed
//! on. A jump, and no call: the real function's caller, to any unwinder, is the program.

use core::arch::naked_asm;

use super::{
    filters, on_aligned_alloc, on_calloc, on_dlclose, on_free, on_malloc, on_memalign, on_mmap,
    on_mmap64, on_mremap, on_munmap, on_posix_memalign, on_pvalloc, on_realloc, on_reallocarray,
    on_sbrk, on_valloc,
};
use crate::real::{SYSCALL, result_of};

/// Exports `$name`, which takes as many arguments as go before the registers `$stack` and `$frame`.
macro_rules! export {
    ($($name:ident => $on:ident, $stack:literal, $frame:literal;)*) => {$(
        #[unsafe(no_mangle)]
        #[unsafe(naked)]
        unsafe extern "C" fn $name() {
            naked_asm!(
                concat!("mov ", $stack, ", rsp"),
                concat!("mov ", $frame, ", rbp"),
                "jmp {on}",
                on = sym $on,
            );
        }
    )*};
}

export! {
    malloc => on_malloc, "rsi", "rdx";
    free => on_free, "rsi", "rdx";
    valloc => on_valloc, "rsi", "rdx";
    pvalloc => on_pvalloc, "rsi", "rdx";
    sbrk => on_sbrk, "rsi", "rdx";
    dlclose => on_dlclose, "rsi", "rdx";
    calloc => on_calloc, "rdx", "rcx";
    realloc => on_realloc, "rdx", "rcx";
    aligned_alloc => on_aligned_alloc, "rdx", "rcx";
    memalign => on_memalign, "rdx", "rcx";
    munmap => on_munmap, "rdx", "rcx";
    reallocarray => on_reallocarray, "rcx", "r8";
    posix_memalign => on_posix_memalign, "rcx", "r8";
}

/// Exports `$name`, which takes six arguments or has them unused: the two more go onto the stack.
macro_rules! export_six {
    ($($name:ident => $on:ident;)*) => {$(
        #[unsafe(no_mangle)]
        #[unsafe(naked)]
        unsafe extern "C" fn $name() {
            naked_asm!(
                ".cfi_startproc",
                "mov rax, rsp",
                "sub rsp, 8",
                "push rbp",
                "push rax",
                ".cfi_adjust_cfa_offset 24",
                "call {on}",
                "add rsp, 24",
                ".cfi_adjust_cfa_offset -24",
                "ret",
                ".cfi_endproc",
                on = sym $on,
            );
        }
    )*};
}

export_six! {
    mmap => on_mmap;
    mmap64 => on_mmap64;
    mremap => on_mremap;
}

/// Both are variadic; all their arguments are words, and so they come as if they were not.
#[unsafe(no_mangle)]
extern "C" fn prctl(option: i32, a: usize, b: usize, c: usize, d: usize) -> i32 {
    filters::on_prctl(option, a, b, c, d)
}

/// Any call but the two that set filters is a jump to the real function, or what that would do, so that it returns where
/// the program called, twice and on another stack if it is one that does.
#[unsafe(no_mangle)]
#[unsafe(naked)]
unsafe extern "C" fn syscall() {
    naked_asm!(
        "cmp rdi, {prctl}",
        "je {on}",
        "cmp rdi, {seccomp}",
        "je {on}",
        "mov rax, qword ptr [rip + {real}]",
        "test rax, rax",
        "je 2f",
        "jmp rax",
        "2:",
        "mov rax, rdi",
        "mov rdi, rsi",
        "mov rsi, rdx",
        "mov rdx, rcx",
        "mov r10, r8",
        "mov r8, r9",
        "mov r9, qword ptr [rsp + 8]",
        "syscall",
        "mov rdi, rax",
        "jmp {result}",
        prctl = const filters::PRCTL,
        seccomp = const filters::SECCOMP,
        real = sym SYSCALL,
        on = sym filters::on_syscall,
        result = sym result_of,
    );
}
