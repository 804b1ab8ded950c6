//! `/api/v1/heap`: what tracked programs hold, live and recorded; bounded trees of it, never the raw log.
//!
//! ```text
//! track ──▶ Intake ─┐
//!                   ├─▶ shelf ──▶ documents: sessions, one session, timeline, tree
//! recording ────────┘
//! ```

mod demo;
mod document;
mod requests;
mod shelf;

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};

use self::document::{DetailDocument, SessionsDocument, TimelineDocument, TreeBy, TreeDocument};
use self::shelf::Held;
pub use self::shelf::{Heaps, Shared};
use crate::app::App;
use crate::problem::{Problem, ProblemDocument, echo};
use crate::query::Query;
use crate::session::Caller;
use crate::wire::{json_bytes, json_response};

/// Points of a timeline where the caller does not say how many, and at the most.
const POINTS_USUAL: u32 = 600;
const POINTS_MAX: u32 = 4096;

/// Nodes of a tree where the caller does not say how many, and at the most: about 3 MB of JSON.
const NODES_USUAL: u32 = 20_000;
const NODES_MAX: u32 = 100_000;

/// What an alloc-trace is sent as.
const TRACE: &str = "text/plain; charset=utf-8";

/// List the programs that are tracked, and the recordings that are kept.
#[utoipa::path(
    get,
    path = "/api/v1/heap",
    tag = "heap",
    security(("token" = [])),
    responses(
        (status = 200, description = "The sessions: those that go on first, then the newest", body = SessionsDocument),
        (status = 401, description = "The token is missing or wrong", content_type = "application/problem+json", body = ProblemDocument),
        (status = 404, description = "This server runs labs only", content_type = "application/problem+json", body = ProblemDocument),
    )
)]
pub(crate) async fn sessions(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, Problem> {
    may_look(caller)?;
    Query::parse(&uri, &[])?;
    let heaps = app.settings.heaps.clone();
    let document = app.heap_questions.ask(move || Ok(SessionsDocument::of(&heaps.list()))).await?;
    Ok(json_response(json_bytes(&document)))
}

/// Look at one session: its counts, sizes, lifetimes, threads, modules and losses.
#[utoipa::path(
    get,
    path = "/api/v1/heap/{session}",
    tag = "heap",
    security(("token" = [])),
    params(("session" = String, Path, description = "The session's id, as the list gives it; `demo`, which needs no token, is a recording that every server has")),
    responses(
        (status = 200, description = "The session", body = DetailDocument),
        (status = 401, description = "The token is missing or wrong", content_type = "application/problem+json", body = ProblemDocument),
        (status = 404, description = "No such session", content_type = "application/problem+json", body = ProblemDocument),
    )
)]
pub(crate) async fn session(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    Query::parse(&uri, &[])?;
    let document = ask(&app, caller, id, |held| Ok(DetailDocument::of(held))).await?;
    Ok(json_response(json_bytes(&document)))
}

/// Draw what a session held over time.
///
/// Columns of one length: at each point the least and the most live bytes of the stretch of time that begins there, and
/// what was seen of the process from outside in it.
#[utoipa::path(
    get,
    path = "/api/v1/heap/{session}/timeline",
    tag = "heap",
    security(("token" = [])),
    params(
        ("session" = String, Path, description = "The session's id, as the list gives it; `demo`, which needs no token, is a recording that every server has"),
        ("points" = Option<u32>, Query, description = "Most points, 1 to 4096; 600 where nothing is said", minimum = 1, maximum = 4096),
    ),
    responses(
        (status = 200, description = "The columns", body = TimelineDocument),
        (status = 400, description = "A parameter is wrong", content_type = "application/problem+json", body = ProblemDocument),
        (status = 401, description = "The token is missing or wrong", content_type = "application/problem+json", body = ProblemDocument),
        (status = 404, description = "No such session", content_type = "application/problem+json", body = ProblemDocument),
    )
)]
pub(crate) async fn timeline(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    let query = Query::parse(&uri, &["points"])?;
    let points = query.number("points", 1..=POINTS_MAX, POINTS_USUAL)?;
    let document =
        ask(&app, caller, id, move |held| Ok(TimelineDocument::of(held, points as usize))).await?;
    Ok(json_response(json_bytes(&document)))
}

