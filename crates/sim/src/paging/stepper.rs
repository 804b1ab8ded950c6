//! Stepping through a reference string in both directions, with a sentence a step.
//!
//! Going back is a replay: checkpoints of the whole machine stand at even distances, and the references between the
//! nearest one and the wanted step are made again, silently. The machine is deterministic, so the state is the same.

use super::convention::{Convention, FRAMES_ORDER};
use super::index::{Frame, PageId};
use super::machine::{Counts, Machine, Outcome};
use super::policy::{Listed, Policy, Setup, Silent, Witness};
use super::random::mix;
use super::references::References;
use super::run::Step;
use super::telling::{Stamps, Teller, Telling};
use super::view::View;

/// The most checkpoints of one stepper, and the bytes they may take together, roughly.
const CHECKPOINTS: usize = 64;
const CHECKPOINT_BYTES: usize = 64 << 20;

/// What every stepper does, whatever its policy.
pub trait Steps {
    /// Makes the next reference; `None` at the end of the string.
    fn forward(&mut self) -> Option<Step>;
    /// Goes to the state after `position` references (0: empty memory) and returns the step that led there. A
    /// position past the end is the end.
    fn seek(&mut self, position: usize) -> Option<Step>;
    /// Goes forward to the state after `position` references, without a word; to the end where that is past it, and
    /// nowhere where it is passed already. What each reference did is put into `deeds`.
    fn advance(&mut self, position: usize, deeds: Option<&mut Vec<Deed>>);
    /// References made so far.
    fn position(&self) -> usize;
    /// References in the string.
    fn len(&self) -> usize;
    /// Whether the string has none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The counts so far.
    fn counts(&self) -> Counts;
    /// The policy's own state.
    fn view(&self) -> View;
    /// The pages in memory, as [`Step::frames`] shows them.
    fn frames(&self) -> Vec<Option<u64>>;
    /// One step back: the step that led to where it stands then, `None` at the beginning.
    fn back(&mut self) -> Option<Step> {
        self.seek(self.position().saturating_sub(1))
    }
}

/// What a reference did to memory, in a number: whether it hit, and which pages left. Two machines that hold the same
/// pages hold the same pages after equal deeds; unequal ones are taken for equal once in 2^63.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deed(u64);

impl Deed {
    fn new(left: u64, hit: bool) -> Deed {
        Deed((left << 1) | u64::from(hit))
    }

    /// Whether a page left.
    pub fn evicts(self) -> bool {
        self.0 > 1
    }
}

/// The witness that hears which pages leave: it adds up a hash of each.
#[derive(Debug, Default)]
struct Leaving(u64);

impl Leaving {
    fn add(&mut self, page: PageId) {
        self.0 = self.0.wrapping_add(mix(u64::from(page.rank()) + 1));
    }
}

impl Witness for Leaving {
    #[inline(always)]
    fn say(&mut self, _: impl FnOnce(&Telling<'_>) -> String) {}
    #[inline(always)]
    fn released(&mut self, page: PageId, _: Frame, _: bool) {
        self.add(page);
    }
    #[inline(always)]
    fn placed(&mut self, _: PageId, _: Frame, victim: Option<(PageId, bool)>) {
        if let Some((page, _)) = victim {
            self.add(page);
        }
    }
}

/// A machine that can go back.
#[derive(Debug, Clone)]
pub struct Stepper<'a, P> {
    references: &'a References,
    state: State<P>,
    /// The state after `index × spacing` references.
    checkpoints: Vec<State<P>>,
    spacing: usize,
    as_list: bool,
}

/// All that a step changes.
#[derive(Debug, Clone)]
struct State<P> {
    machine: Machine<P>,
    stamps: Stamps,
    position: usize,
}

impl<'a, P: Policy> Stepper<'a, P> {
    /// A stepper before the first reference. `frames` is from 1 to [`MAX_FRAMES`](super::MAX_FRAMES).
    pub fn new(
        frames: usize,
        references: &'a References,
        convention: &Convention,
    ) -> Stepper<'a, P> {
        let machine = Machine::new(&Setup { frames, references, convention });
        let state = State { machine, stamps: Stamps::new(frames), position: 0 };
        let bytes = 64 * (frames + references.distinct()) + references.len() / 4;
        let checkpoints = (CHECKPOINT_BYTES / bytes).clamp(1, CHECKPOINTS);
        Stepper {
            references,
            checkpoints: vec![state.clone()],
            spacing: (references.len() / checkpoints).max(32),
            as_list: convention.word(&FRAMES_ORDER) == "list",
            state,
        }
    }

