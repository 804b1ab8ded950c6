//! Growth over windows that this run has not watched, out of a history that did.

use std::time::Duration;

use ramscope_observe::TimeMs;
use ramscope_observe::history::History;
use ramscope_observe::processes::past::{self, PastError};
use ramscope_observe::processes::question::{self, Base};
use ramscope_observe::processes::{ProcessTable, WINDOWS};

/// How often the moment that growth is measured from is read anew.
const PERIOD: Duration = Duration::from_secs(20);

/// What everyone held a window ago, for each window.
#[derive(Debug)]
pub(super) struct Lately {
    history: History,
    bases: [Option<Base>; WINDOWS.len()],
    due: Duration,
}

impl Lately {
    pub(super) fn new(history: History) -> Lately {
        Lately { history, bases: Default::default(), due: Duration::ZERO }
    }

    /// Fills the growth that `table` does not know, `watched` into this run.
    pub(super) fn fill(&mut self, table: &mut ProcessTable, watched: Duration) {
        if watched >= self.due {
            self.due = watched + PERIOD;
            for (window, base) in WINDOWS.iter().zip(&mut self.bases) {
                // What cannot be read is growth that is not known, which the screen says.
                *base = past::find(&self.history, Some(table), None, None, *window)
                    .ok()
                    .and_then(|found| found.base);
            }
        }
        for (window, base) in self.bases.iter().enumerate() {
            let is_watched = watched.as_millis() >= u128::from(WINDOWS[window]);
            if let Some(base) = base.as_ref().filter(|_| !is_watched) {
                grow(table, window, Some(base));
            }
        }
    }
}

/// The processes of a moment of the past, with their growth over every window that was recorded; `None` where none were.
///
/// # Errors
/// The history cannot be read.
pub(super) fn at(history: &History, at: TimeMs) -> Result<Option<ProcessTable>, PastError> {
    let mut found: Option<ProcessTable> = None;
    for (index, window) in WINDOWS.into_iter().enumerate() {
        let past = match past::find(history, None, Some(at), None, window) {
            Err(PastError::NothingYet { .. }) => return Ok(None),
            past => past?,
        };
        if found.is_none() {
            found = past.table;
        }
        if let Some(table) = &mut found {
            grow(table, index, past.base.as_ref());
        }
    }
    Ok(found)
}

/// Writes growth over one window into a table, measured from `base` where it was not watched.
fn grow(table: &mut ProcessTable, window: usize, base: Option<&Base>) {
    let time_ms = table.time_ms;
    for process in &mut table.processes {
        process.growth[window] = question::growth(process, time_ms, base, WINDOWS[window]);
    }
}
