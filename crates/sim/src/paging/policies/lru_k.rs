//! LRU-K: the page whose K-th last reference is the longest ago leaves.
//!
//! Source: O'Neil, O'Neil, Weikum, "The LRU-K page replacement algorithm for database disk buffering", SIGMOD 1993.
//!
//! A page with fewer than K references has an infinite distance and leaves first; among those LRU decides, as the
//! paper suggests. The correlated reference period is 0. The paper keeps the history of pages that left for a
//! while: `lru-k.history` is for ever or not at all.

use crate::paging::convention::{Kind, Parameter, Value};
use crate::paging::heap::Heap;
use crate::paging::index::{Frame, PageId};
use crate::paging::memory::Memory;
use crate::paging::policy::{Listed, Policy, Reference, Setup, Witness};
use crate::paging::telling::{Telling, listed};
use crate::paging::view::View;

/// `lru-k.k`.
pub static K: Parameter = Parameter {
    name: "lru-k.k",
    about: "Which last reference counts; 1 is LRU.",
    kind: Kind::Whole(1, 16),
    default: Value::Whole(2),
};

/// `lru-k.history`.
pub static HISTORY: Parameter = Parameter {
    name: "lru-k.history",
    about: "Whether the reference times of a page that leaves are `kept` for when it comes back, or `lost`.",
    kind: Kind::Word(&["kept", "lost"]),
    default: Value::Word("kept"),
};

const LOW: u64 = u32::MAX as u64;

/// The policy. Times are references from 1; 0 is "never".
#[derive(Debug, Clone)]
pub struct LruK {
    /// `k` times a page, the last reference first.
    times: Vec<u32>,
    k: usize,
    kept: bool,
    oldest: Heap,
}

impl LruK {
    fn times(&mut self, page: PageId) -> &mut [u32] {
        let start = page.rank() as usize * self.k;
        &mut self.times[start..start + self.k]
    }

    /// Notes a reference; the rank is high when the K-th last time, and then the last, are early.
    #[inline]
    fn refer(&mut self, at: Reference) -> u64 {
        let times = self.times(at.page);
        times.rotate_right(1);
        times[0] = u32::try_from(at.number()).unwrap_or(u32::MAX);
        let (kth, last) = (times[times.len() - 1], times[0]);
        (LOW - u64::from(kth)) << 32 | (LOW - u64::from(last))
    }

    /// The K-th last time of the page in a frame; `None` where it has fewer references.
    fn kth(&self, frame: Frame) -> Option<u64> {
        let kth = LOW - (self.oldest.rank(frame) >> 32);
        (kth != 0).then_some(kth)
    }

    fn compared(&self, memory: &Memory, telling: &Telling<'_>) -> String {
        let times = listed(memory.pages().map(|(frame, page)| match self.kth(frame) {
            Some(time) => format!("{} at {time}", telling.page(page)),
            None => format!("{} never (last use {})", telling.page(page), telling.used(frame)),
        }));
        format!("LRU-{} compares reference {} from the last: {times}", self.k, self.k)
    }
}

impl Policy for LruK {
    const NAME: &'static str = "lru-k";
    const TITLE: &'static str = "LRU-K";
    const ABOUT: &'static str = "The page whose K-th last reference is the longest ago leaves.";
    const PARAMETERS: &'static [&'static Parameter] = &[&K, &HISTORY];
    const LISTED: Listed = Listed::ByUse;

    fn new(setup: &Setup<'_>) -> LruK {
        let k = usize::try_from(setup.convention.whole(&K)).unwrap_or(1);
        LruK {
            times: vec![0; k * setup.references.distinct()],
            k,
            kept: setup.convention.word(&HISTORY) == "kept",
            oldest: Heap::new(setup.frames),
        }
    }

    #[inline]
    fn hit<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        let rank = self.refer(at);
        self.oldest.put(frame, rank);
        tell.say(|telling| format!("The use of page {} is noted", telling.page(at.page)));
    }

    #[inline]
    fn evict<W: Witness>(&mut self, _: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        tell.say(|telling| self.compared(memory, telling));
        let victim = self.oldest.top().unwrap_or(Frame::new(0));
        if let (false, Some(page)) = (self.kept, memory.page_in(victim)) {
            self.times(page).fill(0);
        }
        tell.say(|telling| format!("The oldest is {}", telling.resident(memory, victim)));
        victim
    }

    #[inline]
    fn load<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, _: &mut W) {
        let rank = self.refer(at);
        self.oldest.put(frame, rank);
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        View::values("K-th last use", memory, telling, |frame| {
            (self.kth(frame), Some(format!("used at {}", telling.used(frame))))
        })
    }
}
