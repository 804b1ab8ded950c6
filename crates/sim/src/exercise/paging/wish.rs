//! What a teacher wishes of a replacement problem, and whether one grants it.
//!
//! ```text
//!   fifo!=lru!=opt   these have different numbers of faults, each from each
//!   lru<fifo         LRU has fewer faults than FIFO
//!   belady           Belady's anomaly: with a frame more some policy has more faults; belady=fifo names it
//!   ties=1           so many choices are left to the tie rule, in all tables together; also ties=1..3
//!   faults=8..12     each policy has so many faults; faults.lru=9 says it of one
//! ```
//!
//! A tie is an eviction at which another page compares equal to the one that leaves, so that the convention's tie rule
//! chooses: with OPT two pages that are never used again, with LFU two equal counts.
//! Comparisons hold at each number of frames that the exercise has.

use std::ops::RangeInclusive;

use crate::nearest::nearest;
use crate::paging::registry::{self, Entry};
use crate::paging::{Convention, References, Step, View};

use super::super::Error;

/// What a wish looks like, for those who wrote something else.
const TAKES: &str = "write fifo!=lru, lru<opt, belady, belady=fifo, ties=1, ties=0..2, faults=8..12 or faults.lru=9";

/// Most characters of a wish that an error repeats.
const SHOWN_CHARS: usize = 40;

/// One wish.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    /// As it was written.
    text: String,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    /// All of these differ, each from each.
    Differ(Vec<&'static str>),
    /// The first has fewer faults than the second.
    Fewer(&'static str, &'static str),
    /// A frame more brings more faults; to this policy or to some.
    Belady(Option<&'static str>),
    /// So many ties in all tables together.
    Ties(RangeInclusive<u64>),
    /// So many faults; of this policy or of each.
    Faults(Option<&'static str>, RangeInclusive<u64>),
}

/// What the policies did with a problem: enough to grant most wishes.
#[derive(Debug)]
pub(super) struct Measured<'a> {
    pub(super) policies: &'a [&'static Entry],
    /// The faults, a row a policy, ascending frames within it.
    pub(super) faults: Vec<Vec<u64>>,
    /// The ties of all tables together, counted only where a wish is about them.
    pub(super) ties: u64,
}

impl Wish {
    /// Reads a wish about an exercise with these policies.
    ///
    /// # Errors
    /// [`Error::NotAWish`]; [`Error::Contradiction`] for a policy that the exercise does not have.
    pub(super) fn read(text: &str, policies: &[&'static Entry]) -> Result<Wish, Error> {
        let text = text.trim();
        let known = |name: &str| known(text, name, policies);
        let kind = if text.contains("!=") {
            Kind::Differ(text.split("!=").map(known).collect::<Result<_, _>>()?)
        } else if let Some((fewer, more)) = text.split_once('<') {
            Kind::Fewer(known(fewer)?, known(more)?)
        } else {
            let (word, value) =
                text.split_once('=').map_or((text, None), |(word, value)| (word, Some(value)));
            let (word, policy) =
                word.split_once('.').map_or((word, None), |(word, policy)| (word, Some(policy)));
            match (word, policy, value) {
                ("belady", None, value) => Kind::Belady(value.map(known).transpose()?),
                ("ties", None, Some(value)) => Kind::Ties(counts(text, value)?),
                ("faults", policy, Some(value)) => {
                    Kind::Faults(policy.map(known).transpose()?, counts(text, value)?)
                }
                _ => {
                    return Err(no_wish(
                        text,
                        nearest(word, ["belady", "ties", "faults"].into_iter()),
                    ));
                }
            }
        };
        Ok(Wish { text: text.to_owned(), kind })
    }

    /// As it was written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is about a frame more.
    pub(super) fn compares_sizes(&self) -> bool {
        matches!(self.kind, Kind::Belady(_))
    }

    /// Whether it is about ties.
    pub(super) fn counts_ties(&self) -> bool {
        matches!(self.kind, Kind::Ties(_))
    }

    /// Whether a problem grants it.
    pub(super) fn is_granted(&self, measured: &Measured<'_>) -> bool {
        let of = |name: &str| measured.of(name);
        match &self.kind {
            Kind::Differ(names) => {
                let rows: Vec<&[u64]> = names.iter().map(|name| of(name)).collect();
                let sizes = rows.first().map_or(0, |row| row.len());
                (0..sizes).all(|size| is_each_different(rows.iter().map(|row| row[size])))
            }
            Kind::Fewer(fewer, more) => {
                of(fewer).iter().zip(of(more)).all(|(fewer, more)| fewer < more)
            }
            Kind::Belady(Some(policy)) => is_anomalous(of(policy)),
            Kind::Belady(None) => measured.faults.iter().any(|row| is_anomalous(row)),
            Kind::Ties(range) => range.contains(&measured.ties),
            Kind::Faults(Some(policy), range) => {
                of(policy).iter().all(|faults| range.contains(faults))
            }
            Kind::Faults(None, range) => {
                measured.faults.iter().flatten().all(|faults| range.contains(faults))
            }
        }
    }
}

impl Measured<'_> {
    /// The faults of the policy of this name.
    fn of(&self, name: &str) -> &[u64] {
        let row = self.policies.iter().position(|policy| policy.name == name);
        row.map_or(&[], |row| &self.faults[row])
    }
}

