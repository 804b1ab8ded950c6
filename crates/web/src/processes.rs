//! `GET /api/v1/processes`: who holds how much, now or at a moment of the past, and who grew.

pub(crate) mod command;
mod document;
pub(crate) mod inside;
pub(crate) mod one;

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use bytes::Bytes;
use ramscope_observe::history::History;
use ramscope_observe::processes::groups::GroupBy;
use ramscope_observe::processes::past::find;
use ramscope_observe::processes::question::{Base, Question, Sort, answer};
use ramscope_observe::processes::{Process, ProcessTable, WINDOWS};
use ramscope_observe::when;
use serde_json::Value;

use self::document::ProcessesDocument;
pub use self::document::Sight;
use crate::app::App;
use crate::past::refusal;
use crate::problem::{Problem, ProblemDocument, WrongParameter, echo};
use crate::query::Query;
use crate::session::Caller;
use crate::wire::{json_bytes, json_response, json_tree};

/// Processes of an answer where the caller does not say how many.
const LIMIT_USUAL: u32 = 100;

/// Most processes of an answer.
const LIMIT_MAX: u32 = 100_000;

/// The longest window of growth.
const WINDOW_MAX: Duration = Duration::from_secs(366 * 86_400);

/// The processes of a table as `GET /api/v1/processes` gives them: what `ramscope processes --format json` prints.
#[must_use]
pub fn processes_json(
    table: &ProcessTable,
    base: Option<&Base>,
    question: &Question,
    is_live: bool,
) -> Value {
    let answer = answer(table, base, question);
    json_tree(&ProcessesDocument::of(table, &answer, question, base, is_live, Sight::All))
}

/// List processes, the largest or the fastest growing first.
///
/// With `at` it is those of a moment of the past. Growth is over `window`, or since `compare`.
#[utoipa::path(
    get,
    path = "/api/v1/processes",
    tag = "live",
    params(
        ("at" = Option<String>, Query, description = "A moment of the past: UTC milliseconds, RFC 3339, or how long ago; now where nothing is said", example = "1h"),
        ("compare" = Option<String>, Query, description = "Another moment, in the same forms: growth is since then"),
        ("sort" = Option<String>, Query, description = "rss, growth, swap, pss, uss, anon, file, shared, peak, faults, memory, threads, command, user, cgroup or pid; rss where nothing is said", example = "growth"),
        ("window" = Option<String>, Query, description = "Over how long growth is told; 1m where nothing is said", example = "10m"),
        ("order" = Option<String>, Query, description = "asc or desc, where the order is not to be the sort's own: numbers fall, words and ids rise"),
        ("offset" = Option<u32>, Query, description = "Processes, or groups, to pass over"),
        ("limit" = Option<u32>, Query, description = "Most processes, and most groups, 1 to 100000; 100 where nothing is said", minimum = 1, maximum = 100_000),
        ("group" = Option<String>, Query, description = "Groups in place of processes: by app, user, cgroup or tree", example = "app"),
        ("filter" = Option<String>, Query, description = "Words that must all match: a part of name, command line, user or cgroup, an id; or user:NAME app:NAME cgroup:/PATH state:S pid:N tree:N", example = "user:postgres"),
        ("kernel" = Option<bool>, Query, description = "Threads of the kernel too"),
    ),
    responses(
        (status = 200, description = "The processes", body = ProcessesDocument),
        WrongParameter,
        (status = 404, description = "Processes are not looked at, or not recorded at that moment", content_type = "application/problem+json", body = ProblemDocument),
        (status = 503, description = "No look was taken yet, or too many questions at once", content_type = "application/problem+json", body = ProblemDocument),
    )
)]
pub(crate) async fn processes(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, Problem> {
    let query = Query::parse(
        &uri,
        &[
            "at", "compare", "sort", "window", "order", "offset", "limit", "group", "filter",
            "kernel",
        ],
    )?;
    let question = question(&query)?;
    let now = app.clock.wall_ms();
    let (at, compare) = (query.moment("at", now)?, query.moment("compare", now)?);
    let live = match at {
        Some(_) => None,
        None => Some(live_table(&app)?),
    };
    let sight = sight(&app, caller);
    let needs_past = match &live {
        Some(table) => {
            compare.is_some() || (app.past().is_ok() && is_watched_too_short(table, &question))
        }
        None => true,
    };
    match (live, needs_past) {
        (Some(table), false) => Ok(json_response(tell(&table, None, &question, true, sight))),
        (live, _) => {
            let ask = move |history: &History| {
                let found = find(history, live.as_deref(), at, compare, question.window_ms)
                    .map_err(refusal)?;
                let table = found.table.as_ref().or(live.as_deref());
                let table = table.ok_or_else(Problem::no_sample)?;
                Ok(tell(table, found.base.as_ref(), &question, live.is_some(), sight))
            };
            Ok(json_response(app.past()?.ask(ask).await?))
        }
    }
}

/// Whether growth over the window is not known of everyone, so that the history may tell more.
fn is_watched_too_short(table: &ProcessTable, question: &Question) -> bool {
    let window = WINDOWS.iter().position(|window| *window == question.window_ms);
    let known = |process: &Process| match window {
        Some(window) => process.grown_over(window).is_some(),
        None => false,
    };
    table.processes.iter().any(|process| !process.identity.is_kernel && !known(process))
}

fn tell(
    table: &ProcessTable,
    base: Option<&Base>,
    question: &Question,
    is_live: bool,
    sight: Sight,
) -> Bytes {
    let answer = answer(table, base, question);
    json_bytes(&ProcessesDocument::of(table, &answer, question, base, is_live, sight))
}

/// What the parameters ask.
fn question(query: &Query) -> Result<Question, Problem> {
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_USUAL)?;
    let sort = one_of(query, "sort", &Sort::ALL)?.unwrap_or_default();
    Ok(Question {
        sort,
        reversed: one_of(query, "order", &[("asc", true), ("desc", false)])?
            .is_some_and(|ascending| ascending != sort.ascends()),
        offset: usize::try_from(query.number("offset", 0..=u32::MAX, 0)?).unwrap_or(usize::MAX),
        window_ms: window_ms(query)?,
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
        group: one_of(query, "group", &GroupBy::ALL)?,
        filter: query.get("filter").filter(|text| !text.is_empty()).map(str::to_owned),
        kernel: one_of(query, "kernel", &[("true", true), ("false", false)])?.unwrap_or(false),
    })
}

