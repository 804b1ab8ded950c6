//! `ramscope sim alloc`: where allocation policies put the requests of a list, and what they leave behind.

use std::io::{BufRead, BufWriter, Read as _, Write};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use ramscope_observe::format;
use ramscope_sim::alloc::question::{
    Question, convention, memory_for as twice_the_peak, peak_bytes, policies_named,
};
use ramscope_sim::alloc::{
    Error, Form, OpStep, Requests, RequestsReader, Rules, Run, Span, Want, read,
};
use ramscope_sim::paging::is_packed;
use ramscope_web::sim::{AllocDocument, STEPS_MAX};

use super::input::{self, TRACE_MAX_BYTES, Text};
use super::memory_map::{Block, draw};
use super::usage;
use crate::args::{AllocArgs, AllocFormat, Compact, Order, Switch};
use crate::failure::Usage;
use crate::output::{Output, Table};

/// The policies that are asked where none is named.
const USUAL: [&str; 4] = ["first", "next", "best", "worst"];

/// What happens where nothing is said: the four fits part, and two cannot place the last request.
const DEMO: &str = "+100,+200,+150,+300,+50,-1,-3,+120,+60,-4,+400";

/// Memory where nothing is said, in bytes.
const MEMORY_BYTES: u64 = 1000;

/// Blocks of a memory that is still drawn.
const DRAWN_MAX: usize = 40;

/// Runs the policies and prints what became of the memory.
pub(super) fn run(args: &AllocArgs, out: &mut Output) -> Result<()> {
    let question = question(args, out)?;
    let runs = question.answer(want(args, &question)).map_err(usage)?;
    match args.format {
        AllocFormat::Json => out.line(&serde_json::to_string_pretty(&AllocDocument::new(
            question.requests.len(),
            runs,
        ))?),
        AllocFormat::Csv if args.steps => steps_csv(&runs, out.data()),
        AllocFormat::Csv => runs_csv(&runs, out.data()),
        AllocFormat::Table => out.text(&told(args, &question, &runs)),
    }
}

fn question(args: &AllocArgs, out: &mut Output) -> Result<Question> {
    let convention = convention(args.preset.as_deref(), settings(args).iter().map(String::as_str))
        .map_err(usage)?;
    let requests = Arc::new(requests(args, out)?);
    let rules = Rules::of(&convention).map_err(usage)?;
    let size = match (&args.size, &args.file) {
        (Some(size), _) => input::bytes("--size", size)?,
        (None, Some(_)) => memory_for(&requests, rules, out)?,
        (None, None) => MEMORY_BYTES,
    };
    let named: Vec<&str> = match args.policy.as_slice() {
        [] => USUAL.to_vec(),
        names => names.iter().map(String::as_str).collect(),
    };
    let policies = policies_named(named).map_err(|error| Usage(format!("--policy: {error}")))?;
    Ok(Question { policies, memory: Span::new(args.base, size), requests, convention })
}

/// Memory for a list that says nothing of it: enough for every policy to have a choice.
fn memory_for(requests: &Requests, rules: Rules, out: &mut Output) -> Result<u64> {
    let peak = peak_bytes(requests, rules);
    let size = twice_the_peak(requests, rules);
    out.hint(&format!(
        "memory is {size} bytes, as {peak} are held at once at most; --size says otherwise"
    ))?;
    Ok(size)
}

/// The shorthands as the parameters that they are, then what was set by name.
fn settings(args: &AllocArgs) -> Vec<String> {
    let order = args.order.map(|order| match order {
        Order::Address => "list.order=address".to_owned(),
        Order::Size => "list.order=size".to_owned(),
        Order::SizeDesc => "list.order=size-desc".to_owned(),
        Order::Front => "list.order=front".to_owned(),
        Order::Back => "list.order=back".to_owned(),
    });
    let coalesce = args.coalesce.map(|coalesce| match coalesce {
        Switch::On => "list.coalesce=immediate".to_owned(),
        Switch::Off => "list.coalesce=none".to_owned(),
    });
    let compact = args.compact.map(|compact| match compact {
        Compact::Never => "compaction.when=never".to_owned(),
        Compact::OnFailure => "compaction.when=on-failure".to_owned(),
        Compact::OnThreshold => "compaction.when=on-threshold".to_owned(),
    });
    let align = args.align.map(|bytes| format!("block.align={bytes}"));
    let header = args.header.map(|bytes| format!("block.header={bytes}"));
    let short = [order, coalesce, compact, align, header].into_iter().flatten();
    short.chain(args.set.iter().cloned()).collect()
}

