//! A load on memory: ours against bare loops, and Debian's stress-ng beside it, on the same machine in the same run.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::Bench;
use super::measure::Measure;
use crate::command;
use crate::needs;

/// What stress-ng is asked to hold and to access.
const SIZE_MIB: f64 = 2048.0;

/// How long it is waited for until it holds that.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long after that it takes no more.
const SETTLED: Duration = Duration::from_secs(1);

/// What the crate's own bench prints, and what stress-ng comes to.
///
/// # Errors
/// When the bench fails, or stress-ng is missing and cannot be installed here.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Measure>> {
    let mut measures = bench.cargo_bench("ramscope-stress", "stress")?;
    let program = needs::stress_ng()?;
    let rate = command::show(Command::new(&program).args([
        "--memrate",
        "1",
        "--memrate-bytes",
        "2g",
        "--timeout",
        "10s",
        "--metrics-brief",
    ]))?;
    for (name, rate) in rate.lines.iter().filter_map(|line| memory_rate(line)) {
        measures.push(Measure::told(&format!("stress-ng: memrate {name}"), rate / 1e3, "GB/s"));
    }
    let holding = Command::new(&program)
        .args(["--vm", "1", "--vm-bytes", "2g", "--vm-keep", "--vm-hang", "0", "--quiet"])
        .args(["--timeout", "120s"])
        .stdin(Stdio::null())
        .spawn()
        .context("starting stress-ng")?;
    measures.extend(hold(&Holding(holding))?);
    Ok(measures)
}

/// stress-ng while it holds memory; ended when it is dropped.
struct Holding(Child);

impl Drop for Holding {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.0);
        // It ends its own children when it is asked to; it may be over already.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
        let _ = self.0.wait();
    }
}

/// How long it takes to hold its size, and what it needs beside that.
fn hold(holding: &Holding) -> Result<Vec<Measure>> {
    let begun = Instant::now();
    while resident_mib(holding.0.id()) < SIZE_MIB {
        if begun.elapsed() > PATIENCE {
            bail!("stress-ng does not hold {SIZE_MIB} MiB after {} s", PATIENCE.as_secs());
        }
        thread::sleep(Duration::from_millis(5));
    }
    let seconds = begun.elapsed().as_secs_f64();
    thread::sleep(SETTLED);
    let resident = resident_mib(holding.0.id());
    let rate = SIZE_MIB * f64::from(1 << 20) / 1e9 / seconds;
    Ok(vec![
        Measure::told("stress-ng: vm, from its start to its size", rate, "GB/s"),
        Measure::told("stress-ng: vm, resident beside its size", resident - SIZE_MIB, "MiB"),
    ])
}

/// What a process and its descendants have resident, in MiB.
fn resident_mib(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children = children.unwrap_or_default();
    let below =
        children.split_whitespace().filter_map(|child| child.parse().ok()).map(resident_mib);
    kib.unwrap_or(0.0) / 1024.0 + below.sum::<f64>()
}

/// The name and the megabytes a second in a line such as `… memrate  1770.21 write64stoq MB per sec (…)`.
fn memory_rate(line: &str) -> Option<(&str, f64)> {
    let (_, rest) = line.split_once("] memrate ")?;
    let (rate, name) = rest.trim().split_once(' ')?;
    let (name, _) = name.split_once(" MB per sec")?;
    Some((name, rate.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rates_of_stress_ng_are_found_among_its_lines() {
        let line =
            "stress-ng: metrc: [7] memrate             1770.21 write64stoq MB per sec (mean)";
        assert_eq!(memory_rate(line), Some(("write64stoq", 1770.21)));
        let other = "stress-ng: metrc: [7] memrate               1      5.52      1.12      0.40";
        assert_eq!(memory_rate(other), None);
    }
}
