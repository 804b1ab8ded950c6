//! A table of frames as a person has it: pasted from a spreadsheet, typed, or printed by `ramscope sim paging --steps`.
//!
//! ```text
//!   policy: lru                 headers: policy, frames, preset, set
//!   reference  7 0 1 2          the string; its rows are put end to end
//!   frame 0    7 7 7 2          a part: one row a frame …
//!   H/F        F F F F          … and at most one of marks; further parts follow after an empty line
//! ```

use ramscope_sim::paging::registry::Entry;
use ramscope_sim::paging::{Convention, Form, References};
use ramscope_web::sim::{Sizes, convention, policies_named};

use super::input::{Text, references};
use crate::failure::Usage;

/// A table with the problem it answers.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) policy: &'static Entry,
    pub(super) frames: usize,
    pub(super) references: References,
    pub(super) convention: Convention,
    /// A column a reference, from the first; there may be fewer than references.
    pub(super) columns: Vec<Column>,
}

/// What the table says after one reference.
#[derive(Debug)]
pub(super) struct Column {
    /// A cell a frame.
    pub(super) cells: Vec<Cell<Option<u64>>>,
    /// Whether it says hit; `None` where the table has no marks.
    pub(super) hit: Option<Cell<bool>>,
}

/// A value and where it stands, both counted from 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell<T> {
    pub(super) line: usize,
    /// The byte in the line.
    pub(super) column: usize,
    pub(super) value: T,
}