/// Draw who holds what, as a call tree by names.
///
/// Callers stand above what they call, in the order in which a tree is walked. Where there are more nodes than wanted, the
/// smallest are folded into nodes `(N more)`, so that children and what a node holds itself still add up to it.
#[utoipa::path(
    get,
    path = "/api/v1/heap/{session}/tree",
    tag = "heap",
    security(("token" = [])),
    params(
        ("session" = String, Path, description = "The session's id, as the list gives it; `demo`, which needs no token, is a recording that every server has"),
        ("by" = Option<String>, Query, description = "live, peak, leaked, temporary, allocations, bytes; grown (what lived at `to_ms` more than at `from_ms`, by the checkpoints next before them) or kept (what was asked for between them and lives now). live where nothing is said"),
        ("from_ms" = Option<u32>, Query, description = "For grown and kept: milliseconds since the session began; 0 where nothing is said"),
        ("to_ms" = Option<u32>, Query, description = "For grown and kept: now where nothing is said"),
        ("max_nodes" = Option<u32>, Query, description = "Most nodes, 2 to 100000; 20000 where nothing is said", minimum = 2, maximum = 100_000),
    ),
    responses(
        (status = 200, description = "The tree", body = TreeDocument),
        (status = 400, description = "A parameter is wrong", content_type = "application/problem+json", body = ProblemDocument),
        (status = 401, description = "The token is missing or wrong", content_type = "application/problem+json", body = ProblemDocument),
        (status = 404, description = "No such session", content_type = "application/problem+json", body = ProblemDocument),
    )
)]
pub(crate) async fn tree(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    let query = Query::parse(&uri, &["by", "from_ms", "to_ms", "max_nodes"])?;
    let name = query.get("by").unwrap_or("live");
    let by = TreeBy::named(name).ok_or_else(|| {
        Problem::parameter(format!(
            "`by` is `{}`: expected live, peak, leaked, temporary, allocations, bytes, grown or kept",
            echo(name)
        ))
    })?;
    let from_ms = query.number("from_ms", 0..=u32::MAX, 0)?;
    let to_ms = query.number("to_ms", 0..=u32::MAX, u32::MAX)?;
    if from_ms >= to_ms {
        return Err(Problem::parameter(format!(
            "`from_ms` is {from_ms} and `to_ms` is {to_ms}: `from_ms` must be before `to_ms`"
        )));
    }
    let max_nodes = query.number("max_nodes", 2..=NODES_MAX, NODES_USUAL)?;
    let span = u64::from(from_ms)..u64::from(to_ms);
    let tree = move |held: &Held| Ok(TreeDocument::of(held, by, span, max_nodes as usize));
    let document = ask(&app, caller, id, tree).await?;
    Ok(json_response(json_bytes(&document)))
}

/// Give the requests of a session alone, as the allocation machines read them.
///
/// The text begins with `# ramscope alloc-trace 1`; then `a id size t tid` gave a block out, `f id t tid` took it back and
/// `r id newid size t tid` moved it, t in microseconds. As many as `POST /api/v1/sim/requests` takes: 16 MiB and 500,000
/// requests at most, and where more were recorded the second line says so.
#[utoipa::path(
    get,
    path = "/api/v1/heap/{session}/alloc-trace",
    tag = "heap",
    security(("token" = [])),
    params(("session" = String, Path, description = "The session's id, as the list gives it; `demo`, which needs no token, is a recording that every server has")),
    responses(
        (status = 200, description = "The requests, a line each", content_type = "text/plain", body = String),
        (status = 401, description = "The token is missing or wrong", content_type = "application/problem+json", body = ProblemDocument),
        (status = 404, description = "No such session, or one whose events are not recorded", content_type = "application/problem+json", body = ProblemDocument),
    )
)]
pub(crate) async fn alloc_trace(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    Query::parse(&uri, &[])?;
    let name = id.clone();
    let trace = move |held: &Held| {
        let traced = held.recording().and_then(requests::trace);
        traced.map_err(|why| Problem::not_kept(format!("session `{}`: {why}", echo(&name))))
    };
    let text = ask(&app, caller, id, trace).await?;
    Ok(([(CONTENT_TYPE, TRACE)], text).into_response())
}

/// Asks one session something, on a thread that may take its time. Who has no token may ask the demo alone.
async fn ask<T: Send + 'static>(
    app: &App,
    caller: Caller,
    id: String,
    question: impl FnOnce(&Held) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let heaps = if caller == Caller::Anyone && id == demo::ID {
        Heaps::default()
    } else {
        may_look(caller)?;
        app.settings.heaps.clone()
    };
    let answer = move || {
        let held = heaps.find(&id).map_err(|why| {
            Problem::not_kept(format!("no session `{}`: {why}; /api/v1/heap lists them", echo(&id)))
        })?;
        question(&held)
    };
    app.heap_questions.ask(answer).await
}

/// The inside of programs is shown to whoever has the token.
fn may_look(caller: Caller) -> Result<(), Problem> {
    if caller == Caller::Anyone {
        return Err(Problem::unauthorized(
            "only who has the token may look into programs: run `ramscope open` on this machine and open the link that \
             it prints, or send `Authorization: Bearer TOKEN`",
        ));
    }
    Ok(())
}
