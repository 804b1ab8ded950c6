//! ARC: two LRU lists, for pages seen once and seen again, whose sizes follow the pages that were let go too early.
//!
//! Source: Megiddo, Modha, "ARC: a self-tuning, low overhead replacement cache", FAST 2003, figure 4. T1 and T2 are
//! resident, B1 and B2 remember the pages that left them, and the target p of T1 grows on a hit in B1 and shrinks
//! on one in B2.
//!
//! The step of p is the ratio of the remembered lists, at least 1: a real number in the paper's figure and in
//! libCacheSim, a whole number in programs that divide integers (`arc.adaptation`).

use crate::paging::chains::List;
use crate::paging::convention::{Kind, Parameter, Value};
use crate::paging::index::{Frame, PageId};
use crate::paging::memory::Memory;
use crate::paging::policy::{Policy, Reference, Setup, Witness};
use crate::paging::roster::Roster;
use crate::paging::telling::{Telling, many};
use crate::paging::view::{Gauge, Queue, View};

/// `arc.adaptation`.
pub static ADAPTATION: Parameter = Parameter {
    name: "arc.adaptation",
    about: "Whether the step of the target p is a `real` number or an `integer`.",
    kind: Kind::Word(&["real", "integer"]),
    default: Value::Word("real"),
};

const T1: List = List(0);
const T2: List = List(1);
const B1: List = List(2);
const B2: List = List(3);

/// The policy.
#[derive(Debug, Clone)]
pub struct Arc {
    pages: Roster,
    frames: u32,
    /// The target size of T1.
    target: f64,
    integer: bool,
    /// Where the page that faults goes.
    into: List,
}

impl Arc {
    /// The step of the target: how many times as long the other remembered list is, at least 1.
    fn step(&self, other: List, own: List) -> f64 {
        let ratio = f64::from(self.pages.len(other)) / f64::from(self.pages.len(own));
        if self.integer { ratio.floor().max(1.0) } else { ratio.max(1.0) }
    }

    /// Moves the target for a page that is remembered.
    fn adapt<W: Witness>(&mut self, page: PageId, tell: &mut W) {
        let before = self.target;
        let list = if self.pages.is_in(B1, page) {
            self.target = (before + self.step(B2, B1)).min(f64::from(self.frames));
            "B1"
        } else {
            self.target = (before - self.step(B1, B2)).max(0.0);
            "B2"
        };
        tell.say(|telling| {
            let (page, target) = (telling.page(page), self.target);
            format!(
                "Page {page} is in {list}: the target of T1 goes from {before:.2} to {target:.2}"
            )
        });
    }

    /// The paper's REPLACE: the end of T1 or of T2 leaves and is remembered.
    fn replace<W: Witness>(&mut self, in_b2: bool, tell: &mut W) -> Option<PageId> {
        let (once, target) = (self.pages.len(T1), self.target);
        let over = f64::from(once) > target || (in_b2 && f64::from(once) == target);
        let from_t1 = (once > 0 && over) || self.pages.len(T2) == 0;
        let (from, to) = if from_t1 { (T1, B1) } else { (T2, B2) };
        let victim = self.pages.pop_back(from)?;
        self.pages.put_front(to, victim);
        tell.say(|telling| {
            let (from, to) = if from_t1 { ("T1", "B1") } else { ("T2", "B2") };
            let held = many(once, "page");
            let page = telling.page(victim);
            format!(
                "T1 holds {held}, its target is {target:.2}: the end of {from} goes to {to}, {page}"
            )
        });
        Some(victim)
    }

    /// A page that no list knows: keeps the lists within their bounds and replaces.
    fn make_room<W: Witness>(&mut self, tell: &mut W) -> Option<PageId> {
        let seen_once = self.pages.len(T1) + self.pages.len(B1);
        if seen_once == self.frames {
            if self.pages.len(B1) == 0 {
                let victim = self.pages.pop_back(T1);
                tell.say(|telling| match victim {
                    Some(page) => {
                        format!("T1 holds every frame; its end is {}", telling.page(page))
                    }
                    None => String::new(),
                });
                return victim;
            }
            self.pages.pop_back(B1);
        } else if seen_once + self.pages.len(T2) + self.pages.len(B2) >= 2 * self.frames {
            self.pages.pop_back(B2);
        }
        self.replace(false, tell)
    }
}

impl Policy for Arc {
    const NAME: &'static str = "arc";
    const TITLE: &'static str = "ARC";
    const ABOUT: &'static str = "Adaptive replacement cache: an LRU list for pages seen once, one \
        for the others, and a target between them.";
    const PARAMETERS: &'static [&'static Parameter] = &[&ADAPTATION];

    fn new(setup: &Setup<'_>) -> Arc {
        Arc {
            pages: Roster::new(setup.references.distinct(), 4),
            frames: u32::try_from(setup.frames).unwrap_or(u32::MAX),
            target: 0.0,
            integer: setup.convention.word(&ADAPTATION) == "integer",
            into: T1,
        }
    }

    #[inline]
    fn hit<W: Witness>(&mut self, at: Reference, _: Frame, _: &mut Memory, tell: &mut W) {
        self.pages.put_front(T2, at.page);
        tell.say(|telling| format!("Page {} goes to the front of T2", telling.page(at.page)));
    }

    #[inline]
    fn evict<W: Witness>(&mut self, at: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        let in_b2 = self.pages.is_in(B2, at.page);
        let victim = if in_b2 || self.pages.is_in(B1, at.page) {
            self.adapt(at.page, tell);
            self.pages.remove(at.page);
            self.into = T2;
            self.replace(in_b2, tell)
        } else {
            self.make_room(tell)
        };
        victim.and_then(|page| memory.frame_of(page)).unwrap_or(Frame::new(0))
    }

    #[inline]
    fn load<W: Witness>(&mut self, at: Reference, _: Frame, _: &mut Memory, tell: &mut W) {
        let into = std::mem::replace(&mut self.into, T1);
        self.pages.put_front(into, at.page);
        tell.say(|_| format!("It enters {}", if into == T1 { "T1" } else { "T2" }));
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        let queue = |name, list| {
            let (len, pages) = (self.pages.len(list), self.pages.iter(list));
            Queue::of_pages(name, len, None, pages, memory, telling, |_| None)
        };
        View::Queues {
            queues: vec![queue("T1", T1), queue("T2", T2), queue("B1", B1), queue("B2", B2)],
            gauges: vec![Gauge { name: "target of T1", value: self.target }],
        }
    }
}
