//! Numbers of variable length, little end first, and signed numbers folded to unsigned ones.
//!
//! ```text
//! a varint (LEB128, as in DWARF): seven bits a byte, least first; a set top bit says that another byte follows
//!
//!       300 = 0b10_0101100        ┌─┬───────┐┌─┬───────┐
//!                                 │1│0101100││0│0000010│
//!                                 └─┴───────┘└─┴───────┘
//!
//! zigzag (as in Protocol Buffers): 0 → 0, -1 → 1, 1 → 2, -2 → 3, … so that small numbers of either sign are short
//! ```
//!
//! Limits: up to 128 bits, hence at most 19 bytes. A longer one, or one with bits above the 128th,
//! is torn.

use super::Torn;

/// Bits that a byte of a varint carries.
const BITS: u32 = 7;

/// Writes `n` as a varint.
#[inline]
pub(crate) fn put(out: &mut Vec<u8>, mut n: u128) {
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= BITS;
    }
    out.push((n & 0x7f) as u8);
}

/// Folds the sign of `n` into its lowest bit.
#[inline]
pub(crate) fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)).cast_unsigned()
}

/// Undoes [`zigzag`].
#[inline]
pub(crate) fn unzigzag(n: u64) -> i64 {
    (n >> 1).cast_signed() ^ -(n & 1).cast_signed()
}

/// Reads varints off the front of some bytes.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Starts at the first of `bytes`.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next varint.
    #[inline]
    pub(crate) fn varint(&mut self) -> Result<u128, Torn> {
        match *self.rest {
            [a, ref rest @ ..] if a < 0x80 => {
                self.rest = rest;
                Ok(u128::from(a))
            }
            [a, b, ref rest @ ..] if b < 0x80 => {
                self.rest = rest;
                Ok(u128::from(u16::from(a & 0x7f) | u16::from(b) << BITS))
            }
            _ => self.long(),
        }
    }

    /// The next varint, which must fit 64 bits.
    #[inline]
    pub(crate) fn varint64(&mut self) -> Result<u64, Torn> {
        u64::try_from(self.varint()?).map_err(|_| Torn("a number is too large"))
    }

    /// The next varint as a length, which must not be above `most`.
    pub(crate) fn length(&mut self, most: usize) -> Result<usize, Torn> {
        match usize::try_from(self.varint()?) {
            Ok(n) if n <= most => Ok(n),
            _ => Err(Torn("a run is longer than the column")),
        }
    }

    /// The next `count` bytes.
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], Torn> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Torn("bytes are cut off"))?;
        self.rest = rest;
        Ok(taken)
    }

    /// How many bytes are left.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    /// Makes sure that nothing is left over.
    pub(crate) fn end(&self) -> Result<(), Torn> {
        if self.rest.is_empty() { Ok(()) } else { Err(Torn("bytes are left over")) }
    }

    /// A varint of three bytes or more.
    fn long(&mut self) -> Result<u128, Torn> {
        let mut n = 0_u128;
        for (index, shift) in (0..u128::BITS).step_by(BITS as usize).enumerate() {
            let byte = *self.rest.get(index).ok_or(Torn("a number is cut off"))?;
            let bits = u128::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return Err(Torn("a number is too large"));
            }
            n |= bits << shift;
            if byte < 0x80 {
                self.rest = &self.rest[index + 1..];
                return Ok(n);
            }
        }
        Err(Torn("a number has no end"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_worked_example_holds() {
        let mut out = Vec::new();
        put(&mut out, 300);
        assert_eq!(out, [0b1010_1100, 0b0000_0010]);
        assert_eq!([0, -1, 1, -2].map(zigzag), [0, 1, 2, 3]);
        assert_eq!([i64::MAX, i64::MIN].map(zigzag), [u64::MAX - 1, u64::MAX]);
    }

    #[test]
    fn what_no_encoder_writes_is_torn() {
        let too_large = [[0xff; 18].as_slice(), &[0x04]].concat();
        let largest = [[0xff; 18].as_slice(), &[0x03]].concat();
        assert_eq!(Cursor::new(&largest).varint(), Ok(u128::MAX));
        for bytes in [&[][..], &[0x80], &[0xff, 0xff, 0xff], &[0xff; 40], &too_large] {
            assert!(Cursor::new(bytes).varint().is_err(), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn every_number_comes_back(numbers in prop::collection::vec((any::<u128>(), 0..128_u32), 0..20)) {
            let numbers: Vec<u128> = numbers.into_iter().map(|(n, shift)| n >> shift).collect();
            let mut out = Vec::new();
            numbers.iter().for_each(|&n| put(&mut out, n));
            let mut cursor = Cursor::new(&out);
            for n in numbers {
                prop_assert_eq!(cursor.varint(), Ok(n));
            }
            prop_assert_eq!(cursor.end(), Ok(()));
        }

        #[test]
        fn zigzag_is_undone(n: i64) {
            prop_assert_eq!(unzigzag(zigzag(n)), n);
        }
    }
}
