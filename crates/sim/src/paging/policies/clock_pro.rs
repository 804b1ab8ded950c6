//! CLOCK-Pro: LIRS with a clock and three hands, so that a hit only sets a bit.
//!
//! Source: Jiang, Chen, Zhang, "CLOCK-Pro: an effective improvement of the CLOCK replacement", USENIX 2005, and the
//! program of its first author (`clock-pro.c`, 2005), whose choices are kept:
//!
//! - `clock-pro.cold`, 5 % of the frames and at least 2, is the least number of resident cold pages; memory fills
//!   with hot pages until only those frames are left;
//! - a reference to the page of the reference before sets no bit;
//! - as many pages as there are frames are remembered in their test period.
//!
//! With `clock-pro.adaptive=yes` pages that come back in their test period raise the number of cold pages and test
//! periods that end lower it, between `clock-pro.cold` and `clock-pro.cold_max`. With fewer than 3 frames there is
//! no room for a hot page: then it is FIFO.
//!
//! The clock is a list with its head at the front; the hands move from the back towards it and start again at the
//! back.

use crate::paging::chains::{Chains, List};
use crate::paging::convention::{Kind, Parameter, Value};
use crate::paging::index::{Frame, PageId, Table};
use crate::paging::memory::Memory;
use crate::paging::policy::{Policy, Reference, Setup, Witness};
use crate::paging::telling::Telling;
use crate::paging::view::{Bit, Hand, SHOWN, Slot, View};

/// `clock-pro.cold`.
pub static COLD: Parameter = Parameter {
    name: "clock-pro.cold",
    about: "The least part of the frames for resident cold pages, at least 2 frames.",
    kind: Kind::Ratio(0.0, 1.0),
    default: Value::Ratio(0.05),
};

/// `clock-pro.cold_max`.
pub static COLD_MAX: Parameter = Parameter {
    name: "clock-pro.cold_max",
    about: "The most part of the frames for resident cold pages, when it adapts.",
    kind: Kind::Ratio(0.0, 1.0),
    default: Value::Ratio(0.9),
};

/// `clock-pro.adaptive`.
pub static ADAPTIVE: Parameter = Parameter {
    name: "clock-pro.adaptive",
    about: "Whether the number of cold pages adapts, as in the paper, or stays at its least.",
    kind: Kind::Word(&["yes", "no"]),
    default: Value::Word("yes"),
};

const CLOCK: List = List(0);

/// What the hand of hot pages came upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Met {
    /// A hot page to demote.
    Hot,
    /// The cold page on whose behalf it moves, whose test period is thereby over.
    Cold,
    /// Both.
    Both,
}

/// A page of the clock in five bits, as a hit looks for them all over memory. A page that is not in the clock is cold
/// and nothing else.
#[derive(Debug, Clone, Copy, Default)]
struct State(u8);

const IN_CLOCK: State = State(1);
const HOT: State = State(2);
const IN_TEST: State = State(4);
const REFERENCED: State = State(8);
const RESIDENT: State = State(16);

impl State {
    #[inline(always)]
    fn is(self, what: State) -> bool {
        self.0 & what.0 != 0
    }

    #[inline(always)]
    fn set(&mut self, what: State) {
        self.0 |= what.0;
    }

    #[inline(always)]
    fn clear(&mut self, what: State) {
        self.0 &= !what.0;
    }

    /// The test period is over.
    fn end_test(&mut self) {
        self.clear(IN_TEST);
        self.clear(REFERENCED);
    }
}

/// The policy.
#[derive(Debug, Clone)]
pub struct ClockPro {
    clock: Chains<PageId>,
    state: Table<PageId, State>,
    hand_hot: PageId,
    hand_cold: PageId,
    hand_test: PageId,
    frames: u32,
    loaded: u32,
    hots: u32,
    remembered: u32,
    cold_least: u32,
    cold_most: u32,
    adaptive: bool,
    /// Cold pages still to be added, or to be given up when negative.
    credits: i64,
    /// Whether the page that faults becomes hot.
    promote: bool,
    last: Option<PageId>,
    /// The next frame to be replaced where there is no room for hot pages.
    oldest: u32,
}

