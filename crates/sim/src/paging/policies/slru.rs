//! SLRU: LRU in segments; a hit lifts a page one segment up, and what a full segment cannot hold sinks one down.
//!
//! Source: Karedla, Love, Wherry, "Caching strategies to improve disk system performance", IEEE Computer 27(3),
//! 1994, with two segments; libCacheSim 0.3.5 generalises it to `slru.segments` of equal size, 4 by default.
//!
//! A new page enters the lowest segment that has room, the lowest of all when none has. There are never more
//! segments than frames. Frames that do not divide evenly belong to the lowest segment; in libCacheSim to none
//! (`slru.remainder=none`), with the consequence that a hit may push a page out of memory.

use crate::paging::chains::{Chains, List};
use crate::paging::convention::{Kind, Parameter, Value};
use crate::paging::index::{Frame, Table};
use crate::paging::memory::Memory;
use crate::paging::policy::{Policy, Reference, Setup, Witness};
use crate::paging::telling::{Telling, many};
use crate::paging::view::{Queue, View};

/// `slru.segments`.
pub static SEGMENTS: Parameter = Parameter {
    name: "slru.segments",
    about: "How many segments of equal size there are; 1 is LRU.",
    kind: Kind::Whole(1, 8),
    default: Value::Whole(4),
};

/// `slru.remainder`.
pub static REMAINDER: Parameter = Parameter {
    name: "slru.remainder",
    about: "Where frames go that do not divide evenly: to the `lowest` segment or to `none` (libCacheSim).",
    kind: Kind::Word(&["lowest", "none"]),
    default: Value::Word("lowest"),
};

const NAMES: [&str; 8] = [
    "segment 0",
    "segment 1",
    "segment 2",
    "segment 3",
    "segment 4",
    "segment 5",
    "segment 6",
    "segment 7",
];

/// The policy.
#[derive(Debug, Clone)]
pub struct Slru {
    segments: Chains<Frame>,
    segment_of: Table<Frame, u16>,
    /// The most pages of each segment.
    limits: Vec<u32>,
    /// Whether a page just sank into the lowest segment, which must then be within its limit.
    sank: bool,
}

impl Slru {
    fn len(&self, segment: u16) -> u32 {
        self.segments.len(List(segment))
    }

    fn limit(&self, segment: u16) -> u32 {
        self.limits[usize::from(segment)]
    }

    fn count(&self) -> u16 {
        u16::try_from(self.limits.len()).unwrap_or(1)
    }

    fn enter(&mut self, segment: u16, frame: Frame) {
        self.segments.push_front(List(segment), frame);
        self.segment_of[frame] = segment;
    }

    /// Takes the least recent page of a segment out.
    fn leave(&mut self, segment: u16) -> Option<Frame> {
        self.segments.pop_back(List(segment))
    }

    /// Lets what the segments cannot hold sink, from `segment` down to above the lowest.
    fn settle<W: Witness>(&mut self, segment: u16, memory: &Memory, tell: &mut W) {
        for segment in (1..=segment).rev() {
            while self.len(segment) > self.limit(segment) {
                let Some(frame) = self.leave(segment) else { return };
                self.enter(segment - 1, frame);
                self.sank |= segment == 1;
                tell.say(|telling| {
                    let page = telling.resident(memory, frame);
                    {
                        let limit = many(self.limit(segment), "page");
                        format!("Segment {segment} is over its {limit}: page {page} sinks")
                    }
                });
            }
        }
    }
}

impl Policy for Slru {
    const NAME: &'static str = "slru";
    const TITLE: &'static str = "SLRU";
    const ABOUT: &'static str = "Segmented LRU: each hit lifts a page one segment up, and pages \
        leave from the lowest.";
    const PARAMETERS: &'static [&'static Parameter] = &[&SEGMENTS, &REMAINDER];
    const RESIZES: bool = true;

    fn new(setup: &Setup<'_>) -> Slru {
        let wanted = setup.convention.whole(&SEGMENTS);
        let count = usize::try_from(wanted).unwrap_or(1).min(setup.frames);
        let frames = u32::try_from(setup.frames).unwrap_or(u32::MAX);
        let share = frames / u32::try_from(count).unwrap_or(1);
        let mut limits = vec![share; count];
        if setup.convention.word(&REMAINDER) == "lowest" {
            limits[0] = frames - share * u32::try_from(count - 1).unwrap_or(0);
        }
        Slru {
            segments: Chains::new(setup.frames, u16::try_from(count).unwrap_or(1)),
            segment_of: Table::new(setup.frames, 0),
            limits,
            sank: false,
        }
    }

    #[inline]
    fn hit<W: Witness>(&mut self, at: Reference, frame: Frame, memory: &mut Memory, tell: &mut W) {
        let segment = self.segment_of[frame];
        let above = (segment + 1).min(self.count() - 1);
        self.segments.remove(List(segment), frame);
        self.enter(above, frame);
        tell.say(|telling| {
            format!("Page {} goes to the front of segment {above}", telling.page(at.page))
        });
        self.settle(above, memory, tell);
    }

    #[inline]
    fn evict<W: Witness>(&mut self, _: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        let lowest = (0..self.count()).find(|&segment| self.len(segment) > 0).unwrap_or(0);
        let held = self.len(lowest);
        let victim = self.leave(lowest).unwrap_or(Frame::new(0));
        tell.say(|telling| {
            let (page, held) = (telling.resident(memory, victim), many(held, "page"));
            format!("The lowest segment with pages, {lowest}, holds {held}; its least recently used is {page}")
        });
        victim
    }

    #[inline]
    fn load<W: Witness>(&mut self, _: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        let room = (0..self.count()).find(|&segment| self.len(segment) < self.limit(segment));
        let segment = room.unwrap_or(0);
        self.enter(segment, frame);
        tell.say(|_| format!("It enters segment {segment}"));
    }

    #[inline]
    fn release<W: Witness>(
        &mut self,
        _: Reference,
        fault: bool,
        _: &mut Memory,
        tell: &mut W,
    ) -> Option<Frame> {
        if fault || !self.sank || self.len(0) <= self.limit(0) {
            self.sank = false;
            return None;
        }
        tell.say(|_| format!("Segment 0 is over its {}", many(self.limit(0), "page")));
        self.leave(0)
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        let queue = |segment: u16| {
            let list = List(segment);
            let (len, limit) = (self.segments.len(list), Some(self.limit(segment)));
            let frames = self.segments.iter(list);
            let name = NAMES[usize::from(segment)];
            Queue::of_frames(name, len, limit, frames, memory, telling, |_| None)
        };
        View::Queues { queues: (0..self.count()).rev().map(queue).collect(), gauges: Vec::new() }
    }
}
