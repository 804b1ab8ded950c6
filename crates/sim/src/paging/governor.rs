//! A memory whose references come from outside, one at a time, as a scheduler makes them: pages leave with their
//! processes, and others are read ahead.
//!
//! It is the machine of all other runs. What is told, and in which words, its policy decides.

use super::index::{Frame, PageId};
use super::machine::{Machine, Outcome};
use super::memory::Memory;
use super::policy::{Policy, Setup, Witness};
use super::references::References;
use super::telling::{Stamps, Teller, Telling};

/// The pages that left during one act.
#[derive(Debug, Default)]
pub(crate) struct Left {
    /// In the order in which they left: victims and pages that were given back.
    pub(crate) pages: Vec<PageId>,
}

impl Witness for Left {
    #[inline(always)]
    fn say(&mut self, _: impl FnOnce(&Telling<'_>) -> String) {}

    fn released(&mut self, page: PageId, _: Frame, _: bool) {
        self.pages.push(page);
    }

    fn placed(&mut self, _: PageId, _: Frame, victim: Option<(PageId, bool)>) {
        self.pages.extend(victim.map(|(page, _)| page));
    }
}

/// What changes a memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// A reference; whether it writes.
    Reference(PageId, bool),
    /// A page is read ahead.
    ReadAhead(PageId),
    /// The policy's victim leaves, and its frame is given away.
    Surrender,
}

/// What every governor does, whatever its policy.
pub(crate) trait Govern: Send {
    /// Makes the reference if its page is resident, and returns whether it is.
    fn touch(&mut self, page: PageId, write: bool, left: &mut Left) -> bool;
    /// Does it without a word.
    fn act(&mut self, act: Act, left: &mut Left);
    /// Does it, and returns what the policy says of it, after one word and a full stop; the pages are called what `references` calls them.
    fn told(&mut self, act: Act, references: &References, left: &mut Left) -> String;
    /// The page leaves with its process, unwritten. Only where the policy [`Policy::FORGETS`].
    fn forget(&mut self, page: PageId);
    /// The frames.
    fn memory(&self) -> &Memory;
}

/// A machine and, for its sentences, when its frames were loaded and used.
#[derive(Debug)]
pub(crate) struct Governor<P> {
    machine: Machine<P>,
    stamps: Stamps,
}

impl<P: Policy + 'static> Governor<P> {
    /// Empty memory under the policy `P`.
    pub(crate) fn boxed(setup: &Setup<'_>) -> Box<dyn Govern> {
        let (machine, stamps) = (Machine::new(setup), Stamps::new(setup.frames));
        Box::new(Governor::<P> { machine, stamps })
    }

    /// Notes when the page of an act was loaded and used.
    fn note(&mut self, act: Act, fault: bool) {
        let (Act::Reference(page, _) | Act::ReadAhead(page)) = act else { return };
        let Some(frame) = self.machine.memory().frame_of(page) else { return };
        let number = self.machine.counts().references;
        let loaded = Outcome::Fault { frame, victim: None };
        self.stamps.note(number, if fault { loaded } else { Outcome::Hit(frame) });
    }
}

fn before<P: Policy, W: Witness>(machine: &mut Machine<P>, act: Act, tell: &mut W) {
    match act {
        Act::Reference(page, write) => {
            machine.witnessed(page, write, tell);
        }
        Act::ReadAhead(page) => machine.read_ahead(page, tell),
        Act::Surrender => machine.surrender(tell),
    }
}

impl<P: Policy + 'static> Govern for Governor<P> {
    fn touch(&mut self, page: PageId, write: bool, left: &mut Left) -> bool {
        let resident = self.machine.memory().frame_of(page).is_some();
        if resident {
            self.machine.witnessed(page, write, left);
        }
        resident
    }

    fn act(&mut self, act: Act, left: &mut Left) {
        before(&mut self.machine, act, left);
    }

    fn told(&mut self, act: Act, references: &References, left: &mut Left) -> String {
        let fault = match act {
            Act::Reference(page, _) => self.machine.memory().frame_of(page).is_none(),
            Act::ReadAhead(_) | Act::Surrender => true,
        };
        let mut teller = Teller::new(Telling::new(references, &self.stamps), "Asked".to_owned());
        before(&mut self.machine, act, &mut teller);
        left.pages.extend(teller.released.iter().copied().chain(teller.victim));
        let said = teller.prose();
        self.note(act, fault);
        said
    }

    fn forget(&mut self, page: PageId) {
        self.machine.forget(page);
    }

    fn memory(&self) -> &Memory {
        self.machine.memory()
    }
}
