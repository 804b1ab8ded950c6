//! Sizes and rates as people write them: `2GiB`, `50%`, `25%available`, `1GB/s`.
//!
//! ```text
//! size  = number [unit]             number = digits ["." digits]
//! share = number "%" ["total" | "available"]
//! rate  = number [unit] "/s"        unit   = B | K M G T P | KiB MiB … | kB MB …
//! ```
//! `KiB` and the bare letter are 1024, `kB` is 1000; the case of letters does not matter. A bare `%` is of the total.

use serde::{Deserialize, Serialize};

/// A size that was asked for: absolute, or a share of what the machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// So many bytes.
    Bytes(u64),
    /// A share of the memory there is, in millionths.
    OfTotal(u64),
    /// A share of the memory that is available, in millionths.
    OfAvailable(u64),
}

/// A quantity in a request: the number itself, in bytes, or a text that [`amount`] or [`rate`] reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Quantity {
    /// Bytes, or bytes a second.
    Bytes(u64),
    /// As it was typed.
    Text(String),
}

/// Where a text stops being what was asked for, and what belongs there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}`, column {column}: {} is not {wanted}", shown(.found))]
pub struct AmountError {
    /// The whole text, shortened to [`TEXT_MAX`] characters.
    pub text: String,
    /// The character, from 1, at which it goes wrong.
    pub column: usize,
    /// What stands there, to the end of the text.
    pub found: String,
    /// What belongs there, in words.
    pub wanted: &'static str,
}

/// The most characters of a text that an error repeats.
pub const TEXT_MAX: usize = 40;

const A_NUMBER: &str = "a number: write for instance 2GiB, 50% or 25%available";
const A_FITTING_NUMBER: &str = "a number that fits 64 bits";
const A_UNIT: &str = "a unit: write B, KiB, MiB, GiB, TiB (of 1024), kB, MB, GB, TB (of 1000) or %";
const A_WHOLE: &str = "a whole of which this is a share: write %, %total or %available";
const A_RATE_UNIT: &str = "a unit of a rate: write for instance 500MiB/s or 1GB/s";

fn shown(found: &str) -> String {
    if found.is_empty() { "the end".to_owned() } else { format!("`{found}`") }
}

/// The millionths of a whole: shares and fractions are kept to six decimals.
const MILLION: u128 = 1_000_000;

/// Reads a size.
///
/// # Errors
/// Where the text is no size, with the place.
pub fn amount(text: &str) -> Result<Amount, AmountError> {
    let (millionths, rest) = number(text)?;
    let Some(of) = rest.strip_prefix('%') else {
        let unit = unit(rest).ok_or_else(|| error(text, rest, A_UNIT))?;
        return Ok(Amount::Bytes(scaled(text, millionths, unit)?));
    };
    let share = u64::try_from(millionths / 100).map_err(|_| error(text, text, A_FITTING_NUMBER))?;
    match of.trim_start().to_ascii_lowercase().as_str() {
        "" | "total" => Ok(Amount::OfTotal(share)),
        "available" => Ok(Amount::OfAvailable(share)),
        _ => Err(error(text, of, A_WHOLE)),
    }
}

/// Reads a rate, in bytes a second.
///
/// # Errors
/// Where the text is no rate, with the place.
pub fn rate(text: &str) -> Result<u64, AmountError> {
    let (millionths, rest) = number(text)?;
    let unit = rest.strip_suffix("/s").and_then(unit);
    scaled(text, millionths, unit.ok_or_else(|| error(text, rest, A_RATE_UNIT))?)
}

/// A decimal number in millionths, and what follows it and its blanks.
fn number(text: &str) -> Result<(u128, &str), AmountError> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    if whole == 0 {
        return Err(error(text, text, A_NUMBER));
    }
    let after = &text[whole..];
    let fraction = after.strip_prefix('.').map_or("", |rest| &rest[..digits(rest)]);
    let rest = if fraction.is_empty() { after } else { &after[1 + fraction.len()..] };
    let value: u64 = text[..whole].parse().map_err(|_| error(text, text, A_FITTING_NUMBER))?;
    let parts = fraction.bytes().chain(std::iter::repeat(b'0')).take(6);
    let parts = parts.fold(0u128, |sum, digit| sum * 10 + u128::from(digit - b'0'));
    Ok((u128::from(value) * MILLION + parts, rest.trim_start()))
}

