//! `ramscope stress`: a bounded, shaped load on memory, carried out by a process of its own.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use ramscope_observe::{format, when};
use ramscope_stress::source::Source;
use ramscope_stress::{
    Event, Launch, Limits, Mismatch, Plan, Progress, Reason, Report, Run, announce as runs,
};
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::announce;
use crate::args::{StressArgs, StressFormat};
use crate::config::{self, Environment};
use crate::failure::{Interrupted, Usage};
use crate::output::{Output, Table};
use crate::runtime_dir;

/// Version of the JSON documents.
const SCHEMA_VERSION: u32 = 1;

/// Columns and rows of the curve that a dry run draws.
const CURVE_COLUMNS: u32 = 72;
const CURVE_ROWS: u64 = 12;

/// Letters of the progress bar.
const BAR: usize = 32;

/// Decides the plan, and shows it or has it carried out.
pub(crate) fn run(args: &StressArgs, environment: &Environment, out: &mut Output) -> Result<()> {
    let data_dir = config::data_dir(&args.place, environment)?;
    let runtime_dir = runtime_dir::create(environment, &data_dir)?;
    let mut limits = Source::open(Path::new("/")).limits()?;
    limits.promised_bytes = runs::promised_bytes(&runtime_dir, None);
    let plan = Plan::decide(&args.request(for_ms(args)?), &limits)
        .map_err(|refusal| Usage(refusal.to_string()))?;
    if args.dry_run {
        return show(&plan, &limits, args.format, out);
    }
    if let Some(address) = announce::running(&data_dir)?.and_then(|server| server.address) {
        out.hint(&format!("to watch it live: {address}"))?;
    }
    let (report, interrupted) = carry_out(&plan, runtime_dir, out)?;
    match args.format {
        StressFormat::Table => out.text(&told(&report))?,
        StressFormat::Json => {
            let document = ReportDocument { schema_version: SCHEMA_VERSION, report: &report };
            out.line(&serde_json::to_string_pretty(&document)?)?;
        }
    }
    match report.ending.reason {
        _ if interrupted => Err(Interrupted.into()),
        Reason::Finished | Reason::Stopped | Reason::Signal(_) => Ok(()),
        reason => bail!("the run ended before its plan: {reason}"),
    }
}

fn for_ms(args: &StressArgs) -> Result<Option<u64>, Usage> {
    let ms = |text: &String| match when::duration(text) {
        Ok(time) => Ok(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
        Err(error) => Err(Usage(format!("--for: {error}"))),
    };
    args.duration.as_ref().map(ms).transpose()
}

/// A plan that is not carried out.
#[derive(Serialize)]
struct PlanDocument<'a> {
    schema_version: u32,
    plan: &'a Plan,
    /// Bytes planned at the corners of the curve, `[ms, bytes]`.
    curve: Vec<(u64, u64)>,
    table: Vec<ramscope_stress::Row>,
    headroom: ramscope_stress::Headroom,
}

#[derive(Serialize)]
struct ReportDocument<'a> {
    schema_version: u32,
    #[serde(flatten)]
    report: &'a Report,
}

fn show(plan: &Plan, limits: &Limits, wanted: StressFormat, out: &mut Output) -> Result<()> {
    let headroom = limits.headroom(plan.reserve_bytes);
    match wanted {
        StressFormat::Json => {
            let points = plan.curve();
            let curve = points.points().iter().map(|point| (point.at_ms, point.bytes)).collect();
            let document = PlanDocument {
                schema_version: SCHEMA_VERSION,
                plan,
                curve,
                table: plan.table(),
                headroom,
            };
            out.line(&serde_json::to_string_pretty(&document)?)
        }
        StressFormat::Table => {
            let mut table = Table::default();
            for row in plan.table() {
                table.row([seconds(row.at_ms), row.what]);
            }
            out.text(&format!("{}\n{}\nheadroom: {headroom}\n", drawn(plan), table.render(&[1])))
        }
    }
}

