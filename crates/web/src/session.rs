//! Who may change things: the one-time link, the cookie it becomes, and `/api/v1/session`.
//!
//! The link that is printed carries a code. Whoever opens it first gets a cookie; the code is worth nothing
//! after that, nor after ten minutes. A dead code opens the page all the same, to look at. Everything is
//! bounded and in memory: a restart forgets it, and `ramscope open` prints a fresh link.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::WebError;
use crate::page::is_view;
use crate::problem::{NoToken, Problem, WrongParameter};
use crate::query::Query;
use crate::secret::{random_code, same_secret};
use crate::wire::SCHEMA_VERSION;

/// How long a link is worth something.
const LINK_LIFE: Duration = Duration::from_secs(10 * 60);

/// Most links that wait to be opened; one more makes the oldest worthless.
const LINKS_MAX: usize = 64;

/// How long a cookie is worth something.
const SESSION_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Most cookies that are worth something; one more makes the oldest worthless.
const SESSIONS_MAX: usize = 64;

/// Who is asking, as far as this server can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Somebody who showed nothing.
    Anyone,
    /// A browser with the cookie of an opened link.
    Browser,
    /// A script with the token.
    Script,
}

/// Codes that expire, of which only the newest `most` are worth something.
#[derive(Debug)]
struct Codes {
    codes: VecDeque<(String, Instant)>,
    most: usize,
    life: Duration,
}

impl Codes {
    fn new(most: usize, life: Duration) -> Codes {
        Codes { codes: VecDeque::new(), most, life }
    }

    /// A new code, worth something from `now` on.
    fn issue(&mut self, now: Instant) -> Result<String, WebError> {
        self.forget_expired(now);
        if self.codes.len() == self.most {
            self.codes.pop_front();
        }
        let code = random_code()?;
        self.codes.push_back((code.clone(), now));
        Ok(code)
    }

    /// Where `code` stands, if it is worth something. Every code is compared, whichever it is.
    fn find(&mut self, code: &str, now: Instant) -> Option<usize> {
        self.forget_expired(now);
        let compare = |found, (index, (known, _)): (usize, &(String, Instant))| {
            if same_secret(known, code) { Some(index) } else { found }
        };
        self.codes.iter().enumerate().fold(None, compare)
    }

    /// Makes `code` worthless; says whether it was worth something.
    fn take(&mut self, code: &str, now: Instant) -> bool {
        self.find(code, now).and_then(|index| self.codes.remove(index)).is_some()
    }

    fn forget_expired(&mut self, now: Instant) {
        let life = self.life;
        self.codes.retain(|(_, issued)| now.saturating_duration_since(*issued) < life);
    }
}

/// The links that wait to be opened, and the cookies of those that were.
#[derive(Debug)]
pub(crate) struct Sessions {
    links: Mutex<Codes>,
    cookies: Mutex<Codes>,
    cookie_name: String,
}

impl Sessions {
    /// No link and no cookie yet; cookies carry the port in their name, for browsers do not tell ports apart.
    pub(crate) fn new(port: u16) -> Sessions {
        Sessions {
            links: Mutex::new(Codes::new(LINKS_MAX, LINK_LIFE)),
            cookies: Mutex::new(Codes::new(SESSIONS_MAX, SESSION_LIFE)),
            cookie_name: format!("ramscope_{port}"),
        }
    }

    /// The code of a fresh link.
    pub(crate) fn issue_link(&self, now: Instant) -> Result<String, WebError> {
        lock(&self.links).issue(now)
    }

    /// The `Set-Cookie` that `code` is worth, which is worth nothing from here on; `None` if it was not before.
    fn redeem(&self, code: &str, now: Instant) -> Result<Option<String>, WebError> {
        if !lock(&self.links).take(code, now) {
            return Ok(None);
        }
        let id = lock(&self.cookies).issue(now)?;
        let (name, life_s) = (&self.cookie_name, SESSION_LIFE.as_secs());
        Ok(Some(format!("{name}={id}; Path=/; Max-Age={life_s}; HttpOnly; SameSite=Strict")))
    }

    fn has_cookie(&self, headers: &HeaderMap, now: Instant) -> bool {
        let sent = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        sent.flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(name, _)| *name == self.cookie_name)
            .any(|(_, id)| lock(&self.cookies).find(id, now).is_some())
    }
}

/// The codes, also after a thread died with them: they are whole between any two steps.
fn lock(codes: &Mutex<Codes>) -> MutexGuard<'_, Codes> {
    codes.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who sent these headers.
pub(crate) fn caller(app: &App, headers: &HeaderMap) -> Caller {
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    if bearer.is_some_and(|(_, token)| app.settings.token.matches(token.trim())) {
        Caller::Script
    } else if app.sessions.has_cookie(headers, Instant::now()) {
        Caller::Browser
    } else {
        Caller::Anyone
    }
}

/// Layer: opens a link. The code goes out of the address at once, so that it stays in no history and no
/// screenshot; a code that is worth nothing leads to the page too, view only.
pub(crate) async fn open_link(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let uri = request.uri();
    if request.method() != Method::GET || !is_view(uri.path()) {
        return next.run(request).await;
    }
    let Some((code, rest)) = split_code(uri) else {
        return next.run(request).await;
    };
    let cookie = match app.sessions.redeem(&code, Instant::now()) {
        Ok(cookie) => cookie,
        Err(error) => return Problem::fault(error.to_string()).into_response(),
    };
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(location) = HeaderValue::try_from(rest) {
        headers.insert(LOCATION, location);
    }
    if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::try_from(cookie).ok()) {
        headers.insert(SET_COOKIE, cookie);
    }
    response
}

