//! A table of the past, and the moment that growth is measured from.

use super::ProcessTable;
use super::question::{Base, add_ended};
use crate::history::{History, HistoryError};
use crate::{TimeMs, when};

/// A moment before the window may be this much older than it, beside a tenth of the window: looks are kept each minute at
/// the least.
const SLACK_MS: i64 = 120_000;

/// What the history gives to a question.
#[derive(Debug, Default)]
pub struct Past {
    /// The table that was asked for; `None` where it is the newest one, as it is.
    pub table: Option<ProcessTable>,
    /// What growth is measured from; `None` where nothing was recorded then.
    pub base: Option<Base>,
}

/// Why there is no such moment.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// Nothing was recorded so early.
    #[error(
        "no {what} were recorded at or before {}: {}", when::rfc3339(*asked_ms), Oldest(*oldest_ms)
    )]
    NothingYet {
        /// What was wanted, in words.
        what: &'static str,
        /// The moment that was asked for, UTC milliseconds.
        asked_ms: TimeMs,
        /// The oldest table that is kept.
        oldest_ms: Option<TimeMs>,
    },
    /// The history cannot be read.
    #[error(transparent)]
    History(#[from] HistoryError),
}

struct Oldest(Option<TimeMs>);

impl std::fmt::Display for Oldest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(oldest) => write!(f, "the oldest that is kept is of {}", when::rfc3339(oldest)),
            None => f.write_str("none are recorded at all yet"),
        }
    }
}

/// Finds the table at `at`, or takes the newest one, `live`; and what its growth is measured from: the table at `compare`,
/// or the one a window before.
///
/// # Errors
/// Nothing was recorded at `at` or at `compare`, or the history cannot be read.
pub fn find(
    history: &History,
    live: Option<&ProcessTable>,
    at: Option<TimeMs>,
    compare: Option<TimeMs>,
    window_ms: u64,
) -> Result<Past, PastError> {
    let table = match at {
        Some(at) => Some(table_at(history, at)?),
        None => None,
    };
    if let Some(compare) = compare {
        let then = table_at(history, compare)?;
        let mut now = match table {
            Some(table) => table,
            None => live.cloned().unwrap_or_default(),
        };
        add_ended(&mut now, &then);
        return Ok(Past { table: Some(now), base: Some(Base::compared(&then)) });
    }
    let time_ms = table.as_ref().or(live).map_or(0, |table| table.time_ms);
    let window_ms = i64::try_from(window_ms).unwrap_or(i64::MAX);
    let wanted = time_ms.saturating_sub(window_ms);
    let slack = SLACK_MS.saturating_add(window_ms / 10);
    let then = history.processes_at(wanted)?;
    let then = then.filter(|then| wanted.saturating_sub(then.time_ms) <= slack);
    Ok(Past { table, base: then.as_ref().map(Base::of) })
}

fn table_at(history: &History, at: TimeMs) -> Result<ProcessTable, PastError> {
    match history.processes_at(at)? {
        Some(table) => Ok(table),
        None => Err(PastError::NothingYet {
            what: "processes",
            asked_ms: at,
            oldest_ms: history.oldest_processes()?,
        }),
    }
}
