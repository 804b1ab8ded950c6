//! `ramscope sim segments`: processes of segments in memory, or addresses through a segment table.

use std::io::{BufWriter, Write};

use anyhow::Result;
use ramscope_observe::when::{Size, size};
use ramscope_sim::processes::TextError;
use ramscope_sim::segments::memory::{
    self, Fit, Outcome, Placement, Problem, Scene, Script, Simulation, State, simulate,
};
use ramscope_sim::segments::translation::{
    self, Growth, Location, Report, Segment, Shape, Split, Table as SegmentTable, Translation,
    Trap, translate,
};
use ramscope_sim::translate::Access;
use ramscope_web::sim::{SegmentTranslationsDocument, SegmentsDocument};

use super::input::{self, TRACE_MAX_BYTES, Text};
use super::memory_map::{Block, draw};
use super::usage;
use crate::args::{SegmentsArgs, SegmentsFormat};
use crate::failure::Usage;
use crate::output::{Output, Table};

/// Lets processes live in memory or translates addresses, and prints how.
pub(super) fn run(args: &SegmentsArgs, out: &mut Output) -> Result<()> {
    match &args.table {
        Some(table) => translated(args, table, out),
        None => lived(args, out),
    }
}

fn lived(args: &SegmentsArgs, out: &mut Output) -> Result<()> {
    let (problem, blame) = problem(args)?;
    let life = simulate(&problem).map_err(|error| blame.refusal(error))?;
    match args.format {
        SegmentsFormat::Table => out.text(&story(&life)),
        SegmentsFormat::Json => {
            out.line(&serde_json::to_string_pretty(&SegmentsDocument::from(life))?)
        }
        SegmentsFormat::Csv => steps_csv(&life, out.data()),
    }
}

fn translated(args: &SegmentsArgs, table: &str, out: &mut Output) -> Result<()> {
    let (shape, addresses) = (shape(args)?, args.translate.as_deref().unwrap_or_default());
    SegmentTable::new(shape).map_err(usage)?;
    let of = |option: &'static str| move |error| pointed(option, error);
    let table = SegmentTable::parse(table.as_bytes(), shape).map_err(of("--table"))?;
    let requests = table.requests(addresses.as_bytes()).map_err(of("--translate"))?;
    let report = translate(&table, &requests).map_err(of("--translate"))?;
    match args.format {
        SegmentsFormat::Table => out.text(&translations(&report)),
        SegmentsFormat::Json => {
            let document = SegmentTranslationsDocument::from(report);
            out.line(&serde_json::to_string_pretty(&document)?)
        }
        SegmentsFormat::Csv => translations_csv(&report, out.data()),
    }
}

