//! FIFO: the page that was loaded first leaves first.
//!
//! Source: Silberschatz, Galvin, Gagne, *Operating System Concepts*, "FIFO Page Replacement".
//!
//! Frames are filled lowest first and refilled in place, so the order of loading is the order of the frames, in a
//! circle: the queue is one number.

use crate::paging::index::Frame;
use crate::paging::memory::Memory;
use crate::paging::policy::{Policy, Reference, Setup, Witness};
use crate::paging::telling::{Telling, listed};
use crate::paging::view::{Queue, View};

/// The policy.
#[derive(Debug, Clone)]
pub struct Fifo {
    oldest: u32,
    frames: u32,
}

impl Fifo {
    /// The frames that hold a page, from the oldest load to the newest.
    fn queue(&self, memory: &Memory) -> impl DoubleEndedIterator<Item = Frame> {
        let (resident, oldest, frames) = (memory.resident(), self.oldest, self.frames);
        (0..resident).map(move |rank| Frame::new((oldest + rank) % frames))
    }

    fn compared(&self, memory: &Memory, telling: &Telling<'_>) -> String {
        let loads = listed(self.queue(memory).map(|frame| {
            format!("{} at {}", telling.resident(memory, frame), telling.loaded(frame))
        }));
        format!("FIFO compares when pages were loaded: {loads}")
    }
}

impl Policy for Fifo {
    const NAME: &'static str = "fifo";
    const TITLE: &'static str = "FIFO";
    const ABOUT: &'static str = "First in, first out: the page that was loaded first leaves.";

    fn new(setup: &Setup<'_>) -> Fifo {
        Fifo { oldest: 0, frames: u32::try_from(setup.frames).unwrap_or(u32::MAX) }
    }

    #[inline(always)]
    fn hit<W: Witness>(&mut self, _: Reference, _: Frame, _: &mut Memory, tell: &mut W) {
        tell.say(|_| "FIFO does not look at uses".to_owned());
    }

    #[inline(always)]
    fn evict<W: Witness>(&mut self, _: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        let victim = Frame::new(self.oldest);
        tell.say(|telling| self.compared(memory, telling));
        tell.say(|telling| format!("The first of them is {}", telling.resident(memory, victim)));
        self.oldest = if self.oldest + 1 == self.frames { 0 } else { self.oldest + 1 };
        victim
    }

    #[inline(always)]
    fn load<W: Witness>(&mut self, _: Reference, _: Frame, _: &mut Memory, _: &mut W) {}

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        let newest_first = self.queue(memory).rev();
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
