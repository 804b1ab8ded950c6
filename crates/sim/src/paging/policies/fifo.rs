//! FIFO: the page that was loaded first leaves first.
//!
//! Source: Silberschatz, Galvin, Gagne, *Operating System Concepts*, "FIFO Page Replacement".
//!
//! Frames are filled lowest first and refilled in place, so the order of loading is the order of the frames, in a
//! circle: the queue is one number. Once a page has left with its process that is no longer so, and the queue is a
//! list.

use crate::paging::chains::{Chains, List};
use crate::paging::index::Frame;
use crate::paging::memory::Memory;
use crate::paging::policy::{Policy, Reference, Setup, Witness};
use crate::paging::telling::{Telling, listed};
use crate::paging::view::{Queue, View};

const QUEUE: List = List(0);

/// The policy.
#[derive(Debug, Clone)]
pub struct Fifo {
    oldest: u32,
    frames: u32,
    /// The newest first; `None` while the order is that of the frames.
    list: Option<Box<Chains<Frame>>>,
}

impl Fifo {
    /// The frames that hold a page, from the oldest load to the newest.
    fn queue(&self, memory: &Memory) -> Vec<Frame> {
        if let Some(list) = &self.list {
            return list.iter_back(QUEUE).collect();
        }
        let (oldest, frames) = (self.oldest, self.frames);
        (0..memory.resident()).map(|rank| Frame::new((oldest + rank) % frames)).collect()
    }

    fn compared(&self, memory: &Memory, telling: &Telling<'_>) -> String {
        let loads = listed(self.queue(memory).into_iter().map(|frame| {
            format!("{} at {}", telling.resident(memory, frame), telling.loaded(frame))
        }));
        format!("FIFO compares when pages were loaded: {loads}")
    }
}

impl Policy for Fifo {
    const NAME: &'static str = "fifo";
    const TITLE: &'static str = "FIFO";
    const ABOUT: &'static str = "First in, first out: the page that was loaded first leaves.";
    const FORGETS: bool = true;

    fn new(setup: &Setup<'_>) -> Fifo {
        let frames = u32::try_from(setup.frames).unwrap_or(u32::MAX);
        Fifo { oldest: 0, frames, list: None }
    }

    #[inline(always)]
    fn hit<W: Witness>(&mut self, _: Reference, _: Frame, _: &mut Memory, tell: &mut W) {
        tell.say(|_| "FIFO does not look at uses".to_owned());
    }

    #[inline(always)]
    fn evict<W: Witness>(&mut self, _: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        tell.say(|telling| self.compared(memory, telling));
        let listed = self.list.as_mut().and_then(|list| list.pop_back(QUEUE));
        let victim = listed.unwrap_or(Frame::new(self.oldest));
        tell.say(|telling| format!("The first of them is {}", telling.resident(memory, victim)));
        self.oldest = if self.oldest + 1 == self.frames { 0 } else { self.oldest + 1 };
        victim
    }

    #[inline(always)]
    fn load<W: Witness>(&mut self, _: Reference, frame: Frame, _: &mut Memory, _: &mut W) {
        if let Some(list) = &mut self.list {
            list.push_front(QUEUE, frame);
        }
    }

    fn forget(&mut self, frame: Frame, memory: &Memory) {
        let mut list = self.list.take().unwrap_or_else(|| {
            let mut list = Box::new(Chains::new(self.frames as usize, 1));
            self.queue(memory).into_iter().for_each(|held| list.push_front(QUEUE, held));
            list
        });
        list.remove(QUEUE, frame);
        self.list = Some(list);
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        let newest_first = self.queue(memory).into_iter().rev();
        let note = |frame| Some(format!("loaded at {}", telling.loaded(frame)));
        let queue = Queue::of_frames(
            "loaded",
            memory.resident(),
            Some(self.frames),
            newest_first,
            memory,
            telling,
            note,
        );
        View::Queues { queues: vec![queue], gauges: Vec::new() }
    }
}
