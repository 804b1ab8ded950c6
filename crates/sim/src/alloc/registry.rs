//! The policies there are. To add one: its file in `policies`, and its line here.

use std::sync::Arc;

use super::convention::Allocation;
use super::error::Error;
use super::lives::{Lives, lives_of};
use super::machine::Counts;
use super::policies::{best, buddy, bump, first, next, quick, segregated, slab, tlsf, worst};
use super::policy::{Policy, Setup};
use super::requests::Requests;
use super::run::{Run, Want, count_policy, run_policy};
use super::stepper::{Stepper, Steps};
use super::survey::{Survey, Wishes, survey_policy};
use crate::convention::{Parameter, Vocabulary};
use crate::nearest::nearest;
use crate::window::Window;

/// Every policy, in the order in which lists show them.
pub const POLICIES: &[Entry] = &[
    Entry::of::<first::FirstFit>(),
    Entry::of::<next::NextFit>(),
    Entry::of::<best::BestFit>(),
    Entry::of::<worst::WorstFit>(),
    Entry::of::<quick::QuickFit>(),
    Entry::of::<buddy::Buddy>(),
    Entry::of::<segregated::Segregated>(),
    Entry::of::<tlsf::Tlsf>(),
    Entry::of::<slab::Slab>(),
    Entry::of::<bump::Bump>(),
];

/// A policy, as those see it who choose one by name.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// [`Policy::NAME`].
    pub name: &'static str,
    /// [`Policy::TITLE`].
    pub title: &'static str,
    /// [`Policy::ABOUT`].
    pub about: &'static str,
    /// [`Policy::PARAMETERS`].
    pub parameters: &'static [&'static Parameter],
    /// [`Policy::MOVES`].
    pub moves: bool,
    run: fn(&Setup<'_>, Want) -> Result<Run, Error>,
    count: fn(&Setup<'_>) -> Counts,
    lives: fn(&Setup<'_>, Window, usize) -> Lives,
    stepper: for<'a> fn(&Setup<'a>) -> Box<dyn Steps + Send + 'a>,
    kept_stepper: fn(&Setup<'_>, Arc<Requests>) -> Box<dyn Steps + Send>,
    survey: fn(&Setup<'_>, &Arc<Requests>, Wishes<'_>) -> Result<Survey, Error>,
}

impl Entry {
    const fn of<P: Policy + 'static>() -> Entry {
        Entry {
            name: P::NAME,
            title: P::TITLE,
            about: P::ABOUT,
            parameters: P::PARAMETERS,
            moves: P::MOVES,
            run: run_policy::<P>,
            count: count_policy::<P>,
            lives: lives_of::<P>,
            stepper: boxed::<P>,
            kept_stepper: kept::<P>,
            survey: survey_policy::<P>,
        }
    }

    /// Runs the policy over the whole list of a problem that [`setup`](super::setup) checked.
    ///
    /// # Errors
    /// [`Error::TooManySteps`] when the steps wanted would not fit memory.
    pub fn run(&self, setup: &Setup<'_>, want: Want) -> Result<Run, Error> {
        (self.run)(setup, want)
    }

    /// Runs the policy at full speed over a problem that [`setup`](super::setup) checked, and only counts.
    pub fn count(&self, setup: &Setup<'_>) -> Counts {
        (self.count)(setup)
    }

    /// The blocks of a stretch of such a problem as rectangles of operations and addresses, at most `most` of them.
    pub fn lives(&self, setup: &Setup<'_>, window: Window, most: usize) -> Lives {
        (self.lives)(setup, window, most)
    }

    /// A stepper at the beginning of a problem that [`setup`](super::setup) checked.
    pub fn stepper<'a>(&self, setup: &Setup<'a>) -> Box<dyn Steps + Send + 'a> {
        (self.stepper)(setup)
    }

    /// The same over a list that it shares, to be kept as long as one likes. `requests` are those of the problem.
    pub fn kept_stepper(
        &self,
        setup: &Setup<'_>,
        requests: Arc<Requests>,
    ) -> Box<dyn Steps + Send> {
        (self.kept_stepper)(setup, requests)
    }

    /// Reads the list of such a problem once for all that is wished.
    ///
    /// # Errors
    /// [`Error::TooMuchWork`].
    pub(super) fn survey(
        &self,
        setup: &Setup<'_>,
        requests: &Arc<Requests>,
        wishes: Wishes<'_>,
    ) -> Result<Survey, Error> {
        (self.survey)(setup, requests, wishes)
    }
}

fn boxed<'a, P: Policy + 'static>(setup: &Setup<'a>) -> Box<dyn Steps + Send + 'a> {
    Box::new(Stepper::<_, P>::new(setup, setup.requests))
}

fn kept<P: Policy + 'static>(setup: &Setup<'_>, requests: Arc<Requests>) -> Box<dyn Steps + Send> {
    Box::new(Stepper::<_, P>::new(setup, requests))
}

/// The policy of this name.
///
/// # Errors
/// [`Error::UnknownPolicy`] with the nearest name.
pub fn policy(name: &str) -> Result<&'static Entry, Error> {
    POLICIES.iter().find(|entry| entry.name == name).ok_or_else(|| Error::UnknownPolicy {
        name: name.to_owned(),
        nearest: nearest(name, POLICIES.iter().map(|entry| entry.name)),
    })
}

/// Every parameter of every policy, once, and those that all share.
pub fn parameters() -> impl Iterator<Item = &'static Parameter> {
    let own = POLICIES.iter().flat_map(|entry| entry.parameters.iter());
    Allocation::SHARED.iter().chain(own).copied()
}
