//! A question to the allocation machines as people ask it: names of policies, a memory, a list, settings.

use std::sync::Arc;

use super::MAX_ADDRESS;
use super::convention::{Convention, Rules};
use super::error::Error;
use super::registry::{self, Entry, POLICIES};
use super::requests::{Op, Requests};
use super::run::{OpStep, Run, Want, setup};
use super::span::Span;
use super::stepper::Before;
use crate::window::Window;

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
    pub requests: Arc<Requests>,
    /// The values that were chosen.
    pub convention: Convention,
}

/// Some steps of a policy.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Stretch {
    /// The policy's name.
    pub policy: &'static str,
    /// The memory before them.
    pub before: Before,
    /// The steps.
    pub ops: Vec<OpStep>,
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

impl Question {
    /// A run a policy with its numbers, and of its steps those of a stretch, with the memory before them; fewer where
    /// their free lists are long. With `views` each holds the policy's own state.
    ///
    /// # Errors
    /// As [`run`](super::run()).
    pub fn windows(&self, window: Window, views: bool) -> Result<Vec<Run>, Error> {
        let setup = setup(self.memory, &self.requests, &self.convention)?;
        let part = |policy: &&'static Entry| {
            let mut run = policy.run(&setup, Want::Metrics)?;
            let mut steps = policy.stepper(&setup);
            let (before, ops) = steps.window(window.from - 1, window.count, views);
            (run.before, run.ops) = (Some(before), Some(ops));
            Ok(run)
        };
        self.policies.iter().map(part).collect()
    }

    /// The steps of a stretch under each policy, with the memory before them, and no numbers: what is wanted of a list whose
    /// numbers are known already. With `views` each step holds the policy's own state.
    ///
    /// # Errors
    /// As [`run`](super::run()).
    pub fn stretches(&self, window: Window, views: bool) -> Result<Vec<Stretch>, Error> {
        let setup = setup(self.memory, &self.requests, &self.convention)?;
        let stretch = |policy: &&'static Entry| {
            let mut steps = policy.stepper(&setup);
            let (before, ops) = steps.window(window.from - 1, window.count, views);
            Stretch { policy: policy.name, before, ops }
        };
        Ok(self.policies.iter().map(stretch).collect())
    }

    /// Gives each run its blocks as rectangles of operations and addresses, at most `most` each.
    ///
    /// # Errors
    /// As [`run`](super::run()).
    pub fn add_lives(&self, runs: &mut [Run], window: Window, most: usize) -> Result<(), Error> {
        let setup = setup(self.memory, &self.requests, &self.convention)?;
        for (policy, run) in self.policies.iter().zip(runs) {
            run.lives = Some(policy.lives(&setup, window, most));
        }
        Ok(())
    }

    /// Where the first policy and another part, over the whole list and without its steps.
    ///
    /// # Errors
    /// As [`run`](super::run()).
    pub fn divergence(&self) -> Result<Option<Divergence>, Error> {
        let setup = setup(self.memory, &self.requests, &self.convention)?;
        let Some((first, others)) = self.policies.split_first() else { return Ok(None) };
        if others.is_empty() {
            return Ok(None);
        }
        let addresses = first.addresses(&setup);
        let parting = |(place, policy): (usize, &&'static Entry)| {
            parting(&addresses, &policy.addresses(&setup), place + 1)
        };
        Ok(others.iter().enumerate().filter_map(parting).min_by_key(|parting| parting.index))
    }
}

/// Where the run at `other` does something else than the first.
fn parting(first: &[Option<u64>], other: &[Option<u64>], place: usize) -> Option<Divergence> {
    let at = first.iter().zip(other).position(|(one, other)| one != other)?;
    Some(Divergence { index: at as u64 + 1, one: 0, other: place })
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

/// Memory for a list that says nothing of it: twice what is held at once, to a power of two, so that every policy has a
/// choice.
pub fn memory_for(requests: &Requests, rules: Rules) -> u64 {
    let peak = peak_bytes(requests, rules);
    let size = peak.saturating_mul(2).checked_next_power_of_two().unwrap_or(peak);
    size.min(MAX_ADDRESS)
}

/// Where the first run and another part, where all have their steps.
pub fn divergence(runs: &[Run]) -> Option<Divergence> {
    let (first, others) = runs.split_first()?;
    let of =
        |run: &Run| run.ops.as_ref().map(|ops| ops.iter().map(|op| op.address).collect::<Vec<_>>());
    let addresses = of(first)?;
    let apart = |(place, run): (usize, &Run)| parting(&addresses, &of(run)?, place + 1);
    others.iter().enumerate().filter_map(apart).min_by_key(|parting| parting.index)
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
            requests: Arc::new(read(list.as_bytes(), Form::List).unwrap()),
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
        assert_eq!(question.divergence().unwrap(), Some(expected));
    }

    #[test]
    fn a_window_holds_its_steps_and_the_memory_before_them() {
        let question = question("buddy,best", "+30,+10,-0,+20,+5");
        let whole = question.answer(Want::Views).unwrap();
        let runs = question.windows(Window { from: 3, count: 2 }, true).unwrap();
        for (whole, run) in whole.iter().zip(&runs) {
            let (all, before) = (whole.ops.as_ref().unwrap(), run.before.as_ref().unwrap());
            assert_eq!(run.ops.as_ref().unwrap()[..], all[2..4]);
            assert_eq!((before.ops, before.blocks.len()), (2, 2));
            assert_eq!((&before.free_list, &before.view), (&all[1].free_list, &all[1].view));
            assert_eq!(run.metrics, whole.metrics);
        }
        let stretches = question.stretches(Window { from: 3, count: 2 }, true).unwrap();
        for (run, stretch) in runs.into_iter().zip(stretches) {
            assert_eq!((run.policy, run.before, run.ops), {
                (stretch.policy, Some(stretch.before), Some(stretch.ops))
            });
        }
        let behind = question.windows(Window { from: 9, count: 2 }, false).unwrap();
        assert_eq!(behind[0].ops, Some(Vec::new()));
        assert_eq!(behind[0].before.as_ref().unwrap().ops, 5);
    }

    #[test]
    fn a_list_needs_its_most_live_blocks_with_their_headers() {
        let requests = read(b"+10,+20,-0,+5", Form::List).unwrap();
        let convention = convention(None, ["block.header=4", "block.align=8"]).unwrap();
        let rules = Rules::of(&convention).unwrap();
        assert_eq!(peak_bytes(&requests, rules), 20 + 28);
    }
}