/// The code in `?token=…`, and the address without it.
fn split_code(uri: &Uri) -> Option<(String, String)> {
    let pairs = || uri.query().unwrap_or_default().split('&');
    let code = pairs().find_map(|pair| pair.strip_prefix("token="))?.to_owned();
    let rest: Vec<&str> = pairs().filter(|pair| !pair.starts_with("token=")).collect();
    let mark = if rest.is_empty() { "" } else { "?" };
    Some((code, format!("{}{mark}{}", uri.path(), rest.join("&"))))
}

/// What this caller may do here, and where "here" is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// The server's version.
    version: String,
    /// The machine's name.
    hostname: String,
    /// Whether this caller may change anything: it showed the token, and the server is not read-only.
    may_change: bool,
    /// Nobody may change anything on this server.
    read_only: bool,
    /// This server shows the labs and nothing about its machine.
    labs_only: bool,
}

/// Ask what this caller may do.
#[utoipa::path(
    get,
    path = "/api/v1/session",
    tag = "session",
    responses(
        (status = 200, description = "What this caller may do", body = SessionDocument),
        WrongParameter,
    )
)]
pub(crate) async fn session(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Json<SessionDocument>, Problem> {
    Query::parse(&uri, &[])?;
    let settings = &app.settings;
    Ok(Json(SessionDocument {
        schema_version: SCHEMA_VERSION,
        version: settings.version.clone(),
        hostname: settings.hostname.clone(),
        may_change: caller != Caller::Anyone && !settings.read_only,
        read_only: settings.read_only,
        labs_only: settings.labs_only,
    }))
}

/// A fresh link.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Link)]
pub(crate) struct LinkDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// The address to open: it works once, within ten minutes.
    url: String,
}

/// Make a fresh one-time link, as `ramscope open` prints it.
///
/// A browser that opens it within ten minutes may change things; it works once.
#[utoipa::path(
    post,
    path = "/api/v1/session/link",
    tag = "session",
    security(("token" = [])),
    responses(
        (status = 200, description = "The link", body = LinkDocument),
        NoToken,
    )
)]
pub(crate) async fn link(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<LinkDocument>, Problem> {
    if caller != Caller::Script {
        return Err(Problem::unauthorized(format!(
            "send `Authorization: Bearer TOKEN` with the token that stands in {}",
            app.settings.data_dir.join("token").display()
        )));
    }
    let url = app.link().map_err(|error| Problem::fault(error.to_string()))?;
    Ok(Json(LinkDocument { schema_version: SCHEMA_VERSION, url }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookie_of(set_cookie: &str) -> HeaderMap {
        let pair = set_cookie.split(';').next().unwrap();
        HeaderMap::from_iter([(
            COOKIE,
            HeaderValue::from_str(&format!("other=1; {pair}")).unwrap(),
        )])
    }

    #[test]
    fn a_link_opens_once_and_its_cookie_lives_on() {
        let sessions = Sessions::new(7070);
        let now = Instant::now();
        let code = sessions.issue_link(now).unwrap();
        let cookie = sessions.redeem(&code, now).unwrap().unwrap();
        assert!(cookie.starts_with("ramscope_7070="), "{cookie}");
        assert!(
            cookie.contains("HttpOnly")
                && cookie.contains("SameSite=Strict")
                && cookie.contains("Path=/")
        );
        assert_eq!(sessions.redeem(&code, now).unwrap(), None);
        assert!(sessions.has_cookie(&cookie_of(&cookie), now + LINK_LIFE));
        assert!(!sessions.has_cookie(&cookie_of(&cookie), now + SESSION_LIFE));
        assert!(!sessions.has_cookie(&cookie_of("ramscope_7070=guess"), now));
        assert!(!sessions.has_cookie(&cookie_of(&cookie.replace("7070", "7071")), now));
    }

    #[test]
    fn a_link_expires_after_ten_minutes() {
        let sessions = Sessions::new(1);
        let now = Instant::now();
        let code = sessions.issue_link(now).unwrap();
        assert_eq!(sessions.redeem(&code, now + LINK_LIFE).unwrap(), None);
    }

    #[test]
    fn one_link_too_many_makes_the_oldest_worthless() {
        let sessions = Sessions::new(1);
        let now = Instant::now();
        let codes: Vec<String> =
            (0..=LINKS_MAX).map(|_| sessions.issue_link(now).unwrap()).collect();
        assert_eq!(sessions.redeem(&codes[0], now).unwrap(), None);
        assert!(sessions.redeem(&codes[1], now).unwrap().is_some());
        assert!(sessions.redeem(&codes[LINKS_MAX], now).unwrap().is_some());
    }

    #[test]
    fn one_cookie_too_many_makes_the_oldest_worthless() {
        let sessions = Sessions::new(1);
        let now = Instant::now();
        let open = || {
            let code = sessions.issue_link(now).unwrap();
            sessions.redeem(&code, now).unwrap().unwrap()
        };
        let cookies: Vec<String> = (0..=SESSIONS_MAX).map(|_| open()).collect();
        assert!(!sessions.has_cookie(&cookie_of(&cookies[0]), now));
        assert!(sessions.has_cookie(&cookie_of(&cookies[1]), now));
    }

    #[test]
    fn the_code_goes_out_of_the_address_and_the_rest_stays() {
        for (address, expected) in [
            ("/?token=abc", Some(("abc", "/"))),
            ("/?x=1&token=abc&y=2", Some(("abc", "/?x=1&y=2"))),
            ("/?token=", Some(("", "/"))),
            ("/?tokens=1", None),
            ("/", None),
        ] {
            let found = split_code(&Uri::from_static(address));
            assert_eq!(
                found,
                expected.map(|(code, rest)| (code.to_owned(), rest.to_owned())),
                "{address}"
            );
        }
    }
}
