//! Numbers of variable length: LEB128 for what is not negative, zigzag before it for what may be.
//!
//! ```text
//!       300 = 0b10_0101100        ┌─┬───────┐┌─┬───────┐
//!                                 │1│0101100││0│0000010│    seven bits a byte, least first
//!                                 └─┴───────┘└─┴───────┘
//! zigzag: 0 → 0, −1 → 1, 1 → 2, −2 → 3, …
//! ```
//!
//! Limits: 64 bits, hence at most ten bytes; what has more is torn.

/// Writes `n`.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "masked to seven bits, or below 0x80")]
pub(crate) fn put(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Writes the difference from `before` to `after`, which may wrap.
#[inline]
pub(crate) fn put_delta(out: &mut Vec<u8>, before: u64, after: u64) {
    let delta = after.wrapping_sub(before).cast_signed();
    put(out, ((delta << 1) ^ (delta >> 63)).cast_unsigned());
}

/// The bytes end within a number, or hold one that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Torn;

/// Reads numbers off the front of some bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Starts at the first of `bytes`.
    pub(crate) fn new(bytes: &'a [u8]) -> Cursor<'a> {
        Cursor { rest: bytes }
    }

    /// Whether nothing is left.
    pub(crate) fn is_empty(self) -> bool {
        self.rest.is_empty()
    }

    /// The next byte.
    #[inline]
    pub(crate) fn byte(&mut self) -> Result<u8, Torn> {
        let (&byte, rest) = self.rest.split_first().ok_or(Torn)?;
        self.rest = rest;
        Ok(byte)
    }

    /// The next number.
    #[inline]
    pub(crate) fn number(&mut self) -> Result<u64, Torn> {
        let first = self.byte()?;
        if first < 0x80 { Ok(u64::from(first)) } else { self.long(first) }
    }

    fn long(&mut self, first: u8) -> Result<u64, Torn> {
        let mut n = u64::from(first & 0x7f);
        for shift in (7..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && byte > 1 {
                return Err(Torn);
            }
            n |= bits << shift;
            if byte < 0x80 {
                return Ok(n);
            }
        }
        Err(Torn)
    }

    /// The next number that fits 32 bits.
    #[inline]
    pub(crate) fn small(&mut self) -> Result<u32, Torn> {
        u32::try_from(self.number()?).map_err(|_| Torn)
    }

    /// What lies the next difference behind `before`.
    #[inline]
    pub(crate) fn delta(&mut self, before: u64) -> Result<u64, Torn> {
        let n = self.number()?;
        Ok(before.wrapping_add((n >> 1) ^ (n & 1).wrapping_neg()))
    }

    /// The next `length` bytes.
    pub(crate) fn bytes(&mut self, length: u64) -> Result<&'a [u8], Torn> {
        let length = usize::try_from(length).map_err(|_| Torn)?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(Torn)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// The next text, behind its length; bytes that are no UTF-8 are replaced.
    pub(crate) fn text(&mut self) -> Result<String, Torn> {
        let length = self.number()?;
        Ok(String::from_utf8_lossy(self.bytes(length)?).into_owned())
    }
}

/// Writes a text behind its length.
pub(crate) fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    put(out, text.len() as u64);
    out.extend_from_slice(text);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_written_is_read(numbers in prop::collection::vec(any::<(u64, u64)>(), 0..50)) {
            let mut out = Vec::new();
            for &(a, b) in &numbers {
                put(&mut out, a);
                put_delta(&mut out, a, b);
            }
            let mut cursor = Cursor::new(&out);
            for &(a, b) in &numbers {
                prop_assert_eq!((cursor.number(), cursor.delta(a)), (Ok(a), Ok(b)));
            }
            prop_assert!(cursor.is_empty());
        }

        #[test]
        fn arbitrary_bytes_are_a_number_or_torn(bytes in prop::collection::vec(any::<u8>(), 0..14)) {
            if let Ok(n) = Cursor::new(&bytes).number() {
                let mut out = Vec::new();
                put(&mut out, n);
                prop_assert!(out.len() <= bytes.len());
            }
        }
    }
}
