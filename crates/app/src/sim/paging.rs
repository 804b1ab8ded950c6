//! `ramscope sim paging` with a reference string: replacement policies, their faults and their steps.

use std::io::{BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::Path;

use anyhow::Result;
use ramscope_sim::paging::{FRAMES_ORDER, Form, References, Run, Step, Used, Want, detect};
use ramscope_web::sim::{
    PagingDocument, PagingQuestion, STEPS_MAX, Sizes, convention, policies_named,
};

use super::input::{self, TRACE_MAX_BYTES, Text};
use super::usage;
use super::{grid, processes};
use crate::args::{FormName, PagingArgs, PagingFormat};
use crate::failure::Usage;
use crate::output::{Output, Table};

/// Most steps that are kept at once: their sentences are about 100 MB.
const STEPS_KEPT_MAX: usize = 200_000;

/// Most cells of these steps: 16 bytes each.
const CELLS_KEPT_MAX: usize = 20_000_000;

/// Most numbers of frames that are columns of the table; more become its rows.
const SIZES_WIDE: usize = 16;

/// Policies where none is named.
const USUAL_POLICIES: [&str; 3] = ["fifo", "lru", "opt"];

/// Runs the policies and prints what they did; without a reference string, lets processes live.
pub(super) fn run(args: &PagingArgs, out: &mut Output) -> Result<()> {
    let Some(sizes) = &args.frames else { return processes::run(args, out) };
    let question = question(args, sizes.clone(), out)?;
    for setting in idle(&args.set, &question) {
        out.hint(&format!("--set {setting} changes nothing here: no policy asked for reads it"))?;
    }
    let runs = question.answer(want(args, &question)?).map_err(usage)?;
    match args.format {
        PagingFormat::Table if args.steps => {
            for (index, run) in runs.iter().enumerate() {
                let between = if index == 0 { "" } else { "\n" };
                out.text(&format!("{between}{}", grid::render(run)))?;
            }
            Ok(())
        }
        PagingFormat::Table if question.sizes.len() == 1 => {
            out.text(&one_size(&runs, &question.references))
        }
        PagingFormat::Table => out.text(&many_sizes(&runs, &question)),
        PagingFormat::Json => out.line(&serde_json::to_string_pretty(&PagingDocument::from(runs))?),
        PagingFormat::Csv if args.steps => steps_csv(&runs, out.data()),
        PagingFormat::Csv => runs_csv(&runs, out.data()),
    }
}

fn question(args: &PagingArgs, sizes: Sizes, out: &mut Output) -> Result<PagingQuestion> {
    let named: Vec<&str> = args.policy.iter().map(|name| name.trim()).collect();
    let names = if named.is_empty() { USUAL_POLICIES.to_vec() } else { named };
    let settings = args.set.iter().map(String::as_str);
    Ok(PagingQuestion {
        policies: policies_named(names).map_err(|error| Usage(format!("--policy: {error}")))?,
        sizes,
        convention: convention(args.preset.as_deref(), settings).map_err(usage)?,
        references: references(args, out)?.into(),
    })
}

fn references(args: &PagingArgs, out: &mut Output) -> Result<References> {
    if let Some(path) = &args.file {
        return of_file(path, args, out);
    }
    match &args.generate {
        Some(zipf) => Ok(zipf.references().map_err(usage)?),
        None => {
            let text = args.refs.as_deref().unwrap_or_default();
            Ok(input::references("--refs", text.as_bytes(), Form::Pages)?)
        }
    }
}

/// The string in a file. A form that was found and not asked for is told.
fn of_file(path: &Path, args: &PagingArgs, out: &mut Output) -> Result<References> {
    let page_bytes = input::bytes("--page", args.page.as_deref().unwrap_or("4KiB"))?;
    let text = Text::read(path, TRACE_MAX_BYTES)?.unpacked()?;
    let form = match form(args.form, page_bytes, args.column) {
        Some(form) => form,
        None => match detect(&text.name, &text.bytes, page_bytes) {
            Some((form, why)) => {
                let (name, form_name) = (&text.name, form.name());
                out.hint(&format!("{name} is read as {form_name}: {why}; --form says otherwise"))?;
                form
            }
            None => Form::Pages,
        },
    };
    Ok(text.references(form)?)
}

/// The form that was asked for; `None` where it is to be found.
fn form(name: FormName, page_bytes: u64, column: Option<NonZeroUsize>) -> Option<Form> {
    Some(match name {
        FormName::Auto => return None,
        FormName::Pages => Form::Pages,
        FormName::Flagged => Form::Flagged,
        FormName::Processes => Form::Processes,
        FormName::Addresses => Form::Addresses(page_bytes),
        FormName::Lackey => Form::Lackey(page_bytes),
        FormName::Trc => Form::Trc,
        FormName::Csv => Form::Csv(column),
        FormName::OracleGeneral => Form::OracleGeneral,
        FormName::Lcs => Form::Lcs,
        FormName::Champsim => Form::ChampSim(page_bytes),
    })
}

/// The settings that no policy of the question reads.
fn idle<'a>(settings: &'a [String], question: &PagingQuestion) -> Vec<&'a str> {
    let read = |name: &str| {
        let own = question.policies.iter().flat_map(|policy| policy.parameters.iter().copied());
        own.chain([&FRAMES_ORDER]).any(|parameter| parameter.name == name)
    };
    let name = |setting: &str| setting.split('=').next().unwrap_or_default().trim().to_owned();
    settings.iter().map(String::as_str).filter(|setting| !read(&name(setting))).collect()
}

