//! Checking a person's table of frames: the first wrong cell, the rule it breaks, and whether another convention or
//! another policy explains the whole table.
//!
//! ```text
//!   text ──▶ read ──▶ Answer ──▶ first_wrong ──▶ Wrong: the place, what was said, the rule; the step on request
//!                        └─────▶ explanation ──▶ "With clock.load_bit=0 the whole table is right."
//! ```
//!
//! Cells are compared reference by reference, and from the first frame down; a cell that is not filled in yet is
//! passed over.

mod explanation;
mod lines;
pub mod rule;
mod table;

use crate::paging::registry::Entry;
use crate::paging::{Convention, Error, Step};

pub use explanation::{Explanation, explanation};
pub use table::{Answer, Cell, Column, Content, TableError, read};

/// Which cell of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// That of this frame, from 0.
    Frame(usize),
    /// The hit or fault below the frames.
    Mark,
}

/// A wrong cell.
#[derive(Debug)]
pub struct Wrong {
    /// Which row of its column.
    pub row: Row,
    /// The line in the text, from 1.
    pub line: usize,
    /// The byte in that line, from 1.
    pub column: usize,
    /// What the table says there, in words: "page 5", "an empty frame", "a hit".
    pub said: String,
    /// The rule that decides the cell, without its value.
    pub rule: &'static str,
    /// What the policy did: the answer, for those who ask for it.
    pub step: Step,
}

impl Wrong {
    /// "reference 4 (page 2), frame 1".
    pub fn place(&self) -> String {
        let row = match self.row {
            Row::Frame(frame) => format!("frame {frame}"),
            Row::Mark => "hit or fault".to_owned(),
        };
        format!("reference {} (page {}), {row}", self.step.index, self.step.page)
    }

    /// What belongs into the cell, in words.
    pub fn expected(&self) -> String {
        match self.row {
            Row::Frame(frame) => held(self.step.frames.get(frame).copied().flatten()),
            Row::Mark => marked(self.step.hit).to_owned(),
        }
    }
}

/// The first cell that the table's policy does not bear out; `None` where all that is filled in is right.
///
/// # Errors
/// [`Error::Frames`].
pub fn first_wrong(answer: &Answer) -> Result<Option<Wrong>, Error> {
    first_wrong_of(answer, answer.policy, &answer.convention)
}

/// The first cell that another policy, or this one under another convention, does not bear out.
fn first_wrong_of(
    answer: &Answer,
    policy: &'static Entry,
    convention: &Convention,
) -> Result<Option<Wrong>, Error> {
    compare(answer, policy, convention, |column, step| wrong_in(column, step, policy, convention))
}

/// Goes through the columns beside the policy's steps until `find` finds something.
fn compare<T>(
    answer: &Answer,
    policy: &'static Entry,
    convention: &Convention,
    find: impl Fn(&Column, Step) -> Option<T>,
) -> Result<Option<T>, Error> {
    let mut steps = policy.stepper(answer.frames, &answer.references, convention)?;
    Ok(answer.columns.iter().find_map(|column| find(column, steps.forward()?)))
}

fn wrong_in(
    column: &Column,
    step: Step,
    policy: &'static Entry,
    convention: &Convention,
) -> Option<Wrong> {
    let frame = column.cells.iter().enumerate().find_map(|(frame, cell)| {
        let expected = step.frames.get(frame).copied().flatten();
        let said = wrong_content(cell.value, expected)?;
        Some((Row::Frame(frame), cell.line, cell.column, held(said)))
    });
    let mark = || {
        let cell = column.hit?;
        let said = cell.value.filter(|&hit| hit != step.hit)?;
        Some((Row::Mark, cell.line, cell.column, marked(said).to_owned()))
    };
    let (row, line, column, said) = frame.or_else(mark)?;
    let rule = match row {
        Row::Frame(_) => rule::of_frames(&step, policy, convention),
        Row::Mark => rule::OF_MARKS,
    };
    Some(Wrong { row, line, column, said, rule, step })
}

/// What a cell says, where it is not what is expected.
fn wrong_content(content: Content, expected: Option<u64>) -> Option<Option<u64>> {
    let said = match content {
        Content::Open => return None,
        Content::Empty => None,
        Content::Page(page) => Some(page),
    };
    (said != expected).then_some(said)
}

fn held(page: Option<u64>) -> String {
    page.map_or_else(|| "an empty frame".to_owned(), |page| format!("page {page}"))
}

fn marked(hit: bool) -> &'static str {
    if hit { "a hit" } else { "a fault" }
}
