//! `GET /data`: the five numbers that older scripts of this kind read.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use ramscope_observe::Memory;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::problem::LabsOnly;

/// Five numbers, in bytes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Data)]
pub(crate) struct DataDocument {
    /// MemTotal, in bytes.
    total: u64,
    /// MemTotal less MemAvailable, in bytes.
    used: u64,
    /// MemFree, in bytes: used and free do not add up to total, the rest is cache that can be reclaimed.
    free: u64,
    /// SwapTotal, in bytes.
    swap_total: u64,
    /// SwapTotal less SwapFree, in bytes.
    swap_used: u64,
}

/// There are no numbers yet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DataError {
    /// Why, in words.
    error: String,
}

/// Read five numbers, for scripts.
#[utoipa::path(
    get,
    path = "/data",
    tag = "live",
    responses(
        (status = 200, description = "The newest sample", body = DataDocument),
        LabsOnly,
        (status = 503, description = "No sample yet", body = DataError),
    )
)]
pub(crate) async fn data(State(app): State<Arc<App>>) -> Response {
    let head = [(CACHE_CONTROL, "no-store")];
    match app.live.frame() {
        Ok(frame) => {
            let memory = Memory::of(&frame.tick().snapshot);
            let numbers = DataDocument {
                total: memory.total_bytes,
                used: memory.used_bytes,
                free: memory.free_bytes,
                swap_total: memory.swap_total_bytes,
                swap_used: memory.swap_used_bytes,
            };
            (head, Json(numbers)).into_response()
        }
        Err(problem) => {
            let error = DataError { error: problem.detail().to_owned() };
            (StatusCode::SERVICE_UNAVAILABLE, head, Json(error)).into_response()
        }
    }
}
