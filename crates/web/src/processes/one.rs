//! `GET /api/v1/processes/{pid}`: one process, and what it held over time.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use ramscope_observe::TimeMs;
use ramscope_observe::history::{History, TrackPoint};
use ramscope_observe::processes::question::Row;
use ramscope_observe::processes::{Process, ProcessTable, WINDOWS};
use serde::Serialize;
use utoipa::ToSchema;

use super::document::{ProcessDocument, Sight};
use super::{live_table, sight};
use crate::app::App;
use crate::history::refusal;
use crate::problem::{Problem, ProblemDocument, WrongParameter, echo};
use crate::query::Query;
use crate::session::Caller;
use crate::wire::{SCHEMA_VERSION, json_bytes, json_response};

/// Moments of a history where the caller does not say how many.
const POINTS_USUAL: u32 = 600;

/// Most moments of a history.
const POINTS_MAX: u32 = 10_000;

/// How far back the history goes where nothing is said.
const SINCE_USUAL_MS: i64 = 3_600_000;

/// One process.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProcessDetail)]
pub(crate) struct OneDocument<'a> {
    /// Version of this document's shape.
    schema_version: u32,
    /// When the look was taken, UTC milliseconds.
    time_ms: i64,
    /// Whether this is the newest look; an ended process is told as it was last.
    live: bool,
    /// The process; growth is over a minute.
    process: ProcessDocument<'a>,
    /// Its growth over a minute, ten, an hour and a day.
    growth: Vec<GrowthDocument>,
    /// What it held over time; null where nothing is recorded.
    history: Option<TrackDocument>,
    /// The ids of its children.
    children: Vec<u32>,
}

/// Growth over one window.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProcessGrowth)]
pub(crate) struct GrowthDocument {
    /// The window, in milliseconds.
    window_ms: u64,
    /// How much resident set and swap grew, in bytes; null where that is not known.
    growth_bytes: Option<i64>,
    /// The window, or the shorter time that it was watched, in milliseconds.
    growth_window_ms: Option<u64>,
}

/// What a process held over time, in columns.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = ProcessHistory)]
pub(crate) struct TrackDocument {
    /// When, UTC milliseconds, ascending.
    time_ms: Vec<i64>,
    /// Resident set, in bytes.
    rss_bytes: Vec<u64>,
    /// Resident anonymous memory, in bytes.
    anon_bytes: Vec<u64>,
    /// Resident pages of files, in bytes.
    file_bytes: Vec<u64>,
    /// Resident shared memory, in bytes.
    shared_bytes: Vec<u64>,
    /// Swap, in bytes.
    swap_bytes: Vec<u64>,
    /// Proportional set, in bytes; null where it was not known.
    pss_bytes: Vec<Option<u64>>,
}

/// Tell of one process, and what it held over time.
#[utoipa::path(
    get,
    path = "/api/v1/processes/{pid}",
    tag = "live",
    params(
        ("pid" = u32, Path, description = "Its id"),
        ("start" = Option<i64>, Query, description = "Its start_time_ms: which of those that had this id; an ended one is found by both"),
        ("since" = Option<String>, Query, description = "From when its history is told; 1h where nothing is said", example = "10m"),
        ("until" = Option<String>, Query, description = "Until when; now where nothing is said"),
        ("points" = Option<u32>, Query, description = "Most moments of the history, 1 to 10000; 600 where nothing is said", minimum = 1, maximum = 10000),
    ),
    responses(
        (status = 200, description = "The process", body = OneDocument),
        WrongParameter,
        (status = 404, description = "There is no such process", content_type = "application/problem+json", body = ProblemDocument),
        (status = 503, description = "No look was taken yet, or too many questions at once", content_type = "application/problem+json", body = ProblemDocument),
    )
)]
pub(crate) async fn process(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(pid): Path<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    let query = Query::parse(&uri, &["start", "since", "until", "points"])?;
    let pid = id(&pid)?;
    let points = query.number("points", 1..=POINTS_MAX, POINTS_USUAL)?;
    let now = app.clock.wall_ms();
    let until = query.moment("until", now)?.unwrap_or(now);
    let since = query.moment("since", now)?.unwrap_or(until - SINCE_USUAL_MS);
    if since > until {
        return Err(Problem::parameter("`since` must be before `until`"));
    }
    let start = start(&query)?;
    let table = live_table(&app)?;
    let found = table.processes.iter().find(|process| is_meant(process, pid, start));
    let key = found.map(Process::key).or(start.map(|start| (pid, start)));
    let key = key.ok_or_else(|| Problem::no_such_path(gone(pid)))?;
    let sight = sight(&app, caller);
    let Ok(past) = app.past() else {
        let process = found.ok_or_else(|| Problem::no_such_path(gone(pid)))?;
        return Ok(json_response(json_bytes(&document(&table, process, None, true, sight))));
    };
    let ask = move |history: &History| {
        let track =
            history.process_track(key, since, until.saturating_add(1), points).map_err(refusal)?;
        let ended = match table.processes.iter().any(|process| process.key() == key) {
            true => None,
            false => last_seen(history, key, &track)?,
        };
        let (table, is_live) = ended.as_ref().map_or((&*table, true), |ended| (ended, false));
        let process = table.processes.iter().find(|process| process.key() == key);
        let process = process.ok_or_else(|| Problem::no_such_path(gone(pid)))?;
        let track = Some(TrackDocument::of(&track));
        Ok(json_bytes(&document(table, process, track, is_live, sight)))
    };
    Ok(json_response(past.ask(ask).await?))
}

