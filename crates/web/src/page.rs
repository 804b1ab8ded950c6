//! The page: the files of `ui/`, embedded into the binary (a debug build reads the disk: edit and reload).
//!
//! Every file carries its hash as ETag and is asked for again each time; one that has not changed costs 304.
//! The gzipped form of a file is made once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::BodyExt;
use rust_embed::{Embed, EmbeddedFile};
use tower::{ServiceExt, service_fn};
use tower_http::CompressionLevel;
use tower_http::compression::Compression;

use crate::problem::Problem;
use crate::router::App;

/// The paths that are views of the page, and open it.
const VIEWS: &[&str] = &["/"];

/// Files below this size are sent as they are: gzip would save nothing that matters.
const GZIP_MIN_BYTES: usize = 1024;

/// The style of the pages that this server writes itself.
const API_STYLE: &[u8] = include_bytes!("../assets/api.css");

/// The page's files.
#[derive(Embed)]
#[folder = "ui/"]
struct Files;

/// Whether `path` opens the page.
pub(crate) fn is_view(path: &str) -> bool {
    VIEWS.contains(&path)
}

/// The gzipped form of each file that was asked for, with the hash of what it was made from.
#[derive(Debug, Default)]
pub(crate) struct Zipped {
    files: Mutex<HashMap<String, (String, Bytes)>>,
}

impl Zipped {
    async fn get(&self, name: &str, hash: &str, plain: &Bytes) -> Option<Bytes> {
        let known = {
            let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
            files.get(name).filter(|(of, _)| of == hash).map(|(_, bytes)| bytes.clone())
        };
        if known.is_some() {
            return known;
        }
        let bytes = gzip(plain.clone()).await?;
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.insert(name.to_owned(), (hash.to_owned(), bytes.clone()));
        Some(bytes)
    }
}

/// Answers whatever is no route: a file, a view, or nothing.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let path = request.uri().path();
    let name = if is_view(path) { "index.html" } else { path.trim_start_matches('/') };
    let file = find(name).ok_or_else(|| {
        Problem::no_such_path(
            "nothing lives at this path: see /api for the routes, or / for the page",
        )
    })?;
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return Err(Problem::method(Some("GET,HEAD")));
    }
    Ok(answer(&app.zipped, name, file, request.headers()).await)
}

fn find(name: &str) -> Option<EmbeddedFile> {
    if name == "api.css" {
        return None;
    }
    let plain = !name.split('/').any(|part| part.is_empty() || part.starts_with('.'));
    if plain { Files::get(name) } else { None }
}

/// The style sheet of `/api` and of refusals.
pub(crate) async fn api_style() -> Response {
    let head = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
    (head, API_STYLE).into_response()
}

async fn answer(zipped: &Zipped, name: &str, file: EmbeddedFile, asked: &HeaderMap) -> Response {
    let hash = hex(&file.metadata.sha256_hash()[..16]);
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::try_from(format!("W/\"{hash}\"")) {
        headers.insert(ETAG, tag);
    }
    if holds(asked, &hash) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    if let Ok(kind) = HeaderValue::try_from(content_type(file.metadata.mimetype())) {
        headers.insert(CONTENT_TYPE, kind);
    }
    let plain = match file.data {
        std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        std::borrow::Cow::Owned(bytes) => Bytes::from(bytes),
    };
    let body = match zipped_if_wanted(zipped, name, &hash, &plain, asked).await {
        Some(bytes) => {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            bytes
        }
        None => plain,
    };
    *response.body_mut() = Body::from(body);
    response
}

async fn zipped_if_wanted(
    zipped: &Zipped,
    name: &str,
    hash: &str,
    plain: &Bytes,
    asked: &HeaderMap,
) -> Option<Bytes> {
    if plain.len() < GZIP_MIN_BYTES || !takes_gzip(asked) {
        return None;
    }
    zipped.get(name, hash, plain).await.filter(|bytes| bytes.len() < plain.len())
}

/// Whether the caller holds the file with this hash already.
fn holds(asked: &HeaderMap, hash: &str) -> bool {
    asked
        .get(IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|tags| tags.trim() == "*" || tags.contains(hash))
}

/// Whether the caller takes gzip: it names it, and not with a weight of 0 (RFC 9110, 12.5.3).
fn takes_gzip(asked: &HeaderMap) -> bool {
    let Some(accepted) = asked.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    accepted.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case("gzip") && weight != Some(0.0)
    })
}

fn content_type(mime: &str) -> String {
    let is_text =
        mime.starts_with("text/") || mime.ends_with("javascript") || mime.ends_with("json");
    if is_text { format!("{mime}; charset=utf-8") } else { mime.to_owned() }
}

/// `plain` as gzip at its best, by the layer that also packs the JSON answers.
async fn gzip(plain: Bytes) -> Option<Bytes> {
    let source = service_fn(move |_: Request| {
        let response = Response::new(Body::from(plain.clone()));
        async move { Ok::<_, std::convert::Infallible>(response) }
    });
    let mut wish = Request::new(Body::empty());
    wish.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    let packed =
        Compression::new(source).quality(CompressionLevel::Best).oneshot(wish).await.ok()?;
    Some(packed.into_body().collect().await.ok()?.to_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        let takes = |value: &'static str| {
            takes_gzip(&HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(value))]))
        };
        assert!(takes("gzip"));
        assert!(takes("br, GZIP;q=0.5"));
        assert!(!takes("gzip;q=0"));
        assert!(!takes("gzip; q=0.0"));
        assert!(!takes("br"));
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn a_path_never_leaves_the_folder() {
        for name in
            ["", "../Cargo.toml", "a/../../Cargo.toml", "/etc/passwd", ".git/config", "a//b", "."]
        {
            assert!(find(name).is_none(), "{name}");
        }
    }

    #[tokio::test]
    async fn a_packed_file_is_gzip_and_made_once() {
        let zipped = Zipped::default();
        let plain = Bytes::from("memory ".repeat(1000));
        let first = zipped.get("a.js", "hash", &plain).await.unwrap();
        assert_eq!(&first[..2], &[0x1f, 0x8b]);
        assert!(first.len() < 200, "{}", first.len());
        let again = zipped.get("a.js", "hash", &plain).await.unwrap();
        assert_eq!(first.as_ptr(), again.as_ptr());
    }
}