/// Who said what the processes do, for errors that are found in it.
enum Blame {
    /// Nobody: it is the lab's own.
    Preset,
    /// This option, in one line.
    Option(&'static str),
    /// A file of this name.
    File(String),
}

impl Blame {
    /// An error with the place that caused it.
    fn refusal(&self, error: memory::Error) -> Usage {
        match (self, error) {
            (_, error @ memory::Error::Memory { .. }) => Usage(format!("--memory: {error}")),
            (Blame::File(name), memory::Error::Script(TextError { line, column, problem })) => {
                Usage(format!("{name}:{line}:{column}: {problem}"))
            }
            (Blame::File(name), error) => Usage(format!("{name}: {error}")),
            (Blame::Option(option), memory::Error::Script(error)) => in_words(option, error),
            (Blame::Option(option), error) => Usage(format!("{option}: {error}")),
            (Blame::Preset, memory::Error::Script(error)) => {
                let act = "the preset is made for 1024 bytes: give --sizes or --script too";
                Usage(format!("--memory: {}; {act}", error.problem))
            }
            (Blame::Preset, error) => usage(error),
        }
    }
}

/// A wrong word of an option that has only one line: the column is enough.
fn in_words(option: &str, TextError { line, column, problem }: TextError) -> Usage {
    match line {
        1 => Usage(format!("{option}: column {column}: {problem}")),
        line => Usage(format!("{option}: line {line}, column {column}: {problem}")),
    }
}

/// What a table or a list of addresses is refused for, at its place.
fn pointed(option: &str, error: translation::Error) -> Usage {
    match error {
        translation::Error::Text(error) => in_words(option, error),
        error => Usage(format!("{option}: {error}")),
    }
}

/// The question, and who is to blame for its script.
fn problem(args: &SegmentsArgs) -> Result<(Problem, Blame)> {
    let mut problem = Problem::preset()?;
    if let Some(memory) = &args.memory {
        problem.memory_bytes = input::bytes("--memory", memory)?;
    }
    if let Some(swap) = &args.swap {
        problem.swap_bytes = Some(swap_bytes(swap)?);
    }
    if let Some(fit) = &args.fit {
        problem.fit = Fit::parse(fit).map_err(|error| Usage(format!("--fit: {error}")))?;
    }
    let blame = match (&args.sizes, &args.script) {
        (Some(_), _) => Blame::Option("--sizes"),
        (None, Some(path)) => {
            let text = Text::read(path, TRACE_MAX_BYTES)?;
            let blame = Blame::File(text.name);
            problem.script = Script::parse(&text.bytes).map_err(|error| blame.refusal(error))?;
            blame
        }
        (None, None) => Blame::Preset,
    };
    if let Some(sizes) = &args.sizes {
        problem.script = Script::sizes(sizes.as_bytes()).map_err(|error| blame.refusal(error))?;
    }
    Ok((problem, blame))
}

/// The swap area, which may be none at all.
fn swap_bytes(text: &str) -> Result<u64, Usage> {
    match size(text) {
        Ok(Size::Bytes(bytes)) => Ok(bytes),
        _ => Err(Usage(format!("--swap {text}: expected a size such as 0, 512 or 4KiB"))),
    }
}

/// What the segment table is made for.
fn shape(args: &SegmentsArgs) -> Result<Shape, Usage> {
    let split = match args.split.as_slice() {
        [] => None,
        &[segment_bits, offset_bits] => Some(Split { segment_bits, offset_bits }),
        _ => {
            let rule = "expected the bits of the segment number and of the offset, as in 2,12";
            return Err(Usage(format!("--split: {rule}")));
        }
    };
    let bytes = |option, text: &Option<String>| {
        text.as_deref().map(|text| input::bytes(option, text)).transpose()
    };
    let (memory_bytes, page_bytes) =
        (bytes("--memory", &args.memory)?, bytes("--page", &args.page)?);
    Ok(Shape { split, memory_bytes, page_bytes })
}

/// Every step in words, then memory as it stands at the end.
fn story(life: &Simulation) -> String {
    let swap = life.swap_bytes.map_or_else(
        || "a swap area as large as it need be".to_owned(),
        |bytes| format!("{bytes} bytes of swap"),
    );
    let mut text = format!("{} bytes of memory, {}, {swap}\n\n", life.memory_bytes, life.fit);
    for step in &life.steps {
        let mark = match step.outcome {
            Outcome::Done => "",
            Outcome::Refused => "  REFUSED",
            Outcome::Trap => "  TRAP",
            Outcome::Nothing => "  nothing to do",
        };
        text.push_str(&format!("{}. {}{mark}\n   {}\n", step.index, step.event, step.explain));
    }
    text.push_str(&format!("\nMemory at the end\n{}", draw(&blocks(&life.scene))));
    text.push_str(&format!("\nSegments\n{}", placements(&life.placements)));
    text.push_str(&counts(life));
    text
}

/// Segments and holes, lowest first.
fn blocks(scene: &Scene) -> Vec<Block> {
    let held = scene.segments.iter().map(|segment| {
        let label = Some(format!("{} {}", segment.process, segment.kind));
        Block { base: segment.base, bytes: segment.limit, label }
    });
    let free = scene.holes.iter().map(|hole| Block {
        base: hole.base,
        bytes: hole.size_bytes,
        label: None,
    });
    let mut blocks: Vec<Block> = held.chain(free).collect();
    blocks.sort_by_key(|block| block.base);
    blocks
}

fn placements(placements: &[Placement]) -> String {
    let mut table = Table::default();
    table.row(["SEGMENT", "PROCESS", "HOLDS", "BASE", "LIMIT", "LAST BYTE", "WHERE"]);
    for placement in placements {
        let at = |address: Option<u64>| address.map_or_else(|| "-".to_owned(), |at| at.to_string());
        table.row([
            placement.segment.to_string(),
            placement.process.clone(),
            placement.kind.to_string(),
            at(placement.base),
            placement.limit.to_string(),
            at(placement.base.map(|base| base + placement.limit - 1)),
            match placement.state {
                State::Memory => "memory",
                State::Swap => "swap area",
                State::Ended => "ended",
                State::Refused => "refused",
            }
            .to_owned(),
        ]);
    }
    table.render(&[0, 1, 2, 6])
}

fn counts(life: &Simulation) -> String {
    let (counts, scene) = (life.counts, &life.scene);
    format!(
        "\n{} arrivals, {} refused; {} growths in place, {} by a move, {} refused; {} accesses, {} trapped; {} swapped out, \
         {} back, {} refused; {} compactions; {} bytes moved\n{} of {} bytes free, the largest hole {}\n",
        counts.arrivals,
        counts.arrivals_refused,
        counts.grown_in_place,
        counts.grown_by_move,
        counts.growths_refused,
        counts.accesses,
        counts.traps,
        counts.swap_outs,
        counts.swap_ins,
        counts.swaps_refused,
        counts.compactions,
        counts.moved_bytes,
        scene.free_bytes,
        life.memory_bytes,
        scene.largest_hole_bytes
    )
}

/// The table, where it is in memory, and each address through its checks.
fn translations(report: &Report) -> String {
    let mut text = format!("Segment table\n{}", entries(&report.table));
    let blocks = occupied(report);
    if !blocks.is_empty() {
        text.push_str(&format!("\nPhysical memory\n{}", draw(&blocks)));
    }
    text.push_str(&format!("\nTranslations\n{}\n", outcomes(&report.translations)));
    for found in &report.translations {
        text.push_str(&format!("{}. {}\n", found.index, found.explain));
    }
    text
}

fn entries(entries: &[Segment]) -> String {
    let paged = entries.iter().any(|entry| matches!(entry.location, Location::Paged { .. }));
    let mut table = Table::default();
    let place = if paged { "FRAMES" } else { "BASE" };
    table.row(["SEGMENT", "HOLDS", place, "LIMIT", "GROWS", "PROTECTION", "SHARED", "PRESENT"]);
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    for entry in entries {
        table.row([
            entry.number.to_string(),
            entry.kind.map_or("-", |kind| kind.name()).to_owned(),
            place_of(&entry.location),
            entry.limit.to_string(),
            match entry.growth {
                Growth::Up => "up",
                Growth::Down => "down",
                Growth::ExpandDown => "expand-down",
            }
            .to_owned(),
            entry.protection.to_string(),
            yes(entry.shared),
            yes(entry.present),
        ]);
    }
    table.render(&[0, 1, 4, 5, 6, 7])
}

fn place_of(location: &Location) -> String {
    match location {
        Location::Whole { base } => base.to_string(),
        Location::Paged { frames } => {
            let frame =
                |frame: &Option<u64>| frame.map_or_else(|| "-".to_owned(), |at| at.to_string());
            frames.iter().map(frame).collect::<Vec<_>>().join("+")
        }
    }
}

/// The bytes of the segments that are in memory in one piece, with the gaps between; nothing where two share bytes.
fn occupied(report: &Report) -> Vec<Block> {
    let largest = report.split.map_or(0, Split::largest_bytes);
    let mut held: Vec<Block> =
        report.table.iter().filter_map(|entry| block_of(entry, largest)).collect();
    held.sort_by_key(|block| block.base);
    let mut blocks = Vec::new();
    let mut end = 0;
    for block in held {
        if block.base < end {
            return Vec::new();
        }
        if block.base > end {
            blocks.push(Block { base: end, bytes: block.base - end, label: gap() });
        }
        end = block.base + block.bytes;
        blocks.push(block);
    }
    if let Some(bytes) = report.memory_bytes.filter(|&bytes| bytes > end && !blocks.is_empty()) {
        blocks.push(Block { base: end, bytes: bytes - end, label: gap() });
    }
    blocks
}

/// What belongs to no segment of the table.
fn gap() -> Option<String> {
    Some("-".to_owned())
}

/// The bytes of a segment that is in memory in one piece, where it has any.
fn block_of(entry: &Segment, largest: u64) -> Option<Block> {
    let &Location::Whole { base } = &entry.location else { return None };
    let (base, bytes) = match entry.growth {
        Growth::Up => (base, entry.limit),
        Growth::Down => (base.checked_sub(entry.limit)?, entry.limit),
        Growth::ExpandDown => (base + entry.limit + 1, largest.checked_sub(entry.limit + 1)?),
    };
    let kind = entry.kind.map(|kind| format!(" {kind}")).unwrap_or_default();
    let label = Some(format!("segment {}{kind}", entry.number));
    (entry.present && bytes > 0).then_some(Block { base, bytes, label })
}

fn outcomes(translations: &[Translation]) -> String {
    let mut table = Table::default();
    table.row(["", "SEGMENT", "OFFSET", "ACCESS", "COMPARED", "PHYSICAL", ""]);
    for found in translations {
        let compared = found.compare.map_or_else(String::new, |compare| {
            format!("{} {} {}", compare.left, compare.relation, compare.right)
        });
        table.row([
            format!("{}.", found.index),
            found.segment.to_string(),
            found.offset.to_string(),
            access(found.access).to_owned(),
            compared,
            found.physical.map_or_else(|| "-".to_owned(), |physical| physical.to_string()),
            found.trap.map_or_else(String::new, |trap| told(trap, found.excess_bytes)),
        ]);
    }
    table.render(&[3, 4, 6])
}

fn access(access: Access) -> &'static str {
    match access {
        Access::Read => "read",
        Access::Write => "write",
        Access::Execute => "execute",
    }
}

