//! CLOCK: FIFO in a circle, in which a referenced page is passed over once.
//!
//! Source: Corbató, "A paging experiment with the Multics system", 1968; Silberschatz, Galvin, Gagne, *Operating
//! System Concepts*, "Second-Chance Algorithm"; Stallings, *Operating Systems*, "Clock Policy".
//!
//! Three choices change the published tables: whether the bit is set when a page is loaded, and where the hand goes
//! after a replacement and after a hit.

use crate::paging::convention::{Kind, Parameter, Value};
use crate::paging::index::{Frame, Table};
use crate::paging::memory::Memory;
use crate::paging::policy::{Policy, Reference, Setup, Witness};
use crate::paging::telling::Telling;
use crate::paging::view::{Bit, View};

/// `clock.load_bit`.
pub static LOAD_BIT: Parameter = Parameter {
    name: "clock.load_bit",
    about: "The reference bit of a page that was just loaded: 1 in the textbooks, 0 in libCacheSim.",
    kind: Kind::Whole(0, 1),
    default: Value::Whole(1),
};

/// `clock.hand_after_load`.
pub static HAND_AFTER_LOAD: Parameter = Parameter {
    name: "clock.hand_after_load",
    about: "Where the hand stands after a replacement: at the `next` frame, or it `stays` at the new page.",
    kind: Kind::Word(&["next", "stays"]),
    default: Value::Word("next"),
};

/// `clock.hand_after_hit`.
pub static HAND_AFTER_HIT: Parameter = Parameter {
    name: "clock.hand_after_hit",
    about: "Where the hand stands after a hit: it `stays`, or goes to the frame after that of the page (`next`).",
    kind: Kind::Word(&["stays", "next"]),
    default: Value::Word("stays"),
};

/// The policy.
#[derive(Debug, Clone)]
pub struct Clock {
    referenced: Table<Frame, bool>,
    hand: Frame,
    load_bit: bool,
    next_after_load: bool,
    next_after_hit: bool,
}

impl Clock {
    #[inline(always)]
    fn after(&self, frame: Frame) -> Frame {
        let next = frame.number() + 1;
        Frame::new(if next == self.referenced.len() { 0 } else { next })
    }
}

impl Policy for Clock {
    const NAME: &'static str = "clock";
    const TITLE: &'static str = "CLOCK";
    const ABOUT: &'static str = "A hand goes round the frames, clears set reference bits, and \
        stops at the first clear one.";
    const PARAMETERS: &'static [&'static Parameter] =
        &[&LOAD_BIT, &HAND_AFTER_LOAD, &HAND_AFTER_HIT];
    const FORGETS: bool = true;

    fn new(setup: &Setup<'_>) -> Clock {
        Clock {
            referenced: Table::new(setup.frames, false),
            hand: Frame::new(0),
            load_bit: setup.convention.whole(&LOAD_BIT) == 1,
            next_after_load: setup.convention.word(&HAND_AFTER_LOAD) == "next",
            next_after_hit: setup.convention.word(&HAND_AFTER_HIT) == "next",
        }
    }

    #[inline(always)]
    fn hit<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        self.referenced[frame] = true;
        tell.say(|telling| format!("The reference bit of page {} is set", telling.page(at.page)));
        if self.next_after_hit {
            self.hand = self.after(frame);
            tell.say(|_| format!("The hand goes to frame {}", self.hand));
        }
    }

    #[inline(always)]
    fn evict<W: Witness>(&mut self, _: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        tell.say(|_| {
            format!("CLOCK looks at reference bits from the hand, at frame {}", self.hand)
        });
        loop {
            let frame = self.hand;
            let passed = self.referenced[frame];
            tell.say(|telling| {
                let page = telling.resident(memory, frame);
                let found = if passed { "1, which is cleared" } else { "0 and leaves" };
                format!("Page {page} has {found}")
            });
            if !passed {
                return frame;
            }
            self.referenced[frame] = false;
            self.hand = self.after(frame);
        }
    }

    #[inline(always)]
    fn load<W: Witness>(&mut self, _: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        self.referenced[frame] = self.load_bit;
        if self.hand == frame && self.next_after_load {
            self.hand = self.after(frame);
        }
        let bit = u32::from(self.load_bit);
        tell.say(|_| format!("Its bit is {bit}, and the hand stands at frame {}", self.hand));
    }

    fn forget(&mut self, frame: Frame, _: &Memory) {
        self.referenced[frame] = false;
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        View::ring(memory, telling, self.hand, |frame| {
            vec![Bit { name: "referenced", set: self.referenced[frame] }]
        })
    }
}
