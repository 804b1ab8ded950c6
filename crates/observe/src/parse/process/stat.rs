//! `/proc/PID/stat` (fs/proc/array.c, `do_task_stat`): who a process is, and how often it faulted.

use super::{scalar, words};
use crate::parse::ParseError;

/// What is kept of `stat`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stat<'a> {
    /// Its short name, at most 15 bytes, or more for a kernel thread's worker; any bytes.
    pub command: &'a [u8],
    /// One letter: `R`unning, `S`leeping, `D` waiting for a device, `Z`ombie, `T` stopped, `I`dle, …
    pub state: u8,
    /// Its parent's id; 0 where it has none in this namespace.
    pub parent: u32,
    /// Whether it is a thread of the kernel: `PF_KTHREAD` of its flags (include/linux/sched.h).
    pub is_kernel: bool,
    /// Page faults that needed no disk, since it started.
    pub minor_faults: u64,
    /// Page faults that waited for a disk, since it started.
    pub major_faults: u64,
    /// Its threads.
    pub threads: u32,
    /// When it started, in clock ticks since the machine did (proc_pid_stat(5), field 22).
    pub start_ticks: u64,
}

/// `PF_KTHREAD`, include/linux/sched.h.
const KERNEL_THREAD: u64 = 0x0020_0000;

/// Reads `stat`.
///
/// The name stands in brackets and may hold brackets, blanks and line ends itself: it ends at the last `)` of the file.
pub fn parse(bytes: &[u8]) -> Result<Stat<'_>, ParseError> {
    const FILE: &str = "/proc/PID/stat";
    const EXPECTED: &str = "PID (name) state and at least 20 numbers";
    if bytes.trim_ascii().is_empty() {
        return Err(ParseError::Empty { file: FILE, expected: EXPECTED });
    }
    read(bytes).ok_or_else(|| ParseError::malformed(FILE, 1, EXPECTED, bytes.trim_ascii()))
}

fn read(bytes: &[u8]) -> Option<Stat<'_>> {
    let open = bytes.iter().position(|byte| *byte == b'(')?;
    let close = bytes.iter().rposition(|byte| *byte == b')').filter(|close| *close > open)?;
    let mut rest = words(&bytes[close + 1..]);
    let state = *rest.next()?.first()?;
    // Fields 4 to 22; some are signed, none of those that are kept.
    let mut fields = [0; 19];
    for field in &mut fields {
        *field = scalar::whole(rest.next()?).unwrap_or(0);
    }
    let field = |number: usize| fields[number - 4];
    Some(Stat {
        command: &bytes[open + 1..close],
        state,
        parent: u32::try_from(field(4)).ok()?,
        is_kernel: field(9) & KERNEL_THREAD != 0,
        minor_faults: field(10),
        major_faults: field(12),
        threads: u32::try_from(field(20)).ok()?,
        start_ticks: field(22),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLAIN: &[u8] = b"4242 (a) S 1 4242 4242 0 -1 4194560 17 0 3 0 5 6 0 0 20 0 7 0 999 4300800 300 18446744073709551615 1 1\n";

    #[test]
    fn a_process_is_read() {
        let expected = Stat {
            command: b"a",
            state: b'S',
            parent: 1,
            is_kernel: false,
            minor_faults: 17,
            major_faults: 3,
            threads: 7,
            start_ticks: 999,
        };
        assert_eq!(parse(PLAIN), Ok(expected));
    }

    #[test]
    fn a_name_may_hold_brackets_blanks_and_line_ends() {
        for name in ["x) R 9 (", "a b", "\n", "", "\u{1b}[31m", "("] {
            let text =
                String::from_utf8(PLAIN.to_vec()).unwrap().replace("(a)", &format!("({name})"));
            let stat = parse(text.as_bytes()).unwrap();
            assert_eq!((stat.command, stat.parent), (name.as_bytes(), 1), "{name:?}");
        }
    }

    #[test]
    fn a_thread_of_the_kernel_is_told_by_its_flags() {
        let line = b"2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 7 0 0\n";
        assert!(parse(line).unwrap().is_kernel);
    }

    #[test]
    fn what_is_cut_off_is_told() {
        for text in [&b"1 (a) S 1"[..], b"1 a S", b") (", b"(", b"x"] {
            assert!(matches!(parse(text), Err(ParseError::Malformed { .. })), "{text:?}");
        }
        assert!(matches!(parse(b"\n"), Err(ParseError::Empty { .. })));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes);
            let _ = parse(&[b"1 (", bytes.as_slice(), b") S 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"].concat());
        }
    }
}
