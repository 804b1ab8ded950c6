//! LIRS as libCacheSim 0.3.5 has it, whose counts differ from those of the algorithm's author.
//!
//! Source: `LIRS.c` of libCacheSim 0.3.5. Where it differs from [`lirs`](super::lirs):
//!
//! - HIR pages have 1 % of the frames, at least 1;
//! - the stack is bounded at twice the frames by forgetting the pages that left memory first;
//! - a repeated reference counts like any other;
//! - a hit on a HIR page that is only in the queue makes the bottom LIR page HIR, although no page becomes LIR, and
//!   so pushes the oldest HIR page out of memory.
//!
//! With one HIR frame (fewer than 200 frames) the page pushed out is the very page that was hit. libCacheSim gives
//! its frame away and yet counts the next reference to it as a hit, as long as it stands in the stack. Here it
//! stays while its frame is not needed, as memory never holds more pages than frames; `lirs-libcachesim.uncounted`
//! says what loading it again is counted as.

use crate::paging::chains::List;
use crate::paging::convention::{Kind, Parameter, Value};
use crate::paging::index::{Frame, PageId, Table};
use crate::paging::memory::Memory;
use crate::paging::policy::{Policy, Reference, Setup, Witness};
use crate::paging::roster::Roster;
use crate::paging::telling::Telling;
use crate::paging::view::{Queue, View};

/// `lirs-libcachesim.uncounted`.
pub static UNCOUNTED: Parameter = Parameter {
    name: "lirs-libcachesim.uncounted",
    about: "What loading a page again counts as that its own hit had pushed out: a `hit` as in libCacheSim, whose counts \
            may then be below the optimum, or a `fault`.",
    kind: Kind::Word(&["hit", "fault"]),
    default: Value::Word("hit"),
};

const ONLY: List = List(0);
const FRAMED: List = List(0);
const FRAMELESS: List = List(1);

/// The policy.
#[derive(Debug, Clone)]
pub struct LirsLibcachesim {
    /// The stack S.
    stack: Roster,
    /// The queue Q of resident HIR pages.
    queue: Roster,
    /// Pages of the stack that left memory, the last to leave first.
    absent: Roster,
    /// Pages of the stack that were pushed out by their own hit: those that still have a frame, and those that have
    /// none.
    uncounted: Roster,
    uncounted_hits: bool,
    lir: Table<PageId, bool>,
    lirs: u32,
    lirs_limit: u32,
    hirs_limit: u32,
    stack_limit: u32,
    /// Pages whose frames are to be given up.
    gone: Vec<PageId>,
    made_room: bool,
}

impl LirsLibcachesim {
    /// The oldest page of the queue leaves memory.
    fn evict_hir<W: Witness>(&mut self, tell: &mut W) {
        let Some(page) = self.queue.pop_back(ONLY) else { return };
        if self.stack.is_in(ONLY, page) {
            self.absent.put_front(ONLY, page);
        }
        self.gone.push(page);
        tell.say(|telling| format!("The first of Q is page {}", telling.page(page)));
    }

    /// The LIR page at the bottom of the stack becomes the newest HIR page.
    fn evict_lir<W: Witness>(&mut self, tell: &mut W) {
        self.prune();
        let Some(bottom) = self.stack.pop_back(ONLY) else { return };
        self.lir[bottom] = false;
        self.lirs = self.lirs.saturating_sub(1);
        tell.say(|telling| {
            format!("Page {}, at the bottom of the stack, becomes HIR", telling.page(bottom))
        });
        while self.queue.len(ONLY) >= self.hirs_limit {
            self.evict_hir(tell);
        }
        self.queue.put_front(ONLY, bottom);
        self.prune();
    }

    /// Removes HIR pages from the bottom of the stack, up to its last page.
    fn prune(&mut self) {
        while self.stack.len(ONLY) > 1 {
            let Some(bottom) = self.stack.back(ONLY).filter(|&page| !self.lir[page]) else {
                return;
            };
            self.stack.remove(bottom);
            self.absent.remove(bottom);
            if self.uncounted.is_in(FRAMED, bottom) {
                self.gone.push(bottom);
            }
            self.uncounted.remove(bottom);
        }
    }

    fn promote<W: Witness>(&mut self, page: PageId, tell: &mut W) {
        while self.lirs >= self.lirs_limit {
            self.evict_lir(tell);
        }
        self.lir[page] = true;
        self.lirs += 1;
        tell.say(|telling| format!("Page {} was in the stack and becomes LIR", telling.page(page)));
    }

    /// A hit on a HIR page that is not in the stack.
    fn hit_in_queue<W: Witness>(&mut self, page: PageId, tell: &mut W) {
        while self.lirs >= self.lirs_limit {
            self.evict_lir(tell);
        }
        self.stack.put_front(ONLY, page);
        if !self.queue.is_in(ONLY, page) {
            self.gone.retain(|&other| other != page);
            self.uncounted.put_front(FRAMED, page);
        }
    }

    /// Takes from memory what the faulting page displaces.
    fn make_room<W: Witness>(&mut self, page: PageId, tell: &mut W) {
        if self.stack.is_in(ONLY, page) {
            while self.lirs >= self.lirs_limit {
                self.evict_lir(tell);
            }
            self.absent.remove(page);
        } else if self.lirs >= self.lirs_limit {
            while self.queue.len(ONLY) >= self.hirs_limit {
                self.evict_hir(tell);
            }
        }
    }

