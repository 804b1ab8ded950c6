//! W-TinyLFU: a small LRU window in front of a segmented LRU, whose door a frequency sketch keeps.
//!
//! Source: Einziger, Friedman, Manes, "TinyLFU: a highly efficient cache admission policy", ACM Transactions on
//! Storage 13(4), 2017.
//!
//! The window gets `w-tinylfu.window` of the frames, at least one; of the others `w-tinylfu.protected` are
//! protected. When memory is full, the end of the window and the end of probation are compared by their estimated
//! numbers of references: the window's page takes the other's place only when its estimate is greater.
//!
//! The sketch is a count-min sketch of four rows of counters up to 15 with at least as many counters a row as there
//! are frames; every reference is counted, and after ten times as many references as frames all counters are
//! halved. The rows hash the dense page id by the mixing function of SplitMix64. There is no doorkeeper.
//! libCacheSim's sketch is another one, so its counts differ.

use crate::paging::chains::List;
use crate::paging::convention::{Kind, Parameter, Value};
use crate::paging::index::{Frame, PageId};
use crate::paging::memory::Memory;
use crate::paging::policy::{Policy, Reference, Setup, Witness};
use crate::paging::random::mix;
use crate::paging::roster::Roster;
use crate::paging::telling::Telling;
use crate::paging::view::{Queue, View};

/// `w-tinylfu.window`.
pub static WINDOW: Parameter = Parameter {
    name: "w-tinylfu.window",
    about: "Part of the frames for the window, at least one frame.",
    kind: Kind::Ratio(0.0, 1.0),
    default: Value::Ratio(0.01),
};

/// `w-tinylfu.protected`.
pub static PROTECTED: Parameter = Parameter {
    name: "w-tinylfu.protected",
    about: "Part of the main frames for protected pages.",
    kind: Kind::Ratio(0.0, 1.0),
    default: Value::Ratio(0.8),
};

const W: List = List(0);
const PROBATION: List = List(1);
const P: List = List(2);

/// Rows of the sketch, its greatest count, and references a frame between two halvings.
const ROWS: usize = 4;
const MOST: u8 = 15;
const SAMPLE: u64 = 10;

/// Estimates how often pages were referenced lately.
#[derive(Debug, Clone)]
struct Sketch {
    /// Four rows, one after the other.
    counters: Vec<u8>,
    mask: u64,
    counted: u64,
    sample: u64,
}

impl Sketch {
    fn new(frames: usize) -> Sketch {
        let width = frames.next_power_of_two().max(16);
        Sketch {
            counters: vec![0; width * ROWS],
            mask: width as u64 - 1,
            counted: 0,
            sample: SAMPLE * frames as u64,
        }
    }

    /// The place of a page's counter in each row.
    #[expect(clippy::cast_possible_truncation, reason = "a place is below the sketch's length")]
    fn places(&self, page: PageId) -> [usize; ROWS] {
        std::array::from_fn(|row: usize| {
            let hash = mix(u64::from(page.rank()) << 2 | row as u64);
            (row as u64 * (self.mask + 1) + (hash & self.mask)) as usize
        })
    }

    #[inline]
    fn count(&mut self, page: PageId) {
        for place in self.places(page) {
            let counter = &mut self.counters[place];
            *counter = (*counter + 1).min(MOST);
        }
        self.counted += 1;
        if self.counted >= self.sample {
            self.counted /= 2;
            self.counters.iter_mut().for_each(|counter| *counter /= 2);
        }
    }

    fn estimate(&self, page: PageId) -> u8 {
        self.places(page).into_iter().map(|place| self.counters[place]).min().unwrap_or(0)
    }
}

/// The policy.
#[derive(Debug, Clone)]
pub struct WTinyLfu {
    pages: Roster,
    sketch: Sketch,
    window_limit: u32,
    main_limit: u32,
    protected_limit: u32,
}

impl WTinyLfu {
    fn main(&self) -> u32 {
        self.pages.len(PROBATION) + self.pages.len(P)
    }

