//! The slope of noisy points, robustly, with an interval and a test.
//!
//! The slope is the median of the slopes between all pairs of points (H. Theil, *A rank-invariant method of linear and
//! polynomial regression analysis*, 1950), its interval that of P. K. Sen, *Estimates of the regression coefficient based on
//! Kendall's tau*, JASA 63 (1968). Whether there is a trend at all is told by the test of Mann and Kendall, whose variance is
//! corrected for the correlation of neighbours after S. Yue and C. Wang, *The Mann-Kendall test modified by effective sample
//! size*, Water Resources Management 18 (2004).

/// A slope, and how sure it is. Units are those of the points: y a unit of x.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Slope {
    pub(super) value: f64,
    /// Where the slope lies with 95 %.
    pub(super) low: f64,
    pub(super) high: f64,
    /// The value of the line at x = 0.
    pub(super) intercept: f64,
    /// How many standard deviations the trend is from none, in the corrected test of Mann and Kendall.
    pub(super) z: f64,
    /// The median distance of a point from the line.
    pub(super) scatter: f64,
}

/// Two-sided 95 % of the normal distribution.
const Z_95: f64 = 1.96;
/// Correlation of neighbours beyond which the correction would divide by nearly nothing.
const CORRELATION_MAX: f64 = 0.9;

impl Slope {
    /// Of points in the order of x; `None` for fewer than 4, or where all have the same x.
    ///
    /// Costs the square of their number, so the caller keeps it small.
    pub(super) fn of(points: &[(f64, f64)]) -> Option<Slope> {
        if points.len() < 4 {
            return None;
        }
        let mut slopes = pairwise(points);
        slopes.sort_unstable_by(f64::total_cmp);
        let value = median_of_sorted(&slopes)?;
        let mut rests: Vec<f64> = points.iter().map(|(x, y)| y - value * x).collect();
        let correlation = correlation(&rests).clamp(0.0, CORRELATION_MAX);
        rests.sort_unstable_by(f64::total_cmp);
        let intercept = median_of_sorted(&rests)?;
        let mut distances: Vec<f64> = rests.iter().map(|rest| (rest - intercept).abs()).collect();
        distances.sort_unstable_by(f64::total_cmp);
        let scatter = median_of_sorted(&distances)?;
        let n = float(points.len());
        let variance = n * (n - 1.0) * (2.0 * n + 5.0) / 18.0;
        let deviation = (variance * (1.0 + correlation) / (1.0 - correlation)).sqrt();
        let (low, high) = interval(&slopes, Z_95 * deviation);
        let rising = slopes.iter().filter(|slope| **slope > 0.0).count();
        let falling = slopes.iter().filter(|slope| **slope < 0.0).count();
        let z = (float(rising) - float(falling)) / deviation;
        Some(Slope { value, low, high, intercept, z, scatter })
    }
}

fn pairwise(points: &[(f64, f64)]) -> Vec<f64> {
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    for (index, (x0, y0)) in points.iter().enumerate() {
        let later = points[index + 1..].iter().filter(|(x1, _)| x1 > x0);
        slopes.extend(later.map(|(x1, y1)| (y1 - y0) / (x1 - x0)));
    }
    slopes
}

/// Sen's interval: the slopes that stand `reach` / 2 ranks below and above the middle.
fn interval(slopes: &[f64], reach: f64) -> (f64, f64) {
    let count = float(slopes.len());
    let rank = |rank: f64| {
        let rank = rank.round().clamp(0.0, count - 1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to the list"
        )]
        let rank = rank as usize;
        slopes[rank]
    };
    (rank((count - reach) / 2.0 - 1.0), rank((count + reach) / 2.0))
}

/// Correlation of each value with the one before it.
fn correlation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / float(values.len());
    let square: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let product: f64 = values.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    if square > 0.0 { product / square } else { 0.0 }
}

/// The middle of sorted values; of an even number, the mean of the two.
pub(super) fn median_of_sorted(values: &[f64]) -> Option<f64> {
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of points and pairs are far below 2^52")]
fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_with_outliers_has_the_lines_slope() {
        let mut points: Vec<(f64, f64)> =
            (0..40).map(|x| (f64::from(x), 3.0 * f64::from(x) + 7.0)).collect();
        for outlier in [3, 11, 25, 38] {
            points[outlier].1 += 1e6;
        }
        let slope = Slope::of(&points).unwrap();
        assert_eq!((slope.value, slope.intercept, slope.scatter), (3.0, 7.0, 0.0));
        assert!(slope.low <= 3.0 && slope.high >= 3.0 && slope.z > 4.0, "{slope:?}");
    }

    /// Sen's own example (1968, section 6): x and y with the estimate 4, and the 93 % interval from 3.71 to 4.37.
    #[test]
    fn sens_own_example_has_his_slope() {
        let points = [
            (1.0, 9.0),
            (2.0, 15.0),
            (3.0, 19.0),
            (4.0, 20.0),
            (10.0, 45.0),
            (12.0, 55.0),
            (18.0, 78.0),
        ];
        let slope = Slope::of(&points).unwrap();
        assert!((slope.value - 4.0).abs() < 1e-9, "{slope:?}");
        assert!(slope.low <= 3.75 && slope.high >= 4.3, "{slope:?}");
    }

    #[test]
    fn too_few_points_have_no_slope() {
        assert_eq!(Slope::of(&[(0.0, 1.0), (1.0, 2.0), (2.0, 3.0)]), None);
        assert_eq!(Slope::of(&[(1.0, 1.0); 9]), None);
    }

    proptest! {
        /// The slow twin finds the slope that leaves as many pairs rising as falling.
        #[test]
        fn the_slope_halves_the_pairs(ys in prop::collection::vec(-1000i32..1000, 4..30)) {
            let points: Vec<(f64, f64)> = (0..).zip(&ys).map(|(x, y)| (f64::from(x), f64::from(*y))).collect();
            let slope = Slope::of(&points).unwrap();
            let mut above = 0;
            let mut below = 0;
            for (index, a) in points.iter().enumerate() {
                for b in &points[index + 1..] {
                    let rest = (b.1 - slope.value * b.0) - (a.1 - slope.value * a.0);
                    above += i32::from(rest > 1e-9);
                    below += i32::from(rest < -1e-9);
                }
            }
            let pairs = i32::try_from(points.len() * (points.len() - 1) / 2).unwrap();
            prop_assert!(above <= pairs / 2 && below <= pairs / 2, "{} {} of {}", above, below, pairs);
            prop_assert!(slope.low <= slope.value && slope.value <= slope.high);
        }
    }
}
