//! What the program says: data on stdout, everything else on stderr.

use std::io::{self, IsTerminal as _, StdoutLock, Write};

use anyhow::Result;

/// The two streams, locked once.
#[derive(Debug)]
pub(crate) struct Output {
    data: StdoutLock<'static>,
    hints: io::Stderr,
}

impl Output {
    /// Takes stdout and stderr.
    pub(crate) fn new() -> Self {
        Self { data: io::stdout().lock(), hints: io::stderr() }
    }

    /// Whether stdout is a person's terminal.
    pub(crate) fn is_terminal(&self) -> bool {
        self.data.is_terminal()
    }

    /// The stream for data.
    pub(crate) fn data(&mut self) -> &mut impl Write {
        &mut self.data
    }

    /// A line of data, on its way at once.
    pub(crate) fn line(&mut self, text: &str) -> Result<()> {
        writeln!(self.data, "{text}")?;
        Ok(self.data.flush()?)
    }

    /// Data that brings its own line ends.
    pub(crate) fn text(&mut self, text: &str) -> Result<()> {
        self.data.write_all(text.as_bytes())?;
        Ok(self.data.flush()?)
    }

    /// A hint for the person, not for the pipe.
    pub(crate) fn hint(&mut self, text: &str) -> Result<()> {
        Ok(writeln!(self.hints, "{text}")?)
    }
}

/// A table for people: the first column to the left, the others to the right, two spaces between.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Adds a row.
    pub(crate) fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) -> &mut Self {
        self.rows.push(cells.into_iter().map(Into::into).collect());
        self
    }

    /// The table as lines. `left` tells which columns, from 0, are set to the left.
    pub(crate) fn render(&self, left: &[usize]) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let gap = " ".repeat(widths[column] - cell.chars().count());
                let between = if column == 0 { "" } else { "  " };
                line.push_str(between);
                match left.contains(&column) {
                    true => line.extend([cell, gap.as_str()]),
                    false => line.extend([gap.as_str(), cell]),
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_nothing_trails() {
        let mut table = Table::default();
        table
            .row(["used", "9.1 GiB", "57 %"])
            .row(["reclaimable", "812 MiB"])
            .row(["ä", "1", "2 %"]);
        let lines =
            "used         9.1 GiB  57 %\nreclaimable  812 MiB\nä                  1   2 %\n";
        assert_eq!(table.render(&[0]), lines);
    }
}