    /// The page that the main part would give up.
    fn weakest(&self) -> Option<PageId> {
        self.pages.back(PROBATION).or_else(|| self.pages.back(P))
    }

    /// Lets the ends of the window and of the main part compete; the loser leaves.
    fn compete<T: Witness>(&mut self, tell: &mut T) -> Option<PageId> {
        let (Some(newcomer), Some(resident)) = (self.pages.back(W), self.weakest()) else {
            let victim = self.pages.back(W).or_else(|| self.weakest());
            tell.say(|telling| match victim {
                Some(page) => format!("Nothing competes; the end is {}", telling.page(page)),
                None => String::new(),
            });
            return victim;
        };
        let (new, old) = (self.sketch.estimate(newcomer), self.sketch.estimate(resident));
        let victim = if new > old { resident } else { newcomer };
        tell.say(|telling| {
            let (newcomer, resident) = (telling.page(newcomer), telling.page(resident));
            format!(
                "W-TinyLFU compares estimates: {newcomer} from the window has {new}, \
                 {resident} from the main part has {old}"
            )
        });
        if new > old {
            self.pages.put_front(PROBATION, newcomer);
        }
        tell.say(|telling| format!("What leaves is page {}", telling.page(victim)));
        Some(victim)
    }
}

impl Policy for WTinyLfu {
    const NAME: &'static str = "w-tinylfu";
    const TITLE: &'static str = "W-TinyLFU";
    const ABOUT: &'static str = "A window for new pages, a segmented LRU behind it, and a \
        frequency sketch that decides who gets in.";
    const PARAMETERS: &'static [&'static Parameter] = &[&WINDOW, &PROTECTED];

    fn new(setup: &Setup<'_>) -> WTinyLfu {
        let Setup { frames, references, convention } = *setup;
        let window_limit = convention.part(&WINDOW, frames).max(1);
        let main_limit = u32::try_from(frames).unwrap_or(u32::MAX) - window_limit;
        WTinyLfu {
            pages: Roster::new(references.distinct(), 3),
            sketch: Sketch::new(frames),
            window_limit,
            main_limit,
            protected_limit: convention.part(&PROTECTED, main_limit as usize),
        }
    }

    #[inline]
    fn hit<T: Witness>(&mut self, at: Reference, _: Frame, _: &mut Memory, tell: &mut T) {
        self.sketch.count(at.page);
        let list = if self.pages.is_in(W, at.page) { W } else { P };
        self.pages.put_front(list, at.page);
        while self.pages.len(P) > self.protected_limit {
            let Some(page) = self.pages.pop_back(P) else { break };
            self.pages.put_front(PROBATION, page);
        }
        tell.say(|telling| {
            let list = if list == W { "window" } else { "protected pages" };
            format!("Page {} goes to the front of the {list}", telling.page(at.page))
        });
    }

    #[inline]
    fn evict<T: Witness>(&mut self, _: Reference, memory: &mut Memory, tell: &mut T) -> Frame {
        let victim = self.compete(tell);
        if let Some(page) = victim {
            self.pages.remove(page);
        }
        victim.and_then(|page| memory.frame_of(page)).unwrap_or(Frame::new(0))
    }

    #[inline]
    fn load<T: Witness>(&mut self, at: Reference, _: Frame, _: &mut Memory, _: &mut T) {
        self.sketch.count(at.page);
        self.pages.put_front(W, at.page);
        while self.pages.len(W) > self.window_limit && self.main() < self.main_limit {
            let Some(page) = self.pages.pop_back(W) else { break };
            self.pages.put_front(PROBATION, page);
        }
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        let queue = |name, list, limit| {
            let (len, pages) = (self.pages.len(list), self.pages.iter(list));
            let note = |page| Some(format!("estimate {}", self.sketch.estimate(page)));
            Queue::of_pages(name, len, Some(limit), pages, memory, telling, note)
        };
        let queues = vec![
            queue("window", W, self.window_limit),
            queue("probation", PROBATION, self.main_limit - self.protected_limit),
            queue("protected", P, self.protected_limit),
        ];
        View::Queues { queues, gauges: Vec::new() }
    }
}
