//! What a filter of system calls (seccomp(2)) would answer, found out without asking the kernel.
//!
//! A filter is a program of the classic Berkeley packet filter over the number, the architecture and the arguments of a call.
//! Its instructions and what of them the kernel lets a filter use: `seccomp_check_filter` in kernel/seccomp.c,
//! linux/filter.h, linux/seccomp.h.

/// One instruction, as `struct sock_filter` of linux/filter.h lays it out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Instruction {
    /// What it does.
    pub(crate) code: u16,
    /// Instructions that are skipped where a comparison holds.
    pub(crate) if_true: u8,
    /// The same, where it does not.
    pub(crate) if_false: u8,
    /// Its number.
    pub(crate) k: u32,
}

/// The longest filter that the kernel takes (BPF_MAXINSNS).
pub(crate) const MOST: usize = 4096;

/// `AUDIT_ARCH_X86_64`.
const ARCHITECTURE: u32 = 0xc000_003e;
/// Bytes of `struct seccomp_data`.
const BYTES: u32 = 64;
const MEMORY: usize = 16;

/// A call as a filter sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// Its number.
    pub(crate) number: u32,
    /// Where it is made from.
    pub(crate) address: u64,
    /// Its arguments.
    pub(crate) arguments: [u64; 6],
}

impl Seen {
    /// The word of `struct seccomp_data` at an offset in bytes.
    fn word(&self, offset: u32) -> Option<u32> {
        if !offset.is_multiple_of(4) || offset >= BYTES {
            return None;
        }
        let half = |whole: u64| (whole >> (8 * (offset & 4))) as u32;
        Some(match offset {
            0 => self.number,
            4 => ARCHITECTURE,
            8 | 12 => half(self.address),
            _ => half(self.arguments[(offset as usize - 16) / 8]),
        })
    }
}

/// Whether a filter lets a call be made as if there were none. A program that the kernel would not take lets nothing be made.
pub(crate) fn allows(filter: &[Instruction], seen: &Seen) -> bool {
    /// `SECCOMP_RET_ACTION_FULL`, `SECCOMP_RET_ALLOW` and `SECCOMP_RET_LOG`.
    const ACTION: u32 = 0xffff_0000;
    const ALLOW: u32 = 0x7fff_0000;
    const LOG: u32 = 0x7ffc_0000;
    run(filter, seen).is_some_and(|answer| matches!(answer & ACTION, ALLOW | LOG))
}

/// What the filter returns.
fn run(filter: &[Instruction], seen: &Seen) -> Option<u32> {
    let (mut a, mut x, mut at) = (0_u32, 0_u32, 0_usize);
    let mut memory = [0_u32; MEMORY];
    loop {
        let Instruction { code, if_true, if_false, k } = *filter.get(at)?;
        at += 1;
        let jump = |holds: bool| usize::from(if holds { if_true } else { if_false });
        // The classes and modes of linux/bpf_common.h, as octets: what an instruction reads, how, and what it does.
        match code {
            // ret k, ret a
            0x06 => return Some(k),
            0x16 => return Some(a),
            // ld [k], ld #len, ld #k, ld M[k]
            0x20 => a = seen.word(k)?,
            0x80 => a = BYTES,
            0x00 => a = k,
            0x60 => a = *memory.get(k as usize)?,
            // ldx #len, ldx #k, ldx M[k]
            0x81 => x = BYTES,
            0x01 => x = k,
            0x61 => x = *memory.get(k as usize)?,
            // st, stx
            0x02 => *memory.get_mut(k as usize)? = a,
            0x03 => *memory.get_mut(k as usize)? = x,
            // tax, txa
            0x07 => x = a,
            0x87 => a = x,
            // ja
            0x05 => at = at.checked_add(k as usize)?,
            // jeq, jgt, jge, jset: with k, with x
            0x15 => at += jump(a == k),
            0x25 => at += jump(a > k),
            0x35 => at += jump(a >= k),
            0x45 => at += jump(a & k != 0),
            0x1d => at += jump(a == x),
            0x2d => at += jump(a > x),
            0x3d => at += jump(a >= x),
            0x4d => at += jump(a & x != 0),
            // neg
            0x84 => a = a.wrapping_neg(),
            _ => a = calculated(code, a, if code & 8 == 0 { k } else { x })?,
        }
    }
}

