//! From the wire's types to bytes.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

/// The version of every JSON answer's shape; it grows when a member changes its meaning or goes away.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// Why writing the wire's types as JSON cannot fail: their keys are strings and their `Serialize` never refuses.
const INFALLIBLE: &str = "wire types have string keys and serializers that never refuse";

/// `value` as compact JSON, on one line.
pub(crate) fn json_bytes<T: Serialize>(value: &T) -> Bytes {
    Bytes::from(serde_json::to_vec(value).expect(INFALLIBLE))
}

/// `value` as a JSON tree.
pub(crate) fn json_tree<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).expect(INFALLIBLE)
}

/// JSON that is never kept by anyone on the way.
pub(crate) fn json_response(json: Bytes) -> Response {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], json).into_response()
}
