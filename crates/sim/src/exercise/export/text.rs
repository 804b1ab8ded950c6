//! A sheet as plain text, to be printed or filled in with an editor: its tables are of the form that
//! [`check::read`](crate::check::read) reads, and everything else is a comment to it.

use crate::exercise::sheet::{Sheet, Show, Table};

/// Most characters of a line; a longer table goes on in a further part.
const LINE_CHARS: usize = 100;

/// A cell to write into.
const BLANK: &str = "__";

/// What sets sheets of several students apart.
const FORM_FEED: char = '\u{c}';

/// Writes the sheets, a page each.
pub(super) fn render(sheets: &[Sheet], show: Show) -> String {
    let pages: Vec<String> = sheets.iter().map(|sheet| page(sheet, show)).collect();
    pages.join(&format!("{FORM_FEED}\n"))
}

fn page(sheet: &Sheet, show: Show) -> String {
    let student = sheet.student.as_deref().unwrap_or("______________________________");
    let mut text = comment(&format!("{}\n\nName: {student}\n", sheet.title));
    text.push_str(&comment(&sheet.task.join("\n")));
    text.push_str("#\n");
    for (label, value) in &sheet.given {
        text.push_str(&comment(&format!("{label}: {value}")));
    }
    for one in &sheet.tables {
        text.push('\n');
        text.push_str(&table(one, show));
    }
    if show.reveal == crate::exercise::Reveal::Key {
        text.push('\n');
        text.push_str(&comment(&sheet.summary.join("\n")));
    }
    text
}

fn table(table: &Table, show: Show) -> String {
    let mut text = comment(&table.title) + &comment(&table.notes.join("\n"));
    for (key, value) in &table.headers {
        text.push_str(&format!("{key}: {value}\n"));
    }
    let steps: Vec<usize> = (0..table.steps.len()).collect();
    let cells =
        |step: &crate::exercise::Step| step.cells.iter().map(String::len).max().unwrap_or(0);
    let widest = table.steps.iter().map(|step| cells(step).max(step.heading.len())).max();
    let width = widest.unwrap_or(1).max(BLANK.len());
    let label = table.rows.iter().map(String::len).chain([table.heading.len()]).max().unwrap_or(0);
    for part in steps.chunks(((LINE_CHARS - label) / (width + 2)).max(1)) {
        let mut line = |name: &str, cell: &dyn Fn(usize) -> String| {
            let cells: String =
                part.iter().map(|&step| format!("  {:>width$}", cell(step))).collect();
            text.push_str(&format!("{name:<label$}{cells}\n"));
        };
        line("", &|_| String::new());
        line(table.heading, &|step| table.steps[step].heading.clone());
        for (row, name) in table.rows.iter().enumerate() {
            line(name, &|step| match show.shows(step) {
                true => table.steps[step].cells[row].clone(),
                false => BLANK.to_owned(),
            });
        }
    }
    let trimmed: Vec<&str> = text.lines().map(str::trim_end).collect();
    trimmed.join("\n") + "\n" + &words(table, show)
}

/// The hint, and the sentences of the steps that are shown.
fn words(table: &Table, show: Show) -> String {
    let told: Vec<&str> = show.told(table).map(|(_, step)| step.explain.as_str()).collect();
    let hint = show.hint(table).filter(|_| show.reveal != crate::exercise::Reveal::Key);
    let words: Vec<String> = hint.into_iter().chain(told.into_iter().map(str::to_owned)).collect();
    if words.is_empty() { String::new() } else { format!("\n{}", comment(&words.join("\n"))) }
}

/// Lines that `check` passes over, wrapped.
fn comment(text: &str) -> String {
    text.lines().map(wrapped).collect()
}

fn wrapped(line: &str) -> String {
    let mut text = String::from("#");
    let mut used = 1;
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        let chars = word.chars().count();
        if used > 1 && used + 1 + chars > LINE_CHARS {
            text.push_str("\n#");
            used = 1;
        }
        text.push(' ');
        text.push_str(word);
        used += 1 + chars;
    }
    text + "\n"
}
