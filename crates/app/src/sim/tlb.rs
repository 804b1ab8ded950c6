//! `ramscope sim tlb`: which translations a TLB holds, and what that does to the time of an access.

use anyhow::Result;
use ramscope_sim::paging::Want;
use ramscope_sim::processes::TextError;
use ramscope_sim::tlb::{
    Access, Effective, Geometry, Replacement, Report, Setup, Switch, lackey, run as look_up, typed,
};
use ramscope_web::sim::{STEPS_MAX, Times, TlbDocument, effective_times};

use super::input::{self, TRACE_MAX_BYTES, Text};
use super::usage;
use crate::args::{AccessForm, TlbArgs, TlbFormat};
use crate::failure::Usage;
use crate::output::{Output, Table};

/// Looks the addresses up and prints the counts, the steps and the effective access time.
pub(super) fn run(args: &TlbArgs, out: &mut Output) -> Result<()> {
    let setup = setup(args)?;
    let accesses = accesses(args)?;
    let unasked = args.format == TlbFormat::Json && accesses.len() <= STEPS_MAX;
    let want = if args.steps || unasked { Want::Steps } else { Want::Counts };
    let report = look_up(setup, &accesses, want).map_err(usage)?;
    let effective = effective(args, &report)?;
    match args.format {
        TlbFormat::Table => out.text(&story(&report, &effective)),
        TlbFormat::Json => {
            let document = TlbDocument::new(report, effective);
            out.line(&serde_json::to_string_pretty(&document)?)
        }
    }
}

fn setup(args: &TlbArgs) -> Result<Setup, Usage> {
    let replacement = Replacement::parse(&args.replacement)
        .map_err(|error| Usage(format!("--replacement: {error}")))?;
    let geometry = |entries, ways| Geometry { entries, ways, replacement };
    let ways = args.second_ways.unwrap_or(args.ways);
    Ok(Setup {
        page_bytes: input::bytes("--page", &args.page)?,
        first: geometry(args.entries, args.ways),
        code: args.split.then(|| geometry(args.entries, args.ways)),
        second: args.second_entries.map(|entries| geometry(entries, ways)),
        switch: if args.flush { Switch::Flush } else { Switch::Tagged },
        seed: args.seed,
    })
}

fn accesses(args: &TlbArgs) -> Result<Vec<Access>> {
    let Some(path) = &args.file else {
        let words = args.addresses.join(" ");
        let read = typed(words.as_bytes());
        return Ok(read.map_err(|TextError { problem, .. }| Usage(format!("ADDR: {problem}")))?);
    };
    let text = Text::read(path, TRACE_MAX_BYTES)?;
    let read = match args.form {
        AccessForm::Typed => typed(&text.bytes),
        AccessForm::Lackey => lackey(&text.bytes),
    };
    let accesses = read.map_err(|TextError { line, column, problem }| {
        Usage(format!("{}:{line}:{column}: {problem}", text.name))
    });
    Ok(accesses?)
}

fn effective(args: &TlbArgs, report: &Report) -> Result<Vec<Effective>, Usage> {
    let (tlb, memory, second) = match args.times[..] {
        [] => return Ok(Vec::new()),
        [tlb, memory] => (tlb, memory, tlb),
        [tlb, memory, second] if args.second_entries.is_some() => (tlb, memory, second),
        [_, _, _] => {
            return Err(Usage(
                "--times: the third is of the second level: give --second-entries too".to_owned(),
            ));
        }
        _ => {
            return Err(Usage(
                "--times: give two times, of a look-up and of memory, as in 5,100; a third is of the second level"
                    .to_owned(),
            ));
        }
    };
    let times = Times { tlb, second, memory, levels: args.levels };
    effective_times(report, times).map_err(|error| Usage(format!("--times: {error}")))
}

fn story(report: &Report, effective: &[Effective]) -> String {
    let mut text = String::new();
    for step in report.steps.iter().flatten() {
        text.push_str(&step.explain);
        text.push('\n');
    }
    if report.steps.is_some() {
        text.push('\n');
    }
    let percent = |ratio: Option<f64>| {
        ratio.map(|ratio| format!("{:.1} %", ratio * 100.0)).unwrap_or_default()
    };
    let mut table = Table::default();
    table.row(["LEVEL", "ENTRIES", "WAYS", "SETS", "ACCESSES", "MISSES", "HIT RATIO"]);
    for unit in &report.units {
        table.row([
            unit.name.to_owned(),
            unit.geometry.entries.to_string(),
            unit.geometry.ways.to_string(),
            unit.sets.to_string(),
            unit.accesses.to_string(),
            unit.misses.to_string(),
            percent(unit.hit_ratio),
        ]);
    }
    text.push_str(&format!(
        "{}, pages of {}: {} ({}), {}, {}, {}\n\n{}",
        counted(report.references, "access", "accesses"),
        counted(report.page_bytes, "byte", "bytes"),
        counted(report.hits, "hit", "hits"),
        percent(Some(report.hit_ratio)),
        counted(report.misses, "miss", "misses"),
        counted(report.walks, "page walk", "page walks"),
        counted(report.flushes, "flush", "flushes"),
        table.render(&[0])
    ));
    for time in effective {
        text.push_str(&format!("\nEffective access time {}. {}\n", time.time, time.explain));
    }
    text
}

/// A number with its word: "1 hit", "2 hits".
fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
