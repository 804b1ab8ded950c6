//! `/proc/PID/status` (fs/proc/array.c, `proc_pid_status`; amounts by fs/proc/task_mmu.c, `task_mem`).

use super::{field, kib};
use crate::parse::{ParseError, lines, scalar, words};

/// What is kept of `status`; amounts in bytes. A kernel thread has no amounts, and old kernels lack some.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// `Uid`, the effective one: whose rights it has.
    pub uid: u32,
    /// `Tgid`: the process that this is a thread of; its own id for a process.
    pub thread_group: u32,
    /// `VmHWM`: the most that was ever resident.
    pub peak_bytes: Option<u64>,
    /// `RssAnon`, `RssFile`, `RssShmem` (Linux 4.5): the parts of the resident set.
    pub anon_bytes: Option<u64>,
    /// Resident pages of files.
    pub file_bytes: Option<u64>,
    /// Resident pages of shared memory: tmpfs, System V, shared anonymous mappings.
    pub shmem_bytes: Option<u64>,
    /// `VmSwap`: anonymous memory in swap; shared memory in swap is not among it.
    pub swap_bytes: Option<u64>,
}

/// Reads `status`. Lines that are not known are passed over.
pub fn parse(bytes: &[u8]) -> Result<Status, ParseError> {
    const FILE: &str = "/proc/PID/status";
    const EXPECTED: &str = "`Uid:` with at least two numbers, and `Tgid:`";
    if bytes.trim_ascii().is_empty() {
        return Err(ParseError::Empty { file: FILE, expected: EXPECTED });
    }
    let mut status = Status::default();
    let (mut has_uid, mut has_group) = (false, false);
    for (number, line) in lines(bytes) {
        let Some((name, value)) = field(line) else { continue };
        let malformed = || ParseError::malformed(FILE, number, EXPECTED, line);
        let small = |word: Option<&[u8]>| -> Result<u32, ParseError> {
            let number = word.and_then(scalar::whole).and_then(|n| u32::try_from(n).ok());
            number.ok_or_else(malformed)
        };
        match name {
            b"Uid" => {
                status.uid = small(words(value).nth(1))?;
                has_uid = true;
            }
            b"Tgid" => {
                status.thread_group = small(words(value).next())?;
                has_group = true;
            }
            b"VmHWM" => status.peak_bytes = kib(value),
            b"RssAnon" => status.anon_bytes = kib(value),
            b"RssFile" => status.file_bytes = kib(value),
            b"RssShmem" => status.shmem_bytes = kib(value),
            b"VmSwap" => {
                status.swap_bytes = kib(value);
                // Nothing that is kept stands behind it.
                break;
            }
            _ => {}
        }
    }
    if has_uid && has_group {
        Ok(status)
    } else {
        Err(ParseError::malformed(FILE, 1, EXPECTED, bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_come_as_bytes() {
        let text = b"Name:\tx\\ny\nUmask:\t0022\nTgid:\t42\nPid:\t42\nUid:\t1000\t1001\t1000\t1000\nVmHWM:\t    2048 kB\n\
            RssAnon:\t     100 kB\nRssFile:\t     200 kB\nRssShmem:\t       8 kB\nVmSwap:\t      12 kB\nThreads:\t1\n";
        let expected = Status {
            uid: 1001,
            thread_group: 42,
            peak_bytes: Some(2 << 20),
            anon_bytes: Some(100 << 10),
            file_bytes: Some(200 << 10),
            shmem_bytes: Some(8 << 10),
            swap_bytes: Some(12 << 10),
        };
        assert_eq!(parse(text), Ok(expected));
    }

    #[test]
    fn a_thread_of_the_kernel_has_no_amounts() {
        let status = parse(b"Name:\tkthreadd\nTgid:\t2\nUid:\t0\t0\t0\t0\nThreads:\t1\n").unwrap();
        assert_eq!(status, Status { thread_group: 2, ..Status::default() });
    }

    #[test]
    fn what_is_no_status_is_told() {
        assert!(parse(b"").is_err());
        assert!(parse(b"Tgid:\t2\n").is_err());
        assert!(parse(b"Tgid:\t2\nUid:\tx\n").is_err());
        assert!(parse(b"Tgid:\t99999999999\nUid:\t0\t0\n").is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes);
            let _ = parse(&[b"Tgid:\t1\nUid:\t0\t0\nVmSwap:", bytes.as_slice()].concat());
        }
    }
}
