//! Whether growth looks like a leak, in words, with what speaks for it and against.

use std::time::Duration;

use super::words::span;
use super::{Series, Trend, whole};
use crate::format::iec;

/// Cache that grows by less than this part of what a program holds does not count.
const CACHE_PART: f64 = 0.1;

/// Many programs grow for a few minutes and are done: less is no leak for sure.
const SURE: Duration = Duration::from_secs(300);

/// A verdict on growth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// Whether it looks like one.
    pub likely: bool,
    /// Whether what can be read again from files grows as well.
    pub cache_grows: bool,
    /// The verdict, as a sentence.
    pub sentence: String,
    /// What it rests on, a sentence each.
    pub evidence: Vec<String>,
}

impl Leak {
    /// Judges how something grows, `trend` being that of what is its own and cannot be dropped, `cache` what can be read again
    /// from a file. `None` where there is no trend.
    #[must_use]
    pub fn of(trend: Option<&Trend>, cache: &Series) -> Option<Leak> {
        let trend = trend?;
        let cache_pace = Trend::of(cache).map_or(0.0, |cache| cache.bytes_per_s);
        let cache_grows = cache_pace > trend.bytes_per_s * CACHE_PART;
        let likely = !cache_grows && trend.floors_rise;
        let pace = iec(whole(trend.bytes_per_s));
        let mut evidence = vec![format!(
            "Anonymous memory grows by {pace} a second, seen over {}.",
            span(trend.window)
        )];
        evidence.push(match cache_grows {
            true => format!("Cache grows as well, by {} a second.", iec(whole(cache_pace))),
            false => "Cache does not grow.".to_owned(),
        });
        evidence.push(match (trend.peaks_rise, trend.floors_rise) {
            (true, true) => "Of seven stretches, each has a higher peak and a higher floor than the one before: what is given back in between is less than what is taken.".to_owned(),
            (true, false) => "The peaks rise after each cycle, but the floors do not: it comes back to where it was.".to_owned(),
            (false, true) => "The floors rise after each cycle, while the peaks do not.".to_owned(),
            (false, false) => "Neither the peaks nor the floors rise from each stretch to the next.".to_owned(),
        });
        let sentence = match (likely, cache_grows) {
            (true, _) if trend.window < SURE => {
                "This may be a leak: what is taken is not given back; but it has not been seen for long."
            }
            (true, _) => "This looks like a leak: what is taken is not given back.",
            (false, true) => {
                "It grows together with its cache: this may be a cache that fills, and not a leak."
            }
            (false, false) => "It grows, but gives back in between: too early to call it a leak.",
        };
        Some(Leak { likely, cache_grows, sentence: sentence.to_owned(), evidence })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(value: impl Fn(f64) -> f64) -> Series {
        let mut series = Series::default();
        for second in 0..700u32 {
            series.push(Duration::from_secs(second.into()), value(f64::from(second)));
        }
        series
    }

    #[track_caller]
    fn check(own: impl Fn(f64) -> f64, cache: impl Fn(f64) -> f64, likely: bool, words: &[&str]) {
        let leak = Leak::of(Trend::of(&series(own)).as_ref(), &series(cache)).unwrap();
        assert_eq!(leak.likely, likely, "{leak:?}");
        let all = format!("{} {}", leak.sentence, leak.evidence.join(" "));
        for word in words {
            assert!(all.contains(word), "{word:?} is missing in {all:?}");
        }
    }

    #[test]
    fn growth_without_cache_is_a_leak_and_with_cache_is_not() {
        let grows = |second: f64| 1e8 + second * 1e6;
        check(
            grows,
            |_| 5e7,
            true,
            &["looks like a leak", "977 KiB a second", "Cache does not grow"],
        );
        check(grows, |second| second * 5e5, false, &["may be a cache", "Cache grows as well"]);
    }

    #[test]
    fn a_sawtooth_whose_peaks_rise_after_each_cycle_is_a_leak() {
        let saw = |second: f64| 1e8 + second * 1e6 + (second % 20.0) * 1e6;
        check(saw, |_| 5e7, true, &["looks like a leak", "a higher peak and a higher floor"]);
    }

    #[test]
    fn without_a_trend_there_is_nothing_to_judge() {
        let flat = series(|second| 1e8 + (second * 7.0 % 5.0) * 1e6);
        assert_eq!(Leak::of(Trend::of(&flat).as_ref(), &flat), None);
    }
}