    /// Makes the next reference without a word.
    fn skip(&mut self) {
        let Some((page, write)) = self.references.get(self.state.position) else { return };
        let outcome = self.state.machine.reference(page, write);
        self.arrive(outcome);
    }

    /// Makes the references up to a position before a witness, and keeps no checkpoint.
    fn pass<W: Witness>(
        &mut self,
        to: usize,
        witness: &mut W,
        mut heard: impl FnMut(&mut W, Outcome),
    ) {
        let State { machine, stamps, position } = &mut self.state;
        while *position < to {
            let Some((page, write)) = self.references.get(*position) else { return };
            let outcome = machine.witnessed(page, write, witness);
            *position += 1;
            stamps.note(*position as u64, outcome);
            heard(witness, outcome);
        }
    }

    /// Notes the outcome of a reference and keeps a checkpoint where one is due.
    fn arrive(&mut self, outcome: Outcome) {
        self.state.position += 1;
        self.state.stamps.note(self.state.position as u64, outcome);
        if self.state.position == self.checkpoints.len() * self.spacing {
            self.checkpoints.push(self.state.clone());
        }
    }

    /// Goes back to the last checkpoint that is not after `position`.
    fn rewind(&mut self, position: usize) {
        let nearest = (position / self.spacing).min(self.checkpoints.len() - 1);
        self.state = self.checkpoints[nearest].clone();
    }

    fn opening(&self, number: u64, name: u64, resident: Option<Frame>) -> String {
        match resident {
            Some(frame) => {
                format!("Reference {number}: page {name} is resident in frame {frame}: a hit")
            }
            None => format!("Reference {number}: page {name} is not resident"),
        }
    }

    fn slots(&self) -> Vec<Option<u64>> {
        let memory = self.state.machine.memory();
        let name = |frame| memory.page_in(frame).map(|page| self.references.name(page));
        (0..memory.frames()).map(|number| name(Frame::new(number))).collect()
    }

    fn list(&self) -> Vec<Option<u64>> {
        let telling = Telling::new(self.references, &self.state.stamps);
        let mut pages: Vec<_> = self.state.machine.memory().pages().collect();
        pages.sort_by_key(|&(frame, _)| match P::LISTED {
            Listed::ByLoad => telling.loaded(frame),
            Listed::ByUse => telling.used(frame),
        });
        pages.into_iter().map(|(_, page)| Some(telling.page(page))).collect()
    }
}

impl<P: Policy> Steps for Stepper<'_, P> {
    fn forward(&mut self) -> Option<Step> {
        let (page, write) = self.references.get(self.state.position)?;
        let (index, name) = (self.state.position as u64 + 1, self.references.name(page));
        let opening = self.opening(index, name, self.state.machine.memory().frame_of(page));
        let telling = Telling::new(self.references, &self.state.stamps);
        let mut teller = Teller::new(telling, opening);
        let outcome = self.state.machine.witnessed(page, write, &mut teller);
        let victim = teller.victim.map(|page| self.references.name(page));
        let released = teller.released.iter().map(|&page| self.references.name(page)).collect();
        let explain = teller.prose();
        self.arrive(outcome);
        let hit = matches!(outcome, Outcome::Hit(_));
        let frame = self.state.machine.memory().frame_of(page).map(Frame::number);
        let frames = self.frames();
        let view = None;
        Some(Step { index, page: name, write, hit, frame, victim, released, frames, explain, view })
    }

    fn seek(&mut self, position: usize) -> Option<Step> {
        let position = position.min(self.references.len());
        let before = position.saturating_sub(1);
        if self.state.position > before {
            self.rewind(before);
        }
        while self.state.position < before {
            self.skip();
        }
        if position == 0 { None } else { self.forward() }
    }

    fn advance(&mut self, position: usize, deeds: Option<&mut Vec<Deed>>) {
        let to = position.min(self.references.len());
        match deeds {
            None => self.pass(to, &mut Silent, |_, _| {}),
            Some(deeds) => self.pass(to, &mut Leaving::default(), |left, outcome| {
                let left = std::mem::take(&mut left.0);
                deeds.push(Deed::new(left, matches!(outcome, Outcome::Hit(_))));
            }),
        }
    }

    fn position(&self) -> usize {
        self.state.position
    }

    fn len(&self) -> usize {
        self.references.len()
    }

    fn counts(&self) -> Counts {
        self.state.machine.counts()
    }

    fn view(&self) -> View {
        let telling = Telling::new(self.references, &self.state.stamps);
        self.state.machine.policy().view(self.state.machine.memory(), &telling)
    }

    fn frames(&self) -> Vec<Option<u64>> {
        if self.as_list { self.list() } else { self.slots() }
    }
}
