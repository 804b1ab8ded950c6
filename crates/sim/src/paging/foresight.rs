//! Knowing each page's next use, with the nearest or the furthest on top: what OPT and UNOPT are but for that word.
//!
//! A frame's rank in the heap holds the next use in its high half, and in the low half what breaks a tie among pages
//! that are never used again.

use std::marker::PhantomData;
use std::sync::Arc;

use super::convention::{Kind, Parameter};
use super::heap::{HALF, Heap, Top, low};
use super::index::Frame;
use super::memory::Memory;
use super::policy::{Policy, Reference, Setup, Variant, Witness};
use super::telling::{Telling, listed};
use super::view::View;

/// The position of a next use that never comes.
const NEVER: u64 = HALF;

/// The words of [`Tie`].
pub(crate) const TIES: Kind = Kind::Word(&["oldest", "newest", "lowest-frame"]);

/// What breaks a tie among pages that are never used again.
#[derive(Debug, Clone, Copy)]
pub enum Tie {
    /// The first loaded leaves.
    Oldest,
    /// The last loaded leaves.
    Newest,
    /// That in the lowest frame leaves.
    LowestFrame,
}

impl Tie {
    fn of(word: &str) -> Tie {
        match word {
            "newest" => Tie::Newest,
            "lowest-frame" => Tie::LowestFrame,
            _ => Tie::Oldest,
        }
    }

    /// The rule in words, of several pages.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Tie::Oldest => "the first loaded",
            Tie::Newest => "the last loaded",
            Tie::LowestFrame => "that in the lowest frame",
        }
    }

    /// The low half of a rank: the higher, the sooner it leaves.
    fn rank(self, frame: Frame, loaded: u64) -> u64 {
        match self {
            Tie::Oldest => HALF - loaded,
            Tie::Newest => loaded,
            Tie::LowestFrame => HALF - low(frame),
        }
    }
}

/// Which next use leaves.
pub trait Direction: Variant {
    /// The same to the heap.
    const TOP: Top;
    /// The same in a sentence: "furthest".
    const WORD: &'static str;
    /// The parameter that takes [`TIES`].
    const TIE: &'static Parameter;

    /// The sentence about a victim that is never used again, or one of `never` such pages.
    fn unused(page: &str, never: usize, tie: Tie) -> String;
}

/// The policy that compares next uses.
#[derive(Debug, Clone)]
pub struct Foresight<D> {
    next_uses: Arc<[u32]>,
    heap: Heap,
    tie: Tie,
    direction: PhantomData<D>,
}

impl<D: Direction> Foresight<D> {
    /// The high half of the rank of the page of `at`.
    #[inline]
    fn high(&self, at: Reference) -> u64 {
        let next = usize::try_from(at.time).map_or(NEVER, |time| u64::from(self.next_uses[time]));
        D::TOP.half(next) << 32
    }

    /// The next use of the page in a frame, from 1; `None` is never.
    fn ahead(&self, frame: Frame) -> Option<u64> {
        let next = D::TOP.half(self.heap.rank(frame) >> 32);
        (next != NEVER).then_some(next + 1)
    }

    fn compared(&self, memory: &Memory, telling: &Telling<'_>) -> String {
        let uses = listed(memory.pages().map(|(frame, page)| match self.ahead(frame) {
            Some(next) => format!("{} at {next}", telling.page(page)),
            None => format!("{} never", telling.page(page)),
        }));
        format!("{} compares next uses: {uses}", D::TITLE)
    }

    fn chosen(&self, victim: Frame, memory: &Memory, telling: &Telling<'_>) -> String {
        let page = telling.resident(memory, victim);
        if self.ahead(victim).is_some() {
            return format!("The {} is {page}", D::WORD);
        }
        let never = memory.pages().filter(|&(frame, _)| self.ahead(frame).is_none()).count();
        D::unused(&page, never, self.tie)
    }
}

impl<D: Direction> Policy for Foresight<D> {
    const NAME: &'static str = D::NAME;
    const TITLE: &'static str = D::TITLE;
    const ABOUT: &'static str = D::ABOUT;
    const PARAMETERS: &'static [&'static Parameter] = D::PARAMETERS;

    fn new(setup: &Setup<'_>) -> Foresight<D> {
        Foresight {
            next_uses: setup.references.next_uses().into(),
            heap: Heap::new(setup.frames),
            tie: Tie::of(setup.convention.word(D::TIE)),
            direction: PhantomData,
        }
    }

    #[inline]
    fn hit<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        let tie = self.heap.rank(frame) & HALF;
        self.heap.change(frame, self.high(at) | tie);
        tell.say(|telling| match self.ahead(frame) {
            Some(next) => format!("Page {} is used next at {next}", telling.page(at.page)),
            None => format!("Page {} is never used again", telling.page(at.page)),
        });
    }

    #[inline]
    fn evict<W: Witness>(&mut self, _: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        tell.say(|telling| self.compared(memory, telling));
        let victim = self.heap.pop().unwrap_or(Frame::new(0));
        tell.say(|telling| self.chosen(victim, memory, telling));
        victim
    }

    #[inline]
    fn load<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, _: &mut W) {
        self.heap.push(frame, self.high(at) | self.tie.rank(frame, at.time));
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        View::values("next use", memory, telling, |frame| (self.ahead(frame), None))
    }
}