/// The curve in letters: a column a stretch of time, a row a part of the most that is planned.
fn drawn(plan: &Plan) -> String {
    let columns = plan.curve().sampled(CURVE_COLUMNS);
    let most = columns.iter().copied().max().unwrap_or(0).max(1);
    let mut text = String::new();
    for row in (1..=CURVE_ROWS).rev() {
        let label = match row {
            CURVE_ROWS => format::iec(most),
            _ => String::new(),
        };
        let reaches = |&bytes: &u64| {
            let tops = u128::from(bytes) * u128::from(CURVE_ROWS);
            if tops >= u128::from(row) * u128::from(most) { '#' } else { ' ' }
        };
        let line: String = columns.iter().map(reaches).collect();
        text.push_str(&format!("{label:>10} |{}\n", line.trim_end()));
    }
    let end = seconds(plan.duration_ms);
    let rule = "-".repeat(CURVE_COLUMNS as usize);
    let gap = (CURVE_COLUMNS as usize).saturating_sub(end.len() + 1);
    text.push_str(&format!("{:>10} +{rule}\n{:>10}  0{:gap$}{end}\n", "0", "", ""));
    text
}

fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1000, ms % 1000 / 100)
}

/// Has the plan carried out and follows it; true where Ctrl-C asked for its end.
fn carry_out(plan: &Plan, runtime_dir: PathBuf, out: &mut Output) -> Result<(Report, bool)> {
    let program = std::env::current_exe().context("cannot find this very program")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
        let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
        let (tell, mut told) = mpsc::unbounded_channel();
        let follow = move |event: Event<'_>| {
            let progress = match event {
                Event::Progress(progress) => Some(progress.clone()),
                Event::Ended(_) => None,
            };
            // Nobody listens any more only when this command is ending.
            let _ = tell.send(progress);
        };
        let mut run = Run::start(&Launch::new(program, runtime_dir), plan, follow)?;
        let mut interrupted = false;
        loop {
            tokio::select! {
                _ = interrupt.recv() => {
                    interrupted = true;
                    run.stop();
                }
                _ = terminate.recv() => run.stop(),
                news = told.recv() => match news.flatten() {
                    Some(progress) => follow_along(plan, &progress)?,
                    None => break,
                },
            }
        }
        end_line()?;
        out.hint(&run.report().map_or_else(String::new, |report| report.to_string()))?;
        Ok((run.wait(), interrupted))
    })
}

/// A bar on a terminal; nothing where stderr is a file.
fn follow_along(plan: &Plan, progress: &Progress) -> io::Result<()> {
    let mut stderr = io::stderr();
    if !stderr.is_terminal() {
        return Ok(());
    }
    let share = |part: u64, whole: u64| {
        let part = u128::from(part) * BAR as u128 / u128::from(whole.max(1));
        usize::try_from(part).unwrap_or(BAR).min(BAR)
    };
    let filled = share(progress.elapsed_ms, plan.duration_ms);
    let speed = match progress.access_bytes_per_s {
        0 => String::new(),
        bytes => format!(", {}/s accessed", format::iec(bytes)),
    };
    write!(
        stderr,
        "\r[{}{}] {} of {}, {} planned, {} reached{speed}\x1b[K",
        "#".repeat(filled),
        " ".repeat(BAR - filled),
        seconds(progress.elapsed_ms),
        seconds(plan.duration_ms),
        format::iec(progress.planned_bytes),
        format::iec(progress.reached_bytes),
    )?;
    stderr.flush()
}

/// Leaves the bar as it stands.
fn end_line() -> io::Result<()> {
    let mut stderr = io::stderr();
    if stderr.is_terminal() { writeln!(stderr) } else { Ok(()) }
}

/// Reached against planned, second by second where there are few, and what it cost.
fn told(report: &Report) -> String {
    let mut table = Table::default();
    table.row(["TIME", "PLANNED", "REACHED", "IN USE", "ACCESS/S", "FAULTS", "STALLED"]);
    let every = report.samples.len().div_ceil(30).max(1);
    for sample in report.samples.iter().step_by(every) {
        table.row([
            seconds(sample.elapsed_ms),
            format::iec(sample.planned_bytes),
            format::iec(sample.reached_bytes),
            format::iec(sample.live_bytes),
            format::iec(sample.access_bytes_per_s),
            (sample.minor_faults + sample.major_faults).to_string(),
            format!("{} ms", sample.stall_us / 1000),
        ]);
    }
    let mut text = table.render(&[]);
    text.push_str(&format!(
        "\nat the most {}; filled at {}/s; accessed at {}/s\n{report}\n",
        format::iec(report.peak_bytes),
        format::iec(report.fill_bytes_per_s),
        format::iec(report.access_bytes_per_s)
    ));
    for mismatch in &report.ending.mismatches {
        let Mismatch { offset_bytes, address, expected, found, .. } = mismatch;
        text.push_str(&format!(
            "at byte {offset_bytes} ({address}): {expected} was written and {found} read\n"
        ));
    }
    text
}
