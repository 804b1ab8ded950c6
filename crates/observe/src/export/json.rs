//! JSON: the columns of the HTTP API, and an object a row.
//!
//! Written straight to the output, so that a long range is not held a second time as a tree of values.

use std::io::{self, Write};

use super::columns;
use crate::history::{Range, Unit};

/// Version of the document's shape.
const SCHEMA_VERSION: u32 = 1;

/// Writes the range as one document: `schema_version`, `from_ms`, `to_ms`, `step_ms`, `time_ms`, and a series a name.
pub(super) fn write(range: &Range, out: &mut impl Write) -> io::Result<()> {
    let Range { from_ms, to_ms, step_ms, time_ms, series } = range;
    write!(out, "{{\"schema_version\":{SCHEMA_VERSION},\"from_ms\":{from_ms},\"to_ms\":{to_ms},")?;
    write!(out, "\"step_ms\":{step_ms},\"time_ms\":")?;
    list(out, time_ms, |out, time_ms| write!(out, "{time_ms}"))?;
    write!(out, ",\"series\":{{")?;
    for (index, series) in series.iter().enumerate() {
        if index > 0 {
            write!(out, ",")?;
        }
        let (unit, kind) = (series.unit.as_str(), series.kind.as_str());
        text(out, &series.name)?;
        write!(out, ":{{\"unit\":\"{unit}\",\"kind\":\"{kind}\"")?;
        for (part, values) in [("min", &series.min), ("max", &series.max), ("mean", &series.mean)] {
            write!(out, ",\"{part}\":")?;
            list(out, values, |out, &value| number(out, series.unit, value))?;
        }
        write!(out, "}}")?;
    }
    write!(out, "}}}}")
}

/// Writes the range as an object a row and line: `time_ms`, then a key a column.
pub(super) fn write_rows(range: &Range, out: &mut impl Write) -> io::Result<()> {
    let columns = columns(range);
    for (row, time_ms) in range.time_ms.iter().enumerate() {
        write!(out, "{{\"time_ms\":{time_ms}")?;
        for column in &columns {
            write!(out, ",")?;
            text(out, &column.heading)?;
            write!(out, ":")?;
            number(out, column.unit, column.values.get(row).copied().flatten())?;
        }
        writeln!(out, "}}")?;
    }
    Ok(())
}

fn list<T, W: Write>(
    out: &mut W,
    items: &[T],
    mut item: impl FnMut(&mut W, &T) -> io::Result<()>,
) -> io::Result<()> {
    write!(out, "[")?;
    for (index, value) in items.iter().enumerate() {
        if index > 0 {
            write!(out, ",")?;
        }
        item(out, value)?;
    }
    write!(out, "]")
}

fn number(out: &mut impl Write, unit: Unit, value: Option<i64>) -> io::Result<()> {
    match value {
        Some(value) => write!(out, "{}", unit.number(value)),
        None => write!(out, "null"),
    }
}

fn text(out: &mut impl Write, text: &str) -> io::Result<()> {
    serde_json::to_writer(out, text).map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::export;
    use crate::export::tests::{pixels, samples, written};

    #[test]
    fn the_document_has_the_columns_of_the_api() {
        let document: Value = serde_json::from_str(&written(&pixels(), export::json)).unwrap();
        let expected = json!({
            "schema_version": 1,
            "from_ms": 0,
            "to_ms": 3000,
            "step_ms": 1000,
            "time_ms": [0, 2000],
            "series": {
                "memory.used": {
                    "unit": "bytes",
                    "kind": "gauge",
                    "min": [1, -9_007_199_254_740_993i64],
                    "max": [3, 5],
                    "mean": [2, 4],
                },
                "odd \"name\",\n": {
                    "unit": "ratio",
                    "kind": "counter",
                    "min": [null, 0],
                    "max": [null, 1],
                    "mean": [null, 0.0123],
                },
            },
        });
        assert_eq!(document, expected);
    }

    #[test]
    fn a_range_without_rows_is_a_document_too() {
        let empty = crate::history::Range { time_ms: Vec::new(), series: Vec::new(), ..pixels() };
        let document: Value = serde_json::from_str(&written(&empty, export::json)).unwrap();
        assert_eq!(document["time_ms"], json!([]));
        assert_eq!(document["series"], json!({}));
        assert_eq!(written(&empty, export::ndjson), "");
    }

    #[test]
    fn a_row_is_an_object_on_a_line() {
        let text = written(&samples(), export::ndjson);
        let rows: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(
            rows,
            [
                json!({"time_ms": 0, "memory.used": 2, "odd \"name\",\n": null}),
                json!({"time_ms": 2000, "memory.used": 4, "odd \"name\",\n": 0.0123}),
            ]
        );
        let first = written(&pixels(), export::ndjson).lines().next().unwrap().to_owned();
        assert!(
            first.starts_with(r#"{"time_ms":0,"memory.used.min":1,"memory.used.max":3,"#),
            "{first}"
        );
    }
}
