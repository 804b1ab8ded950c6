//! Comma-separated values, RFC 4180: `time_ms`, then a column a number; a missing value is empty.

use std::borrow::Cow;
use std::io::{self, Write};

use super::columns;
use crate::history::Range;

/// Writes the range as a table with a heading.
pub(super) fn write(range: &Range, out: &mut impl Write) -> io::Result<()> {
    let columns = columns(range);
    write!(out, "time_ms")?;
    for column in &columns {
        write!(out, ",{}", quoted(&column.heading))?;
    }
    writeln!(out)?;
    for (row, time_ms) in range.time_ms.iter().enumerate() {
        write!(out, "{time_ms}")?;
        for column in &columns {
            match column.values.get(row) {
                Some(&Some(value)) => write!(out, ",{}", column.unit.number(value))?,
                _ => write!(out, ",")?,
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

/// A field in quotes, where it holds what would end it.
fn quoted(field: &str) -> Cow<'_, str> {
    if field.contains([',', '"', '\n', '\r']) {
        Cow::Owned(format!("\"{}\"", field.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(field)
    }
}

#[cfg(test)]
mod tests {
    use crate::export;
    use crate::export::tests::{pixels, samples, written};

    #[test]
    fn pixels_are_a_table_with_gaps_left_empty() {
        let odd = |part| format!("\"odd \"\"name\"\",\n.{part}\"");
        let heading = format!(
            "time_ms,memory.used.min,memory.used.max,memory.used.mean,{},{},{}\n",
            odd("min"),
            odd("max"),
            odd("mean")
        );
        let rows = "0,1,3,2,,,\n2000,-9007199254740993,5,4,0,1,0.0123\n";
        assert_eq!(written(&pixels(), export::csv), heading + rows);
    }

    #[test]
    fn samples_have_one_column_a_series() {
        assert_eq!(
            written(&samples(), export::csv),
            "time_ms,memory.used,\"odd \"\"name\"\",\n\"\n0,2,\n2000,4,0.0123\n"
        );
    }
}
