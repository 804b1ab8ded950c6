//! Levels of detail: samples, and buckets of 10 s, 60 s and an hour.
//!
//! Rolling a block up adds its samples to the buckets of all three tiers at once, in one
//! transaction that also marks the block. Since minima, maxima, sums and counts can be added to
//! later, a block of an hour that was rolled up long ago (the clock went back) is added like any
//! other: nothing has to be built anew, and a sample is always either in an open block or in the
//! tiers.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Transaction, params};

use crate::TimeMs;
use crate::block::{decode_times, read_cell, shape_series};
use crate::codec::bucket::{self, Bucket};
use crate::error::Fault;
use crate::moment::{HOUR_MS, checked_time};
use crate::schema::{DROPPED, OPEN, ROLLED, cell_id};

/// Hours in a day.
pub(crate) const DAY_HOURS: i64 = 24;

/// The bit in `hour.levels` that says the samples themselves are kept.
pub(crate) const RAW_BIT: i64 = 1;
/// Every bit of `hour.levels`.
pub(crate) const ALL_BITS: i64 = 0b1111;

/// One level of detail above the samples.
#[derive(Debug)]
pub(crate) struct Tier {
    /// The width of a bucket in milliseconds.
    pub(crate) bucket_ms: i64,
    /// How many hours the cells of the tier span.
    pub(crate) window_hours: i64,
    /// How many buckets a cell has.
    pub(crate) buckets: usize,
    /// The bit in `hour.levels` that says the tier is kept.
    pub(crate) bit: i64,
    /// Reads a cell.
    pub(crate) select: &'static str,
    /// Writes a cell.
    upsert: &'static str,
    /// Deletes the cells from one id up to before another.
    pub(crate) delete: &'static str,
}

/// The tiers, from fine to coarse.
pub(crate) static TIERS: [Tier; 3] = [
    Tier {
        bucket_ms: 10_000,
        window_hours: 1,
        buckets: 360,
        bit: 2,
        select: "SELECT data FROM tier10 WHERE id = ?1",
        upsert: "INSERT OR REPLACE INTO tier10 VALUES (?1, ?2)",
        delete: "DELETE FROM tier10 WHERE id >= ?1 AND id < ?2",
    },
    Tier {
        bucket_ms: 60_000,
        window_hours: 1,
        buckets: 60,
        bit: 4,
        select: "SELECT data FROM tier60 WHERE id = ?1",
        upsert: "INSERT OR REPLACE INTO tier60 VALUES (?1, ?2)",
        delete: "DELETE FROM tier60 WHERE id >= ?1 AND id < ?2",
    },
    Tier {
        bucket_ms: HOUR_MS,
        window_hours: DAY_HOURS,
        buckets: 24,
        bit: 8,
        select: "SELECT data FROM tier3600 WHERE id = ?1",
        upsert: "INSERT OR REPLACE INTO tier3600 VALUES (?1, ?2)",
        delete: "DELETE FROM tier3600 WHERE id >= ?1 AND id < ?2",
    },
];

impl Tier {
    /// The window that an hour is in.
    pub(crate) fn window(&self, hour: i64) -> i64 {
        hour.div_euclid(self.window_hours)
    }

    /// When a window starts.
    pub(crate) fn start_ms(&self, window: i64) -> TimeMs {
        window * self.window_hours * HOUR_MS
    }

    /// The buckets of one series in one window; empty where it has none.
    pub(crate) fn read(
        &self,
        conn: &rusqlite::Connection,
        window: i64,
        series: i64,
        buckets: &mut Vec<Bucket>,
    ) -> Result<(), Fault> {
        buckets.clear();
        let mut statement = conn.prepare_cached(self.select)?;
        let mut rows = statement.query([cell_id(window, series)])?;
        if let Some(row) = rows.next()? {
            let data = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
            bucket::decode(data, self.buckets, buckets)?;
        }
        Ok(())
    }
}

/// What is known of an hour that has rolled blocks.
struct Hour {
    levels: i64,
    first_ms: TimeMs,
    last_ms: TimeMs,
}

/// A block on its way into the tiers.
struct Source {
    id: i64,
    first_ms: TimeMs,
    last_ms: TimeMs,
    count: usize,
    series: Vec<i64>,
    /// Stretches of samples that fall into one 10 s bucket: the bucket, and the place after the
    /// last of them.
    stretches: Vec<(usize, usize)>,
}

/// Adds up to `most` open blocks of an hour to the tiers; tells how many.
pub(crate) fn roll(tx: &Transaction<'_>, hour: i64, most: u32) -> Result<u32, Fault> {
    let sources = open_sources(tx, hour, most)?;
    let Some(first_ms) = sources.iter().map(|s| s.first_ms).min() else { return Ok(0) };
    let last_ms = sources.iter().map(|s| s.last_ms).max().unwrap_or(first_ms);
    let known = known_hour(tx, hour)?;
    let levels = known.as_ref().map_or(ALL_BITS, |h| h.levels);
    let mut roller = Roller { tx, hour, levels, is_new: known.is_none(), ..Roller::new(tx) };
    for series in sources.iter().flat_map(|s| &s.series).collect::<BTreeSet<_>>() {
        roller.roll_series(&sources, *series)?;
    }
    let first_ms = known.as_ref().map_or(first_ms, |h| h.first_ms.min(first_ms));
    let last_ms = known.as_ref().map_or(last_ms, |h| h.last_ms.max(last_ms));
    tx.prepare_cached("INSERT OR REPLACE INTO hour VALUES (?1, ?2, ?3, ?4)")?
        .execute([hour, levels, first_ms, last_ms])?;
    let state = if levels & RAW_BIT == 0 { DROPPED } else { ROLLED };
    let mut mark = tx.prepare_cached("UPDATE block SET state = ?2 WHERE id = ?1")?;
    for source in &sources {
        mark.execute([source.id, state])?;
    }
    Ok(u32::try_from(sources.len()).unwrap_or(most))
}

