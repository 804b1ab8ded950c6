//! How a refusal reads: problem details as JSON (RFC 9457), or one small page for a person's browser.
//!
//! A handler returns a [`Problem`]; it travels inside an empty response until [`render`], the outermost layer
//! that knows the request, writes it down. So a refusal of any layer looks the same.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::openapi::{self, ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

use crate::wire::json_bytes;

/// Most characters of a caller's own text that a refusal repeats.
const ECHO_CHARS: usize = 80;

/// Why a request was refused: what is wrong, the cause, and the next act.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    kind: &'static str,
    title: &'static str,
    status: StatusCode,
    detail: Cow<'static, str>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// A refusal as it is sent (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemDocument<'a> {
    /// What kind of problem it is: a name that stays the same, `urn:ramscope:problem:…`.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in a few words.
    title: &'a str,
    /// The HTTP status again.
    status: u16,
    /// What is wrong with this request, and what to do about it.
    detail: &'a str,
    /// The path that was asked for.
    instance: &'a str,
}

/// Refusals that many routes share, as their descriptions list them: the API's document alone knows them as types.
macro_rules! shared_refusals {
    ($($(#[$doc:meta])* $name:ident: $($status:literal, $description:literal);+;)*) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<openapi::Response>> {
                BTreeMap::from([$(($status.to_string(), refusal($description))),+])
            }
        }
    )*};
}

fn refusal(description: &str) -> RefOr<openapi::Response> {
    let problem = Ref::from_schema_name("Problem");
    let content = ContentBuilder::new().schema(Some(problem)).build();
    let response = ResponseBuilder::new().description(description);
    response.content("application/problem+json", content).build().into()
}

shared_refusals! {
    /// Of a route with parameters.
    WrongParameter: 400, "A parameter is wrong";
    /// Of a route that not everybody may use.
    NoToken: 401, "The token is missing or wrong";
    /// Of a route that changes something.
    ReadOnly: 403, "This server is read-only";
    /// Of a route that knows the machine.
    LabsOnly: 404, "This server runs labs only";
    /// Of a route that looks into a tracked program.
    SessionRefusals:
        400, "A parameter is wrong";
        401, "The token is missing or wrong";
        404, "No such session";
    /// Of a simulator.
    SimulatorRefusals:
        400, "The body is no JSON object";
        413, "The body is larger than this path takes";
        422, "A member is wrong, or too much is asked";
        429, "This client has too many questions at once: ask again after Retry-After";
        503, "Too many questions of all clients at once: ask again after Retry-After";
}

impl Problem {
    /// A problem of `kind`, the last part of its `type`.
    fn new(
        status: StatusCode,
        kind: &'static str,
        title: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Problem {
        Problem { kind, title, status, detail: detail.into(), headers: Vec::new() }
    }

    fn with(mut self, name: HeaderName, value: &'static str) -> Problem {
        self.headers.push((name, HeaderValue::from_static(value)));
        self
    }

    /// 400: the request breaks HTTP's own rules.
    pub(crate) fn malformed(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "malformed-request", "Malformed request", detail)
    }

