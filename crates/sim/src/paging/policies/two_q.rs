//! 2Q: new pages pass through a short FIFO; only those that come back soon after it enter the main LRU list.
//!
//! Source: Johnson, Shasha, "2Q: a low overhead high performance buffer management replacement algorithm", VLDB
//! 1994, the full version. A1in is a FIFO of resident pages, A1out remembers pages that left it, Am is an LRU list.
//! The paper's sizes are 25 % of the frames for A1in (`2q.in`) and 50 % for A1out (`2q.out`), rounded down.

use crate::paging::chains::List;
use crate::paging::convention::{Kind, Parameter, Value};
use crate::paging::index::Frame;
use crate::paging::memory::Memory;
use crate::paging::policy::{Policy, Reference, Setup, Witness};
use crate::paging::roster::Roster;
use crate::paging::telling::{Telling, many};
use crate::paging::view::{Queue, View};

/// `2q.in`.
pub static IN: Parameter = Parameter {
    name: "2q.in",
    about: "Part of the frames that A1in keeps before it gives pages up.",
    kind: Kind::Ratio(0.0, 1.0),
    default: Value::Ratio(0.25),
};

/// `2q.out`.
pub static OUT: Parameter = Parameter {
    name: "2q.out",
    about: "Pages that A1out remembers, as a part of the frames.",
    kind: Kind::Ratio(0.0, 8.0),
    default: Value::Ratio(0.5),
};

const A1IN: List = List(0);
const A1OUT: List = List(1);
const AM: List = List(2);

/// The policy.
#[derive(Debug, Clone)]
pub struct TwoQ {
    pages: Roster,
    in_limit: u32,
    out_limit: u32,
    /// Whether the page that faults was remembered in A1out.
    comes_back: bool,
}

impl Policy for TwoQ {
    const NAME: &'static str = "2q";
    const TITLE: &'static str = "2Q";
    const ABOUT: &'static str = "A FIFO for new pages, a memory of those that left it, and an LRU \
        list for those that came back.";
    const PARAMETERS: &'static [&'static Parameter] = &[&IN, &OUT];

    fn new(setup: &Setup<'_>) -> TwoQ {
        TwoQ {
            pages: Roster::new(setup.references.distinct(), 3),
            in_limit: setup.convention.part(&IN, setup.frames),
            out_limit: setup.convention.part(&OUT, setup.frames),
            comes_back: false,
        }
    }

    #[inline]
    fn hit<W: Witness>(&mut self, at: Reference, _: Frame, _: &mut Memory, tell: &mut W) {
        let page = at.page;
        if self.pages.is_in(AM, page) {
            self.pages.put_front(AM, page);
            tell.say(|telling| format!("Page {} goes to the front of Am", telling.page(page)));
        } else {
            tell.say(|telling| format!("Page {} stays where it is in A1in", telling.page(page)));
        }
    }

    #[inline]
    fn evict<W: Witness>(&mut self, at: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        self.comes_back = self.pages.is_in(A1OUT, at.page);
        if self.comes_back {
            self.pages.remove(at.page);
            tell.say(|telling| {
                format!("A1out remembers page {}: it enters Am", telling.page(at.page))
            });
        }
        let (new, limit) = (self.pages.len(A1IN), self.in_limit);
        let from_main = self.pages.len(AM) > 0 && new <= limit;
        let victim = self.pages.pop_back(if from_main { AM } else { A1IN });
        if let (false, Some(page)) = (from_main, victim) {
            self.pages.remember(A1OUT, page, self.out_limit);
        }
        let frame = victim.and_then(|page| memory.frame_of(page)).unwrap_or(Frame::new(0));
        tell.say(|telling| {
            let (page, held) = (telling.resident(memory, frame), many(new, "page"));
            match (from_main, new > limit) {
                (true, _) => {
                    format!("A1in holds {held} of at most {limit}: the end of Am leaves, {page}")
                }
                (false, true) => format!(
                    "A1in holds {held}, more than {limit}: its oldest goes to A1out, {page}"
                ),
                (false, false) => format!("Am is empty: the oldest of A1in goes to A1out, {page}"),
            }
        });
        frame
    }

    #[inline]
    fn load<W: Witness>(&mut self, at: Reference, _: Frame, _: &mut Memory, _: &mut W) {
        let list = if std::mem::take(&mut self.comes_back) { AM } else { A1IN };
        self.pages.put_front(list, at.page);
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        let queue = |name, list, limit| {
            let (len, pages) = (self.pages.len(list), self.pages.iter(list));
            Queue::of_pages(name, len, limit, pages, memory, telling, |_| None)
        };
        let queues = vec![
            queue("A1in", A1IN, Some(self.in_limit)),
            queue("A1out", A1OUT, Some(self.out_limit)),
            queue("Am", AM, None),
        ];
        View::Queues { queues, gauges: Vec::new() }
    }
}