fn known_hour(tx: &Transaction<'_>, hour: i64) -> Result<Option<Hour>, Fault> {
    let mut find = tx.prepare_cached("SELECT levels, first_ms, last_ms FROM hour WHERE id = ?1")?;
    let found = find.query_row([hour], |row| {
        Ok(Hour { levels: row.get(0)?, first_ms: row.get(1)?, last_ms: row.get(2)? })
    });
    Ok(found.optional()?)
}

fn open_sources(tx: &Transaction<'_>, hour: i64, most: u32) -> Result<Vec<Source>, Fault> {
    let mut find = tx.prepare_cached(
        "SELECT id, shape, first_ms, last_ms, count, times FROM block
         WHERE hour = ?1 AND state = ?2 ORDER BY id LIMIT ?3",
    )?;
    let mut rows = find.query(params![hour, OPEN, most])?;
    let mut sources = Vec::new();
    let mut times = Vec::new();
    while let Some(row) = rows.next()? {
        let count = decode_times(row, 4, 5, &mut times)?;
        sources.push(Source {
            id: row.get(0)?,
            first_ms: checked_time(row.get(2)?)?,
            last_ms: checked_time(row.get(3)?)?,
            count,
            series: shape_series(tx, row.get(1)?)?,
            stretches: stretches(times.iter().copied().flatten(), hour * HOUR_MS),
        });
    }
    Ok(sources)
}

/// Where ascending times cross from one 10 s bucket of their hour into another.
fn stretches(times: impl Iterator<Item = TimeMs>, start_ms: TimeMs) -> Vec<(usize, usize)> {
    let mut stretches: Vec<(usize, usize)> = Vec::new();
    for (place, time) in times.enumerate() {
        let bucket = usize::try_from((time - start_ms) / TIERS[0].bucket_ms).unwrap_or(0);
        match stretches.last_mut() {
            Some((last, end)) if *last == bucket => *end = place + 1,
            _ => stretches.push((bucket, place + 1)),
        }
    }
    stretches
}

/// Adds one series after another to the cells of one hour.
struct Roller<'a> {
    tx: &'a Transaction<'a>,
    hour: i64,
    levels: i64,
    /// Whether the hour has no rolled blocks yet: whatever its bucket in the day still holds was
    /// dropped.
    is_new: bool,
    values: Vec<Option<i64>>,
    fresh: Vec<Bucket>,
    kept: Vec<Bucket>,
    bytes: Vec<u8>,
}

impl<'a> Roller<'a> {
    fn new(tx: &'a Transaction<'a>) -> Self {
        let (values, fresh, kept, bytes) = Default::default();
        Self { tx, hour: 0, levels: 0, is_new: false, values, fresh, kept, bytes }
    }

    fn roll_series(&mut self, sources: &[Source], series: i64) -> Result<(), Fault> {
        self.fresh.clear();
        self.fresh.resize(TIERS[0].buckets, Bucket::EMPTY);
        for source in sources {
            self.add_block(source, series)?;
        }
        let mut width_ms = TIERS[0].bucket_ms;
        for tier in &TIERS {
            let ratio = usize::try_from(tier.bucket_ms / width_ms).unwrap_or(1);
            coarsen(&mut self.fresh, ratio);
            width_ms = tier.bucket_ms;
            if self.levels & tier.bit != 0 {
                self.merge(tier, series)?;
            }
        }
        Ok(())
    }

    fn add_block(&mut self, source: &Source, series: i64) -> Result<(), Fault> {
        if !read_cell(self.tx, source.id, series, source.count, &mut self.values)? {
            return Ok(());
        }
        let mut start = 0;
        for &(bucket, end) in &source.stretches {
            // A block stays within its hour; should its times be damaged, the check of the cell has said so.
            if let Some(bucket) = self.fresh.get_mut(bucket) {
                self.values[start..end].iter().flatten().for_each(|&v| bucket.add(v));
            }
            start = end;
        }
        Ok(())
    }

    /// Adds the fresh buckets of the hour, by now as wide as the tier's, to its cell.
    fn merge(&mut self, tier: &Tier, series: i64) -> Result<(), Fault> {
        if self.fresh.iter().all(|b| b.count == 0) {
            return Ok(());
        }
        let window = tier.window(self.hour);
        tier.read(self.tx, window, series, &mut self.kept)?;
        self.kept.resize(tier.buckets, Bucket::EMPTY);
        let offset_ms = self.hour * HOUR_MS - tier.start_ms(window);
        let offset = usize::try_from(offset_ms / tier.bucket_ms).unwrap_or(0);
        for (kept, fresh) in self.kept[offset..].iter_mut().zip(&self.fresh) {
            if self.is_new {
                *kept = Bucket::EMPTY;
            }
            kept.merge(fresh);
        }
        bucket::encode(&self.kept, &mut self.bytes);
        let mut write = self.tx.prepare_cached(tier.upsert)?;
        write.execute(params![cell_id(window, series), self.bytes])?;
        Ok(())
    }
}

/// Merges each `ratio` neighbours into one.
fn coarsen(buckets: &mut Vec<Bucket>, ratio: usize) {
    let coarse = buckets.len() / ratio;
    for index in 0..coarse {
        let merged = buckets[index * ratio..(index + 1) * ratio].iter();
        buckets[index] = merged.fold(Bucket::EMPTY, |mut all, b| {
            all.merge(b);
            all
        });
    }
    buckets.truncate(coarse);
}
