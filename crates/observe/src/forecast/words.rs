//! Stretches of time as people say them.

use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A stretch in the two units that matter: `80 s`, `12 min`, `3 h 10 min`, `4 days 2 h`.
#[must_use]
pub fn span(time: Duration) -> String {
    match rounded(time) {
        Rounded::Seconds(seconds) => format!("{seconds} s"),
        Rounded::Minutes(minutes) => format!("{minutes} min"),
        Rounded::Hours(hours, 0) => format!("{hours} h"),
        Rounded::Hours(hours, minutes) => format!("{hours} h {minutes} min"),
        Rounded::Days(days, 0) => format!("{days} days"),
        Rounded::Days(days, hours) => format!("{days} days {hours} h"),
    }
}

/// Two stretches: `2 h 40 to 4 h 5`, `10 to 15 min`.
#[must_use]
pub fn span_range(from: Duration, to: Duration) -> String {
    match (rounded(from), rounded(to)) {
        (Rounded::Seconds(from), Rounded::Seconds(to)) => format!("{from} to {to} s"),
        (Rounded::Minutes(from), Rounded::Minutes(to)) => format!("{from} to {to} min"),
        (from, to) => format!("{} to {}", from.short(), to.short()),
    }
}

/// A stretch in the units it is told in.
#[derive(Clone, Copy)]
enum Rounded {
    Seconds(u64),
    Minutes(u64),
    Hours(u64, u64),
    Days(u64, u64),
}

fn rounded(time: Duration) -> Rounded {
    let seconds = time.as_secs() + u64::from(time.subsec_millis() >= 500);
    let to = |unit: u64| (seconds + unit / 2) / unit;
    match seconds {
        few if few < 2 * MINUTE => Rounded::Seconds(few),
        _ if to(MINUTE) < 60 => Rounded::Minutes(to(MINUTE)),
        _ if to(MINUTE) < 48 * 60 => Rounded::Hours(to(MINUTE) / 60, to(MINUTE) % 60),
        _ => Rounded::Days(to(HOUR) * HOUR / DAY, to(HOUR) % 24),
    }
}

impl Rounded {
    fn short(self) -> String {
        match self {
            Rounded::Seconds(seconds) => format!("{seconds} s"),
            Rounded::Minutes(minutes) => format!("{minutes} min"),
            Rounded::Hours(hours, 0) => format!("{hours} h"),
            Rounded::Hours(hours, minutes) => format!("{hours} h {minutes}"),
            Rounded::Days(days, 0) => format!("{days} days"),
            Rounded::Days(days, hours) => format!("{days} days {hours} h"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_told_in_the_units_that_matter() {
        let table = [
            (0, "0 s"),
            (119, "119 s"),
            (120, "2 min"),
            (3_540, "59 min"),
            (3_590, "1 h"),
            (11_400, "3 h 10 min"),
            (172_700, "47 h 58 min"),
            (180_000, "2 days 2 h"),
            (864_000, "10 days"),
        ];
        for (seconds, expected) in table {
            assert_eq!(span(Duration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn two_stretches_name_their_unit_once_where_they_can() {
        let range = |from, to| span_range(Duration::from_secs(from), Duration::from_secs(to));
        assert_eq!(range(9_600, 14_700), "2 h 40 to 4 h 5");
        assert_eq!(range(600, 900), "10 to 15 min");
        assert_eq!(range(20, 90), "20 to 90 s");
        assert_eq!(range(3_000, 7_200), "50 min to 2 h");
        assert_eq!(range(90_000, 360_000), "25 h to 4 days 4 h");
    }
}
