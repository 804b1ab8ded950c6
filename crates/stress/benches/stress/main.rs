//! What a run achieves, against bare loops that do the same to the same memory in the same minute.
//!
//! Prints a JSON object a line: name, value, unit, and the goal where there is one. Loops and workers take turns, so that
//! a machine that is busy is busy for both, and the median of their ratios counts.

#![expect(
    clippy::cast_precision_loss,
    reason = "bytes and nanoseconds of a short run fit a double"
)]

mod bare;

use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use ramscope_stress::source::Source;
use ramscope_stress::{Event, Kind, Launch, Plan, Progress, Report, Request, Run, State};
use serde_json::json;

/// How often loop and worker take turns.
const ROUNDS: usize = 5;
/// What is held: well beyond every cache, and not more than a quarter of what there is.
const SIZE_BYTES: u64 = 2 << 30;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    // As polite as a worker is: on a machine that is busy, neither gets more of it than the other.
    rustix::process::setpriority_process(None, 10)?;
    let bench = Bench::new()?;
    bench.fill()?;
    bench.access()?;
    bench.ramp()?;
    bench.hold()
}

/// Which side of a goal is the good one.
#[derive(Clone, Copy)]
enum Goal {
    AtLeast(f64),
    AtMost(f64),
    None,
}

fn report(name: &str, value: f64, unit: &str, goal: Goal) -> io::Result<()> {
    let mut line = json!({ "name": format!("stress.{name}"), "value": value, "unit": unit });
    let (goal, kind) = match goal {
        Goal::None => return writeln!(io::stdout(), "{line}"),
        Goal::AtLeast(goal) => (goal, "at_least"),
        Goal::AtMost(goal) => (goal, "at_most"),
    };
    line["goal"] = json!(goal);
    line["goal_kind"] = json!(kind);
    writeln!(io::stdout(), "{line}")
}

struct Bench {
    /// Where runs are announced.
    place: tempfile::TempDir,
    size_bytes: u64,
}

impl Bench {
    fn new() -> Outcome<Bench> {
        let available = Source::open(Path::new("/")).limits()?.left().0;
        let size_bytes = SIZE_BYTES.min(available / 4) >> 21 << 21;
        Ok(Bench { place: tempfile::tempdir()?, size_bytes })
    }

    fn plan(&self, members: serde_json::Value) -> Outcome<Plan> {
        let mut request: Request = serde_json::from_value(members)?;
        request.size = Some(ramscope_stress::Quantity::Bytes(self.size_bytes));
        Ok(Plan::decide(&request, &Source::open(Path::new("/")).limits()?)?)
    }

    /// Starts a run, and hands its looks on.
    fn start(&self, plan: &Plan) -> Outcome<(Run, Receiver<Progress>)> {
        let launch =
            Launch::new(env!("CARGO_BIN_EXE_stress-worker").into(), self.place.path().to_owned());
        let (looks, seen) = channel();
        let run = Run::start(&launch, plan, move |event| {
            if let Event::Progress(progress) = event {
                // Whoever has seen enough listens no more.
                let _ = looks.send(progress.clone());
            }
        })?;
        Ok((run, seen))
    }

    /// Runs until what is planned is held, and ends it.
    fn until_held(&self, plan: &Plan) -> Outcome<Report> {
        let (mut run, looks) = self.start(plan)?;
        looks.iter().find(|look| look.state == State::Holding).ok_or("it never held its size")?;
        run.stop();
        Ok(run.wait())
    }

    /// Taking memory, kind by kind.
    fn fill(&self) -> Outcome<()> {
        for (kind, name) in
            [(Kind::Anon, "anon"), (Kind::Populated, "populated"), (Kind::Thp, "thp")]
        {
            let plan = self.plan(json!({ "kind": name }))?;
            let (mut ours, mut ratios) = (Vec::new(), Vec::new());
            // A virtual machine pays its host for pages that it has not had before: neither pays for the other.
            bare::fill(kind, self.size_bytes)?;
            for round in 0..ROUNDS {
                let before = (round % 2 == 0).then(|| bare::fill(kind, self.size_bytes));
                let filled = per_ns(self.until_held(&plan)?.fill_bytes_per_s);
                let bare = before.unwrap_or_else(|| bare::fill(kind, self.size_bytes))?;
                ours.push(filled);
                ratios.push(filled / bare);
            }
            report(&format!("fill.{name}"), median(ours), "GB/s", Goal::None)?;
            let name = format!("fill.{name}.of_bare_loop");
            report(&name, median(ratios), "ratio", Goal::AtLeast(0.95))?;
        }
        Ok(())
    }

