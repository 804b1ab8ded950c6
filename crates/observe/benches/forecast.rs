//! How often a forecast cries wolf, how exactly it names a leak, and what one costs. Everything is made up from seeds, so that the
//! numbers are the same on every machine, but for the cost. Prints a JSON object a line: name, value, unit, goal.

use std::hint::black_box;
use std::io::{self, Write};
use std::time::Duration;

use ramscope_observe::forecast::{Consequence, Forecast, Series, generate};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;

/// Days of each of the eight sorts.
const DAYS: u32 = 10;
/// Leaks of each pace.
const LEAKS: u64 = 100;
/// Bytes a second that leak.
const PACES: [f64; 4] = [0.5e6, 2e6, 8e6, 64e6];
/// Forecasts whose cost is measured.
const ROUNDS: u32 = 2000;

fn main() -> io::Result<()> {
    let tally = generate::false_alarms(20_261_129, DAYS);
    let share = |count: u32| 100.0 * f64::from(count) / f64::from(tally.asked.max(1));
    report("observe.forecast.false_alarms", share(tally.ends), "%", Some(1.0))?;
    report("observe.forecast.pace_without_an_end", share(tally.trends - tally.ends), "%", None)?;
    let (mut pace, mut end, mut unnamed) = (0.0f64, 0.0f64, 0u32);
    for seed in 0..LEAKS {
        for bytes_per_s in PACES {
            match generate::leak(seed, bytes_per_s, 5e5, Duration::from_secs(600)) {
                Some(missed) => (pace, end) = (pace.max(missed.pace), end.max(missed.end)),
                None => unnamed += 1,
            }
        }
    }
    report("observe.forecast.leak_pace_missed_at_worst", pace * 100.0, "%", Some(5.0))?;
    report("observe.forecast.leak_end_missed_at_worst", end * 100.0, "%", Some(10.0))?;
    report("observe.forecast.leaks_not_named", f64::from(unnamed), "leaks", Some(0.0))?;
    report("observe.forecast.cost", cost(), "us", None)
}

/// Microseconds of CPU of one forecast of a series that grows, which is looked at most closely.
fn cost() -> f64 {
    let mut series = Series::default();
    for second in 0..20_000u32 {
        series.push(Duration::from_secs(second.into()), f64::from(second) * 1e6);
    }
    let begun = cpu();
    for _ in 0..ROUNDS {
        black_box(Forecast::of(black_box(&series), Some(1 << 40), Consequence::OutOfMemory));
    }
    (cpu() - begun).as_secs_f64() * 1e6 / f64::from(ROUNDS)
}

/// CPU time of this thread.
fn cpu() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

fn report(name: &str, value: f64, unit: &str, goal: Option<f64>) -> io::Result<()> {
    let value = (value * 1000.0).round() / 1000.0;
    let mut line = json!({ "name": name, "value": value, "unit": unit });
    if let Some(goal) = goal {
        line["goal"] = json!(goal);
        line["goal_kind"] = json!("at_most");
    }
    writeln!(io::stdout(), "{line}")
}
