//! `/proc/PID/cmdline` and what a program is called (proc_pid_cmdline(5)).

/// The words of a command line, in order. A process that overwrote its own has one word, perhaps with blanks in it;
/// a kernel thread and a zombie have none.
pub fn words(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let text = &bytes[..end];
    text.split(|byte| *byte == 0).filter(move |_| !text.is_empty())
}

/// What the program is called: the kernel's short name, or the whole of it where the kernel cut it off.
///
/// The kernel keeps 15 bytes (`TASK_COMM_LEN`); the file name of the first word of the command line is taken where it
/// begins with these.
pub fn name<'a>(command: &'a [u8], cmdline: &'a [u8]) -> &'a [u8] {
    const KEPT: usize = 15;
    let first = words(cmdline).next().unwrap_or_default();
    let file = first.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    if command.len() == KEPT && file.starts_with(command) { file } else { command }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_end_at_zeros_and_none_follow_the_last() {
        let split = |text: &'static [u8]| words(text).collect::<Vec<_>>();
        assert_eq!(split(b"sh\0-c\0\0x y\0"), [&b"sh"[..], b"-c", b"", b"x y"]);
        assert_eq!(split(b"nginx: worker\0\0\0\0"), [b"nginx: worker"]);
        assert_eq!(split(b"\0\0"), [&b""[..]; 0]);
    }

    #[test]
    fn a_name_that_was_cut_off_is_completed() {
        for (command, cmdline, expected) in [
            (
                &b"systemd-timesyn"[..],
                &b"/usr/lib/systemd-timesyncd\0"[..],
                &b"systemd-timesyncd"[..],
            ),
            (b"bash", b"/bin/bash\0", b"bash"),
            (b"gmain", b"/bin/other\0", b"gmain"),
            (b"a-name-of-fifte", b"", b"a-name-of-fifte"),
        ] {
            assert_eq!(name(command, cmdline), expected);
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = (words(&bytes).count(), name(&bytes, &bytes));
        }
    }
}
