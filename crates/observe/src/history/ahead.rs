//! Where the machine is heading, from what was recorded.

use std::time::Duration;

use super::{History, HistoryError, Range, RangeRequest};
use crate::TimeMs;
use crate::forecast::{Consequence, Forecast, Leak, Series};
use crate::watch::Ahead;

/// How far back each reading goes, and how many pixels it has: coarse for the day, fine for the last half hour.
const DAY_MS: TimeMs = 86_400_000;
const FINE_MS: TimeMs = 1_800_000;
const DAY_POINTS: u32 = 1440;
const FINE_POINTS: u32 = 1800;
/// A record that ended longer ago says nothing of now.
const STALE_MS: TimeMs = 60_000;

const NAMES: [&str; 6] =
    ["memory.used", "swap.used", "memory.total", "swap.total", "memory.cached", "memory.shared"];

impl History {
    /// Where memory and swap of the machine are heading at `now`, from the last day; `None` where nothing was recorded within
    /// the last minute.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn system_ahead(&self, now: TimeMs) -> Result<Option<Ahead>, HistoryError> {
        let fine = self.recorded(now - FINE_MS, now, FINE_POINTS)?;
        if fine.time_ms.last().is_none_or(|last| now - last > STALE_MS) {
            return Ok(None);
        }
        let coarse = self.recorded(now - DAY_MS, now - FINE_MS, DAY_POINTS)?;
        let (mut own, mut cache, mut limit) = (Series::default(), Series::default(), None);
        for range in [&coarse, &fine] {
            for row in 0..range.time_ms.len() {
                let value = |name: usize| {
                    let mean = range.series.get(name).and_then(|series| series.mean.get(row));
                    u64::try_from(mean.copied().flatten()?).ok()
                };
                let at = u64::try_from(range.time_ms[row]).map(Duration::from_millis);
                let (Ok(at), Some(used)) = (at, value(0)) else { continue };
                own.push(at, float(used.saturating_add(value(1).unwrap_or(0))));
                cache.push(at, float(value(4).unwrap_or(0).saturating_sub(value(5).unwrap_or(0))));
                limit = value(2).map(|total| total.saturating_add(value(3).unwrap_or(0)));
            }
        }
        let forecast = Forecast::of(&own, limit, Consequence::OutOfMemory);
        let leak = Leak::of(forecast.trend.as_ref(), &cache);
        Ok(Some(Ahead { forecast, leak }))
    }

    fn recorded(&self, from: TimeMs, to: TimeMs, points: u32) -> Result<Range, HistoryError> {
        let names = NAMES.map(str::to_owned).into();
        self.range(&RangeRequest { names, from, to, points: Some(points) })
    }
}

#[expect(clippy::cast_precision_loss, reason = "a forecast needs three digits of fifteen")]
fn float(bytes: u64) -> f64 {
    bytes as f64
}
