//! WSClock: a clock whose hand replaces a clean page that is no longer in the working set.
//!
//! Source: Carr, Hennessy, "WSCLOCK: a simple and effective algorithm for virtual memory management", SOSP 1981;
//! Tanenbaum, Bos, *Modern Operating Systems*, "The WSClock Page Replacement Algorithm". Time is counted in
//! references, the window is `wsclock.window`, and the hand does with the page it finds:
//!
//! - bit set: the bit is cleared, and now becomes its time of last use;
//! - bit clear, younger than the window: nothing;
//! - older, clean: it leaves;
//! - older, dirty: its writing back is started. It is done when the hand comes by again.
//!
//! After one round with writes started the hand goes on to the first page that is old and clean. After one without,
//! every page is in the working set: the first clean page from the hand leaves, or, where none is, the page at the
//! hand. Loading counts as a use. The hand stands at the frame after the replaced one.
//!
//! At a young page with a clear bit the hand does nothing, and near the window almost all pages are such. So the
//! hand leaps: a set holds the frames whose bit is set or whose page is old, and pages enter it as they turn old, in
//! the order of their last uses. (Walking, the hand passed 1,700 young pages a fault on a Zipf string with 100,000
//! frames, and this took over 50 times as long.)

use crate::paging::bit_tree::BitTree;
use crate::paging::chains::{Chains, List};
use crate::paging::convention::{Kind, Parameter, Value};
use crate::paging::index::{Frame, Table};
use crate::paging::memory::Memory;
use crate::paging::policy::{Policy, Reference, Setup, Witness};
use crate::paging::telling::{Telling, listed};
use crate::paging::view::{Bit, View};

/// `wsclock.window`.
pub static WINDOW: Parameter = Parameter {
    name: "wsclock.window",
    about: "The working set's window in references; 0: as many as there are frames.",
    kind: Kind::Whole(0, u64::MAX),
    default: Value::Whole(0),
};

/// Young pages by their last use.
const BY_USE: List = List(0);

/// What the hand does with a page that it does not pass over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Used,
    Replace,
    Write,
}

/// The policy.
#[derive(Debug, Clone)]
pub struct WsClock {
    referenced: Table<Frame, bool>,
    /// The reference, from 1, at which a page was last known to be used.
    used: Table<Frame, u64>,
    hand: Frame,
    window: u64,
    /// The pages that have not been found old since their last known use, that use at the front last.
    young: Chains<Frame>,
    is_young: Table<Frame, bool>,
    /// Where the hand does something: the bit is set, or the page is not among the young.
    notable: BitTree,
    clean: BitTree,
}

impl WsClock {
    fn after(&self, frame: Frame) -> Frame {
        let next = frame.number() + 1;
        Frame::new(if next == self.referenced.len() { 0 } else { next })
    }

    /// Sets the bit of a frame.
    #[inline(always)]
    fn touch(&mut self, frame: Frame) {
        if !self.referenced[frame] {
            self.referenced[frame] = true;
            self.notable.insert(frame.number());
        }
    }

    /// Notes that a page is known to be used now.
    #[inline]
    fn note_use(&mut self, now: u64, frame: Frame) {
        self.used[frame] = now;
        if std::mem::replace(&mut self.is_young[frame], true) {
            self.young.move_to_front(BY_USE, frame);
        } else {
            self.young.push_front(BY_USE, frame);
        }
    }

    /// Finds the pages that have turned old.
    #[inline]
    fn grow_old(&mut self, now: u64) {
        while let Some(frame) = self.young.back(BY_USE) {
            if now - self.used[frame] <= self.window {
                return;
            }
            self.young.remove(BY_USE, frame);
            self.is_young[frame] = false;
            self.notable.insert(frame.number());
        }
    }

    /// Looks at a page that is notable, and changes what the look changes.
    fn look(&mut self, now: u64, frame: Frame, memory: &mut Memory) -> Look {
        if std::mem::take(&mut self.referenced[frame]) {
            self.note_use(now, frame);
            self.notable.remove(frame.number());
            return Look::Used;
        }
        if memory.is_dirty(frame) {
            memory.clean(frame);
            self.clean.insert(frame.number());
            return Look::Write;
        }
        Look::Replace
    }

    /// How many frames from the hand on, in a circle, the first is that stands in a set.
    #[inline]
    fn distance(&self, set: &BitTree) -> Option<u32> {
        let (hand, frames) = (self.hand.number(), self.referenced.len());
        let ahead = set.first_from(hand).map(|number| number - hand);
        ahead.or_else(|| set.first().map(|number| number + frames - hand))
    }

