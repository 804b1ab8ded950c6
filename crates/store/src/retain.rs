//! What is kept: dropping by age and by size, one small step at a time.

use rusqlite::{OptionalExtension, Transaction, params};

use crate::error::Fault;
use crate::moment::{checked_hour, hour_of};
use crate::roster;
use crate::schema::{DROPPED, LOG_BYTES, ROLLED, cell_id, pragma};
use crate::tiers::{RAW_BIT, TIERS};
use crate::{Limits, TimeMs};

/// So many dropped blocks are deleted in one step.
const BLOCKS_A_STEP: u32 = 4;
/// So many events are deleted in one step.
const EVENTS_A_STEP: u32 = 1000;
/// So many events are kept at most, whatever their age.
const MAX_EVENTS: i64 = 100_000;
/// The file is cut shorter by so many pages in one step.
const PAGES_A_STEP: i64 = 256;
/// So many unused pages stay in the file, because the next seal needs them again.
const SPARE_PAGES: i64 = 512;

/// What one step of dropping did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Everything is within its limits.
    Nothing,
    /// A level of detail of an hour, or all of it, was dropped.
    Hour,
    /// Something smaller was cleared away.
    Rest,
}

/// Does the next thing that is due. `now` is `None` while the clock is not to be trusted with what
/// is too old.
pub(crate) fn step(
    tx: &Transaction<'_>,
    limits: &Limits,
    now: Option<TimeMs>,
) -> Result<Step, Fault> {
    if delete_blocks(tx)? {
        return Ok(Step::Rest);
    }
    let cutoff = now.map(|now| now.saturating_sub(limits.max_age_ms));
    if let Some(hour) = cutoff.map(|c| oldest(tx, i64::MAX, hour_of(c))).transpose()?.flatten() {
        drop_hour(tx, hour)?;
        return Ok(Step::Hour);
    }
    if delete_events(tx, cutoff)? {
        return Ok(Step::Rest);
    }
    if let Some(now) = now
        && roster::expire(tx, limits, now)?
    {
        return Ok(Step::Rest);
    }
    if is_too_large(tx, limits)? {
        // Frames go first while they have the larger half.
        if roster::drop_oldest(tx, limits.max_bytes / 2)? {
            return Ok(Step::Rest);
        }
        if drop_finest(tx)? {
            return Ok(Step::Hour);
        }
        if roster::drop_oldest(tx, 0)? {
            return Ok(Step::Rest);
        }
    }
    shrink(tx, limits)
}

/// The oldest hour before `end` that has one of the `levels`.
fn oldest(tx: &Transaction<'_>, levels: i64, end: i64) -> Result<Option<i64>, Fault> {
    let mut find = tx.prepare_cached(
        "SELECT id FROM hour WHERE levels & ?1 <> 0 AND id < ?2 ORDER BY id LIMIT 1",
    )?;
    let found = find.query_row([levels, end], |row| row.get(0)).optional()?;
    Ok(found.map(checked_hour).transpose()?)
}

/// Drops the finest level of the oldest hour that has it; false where there is nothing left to
/// drop.
fn drop_finest(tx: &Transaction<'_>) -> Result<bool, Fault> {
    for bit in [RAW_BIT].into_iter().chain(TIERS.iter().map(|tier| tier.bit)) {
        let Some(hour) = oldest(tx, bit, i64::MAX)? else { continue };
        if bit == TIERS[2].bit {
            drop_hour(tx, hour)?;
            return Ok(true);
        }
        tx.prepare_cached("UPDATE hour SET levels = levels & ~?2 WHERE id = ?1")?
            .execute([hour, bit])?;
        match TIERS.iter().find(|tier| tier.bit == bit) {
            Some(tier) => delete_cells(tx, tier.delete, tier.window(hour))?,
            None => drop_blocks(tx, hour)?,
        }
        return Ok(true);
    }
    Ok(false)
}