    /// Accessing what is held.
    fn access(&self) -> Outcome<()> {
        let mut memory = bare::Memory::filled(self.size_bytes)?;
        for (name, write_percent) in [("write", 100), ("read", 0)] {
            let plan =
                self.plan(json!({ "access": "sequential", "write_percent": write_percent }))?;
            let (mut ours, mut ratios) = (Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                let bare = if write_percent > 0 { memory.write() } else { memory.read() };
                let accessed = self.accessed(&plan)?;
                ours.push(accessed);
                ratios.push(accessed / bare);
            }
            report(&format!("access.{name}"), median(ours), "GB/s", Goal::None)?;
            let name = format!("access.{name}.of_bare_loop");
            report(&name, median(ratios), "ratio", Goal::AtLeast(0.95))?;
        }
        Ok(())
    }

    /// How fast held memory is accessed, in bytes a nanosecond: the median of four looks while nothing else happens.
    fn accessed(&self, plan: &Plan) -> Outcome<f64> {
        let (run, looks) = self.start(plan)?;
        let held = looks.iter().skip_while(|look| look.state != State::Holding);
        let rates = held.skip(1).take(4).map(|look| per_ns(look.access_bytes_per_s));
        let rates: Vec<f64> = rates.collect();
        drop(run);
        Ok(median(rates))
    }

    /// The curve of a ramp, at every look from its first second on.
    fn ramp(&self) -> Outcome<()> {
        let plan = self.plan(json!({ "pattern": "ramp", "for_ms": 18_000 }))?;
        let (run, _) = self.start(&plan)?;
        let samples = run.wait().samples;
        let errors = samples.iter().filter(|look| look.elapsed_ms >= 1000).map(error);
        let worst = errors.fold(0.0, f64::max);
        report("ramp.off_its_curve", worst, "ratio", Goal::AtMost(0.02)).map_err(Into::into)
    }

    /// What is held, what the worker needs beside it, and what holding costs.
    fn hold(&self) -> Outcome<()> {
        let plan = self.plan(json!({ "for_ms": 20_000 }))?;
        let (run, looks) = self.start(&plan)?;
        let pid = run.started().pid;
        let mut held = looks.iter().skip_while(|look| look.state != State::Holding).skip(2);
        let first = held.next().ok_or("it never held its size")?;
        report("hold.off_its_size", error(&first), "ratio", Goal::AtMost(0.005))?;
        let resident = status_bytes(pid, "VmRSS:")?.saturating_sub(self.size_bytes);
        report("hold.overhead", resident as f64 / f64::from(1 << 20), "MiB", Goal::AtMost(4.0))?;
        let before = (first.elapsed_ms, cpu_ns(pid)?);
        let last = held.nth(19).ok_or("it ended too early")?;
        let span = Duration::from_millis(last.elapsed_ms - before.0);
        let share = (cpu_ns(pid)? - before.1) as f64 / span.as_nanos() as f64;
        report("hold.idle_cpu", share * 100.0, "% of a core", Goal::AtMost(0.1))?;
        let report_at_end = run.wait();
        let returned = report_at_end.ending.returned_ms;
        report("hold.returned_in", returned as f64, "ms", Goal::None).map_err(Into::into)
    }
}

/// How far a look is from its plan, as a part of it.
fn error(look: &Progress) -> f64 {
    look.reached_bytes.abs_diff(look.planned_bytes) as f64 / look.planned_bytes as f64
}

/// Bytes a second, as gigabytes: bytes a nanosecond.
fn per_ns(bytes_per_s: u64) -> f64 {
    bytes_per_s as f64 / 1e9
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// An amount of `/proc/PID/status`, in bytes.
fn status_bytes(pid: u32, name: &str) -> Outcome<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? << 10)
}

/// CPU time of all threads of a process, in nanoseconds.
fn cpu_ns(pid: u32) -> Outcome<u64> {
    let mut sum = 0;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let text = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        sum += text.split(' ').next().unwrap_or("").parse::<u64>()?;
    }
    Ok(sum)
}
