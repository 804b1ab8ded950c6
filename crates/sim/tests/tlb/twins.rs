//! The TLB against a slow and obvious twin: lists of pages a set, and a tree of halves for PLRU.

use std::collections::VecDeque;

use proptest::prelude::*;
use ramscope_sim::paging::Want;
use ramscope_sim::tlb::{Access, Geometry, Kind, Machine, Replacement, Setup, Switch, run};

/// A set under LRU or FIFO: the first of the list leaves first.
struct List {
    held: VecDeque<(u32, u64)>,
    ways: usize,
    lru: bool,
}

impl List {
    fn look_up(&mut self, key: (u32, u64)) -> bool {
        if let Some(at) = self.held.iter().position(|&held| held == key) {
            if self.lru {
                self.held.remove(at);
                self.held.push_back(key);
            }
            return true;
        }
        if self.held.len() == self.ways {
            self.held.pop_front();
        }
        self.held.push_back(key);
        false
    }
}

/// A set under PLRU: a half is a set of half the ways, and which of the two was used longer ago is written down.
enum Half {
    Way(Option<u64>),
    Pair { lower: Box<Half>, upper: Box<Half>, upper_is_older: bool },
}

impl Half {
    fn new(ways: usize) -> Half {
        if ways == 1 {
            return Half::Way(None);
        }
        let half = || Box::new(Half::new(ways / 2));
        Half::Pair { lower: half(), upper: half(), upper_is_older: false }
    }

    /// Uses the first way that holds `wanted`; false when none does.
    fn take(&mut self, wanted: Option<u64>, page: u64) -> bool {
        match self {
            Half::Way(held) => {
                let found = *held == wanted;
                if found {
                    *held = Some(page);
                }
                found
            }
            Half::Pair { lower, upper, upper_is_older } => {
                if lower.take(wanted, page) {
                    *upper_is_older = true;
                } else if upper.take(wanted, page) {
                    *upper_is_older = false;
                } else {
                    return false;
                }
                true
            }
        }
    }

    fn replace(&mut self, page: u64) {
        match self {
            Half::Way(held) => *held = Some(page),
            Half::Pair { lower, upper, upper_is_older } => {
                let older = if *upper_is_older { upper } else { lower };
                older.replace(page);
                *upper_is_older = !*upper_is_older;
            }
        }
    }

    fn look_up(&mut self, page: u64) -> bool {
        if self.take(Some(page), page) {
            return true;
        }
        if !self.take(None, page) {
            self.replace(page);
        }
        false
    }
}

fn setup(entries: u32, ways: u32, replacement: Replacement, switch: Switch) -> Setup {
    let first = Geometry { entries, ways, replacement };
    Setup { page_bytes: 4096, first, code: None, second: None, switch, seed: 7 }
}

fn read(asid: u32, page: u64) -> Access {
    Access { asid, address: page << 12, bytes: 8, kind: Kind::Read }
}

/// Accesses of few pages in one or two address spaces.
fn accesses() -> impl Strategy<Value = Vec<(u32, u64)>> {
    prop::collection::vec((0u32..2, 0u64..24), 1..200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn lru_and_fifo_sets_are_lists(
        accesses in accesses(), sets in 1usize..5, ways in 1usize..6, lru: bool, flush: bool,
    ) {
        let replacement = if lru { Replacement::Lru } else { Replacement::Fifo };
        let switch = if flush { Switch::Flush } else { Switch::Tagged };
        let entries = u32::try_from(sets * ways).unwrap();
        let ways_count = u32::try_from(ways).unwrap();
        let mut machine = Machine::new(setup(entries, ways_count, replacement, switch)).unwrap();
        let list = || List { held: VecDeque::new(), ways, lru };
        let mut twin: Vec<List> = (0..sets).map(|_| list()).collect();
        let mut running = None;
        for (asid, page) in accesses {
            if flush && running.is_some_and(|running| running != asid) {
                twin.iter_mut().for_each(|set| set.held.clear());
            }
            running = Some(asid);
            let set = usize::try_from(page).unwrap() % sets;
            prop_assert_eq!(machine.access(read(asid, page)), twin[set].look_up((asid, page)));
        }
    }

    #[test]
    fn plru_sets_are_trees_of_halves(
        pages in prop::collection::vec(0u64..24, 1..200), sets in 1u64..4, power in 0u32..4,
    ) {
        let ways = 1 << power;
        let entries = u32::try_from(sets).unwrap() * ways;
        let setup = setup(entries, ways, Replacement::Plru, Switch::Tagged);
        let mut machine = Machine::new(setup).unwrap();
        let mut twin: Vec<Half> = (0..sets).map(|_| Half::new(ways as usize)).collect();
        for page in pages {
            let set = usize::try_from(page % sets).unwrap();
            prop_assert_eq!(machine.access(read(0, page)), twin[set].look_up(page));
        }
    }

    #[test]
    fn a_second_level_sees_what_the_first_misses_and_steps_agree_with_counts(
        accesses in accesses(), crossing: bool, random: bool,
    ) {
        let replacement = if random { Replacement::Random } else { Replacement::Plru };
        let mut setup = setup(4, 2, replacement, Switch::Tagged);
        setup.second = Some(Geometry { entries: 12, ways: 3, replacement: Replacement::Lru });
        let list: Vec<Access> = accesses
            .into_iter()
            .map(|(asid, page)| {
                let address = (page << 12) + if crossing { 4092 } else { 0 };
                Access { address, ..read(asid, page) }
            })
            .collect();
        let mut counted = run(setup, &list, Want::Counts).unwrap();
        let stepped = run(setup, &list, Want::Steps).unwrap();
        prop_assert_eq!(counted.units[1].accesses, counted.misses);
        prop_assert_eq!(counted.units[0].misses, counted.misses);
        prop_assert!(counted.units[1].misses <= counted.walks);
        counted.steps.clone_from(&stepped.steps);
        prop_assert_eq!(&counted, &stepped);
        for step in stepped.steps.unwrap() {
            let first = || step.lookups.iter().filter(|lookup| lookup.unit == "first");
            prop_assert_eq!(step.hit, first().all(|lookup| lookup.hit));
            prop_assert_eq!(first().count(), if crossing { 2 } else { 1 });
            for victim in step.lookups.iter().filter_map(|lookup| lookup.victim) {
                let page = victim.page;
                let leaves = if victim.asid == step.asid {
                    format!("page {page:#x} leaves way")
                } else {
                    format!("page {}:{page:#x} leaves way", victim.asid)
                };
                prop_assert!(step.explain.contains(&leaves), "{}", step.explain);
            }
        }
    }

    #[test]
    fn a_larger_fully_associative_lru_holds_all_that_a_smaller_one_holds(
        accesses in accesses(), entries in 1u32..12,
    ) {
        let made = |entries| {
            let setup = setup(entries, entries, Replacement::Lru, Switch::Tagged);
            Machine::new(setup).unwrap()
        };
        let (mut small, mut large) = (made(entries), made(entries + 1));
        for (asid, page) in accesses {
            let (small, large) = (small.access(read(asid, page)), large.access(read(asid, page)));
            prop_assert!(!small || large);
        }
    }
}
