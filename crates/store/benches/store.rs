//! What a history costs: bytes a sample, time a row, time a question; each as a line of JSON with
//! its goal.
//!
//! The recording is made up, from the seed below, in the shape of a busy machine: 400 series, of
//! which 60 are amounts of memory that move by whole pages nearly each second, 100 are counters (a
//! fifth of them by thousands a second, two fifths by tens, two fifths seldom), 20 change now and
//! then, and the rest never does.

use std::fs;
use std::path::Path;
use std::time::Instant;

use ramscope_store::{FILE_NAME, Kind, Limits, Reader, SeriesSpec, Shape, Span, Store, TimeMs};

const SEED: u64 = 0x2545_f491_4f6c_dd1d;
const START_MS: TimeMs = 1_700_002_800_000; // a full hour
const HOUR_S: i64 = 3600;
const DAY_S: i64 = 24 * HOUR_S;
const SERIES: usize = 400;
const LIMITS: Limits = Limits { max_age_ms: i64::MAX, max_bytes: u64::MAX };

/// Pseudo-random numbers: xorshift64* (Vigna, 2016).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: i64) -> i64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(SEED) >> 33;
        i64::try_from(high).unwrap_or(0) % end
    }

    fn around_zero(&mut self, most: i64) -> i64 {
        self.below(2 * most + 1) - most
    }
}

/// The machine that is recorded.
struct Machine {
    chance: Chance,
    values: Vec<Option<i64>>,
}

impl Machine {
    fn new() -> Self {
        let values = (0_i64..).take(SERIES).map(|n| Some((1_000_000 + n * 777) * 4096)).collect();
        Self { chance: Chance(SEED), values }
    }

    fn tick(&mut self) -> &[Option<i64>] {
        for (place, value) in self.values.iter_mut().enumerate() {
            let chance = &mut self.chance;
            *value.get_or_insert(0) += match place {
                0..60 if chance.below(10) == 0 => 4096 * chance.around_zero(3000),
                0..60 => 4096 * chance.around_zero(40),
                60..80 => 5000 + chance.around_zero(1500),
                80..120 => chance.below(60),
                120..160 => i64::from(chance.below(50) == 0),
                160..180 if chance.below(300) == 0 => chance.around_zero(9),
                _ => 0,
            };
        }
        &self.values
    }
}

fn open(dir: &Path) -> (Store, Shape) {
    let (mut store, _) = Store::open(dir, LIMITS, "the bench", START_MS).expect("a new directory");
    let spec = |n: usize| {
        let kind = if (60..160).contains(&n) { Kind::Counter } else { Kind::Gauge };
        SeriesSpec { name: format!("series.{n}"), kind, unit: "bytes".to_owned() }
    };
    let shape =
        store.declare(&(0..SERIES).map(spec).collect::<Vec<_>>()).expect("room on the disk");
    (store, shape)
}

/// Records some seconds, from one after the start to another; each `every` rows are looked after as
/// if at once.
fn record(store: &mut Store, shape: Shape, machine: &mut Machine, seconds: [i64; 2], every: i64) {
    for second in seconds[0]..seconds[1] {
        let time = START_MS + second * 1000;
        store.append(time, shape, machine.tick()).expect("room on the disk");
        if second % every == every - 1 {
            // One call does one thing: seal, roll up, write the log back.
            for _ in 0..if every == 1 { 1 } else { 4 } {
                store.maintain(time).expect("room on the disk");
            }
        }
    }
}

/// The time this thread has computed, in nanoseconds.
fn computed_ns() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0)
}

#[expect(clippy::disallowed_methods, reason = "a bench is one of the edges where time is measured")]
fn milliseconds(run: impl FnOnce()) -> f64 {
    let start = Instant::now();
    run();
    start.elapsed().as_secs_f64() * 1e3
}

fn median_of_50(mut run: impl FnMut()) -> f64 {
    let mut times = (0..50).map(|_| milliseconds(&mut run)).collect::<Vec<_>>();
    times.sort_by(f64::total_cmp);
    times[25]
}

fn ask(reader: &Reader, seconds: i64) {
    let span = Span { from: START_MS, to: START_MS + seconds * 1000 };
    let answer = reader.range(&["series.7"], span, Some(1000)).expect("it was recorded");
    assert!(answer.time_ms.len() > 900, "{}", answer.time_ms.len());
}

#[expect(clippy::print_stdout, reason = "the lines are what the bench is for")]
fn report(name: &str, value: f64, unit: &str, goal: f64) {
    println!(
        "{{\"name\":\"store.{name}\",\"value\":{value:.3},\"unit\":\"{unit}\",\"goal\":{goal},\"goal_kind\":\"at_most\"}}"
    );
}

#[expect(clippy::cast_precision_loss, reason = "sizes and times are far below 2^53")]
fn bench_writing(dir: &Path, machine: &mut Machine) {
    let (mut store, shape) = open(dir);
    record(&mut store, shape, machine, [0, HOUR_S], 600);

    let size = || fs::metadata(dir.join(FILE_NAME)).map_or(0, |found| found.len());
    let (mut appending_ns, mut longest_ms, before_ns) = (0, 0.0_f64, computed_ns());
    for second in HOUR_S..2 * HOUR_S {
        let time = START_MS + second * 1000;
        let values = machine.tick().to_vec();
        let start_ns = computed_ns();
        store.append(time, shape, &values).expect("room on the disk");
        appending_ns += computed_ns() - start_ns;
        let took_ms = milliseconds(|| {
            store.maintain(time).expect("room on the disk");
        });
        longest_ms = longest_ms.max(took_ms);
    }
    let all_ns = computed_ns() - before_ns;
    report("append_us", appending_ns as f64 / 3600.0 / 1e3, "us", 50.0);
    report("tick_us", all_ns as f64 / 3600.0 / 1e3, "us", 200.0);
    report("longest_maintain_ms", longest_ms, "ms", 100.0);

    let before = size();
    record(&mut store, shape, machine, [2 * HOUR_S, DAY_S], 600);
    let samples = (DAY_S - 2 * HOUR_S) as f64 * SERIES as f64;
    store.close().expect("room on the disk");
    report("bytes_a_sample", (size() - before) as f64 / samples, "bytes", 1.0);
}

fn bench_reading(dir: &Path, span: &str, seconds: i64, goal: f64) {
    let reader = Reader::open(dir).expect("it was recorded");
    ask(&reader, seconds);
    report(&format!("{span}_warm_ms"), median_of_50(|| ask(&reader, seconds)), "ms", goal);
    let reopened = median_of_50(|| ask(&Reader::open(dir).expect("it was recorded"), seconds));
    report(&format!("{span}_reopened_ms"), reopened, "ms", goal);
}

#[expect(clippy::cast_precision_loss, reason = "a size is far below 2^53")]
fn main() {
    let dir = tempfile::tempdir().expect("a directory for the bench");
    let mut machine = Machine::new();
    bench_writing(dir.path(), &mut machine);
    bench_reading(dir.path(), "day_1000_points", DAY_S, 2.0);

    let (mut store, shape) = open(dir.path());
    record(&mut store, shape, &mut machine, [DAY_S, 30 * DAY_S], 600);
    store.close().expect("room on the disk");
    bench_reading(dir.path(), "month_1000_points", 30 * DAY_S, 20.0);
    let size = fs::metadata(dir.path().join(FILE_NAME)).map_or(0, |found| found.len());
    report("month_file_mib", size as f64 / f64::from(1 << 20), "MiB", 1024.0);
}