/// The accumulator after an instruction that calculates with another number.
fn calculated(code: u16, a: u32, other: u32) -> Option<u32> {
    Some(match code & !8 {
        0x04 => a.wrapping_add(other),
        0x14 => a.wrapping_sub(other),
        0x24 => a.wrapping_mul(other),
        // Division by nothing ends the filter with 0, which kills.
        0x34 => a.checked_div(other)?,
        0x44 => a | other,
        0x54 => a & other,
        0x64 => a.checked_shl(other).unwrap_or(0),
        0x74 => a.checked_shr(other).unwrap_or(0),
        0xa4 => a ^ other,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOW: u32 = 0x7fff_0000;
    const KILL: u32 = 0x8000_0000;

    fn say(code: u16, k: u32) -> Instruction {
        Instruction { code, if_true: 0, if_false: 0, k }
    }

    fn jump(code: u16, k: u32, if_true: u8, if_false: u8) -> Instruction {
        Instruction { code, if_true, if_false, k }
    }

    fn call(number: u32, arguments: [u64; 6]) -> Seen {
        Seen { number, address: 0x7fff_1234_5678, arguments }
    }

    #[test]
    fn a_list_of_calls_lets_those_be_made() {
        let list = [
            say(0x20, 0),
            jump(0x15, 202, 2, 0),
            jump(0x35, 300, 0, 2),
            jump(0x15, 310, 0, 1),
            say(0x06, ALLOW),
            say(0x06, KILL),
        ];
        for (number, expected) in [(202, true), (310, true), (0, false), (301, false)] {
            assert_eq!(allows(&list, &call(number, [0; 6])), expected, "call {number}");
        }
    }

    #[test]
    fn arguments_architecture_and_address_are_seen_by_halves() {
        let seen = call(28, [0, 0x1_0000_0002, 23, 0, 0, 0xffff_fffe_0000_0001]);
        for (offset, expected) in [
            (0, Some(28)),
            (4, Some(0xc000_003e)),
            (8, Some(0x1234_5678)),
            (12, Some(0x7fff)),
            (24, Some(2)),
            (28, Some(1)),
            (32, Some(23)),
            (56, Some(1)),
            (60, Some(0xffff_fffe)),
            (64, None),
            (2, None),
        ] {
            assert_eq!(seen.word(offset), expected, "offset {offset}");
        }
    }

    #[test]
    fn every_instruction_that_calculates_does_what_its_name_says() {
        let returned = |program: &[Instruction]| run(program, &call(7, [0; 6]));
        // Each on 12 and 5, with the number and with the register.
        for (code, expected) in [
            (0x04, 17),
            (0x14, 7),
            (0x24, 60),
            (0x34, 2),
            (0x44, 13),
            (0x54, 4),
            (0x64, 384),
            (0x74, 0),
            (0xa4, 9),
        ] {
            let with_number = [say(0x00, 12), say(code, 5), say(0x16, 0)];
            let with_register = [say(0x00, 12), say(0x01, 5), say(code | 8, 0), say(0x16, 0)];
            assert_eq!(returned(&with_number), Some(expected), "{code:#x}");
            assert_eq!(returned(&with_register), Some(expected), "{code:#x}");
        }
        let memory = [say(0x00, 9), say(0x02, 3), say(0x61, 3), say(0x87, 0), say(0x16, 0)];
        assert_eq!(returned(&memory), Some(9));
        assert_eq!(returned(&[say(0x00, 1), say(0x84, 0), say(0x16, 0)]), Some(u32::MAX));
        assert_eq!(returned(&[say(0x80, 0), say(0x07, 0), say(0x87, 0), say(0x16, 0)]), Some(64));
        assert_eq!(returned(&[say(0x05, 1), say(0x06, 1), say(0x06, 2)]), Some(2));
    }

    #[test]
    fn what_the_kernel_would_not_take_lets_nothing_be_made() {
        for program in [
            &[][..],
            &[say(0x20, 0)],
            &[say(0x05, u32::MAX), say(0x06, ALLOW)],
            &[say(0x20, 64), say(0x06, ALLOW)],
            &[say(0x60, 16), say(0x06, ALLOW)],
            &[say(0x34, 0), say(0x06, ALLOW)],
            &[say(0xffff, 0), say(0x06, ALLOW)],
        ] {
            assert!(!allows(program, &call(0, [0; 6])), "{program:?}");
        }
    }
}
