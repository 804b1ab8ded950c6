//! Questions about the recorded past: asked of the disk, so on other threads, few at a time.

use std::sync::Arc;

use ramscope_observe::history::History;
use ramscope_observe::processes::past::PastError;

use crate::problem::Problem;
use crate::turns::Turns;

/// Questions that are worked on at once; more would only fight for the disk.
const AT_ONCE: usize = 2;

/// Questions that are worked on or wait; one more is told to come back.
const WAITING_MAX: usize = 64;

/// The reading side of the history, with its bounds.
#[derive(Debug)]
pub(crate) struct Past {
    history: Arc<History>,
    turns: Turns,
}

impl Past {
    /// Answers out of `history`.
    pub(crate) fn new(history: History) -> Past {
        let turns = Turns::new(AT_ONCE, WAITING_MAX, "the history");
        Past { history: Arc::new(history), turns }
    }

    /// What `question` finds, on a thread that may wait for the disk.
    ///
    /// # Errors
    /// What the question found wrong; 503 when too many wait already.
    pub(crate) async fn ask<T, Q>(&self, question: Q) -> Result<T, Problem>
    where
        T: Send + 'static,
        Q: FnOnce(&History) -> Result<T, Problem> + Send + 'static,
    {
        let history = Arc::clone(&self.history);
        self.turns.ask(move || question(&history)).await
    }
}

/// What the history refused about a moment, as this protocol says it.
pub(crate) fn refusal(error: PastError) -> Problem {
    match error {
        PastError::NothingYet { .. } => Problem::not_recorded(error.to_string()),
        PastError::History(error) => crate::history::refusal(error),
    }
}
