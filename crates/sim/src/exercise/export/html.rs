//! A sheet to be printed: black on white, the blank one page of A4, nothing loaded from anywhere and no script.
//!
//! The height of a row is chosen so that all tables fit the page; only where rows would become lower than a hand can
//! write does a sheet go on to a second one. Sentences of the key stand on pages of their own; the key of a class begins
//! with a table of all results, a row a student.

use super::markup::{escape, paragraph};
use crate::exercise::sheet::{Reveal, Sheet, Show, Table};

/// Columns of one part of a table; a longer one goes on below.
const COLUMNS: usize = 25;

/// Millimetres of an A4 page that the tables may fill: its 297 less margins, heading, task and the tables' notes.
const HEIGHT_MM: usize = 196;

/// Millimetres that a table's heading, notes and numbers take.
const HEADING_MM: usize = 17;

/// A row's height in millimetres: never lower than a hand can write, nor higher than it needs.
const ROW_MM: (usize, usize) = (5, 8);

/// Tenths of a millimetre that the steps of a part share, and a step's least and most of them.
const WIDTH_DMM: usize = 1650;
const STEP_DMM: (usize, usize) = (66, 95);

const STYLE: &str = "\
@page{size:A4 portrait;margin:12mm}\
*{box-sizing:border-box}\
body{margin:0 auto;max-width:186mm;color:#000;background:#fff;font:10pt/1.35 system-ui,sans-serif;font-variant-numeric:tabular-nums}\
section{break-after:page}section:last-child{break-after:auto}\
header{display:flex;justify-content:space-between;gap:8mm;border-bottom:.4mm solid #000;margin-bottom:2mm}\
h1{font-size:13pt;margin:0 0 1mm}h2{font-size:10.5pt;margin:3mm 0 .5mm}p{margin:0 0 1mm}\
.name{white-space:nowrap}.given{font-weight:600}.note{font-size:8pt;margin:0 0 1mm}\
article{break-inside:avoid}\
table{border-collapse:collapse;margin:0 0 1.5mm}\
td,th{border:.2mm solid #000;padding:0;text-align:center;font-weight:400;width:var(--step)}\
tr>th:first-child{width:20mm;text-align:left;padding-left:1mm;font-size:8.5pt}\
.number th{border:0;font-size:7pt;height:4mm}.given-row th{font-weight:600;border-bottom-width:.5mm}\
.told{font-size:9pt}\
.key{break-before:page}\
.class td,.class th{width:auto;text-align:left;padding:.5mm 1.5mm;font-size:8.5pt;vertical-align:top}\
.class thead th{font-weight:600}.class tr{break-inside:avoid}\
@media screen{body{padding:8mm}}";

/// Writes the sheets as one document, each beginning a page.
pub(super) fn render(sheets: &[Sheet], show: Show) -> String {
    let title = sheets.first().map_or("", |sheet| &sheet.title);
    let pages: String = sheets.iter().map(|sheet| page(sheet, show)).collect();
    let class =
        if show.reveal == Reveal::Key && sheets.len() > 1 { class(sheets) } else { String::new() };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n{class}{pages}</body>\n</html>\n",
        escape(title)
    )
}

/// All results of a class on the fewest pages, to mark by.
fn class(sheets: &[Sheet]) -> String {
    let joined = |parts: Vec<String>| parts.join("<br>");
    let row = |sheet: &Sheet| {
        let name = escape(sheet.student.as_deref().unwrap_or_default());
        let given = sheet
            .given
            .iter()
            .map(|(label, value)| format!("{}: {}", escape(label), escape(value)));
        let results = sheet.summary.iter().map(|line| escape(line));
        format!(
            "<tr><th scope=\"row\">{name}</th><td>{}</td><td>{}</td></tr>\n",
            joined(given.collect()),
            joined(results.collect())
        )
    };
    let rows: String = sheets.iter().map(row).collect();
    let title = sheets.first().map_or("", |sheet| &sheet.title);
    format!(
        "<section>\n<header><h1>{}: the key of {} students</h1></header>\n<table class=\"class\">\n<thead><tr>\
         <th scope=\"col\">Student</th><th scope=\"col\">Problem</th><th scope=\"col\">Result</th></tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n</section>\n",
        escape(title),
        sheets.len()
    )
}

