//! One tick in the tail: the values of all series of a shape, without reference to any other row.
//!
//! ```text
//! one number a value, in the order of the shape, as a list with runs of zeros (see `runs`):
//!
//!   value        number
//!   0            0
//!   missing      1
//!   v ≠ 0        zigzag(v) + 1
//!
//!   Some(0) Some(0) None Some(-3)    →    numbers 0 0 1 6    →    tokens 1 0 | 2 | 7
//! ```
//!
//! A row lives for some minutes only, in a page that is written as a whole each tick, so it spends
//! no check and few cycles. Limits: as many values as the shape has.

use super::Torn;
use super::runs;
use super::varint::{Cursor, unzigzag, zigzag};

/// Writes a row of values.
pub(crate) fn encode(values: &[Option<i64>], out: &mut Vec<u8>) {
    let mut writer = runs::Writer::new(out);
    for value in values {
        writer.push(match *value {
            Some(0) => 0,
            None => 1,
            Some(v) => u128::from(zigzag(v)) + 1,
        });
    }
    writer.finish();
}

/// Reads a row of `count` values and hands each to `each` with its place in the shape.
pub(crate) fn decode(
    bytes: &[u8],
    count: usize,
    mut each: impl FnMut(usize, Option<i64>),
) -> Result<(), Torn> {
    let (mut cursor, mut reader) = (Cursor::new(bytes), runs::Reader::new(count));
    for place in 0..count {
        each(
            place,
            match reader.next(&mut cursor)? {
                0 => Some(0),
                1 => None,
                n => {
                    let folded = u64::try_from(n - 1).map_err(|_| Torn("a value is too large"))?;
                    Some(unzigzag(folded))
                }
            },
        );
    }
    cursor.end()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(bytes: &[u8], count: usize) -> Result<Vec<Option<i64>>, Torn> {
        let mut values = Vec::new();
        decode(bytes, count, |_, v| values.push(v))?;
        Ok(values)
    }

    #[test]
    fn the_worked_example_holds() {
        let mut out = Vec::new();
        encode(&[Some(0), Some(0), None, Some(-3)], &mut out);
        assert_eq!(out, [1, 0, 2, 7]);
    }

    proptest! {
        #[test]
        fn every_row_comes_back(values: Vec<Option<i64>>, zeros in 0..9_usize) {
            let values = [vec![Some(0); zeros], values, vec![Some(i64::MIN), Some(i64::MAX)]].concat();
            let mut out = Vec::new();
            encode(&values, &mut out);
            prop_assert_eq!(decoded(&out, values.len()), Ok(values.clone()));
            prop_assert!(decoded(&out, values.len() + 1).is_err());
        }

        #[test]
        fn noise_is_read_to_an_end(bytes: Vec<u8>, count in 0..999_usize) {
            if let Ok(values) = decoded(&bytes, count) {
                prop_assert_eq!(values.len(), count);
            }
        }
    }
}
