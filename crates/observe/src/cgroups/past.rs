//! Control groups of a moment of the past, and what their growth is measured from.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::CgroupTable;
use crate::TimeMs;
use crate::history::{History, HistoryError};
use crate::processes::past::PastError;

/// What growth is measured over where no other moment is named, as of a live look.
const GROWTH_WINDOW_MS: i64 = 60_000;
/// A table may be this much older than the moment that is wanted: those of long ago are kept each minute.
const SLACK_MS: i64 = 120_000;

/// The groups at `at`, or the newest ones, `live`. Their growth is since `compare`, or over about a minute.
///
/// # Errors
/// Nothing was recorded at `at` or at `compare`, or the history cannot be read.
pub fn find(
    history: &History,
    live: Option<&CgroupTable>,
    at: Option<TimeMs>,
    compare: Option<TimeMs>,
) -> Result<CgroupTable, PastError> {
    let mut table = match at {
        Some(at) => table_at(history, at)?,
        None => live.cloned().unwrap_or_default(),
    };
    match (at, compare) {
        (_, Some(compare)) => grow(&mut table, Some(&table_at(history, compare)?)),
        (Some(_), None) => grow_over_a_minute(history, &mut table)?,
        (None, None) => {}
    }
    Ok(table)
}

/// Tells the growth of groups that nobody watched, where a history did.
///
/// # Errors
/// The history cannot be read.
pub fn grow_over_a_minute(history: &History, table: &mut CgroupTable) -> Result<(), HistoryError> {
    let wanted = table.time_ms.saturating_sub(GROWTH_WINDOW_MS);
    let then = history.cgroups_at(wanted)?;
    let then = then.filter(|then| wanted.saturating_sub(then.time_ms) <= SLACK_MS);
    grow(table, then.as_ref());
    Ok(())
}

fn table_at(history: &History, at: TimeMs) -> Result<CgroupTable, PastError> {
    match history.cgroups_at(at)? {
        Some(table) => Ok(table),
        None => Err(PastError::NothingYet {
            what: "control groups",
            asked_ms: at,
            oldest_ms: history.oldest_cgroups()?,
        }),
    }
}

/// Tells by how much each group grew since another moment; one that was made since then held nothing before.
fn grow(table: &mut CgroupTable, then: Option<&CgroupTable>) {
    let held: HashMap<u64, Option<u64>> = then
        .into_iter()
        .flat_map(CgroupTable::iter)
        .map(|(_, group)| (group.id, group.current_bytes))
        .collect();
    let window_ms = then.map_or(0, |then| table.time_ms.abs_diff(then.time_ms));
    for group in table.groups.iter_mut().flatten() {
        let before = held.get(&group.id).copied().unwrap_or(Some(0));
        let grown = match (group.current_bytes, before, then) {
            (Some(now), Some(before), Some(_)) => difference(now, before),
            _ => 0,
        };
        let group = Arc::make_mut(group);
        (group.growth_bytes, group.growth_window) = (grown, Duration::from_millis(window_ms));
    }
}

fn difference(now: u64, then: u64) -> i64 {
    let size = i64::try_from(now.abs_diff(then)).unwrap_or(i64::MAX);
    if now >= then { size } else { -size }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cgroups::Slot;
    use crate::cgroups::tests::table;

    #[test]
    fn growth_is_since_the_other_moment_and_a_new_group_held_nothing_then() {
        let then = table(&[(None, "", 900, None, None), (Some(0), "a", 100, None, None)]);
        let mut now = table(&[
            (None, "", 950, None, None),
            (Some(0), "a", 60, None, None),
            (Some(0), "b", 30, None, None),
        ]);
        now.time_ms = 45_000;
        grow(&mut now, Some(&then));
        let grown: Vec<i64> = now.iter().map(|(_, group)| group.growth_bytes).collect();
        assert_eq!(grown, [50, -40, 30]);
        let window = now.get(Slot(0)).map(|group| group.growth_window);
        assert_eq!(window, Some(Duration::from_secs(45)));
        grow(&mut now, None);
        assert!(now.iter().all(|(_, group)| (group.growth_bytes, group.growth_window).1.is_zero()));
    }
}