/// Steps are made where they are printed, and kept only while they fit memory.
fn want(args: &PagingArgs, question: &PagingQuestion) -> Result<Want, Usage> {
    let (steps, cells) = (question.steps(), question.cells());
    if args.steps && (steps > STEPS_KEPT_MAX || cells > CELLS_KEPT_MAX) {
        return Err(Usage(format!(
            "--steps would be {steps} steps of {cells} cells: {STEPS_KEPT_MAX} and {CELLS_KEPT_MAX} are kept at most; give \
             fewer policies, frames or references, or leave --steps out"
        )));
    }
    let unasked =
        args.format == PagingFormat::Json && steps <= STEPS_MAX && cells <= CELLS_KEPT_MAX;
    Ok(if args.steps || unasked { Want::Steps } else { Want::Counts })
}

/// "20 references to 6 pages".
fn about(references: &References) -> String {
    format!("{} references to {} pages", references.len(), references.distinct())
}

fn one_size(runs: &[Run], references: &References) -> String {
    let frames = runs.first().map_or(0, |run| run.frames);
    let mut table = Table::default();
    table.row(["POLICY", "FAULTS", "HITS", "HIT RATIO", "COLD FAULTS", "WRITEBACKS", "CONVENTION"]);
    for run in runs {
        table.row([
            run.policy.to_owned(),
            run.faults.to_string(),
            run.hits.to_string(),
            format!("{:.1} %", run.hit_ratio * 100.0),
            run.cold_faults.to_string(),
            run.writebacks.to_string(),
            run.convention.to_string(),
        ]);
    }
    format!("{frames} frames, {}\n\n{}", about(references), table.render(&[0, 6]))
}

