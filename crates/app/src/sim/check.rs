//! `ramscope sim check`: whether a table of frames is right, and where it first goes wrong.

use anyhow::{Result, anyhow};
use ramscope_sim::paging::registry::{Entry, POLICIES};
use ramscope_sim::paging::{Convention, FRAMES_ORDER, Kind, PRESETS, Parameter, Step};

use super::input::{TABLE_MAX_BYTES, Text};
use super::table::{Answer, Cell, Column};
use crate::args::CheckArgs;
use crate::failure::Usage;
use crate::output::Output;

/// Most whole numbers of one parameter that are tried as another convention.
const WHOLES_TRIED: u64 = 8;

/// Which cell of a column is wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Row {
    Frame(usize),
    Mark,
}

/// The first wrong cell.
#[derive(Debug)]
struct Wrong {
    row: Row,
    line: usize,
    column: usize,
    /// What the table says there, in words.
    said: String,
    /// What the policy did.
    step: Step,
}

/// Checks the table; one that is wrong ends with exit code 1.
pub(super) fn run(args: &CheckArgs, out: &mut Output) -> Result<()> {
    let text = Text::read(&args.file, TABLE_MAX_BYTES)?;
    let answer = Answer::read(&text)?;
    let Some(wrong) = first_wrong(&answer, answer.policy, &answer.convention)? else {
        return out.line(&right(&answer));
    };
    let place = wrong.place();
    out.line(&format!("{}:{}:{}: {place}: {}", text.name, wrong.line, wrong.column, wrong.said))?;
    out.line(&format!("Rule: {}", answer.policy.about))?;
    if args.reveal {
        out.line(&format!("Expected: {}", wrong.expected()))?;
        out.line(&wrong.step.explain)?;
    } else {
        out.line("What belongs there, and why: add --reveal")?;
    }
    if let Some(explanation) = another(&answer)? {
        out.line(&explanation)?;
    }
    Err(anyhow!("the first wrong cell is at {place}"))
}

fn right(answer: &Answer) -> String {
    let (found, all) = (answer.columns.len(), answer.references.len());
    let part = if found < all {
        format!(" for the first {found} of {all} references")
    } else {
        String::new()
    };
    let convention = answer.convention.of(answer.policy.parameters);
    format!("right{part}: {} with {} frames, {convention}", answer.policy.name, answer.frames)
}

impl Wrong {
    fn place(&self) -> String {
        let row = match self.row {
            Row::Frame(frame) => format!("frame {frame}"),
            Row::Mark => "hit or fault".to_owned(),
        };
        format!("reference {} (page {}), {row}", self.step.index, self.step.page)
    }

    fn expected(&self) -> String {
        match self.row {
            Row::Frame(frame) => held(self.step.frames.get(frame).copied().flatten()),
            Row::Mark => marked(self.step.hit).to_owned(),
        }
    }
}

fn held(page: Option<u64>) -> String {
    page.map_or_else(|| "an empty frame".to_owned(), |page| format!("page {page}"))
}

fn marked(hit: bool) -> &'static str {
    if hit { "a hit" } else { "a fault" }
}

/// The first cell, reference by reference and from the first frame down, that the policy does not bear out.
fn first_wrong(
    answer: &Answer,
    policy: &Entry,
    convention: &Convention,
) -> Result<Option<Wrong>, Usage> {
    compare(answer, policy, convention, wrong_in)
}

/// Goes through the columns beside the policy's steps until `find` finds something.
fn compare<T>(
    answer: &Answer,
    policy: &Entry,
    convention: &Convention,
    find: impl Fn(&Column, Step) -> Option<T>,
) -> Result<Option<T>, Usage> {
    let mut steps = policy
        .stepper(answer.frames, &answer.references, convention)
        .map_err(|error| Usage(error.to_string()))?;
    Ok(answer.columns.iter().find_map(|column| find(column, steps.forward()?)))
}

fn wrong_in(column: &Column, step: Step) -> Option<Wrong> {
    let frame = column.cells.iter().enumerate().find_map(|(frame, cell)| {
        let expected = step.frames.get(frame).copied().flatten();
        (cell.value != expected).then(|| (Row::Frame(frame), place(cell), held(cell.value)))
    });
    let mark = || {
        let cell = column.hit.as_ref().filter(|cell| cell.value != step.hit)?;
        Some((Row::Mark, place(cell), marked(cell.value).to_owned()))
    };
    let (row, (line, column), said) = frame.or_else(mark)?;
    let said = format!("{said} is wrong there");
    Some(Wrong { row, line, column, said, step })
}

fn place<T>(cell: &Cell<T>) -> (usize, usize) {
    (cell.line, cell.column)
}

/// The first other reading under which the whole table is right, as a sentence.
fn another(answer: &Answer) -> Result<Option<String>, Usage> {
    for (name, convention) in conventions(answer) {
        if first_wrong(answer, answer.policy, &convention)?.is_none() {
            return Ok(Some(format!("With {name} the whole table is right.")));
        }
    }
    if compare(answer, answer.policy, &answer.convention, differs_as_set)?.is_none() {
        let policy = answer.policy.title;
        return Ok(Some(format!(
            "Its pages are those of {policy} after every reference: only the frames they stand in differ."
        )));
    }
    for policy in POLICIES.iter().filter(|policy| policy.name != answer.policy.name) {
        if first_wrong(answer, policy, &answer.convention)?.is_none() {
            return Ok(Some(format!(
                "The whole table is right for another policy: {}.",
                policy.name
            )));
        }
    }
    Ok(None)
}

/// Found where the table's pages, in any order, or its mark differ from the policy's.
fn differs_as_set(column: &Column, step: Step) -> Option<()> {
    let sorted = |pages: Vec<u64>| {
        let mut pages = pages;
        pages.sort_unstable();
        pages
    };
    let said = sorted(column.cells.iter().filter_map(|cell| cell.value).collect());
    let is = sorted(step.frames.into_iter().flatten().collect());
    let is_hit_right = column.hit.is_none_or(|cell| cell.value == step.hit);
    (said != is || !is_hit_right).then_some(())
}

/// The table's own convention with one value changed, also with memory shown as a list; then the presets.
fn conventions(answer: &Answer) -> Vec<(String, Convention)> {
    let mut named = Vec::new();
    let list = with(&answer.convention, "frames.order=list");
    for parameter in answer.policy.parameters.iter().copied().chain([&FRAMES_ORDER]) {
        for value in values(parameter) {
            let setting = format!("{}={value}", parameter.name);
            let alone = with(&answer.convention, &setting);
            named.extend(alone.map(|changed| (setting.clone(), changed)));
            let both = list.as_ref().and_then(|list| with(list, &setting));
            named.extend(both.map(|changed| (format!("{setting} and frames.order=list"), changed)));
        }
    }
    let presets = PRESETS.iter().filter_map(|preset| {
        let convention = Convention::preset(preset.name).ok()?;
        Some((format!("preset {}", preset.name), convention))
    });
    named.extend(presets);
    named
}

fn with(convention: &Convention, setting: &str) -> Option<Convention> {
    let mut changed = convention.clone();
    changed.set(setting).ok()?;
    Some(changed)
}

/// The values of a parameter, where they can be counted.
fn values(parameter: &Parameter) -> Vec<String> {
    match parameter.kind {
        Kind::Word(words) => words.iter().map(|&word| word.to_owned()).collect(),
        Kind::Whole(least, most) if most - least < WHOLES_TRIED => {
            (least..=most).map(|number| number.to_string()).collect()
        }
        Kind::Whole(..) | Kind::Ratio(..) => Vec::new(),
    }
}
