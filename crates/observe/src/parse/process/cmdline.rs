//! `/proc/PID/cmdline` and what a program is called (proc_pid_cmdline(5)).

use std::borrow::Cow;

use crate::printable::printable;

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

/// Words as one line for a shell, which splits it into the very same words: quoted where they must be, and plain text
/// whatever their bytes are. What cannot be shown is written as `$'\033'` (POSIX.1-2024, 2.2.4), which bash, zsh, ksh and
/// busybox know.
#[must_use]
pub fn for_shell<'a>(words: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut line = String::new();
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        quote(word, &mut line);
    }
    line
}

fn quote(word: &[u8], line: &mut String) {
    let is_bare = |byte: &u8| byte.is_ascii_alphanumeric() || b"_@%+:,./-".contains(byte);
    // A word with `=` in it is quoted: zsh would look for a command where it stands first.
    match printable(word) {
        Cow::Borrowed(text) if !word.is_empty() && word.iter().all(is_bare) => line.push_str(text),
        Cow::Borrowed(text) => {
            line.push('\'');
            line.push_str(&text.replace('\'', r"'\''"));
            line.push('\'');
        }
        Cow::Owned(_) => {
            line.push_str("$'");
            for &byte in word {
                match byte {
                    b'\'' | b'\\' => line.extend(['\\', char::from(byte)]),
                    b' '..=b'~' => line.push(char::from(byte)),
                    // Three digits, so that what follows is never taken for one more.
                    other => line.push_str(&format!("\\{other:03o}")),
                }
            }
            line.push('\'');
        }
    }
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

    #[test]
    fn a_line_for_a_shell_is_quoted_where_it_must_be() {
        for (words, expected) in [
            (&[&b"/bin/ls"[..], b"-l", b"a.b_c,d:e@f%g+h"][..], "/bin/ls -l a.b_c,d:e@f%g+h"),
            (&[b"sh", b"-c", b"", b"echo $HOME; rm -rf *"], "sh -c '' 'echo $HOME; rm -rf *'"),
            (&[b"a'b", b"A=1", b"~", "größe".as_bytes()], r"'a'\''b' 'A=1' '~' 'größe'"),
            (&[b"\x1b[2J\n\\'7", b"\xff9"], r"$'\033[2J\012\\\'7' $'\3779'"),
            (&[], ""),
        ] {
            assert_eq!(for_shell(words.iter().copied()), expected);
        }
    }

    /// What a shell makes of a line of quoted words (POSIX.1-2024, 2.2): a slow twin of the quoting.
    fn split(line: &str) -> Vec<Vec<u8>> {
        let (mut words, mut word): (Vec<Vec<u8>>, Option<Vec<u8>>) = (Vec::new(), None);
        let mut rest = line.as_bytes();
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            match byte {
                b' ' => words.extend(word.take()),
                b'\\' => {
                    word.get_or_insert_default().push(rest[0]);
                    rest = &rest[1..];
                }
                b'\'' => {
                    let end = rest.iter().position(|byte| *byte == b'\'').unwrap();
                    word.get_or_insert_default().extend(&rest[..end]);
                    rest = &rest[end + 1..];
                }
                b'$' if rest[0] == b'\'' => {
                    rest = escaped(&rest[1..], word.get_or_insert_default());
                }
                plain => word.get_or_insert_default().push(plain),
            }
        }
        words.extend(word);
        words
    }

    /// The inside of `$'…'`; what follows it.
    fn escaped<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> &'a [u8] {
        loop {
            match rest {
                [b'\'', after @ ..] => return after,
                [b'\\', a @ b'0'..=b'3', b, c, after @ ..] => {
                    word.push((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'));
                    rest = after;
                }
                [b'\\', plain, after @ ..] | [plain, after @ ..] => {
                    word.push(*plain);
                    rest = after;
                }
                [] => panic!("a quotation that does not end"),
            }
        }
    }

    proptest! {
        #[test]
        fn a_shell_splits_the_line_into_the_same_words(
            words in prop::collection::vec(prop::collection::vec(1..=255_u8, 0..12), 0..6),
        ) {
            let line = for_shell(words.iter().map(Vec::as_slice));
            prop_assert_eq!(split(&line), words);
            prop_assert!(matches!(printable(line.as_bytes()), Cow::Borrowed(_)));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = (words(&bytes).count(), name(&bytes, &bytes));
        }
    }
}
