//! How to get from a return address to the frame of its caller: DWARF's call frame information in one word.
//!
//! At a call, gcc's and clang's tables for x86-64 say nearly always the same: the caller's frame
//! begins (the canonical frame address, CFA) at a constant distance from the stack or the frame pointer, the
//! return address stands below it, and the frame pointer of the caller was saved at a constant
//! distance from it or is still in its register. Such a rule fits into half a word, and its address
//! into the other half, so that one cache of single words serves all threads without a lock:
//!
//! ```text
//! | kind 3 | offset ÷ 8, signed 16 | frame pointer's slot: (CFA − slot) ÷ 8, 13; 0 = not saved | address >> 16: 32 |
//! ```
//!
//! The word stands at place (address ^ address >> 16) modulo 2¹⁶; a rule that does not fit is worked out each
//! time. Source of the tables: the System V ABI for AMD64, LSB's .eh_frame_hdr, DWARF 5 § 6.4.

use core::sync::atomic::{AtomicU64, Ordering};

use gimli::{
    BaseAddresses, CfaRule, EhFrame, EhFrameHdr, EndianSlice, NativeEndian, RegisterRule,
    UnwindContext, UnwindContextStorage, UnwindSection as _, UnwindTableRow, X86_64,
};

use crate::modules;

/// Which register the caller's frame is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// CFA = stack pointer + offset.
    Stack = 1,
    /// CFA = frame pointer + offset.
    Frame = 2,
    /// CFA is the word at frame pointer + offset, and the caller's frame pointer the one it points to: functions that
    /// align their stack.
    Realigned = 3,
    /// The kernel put a signal handler's frame here; the registers stand in it.
    Signal = 4,
    /// Nobody called this function, or nothing is known of who did.
    End = 5,
    /// In the cache only: the rule does not fit.
    Wide = 6,
    /// No table: a frame pointer, if it looks like one.
    Pointer = 7,
}

/// A step from one frame to its caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) kind: Kind,
    /// Bytes.
    pub(crate) offset: i32,
    /// CFA less the place where the caller's frame pointer was saved, in bytes; 0 where it is still in its register.
    pub(crate) saved: u32,
}

const PLACES: usize = 1 << 16;
static CACHE: [AtomicU64; PLACES] = [const { AtomicU64::new(0) }; PLACES];

/// The rule for the frame that `address` returns into; for the frame that a signal interrupted, one more than
/// its instruction.
#[inline(always)]
pub(crate) fn rule(address: usize) -> Rule {
    let word = CACHE[place(address)].load(Ordering::Relaxed);
    match unpack(word) {
        Some(rule) if word >> 32 == tag(address) && rule.kind != Kind::Wide => rule,
        _ => work_out(address),
    }
}

/// Forgets all rules: other code may stand at their addresses now.
pub(crate) fn forget() {
    for word in &CACHE {
        word.store(0, Ordering::Relaxed);
    }
}

#[inline(always)]
fn place(address: usize) -> usize {
    (address ^ address >> 16) & (PLACES - 1)
}

#[inline(always)]
fn tag(address: usize) -> u64 {
    (address as u64 >> 16) & u64::from(u32::MAX)
}

#[inline(always)]
fn unpack(word: u64) -> Option<Rule> {
    let kind = match word & 7 {
        1 => Kind::Stack,
        2 => Kind::Frame,
        3 => Kind::Realigned,
        4 => Kind::Signal,
        5 => Kind::End,
        6 => Kind::Wide,
        7 => Kind::Pointer,
        _ => return None,
    };
    let offset = i32::from((word >> 3) as u16 as i16) * 8;
    Some(Rule { kind, offset, saved: ((word >> 19) as u32 & 0x1fff) * 8 })
}

fn pack(rule: Rule) -> u64 {
    let fits = rule.offset % 8 == 0
        && i16::try_from(rule.offset / 8).is_ok()
        && rule.saved.is_multiple_of(8)
        && rule.saved / 8 < 1 << 13;
    if !fits {
        return Kind::Wide as u64;
    }
    let offset = u64::from((rule.offset / 8) as i16 as u16);
    rule.kind as u64 | offset << 3 | u64::from(rule.saved / 8) << 19
}

