//! A stack of frames in order of their last use, of which one end leaves: what LRU and MRU are but for the end.

use std::marker::PhantomData;

use super::chains::{Chains, List};
use super::convention::Parameter;
use super::index::Frame;
use super::memory::Memory;
use super::policy::{Listed, Policy, Reference, Setup, Variant, Witness};
use super::telling::{Telling, listed};
use super::view::{Queue, View};

const STACK: List = List(0);

/// An end of the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// That of the last use.
    Front,
    /// That of the use the longest ago.
    Back,
}

/// Which end leaves.
pub trait Leaving: Variant {
    /// The end.
    const END: End;
    /// The same in a sentence: "oldest".
    const WORD: &'static str;
}

/// The policy that compares last uses.
#[derive(Debug, Clone)]
pub struct Recency<L> {
    stack: Chains<Frame>,
    leaving: PhantomData<L>,
}

impl<L: Leaving> Recency<L> {
    /// The frame whose page leaves next.
    #[inline(always)]
    fn next(&self) -> Option<Frame> {
        match L::END {
            End::Front => self.stack.front(STACK),
            End::Back => self.stack.back(STACK),
        }
    }

    /// The frames in the order in which their pages would leave.
    fn order(&self) -> impl Iterator<Item = Frame> {
        std::iter::successors(self.next(), |&frame| match L::END {
            End::Front => self.stack.after(frame),
            End::Back => self.stack.before(frame),
        })
    }

    fn compared(&self, memory: &Memory, telling: &Telling<'_>) -> String {
        let uses = listed(self.order().map(|frame| {
            format!("{} at {}", telling.resident(memory, frame), telling.used(frame))
        }));
        format!("{} compares last uses: {uses}", L::TITLE)
    }
}

impl<L: Leaving> Policy for Recency<L> {
    const NAME: &'static str = L::NAME;
    const TITLE: &'static str = L::TITLE;
    const ABOUT: &'static str = L::ABOUT;
    const PARAMETERS: &'static [&'static Parameter] = L::PARAMETERS;
    const LISTED: Listed = Listed::ByUse;
    const FORGETS: bool = true;

    fn new(setup: &Setup<'_>) -> Recency<L> {
        Recency { stack: Chains::new(setup.frames, 1), leaving: PhantomData }
    }

    #[inline(always)]
    fn hit<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        self.stack.move_to_front(STACK, frame);
        tell.say(|telling| format!("Page {} is now the most recently used", telling.page(at.page)));
    }

    #[inline(always)]
    fn evict<W: Witness>(&mut self, _: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        tell.say(|telling| self.compared(memory, telling));
        let victim = self.next().unwrap_or(Frame::new(0));
        self.stack.remove(STACK, victim);
        tell.say(|telling| format!("The {} is {}", L::WORD, telling.resident(memory, victim)));
        victim
    }

    #[inline(always)]
    fn load<W: Witness>(&mut self, _: Reference, frame: Frame, _: &mut Memory, _: &mut W) {
        self.stack.push_front(STACK, frame);
    }

    fn forget(&mut self, frame: Frame, _: &Memory) {
        self.stack.remove(STACK, frame);
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        let note = |frame| Some(format!("used at {}", telling.used(frame)));
        let (len, limit) = (self.stack.len(STACK), Some(memory.frames()));
        let frames = self.stack.iter(STACK);
        let stack = Queue::of_frames("stack", len, limit, frames, memory, telling, note);
        View::Queues { queues: vec![stack], gauges: Vec::new() }
    }
}
