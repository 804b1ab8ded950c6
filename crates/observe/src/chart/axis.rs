//! Where the ticks of an axis stand: amounts at powers of two, times where a wall clock strikes.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};

use super::words::local;
use crate::TimeMs;

/// The units of amounts, each 1024 of the one before.
const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// A mark on an axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tick<T> {
    /// Where it stands.
    pub(super) at: T,
    /// What it says.
    pub(super) label: String,
}

/// Ticks from 0 up to `max` bytes, a power of two apart: the finest with at most `most` steps.
pub(super) fn bytes(max: u64, most: u64) -> Vec<Tick<u64>> {
    let most = most.max(1);
    let step = (0..u64::BITS).map(|bit| 1u64 << bit).find(|step| max / step <= most);
    let step = step.unwrap_or(1 << (u64::BITS - 1));
    let unit = usize::try_from(max.max(1).ilog2() / 10).unwrap_or(0);
    let ticks = (0..=max / step).map(|index| index * step);
    ticks.map(|at| Tick { at, label: in_unit(at, unit) }).collect()
}

/// `bytes` in a unit, with all the binary places it takes: `0`, `12 GiB`, `1.5 GiB`.
fn in_unit(bytes: u64, unit: usize) -> String {
    if bytes == 0 {
        return "0".to_owned();
    }
    let (whole, rest) = (bytes >> (10 * unit), bytes & ((1 << (10 * unit)) - 1));
    let rest = (u128::from(rest) * 1_000_000) >> (10 * unit);
    let number = format!("{whole}.{rest:06}");
    format!("{} {}", number.trim_end_matches('0').trim_end_matches('.'), UNITS[unit])
}

/// The distance between two ticks of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Seconds, at most half an hour: they are counted, so that a repeated hour has its ticks too.
    Seconds(i64),
    /// Hours that divide a day: read off the wall clock, so that 06:00 stays 06:00 when the clock is put forward.
    Hours(i64),
    /// Days; whole weeks begin on Mondays.
    Days(i64),
    /// Months, from January.
    Months(i64),
}

const STEPS: [Step; 31] = {
    use Step::{Days, Hours, Months, Seconds};
    [
        Seconds(1),
        Seconds(2),
        Seconds(5),
        Seconds(10),
        Seconds(15),
        Seconds(30),
        Seconds(60),
        Seconds(120),
        Seconds(300),
        Seconds(600),
        Seconds(900),
        Seconds(1800),
        Hours(1),
        Hours(2),
        Hours(3),
        Hours(6),
        Hours(12),
        Days(1),
        Days(2),
        Days(7),
        Days(14),
        Months(1),
        Months(3),
        Months(6),
        Months(12),
        Months(24),
        Months(60),
        Months(120),
        Months(600),
        Months(2400),
        Months(12_000),
    ]
};

impl Step {
    /// Its length in milliseconds; of a month, the shortest.
    fn length_ms(self) -> i64 {
        match self {
            Self::Seconds(count) => count * 1000,
            Self::Hours(count) => count * 3_600_000,
            Self::Days(count) => count * 86_400_000,
            Self::Months(count) => count * 28 * 86_400_000,
        }
    }

    /// The distance on the wall clock.
    fn span(self, times: i64) -> Span {
        match self {
            Self::Seconds(count) => (count * times).seconds(),
            Self::Hours(count) => (count * times).hours(),
            Self::Days(count) => (count * times).days(),
            Self::Months(count) => (count * times).months(),
        }
    }

    /// The last tick on the wall clock that is not after `moment`.
    fn floor(self, moment: DateTime) -> DateTime {
        let date = moment.date();
        match self {
            Self::Seconds(_) => date.to_datetime(Time::midnight()),
            Self::Hours(count) => {
                let hours = i64::from(moment.hour()) / count * count;
                let start = date.to_datetime(Time::midnight());
                start.saturating_add(hours.hours())
            }
            Self::Days(count) => {
                let monday = if count % 7 == 0 { 3 } else { 0 };
                let epoch = Date::constant(1970, 1, 1);
                let days = epoch.until(date).map_or(0, |span| i64::from(span.get_days()));
                date.saturating_sub((days + monday).rem_euclid(count).days()).into()
            }
            Self::Months(count) => {
                let months = i64::from(date.year()) * 12 + i64::from(date.month()) - 1;
                date.first_of_month().saturating_sub(months.rem_euclid(count).months()).into()
            }
        }
    }

