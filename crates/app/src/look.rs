//! One look, no server needed: `ramscope memory` and `ramscope explain`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use anyhow::{Context as _, Result};
use ramscope_observe::cgroups::Container;
use ramscope_observe::clock::Clock;
use ramscope_observe::history::History;
use ramscope_observe::pace::Interval;
use ramscope_observe::sampler::{self, Sampler, Tick};
use ramscope_observe::source::Source;
use ramscope_observe::{Ledger, Memory, Snapshot, Verdict, format};

use crate::args::{ExplainArgs, LookFormat, MemoryArgs, PlaceArgs, SourceArgs};
use crate::cgroups;
use crate::config::{self, Environment};
use crate::failure::Usage;
use crate::output::{Output, Table};
use crate::runtime_dir;

/// How far apart the two samples are from which `explain` tells what happens right now.
const GLANCE: Duration = Duration::from_millis(250);

/// Ticks that may wait for a slow reader of stdout; older ones are dropped by the newest.
const WAITING_TICKS: usize = 16;

/// `ramscope memory`: once, or each interval until interrupted.
pub(crate) fn memory(args: &MemoryArgs, environment: &Environment, out: &mut Output) -> Result<()> {
    let interval: Interval = args
        .interval
        .parse()
        .map_err(|error| Usage(format!("--interval {}: {error}", args.interval)))?;
    let (_sampler, ticks) = sample(&args.source, interval)?;
    let wanted = if args.watch { usize::MAX } else { 1 };
    let runs = runs_dir(&args.source, environment);
    let container = |tick: &Tick| cgroups::container(&args.source, &tick.snapshot);
    let document = |tick: &Tick| ramscope_web::memory_json(tick, runs.as_deref(), container(tick));
    for tick in ticks.iter().take(wanted) {
        match args.format {
            LookFormat::Table => {
                out.text(&memory_table(&tick.snapshot))?;
                if let Some(container) = container(&tick) {
                    out.line(&container.sentence())?;
                }
            }

            LookFormat::Json => out.line(&format!("{:#}", document(&tick)))?,
            LookFormat::Ndjson => out.line(&document(&tick).to_string())?,
        }
    }
    Ok(())
}

/// `ramscope explain`: two samples a moment apart, then the verdict, its reasons and the ledger.
///
/// Where the machine has been recorded up to now, also where memory is heading.
pub(crate) fn explain(
    args: &ExplainArgs,
    environment: &Environment,
    out: &mut Output,
) -> Result<()> {
    let (_sampler, ticks) = sample(&args.source, Interval::try_from(GLANCE)?)?;
    let tick = ticks.iter().nth(1).context("the sampling ended by itself")?;
    let container = cgroups::container(&args.source, &tick.snapshot);
    match args.format {
        LookFormat::Table => {
            let verdict = Verdict::of(&tick.snapshot, tick.rates.as_ref());
            let verdict = verdict.inside(container.as_ref());
            out.line(&verdict.headline)?;
            if let Some(container) = container {
                out.line(&format!("  {}", container.sentence()))?;
            }
            for reason in &verdict.reasons {
                out.line(&format!("  {reason}"))?;
            }
            for line in heading(args, environment) {
                out.line(&format!("  {line}"))?;
            }
            out.line("")?;
            out.text(&ledger_table(&Ledger::of(&tick.snapshot)))
        }
        LookFormat::Json => out.line(&format!("{:#}", explanation(&tick, container))),
        LookFormat::Ndjson => out.line(&explanation(&tick, container).to_string()),
    }
}

/// Where memory is heading, in sentences; none where nobody records this machine.
fn heading(args: &ExplainArgs, environment: &Environment) -> Vec<String> {
    if args.source.source_root.is_some() {
        return Vec::new();
    }
    let ahead = || {
        let history = History::open(&config::data_dir(&args.place, environment).ok()?).ok()?;
        history.system_ahead(Clock::system().wall_ms()).ok()?
    };
    let Some(ahead) = ahead() else { return Vec::new() };
    let mut lines = vec![format!("Forecast: {}.", ahead.forecast.sentence())];
    if let Some(leak) = ahead.leak {
        lines.push(leak.sentence);
        lines.extend(leak.evidence);
    }
    lines
}

