//! Reading blocks back: which series they have, when, and with which values.

use rusqlite::{Connection, Row};

use crate::TimeMs;
use crate::codec::{Torn, column};
use crate::error::Fault;
use crate::schema::{MAX_ROWS, cell_id};

/// The ids of the series of a shape, in order.
pub(crate) fn shape_series(conn: &Connection, shape: i64) -> Result<Vec<i64>, Fault> {
    let mut find = conn.prepare_cached("SELECT series FROM shape WHERE id = ?1")?;
    let mut rows = find.query([shape])?;
    let row = rows.next()?.ok_or(Torn("a shape is missing"))?;
    let bytes = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
    let (ids, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(Torn("a shape is cut off").into());
    }
    Ok(ids.iter().map(|id| i64::from(u32::from_le_bytes(*id))).collect())
}

/// The bytes of a shape.
pub(crate) fn encode_shape(series: &[i64]) -> Vec<u8> {
    // Ids have 20 bits, see `schema::SERIES_BITS`.
    series.iter().flat_map(|&id| u32::try_from(id).unwrap_or(u32::MAX).to_le_bytes()).collect()
}

/// Reads the times of a block from two columns of `row`, its count and their bytes; tells the
/// count.
pub(crate) fn decode_times(
    row: &Row<'_>,
    count: usize,
    bytes: usize,
    times: &mut Vec<Option<TimeMs>>,
) -> Result<usize, Fault> {
    let count = row.get::<_, u32>(count)? as usize;
    if count > MAX_ROWS {
        return Err(Torn("a block has too many rows").into());
    }
    let bytes = row.get_ref(bytes)?.as_blob().map_err(rusqlite::Error::from)?;
    column::decode(bytes, count, times)?;
    Ok(count)
}

/// The values of one series over one block; false where it has none.
pub(crate) fn read_cell(
    conn: &Connection,
    block: i64,
    series: i64,
    count: usize,
    values: &mut Vec<Option<i64>>,
) -> Result<bool, Fault> {
    let mut statement = conn.prepare_cached("SELECT data FROM cell WHERE id = ?1")?;
    let mut rows = statement.query([cell_id(block, series)])?;
    let Some(row) = rows.next()? else { return Ok(false) };
    let data = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
    column::decode(data, count, values)?;
    Ok(true)
}