#[cold]
#[inline(never)]
fn work_out(address: usize) -> Rule {
    let rule = from_tables(address);
    CACHE[place(address)].store(pack(rule) | tag(address) << 32, Ordering::Relaxed);
    rule
}

const END: Rule = Rule { kind: Kind::End, offset: 0, saved: 0 };
const SIGNAL: Rule = Rule { kind: Kind::Signal, offset: 0, saved: 0 };
const POINTER: Rule = Rule { kind: Kind::Pointer, offset: 16, saved: 16 };

type Slice = EndianSlice<'static, NativeEndian>;

/// Room for gimli to work in, on the stack: our hooks have no heap.
struct OnStack;

impl UnwindContextStorage<usize> for OnStack {
    type Rules = [(gimli::Register, RegisterRule<usize>); 24];
    type Stack = [UnwindTableRow<usize, Self>; 4];
}

fn from_tables(address: usize) -> Rule {
    // The call stands before the address it returns to, which may be the first of another function.
    let call = address.wrapping_sub(1);
    let Some(module) = modules::containing(call) else {
        return POINTER;
    };
    if module.header == 0 {
        return without_table(address);
    }
    look_up(&module, call).unwrap_or_else(|| without_table(address))
}

/// musl has no table for the code that signal handlers return to, but that code is always the same.
fn without_table(address: usize) -> Rule {
    const RETURNS_FROM_SIGNALS: [&[u8]; 2] =
        [&[0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05], &[0xb8, 0x0f, 0, 0, 0, 0x0f, 0x05]];
    let is_there = |code: &[u8]| {
        (0..code.len()).all(|at| {
            // SAFETY: a return address into a module; code that is shorter ends the comparison first.
            unsafe { *(address as *const u8).wrapping_add(at) == code[at] }
        })
    };
    if RETURNS_FROM_SIGNALS.iter().any(|code| is_there(code)) { SIGNAL } else { POINTER }
}

fn look_up(module: &modules::Module, call: usize) -> Option<Rule> {
    let bytes = |start: usize| {
        let length = module.header_end.checked_sub(start)?;
        // SAFETY: the loader has mapped this segment, and says where it ends.
        let bytes = unsafe { core::slice::from_raw_parts(start as *const u8, length) };
        Some(bytes)
    };
    let bases = BaseAddresses::default().set_eh_frame_hdr(module.header as u64);
    let header = EhFrameHdr::new(bytes(module.header)?, NativeEndian).parse(&bases, 8).ok()?;
    let start = usize::try_from(header.eh_frame_ptr().direct().ok()?).ok()?;
    if start < module.start {
        return None;
    }
    let frames = EhFrame::new(bytes(start)?, NativeEndian);
    let bases = bases.set_eh_frame(start as u64);
    let mut context = UnwindContext::<usize, OnStack>::new_in();
    let table = header.table()?;
    let entry =
        table.fde_for_address(&frames, &bases, call as u64, EhFrame::cie_from_offset).ok()?;
    if entry.is_signal_trampoline() {
        return Some(SIGNAL);
    }
    let row = entry.unwind_info_for_address(&frames, &bases, &mut context, call as u64).ok()?;
    Some(translate(row, &frames, call))
}

