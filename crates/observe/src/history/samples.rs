//! Every sample of a range, within a bound.
//!
//! Nobody knows beforehand how many samples a stretch of time holds: 10 ms to an hour lie between them. So the range is read
//! in windows, wide where samples are rare and narrow where they are dense, and reading ends at the bound.

use ramscope_store::{Column, Range, Reader, Span};

use super::{HistoryError, MAX_SAMPLE_VALUES};

/// Width of the first window, in milliseconds.
const FIRST_WINDOW_MS: i64 = 300_000;
/// Widest window: a range of years without samples is crossed in few steps.
const MAX_WINDOW_MS: i64 = 1 << 40;
/// Rows that a window should have: with fewer, the next is wider; with ten times as many, narrower.
const WINDOW_ROWS: usize = 4000;

/// Reads every sample of the span, or as much of it as is needed to know that it is too much.
pub(super) fn read(reader: &Reader, names: &[&str], span: Span) -> Result<Range, HistoryError> {
    let mut whole = Range { step_ms: 0, time_ms: Vec::new(), series: Vec::new() };
    // What lies outside the samples there are would only be searched in vain.
    let (first, last) = reader.extent()?.unwrap_or((span.from, span.from));
    let end = span.to.min(last.saturating_add(1)).max(span.from + 1);
    let mut from = span.from.max(first).min(end - 1);
    let mut width = FIRST_WINDOW_MS;
    while from < end {
        let to = from.saturating_add(width).min(end);
        let window = reader.range(names, Span { from, to }, None)?;
        let rows = window.time_ms.len();
        if (whole.time_ms.len() + rows).saturating_mul(names.len()) > MAX_SAMPLE_VALUES {
            return Err(HistoryError::TooManySamples);
        }
        append(&mut whole, window);
        width = match rows {
            ..WINDOW_ROWS => (width * 2).min(MAX_WINDOW_MS),
            _ if rows > 10 * WINDOW_ROWS => (width / 2).max(1),
            _ => width,
        };
        from = to;
    }
    Ok(whole)
}

/// Appends a window of the same series.
fn append(whole: &mut Range, window: Range) {
    if whole.series.is_empty() {
        *whole = window;
        return;
    }
    whole.time_ms.extend(window.time_ms);
    for (column, more) in whole.series.iter_mut().zip(window.series) {
        let Column { min, max, mean, .. } = more;
        column.min.extend(min);
        column.max.extend(max);
        column.mean.extend(mean);
    }
}
