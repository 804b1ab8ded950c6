//! From rows to columns: the tail becomes blocks.

use rusqlite::{Transaction, params};

use crate::TimeMs;
use crate::block::shape_series;
use crate::codec::{Torn, column, row};
use crate::error::Fault;
use crate::moment::{HOUR_MS, checked_time, hour_of};
use crate::schema::{OPEN, cell_id};

/// So many columns are held in memory at once: 2.4 MB at 600 rows.
const COLUMNS: usize = 256;

/// A row of the tail, ordered as it stands in its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct TailRow {
    hour: i64,
    shape: i64,
    time: TimeMs,
    id: i64,
}

/// Moves up to `most` of the oldest rows into blocks: those of other hours than the `present` one,
/// or, if all are of the present hour, all. Tells the hour of each new block, and how many rows
/// went.
pub(crate) fn seal(
    tx: &Transaction<'_>,
    present: i64,
    most: u32,
) -> Result<(Vec<i64>, usize), Fault> {
    let mut rows = tail_rows(tx, most)?;
    let Some(last_id) = rows.last().map(|row| row.id) else { return Ok((Vec::new(), 0)) };
    let is_past = |row: &TailRow| row.hour != present;
    let keeps_present = rows.iter().any(is_past);
    if keeps_present {
        rows.retain(is_past);
    }
    rows.sort_unstable();
    let mut hours = Vec::new();
    for rows in rows.chunk_by(|a, b| (a.hour, a.shape) == (b.hour, b.shape)) {
        seal_block(tx, rows)?;
        hours.push(rows[0].hour);
    }
    let (from, to) = (present * HOUR_MS, (present + 1) * HOUR_MS);
    tx.prepare_cached(
        "DELETE FROM tail WHERE id <= ?1 AND NOT (?2 AND time_ms >= ?3 AND time_ms < ?4)",
    )?
    .execute(params![last_id, keeps_present, from, to])?;
    Ok((hours, rows.len()))
}

fn tail_rows(tx: &Transaction<'_>, most: u32) -> Result<Vec<TailRow>, Fault> {
    let mut list = tx.prepare_cached("SELECT id, time_ms, shape FROM tail ORDER BY id LIMIT ?1")?;
    let mut found = list.query([most])?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let time = checked_time(row.get(1)?)?;
        rows.push(TailRow { hour: hour_of(time), shape: row.get(2)?, time, id: row.get(0)? });
    }
    Ok(rows)
}

/// Writes the rows, which are of one hour and one shape and in the order of time, as a block.
fn seal_block(tx: &Transaction<'_>, rows: &[TailRow]) -> Result<(), Fault> {
    let (first, last) = (rows[0], rows[rows.len() - 1]);
    let times = rows.iter().map(|row| Some(row.time)).collect::<Vec<_>>();
    let mut bytes = Vec::new();
    column::encode(&times, &mut bytes);
    let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    tx.prepare_cached(
        "INSERT INTO block (hour, state, shape, first_ms, last_ms, count, times)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![first.hour, OPEN, first.shape, first.time, last.time, count, bytes])?;
    let block = tx.last_insert_rowid();
    let series = shape_series(tx, first.shape)?;
    let mut matrix = Vec::new();
    for (part, chosen) in series.chunks(COLUMNS).enumerate() {
        read_columns(tx, rows, series.len(), part * COLUMNS, chosen.len(), &mut matrix)?;
        for (&series, values) in chosen.iter().zip(matrix.chunks_exact(rows.len())) {
            write_cell(tx, block, series, rows, values, &mut bytes)?;
        }
    }
    Ok(())
}

/// Fills the matrix with `wide` columns from the place `first`, one after another.
fn read_columns(
    tx: &Transaction<'_>,
    rows: &[TailRow],
    width: usize,
    first: usize,
    wide: usize,
    matrix: &mut Vec<Option<i64>>,
) -> Result<(), Fault> {
    matrix.clear();
    matrix.resize(wide * rows.len(), None);
    let mut find = tx.prepare_cached("SELECT row FROM tail WHERE id = ?1")?;
    for (index, tail_row) in rows.iter().enumerate() {
        let mut found = find.query([tail_row.id])?;
        let found = found.next()?.ok_or(Torn("a row of the tail is missing"))?;
        let bytes = found.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
        row::decode(bytes, width, |place, value| {
            if let Some(column) = place.checked_sub(first).filter(|&column| column < wide) {
                matrix[column * rows.len() + index] = value;
            }
        })?;
    }
    Ok(())
}

/// Writes one column, unless it has no value at all, and stretches the extent of its series.
fn write_cell(
    tx: &Transaction<'_>,
    block: i64,
    series: i64,
    rows: &[TailRow],
    values: &[Option<i64>],
    bytes: &mut Vec<u8>,
) -> Result<(), Fault> {
    let Some(first) = values.iter().position(Option::is_some) else { return Ok(()) };
    let last = values.iter().rposition(Option::is_some).unwrap_or(first);
    column::encode(values, bytes);
    tx.prepare_cached("INSERT INTO cell VALUES (?1, ?2)")?
        .execute(params![cell_id(block, series), bytes.as_slice()])?;
    tx.prepare_cached(
        "UPDATE series SET first_ms = min(ifnull(first_ms, ?2), ?2),
             last_ms = max(ifnull(last_ms, ?3), ?3) WHERE id = ?1",
    )?
    .execute([series, rows[first].time, rows[last].time])?;
    Ok(())
}
