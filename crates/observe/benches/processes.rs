//! What looking at processes costs, beside a bare loop that does the same reads; what their history takes, and how fast a
//! moment of it comes back. Other monitors stand beside the whole program in `cargo xtask bench crowd`.
//!
//! Processes are `sleep`s of this program, ended with it. A look and the bare loop take turns on one thread, half a second
//! apart, so that each finds the caches as cold as the other does; their CPU time is the thread's own. The history of hours is
//! written in minutes, by a table whose clock is an argument. Prints a JSON object a line.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "counts of a short run fit a double, and back"
)]

use std::collections::HashSet;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use ramscope_observe::Snapshot;
use ramscope_observe::cgroups::{Cgroup, CgroupTable, Hierarchy, Reading, Slot};
use ramscope_observe::clock::Clock;
use ramscope_observe::history::{Event, History, HistoryError, Limits, Recorder};
use ramscope_observe::parse::table::Table;
use ramscope_observe::processes::{Identity, Process, ProcessTable};
use ramscope_observe::rates::Rates;
use ramscope_observe::source::Source;
use ramscope_observe::source::processes::Processes;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;

/// Looks that are measured, one a second.
const LOOKS: usize = 20;
/// How many processes start and end a second among the many.
const CHURN: usize = 50;
/// Hours of history that are written: a day, and one more that is thinned as it is.
const HOURS: u64 = 25;
/// When they begin: some full hour in November 2023.
const START_MS: i64 = 1_700_002_800_000;

fn main() -> io::Result<()> {
    raise_open_files();
    // Parts may be named behind `--`; without a name it is all of them.
    let named: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |part: &str| named.is_empty() || named.iter().any(|name| name == part);
    if is_wanted("few") {
        few()?;
    }
    if is_wanted("many") {
        many()?;
    }
    if is_wanted("history") {
        history()?;
    }
    Ok(())
}

