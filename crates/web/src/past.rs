//! Questions about the recorded past: asked of the disk, so on other threads, few at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ramscope_observe::history::History;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::problem::Problem;

/// Questions that are worked on at once; more would only fight for the disk.
const AT_ONCE: usize = 2;

/// Questions that are worked on or wait; one more is told to come back.
const WAITING_MAX: usize = 64;

/// The reading side of the history, with its bounds.
#[derive(Debug)]
pub(crate) struct Past {
    history: Arc<History>,
    turns: Arc<Semaphore>,
    asked: AtomicUsize,
}

impl Past {
    /// Answers out of `history`.
    pub(crate) fn new(history: History) -> Past {
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        Past { history: Arc::new(history), turns, asked: AtomicUsize::new(0) }
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
        let _place = Place::take(&self.asked).ok_or_else(|| {
            Problem::unavailable(format!(
                "{WAITING_MAX} questions about the history wait already: ask again in a second"
            ))
        })?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| stopped())?;
        let history = Arc::clone(&self.history);
        let work = move || {
            // The turn ends with the work, not with the asker, who may leave earlier.
            let _turn = turn;
            question(&history)
        };
        spawn_blocking(work).await.map_err(|_| stopped())?
    }
}

fn stopped() -> Problem {
    Problem::fault(
        "the question was not answered to its end: the server is stopping, or has a fault; see its log",
    )
}

/// One of the places in the queue, given back when dropped, also when the asker went away.
#[derive(Debug)]
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(taken: &'a AtomicUsize) -> Option<Place<'a>> {
        let place = Place(taken);
        // A place beyond the last is given back at once, by the drop of `place`.
        if taken.fetch_add(1, Ordering::Relaxed) < WAITING_MAX { Some(place) } else { None }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_is_bounded_and_a_place_comes_back() {
        let taken = AtomicUsize::new(0);
        let mut places: Vec<_> = (0..WAITING_MAX).map(|_| Place::take(&taken).unwrap()).collect();
        assert!(Place::take(&taken).is_none());
        places.pop();
        assert!(Place::take(&taken).is_some());
        places.clear();
        assert_eq!(taken.load(Ordering::Relaxed), 0);
    }
}