/// Drops all that is known of an hour but what is not rolled up yet.
fn drop_hour(tx: &Transaction<'_>, hour: i64) -> Result<(), Fault> {
    drop_blocks(tx, hour)?;
    tx.prepare_cached("DELETE FROM hour WHERE id = ?1")?.execute([hour])?;
    for tier in &TIERS {
        let first = tier.window(hour) * tier.window_hours;
        let mut find = tx.prepare_cached("SELECT 1 FROM hour WHERE id >= ?1 AND id < ?2")?;
        if !find.exists([first, first + tier.window_hours])? {
            delete_cells(tx, tier.delete, tier.window(hour))?;
        }
    }
    Ok(())
}

/// Leaves the rolled blocks of an hour to be deleted in later steps.
fn drop_blocks(tx: &Transaction<'_>, hour: i64) -> Result<(), Fault> {
    tx.prepare_cached("UPDATE block SET state = ?2 WHERE hour = ?1 AND state = ?3")?
        .execute([hour, DROPPED, ROLLED])?;
    Ok(())
}

fn delete_cells(tx: &Transaction<'_>, sql: &str, window: i64) -> Result<(), Fault> {
    tx.prepare_cached(sql)?.execute([cell_id(window, 0), cell_id(window + 1, 0)])?;
    Ok(())
}

fn delete_blocks(tx: &Transaction<'_>) -> Result<bool, Fault> {
    let mut find = tx.prepare_cached("SELECT id FROM block WHERE state = 2 LIMIT ?1")?;
    let blocks = find.query_map([BLOCKS_A_STEP], |row| row.get(0))?;
    let blocks = blocks.collect::<Result<Vec<i64>, _>>()?;
    for &block in &blocks {
        delete_cells(tx, "DELETE FROM cell WHERE id >= ?1 AND id < ?2", block)?;
        tx.prepare_cached("DELETE FROM block WHERE id = ?1")?.execute([block])?;
    }
    Ok(!blocks.is_empty())
}

fn delete_events(tx: &Transaction<'_>, cutoff: Option<TimeMs>) -> Result<bool, Fault> {
    let mut delete = tx.prepare_cached(
        "DELETE FROM event WHERE id IN (
             SELECT id FROM event WHERE time_ms < ?1 UNION
             SELECT id FROM event WHERE id <= (SELECT max(id) FROM event) - ?2 LIMIT ?3)",
    )?;
    let before = cutoff.unwrap_or(TimeMs::MIN);
    Ok(delete.execute(params![before, MAX_EVENTS, EVENTS_A_STEP])? > 0)
}

/// How many pages the file may have, leaving room for the log beside it.
fn page_limit(tx: &Transaction<'_>, limits: &Limits) -> Result<i64, Fault> {
    let log = LOG_BYTES.min(limits.max_bytes / 4);
    let bytes = i64::try_from(limits.max_bytes - log).unwrap_or(i64::MAX);
    Ok(bytes / pragma(tx, "page_size")?.max(1))
}

fn is_too_large(tx: &Transaction<'_>, limits: &Limits) -> Result<bool, Fault> {
    let used = pragma(tx, "page_count")? - pragma(tx, "freelist_count")?;
    Ok(used > page_limit(tx, limits)?)
}

/// Gives unused pages back to the disk.
fn shrink(tx: &Transaction<'_>, limits: &Limits) -> Result<Step, Fault> {
    let free = pragma(tx, "freelist_count")?;
    let excess = pragma(tx, "page_count")? - page_limit(tx, limits)?;
    let pages = excess.max(free - SPARE_PAGES).min(free).min(PAGES_A_STEP);
    if pages <= 0 {
        return Ok(Step::Nothing);
    }
    // A row comes for every page; the pages are moved as the rows are asked for.
    let mut vacuum = tx.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
    let mut rows = vacuum.query([])?;
    while rows.next()?.is_some() {}
    Ok(Step::Rest)
}