impl ClockPro {
    /// The next page a hand at `page` comes to.
    fn onward(&self, page: PageId) -> PageId {
        self.clock.before(page).or_else(|| self.clock.back(CLOCK)).unwrap_or(page)
    }

    /// The page a hand at `page` came from.
    fn behind(&self, page: PageId) -> PageId {
        self.clock.after(page).or_else(|| self.clock.front(CLOCK)).unwrap_or(page)
    }

    fn colds(&self) -> u32 {
        self.frames - self.hots
    }

    /// Takes a page out of the clock. What it is, apart from its residence and heat, is forgotten.
    /// Hands that point at it move on.
    fn take_out(&mut self, page: PageId) {
        let onward = self.onward(page);
        for hand in [&mut self.hand_hot, &mut self.hand_cold, &mut self.hand_test] {
            if *hand == page {
                *hand = onward;
            }
        }
        self.clock.remove(CLOCK, page);
        self.state[page].clear(IN_CLOCK);
        self.state[page].end_test();
    }

    fn insert(&mut self, page: PageId) {
        self.clock.push_front(CLOCK, page);
        self.state[page].set(IN_CLOCK);
    }

    /// Makes a page of the clock hot. The hand of hot pages rests on the only one there is.
    fn heat(&mut self, page: PageId) {
        self.state[page].set(HOT);
        self.hots += 1;
        if self.hots == 1 {
            self.hand_hot = page;
        }
    }

    /// Forgets a page that is remembered in its test period.
    fn forget(&mut self, page: PageId) {
        self.take_out(page);
        self.state[page] = State::default();
        self.remembered -= 1;
        self.credits -= i64::from(self.adaptive);
    }

    /// Moves the hand of test periods one page on, ending the period of the cold page it leaves.
    fn end_one_test(&mut self) {
        let page = self.hand_test;
        self.hand_test = self.onward(page);
        let state = self.state[page];
        if state.is(HOT) {
            return;
        }
        if state.is(RESIDENT) {
            self.state[page].end_test();
        } else {
            self.forget(page);
        }
    }

    /// Ends test periods until no more pages are remembered than there are frames.
    fn limit_remembered(&mut self) {
        if self.remembered <= self.frames {
            return;
        }
        while self.state[self.hand_test].is(RESIDENT) {
            let state = &mut self.state[self.hand_test];
            if !state.is(HOT) {
                state.end_test();
            }
            self.hand_test = self.onward(self.hand_test);
        }
        let page = self.hand_test;
        self.hand_test = self.onward(page);
        self.forget(page);
    }

    /// Moves the hand of hot pages, on behalf of a cold page, until a hot page is demoted or that page is met.
    fn turn_hot<W: Witness>(&mut self, cold: PageId, tell: &mut W) -> Met {
        let (mut demoted, mut met) = (false, false);
        while !(demoted || met) || (self.hots > 0 && !self.state[self.hand_hot].is(HOT)) {
            let page = self.hand_hot;
            if self.state[page].is(HOT) {
                demoted |= self.pass_hot(page, tell);
            } else {
                met |= page == cold;
                self.hand_hot = self.onward(page);
            }
            if self.behind(self.hand_hot) == self.hand_test {
                self.end_one_test();
                self.limit_remembered();
            }
        }
        match (demoted, met) {
            (true, true) => Met::Both,
            (false, true) => Met::Cold,
            _ => Met::Hot,
        }
    }

    /// The hand of hot pages passes one: a referenced page stays hot, another becomes cold (true). Both go to the
    /// head.
    fn pass_hot<W: Witness>(&mut self, page: PageId, tell: &mut W) -> bool {
        let spared = self.state[page].is(REFERENCED);
        if !spared {
            self.state[page].clear(HOT);
            self.hots -= 1;
        }
        self.take_out(page);
        self.insert(page);
        tell.say(|telling| {
            let end = if spared { "1, which is cleared" } else { "0 and becomes cold" };
            format!("The hand of hot pages finds page {} with {end}", telling.page(page))
        });
        !spared
    }

