//! What a replacement policy is: the trait that each file of [`policies`](super::policies) implements.

use super::convention::{Convention, Parameter};
use super::index::{Frame, PageId};
use super::memory::Memory;
use super::references::References;
use super::telling::Telling;
use super::view::View;

/// One reference of the string, as a policy sees it.
#[derive(Debug, Clone, Copy)]
pub struct Reference {
    /// The page.
    pub page: PageId,
    /// Whether it is written.
    pub write: bool,
    /// Its position in the string, from 0. Sentences count from 1: [`Reference::number`].
    pub time: u64,
}

impl Reference {
    /// Its position as sentences and steps say it, from 1.
    pub fn number(self) -> u64 {
        self.time + 1
    }
}

/// Everything a policy may know before the first reference.
#[derive(Debug, Clone, Copy)]
pub struct Setup<'a> {
    /// Frames of physical memory, at least 1.
    pub frames: usize,
    /// The whole string: its number of distinct pages sizes the tables, and OPT looks ahead in it.
    pub references: &'a References,
    /// The values of the policy's parameters.
    pub convention: &'a Convention,
}

/// The order in which a textbook that shows memory as a list writes a policy's pages (`frames.order=list`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// First loaded first.
    ByLoad,
    /// Least recently used first.
    ByUse,
}

/// A replacement policy.
///
/// The [`Machine`](super::Machine) keeps the page table and calls, for each reference, either [`Policy::hit`], or,
/// on a fault, [`Policy::evict`] (only when no frame is free) and then [`Policy::load`]. A faulted page is always
/// loaded, and the policy is defined for every number of frames from 1.
///
/// Every method that decides takes the [`Witness`] to tell what it compared, in sentences without their full stop.
/// The last sentence of [`Policy::evict`] names the victim; the machine adds where the new page goes.
pub trait Policy: Clone + Send {
    /// How the command line, the API and the page call it: lower case with hyphens.
    const NAME: &'static str;
    /// How sentences and headings call it.
    const TITLE: &'static str;
    /// What it is and where that is written down: one sentence.
    const ABOUT: &'static str;
    /// The parameters it reads from its convention.
    const PARAMETERS: &'static [&'static Parameter] = &[];
    /// The order of its pages where memory is shown as a list.
    const LISTED: Listed = Listed::ByLoad;
    /// Whether it gives frames back ([`Policy::release`]); false compiles the question away.
    const RESIZES: bool = false;
    /// Whether some loads are not counted as faults ([`Policy::forgives`]); false compiles the question away.
    const FORGIVES: bool = false;
    /// Whether it can be told that a page has left without it ([`Policy::forget`]): what it takes to govern the
    /// pages of several processes that end.
    const FORGETS: bool = false;

    /// The policy with empty memory.
    fn new(setup: &Setup<'_>) -> Self;

    /// The page of `at` is resident in `frame`.
    fn hit<W: Witness>(&mut self, at: Reference, frame: Frame, memory: &mut Memory, tell: &mut W);

    /// Chooses the frame whose page leaves for `at`. Every frame holds a page.
    fn evict<W: Witness>(&mut self, at: Reference, memory: &mut Memory, tell: &mut W) -> Frame;

    /// The page of `at` has been put into `frame`.
    fn load<W: Witness>(&mut self, at: Reference, frame: Frame, memory: &mut Memory, tell: &mut W);

    /// A frame to give back without replacing its page, asked until none is left: after [`Policy::hit`], and on a
    /// fault both before a frame is looked for and after [`Policy::load`]. The page of `at` must not be among them.
    fn release<W: Witness>(
        &mut self,
        _at: Reference,
        _fault: bool,
        _memory: &mut Memory,
        _tell: &mut W,
    ) -> Option<Frame> {
        None
    }

    /// Whether loading this page, which is not resident, counts as a hit: only to count as a program counts that is
    /// known to be wrong.
    fn forgives(&self, _page: PageId) -> bool {
        false
    }

    /// The page in `frame` is about to leave because its process does: it is no longer to be chosen. Asked only of
    /// a policy that [`Policy::FORGETS`], and not between [`Policy::evict`] and [`Policy::load`].
    fn forget(&mut self, _frame: Frame, _memory: &Memory) {}

    /// Its own queues, bits and hands as data.
    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View;
}

/// What a policy is called and what it takes, where several policies are one generic type: the small type that makes
/// it this policy says it. What else sets them apart stands in the trait beside the generic type.
pub trait Variant: Clone + Copy + Send + std::fmt::Debug {
    /// [`Policy::NAME`].
    const NAME: &'static str;
    /// [`Policy::TITLE`].
    const TITLE: &'static str;
    /// [`Policy::ABOUT`].
    const ABOUT: &'static str;
    /// [`Policy::PARAMETERS`].
    const PARAMETERS: &'static [&'static Parameter] = &[];
}

/// Who listens to a policy deciding. [`Silent`] is the one for speed: its methods are empty, so neither the
/// closures nor what they would read survive compilation.
pub trait Witness {
    /// A sentence about what is compared or done, without its full stop.
    fn say(&mut self, sentence: impl FnOnce(&Telling<'_>) -> String);
    /// A page left without being replaced.
    fn released(&mut self, page: PageId, frame: Frame, dirty: bool);
    /// A page was put into a frame, after `victim` (and whether that was dirty) had left it.
    fn placed(&mut self, page: PageId, frame: Frame, victim: Option<(PageId, bool)>);
}

/// The witness that hears nothing and costs nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Witness for Silent {
    #[inline(always)]
    fn say(&mut self, _: impl FnOnce(&Telling<'_>) -> String) {}
    #[inline(always)]
    fn released(&mut self, _: PageId, _: Frame, _: bool) {}
    #[inline(always)]
    fn placed(&mut self, _: PageId, _: Frame, _: Option<(PageId, bool)>) {}
}
