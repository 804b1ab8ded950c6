//! Which path leads where, and the layers that every request passes.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::guard::BODY_MAX_BYTES;
use crate::{
    cgroups, clients, data, events, forecast, glossary, guard, health, heap, history, memory,
    metrics, openapi, page, problem, processes, reference, series, session, sim, stream, stress,
};

/// Answers below this size, in bytes, are sent as they are: gzip would save nothing that matters.
const GZIP_MIN_BYTES: u16 = 1024;

/// Every route with its layers.
pub(crate) fn build(app: &Arc<App>) -> Router {
    let sims = simulators()
        // Their bodies are read by `take_turns`, each path's to its own bound.
        .route_layer(DefaultBodyLimit::disable())
        .route_layer(from_fn_with_state(Arc::clone(app), clients::take_turns));
    let (routes, _) = documented(app.settings.labs_only, sims).split_for_parts();
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
    documented(false, simulators()).into_openapi()
}

/// The routes at which clients take turns.
fn simulators() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(sim::paging::paging))
        .routes(routes!(sim::references::references))
        .routes(routes!(sim::alloc::requests::requests))
        .routes(routes!(sim::alloc::policies))
        .routes(routes!(sim::processes::processes))
        .routes(routes!(sim::demand::demand))
        .routes(routes!(sim::translate::translate))
        .routes(routes!(sim::tlb::tlb))
        .routes(routes!(sim::segments::segments))
        .routes(routes!(sim::alloc::alloc))
        .routes(routes!(sim::holes::holes))
        .routes(routes!(sim::partitions::partitions))
}

/// The routes that the description holds; those about this machine refuse where only labs run.
fn documented(labs_only: bool, sims: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let mut live = OpenApiRouter::new()
        .routes(routes!(memory::memory))
        .routes(routes!(stream::stream))
        .routes(routes!(cgroups::cgroups))
        .routes(routes!(forecast::forecast))
        .routes(routes!(history::history))
        .routes(routes!(series::series))
        .routes(routes!(events::events))
        .routes(routes!(processes::processes))
        .routes(routes!(processes::one::process))
        .routes(routes!(processes::inside::inside))
        .routes(routes!(processes::command::command))
        .routes(routes!(stress::stress, stress::start, stress::change, stress::stop))
        .routes(routes!(heap::sessions))
        .routes(routes!(heap::session))
        .routes(routes!(heap::timeline))
        .routes(routes!(heap::tree))
        .routes(routes!(heap::space))
        .routes(routes!(heap::follow::follow))
        .routes(routes!(heap::follow::follow_list))
        .routes(routes!(heap::alloc_trace))
        .routes(routes!(data::data))
        .routes(routes!(metrics::metrics));
    if labs_only {
        live = live.route_layer(from_fn(guard::labs_only));
    }
    OpenApiRouter::with_openapi(openapi::head())
        .merge(live)
        .merge(sims)
        .routes(routes!(sim::policies::policies))
        .routes(routes!(sim::exercise::exercise))
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