    /// What a tick says; `starts_day` where it is the first moment of its day.
    fn format(self, starts_day: bool) -> &'static str {
        match self {
            Self::Months(12..) => "%Y",
            Self::Months(_) => "%b %Y",
            Self::Days(_) => "%-d %b",
            _ if starts_day => "%-d %b",
            Self::Hours(_) | Self::Seconds(60..) => "%H:%M",
            Self::Seconds(_) => "%H:%M:%S",
        }
    }
}

/// Ticks between `from` and `to`, both included, on round local times: the finest with at most `most` steps, at
/// least a second.
///
/// Ascending, without doubles. A round time that a clock change skips stands at the end of the gap, one that it
/// repeats at the first of the two.
pub(super) fn times(from: TimeMs, to: TimeMs, zone: &TimeZone, most: i64) -> Vec<Tick<TimeMs>> {
    let length = to.saturating_sub(from);
    let wanted = STEPS.into_iter().find(|step| length / step.length_ms() <= most.max(1));
    let step = wanted.unwrap_or(STEPS[STEPS.len() - 1]);
    let mut ticks: Vec<Tick<TimeMs>> = Vec::new();
    for at in candidates(step, from, to, zone) {
        let fresh = ticks.last().is_none_or(|last| last.at < at);
        if at < from || at > to || !fresh {
            continue;
        }
        let moment = local(at, zone);
        let starts_day = moment.start_of_day().is_ok_and(|start| start == moment);
        let label = moment.strftime(step.format(starts_day)).to_string();
        ticks.push(Tick { at, label });
    }
    ticks
}

