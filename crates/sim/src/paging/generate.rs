//! Reference strings that are made up: the same from the same words, on every machine.
//!
//! `zipf:REFERENCES:PAGES[:SEED[:EXPONENT]]` draws each reference by itself. Page `k` from 0 has the weight
//! `1 / (k + 1)^EXPONENT`; the number that decides is the high 53 bits of the next [SplitMix64](super::random), over
//! 2^53, times the sum of all weights, and the page drawn is the first at which the weights summed so far exceed it.
//! Exponents are quarters: a power is then made of products and square roots alone, which IEEE 754 rounds in one
//! way, so that no mathematical library has a say.

use std::fmt;
use std::str::FromStr;

use super::error::Error;
use super::random::SplitMix64;
use super::references::References;

/// The most references that are made up: more than a screen can show, and a second's work.
const MAX_REFERENCES: u32 = 10_000_000;
/// The most pages they are drawn from.
const MAX_PAGES: u32 = 10_000_000;
/// The largest exponent, in quarters.
const MAX_QUARTERS: u8 = 12;

/// A string whose pages are as popular as Zipf's law says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zipf {
    /// References to make, from 1.
    references: u32,
    /// Pages to draw from, from 1.
    pages: u32,
    /// Where chance begins.
    seed: u64,
    /// Four times the exponent: 0 makes every page as likely as any other, 4 is Zipf's own law.
    quarters: u8,
}

/// Why words make no string: a sentence that says what does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotMade(String);

impl Zipf {
    /// The string of this many references to this many pages.
    ///
    /// # Errors
    /// A count of 0 or beyond ten million; an exponent that is not 0 to 3 in quarters.
    pub fn new(references: u64, pages: u64, seed: u64, exponent: f64) -> Result<Zipf, NotMade> {
        let bounded = |what: &str, count: u64, most: u32| match u32::try_from(count) {
            Ok(count) if (1..=most).contains(&count) => Ok(count),
            _ => Err(NotMade(format!("{count} {what} cannot be made: ask for 1 to {most}"))),
        };
        let quarters = (0..=MAX_QUARTERS).find(|&quarters| f64::from(quarters) / 4.0 == exponent);
        let quarters = quarters.ok_or_else(|| {
            NotMade(format!("an exponent of {exponent} cannot be made: ask for 0 to 3 in quarters"))
        })?;
        Ok(Zipf {
            references: bounded("references", references, MAX_REFERENCES)?,
            pages: bounded("pages", pages, MAX_PAGES)?,
            seed,
            quarters,
        })
    }

    /// Makes the string.
    ///
    /// # Errors
    /// None in practice: there is at least one reference, and fewer than a string may have.
    pub fn references(&self) -> Result<References, Error> {
        let mut summed = Vec::with_capacity(self.pages as usize);
        let mut sum = 0.0;
        for page in 0..self.pages {
            sum += self.weight(page);
            summed.push(sum);
        }
        let mut chance = SplitMix64::new(self.seed);
        let mut draw = || {
            let at = unit(chance.next()) * sum;
            summed.partition_point(|&until| until <= at).min(summed.len() - 1) as u64
        };
        References::reads((0..self.references).map(|_| draw()))
    }

    /// How likely a page is, against the others.
    fn weight(&self, page: u32) -> f64 {
        let root = (f64::from(page) + 1.0).sqrt().sqrt();
        let power = (0..self.quarters).fold(1.0, |power, _| power * root);
        1.0 / power
    }
}

/// The high 53 bits of a number as a part of one, 0 to just below 1.
#[expect(clippy::cast_precision_loss, reason = "53 bits are what a double keeps exactly")]
fn unit(number: u64) -> f64 {
    (number >> 11) as f64 / (1_u64 << 53) as f64
}

impl fmt::Display for Zipf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Zipf { references, pages, seed, quarters } = self;
        write!(f, "zipf:{references}:{pages}:{seed}:{}", f64::from(*quarters) / 4.0)
    }
}

impl FromStr for Zipf {
    type Err = NotMade;

    fn from_str(text: &str) -> Result<Zipf, NotMade> {
        let shown: String = text.chars().take(60).collect();
        let refuse = || {
            NotMade(format!(
                "`{shown}` makes no references: write zipf:REFERENCES:PAGES, then :SEED and :EXPONENT where they \
                 are not 1, as in zipf:100000:5000:7:0.75"
            ))
        };
        let mut words = text.strip_prefix("zipf:").ok_or_else(refuse)?.split(':');
        let mut whole = |usual: Option<u64>| match words.next() {
            None => usual.ok_or_else(refuse),
            Some(digits) => digits.parse().map_err(|_| refuse()),
        };
        let (references, pages, seed) = (whole(None)?, whole(None)?, whole(Some(1))?);
        let exponent = words.next().map_or(Ok(1.0), |word| word.parse().map_err(|_| refuse()))?;
        if words.next().is_some() {
            return Err(refuse());
        }
        Zipf::new(references, pages, seed, exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_make_the_same_string() {
        let pages = |text: &str| {
            let references = text.parse::<Zipf>().unwrap().references().unwrap();
            references.iter().map(|(page, _)| references.name(page)).collect::<Vec<_>>()
        };
        // What the head of this file says, worked out by another program.
        assert_eq!(pages("zipf:12:3"), [1, 1, 2, 0, 0, 1, 2, 0, 0, 1, 0, 1]);
        assert_eq!(pages("zipf:12:3:1:1"), pages("zipf:12:3"));
        assert_ne!(pages("zipf:12:3:2"), pages("zipf:12:3"));
    }

    #[test]
    fn a_page_comes_as_often_as_its_weight_says() {
        for (exponent, expected) in
            [("0", [0.25, 0.25]), ("1", [0.48, 0.24]), ("2", [0.702, 0.176])]
        {
            let zipf: Zipf = format!("zipf:200000:4:9:{exponent}").parse().unwrap();
            let references = zipf.references().unwrap();
            for (name, share) in (0..).zip(expected) {
                let times = references.iter().filter(|&(page, _)| references.name(page) == name);
                let found = f64::from(u32::try_from(times.count()).unwrap()) / 200_000.0;
                assert!((found - share).abs() < 0.005, "{exponent}: page {name} {found}");
            }
        }
    }

    #[test]
    fn words_that_make_nothing_say_what_does() {
        for (text, part) in [
            ("zipf", "`zipf` makes no references: write zipf:REFERENCES:PAGES"),
            ("zipf:10", "makes no references"),
            ("zipf:ten:3", "makes no references"),
            ("zipf:10:3:1:1:1", "makes no references"),
            ("loop:10:3", "makes no references"),
            ("zipf:0:3", "0 references cannot be made: ask for 1 to 10000000"),
            ("zipf:10:99999999999", "99999999999 pages cannot be made"),
            ("zipf:10:3:1:0.8", "an exponent of 0.8 cannot be made: ask for 0 to 3 in quarters"),
            ("zipf:10:3:1:NaN", "an exponent of NaN cannot be made"),
        ] {
            let error = text.parse::<Zipf>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
