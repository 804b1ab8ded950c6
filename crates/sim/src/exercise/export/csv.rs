//! Sheets for a spreadsheet: a row a step, a column a cell (RFC 4180).
//!
//! A text that a spreadsheet would take for a formula begins with an apostrophe (OWASP, "CSV Injection").

use crate::exercise::sheet::{Sheet, Show, Table};

/// Writes all sheets as one list.
pub(super) fn render(sheets: &[Sheet], show: Show) -> String {
    let mut rows: Vec<&str> = Vec::new();
    for row in sheets.iter().flat_map(|sheet| &sheet.tables).flat_map(|table| &table.rows) {
        if !rows.contains(&row.as_str()) {
            rows.push(row);
        }
    }
    // Frames of a larger table come after the marks of a smaller one, as they were met; by name they stand together.
    rows.sort_by_key(|row| !row.starts_with("frame "));
    let heading = sheets.iter().flat_map(|sheet| &sheet.tables).map(|table| table.heading).next();
    let head = ["student", "table", "step", heading.unwrap_or("given")];
    let mut text = line(head.into_iter().chain(rows.iter().copied()).chain(["explain"]));
    for sheet in sheets {
        for table in &sheet.tables {
            text.push_str(&steps(sheet, table, &rows, show));
        }
    }
    text
}

fn steps(sheet: &Sheet, table: &Table, rows: &[&str], show: Show) -> String {
    let mut text = String::new();
    for (index, step) in table.steps.iter().enumerate() {
        let number = (index + 1).to_string();
        let student = sheet.student.as_deref().unwrap_or_default();
        let is_shown = show.shows(index);
        let cell = |row: &&str| {
            let at = table.rows.iter().position(|name| name == row);
            at.filter(|_| is_shown).map_or("", |at| step.cells[at].as_str())
        };
        let explain = if is_shown { step.explain.as_str() } else { "" };
        let given = [student, table.title.as_str(), number.as_str(), step.heading.as_str()];
        text.push_str(&line(given.into_iter().chain(rows.iter().map(cell)).chain([explain])));
    }
    text
}

fn line<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.map(field).collect();
    cells.join(",") + "\r\n"
}

/// A cell; "-" alone, an empty frame, is no formula.
fn field(text: &str) -> String {
    let is_formula = text.len() > 1 && text.starts_with(['=', '+', '-', '@']);
    let apostrophe = if is_formula { "'" } else { "" };
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{apostrophe}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{apostrophe}{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_are_text() {
        for (text, expected) in [
            ("Ada", "Ada"),
            ("Lovelace, Ada", "\"Lovelace, Ada\""),
            ("\"A\"", "\"\"\"A\"\"\""),
            ("=1+1", "'=1+1"),
            ("@sum(a,b)", "\"'@sum(a,b)\""),
            ("-", "-"),
        ] {
            assert_eq!(field(text), expected);
        }
    }
}