/// Bytes of one unit.
fn unit(text: &str) -> Option<u64> {
    let text = text.trim_end().to_ascii_lowercase();
    let mut letters = text.chars();
    let power = match letters.next() {
        None => return Some(1),
        Some('b') => return letters.next().is_none().then_some(1),
        Some(letter) => 1 + u32::try_from("kmgtp".find(letter)?).ok()?,
    };
    match letters.as_str() {
        "" | "ib" => Some(1024u64.pow(power)),
        "b" => Some(1000u64.pow(power)),
        _ => None,
    }
}

fn scaled(text: &str, millionths: u128, unit: u64) -> Result<u64, AmountError> {
    let bytes = millionths.checked_mul(u128::from(unit)).map(|product| product / MILLION);
    let bytes = bytes.and_then(|bytes| u64::try_from(bytes).ok());
    bytes.ok_or_else(|| error(text, text, A_FITTING_NUMBER))
}

/// An error at the place where `rest`, a tail of `text`, begins.
fn error(text: &str, rest: &str, wanted: &'static str) -> AmountError {
    let before = &text[..text.len() - rest.len()];
    let cut = |text: &str| text.chars().take(TEXT_MAX).collect();
    AmountError { text: cut(text), column: before.chars().count() + 1, found: cut(rest), wanted }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_are_read_in_both_families_of_units() {
        let table = [
            ("0", Amount::Bytes(0)),
            ("4096", Amount::Bytes(4096)),
            ("2GiB", Amount::Bytes(2 << 30)),
            ("2G", Amount::Bytes(2 << 30)),
            ("2 gib", Amount::Bytes(2 << 30)),
            ("2GB", Amount::Bytes(2_000_000_000)),
            ("1.5KiB", Amount::Bytes(1536)),
            ("0.000001GB", Amount::Bytes(1000)),
            ("7B", Amount::Bytes(7)),
            ("50%", Amount::OfTotal(500_000)),
            ("12.5%total", Amount::OfTotal(125_000)),
            ("25%available", Amount::OfAvailable(250_000)),
            ("25% Available", Amount::OfAvailable(250_000)),
        ];
        for (text, expected) in table {
            assert_eq!(amount(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn rates_are_bytes_a_second() {
        for (text, expected) in
            [("1GB/s", 1_000_000_000), ("512MiB/s", 512 << 20), ("10/s", 10), ("1.5 kB/s", 1500)]
        {
            assert_eq!(rate(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused_at_its_place() {
        for (text, column, found) in [
            ("", 1, ""),
            ("GiB", 1, "GiB"),
            ("-1GiB", 1, "-1GiB"),
            ("2XB", 2, "XB"),
            ("2GiBs", 2, "GiBs"),
            ("1.GiB", 2, ".GiB"),
            ("50%free", 4, "free"),
            ("99999999999999999999", 1, "99999999999999999999"),
            ("99999999TiB", 1, "99999999TiB"),
            ("2€", 2, "€"),
        ] {
            let error = amount(text).unwrap_err();
            assert_eq!((error.column, error.found.as_str()), (column, found), "{text}: {error}");
        }
        assert_eq!(
            amount("2Gx").unwrap_err().to_string(),
            format!("`2Gx`, column 2: `Gx` is not {A_UNIT}")
        );
    }

    #[test]
    fn a_rate_without_its_second_is_refused() {
        for text in ["1GB", "1GB/h", "50%/s", "/s"] {
            assert!(rate(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_number_of_bytes_is_read_as_written(bytes: u64) {
            prop_assert_eq!(amount(&bytes.to_string()), Ok(Amount::Bytes(bytes)));
            prop_assert_eq!(rate(&format!("{bytes}B/s")), Ok(bytes));
        }

        #[test]
        fn arbitrary_text_never_panics(text in "\\PC{0,12}") {
            let _ = amount(&text);
            let _ = rate(&text);
        }
    }
}
