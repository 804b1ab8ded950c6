//! What people type for times, durations and sizes, as pure functions of the text, a `now` and a zone.

use std::fmt;
use std::time::Duration;

use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::TimeMs;

/// What `all` becomes: 1970, which is before any sample; a range from here begins at the first sample.
pub const ALL: TimeMs = 0;

/// Digits from here on are epoch milliseconds (March 1973); a smaller number lacks its unit.
const LEAST_EPOCH_MS: i64 = 100_000_000_000;

/// A text that is no time, duration or size; each kind names what can be typed instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhenError {
    /// Not a point in time.
    #[error(
        "`{0}` is not a time: write how long ago (90s, 1h, 7d), a local time (03:12, 2026-01-31 03:12), \
         an RFC 3339 instant (2026-01-31T03:12:00Z), epoch milliseconds, now, or all"
    )]
    NotATime(String),
    /// A point in time that cannot be counted in milliseconds, or lies before 1970.
    #[error("`{0}` lies outside the years 1970 to 9999")]
    OutOfYears(String),
    /// Digits that are neither epoch milliseconds nor a duration.
    #[error("`{0}` lacks a unit: write {0}s, {0}m, {0}h or {0}d; epoch times are in milliseconds")]
    LacksUnit(String),
    /// Not a duration.
    #[error(
        "`{0}` is not a duration: write a number and ms, s, m, h, d or w, for example 10ms, 90s, 1h30m, 7d"
    )]
    NotADuration(String),
    /// Not an amount of memory or disk.
    #[error(
        "`{0}` is not a size: write a number and a unit, for example 512MiB, 2GiB, 1GB, or a share: 50%"
    )]
    NotASize(String),
    /// A share below 0.01 % or above 100 %.
    #[error("`{0}` is not a share of a whole: write 0.01% to 100%")]
    NotAShare(String),
}

/// Reads a point in time: `now`, `all`, how long ago (`1h`), epoch milliseconds, RFC 3339, or a local date
/// and time; a time of day alone is the most recent one.
///
/// A local time that a clock change skips or repeats is read as RFC 5545 does: the earlier of two, and the
/// gap jumped forward.
///
/// # Errors
/// The text names no time; the error lists the forms.
pub fn parse(text: &str, now: TimeMs, zone: &TimeZone) -> Result<TimeMs, WhenError> {
    let text = text.trim();
    match text {
        "now" => return Ok(now),
        "all" => return Ok(ALL),
        _ => {}
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return epoch(text);
    }
    if let Ok(ago) = duration(text) {
        let ago_ms = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
        return Ok(now.saturating_sub(ago_ms).max(ALL));
    }
    let instant = instant(text, now, zone)?.as_millisecond();
    if instant < ALL { Err(WhenError::OutOfYears(text.into())) } else { Ok(instant) }
}

/// A moment as [`parse`] reads it back: `2026-11-30T20:52:57.911Z`. One that no calendar has is told in milliseconds.
#[must_use]
pub fn rfc3339(ms: TimeMs) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| format!("{ms} ms"), |moment| moment.to_string())
}

/// Reads a duration: numbers with units, largest first by custom: `10ms`, `1h30m`, `0.5s`, `2w`.
///
/// # Errors
/// The text is not a sequence of numbers with units, or is longer than 584 years.
pub fn duration(text: &str) -> Result<Duration, WhenError> {
    let wrong = || WhenError::NotADuration(text.into());
    let mut rest = text.trim();
    let mut total = 0u64;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let (number, after) = Decimal::split(rest).ok_or_else(wrong)?;
        let after = after.trim_start();
        let end = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let nanos = number.times(unit_nanos(&after[..end]).ok_or_else(wrong)?).ok_or_else(wrong)?;
        total = total.checked_add(nanos).ok_or_else(wrong)?;
        rest = after[end..].trim_start();
    }
    Ok(Duration::from_nanos(total))
}

/// An amount that may be relative to a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// So many bytes.
    Bytes(u64),
    /// A share in hundredths of a percent, 1 to 10,000.
    Share(u16),
}

impl Size {
    /// The amount in bytes, where `whole` is what a share is a share of; rounded down.
    #[must_use]
    pub fn of(self, whole: u64) -> u64 {
        match self {
            Size::Bytes(bytes) => bytes,
            Size::Share(parts) => {
                let bytes = u128::from(whole) * u128::from(parts) / 10_000;
                u64::try_from(bytes).unwrap_or(u64::MAX)
            }
        }
    }
}

