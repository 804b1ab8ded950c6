//! `ramscope sim check`: whether tables of frames are right, and where each first goes wrong.

use anyhow::{Result, anyhow};
use ramscope_sim::check::{self, Answer, Column, TableError, Wrong};

use super::input::{TABLE_MAX_BYTES, Text};
use super::usage;
use crate::args::CheckArgs;
use crate::failure::Usage;
use crate::output::Output;

/// Checks the tables; one that is wrong ends with exit code 1.
pub(super) fn run(args: &CheckArgs, out: &mut Output) -> Result<()> {
    let text = Text::read(&args.file, TABLE_MAX_BYTES)?;
    let answers = check::read(&text.bytes).map_err(|error| blamed(&text.name, &error))?;
    let mut wrong_at = Vec::new();
    for answer in &answers {
        match check::first_wrong(answer).map_err(usage)? {
            None => out.line(&right(answer))?,
            Some(wrong) => {
                tell(&text.name, answer, &wrong, args.reveal, out)?;
                wrong_at.push(wrong.place());
            }
        }
    }
    match wrong_at.as_slice() {
        [] => Ok(()),
        [place] => Err(anyhow!("the first wrong cell is at {place}")),
        [..] => Err(anyhow!("{} of {} tables are wrong", wrong_at.len(), answers.len())),
    }
}

/// What is no table is blamed at its place in the file.
fn blamed(name: &str, error: &TableError) -> Usage {
    let space = if error.line.is_some() { "" } else { " " };
    Usage(format!("{name}:{space}{error}"))
}

fn right(answer: &Answer) -> String {
    let all = answer.references.len();
    let convention = answer.convention.of(answer.policy.parameters);
    let about = format!("{} with {} frames, {convention}", answer.policy.name, answer.frames);
    match answer.columns.iter().filter(|column| !Column::is_open(column)).count() {
        0 => format!("nothing filled in yet: {about}"),
        found if found < all => format!("right for {found} of {all} references: {about}"),
        _ => format!("right: {about}"),
    }
}

fn tell(name: &str, answer: &Answer, wrong: &Wrong, reveal: bool, out: &mut Output) -> Result<()> {
    let Wrong { line, column, said, rule, .. } = wrong;
    out.line(&format!("{name}:{line}:{column}: {}: {said} is wrong there", wrong.place()))?;
    out.line(&format!("Rule: {rule}"))?;
    if reveal {
        out.line(&format!("Expected: {}", wrong.expected()))?;
        out.line(&wrong.step.explain)?;
    } else {
        out.line("What belongs there, and why: add --reveal")?;
    }
    if let Some(explanation) = check::explanation(answer).map_err(usage)? {
        out.line(&explanation.to_string())?;
    }
    Ok(())
}