fn report(name: &str, value: f64, unit: &str, goal: Option<f64>) -> io::Result<()> {
    let value = (value * 1000.0).round() / 1000.0;
    let mut line =
        json!({ "name": format!("observe.processes.{name}"), "value": value, "unit": unit });
    if let Some(goal) = goal {
        line["goal"] = json!(goal);
        line["goal_kind"] = json!("at_most");
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// The same reads, and nothing else.
struct Bare {
    /// A file that stays open, whose it is, and what it said last.
    statm: Vec<(File, u32, Vec<u8>)>,
    pids: Vec<u32>,
    /// Whose turn it is in the rotation.
    next: usize,
    turn: usize,
    buffer: Vec<u8>,
}

impl Bare {
    fn new() -> io::Result<Bare> {
        let mut pids: Vec<u32> = fs::read_dir("/proc")?
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .collect();
        // Kernel threads have an empty command line and no memory to read.
        pids.retain(|pid| {
            fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|words| !words.is_empty())
        });
        let statm = pids.iter().filter_map(|pid| {
            Some((File::open(format!("/proc/{pid}/statm")).ok()?, *pid, Vec::new()))
        });
        Ok(Bare { statm: statm.collect(), pids, next: 0, turn: 0, buffer: vec![0; 16 << 10] })
    }

    fn look(&mut self) {
        let mut sum = 0_u64;
        let whole = |path: &str, buffer: &mut [u8]| {
            let read = File::open(path).and_then(|file| file.read_at(buffer, 0));
            read.unwrap_or(0) as u64
        };
        sum += whole("/proc/loadavg", &mut self.buffer);
        if self.turn.is_multiple_of(5) {
            sum += whole("/proc/stat", &mut self.buffer);
            black_box(fs::read_dir("/proc").map(Iterator::count).ok());
        }
        for _ in 0..self.pids.len().div_ceil(30) {
            self.next = (self.next + 1) % self.pids.len();
            let pid = self.pids[self.next];
            for file in ["stat", "status", "cgroup"] {
                sum += whole(&format!("/proc/{pid}/{file}"), &mut self.buffer);
            }
        }
        for (file, pid, said) in &mut self.statm {
            let length = file.read_at(&mut self.buffer, 0).unwrap_or(0);
            sum += length as u64;
            // Where it moved, more is read, as it is by the look.
            if *said != self.buffer[..length] {
                said.clear();
                said.extend_from_slice(&self.buffer[..length]);
                for file in ["stat", "status"] {
                    sum += whole(&format!("/proc/{pid}/{file}"), &mut self.buffer);
                }
            }
        }
        self.turn += 1;
        black_box(sum);
    }
}

/// 500 processes: beside the bare loop, and beside others.
fn few() -> io::Result<()> {
    let _herd = Herd::of(500)?;
    let mut processes = Processes::new(Path::new("/"));
    let clock = Clock::system();
    let there = processes.look(clock.now()).unwrap_or_default();
    // Those of this bench: others come and go on this machine meanwhile.
    let herd = there.processes.iter().filter(|process| process.parent == std::process::id());
    let herd: HashSet<_> = herd.map(Process::key).collect();
    let mut bare = Bare::new()?;
    let (mut ours, mut bares) = (Vec::new(), Vec::new());
    let begun = clock.monotonic();
    for _ in 0..LOOKS {
        pause();
        // Proportional sets have a budget of their own, and the bare loop reads none.
        let spent = processes.pss_spent();
        let look = cpu_of(|| drop(black_box(processes.look(clock.now()))));
        ours.push(look - (processes.pss_spent() - spent).as_secs_f64() * 1e3);
        pause();
        bares.push(cpu_of(|| bare.look()));
    }
    let (ours_ms, bare_ms) = (median(ours), median(bares));
    report("500.look_cpu", ours_ms, "ms", None)?;
    report("500.bare_cpu", bare_ms, "ms", None)?;
    report("500.ratio", ours_ms / bare_ms, "ratio", Some(1.5))?;
    let mut known = 0;
    let mut seen = 1;
    for second in LOOKS..60 {
        pause();
        pause();
        let Some(table) = processes.look(clock.now()) else { continue };
        let people = || table.processes.iter().filter(|process| herd.contains(&process.key()));
        known = people().filter(|process| process.pss.known.is_some()).count();
        seen = people().count();
        if known == seen {
            report("500.pss_of_all_after", second as f64, "s", Some(60.0))?;
            break;
        }
    }
    let share = processes.pss_spent().as_secs_f64() / (clock.monotonic() - begun).as_secs_f64();
    report("500.pss_cpu", share * 100.0, "% of a core", Some(0.1))?;
    report("500.pss_known_in_60s", known as f64 / seen as f64, "share", None)
}

/// 5,000 processes of which 50 start and end a second, looked at and recorded.
fn many() -> io::Result<()> {
    let mut herd = Herd::of(5000)?;
    let folder = tempfile::tempdir()?;
    let clock = Clock::system();
    let mut recorder = recorder(folder.path(), clock.wall_ms())?;
    let mut processes = Processes::new(Path::new("/"));
    processes.look(clock.now());
    let mut costs = Vec::new();
    for _ in 0..LOOKS {
        pause();
        herd.churn(CHURN)?;
        pause();
        let mut failed = None;
        costs.push(cpu_of(|| {
            let now = clock.now();
            if let Some(table) = processes.look(now) {
                failed = recorder.record_processes(&table).err();
                recorder.maintain(now.wall).ok();
            }
        }));
        if let Some(error) = failed {
            return Err(io::Error::other(error));
        }
    }
    report("5000.cpu", median(costs) / 10.0, "% of a core", Some(5.0))?;
    report("5000.rss", resident_mib()?, "MiB", Some(64.0))
}

/// Hours of 5,000 processes at a look a second, and of all else that is written down beside them.
fn history() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut recorder = recorder(folder.path(), START_MS)?;
    let mut table = People::new();
    let mut around = Surroundings::new()?;
    let (mut costs, mut bytes) = (Vec::new(), 0);
    for second in 0..HOURS * 3600 {
        table.live(second);
        costs.push(cpu_of(|| {
            // A history that cannot be written tells by its size.
            let _ = recorder.record_processes(&table.table);
        }));
        around.live(second);
        around.record(&mut recorder).map_err(io::Error::other)?;
        let disk = recorder.maintain(table.table.time_ms).map_err(io::Error::other)?;
        bytes = disk.bytes;
    }
    report("5000.history_of_a_day", bytes as f64 / 1e6, "MB", Some(150.0))?;
    report("5000.record_cpu", median(costs), "ms", None)?;
    let history = History::open(folder.path()).map_err(io::Error::other)?;
    let clock = Clock::system();
    let (mut times, mut busy) = (Vec::new(), Vec::new());
    for step in 0..60_u64 {
        // Half of them within the last two hours, of which every look is kept.
        let all = if step.is_multiple_of(2) { HOURS * 3600 } else { 7200 };
        let ago = step * 7919 % all;
        let at = START_MS + (HOURS * 3600 - 1 - ago).cast_signed() * 1000;
        let before = clock.monotonic();
        let mut found = Ok(None);
        busy.push(cpu_of(|| found = history.processes_at(at)));
        let found = found.map_err(io::Error::other)?;
        black_box(found.map(|table| table.processes.len()));
        times.push((clock.monotonic() - before).as_secs_f64() * 1e3);
    }
    report("5000.moment", median(times.clone()), "ms", Some(50.0))?;
    report("5000.moment_slowest", times.into_iter().fold(0.0, f64::max), "ms", None)?;
    report("5000.moment_slowest_cpu", busy.into_iter().fold(0.0, f64::max), "ms", Some(50.0))
}

