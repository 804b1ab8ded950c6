//! The simulators over HTTP: what a machine would have done, and why.
//!
//! A question is read from a JSON body member by member, so that a refusal names the member; it is measured before
//! anything runs, and worked on by few threads at a time. Nothing here reads or changes this machine, so none of it
//! needs the token.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use ramscope_sim::paging::question;

use crate::app::App;
use crate::problem::Problem;
use crate::wire::json_response;

pub(crate) mod alloc;
mod bounds;
pub(crate) mod demand;
mod document;
pub(crate) mod exercise;
pub(crate) mod holes;
mod members;
pub(crate) mod paging;
pub(crate) mod partitions;
pub(crate) mod policies;
pub(crate) mod processes;
pub(crate) mod references;
mod search;
pub(crate) mod segments;
mod settings;
mod shelf;
pub(crate) mod tlb;
pub(crate) mod translate;
mod walks;

pub(crate) use alloc::Machines;
pub(crate) use shelf::Shelf;

pub use alloc::AllocDocument;
pub use bounds::STEPS_MAX;
pub use demand::DemandDocument;
pub use document::PagingDocument;
pub use exercise::{ExerciseDocument, Posed};
pub use holes::HolesDocument;
pub use partitions::PartitionsDocument;
pub use processes::ProcessesDocument;
pub use question::{PagingQuestion, Sizes, convention, policies_named};
pub use search::{SearchDocument, shared_table};
pub use segments::{SegmentTranslationsDocument, SegmentsDocument};
pub use tlb::{Times, TlbDocument, effective as effective_times};
pub use walks::TranslateDocument;

/// Answers the question in a body, in the simulators' queue.
///
/// # Errors
/// The body is too large or broke off, too many questions wait, or the question itself is refused.
async fn answered(
    app: &App,
    body: Result<Bytes, BytesRejection>,
    answer: impl FnOnce(&[u8]) -> Result<Bytes, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    let body = members::whole(body)?;
    let json = app.sims.ask(move || answer(&body)).await?;
    Ok(json_response(json))
}
