//! One series over one window of a tier: the least, the greatest, the sum and the number of the
//! samples in each bucket.
//!
//! ```text
//! ┌────────┬────────┬─────────┬────────┬─────────┬──────────┬────────────┐
//! │ counts │ factor │ first   │ steps  │ spreads │ excesses │ check, 2 B │
//! │        │ varint │ zigzag  │        │         │          │            │
//! └────────┴────────┴─────────┴────────┴─────────┴──────────┴────────────┘
//!
//! counts     a list, each the difference to the one before (the first to 0), zigzag; 0 samples is an empty bucket, of which
//!            nothing else is written; nothing follows where all are empty
//! factor     the greatest common divisor of all that follows but `first`, 0 where all of it is 0 and therefore left out
//! first      the minimum of the first bucket that has one
//! steps      a list: (minimum − the one before) ÷ factor, zigzag, modulo 2^64
//! spreads    a list: (maximum − minimum) ÷ factor
//! excesses   a list: (sum − minimum × count) ÷ factor: the sum itself would be long even where nothing moves
//! ```
//!
//! ```text
//! counts 2 0 1; minima 4096, 8192; maxima 12288, 8192; sums 16384, 8192:
//!
//!   counts 2 -2 1 → 5 4 3 | factor 4096 | first 8192 | steps 1 → 3 | spreads 2 0 → 3 0 | excesses 2 0 → 3 0 | check
//! ```
//!
//! The sums are exact, so that the mean of any number of buckets is that of their samples. All
//! lists are as in `runs`. How many buckets a window has is fixed by its tier. Limits: 2^40 samples
//! a bucket.

use super::column::{divisor, product, quotient, steps};
use super::varint::{self, Cursor, unzigzag, zigzag};
use super::{Torn, check, gcd, runs};

/// What is known of the samples of some stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
    /// The least of them.
    pub(crate) min: i64,
    /// The greatest of them.
    pub(crate) max: i64,
    /// Their exact sum.
    pub(crate) sum: i128,
    /// How many there are; where 0, the other fields hold what [`Bucket::EMPTY`] has.
    pub(crate) count: u64,
}

impl Bucket {
    /// No samples.
    pub(crate) const EMPTY: Self = Self { min: i64::MAX, max: i64::MIN, sum: 0, count: 0 };

    /// Adds one sample.
    #[inline]
    pub(crate) fn add(&mut self, value: i64) {
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.sum += i128::from(value);
        self.count += 1;
    }

    /// Adds all samples of `other`.
    #[inline]
    pub(crate) fn merge(&mut self, other: &Self) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
        self.count = self.count.saturating_add(other.count);
    }

    /// The mean, rounded to the nearest integer, halves upwards; `None` without samples.
    pub(crate) fn mean(&self) -> Option<i64> {
        let count = i128::from(self.count);
        let mean = (self.sum * 2 + count).checked_div_euclid(count * 2)?;
        i64::try_from(mean).ok()
    }

    fn spread(&self) -> u128 {
        u128::from(self.max.abs_diff(self.min))
    }

    fn excess(&self) -> u128 {
        (self.sum - i128::from(self.min) * i128::from(self.count)).unsigned_abs()
    }
}

/// Writes the buckets of a window into `out`, which is emptied first.
pub(crate) fn encode(buckets: &[Bucket], out: &mut Vec<u8>) {
    out.clear();
    let mut before = 0;
    list(
        out,
        buckets.iter().map(|b| {
            let count = b.count.cast_signed();
            u128::from(zigzag(count.wrapping_sub(std::mem::replace(&mut before, count))))
        }),
    );
    let full = || buckets.iter().filter(|b| b.count > 0);
    let minima = || full().map(|b| b.min);
    if let Some(first) = minima().next() {
        let factor = steps(minima()).fold(0, divisor);
        let rest = || full().flat_map(|b| [b.spread(), b.excess()]);
        let factor = rest().fold(factor, common);
        varint::put(out, u128::from(factor));
        varint::put(out, u128::from(zigzag(first)));
        if factor != 0 {
            list(out, steps(minima()).map(|step| quotient(step, factor)));
            list(out, full().map(|b| b.spread() / u128::from(factor)));
            list(out, full().map(|b| b.excess() / u128::from(factor)));
        }
    }
    check::close(out);
}

/// Reads the `count` buckets of a window into `buckets`, which is emptied first.
pub(crate) fn decode(bytes: &[u8], count: usize, buckets: &mut Vec<Bucket>) -> Result<(), Torn> {
    buckets.clear();
    let mut cursor = Cursor::new(check::open(bytes)?);
    let full = take_counts(&mut cursor, count, buckets)?;
    if full > 0 {
        let factor = cursor.varint64()?;
        let first = unzigzag(cursor.varint64()?);
        let lists = [full - 1, full, full].map(|n| if factor == 0 { 0 } else { n });
        take_minima(&mut cursor, first, factor, lists[0], buckets)?;
        take_spreads(&mut cursor, factor, lists[1], buckets)?;
        take_sums(&mut cursor, factor, lists[2], buckets)?;
    }
    cursor.end()
}

fn list(out: &mut Vec<u8>, numbers: impl Iterator<Item = u128>) {
    let mut writer = runs::Writer::new(out);
    numbers.for_each(|n| writer.push(n));
    writer.finish();
}