fn requests(args: &AllocArgs, out: &mut Output) -> Result<Requests> {
    let Some(path) = &args.file else {
        let text = args.ops.as_deref().unwrap_or(DEMO);
        let refused = |error| match error {
            Error::Parse(error) => {
                Usage(format!("--ops: column {}: {}", error.column, error.problem))
            }
            error => Usage(format!("--ops: {error}")),
        };
        return Ok(read(text.as_bytes(), Form::List).map_err(refused)?);
    };
    let (name, mut source) = input::open(path)?;
    let head = source.fill_buf().with_context(|| format!("cannot read {name}"))?;
    if is_packed(head) {
        let text = Text::from(name, source, TRACE_MAX_BYTES)?.unpacked()?;
        return listed(&text.name, &text.bytes[..], out);
    }
    listed(&name, source, out)
}

/// The requests of a text, line by line: a trace of any length is never in memory whole, but for a line.
fn listed(name: &str, mut source: impl BufRead, out: &mut Output) -> Result<Requests> {
    let unread = || format!("cannot read {name}");
    let form = Form::of(source.fill_buf().with_context(unread)?);
    let told = match form {
        Form::List => None,
        Form::Script => Some("malloc and free a line"),
        Form::Mtrace => Some("glibc's mtrace"),
        Form::Trace => Some("an alloc trace"),
    };
    if let Some(told) = told {
        out.hint(&format!("{name} is read as {told}"))?;
    }
    let refused = |error| match error {
        Error::Parse(error) => {
            Usage(format!("{name}:{}:{}: {}", error.line, error.column, error.problem))
        }
        error => Usage(format!("{name}: {error}")),
    };
    let (mut reader, mut line) = (RequestsReader::new(form), Vec::new());
    loop {
        line.clear();
        let read = source.by_ref().take(TRACE_MAX_BYTES + 1).read_until(b'\n', &mut line);
        match read.with_context(unread)? as u64 {
            0 => return Ok(reader.finish().map_err(refused)?),
            TRACE_MAX_BYTES.. => {
                let most = format::iec(TRACE_MAX_BYTES);
                return Err(
                    Usage(format!("{name} has a line of more than {most}: split it")).into()
                );
            }
            _ => reader.line(&line).map_err(refused)?,
        }
    }
}

/// Steps are made where they are printed.
fn want(args: &AllocArgs, question: &Question) -> Want {
    let steps = question.requests.len().saturating_mul(question.policies.len());
    let unasked = args.format == AllocFormat::Json && steps <= STEPS_MAX;
    if args.steps || unasked { Want::Steps } else { Want::Metrics }
}

fn told(args: &AllocArgs, question: &Question, runs: &[Run]) -> String {
    let Span { address, size } = question.memory;
    let mut text = format!(
        "{} operations in {size} bytes of memory from {address}\n\n{}",
        question.requests.len(),
        measures(runs)
    );
    if args.steps {
        for run in runs {
            text.push_str(&format!("\n{} ({})\n", run.policy, run.convention));
            for step in run.ops.iter().flatten() {
                text.push_str(&format!("{}\n   free: {}\n", step.explain, holes(step)));
            }
        }
    }
    text + &drawn(question)
}

