//! NRU: a page of the lowest class leaves: not referenced before referenced, and among those clean before modified.
//!
//! Source: Tanenbaum, Bos, *Modern Operating Systems*, "The Not Recently Used Page Replacement Algorithm".
//!
//! The book leaves open when the reference bits are cleared and which page of a class leaves. Here they are cleared
//! before every `nru.tick`-th reference, and the page in the lowest frame leaves. Loading counts as a reference. A
//! page that was written is modified until it leaves.
//!
//! Each class is looked for from a frame before which it has none. Between two ticks the classes of pages that were
//! not referenced only shrink, so that frame only moves on. (Looking from frame 0 took 6 to 15 times as long with
//! 100,000 frames.)

use crate::paging::bits::{Bits, first_of_class};
use crate::paging::convention::{Kind, Parameter, Value};
use crate::paging::index::Frame;
use crate::paging::memory::Memory;
use crate::paging::policy::{Policy, Reference, Setup, Witness};
use crate::paging::telling::{Telling, listed};
use crate::paging::view::View;

/// `nru.tick`.
pub static TICK: Parameter = Parameter {
    name: "nru.tick",
    about: "References between two clearings of all reference bits; 0: as many as there are frames.",
    kind: Kind::Whole(0, u64::MAX),
    default: Value::Whole(0),
};

/// The four classes from the first to leave: (referenced, modified).
const CLASSES: [(bool, bool); 4] = [(false, false), (false, true), (true, false), (true, true)];

/// The policy.
#[derive(Debug, Clone)]
pub struct Nru {
    referenced: Bits,
    modified: Bits,
    /// For each of [`CLASSES`] a frame before which none is of it.
    from: [u32; 4],
    tick: u64,
    /// The time of the next clearing.
    due: u64,
}

impl Nru {
    /// Clears the reference bits when the tick has come.
    #[inline(always)]
    fn clock<W: Witness>(&mut self, at: Reference, tell: &mut W) {
        if at.time < self.due {
            return;
        }
        self.referenced.clear_all();
        self.from = [0; 4];
        self.due = at.time + self.tick;
        tell.say(|_| "The clock ticks: all reference bits are cleared".to_owned());
    }

    #[inline(always)]
    fn refer(&mut self, at: Reference, frame: Frame) {
        self.referenced.set(frame, true);
        if at.write {
            self.modified.set(frame, true);
        }
        let class = 2 + usize::from(self.modified.get(frame));
        self.from[class] = self.from[class].min(frame.number());
    }

    /// The first frame of the lowest class.
    #[inline]
    fn lowest(&mut self, frames: u32) -> Option<Frame> {
        let bits = (&self.referenced, &self.modified);
        CLASSES.into_iter().zip(&mut self.from).find_map(|(class, from)| {
            let first = first_of_class(bits, class, *from..frames);
            *from = first.map_or(frames, Frame::number);
            first
        })
    }

    fn class(&self, frame: Frame) -> u64 {
        2 * u64::from(self.referenced.get(frame)) + u64::from(self.modified.get(frame))
    }

    fn compared(&self, memory: &Memory, telling: &Telling<'_>) -> String {
        let classes =
            listed(memory.pages().map(|(frame, page)| {
                format!("{} in class {}", telling.page(page), self.class(frame))
            }));
        format!("NRU compares classes: {classes}")
    }
}

impl Policy for Nru {
    const NAME: &'static str = "nru";
    const TITLE: &'static str = "NRU";
    const ABOUT: &'static str = "Not recently used: a page that was neither referenced since the \
        last tick nor modified leaves first.";
    const PARAMETERS: &'static [&'static Parameter] = &[&TICK];
    const FORGETS: bool = true;

    fn new(setup: &Setup<'_>) -> Nru {
        let tick = match setup.convention.whole(&TICK) {
            0 => setup.frames as u64,
            tick => tick,
        };
        let bits = Bits::new(setup.frames);
        Nru { referenced: bits.clone(), modified: bits, from: [0; 4], tick, due: tick }
    }

    #[inline]
    fn hit<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        self.clock(at, tell);
        self.refer(at, frame);
        tell.say(|telling| {
            format!("Page {} is now in class {}", telling.page(at.page), self.class(frame))
        });
    }

    #[inline]
    fn evict<W: Witness>(&mut self, at: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        self.clock(at, tell);
        tell.say(|telling| self.compared(memory, telling));
        let victim = self.lowest(memory.frames()).unwrap_or(Frame::new(0));
        tell.say(|telling| {
            let page = telling.resident(memory, victim);
            format!("The first of the lowest class, {}, is {page}", self.class(victim))
        });
        victim
    }

    #[inline]
    fn load<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        self.clock(at, tell);
        self.modified.set(frame, false);
        self.refer(at, frame);
    }

    fn forget(&mut self, frame: Frame, _: &Memory) {
        self.referenced.set(frame, false);
        self.modified.set(frame, false);
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        View::values("class", memory, telling, |frame| (Some(self.class(frame)), None))
    }
}