fn recorder(folder: &Path, now: i64) -> io::Result<Recorder> {
    let limits = Limits { max_age_ms: 30 * 86_400_000, max_bytes: 4 << 30 };
    Ok(Recorder::open(folder, limits, "a bench", now).map_err(io::Error::other)?.0)
}

/// Made-up processes: 300 applications in 40 cgroups, lives of 100 s on average, one in 20 moves a second.
struct People {
    table: ProcessTable,
    pid: u32,
    chance: Chance,
}

impl People {
    fn new() -> People {
        let mut people = People { table: ProcessTable::default(), pid: 1000, chance: Chance(7) };
        for slot in 0..5000 {
            let process = people.born(slot, START_MS - 1_000_000);
            people.table.processes.push(process);
        }
        people
    }

    fn born(&mut self, slot: u32, start_ms: i64) -> Process {
        let application = self.chance.draw(300);
        self.pid += 1 + self.chance.draw(3) as u32;
        let pages = 300 + application * 97 + self.chance.draw(40);
        Process {
            identity: Arc::new(Identity {
                pid: self.pid,
                start_ms,
                command: format!("application-{application}").into(),
                command_line: Some(format!("/usr/bin/application-{application} --serve").into()),
                user: "someone".into(),
                cgroup: format!("/system.slice/unit-{}.service", application % 40).into(),
                ..Identity::default()
            }),
            slot,
            parent: 1,
            threads: 1,
            rss_bytes: pages << 12,
            anon_bytes: (pages / 2) << 12,
            file_bytes: (pages - pages / 2) << 12,
            virtual_bytes: pages << 14,
            peak_bytes: pages << 12,
            minor_faults: pages,
            ..Process::default()
        }
    }

    fn live(&mut self, second: u64) {
        self.table.time_ms = START_MS + (second * 1000).cast_signed();
        for _ in 0..CHURN {
            let slot = self.chance.draw(5000);
            let start_ms = self.table.time_ms - self.chance.draw(100).cast_signed() * 10;
            self.table.processes[slot as usize] = self.born(slot as u32, start_ms);
        }
        for _ in 0..250 {
            let (slot, pages) = (self.chance.draw(5000) as usize, self.chance.draw(64));
            let process = &mut self.table.processes[slot];
            process.anon_bytes = process.anon_bytes / 2 + (pages << 12);
            process.rss_bytes = process.anon_bytes + process.file_bytes;
            process.peak_bytes = process.peak_bytes.max(process.rss_bytes);
            process.minor_faults += pages;
        }
    }
}

/// A generator of numbers: the step of a linear congruential one (Knuth, MMIX).
struct Chance(u64);

impl Chance {
    fn draw(&mut self, below: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    /// Up or down, by at most 128 `units`.
    fn wander(&mut self, value: u64, unit: u64) -> u64 {
        let by = self.draw(128) * unit;
        if self.draw(2) == 0 { value.saturating_add(by) } else { value.saturating_sub(by) }
    }
}

/// What is written down beside processes: this machine's own numbers, 40 groups, of which half are limited, and an event a minute.
/// As many numbers move each second as do on a machine that builds programs: 20 of 54 fields of meminfo, 22 of 52 gauges and 12 of
/// 140 counters of vmstat.
struct Surroundings {
    before: Snapshot,
    snapshot: Snapshot,
    groups: CgroupTable,
    event: Option<Event>,
    chance: Chance,
}

impl Surroundings {
    fn new() -> io::Result<Surroundings> {
        let mut snapshot = Snapshot::default();
        Source::new(Path::new("/"))
            .sample(START_MS, Duration::ZERO, &mut snapshot)
            .map_err(io::Error::other)?;
        let group = |number: u64| Cgroup {
            id: 100 + number,
            parent: (number > 0).then_some(Slot(0)),
            depth: u32::from(number > 0),
            name: if number > 0 {
                format!("unit-{number}.service").into_bytes()
            } else {
                Vec::new()
            }
            .into(),
            current_bytes: Some(number << 26),
            reading: Some(Box::new(Reading {
                limit_bytes: number.is_multiple_of(2).then_some((number + 1) << 28),
                anon_bytes: Some(number << 25),
                file_bytes: Some(number << 24),
                kernel_bytes: Some(number << 20),
                ..Reading::default()
            })),
            ..Cgroup::default()
        };
        let groups = CgroupTable {
            hierarchy: Hierarchy::V2,
            mount_root: (*b"/").into(),
            groups: (0..=40).map(|number| Some(Arc::new(group(number)))).collect(),
            ..CgroupTable::default()
        };
        let before = snapshot.clone();
        Ok(Surroundings { before, snapshot, groups, event: None, chance: Chance(11) })
    }

