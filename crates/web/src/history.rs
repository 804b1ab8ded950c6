//! `GET /api/v1/history`: recorded series over a stretch of time, as columns.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use ramscope_observe::TimeMs;
use ramscope_observe::history::{
    HistoryError, MAX_POINTS, MAX_SERIES, Number, Range, RangeRequest, Series, Unit,
};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::app::App;
use crate::problem::{Problem, ProblemDocument, WrongParameter};
use crate::query::Query;
use crate::wire::{SCHEMA_VERSION, json_bytes, json_response};

/// Pixels of an answer where the caller does not say how many.
const POINTS_USUAL: u32 = 600;

/// Most pixels of an answer, over all its series: about 3 MB of JSON.
const CELLS_MAX: usize = 100_000;

/// Some series over a stretch of time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = History)]
pub(crate) struct HistoryDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// First moment of the range, UTC milliseconds.
    from_ms: i64,
    /// First moment after the range, UTC milliseconds.
    to_ms: i64,
    /// Width of a pixel in milliseconds; 0 where every sample is given.
    step_ms: i64,
    /// Start of each pixel that holds a sample, UTC milliseconds, ascending.
    time_ms: Vec<i64>,
    /// A column a series; each list is as long as `time_ms`.
    series: BTreeMap<String, ColumnDocument>,
}

/// One series, pixel by pixel; null where it has no value.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Column)]
pub(crate) struct ColumnDocument {
    /// What its numbers are: bytes, pages, count, per_second, microseconds, or ratio (0..1).
    unit: &'static str,
    /// `gauge`: a level that goes up and down; `counter`: a count that only grows.
    kind: &'static str,
    /// The least value in each pixel.
    #[schema(value_type = Vec<Option<f64>>)]
    min: Numbers,
    /// The greatest value in each pixel.
    #[schema(value_type = Vec<Option<f64>>)]
    max: Numbers,
    /// The mean of each pixel.
    #[schema(value_type = Vec<Option<f64>>)]
    mean: Numbers,
}

/// Recorded integers, which leave in the scale of their unit.
#[derive(Debug)]
struct Numbers {
    unit: Unit,
    recorded: Vec<Option<i64>>,
}

impl Serialize for Numbers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            self.recorded.iter().map(|value| value.map(|value| Scaled(self.unit.number(value)))),
        )
    }
}

/// A number as JSON.
struct Scaled(Number);

impl Serialize for Scaled {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Number::Integer(value) => serializer.serialize_i64(value),
            Number::Ratio(value) => serializer.serialize_f64(value),
        }
    }
}

impl From<Range> for HistoryDocument {
    fn from(range: Range) -> HistoryDocument {
        HistoryDocument {
            schema_version: SCHEMA_VERSION,
            from_ms: range.from_ms,
            to_ms: range.to_ms,
            step_ms: range.step_ms,
            time_ms: range.time_ms,
            series: range.series.into_iter().map(ColumnDocument::named).collect(),
        }
    }
}

impl ColumnDocument {
    fn named(series: Series) -> (String, ColumnDocument) {
        let Series { name, kind, unit, min, max, mean } = series;
        let numbers = |recorded| Numbers { unit, recorded };
        let column = ColumnDocument {
            unit: unit.as_str(),
            kind: kind.as_str(),
            min: numbers(min),
            max: numbers(max),
            mean: numbers(mean),
        };
        (name, column)
    }
}

/// Draw recorded series over a stretch of time.
///
/// The range is cut into at most `points` pixels of equal width; each that holds a sample has the least, the
/// greatest and the mean value, so that no peak is lost. Empty pixels are left out. Times are UTC milliseconds,
/// RFC 3339, or how long ago (`90s`, `1h`, `7d`); `all` is the first sample.
#[utoipa::path(
    get,
    path = "/api/v1/history",
    tag = "history",
    params(
        ("series" = String, Query, description = "Names, separated by commas; 1 to 64. /api/v1/series lists them", example = "memory.used,memory.free"),
        ("from" = Option<String>, Query, description = "First moment; an hour before `to` where nothing is said"),
        ("to" = Option<String>, Query, description = "First moment after the range; now where nothing is said"),
        ("since" = Option<String>, Query, description = "Another word for `from`", example = "1h"),
        ("points" = Option<u32>, Query, description = "Pixels, 1 to 10000; 600 where nothing is said", minimum = 1, maximum = 10000),
    ),
    responses(
        (status = 200, description = "The columns", body = HistoryDocument),
        WrongParameter,
        (status = 404, description = "No such series, or nothing is recorded", content_type = "application/problem+json", body = ProblemDocument),
        (status = 503, description = "Too many questions at once", content_type = "application/problem+json", body = ProblemDocument),
    )
)]
pub(crate) async fn history(State(app): State<Arc<App>>, uri: Uri) -> Result<Response, Problem> {
    let request = request(&uri, app.clock.wall_ms())?;
    let answer = app
        .past()?
        .ask(move |history| {
            let range = history.range(&request).map_err(refusal)?;
            Ok(json_bytes(&HistoryDocument::from(range)))
        })
        .await?;
    Ok(json_response(answer))
}

