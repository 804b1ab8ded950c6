//! `GET /api/v1/series`: what is recorded, by name.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use ramscope_observe::history::SeriesInfo;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::history::refusal;
use crate::problem::{Problem, ProblemDocument, WrongParameter};
use crate::query::Query;
use crate::wire::{SCHEMA_VERSION, json_bytes, json_response};

/// Every recorded series.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SeriesList)]
pub(crate) struct SeriesDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// The series, by name.
    series: Vec<SeriesEntry>,
    /// Time of the oldest sample, UTC milliseconds; null before the first.
    first_ms: Option<i64>,
    /// Time of the newest sample, UTC milliseconds; null before the first.
    last_ms: Option<i64>,
}

/// One recorded series.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeriesEntry {
    /// The name it is asked for by.
    name: String,
    /// `gauge` or `counter`.
    kind: &'static str,
    /// bytes, pages, count, per_second, microseconds, or ratio.
    unit: &'static str,
    /// Its oldest value that is kept, UTC milliseconds.
    first_ms: i64,
    /// Its newest value, UTC milliseconds.
    last_ms: i64,
}

impl From<SeriesInfo> for SeriesEntry {
    fn from(info: SeriesInfo) -> SeriesEntry {
        let SeriesInfo { name, kind, unit, first_ms, last_ms } = info;
        SeriesEntry { name, kind: kind.as_str(), unit: unit.as_str(), first_ms, last_ms }
    }
}

/// List every series that is recorded.
#[utoipa::path(
    get,
    path = "/api/v1/series",
    tag = "history",
    responses(
        (status = 200, description = "The series, by name", body = SeriesDocument),
        WrongParameter,
        (status = 404, description = "Nothing is recorded", content_type = "application/problem+json", body = ProblemDocument),
        (status = 503, description = "Too many questions at once", content_type = "application/problem+json", body = ProblemDocument),
    )
)]
pub(crate) async fn series(State(app): State<Arc<App>>, uri: Uri) -> Result<Response, Problem> {
    Query::parse(&uri, &[])?;
    let answer = app
        .past()?
        .ask(|history| {
            let extent = history.extent().map_err(refusal)?;
            let infos = history.series().map_err(refusal)?;
            Ok(json_bytes(&SeriesDocument {
                schema_version: SCHEMA_VERSION,
                series: infos.into_iter().map(SeriesEntry::from).collect(),
                first_ms: extent.map(|(first, _)| first),
                last_ms: extent.map(|(_, last)| last),
            }))
        })
        .await?;
    Ok(json_response(answer))
}
