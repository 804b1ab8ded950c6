//! SIEVE: a FIFO queue with a hand that clears the bits it passes; pages stay where they are.
//!
//! Source: Zhang, Yang, Yue, Vigfusson, Rashmi, "SIEVE is simpler than LRU", NSDI 2024. The hand moves from the
//! oldest page to the newest and then starts again at the oldest. A page that was just loaded has a clear bit.

use crate::paging::chains::{Chains, List};
use crate::paging::index::{Frame, Table};
use crate::paging::memory::Memory;
use crate::paging::policy::{Policy, Reference, Setup, Witness};
use crate::paging::telling::Telling;
use crate::paging::view::{Queue, View};

const QUEUE: List = List(0);

/// The policy.
#[derive(Debug, Clone)]
pub struct Sieve {
    queue: Chains<Frame>,
    visited: Table<Frame, bool>,
    /// Where the hand stands; `None` is at the oldest page.
    hand: Option<Frame>,
}

impl Policy for Sieve {
    const NAME: &'static str = "sieve";
    const TITLE: &'static str = "SIEVE";
    const ABOUT: &'static str = "A FIFO queue whose hand clears bits and stops at the first clear \
        one; nothing is moved.";
    const FORGETS: bool = true;

    fn new(setup: &Setup<'_>) -> Sieve {
        Sieve {
            queue: Chains::new(setup.frames, 1),
            visited: Table::new(setup.frames, false),
            hand: None,
        }
    }

    #[inline(always)]
    fn hit<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        self.visited[frame] = true;
        tell.say(|telling| format!("Page {} is marked as visited", telling.page(at.page)));
    }

    #[inline]
    fn evict<W: Witness>(&mut self, _: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        tell.say(|_| {
            "SIEVE looks at visited bits from the hand towards the newest page".to_owned()
        });
        loop {
            let frame = self.hand.or_else(|| self.queue.back(QUEUE)).unwrap_or(Frame::new(0));
            self.hand = self.queue.before(frame);
            let spared = std::mem::take(&mut self.visited[frame]);
            tell.say(|telling| {
                let page = telling.resident(memory, frame);
                let found = if spared { "1, which is cleared" } else { "0 and leaves" };
                format!("Page {page} has {found}")
            });
            if !spared {
                self.queue.remove(QUEUE, frame);
                return frame;
            }
        }
    }

    #[inline(always)]
    fn load<W: Witness>(&mut self, _: Reference, frame: Frame, _: &mut Memory, _: &mut W) {
        self.queue.push_front(QUEUE, frame);
        self.visited[frame] = false;
    }

    fn forget(&mut self, frame: Frame, _: &Memory) {
        if self.hand == Some(frame) {
            self.hand = self.queue.before(frame);
        }
        self.queue.remove(QUEUE, frame);
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        let hand = self.hand.or_else(|| self.queue.back(QUEUE));
        let note = |frame| match (self.visited[frame], hand == Some(frame)) {
            (true, true) => Some("visited, hand".to_owned()),
            (true, false) => Some("visited".to_owned()),
            (false, true) => Some("hand".to_owned()),
            (false, false) => None,
        };
        let (len, limit) = (self.queue.len(QUEUE), Some(memory.frames()));
        let frames = self.queue.iter(QUEUE);
        let queue = Queue::of_frames("queue", len, limit, frames, memory, telling, note);
        View::Queues { queues: vec![queue], gauges: Vec::new() }
    }
}