/// The last table that has a process which has ended.
fn last_seen(
    history: &History,
    key: (u32, TimeMs),
    track: &[TrackPoint],
) -> Result<Option<ProcessTable>, Problem> {
    let Some(last) = track.last() else { return Err(Problem::no_such_path(gone(key.0))) };
    history.processes_at(last.time_ms).map_err(refusal)
}

fn document<'a>(
    table: &'a ProcessTable,
    process: &'a Process,
    history: Option<TrackDocument>,
    is_live: bool,
    sight: Sight,
) -> OneDocument<'a> {
    let pid = process.identity.pid;
    let growth =
        WINDOWS.into_iter().zip(process.growth).map(|(window_ms, growth)| GrowthDocument {
            window_ms,
            growth_bytes: growth.map(|growth| growth.bytes),
            growth_window_ms: growth.map(|growth| growth.over_ms),
        });
    let children = table.processes.iter().filter(|child| child.parent == pid);
    let row = Row { process, growth: process.growth[0], is_new: false };
    OneDocument {
        schema_version: SCHEMA_VERSION,
        time_ms: table.time_ms,
        live: is_live,
        process: ProcessDocument::of(&row, sight),
        growth: growth.collect(),
        history,
        children: children.map(|child| child.identity.pid).collect(),
    }
}

impl TrackDocument {
    fn of(track: &[TrackPoint]) -> TrackDocument {
        let column = |of: fn(&TrackPoint) -> u64| track.iter().map(of).collect();
        TrackDocument {
            time_ms: track.iter().map(|point| point.time_ms).collect(),
            rss_bytes: column(|point| point.rss_bytes),
            anon_bytes: column(|point| point.anon_bytes),
            file_bytes: column(|point| {
                point.rss_bytes.saturating_sub(point.anon_bytes).saturating_sub(point.shared_bytes)
            }),
            shared_bytes: column(|point| point.shared_bytes),
            swap_bytes: column(|point| point.swap_bytes),
            pss_bytes: track.iter().map(|point| point.pss_bytes).collect(),
        }
    }
}

fn is_meant(process: &Process, pid: u32, start: Option<TimeMs>) -> bool {
    process.identity.pid == pid && start.is_none_or(|start| process.identity.start_ms == start)
}

/// The id of a path.
pub(super) fn id(text: &str) -> Result<u32, Problem> {
    text.parse().map_err(|_| {
        Problem::no_such_path(format!(
            "`{}` is no process id: a whole number is wanted",
            echo(text)
        ))
    })
}

fn start(query: &Query) -> Result<Option<TimeMs>, Problem> {
    let Some(text) = query.get("start") else { return Ok(None) };
    text.parse().map(Some).map_err(|_| {
        Problem::parameter(format!(
            "`start` is `{}`: expected a process's start_time_ms, UTC milliseconds",
            echo(text)
        ))
    })
}

fn gone(pid: u32) -> String {
    format!(
        "there is no process {pid} now; one that has ended is found by its `start` too, while its history is kept"
    )
}
