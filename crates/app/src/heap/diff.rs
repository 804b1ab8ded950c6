//! `ramscope heap diff`: two recordings, stack by stack. Stacks are the same where their functions are: addresses and lines
//! change with every build.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Result;
use ramscope_heap::export::stack_names;
use ramscope_heap::{By, Named, Names, Session};
use ramscope_observe::format::grouped;
use serde::Serialize;

use super::document::{FrameDocument, SCHEMA_VERSION};
use super::read;
use super::report::{Look, amount, frame};
use crate::args::{DiffArgs, ReportFormat};
use crate::config::Environment;
use crate::output::Output;

/// Most frames of a stack that a table shows.
const FRAMES: usize = 12;

/// A stack by its functions and modules, the innermost first.
type Key = Vec<(String, String)>;

/// What a stack held in both.
#[derive(Debug, Default)]
struct Pair {
    before: u64,
    after: u64,
    frames: Vec<Named>,
}

impl Pair {
    fn difference(&self) -> i128 {
        i128::from(self.after) - i128::from(self.before)
    }
}

#[derive(Debug, Serialize)]
struct DiffDocument {
    schema_version: u32,
    by: &'static str,
    before: u64,
    after: u64,
    difference: i64,
    stacks: Vec<StackDocument>,
}

#[derive(Debug, Serialize)]
struct StackDocument {
    frames: Vec<FrameDocument>,
    before: u64,
    after: u64,
    difference: i64,
}

/// Prints what differs between two recordings.
pub(super) fn run(args: &DiffArgs, environment: &Environment, out: &mut Output) -> Result<()> {
    let by = args.by.into();
    let mut pairs: BTreeMap<Key, Pair> = BTreeMap::new();
    gather(&read(&args.before, out)?, by, &mut pairs, |pair| &mut pair.before);
    gather(&read(&args.after, out)?, by, &mut pairs, |pair| &mut pair.after);
    let (before, after) =
        pairs.values().fold((0, 0), |(a, b), pair| (a + pair.before, b + pair.after));
    let mut differing: Vec<Pair> =
        pairs.into_values().filter(|pair| pair.before != pair.after).collect();
    differing.sort_by_key(|pair| std::cmp::Reverse(pair.difference().unsigned_abs()));
    let count = differing.len();
    differing.truncate(args.top);
    match args.format {
        ReportFormat::Json => {
            let stacks = differing.iter().map(|pair| StackDocument {
                frames: pair.frames.iter().map(FrameDocument::from).collect(),
                before: pair.before,
                after: pair.after,
                difference: saturated(pair.difference()),
            });
            let document = DiffDocument {
                schema_version: SCHEMA_VERSION,
                by: by.name(),
                before,
                after,
                difference: saturated(i128::from(after) - i128::from(before)),
                stacks: stacks.collect(),
            };
            out.line(&serde_json::to_string_pretty(&document)?)
        }
        ReportFormat::Table => {
            let all = Pair { before, after, frames: Vec::new() };
            let look = Look::of(out, environment);
            out.text(&table(&all, &differing, count, by, look))
        }
    }
}

fn gather(
    session: &Session,
    by: By,
    pairs: &mut BTreeMap<Key, Pair>,
    side: impl Fn(&mut Pair) -> &mut u64,
) {
    let mut names = Names::default();
    for row in session.stacks().filter(|row| row.value(by) != 0) {
        let ids = stack_names(session, row.node, &mut names);
        let key = ids.iter().map(|id| {
            let named = names.name(*id);
            (named.function.clone(), named.module_name().to_owned())
        });
        let pair = pairs.entry(key.collect()).or_default();
        *side(pair) += row.value(by);
        if pair.frames.is_empty() {
            pair.frames = ids.iter().map(|id| names.name(*id).clone()).collect();
        }
    }
}

fn saturated(difference: i128) -> i64 {
    i64::try_from(difference).unwrap_or(if difference < 0 { i64::MIN } else { i64::MAX })
}

fn table(all: &Pair, differing: &[Pair], count: usize, by: By, look: Look) -> String {
    let mut text = format!("{}\n", look.strong(&format!("{}: {}", by.name(), line(all, by))));
    let shown = differing.len();
    let _ = match count {
        0 => writeln!(text, "no call stack differs"),
        _ => writeln!(
            text,
            "{}",
            look.faint(&format!("{shown} of {} call stacks that differ", grouped(count as u64)))
        ),
    };
    for pair in differing {
        let _ = writeln!(text, "\n{}", look.strong(&line(pair, by)));
        pair.frames.iter().take(FRAMES).for_each(|named| text.push_str(&frame(named, look)));
        if pair.frames.len() > FRAMES {
            let more = format!("       … {} frames further out\n", pair.frames.len() - FRAMES);
            text.push_str(&look.faint(&more));
        }
    }
    text
}

fn line(pair: &Pair, by: By) -> String {
    let sign = if pair.after < pair.before { "−" } else { "+" };
    let difference = amount(by, pair.after.abs_diff(pair.before));
    format!("{sign}{difference}  from {} to {}", amount(by, pair.before), amount(by, pair.after))
}
