//! Who may ask at all: host names, other sites' pages, body sizes, time, and the headers on every answer.
//!
//! Loopback is no protection by itself: every page that a browser has open can send requests there. So each
//! request must name this server, and what changes something must not come from another site.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{
    CONTENT_LENGTH, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;

use crate::app::App;
use crate::problem::{Problem, echo};
use crate::session::{Caller, caller};
use crate::sim;

/// Most bytes of a request's body where nothing else is said.
pub(crate) const BODY_MAX_BYTES: usize = 64 * 1024;

/// Most bytes of a question to a simulator: 100,000 references as JSON are about 700 KiB.
const SIM_MAX_BYTES: usize = 4 << 20;

/// Most bytes of a reference string or a list of requests that is sent to be kept: some millions of them.
const KEPT_MAX_BYTES: usize = 16 << 20;

/// Longest time from a request's head to its answer's; a stream's body goes on beyond it.
const ANSWER_LIFE: Duration = Duration::from_secs(30);

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// What a page of this server may load: its own files, and nothing inline.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The same, and any site may show it in a frame.
const CONTENT_POLICY_EMBED: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors *";

/// Layer: the headers that tell a browser to trust nothing but this server, on every answer.
pub(crate) async fn headers(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let policy = if app.settings.allow_embed { CONTENT_POLICY_EMBED } else { CONTENT_POLICY };
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (OPENER_POLICY, "same-origin"),
        (RESOURCE_POLICY, "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Layer: no answer takes longer than half a minute to begin.
pub(crate) async fn in_time(request: Request, next: Next) -> Response {
    match timeout(ANSWER_LIFE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::unavailable(format!(
            "no answer within {} s: the machine is busy; ask for less, or again later",
            ANSWER_LIFE.as_secs()
        ))
        .into_response(),
    }
}

/// Layer: refuses what is not meant for this server, comes from another site, or announces too large a body.
pub(crate) async fn screen(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let checked = app
        .hosts
        .check(headers, request.uri(), request.version())
        .and_then(|()| check_site(request.method(), headers))
        .and_then(|()| check_body(request.uri().path(), headers));
    match checked {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// What everyone may ask even off loopback: whether the server lives, and the style of the page that refuses.
/// Neither says anything about the machine.
const OPEN_PATHS: [&str; 4] = ["/healthz", "/readyz", "/tokens.css", "/api.css"];

/// Layer: off loopback, everyone must show the token or a cookie, but for [`OPEN_PATHS`]; a server of labs has
/// nothing to hide, and answers everyone. Leaves who is calling with the request.
pub(crate) async fn admit(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let caller = caller(&app, request.headers());
    let open = app.settings.labs_only || OPEN_PATHS.contains(&request.uri().path());
    if app.exposed && caller == Caller::Anyone && !open {
        return Problem::unauthorized(
            "this server can be reached from other machines, so it answers nobody it does not know: \
             run `ramscope open` on its machine and open the link that it prints, or send \
             `Authorization: Bearer TOKEN`",
        )
        .into_response();
    }
    request.extensions_mut().insert(caller);
    next.run(request).await
}

/// Layer, in place of every route about this machine, on a server that runs labs only.
pub(crate) async fn labs_only(_: Request, _: Next) -> Problem {
    Problem::switched_off("this server runs labs only: it tells nothing about its machine")
}

/// Answers a method that the path does not have.
pub(crate) async fn no_such_method() -> Problem {
    Problem::method(None)
}

/// Refuses a change that a page of another site sends: browsers say so in `Origin` and `Sec-Fetch-Site`.
/// A script sends neither; it needs the token all the same.
fn check_site(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(method) {
        return Ok(());
    }
    if let Some(site) = headers.get(SEC_FETCH_SITE)
        && site != "same-origin"
        && site != "none"
    {
        return Err(Problem::foreign(
            "a page of another site sent this: only this server's own page may",
        ));
    }
    match headers.get(ORIGIN) {
        Some(origin) if !is_own_origin(origin, headers) => Err(Problem::foreign(format!(
            "a page of `{}` sent this: only this server's own page may",
            echo(&String::from_utf8_lossy(origin.as_bytes()))
        ))),
        _ => Ok(()),
    }
}

/// Whether `origin` is the very host and port that the request asks.
fn is_own_origin(origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let origin = origin.to_str().ok().and_then(|text| text.parse::<Uri>().ok());
    let host = headers.get(HOST).and_then(|value| value.to_str().ok());
    match (origin.as_ref().and_then(Uri::authority), host) {
        (Some(authority), Some(host)) => authority.as_str().eq_ignore_ascii_case(host),
        _ => false,
    }
}

/// Most bytes of a body that this path takes.
pub(crate) fn body_max_bytes(path: &str) -> usize {
    match path {
        sim::references::PATH | sim::alloc::requests::PATH => KEPT_MAX_BYTES,
        path if path.starts_with("/api/v1/sim/") => SIM_MAX_BYTES,
        _ => BODY_MAX_BYTES,
    }
}

/// Refuses a body by what it announces, before a byte of it is read. One that announces nothing is cut off
/// at the same size by whoever reads it.
fn check_body(path: &str, headers: &HeaderMap) -> Result<(), Problem> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<u64>().ok());
    let most = body_max_bytes(path);
    match announced {
        Some(bytes) if bytes > most as u64 => Err(Problem::too_large(format!(
            "the body has {bytes} bytes: this path takes {most} at most"
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(method: &Method, headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        check_site(method, &headers).is_ok()
    }

    #[test]
    fn a_change_may_come_from_the_own_page_or_from_no_page() {
        let host = ("host", "localhost:7070");
        let table = [
            (vec![host], true),
            (vec![host, ("origin", "http://localhost:7070")], true),
            (vec![host, ("origin", "HTTP://LOCALHOST:7070")], true),
            (vec![host, ("sec-fetch-site", "same-origin")], true),
            (vec![host, ("sec-fetch-site", "none")], true),
            (vec![host, ("origin", "http://localhost:7071")], false),
            (vec![host, ("origin", "http://evil.example")], false),
            (vec![host, ("origin", "null")], false),
            (vec![host, ("origin", "")], false),
            (vec![("origin", "http://localhost:7070")], false),
            (vec![host, ("sec-fetch-site", "cross-site")], false),
            (vec![host, ("sec-fetch-site", "same-site")], false),
            (
                vec![host, ("origin", "http://localhost:7070"), ("sec-fetch-site", "cross-site")],
                false,
            ),
        ];
        for (headers, allowed) in table {
            assert_eq!(send(&Method::POST, &headers), allowed, "{headers:?}");
            assert!(send(&Method::GET, &headers), "{headers:?}");
        }
    }

    #[test]
    fn a_body_is_refused_by_the_size_it_announces() {
        let announce = |path: &str, bytes: &str| {
            let value = HeaderValue::from_str(bytes).unwrap();
            check_body(path, &HeaderMap::from_iter([(CONTENT_LENGTH, value)])).is_ok()
        };
        for (path, most) in [
            ("/api/v1/session/link", 65_536),
            ("/api/v1/sim/paging", 4_194_304),
            ("/api/v1/sim/references", 16_777_216),
            ("/api/v1/sim/requests", 16_777_216),
        ] {
            assert!(announce(path, "0"));
            assert!(announce(path, &most.to_string()));
            assert!(!announce(path, &(most + 1).to_string()));
        }
    }
}
