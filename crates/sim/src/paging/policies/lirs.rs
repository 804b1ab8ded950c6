//! LIRS: pages whose last two references were close together keep nearly all frames; the rest share a few.
//!
//! Source: Jiang, Zhang, "LIRS: an efficient low inter-reference recency set replacement policy to improve buffer
//! cache performance", SIGMETRICS 2002, and the program of its first author (`lirs.c`, 2002), whose choices are
//! kept:
//!
//! - `lirs.hir`, 1 % of the frames and at least 2, belong to HIR pages (with fewer than 3 frames, 1);
//! - while memory fills, pages are LIR until only the HIR frames are left;
//! - a reference to the page of the reference before changes nothing;
//! - the stack keeps at most `lirs.stack` times as many pages as there are frames, and beyond that forgets the HIR
//!   page nearest to its bottom.
//!
//! The bottom of the stack is always a LIR page: HIR pages below it are pruned.

use crate::paging::chains::List;
use crate::paging::convention::{Kind, Parameter, Value};
use crate::paging::index::{Frame, PageId, Table};
use crate::paging::memory::Memory;
use crate::paging::policy::{Policy, Reference, Setup, Witness};
use crate::paging::roster::Roster;
use crate::paging::telling::Telling;
use crate::paging::view::{Queue, View};

/// `lirs.hir`.
pub static HIR: Parameter = Parameter {
    name: "lirs.hir",
    about: "Part of the frames for HIR pages, at least 2 frames.",
    kind: Kind::Ratio(0.0, 1.0),
    default: Value::Ratio(0.01),
};

/// `lirs.stack`.
pub static STACK: Parameter = Parameter {
    name: "lirs.stack",
    about: "The most pages in the stack, in multiples of the frames.",
    kind: Kind::Whole(2, 1_000_000),
    default: Value::Whole(2500),
};

const ONLY: List = List(0);

/// The policy.
#[derive(Debug, Clone)]
pub struct Lirs {
    /// The stack S: LIR pages, and HIR pages, resident or not, that were referenced later than its bottom.
    stack: Roster,
    /// The HIR pages of the stack in its order.
    history: Roster,
    /// The queue Q of resident HIR pages, from which pages leave.
    queue: Roster,
    lir: Table<PageId, bool>,
    lirs: u32,
    lirs_limit: u32,
    stack_limit: u64,
    last: Option<PageId>,
}

impl Lirs {
    /// Puts a referenced page on top of the stack: as a LIR page when its last reference was in the stack.
    fn refer<W: Witness>(&mut self, page: PageId, tell: &mut W) {
        self.queue.remove(page);
        let (known, was_lir) = (self.stack.is_in(ONLY, page), self.lir[page]);
        self.stack.remove(page);
        self.history.remove(page);
        self.prune();
        self.stack.put_front(ONLY, page);
        if !was_lir && known {
            self.lir[page] = true;
            self.lirs += 1;
            tell.say(|telling| {
                format!("Page {} was in the stack and becomes LIR", telling.page(page))
            });
            self.demote(tell);
        } else if !was_lir {
            self.history.put_front(ONLY, page);
            self.queue.put_front(ONLY, page);
            tell.say(|telling| {
                format!(
                    "Page {} was not in the stack and is HIR, at the end of Q",
                    telling.page(page)
                )
            });
        }
        self.bound();
    }

    /// Makes the LIR page at the bottom HIR when there are too many.
    fn demote<W: Witness>(&mut self, tell: &mut W) {
        if self.lirs <= self.lirs_limit {
            return;
        }
        self.prune();
        let Some(bottom) = self.stack.pop_back(ONLY) else { return };
        self.lir[bottom] = false;
        self.lirs -= 1;
        self.queue.put_front(ONLY, bottom);
        self.prune();
        tell.say(|telling| {
            format!("Page {}, at the bottom of the stack, becomes HIR", telling.page(bottom))
        });
    }

    /// Removes HIR pages from the bottom of the stack.
    fn prune(&mut self) {
        while let Some(bottom) = self.stack.back(ONLY).filter(|&page| !self.lir[page]) {
            self.stack.remove(bottom);
            self.history.remove(bottom);
        }
    }

    /// Keeps the stack within its limit.
    fn bound(&mut self) {
        if u64::from(self.stack.len(ONLY)) > self.stack_limit
            && let Some(page) = self.history.pop_back(ONLY)
        {
            self.stack.remove(page);
        }
    }
}

impl Policy for Lirs {
    const NAME: &'static str = "lirs";
    const TITLE: &'static str = "LIRS";
    const ABOUT: &'static str = "Low inter-reference recency set, as its author's program: a \
        stack decides who deserves nearly all frames.";
    const PARAMETERS: &'static [&'static Parameter] = &[&HIR, &STACK];

    fn new(setup: &Setup<'_>) -> Lirs {
        let Setup { frames, references, convention } = *setup;
        let pages = references.distinct();
        let all = u32::try_from(frames).unwrap_or(u32::MAX);
        let hirs = convention.part(&HIR, frames).max(2).min(all.saturating_sub(1)).max(1);
        Lirs {
            stack: Roster::new(pages, 1),
            history: Roster::new(pages, 1),
            queue: Roster::new(pages, 1),
            lir: Table::new(pages, false),
            lirs: 0,
            lirs_limit: all - hirs,
            stack_limit: convention.whole(&STACK) * u64::from(all),
            last: None,
        }
    }

    #[inline]
    fn hit<W: Witness>(&mut self, at: Reference, _: Frame, _: &mut Memory, tell: &mut W) {
        if self.last.replace(at.page) == Some(at.page) {
            tell.say(|_| "A repetition changes nothing".to_owned());
            return;
        }
        if self.lir[at.page] {
            tell.say(|telling| {
                format!("LIR page {} goes to the top of the stack", telling.page(at.page))
            });
            // It stands in the stack alone.
            self.stack.renew(ONLY, at.page);
            self.prune();
            return self.bound();
        }
        self.refer(at.page, tell);
    }

    #[inline]
    fn evict<W: Witness>(&mut self, _: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        let victim = self.queue.pop_back(ONLY);
        tell.say(|telling| match victim {
            Some(page) => {
                format!("The first of Q, the resident HIR pages, leaves: {}", telling.page(page))
            }
            None => String::new(),
        });
        victim.and_then(|page| memory.frame_of(page)).unwrap_or(Frame::new(0))
    }

    #[inline]
    fn load<W: Witness>(&mut self, at: Reference, _: Frame, memory: &mut Memory, tell: &mut W) {
        self.last = Some(at.page);
        let fills = self.lirs < self.lirs_limit && memory.resident() <= self.lirs_limit;
        if fills && !self.stack.is_in(ONLY, at.page) {
            self.lir[at.page] = true;
            self.lirs += 1;
            tell.say(|_| "It is LIR, as memory is filling".to_owned());
        }
        self.refer(at.page, tell);
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        let queue = |name, roster: &Roster, limit| {
            let note = |page| Some(if self.lir[page] { "LIR" } else { "HIR" }.to_owned());
            let (len, pages) = (roster.len(ONLY), roster.iter(ONLY));
            Queue::of_pages(name, len, limit, pages, memory, telling, note)
        };
        let hirs = memory.frames() - self.lirs_limit;
        let queues = vec![queue("S", &self.stack, None), queue("Q", &self.queue, Some(hirs))];
        View::Queues { queues, gauges: Vec::new() }
    }
}
