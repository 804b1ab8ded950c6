//! History in the formats that other tools read.
//!
//! All formats but JSON see a range as a flat table: the time, then a column for each number of each series.

mod csv;
mod json;
mod parquet;

use std::io::{self, Write};

use crate::history::{Range, Unit};

/// Writes `range` as a heading and a row a line, as RFC 4180 has it, but with plain line feeds. `out` gets many small
/// pieces: give something buffered.
///
/// # Errors
/// `out` failed; the error is its own.
pub fn csv(range: &Range, out: &mut impl Write) -> io::Result<()> {
    csv::write(range, out)
}

/// Writes `range` as one document, in the shape that the HTTP API has. `out` gets many small pieces.
///
/// # Errors
/// `out` failed; the error is its own.
pub fn json(range: &Range, out: &mut impl Write) -> io::Result<()> {
    json::write(range, out)
}

/// Writes `range` as a JSON object a row and line. `out` gets many small pieces.
///
/// # Errors
/// `out` failed; the error is its own.
pub fn ndjson(range: &Range, out: &mut impl Write) -> io::Result<()> {
    json::write_rows(range, out)
}

/// Writes `range` as an Apache Parquet file, uncompressed, with delta-coded integers.
///
/// # Errors
/// `out` failed; the error is its own.
pub fn parquet(range: &Range, out: &mut (impl Write + Send)) -> io::Result<()> {
    parquet::write(range, out)
}

/// One column of the flat table.
#[derive(Clone, Debug)]
struct Column<'a> {
    /// `NAME.min`, `NAME.max` or `NAME.mean`; `NAME` alone where every sample is given.
    heading: String,
    unit: Unit,
    values: &'a [Option<i64>],
}

/// The columns of a range beside the time, in the order of its series.
fn columns(range: &Range) -> Vec<Column<'_>> {
    let mut columns = Vec::with_capacity(3 * range.series.len());
    for series in &range.series {
        let (name, unit) = (&series.name, series.unit);
        if range.is_every_sample() {
            columns.push(Column { heading: name.clone(), unit, values: &series.mean });
            continue;
        }
        for (part, values) in [("min", &series.min), ("max", &series.max), ("mean", &series.mean)] {
            columns.push(Column { heading: format!("{name}.{part}"), unit, values });
        }
    }
    columns
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::history::{Kind, Series};

    /// Two pixels of two series; one lacks a value, one has a name that needs quoting.
    pub(crate) fn pixels() -> Range {
        let series = |name: &str, kind, unit, min, max, mean| Series {
            name: name.to_owned(),
            kind,
            unit,
            min,
            max,
            mean,
        };
        Range {
            from_ms: 0,
            to_ms: 3000,
            step_ms: 1000,
            time_ms: vec![0, 2000],
            series: vec![
                series(
                    "memory.used",
                    Kind::Gauge,
                    Unit::Bytes,
                    vec![Some(1), Some(-9_007_199_254_740_993)],
                    vec![Some(3), Some(5)],
                    vec![Some(2), Some(4)],
                ),
                series(
                    "odd \"name\",\n",
                    Kind::Counter,
                    Unit::Ratio,
                    vec![None, Some(0)],
                    vec![None, Some(10_000)],
                    vec![None, Some(123)],
                ),
            ],
        }
    }

    /// The same as every sample.
    pub(crate) fn samples() -> Range {
        Range { step_ms: 0, ..pixels() }
    }

    /// What a writer makes of `range`, as text.
    pub(crate) fn written(
        range: &Range,
        write: fn(&Range, &mut Vec<u8>) -> io::Result<()>,
    ) -> String {
        let mut out = Vec::new();
        write(range, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn pixels_have_three_columns_a_series_and_samples_one() {
        let headings = |range: &Range| {
            columns(range).into_iter().map(|column| column.heading).collect::<Vec<_>>()
        };
        assert_eq!(
            headings(&pixels())[..3],
            ["memory.used.min", "memory.used.max", "memory.used.mean"]
        );
        assert_eq!(headings(&samples()), ["memory.used", "odd \"name\",\n"]);
    }

    #[test]
    fn an_output_that_fails_is_reported_as_it_failed() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        for result in [
            csv(&pixels(), &mut Full),
            json(&pixels(), &mut Full),
            ndjson(&pixels(), &mut Full),
            parquet(&pixels(), &mut Full),
        ] {
            assert_eq!(result.unwrap_err().kind(), io::ErrorKind::StorageFull);
        }
    }
}
