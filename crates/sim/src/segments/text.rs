//! What tables and scripts of segments have in common: sizes with k, m and g, and lists of names in a sentence.

use crate::processes::TextError;
use crate::processes::text::Word;

/// A number of bytes from `least` to `most`: decimal, hexadecimal after `0x`, or with k, m or g (1024 each), as in `4k` or
/// `16KiB`.
pub(crate) fn size(word: Word<'_>, what: &str, least: u64, most: u64) -> Result<u64, TextError> {
    let at = word.text.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.text.len());
    let shift = match word.text[at..].to_ascii_lowercase().as_str() {
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        _ => return word.number(what, least, most),
    };
    let number = word.part(0..at).number(what, 0, u64::MAX)?;
    let bytes = number.checked_mul(1 << shift).filter(|bytes| (least..=most).contains(bytes));
    bytes.ok_or_else(|| {
        let shown = word.shown();
        word.error(format!("`{shown}` is no {what}: it is a whole number from {least} to {most}"))
    })
}

/// "a, b or c".
pub(crate) fn either(names: &[&str]) -> String {
    match names {
        [all @ .., last] if !all.is_empty() => format!("{} or {last}", all.join(", ")),
        all => all.concat(),
    }
}