    /// Takes the frame of a page that its own hit pushed out.
    fn unframe(&mut self) -> Option<PageId> {
        let page = self.uncounted.pop_back(FRAMED)?;
        match self.uncounted_hits {
            true => self.uncounted.put_front(FRAMELESS, page),
            false => self.absent.put_front(ONLY, page),
        }
        Some(page)
    }

    /// Keeps the stack within its limit.
    fn bound(&mut self) {
        while self.stack.len(ONLY) > self.stack_limit {
            let Some(page) = self.absent.pop_back(ONLY) else { return };
            self.stack.remove(page);
        }
    }
}

impl Policy for LirsLibcachesim {
    const NAME: &'static str = "lirs-libcachesim";
    const TITLE: &'static str = "LIRS (libCacheSim)";
    const ABOUT: &'static str = "LIRS with the choices of libCacheSim 0.3.5.";
    const PARAMETERS: &'static [&'static Parameter] = &[&UNCOUNTED];
    const RESIZES: bool = true;
    const FORGIVES: bool = true;

    fn new(setup: &Setup<'_>) -> LirsLibcachesim {
        let pages = setup.references.distinct();
        let frames = u32::try_from(setup.frames).unwrap_or(u32::MAX);
        let hirs_limit = (frames / 100).max(1);
        let roster = Roster::new(pages, 1);
        LirsLibcachesim {
            stack: roster.clone(),
            queue: roster.clone(),
            absent: roster,
            uncounted: Roster::new(pages, 2),
            uncounted_hits: setup.convention.word(&UNCOUNTED) == "hit",
            lir: Table::new(pages, false),
            lirs: 0,
            lirs_limit: frames - hirs_limit,
            hirs_limit,
            stack_limit: 2 * frames,
            gone: Vec::with_capacity(8),
            made_room: false,
        }
    }

    #[inline]
    fn hit<W: Witness>(&mut self, at: Reference, _: Frame, _: &mut Memory, tell: &mut W) {
        let page = at.page;
        if self.lir[page] {
            self.stack.renew(ONLY, page);
            tell.say(|telling| {
                format!("LIR page {} goes to the top of the stack", telling.page(page))
            });
            self.prune();
            return self.bound();
        }
        let (in_stack, in_queue) = (self.stack.is_in(ONLY, page), self.queue.is_in(ONLY, page));
        if in_queue {
            self.queue.put_front(ONLY, page);
        }
        if self.lirs_limit == 0 {
            return;
        }
        if !in_stack {
            tell.say(|telling| format!("HIR page {} is not in the stack", telling.page(page)));
            self.hit_in_queue(page, tell);
        } else {
            self.stack.renew(ONLY, page);
            self.queue.remove(page);
            self.uncounted.remove(page);
            self.promote(page, tell);
        }
        self.bound();
    }

    #[inline]
    fn evict<W: Witness>(&mut self, at: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        if self.stack.is_in(ONLY, at.page) {
            self.stack.put_front(ONLY, at.page);
        }
        self.make_room(at.page, tell);
        self.made_room = true;
        let victim = self.gone.pop().or_else(|| self.unframe());
        tell.say(|telling| match victim {
            Some(page) => format!("What leaves is page {}", telling.page(page)),
            None => String::new(),
        });
        victim.and_then(|page| memory.frame_of(page)).unwrap_or(Frame::new(0))
    }

    #[inline]
    fn load<W: Witness>(&mut self, at: Reference, _: Frame, _: &mut Memory, tell: &mut W) {
        let page = at.page;
        if !std::mem::take(&mut self.made_room) {
            self.make_room(page, tell);
        }
        if self.lirs_limit == 0 {
            self.queue.put_front(ONLY, page);
            return;
        }
        self.uncounted.remove(page);
        let known = self.stack.is_in(ONLY, page);
        self.stack.put_front(ONLY, page);
        if known || self.lirs < self.lirs_limit {
            self.lir[page] = true;
            self.lirs += 1;
        } else {
            self.queue.put_front(ONLY, page);
        }
        tell.say(|_| {
            format!("It is {}", if self.lir[page] { "LIR" } else { "HIR, at the end of Q" })
        });
        self.bound();
    }

    #[inline]
    fn forgives(&self, page: PageId) -> bool {
        self.uncounted.is_in(FRAMELESS, page)
    }

    #[inline]
    fn release<W: Witness>(
        &mut self,
        _: Reference,
        _: bool,
        memory: &mut Memory,
        _: &mut W,
    ) -> Option<Frame> {
        self.gone.pop().and_then(|page| memory.frame_of(page))
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        let queue = |name, roster: &Roster, limit| {
            let note = |page| Some(if self.lir[page] { "LIR" } else { "HIR" }.to_owned());
            let (len, pages) = (roster.len(ONLY), roster.iter(ONLY));
            Queue::of_pages(name, len, Some(limit), pages, memory, telling, note)
        };
        let queues = vec![
            queue("S", &self.stack, self.stack_limit),
            queue("Q", &self.queue, self.hirs_limit),
        ];
        View::Queues { queues, gauges: Vec::new() }
    }
}
