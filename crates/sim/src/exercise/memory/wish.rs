//! What a teacher wishes of a problem of requests, and whether one grants it.
//!
//! ```text
//!   first!=best   these place the requests differently, each from each
//!   best<first    best fit fails fewer requests than first fit
//!   failed=0..1   each policy fails so many requests; failed.best=0 says it of one
//! ```

use std::ops::RangeInclusive;

use super::super::Error;
use crate::nearest::nearest;

/// What a wish looks like, for those who wrote something else.
const TAKES: &str = "write first!=best, best<first, failed=1, failed=0..2 or failed.best=0";

/// Most characters of a wish that an error repeats.
const SHOWN_CHARS: usize = 40;

/// What a policy did with the requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Where each request went, as far as policies can differ in it.
    pub(super) placements: Vec<Option<u64>>,
    /// The requests that it failed.
    pub(super) failed: u64,
}

/// One wish about the policies of an exercise, which it names by their places.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    /// As it was written.
    text: String,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    /// All of these place the requests differently, each from each.
    Differ(Vec<usize>),
    /// The first fails fewer requests than the second.
    Fewer(usize, usize),
    /// So many failed requests; of this policy or of each.
    Failed(Option<usize>, RangeInclusive<u64>),
}

impl Wish {
    /// Reads a wish about an exercise with policies of these names.
    ///
    /// # Errors
    /// [`Error::NotAWish`]; [`Error::Contradiction`] for a policy that the exercise does not have.
    pub(super) fn read(text: &str, names: &[&'static str]) -> Result<Wish, Error> {
        let text = text.trim();
        let place = |name: &str| place(text, name.trim(), names);
        let kind = if text.contains("!=") {
            Kind::Differ(text.split("!=").map(place).collect::<Result<_, _>>()?)
        } else if let Some((fewer, more)) = text.split_once('<') {
            Kind::Fewer(place(fewer)?, place(more)?)
        } else {
            let (word, value) = text.split_once('=').unwrap_or((text, ""));
            let (word, policy) =
                word.split_once('.').map_or((word, None), |(word, policy)| (word, Some(policy)));
            if word != "failed" {
                return Err(no_wish(text, TAKES, nearest(word, ["failed"].into_iter())));
            }
            Kind::Failed(policy.map(place).transpose()?, range(text, value, TAKES)?)
        };
        Ok(Wish { text: text.to_owned(), kind })
    }

    /// As it was written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether a problem grants it; the outcomes are in the order of the policies.
    pub(super) fn is_granted(&self, outcomes: &[Outcome]) -> bool {
        match &self.kind {
            Kind::Differ(places) => places.iter().enumerate().all(|(index, &one)| {
                let placed = &outcomes[one].placements;
                places[..index].iter().all(|&other| outcomes[other].placements != *placed)
            }),
            &Kind::Fewer(fewer, more) => outcomes[fewer].failed < outcomes[more].failed,
            Kind::Failed(Some(place), range) => range.contains(&outcomes[*place].failed),
            Kind::Failed(None, range) => {
                outcomes.iter().all(|outcome| range.contains(&outcome.failed))
            }
        }
    }
}

/// The place of a policy among those of the exercise.
fn place(wish: &str, name: &str, names: &[&'static str]) -> Result<usize, Error> {
    names.iter().position(|&known| known == name).ok_or_else(|| {
        let shown: String = wish.chars().take(SHOWN_CHARS).collect();
        let name: String = name.chars().take(SHOWN_CHARS).collect();
        Error::Contradiction(format!(
            "the wish `{shown}` is about `{name}`, which is none of the exercise's policies: {}",
            names.join(", ")
        ))
    })
}

/// "8", or "8..12" with both ends.
///
/// # Errors
/// [`Error::NotAWish`] with what a wish takes.
pub(super) fn range(
    wish: &str,
    value: &str,
    takes: &'static str,
) -> Result<RangeInclusive<u64>, Error> {
    let (least, most) = value.split_once("..").unwrap_or((value, value));
    match (least.trim().parse(), most.trim().parse()) {
        (Ok(least), Ok(most)) if least <= most => Ok(least..=most),
        _ => Err(no_wish(wish, takes, None)),
    }
}

/// The refusal of a text that is no wish.
pub(super) fn no_wish(wish: &str, takes: &'static str, nearest: Option<&'static str>) -> Error {
    Error::NotAWish { wish: wish.chars().take(SHOWN_CHARS).collect(), nearest, takes }
}
