//! `/api/v1/stress`: a load on memory, started, changed and stopped from the page; and every run of this user as it
//! stands, whoever started it.
//!
//! ```text
//! POST, PUT, DELETE ──▶ desk ──▶ Run ══ worker ──▶ announcement        (whoever started it)
//!                                                       │
//! sampler's tick ──▶ board ◀────────────────────────────┘ ──▶ the live document, `GET`, events
//! ```

mod board;
mod desk;
mod document;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use ramscope_stress::{Kind, Order, Pattern, Request};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

pub(crate) use self::board::{Board, Runs};
pub(crate) use self::desk::Desk;
pub(crate) use self::document::RunDocument;
use self::document::{FinishedDocument, LimitsDocument, PlanDocument, Sample};
use crate::app::App;
use crate::problem::{LabsOnly, NoToken, Problem, ProblemDocument, ReadOnly, WrongParameter};
use crate::query::Query;
use crate::session::Caller;
use crate::wire::{SCHEMA_VERSION, json_bytes, json_response};

/// Runs, limits, and what can be asked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Stress)]
pub(crate) struct StressDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// What may be taken now.
    limits: LimitsDocument,
    /// The runs that go on, by the worker's process id.
    #[schema(value_type = BTreeMap<String, RunDocument>)]
    runs: BTreeMap<u32, RunDocument>,
    /// How they stood, by the worker's process id: `[ms since it began, planned bytes, reached bytes]`.
    #[schema(value_type = BTreeMap<String, Vec<Vec<u64>>>)]
    samples: BTreeMap<u32, Vec<Sample>>,
    /// The runs that ended in the last ten minutes, the latest first.
    finished: Vec<FinishedDocument>,
    /// The shapes over time there are.
    patterns: Vec<&'static str>,
    /// The kinds of memory there are.
    kinds: Vec<&'static str>,
    /// The orders of access there are.
    orders: Vec<&'static str>,
}

/// A run that somebody wants. Everything may be left out. A quantity is a number of bytes, or a text such as `2GiB`,
/// `50%` or `25%available`. It is read by the engine; this is its description.
#[derive(ToSchema)]
#[schema(as = StressRequest)]
#[expect(dead_code, reason = "describes the body; the engine reads it")]
pub(crate) struct StressBody {
    /// The shape over time: hold, ramp, sawtooth, spike, staircase, leak, churn or fragment.
    #[schema(example = "ramp")]
    pattern: Option<String>,
    /// The kind of memory; `anon`, or `malloc` for patterns that need it, where nothing is said.
    kind: Option<String>,
    /// How much at the most; a quarter of what is available where nothing is said. Also `size`, as a text.
    size_bytes: Option<u64>,
    /// How long it lasts, in milliseconds; 60,000 where nothing is said, and 86,400,000 at most.
    for_ms: Option<u64>,
    /// How many times the pattern repeats, or how many stairs it has.
    cycles: Option<u32>,
    /// Growth, or the turnover of `churn`, in bytes a second.
    rate: Option<String>,
    /// In which order what is held is read and written; not at all where nothing is said.
    access: Option<String>,
    /// How much is read and written at the most, in bytes a second.
    bandwidth: Option<String>,
    /// How much of what is held is ever accessed.
    working_set: Option<String>,
    /// How far apart the accesses of `strided` lie.
    stride: Option<String>,
    /// How many of a hundred accesses write.
    write_percent: Option<u8>,
    /// Writes patterns, checks them, and locates what differs.
    verify: Option<bool>,
    /// What stays free; the larger of 5 % of memory and 512 MiB where nothing is said.
    reserve: Option<String>,
    /// The limit of a memory cgroup of its own.
    cgroup_limit: Option<String>,
    /// Where the file of a page-cache run is made.
    directory: Option<String>,
    /// Whoever asks knows that this may swap, or have processes killed.
    i_know: Option<bool>,
    /// The seed of all chance.
    seed: Option<u64>,
    /// Only says what would be done, and does nothing; it needs no token.
    dry_run: Option<bool>,
}

/// Ask which loads run, which ran lately, and what may be taken.
#[utoipa::path(
    get,
    path = "/api/v1/stress",
    tag = "stress",
    responses(
        (status = 200, description = "Runs and limits", body = StressDocument),
        WrongParameter,
        LabsOnly,
    )
)]
pub(crate) async fn stress(State(app): State<Arc<App>>, uri: Uri) -> Result<Response, Problem> {
    Query::parse(&uri, &[])?;
    Ok(json_response(json_bytes(&told(&app).await?)))
}

