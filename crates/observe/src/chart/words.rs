//! Amounts and times in words.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::TimeMs;

/// An amount to the byte, in groups of three: `9,812,345,678 bytes`.
pub(super) fn exact(bytes: u64) -> String {
    let digits = bytes.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3 + 6);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let unit = if bytes == 1 { "byte" } else { "bytes" };
    format!("{grouped} {unit}")
}

/// A share in whole percent: `57 %`. What is neither nothing nor all never reads as 0 or 100.
pub(super) fn percent(part: u64, total: u64) -> String {
    let (part, total) = (u128::from(part), u128::from(total));
    match (part * 200 + total).checked_div(2 * total) {
        None => "—".to_owned(),
        Some(0) if part > 0 => "<1 %".to_owned(),
        Some(100..) if part < total => ">99 %".to_owned(),
        Some(rounded) => format!("{rounded} %"),
    }
}

/// A moment as people write it, in a time zone: `2026-11-22 20:31:07 CET`.
///
/// Times beyond the years −9999 to 9999 become the nearest moment inside.
#[must_use]
pub fn moment(time_ms: TimeMs, zone: &TimeZone) -> String {
    local(time_ms, zone).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

/// A stretch of time with the date once where one is enough: `2026-11-22 13:02 – 14:02 CET`.
pub(super) fn stretch(from: TimeMs, to: TimeMs, zone: &TimeZone) -> String {
    let (start, end) = (local(from, zone), local(to, zone));
    let clock = if to.saturating_sub(from) < 5 * 60_000 { "%H:%M:%S" } else { "%H:%M" };
    let date = if start.date() == end.date() { "" } else { "%Y-%m-%d " };
    let start = start.strftime(&format!("%Y-%m-%d {clock}")).to_string();
    format!("{start} – {}", end.strftime(&format!("{date}{clock} %Z")))
}

/// A moment in a time zone; times that the calendar lacks become the nearest it has.
pub(super) fn local(time_ms: TimeMs, zone: &TimeZone) -> Zoned {
    let nearest = if time_ms < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(time_ms).unwrap_or(nearest).to_zoned(zone.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_amounts_are_grouped() {
        for (bytes, expected) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1000, "1,000 bytes"),
            (u64::MAX, "18,446,744,073,709,551,615 bytes"),
        ] {
            assert_eq!(exact(bytes), expected);
        }
    }

    #[test]
    fn percents_never_lie_about_nothing_and_all() {
        for (part, total, expected) in [
            (0, 10, "0 %"),
            (1, 1000, "<1 %"),
            (1, 200, "1 %"),
            (57, 100, "57 %"),
            (999, 1000, ">99 %"),
            (10, 10, "100 %"),
            (0, 0, "—"),
            (u64::MAX, u64::MAX, "100 %"),
        ] {
            assert_eq!(percent(part, total), expected, "{part} of {total}");
        }
    }

    #[test]
    fn times_are_local() {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let noon = 1_795_345_200_000;
        assert_eq!(moment(noon, &zone), "2026-11-22 12:00:00 CET");
        assert_eq!(stretch(noon, noon + 3_600_000, &zone), "2026-11-22 12:00 – 13:00 CET");
        assert_eq!(stretch(noon, noon + 60_000, &zone), "2026-11-22 12:00:00 – 12:01:00 CET");
        assert_eq!(
            stretch(noon - 86_400_000, noon, &zone),
            "2026-11-21 12:00 – 2026-11-22 12:00 CET"
        );
        assert_eq!(moment(i64::MAX, &TimeZone::UTC), "9999-12-30 22:00:00 UTC");
    }
}
