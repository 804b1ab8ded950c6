//! A moment of the past as the snapshot that it was, so that verdict and ledger of then are told by the same code as now.
//!
//! The series of `series` are read backwards: names become fields again, bytes the kernel's units. What is not recorded
//! (settings, buddy lists, NUMA nodes) stays empty; neither the ledger nor the verdict asks for it.

use std::collections::BTreeMap;
use std::time::Duration;

use ramscope_store::{Column, Range, Reader, Span};

use super::{History, HistoryError, series};
use crate::TimeMs;
use crate::parse::pressure::{Pressure, Stall};
use crate::parse::table::Table;
use crate::rates::Rates;
use crate::snapshot::{HugePagePool, Snapshot, Zram};
use crate::source::captured_page_bytes;

/// How far before the moment samples are looked for: most machines are sampled each second, some once an hour.
const REACHES_MS: [i64; 3] = [10_000, 300_000, 2 * 3_600_000];
/// The series that every sample has.
const EVERY_SAMPLE: &str = "meminfo.MemTotal";
/// Pixels in which coarser buckets are looked for, where the samples themselves are gone.
const COARSE_POINTS: u32 = 240;

impl History {
    /// The machine as it was recorded last at or before `at`, within two hours, with what happened since the sample before it.
    /// `None` where nothing was recorded then. Where only coarser buckets are kept, levels are their means, and there are no
    /// rates.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn snapshot_at(
        &self,
        at: TimeMs,
    ) -> Result<Option<(Snapshot, Option<Rates>)>, HistoryError> {
        self.ask_whole(|reader| {
            let Some(last) = last_before(reader, at)? else { return Ok(None) };
            let names = names(reader)?;
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let span = Span { from: last.from, to: last.at + 1 };
            let range = reader.range(&names, span, last.points)?;
            let Some(newest) = range.time_ms.len().checked_sub(1) else { return Ok(None) };
            let now = snapshot(&range, newest);
            let before = newest.checked_sub(1).filter(|_| last.points.is_none());
            let rates = before.and_then(|row| Rates::between(&snapshot(&range, row), &now));
            Ok(Some((now, rates)))
        })
    }
}

/// Where the newest sample before a moment is.
struct Last {
    /// The sample before it, or its own time.
    from: TimeMs,
    at: TimeMs,
    /// In how many pixels it is to be read; `None` for samples as they were taken.
    points: Option<u32>,
}

fn last_before(reader: &Reader, at: TimeMs) -> Result<Option<Last>, HistoryError> {
    if !reader.series()?.iter().any(|info| info.name == EVERY_SAMPLE) {
        return Ok(None);
    }
    let to = at.saturating_add(1);
    for reach in REACHES_MS {
        let span = Span { from: to.saturating_sub(reach), to };
        let range = reader.range(&[EVERY_SAMPLE], span, None)?;
        if let [.., at] = range.time_ms[..] {
            let from = range.time_ms.iter().rev().nth(1).copied().unwrap_or(at);
            return Ok(Some(Last { from, at, points: None }));
        }
    }
    let widest = REACHES_MS[REACHES_MS.len() - 1];
    let span = Span { from: to.saturating_sub(widest), to };
    let range = reader.range(&[EVERY_SAMPLE], span, Some(COARSE_POINTS))?;
    let newest = range.time_ms.iter().rev().find(|time| **time <= at);
    Ok(newest.map(|&from| Last { from, at: from, points: Some(1) }))
}

/// The recorded series that a snapshot is made of.
fn names(reader: &Reader) -> Result<Vec<String>, HistoryError> {
    const PREFIXES: [&str; 5] = ["meminfo.", "vmstat.", "pressure.memory.", "hugepages.", "zram"];
    let is_wanted = |name: &str| {
        name == "ledger.free_pcp" || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    };
    let series = reader.series()?;
    Ok(series.into_iter().map(|info| info.name).filter(|name| is_wanted(name)).collect())
}

/// One row of a range as a snapshot.
fn snapshot(range: &Range, row: usize) -> Snapshot {
    let value = |column: &Column| {
        column.mean.get(row).copied().flatten().and_then(|value| u64::try_from(value).ok())
    };
    let with_prefix = |prefix: &'static str| {
        range
            .series
            .iter()
            .filter_map(move |column| Some((column.name.strip_prefix(prefix)?, value(column)?)))
    };
    let one = |name: &str| range.series.iter().find(|column| column.name == name).and_then(value);
    let time_ms = range.time_ms[row];
    let mut snapshot = Snapshot {
        time_ms,
        monotonic: Duration::from_millis(u64::try_from(time_ms).unwrap_or(0)),
        meminfo: Table::from_pairs(with_prefix("meminfo.")),
        vmstat: Table::from_pairs(
            with_prefix("vmstat.")
                .map(|(field, value)| (field, value / series::vmstat_scale(field))),
        ),
        pressure: pressure(&one),
        huge_pages: huge_pages(with_prefix("hugepages.")),
        zram: zram(with_prefix("zram")),
        ..Snapshot::default()
    };
    snapshot.page_bytes = captured_page_bytes(&snapshot);
    snapshot.pcp_free_pages =
        one("ledger.free_pcp").map(|bytes| bytes / snapshot.page_bytes.max(1));
    snapshot
}

fn pressure(one: &impl Fn(&str) -> Option<u64>) -> Option<Pressure> {
    let stall = |kind: &str| -> Option<Stall> {
        let part = |part: &str| one(&format!("pressure.memory.{kind}.{part}"));
        let share = |name: &str| u32::try_from(part(name)?).ok();
        Some(Stall {
            avg10: share("avg10")?,
            avg60: share("avg60")?,
            avg300: share("avg300")?,
            total_us: part("total_us")?,
        })
    };
    Some(Pressure { some: stall("some")?, full: stall("full") })
}

/// Pools of huge pages by their size: `2048kB.total`.
fn huge_pages<'a>(fields: impl Iterator<Item = (&'a str, u64)>) -> Vec<HugePagePool> {
    let mut pools: BTreeMap<u64, HugePagePool> = BTreeMap::new();
    for (name, value) in fields {
        let Some((size, part)) = name.split_once("kB.") else { continue };
        let Ok(size) = size.parse::<u64>() else { continue };
        let page_bytes = size.saturating_mul(1024);
        let pool = pools
            .entry(size)
            .or_insert_with(|| HugePagePool { page_bytes, ..HugePagePool::default() });
        match part {
            "total" => pool.total = value,
            "free" => pool.free = value,
            "reserved" => pool.reserved = value,
            "surplus" => pool.surplus = value,
            _ => {}
        }
    }
    pools.into_values().collect()
}

/// Compressed devices by their number: `0.orig_data`.
fn zram<'a>(fields: impl Iterator<Item = (&'a str, u64)>) -> Vec<Zram> {
    let mut devices: BTreeMap<u32, Zram> = BTreeMap::new();
    for (name, value) in fields {
        let Some((id, part)) = name.split_once('.') else { continue };
        let Ok(id) = id.parse::<u32>() else { continue };
        let device = devices.entry(id).or_insert_with(|| Zram { id, ..Zram::default() });
        match part {
            "orig_data" => device.orig_data = value,
            "compr_data" => device.compr_data = value,
            "mem_used" => device.mem_used = value,
            "same_pages" => device.same_pages = value,
            _ => {}
        }
    }
    devices.into_values().collect()
}
