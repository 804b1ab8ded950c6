//! CAR: ARC with two clocks in the place of its two LRU lists, so that a hit only sets a bit.
//!
//! Source: Bansal, Modha, "CAR: clock with adaptive replacement", FAST 2004, figure 2. T1 and T2 are clocks of
//! resident pages whose hand is the end of the list, B1 and B2 remember in LRU order, p is the target of T1. Its
//! step is a whole number.
//!
//! `car.directory=libcachesim` forgets as libCacheSim 0.3.5 does: B1 loses its oldest whenever T1 and B1 together
//! reach the number of frames, and B2 loses none. In the paper a remembered page makes nothing be forgotten, and
//! both pairs together hold at most twice the frames.

use crate::paging::chains::List;
use crate::paging::convention::{Kind, Parameter, Value};
use crate::paging::index::{Frame, PageId, Table};
use crate::paging::memory::Memory;
use crate::paging::policy::{Policy, Reference, Setup, Witness};
use crate::paging::roster::Roster;
use crate::paging::telling::Telling;
use crate::paging::view::{Gauge, Queue, View};

/// `car.directory`.
pub static DIRECTORY: Parameter = Parameter {
    name: "car.directory",
    about: "What is forgotten when: as in the `paper` or as in `libcachesim`, whose B2 has no bound.",
    kind: Kind::Word(&["paper", "libcachesim"]),
    default: Value::Word("paper"),
};

const T1: List = List(0);
const T2: List = List(1);
const B1: List = List(2);
const B2: List = List(3);

/// The policy. Pages enter the clocks at the front; the hand is at the back.
#[derive(Debug, Clone)]
pub struct Car {
    pages: Roster,
    referenced: Table<PageId, bool>,
    frames: u32,
    /// The target size of T1.
    target: u32,
    as_in_paper: bool,
    /// Where the page that faults goes.
    into: List,
}

impl Car {
    /// Turns the hands until a page with a clear bit leaves, which is remembered.
    fn replace<W: Witness>(&mut self, tell: &mut W) -> Option<PageId> {
        loop {
            let from_t1 = self.pages.len(T1) >= self.target.max(1);
            let page = self.pages.pop_back(if from_t1 { T1 } else { T2 })?;
            let spared = std::mem::take(&mut self.referenced[page]);
            tell.say(|telling| {
                let (hand, to) = if from_t1 { ("T1", "B1") } else { ("T2", "B2") };
                let page = telling.page(page);
                if spared {
                    format!("The hand of {hand} clears the bit of {page}, which goes into T2")
                } else {
                    format!("The hand of {hand} finds the bit clear and sends to {to} page {page}")
                }
            });
            match (spared, from_t1) {
                (true, _) => self.pages.put_front(T2, page),
                (false, true) => self.pages.put_front(B1, page),
                (false, false) => self.pages.put_front(B2, page),
            }
            if !spared {
                return Some(page);
            }
        }
    }

    /// Moves the target when the page is remembered; true when it is.
    fn adapt<W: Witness>(&mut self, page: PageId, tell: &mut W) -> bool {
        let (b1, b2, before) = (self.pages.len(B1), self.pages.len(B2), self.target);
        if self.pages.is_in(B1, page) {
            self.target = (before + (b2 / b1).max(1)).min(self.frames);
        } else if self.pages.is_in(B2, page) {
            self.target = before.saturating_sub((b1 / b2).max(1));
        } else {
            return false;
        }
        tell.say(|telling| {
            let list = if self.pages.is_in(B1, page) { "B1" } else { "B2" };
            let (page, target) = (telling.page(page), self.target);
            format!("Page {page} is in {list}: the target of T1 goes from {before} to {target}")
        });
        true
    }

    /// Keeps the remembered lists within their bounds, after a replacement.
    fn forget(&mut self, remembered: bool) {
        let seen_once = self.pages.len(T1) + self.pages.len(B1);
        if self.as_in_paper {
            let all = seen_once + self.pages.len(T2) + self.pages.len(B2);
            // The replaced page has left its clock already; the paper counts before it does, which is the same sum.
            if !remembered && seen_once == self.frames {
                self.pages.pop_back(B1);
            } else if !remembered && all >= 2 * self.frames {
                self.pages.pop_back(B2);
            }
        } else if seen_once >= self.frames {
            self.pages.pop_back(B1);
        }
    }
}

impl Policy for Car {
    const NAME: &'static str = "car";
    const TITLE: &'static str = "CAR";
    const ABOUT: &'static str = "Clock with adaptive replacement: ARC's lists as clocks, so that \
        a hit only sets a bit.";
    const PARAMETERS: &'static [&'static Parameter] = &[&DIRECTORY];

    fn new(setup: &Setup<'_>) -> Car {
        Car {
            pages: Roster::new(setup.references.distinct(), 4),
            referenced: Table::new(setup.references.distinct(), false),
            frames: u32::try_from(setup.frames).unwrap_or(u32::MAX),
            target: 0,
            as_in_paper: setup.convention.word(&DIRECTORY) == "paper",
            into: T1,
        }
    }

    #[inline(always)]
    fn hit<W: Witness>(&mut self, at: Reference, _: Frame, _: &mut Memory, tell: &mut W) {
        self.referenced[at.page] = true;
        tell.say(|telling| format!("The reference bit of page {} is set", telling.page(at.page)));
    }

    #[inline]
    fn evict<W: Witness>(&mut self, at: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        let remembered = self.adapt(at.page, tell);
        if remembered {
            self.into = T2;
            self.pages.remove(at.page);
        }
        let victim = self.replace(tell);
        self.forget(remembered);
        victim.and_then(|page| memory.frame_of(page)).unwrap_or(Frame::new(0))
    }

    #[inline]
    fn load<W: Witness>(&mut self, at: Reference, _: Frame, _: &mut Memory, tell: &mut W) {
        let into = std::mem::replace(&mut self.into, T1);
        self.pages.put_front(into, at.page);
        self.referenced[at.page] = false;
        tell.say(|_| format!("It enters {}", if into == T1 { "T1" } else { "T2" }));
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        let queue = |name, list| {
            let (len, pages) = (self.pages.len(list), self.pages.iter(list));
            let note = |page| self.referenced[page].then(|| "referenced".to_owned());
            Queue::of_pages(name, len, None, pages, memory, telling, note)
        };
        View::Queues {
            queues: vec![queue("T1", T1), queue("T2", T2), queue("B1", B1), queue("B2", B2)],
            gauges: vec![Gauge { name: "target of T1", value: f64::from(self.target) }],
        }
    }
}
