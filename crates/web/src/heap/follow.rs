//! `GET /api/v1/heap/stream` and `GET /api/v1/heap/{session}/stream`: which sessions there are, and what one of them holds: once,
//! then what changes, as server-sent events.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use bytes::Bytes;
use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio::time::sleep;

use super::document::SessionsDocument;
use super::feed::{Feed, Told, Wish};
use super::tree::TreeWish;
use super::{POINTS_MAX, POINTS_USUAL, SessionId, find, heaps_for, may_look};
use crate::app::App;
use crate::patch::merge_patch;
use crate::problem::{LabsOnly, NoToken, Problem, SessionRefusals};
use crate::query::Query;
use crate::session::Caller;
use crate::stream::{COMMENT, Next, SILENCE, Source, event_stream};
use crate::wire::{json_bytes, json_tree};

/// How long a reader waits for the next look, after it took what the last one found.
const PACE: Duration = Duration::from_secs(1);

/// Follow one session while its program runs.
///
/// First `event: state`: `detail` is the document of the session, `timeline` that of its time, `tree` its call tree. Then, about
/// once a second and only where something changed, `event: change` with what did: `detail` a JSON merge patch (RFC 7396),
/// `timeline` the columns from the row `from` on, which replace the rows behind it, `tree` the frames and nodes that are new or
/// differ, by their `id`, and the ids of nodes that have `gone`; parents have lower ids than their children. The id counts
/// the events of this stream; who comes back gets `state`. A stream ends when its program has.
#[utoipa::path(
    get,
    path = "/api/v1/heap/{session}/stream",
    tag = "heap",
    security(("token" = [])),
    params(
        SessionId,
        ("by" = Option<String>, Query, description = "What the tree is by, as for `tree`"),
        ("from_ms" = Option<u32>, Query, description = "As for `tree`"),
        ("to_ms" = Option<u32>, Query, description = "As for `tree`"),
        ("max_nodes" = Option<u32>, Query, description = "As for `tree`", minimum = 2, maximum = 100_000),
        ("points" = Option<u32>, Query, description = "As for `timeline`", minimum = 1, maximum = 4096),
    ),
    responses(
        (status = 200, description = "Server-sent events until the program ends or somebody leaves", content_type = "text/event-stream", body = String),
        SessionRefusals,
    )
)]
pub(crate) async fn follow(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    let [by, from_ms, to_ms, max_nodes] = TreeWish::PARAMETERS;
    let query = Query::parse(&uri, &[by, from_ms, to_ms, max_nodes, "points"])?;
    let points = query.number("points", 1..=POINTS_MAX, POINTS_USUAL)? as usize;
    let feed = Feed::new(Wish { tree: TreeWish::read(&query)?, points });
    let stop = app.stop.clone();
    let mut reader =
        Reader { app, caller, id, feed: Some(feed), stop, silent: Duration::ZERO, is_over: false };
    // The first look is taken before anything is answered: a session that is not there is a refusal, not an empty stream.
    let first = reader.look().await?;
    let source = Box::new(Begun { first, reader });
    Ok(event_stream(source))
}

/// Follow which programs are tracked.
///
/// First `event: state` with the document of `/api/v1/heap`; then, about once a second and only where something changed,
/// `event: change` with a JSON merge patch (RFC 7396), or `state` again where no patch can say it. The id counts the
/// events of this stream; who comes back gets `state`.
#[utoipa::path(
    get,
    path = "/api/v1/heap/stream",
    tag = "heap",
    security(("token" = [])),
    responses(
        (status = 200, description = "Server-sent events until either side ends", content_type = "text/event-stream", body = String),
        NoToken,
        LabsOnly,
    )
)]
pub(crate) async fn follow_list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, Problem> {
    may_look(caller)?;
    Query::parse(&uri, &[])?;
    let stop = app.stop.clone();
    Ok(event_stream(Box::new(ListReader {
        app,
        stop,
        held: None,
        sequence: 0,
        silent: Duration::ZERO,
    })))
}

/// One reader of the list, and what it holds.
struct ListReader {
    app: Arc<App>,
    stop: watch::Receiver<bool>,
    held: Option<Map<String, Value>>,
    sequence: u64,
    silent: Duration,
}

