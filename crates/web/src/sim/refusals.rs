//! What every simulator may answer but an answer, said once for the description of all of them.

use utoipa::IntoResponses;

use crate::problem::ProblemDocument;

/// The refusals of a simulator. They are made by [`Problem`](crate::problem::Problem); this is their description.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes refusals that are made elsewhere")]
pub(crate) enum Refusals {
    /// The body is no JSON object
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(ProblemDocument<'static>),
    /// The body is larger than this path takes
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemDocument<'static>),
    /// A member is wrong, or too much is asked
    #[response(status = 422, content_type = "application/problem+json")]
    Member(ProblemDocument<'static>),
    /// This client has too many questions at once: ask again after Retry-After
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(ProblemDocument<'static>),
    /// Too many questions of all clients at once: ask again after Retry-After
    #[response(status = 503, content_type = "application/problem+json")]
    Busy(ProblemDocument<'static>),
}
