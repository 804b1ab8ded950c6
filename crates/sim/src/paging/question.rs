//! A question to the paging machines, decided: the same whether it was typed as flags or sent as JSON.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::MAX_FRAMES;
use super::convention::Convention;
use super::error::Error;
use super::overview::{Overview, Tally, overview, window};
use super::references::References;
use super::registry::{self, Entry, POLICIES};
use super::run::{Run, Want, run};
use crate::window::Window;

/// Most numbers of frames that one question may compare.
const SIZES_MAX: usize = 1000;

/// The name that stands for every policy.
const ALL: &str = "all";

/// Policies over one reference string, each at each number of frames.
#[derive(Debug)]
pub struct PagingQuestion {
    /// The policies, in the order in which they are answered.
    pub policies: Vec<&'static Entry>,
    /// The numbers of frames, ascending.
    pub sizes: Sizes,
    /// The reference string; questions about one string share it.
    pub references: Arc<References>,
    /// The values of the policies' parameters.
    pub convention: Convention,
}

impl PagingQuestion {
    /// How many runs the answer has: one a policy and number of frames.
    pub fn runs(&self) -> usize {
        self.policies.len() * self.sizes.len()
    }

    /// How many steps all runs make together.
    pub fn steps(&self) -> usize {
        self.runs().saturating_mul(self.references.len())
    }

    /// How many cells these steps hold together: a column a reference, a row a frame, a grid a run.
    pub fn cells(&self) -> usize {
        let frames = self.sizes.iter().fold(0, usize::saturating_add);
        self.policies.len().saturating_mul(frames).saturating_mul(self.references.len())
    }

    /// Every run, policy by policy and frames ascending within each.
    ///
    /// # Errors
    /// [`Error::TooManySteps`] when the steps wanted would not fit memory.
    pub fn answer(&self, want: Want) -> Result<Vec<Run>, Error> {
        let PagingQuestion { references, convention, .. } = self;
        self.asked()
            .map(|(policy, frames)| run(policy.name, frames, references, convention, want))
            .collect()
    }

    /// Every run with the steps of a window, in the order of [`PagingQuestion::answer`].
    ///
    /// # Errors
    /// [`Error::TooManySteps`] when the window's steps would not fit memory.
    pub fn windows(&self, part: Window, views: bool) -> Result<Vec<(Run, Tally)>, Error> {
        let PagingQuestion { references, convention, .. } = self;
        let near = |(policy, frames): (&Entry, usize)| {
            window(policy.name, frames, references, convention, part, views)
        };
        self.asked().map(near).collect()
    }

    /// Every run from afar, in the same order.
    ///
    /// # Errors
    /// As [`overview()`].
    pub fn overview(&self, points: usize) -> Result<Overview, Error> {
        let asked: Vec<_> = self.asked().collect();
        overview(&asked, &self.references, &self.convention, points)
    }

    /// A policy and a number of frames a run.
    fn asked(&self) -> impl Iterator<Item = (&'static Entry, usize)> + '_ {
        let each = |policy: &'static Entry| self.sizes.iter().map(move |frames| (policy, frames));
        self.policies.iter().flat_map(move |policy| each(policy))
    }
}

/// The policies of these names, each once, in the order of their first naming; `all` names every one.
///
/// # Errors
/// [`Error::UnknownPolicy`] with the nearest name.
pub fn policies_named<'a>(
    names: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<&'static Entry>, Error> {
    let mut policies: Vec<&'static Entry> = Vec::new();
    for name in names {
        let named: Vec<&'static Entry> =
            if name == ALL { POLICIES.iter().collect() } else { vec![registry::policy(name)?] };
        for policy in named {
            if policies.iter().all(|earlier| earlier.name != policy.name) {
                policies.push(policy);
            }
        }
    }
    Ok(policies)
}

/// The convention of a preset, if one is named, and of the `name=value` settings on top of it.
///
/// # Errors
/// [`Error::Setting`] for a preset or a setting that there is not.
pub fn convention<'a>(
    preset: Option<&str>,
    settings: impl IntoIterator<Item = &'a str>,
) -> Result<Convention, Error> {
    let mut convention = preset.map(Convention::preset).transpose()?.unwrap_or_default();
    for setting in settings {
        convention.set(setting)?;
    }
    Ok(convention)
}

/// Numbers of frames: `3`, or `1..7` with both ends, or several of these between commas, as in `1..4,8,16`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizes(Vec<usize>);

/// Why a text or number is no [`Sizes`]: a sentence that says what is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotSizes(String);

impl Sizes {
    /// The single number of frames.
    ///
    /// # Errors
    /// Outside 1 to a million.
    pub fn one(frames: u64) -> Result<Sizes, NotSizes> {
        Sizes::these([frames])
    }

    /// These numbers of frames, each once.
    ///
    /// # Errors
    /// None, more than a thousand, or one outside 1 to a million.
    pub fn these(frames: impl IntoIterator<Item = u64>) -> Result<Sizes, NotSizes> {
        let ranges = frames.into_iter().map(|frames| (frames, frames));
        Sizes::of(ranges.map(Ok))
    }

