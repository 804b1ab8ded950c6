//! The page: the files of `ui/`, embedded into the binary (a debug build reads the disk: edit and reload).
//!
//! `index.html` names the other files below `/@BUILD/`, where BUILD is a hash of them all: what was loaded once is
//! kept by the browser for good, and a new build is another address. Asked for without that, a file carries its hash
//! as ETag, and one that has not changed costs 304. The gzipped form of a file is made once.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use http_body_util::BodyExt;
use ramscope_observe::Verdict;
use rust_embed::{Embed, EmbeddedFile};
use tower::{ServiceExt, service_fn};
use tower_http::CompressionLevel;
use tower_http::compression::Compression;

use crate::app::App;
use crate::first_look;
use crate::problem::Problem;

/// The paths that are views of the page, and open it.
const VIEWS: &[&str] = &["/", "/processes", "/heap", "/stress", "/paging", "/segmentation"];

/// The view that a server lacks which puts no load on memory.
const STRESS: &str = "/stress";

/// The views of the machine, which a server of labs lacks.
const OF_THE_MACHINE: &[&str] = &["/", "/processes"];

/// Where a server of labs sends whoever asks for a view of the machine.
const FIRST_LAB: &str = "/paging";

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

/// How long a browser may keep a file without asking again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    /// It asks each time; an unchanged file costs 304.
    Asking,
    /// For good: another content has another address.
    Forever,
}

impl Keep {
    fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Keep::Asking => "no-cache",
            Keep::Forever => "public, max-age=31536000, immutable",
        })
    }
}

/// The file that a path asks for, and how long it keeps.
fn located(path: &str) -> (&str, Keep) {
    if is_view(path) {
        return ("index.html", Keep::Asking);
    }
    let name = path.trim_start_matches('/');
    match name.strip_prefix('@').and_then(|rest| rest.split_once('/')) {
        Some((_, name)) => (name, Keep::Forever),
        None => (name, Keep::Asking),
    }
}

/// A file as it is sent.
struct Served {
    /// Names this very content.
    hash: String,
    /// Its media type.
    mime: String,
    bytes: Bytes,
}

impl Served {
    fn of(file: EmbeddedFile) -> Served {
        let bytes = match file.data {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => Bytes::from(bytes),
        };
        let hash = hex(&file.metadata.sha256_hash()[..16]);
        Served { hash, mime: file.metadata.mimetype().to_owned(), bytes }
    }

    /// The page itself, with the newest verdict in it where the view is about the machine.
    fn index(file: &EmbeddedFile, verdict: Option<&Verdict>, app: &App) -> Served {
        let index = with_addresses(&file.data, &build());
        let index = first_look::with_verdict(&index, verdict);
        let index = if app.settings.labs_only { first_look::of_labs(&index) } else { index };
        let index = if app.may_stress() { index } else { first_look::without_stress(&index) };
        let mut hasher = DefaultHasher::new();
        index.hash(&mut hasher);
        Served {
            hash: format!("{:016x}", hasher.finish()),
            mime: file.metadata.mimetype().to_owned(),
            bytes: Bytes::from(index),
        }
    }
}

/// A name for this very set of files.
fn build() -> String {
    let mut hasher = DefaultHasher::new();
    for name in Files::iter() {
        let hash = Files::get(&name).map(|file| file.metadata.sha256_hash());
        (name, hash).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

/// `index.html` with the addresses of its files below the build's own folder.
fn with_addresses(index: &[u8], build: &str) -> String {
    let index = String::from_utf8_lossy(index);
    index
        .replace("href=\"/", &format!("href=\"/@{build}/"))
        .replace("src=\"/", &format!("src=\"/@{build}/"))
}

/// Answers whatever is no route: a file, a view, or nothing.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let (path, labs_only) = (request.uri().path(), app.settings.labs_only);
    if labs_only && OF_THE_MACHINE.contains(&path) {
        return Ok(Redirect::temporary(FIRST_LAB).into_response());
    }
    let (name, keep) = located(path);
    let file = find(name).filter(|_| path != STRESS || app.may_stress()).ok_or_else(|| {
        Problem::no_such_path(
            "nothing lives at this path: see /api for the routes, or / for the page",
        )
    })?;
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return Err(Problem::method(Some("GET,HEAD")));
    }
    let file = match name {
        "index.html" => Served::index(&file, verdict(&app, path).as_ref(), &app),
        _ => Served::of(file),
    };
    Ok(answer(&app.zipped, name, file, keep, request.headers()).await)
}

/// What the view Now says before its code has loaded; other views have nothing to say of the machine.
fn verdict(app: &App, path: &str) -> Option<Verdict> {
    let frame = app.live.frame().ok().filter(|_| path == "/")?;
    Some(frame.verdict())
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

async fn answer(
    zipped: &Zipped,
    name: &str,
    file: Served,
    keep: Keep,
    asked: &HeaderMap,
) -> Response {
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, keep.header());
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::try_from(format!("W/\"{}\"", file.hash)) {
        headers.insert(ETAG, tag);
    }
    if holds(asked, &file.hash) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    if let Ok(kind) = HeaderValue::try_from(content_type(&file.mime)) {
        headers.insert(CONTENT_TYPE, kind);
    }
    let body = match zipped_if_wanted(zipped, name, &file, asked).await {
        Some(bytes) => {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            bytes
        }
        None => file.bytes,
    };
    *response.body_mut() = Body::from(body);
    response
}

async fn zipped_if_wanted(
    zipped: &Zipped,
    name: &str,
    file: &Served,
    asked: &HeaderMap,
) -> Option<Bytes> {
    let plain = &file.bytes;
    if plain.len() < GZIP_MIN_BYTES || !takes_gzip(asked) {
        return None;
    }
    zipped.get(name, &file.hash, plain).await.filter(|bytes| bytes.len() < plain.len())
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
    fn what_the_page_names_is_kept_for_good_and_the_page_is_asked_for_again() {
        assert_eq!(located("/"), ("index.html", Keep::Asking));
        assert_eq!(located("/main.js"), ("main.js", Keep::Asking));
        assert_eq!(located("/@0f/main.js"), ("main.js", Keep::Forever));
        assert_eq!(located("/@0f/vendor/uplot.js"), ("vendor/uplot.js", Keep::Forever));
        assert_eq!(located("/@0f"), ("@0f", Keep::Asking));
        let index = with_addresses(b"<script src=\"/a.js\"><link href=\"/b.css\">", "0f");
        assert_eq!(index, "<script src=\"/@0f/a.js\"><link href=\"/@0f/b.css\">");
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