fn is_each_different(counts: impl Iterator<Item = u64>) -> bool {
    let mut counts: Vec<u64> = counts.collect();
    counts.sort_unstable();
    counts.windows(2).all(|pair| pair[0] != pair[1])
}

/// Belady, Nelson, Shedler, "An anomaly in space-time characteristics of certain programs running in a paging
/// machine", CACM 12(6), 1969.
pub(super) fn is_anomalous(faults: &[u64]) -> bool {
    faults.windows(2).any(|pair| pair[0] < pair[1])
}

/// The name of a policy of the exercise.
fn known(wish: &str, name: &str, policies: &[&'static Entry]) -> Result<&'static str, Error> {
    let entry = registry::policy(name.trim())?;
    if policies.iter().any(|policy| policy.name == entry.name) {
        return Ok(entry.name);
    }
    Err(Error::Contradiction(format!(
        "the wish `{wish}` is about {}, which the exercise does not have: add it to the policies",
        entry.name
    )))
}

/// "8", or "8..12" with both ends.
fn counts(wish: &str, value: &str) -> Result<RangeInclusive<u64>, Error> {
    let (least, most) = value.split_once("..").unwrap_or((value, value));
    match (least.trim().parse(), most.trim().parse()) {
        (Ok(least), Ok(most)) if least <= most => Ok(least..=most),
        _ => Err(no_wish(wish, None)),
    }
}

fn no_wish(wish: &str, nearest: Option<&'static str>) -> Error {
    Error::NotAWish { wish: wish.chars().take(SHOWN_CHARS).collect(), nearest, takes: TAKES }
}

/// Whether a policy leaves choices to a tie rule.
pub(super) fn has_ties(policy: &Entry) -> bool {
    policy.parameters.iter().any(|parameter| parameter.name.ends_with(".tie"))
}

/// The references, from 1, at which a policy's tie rule chooses.
///
/// # Errors
/// [`crate::paging::Error::Frames`].
pub(super) fn ties(
    policy: &Entry,
    frames: usize,
    references: &References,
    convention: &Convention,
) -> Result<Vec<u64>, Error> {
    if !has_ties(policy) {
        return Ok(Vec::new());
    }
    let mut steps = policy.stepper(frames, references, convention)?;
    let mut tied = Vec::new();
    loop {
        let before = steps.view();
        let Some(step) = steps.forward() else { return Ok(tied) };
        if is_tie(&before, &step) {
            tied.push(step.index);
        }
    }
}

/// Whether, before this step, another page compared equal to the one that left.
fn is_tie(before: &View, step: &Step) -> bool {
    let (View::Values { rows, .. }, Some(victim)) = (before, step.victim) else { return false };
    let value = rows.iter().find(|row| row.page == victim).map(|row| row.value);
    rows.iter().filter(|row| Some(row.value) == value).count() > 1
}
