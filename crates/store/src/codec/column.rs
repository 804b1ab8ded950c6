//! One series over one block: what is kept of most samples.
//!
//! ```text
//! ┌──────┬────────────────┬────────┬────────┬──────────────┬────────────┐
//! │ head │ presence       │ first  │ factor │ steps        │ check, 2 B │
//! │ 1 B  │ where head = 1 │ zigzag │ varint │ factor ≠ 0   │            │
//! └──────┴────────────────┴────────┴────────┴──────────────┴────────────┘
//!
//! presence   lengths of runs, the first of values, the next of missing ones, in turn, until all are told
//! first      the first value that is there; nothing follows where none is
//! factor     the greatest common divisor of all differences between neighbours: amounts of memory move by whole pages;
//!            0 where the series never moves, and then nothing follows
//! steps      (this − the one before) ÷ factor, zigzag, as a list with runs of zeros (see `runs`)
//! ```
//!
//! ```text
//! 8192, 4096, 4096, 4096, 12288    →    0 | 8192 → zigzag 16384 | 4096 | steps -1 0 0 2 → 2 | 1 0 | 5 | check
//! ```
//!
//! Differences are taken modulo 2^64, so that every pattern of 64-bit values comes back. How many
//! values there are stands with the block. Limits: none but the count.

use super::varint::{self, Cursor, unzigzag, zigzag};
use super::{Torn, check, gcd, runs};

/// Nothing is missing.
const WHOLE: u8 = 0;
/// Something is missing; the runs of presence follow.
const PARTED: u8 = 1;

/// Writes a column into `out`, which is emptied first.
pub(crate) fn encode(values: &[Option<i64>], out: &mut Vec<u8>) {
    out.clear();
    if values.iter().all(Option::is_some) {
        out.push(WHOLE);
    } else {
        out.push(PARTED);
        put_presence(values, out);
    }
    let present = || values.iter().copied().flatten();
    if let Some(first) = present().next() {
        varint::put(out, u128::from(zigzag(first)));
        let factor = steps(present()).fold(0, divisor);
        varint::put(out, u128::from(factor));
        if factor != 0 {
            let mut writer = runs::Writer::new(out);
            steps(present()).for_each(|step| writer.push(quotient(step, factor)));
            writer.finish();
        }
    }
    check::close(out);
}

/// Reads a column of `count` values into `values`, which is emptied first.
pub(crate) fn decode(
    bytes: &[u8],
    count: usize,
    values: &mut Vec<Option<i64>>,
) -> Result<(), Torn> {
    values.clear();
    let (&head, body) = check::open(bytes)?.split_first().ok_or(Torn("a column is empty"))?;
    let mut cursor = Cursor::new(body);
    match head {
        WHOLE => values.resize(count, Some(0)),
        PARTED => take_presence(&mut cursor, count, values)?,
        _ => return Err(Torn("a column is of an unknown form")),
    }
    let present = values.iter().filter(|v| v.is_some()).count();
    let mut places = values.iter_mut().flatten();
    if let Some(place) = places.next() {
        let mut value = unzigzag(cursor.varint64()?);
        *place = value;
        let factor = cursor.varint64()?;
        let mut reader = runs::Reader::new(present - 1);
        for place in places {
            if factor != 0 {
                value = value.wrapping_add(product(reader.next(&mut cursor)?, factor)?);
            }
            *place = value;
        }
    }
    cursor.end()
}

/// The differences between neighbours, modulo 2^64.
pub(super) fn steps(values: impl Iterator<Item = i64> + Clone) -> impl Iterator<Item = i64> {
    let later = values.clone().skip(1);
    values.zip(later).map(|(a, b)| b.wrapping_sub(a))
}

/// What divides both `factor` and `step`.
#[inline]
pub(super) fn divisor(factor: u64, step: i64) -> u64 {
    match step.unsigned_abs() {
        0 => factor,
        _ if factor == 1 => 1,
        step => gcd(step, factor),
    }
}

