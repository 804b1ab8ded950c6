//! Plain text tables: columns as wide as their widest cell, two spaces apart.

/// Lays out `rows` under `head`. The columns named in `right` (from 0) are set to the right, as
/// numbers are; no line ends in blanks.
pub(crate) fn text(head: &[&str], rows: &[Vec<String>], right: &[usize]) -> String {
    let head: Vec<String> = head.iter().map(|&cell| cell.to_owned()).collect();
    let width = |column: usize| {
        let cells = std::iter::once(&head).chain(rows).filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            if right.contains(&column) {
                format!("{cell:>width$}")
            } else {
                format!("{cell:<width$}")
            }
        });
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    std::iter::once(&head).chain(rows).map(line).collect()
}

/// The same as a Markdown table.
pub(crate) fn markdown(head: &[&str], rows: &[Vec<String>], right: &[usize]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule = (0..head.len()).map(|column| if right.contains(&column) { "---:" } else { "---" });
    let head: Vec<String> = head.iter().map(|&cell| cell.to_owned()).collect();
    let rule: Vec<String> = rule.map(str::to_owned).collect();
    let mut text = line(&head) + &line(&rule);
    text.extend(rows.iter().map(|row| line(row)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<String>> {
        vec![vec!["fmt".into(), "1.5".into()], vec!["page-tests".into(), "12.0".into()]]
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let text = text(&["step", "s"], &rows(), &[1]);
        assert_eq!(text, "step           s\nfmt          1.5\npage-tests  12.0\n");
    }

    #[test]
    fn a_markdown_table_marks_its_numbers() {
        let text = markdown(&["step", "s"], &rows(), &[1]);
        assert_eq!(text, "| step | s |\n| --- | ---: |\n| fmt | 1.5 |\n| page-tests | 12.0 |\n");
    }
}