/// Reads an amount: `2GiB`, `512 MiB`, `1 GB` (10⁹), `4096`, `50%`.
///
/// One letter alone counts in 1024s (`2G` is `2GiB`), as most Linux tools have it; capitals do not matter.
///
/// # Errors
/// The text is not one number with a unit, exceeds 2⁶⁴ bytes, or is a share of nothing or of more than all.
pub fn size(text: &str) -> Result<Size, WhenError> {
    let wrong = || WhenError::NotASize(text.into());
    let (number, unit) = Decimal::split(text.trim()).ok_or_else(wrong)?;
    let unit = unit.trim_start();
    if unit == "%" {
        let parts = number.times(100).and_then(|parts| u16::try_from(parts).ok());
        return match parts {
            Some(parts @ 1..=10_000) => Ok(Size::Share(parts)),
            _ => Err(WhenError::NotAShare(text.into())),
        };
    }
    let scale = unit_bytes(&unit.to_ascii_lowercase()).ok_or_else(wrong)?;
    number.times(scale).map(Size::Bytes).ok_or_else(wrong)
}

/// A duration as [`duration`] reads it: `1m30s`, `10ms`, `7d`; parts under a nanosecond do not exist.
#[derive(Clone, Copy, Debug)]
pub struct DurationText(pub Duration);

impl fmt::Display for DurationText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_nanos();
        if rest == 0 {
            return f.write_str("0s");
        }
        for (unit, nanos) in UNITS {
            let count = rest / u128::from(nanos);
            if count > 0 {
                write!(f, "{count}{unit}")?;
                rest %= u128::from(nanos);
            }
        }
        Ok(())
    }
}

/// The units that a duration is written in, in nanoseconds, largest first.
const UNITS: [(&str, u64); 7] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

fn unit_nanos(unit: &str) -> Option<u64> {
    match unit {
        "w" => Some(7 * 86_400_000_000_000),
        "min" => unit_nanos("m"),
        _ => UNITS.iter().find(|(name, _)| *name == unit).map(|&(_, nanos)| nanos),
    }
}

/// Bytes in a unit, given in small letters.
fn unit_bytes(unit: &str) -> Option<u64> {
    let (letter, scale) = match unit.as_bytes() {
        [] | [b'b'] => return Some(1),
        [letter] | [letter, b'i', b'b'] => (letter, 1024u64),
        [letter, b'b'] => (letter, 1000),
        _ => return None,
    };
    let power = b"kmgtpe".iter().position(|known| known == letter)?;
    scale.checked_pow(u32::try_from(power + 1).ok()?)
}

fn epoch(digits: &str) -> Result<TimeMs, WhenError> {
    match digits.parse::<i64>() {
        Ok(ms @ (ALL | LEAST_EPOCH_MS..)) if Timestamp::from_millisecond(ms).is_ok() => Ok(ms),
        Ok(ms) if ms < LEAST_EPOCH_MS => Err(WhenError::LacksUnit(digits.into())),
        _ => Err(WhenError::OutOfYears(digits.into())),
    }
}

/// An instant with its own offset, or a local date or time in `zone`.
fn instant(text: &str, now: TimeMs, zone: &TimeZone) -> Result<Timestamp, WhenError> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let outside = |_| WhenError::OutOfYears(text.into());
    if let Ok(local) = text.parse::<civil::DateTime>() {
        return Ok(local.to_zoned(zone.clone()).map_err(outside)?.timestamp());
    }
    let time = text.parse::<civil::Time>().map_err(|_| WhenError::NotATime(text.into()))?;
    let here = Timestamp::from_millisecond(now).map_err(outside)?.to_zoned(zone.clone());
    latest_time_of_day(time, &here).map_err(outside)
}

/// The last moment, not after `here`, at which the clocks showed `time`.
fn latest_time_of_day(time: civil::Time, here: &Zoned) -> Result<Timestamp, jiff::Error> {
    let zone = here.time_zone();
    let today = here.date().to_datetime(time).to_zoned(zone.clone())?.timestamp();
    if today <= here.timestamp() {
        return Ok(today);
    }
    Ok(here.date().yesterday()?.to_datetime(time).to_zoned(zone.clone())?.timestamp())
}

/// A number as typed: `digits` divided by ten to the power of `places`.
#[derive(Clone, Copy, Debug)]
struct Decimal {
    digits: u64,
    places: u32,
}

