//! The machine: memory, a policy, and what happens at each reference.

use super::index::{Frame, PageId};
use super::memory::Memory;
use super::policy::{Policy, Reference, Setup, Silent, Witness};

/// What a reference did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The page was resident, in this frame, or its load counts as a hit ([`Policy::forgives`]).
    Hit(Frame),
    /// The page was loaded.
    Fault {
        /// Where it stands now.
        frame: Frame,
        /// The page that left this frame for it; `None` when the frame was free.
        victim: Option<PageId>,
    },
}

/// What happened so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// References made.
    pub references: u64,
    /// Of those, references to pages that were not resident.
    pub faults: u64,
    /// Of those, first loads of a page.
    pub cold_faults: u64,
    /// Dirty pages written back.
    pub writebacks: u64,
}

impl Counts {
    /// References to resident pages.
    pub fn hits(&self) -> u64 {
        self.references - self.faults
    }
}

/// Memory with a policy in charge of it.
#[derive(Debug, Clone)]
pub struct Machine<P> {
    memory: Memory,
    policy: P,
    time: u64,
    faults: u64,
    cold_faults: u64,
}

impl<P: Policy> Machine<P> {
    /// Empty memory under the policy `P`.
    pub fn new(setup: &Setup<'_>) -> Machine<P> {
        Machine {
            memory: Memory::new(setup.frames, setup.references.distinct()),
            policy: P::new(setup),
            time: 0,
            faults: 0,
            cold_faults: 0,
        }
    }

    /// Makes one reference. `page` is one of the [`References`](super::References) the machine was set up with.
    #[inline(always)]
    pub fn reference(&mut self, page: PageId, write: bool) -> Outcome {
        self.witnessed(page, write, &mut Silent)
    }

    /// Makes one reference before a witness.
    #[inline(always)]
    pub fn witnessed<W: Witness>(&mut self, page: PageId, write: bool, tell: &mut W) -> Outcome {
        let at = Reference { page, write, time: self.time };
        self.time += 1;
        let Some(frame) = self.memory.frame_of(page) else { return self.fault(at, tell) };
        self.memory.touch(frame, write);
        self.policy.hit(at, frame, &mut self.memory, tell);
        if P::RESIZES {
            self.release(at, false, tell);
        }
        Outcome::Hit(frame)
    }

    #[inline]
    fn fault<W: Witness>(&mut self, at: Reference, tell: &mut W) -> Outcome {
        let forgiven = P::FORGIVES && self.policy.forgives(at.page);
        self.faults += u64::from(!forgiven);
        if P::RESIZES {
            self.release(at, true, tell);
        }
        let (frame, victim, cold) = self.bring_in(at, tell);
        self.cold_faults += u64::from(cold);
        if P::RESIZES {
            self.release(at, true, tell);
        }
        if forgiven {
            return Outcome::Hit(frame);
        }
        Outcome::Fault { frame, victim }
    }

    /// Puts the page of `at` into a free frame, or into that of a victim, which is returned with whether the page
    /// was never loaded before.
    #[inline(always)]
    fn bring_in<W: Witness>(
        &mut self,
        at: Reference,
        tell: &mut W,
    ) -> (Frame, Option<PageId>, bool) {
        let (frame, victim) = match self.memory.take_free() {
            Some(frame) => (frame, None),
            None => self.replace(at, tell),
        };
        let cold = self.memory.place(at.page, frame, at.write);
        tell.placed(at.page, frame, victim);
        self.policy.load(at, frame, &mut self.memory, tell);
        (frame, victim.map(|(page, _)| page), cold)
    }

    /// Loads a page that is not resident ahead of its first reference, as of the last reference made. It is no fault.
    pub(crate) fn read_ahead<W: Witness>(&mut self, page: PageId, tell: &mut W) {
        self.bring_in(self.last(page), tell);
    }

    /// Gives the frame of the policy's victim away, though others are free. Only for a policy that chooses among
    /// the pages there are, as one that [`Policy::RESIZES`] does; there must be one.
    pub(crate) fn surrender<W: Witness>(&mut self, tell: &mut W) {
        let at = self.last(PageId::new(0));
        let (frame, victim) = self.replace(at, tell);
        self.memory.give_back(frame);
        if let Some((page, dirty)) = victim {
            tell.released(page, frame, dirty);
        }
    }

    /// A page leaves with its process: its frame is free, and nothing is written back. The policy
    /// [`Policy::FORGETS`].
    pub(crate) fn forget(&mut self, page: PageId) {
        if let Some(frame) = self.memory.frame_of(page) {
            self.policy.forget(frame, &self.memory);
            self.memory.drop_page(frame);
            self.memory.give_back(frame);
        }
    }

    /// A page at the time of the last reference.
    fn last(&self, page: PageId) -> Reference {
        Reference { page, write: false, time: self.time.saturating_sub(1) }
    }

    #[inline(always)]
    fn replace<W: Witness>(
        &mut self,
        at: Reference,
        tell: &mut W,
    ) -> (Frame, Option<(PageId, bool)>) {
        let frame = self.policy.evict(at, &mut self.memory, tell);
        let dirty = self.memory.is_dirty(frame);
        (frame, self.memory.vacate(frame).map(|page| (page, dirty)))
    }

    fn release<W: Witness>(&mut self, at: Reference, fault: bool, tell: &mut W) {
        while let Some(frame) = self.policy.release(at, fault, &mut self.memory, tell) {
            let dirty = self.memory.is_dirty(frame);
            if let Some(page) = self.memory.vacate(frame) {
                self.memory.give_back(frame);
                tell.released(page, frame, dirty);
            }
        }
    }

    /// What happened so far.
    pub fn counts(&self) -> Counts {
        Counts {
            references: self.time,
            faults: self.faults,
            cold_faults: self.cold_faults,
            writebacks: self.memory.writebacks(),
        }
    }

    /// The frames.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The policy.
    pub fn policy(&self) -> &P {
        &self.policy
    }
}
