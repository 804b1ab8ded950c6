//! A question to the allocation machines as people ask it: names of policies, a memory, a list, settings.

use super::convention::{Convention, Rules};
use super::error::Error;
use super::registry::{self, Entry, POLICIES};
use super::requests::{Op, Requests};
use super::run::{Run, Want, setup};
use super::span::Span;

/// The name that stands for all policies.
const ALL: &str = "all";

/// Several policies over one list in one memory.
#[derive(Debug, Clone)]
pub struct Question {
    /// The policies, in the order of the answers.
    pub policies: Vec<&'static Entry>,
    /// The memory.
    pub memory: Span,
    /// The list.
    pub requests: Requests,
    /// The values that were chosen.
    pub convention: Convention,
}

/// Where two runs give a request different addresses, or one of them none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Divergence {
    /// The operation, from 1.
    pub index: u64,
    /// The place in the runs of the one, from 0: always the first.
    pub one: usize,
    /// The place of the first that does something else there.
    pub other: usize,
}

impl Question {
    /// A run a policy, in their order.
    ///
    /// # Errors
    /// As [`run`](super::run()).
    pub fn answer(&self, want: Want) -> Result<Vec<Run>, Error> {
        let setup = setup(self.memory, &self.requests, &self.convention)?;
        self.policies.iter().map(|policy| policy.run(&setup, want)).collect()
    }
}

/// The policies of these names; `all` is every one.
///
/// # Errors
/// [`Error::UnknownPolicy`] with the nearest name.
pub fn policies_named<'a>(
    names: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<&'static Entry>, Error> {
    let mut policies: Vec<&'static Entry> = Vec::new();
    for name in names.into_iter().map(str::trim) {
        let named = match name {
            ALL => POLICIES.iter().collect(),
            name => vec![registry::policy(name)?],
        };
        for policy in named {
            if !policies.iter().any(|known| known.name == policy.name) {
                policies.push(policy);
            }
        }
    }
    Ok(policies)
}

/// The convention of a preset, and settings over it.
///
/// # Errors
/// [`Error::Setting`] for a preset or a setting that there is not.
pub fn convention<'a>(
    preset: Option<&str>,
    settings: impl IntoIterator<Item = &'a str>,
) -> Result<Convention, Error> {
    let mut convention = match preset {
        Some(name) => Convention::preset(name)?,
        None => Convention::default(),
    };
    for setting in settings {
        convention.set(setting)?;
    }
    Ok(convention)
}

/// Where the first run and another part, where all have their steps.
pub fn divergence(runs: &[Run]) -> Option<Divergence> {
    let (first, others) = runs.split_first()?;
    let of = |run: &Run| run.ops.as_ref().map(|ops| ops.iter().map(|op| op.address).collect());
    let addresses: Vec<Option<u64>> = of(first)?;
    let parting = |(place, run): (usize, &Run)| {
        let other: Vec<Option<u64>> = of(run)?;
        let at = addresses.iter().zip(&other).position(|(one, other)| one != other)?;
        Some(Divergence { index: at as u64 + 1, one: 0, other: place + 1 })
    };
    others.iter().enumerate().filter_map(parting).min_by_key(|parting| parting.index)
}

/// The bytes of the blocks that are held at once at most, if every request gets one: what a list needs at the least.
pub fn peak_bytes(requests: &Requests, rules: Rules) -> u64 {
    let (mut held, mut peak) = (0_u64, 0);
    for op in requests.iter() {
        match op {
            Op::Alloc { size, .. } => held += rules.raw_bytes(size),
            Op::Free { id } => held -= rules.raw_bytes(requests.size(id)),
            Op::Compact => {}
        }
        peak = peak.max(held);
    }
    peak
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alloc::{Form, read};

    fn question(policies: &str, list: &str) -> Question {
        Question {
            policies: policies_named(policies.split(',')).unwrap(),
            memory: Span::new(0, 100),
            requests: read(list.as_bytes(), Form::List).unwrap(),
            convention: Convention::default(),
        }
    }

    #[test]
    fn all_is_every_policy_and_none_stands_twice() {
        assert_eq!(policies_named(["all"]).unwrap().len(), POLICIES.len());
        let names: Vec<&str> =
            policies_named(["worst", "all"]).unwrap().iter().map(|policy| policy.name).collect();
        assert_eq!((names[0], names.len()), ("worst", POLICIES.len()));
        assert!(policies_named(["frst"]).unwrap_err().to_string().contains("`first`"));
    }

    #[test]
    fn the_first_request_that_two_policies_answer_differently_is_found() {
        // Holes of 30 at 0 and of 60 at 40: best fit takes the first, worst fit the second.
        let question = question("best,first,worst", "+30,+10,-0,+20");
        let runs = question.answer(Want::Steps).unwrap();
        let expected = Divergence { index: 4, one: 0, other: 2 };
        assert_eq!(divergence(&runs), Some(expected));
        assert_eq!(divergence(&runs[..2]), None);
        assert_eq!(divergence(&question.answer(Want::Metrics).unwrap()), None);
    }

    #[test]
    fn a_list_needs_its_most_live_blocks_with_their_headers() {
        let requests = read(b"+10,+20,-0,+5", Form::List).unwrap();
        let convention = convention(None, ["block.header=4", "block.align=8"]).unwrap();
        let rules = Rules::of(&convention).unwrap();
        assert_eq!(peak_bytes(&requests, rules), 20 + 28);
    }
}
