//! The policies there are. To add one: its file in `policies`, and its line here.

use super::convention::Allocation;
use super::error::Error;
use super::lives::{Lives, lives_of};
use super::machine::Counts;
use super::policies::{best, buddy, bump, first, next, quick, segregated, slab, tlsf, worst};
use super::policy::{Policy, Setup};
use super::run::{Run, Want, addresses_of, count_policy, run_policy};
use super::stepper::{Stepper, Steps};
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
    addresses: fn(&Setup<'_>) -> Vec<Option<u64>>,
    lives: fn(&Setup<'_>, Window, usize) -> Lives,
    stepper: for<'a> fn(&Setup<'a>) -> Box<dyn Steps + Send + 'a>,
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
            addresses: addresses_of::<P>,
            lives: lives_of::<P>,
            stepper: boxed::<P>,
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

    /// The address that each operation of such a problem placed or freed; `None` where it did neither.
    pub(super) fn addresses(&self, setup: &Setup<'_>) -> Vec<Option<u64>> {
        (self.addresses)(setup)
    }

    /// The blocks of a stretch of such a problem as rectangles of operations and addresses, at most `most` of them.
    pub fn lives(&self, setup: &Setup<'_>, window: Window, most: usize) -> Lives {
        (self.lives)(setup, window, most)
    }

    /// A stepper at the beginning of a problem that [`setup`](super::setup) checked.
    pub fn stepper<'a>(&self, setup: &Setup<'a>) -> Box<dyn Steps + Send + 'a> {
        (self.stepper)(setup)
    }
}

fn boxed<'a, P: Policy + 'static>(setup: &Setup<'a>) -> Box<dyn Steps + Send + 'a> {
    Box::new(Stepper::<P>::new(setup))
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
