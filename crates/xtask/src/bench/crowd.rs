//! A machine of many processes: what the server and `ramscope top` take beside other monitors, and how fast a moment of the past
//! comes back.
//!
//! The processes are `sleep`s of this program, which end by themselves should it be killed. Monitors run one after another on a
//! terminal of the same size, each looking once a second.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::measure::Measure;
use super::server::{CpuMeter, Server, percent};
use super::{Bench, http};

/// What only the start costs is over by then.
const WARM_UP: Duration = Duration::from_secs(5);
/// How long each is watched, in seconds.
const SECONDS: u32 = 20;
/// How many processes start and end a second among the many.
const CHURN: usize = 50;
/// Moments that are asked for.
const MOMENTS: u32 = 20;
/// The terminal that monitors draw on.
const TERMINAL: &str = "stty rows 48 cols 160; exec ";

/// Others, and how each is told to look once a second; btop is told by its file.
const OTHERS: [(&str, &str); 4] =
    [("btop", "btop"), ("htop", "htop -d 10"), ("bottom", "btm --rate 1000"), ("atop", "atop 1")];

/// 500 processes beside other monitors, then 5,000 of which some start and end.
///
/// # Errors
/// When the server does not start, or processes cannot be started.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Measure>> {
    let mut measures = few(bench)?;
    measures.extend(many(bench)?);
    Ok(measures)
}

fn few(bench: &Bench<'_>) -> Result<Vec<Measure>> {
    let _crowd = Crowd::of(500)?;
    let data = bench.empty_folder("crowd")?;
    let server = Server::start(&bench.binary, &data, "1s")?;
    println!("500 processes: the server for {SECONDS} s, then monitors");
    thread::sleep(WARM_UP);
    let served = watched(server.pid(), || Ok(()))?;
    let top = format!("{} top --data-dir {}", quoted(&bench.binary), quoted(&data));
    let top = monitor(&data, &top)?;
    let mut measures = vec![
        told("500 processes: the whole server, CPU a second", served),
        told("500 processes: ramscope top, CPU a second", top),
    ];
    for (name, command) in OTHERS {
        let program = command.split(' ').next().unwrap_or(command);
        if Command::new(program).arg("--version").output().is_err() {
            println!("{name} is not installed here, and was not measured");
            continue;
        }
        let other = monitor(&data, command)?;
        measures.push(told(&format!("500 processes: {name}, CPU a second"), other));
        for (own, ours) in [("the whole server", served), ("ramscope top", top)] {
            let what = format!("500 processes: {own} beside {name}");
            measures.push(Measure::at_most(&what, ours / other, "×", 1.0));
        }
    }
    server.interrupt()?;
    Ok(measures)
}

fn many(bench: &Bench<'_>) -> Result<Vec<Measure>> {
    let mut crowd = Crowd::of(5000)?;
    let server = Server::start(&bench.binary, &bench.empty_folder("crowd")?, "1s")?;
    println!("5,000 processes, {CHURN} of them new each second, for {SECONDS} s");
    thread::sleep(WARM_UP);
    let cpu = watched(server.pid(), || crowd.churn(CHURN))?;
    let resident = server.mebibytes("VmHWM")?;
    let mut times = (0..MOMENTS)
        .map(|step| moment(&server, 1 + step % SECONDS))
        .collect::<Result<Vec<_>>>()
        .context("asking for moments of the past")?;
    times.sort_unstable_by(f64::total_cmp);
    let (middle, slowest) = (times[times.len() / 2], times[times.len() - 1]);
    server.interrupt()?;
    let name = |what: &str| format!("5,000 processes, {CHURN} new each second: {what}");
    Ok(vec![
        Measure::at_most(&name("the whole server, CPU of a core"), cpu / 10.0, "%", 5.0),
        Measure::at_most(&name("resident at its peak"), resident, "MiB", 64.0),
        Measure::at_most(&name("a moment of the past, middle"), middle, "ms", 50.0),
        Measure::told(&name("a moment of the past, slowest"), slowest, "ms"),
    ])
}

/// How long the table of so many seconds ago takes, in milliseconds, as a page asks for it.
fn moment(server: &Server, seconds: u32) -> Result<f64> {
    let path = format!("/api/v1/processes?at={seconds}s&limit=100&sort=growth");
    let started = Instant::now();
    let told = http::json(server.address, &path)?;
    let took = started.elapsed().as_secs_f64() * 1e3;
    let seen = told.get("seen").and_then(Value::as_u64).unwrap_or(0);
    if seen < 5000 {
        bail!("the moment {seconds} s ago has {seen} processes");
    }
    Ok(took)
}

/// The CPU time of a process, in milliseconds a second, while `each` happens every second.
fn watched(pid: u32, mut each: impl FnMut() -> Result<()>) -> Result<f64> {
    let started = Instant::now();
    let mut meter = CpuMeter::start(pid)?;
    for second in 1..=SECONDS {
        each()?;
        thread::sleep((Duration::from_secs(1) * second).saturating_sub(started.elapsed()));
        meter.look()?;
    }
    Ok(percent(meter.look()?, started.elapsed()) * 10.0)
}

/// What a monitor takes on a terminal of its own, in milliseconds of CPU a second.
fn monitor(home: &Path, command: &str) -> Result<f64> {
    // btop's own interval is two seconds; it is told no other way.
    let config = home.join("config/btop");
    fs::create_dir_all(&config)?;
    fs::write(config.join("btop.conf"), "update_ms = 1000\n")?;
    let mut script = Command::new("script")
        .args(["-qfc", &format!("{TERMINAL}{command}"), "/dev/null"])
        .env("TERM", "xterm-256color")
        .env("COLORTERM", "truecolor")
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(Ended)
        .context("running `script`, which gives monitors a terminal")?;
    thread::sleep(WARM_UP);
    let pid = only_child(script.0.id()).with_context(|| format!("`{command}` does not run"))?;
    let cpu = watched(pid, || Ok(()));
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // It may have ended by itself.
    let _ = pid.map(|pid| kill_process(pid, Signal::TERM));
    script.end();
    cpu
}

/// The process that another one started.
fn only_child(pid: u32) -> Result<u32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let children = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    let first = children.split_whitespace().next().context("it has ended")?;
    Ok(first.parse()?)
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

fn told(what: &str, cpu_ms: f64) -> Measure {
    Measure::told(what, cpu_ms, "ms")
}

/// A child that is ended with its parent.
#[derive(Debug)]
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
#[derive(Debug)]
struct Crowd(VecDeque<Ended>);

impl Crowd {
    fn of(count: usize) -> Result<Crowd> {
        println!("starting {count} processes");
        Ok(Crowd((0..count).map(|_| sleeper()).collect::<Result<_>>()?))
    }

    /// Ends the oldest, and starts as many.
    fn churn(&mut self, count: usize) -> Result<()> {
        for _ in 0..count {
            self.0.pop_front();
            self.0.push_back(sleeper()?);
        }
        Ok(())
    }
}

fn sleeper() -> Result<Ended> {
    let sleep = Command::new("sleep").arg("600").stdin(Stdio::null()).spawn();
    sleep.map(Ended).context("starting one of many processes")
}
