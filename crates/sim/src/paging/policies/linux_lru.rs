//! Linux's two lists: pages prove themselves on an inactive list, and a page that comes back soon is active at
//! once.
//!
//! Source: Linux 6.x, `mm/swap.c` (`folio_mark_accessed`), `mm/vmscan.c` (`shrink_active_list`, `inactive_is_low`)
//! and the comment at the head of `mm/workingset.c`, for one list of page cache pages that are read by system
//! calls:
//!
//! - A page is loaded at the head of the inactive list, and reading it marks it referenced. A reference to an
//!   inactive page that is marked moves it to the head of the active list and clears the mark; any other reference
//!   sets the mark.
//! - When memory is full and the inactive list is low, which is while inactive × `linux-lru.inactive_ratio` <
//!   active, the tail of the active list goes to the head of the inactive one. The tail of the inactive list
//!   leaves, marked or not.
//! - A clock counts evictions and activations. A page that comes back after a refault distance, which is the
//!   clock's advance since it left, of at most the length of the active list is loaded active.
//!
//! The kernel works in batches of 32 pages and for several lists at once; here one page is moved at a time.

use crate::paging::chains::{Chains, List};
use crate::paging::convention::{Kind, Parameter, Value};
use crate::paging::index::{Frame, PageId, Table};
use crate::paging::memory::Memory;
use crate::paging::policy::{Policy, Reference, Setup, Witness};
use crate::paging::telling::Telling;
use crate::paging::view::{Gauge, Queue, View};

/// `linux-lru.inactive_ratio`.
pub static INACTIVE_RATIO: Parameter = Parameter {
    name: "linux-lru.inactive_ratio",
    about: "How many times as long as the inactive list the active one may be: 1 below 1 GiB, √(10·GiB) above.",
    kind: Kind::Whole(1, 1000),
    default: Value::Whole(1),
};

const INACTIVE: List = List(0);
const ACTIVE: List = List(1);

/// The policy.
#[derive(Debug, Clone)]
pub struct LinuxLru {
    lists: Chains<Frame>,
    active: Table<Frame, bool>,
    marked: Table<Frame, bool>,
    /// The clock when a page left; 0 for never, as the clock starts at 1.
    left_at: Table<PageId, u64>,
    clock: u64,
    ratio: u64,
}

impl LinuxLru {
    fn len(&self, list: List) -> u64 {
        u64::from(self.lists.len(list))
    }

    fn enter(&mut self, frame: Frame, active: bool) {
        self.lists.push_front(if active { ACTIVE } else { INACTIVE }, frame);
        self.active[frame] = active;
        self.clock += u64::from(active);
    }

    /// Moves the tail of the active list over while the inactive list is low.
    fn balance<W: Witness>(&mut self, memory: &Memory, tell: &mut W) {
        while self.len(INACTIVE) * self.ratio < self.len(ACTIVE) {
            let Some(frame) = self.lists.pop_back(ACTIVE) else { return };
            tell.say(|telling| {
                let (inactive, active) = (self.len(INACTIVE), self.len(ACTIVE) + 1);
                let page = telling.resident(memory, frame);
                format!("The lists hold {inactive} inactive and {active} active pages: page {page} becomes inactive")
            });
            self.enter(frame, false);
        }
    }
}

impl Policy for LinuxLru {
    const NAME: &'static str = "linux-lru";
    const TITLE: &'static str = "Linux LRU";
    const ABOUT: &'static str = "Linux's active and inactive lists with refault distance.";
    const PARAMETERS: &'static [&'static Parameter] = &[&INACTIVE_RATIO];

    fn new(setup: &Setup<'_>) -> LinuxLru {
        LinuxLru {
            lists: Chains::new(setup.frames, 2),
            active: Table::new(setup.frames, false),
            marked: Table::new(setup.frames, false),
            left_at: Table::new(setup.references.distinct(), 0),
            clock: 1,
            ratio: setup.convention.whole(&INACTIVE_RATIO),
        }
    }

    #[inline]
    fn hit<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        if self.active[frame] || !self.marked[frame] {
            self.marked[frame] = true;
            tell.say(|telling| format!("Page {} is marked referenced", telling.page(at.page)));
            return;
        }
        self.marked[frame] = false;
        self.lists.remove(INACTIVE, frame);
        self.enter(frame, true);
        tell.say(|telling| format!("Page {} was marked and becomes active", telling.page(at.page)));
    }

    #[inline]
    fn evict<W: Witness>(&mut self, _: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        self.balance(memory, tell);
        let victim = self.lists.pop_back(INACTIVE).or_else(|| self.lists.pop_back(ACTIVE));
        let victim = victim.unwrap_or(Frame::new(0));
        if let Some(page) = memory.page_in(victim) {
            self.left_at[page] = self.clock;
        }
        self.clock += 1;
        tell.say(|telling| {
            format!("The tail of the inactive list is {}", telling.resident(memory, victim))
        });
        victim
    }

    #[inline]
    fn load<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        let (left_at, limit) = (self.left_at[at.page], self.len(ACTIVE));
        let distance = self.clock - left_at;
        let soon = left_at > 0 && distance <= limit;
        self.marked[frame] = !soon;
        self.enter(frame, soon);
        tell.say(|_| match (left_at, soon) {
            (0, _) => "It is new and inactive".to_owned(),
            (_, true) => {
                format!("Its refault distance {distance} is at most {limit}: it is active")
            }
            (_, false) => {
                format!("Its refault distance {distance} is more than {limit}: it is inactive")
            }
        });
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        let queue = |name, list| {
            let note = |frame| self.marked[frame].then(|| "referenced".to_owned());
            let (len, frames) = (self.lists.len(list), self.lists.iter(list));
            Queue::of_frames(name, len, None, frames, memory, telling, note)
        };
        #[expect(clippy::cast_precision_loss, reason = "the clock is below twice the references")]
        let value = self.clock as f64;
        View::Queues {
            queues: vec![queue("active", ACTIVE), queue("inactive", INACTIVE)],
            gauges: vec![Gauge { name: "nonresident age", value }],
        }
    }
}