/// `step ÷ factor`, zigzag. A quotient fits 64 bits, as the factor is at least 1.
#[inline]
pub(super) fn quotient(step: i64, factor: u64) -> u128 {
    let size = u128::from(step.unsigned_abs() / factor);
    if step < 0 { size * 2 - 1 } else { size * 2 }
}

/// Undoes [`quotient`].
#[inline]
pub(super) fn product(folded: u128, factor: u64) -> Result<i64, Torn> {
    let folded = u64::try_from(folded).map_err(|_| Torn("a step is too large"))?;
    Ok(unzigzag(folded).wrapping_mul(factor.cast_signed()))
}

fn put_presence(values: &[Option<i64>], out: &mut Vec<u8>) {
    let (mut there, mut run) = (true, 0_u128);
    for value in values {
        if value.is_some() != there {
            varint::put(out, run);
            (there, run) = (!there, 0);
        }
        run += 1;
    }
    varint::put(out, run);
}

fn take_presence(
    cursor: &mut Cursor<'_>,
    count: usize,
    values: &mut Vec<Option<i64>>,
) -> Result<(), Torn> {
    let (mut there, mut is_first) = (true, true);
    while values.len() < count {
        let run = cursor.length(count - values.len())?;
        if run == 0 && !is_first {
            return Err(Torn("a run is empty"));
        }
        values.resize(values.len() + run, there.then_some(0));
        (there, is_first) = (!there, false);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(values: &[Option<i64>], expected: &[u8]) {
        let mut out = Vec::new();
        encode(values, &mut out);
        assert_eq!(out[..out.len() - 2], *expected, "{values:?}");
        let mut back = Vec::new();
        assert_eq!(decode(&out, values.len(), &mut back), Ok(()), "{values:?}");
        assert_eq!(back, values);
    }

    #[test]
    fn the_worked_examples_hold() {
        let moving = [8192, 4096, 4096, 4096, 12288].map(Some);
        check(&moving, &[0, 0x80, 0x80, 0x01, 0x80, 0x20, 2, 1, 0, 5]);
        check(&[Some(7); 600], &[0, 14, 0]);
        check(&[None, None, Some(-1), Some(-1)], &[1, 0, 2, 2, 1, 0]);
        check(&[None; 3], &[1, 0, 3]);
        check(&[], &[0]);
    }

    #[test]
    fn an_hour_of_whole_pages_takes_a_byte_a_sample() {
        let pages =
            (0..600_i64).map(|t| Some((1_000_000 + t * 37 % 60) * 4096)).collect::<Vec<_>>();
        let mut out = Vec::new();
        encode(&pages, &mut out);
        assert!(out.len() < 620, "{}", out.len());
    }

    /// Columns of every sort: wild, in multiples, hardly moving, with and without gaps.
    fn columns() -> impl Strategy<Value = Vec<Option<i64>>> {
        let value = prop_oneof![
            any::<i64>(),
            -9..9_i64,
            (-99..99_i64).prop_map(|n| n * 4096),
            prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(0), Just(-1)],
        ];
        let gaps = prop_oneof![Just(0.0), Just(0.3), Just(1.0)];
        (prop::collection::vec((value, 0.0..1.0, 1..5_usize), 0..80), gaps).prop_map(
            |(runs, gaps)| {
                runs.into_iter()
                    .flat_map(|(value, chance, times)| {
                        std::iter::repeat_n((chance >= gaps).then_some(value), times)
                    })
                    .collect()
            },
        )
    }

    proptest! {
        #[test]
        fn every_column_comes_back(values in columns()) {
            let (mut out, mut back) = (vec![9], vec![Some(9)]);
            encode(&values, &mut out);
            prop_assert_eq!(decode(&out, values.len(), &mut back), Ok(()));
            prop_assert_eq!(&back, &values);
        }

        #[test]
        fn noise_is_read_to_an_end(head in 0..3_u8, bytes: Vec<u8>, count in 0..999_usize) {
            let mut bytes = [vec![head], bytes].concat();
            check::close(&mut bytes);
            let mut values = Vec::new();
            if decode(&bytes, count, &mut values).is_ok() {
                prop_assert_eq!(values.len(), count);
            }
        }
    }
}
