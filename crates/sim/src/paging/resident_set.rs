//! A resident set that shrinks by itself: what PFF and the working set are but for the rule by which a page leaves it.
//!
//! The set is capped by the number of frames: when they are all taken, the least recently used page leaves.

use super::chains::{Chains, List};
use super::convention::{Kind, Parameter, Value};
use super::index::{Frame, Table};
use super::memory::Memory;
use super::policy::{Listed, Policy, Reference, Setup, Variant, Witness};
use super::telling::{Telling, listed};
use super::view::{Gauge, Queue, View};

const STACK: List = List(0);

/// When a page leaves the set.
pub trait Rule: Variant {
    /// What the view calls the set.
    const SET: &'static str;
    /// What a sentence says of a set that is as large as memory.
    const FULL: &'static str;

    /// The rule before the first reference.
    fn new(setup: &Setup<'_>) -> Self;
    /// What a hit means to the page of this number, as a sentence.
    fn hit(page: u64) -> String;
    /// Hears of a load, after it.
    fn loaded<W: Witness>(&mut self, at: Reference, tell: &mut W);
    /// Whether the page leaves that was used the longest ago, by the reference `used`, from 1.
    fn drops(&self, at: Reference, fault: bool, used: u64) -> bool;
    /// Why it leaves, as a sentence.
    fn why(&self, page: &str, used: u64) -> String;
    /// What steers the rule.
    fn gauge(&self) -> Gauge;
}

/// The parameter of a span in references; 0 is as many as there are frames.
pub(crate) const fn span_parameter(name: &'static str, about: &'static str) -> Parameter {
    Parameter { name, about, kind: Kind::Whole(0, u64::MAX), default: Value::Whole(0) }
}

/// The value of such a parameter.
pub(crate) fn span(setup: &Setup<'_>, parameter: &Parameter) -> u64 {
    match setup.convention.whole(parameter) {
        0 => setup.frames as u64,
        span => span,
    }
}

/// The policy that follows a rule.
#[derive(Debug, Clone)]
pub struct ResidentSet<R> {
    stack: Chains<Frame>,
    /// The reference, from 1, that used a frame's page last.
    used: Table<Frame, u64>,
    rule: R,
}

impl<R: Rule> ResidentSet<R> {
    fn compared(&self, memory: &Memory, telling: &Telling<'_>) -> String {
        let uses =
            listed(self.stack.iter_back(STACK).map(|frame| {
                format!("{} at {}", telling.resident(memory, frame), self.used[frame])
            }));
        format!("{}, last uses: {uses}", R::FULL)
    }
}

impl<R: Rule> Policy for ResidentSet<R> {
    const NAME: &'static str = R::NAME;
    const TITLE: &'static str = R::TITLE;
    const ABOUT: &'static str = R::ABOUT;
    const PARAMETERS: &'static [&'static Parameter] = R::PARAMETERS;
    const LISTED: Listed = Listed::ByUse;
    const RESIZES: bool = true;
    const FORGETS: bool = true;

    fn new(setup: &Setup<'_>) -> ResidentSet<R> {
        let (stack, used) = (Chains::new(setup.frames, 1), Table::new(setup.frames, 0));
        ResidentSet { stack, used, rule: R::new(setup) }
    }

    #[inline]
    fn hit<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        self.stack.move_to_front(STACK, frame);
        self.used[frame] = at.number();
        tell.say(|telling| R::hit(telling.page(at.page)));
    }

    #[inline]
    fn evict<W: Witness>(&mut self, _: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        tell.say(|telling| self.compared(memory, telling));
        let victim = self.stack.pop_back(STACK).unwrap_or(Frame::new(0));
        tell.say(|telling| format!("The oldest is {}", telling.resident(memory, victim)));
        victim
    }

    #[inline]
    fn load<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        self.stack.push_front(STACK, frame);
        self.used[frame] = at.number();
        self.rule.loaded(at, tell);
    }

    #[inline]
    fn release<W: Witness>(
        &mut self,
        at: Reference,
        fault: bool,
        memory: &mut Memory,
        tell: &mut W,
    ) -> Option<Frame> {
        let oldest = self.stack.back(STACK)?;
        let used = self.used[oldest];
        if !self.rule.drops(at, fault, used) {
            return None;
        }
        self.stack.remove(STACK, oldest);
        tell.say(|telling| self.rule.why(&telling.resident(memory, oldest), used));
        Some(oldest)
    }

    fn forget(&mut self, frame: Frame, _: &Memory) {
        self.stack.remove(STACK, frame);
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        let note = |frame| Some(format!("used at {}", self.used[frame]));
        let (len, limit) = (self.stack.len(STACK), Some(memory.frames()));
        let frames = self.stack.iter(STACK);
        let set = Queue::of_frames(R::SET, len, limit, frames, memory, telling, note);
        View::Queues { queues: vec![set], gauges: vec![self.rule.gauge()] }
    }
}