    /// 400: a query parameter is unknown, missing, or holds what it may not.
    pub(crate) fn parameter(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "bad-parameter", "Bad query parameter", detail)
    }

    /// 401: this needs the token, or the cookie that it was turned into.
    pub(crate) fn unauthorized(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::UNAUTHORIZED, "token-needed", "Token needed", detail)
            .with(WWW_AUTHENTICATE, "Bearer realm=\"ramscope\"")
    }

    /// 403: another site's page sent this.
    pub(crate) fn foreign(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "foreign-origin", "Foreign origin", detail)
    }

    /// 404: nothing lives at this path.
    pub(crate) fn no_such_path(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "no-such-path", "Nothing here", detail)
    }

    /// 404: no series has this name.
    pub(crate) fn no_such_series(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "no-such-series", "No such series", detail)
    }

    /// 403: the system does not let this server do that.
    pub(crate) fn not_permitted(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "not-permitted", "Not permitted", detail)
    }

    /// 404: nothing is kept of the moment that was asked for.
    pub(crate) fn not_recorded(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "not-recorded", "Not recorded", detail)
    }

    /// 404: this server was started without what the path is about.
    pub(crate) fn switched_off(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "switched-off", "Switched off", detail)
    }

    /// 403: nobody may change anything on this server.
    pub(crate) fn read_only(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "read-only", "Read-only server", detail)
    }

    /// 404: no load on memory runs.
    pub(crate) fn no_run(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "no-run", "No run", detail)
    }

    /// 404: no control group is at this path.
    pub(crate) fn no_such_group(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "no-such-group", "No such group", detail)
    }

    /// 409: this does not go together with what is going on.
    pub(crate) fn conflict(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::CONFLICT, "conflict", "Not while that goes on", detail)
    }

    /// 405: the path has other methods, which `Allow` lists.
    pub(crate) fn method(allow: Option<&'static str>) -> Problem {
        let problem = Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "Method not allowed",
            "this path has other methods: the Allow header lists them",
        );
        match allow {
            Some(methods) => problem.with(ALLOW, methods),
            None => problem,
        }
    }

    /// 413: the body is larger than any that this server wants.
    pub(crate) fn too_large(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "Body too large", detail)
    }

    /// 421: the `Host` header names a machine that this server is not known as.
    pub(crate) fn misdirected(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::MISDIRECTED_REQUEST, "unknown-host", "Unknown host name", detail)
    }

    /// 422: a member of the body is unknown, missing, or holds what it may not.
    pub(crate) fn member(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "bad-member",
            "Bad member of the body",
            detail,
        )
    }

    /// 422: the question is a good one, and larger than this server answers.
    pub(crate) fn too_much(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "too-much",
            "Too much for one answer",
            detail,
        )
    }

    /// 404: nothing of this id is kept here, or no longer.
    pub(crate) fn not_kept(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "not-kept", "Not kept here", detail)
    }

    /// 429: this client has asked enough for the moment.
    pub(crate) fn too_many(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many", "Too many questions", detail)
            .with(RETRY_AFTER, "1")
    }

    /// 500: a fault on this side; `detail` says which.
    pub(crate) fn fault(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "fault", "Fault in the server", detail)
    }

    /// 503: not now; asking again in a second may help.
    pub(crate) fn unavailable(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-now", "Not available now", detail)
            .with(RETRY_AFTER, "1")
    }

    /// 503: there is no sample yet.
    pub(crate) fn no_sample() -> Problem {
        Problem::unavailable("no sample yet: the first one is being taken; ask again in a second")
    }

    /// The status that this problem will be sent with.
    #[cfg(test)]
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The sentence that says what is wrong.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    fn json(&self, instance: &str) -> Body {
        Body::from(json_bytes(&ProblemDocument {
            kind: format!("urn:ramscope:problem:{}", self.kind),
            title: self.title,
            status: self.status.as_u16(),
            detail: &self.detail,
            instance,
        }))
    }

    fn page(&self) -> Body {
        Body::from(format!(
            "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title} · ramscope</title>\
             <meta name=\"viewport\" content=\"width=device-width\"><link rel=\"stylesheet\" href=\"/tokens.css\"><link rel=\"stylesheet\" href=\"/api.css\"></head>\n\
             <body><main><h1>{title}</h1><p>{detail}</p></main></body>\n</html>\n",
            title = escape(self.title),
            detail = escape(&self.detail),
        ))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        for (name, value) in &self.headers {
            response.headers_mut().insert(name, value.clone());
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Layer: writes the problem that a response carries, as a page for a browser that opened the address,
/// as JSON for everyone else.
pub(crate) async fn render(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let for_person = !path.starts_with("/api/v1/") && accepts_html(request.headers());
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    let (body, content_type) = if for_person {
        (problem.page(), "text/html; charset=utf-8")
    } else {
        (problem.json(&path), "application/problem+json")
    };
    *response.body_mut() = body;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.remove(axum::http::header::CONTENT_LENGTH);
    response
}

/// Whether the caller named HTML, as browsers do when a person opens an address.
fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| {
        accept.split(',').any(|kind| kind.trim_start().starts_with("text/html"))
    })
}

/// `text` with what HTML takes for markup written as entities.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for symbol in text.chars() {
        match symbol {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// The caller's own text, short enough to be repeated in a sentence.
pub(crate) fn echo(text: &str) -> String {
    let mut short: String = text.chars().take(ECHO_CHARS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_refusal_is_text() {
        assert_eq!(escape("<b a='\"'>&"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
    }

    #[test]
    fn a_long_value_is_repeated_in_part() {
        assert_eq!(echo("short"), "short");
        assert_eq!(echo(&"ä".repeat(100)), format!("{}…", "ä".repeat(80)));
    }

    #[test]
    fn only_a_caller_that_names_html_gets_a_page() {
        let accept = |value: &'static str| {
            accepts_html(&HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(value))]))
        };
        assert!(accept("text/html,application/xhtml+xml,*/*;q=0.8"));
        assert!(accept("application/json, text/html"));
        assert!(!accept("*/*"));
        assert!(!accept("text/event-stream"));
    }
}
