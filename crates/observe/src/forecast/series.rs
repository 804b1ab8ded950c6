//! One amount over time, at four paces: fine for the last minutes, coarse for the last day, of a bounded size.

use std::collections::VecDeque;
use std::time::Duration;

/// The paces: width of a bucket, and how many are kept.
const LEVELS: [(Duration, usize); 4] = [
    (Duration::from_secs(1), 150),
    (Duration::from_secs(10), 190),
    (Duration::from_secs(60), 250),
    (Duration::from_secs(600), 150),
];

/// What an amount was in one stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bucket {
    /// Which stretch it is, counted in widths from the origin of time.
    number: u64,
    /// Sum of the moments of its samples, in seconds.
    time_sum: f64,
    sum: f64,
    count: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Bucket {
    /// The mean moment of its samples, in seconds.
    pub(super) fn time(&self) -> f64 {
        self.time_sum / self.count
    }

    /// The mean of its samples.
    pub(super) fn mean(&self) -> f64 {
        self.sum / self.count
    }
}

/// One amount over time. Samples come in order; one that is older than the last is let go.
#[derive(Clone, Debug, Default)]
pub struct Series {
    levels: [VecDeque<Bucket>; LEVELS.len()],
    first: Option<Duration>,
    last: Option<(Duration, f64)>,
}

impl Series {
    /// Takes a sample at `now`, in monotonic time.
    pub fn push(&mut self, now: Duration, value: f64) {
        if self.last.is_some_and(|(last, _)| now <= last) || !value.is_finite() {
            return;
        }
        self.first.get_or_insert(now);
        self.last = Some((now, value));
        let time = now.as_secs_f64();
        for (level, (width, most)) in self.levels.iter_mut().zip(LEVELS) {
            let number = now.as_secs() / width.as_secs();
            match level.back_mut().filter(|bucket| bucket.number == number) {
                Some(bucket) => {
                    bucket.time_sum += time;
                    bucket.sum += value;
                    bucket.count += 1.0;
                    bucket.min = bucket.min.min(value);
                    bucket.max = bucket.max.max(value);
                }
                None => {
                    if level.len() == most {
                        level.pop_front();
                    }
                    let (time_sum, sum, count) = (time, value, 1.0);
                    level.push_back(Bucket {
                        number,
                        time_sum,
                        sum,
                        count,
                        min: value,
                        max: value,
                    });
                }
            }
        }
    }

    /// The newest sample.
    #[must_use]
    pub fn last(&self) -> Option<(Duration, f64)> {
        self.last
    }

    /// How long it has been watched.
    #[must_use]
    pub fn watched(&self) -> Duration {
        self.first
            .zip(self.last)
            .map_or(Duration::ZERO, |(first, (last, _))| last.saturating_sub(first))
    }

    /// The buckets of the last `window`, at the finest pace that reaches back so far; at most `most` of them, evenly chosen.
    pub(super) fn window(&self, window: Duration, most: usize) -> Vec<Bucket> {
        let Some((now, _)) = self.last else { return Vec::new() };
        let from = now.saturating_sub(window);
        let reaches = |(width, kept): &(Duration, usize)| {
            width.as_secs().saturating_mul(u64::try_from(*kept).unwrap_or(u64::MAX))
                >= window.as_secs() + width.as_secs()
        };
        let level = LEVELS.iter().position(reaches).unwrap_or(LEVELS.len() - 1);
        let inside: Vec<Bucket> = self.levels[level]
            .iter()
            .filter(|bucket| bucket.time() >= from.as_secs_f64())
            .copied()
            .collect();
        thinned(inside, most)
    }

    /// The greatest sample before the last `window`, as far back as `reach` at most; `None` where it was not watched then.
    pub(super) fn max_before(&self, window: Duration, reach: Duration) -> Option<f64> {
        let (now, _) = self.last?;
        let to = now.saturating_sub(window).as_secs_f64();
        let from = now.saturating_sub(window.saturating_add(reach)).as_secs_f64();
        let buckets = self.levels.iter().flatten();
        let inside = buckets.filter(|bucket| bucket.time() < to && bucket.time() >= from);
        // A coarse bucket that reaches into the window would hold its samples too.
        let whole = inside.filter(|bucket| bucket.count > 0.0);
        whole.map(Bucket::mean).reduce(f64::max)
    }
}

/// At most `most` of the buckets, evenly chosen, the last among them.
fn thinned(buckets: Vec<Bucket>, most: usize) -> Vec<Bucket> {
    let count = buckets.len();
    if count <= most {
        return buckets;
    }
    let chosen = (1..=most).map(|step| buckets[(step * count).div_ceil(most) - 1]);
    chosen.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counted(seconds: u64) -> Series {
        let mut series = Series::default();
        for second in 0..=seconds {
            series.push(Duration::from_secs(second), f64::from(u32::try_from(second).unwrap()));
        }
        series
    }

    #[test]
    fn a_window_is_read_at_the_finest_pace_that_reaches_back() {
        let series = counted(100_000);
        for (seconds, points) in [(90, 91), (600, 60), (1800, 180), (7200, 120), (86_400, 144)] {
            let window = series.window(Duration::from_secs(seconds), 1000);
            assert!(window.len().abs_diff(points) <= 1, "{seconds} s: {}", window.len());
            assert!(window.iter().all(|bucket| (bucket.mean() - bucket.time()).abs() < 1e-6));
        }
        assert!(series.window(Duration::from_secs(86_400), 90).len() <= 90);
    }

    #[test]
    fn a_series_never_grows_beyond_its_bound() {
        let series = counted(200_000);
        let kept: usize = series.levels.iter().map(VecDeque::len).sum();
        assert_eq!(kept, LEVELS.iter().map(|(_, most)| most).sum::<usize>());
        assert_eq!(series.watched(), Duration::from_secs(200_000));
    }

    #[test]
    fn time_that_stands_still_or_goes_back_adds_nothing() {
        let mut series = counted(10);
        series.push(Duration::from_secs(10), 5.0);
        series.push(Duration::from_secs(3), 5.0);
        series.push(Duration::from_secs(11), f64::NAN);
        assert_eq!(series.last(), Some((Duration::from_secs(10), 10.0)));
    }

    proptest! {
        #[test]
        fn thinning_keeps_order_and_the_last(count in 1usize..300, most in 1usize..100) {
            let series = counted(u64::try_from(count).unwrap());
            let all: Vec<Bucket> = series.levels[1].iter().copied().collect();
            let thin = thinned(all.clone(), most);
            prop_assert!(thin.len() <= most.max(all.len()) && thin.len() == all.len().min(most));
            prop_assert!(thin.windows(2).all(|pair| pair[0].time() < pair[1].time()));
            prop_assert_eq!(thin.last(), all.last());
        }
    }
}
