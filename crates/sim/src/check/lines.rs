//! The lines of a table: what each is, and its cells with their places.

use super::table::{Cell, Content};

/// A line's kind, by its label or its cells.
#[derive(Debug, PartialEq)]
pub(super) enum Row<'a> {
    Blank,
    /// What a person reads and nobody checks: sentences, counts, victims.
    Remark,
    Header(&'a str, &'a str),
    Reference,
    Frame(Vec<(usize, &'a str)>),
    Marks(Vec<(usize, &'a str)>),
}

/// What a line is.
pub(super) fn row(line: &str) -> Row<'_> {
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
pub(super) fn only_pages(line: &str) -> String {
    let line = line.split('#').next().unwrap_or_default();
    let label =
        line.trim_start().split([' ', ':', ',', ';', '\t', '|']).find(|word| !word.is_empty());
    let begin = label.and_then(|label| line.find(label).map(|at| at + label.len())).unwrap_or(0);
    let blank = |part: &str| " ".repeat(part.len());
    blank(&line[..begin]) + &line[begin..].replace([':', '|'], " ")
}

/// The byte of a cell that is misread, and why.
pub(super) type Misread = (usize, String);

/// The cells of a row of frames.
pub(super) fn pages(cells: &[(usize, &str)], line: usize) -> Result<Vec<Cell<Content>>, Misread> {
    let page = |&(column, cell): &(usize, &str)| {
        let value = match cell {
            open if is_open(open) => Content::Open,
            "" | "-" | "–" | "—" | "." | "_" | "∅" => Content::Empty,
            digits => Content::Page(digits.parse().map_err(|_| (column, not_a_page(digits)))?),
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

/// The cells of a row of marks; `None` is one that nobody has filled in.
pub(super) fn marks(
    cells: &[(usize, &str)],
    line: usize,
) -> Result<Vec<Cell<Option<bool>>>, Misread> {
    let hit = |&(column, cell): &(usize, &str)| {
        let shown: String = cell.chars().take(24).collect();
        let why =
            || (column, format!("`{shown}` is not a mark: write H for a hit and F for a fault"));
        let value = if is_open(cell) { None } else { Some(mark(cell).ok_or_else(why)?) };
        Ok(Cell { line, column, value })
    };
    cells.iter().map(hit).collect()
}

/// Whether a cell is a place to write that nobody has used: `__`, or a question mark.
fn is_open(cell: &str) -> bool {
    cell == "?" || (cell.len() > 1 && cell.bytes().all(|byte| byte == b'_'))
}

/// Whether a mark says hit. A table may mark faults only.
fn mark(cell: &str) -> Option<bool> {
    match cell.to_lowercase().as_str() {
        "h" | "hit" | "✓" | "" | "-" | "." => Some(true),
        "f" | "fault" | "m" | "miss" | "x" | "*" | "✗" | "✕" => Some(false),
        _ => None,
    }
}
