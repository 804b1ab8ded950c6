//! A table of frames as a person has it: pasted from a spreadsheet, typed, or printed by `ramscope sim paging --steps` or
//! `ramscope sim exercise paging`.
//!
//! ```text
//!   policy: lru                 headers: policy, frames, preset, set; a further `policy` begins a further table
//!   reference  7 0 1 2          the string; its rows are put end to end
//!   frame 0    7 7 7 __         a part: one row a frame; __ is a cell that nobody has filled in yet …
//!   H/F        F F F __         … and at most one of marks; further parts follow after an empty line
//! ```

use std::fmt;

use super::lines::{Row, marks, only_pages, pages, row};
use crate::paging::question::{Sizes, convention, policies_named};
use crate::paging::registry::Entry;
use crate::paging::{Convention, Error, Form, References, parse};

/// A table with the problem it answers.
#[derive(Debug)]
pub struct Answer {
    /// The policy that it says it shows.
    pub policy: &'static Entry,
    /// Frames of physical memory, at least 1.
    pub frames: usize,
    /// The reference string.
    pub references: References,
    /// The values of the policy's parameters.
    pub convention: Convention,
    /// A column a reference, from the first; there may be fewer than references.
    pub columns: Vec<Column>,
}

/// What the table says after one reference.
#[derive(Debug)]
pub struct Column {
    /// A cell a frame.
    pub cells: Vec<Cell<Content>>,
    /// Whether it says hit, `None` within where that is not filled in; `None` where the table has no marks.
    pub hit: Option<Cell<Option<bool>>>,
}

/// What a cell says of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Nothing yet.
    Open,
    /// The frame is empty.
    Empty,
    /// It holds this page.
    Page(u64),
}

/// A value and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Cell<T> {
    /// The line, from 1.
    pub line: usize,
    /// The byte in the line, from 1.
    pub column: usize,
    /// What stands there.
    pub value: T,
}

/// Where a text stops being a table, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableError {
    /// The line, from 1; `None` where the table lacks something as a whole.
    pub line: Option<usize>,
    /// The byte in the line, from 1; `None` where it is the whole line.
    pub column: Option<usize>,
    /// What is wrong there, and what to do.
    pub problem: String,
}

/// Rows between two empty lines.
#[derive(Debug, Default)]
struct Part {
    line: usize,
    frames: Vec<Vec<Cell<Content>>>,
    marks: Option<Vec<Cell<Option<bool>>>>,
}

/// A table that is being read.
#[derive(Debug, Default)]
struct Reading<'a> {
    policy: Option<&'static Entry>,
    frames: Option<usize>,
    preset: Option<&'a str>,
    settings: Vec<&'a str>,
    /// The reference rows at their places, everything else blank: so its errors point into the text.
    string: String,
    parts: Vec<Part>,
}

/// Reads the tables of a text, at least one. A table without a reference string has that of the table before it.
///
/// # Errors
/// The first place that is not of a table's form, or what a table leaves out.
pub fn read(bytes: &[u8]) -> Result<Vec<Answer>, TableError> {
    let text =
        std::str::from_utf8(bytes).map_err(|error| not_text(&bytes[..error.valid_up_to()]))?;
    let mut answers = Vec::new();
    let mut reading = Reading::default();
    let mut is_new_part = true;
    for (index, line) in text.lines().enumerate() {
        let row = row(line);
        if reading.policy.is_some() && matches!(row, Row::Header("policy", _)) {
            answers.push(reading.finish(answers.last())?);
            reading = Reading { string: "\n".repeat(index), ..Reading::default() };
            is_new_part = true;
        }
        is_new_part = reading.line(index + 1, line, row, is_new_part)?;
        reading.string.push('\n');
    }
    answers.push(reading.finish(answers.last())?);
    Ok(answers)
}

fn not_text(before: &[u8]) -> TableError {
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let problem = "this is not text: save the table as UTF-8 text or CSV".to_owned();
    TableError { line: Some(line), column: None, problem }
}

fn at((line, column): (usize, usize), problem: impl Into<String>) -> TableError {
    TableError { line: Some(line), column: Some(column), problem: problem.into() }
}

fn missing(what: impl fmt::Display) -> TableError {
    let problem = format!("{what}; see `ramscope sim check --help`");
    TableError { line: None, column: None, problem }
}

impl<'a> Reading<'a> {
    /// Takes one line in; gives whether the next row of frames begins a new part.
    fn line(
        &mut self,
        number: usize,
        line: &'a str,
        row: Row<'a>,
        is_new_part: bool,
    ) -> Result<bool, TableError> {
        match row {
            Row::Blank => return Ok(true),
            Row::Remark => {}
            Row::Header(key, value) => self.header(number, key, value)?,
            Row::Reference => self.string.push_str(&only_pages(line)),
            Row::Frame(cells) => {
                let row =
                    pages(&cells, number).map_err(|(column, why)| at((number, column), why))?;
                self.part(number, is_new_part).frames.push(row);
                return Ok(false);
            }
            Row::Marks(cells) => {
                let row =
                    marks(&cells, number).map_err(|(column, why)| at((number, column), why))?;
                if self.part(number, is_new_part).marks.replace(row).is_some() {
                    return Err(at((number, 1), "a second row of marks for the same frames"));
                }
                return Ok(false);
            }
        }
        Ok(is_new_part)
    }