    fn of(ranges: impl Iterator<Item = Result<(u64, u64), NotSizes>>) -> Result<Sizes, NotSizes> {
        let mut sizes = Vec::new();
        for range in ranges {
            let (least, most) = range?;
            let (least, most) = between(least, most)?;
            match (most - least).saturating_add(sizes.len()) {
                0..SIZES_MAX => sizes.extend(least..=most),
                more => {
                    return Err(NotSizes(format!(
                        "these are {} numbers of frames: compare {SIZES_MAX} at most",
                        more + 1
                    )));
                }
            }
        }
        sizes.sort_unstable();
        sizes.dedup();
        if sizes.is_empty() { Err(not_sizes("")) } else { Ok(Sizes(sizes)) }
    }

    /// How many numbers of frames these are, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "there is always one")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The numbers, ascending.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = usize> + '_ {
        self.0.iter().copied()
    }
}

/// Both ends of a range, checked.
fn between(least: u64, most: u64) -> Result<(usize, usize), NotSizes> {
    for asked in [least, most] {
        if !(1..=MAX_FRAMES as u64).contains(&asked) {
            return Err(NotSizes(format!(
                "{asked} frames cannot be simulated: ask for 1 to {MAX_FRAMES}"
            )));
        }
    }
    if most < least {
        return Err(NotSizes(format!("{least}..{most} runs backwards: write {most}..{least}")));
    }
    Ok((index(least), index(most)))
}

/// A number of frames that was checked, as the machines count.
fn index(frames: u64) -> usize {
    usize::try_from(frames).unwrap_or(MAX_FRAMES)
}

impl FromStr for Sizes {
    type Err = NotSizes;

    fn from_str(text: &str) -> Result<Sizes, NotSizes> {
        Sizes::of(text.split(',').map(|part| {
            let (least, most) = part.split_once("..").unwrap_or((part, part));
            Ok((whole(least, text)?, whole(most, text)?))
        }))
    }
}

/// One end of a range. Digits that no integer holds are a number all the same, and too large.
fn whole(end: &str, text: &str) -> Result<u64, NotSizes> {
    let end = end.trim();
    if end.is_empty() || !end.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(not_sizes(text));
    }
    Ok(end.parse().unwrap_or(u64::MAX))
}

fn not_sizes(text: &str) -> NotSizes {
    let shown: String = text.chars().take(40).collect();
    NotSizes(format!(
        "`{shown}` is no number of frames: write one, such as 3, or a range with both ends, such as 1..7"
    ))
}

impl fmt::Display for NotSizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotSizes {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_one_number_or_a_range_with_both_ends() {
        for (text, expected) in [
            ("3", vec![3]),
            ("1..4", vec![1, 2, 3, 4]),
            (" 2 .. 3 ", vec![2, 3]),
            ("1000000", vec![1_000_000]),
            ("16,1..3,2", vec![1, 2, 3, 16]),
        ] {
            let sizes: Sizes = text.parse().unwrap();
            assert_eq!(sizes.iter().collect::<Vec<_>>(), expected, "{text}");
            assert_eq!(sizes.len(), expected.len(), "{text}");
        }
    }

    #[test]
    fn sizes_that_cannot_be_say_what_can() {
        for (text, part) in [
            ("", "`` is no number of frames"),
            ("three", "`three` is no number of frames"),
            ("-1", "such as 1..7"),
            ("1..", "is no number of frames"),
            ("1..2..3", "is no number of frames"),
            ("1.5", "is no number of frames"),
            ("0", "0 frames cannot be simulated: ask for 1 to 1000000"),
            ("0..3", "0 frames cannot be simulated"),
            ("1000001", "1000001 frames cannot be simulated"),
            ("99999999999999999999999", "frames cannot be simulated"),
            ("7..1", "7..1 runs backwards: write 1..7"),
            ("3,,4", "is no number of frames"),
            ("1..1001", "these are 1001 numbers of frames: compare 1000 at most"),
        ] {
            let error = text.parse::<Sizes>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn all_names_every_policy_and_none_twice() {
        let names = |list: &[&str]| -> Vec<&str> {
            let policies = policies_named(list.iter().copied()).unwrap();
            policies.iter().map(|policy| policy.name).collect()
        };
        assert_eq!(names(&["opt", "lru", "opt"]), ["opt", "lru"]);
        let all = names(&["lru", "all"]);
        assert_eq!((all[0], all.len()), ("lru", POLICIES.len()));
        assert!(policies_named(["lur"]).is_err());
    }

    #[test]
    fn a_question_knows_its_size_before_it_runs() {
        let question = |sizes: &str| PagingQuestion {
            policies: policies_named(["lru", "opt"]).unwrap(),
            sizes: sizes.parse().unwrap(),
            references: Arc::new(References::reads([7, 0, 1, 2, 0]).unwrap()),
            convention: Convention::default(),
        };
        assert_eq!(question("1..3").steps(), 2 * 3 * 5);
        let runs = question("1..3").answer(Want::Counts).unwrap();
        let order: Vec<_> = runs.iter().map(|run| (run.policy, run.frames)).collect();
        assert_eq!(order, [("lru", 1), ("lru", 2), ("lru", 3), ("opt", 1), ("opt", 2), ("opt", 3)]);
    }
}
