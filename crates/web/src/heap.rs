//! `/api/v1/heap`: what tracked programs hold, live and recorded; bounded trees of it, never the raw log.
//!
//! ```text
//! track ──▶ Intake ─┐
//!                   ├─▶ shelf ──▶ documents: sessions, one session, timeline, tree
//! recording ────────┘
//! ```

mod demo;
mod document;
mod feed;
pub(crate) mod follow;
mod requests;
mod shelf;
mod space;
mod tree;

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};

use self::document::{DetailDocument, SessionsDocument, TimelineDocument};
use self::shelf::Held;
pub use self::shelf::{Heaps, Shared};
use self::space::{SpaceDocument, SpaceWish};
use self::tree::{TreeDocument, TreeWish};
use crate::app::App;
use crate::problem::{
    LabsOnly, NoToken, Problem, ProblemDocument, SessionRefusals, WrongParameter, echo,
};
use crate::query::Query;
use crate::session::Caller;
use crate::wire::{json_bytes, json_response};

/// Points of a timeline where the caller does not say how many, and at the most.
const POINTS_USUAL: u32 = 600;
const POINTS_MAX: u32 = 4096;

/// Which session a path is about; the API's document alone knows it as a type.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes what the routes take as a plain string")]
struct SessionId {
    /// The session's id, as the list gives it; `demo`, which needs no token, is a recording that every server has
    session: String,
}

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
        NoToken,
        LabsOnly,
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
    params(SessionId),
    responses(
        (status = 200, description = "The session", body = DetailDocument),
        SessionRefusals,
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
        SessionId,
        ("points" = Option<u32>, Query, description = "Most points, 1 to 4096; 600 where nothing is said", minimum = 1, maximum = 4096),
    ),
    responses(
        (status = 200, description = "The columns", body = TimelineDocument),
        SessionRefusals,
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
        SessionId,
        ("by" = Option<String>, Query, description = "live, peak, leaked, temporary, allocations, bytes; grown (what lived at `to_ms` more than at `from_ms`, by the checkpoints next before them) or kept (what was asked for between them and lives now). live where nothing is said"),
        ("from_ms" = Option<u32>, Query, description = "For grown and kept: milliseconds since the session began; 0 where nothing is said"),
        ("to_ms" = Option<u32>, Query, description = "For grown and kept: now where nothing is said"),
        ("max_nodes" = Option<u32>, Query, description = "Most nodes, 2 to 100000; 20000 where nothing is said", minimum = 2, maximum = 100_000),
    ),
    responses(
        (status = 200, description = "The tree", body = TreeDocument),
        SessionRefusals,
    )
)]
pub(crate) async fn tree(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    let wish = TreeWish::read(&Query::parse(&uri, &TreeWish::PARAMETERS)?)?;
    let tree = move |held: &Held| Ok(TreeDocument::of(held, &wish));
    let document = ask(&app, caller, id, tree).await?;
    Ok(json_response(json_bytes(&document)))
}

/// Draw the address space of a session: what lives where, whose it is, and the holes between.
///
/// Stretches with nothing in them for 1 MiB and more are left out; what is left are the regions, and they are divided into
/// cells of a power of two of bytes, each region's from a multiple of it, numbered one region behind the other. Ask again with
/// `from` and `to` to look nearer, down to single blocks, which are told by themselves where they are 2,000 at most.
#[utoipa::path(
    get,
    path = "/api/v1/heap/{session}/space",
    tag = "heap",
    security(("token" = [])),
    params(
        SessionId,
        ("of" = Option<String>, Query, description = "blocks (of the allocator) or mapped (what the program mapped itself); blocks where nothing is said"),
        ("by" = Option<String>, Query, description = "Whose memory is told by function or by module; function where nothing is said"),
        ("from" = Option<String>, Query, description = "The first address, in decimal digits or as 0x and hexadecimal ones; all where nothing is said"),
        ("to" = Option<String>, Query, description = "The address behind the last, in the same way"),
        ("cells" = Option<u32>, Query, description = "Most cells, 1 to 16384; 4096 where nothing is said", minimum = 1, maximum = 16_384),
    ),
    responses(
        (status = 200, description = "The picture", body = SpaceDocument),
        SessionRefusals,
    )
)]
pub(crate) async fn space(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    let query = Query::parse(&uri, &["of", "by", "from", "to", "cells"])?;
    let wish = SpaceWish::read(&query)?;
    let document = ask(&app, caller, id, move |held| Ok(SpaceDocument::of(held, wish))).await?;
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
    params(SessionId),
    responses(
        (status = 200, description = "The requests, a line each", content_type = "text/plain", body = String),
        WrongParameter,
        NoToken,
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

/// Asks one session something, on a thread that may take its time.
async fn ask<T: Send + 'static>(
    app: &App,
    caller: Caller,
    id: String,
    question: impl FnOnce(&Held) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let heaps = heaps_for(app, caller, &id)?;
    app.heap_questions.ask(move || question(&find(&heaps, &id)?)).await
}

/// The sessions that somebody may ask about: who has no token may ask the demo alone.
fn heaps_for(app: &App, caller: Caller, id: &str) -> Result<Heaps, Problem> {
    if caller == Caller::Anyone && id == demo::ID {
        return Ok(Heaps::default());
    }
    may_look(caller)?;
    Ok(app.settings.heaps.clone())
}

fn find(heaps: &Heaps, id: &str) -> Result<Held, Problem> {
    heaps.find(id).map_err(|why| {
        Problem::not_kept(format!("no session `{}`: {why}; /api/v1/heap lists them", echo(id)))
    })
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
