//! Work that would hold up the one thread that serves everyone: on other threads, few at a time, in a bounded queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::problem::Problem;

/// A queue of questions to one thing.
#[derive(Debug)]
pub(crate) struct Turns {
    turns: Arc<Semaphore>,
    asked: AtomicUsize,
    /// Questions that are worked on or wait; one more is told to come back.
    waiting_max: usize,
    /// What is asked, as a refusal says it.
    subject: &'static str,
}

impl Turns {
    /// A queue about `subject` in which `at_once` questions are worked on and `waiting_max` may be in all.
    pub(crate) fn new(at_once: usize, waiting_max: usize, subject: &'static str) -> Turns {
        let turns = Arc::new(Semaphore::new(at_once));
        Turns { turns, asked: AtomicUsize::new(0), waiting_max, subject }
    }

    /// What `question` finds, on a thread that may take its time.
    ///
    /// # Errors
    /// What the question found wrong; 503 when too many wait already.
    pub(crate) async fn ask<T, Q>(&self, question: Q) -> Result<T, Problem>
    where
        T: Send + 'static,
        Q: FnOnce() -> Result<T, Problem> + Send + 'static,
    {
        let _place = Place::take(&self.asked, self.waiting_max).ok_or_else(|| {
            Problem::unavailable(format!(
                "{} questions about {} wait already: ask again in a second",
                self.waiting_max, self.subject
            ))
        })?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| stopped())?;
        let work = move || {
            // The turn ends with the work, not with the asker, who may leave earlier.
            let _turn = turn;
            question()
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
    fn take(taken: &'a AtomicUsize, most: usize) -> Option<Place<'a>> {
        let place = Place(taken);
        // A place beyond the last is given back at once, by the drop of `place`.
        if taken.fetch_add(1, Ordering::Relaxed) < most { Some(place) } else { None }
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
        let mut places: Vec<_> = (0..4).map(|_| Place::take(&taken, 4).unwrap()).collect();
        assert!(Place::take(&taken, 4).is_none());
        places.pop();
        assert!(Place::take(&taken, 4).is_some());
        places.clear();
        assert_eq!(taken.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_question_beyond_the_queue_is_told_to_come_back() {
        let turns = Turns::new(1, 0, "nothing");
        let problem = turns.ask(|| Ok(1)).await.unwrap_err();
        assert!(problem.detail().contains("0 questions about nothing wait already"));
        assert_eq!(Turns::new(1, 1, "nothing").ask(|| Ok(1)).await.unwrap(), 1);
    }
}