    /// Moves the hand of cold pages until one leaves memory, and returns it.
    fn turn_cold<W: Witness>(&mut self, tell: &mut W) -> PageId {
        loop {
            let page = self.hand_cold;
            let state = self.state[page];
            let (referenced, in_test) = (state.is(REFERENCED), state.is(IN_TEST));
            let stays = referenced && in_test && self.reprieve(page, tell);
            if !stays {
                tell.say(|telling| {
                    let why = match (referenced, in_test) {
                        (true, true) => "whose test period just ended",
                        (true, false) => "whose test period is over",
                        _ => "with 0",
                    };
                    format!(
                        "The hand of cold pages finds page {}, {why}: it leaves",
                        telling.page(page)
                    )
                });
                self.let_go(page);
                return page;
            }
            self.seek_cold();
        }
    }

    /// Advances the hand of cold pages to a resident one.
    fn seek_cold(&mut self) {
        while self.state[self.hand_cold].is(HOT) || !self.state[self.hand_cold].is(RESIDENT) {
            self.hand_cold = self.onward(self.hand_cold);
        }
    }

    /// A cold page leaves memory; it is remembered when its test period runs.
    fn let_go(&mut self, page: PageId) {
        self.hand_cold = self.onward(page);
        self.state[page].clear(RESIDENT);
        if self.state[page].is(IN_TEST) {
            self.remembered += 1;
        } else {
            self.take_out(page);
        }
        self.seek_cold();
        self.limit_remembered();
    }

    /// A referenced cold page in its test period goes to the head, hot where there is room for it; false when its
    /// test period ends on the way.
    fn reprieve<W: Witness>(&mut self, page: PageId, tell: &mut W) -> bool {
        self.bound_credits();
        let demote = self.credits >= 0;
        let met = if demote { self.turn_hot(page, tell) } else { Met::Hot };
        let stays_cold = self.credits > 0;
        if met == Met::Cold || (stays_cold && met == Met::Both) {
            self.credits -= i64::from(stays_cold && met == Met::Both);
            return false;
        }
        self.credits += match self.credits {
            0 => 0,
            positive if positive > 0 => -1,
            _ => 1,
        };
        self.take_out(page);
        self.insert(page);
        if stays_cold {
            self.state[page].set(IN_TEST);
            self.state[page].set(REFERENCED);
        } else {
            self.heat(page);
        }
        tell.say(|telling| {
            let end = if stays_cold { "stays cold" } else { "becomes hot" };
            format!("The hand of cold pages finds page {} with 1: it {end}", telling.page(page))
        });
        true
    }

    fn bound_credits(&mut self) {
        let full = self.credits > 0 && self.colds() >= self.cold_most;
        let empty = self.credits < 0 && self.colds() <= self.cold_least;
        if full || empty {
            self.credits = 0;
        }
    }

    /// The page that faults is remembered: it becomes hot, unless its test period ends on the way.
    fn come_back<W: Witness>(&mut self, page: PageId, tell: &mut W) {
        if !self.state[page].is(IN_CLOCK) {
            return;
        }
        let met = self.turn_hot(page, tell);
        self.promote = met != Met::Cold;
        if !self.promote {
            return;
        }
        self.credits += i64::from(self.adaptive);
        if self.state[page].is(IN_CLOCK) {
            self.take_out(page);
            self.remembered -= 1;
        }
        tell.say(|telling| format!("Page {} came back in its test period", telling.page(page)));
    }

    /// Places the hands on the first pages of their kinds, while memory fills.
    fn place_hands(&mut self, page: PageId) {
        let colds = self.clock.len(CLOCK) - self.hots;
        if self.clock.len(CLOCK) == 1 {
            self.hand_test = page;
        }
        if colds == 1 && !self.state[page].is(HOT) {
            self.hand_cold = page;
        }
    }
}

