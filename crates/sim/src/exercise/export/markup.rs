//! What the formats with tags share: escaping, and the problem before each question.

use crate::exercise::sheet::{Sheet, Table};

/// `text` with what HTML and XML take for markup written as entities (XML 1.0, 2.4; HTML Living Standard, 13.1.4).
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for symbol in text.chars() {
        match symbol {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// A paragraph of HTML around a plain text.
pub(super) fn paragraph(text: &str) -> String {
    format!("<p>{}</p>", escape(text))
}

/// The problem as HTML, as it stands before a question about one table.
pub(super) fn problem(sheet: &Sheet, table: &Table) -> String {
    let given: Vec<String> = sheet
        .given
        .iter()
        .map(|(label, value)| format!("{}: <b>{}</b>", escape(label), escape(value)))
        .collect();
    format!("<p>{}</p>{}", given.join("<br>"), paragraph(&table.notes.join(" ")))
}

/// A table as HTML, with `cell` writing what stands in each; rows are the cells of a step, columns the steps.
pub(super) fn grid(table: &Table, mut cell: impl FnMut(usize, usize) -> String) -> String {
    let heads: String =
        table.steps.iter().map(|step| format!("<th>{}</th>", escape(&step.heading))).collect();
    let mut html = format!("<table><tr><th>{}</th>{heads}</tr>", escape(table.heading));
    for (row, label) in table.rows.iter().enumerate() {
        let cells: String =
            (0..table.steps.len()).map(|step| format!("<td>{}</td>", cell(step, row))).collect();
        html.push_str(&format!("<tr><th>{}</th>{cells}</tr>", escape(label)));
    }
    html + "</table>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_name_is_text() {
        assert_eq!(escape("<b a='\"'>&"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
    }
}
