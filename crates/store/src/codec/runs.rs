//! Lists of unsigned numbers of which many are zero.
//!
//! ```text
//!   token     meaning
//!   0         one zero
//!   1, n      n + 2 zeros
//!   t ≥ 2     the number t - 1
//!
//!   5 0 0 0 7 0      →      6 | 1 1 | 8 | 0
//! ```
//!
//! Every token is a varint, so that numbers up to 126 take one byte, and so does any run of up to
//! 129 zeros but for its one byte of announcement. How many numbers there are stands elsewhere.
//! Limits: numbers up to 2^128 - 2, which is more than any caller has.

use super::Torn;
use super::varint::{self, Cursor};

/// Writes such a list; ends with [`Writer::finish`].
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    zeros: usize,
}

impl<'a> Writer<'a> {
    /// Begins a list at the end of `out`.
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, zeros: 0 }
    }

    /// Adds one number.
    #[inline]
    pub(crate) fn push(&mut self, n: u128) {
        if n == 0 {
            self.zeros += 1;
        } else {
            self.flush();
            varint::put(self.out, n + 1);
        }
    }

    /// Writes what is pending. A list that is not finished lacks its last zeros.
    pub(crate) fn finish(mut self) {
        self.flush();
    }

    fn flush(&mut self) {
        match std::mem::take(&mut self.zeros) {
            0 => {}
            1 => self.out.push(0),
            n => {
                self.out.push(1);
                varint::put(self.out, n as u128 - 2);
            }
        }
    }
}

/// Reads such a list of `left` numbers off the front of a cursor.
#[derive(Debug)]
pub(crate) struct Reader {
    left: usize,
    zeros: usize,
}

impl Reader {
    /// Expects `count` numbers.
    pub(crate) fn new(count: usize) -> Self {
        Self { left: count, zeros: 0 }
    }

    /// The next number. Asking for more than `count` of them is torn.
    #[inline]
    pub(crate) fn next(&mut self, cursor: &mut Cursor<'_>) -> Result<u128, Torn> {
        if self.left == 0 {
            return Err(Torn("a list ends early"));
        }
        self.left -= 1;
        if self.zeros > 0 {
            self.zeros -= 1;
            return Ok(0);
        }
        match cursor.varint()? {
            0 => Ok(0),
            1 => {
                self.zeros = cursor.length(self.left.saturating_sub(1))? + 1;
                if self.zeros > self.left { Err(Torn("a run is too long")) } else { Ok(0) }
            }
            token => Ok(token - 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encode(numbers: &[u128]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out);
        numbers.iter().for_each(|&n| writer.push(n));
        writer.finish();
        out
    }

    #[test]
    fn the_worked_example_holds() {
        assert_eq!(encode(&[5, 0, 0, 0, 7, 0]), [6, 1, 1, 8, 0]);
    }

    #[test]
    fn a_run_that_reaches_past_the_end_is_torn() {
        let mut reader = Reader::new(3);
        assert!(reader.next(&mut Cursor::new(&[1, 2])).is_err());
        assert_eq!(Reader::new(3).next(&mut Cursor::new(&[1, 1])), Ok(0));
        assert!(Reader::new(1).next(&mut Cursor::new(&[1, 0])).is_err());
    }

    proptest! {
        #[test]
        fn every_list_comes_back(
            numbers in prop::collection::vec(prop_oneof![Just(0), Just(0), 1..300_u128, Just(u128::MAX - 1)], 0..200)
        ) {
            let bytes = encode(&numbers);
            let (mut cursor, mut reader) = (Cursor::new(&bytes), Reader::new(numbers.len()));
            for &n in &numbers {
                prop_assert_eq!(reader.next(&mut cursor), Ok(n));
            }
            prop_assert_eq!(cursor.end(), Ok(()));
        }
    }
}