/// One snapshot of the machine, for those who need no rates.
pub(crate) fn snapshot(source: &SourceArgs) -> Result<Snapshot> {
    let mut snapshot = Snapshot::default();
    let now = Clock::system().now();
    Source::new(root(source)).sample(now.wall, now.monotonic, &mut snapshot)?;
    Ok(snapshot)
}

/// Where loads on memory are announced; a captured machine has none of its own.
fn runs_dir(source: &SourceArgs, environment: &Environment) -> Option<PathBuf> {
    if source.source_root.is_some() {
        return None;
    }
    // Whoever cannot say where the data is wants to see memory all the same.
    let data_dir = config::data_dir(&PlaceArgs::default(), environment).ok()?;
    Some(runtime_dir::path(environment, &data_dir))
}

pub(crate) fn root(source: &SourceArgs) -> &Path {
    source.source_root.as_deref().unwrap_or(Path::new("/"))
}

/// Samples at its own pace, as the server does, without recording.
fn sample(source: &SourceArgs, interval: Interval) -> Result<(Sampler, Receiver<Arc<Tick>>)> {
    let (sender, ticks) = sync_channel(WAITING_TICKS);
    let publish = move |tick: Arc<Tick>| {
        // A full channel means that stdout is behind; the next tick is as good.
        let _ = sender.try_send(tick);
        sampler::Told::default()
    };
    // The first look tells at once what cannot be read; the sampler itself would only try again.
    snapshot(source)?;
    let settings = sampler::Settings { interval, processes: false };
    let sampler = Sampler::start(settings, Source::new(root(source)), None, Box::new(publish))
        .context("cannot start sampling")?;
    Ok((sampler, ticks))
}

fn memory_table(snapshot: &Snapshot) -> String {
    let memory = Memory::of(snapshot);
    let mut table = Table::default();
    table.row(["", "IEC", "BYTES", "OF TOTAL"]);
    let mut row = |name: &str, bytes: u64, whole: u64| {
        table.row([name, &format::iec(bytes), &bytes.to_string(), &share(bytes, whole)]);
    };
    let total = memory.total_bytes;
    row("total", total, total);
    row("used (total − available)", memory.used_bytes, total);
    row("available", memory.available_bytes, total);
    row("free (MemFree)", memory.free_bytes, total);
    row("buffers", memory.buffers_bytes, total);
    row("cached", memory.cached_bytes, total);
    row("shared", memory.shared_bytes, total);
    row("swap total", memory.swap_total_bytes, memory.swap_total_bytes);
    row("swap used", memory.swap_used_bytes, memory.swap_total_bytes);
    table.render(&[0])
}

fn ledger_table(ledger: &Ledger) -> String {
    let total = ledger.total_bytes();
    let mut table = Table::default();
    table.row(["WHERE ALL OF MEMTOTAL WENT", "IEC", "BYTES", "SHARE", "FORMULA"]);
    let mut row = |label: &str, bytes: u64, formula: &str| {
        table.row([label, &format::iec(bytes), &bytes.to_string(), &share(bytes, total), formula]);
    };
    for part in ledger.parts() {
        row(part.label, part.bytes, part.formula);
    }
    match ledger.overlap_bytes() {
        0 => row("unaccounted", ledger.unaccounted_bytes(), "MemTotal − all of the above"),
        overlap => row("overlap", overlap, "all of the above − MemTotal"),
    }
    row("total", total, "MemTotal");
    table.render(&[0, 4])
}

fn explanation(tick: &Tick, container: Option<Container>) -> serde_json::Value {
    let document = ramscope_web::memory_json(tick, None, container);
    let mut explanation = serde_json::Map::new();
    for member in ["schema_version", "time_ms", "explain", "ledger", "rates"] {
        explanation.insert(member.to_owned(), document[member].clone());
    }
    explanation.into()
}

/// A share of a whole in percent; nothing of nothing has none.
fn share(part: u64, whole: u64) -> String {
    let permille = (u128::from(part) * 1000 + u128::from(whole) / 2).checked_div(u128::from(whole));
    permille.map(|permille| format!("{}.{} %", permille / 10, permille % 10)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_to_a_tenth_of_a_percent() {
        for (part, whole, expected) in [
            (0, 0, ""),
            (0, 5, "0.0 %"),
            (1, 3, "33.3 %"),
            (2, 3, "66.7 %"),
            (u64::MAX, u64::MAX, "100.0 %"),
        ] {
            assert_eq!(share(part, whole), expected);
        }
    }
}
