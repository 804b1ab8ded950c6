//! S3-FIFO: a small FIFO filters pages that are used once, a main FIFO keeps the others, a ghost FIFO remembers.
//!
//! Source: Yang, Zhang, Qiu, Yue, Rashmi, "FIFO queues are all you need for cache eviction", SOSP 2023.
//!
//! The small queue gets 10 % of the frames (`s3fifo.small`), at least one, the ghost remembers 90 % as many pages
//! (`s3fifo.ghost`); a page with `s3fifo.promote` hits in the small queue goes on to the main one, and counts go up
//! to `s3fifo.cap`. While memory fills, the paper puts every page into the small queue; libCacheSim 0.3.5 sends
//! pages to the main queue once the small one is full, until the first eviction (`s3fifo.warmup=main`).

use crate::paging::chains::List;
use crate::paging::convention::{Kind, Parameter, Value};
use crate::paging::index::{Frame, PageId, Table};
use crate::paging::memory::Memory;
use crate::paging::policy::{Policy, Reference, Setup, Witness};
use crate::paging::roster::Roster;
use crate::paging::telling::{Telling, many};
use crate::paging::view::{Queue, View};

/// `s3fifo.small`.
pub static SMALL: Parameter = Parameter {
    name: "s3fifo.small",
    about: "Part of the frames that the small queue gets.",
    kind: Kind::Ratio(0.0, 1.0),
    default: Value::Ratio(0.1),
};

/// `s3fifo.ghost`.
pub static GHOST: Parameter = Parameter {
    name: "s3fifo.ghost",
    about: "Pages that the ghost queue remembers, as a part of the frames.",
    kind: Kind::Ratio(0.0, 8.0),
    default: Value::Ratio(0.9),
};

/// `s3fifo.promote`.
pub static PROMOTE: Parameter = Parameter {
    name: "s3fifo.promote",
    about: "Hits in the small queue with which a page goes on to the main queue.",
    kind: Kind::Whole(1, 255),
    default: Value::Whole(2),
};

/// `s3fifo.cap`.
pub static CAP: Parameter = Parameter {
    name: "s3fifo.cap",
    about: "The most hits that a page's counter holds.",
    kind: Kind::Whole(1, 255),
    default: Value::Whole(3),
};

/// `s3fifo.warmup`.
pub static WARMUP: Parameter = Parameter {
    name: "s3fifo.warmup",
    about: "Where new pages go while frames are free and the small queue is full: `small` or `main` (libCacheSim).",
    kind: Kind::Word(&["small", "main"]),
    default: Value::Word("small"),
};

const S: List = List(0);
const M: List = List(1);
const G: List = List(2);

/// The policy.
#[derive(Debug, Clone)]
pub struct S3Fifo {
    pages: Roster,
    hits: Table<PageId, u8>,
    small_limit: u32,
    main_limit: u32,
    ghost_limit: u32,
    promote: u8,
    cap: u8,
    /// Whether pages go to the main queue while the small one is full.
    fills_main: bool,
    /// Where the page that faults goes, when the ghost queue remembered it.
    comes_back: bool,
}

impl S3Fifo {
    /// Takes pages from the small queue until one has too few hits to go on.
    fn evict_small<W: Witness>(&mut self, tell: &mut W) -> Option<PageId> {
        loop {
            let page = self.pages.pop_back(S)?;
            let hits = std::mem::take(&mut self.hits[page]);
            let leaves = hits < self.promote;
            tell.say(|telling| {
                let end =
                    if leaves { "leaves for the ghost queue" } else { "goes into the main queue" };
                {
                    let (hits, page) = (many(hits, "hit"), telling.page(page));
                    format!("The oldest of the small queue has {hits} and {end}: {page}")
                }
            });
            if leaves {
                self.pages.remember(G, page, self.ghost_limit);
                return Some(page);
            }
            self.pages.put_front(M, page);
        }
    }

