//! `GET /api/v1/forecast`: where memory is heading, of the machine, of groups with a limit, of large processes.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use ramscope_observe::TimeMs;
use ramscope_observe::forecast::Leak;
use ramscope_observe::watch::{Ahead, Outlook};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::problem::{LabsOnly, Problem, ProblemDocument, WrongParameter};
use crate::query::Query;
use crate::wire::{SCHEMA_VERSION, json_bytes, json_response};

/// Where memory is heading.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Forecasts)]
pub(crate) struct ForecastsDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// When the forecasts were made, UTC milliseconds.
    time_ms: i64,
    /// The machine: memory and swap together; null in the first seconds, before anything was foretold.
    system: Option<ForecastDocument>,
    /// Groups with a limit of their own, the soonest end first.
    cgroups: Vec<CgroupForecastDocument>,
    /// The largest processes, the soonest end first.
    processes: Vec<ProcessForecastDocument>,
}

/// Where one amount is heading.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Forecast)]
struct ForecastDocument {
    /// `grows`, or `none` where there is no trend.
    trend: &'static str,
    /// How fast, in bytes a second; null without a trend.
    bytes_per_s: Option<f64>,
    /// Where that lies with 95 %, in bytes a second.
    low_bytes_per_s: Option<f64>,
    /// Where that lies with 95 %, in bytes a second.
    high_bytes_per_s: Option<f64>,
    /// The stretch that the trend was seen over, milliseconds.
    window_ms: Option<u64>,
    /// How long it has been watched, milliseconds.
    watched_ms: u64,
    /// The amount now, in bytes.
    used_bytes: u64,
    /// What it may become at most, in bytes; null where nothing limits it.
    limit_bytes: Option<u64>,
    /// When it meets the limit, UTC milliseconds; null where that cannot be said.
    runs_out_ms: Option<i64>,
    /// The same at the fastest pace within 95 %.
    earliest_ms: Option<i64>,
    /// The same at the slowest pace within 95 %.
    latest_ms: Option<i64>,
    /// All this in words: `out of memory in 3 h 10 min (2 h 40 to 4 h 5)`, or `no trend`.
    sentence: String,
    /// Whether the growth looks like a leak; null without a trend.
    leak: Option<LeakDocument>,
}

/// A verdict on growth.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Leak)]
struct LeakDocument {
    /// Whether it looks like a leak.
    likely: bool,
    /// `leak`, `cache` or `unclear`.
    verdict: &'static str,
    /// The verdict in words.
    sentence: String,
    /// What it rests on.
    evidence: Vec<String>,
}

/// The forecast of a control group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CgroupForecast)]
struct CgroupForecastDocument {
    /// Its path, safe to show.
    path: String,
    /// What to call it.
    name: String,
    /// Its forecast.
    #[serde(flatten)]
    forecast: ForecastDocument,
}

/// The forecast of a process.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProcessForecast)]
struct ProcessForecastDocument {
    /// Its number.
    pid: u32,
    /// When it started, UTC milliseconds.
    start_time_ms: i64,
    /// Its name, safe to show.
    command: String,
    /// Its control group.
    cgroup: String,
    /// Its forecast.
    #[serde(flatten)]
    forecast: ForecastDocument,
}

impl ForecastsDocument {
    fn of(outlook: &Outlook) -> ForecastsDocument {
        let at = |ahead: &Ahead| ForecastDocument::of(ahead, outlook.time_ms);
        let cgroups = outlook.cgroups.iter().map(|(name, ahead)| CgroupForecastDocument {
            path: name.path.clone(),
            name: name.name.clone(),
            forecast: at(ahead),
        });
        let processes = outlook.processes.iter().map(|(name, ahead)| ProcessForecastDocument {
            pid: name.pid,
            start_time_ms: name.start_ms,
            command: name.command.to_string(),
            cgroup: name.cgroup.to_string(),
            forecast: at(ahead),
        });
        ForecastsDocument {
            schema_version: SCHEMA_VERSION,
            time_ms: outlook.time_ms,
            system: outlook.system.as_ref().map(at),
            cgroups: cgroups.collect(),
            processes: processes.collect(),
        }
    }
}

impl ForecastDocument {
    fn of(ahead: &Ahead, time_ms: TimeMs) -> ForecastDocument {
        let Ahead { forecast, leak } = ahead;
        let (trend, end) = (forecast.trend, forecast.end);
        let after = |time: Duration| {
            time_ms.saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
        };
        ForecastDocument {
            trend: if trend.is_some() { "grows" } else { "none" },
            bytes_per_s: trend.map(|trend| trend.bytes_per_s),
            low_bytes_per_s: trend.map(|trend| trend.low_bytes_per_s),
            high_bytes_per_s: trend.map(|trend| trend.high_bytes_per_s),
            window_ms: trend.map(|trend| ms(trend.window)),
            watched_ms: ms(forecast.watched),
            used_bytes: forecast.used_bytes,
            limit_bytes: forecast.limit_bytes,
            runs_out_ms: end.map(|end| after(end.after)),
            earliest_ms: end.map(|end| after(end.earliest)),
            latest_ms: end.map(|end| after(end.latest)),
            sentence: forecast.sentence(),
            leak: leak.as_ref().map(LeakDocument::of),
        }
    }
}

impl LeakDocument {
    fn of(leak: &Leak) -> LeakDocument {
        LeakDocument {
            likely: leak.likely,
            verdict: match (leak.likely, leak.cache_grows) {
                (true, _) => "leak",
                (false, true) => "cache",
                (false, false) => "unclear",
            },
            sentence: leak.sentence.clone(),
            evidence: leak.evidence.clone(),
        }
    }
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Tell where memory is heading, and whether growth looks like a leak.
#[utoipa::path(
    get,
    path = "/api/v1/forecast",
    tag = "live",
    responses(
        (status = 200, description = "The forecasts", body = ForecastsDocument),
        WrongParameter,
        LabsOnly,
        (status = 503, description = "There is no sample yet", content_type = "application/problem+json", body = ProblemDocument),
    )
)]
pub(crate) async fn forecast(State(app): State<Arc<App>>, uri: Uri) -> Result<Response, Problem> {
    Query::parse(&uri, &[])?;
    // Before the first look ahead nothing is foretold of anything.
    let time_ms = app.live.frame()?.tick().snapshot.time_ms;
    let nothing = || Arc::new(Outlook { time_ms, ..Outlook::default() });
    let outlook = app.live.watched().outlook().unwrap_or_else(nothing);
    Ok(json_response(json_bytes(&ForecastsDocument::of(&outlook))))
}