/// Faults of each policy at each number of frames.
fn many_sizes(runs: &[Run], question: &PagingQuestion) -> String {
    let policies: Vec<&[Run]> = runs.chunks(question.sizes.len()).collect();
    let mut table = Table::default();
    if question.sizes.len() <= SIZES_WIDE {
        let frames = question.sizes.iter().map(|frames| frames.to_string());
        table.row(std::iter::once("FAULTS WITH FRAMES".to_owned()).chain(frames));
        for runs in &policies {
            let faults = (0..runs.len()).map(|index| faults(runs, index));
            table.row(std::iter::once(runs[0].policy.to_owned()).chain(faults));
        }
    } else {
        let names = policies.iter().map(|runs| runs[0].policy.to_owned());
        table.row(std::iter::once("FAULTS WITH FRAMES".to_owned()).chain(names));
        for (index, frames) in question.sizes.iter().enumerate() {
            let faults = policies.iter().map(|runs| faults(runs, index));
            table.row(std::iter::once(frames.to_string()).chain(faults));
        }
    }
    let mut text = format!("{}\n\n{}\n", about(&question.references), table.render(&[0]));
    let anomalies: String = policies.iter().filter_map(|runs| anomalies(runs)).collect();
    if !anomalies.is_empty() {
        text.push_str(&format!("{anomalies}\n"));
    }
    text + &conventions(&policies)
}

/// The faults at a number of frames, with a star where one frame less has fewer.
fn faults(runs: &[Run], index: usize) -> String {
    let star = if is_anomaly(runs, index) { "*" } else { "" };
    format!("{}{star}", runs[index].faults)
}

/// Whether a frame more brought more faults (Belady, Nelson, Shedler, CACM 12(6), 1969).
fn is_anomaly(runs: &[Run], index: usize) -> bool {
    index > 0 && runs[index].faults > runs[index - 1].faults
}

/// A policy's anomalies in one line.
fn anomalies(runs: &[Run]) -> Option<String> {
    let step = |index: usize| {
        let (less, more) = (&runs[index - 1], &runs[index]);
        format!(
            "{} faults with {} frames, {} with {}",
            less.faults, less.frames, more.faults, more.frames
        )
    };
    let steps: Vec<String> =
        (0..runs.len()).filter(|&index| is_anomaly(runs, index)).map(step).collect();
    let policy = runs.first()?.policy;
    (!steps.is_empty()).then(|| format!("* Belady's anomaly: {policy} has {}\n", steps.join("; ")))
}

fn conventions(policies: &[&[Run]]) -> String {
    let mut table = Table::default();
    table.row(["POLICY", "CONVENTION"]);
    for runs in policies {
        table.row([runs[0].policy.to_owned(), runs[0].convention.to_string()]);
    }
    table.render(&[0, 1])
}

fn runs_csv(runs: &[Run], into: &mut impl Write) -> Result<()> {
    let mut into = BufWriter::new(into);
    writeln!(
        into,
        "policy,frames,references,faults,hits,hit_ratio,cold_faults,writebacks,convention"
    )?;
    for run in runs {
        let Run { policy, frames, references, faults, hits, hit_ratio, .. } = run;
        writeln!(
            into,
            "{policy},{frames},{references},{faults},{hits},{hit_ratio},{},{},{}",
            run.cold_faults,
            run.writebacks,
            settings(&run.convention)
        )?;
    }
    Ok(into.flush()?)
}

fn steps_csv(runs: &[Run], into: &mut impl Write) -> Result<()> {
    let mut into = BufWriter::new(into);
    writeln!(into, "policy,convention,frames,index,page,write,hit,frame,victim,slots,explain")?;
    for run in runs {
        for step in run.steps.iter().flatten() {
            write!(into, "{},{},{},", run.policy, settings(&run.convention), run.frames)?;
            step_csv(step, &mut into)?;
        }
    }
    Ok(into.flush()?)
}

fn step_csv(step: &Step, into: &mut impl Write) -> Result<()> {
    let cell = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    let slots: Vec<String> = step.frames.iter().map(|&page| grid::cell(page)).collect();
    writeln!(
        into,
        "{},{},{},{},{},{},{},\"{}\"",
        step.index,
        step.page,
        step.write,
        step.hit,
        cell(step.frame.map(u64::from)),
        cell(step.victim),
        slots.join(" "),
        step.explain.replace('"', "\"\"")
    )?;
    Ok(())
}

/// A convention in one cell of CSV.
fn settings(convention: &Used) -> String {
    convention.to_string().replace(", ", " ")
}