/// What divides both `factor`, and a spread or an excess.
fn common(factor: u64, n: u128) -> u64 {
    match (factor, u64::try_from(n)) {
        (_, Ok(0)) | (1, _) => factor,
        (_, Ok(n)) => gcd(n, factor),
        (0, Err(_)) => 1, // a spread fits 64 bits, so a larger excess never stands alone
        (_, Err(_)) => u64::try_from(gcd(n, u128::from(factor))).unwrap_or(1),
    }
}

fn take_counts(
    cursor: &mut Cursor<'_>,
    count: usize,
    buckets: &mut Vec<Bucket>,
) -> Result<usize, Torn> {
    let (mut samples, mut full) = (0_i64, 0);
    let mut reader = runs::Reader::new(count);
    for _ in 0..count {
        samples = samples.wrapping_add(product(reader.next(cursor)?, 1)?);
        match u64::try_from(samples) {
            Ok(count) if count <= 1 << 40 => buckets.push(Bucket { count, ..Bucket::EMPTY }),
            _ => return Err(Torn("a bucket has an impossible number of samples")),
        }
        full += usize::from(samples > 0);
    }
    Ok(full)
}

fn take_minima(
    cursor: &mut Cursor<'_>,
    first: i64,
    factor: u64,
    listed: usize,
    buckets: &mut [Bucket],
) -> Result<(), Torn> {
    let (mut value, mut is_first) = (first, true);
    let mut reader = runs::Reader::new(listed);
    for bucket in buckets.iter_mut().filter(|b| b.count > 0) {
        if factor != 0 && !is_first {
            value = value.wrapping_add(product(reader.next(cursor)?, factor)?);
        }
        bucket.min = value;
        is_first = false;
    }
    Ok(())
}

fn take_spreads(
    cursor: &mut Cursor<'_>,
    factor: u64,
    listed: usize,
    buckets: &mut [Bucket],
) -> Result<(), Torn> {
    let mut reader = runs::Reader::new(listed);
    for bucket in buckets.iter_mut().filter(|b| b.count > 0) {
        let spread = if factor == 0 { 0 } else { reader.next(cursor)? };
        bucket.max = spread
            .checked_mul(u128::from(factor))
            .and_then(|spread| u64::try_from(spread).ok())
            .and_then(|spread| bucket.min.checked_add_unsigned(spread))
            .ok_or(Torn("a maximum is too large"))?;
    }
    Ok(())
}

fn take_sums(
    cursor: &mut Cursor<'_>,
    factor: u64,
    listed: usize,
    buckets: &mut [Bucket],
) -> Result<(), Torn> {
    let mut reader = runs::Reader::new(listed);
    for bucket in buckets.iter_mut().filter(|b| b.count > 0) {
        let excess = if factor == 0 { 0 } else { reader.next(cursor)? };
        let excess = excess.checked_mul(u128::from(factor));
        let most = u128::from(bucket.count) * bucket.spread();
        let excess = excess.filter(|&e| e <= most).and_then(|e| i128::try_from(e).ok());
        let excess = excess.ok_or(Torn("a sum is too large"))?;
        bucket.sum = i128::from(bucket.min) * i128::from(bucket.count) + excess;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[i64]) -> Bucket {
        values.iter().fold(Bucket::EMPTY, |mut bucket, &v| {
            bucket.add(v);
            bucket
        })
    }

    #[test]
    fn the_worked_example_holds() {
        let mut out = Vec::new();
        encode(&[of(&[4096, 12288]), of(&[]), of(&[8192])], &mut out);
        let expected = [5, 4, 3, 0x80, 0x20, 0x80, 0x40, 3, 3, 0, 3, 0];
        assert_eq!(out[..out.len() - 2], expected);
    }

    #[test]
    fn a_series_that_never_moves_takes_a_few_bytes_a_window() {
        let mut out = Vec::new();
        encode(&[of(&[1 << 40; 10]); 360], &mut out);
        assert!(out.len() < 18, "{}", out.len());
    }

    #[test]
    fn means_are_rounded_to_the_nearest_and_halves_go_up() {
        for (values, mean) in [
            (&[1, 2][..], Some(2)),
            (&[-1, -2], Some(-1)),
            (&[1, 1, 2], Some(1)),
            (&[i64::MAX, i64::MAX], Some(i64::MAX)),
            (&[i64::MIN, i64::MAX], Some(0)),
            (&[], None),
        ] {
            assert_eq!(of(values).mean(), mean, "{values:?}");
        }
    }

    fn windows() -> impl Strategy<Value = Vec<Bucket>> {
        let value = prop_oneof![any::<i64>(), -9..9_i64, (-99..99_i64).prop_map(|n| n * 4096)];
        let bucket = prop::collection::vec(value, 0..5).prop_map(|values| of(&values));
        let same = (any::<i64>(), 0..40_usize).prop_map(|(v, n)| vec![of(&[v, v]); n]);
        prop_oneof![prop::collection::vec(bucket, 0..40), same]
    }

    proptest! {
        #[test]
        fn every_window_comes_back(buckets in windows()) {
            let (mut out, mut back) = (Vec::new(), Vec::new());
            encode(&buckets, &mut out);
            prop_assert_eq!(decode(&out, buckets.len(), &mut back), Ok(()));
            prop_assert_eq!(&back, &buckets);
        }

        #[test]
        fn noise_is_read_to_an_end(bytes: Vec<u8>, count in 0..99_usize) {
            let mut bytes = bytes;
            check::close(&mut bytes);
            let mut buckets = Vec::new();
            if decode(&bytes, count, &mut buckets).is_ok() {
                prop_assert_eq!(buckets.len(), count);
            }
        }
    }
}
