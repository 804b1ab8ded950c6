//! Pages by Zipf's law: the k-th most wanted of n is accessed in proportion to k^-0.99.
//!
//! Drawn by rejection-inversion (Hörmann and Derflinger, Rejection-inversion to generate variates from monotone
//! discrete distributions, ACM TOMACS 6(3), 1996): constant time and memory for any number of pages.

use crate::random::Random;

/// The exponent, as in the Yahoo! Cloud Serving Benchmark: a little below 1, where few pages take most accesses and
/// the tail still counts.
const EXPONENT: f64 = 0.99;
/// A prime larger than any number of pages that is not a multiple of it: multiplying by it spreads the wanted pages.
const SPREAD: u64 = 2_654_435_761;

/// The law over a number of pages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Zipf {
    pages: u64,
    /// The integral up to half a step beyond the last page.
    end: f64,
    /// The integral up to one and a half, less the first page's weight.
    begin: f64,
    /// Where the first ranks are accepted without a look at the weight.
    sure: f64,
}

impl Zipf {
    /// The law over `pages` pages, at least one; `known` is used again if it is that.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a page more or less in 2^53 changes no share that shows"
    )]
    pub(super) fn over(pages: u64, known: Option<Zipf>) -> Zipf {
        if let Some(known) = known.filter(|known| known.pages == pages) {
            return known;
        }
        let sure = 2.0 - inverse(integral(2.5) - weight(2.0));
        Zipf { pages, end: integral(pages as f64 + 0.5), begin: integral(1.5) - 1.0, sure }
    }

    /// A page, from 0.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a rank is at least 1 and at most the number of pages"
    )]
    pub(super) fn page(&self, random: &mut Random) -> u64 {
        let rank = loop {
            let area = self.end + random.unit() * (self.begin - self.end);
            let x = inverse(area);
            let rank = (x + 0.5).clamp(1.0, self.pages as f64).floor();
            if rank - x <= self.sure || area >= integral(rank + 0.5) - weight(rank) {
                break rank as u64;
            }
        };
        let spread = u128::from(rank - 1) * u128::from(SPREAD) % u128::from(self.pages);
        u64::try_from(spread).unwrap_or(0)
    }
}

/// How often rank `x` is drawn, up to a factor.
fn weight(x: f64) -> f64 {
    x.powf(-EXPONENT)
}

/// The integral of the weight from 1 to `x`.
fn integral(x: f64) -> f64 {
    (x.powf(1.0 - EXPONENT) - 1.0) / (1.0 - EXPONENT)
}

/// Where the integral is `area`.
fn inverse(area: f64) -> f64 {
    (1.0 + area * (1.0 - EXPONENT)).powf(1.0 / (1.0 - EXPONENT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    fn each_page_is_drawn_as_often_as_the_law_says() {
        const PAGES: u64 = 50;
        let index = |page: u64| usize::try_from(page).unwrap();
        const DRAWS: u32 = 200_000;
        let (zipf, mut random) = (Zipf::over(PAGES, None), Random::new(5));
        let mut drawn = vec![0u32; index(PAGES)];
        (0..DRAWS).for_each(|_| drawn[index(zipf.page(&mut random))] += 1);
        let total: f64 = (1..=PAGES).map(|rank| weight(rank as f64)).sum();
        for rank in 1..=PAGES {
            let page = (rank - 1) * SPREAD % PAGES;
            let expected = f64::from(DRAWS) * weight(rank as f64) / total;
            let found = f64::from(drawn[index(page)]);
            // Five standard deviations of a count.
            assert!((found - expected).abs() < 5.0 * expected.sqrt(), "{rank}: {found} {expected}");
        }
    }

    #[test]
    fn one_page_is_always_the_same() {
        let (zipf, mut random) = (Zipf::over(1, None), Random::new(5));
        assert!((0..100).all(|_| zipf.page(&mut random) == 0));
    }
}