fn page(sheet: &Sheet, show: Show) -> String {
    let name = sheet.student.as_deref().map_or_else(|| "_".repeat(32), escape);
    let given: String = sheet
        .given
        .iter()
        .map(|(label, value)| {
            format!("<p class=\"given\">{}: {}</p>\n", escape(label), escape(value))
        })
        .collect();
    let task: String = sheet.task.iter().map(|line| paragraph(line) + "\n").collect();
    let height = row_mm(sheet);
    let tables: String = sheet.tables.iter().map(|one| table(one, show, height)).collect();
    format!(
        "<section>\n<header><h1>{}</h1><p class=\"name\">Name: {name}</p></header>\n{task}{given}{tables}{}</section>\n",
        escape(&sheet.title),
        told(sheet, show)
    )
}

/// The height of every row of a sheet, in millimetres.
fn row_mm(sheet: &Sheet) -> usize {
    let parts = |table: &Table| table.steps.len().div_ceil(COLUMNS);
    let rows: usize = sheet.tables.iter().map(|table| parts(table) * (table.rows.len() + 1)).sum();
    let headings = sheet.tables.len() * HEADING_MM;
    (HEIGHT_MM.saturating_sub(headings) / rows.max(1)).clamp(ROW_MM.0, ROW_MM.1)
}

fn table(table: &Table, show: Show, row_mm: usize) -> String {
    let steps: Vec<usize> = (0..table.steps.len()).collect();
    let parts: String = steps.chunks(COLUMNS).map(|part| grid(table, part, show, row_mm)).collect();
    format!(
        "<article>\n<h2>{}</h2>\n<p class=\"note\">{}</p>\n{parts}</article>\n",
        escape(&table.title),
        escape(&table.notes.join(" "))
    )
}

/// A part of a table: the steps' numbers, what is given, and a row a cell.
fn grid(table: &Table, part: &[usize], show: Show, row_mm: usize) -> String {
    let numbers: String = part.iter().map(|step| format!("<th>{}</th>", step + 1)).collect();
    let heads: String = part
        .iter()
        .map(|&step| format!("<th scope=\"col\">{}</th>", escape(&table.steps[step].heading)))
        .collect();
    let row = |class: &str, label: &str, cells: &str| {
        let label = escape(label);
        format!(
            "<tr{class} style=\"height:{row_mm}mm\"><th scope=\"row\">{label}</th>{cells}</tr>\n"
        )
    };
    let longest = table.steps.len().clamp(1, COLUMNS);
    let step_dmm = (WIDTH_DMM / longest).clamp(STEP_DMM.0, STEP_DMM.1);
    let mut html = format!(
        "<table style=\"--step:{}.{}mm\">\n<tr class=\"number\"><th></th>{numbers}</tr>\n",
        step_dmm / 10,
        step_dmm % 10
    );
    html.push_str(&row(" class=\"given-row\"", table.heading, &heads));
    for (index, label) in table.rows.iter().enumerate() {
        let cell = |&step: &usize| {
            let shown = show.shows(step).then(|| escape(&table.steps[step].cells[index]));
            format!("<td>{}</td>", shown.unwrap_or_default())
        };
        html.push_str(&row("", label, &part.iter().map(cell).collect::<String>()));
    }
    html + "</table>\n"
}

/// Hints, and the sentences of the steps that are shown.
fn told(sheet: &Sheet, show: Show) -> String {
    if show.reveal == Reveal::None {
        return String::new();
    }
    let is_key = show.reveal == Reveal::Key;
    let about = |table: &Table| {
        let hint = show.hint(table).filter(|_| !is_key).map(|hint| paragraph(&hint));
        let told: String =
            show.told(table).map(|(_, step)| paragraph(&step.explain) + "\n").collect();
        format!("<h2>{}</h2>\n{}{told}", escape(&table.title), hint.unwrap_or_default())
    };
    let tables: String = sheet.tables.iter().map(about).collect();
    let summary: String =
        sheet.summary.iter().filter(|_| is_key).map(|line| paragraph(line) + "\n").collect();
    let class = if is_key { "told key" } else { "told" };
    format!("<div class=\"{class}\">\n{summary}{tables}</div>\n")
}
