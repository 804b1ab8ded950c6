//! The simulators over HTTP: what a machine would have done, and why.
//!
//! A question is read from a JSON body member by member, so that a refusal names the member; it is measured before
//! anything runs, and worked on by few threads at a time. Nothing here reads or changes this machine, so none of it
//! needs the token.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;

use crate::app::App;
use crate::problem::Problem;
use crate::wire::json_response;

mod bounds;
mod document;
mod members;
pub(crate) mod paging;
pub(crate) mod policies;
pub(crate) mod processes;
mod question;
pub(crate) mod tlb;
pub(crate) mod translate;

pub use bounds::STEPS_MAX;
pub use document::PagingDocument;
pub use processes::ProcessesDocument;
pub use question::{PagingQuestion, Sizes, convention, policies_named};
pub use tlb::{TlbDocument, effective as effective_times};
pub use translate::TranslateDocument;

/// Answers the question in a body, in the simulators' queue.
///
/// # Errors
/// The body is too large or broke off, too many questions wait, or the question itself is refused.
async fn answered(
    app: &App,
    body: Result<Bytes, BytesRejection>,
    answer: fn(&[u8]) -> Result<Bytes, Problem>,
) -> Result<Response, Problem> {
    let body = members::whole(body)?;
    let json = app.sims.ask(move || answer(&body)).await?;
    Ok(json_response(json))
}