fn one_of<T: Copy>(query: &Query, name: &str, all: &[(&str, T)]) -> Result<Option<T>, Problem> {
    let Some(text) = query.get(name) else { return Ok(None) };
    let found = all.iter().find(|(key, _)| *key == text).map(|(_, value)| *value);
    found.map(Some).ok_or_else(|| {
        let keys: Vec<_> = all.iter().map(|(key, _)| *key).collect();
        Problem::parameter(format!(
            "`{name}` is `{}`: expected one of {}",
            echo(text),
            keys.join(", ")
        ))
    })
}

fn window_ms(query: &Query) -> Result<u64, Problem> {
    let Some(text) = query.get("window") else { return Ok(WINDOWS[0]) };
    let window = when::duration(text).ok();
    let window = window.filter(|window| *window >= Duration::from_secs(1) && *window <= WINDOW_MAX);
    window.and_then(|window| u64::try_from(window.as_millis()).ok()).ok_or_else(|| {
        Problem::parameter(format!(
            "`window` is `{}`: expected 1s to 366d, such as 1m, 10m, 1h or 1d",
            echo(text)
        ))
    })
}

/// The newest table.
///
/// # Errors
/// 404 where nobody looks at processes, 503 before the first look.
pub(crate) fn live_table(app: &App) -> Result<Arc<ProcessTable>, Problem> {
    if app.settings.processes.is_none() {
        return Err(Problem::switched_off(
            "this server does not look at processes: start it without `--processes off`",
        ));
    }
    let frame = app.live.frame()?;
    frame.tick().processes.clone().ok_or_else(|| {
        Problem::unavailable("the first look at processes is under way: ask again in a second")
    })
}

/// Whose command lines this caller may see: with the token everyone's; otherwise those of the server's own user, and none
/// where that is root, so that reading as root gives nobody else root's view.
fn sight(app: &App, caller: Caller) -> Sight {
    let owner = app.settings.processes.as_ref().map(|settings| settings.owner_uid);
    match (caller, owner) {
        (Caller::Browser | Caller::Script, _) => Sight::All,
        (Caller::Anyone, Some(owner)) if owner != 0 => Sight::Own(owner),
        (Caller::Anyone, _) => Sight::Names,
    }
}
