//! Text on a grid of cells: how wide it is, where it is cut, and amounts in few characters.

use std::borrow::Cow;

use ramscope_observe::format;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// How many cells a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// `text` in at most `cells` cells; what is cut ends in `…`.
pub(crate) fn clip(text: &str, cells: usize) -> Cow<'_, str> {
    if text.len() <= cells || width(text) <= cells {
        return Cow::Borrowed(text);
    }
    let Some(room) = cells.checked_sub(1) else { return Cow::Borrowed("") };
    let mut taken = 0;
    let mut clipped = String::with_capacity(text.len().min(4 * cells));
    for character in text.chars() {
        taken += character.width().unwrap_or(0);
        if taken > room {
            break;
        }
        clipped.push(character);
    }
    clipped.push('…');
    Cow::Owned(clipped)
}

/// The end of `text` in at most `cells` cells; what is cut begins with `…`. For paths, whose end tells them apart.
pub(crate) fn clip_front(text: &str, cells: usize) -> Cow<'_, str> {
    if text.len() <= cells || width(text) <= cells {
        return Cow::Borrowed(text);
    }
    let Some(room) = cells.checked_sub(1) else { return Cow::Borrowed("") };
    let mut taken = 0;
    let from = text.char_indices().rev().find(|(_, character)| {
        taken += character.width().unwrap_or(0);
        taken > room
    });
    let kept = from.map_or(text, |(at, character)| &text[at + character.len_utf8()..]);
    Cow::Owned(format!("…{kept}"))
}

/// Bytes as the page writes them (`9.1 GiB`), or in narrow columns without space and `iB` (`9.1G`).
pub(crate) fn amount(bytes: u64, narrow: bool) -> String {
    let full = format::iec(bytes);
    if !narrow {
        return full;
    }
    let (number, unit) = full.split_once(' ').unwrap_or((&full, ""));
    format!("{number}{}", unit.get(..1).unwrap_or(""))
}

/// A change in bytes with its sign: `+12 MiB`, `−3 KiB`, `0`.
pub(crate) fn change(bytes: i64, narrow: bool) -> String {
    let size = amount(bytes.unsigned_abs(), narrow);
    match bytes {
        0 => "0".to_owned(),
        1.. => format!("+{size}"),
        _ => format!("−{size}"),
    }
}

/// A span of time in one or two units: `45 s`, `4 min`, `3 h 10 min`, `2 d`.
pub(crate) fn span(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    let two = |large: i64, unit: &str, small: i64, below: &str| match small {
        0 => format!("{large} {unit}"),
        _ => format!("{large} {unit} {small} {below}"),
    };
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3600 => two(seconds / 60, "min", if seconds < 600 { seconds % 60 } else { 0 }, "s"),
        3600..86_400 => two(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_cut_by_cells_and_not_by_bytes() {
        for (text, cells, expected) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("x", 0, ""),
        ] {
            assert_eq!(clip(text, cells), expected, "{text} in {cells}");
        }
        assert_eq!(clip_front("/system.slice/a.service", 10), "…a.service");
    }

    #[test]
    fn amounts_are_short_where_columns_are() {
        assert_eq!(
            (amount(9_771_050_598, false), amount(9_771_050_598, true)),
            ("9.1 GiB".into(), "9.1G".into())
        );
        assert_eq!(amount(0, true), "0B");
        assert_eq!((change(1 << 20, false), change(-1024, true)), ("+1 MiB".into(), "−1K".into()));
    }

    #[test]
    fn spans_have_at_most_two_units() {
        for (seconds, expected) in [
            (0, "0 s"),
            (90, "1 min 30 s"),
            (600, "10 min"),
            (11_400, "3 h 10 min"),
            (172_800, "2 d"),
        ] {
            assert_eq!(span(seconds * 1000), expected);
        }
    }

    proptest! {
        #[test]
        fn no_text_is_wider_than_its_room(text in "\\PC{0,30}", cells in 0usize..20) {
            prop_assert!(width(&clip(&text, cells)) <= cells);
            prop_assert!(width(&clip_front(&text, cells)) <= cells);
        }
    }
}
