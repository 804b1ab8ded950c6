//! MGLRU: Linux's multi-generational LRU: pages stand in generations, and those that were accessed move to younger
//! ones.
//!
//! Source: Linux 6.x, `Documentation/mm/multigen_lru.rst` and `mm/vmscan.c` (`lru_gen_add_folio`, `inc_max_seq`,
//! `evict_folios`), for pages that are mapped and faulted:
//!
//! - A faulted page enters the youngest generation with its accessed bit set; a hit sets the bit.
//! - A page leaves from the oldest generation, the first that entered it first. A page there whose bit is set goes
//!   to the youngest generation instead, and its bit is cleared.
//! - An empty oldest generation is dropped. When that would leave fewer than two, the page tables are walked first:
//!   every page whose bit is set moves, in the order of frames, to the generation that is the youngest then, its
//!   bit is cleared, and an empty youngest generation is added.
//!
//! The kernel begins with four generations, ages in the background, and keeps tiers for pages read by system calls;
//! none of it is here.

use crate::paging::chains::{Chains, List};
use crate::paging::index::{Frame, Table};
use crate::paging::memory::Memory;
use crate::paging::policy::{Policy, Reference, Setup, Witness};
use crate::paging::telling::Telling;
use crate::paging::view::{Gauge, Queue, View};

/// MAX_NR_GENS and MIN_NR_GENS of `include/linux/mmzone.h`.
const MAX_GENERATIONS: u64 = 4;
const MIN_GENERATIONS: u64 = 2;

const NAMES: [&str; 4] = ["youngest", "second", "third", "fourth"];

/// The policy. Generations are numbered on and on; their lists are used in turn.
#[derive(Debug, Clone)]
pub struct Mglru {
    generations: Chains<Frame>,
    generation_of: Table<Frame, u64>,
    accessed: Table<Frame, bool>,
    oldest: u64,
    youngest: u64,
}

/// The list of a generation.
fn list(generation: u64) -> List {
    List(u16::try_from(generation % MAX_GENERATIONS).unwrap_or(0))
}

impl Mglru {
    fn enter(&mut self, frame: Frame, generation: u64) {
        self.generations.push_front(list(generation), frame);
        self.generation_of[frame] = generation;
    }

    fn move_to(&mut self, frame: Frame, generation: u64) {
        self.generations.remove(list(self.generation_of[frame]), frame);
        self.enter(frame, generation);
    }

    /// Drops empty oldest generations, aging where fewer than two would be left.
    fn advance<W: Witness>(&mut self, memory: &Memory, tell: &mut W) {
        while self.generations.len(list(self.oldest)) == 0 {
            if self.oldest + MIN_GENERATIONS > self.youngest {
                self.age(memory, tell);
            }
            self.oldest += 1;
            tell.say(|_| format!("The oldest generation is empty; now {} is", self.oldest));
        }
    }

    /// Walks the page tables.
    fn age<W: Witness>(&mut self, memory: &Memory, tell: &mut W) {
        let mut moved = 0u32;
        for number in 0..memory.frames() {
            let frame = Frame::new(number);
            if std::mem::take(&mut self.accessed[frame]) {
                self.move_to(frame, self.youngest);
                moved += 1;
            }
        }
        self.youngest += 1;
        tell.say(|_| {
            let (into, young) = (self.youngest - 1, self.youngest);
            format!("The page tables are walked: {moved} accessed pages go to generation {into}, and {young} begins")
        });
    }
}

impl Policy for Mglru {
    const NAME: &'static str = "mglru";
    const TITLE: &'static str = "MGLRU";
    const ABOUT: &'static str = "Linux's multi-generational LRU: accessed pages move to younger \
        generations, the oldest is evicted.";

    fn new(setup: &Setup<'_>) -> Mglru {
        Mglru {
            generations: Chains::new(setup.frames, 4),
            generation_of: Table::new(setup.frames, 0),
            accessed: Table::new(setup.frames, false),
            oldest: 0,
            youngest: MIN_GENERATIONS - 1,
        }
    }

    #[inline(always)]
    fn hit<W: Witness>(&mut self, at: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        self.accessed[frame] = true;
        tell.say(|telling| format!("The accessed bit of page {} is set", telling.page(at.page)));
    }

    fn evict<W: Witness>(&mut self, _: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        loop {
            self.advance(memory, tell);
            let frame = self.generations.back(list(self.oldest)).unwrap_or(Frame::new(0));
            let spared = std::mem::take(&mut self.accessed[frame]);
            tell.say(|telling| {
                let page = telling.resident(memory, frame);
                match spared {
                    true => format!(
                        "Page {page} of generation {} was accessed and goes to {}",
                        self.oldest, self.youngest
                    ),
                    false => format!(
                        "The first of generation {} was not accessed and leaves: {page}",
                        self.oldest
                    ),
                }
            });
            if !spared {
                self.generations.remove(list(self.oldest), frame);
                return frame;
            }
            self.move_to(frame, self.youngest);
        }
    }

    #[inline(always)]
    fn load<W: Witness>(&mut self, _: Reference, frame: Frame, _: &mut Memory, tell: &mut W) {
        self.enter(frame, self.youngest);
        self.accessed[frame] = true;
        tell.say(|_| format!("It enters generation {}, accessed", self.youngest));
    }

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        let queue = |(generation, name)| {
            let note = |frame| self.accessed[frame].then(|| "accessed".to_owned());
            let list = list(generation);
            let (len, frames) = (self.generations.len(list), self.generations.iter(list));
            Queue::of_frames(name, len, None, frames, memory, telling, note)
        };
        #[expect(clippy::cast_precision_loss, reason = "generations are below 2^53")]
        let gauge = |name, value: u64| Gauge { name, value: value as f64 };
        View::Queues {
            queues: (self.oldest..=self.youngest).rev().zip(NAMES).map(queue).collect(),
            gauges: vec![gauge("oldest", self.oldest), gauge("youngest", self.youngest)],
        }
    }
}
