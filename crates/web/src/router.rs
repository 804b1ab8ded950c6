//! Which path leads where, and the layers that every request passes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get};
use ramscope_observe::clock::Clock;
use ramscope_observe::history::History;
use tokio::sync::watch;
use tokio::time::Instant;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::WebError;
use crate::guard::BODY_MAX_BYTES;
use crate::host::HostList;
use crate::live::Live;
use crate::page::Zipped;
use crate::past::Past;
use crate::problem::Problem;
use crate::session::Sessions;
use crate::settings::Settings;
use crate::turns::Turns;
use crate::{
    data, events, glossary, guard, health, history, memory, metrics, openapi, page, problem,
    reference, series, session, sim, stream,
};

/// Answers below this size, in bytes, are sent as they are: gzip would save nothing that matters.
const GZIP_MIN_BYTES: u16 = 1024;

/// Simulations that are worked on at once: the serving thread and the sampler go on beside them.
const SIMS_AT_ONCE: usize = 1;

/// Simulations that are worked on or wait; one more is told to come back.
const SIMS_WAITING_MAX: usize = 64;

/// What all routes share.
#[derive(Debug)]
pub(crate) struct App {
    /// What the server was told.
    pub(crate) settings: Settings,
    /// The address that is listened on.
    pub(crate) address: SocketAddr,
    /// Whether other machines can reach it, so that everyone must show the token.
    pub(crate) exposed: bool,
    /// The latest sample.
    pub(crate) live: Live,
    /// The recorded past.
    past: Option<Past>,
    /// The simulators' queue.
    pub(crate) sims: Turns,
    /// Links and cookies.
    pub(crate) sessions: Sessions,
    /// The names of this server.
    pub(crate) hosts: HostList,
    /// The page's files, gzipped.
    pub(crate) zipped: Zipped,
    /// The time of day, for what is asked relative to now.
    pub(crate) clock: Clock,
    /// Becomes true when the server stops.
    pub(crate) stop: watch::Receiver<bool>,
}

impl App {
    /// A server that listens on `address`, which may differ from the one it was told in its port.
    pub(crate) fn new(
        settings: Settings,
        address: SocketAddr,
        live: Live,
        history: Option<History>,
        stop: watch::Receiver<bool>,
    ) -> App {
        App {
            address,
            exposed: !address.ip().to_canonical().is_loopback(),
            live,
            past: history.map(Past::new),
            sims: Turns::new(SIMS_AT_ONCE, SIMS_WAITING_MAX, "the simulators"),
            sessions: Sessions::new(address.port()),
            hosts: HostList::new(address, &settings.allow_hosts),
            zipped: Zipped::default(),
            clock: Clock::system(),
            stop,
            settings,
        }
    }

    /// The recorded past.
    ///
    /// # Errors
    /// 404 where nothing is recorded.
    pub(crate) fn past(&self) -> Result<&Past, Problem> {
        self.past.as_ref().ok_or_else(|| {
            Problem::switched_off(
                "this server records nothing, so there is no history: see its log for the reason, \
                 and restart it with a data directory that it can write",
            )
        })
    }

    /// The page's address as somebody on this machine opens it.
    pub(crate) fn origin(&self) -> String {
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        format!("http://{}/", SocketAddr::new(ip, self.address.port()))
    }

    /// The page's address with a fresh one-time code.
    pub(crate) fn link(&self) -> Result<String, WebError> {
        let code = self.sessions.issue_link(Instant::now())?;
        Ok(format!("{}?token={code}", self.origin()))
    }
}

/// Every route with its layers.
pub(crate) fn build(app: &Arc<App>) -> Router {
    let (routes, _) = documented(app.settings.labs_only).split_for_parts();
    routes
        .route("/api", get(reference::reference))
        .route("/api.css", get(page::api_style))
        .route("/api/v1/openapi.json", get(openapi::openapi))
        .fallback(any(page::page))
        .method_not_allowed_fallback(guard::no_such_method)
        .layer(CompressionLayer::new().compress_when(worth_packing()))
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
        .layer(from_fn_with_state(Arc::clone(app), guard::admit))
        .layer(from_fn_with_state(Arc::clone(app), session::open_link))
        .layer(from_fn_with_state(Arc::clone(app), guard::screen))
        .layer(from_fn(guard::in_time))
        .layer(from_fn(problem::render))
        .layer(from_fn_with_state(Arc::clone(app), guard::headers))
        .with_state(Arc::clone(app))
}

/// The description of all routes, from the handlers themselves.
#[cfg(test)]
pub(crate) fn description() -> utoipa::openapi::OpenApi {
    documented(false).into_openapi()
}

/// The routes that the description holds; those about this machine refuse where only labs run.
fn documented(labs_only: bool) -> OpenApiRouter<Arc<App>> {
    let mut live = OpenApiRouter::new()
        .routes(routes!(memory::memory))
        .routes(routes!(stream::stream))
        .routes(routes!(history::history))
        .routes(routes!(series::series))
        .routes(routes!(events::events))
        .routes(routes!(data::data))
        .routes(routes!(metrics::metrics));
    if labs_only {
        live = live.route_layer(from_fn(guard::labs_only));
    }
    OpenApiRouter::with_openapi(openapi::head())
        .merge(live)
        .routes(routes!(sim::paging::paging))
        .routes(routes!(sim::policies::policies))
        .routes(routes!(sim::processes::processes))
        .routes(routes!(sim::translate::translate))
        .routes(routes!(sim::tlb::tlb))
        .routes(routes!(glossary::glossary))
        .routes(routes!(session::session))
        .routes(routes!(session::link))
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
}

/// Which answers are packed: larger ones, and never a stream or a picture.
fn worth_packing() -> impl Predicate {
    DefaultPredicate::new().and(SizeAbove::new(GZIP_MIN_BYTES.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_path_says_what_it_is_for() {
        let description = description();
        assert!(description.paths.paths.len() >= 11);
        for (path, item) in &description.paths.paths {
            let operation = item.get.as_ref().or(item.post.as_ref()).unwrap();
            assert!(operation.summary.as_ref().is_some_and(|text| !text.is_empty()), "{path}");
            assert!(operation.tags.as_ref().is_some_and(|tags| tags.len() == 1), "{path}");
        }
    }
}