/// A row a policy.
fn measures(runs: &[Run]) -> String {
    let mut table = Table::default();
    table.row([
        "POLICY", "FAILED", "SAVABLE", "HELD", "ASKED", "PEAK", "FREE", "LARGEST", "EXTERNAL",
        "INTERNAL", "SEARCHED", "MOST", "MOVED",
    ]);
    for Run { policy, metrics, .. } in runs {
        table.row([
            (*policy).to_owned(),
            metrics.failed.to_string(),
            metrics.failed_compactable.to_string(),
            metrics.allocated_bytes.to_string(),
            metrics.requested_bytes.to_string(),
            metrics.allocated_peak_bytes.to_string(),
            metrics.free_bytes.to_string(),
            metrics.largest_hole_bytes.to_string(),
            format!("{:.2}", metrics.external_fragmentation),
            format!("{:.2}", metrics.internal_fragmentation),
            format!("{:.2}", metrics.searched_mean),
            metrics.searched_max.to_string(),
            metrics.moved_bytes.to_string(),
        ]);
    }
    let legend = "\nSAVABLE: failed, and compaction would have saved it. HELD and ASKED: bytes of blocks, and of their \
                  requests, at the end.\nEXTERNAL: 1 - largest hole / free. INTERNAL: held and not asked for. SEARCHED: \
                  entries looked at, on the average.\n";
    table.render(&[0]) + legend
}

fn holes(step: &OpStep) -> String {
    let holes: Vec<String> =
        step.free_list.iter().map(|hole| format!("{} with {}", hole.address, hole.size)).collect();
    if holes.is_empty() { "none".to_owned() } else { holes.join(", ") }
}

/// Memory as each policy leaves it, while it has few blocks.
fn drawn(question: &Question) -> String {
    let Ok(setup) =
        ramscope_sim::alloc::setup(question.memory, &question.requests, &question.convention)
    else {
        return String::new();
    };
    let mut text = String::new();
    for policy in &question.policies {
        let mut steps = policy.stepper(&setup);
        if steps.len() > STEPS_MAX {
            return String::new();
        }
        steps.seek(steps.len());
        let held = steps.blocks().into_iter().map(|held| Block {
            base: held.block.address,
            bytes: held.block.size,
            label: Some(format!("request {}", held.id)),
        });
        let free = steps.holes().into_iter().map(|hole| Block {
            base: hole.address,
            bytes: hole.size,
            label: None,
        });
        let mut blocks: Vec<Block> = held.chain(free).collect();
        blocks.sort_by_key(|block| block.base);
        if blocks.len() > DRAWN_MAX {
            return String::new();
        }
        text.push_str(&format!("\n{} at the end\n{}", policy.title, draw(&blocks)));
    }
    text
}

fn runs_csv(runs: &[Run], into: &mut impl Write) -> Result<()> {
    let mut into = BufWriter::new(into);
    writeln!(
        into,
        "policy,capacity,ops,failed,failed_compactable,allocated_bytes,requested_bytes,allocated_peak_bytes,free_bytes,\
         largest_hole_bytes,external_fragmentation,internal_fragmentation,searched_mean,searched_max,moved_bytes"
    )?;
    for Run { policy, capacity, metrics, .. } in runs {
        writeln!(
            into,
            "{policy},{capacity},{},{},{},{},{},{},{},{},{},{},{},{},{}",
            metrics.ops,
            metrics.failed,
            metrics.failed_compactable,
            metrics.allocated_bytes,
            metrics.requested_bytes,
            metrics.allocated_peak_bytes,
            metrics.free_bytes,
            metrics.largest_hole_bytes,
            metrics.external_fragmentation,
            metrics.internal_fragmentation,
            metrics.searched_mean,
            metrics.searched_max,
            metrics.moved_bytes
        )?;
    }
    Ok(into.flush()?)
}

fn steps_csv(runs: &[Run], into: &mut impl Write) -> Result<()> {
    let mut into = BufWriter::new(into);
    writeln!(into, "policy,index,op,id,size,address,searched,free_list,explain")?;
    let cell = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    for run in runs {
        for step in run.ops.iter().flatten() {
            let free: Vec<String> = step
                .free_list
                .iter()
                .map(|hole| format!("{}:{}", hole.address, hole.size))
                .collect();
            writeln!(
                into,
                "{},{},{},{},{},{},{},{},\"{}\"",
                run.policy,
                step.index,
                step.op,
                cell(step.id),
                cell(step.size),
                cell(step.address),
                step.searched,
                free.join(" "),
                step.explain.replace('"', "\"\"")
            )?;
        }
    }
    Ok(into.flush()?)
}
