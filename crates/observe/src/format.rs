//! Amounts as people read them: bytes in IEC units, to three significant digits; counts whole.

/// The units by which amounts grow, each 1024 times the one before.
const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// `bytes` in the unit that fits it, to three significant digits without trailing zeros: `9.1 GiB`.
///
/// Bytes are shown exactly. What would take four digits is shown in the next unit: 1023 MiB is
/// `0.999 GiB`, and never rounds to `1024 MiB`.
pub fn iec(bytes: u64) -> String {
    let unit = unit_of(bytes);
    format!("{} {}", amount(bytes, unit), UNITS[unit])
}

/// `part` and `whole` in the unit of `whole`, which is named once: `9.1 of 16 GiB`.
pub fn iec_of(part: u64, whole: u64) -> String {
    let unit = unit_of(whole);
    format!("{} of {} {}", amount(part, unit), amount(whole, unit), UNITS[unit])
}

/// A ratio in percent, to two digits below 10 % and none above: `0.25 %`, `7.1 %`, `42 %`.
pub fn percent(ratio: f64) -> String {
    let percent = ratio * 100.0;
    let decimals = match percent.abs() {
        size if size >= 9.95 => 0,
        size if size >= 0.995 => 1,
        _ => 2,
    };
    format!("{} %", trimmed(&format!("{percent:.decimals$}")))
}

/// A count with its digits in groups of three: `1,234,567`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The smallest unit in which `bytes` takes at most three digits before the point.
fn unit_of(bytes: u64) -> usize {
    let mut unit = 0;
    while unit + 1 < UNITS.len() && in_unit(bytes, unit) >= limit(unit) {
        unit += 1;
    }
    unit
}

/// What no longer fits a unit: bytes are exact up to 1023, others round to 1000 from here.
fn limit(unit: usize) -> f64 {
    if unit == 0 { 1024.0 } else { 999.5 }
}

#[expect(clippy::cast_precision_loss, reason = "three digits are shown of a double's fifteen")]
fn in_unit(bytes: u64, unit: usize) -> f64 {
    (0..unit).fold(bytes as f64, |amount, _| amount / 1024.0)
}

/// `bytes` counted in a unit, to three significant digits; small amounts keep three decimals.
fn amount(bytes: u64, unit: usize) -> String {
    let amount = in_unit(bytes, unit);
    let decimals = match amount {
        _ if unit == 0 => 0,
        large if large >= 99.95 => 0,
        tens if tens >= 9.995 => 1,
        ones if ones >= 0.9995 => 2,
        _ => 3,
    };
    trimmed(&format!("{amount:.decimals$}")).to_owned()
}

/// A decimal number without the zeros at its end.
fn trimmed(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_have_three_digits_and_no_trailing_zero() {
        let table = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1 KiB"),
            (1536, "1.5 KiB"),
            (10_240, "10 KiB"),
            (1023 << 20, "0.999 GiB"),
            ((1 << 30) - 1, "1 GiB"),
            (16 << 30, "16 GiB"),
            (9_771_050_598, "9.1 GiB"),
            (123_456_789_012, "115 GiB"),
            (u64::MAX, "16 EiB"),
        ];
        for (bytes, expected) in table {
            assert_eq!(iec(bytes), expected, "{bytes}");
        }
    }

    #[test]
    fn a_part_is_shown_in_the_unit_of_its_whole() {
        assert_eq!(iec_of(9_771_050_598, 16 << 30), "9.1 of 16 GiB");
        assert_eq!(iec_of(300 << 20, 16 << 30), "0.293 of 16 GiB");
        assert_eq!(iec_of(0, 512 << 20), "0 of 512 MiB");
    }

    #[test]
    fn percentages_are_short() {
        let table =
            [(0.0, "0 %"), (0.0025, "0.25 %"), (0.071, "7.1 %"), (0.42, "42 %"), (1.0, "100 %")];
        for (ratio, expected) in table {
            assert_eq!(percent(ratio), expected);
        }
    }

    #[test]
    fn counts_have_their_thousands_apart() {
        let table = [(0, "0"), (999, "999"), (1000, "1,000"), (12_345_678, "12,345,678")];
        for (count, expected) in table {
            assert_eq!(grouped(count), expected);
        }
    }

    proptest! {
        #[test]
        fn no_amount_shows_more_than_four_digits(bytes: u64) {
            let shown = iec(bytes);
            prop_assert!(shown.bytes().filter(u8::is_ascii_digit).count() <= 4, "{}", shown);
        }
    }
}
