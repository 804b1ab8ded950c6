//! Series that somebody made up, with a seed: days without a trend, and leaks of a known pace. What the bench and the tests
//! measure the forecast by.

use std::f64::consts::TAU;
use std::time::Duration;

use super::{Consequence, Forecast, Series};

/// The limit of every made-up series: 16 GiB.
const LIMIT_BYTES: u64 = 16 << 30;
const DAY_SECONDS: u32 = 86_400;

/// The sorts of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// White noise around a level.
    White,
    /// Noise whose neighbours are alike: each second keeps 9 parts of 10.
    Wandering,
    /// The same, keeping 99 parts of 100.
    Drifting,
    /// A level with short peaks.
    Spikes,
    /// Levels that jump, up and down, a dozen times a day.
    Steps,
    /// A wave of a minute to four hours.
    Wave,
    /// A saw of the same lengths: grows and falls at once, as garbage collection does.
    Saw,
    /// A wave as long as the day.
    Daily,
}

impl Day {
    /// All of them.
    pub const ALL: [Day; 8] = [
        Day::White,
        Day::Wandering,
        Day::Drifting,
        Day::Spikes,
        Day::Steps,
        Day::Wave,
        Day::Saw,
        Day::Daily,
    ];
}

/// How often a forecast was asked for on days without a trend, and what it said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Times that it was asked.
    pub asked: u32,
    /// Times that it named an end: a false alarm.
    pub ends: u32,
    /// Times that it named a pace, with or without an end.
    pub trends: u32,
}

/// Asks each minute of `days` days of every sort.
#[must_use]
pub fn false_alarms(seed: u64, days: u32) -> Tally {
    let mut tally = Tally::default();
    for day in Day::ALL {
        for number in 0..days {
            let tallied = one_day(day, Chance::new(seed, day as u64, number.into()));
            tally.asked += tallied.asked;
            tally.ends += tallied.ends;
            tally.trends += tallied.trends;
        }
    }
    tally
}

fn one_day(day: Day, mut chance: Chance) -> Tally {
    let noise = 1e6 * 100f64.powf(chance.unit());
    let height = 1e7 * 100f64.powf(chance.unit());
    let length = match day {
        Day::Daily => f64::from(DAY_SECONDS),
        _ => 60.0 * 240f64.powf(chance.unit()),
    };
    let phase = chance.unit();
    let mut level = 4e9 + 8e9 * chance.unit();
    let (mut series, mut tally, mut carried) = (Series::default(), Tally::default(), 0.0);
    for second in 0..DAY_SECONDS {
        let at = f64::from(second) / length + phase;
        let white = noise * chance.normal();
        let value = match day {
            Day::White => white,
            Day::Wandering | Day::Drifting => {
                let kept = if day == Day::Wandering { 0.9 } else { 0.99 };
                carried = kept * carried + white;
                carried
            }
            Day::Spikes => white * 0.1 + if chance.unit() < 0.01 { height } else { 0.0 },
            Day::Steps => {
                if chance.unit() < 1.0 / 7200.0 {
                    level += height * chance.normal();
                }
                white
            }
            Day::Wave | Day::Daily => height * (at * TAU).sin() + white * 0.2,
            Day::Saw => height * at.fract() + white * 0.1,
        };
        series.push(Duration::from_secs(second.into()), level + value);
        if second % 60 == 59 {
            let forecast = Forecast::of(&series, Some(LIMIT_BYTES), Consequence::OutOfMemory);
            tally.asked += 1;
            tally.ends += u32::from(forecast.end.is_some());
            tally.trends += u32::from(forecast.trend.is_some());
        }
    }
    tally
}

/// What a forecast said of a leak of a known pace two minutes after it had begun, as parts of the truth: 0.05 is 5 % off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Missed {
    /// By how much the pace was missed.
    pub pace: f64,
    /// By how much the time to the limit was missed.
    pub end: f64,
}

/// Lets something leak `bytes_per_s` after `before` of noise around a level; `None` where no trend with an end was named after
/// two minutes.
#[must_use]
pub fn leak(seed: u64, bytes_per_s: f64, noise_bytes: f64, before: Duration) -> Option<Missed> {
    let mut chance = Chance::new(seed, 99, 0);
    let (mut series, quiet) = (Series::default(), before.as_secs());
    let mut truth = 4e9;
    for second in 0..=quiet + 120 {
        if second > quiet {
            truth += bytes_per_s;
        }
        series.push(Duration::from_secs(second), truth + noise_bytes * chance.normal());
    }
    let forecast = Forecast::of(&series, Some(LIMIT_BYTES), Consequence::OutOfMemory);
    let (trend, end) = (forecast.trend?, forecast.end?);
    #[expect(clippy::cast_precision_loss, reason = "2^34 is a double")]
    let left_s = (LIMIT_BYTES as f64 - truth) / bytes_per_s;
    Some(Missed {
        pace: (trend.bytes_per_s / bytes_per_s - 1.0).abs(),
        end: (end.after.as_secs_f64() / left_s - 1.0).abs(),
    })
}

/// Random numbers of a seed (`SplitMix64`; S. Vigna, public domain).
#[derive(Clone, Debug)]
struct Chance(u64);

impl Chance {
    fn new(seed: u64, sort: u64, number: u64) -> Chance {
        Chance(seed ^ (sort << 40) ^ (number << 20))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Evenly in 0..1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are a double")]
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Normal with mean 0 and deviation 1 (G. Box and M. Muller, 1958).
    fn normal(&mut self) -> f64 {
        let (radius, angle) = (self.unit().max(1e-12), self.unit());
        (-2.0 * radius.ln()).sqrt() * (TAU * angle).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaks_of_a_known_pace_are_named_after_two_minutes() {
        for seed in 0..20 {
            for pace in [1e6, 8e6, 64e6] {
                for before in [0, 600] {
                    let missed = leak(seed, pace, 2e5, Duration::from_secs(before)).unwrap();
                    assert!(missed.pace <= 0.05 && missed.end <= 0.10, "{seed} {pace}: {missed:?}");
                }
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_day() {
        assert_eq!(
            one_day(Day::Wave, Chance::new(7, 1, 2)),
            one_day(Day::Wave, Chance::new(7, 1, 2))
        );
    }
}
