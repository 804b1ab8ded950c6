//! Text that others chose, made safe to show: names of processes and cgroups hold any byte but NUL and, for cgroups, `/`.
//!
//! A terminal obeys escape sequences, a page reorders text at bidirectional marks, and JSON holds no invalid UTF-8. All three
//! get the same spelling: what cannot be shown as it is becomes `\x1b` (a byte) or `\u{202e}` (a character).

use std::borrow::Cow;
use std::fmt::Write as _;

/// `bytes` as text without control characters, invisible or reordering characters, and invalid UTF-8.
///
/// Backslashes stay as they are, since systemd's names are full of them (`dev-disk\x2dby`): the result is for
/// reading and not for decoding.
#[must_use]
pub fn printable(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.chars().all(is_plain) => Cow::Borrowed(text),
        _ => Cow::Owned(spelled_out(bytes)),
    }
}

fn spelled_out(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            // Writing into a string cannot fail.
            let _ = match character {
                plain if is_plain(plain) => write!(text, "{plain}"),
                ascii if ascii.is_ascii() => write!(text, "\\x{:02x}", u32::from(ascii)),
                other => write!(text, "\\u{{{:x}}}", u32::from(other)),
            };
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// Whether a character shows as itself and moves nothing around it. Left out: controls (C0, DEL, C1), line and
/// paragraph separators, zero-width characters, marks that set the direction (Unicode Annex #9), and tags.
fn is_plain(character: char) -> bool {
    !character.is_control()
        && !matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_that_would_move_a_cursor_or_turn_a_line_around_are_spelled_out() {
        let table: [(&[u8], &str); 8] = [
            (b"nginx: worker", "nginx: worker"),
            ("Größe 日本".as_bytes(), "Größe 日本"),
            (b"two\nlines\tand\r", "two\\x0alines\\x09and\\x0d"),
            (b"\x1b[31mred\x1b]0;title\x07", "\\x1b[31mred\\x1b]0;title\\x07"),
            (b"bad \xff\xfe utf", "bad \\xff\\xfe utf"),
            ("\u{202e}gpj.exe\u{200b}".as_bytes(), "\\u{202e}gpj.exe\\u{200b}"),
            ("\u{9b}31m".as_bytes(), "\\u{9b}31m"),
            (br"dev-disk\x2dby", r"dev-disk\x2dby"),
        ];
        for (bytes, expected) in table {
            assert_eq!(printable(bytes), expected);
        }
    }

    proptest! {
        #[test]
        fn whatever_the_bytes_nothing_but_plain_characters_comes_out(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            prop_assert!(printable(&bytes).chars().all(is_plain));
        }
    }
}
