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
//! A round that finds nothing leaves every bit clear and the earliest use known. Until that use is older than the
//! window, a further round would find nothing either: only the bits that were set meanwhile are cleared.

use crate::paging::convention::{Kind, Parameter, Value};
use crate::paging::index::{Frame, Table};
use crate::paging::memory::Memory;
use crate::paging::policy::{Policy, Reference, Setup, Witness};
use crate::paging::telling::Telling;
use crate::paging::view::{Bit, View};

/// `wsclock.window`.
pub static WINDOW: Parameter = Parameter {
    name: "wsclock.window",
    about: "The working set's window in references; 0: as many as there are frames.",
    kind: Kind::Whole(0, u64::MAX),
    default: Value::Whole(0),
};

/// What the hand does with the page in its frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Used,
    Young,
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
    /// The earliest use of any page, while no page has been found old since a whole round found none.
    earliest: Option<u64>,
    /// The frames whose bits were set since then.
    touched: Vec<Frame>,
}

impl WsClock {
    fn after(&self, frame: Frame) -> Frame {
        let next = frame.number() + 1;
        Frame::new(if next == self.referenced.len() { 0 } else { next })
    }

    /// Sets the bit of a frame.
    #[inline(always)]
    fn touch(&mut self, frame: Frame) {
        if self.earliest.is_some() && !self.referenced[frame] {
            self.touched.push(frame);
        }
        self.referenced[frame] = true;
    }

    /// What a round does that finds every page used within the window.
    fn clear_touched(&mut self, now: u64) {
        while let Some(frame) = self.touched.pop() {
            self.referenced[frame] = false;
            self.used[frame] = now;
        }
    }

    /// Looks at the page in a frame, and changes what the look changes.
    fn look(&mut self, now: u64, frame: Frame, memory: &mut Memory) -> Look {
        if std::mem::take(&mut self.referenced[frame]) {
            self.used[frame] = now;
            return Look::Used;
        }
        if now - self.used[frame] <= self.window {
            return Look::Young;
        }
        if memory.is_dirty(frame) {
            memory.clean(frame);
            return Look::Write;
        }
        Look::Replace
    }

    /// Turns the hand at most once round for an old, clean page. The second result is whether a write was started.
    fn round<W: Witness>(
        &mut self,
        now: u64,
        memory: &mut Memory,
        tell: &mut W,
    ) -> (Option<Frame>, bool) {
        let mut started = false;
        for _ in 0..memory.frames() {
            let frame = self.hand;
            let look = self.look(now, frame, memory);
            tell.say(|telling| {
                let (page, used) = (telling.resident(memory, frame), self.used[frame]);
                match look {
                    Look::Used => format!("Page {page} has 1, which is cleared: used now"),
                    Look::Young => {
                        format!("Page {page} was used at {used}, within {}", self.window)
                    }
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
        }
        (None, started)
    }

    /// Every page is in the working set: the first clean page from the hand, else the page at the hand.
    fn any<W: Witness>(&mut self, memory: &Memory, tell: &mut W) -> Frame {
        let round = (0..memory.frames()).map(|step| self.hand.number() + step);
        let mut round = round.map(|number| Frame::new(number % memory.frames()));
        let clean = round.find(|&frame| !memory.is_dirty(frame));
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
            earliest: None,
            touched: Vec::with_capacity(setup.frames),
        }
    }

    #[inline(always)]
    fn hit<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        self.touch(frame);
        tell.say(|telling| format!("The reference bit of page {} is set", telling.page(at.page)));
    }

    fn evict<W: Witness>(&mut self, at: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        let now = at.number();
        if let Some(earliest) = self.earliest.filter(|earliest| now - earliest <= self.window) {
            self.clear_touched(now);
            tell.say(|_| {
                format!(
                    "Every page was used within {} references, the earliest at {earliest} or later",
                    self.window
                )
            });
            return self.any(memory, tell);
        }
        self.earliest = None;
        self.touched.clear();
        tell.say(|_| format!("WSClock looks from the hand, at frame {}", self.hand));
        match self.round(now, memory, tell) {
            (Some(victim), _) => victim,
            (None, true) => match self.round(now, memory, tell) {
                (Some(victim), _) => victim,
                (None, _) => self.any(memory, tell),
            },
            (None, false) => {
                self.earliest = self.used.iter().map(|(_, &used)| used).min();
                self.any(memory, tell)
            }
        }
    }

    #[inline]
    fn load<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        self.referenced[frame] = false;
        self.touch(frame);
        self.used[frame] = at.number();
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
