//! Knowing each page's next use, with the nearest or the furthest on top: what OPT and UNOPT are but for that word.
//!
//! The next uses of the resident pages are different positions of the string, so they are a set of bits, and the page
//! that is used at a position is looked up in the string. A hit adds one bit: that of the use that has come is behind,
//! where neither end of the set is looked for. Pages that are never used again are a second set, by what breaks a tie
//! among them. (With a binary heap of frames by their next use this took 2 to 4 times as long.)

use std::marker::PhantomData;
use std::sync::Arc;

use super::bit_tree::BitTree;
use super::convention::{Kind, Parameter};
use super::index::{Frame, PageId, Table};
use super::memory::Memory;
use super::policy::{Policy, Reference, Setup, Variant, Witness};
use super::telling::{Telling, listed};
use super::view::View;

/// The position of a next use that never comes.
const NEVER: u32 = u32::MAX;

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

    /// The set of pages that are never used again, by the number that decides among them.
    fn set(self, setup: &Setup<'_>) -> BitTree {
        BitTree::new(match self {
            Tie::Oldest | Tie::Newest => setup.references.len(),
            Tie::LowestFrame => setup.frames,
        })
    }
}

/// Which next use leaves.
pub trait Direction: Variant {
    /// Whether it is the furthest, where every page is used again; otherwise the nearest, where one is.
    const FURTHEST: bool;
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
    /// For each position of the string the next use of its page, and that page.
    next_uses: Arc<Vec<u32>>,
    pages: Arc<Vec<u32>>,
    /// The next uses of the resident pages, and positions that are behind.
    uses: BitTree,
    /// The resident pages that are never used again: the positions that loaded them, or their frames.
    unused: BitTree,
    /// The position that loaded the page in a frame.
    loaded: Table<Frame, u32>,
    tie: Tie,
    direction: PhantomData<D>,
}

impl<D: Direction> Foresight<D> {
    /// Notes the next use of the page of `at`, which is in `frame`.
    #[inline(always)]
    fn look_ahead(&mut self, at: Reference, frame: Frame) {
        let next = self.next_uses[position(at) as usize];
        if next == NEVER {
            self.unused.insert(self.among_unused(frame));
        } else {
            self.uses.insert(next);
        }
    }

    /// The number of a frame's page in the set of those that are never used again.
    #[inline]
    fn among_unused(&self, frame: Frame) -> u32 {
        match self.tie {
            Tie::Oldest | Tie::Newest => self.loaded[frame],
            Tie::LowestFrame => frame.number(),
        }
    }

    /// Takes out the page that leaves for `at`, where one is used again.
    #[inline]
    fn take_used(&mut self, at: Reference, memory: &Memory) -> Option<Frame> {
        let used = if D::FURTHEST { self.uses.last() } else { self.uses.first_from(position(at)) }?;
        self.uses.remove(used);
        self.frame_at(used, memory)
    }

    /// Takes out the page that leaves of those that are never used again, where there is one.
    #[inline]
    fn take_unused(&mut self, memory: &Memory) -> Option<Frame> {
        let unused = match self.tie {
            Tie::Oldest | Tie::LowestFrame => self.unused.first(),
            Tie::Newest => self.unused.last(),
        }?;
        self.unused.remove(unused);
        match self.tie {
            Tie::Oldest | Tie::Newest => self.frame_at(unused, memory),
            Tie::LowestFrame => Some(Frame::new(unused)),
        }
    }

    /// The frame of the page that is referenced at a position.
    fn frame_at(&self, position: u32, memory: &Memory) -> Option<Frame> {
        memory.frame_of(PageId::new(self.pages[position as usize]))
    }

    /// The next use, from 1, of the page that reference `number`, from 1, was to; `None` is never.
    fn ahead_of(&self, number: u64) -> Option<u64> {
        let position = usize::try_from(number).ok()?.checked_sub(1)?;
        let next = *self.next_uses.get(position)?;
        (next != NEVER).then_some(u64::from(next) + 1)
    }

    /// The next use, from 1, of the page in a frame; `None` is never.
    fn ahead(&self, frame: Frame, telling: &Telling<'_>) -> Option<u64> {
        self.ahead_of(telling.used(frame))
    }

    fn compared(&self, memory: &Memory, telling: &Telling<'_>) -> String {
        let uses = listed(memory.pages().map(|(frame, page)| match self.ahead(frame, telling) {
            Some(next) => format!("{} at {next}", telling.page(page)),
            None => format!("{} never", telling.page(page)),
        }));
        format!("{} compares next uses: {uses}", D::TITLE)
    }

    fn chosen(&self, victim: Frame, memory: &Memory, telling: &Telling<'_>) -> String {
        let page = telling.resident(memory, victim);
        if self.ahead(victim, telling).is_some() {
            return format!("The {} is {page}", D::WORD);
        }
        let never =
            memory.pages().filter(|&(frame, _)| self.ahead(frame, telling).is_none()).count();
        D::unused(&page, never, self.tie)
    }
}

impl<D: Direction> Policy for Foresight<D> {
    const NAME: &'static str = D::NAME;
    const TITLE: &'static str = D::TITLE;
    const ABOUT: &'static str = D::ABOUT;
    const PARAMETERS: &'static [&'static Parameter] = D::PARAMETERS;

    fn new(setup: &Setup<'_>) -> Foresight<D> {
        let tie = Tie::of(setup.convention.word(D::TIE));
        Foresight {
            next_uses: Arc::new(setup.references.next_uses()),
            pages: setup.references.ranks(),
            uses: BitTree::new(setup.references.len()),
            unused: tie.set(setup),
            loaded: Table::new(setup.frames, 0),
            tie,
            direction: PhantomData,
        }
    }

    #[inline(always)]
    fn hit<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        self.look_ahead(at, frame);
        tell.say(|telling| match self.ahead_of(at.number()) {
            Some(next) => format!("Page {} is used next at {next}", telling.page(at.page)),
            None => format!("Page {} is never used again", telling.page(at.page)),
        });
    }

    #[inline]
    fn evict<W: Witness>(&mut self, at: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        tell.say(|telling| self.compared(memory, telling));
        let victim = if D::FURTHEST {
            self.take_unused(memory).or_else(|| self.take_used(at, memory))
        } else {
            self.take_used(at, memory).or_else(|| self.take_unused(memory))
        };
        let victim = victim.unwrap_or(Frame::new(0));
        tell.say(|telling| self.chosen(victim, memory, telling));
        victim
    }

    #[inline]
    fn load<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, _: &mut W) {
        self.loaded[frame] = position(at);
        self.look_ahead(at, frame);
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        View::values("next use", memory, telling, |frame| (self.ahead(frame, telling), None))
    }
}

/// The position of a reference, as the sets hold it.
#[inline(always)]
fn position(at: Reference) -> u32 {
    u32::try_from(at.time).unwrap_or(NEVER)
}