fn request(uri: &Uri, now: TimeMs) -> Result<RangeRequest, Problem> {
    let query = Query::parse(uri, &["series", "from", "to", "since", "points"])?;
    let names = names(&query)?;
    let points = query.number("points", 1..=MAX_POINTS, POINTS_USUAL)?;
    let span = query.span(now)?;
    let cells = names.len().saturating_mul(usize::try_from(points).unwrap_or(usize::MAX));
    if cells > CELLS_MAX {
        return Err(Problem::parameter(format!(
            "{} series of {points} points are too much for one answer: ask for {} points, or for fewer series",
            names.len(),
            CELLS_MAX / names.len()
        )));
    }
    Ok(RangeRequest { names, from: span.from, to: span.to, points: Some(points) })
}

fn names(query: &Query) -> Result<Vec<String>, Problem> {
    let text = query.get("series").unwrap_or_default();
    let names: Vec<String> =
        text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if (1..=MAX_SERIES).contains(&names.len()) {
        return Ok(names);
    }
    Err(Problem::parameter(format!(
        "`series` has {} names: expected 1 to {MAX_SERIES}, separated by commas, such as \
         memory.used,memory.free; /api/v1/series lists them",
        names.len()
    )))
}

/// What the history refused, as this protocol says it.
pub(crate) fn refusal(error: HistoryError) -> Problem {
    match error {
        HistoryError::UnknownSeries { .. } => Problem::no_such_series(error.to_string()),
        question if question.is_question() => Problem::parameter(question.to_string()),
        fault => Problem::fault(fault.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: TimeMs = 1_795_317_120_000;

    fn ask(query: &str) -> Result<RangeRequest, String> {
        let uri = format!("/api/v1/history?{query}").parse().unwrap();
        request(&uri, NOW).map_err(|problem| problem.detail().to_owned())
    }

    #[test]
    fn a_question_is_read_with_its_defaults() {
        let expected = RangeRequest {
            names: vec!["memory.used".to_owned(), "memory.free".to_owned()],
            from: NOW - 3_600_000,
            to: NOW,
            points: Some(600),
        };
        assert_eq!(ask("series=memory.used,memory.free"), Ok(expected.clone()));
        assert_eq!(ask("series=memory.used,,%20memory.free,&since=1h&points=600"), Ok(expected));
    }

    #[test]
    fn a_question_that_is_too_much_or_nothing_is_refused() {
        for (query, part) in [
            ("", "`series` has 0 names: expected 1 to 64"),
            ("series=,", "`series` has 0 names"),
            (&format!("series={}", "a,".repeat(65)), "`series` has 65 names"),
            (&format!("series={}&points=10000", "a,".repeat(64)), "ask for 1562 points"),
            ("series=a&points=0", "`points` is `0`"),
            (
                "series=a&points=1000000",
                "`points` is `1000000`: expected a whole number from 1 to 10000",
            ),
            ("serie=a", "`serie` is unknown: the nearest is `series`"),
        ] {
            let detail = ask(query).unwrap_err();
            assert!(detail.contains(part), "{query}: {detail}");
        }
    }

    #[test]
    fn ratios_leave_as_parts_of_one_and_gaps_as_null() {
        let numbers = Numbers { unit: Unit::Ratio, recorded: vec![Some(123), None] };
        assert_eq!(&json_bytes(&numbers)[..], b"[0.0123,null]");
        let numbers = Numbers { unit: Unit::Bytes, recorded: vec![Some(9_007_199_254_740_993)] };
        assert_eq!(&json_bytes(&numbers)[..], b"[9007199254740993]");
    }
}