    /// Turns the main queue until a page without a hit leaves.
    fn evict_main<W: Witness>(&mut self, tell: &mut W) -> Option<PageId> {
        loop {
            let page = self.pages.pop_back(M)?;
            let hits = self.hits[page];
            tell.say(|telling| {
                let end = if hits == 0 { "leaves" } else { "goes to its end with one less" };
                {
                    let (hits, page) = (many(hits, "hit"), telling.page(page));
                    format!("The oldest of the main queue has {hits} and {end}: {page}")
                }
            });
            if hits == 0 {
                return Some(page);
            }
            self.hits[page] = hits - 1;
            self.pages.put_front(M, page);
        }
    }
}

impl Policy for S3Fifo {
    const NAME: &'static str = "s3-fifo";
    const TITLE: &'static str = "S3-FIFO";
    const ABOUT: &'static str = "Three FIFO queues: a small one that filters, a main one that \
        keeps, a ghost that remembers.";
    const PARAMETERS: &'static [&'static Parameter] = &[&SMALL, &GHOST, &PROMOTE, &CAP, &WARMUP];

    fn new(setup: &Setup<'_>) -> S3Fifo {
        let Setup { frames, references, convention } = *setup;
        let byte = |parameter| u8::try_from(convention.whole(parameter)).unwrap_or(u8::MAX);
        let small_limit = convention.part(&SMALL, frames).max(1);
        S3Fifo {
            pages: Roster::new(references.distinct(), 3),
            hits: Table::new(references.distinct(), 0),
            small_limit,
            main_limit: u32::try_from(frames).unwrap_or(u32::MAX) - small_limit,
            ghost_limit: convention.part(&GHOST, frames),
            promote: byte(&PROMOTE),
            cap: byte(&CAP),
            fills_main: convention.word(&WARMUP) == "main",
            comes_back: false,
        }
    }

    #[inline(always)]
    fn hit<W: Witness>(&mut self, at: Reference, _: Frame, _: &mut Memory, tell: &mut W) {
        let hits = &mut self.hits[at.page];
        *hits = (*hits + 1).min(self.cap);
        let hits = *hits;
        tell.say(|telling| format!("The counter of page {} is {hits}", telling.page(at.page)));
    }

    #[inline]
    fn evict<W: Witness>(&mut self, at: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        self.fills_main = false;
        self.comes_back = self.pages.is_in(G, at.page);
        if self.comes_back {
            self.pages.remove(at.page);
            tell.say(|telling| {
                format!(
                    "The ghost queue remembers page {}: it enters the main queue",
                    telling.page(at.page)
                )
            });
        }
        let (small, main) = (self.pages.len(S), self.pages.len(M));
        tell.say(|_| {
            format!(
                "The small queue holds {}, the main queue {main} of at most {}",
                many(small, "page"),
                self.main_limit
            )
        });
        let victim = match main > self.main_limit || small == 0 {
            true => self.evict_main(tell),
            false => self.evict_small(tell).or_else(|| self.evict_main(tell)),
        };
        victim.and_then(|page| memory.frame_of(page)).unwrap_or(Frame::new(0))
    }

    #[inline]
    fn load<W: Witness>(&mut self, at: Reference, _: Frame, _: &mut Memory, tell: &mut W) {
        let comes_back = std::mem::take(&mut self.comes_back);
        let fills_main = self.fills_main && self.pages.len(S) >= self.small_limit;
        let list = if comes_back || fills_main { M } else { S };
        self.pages.put_front(list, at.page);
        self.hits[at.page] = 0;
        tell.say(|_| format!("It enters the {} queue", if list == S { "small" } else { "main" }));
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        let queue = |name, list, limit| {
            let (len, pages) = (self.pages.len(list), self.pages.iter(list));
            let note = |page| (self.hits[page] > 0).then(|| many(self.hits[page], "hit"));
            Queue::of_pages(name, len, Some(limit), pages, memory, telling, note)
        };
        let queues = vec![
            queue("small", S, self.small_limit),
            queue("main", M, self.main_limit),
            queue("ghost", G, self.ghost_limit),
        ];
        View::Queues { queues, gauges: Vec::new() }
    }
}