impl ListReader {
    /// What changed since the last look.
    async fn look(&mut self) -> Result<Option<Told>, Problem> {
        let heaps = self.app.settings.heaps.clone();
        let list = self
            .app
            .heap_questions
            .ask(move || Ok(json_tree(&SessionsDocument::of(&heaps.list()))))
            .await?;
        let Value::Object(list) = list else { return Ok(None) };
        let patch = self.held.as_ref().and_then(|held| merge_patch(held, &list));
        if patch.as_ref().is_some_and(Map::is_empty) {
            return Ok(None);
        }
        self.sequence += 1;
        let (name, data) = match &patch {
            Some(patch) => ("change", json_bytes(patch)),
            None => ("state", json_bytes(&list)),
        };
        self.held = Some(list);
        Ok(Some(Told { name, sequence: self.sequence, data }))
    }

    async fn go_on(mut self: Box<Self>) -> Option<(Bytes, Box<dyn Source>)> {
        loop {
            if self.held.is_some() {
                tokio::select! {
                    biased;
                    _ = self.stop.wait_for(|stop| *stop) => return None,
                    () = sleep(PACE) => {}
                }
            }
            if let Some(told) = self.look().await.ok()? {
                self.silent = Duration::ZERO;
                return Some((written(&told), self));
            }
            self.silent += PACE;
            if self.silent >= SILENCE {
                self.silent = Duration::ZERO;
                return Some((Bytes::from_static(COMMENT), self));
            }
        }
    }
}

impl Source for ListReader {
    fn next(self: Box<Self>) -> Next {
        Box::pin(self.go_on())
    }
}

/// One reader of a session, and what it holds.
struct Reader {
    app: Arc<App>,
    caller: Caller,
    id: String,
    /// Away while a look is taken.
    feed: Option<Feed>,
    stop: watch::Receiver<bool>,
    /// Since when nothing was told.
    silent: Duration,
    /// Whether the program had ended at the last look.
    is_over: bool,
}

impl Reader {
    /// What changed since the last look.
    async fn look(&mut self) -> Result<Option<Told>, Problem> {
        let Some(mut feed) = self.feed.take() else {
            return Err(Problem::fault(
                "a look at a session was not finished; see the server's log",
            ));
        };
        let heaps = heaps_for(&self.app, self.caller, &self.id)?;
        let id = self.id.clone();
        let question = move || {
            let held = find(&heaps, &id)?;
            let told = feed.look(&held);
            // Asked for by itself: what a reader is told last says that it is over.
            let is_over = !held.is_live || held.intake().session().ending().is_some();
            Ok((feed, told, is_over))
        };
        let (feed, told, is_over) = self.app.heap_questions.ask(question).await?;
        (self.feed, self.is_over) = (Some(feed), is_over);
        Ok(told)
    }

    async fn go_on(mut self: Box<Self>) -> Option<(Bytes, Box<dyn Source>)> {
        while !self.is_over {
            tokio::select! {
                biased;
                _ = self.stop.wait_for(|stop| *stop) => return None,
                () = sleep(PACE) => {}
            }
            // Where the session has gone, or the server is too busy, the reader comes back and is told why.
            if let Some(told) = self.look().await.ok()? {
                self.silent = Duration::ZERO;
                return Some((written(&told), self));
            }
            self.silent += PACE;
            if self.silent >= SILENCE {
                self.silent = Duration::ZERO;
                return Some((Bytes::from_static(COMMENT), self));
            }
        }
        None
    }
}

impl Source for Reader {
    fn next(self: Box<Self>) -> Next {
        Box::pin(self.go_on())
    }
}

/// A reader whose first look was taken.
struct Begun {
    first: Option<Told>,
    reader: Reader,
}

impl Source for Begun {
    fn next(self: Box<Self>) -> Next {
        Box::pin(async move {
            let first = self.first.as_ref().map(written)?;
            Some((first, Box::new(self.reader) as Box<dyn Source>))
        })
    }
}

/// An event as it goes over the line.
fn written(told: &Told) -> Bytes {
    let mut text = format!("event: {}\nid: {}\ndata: ", told.name, told.sequence).into_bytes();
    text.extend_from_slice(&told.data);
    text.extend_from_slice(b"\n\n");
    Bytes::from(text)
}