    /// The frame so many after the hand.
    #[inline]
    fn ahead(&self, distance: u32) -> Frame {
        let (number, frames) = (self.hand.number() + distance, self.referenced.len());
        Frame::new(if number < frames { number } else { number - frames })
    }

    /// Tells of so many young pages from the hand on, which it passes over.
    #[inline(always)]
    fn tell_young<W: Witness>(&self, count: u32, memory: &Memory, tell: &mut W) {
        if count == 0 {
            return;
        }
        tell.say(|telling| {
            let page = |frame| telling.resident(memory, frame);
            let mut uses = (0..count).map(|distance| {
                let frame = self.ahead(distance);
                format!("{} at {}", page(frame), self.used[frame])
            });
            if count > 1 {
                return format!("Pages used within {}: {}", self.window, listed(uses));
            }
            let one = uses.next().unwrap_or_default().replace(" at ", " was used at ");
            format!("Page {one}, within {}", self.window)
        });
    }

    /// Turns the hand at most once round for an old, clean page. The second result is whether a write was started.
    fn round<W: Witness>(
        &mut self,
        now: u64,
        memory: &mut Memory,
        tell: &mut W,
    ) -> (Option<Frame>, bool) {
        let (start, mut left, mut started) = (self.hand, memory.frames(), false);
        while let Some(young) = self.distance(&self.notable).filter(|&young| young < left) {
            self.tell_young(young, memory, tell);
            let frame = self.ahead(young);
            self.hand = frame;
            let look = self.look(now, frame, memory);
            tell.say(|telling| {
                let (page, used) = (telling.resident(memory, frame), self.used[frame]);
                match look {
                    Look::Used => format!("Page {page} has 1, which is cleared: used now"),
                    Look::Write => {
                        format!("Page {page} was used at {used} and is dirty: it is written")
                    }
                    Look::Replace => format!("Old and clean, used at {used}, is page {page}"),
                }
            });
            if look == Look::Replace {
                return (Some(frame), started);
            }
            started |= look == Look::Write;
            self.hand = self.after(frame);
            left -= young + 1;
        }
        self.tell_young(left, memory, tell);
        self.hand = start;
        (None, started)
    }

    /// Every page is in the working set: the first clean page from the hand, else the page at the hand.
    fn any<W: Witness>(&mut self, memory: &Memory, tell: &mut W) -> Frame {
        let clean = self.distance(&self.clean).map(|distance| self.ahead(distance));
        let victim = clean.unwrap_or(self.hand);
        tell.say(|telling| {
            let page = telling.resident(memory, victim);
            let kind = if clean.is_some() {
                "first clean one"
            } else {
                "one at the hand, as none is clean,"
            };
            format!("All are in the working set; the {kind} is {page}")
        });
        victim
    }
}

impl Policy for WsClock {
    const NAME: &'static str = "wsclock";
    const TITLE: &'static str = "WSClock";
    const ABOUT: &'static str = "A clock that replaces a clean page that has left the working set.";
    const PARAMETERS: &'static [&'static Parameter] = &[&WINDOW];

    fn new(setup: &Setup<'_>) -> WsClock {
        let window = match setup.convention.whole(&WINDOW) {
            0 => setup.frames as u64,
            window => window,
        };
        WsClock {
            referenced: Table::new(setup.frames, false),
            used: Table::new(setup.frames, 0),
            hand: Frame::new(0),
            window,
            young: Chains::new(setup.frames, 1),
            is_young: Table::new(setup.frames, false),
            notable: BitTree::new(setup.frames),
            clean: BitTree::new(setup.frames),
        }
    }

    #[inline(always)]
    fn hit<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        self.touch(frame);
        if at.write {
            self.clean.remove(frame.number());
        }
        tell.say(|telling| format!("The reference bit of page {} is set", telling.page(at.page)));
    }

    fn evict<W: Witness>(&mut self, at: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        let now = at.number();
        self.grow_old(now);
        tell.say(|_| format!("WSClock looks from the hand, at frame {}", self.hand));
        for _ in 0..2 {
            match self.round(now, memory, tell) {
                (Some(victim), _) => return victim,
                (None, true) => {}
                (None, false) => break,
            }
        }
        self.any(memory, tell)
    }

    #[inline]
    fn load<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        self.touch(frame);
        self.note_use(at.number(), frame);
        if at.write {
            self.clean.remove(frame.number());
        } else {
            self.clean.insert(frame.number());
        }
        self.hand = self.after(frame);
        tell.say(|_| format!("The hand stands at frame {}", self.hand));
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        View::ring(memory, telling, self.hand, |frame| {
            vec![
                Bit { name: "referenced", set: self.referenced[frame] },
                Bit { name: "modified", set: memory.is_dirty(frame) },
            ]
        })
    }
}