    fn live(&mut self, second: u64) {
        let Surroundings { before, snapshot, groups, chance, .. } = self;
        before.clone_from(snapshot);
        snapshot.time_ms = START_MS + (second * 1000).cast_signed();
        snapshot.monotonic = Duration::from_secs(second + 1);
        let fields = snapshot.meminfo.iter().enumerate().map(|(at, (name, value))| {
            (name, if at % 5 < 2 { chance.wander(value, 4096) } else { value })
        });
        snapshot.meminfo = Table::from_pairs(fields.collect::<Vec<_>>());
        let fields = snapshot.vmstat.iter().enumerate().map(|(at, (name, value))| {
            let moved = match name.starts_with("nr_") {
                true if at % 5 < 2 => chance.wander(value, 1),
                false if at.is_multiple_of(12) => value + chance.draw(2000),
                _ => value,
            };
            (name, moved)
        });
        snapshot.vmstat = Table::from_pairs(fields.collect::<Vec<_>>());
        (groups.time_ms, groups.now) = (snapshot.time_ms, snapshot.monotonic);
        for group in groups.groups.iter_mut().flatten().map(Arc::make_mut) {
            group.current_bytes = group.current_bytes.map(|bytes| chance.wander(bytes, 4096));
            group.current_at = groups.now;
            // All but their use is read by rotation, each every ten seconds.
            let Some(reading) = group.reading.as_mut().filter(|_| second % 10 == group.id % 10)
            else {
                continue;
            };
            group.read_at = groups.now;
            reading.anon_bytes = reading.anon_bytes.map(|bytes| chance.wander(bytes, 1 << 16));
            reading.file_bytes = reading.file_bytes.map(|bytes| chance.wander(bytes, 1 << 16));
        }
        self.event = second.is_multiple_of(60).then(|| Event {
            time_ms: snapshot.time_ms,
            kind: "process.jumped".into(),
            subject: format!("application-{} ({second})", chance.draw(300)),
            detail: format!("its memory grew by {} MiB within a second", chance.draw(1000)),
            facts: None,
        });
    }

    fn record(&self, recorder: &mut Recorder) -> Result<(), HistoryError> {
        let rates = Rates::between(&self.before, &self.snapshot);
        recorder.record(&self.snapshot, rates.as_ref())?;
        recorder.record_cgroups(&self.groups)?;
        self.event.as_ref().map_or(Ok(()), |event| recorder.event(event))
    }
}

/// A child that is ended with its parent.
struct Ended(Child);

impl Ended {
    fn end(&mut self) {
        // One that has ended already is as well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.end();
    }
}

/// Many processes that do nothing.
struct Herd(std::collections::VecDeque<Ended>);

impl Herd {
    fn of(count: usize) -> io::Result<Herd> {
        Ok(Herd((0..count).map(|_| sleeper()).collect::<io::Result<_>>()?))
    }

    /// Ends the oldest, and starts as many.
    fn churn(&mut self, count: usize) -> io::Result<()> {
        for _ in 0..count {
            self.0.pop_front();
            self.0.push_back(sleeper()?);
        }
        Ok(())
    }
}

fn sleeper() -> io::Result<Ended> {
    // It ends by itself, should this program be killed.
    Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().map(Ended)
}

fn pause() {
    std::thread::sleep(Duration::from_millis(500));
}

/// CPU time of this thread while `work` runs, in milliseconds.
fn cpu_of(work: impl FnOnce()) -> f64 {
    let now = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default();
    let before = now();
    work();
    (now() - before).as_secs_f64() * 1e3
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

fn resident_mib() -> io::Result<f64> {
    let statm = fs::read_to_string("/proc/self/statm")?;
    let pages: f64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0.0);
    Ok(pages * rustix::param::page_size() as f64 / f64::from(1 << 20))
}

fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    // Refused means fewer descriptors are kept, and looks cost more.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}