/// A row's kind, by its label or its cells.
#[derive(Debug, PartialEq)]
enum Row<'a> {
    Blank,
    /// What a person reads and nobody checks: sentences, counts, victims.
    Remark,
    Header(&'a str, &'a str),
    Reference,
    Frame(Vec<(usize, &'a str)>),
    Marks(Vec<(usize, &'a str)>),
}

/// Rows between two empty lines.
#[derive(Debug, Default)]
struct Part {
    line: usize,
    frames: Vec<Vec<Cell<Option<u64>>>>,
    marks: Option<Vec<Cell<bool>>>,
}

/// A table that is being read.
struct Reading<'a> {
    name: &'a str,
    policy: Option<&'static Entry>,
    frames: Option<usize>,
    preset: Option<&'a str>,
    settings: Vec<&'a str>,
    /// The reference rows at their places, everything else blank: so its errors point into the file.
    string: String,
    parts: Vec<Part>,
}

impl Answer {
    /// Reads a table.
    ///
    /// # Errors
    /// The first place that is not of a table's form, or what the table leaves out.
    pub(super) fn read(text: &Text) -> Result<Answer, Usage> {
        let name = &text.name;
        let content = std::str::from_utf8(&text.bytes).map_err(|error| {
            let before = &text.bytes[..error.valid_up_to()];
            let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
            Usage(format!("{name}:{line}: this is not text: save the table as UTF-8 text or CSV"))
        })?;
        let mut reading = Reading {
            name,
            policy: None,
            frames: None,
            preset: None,
            settings: Vec::new(),
            string: String::new(),
            parts: Vec::new(),
        };
        let mut is_new_part = true;
        for (index, line) in content.lines().enumerate() {
            is_new_part = reading.line(index + 1, line, is_new_part)?;
            reading.string.push('\n');
        }
        reading.finish()
    }
}

impl<'a> Reading<'a> {
    fn wrong(&self, line: usize, column: usize, why: &str) -> Usage {
        Usage(format!("{}:{line}:{column}: {why}", self.name))
    }

    /// Takes one line in; gives whether the next row of frames begins a new part.
    fn line(&mut self, number: usize, line: &'a str, is_new_part: bool) -> Result<bool, Usage> {
        match row(line) {
            Row::Blank => return Ok(true),
            Row::Remark => {}
            Row::Header(key, value) => self.header(number, key, value)?,
            Row::Reference => self.string.push_str(&only_pages(line)),
            Row::Frame(cells) => {
                let part = self.part(number, is_new_part);
                let row =
                    pages(&cells, number).map_err(|(at, why)| self.wrong(number, at, &why))?;
                self.parts[part].frames.push(row);
                return Ok(false);
            }
            Row::Marks(cells) => {
                let part = self.part(number, is_new_part);
                let row =
                    marks(&cells, number).map_err(|(at, why)| self.wrong(number, at, &why))?;
                if self.parts[part].marks.replace(row).is_some() {
                    return Err(self.wrong(number, 1, "a second row of marks for the same frames"));
                }
                return Ok(false);
            }
        }
        Ok(is_new_part)
    }

    fn part(&mut self, line: usize, is_new: bool) -> usize {
        if is_new {
            self.parts.push(Part { line, ..Part::default() });
        }
        self.parts.len() - 1
    }

    fn header(&mut self, line: usize, key: &str, value: &'a str) -> Result<(), Usage> {
        let said = |error: &dyn std::fmt::Display| {
            Usage(format!("{}:{line}: `{key}`: {error}", self.name))
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

    fn finish(self) -> Result<Answer, Usage> {
        let name = self.name;
        let missing =
            |what: &str| Usage(format!("{name}: {what}; see `ramscope sim check --help`"));
        let policy = self.policy.ok_or_else(|| {
            missing("the table does not name its policy: add a line such as `policy: lru`")
        })?;
        if self.string.trim().is_empty() {
            return Err(missing(
                "the table has no reference string: add a line such as `reference 7 0 1 2`",
            ));
        }
        let references = references(name, self.string.as_bytes(), Form::Pages)?;
        let frames = self.frames.or(self.parts.first().map(|part| part.frames.len()));
        let frames = frames.filter(|&frames| frames > 0 && !self.parts.is_empty());
        let frames =
            frames.ok_or_else(|| missing("the table has no row of frames below its headers"))?;
        let columns = self.columns(frames)?;
        if columns.len() > references.len() {
            let (found, wanted) = (columns.len(), references.len());
            return Err(missing(&format!("{found} columns for a string of {wanted} references")));
        }
        let convention = convention(self.preset, self.settings.iter().copied())
            .map_err(|error| missing(&error.to_string()))?;
        Ok(Answer { policy, frames, references, convention, columns })
    }

    /// The parts side by side.
    fn columns(&self, frames: usize) -> Result<Vec<Column>, Usage> {
        let mut columns = Vec::new();
        for part in &self.parts {
            if part.frames.len() != frames {
                let rows = part.frames.len();
                let why = format!("this part has {rows} rows for {frames} frames");
                return Err(self.wrong(part.line, 1, &why));
            }
            let width = part.frames.iter().map(Vec::len).max().unwrap_or(0);
            for row in &part.frames {
                self.check_width(row.len(), width, row.first())?;
            }
            if let Some(marks) = &part.marks {
                self.check_width(marks.len(), width, marks.first())?;
            }
            columns.extend((0..width).map(|index| Column {
                cells: part.frames.iter().map(|row| row[index]).collect(),
                hit: part.marks.as_ref().map(|marks| marks[index]),
            }));
        }
        Ok(columns)
    }

    fn check_width<T>(
        &self,
        found: usize,
        wanted: usize,
        first: Option<&Cell<T>>,
    ) -> Result<(), Usage> {
        if found == wanted {
            return Ok(());
        }
        let (line, column) = first.map_or((1, 1), |cell| (cell.line, cell.column));
        let why = format!(
            "this row has {found} cells, another of its part {wanted}: write - for an empty frame"
        );
        Err(self.wrong(line, column, &why))
    }
}

/// What a line is.
fn row(line: &str) -> Row<'_> {
    let line = line.split('#').next().unwrap_or_default();
    let cells = cells(line);
    let Some(&(_, first)) = cells.iter().find(|(_, cell)| !cell.is_empty()) else {
        return Row::Blank;
    };
    let label = first.split([' ', ':']).next().unwrap_or_default().to_ascii_lowercase();
    match label.as_str() {
        "policy" | "preset" | "set" => header(line),
        // `frames: 3` is a header; `frame 0` and `F1` are labels of rows.
        "frames" => header(line),
        "reference" if is_sentence(line) => Row::Remark,
        "reference" | "references" | "refs" | "string" => Row::Reference,
        "counts" | "victim" | "victims" | "released" | "page" => Row::Remark,
        "h/f" | "hit" | "hits" | "hit/fault" | "fault" | "faults" | "result" => {
            Row::Marks(cells.into_iter().skip(1).collect())
        }
        "frame" | "slot" => {
            let is_apart = first.eq_ignore_ascii_case(&label);
            Row::Frame(cells.into_iter().skip(if is_apart { 2 } else { 1 }).collect())
        }
        _ if cells.iter().all(|(_, cell)| mark(cell).is_some()) && has_letters(&cells) => {
            Row::Marks(cells)
        }
        _ if label.starts_with(|symbol: char| symbol.is_alphabetic()) => {
            Row::Frame(cells.into_iter().skip(1).collect())
        }
        _ => Row::Frame(cells),
    }
}

/// "Reference 4: page 2 is not resident …", as the steps are told.
fn is_sentence(line: &str) -> bool {
    let mut words = line.split_whitespace().skip(1);
    let number = words.next().and_then(|word| word.strip_suffix(':'));
    number.is_some_and(|number| number.parse::<u64>().is_ok())
}

fn has_letters(cells: &[(usize, &str)]) -> bool {
    cells.iter().any(|(_, cell)| cell.chars().any(char::is_alphabetic))
}

fn header(line: &str) -> Row<'_> {
    let line = line.trim();
    let separators = [':', ',', ';', '\t', ' ', '|', '='];
    let (key, value) = line.split_once(separators).unwrap_or((line, ""));
    let key =
        ["policy", "preset", "frames"].into_iter().find(|known| key.eq_ignore_ascii_case(known));
    Row::Header(key.unwrap_or("set"), value.trim_matches(separators))
}

/// The cells of a line, each with the byte where it begins, from 1. Between tabs, bars, semicolons and commas a
/// cell may be empty; between spaces it may not.
fn cells(line: &str) -> Vec<(usize, &str)> {
    let separator = ['\t', '|', ';', ','].into_iter().find(|&symbol| line.contains(symbol));
    let Some(separator) = separator else {
        return words(line);
    };
    let inner = line.trim_end_matches(['\r', ' ']);
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    let mut at = 0;
    let mut cells: Vec<(usize, &str)> = Vec::new();
    for cell in inner.split(separator) {
        let lead = cell.len() - cell.trim_start().len();
        cells.push((at + lead + 1, cell.trim()));
        at += cell.len() + separator.len_utf8();
    }
    let is_ruled = separator == '|' && cells.first().is_some_and(|(_, cell)| cell.is_empty());
    cells.split_off(usize::from(is_ruled))
}

fn words(line: &str) -> Vec<(usize, &str)> {
    line.split_whitespace()
        .map(|word| {
            let at = word.as_ptr() as usize - line.as_ptr() as usize;
            (at + 1, word)
        })
        .collect()
}

/// A reference row with its label and its rules blanked, everything else at its place.
fn only_pages(line: &str) -> String {
    let line = line.split('#').next().unwrap_or_default();
    let label =
        line.trim_start().split([' ', ':', ',', ';', '\t', '|']).find(|word| !word.is_empty());
    let begin = label.and_then(|label| line.find(label).map(|at| at + label.len())).unwrap_or(0);
    let blank = |part: &str| " ".repeat(part.len());
    blank(&line[..begin]) + &line[begin..].replace([':', '|'], " ")
}

type Misread = (usize, String);

fn pages(cells: &[(usize, &str)], line: usize) -> Result<Vec<Cell<Option<u64>>>, Misread> {
    let page = |&(column, cell): &(usize, &str)| {
        let value = match cell {
            "" | "-" | "–" | "—" | "." | "_" | "∅" => None,
            digits => Some(digits.parse().map_err(|_| (column, not_a_page(digits)))?),
        };
        Ok(Cell { line, column, value })
    };
    cells.iter().map(page).collect()
}

fn not_a_page(text: &str) -> String {
    let shown: String = text.chars().take(24).collect();
    format!(
        "`{shown}` is not a page: a row of frames holds page numbers, and - where a frame is empty"
    )
}

fn marks(cells: &[(usize, &str)], line: usize) -> Result<Vec<Cell<bool>>, Misread> {
    let hit = |&(column, cell): &(usize, &str)| {
        let shown: String = cell.chars().take(24).collect();
        let why =
            || (column, format!("`{shown}` is not a mark: write H for a hit and F for a fault"));
        mark(cell).map(|value| Cell { line, column, value }).ok_or_else(why)
    };
    cells.iter().map(hit).collect()
}

/// Whether a mark says hit. A table may mark faults only.
fn mark(cell: &str) -> Option<bool> {
    match cell.to_lowercase().as_str() {
        "h" | "hit" | "✓" | "" | "-" | "." => Some(true),
        "f" | "fault" | "m" | "miss" | "x" | "*" | "✗" | "✕" => Some(false),
        _ => None,
    }
}
