//! What a system sample costs, against a bare loop that reads the same files and parses the same numbers.
//!
//! Both run on one thread in the same minutes, each at the full cadence and half an interval apart, so
//! that each finds the caches as cold as the other does. Their CPU time is the thread's own. Prints a
//! JSON object a line: name, value, unit, and the goal where there is one.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of ticks and nanoseconds of a short run fit a double, and back"
)]

use std::fs::File;
use std::hint::black_box;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ramscope_observe::Snapshot;
use ramscope_observe::clock::Clock;
use ramscope_observe::source::Source;
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;

/// The most that a sample may cost, as a multiple of the bare loop.
const GOAL: f64 = 1.3;

/// A cadence to measure at.
struct Cadence {
    name: &'static str,
    interval: Duration,
    ticks: u32,
}

const CADENCES: [Cadence; 2] = [
    Cadence { name: "1hz", interval: Duration::from_secs(1), ticks: 10 },
    Cadence { name: "100hz", interval: Duration::from_millis(10), ticks: 300 },
];

fn main() -> io::Result<()> {
    for cadence in &CADENCES {
        let (ours, bare) = measure(cadence)?;
        let (ours, bare) = (typical(&ours, cadence), typical(&bare, cadence));
        let name = |what| format!("observe.sample.{}.{what}", cadence.name);
        report(&name("cpu"), ours, "us", None)?;
        report(&name("bare_cpu"), bare, "us", None)?;
        report(&name("ratio"), ours / bare, "ratio", Some(GOAL))?;
    }
    Ok(())
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

/// Microseconds of CPU of each tick: ours, and the bare loop's.
fn measure(cadence: &Cadence) -> io::Result<(Vec<f64>, Vec<f64>)> {
    let clock = Clock::system();
    let mut source = Source::new(Path::new("/"));
    let mut bare = Bare::open();
    let mut snapshot = Snapshot::default();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for tick in 0..=cadence.ticks {
        let due = cadence.interval * tick;
        sleep_until(&clock, due);
        let before = cpu_us();
        source.sample(0, due, &mut snapshot).map_err(io::Error::other)?;
        let after = cpu_us();
        sleep_until(&clock, due + cadence.interval / 2);
        let bare_before = cpu_us();
        bare.tick(due);
        let bare_after = cpu_us();
        // The first tick opens files and learns names.
        if tick > 0 {
            ours.push(after - before);
            theirs.push(bare_after - bare_before);
        }
    }
    black_box(&snapshot);
    Ok((ours, theirs))
}

fn sleep_until(clock: &Clock, due: Duration) {
    std::thread::sleep(due.saturating_sub(clock.monotonic()));
}

fn cpu_us() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}

/// What a tick costs over time, robust against interrupts that are charged to this thread: the medians
/// of the ticks that read all files and of those that read only the fast ones, by how many there are
/// of each.
fn typical(ticks: &[f64], cadence: &Cadence) -> f64 {
    let a_second = Duration::from_secs(1).div_duration_f64(cadence.interval).round() as usize;
    let (mut whole, mut fast) = (Vec::new(), Vec::new());
    for (index, us) in ticks.iter().enumerate() {
        if (index + 1).is_multiple_of(a_second) { whole.push(*us) } else { fast.push(*us) }
    }
    let total = median(&mut whole) * whole.len() as f64 + median(&mut fast) * fast.len() as f64;
    total / ticks.len() as f64
}

fn median(ticks: &mut [f64]) -> f64 {
    ticks.sort_by(f64::total_cmp);
    ticks.get(ticks.len() / 2).copied().unwrap_or(0.0)
}

/// The bare loop: the same files, the same readings, digits made into numbers and nothing kept.
struct Bare {
    fast: Vec<Open>,
    slow: Vec<Open>,
    slow_due: Duration,
    buffer: Vec<u8>,
}

struct Open {
    file: File,
    /// A file of many records is over when nothing more comes.
    to_end: bool,
}

impl Bare {
    fn open() -> Bare {
        let once = |path: PathBuf| File::open(path).ok().map(|file| Open { file, to_end: false });
        let many = |path: &str| File::open(path).ok().map(|file| Open { file, to_end: true });
        let fast = [
            once("/proc/meminfo".into()),
            many("/proc/vmstat"),
            once("/proc/pressure/memory".into()),
        ];
        let slow = ["/proc/swaps", "/proc/buddyinfo", "/proc/zoneinfo"].map(many);
        Bare {
            fast: fast.into_iter().flatten().collect(),
            slow: slow
                .into_iter()
                .flatten()
                .chain(sys_files().into_iter().filter_map(once))
                .collect(),
            slow_due: Duration::ZERO,
            buffer: vec![0; 64 << 10],
        }
    }

    fn tick(&mut self, now: Duration) {
        let slow = now >= self.slow_due;
        if slow {
            self.slow_due = now + Duration::from_secs(1);
        }
        let due = if slow { &self.slow[..] } else { &[] };
        for open in self.fast.iter().chain(due) {
            black_box(numbers(open, &mut self.buffer));
        }
    }
}

/// The files of `/sys` that a sample reads.
fn sys_files() -> Vec<PathBuf> {
    let mm = Path::new("/sys/kernel/mm");
    let nodes = list("/sys/devices/system/node", "node")
        .into_iter()
        .flat_map(|node| [node.join("meminfo"), node.join("numastat")]);
    let pools = list("/sys/kernel/mm/hugepages", "hugepages-").into_iter().flat_map(|pool| {
        ["nr_hugepages", "free_hugepages", "resv_hugepages", "surplus_hugepages"]
            .map(|name| pool.join(name))
    });
    let zram = list("/sys/block", "zram").into_iter().map(|device| device.join("mm_stat"));
    let ksm = list("/sys/kernel/mm/ksm", "").into_iter().filter(|path| {
        std::fs::read_to_string(path).is_ok_and(|text| text.trim().parse::<u64>().is_ok())
            && !path.ends_with("general_profit")
    });
    let thp = ["enabled", "defrag"].map(|name| mm.join("transparent_hugepage").join(name));
    let zswap = ["enabled", "max_pool_percent"]
        .map(|name| Path::new("/sys/module/zswap/parameters").join(name));
    nodes.chain(pools).chain(zram).chain(ksm).chain(thp).chain(zswap).collect()
}

/// The entries of a folder whose names begin with `prefix`.
fn list(folder: &str, prefix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path())
        .collect()
}

/// Reads one file and parses every number in it.
fn numbers(open: &Open, buffer: &mut [u8]) -> u64 {
    let mut length = 0;
    while let Ok(read @ 1..) = open.file.read_at(&mut buffer[length..], length as u64) {
        length += read;
        if !open.to_end {
            break;
        }
    }
    let (mut sum, mut number) = (0u64, 0u64);
    for byte in &buffer[..length] {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
        } else {
            sum = sum.wrapping_add(number);
            number = 0;
        }
    }
    sum.wrapping_add(number)
}