/// A row of the table as a rule; [`END`] where it says something that no compiler's code at a call does.
fn translate(row: &UnwindTableRow<usize, OnStack>, frames: &EhFrame<Slice>, call: usize) -> Rule {
    if row.register(X86_64::RA) != Some(RegisterRule::Offset(-8)) {
        return END;
    }
    let base = match *row.cfa() {
        CfaRule::RegisterAndOffset { register: X86_64::RSP, offset } => Some((Kind::Stack, offset)),
        CfaRule::RegisterAndOffset { register: X86_64::RBP, offset } => Some((Kind::Frame, offset)),
        CfaRule::RegisterAndOffset { .. } => None,
        CfaRule::Expression(expression) => {
            expression.get(frames).ok().and_then(|code| by_expression(code.0.slice(), call))
        }
    };
    let Some((kind, offset)) = base else { return END };
    let saved = match row.register(X86_64::RBP) {
        None | Some(RegisterRule::SameValue | RegisterRule::Undefined) => Some(0),
        Some(RegisterRule::Offset(offset)) => u32::try_from(-offset).ok(),
        // A realigned frame saves it where the frame pointer points to.
        Some(RegisterRule::Expression(expression)) => expression
            .get(frames)
            .ok()
            .and_then(|code| (code.0.slice() == [DW_OP_BREG6, 0]).then_some(8)),
        Some(_) => None,
    };
    match (i32::try_from(offset), saved) {
        (Ok(offset), Some(saved)) => Rule { kind, offset, saved },
        _ => END,
    }
}

const DW_OP_BREG6: u8 = 0x76;
const DW_OP_DEREF: u8 = 0x06;

/// The two expressions that compilers and linkers write: of a realigned stack, `DW_OP_breg6 n, DW_OP_deref`; and of the
/// procedure linkage table, where 8 bytes more are on the stack after the push in each of its entries of 16 bytes.
fn by_expression(code: &[u8], call: usize) -> Option<(Kind, i64)> {
    const PLT: [u8; 11] = [0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22];
    match *code {
        [DW_OP_BREG6, offset, DW_OP_DEREF] if offset < 0x80 => {
            let signed = i64::from(offset) - if offset >= 0x40 { 0x80 } else { 0 };
            Some((Kind::Realigned, signed))
        }
        _ if code.len() == PLT.len() && code.starts_with(&PLT[..6]) => {
            let pushed_from = u64::from(code[6].wrapping_sub(0x30));
            let is_pushed = (call as u64 & 15) >= pushed_from;
            Some((Kind::Stack, if is_pushed { 16 } else { 8 }))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_fits_comes_back_and_one_that_does_not_is_marked() {
        for (kind, offset, saved) in [
            (Kind::Stack, 8, 0),
            (Kind::Stack, 262_136, 65_528),
            (Kind::Frame, 16, 16),
            (Kind::Realigned, -8, 8),
        ] {
            let rule = Rule { kind, offset, saved };
            assert_eq!(unpack(pack(rule)), Some(rule));
        }
        for (offset, saved) in [(262_144, 0), (12, 0), (16, 65_536)] {
            let word = pack(Rule { kind: Kind::Stack, offset, saved });
            assert_eq!(unpack(word).map(|rule| rule.kind), Some(Kind::Wide), "{offset} {saved}");
        }
        assert_eq!(unpack(0), None);
    }

    #[test]
    fn the_expressions_of_compilers_and_linkers_are_understood() {
        assert_eq!(by_expression(&[0x76, 0x78, 0x06], 0), Some((Kind::Realigned, -8)));
        assert_eq!(by_expression(&[0x76, 0x70, 0x06], 0), Some((Kind::Realigned, -16)));
        let plt = [0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22];
        assert_eq!(by_expression(&plt, 0x1005), Some((Kind::Stack, 8)));
        assert_eq!(by_expression(&plt, 0x100b), Some((Kind::Stack, 16)));
        assert_eq!(by_expression(&[0x50], 0), None);
    }

    #[test]
    fn places_and_tags_tell_all_addresses_apart() {
        let mut addresses =
            [0x55d0_1234_5678, 0x7f12_3456_789a, 0x7f12_3457_789a, 0x7f12_0000_0000];
        addresses.sort_unstable_by_key(|&address| (tag(address), place(address)));
        for pair in addresses.windows(2) {
            let [one, other] = [pair[0], pair[1]];
            assert_ne!((tag(one), place(one)), (tag(other), place(other)));
        }
    }
}
