//! Counting references, with the page of the least or the most on top: what LFU and MFU are but for that word.
//!
//! A frame's rank in the heap holds the count in its high half, and in the low half the time that breaks a tie: of
//! equal counts the earlier one is nearer to the top, whichever count is.

use std::marker::PhantomData;

use super::convention::{Kind, Parameter, Value};
use super::heap::{HALF, Heap, Top};
use super::index::{Frame, PageId, Table};
use super::memory::Memory;
use super::policy::{Policy, Reference, Setup, Variant, Witness};
use super::telling::{Telling, listed, many};
use super::view::View;

/// Which count leaves.
pub trait Extreme: Variant {
    /// The same to the heap.
    const TOP: Top;
    /// The same in a sentence: "fewest".
    const WORD: &'static str;
    /// The parameter made by [`keep_counts`].
    const KEEP_COUNTS: &'static Parameter;
    /// The parameter made by [`tie`].
    const TIE: &'static Parameter;
}

/// The parameter that says what becomes of a count.
pub(crate) const fn keep_counts(name: &'static str) -> Parameter {
    Parameter {
        name,
        about: "Whether the count of a page that leaves is `lost`, or `kept` for when it comes back.",
        kind: Kind::Word(&["lost", "kept"]),
        default: Value::Word("lost"),
    }
}

/// The parameter that says how equal counts are ordered.
pub(crate) const fn tie(name: &'static str) -> Parameter {
    Parameter {
        name,
        about: "Which of several pages with the same count leaves: the least recently used (`lru`) or the first loaded \
                (`oldest`).",
        kind: Kind::Word(&["lru", "oldest"]),
        default: Value::Word("lru"),
    }
}

/// How equal counts are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tie {
    /// The least recently used first.
    LeastRecent,
    /// The first loaded first.
    Oldest,
}

/// The policy that compares counts.
#[derive(Debug, Clone)]
pub struct Counting<E> {
    heap: Heap,
    /// Counts of pages that left; empty where they are lost.
    kept: Option<Table<PageId, u32>>,
    tie: Tie,
    extreme: PhantomData<E>,
}

impl<E: Extreme> Counting<E> {
    /// The count of the page in a frame.
    fn count(&self, frame: Frame) -> u64 {
        E::TOP.half(self.heap.rank(frame) >> 32)
    }

    fn rank(count: u64, stamp: u64) -> u64 {
        E::TOP.half(count) << 32 | (HALF - stamp)
    }

    fn stamp(&self, frame: Frame) -> u64 {
        HALF - (self.heap.rank(frame) & HALF)
    }

    fn compared(&self, memory: &Memory, telling: &Telling<'_>) -> String {
        let counts = listed(
            memory
                .pages()
                .map(|(frame, page)| format!("{} has {}", telling.page(page), self.count(frame))),
        );
        format!("{} compares references: {counts}", E::TITLE)
    }

    fn chosen(&self, victim: Frame, memory: &Memory, telling: &Telling<'_>) -> String {
        let count = self.count(victim);
        let pages = memory.pages().map(|(frame, _)| self.count(frame));
        let alone = pages.filter(|&other| other == count).count() < 2;
        let rule = match (alone, self.tie) {
            (true, _) => "the page with it",
            (false, Tie::LeastRecent) => "the least recently used with it",
            (false, Tie::Oldest) => "the first loaded with it",
        };
        format!("The {} is {count}, and {rule} is {}", E::WORD, telling.resident(memory, victim))
    }
}

impl<E: Extreme> Policy for Counting<E> {
    const NAME: &'static str = E::NAME;
    const TITLE: &'static str = E::TITLE;
    const ABOUT: &'static str = E::ABOUT;
    const PARAMETERS: &'static [&'static Parameter] = E::PARAMETERS;
    const FORGETS: bool = true;

    fn new(setup: &Setup<'_>) -> Counting<E> {
        let kept = setup.convention.word(E::KEEP_COUNTS) == "kept";
        Counting {
            heap: Heap::new(setup.frames),
            kept: kept.then(|| Table::new(setup.references.distinct(), 0)),
            tie: match setup.convention.word(E::TIE) {
                "oldest" => Tie::Oldest,
                _ => Tie::LeastRecent,
            },
            extreme: PhantomData,
        }
    }

    #[inline]
    fn hit<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        let stamp = match self.tie {
            Tie::LeastRecent => at.time,
            Tie::Oldest => self.stamp(frame),
        };
        self.heap.put(frame, Self::rank(self.count(frame) + 1, stamp));
        tell.say(|telling| {
            let references = many(self.count(frame), "reference");
            format!("Page {} has {references} now", telling.page(at.page))
        });
    }

    #[inline]
    fn evict<W: Witness>(&mut self, _: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        tell.say(|telling| self.compared(memory, telling));
        let victim = self.heap.top().unwrap_or(Frame::new(0));
        let count = u32::try_from(self.count(victim)).unwrap_or(u32::MAX);
        if let (Some(kept), Some(page)) = (&mut self.kept, memory.page_in(victim)) {
            kept[page] = count;
        }
        tell.say(|telling| self.chosen(victim, memory, telling));
        victim
    }

    #[inline]
    fn load<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, _: &mut W) {
        let before = self.kept.as_ref().map_or(0, |kept| u64::from(kept[at.page]));
        self.heap.put(frame, Self::rank(before + 1, at.time));
    }

    fn forget(&mut self, frame: Frame, _: &Memory) {
        self.heap.remove(frame);
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        View::values("references", memory, telling, |frame| {
            (Some(self.count(frame)), Some(format!("used at {}", telling.used(frame))))
        })
    }
}