/// Round times from before `from` to `to`.
fn candidates(step: Step, from: TimeMs, to: TimeMs, zone: &TimeZone) -> Vec<TimeMs> {
    let first = local(from, zone);
    if let Step::Seconds(_) = step {
        let midnight = first.start_of_day().map_or(from, |day| day.timestamp().as_millisecond());
        let before = from.saturating_sub(midnight) / step.length_ms() * step.length_ms();
        let start = midnight.saturating_add(before);
        let count = to.saturating_sub(start) / step.length_ms();
        return (0..=count).map(|index| start + index * step.length_ms()).collect();
    }
    let start = step.floor(first.datetime());
    let at = |index: i64| {
        let moment = start.checked_add(step.span(index)).ok()?;
        Some(moment.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond())
    };
    (0..).map_while(at).take_while(|at| *at <= to).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels<T>(ticks: &[Tick<T>]) -> String {
        ticks.iter().map(|tick| tick.label.as_str()).collect::<Vec<_>>().join(" | ")
    }

    fn ms(text: &str) -> TimeMs {
        text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    #[test]
    fn amounts_stand_at_powers_of_two() {
        const GIB: u64 = 1 << 30;
        for (max, most, expected) in [
            (0, 4, "0"),
            (1, 4, "0 | 1 B"),
            (16 * GIB, 4, "0 | 4 GiB | 8 GiB | 12 GiB | 16 GiB"),
            (15 * GIB + GIB / 2, 4, "0 | 4 GiB | 8 GiB | 12 GiB"),
            (2 * GIB + 1, 5, "0 | 0.5 GiB | 1 GiB | 1.5 GiB | 2 GiB"),
            (1_500_000, 5, "0 | 0.25 MiB | 0.5 MiB | 0.75 MiB | 1 MiB | 1.25 MiB"),
            (u64::MAX, 4, "0 | 4 EiB | 8 EiB | 12 EiB"),
            (u64::MAX, 1, "0 | 8 EiB"),
        ] {
            assert_eq!(labels(&bytes(max, most)), expected, "{max}");
        }
    }

    #[test]
    fn times_stand_where_a_wall_clock_strikes() {
        for (from, to, most, expected) in [
            ("2026-11-22T12:00:01Z", "2026-11-22T12:00:31Z", 4, "13:00:10 | 13:00:20 | 13:00:30"),
            ("2026-11-22T12:02:00Z", "2026-11-22T13:02:00Z", 4, "13:15 | 13:30 | 13:45 | 14:00"),
            ("2026-11-22T22:40:00Z", "2026-11-22T23:10:00Z", 3, "23:40 | 23:50 | 23 Nov | 00:10"),
            (
                "2026-11-22T11:00:00Z",
                "2026-11-23T11:00:00Z",
                4,
                "12:00 | 18:00 | 23 Nov | 06:00 | 12:00",
            ),
            ("2026-11-19T11:00:00Z", "2026-11-22T11:00:00Z", 4, "20 Nov | 21 Nov | 22 Nov"),
            ("2026-10-25T11:00:00Z", "2026-11-22T11:00:00Z", 5, "26 Oct | 2 Nov | 9 Nov | 16 Nov"),
            ("2026-01-15T11:00:00Z", "2026-11-22T11:00:00Z", 5, "Apr 2026 | Jul 2026 | Oct 2026"),
            ("2020-01-15T11:00:00Z", "2026-11-22T11:00:00Z", 4, "2022 | 2024 | 2026"),
            ("2026-11-22T12:00:00Z", "2026-11-22T12:00:00Z", 4, "13:00:00"),
            ("2026-11-22T12:00:00.5Z", "2026-11-22T12:00:00.7Z", 4, ""),
        ] {
            assert_eq!(labels(&times(ms(from), ms(to), &berlin(), most)), expected, "{from} {to}");
        }
    }

    #[test]
    fn a_changed_clock_moves_no_tick_off_its_hour() {
        for (from, to, most, expected) in [
            // Forward: 02:00 is skipped, and 06:00 is five hours after midnight.
            (
                "2026-03-28T23:00:00Z",
                "2026-03-29T10:00:00Z",
                4,
                "29 Mar | 03:00 | 06:00 | 09:00 | 12:00",
            ),
            (
                "2026-03-28T23:00:00Z",
                "2026-03-29T03:00:00Z",
                9,
                "29 Mar | 00:30 | 01:00 | 01:30 | 03:00 | 03:30 | 04:00 | 04:30 | 05:00",
            ),
            // Back: 02:00 comes twice.
            (
                "2026-10-24T22:00:00Z",
                "2026-10-25T11:00:00Z",
                5,
                "25 Oct | 03:00 | 06:00 | 09:00 | 12:00",
            ),
            (
                "2026-10-25T00:00:00Z",
                "2026-10-25T02:00:00Z",
                5,
                "02:00 | 02:30 | 02:00 | 02:30 | 03:00",
            ),
        ] {
            assert_eq!(labels(&times(ms(from), ms(to), &berlin(), most)), expected, "{from}");
        }
    }

    #[test]
    fn the_ends_of_time_are_no_panic() {
        for (from, to) in [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (i64::MAX - 5, i64::MAX)] {
            assert!(times(from, to, &berlin(), 8).len() < 40);
        }
    }

    proptest! {
        #[test]
        fn amounts_are_even_steps_within_max(max: u64, most in 1u64..12) {
            let ticks = bytes(max, most);
            prop_assert!(u64::try_from(ticks.len()).unwrap() <= most + 1);
            prop_assert_eq!(ticks[0].at, 0);
            prop_assert!(ticks.iter().all(|tick| tick.at <= max));
            if let [_, first, ..] = &ticks[..] {
                prop_assert!(first.at.is_power_of_two());
                prop_assert!(first.at == 1 || max / (first.at / 2) > most, "a finer step fits");
                prop_assert!((1..).zip(&ticks[1..]).all(|(index, tick)| tick.at == index * first.at));
            }
        }

        #[test]
        fn times_ascend_within_the_stretch_and_are_few(
            from in -4_000_000_000_000i64..4_000_000_000_000,
            length in 0i64..2_000_000_000_000,
            most in 1i64..12,
        ) {
            let ticks = times(from, from + length, &berlin(), most);
            prop_assert!(ticks.is_sorted_by(|a, b| a.at < b.at));
            prop_assert!(ticks.iter().all(|tick| (from..=from + length).contains(&tick.at)));
            prop_assert!(i64::try_from(ticks.len()).unwrap() <= most + 2);
            for tick in &ticks {
                prop_assert_eq!(tick.at % 1000, 0);
            }
        }
    }
}