impl Policy for ClockPro {
    const NAME: &'static str = "clock-pro";
    const TITLE: &'static str = "CLOCK-Pro";
    const ABOUT: &'static str = "LIRS on a clock with three hands, as its author's program: hot \
        pages, cold pages, and pages on test.";
    const PARAMETERS: &'static [&'static Parameter] = &[&COLD, &COLD_MAX, &ADAPTIVE];

    fn new(setup: &Setup<'_>) -> ClockPro {
        let Setup { frames, references, convention } = *setup;
        let all = u32::try_from(frames).unwrap_or(u32::MAX);
        let most = all.saturating_sub(1).max(2);
        let cold_least = convention.part(&COLD, frames).clamp(2, most);
        ClockPro {
            clock: Chains::new(references.distinct(), 1),
            state: Table::new(references.distinct(), State::default()),
            hand_hot: PageId::new(0),
            hand_cold: PageId::new(0),
            hand_test: PageId::new(0),
            frames: all,
            loaded: 0,
            hots: 0,
            remembered: 0,
            cold_least,
            cold_most: convention.part(&COLD_MAX, frames).clamp(cold_least, most),
            adaptive: convention.word(&ADAPTIVE) == "yes",
            credits: 0,
            promote: false,
            last: None,
            oldest: 0,
        }
    }

    #[inline(always)]
    fn hit<W: Witness>(&mut self, at: Reference, _: Frame, _: &mut Memory, tell: &mut W) {
        if self.last.replace(at.page) == Some(at.page) {
            tell.say(|_| "A repetition changes nothing".to_owned());
            return;
        }
        self.state[at.page].set(REFERENCED);
        tell.say(|telling| format!("The reference bit of page {} is set", telling.page(at.page)));
    }

    fn evict<W: Witness>(&mut self, at: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        if self.frames <= 2 {
            let victim = Frame::new(self.oldest);
            self.oldest = (self.oldest + 1) % self.frames;
            tell.say(|telling| {
                let page = telling.resident(memory, victim);
                format!("With fewer than 3 frames no page is hot; the first loaded is {page}")
            });
            return victim;
        }
        let remembered = self.state[at.page].is(IN_CLOCK);
        if remembered {
            tell.say(|telling| format!("Page {} is remembered", telling.page(at.page)));
        }
        let victim = self.turn_cold(tell);
        if remembered {
            self.come_back(at.page, tell);
            tell.say(|telling| format!("What leaves is page {}", telling.page(victim)));
        }
        memory.frame_of(victim).unwrap_or(Frame::new(0))
    }

    fn load<W: Witness>(&mut self, at: Reference, _: Frame, _: &mut Memory, tell: &mut W) {
        let page = at.page;
        self.last = Some(page);
        if self.frames <= 2 {
            return;
        }
        self.state[page].set(RESIDENT);
        self.insert(page);
        let fills = self.frames - self.loaded > self.cold_least;
        if std::mem::take(&mut self.promote) || fills {
            self.heat(page);
        } else {
            self.state[page].set(IN_TEST);
        }
        if self.loaded < self.frames {
            self.loaded += 1;
            self.place_hands(page);
        }
        let hot = self.state[page].is(HOT);
        tell.say(|_| {
            format!("It is {}", if hot { "hot" } else { "cold, and its test period begins" })
        });
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        let onward: Vec<PageId> = self.clock.iter_back(CLOCK).take(SHOWN).collect();
        let slot = |&page: &PageId| {
            let state = self.state[page];
            let bits = [("hot", HOT), ("test", IN_TEST), ("referenced", REFERENCED)];
            let frame = memory.frame_of(page).map(Frame::number);
            let bits = bits.map(|(name, bit)| Bit { name, set: state.is(bit) }).to_vec();
            Slot { page: Some(telling.page(page)), frame, bits }
        };
        let hands = [("hot", self.hand_hot), ("cold", self.hand_cold), ("test", self.hand_test)];
        let hands = hands.into_iter().filter_map(|(name, page)| {
            Some(Hand { name, slot: onward.iter().position(|&other| other == page)? })
        });
        View::Ring { slots: onward.iter().map(slot).collect(), hands: hands.collect() }
    }
}
