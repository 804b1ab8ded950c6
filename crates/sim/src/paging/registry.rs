//! The policies there are. To add one: its file in `policies`, and its line here.

use super::convention::{Convention, FRAMES_ORDER, Parameter};
use super::error::Error;
use super::governor::{Govern, Governor};
use super::policies::{
    aging, arc, car, clock, clock_pro, enhanced_clock, fifo, lfu, linux_lru, lirs,
    lirs_libcachesim, lru, lru_k, mfu, mglru, mru, nru, opt, pff, random, s3_fifo, second_chance,
    sieve, slru, two_q, unopt, w_tinylfu, working_set, wsclock,
};
use super::policy::{Policy, Setup};
use super::references::References;
use super::run::{Run, Want, run_policy};
use super::stepper::{Stepper, Steps};
use crate::nearest::nearest;

/// Every policy, in the order in which lists show them.
pub const POLICIES: &[Entry] = &[
    Entry::of::<fifo::Fifo>(),
    Entry::of::<lru::Lru>(),
    Entry::of::<mru::Mru>(),
    Entry::of::<opt::Opt>(),
    Entry::of::<unopt::Unopt>(),
    Entry::of::<random::Random>(),
    Entry::of::<nru::Nru>(),
    Entry::of::<second_chance::SecondChance>(),
    Entry::of::<clock::Clock>(),
    Entry::of::<enhanced_clock::EnhancedClock>(),
    Entry::of::<lfu::Lfu>(),
    Entry::of::<mfu::Mfu>(),
    Entry::of::<aging::Aging>(),
    Entry::of::<lru_k::LruK>(),
    Entry::of::<two_q::TwoQ>(),
    Entry::of::<slru::Slru>(),
    Entry::of::<arc::Arc>(),
    Entry::of::<car::Car>(),
    Entry::of::<lirs::Lirs>(),
    Entry::of::<lirs_libcachesim::LirsLibcachesim>(),
    Entry::of::<clock_pro::ClockPro>(),
    Entry::of::<wsclock::WsClock>(),
    Entry::of::<working_set::WorkingSet>(),
    Entry::of::<pff::Pff>(),
    Entry::of::<s3_fifo::S3Fifo>(),
    Entry::of::<sieve::Sieve>(),
    Entry::of::<w_tinylfu::WTinyLfu>(),
    Entry::of::<linux_lru::LinuxLru>(),
    Entry::of::<mglru::Mglru>(),
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
    run: fn(&Setup<'_>, Want) -> Result<Run, Error>,
    stepper: for<'a> fn(usize, &'a References, &Convention) -> Box<dyn Steps + Send + 'a>,
    governor: fn(&Setup<'_>) -> Box<dyn Govern>,
    /// [`Policy::FORGETS`].
    pub(crate) forgets: bool,
}

impl Entry {
    pub(crate) const fn of<P: Policy + 'static>() -> Entry {
        Entry {
            name: P::NAME,
            title: P::TITLE,
            about: P::ABOUT,
            parameters: P::PARAMETERS,
            run: run_policy::<P>,
            stepper: boxed::<P>,
            governor: Governor::<P>::boxed,
            forgets: P::FORGETS,
        }
    }

    /// Runs the policy over the whole string; `setup.frames` is checked already.
    pub(crate) fn run(&self, setup: &Setup<'_>, want: Want) -> Result<Run, Error> {
        (self.run)(setup, want)
    }

    /// Empty memory under the policy, for references that come from outside; `setup.frames` is checked already.
    pub(crate) fn governor(&self, setup: &Setup<'_>) -> Box<dyn Govern> {
        (self.governor)(setup)
    }

    /// A stepper at the beginning of the string.
    ///
    /// # Errors
    /// [`Error::Frames`].
    pub fn stepper<'a>(
        &self,
        frames: usize,
        references: &'a References,
        convention: &Convention,
    ) -> Result<Box<dyn Steps + Send + 'a>, Error> {
        super::references::check_frames(frames)?;
        Ok((self.stepper)(frames, references, convention))
    }
}

fn boxed<'a, P: Policy + 'static>(
    frames: usize,
    references: &'a References,
    convention: &Convention,
) -> Box<dyn Steps + Send + 'a> {
    Box::new(Stepper::<P>::new(frames, references, convention))
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

/// Every parameter of every policy, and those that all share.
pub fn parameters() -> impl Iterator<Item = &'static Parameter> {
    let own = POLICIES.iter().flat_map(|entry| entry.parameters.iter().copied());
    std::iter::once(&FRAMES_ORDER).chain(own)
}