impl Decimal {
    /// Splits a leading number off: `1.5GiB` is 15 with one place, and `GiB`.
    fn split(text: &str) -> Option<(Decimal, &str)> {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, rest) = text.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
            return None;
        }
        let fraction = fraction.trim_end_matches('0');
        let digits = format!("{whole}{fraction}").parse().ok()?;
        let places = u32::try_from(fraction.len()).ok()?;
        Some((Decimal { digits, places }, rest))
    }

    /// The number times `scale`, rounded down; `None` beyond 2⁶⁴.
    fn times(self, scale: u64) -> Option<u64> {
        let divisor = 10u128.checked_pow(self.places)?;
        u64::try_from(u128::from(self.digits) * u128::from(scale) / divisor).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2026-11-22 03:12:00 UTC.
    const NOW: TimeMs = 1_795_317_120_000;
    const HOUR: i64 = 3_600_000;

    fn berlin() -> TimeZone {
        // The rule itself, so that the test needs no zone files.
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    fn check(table: &[(&str, TimeMs)]) {
        for &(text, time) in table {
            assert_eq!(parse(text, NOW, &berlin()), Ok(time), "{text}");
        }
    }

    #[test]
    fn what_is_told_is_read_back() {
        for ms in [NOW, NOW + 911, 0] {
            assert_eq!(parse(&rfc3339(ms), NOW, &berlin()), Ok(ms));
        }
        assert_eq!(rfc3339(NOW), "2026-11-22T03:12:00Z");
        assert_eq!(rfc3339(i64::MAX), "9223372036854775807 ms");
    }

    #[test]
    fn words_and_durations_count_back_from_now() {
        check(&[
            ("now", NOW),
            (" now ", NOW),
            ("all", 0),
            ("1h", NOW - HOUR),
            ("90s", NOW - 90_000),
            ("1h30m", NOW - 3 * HOUR / 2),
            ("7d", NOW - 7 * 24 * HOUR),
            ("2w", NOW - 14 * 24 * HOUR),
            ("500ms", NOW - 500),
            ("3000w", 0),
        ]);
    }

    #[test]
    fn instants_carry_their_own_offset_and_local_times_take_the_zone() {
        check(&[
            ("2026-11-22T03:12:00Z", NOW),
            ("2026-11-22T04:12:00+01:00", NOW),
            ("2026-11-22T03:12:00.250Z", NOW + 250),
            ("2026-11-22 04:12", NOW),
            ("2026-11-22T04:12:30", NOW + 30_000),
            ("2026-11-22", NOW - 4 * HOUR - 12 * 60_000),
            ("1795317120000", NOW),
            ("0", 0),
        ]);
    }

    #[test]
    fn a_time_of_day_is_the_most_recent_one() {
        check(&[
            ("04:12", NOW),
            ("04:11:59", NOW - 1000),
            ("04:13", NOW + 60_000 - 24 * HOUR),
            ("23:12", NOW - 5 * HOUR),
        ]);
    }

    #[test]
    fn clock_changes_are_read_as_calendars_read_them() {
        check(&[("2026-10-25 02:30", 1_792_888_200_000), ("2026-03-29 02:30", 1_774_747_800_000)]);
    }

    #[test]
    fn a_text_that_is_no_time_is_told_what_is() {
        for (text, part) in [
            ("", "`` is not a time: write how long ago (90s, 1h, 7d)"),
            ("yesterday", "`yesterday` is not a time"),
            ("-1h", "is not a time"),
            ("1h ago", "is not a time"),
            ("2026-02-30", "is not a time"),
            ("25:00", "is not a time"),
            (
                "90",
                "`90` lacks a unit: write 90s, 90m, 90h or 90d; epoch times are in milliseconds",
            ),
            ("1795317120", "lacks a unit"),
            ("99999999999999999999", "outside the years 1970 to 9999"),
            ("1955-11-05T06:00:00Z", "outside the years 1970 to 9999"),
        ] {
            let error = parse(text, NOW, &berlin()).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn durations_that_are_none_are_refused() {
        for text in
            ["", "s", "1", "1x", "1.s", ".5s", "1..5s", "1 2s", "-1s", "1h 2", "600000000w", "1é"]
        {
            assert_eq!(duration(text), Err(WhenError::NotADuration(text.into())));
        }
        assert_eq!(duration("1.5 h"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("2min"), Ok(Duration::from_secs(120)));
    }

    #[test]
    fn sizes_are_read_in_both_families_of_units() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("12 B", 12),
            ("2GiB", 2 << 30),
            ("512 MiB", 512 << 20),
            ("1 GB", 1_000_000_000),
            ("1kB", 1000),
            ("2g", 2 << 30),
            ("1.5KiB", 1536),
            ("0.5 tib", 1 << 39),
        ] {
            assert_eq!(size(text), Ok(Size::Bytes(bytes)), "{text}");
        }
        for text in
            ["", "GiB", "1 GiB 2", "1XB", "-1GiB", "1e9", "17179869184GiB", "99999999999999999999"]
        {
            assert_eq!(size(text), Err(WhenError::NotASize(text.into())));
        }
    }

    #[test]
    fn shares_are_of_a_whole() {
        assert_eq!(size("50%"), Ok(Size::Share(5000)));
        assert_eq!(size("12.5 %").unwrap().of(1000), 125);
        assert_eq!(size("100%").unwrap().of(u64::MAX), u64::MAX);
        assert_eq!(Size::Bytes(7).of(1), 7);
        for text in ["0%", "101%", "0.001%", "700%"] {
            assert_eq!(size(text), Err(WhenError::NotAShare(text.into())));
        }
    }

    proptest! {
        #[test]
        fn a_duration_written_out_reads_as_itself(nanos in 0u64..) {
            let duration = Duration::from_nanos(nanos);
            prop_assert_eq!(super::duration(&DurationText(duration).to_string()), Ok(duration));
        }

        #[test]
        fn no_text_is_too_strange_to_be_answered(text in "\\PC{0,20}") {
            let _ = parse(&text, NOW, &berlin());
            let _ = size(&text);
        }
    }
}
