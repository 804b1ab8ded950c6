//! Times as a wall clock shows them.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use ramscope_observe::TimeMs;

fn local(time_ms: TimeMs, zone: &TimeZone) -> Zoned {
    Timestamp::from_millisecond(time_ms).unwrap_or_default().to_zoned(zone.clone())
}

/// A moment as seen from `now`: `03:12:05` today, `Sun 03:12:05` within a week, `22 Nov 03:12:05` before.
pub(crate) fn moment(time_ms: TimeMs, now: TimeMs, zone: &TimeZone) -> String {
    let (time, today) = (local(time_ms, zone), local(now, zone));
    let format = match () {
        () if time.date() == today.date() => "%H:%M:%S",
        () if (now - time_ms).abs() < 6 * 86_400_000 => "%a %H:%M:%S",
        () => "%-d %b %H:%M:%S",
    };
    time.strftime(format).to_string()
}

/// A moment on an axis whose labels stand `step_ms` apart: with seconds, without them, or with the day.
pub(crate) fn label(time_ms: TimeMs, step_ms: i64, zone: &TimeZone) -> String {
    let format = match step_ms {
        ..60_000 => "%H:%M:%S",
        60_000..43_200_000 => "%H:%M",
        43_200_000..86_400_000 => "%a %H:%M",
        _ => "%-d %b",
    };
    local(time_ms, zone).strftime(format).to_string()
}

/// What a wall clock is ahead of UTC, milliseconds.
pub(crate) fn offset_ms(time_ms: TimeMs, zone: &TimeZone) -> i64 {
    i64::from(local(time_ms, zone).offset().seconds()) * 1000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::NOW;

    #[test]
    fn a_moment_names_its_day_only_where_that_is_another() {
        let zone = TimeZone::UTC;
        for (ago_ms, expected) in
            [(0, "03:12:00"), (4 * 3_600_000, "Sat 23:12:00"), (30 * 86_400_000, "23 Oct 03:12:00")]
        {
            assert_eq!(moment(NOW - ago_ms, NOW, &zone), expected);
        }
    }
}
