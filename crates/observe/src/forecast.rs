//! Where memory is heading: a robust trend, when it meets its limit, and whether it looks like a leak.
//!
//! Pure: amounts and their times come in through [`Series`], the same ones always give the same words. How a trend is told
//! from noise and cycles stands in `trend`, how its slope is found in `slope`.

pub mod generate;
mod leak;
mod series;
mod slope;
mod trend;
mod words;

pub use leak::Leak;
pub use series::Series;
pub use trend::Trend;
pub use words::{span, span_range};

use std::time::Duration;

use crate::format::iec;

/// A trend that was seen for a while is drawn on for so many times as long, and for [`REACH_LEAST`] in any case: whoever saw
/// the morning does not know the evening.
const REACH: u32 = 6;
const REACH_LEAST: Duration = Duration::from_secs(10 * 3600);
/// No trend is found in less.
pub const WATCHED_LEAST: Duration = Duration::from_secs(86);

/// What happens at a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Consequence {
    /// Something is killed.
    #[default]
    OutOfMemory,
    /// Everything in the group is slowed down (`memory.high`).
    SlowedDown,
}

impl Consequence {
    /// As the beginning of a sentence.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Consequence::OutOfMemory => "out of memory",
            Consequence::SlowedDown => "slowed down at its soft limit",
        }
    }
}

/// When an amount meets its limit, counted from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// At the pace that is most likely.
    pub after: Duration,
    /// At the fastest pace within 95 %.
    pub earliest: Duration,
    /// At the slowest pace within 95 %.
    pub latest: Duration,
}

/// Where one amount is heading.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Forecast {
    /// The newest amount, in bytes.
    pub used_bytes: u64,
    /// What it may become at most, in bytes; `None` without a limit.
    pub limit_bytes: Option<u64>,
    /// What happens there.
    pub consequence: Consequence,
    /// How it grows; `None` where it shows no trend.
    pub trend: Option<Trend>,
    /// When it meets the limit; `None` without a trend or a limit, and where that is too far off to say.
    pub end: Option<End>,
    /// How long it has been watched.
    pub watched: Duration,
}

impl Forecast {
    /// Where a series is heading that may become `limit_bytes` at most.
    #[must_use]
    pub fn of(series: &Series, limit_bytes: Option<u64>, consequence: Consequence) -> Forecast {
        let trend = Trend::of(series);
        let used = series.last().map_or(0.0, |(_, value)| value);
        let end = trend.zip(limit_bytes).and_then(|(trend, limit)| End::of(&trend, limit));
        Forecast {
            used_bytes: whole(used),
            limit_bytes,
            consequence,
            trend,
            end,
            watched: series.watched(),
        }
    }

    /// `out of memory in 3 h 10 min (2 h 40 to 4 h 5)`, or why there is no such thing to say.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Some(trend) = self.trend else {
            return match self.watched < WATCHED_LEAST {
                true => format!("no trend yet (watched {})", span(self.watched)),
                false => "no trend".to_owned(),
            };
        };
        let pace = format!("grows by {} a second", iec(whole(trend.bytes_per_s)));
        match (self.end, self.limit_bytes) {
            (Some(end), _) => format!(
                "{} in {} ({})",
                self.consequence.words(),
                span(end.after),
                span_range(end.earliest, end.latest)
            ),
            (None, Some(_)) => {
                format!("{pace}; seen for {}, too short to say when that ends", span(trend.window))
            }
            (None, None) => format!("{pace}; nothing limits it"),
        }
    }
}

impl End {
    fn of(trend: &Trend, limit_bytes: u64) -> Option<End> {
        #[expect(clippy::cast_precision_loss, reason = "a forecast needs three digits of fifteen")]
        let room = (limit_bytes as f64 - trend.level_bytes).max(0.0);
        let at = |pace: f64| Duration::try_from_secs_f64(room / pace).unwrap_or(Duration::MAX);
        let end = End {
            after: at(trend.bytes_per_s),
            earliest: at(trend.high_bytes_per_s),
            latest: at(trend.low_bytes_per_s),
        };
        let reach = trend.window.saturating_mul(REACH).max(REACH_LEAST);
        (end.after <= reach).then_some(end)
    }
}

/// A whole number of bytes.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "amounts are finite, and `as` keeps to the bounds of u64"
)]
fn whole(bytes: f64) -> u64 {
    bytes.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: f64 = 1_048_576.0;

    /// A series that stands for ten minutes and then grows by so many MiB a second.
    fn leaking(rate_mib: f64, seconds: u32) -> Series {
        let mut series = Series::default();
        for second in 0..=600 + seconds {
            let leaked = f64::from(second.saturating_sub(600)) * rate_mib;
            let wobble = f64::from(second * 7 % 5) * 0.01;
            series.push(Duration::from_secs(second.into()), (1000.0 + leaked + wobble) * MIB);
        }
        series
    }

    #[test]
    fn a_leak_is_named_with_its_pace_and_its_end_after_two_minutes() {
        for rate in [0.5, 4.0, 32.0] {
            let forecast =
                Forecast::of(&leaking(rate, 120), Some(8 << 30), Consequence::OutOfMemory);
            let trend = forecast.trend.unwrap();
            assert!((trend.bytes_per_s / MIB / rate - 1.0).abs() < 0.01, "{trend:?}");
            let left = (8192.0 - 1000.0 - 120.0 * rate).max(0.0) / rate;
            let end = forecast.end.unwrap();
            assert!(
                (end.after.as_secs_f64() / left.max(1.0) - 1.0).abs() < 0.01,
                "{rate}: {end:?}"
            );
            assert!(end.earliest <= end.after && end.after <= end.latest);
        }
    }

    #[test]
    fn a_forecast_is_a_sentence_for_people() {
        let told = |series: &Series, limit| {
            Forecast::of(series, limit, Consequence::OutOfMemory).sentence()
        };
        let leak = leaking(1.0, 120);
        assert_eq!(told(&leak, Some(8 << 30)), "out of memory in 1 h 58 min (1 h 58 to 1 h 58)");
        assert_eq!(told(&leak, None), "grows by 1 MiB a second; nothing limits it");
        assert_eq!(
            told(&leak, Some(1 << 40)),
            "grows by 1 MiB a second; seen for 90 s, too short to say when that ends"
        );
        assert_eq!(told(&leaking(0.0, 60), Some(8 << 30)), "no trend");
        let mut short = Series::default();
        (0..40).for_each(|second| short.push(Duration::from_secs(second), 5.0));
        assert_eq!(told(&short, Some(8 << 30)), "no trend yet (watched 39 s)");
    }

    #[test]
    fn what_is_beyond_its_limit_already_ends_now() {
        let forecast = Forecast::of(&leaking(4.0, 120), Some(1 << 30), Consequence::SlowedDown);
        assert_eq!(forecast.end.unwrap().after, Duration::ZERO);
        assert_eq!(forecast.sentence(), "slowed down at its soft limit in 0 s (0 to 0 s)");
    }

    /// What people fear most of a forecast: that it cries wolf. A day of each of the series that have no trend.
    #[test]
    fn a_day_of_noise_and_cycles_raises_no_alarm() {
        let tally = generate::false_alarms(1, 1);
        assert!(tally.asked >= 11_000, "{tally:?}");
        assert!(tally.ends * 100 <= tally.asked, "{tally:?}");
    }
}
