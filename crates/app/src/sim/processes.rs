//! `ramscope sim paging` without a reference string: processes in frames.

use std::io::{BufWriter, Write};

use anyhow::Result;
use ramscope_sim::processes::{Error, FrameSlot, Problem, Script, Simulation, SwapSlot, simulate};
use ramscope_web::sim::{ProcessesDocument, convention, policies_named};

use super::input::{self, TRACE_MAX_BYTES, Text};
use super::usage;
use crate::args::{PagingArgs, PagingFormat};
use crate::failure::Usage;
use crate::output::{Output, Table};

/// Most columns of the picture of memory.
const FRAMES_WIDE: usize = 8;

/// Lets the processes live and prints how.
pub(super) fn run(args: &PagingArgs, out: &mut Output) -> Result<()> {
    let simulation = simulate(&problem(args)?).map_err(|error| refusal(&error))?;
    match args.format {
        PagingFormat::Table => out.text(&story(&simulation)),
        PagingFormat::Json => {
            out.line(&serde_json::to_string_pretty(&ProcessesDocument::from(simulation))?)
        }
        PagingFormat::Csv => csv(&simulation, out.data()),
    }
}

fn problem(args: &PagingArgs) -> Result<Problem> {
    let policy = match args.policy.as_slice() {
        [] => "fifo",
        [policy] => policy.trim(),
        _ => {
            return Err(
                Usage("--policy: processes share memory under one policy".to_owned()).into()
            );
        }
    };
    let named = policies_named([policy]).map_err(|error| Usage(format!("--policy: {error}")))?;
    if named.len() != 1 {
        return Err(Usage("--policy: processes share memory under one policy".to_owned()).into());
    }
    let settings = args.set.iter().map(String::as_str);
    Ok(Problem {
        memory_bytes: input::bytes("--memory", args.memory.as_deref().unwrap_or("1024"))?,
        page_bytes: input::bytes("--page", args.page.as_deref().unwrap_or("64"))?,
        policy: policy.to_owned(),
        convention: convention(args.preset.as_deref(), settings).map_err(usage)?,
        script: script(args)?,
    })
}

fn script(args: &PagingArgs) -> Result<Script> {
    let Some(path) = &args.script else {
        let script = Script::arrivals(args.processes.unwrap_or(20));
        return Ok(script.map_err(|error| Usage(format!("--processes: {error}")))?);
    };
    let text = Text::read(path, TRACE_MAX_BYTES)?;
    let script = Script::parse(&text.bytes).map_err(|error| match error {
        Error::Script(error) => {
            Usage(format!("{}:{}:{}: {}", text.name, error.line, error.column, error.problem))
        }
        other => Usage(format!("{}: {other}", text.name)),
    });
    Ok(script?)
}

fn refusal(error: &Error) -> Usage {
    match error {
        Error::Split { .. } | Error::Frames { .. } => Usage(format!("--memory: {error}")),
        other => Usage(other.to_string()),
    }
}

/// Every step in words, then memory as it stands at the end.
fn story(simulation: &Simulation) -> String {
    let frames = simulation.scene.frames.len();
    let mut text = format!(
        "policy: {}\nmemory: {} bytes, {frames} frames of {} bytes\nset: {}\n\n",
        simulation.policy, simulation.memory_bytes, simulation.page_bytes, simulation.convention
    );
    for step in &simulation.steps {
        text.push_str(&format!("{}. {}\n", step.index, step.explain));
    }
    text.push_str(&format!("\nFrames at the end\n{}", frames_table(&simulation.scene.frames)));
    text.push_str(&format!("\nPage tables of those who live\n{}", page_tables(simulation)));
    if !simulation.scene.swap.is_empty() {
        text.push_str(&format!("\nSwap area\n{}", slots_table(&simulation.scene.swap)));
    }
    let counts = simulation.counts;
    text.push_str(&format!(
        "\n{} references: {} hits, {} faults; {} placed in free frames, {} replaced a page; {} swapped out, {} in\n",
        counts.references,
        counts.hits,
        counts.faults,
        counts.placed,
        counts.replaced,
        counts.swap_outs,
        counts.swap_ins
    ));
    text
}

/// `p1:0`, or `-` where nothing is.
fn held(process: Option<&str>, page: Option<u32>) -> String {
    match (process, page) {
        (Some(process), Some(page)) => format!("{process}:{page}"),
        _ => "-".to_owned(),
    }
}

fn frames_table(frames: &[FrameSlot]) -> String {
    let cells = frames.iter().map(|slot| (slot.frame, held(slot.process.as_deref(), slot.page)));
    numbered(&cells.collect::<Vec<_>>())
}

fn slots_table(slots: &[SwapSlot]) -> String {
    let cells = slots.iter().map(|slot| (slot.slot, held(slot.process.as_deref(), slot.page)));
    numbered(&cells.collect::<Vec<_>>())
}

/// A few cells a row, each after its number.
fn numbered(cells: &[(u32, String)]) -> String {
    let mut table = Table::default();
    for row in cells.chunks(FRAMES_WIDE) {
        table.row(row.iter().flat_map(|(number, held)| [format!("{number}:"), held.clone()]));
    }
    let left: Vec<usize> = (0..FRAMES_WIDE).map(|column| 2 * column + 1).collect();
    table.render(&left)
}

fn page_tables(simulation: &Simulation) -> String {
    let number = |number: Option<u32>| number.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let word = |is: bool, word: &str| if is { word.to_owned() } else { "-".to_owned() };
    let mut table = Table::default();
    table.row(["PROCESS", "PAGE", "PRESENT", "FRAME", "DIRTY", "SWAP SLOT"]);
    for owner in &simulation.scene.page_tables {
        for entry in &owner.pages {
            table.row([
                owner.process.clone(),
                entry.page.to_string(),
                word(entry.present, "yes"),
                number(entry.frame),
                word(entry.dirty, "yes"),
                number(entry.swap_slot),
            ]);
        }
    }
    table.render(&[0])
}

fn csv(simulation: &Simulation, into: &mut impl Write) -> Result<()> {
    let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    let mut into = BufWriter::new(into);
    writeln!(into, "index,event,hit,frame,victim,swapped_in,explain")?;
    for step in &simulation.steps {
        let victim = step.victim.as_ref();
        writeln!(
            into,
            "{},{},{},{},{},{},\"{}\"",
            step.index,
            step.event,
            step.hit.map(|hit| hit.to_string()).unwrap_or_default(),
            number(step.frame),
            victim.map(|page| format!("{}:{}", page.process, page.page)).unwrap_or_default(),
            number(step.swapped_in),
            step.explain.replace('"', "\"\"")
        )?;
    }
    Ok(into.flush()?)
}
