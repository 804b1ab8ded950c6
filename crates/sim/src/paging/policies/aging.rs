//! Aging: a small counter a page remembers in which of the last ticks it was referenced; the smallest leaves.
//!
//! Source: Tanenbaum, Bos, *Modern Operating Systems*, "Simulating LRU in Software".
//!
//! Before every `aging.tick`-th reference all counters move one bit to the right and the reference bit comes in at
//! the left, and is cleared. Counters have 8 bits. What the book leaves open: a page starts with `aging.load`, and
//! of equal counters the first loaded leaves. Reference bits of the running tick are not compared.

use crate::paging::bits::Bits;
use crate::paging::chains::{Chains, List};
use crate::paging::convention::{Kind, Parameter, Value};
use crate::paging::index::{Frame, Table};
use crate::paging::memory::Memory;
use crate::paging::policy::{Policy, Reference, Setup, Witness};
use crate::paging::telling::{Telling, listed};
use crate::paging::view::View;

/// `aging.tick`.
pub static TICK: Parameter = Parameter {
    name: "aging.tick",
    about: "References between two shifts of all counters; 0: as many as there are frames.",
    kind: Kind::Whole(0, u64::MAX),
    default: Value::Whole(0),
};

/// `aging.load`.
pub static LOAD: Parameter = Parameter {
    name: "aging.load",
    about: "The counter of a page that was just loaded: 128 as if the tick had seen it, 0 until it does.",
    kind: Kind::Whole(0, 255),
    default: Value::Whole(128),
};

/// All pages by their loading; the lists before it are those of the 256 counters.
const LOADED: List = List(0);
const COUNTERS: u16 = 256;

/// The policy. Pages with the same counter stand in one list, the first loaded at its back, so that a victim is
/// found without looking at every frame; a tick makes the lists anew.
#[derive(Debug, Clone)]
pub struct Aging {
    counter: Table<Frame, u8>,
    referenced: Bits,
    by_load: Chains<Frame>,
    by_counter: Chains<Frame>,
    tick: u64,
    due: u64,
    load: u8,
}

impl Aging {
    #[inline(always)]
    fn clock<W: Witness>(&mut self, at: Reference, tell: &mut W) {
        if at.time >= self.due {
            self.due = at.time + self.tick;
            self.shift();
            tell.say(|_| "The clock ticks: every counter takes its reference bit in".to_owned());
        }
    }

    fn shift(&mut self) {
        let Aging { counter, referenced, by_load, by_counter, .. } = self;
        for frame in by_load.iter_back(LOADED) {
            by_counter.remove(list(counter[frame]), frame);
            counter[frame] = counter[frame] >> 1 | u8::from(referenced.get(frame)) << 7;
            by_counter.push_front(list(counter[frame]), frame);
        }
        referenced.clear_all();
    }

    fn compared(&self, memory: &Memory, telling: &Telling<'_>) -> String {
        let counters = listed(memory.pages().map(|(frame, page)| {
            format!("{} has {:08b}", telling.page(page), self.counter[frame])
        }));
        format!("Aging compares counters: {counters}")
    }
}

fn list(counter: u8) -> List {
    List(u16::from(counter))
}

impl Policy for Aging {
    const NAME: &'static str = "aging";
    const TITLE: &'static str = "Aging";
    const ABOUT: &'static str = "Counters that shift the reference bits of the last eight ticks \
        in: the smallest leaves.";
    const PARAMETERS: &'static [&'static Parameter] = &[&TICK, &LOAD];
    const FORGETS: bool = true;

    fn new(setup: &Setup<'_>) -> Aging {
        let tick = match setup.convention.whole(&TICK) {
            0 => setup.frames as u64,
            tick => tick,
        };
        Aging {
            counter: Table::new(setup.frames, 0),
            referenced: Bits::new(setup.frames),
            by_load: Chains::new(setup.frames, 1),
            by_counter: Chains::new(setup.frames, COUNTERS),
            tick,
            due: tick,
            load: u8::try_from(setup.convention.whole(&LOAD)).unwrap_or(u8::MAX),
        }
    }

    #[inline]
    fn hit<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        self.clock(at, tell);
        self.referenced.set(frame, true);
        tell.say(|telling| format!("The reference bit of page {} is set", telling.page(at.page)));
    }

    fn evict<W: Witness>(&mut self, at: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        self.clock(at, tell);
        tell.say(|telling| self.compared(memory, telling));
        let smallest = (0..COUNTERS).find_map(|counter| self.by_counter.back(List(counter)));
        let victim = smallest.unwrap_or(Frame::new(0));
        self.by_counter.remove(list(self.counter[victim]), victim);
        self.by_load.remove(LOADED, victim);
        tell.say(|telling| {
            let page = telling.resident(memory, victim);
            format!(
                "The smallest is {:08b}, and the first loaded with it is {page}",
                self.counter[victim]
            )
        });
        victim
    }

    #[inline]
    fn load<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        self.clock(at, tell);
        self.counter[frame] = self.load;
        self.referenced.set(frame, self.load == 0);
        self.by_load.push_front(LOADED, frame);
        self.by_counter.push_front(list(self.load), frame);
    }

    fn forget(&mut self, frame: Frame, _: &Memory) {
        self.by_counter.remove(list(self.counter[frame]), frame);
        self.by_load.remove(LOADED, frame);
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        View::values("counter", memory, telling, |frame| {
            let counter = self.counter[frame];
            (Some(u64::from(counter)), Some(format!("{counter:08b}")))
        })
    }
}