    /// The part that a row belongs to.
    fn part(&mut self, line: usize, is_new: bool) -> &mut Part {
        let last = self.parts.len().saturating_sub(usize::from(!is_new));
        if last == self.parts.len() {
            self.parts.push(Part { line, ..Part::default() });
        }
        &mut self.parts[last]
    }

    fn header(&mut self, line: usize, key: &str, value: &'a str) -> Result<(), TableError> {
        let said = |error: &dyn fmt::Display| TableError {
            line: Some(line),
            column: None,
            problem: format!("`{key}`: {error}"),
        };
        match key {
            "policy" => {
                let named = policies_named([value]).map_err(|error| said(&error))?;
                let [policy] = named[..] else { return Err(said(&"a table is of one policy")) };
                self.policy = Some(policy);
            }
            "frames" => {
                let sizes: Sizes = value.parse().map_err(|error| said(&error))?;
                self.frames = sizes.iter().next_back().filter(|_| sizes.len() == 1);
                self.frames.ok_or_else(|| said(&"a table is of one number of frames"))?;
            }
            "preset" => {
                convention(Some(value), []).map_err(|error| said(&error))?;
                self.preset = Some(value);
            }
            _ => {
                let settings =
                    value.split([',', ';', ' ', '\t']).filter(|setting| !setting.is_empty());
                let settings: Vec<&str> = settings.collect();
                convention(None, settings.iter().copied()).map_err(|error| said(&error))?;
                self.settings.extend(settings);
            }
        }
        Ok(())
    }

    fn finish(self, before: Option<&Answer>) -> Result<Answer, TableError> {
        let policy = self.policy.ok_or_else(|| {
            missing("the table does not name its policy: add a line such as `policy: lru`")
        })?;
        let references = self.references(before)?;
        let frames = self.frames.or(self.parts.first().map(|part| part.frames.len()));
        let frames = frames.filter(|&frames| frames > 0 && !self.parts.is_empty());
        let frames =
            frames.ok_or_else(|| missing("the table has no row of frames below its headers"))?;
        let columns = self.columns(frames)?;
        if columns.len() > references.len() {
            let (found, wanted) = (columns.len(), references.len());
            return Err(missing(format!("{found} columns for a string of {wanted} references")));
        }
        let convention = convention(self.preset, self.settings.iter().copied()).map_err(missing)?;
        Ok(Answer { policy, frames, references, convention, columns })
    }

    fn references(&self, before: Option<&Answer>) -> Result<References, TableError> {
        if !self.string.trim().is_empty() {
            return parse(self.string.as_bytes(), Form::Pages).map_err(|error| match error {
                Error::Parse(error) => at((error.line, error.column), error.problem.to_string()),
                other => TableError { line: None, column: None, problem: other.to_string() },
            });
        }
        before.map(|answer| answer.references.clone()).ok_or_else(|| {
            missing("the table has no reference string: add a line such as `reference 7 0 1 2`")
        })
    }

    /// The parts side by side.
    fn columns(&self, frames: usize) -> Result<Vec<Column>, TableError> {
        let mut columns = Vec::new();
        for part in &self.parts {
            if part.frames.len() != frames {
                let rows = part.frames.len();
                return Err(at(
                    (part.line, 1),
                    format!("this part has {rows} rows for {frames} frames"),
                ));
            }
            let width = part.frames.iter().map(Vec::len).max().unwrap_or(0);
            for row in &part.frames {
                check_width(row, width)?;
            }
            if let Some(marks) = &part.marks {
                check_width(marks, width)?;
            }
            columns.extend((0..width).map(|index| Column {
                cells: part.frames.iter().map(|row| row[index]).collect(),
                hit: part.marks.as_ref().map(|marks| marks[index]),
            }));
        }
        Ok(columns)
    }
}

fn check_width<T>(row: &[Cell<T>], wanted: usize) -> Result<(), TableError> {
    if row.len() == wanted {
        return Ok(());
    }
    let place = row.first().map_or((1, 1), |cell| (cell.line, cell.column));
    let found = row.len();
    Err(at(
        place,
        format!(
            "this row has {found} cells, another of its part {wanted}: write - for an empty frame"
        ),
    ))
}

impl Column {
    /// Whether nothing in it is filled in.
    pub fn is_open(&self) -> bool {
        let open = |cell: &Cell<Content>| cell.value == Content::Open;
        self.cells.iter().all(open) && self.hit.is_none_or(|cell| cell.value.is_none())
    }
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in [self.line, self.column].into_iter().flatten() {
            write!(f, "{place}:")?;
        }
        let space = if self.line.is_some() { " " } else { "" };
        write!(f, "{space}{}", self.problem)
    }
}

impl std::error::Error for TableError {}
