//! `POST /api/v1/sim/requests`: a list of requests that is sent once, so that many questions can be asked about it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use ramscope_sim::alloc::question::peak_bytes;
use ramscope_sim::alloc::{Form, Op, Requests, Rules, read};
use ramscope_sim::paging::unpack;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::answered;
use super::super::shelf::{Shelf, id_of};
use crate::app::App;
use crate::problem::{Problem, SimulatorRefusals, echo};
use crate::wire::{SCHEMA_VERSION, json_bytes};

/// The path, which may carry a larger body than others.
pub(crate) const PATH: &str = "/api/v1/sim/requests";

/// Most bytes that a packed list may have unpacked.
const UNPACKED_MAX_BYTES: usize = 64 << 20;

/// Most operations of a list that is kept.
const OPERATIONS_MAX: usize = 4_000_000;

/// A kept list of requests.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KeptRequests)]
struct RequestsDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// What questions name it by: `{"id": …}` in `ops`. The same bytes have the same id.
    id: String,
    /// The form in which it was read: `list`, `script`, `mtrace` or `trace`.
    form: &'static str,
    /// Operations in it.
    operations: usize,
    /// Requests for memory among them.
    requests: usize,
    /// Bytes that are asked for and held at once at most, without headers or padding.
    peak_bytes: u64,
}

/// Keep a list of requests, to ask about it by its id.
///
/// The body is the list itself, in any form that `ramscope sim alloc --file` reads, plain or packed by gzip or zstd:
/// 16 MiB at most, 64 MiB unpacked, 4,000,000 operations. It is kept while there is room: the lists asked about the
/// longest ago make room for new ones, and a question about one that is gone is answered 404, so that it can be sent
/// again.
#[utoipa::path(
    post,
    path = "/api/v1/sim/requests",
    tag = "sim",
    request_body(content = [u8], description = "The list", content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "The list is kept", body = RequestsDocument),
        SimulatorRefusals,
    )
)]
pub(crate) async fn requests(
    State(app): State<Arc<App>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let lists = Arc::clone(&app.lists);
    answered(&app, body, move |body| keep(&lists, body)).await
}

fn keep(lists: &Shelf<Requests>, body: &[u8]) -> Result<Bytes, Problem> {
    let refuse = |error: &dyn std::error::Error| Problem::member(error.to_string());
    let bytes = unpack(body, UNPACKED_MAX_BYTES).map_err(|error| refuse(&error))?;
    let form = Form::of(&bytes);
    let id = id_of("requests", &bytes);
    let requests = match lists.get(&id) {
        Some(requests) => requests,
        None => {
            let requests = Arc::new(read(&bytes, form).map_err(|error| refuse(&error))?);
            if requests.len() > OPERATIONS_MAX {
                return Err(Problem::too_much(format!(
                    "these are {} operations: this server keeps {OPERATIONS_MAX} at most; `ramscope sim alloc --file` \
                     has no such bound",
                    requests.len()
                )));
            }
            lists.put(id.clone(), Arc::clone(&requests));
            requests
        }
    };
    let asks = |op: &Op| matches!(op, Op::Alloc { .. });
    Ok(json_bytes(&RequestsDocument {
        schema_version: SCHEMA_VERSION,
        id,
        form: form.name(),
        operations: requests.len(),
        requests: requests.iter().filter(asks).count(),
        peak_bytes: peak_bytes(&requests, Rules { header: 0, align: 1, minimum: 1 }),
    }))
}

/// The list that a question names by its id.
///
/// # Errors
/// 404 when it is not kept.
pub(super) fn kept(lists: &Shelf<Requests>, id: &str) -> Result<Arc<Requests>, Problem> {
    lists.get(id).ok_or_else(|| {
        Problem::not_kept(format!(
            "no list of requests of id `{}` is kept here, or no longer: send it to {PATH} again",
            echo(id)
        ))
    })
}