/// Start a load on memory.
///
/// It is refused with the numbers where it cannot be safe, and where another run goes on. With `dry_run` it only says
/// what would be done.
#[utoipa::path(
    post,
    path = "/api/v1/stress",
    tag = "stress",
    security(("token" = [])),
    request_body = StressBody,
    responses(
        (status = 200, description = "What would be done, for a dry run", body = PlanDocument),
        (status = 201, description = "It runs", body = StressDocument),
        NoToken,
        ReadOnly,
        (status = 409, description = "A run goes on already", content_type = "application/problem+json", body = ProblemDocument),
        (status = 422, description = "The plan cannot be, and why", content_type = "application/problem+json", body = ProblemDocument),
    )
)]
pub(crate) async fn start(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let (request, dry_run) = request(&body)?;
    if dry_run {
        let plan = order(&app, move |desk| desk.plan(&request)).await?;
        let (plan, limits) = plan;
        return Ok(json_response(json_bytes(&PlanDocument::of(plan, &limits))));
    }
    may_change(&app, caller)?;
    order(&app, move |desk| desk.start(&request)).await?;
    let body = json_bytes(&told(&app).await?);
    Ok((StatusCode::CREATED, json_response(body)).into_response())
}

/// Change the load that this server runs.
///
/// From now on it carries out another plan, from its beginning; memory of the same kind is kept as far as that wants it.
#[utoipa::path(
    put,
    path = "/api/v1/stress",
    tag = "stress",
    security(("token" = [])),
    request_body = StressBody,
    responses(
        (status = 200, description = "It changed", body = StressDocument),
        NoToken,
        ReadOnly,
        (status = 404, description = "This server runs no load", content_type = "application/problem+json", body = ProblemDocument),
        (status = 409, description = "The plan wants another cgroup", content_type = "application/problem+json", body = ProblemDocument),
        (status = 422, description = "The plan cannot be, and why", content_type = "application/problem+json", body = ProblemDocument),
    )
)]
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    may_change(&app, caller)?;
    let (request, dry_run) = request(&body)?;
    if dry_run {
        return Err(Problem::member("`dry_run` belongs to a POST: it says what a plan would be"));
    }
    order(&app, move |desk| desk.change(&request)).await?;
    Ok(json_response(json_bytes(&told(&app).await?)))
}

/// Stop every load on memory of this user, whoever started it.
///
/// The answer comes when everything was given back.
#[utoipa::path(
    delete,
    path = "/api/v1/stress",
    tag = "stress",
    security(("token" = [])),
    responses(
        (status = 200, description = "Everything was given back", body = StressDocument),
        NoToken,
        ReadOnly,
        (status = 404, description = "No load runs", content_type = "application/problem+json", body = ProblemDocument),
    )
)]
pub(crate) async fn stop(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Problem> {
    may_change(&app, caller)?;
    order(&app, Desk::stop).await?;
    Ok(json_response(json_bytes(&told(&app).await?)))
}

/// Has the desk do something, one thing at a time.
async fn order<T: Send + 'static>(
    app: &App,
    what: impl FnOnce(&Desk) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let desk = app.stress.as_ref().map(Arc::clone).ok_or_else(|| {
        Problem::switched_off("this server has no runtime directory in which loads are announced")
    })?;
    app.orders.ask(move || what(&desk)).await
}

async fn told(app: &App) -> Result<StressDocument, Problem> {
    let limits = order(app, |desk| desk.limits(None)).await?;
    let board = app.live.board();
    // A run that began or ended since the last tick is looked up now.
    let runs = board.look(app.clock.wall_ms());
    Ok(StressDocument {
        schema_version: SCHEMA_VERSION,
        limits: LimitsDocument::from(&limits),
        runs: BTreeMap::clone(&runs),
        samples: board.samples(),
        finished: board.finished(),
        patterns: Pattern::ALL.iter().map(|pattern| pattern.name()).collect(),
        kinds: Kind::ALL.iter().map(|kind| kind.name()).collect(),
        orders: Order::ALL.iter().map(|order| order.name()).collect(),
    })
}

/// Whether this caller may put a load on memory.
fn may_change(app: &App, caller: Caller) -> Result<(), Problem> {
    if app.settings.read_only {
        return Err(Problem::read_only(
            "this server is read-only: use `ramscope stress` on its machine",
        ));
    }
    if caller == Caller::Anyone {
        return Err(Problem::unauthorized(
            "only who has the token may put a load on memory: run `ramscope open` on this machine and open the link \
             that it prints, or send `Authorization: Bearer TOKEN`",
        ));
    }
    Ok(())
}

/// What a body asks for, and whether it only asks what would be done.
fn request(body: &Result<Bytes, BytesRejection>) -> Result<(Request, bool), Problem> {
    let body = body
        .as_ref()
        .map_err(|error| Problem::malformed(format!("the body cannot be read: {error}")))?;
    let mut members = match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => members,
        Ok(_) => {
            return Err(Problem::malformed(
                "the body is no JSON object: send {} for the usual run, or members such as {\"size\": \"1GiB\"}",
            ));
        }
        Err(error) => return Err(Problem::malformed(format!("the body is no JSON: {error}"))),
    };
    let dry_run = match members.remove("dry_run") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(dry_run)) => dry_run,
        Some(_) => return Err(Problem::member("`dry_run` takes true or false")),
    };
    let request = serde_json::from_value(Value::Object(members));
    Ok((request.map_err(|error| Problem::member(error.to_string()))?, dry_run))
}
