//! A text in lines, a line in words with their columns.

/// A line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    /// Its number, from 1.
    pub(crate) number: usize,
    /// Its bytes without the newline.
    pub(crate) bytes: &'a [u8],
}

/// A run of bytes between separators, and the column where it begins, from 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word<'a> {
    pub(crate) column: usize,
    pub(crate) bytes: &'a [u8],
}

/// The lines of a text.
pub(crate) fn lines(text: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let lines = text.split(|&byte| byte == b'\n');
    lines.enumerate().map(|(index, bytes)| Line { number: index + 1, bytes })
}

impl<'a> Line<'a> {
    /// The line up to a `#`.
    pub(crate) fn uncommented(self) -> Line<'a> {
        let end = self.bytes.iter().position(|&byte| byte == b'#').unwrap_or(self.bytes.len());
        Line { bytes: &self.bytes[..end], ..self }
    }

    /// The words between commas, semicolons and white space.
    pub(crate) fn words(self) -> impl Iterator<Item = Word<'a>> {
        let mut at = 0;
        let separator = |byte: &u8| matches!(byte, b',' | b';' | b' ' | b'\t' | b'\r');
        std::iter::from_fn(move || {
            at += self.bytes[at..].iter().position(|byte| !separator(byte))?;
            let rest = &self.bytes[at..];
            let len = rest.iter().position(separator).unwrap_or(rest.len());
            let word = Word { column: at, bytes: &rest[..len] };
            at += len;
            Some(word)
        })
    }

    /// The end of the line, as the place where something is missing.
    pub(crate) fn end(self) -> Word<'a> {
        Word { column: self.bytes.len(), bytes: b"end of line" }
    }
}

/// The number that decimal digits are.
pub(crate) fn decimal(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok().filter(|text| !text.starts_with('+'))?.parse().ok()
}

/// The number that hexadecimal digits are, with or without `0x`.
pub(crate) fn hexadecimal(digits: &[u8]) -> Option<u64> {
    let digits = digits.strip_prefix(b"0x").unwrap_or(digits);
    let text = std::str::from_utf8(digits).ok().filter(|text| !text.starts_with('+'))?;
    u64::from_str_radix(text, 16).ok()
}

/// Whether a word may be shown to a person: UTF-8 without control characters.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(char::is_control))
}

/// A word as an error shows it: its first 24 characters.
pub(crate) fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(100)]);
    let mut shown: String = text.chars().take(24).collect();
    if shown.len() < bytes.len() {
        shown.push('…');
    }
    shown
}
