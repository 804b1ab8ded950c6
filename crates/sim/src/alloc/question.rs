//! A question to the allocation machines as people ask it: names of policies, a memory, a list, settings.

use std::fmt;
use std::sync::Arc;

use super::MAX_ADDRESS;
use super::convention::{Convention, Rules};
use super::error::Error;
use super::registry::{self, Entry, POLICIES};
use super::requests::{Op, Requests};
use super::run::{OpStep, Run, Want, setup};
use super::span::Span;
use super::stepper::{Before, Steps};
use super::survey::{Addresses, Wishes};
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

/// What a list came to under several policies, when it was read once under each.
pub struct Surveyed {
    /// A run a policy, with its numbers.
    pub runs: Vec<Run>,
    /// The machines in their order, each at the end of the list, with checkpoints all along it: a stretch of steps is asked of
    /// them.
    pub machines: Vec<Box<dyn Steps + Send>>,
    /// Where the first policy and another part.
    pub divergence: Option<Divergence>,
}

impl fmt::Debug for Surveyed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Surveyed { runs, divergence, .. } = self;
        f.debug_struct("Surveyed")
            .field("runs", runs)
            .field("divergence", divergence)
            .finish_non_exhaustive()
    }
}

impl Question {
    /// Reads the list once under each policy; with `lives` each run has its blocks in that stretch as rectangles of operations
    /// and addresses, at most so many. All together may be so much work, as [`Steps::reach`] counts it.
    ///
    /// # Errors
    /// As [`run`](super::run()), and [`Error::TooMuchWork`].
    pub fn survey(
        &self,
        lives: Option<(Window, usize)>,
        mut most_work: u64,
    ) -> Result<Surveyed, Error> {
        let setup = setup(self.memory, &self.requests, &self.convention)?;
        let mut first: Option<Addresses> = None;
        let mut surveyed = Surveyed { runs: Vec::new(), machines: Vec::new(), divergence: None };
        for (place, policy) in self.policies.iter().enumerate() {
            let keep = place == 0 && self.policies.len() > 1;
            let wishes = Wishes { lives, keep, first: first.as_ref(), most_work };
            let found = policy.survey(&setup, &self.requests, wishes)?;
            most_work -= found.work;
            surveyed.runs.push(found.run);
            surveyed.machines.push(found.steps);
            if keep {
                first = Some(found.addresses);
            }
            let earlier = surveyed.divergence.map_or(u64::MAX, |divergence| divergence.index);
            if let Some(index) = found.parts_at.filter(|&index| index < earlier) {
                surveyed.divergence = Some(Divergence { index, one: 0, other: place });
            }
        }
        Ok(surveyed)
    }

    /// A machine of a policy before the first operation.
    ///
    /// # Errors
    /// As [`run`](super::run()).
    pub fn machine(&self, policy: &Entry) -> Result<Box<dyn Steps + Send>, Error> {
        let setup = setup(self.memory, &self.requests, &self.convention)?;
        Ok(policy.kept_stepper(&setup, Arc::clone(&self.requests)))
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
}

impl Stretch {
    /// The steps of a window of a machine.
    pub fn of(
        policy: &'static Entry,
        machine: &mut dyn Steps,
        window: Window,
        views: bool,
    ) -> Stretch {
        let (before, ops) = machine.window(window.from - 1, window.count, views);
        Stretch { policy: policy.name, before, ops }
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
        assert_eq!(question.survey(None, u64::MAX).unwrap().divergence, Some(expected));
    }

    #[test]
    fn one_reading_tells_what_each_question_alone_does() {
        let question = question("buddy,best,worst", "+30,+10,-0,+20,+5");
        let all = Window { from: 1, count: usize::MAX };
        let surveyed = question.survey(Some((all, 2)), u64::MAX).unwrap();
        let mut runs = question.answer(Want::Metrics).unwrap();
        question.add_lives(&mut runs, all, 2).unwrap();
        assert_eq!(surveyed.runs, runs);
        assert_eq!(surveyed.divergence, divergence(&question.answer(Want::Steps).unwrap()));
    }

    #[test]
    fn a_window_holds_its_steps_and_the_memory_before_them() {
        let question = question("buddy,best", "+30,+10,-0,+20,+5");
        let whole = question.answer(Want::Views).unwrap();
        let machine = |policy: &&'static Entry| question.machine(policy).unwrap();
        let fresh = question.policies.iter().map(machine).collect();
        let stretch = |policy, mut machine: Box<dyn Steps + Send>, from| {
            Stretch::of(policy, &mut *machine, Window { from, count: 2 }, true)
        };
        for machines in [fresh, question.survey(None, u64::MAX).unwrap().machines] {
            for ((whole, policy), machine) in whole.iter().zip(&question.policies).zip(machines) {
                let Stretch { before, ops, .. } = stretch(*policy, machine, 3);
                let all = whole.ops.as_ref().unwrap();
                assert_eq!(ops[..], all[2..4]);
                assert_eq!((before.ops, before.blocks.len()), (2, 2));
                assert_eq!((&before.free_list, &before.view), (&all[1].free_list, &all[1].view));
            }
        }
        let behind = stretch(question.policies[0], machine(&question.policies[0]), 9);
        assert_eq!((behind.ops.len(), behind.before.ops), (0, 5));
    }

    #[test]
    fn what_is_looked_through_one_by_one_counts_as_work() {
        // Holes that do not touch: 600 of them, through which a list by size is looked each time.
        let list = "+1,".repeat(1200)
            + &(0..600).map(|id| format!("-{},", 2 * id)).collect::<String>()
            + &"+1,".repeat(300);
        let mut question = question("first,best", &list);
        question.memory = Span::new(0, 4000);
        let ops = question.requests.len() as u64;
        assert!(question.survey(None, 2 * ops).is_ok());
        let refused = question.survey(None, 2 * ops - 1).unwrap_err().to_string();
        assert!(refused.contains("Best fit comes to operation 2100 of 2100"), "{refused}");
        let mut machine = question.machine(question.policies[0]).unwrap();
        assert_eq!(machine.reach(2100, ops), Ok(ops));
        question.convention.set("list.order=size").unwrap();
        assert!(question.survey(None, 2 * ops + 1000).is_err());
        let mut machine = question.machine(question.policies[0]).unwrap();
        assert!(machine.reach(2100, ops).is_err());
        assert!(machine.reach(1200, ops).is_ok(), "a nearer place is reached");
    }

    #[test]
    fn a_list_needs_its_most_live_blocks_with_their_headers() {
        let requests = read(b"+10,+20,-0,+5", Form::List).unwrap();
        let convention = convention(None, ["block.header=4", "block.align=8"]).unwrap();
        let rules = Rules::of(&convention).unwrap();
        assert_eq!(peak_bytes(&requests, rules), 20 + 28);
    }
}
