//! Enhanced CLOCK: a hand that prefers pages that need no writing back.
//!
//! Source: Silberschatz, Galvin, Gagne, *Operating System Concepts*, "Enhanced Second-Chance Algorithm"; the passes
//! are those of Stallings, *Operating Systems*, "Clock Policy":
//!
//! 1. From the hand once round: the first page neither referenced nor modified leaves. No bit changes.
//! 2. From the hand once round: the first page not referenced but modified leaves. Each page passed has its
//!    reference bit cleared.
//! 3. Again from 1. Now a page is found, at the latest in the second pass.
//!
//! Loading counts as a reference. The hand stands at the frame after the replaced one. A page is modified until it
//! leaves.

use crate::paging::bits::{Bits, first_of_class};
use crate::paging::index::Frame;
use crate::paging::memory::Memory;
use crate::paging::policy::{Policy, Reference, Setup, Witness};
use crate::paging::telling::{Telling, listed};
use crate::paging::view::{Bit, View};

/// The policy.
#[derive(Debug, Clone)]
pub struct EnhancedClock {
    referenced: Bits,
    modified: Bits,
    hand: Frame,
    frames: u32,
}

impl EnhancedClock {
    fn after(&self, frame: Frame) -> Frame {
        let next = frame.number() + 1;
        Frame::new(if next == self.frames { 0 } else { next })
    }

    fn first(&self, class: (bool, bool)) -> Option<Frame> {
        let (bits, hand) = ((&self.referenced, &self.modified), self.hand.number());
        first_of_class(bits, class, hand..self.frames)
            .or_else(|| first_of_class(bits, class, 0..hand))
    }

    /// Clears the reference bits from the hand up to `end`, or of all frames.
    fn pass(&mut self, end: Option<Frame>) {
        let Some(end) = end else { return self.referenced.clear_all() };
        let mut frame = self.hand;
        while frame != end {
            self.referenced.set(frame, false);
            frame = self.after(frame);
        }
    }

    fn compared(&self, memory: &Memory, telling: &Telling<'_>) -> String {
        let round = (0..self.frames).map(|step| (self.hand.number() + step) % self.frames);
        let bits = listed(round.map(Frame::new).map(|frame| {
            let (used, written) = (self.referenced.get(frame), self.modified.get(frame));
            let page = telling.resident(memory, frame);
            format!("{page} ({},{})", u8::from(used), u8::from(written))
        }));
        format!("From the hand the pages have (referenced,modified): {bits}")
    }
}

impl Policy for EnhancedClock {
    const NAME: &'static str = "enhanced-clock";
    const TITLE: &'static str = "Enhanced CLOCK";
    const ABOUT: &'static str = "CLOCK over (referenced, modified) bits: a clean page that was \
        not referenced leaves first.";
    const FORGETS: bool = true;

    fn new(setup: &Setup<'_>) -> EnhancedClock {
        let bits = Bits::new(setup.frames);
        EnhancedClock {
            referenced: bits.clone(),
            modified: bits,
            hand: Frame::new(0),
            frames: u32::try_from(setup.frames).unwrap_or(u32::MAX),
        }
    }

    #[inline(always)]
    fn hit<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        self.referenced.set(frame, true);
        if at.write {
            self.modified.set(frame, true);
        }
        tell.say(|telling| {
            let bits = if at.write { "reference and modified bits" } else { "reference bit" };
            let are = if at.write { "are" } else { "is" };
            format!("The {bits} of page {} {are} set", telling.page(at.page))
        });
    }

    #[inline]
    fn evict<W: Witness>(&mut self, _: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        for _ in 0..2 {
            tell.say(|telling| self.compared(memory, telling));
            if let Some(victim) = self.first((false, false)) {
                tell.say(|telling| {
                    format!("The first with (0,0) is {}", telling.resident(memory, victim))
                });
                return victim;
            }
            let victim = self.first((false, true));
            self.pass(victim);
            tell.say(|telling| match victim {
                Some(frame) => {
                    let page = telling.resident(memory, frame);
                    format!(
                        "None has (0,0); the reference bits on the way to (0,1) are cleared, \
                         and the first with (0,1) is {page}"
                    )
                }
                None => "None has (0,0) or (0,1); all reference bits are cleared".to_owned(),
            });
            if let Some(victim) = victim {
                return victim;
            }
        }
        self.hand
    }

    #[inline(always)]
    fn load<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        self.referenced.set(frame, true);
        self.modified.set(frame, at.write);
        self.hand = self.after(frame);
        tell.say(|_| format!("The hand stands at frame {}", self.hand));
    }

    fn forget(&mut self, frame: Frame, _: &Memory) {
        self.referenced.set(frame, false);
        self.modified.set(frame, false);
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        View::ring(memory, telling, self.hand, |frame| {
            vec![
                Bit { name: "referenced", set: self.referenced.get(frame) },
                Bit { name: "modified", set: self.modified.get(frame) },
            ]
        })
    }
}
