//! What `kill -9` loses: what the stream had shown must be in the history afterwards.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use super::measure::Measure;
use super::server::Server;
use super::{Bench, http};

/// Kills, each of a server that records at ten samples a second into the same data directory.
const KILLS: u64 = 20;

/// What one kill did.
#[derive(Debug)]
struct Kill {
    shown: usize,
    lost: usize,
}

/// Samples lost in all kills, and by the worst of them.
///
/// # Errors
/// When a server does not start again, which a kill must not do to it, or its history cannot be read.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Measure>> {
    let data = bench.empty_folder("crash")?;
    println!("killing a recording server {KILLS} times");
    let kills = (0..KILLS)
        .map(|round| kill(&bench.binary, &data, round).with_context(|| format!("kill {round}")))
        .collect::<Result<Vec<_>>>()?;
    let shown: usize = kills.iter().map(|kill| kill.shown).sum();
    let lost: usize = kills.iter().map(|kill| kill.lost).sum();
    let worst = kills.iter().map(|kill| kill.lost).max().unwrap_or(0);
    println!("{lost} of {shown} samples were lost");
    Ok(vec![
        Measure::told("20 × kill -9: samples lost of all that were shown", count(lost), "samples"),
        Measure::at_most("20 × kill -9: samples lost by the worst", count(worst), "samples", 1.0),
    ])
}

/// Watches a server's stream for a moment, kills it, and asks the next one for what was shown.
fn kill(binary: &Path, data: &Path, round: u64) -> Result<Kill> {
    let server = Server::start(binary, data, "100ms")?;
    // Spread over the time between two samples, so that kills meet every moment of a write.
    let watch = Duration::from_millis(600 + round * 37 % 100 + round * 5);
    let shown = watch_stream(server.address, watch)?;
    server.kill()?;
    let next = Server::start(binary, data, "100ms")?;
    let lost = match (shown.first(), shown.last()) {
        (Some(&first), Some(&last)) => lost(next.address, &shown, first, last)?,
        _ => 0,
    };
    next.kill()?;
    Ok(Kill { shown: shown.len(), lost })
}

/// The times of the samples that the stream shows, in UTC milliseconds.
fn watch_stream(server: SocketAddr, watch: Duration) -> Result<BTreeSet<i64>> {
    let started = Instant::now();
    let stream = http::open(server, "/api/v1/stream", "HTTP/1.0")?;
    let mut times = BTreeSet::new();
    for line in BufReader::new(stream).lines() {
        let line = line.context("reading the event stream")?;
        if let Some(data) = line.strip_prefix("data:") {
            let event: Value = serde_json::from_str(data).context("an event that is not JSON")?;
            times.extend(event.get("time_ms").and_then(Value::as_i64));
        }
        if started.elapsed() >= watch {
            break;
        }
    }
    Ok(times)
}

/// How many of the `shown` samples the history does not hold.
fn lost(server: SocketAddr, shown: &BTreeSet<i64>, first: i64, last: i64) -> Result<usize> {
    // One pixel a millisecond, or nearly: each sample has a pixel of its own.
    let path =
        format!("/api/v1/history?series=memory.used&from={first}&to={}&points=2000", last + 1);
    let history = http::json(server, &path)?;
    let step = history.get("step_ms").and_then(Value::as_i64).unwrap_or(0).max(1);
    let times = history.get("time_ms").and_then(Value::as_array).context("no time_ms")?;
    let kept: Vec<i64> = times.iter().filter_map(Value::as_i64).collect();
    let is_kept = |&&time: &&i64| kept.iter().any(|pixel| (time - pixel).abs() <= step);
    Ok(shown.len() - shown.iter().filter(is_kept).count())
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred samples")]
fn count(samples: usize) -> f64 {
    samples as f64
}
