//! Whether an amount grows, over which stretch, and how fast.
//!
//! Memory falls and rises for many reasons, so a slope alone says nothing. A stretch shows a trend when
//!
//! 1. cut into seven blocks, the medians of the blocks rise from each to the next, each step a fair part of the mean step:
//!    noise without a trend does so once in 5,040 orders, one jump never, whatever the correlation of neighbours within a block;
//! 2. the corrected test of Mann and Kendall, too, finds none as unlikely as one in a thousand;
//! 3. it has gone where it had not been before: what rises and falls in cycles does not, from its second cycle on.
//!
//! Of the stretches that do, the longest that agrees with the shortest gives the rate: the more is known, the better.

use std::time::Duration;

use super::series::{Bucket, Series};
use super::slope::{Slope, median_of_sorted};

/// The stretches that are looked at, the shortest first.
const WINDOWS: [Duration; 8] = [
    Duration::from_secs(90),
    Duration::from_secs(180),
    Duration::from_secs(300),
    Duration::from_secs(600),
    Duration::from_secs(1800),
    Duration::from_secs(7200),
    Duration::from_secs(14_400),
    Duration::from_secs(86_400),
];
/// Most points of a stretch: a thousandth of a second's work.
const POINTS_MAX: usize = 96;
const BLOCKS: usize = 7;
/// A stretch is looked at once so much of it has been watched.
const WATCHED_PART: f64 = 0.95;
/// Fewest points of a block.
const BLOCK_LEAST: usize = 2;
/// A step between blocks is within these parts of the mean step.
const STEP_LEAST: f64 = 0.3;
const STEP_MOST: f64 = 3.0;
/// One in a thousand, two-sided, in standard deviations.
const Z_LEAST: f64 = 3.29;
/// How far back earlier heights count, in stretches, once a stretch is an hour and more.
const REACH: u32 = 12;
/// Slopes of two stretches agree where they differ by less than this part.
const AGREE: f64 = 0.25;

/// A trend that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// Bytes a second; positive: it grows.
    pub bytes_per_s: f64,
    /// Where that lies with 95 %.
    pub low_bytes_per_s: f64,
    /// Where that lies with 95 %.
    pub high_bytes_per_s: f64,
    /// The stretch that it was seen over.
    pub window: Duration,
    /// What the line says that the amount is now, in bytes.
    pub level_bytes: f64,
    /// Whether the greatest amounts of the seven blocks rise from each to the next.
    pub peaks_rise: bool,
    /// Whether the least ones do.
    pub floors_rise: bool,
}

impl Trend {
    /// The trend of a series; `None` where there is none.
    #[must_use]
    pub fn of(series: &Series) -> Option<Trend> {
        let mut found: Option<Trend> = None;
        for window in WINDOWS {
            if series.watched().as_secs_f64() < window.as_secs_f64() * WATCHED_PART {
                break;
            }
            let Some(trend) = Trend::over(series, window) else { continue };
            let agrees = found.is_none_or(|shorter| {
                let least = shorter.bytes_per_s.min(trend.bytes_per_s);
                (shorter.bytes_per_s - trend.bytes_per_s).abs() <= AGREE * least
            });
            if !agrees {
                break;
            }
            found = Some(trend);
        }
        found
    }

    fn over(series: &Series, window: Duration) -> Option<Trend> {
        let buckets = series.window(window, POINTS_MAX);
        if !is_covered(&buckets, window) {
            return None;
        }
        let means = rising(&buckets, Bucket::mean)?;
        is_new_ground(series, window, &means).then_some(())?;
        let (now, _) = series.last()?;
        let now = now.as_secs_f64();
        let points: Vec<(f64, f64)> =
            buckets.iter().map(|bucket| (bucket.time() - now, bucket.mean())).collect();
        let slope = Slope::of(&points).filter(|slope| slope.z >= Z_LEAST && slope.low > 0.0)?;
        Some(Trend {
            bytes_per_s: slope.value,
            low_bytes_per_s: slope.low,
            high_bytes_per_s: slope.high,
            window,
            level_bytes: slope.intercept,
            peaks_rise: rising(&buckets, |bucket| bucket.max).is_some(),
            floors_rise: rising(&buckets, |bucket| bucket.min).is_some(),
        })
    }
}

/// Whether the buckets lie over the whole window, without a hole larger than a block.
fn is_covered(buckets: &[Bucket], window: Duration) -> bool {
    let (Some(first), Some(last)) = (buckets.first(), buckets.last()) else { return false };
    let window = window.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "seven")]
    let block = window / BLOCKS as f64;
    buckets.len() >= BLOCKS * BLOCK_LEAST
        && last.time() - first.time() >= window * WATCHED_PART - block / 2.0
        && buckets.windows(2).all(|pair| pair[1].time() - pair[0].time() <= block)
}

/// The medians of the seven blocks, where they rise from each to the next by a fair part of the mean step.
fn rising(buckets: &[Bucket], value: impl Fn(&Bucket) -> f64) -> Option<[f64; BLOCKS]> {
    let mut medians = [0.0; BLOCKS];
    for (block, median) in medians.iter_mut().enumerate() {
        let (from, to) = (block * buckets.len() / BLOCKS, (block + 1) * buckets.len() / BLOCKS);
        let mut values: Vec<f64> = buckets[from..to].iter().map(&value).collect();
        values.sort_unstable_by(f64::total_cmp);
        *median = median_of_sorted(&values)?;
    }
    #[expect(clippy::cast_precision_loss, reason = "six")]
    let mean = (medians[BLOCKS - 1] - medians[0]) / (BLOCKS - 1) as f64;
    let fair = |pair: &[f64]| (mean * STEP_LEAST..=mean * STEP_MOST).contains(&(pair[1] - pair[0]));
    (mean > 0.0 && medians.windows(2).all(fair)).then_some(medians)
}

/// Whether the last block lies above all that was there before the stretch, by more than the blocks before it went up.
fn is_new_ground(series: &Series, window: Duration, medians: &[f64; BLOCKS]) -> bool {
    let reach = match window {
        long if long >= Duration::from_secs(3600) => long.saturating_mul(REACH),
        _ => Duration::MAX,
    };
    let before = series.max_before(window, reach);
    before.is_none_or(|before| medians[BLOCKS - 2] > before)
}