/// A trap as a table names it.
fn told(trap: Trap, excess_bytes: Option<u64>) -> String {
    match (trap, excess_bytes) {
        (Trap::Limit, Some(excess)) => format!("TRAP: beyond the limit by {excess}"),
        (trap, _) => format!("TRAP: {}", name(trap).replace('_', " ")),
    }
}

/// A trap as JSON names it.
fn name(trap: Trap) -> &'static str {
    match trap {
        Trap::NoSegment => "no_segment",
        Trap::NotPresent => "not_present",
        Trap::Limit => "limit",
        Trap::Protection => "protection",
        Trap::Page => "page",
        _ => "trap",
    }
}

fn steps_csv(life: &Simulation, into: &mut impl Write) -> Result<()> {
    let mut into = BufWriter::new(into);
    writeln!(into, "index,event,outcome,moved_bytes,free_bytes,largest_hole_bytes,explain")?;
    for step in &life.steps {
        let outcome = match step.outcome {
            Outcome::Done => "done",
            Outcome::Refused => "refused",
            Outcome::Trap => "trap",
            Outcome::Nothing => "nothing",
        };
        writeln!(
            into,
            "{},{},{outcome},{},{},{},\"{}\"",
            step.index,
            step.event,
            step.moved_bytes,
            step.map.free_bytes,
            step.map.largest_hole_bytes,
            step.explain.replace('"', "\"\"")
        )?;
    }
    Ok(into.flush()?)
}

fn translations_csv(report: &Report, into: &mut impl Write) -> Result<()> {
    let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    let mut into = BufWriter::new(into);
    writeln!(into, "index,segment,offset,access,physical,trap,excess_bytes,explain")?;
    for found in &report.translations {
        writeln!(
            into,
            "{},{},{},{},{},{},{},\"{}\"",
            found.index,
            found.segment,
            found.offset,
            access(found.access),
            number(found.physical),
            found.trap.map_or("", name),
            number(found.excess_bytes),
            found.explain.replace('"', "\"\"")
        )?;
    }
    Ok(into.flush()?)
}
