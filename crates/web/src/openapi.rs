//! `GET /api/v1/openapi.json`: the description of every route, made from the handlers themselves.
//!
//! It is committed beside this crate, so that a change of the interface is seen in review, and embedded from
//! there. `RAMSCOPE_BLESS=1 cargo test -p ramscope-web openapi` writes it anew.

use axum::response::Response;
use bytes::Bytes;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::wire::json_response;

/// The committed description, as it is served.
pub(crate) const DESCRIPTION: &str = include_str!("../openapi.json");

#[derive(OpenApi)]
#[openapi(
    info(
        title = "ramscope",
        version = "1",
        description = "Where the memory of this machine is, live and recorded.\n\nAmounts are integers in bytes, times are UTC milliseconds, ratios are 0..1. Every JSON answer carries `schema_version`; a refusal is `application/problem+json` (RFC 9457). Reading needs no token on loopback; what changes anything needs `Authorization: Bearer` with the token of the data directory, or the cookie of an opened link.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "live", description = "The newest sample, once or as it changes"),
        (name = "history", description = "What was recorded"),
        (name = "stress", description = "A bounded load on memory: its limits, its plan and its course"),
        (name = "sim", description = "What a machine would have done: simulators, each step explained"),
        (name = "heap", description = "What tracked programs hold, and who asked for it"),
        (name = "glossary", description = "What the words mean"),
        (name = "session", description = "What this caller may do"),
        (name = "health", description = "For whoever watches the watcher"),
    ),
    modifiers(&TokenScheme),
)]
struct Head;

/// Names the token as a way to identify oneself.
struct TokenScheme;

impl Modify for TokenScheme {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "The secret in the token file of the data directory, which only its owner can read",
            ))
            .build();
        let components = openapi.components.get_or_insert_with(Default::default);
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// The description without any route.
pub(crate) fn head() -> utoipa::openapi::OpenApi {
    Head::openapi()
}

/// Answers with the description.
pub(crate) async fn openapi() -> Response {
    json_response(Bytes::from_static(DESCRIPTION.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openapi_json_is_what_the_handlers_say() {
        let found = crate::router::description().to_pretty_json().unwrap() + "\n";
        if std::env::var_os("RAMSCOPE_BLESS").is_some() {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
            std::fs::write(path, found).unwrap();
            return;
        }
        assert!(
            found == DESCRIPTION,
            "crates/web/openapi.json is not what the handlers say: look at the change that \
             `RAMSCOPE_BLESS=1 cargo test -p ramscope-web openapi` makes, and commit it"
        );
    }
}
