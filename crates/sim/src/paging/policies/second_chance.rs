//! Second chance: FIFO whose oldest page goes to the end of the queue once, if it was referenced.
//!
//! Source: Tanenbaum, Bos, *Modern Operating Systems*, "The Second-Chance Page Replacement Algorithm".
//!
//! It is CLOCK with a queue in the place of the hand: with the same bit on load both choose the same victims.

use crate::paging::chains::{Chains, List};
use crate::paging::convention::{Kind, Parameter, Value};
use crate::paging::index::{Frame, Table};
use crate::paging::memory::Memory;
use crate::paging::policy::{Policy, Reference, Setup, Witness};
use crate::paging::telling::Telling;
use crate::paging::view::{Queue, View};

const QUEUE: List = List(0);

/// `second-chance.load_bit`.
pub static LOAD_BIT: Parameter = Parameter {
    name: "second-chance.load_bit",
    about: "The reference bit of a page that was just loaded: 1 where loading counts as a reference.",
    kind: Kind::Whole(0, 1),
    default: Value::Whole(1),
};

/// The policy.
#[derive(Debug, Clone)]
pub struct SecondChance {
    queue: Chains<Frame>,
    referenced: Table<Frame, bool>,
    load_bit: bool,
}

impl Policy for SecondChance {
    const NAME: &'static str = "second-chance";
    const TITLE: &'static str = "Second chance";
    const ABOUT: &'static str = "FIFO whose oldest page, if it was referenced, has its bit \
        cleared and goes to the end of the queue.";
    const PARAMETERS: &'static [&'static Parameter] = &[&LOAD_BIT];
    const FORGETS: bool = true;

    fn new(setup: &Setup<'_>) -> SecondChance {
        SecondChance {
            queue: Chains::new(setup.frames, 1),
            referenced: Table::new(setup.frames, false),
            load_bit: setup.convention.whole(&LOAD_BIT) == 1,
        }
    }

    #[inline(always)]
    fn hit<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        self.referenced[frame] = true;
        tell.say(|telling| format!("The reference bit of page {} is set", telling.page(at.page)));
    }

    #[inline]
    fn evict<W: Witness>(&mut self, _: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        tell.say(|_| "Second chance looks at the queue from its oldest page".to_owned());
        loop {
            let oldest = self.queue.back(QUEUE).unwrap_or(Frame::new(0));
            let spared = std::mem::take(&mut self.referenced[oldest]);
            tell.say(|telling| {
                let page = telling.resident(memory, oldest);
                let end = if spared { "1 and goes to the end with 0" } else { "0 and leaves" };
                format!("Page {page} has {end}")
            });
            if !spared {
                self.queue.remove(QUEUE, oldest);
                return oldest;
            }
            self.queue.move_to_front(QUEUE, oldest);
        }
    }

    #[inline(always)]
    fn load<W: Witness>(&mut self, _: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        self.queue.push_front(QUEUE, frame);
        self.referenced[frame] = self.load_bit;
        tell.say(|_| format!("Its bit is {}", u32::from(self.load_bit)));
    }

    fn forget(&mut self, frame: Frame, _: &Memory) {
        self.queue.remove(QUEUE, frame);
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        let note = |frame| self.referenced[frame].then(|| "referenced".to_owned());
        let (len, limit) = (self.queue.len(QUEUE), Some(memory.frames()));
        let frames = self.queue.iter(QUEUE);
        let queue = Queue::of_frames("queue", len, limit, frames, memory, telling, note);
        View::Queues { queues: vec![queue], gauges: Vec::new() }
    }
}
