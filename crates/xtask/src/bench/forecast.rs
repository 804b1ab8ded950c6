//! Whether forecasts are right: made-up days and leaks in the crate's own bench, and a real leak seen by a real server.

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use super::Bench;
use super::http;
use super::measure::Measure;
use super::server::Server;

/// The leak: so much, over so long.
const SIZE_MIB: f64 = 1200.0;
const SECONDS: f64 = 400.0;
/// A leak is named after this.
const NAMED_AFTER: Duration = Duration::from_secs(120);
/// The newest forecast is at most this old.
const AGE: Duration = Duration::from_secs(6);

/// What the crate's own bench prints, and what a server says of `ramscope stress --pattern leak`.
///
/// # Errors
/// When the bench fails, or the server or the leak does not run.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Measure>> {
    let mut measures = bench.cargo_bench("ramscope-observe", "forecast")?;
    let server = Server::start(&bench.binary, &bench.empty_folder("forecast")?, "1s")?;
    println!("a leak of {SIZE_MIB} MiB in {SECONDS} s, for {} s", (NAMED_AFTER + AGE).as_secs());
    let leak = Command::new(&bench.binary)
        .args(["stress", "--pattern", "leak"])
        .arg(format!("--size={SIZE_MIB}MiB"))
        .arg(format!("--for={SECONDS}s"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("starting the leak")?;
    let mut leak = Leaking(leak, Instant::now());
    thread::sleep(NAMED_AFTER + AGE);
    if leak.0.try_wait().context("asking after the leak")?.is_some() {
        println!("the leak gave way to the strain of this machine before it could be named");
        let gone =
            "a real leak: not measured, as it gave way to the strain of this machine; asked after";
        measures.push(Measure::told(gone, leak.1.elapsed().as_secs_f64(), "s"));
        server.interrupt()?;
        return Ok(measures);
    }
    let told = http::json(server.address, "/api/v1/forecast")?;
    let gone = leak.1.elapsed().as_secs_f64();
    drop(leak);
    measures.extend(judged(&told, gone));
    server.interrupt()?;
    Ok(measures)
}

/// The leak while it runs; ended when it is dropped.
struct Leaking(Child, Instant);

impl Drop for Leaking {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.0);
        // It gives everything back when it is asked to; it may be over already.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
        let _ = self.0.wait();
    }
}

/// By how much the pace of the fastest-growing process and its end were missed; the end is what its own limit gives at the true
/// pace.
fn judged(told: &Value, gone_s: f64) -> Vec<Measure> {
    let pace = SIZE_MIB / SECONDS * 1_048_576.0;
    let processes = told["processes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let grows =
        |process: &&Value| process["bytes_per_s"].as_f64().is_some_and(|rate| rate > pace / 3.0);
    let found = processes.iter().find(grows);
    let named = Measure::at_most(
        "a real leak not named two minutes after it began",
        f64::from(u8::from(found.is_none())),
        "leaks",
        0.0,
    );
    let mut measures = vec![named, Measure::told("the leak had run for", gone_s, "s")];
    let Some(found) = found else { return measures };
    let number = |name: &str| found[name].as_f64().unwrap_or(f64::NAN);
    let missed = (number("bytes_per_s") / pace - 1.0).abs() * 100.0;
    measures.push(Measure::at_most("a real leak: pace missed by", missed, "%", 5.0));
    let told_ms = told["time_ms"].as_f64().unwrap_or(f64::NAN);
    let left_s = (number("limit_bytes") - number("used_bytes")) / pace;
    let end_s = (number("runs_out_ms") - told_ms) / 1e3;
    let missed = (end_s / left_s - 1.0).abs() * 100.0;
    measures.push(Measure::at_most("a real leak: end missed by", missed, "%", 10.0));
    measures
}
