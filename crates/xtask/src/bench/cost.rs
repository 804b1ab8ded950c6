//! What watching costs: the whole server at 1 Hz, recording, without a client.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::Bench;
use super::measure::Measure;
use super::server::{CpuMeter, Server, percent};

/// What only the start costs is over by then.
const WARM_UP: Duration = Duration::from_secs(5);

/// How long it is watched, in seconds.
const SECONDS: u32 = 60;

/// CPU, resident memory, and how fast it ends.
///
/// # Errors
/// When the server does not start, run or end.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Measure>> {
    let server = Server::start(&bench.binary, &bench.empty_folder("cost")?, "1s")?;
    println!("watching the server for {SECONDS} s");
    thread::sleep(WARM_UP);
    let started = Instant::now();
    let mut meter = CpuMeter::start(server.pid())?;
    for second in 1..=SECONDS {
        thread::sleep((Duration::from_secs(1) * second).saturating_sub(started.elapsed()));
        meter.look()?;
    }
    let cpu = percent(meter.look()?, started.elapsed());
    let (now, peak) = (server.mebibytes("VmRSS")?, server.mebibytes("VmHWM")?);
    let end = server.interrupt()?;
    Ok(vec![
        Measure::at_most("the server at 1 Hz with history: CPU of a core", cpu, "%", 0.1),
        Measure::at_most("the server at 1 Hz with history: resident", now, "MiB", 20.0),
        Measure::at_most(
            "the server at 1 Hz with history: resident at its peak",
            peak,
            "MiB",
            20.0,
        ),
        Measure::at_most("from SIGINT to its end", end.as_secs_f64() * 1e3, "ms", 1000.0),
    ])
}
