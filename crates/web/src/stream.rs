//! `GET /api/v1/stream`: the document once, then what changes, as server-sent events.
//!
//! Every client waits on the one latest frame and sends the bytes that all share. The connection asks for the
//! next event only when it has room to write it, so a client that reads slowly skips revisions and then gets
//! the whole state, and one that never reads holds at most a few events.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, Uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::Frame as BodyFrame;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::app::App;
use crate::live::{Frame, Revision};
use crate::problem::{LabsOnly, Problem, WrongParameter};
use crate::query::Query;

/// Silence after which a comment is sent, so that nothing between takes the connection for dead.
pub(crate) const SILENCE: Duration = Duration::from_secs(15);

/// The stream's first words: how long a client waits before it comes back, in milliseconds.
const RETRY: &[u8] = b"retry: 1000\n\n";

/// The comment that breaks a silence.
pub(crate) const COMMENT: &[u8] = b": still here\n\n";

/// The header in which a client that comes back names the last revision it holds.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Watch memory live.
///
/// First `event: state` with the document of `/api/v1/memory`; then, each tick, `event: change` with a JSON
/// merge patch (RFC 7396) against the revision before, which always holds `revision` and `time_ms`. The id is
/// the revision, `epoch-sequence`. A client that missed a revision, and any change that a merge patch cannot
/// say, gets `state` again: apply `change` only to the document before, and replace it on `state`.
#[utoipa::path(
    get,
    path = "/api/v1/stream",
    tag = "live",
    params(("Last-Event-ID" = Option<String>, Header, description = "The revision that the client holds; EventSource sends it by itself when it comes back")),
    responses(
        (status = 200, description = "Server-sent events until either side ends", content_type = "text/event-stream", body = String),
        WrongParameter,
        LabsOnly,
    )
)]
pub(crate) async fn stream(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Query::parse(&uri, &[])?;
    let held =
        headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    let watcher = Watcher { frames: app.live.watch(), stop: app.stop.clone(), held };
    Ok(event_stream(Box::new(watcher)))
}

/// An answer that goes on with what `source` gives.
pub(crate) fn event_stream(source: Box<dyn Source>) -> Response {
    let head = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store")];
    (head, Body::new(Events::new(source))).into_response()
}

/// What one client reads, event by event.
pub(crate) trait Source: Send {
    /// The next bytes for this client, and the rest; `None` at the end.
    fn next(self: Box<Self>) -> Next;
}

/// One client: what it watches, and which revision it holds.
struct Watcher {
    frames: watch::Receiver<Option<Arc<Frame>>>,
    stop: watch::Receiver<bool>,
    held: Option<Revision>,
}

impl Watcher {
    /// The next bytes for this client, and the client back; `None` when the server stops.
    async fn go_on(mut self: Box<Self>) -> Option<(Bytes, Box<dyn Source>)> {
        loop {
            let woken = tokio::select! {
                biased;
                _ = self.stop.wait_for(|stop| *stop) => return None,
                woken = timeout(SILENCE, self.frames.changed()) => woken,
            };
            match woken {
                Err(_) => return Some((Bytes::from_static(COMMENT), self)),
                Ok(Err(_)) => return None,
                Ok(Ok(())) => {}
            }
            let frame = self.frames.borrow_and_update().clone();
            if let Some(frame) = frame
                && let Some(event) = frame.event_for(self.held)
            {
                self.held = Some(frame.revision());
                return Some((event, self));
            }
        }
    }
}

impl Source for Watcher {
    fn next(self: Box<Self>) -> Next {
        Box::pin(self.go_on())
    }
}

/// What is being waited for: the next bytes of one client, and the rest.
pub(crate) type Next = Pin<Box<dyn Future<Output = Option<(Bytes, Box<dyn Source>)>> + Send>>;

/// A stream as a response body: pulled by the connection, never pushed.
struct Events {
    /// `None` once the stream has ended.
    next: Option<Next>,
}

impl Events {
    fn new(source: Box<dyn Source>) -> Events {
        Events { next: Some(Box::pin(async { Some((Bytes::from_static(RETRY), source)) })) }
    }
}

impl hyper::body::Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<BodyFrame<Bytes>, Infallible>>> {
        let Some(next) = &mut self.next else { return Poll::Ready(None) };
        let found = ready!(next.as_mut().poll(context));
        let (bytes, next) = found.map(|(bytes, source)| (bytes, source.next())).unzip();
        self.next = next;
        Poll::Ready(bytes.map(|bytes| Ok(BodyFrame::data(bytes))))
    }
}
