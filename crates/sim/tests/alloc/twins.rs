//! Slow and obvious second implementations agree on random lists: memory as an array of bytes, the holes as its runs
//! of free ones, and every decision by looking at all of them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use ramscope_sim::alloc::policies::best::BestFit;
use ramscope_sim::alloc::policies::first::FirstFit;
use ramscope_sim::alloc::policies::next::NextFit;
use ramscope_sim::alloc::policies::quick::QuickFit;
use ramscope_sim::alloc::policies::worst::WorstFit;
use ramscope_sim::alloc::registry::POLICIES;
use ramscope_sim::alloc::{Machine, Op, Policy, Requests, Setup, Span, Want, setup};

use super::invariants::{MEMORY, list, settings, words};
use super::{convention, requests, steps};

/// What a byte of memory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Byte {
    Free,
    Held,
    /// Free, and in a quick list.
    Quick,
}

/// Which hole is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    First,
    Next,
    Best,
    Worst,
    /// With lists for blocks up to so many bytes.
    Quick(usize),
}

/// A memory of bytes, with what a program would know of it.
struct Bytes {
    fit: Fit,
    header: usize,
    compacts: bool,
    bytes: Vec<Byte>,
    /// Offset and length of each held block.
    blocks: BTreeMap<u64, (usize, usize)>,
    /// Free blocks of quick lists, the freed last at the end.
    quick: Vec<(usize, usize)>,
    /// The byte from which next fit goes on.
    rover: usize,
}

/// What an operation came to: the block's offset, what was searched, the holes by address.
#[derive(Debug, PartialEq)]
struct Said {
    block: Option<usize>,
    searched: usize,
    holes: Vec<(usize, usize)>,
}

impl Bytes {
    fn new(fit: Fit, header: usize, compacts: bool) -> Bytes {
        let bytes = vec![Byte::Free; usize::try_from(MEMORY.size).unwrap()];
        let (blocks, quick) = (BTreeMap::new(), Vec::new());
        Bytes { fit, header, compacts, bytes, blocks, quick, rover: 0 }
    }

    /// The runs of free bytes.
    fn holes(&self) -> Vec<(usize, usize)> {
        let mut holes: Vec<(usize, usize)> = Vec::new();
        for (at, _) in self.bytes.iter().enumerate().filter(|(_, byte)| **byte == Byte::Free) {
            match holes.last_mut() {
                Some((start, len)) if *start + *len == at => *len += 1,
                _ => holes.push((at, 1)),
            }
        }
        holes
    }

    fn paint(&mut self, at: usize, len: usize, byte: Byte) {
        self.bytes[at..at + len].fill(byte);
    }

    /// The hole that is taken, and how many are looked at.
    fn choose(&self, len: usize) -> (Option<(usize, usize)>, usize) {
        let holes = self.holes();
        let large = |hole: &&(usize, usize)| hole.1 >= len;
        match self.fit {
            Fit::Best => {
                (holes.iter().filter(large).min_by_key(|hole| hole.1).copied(), holes.len())
            }
            Fit::Worst => {
                // Of several maxima `max_by_key` gives the last; the list is gone through backwards.
                (holes.iter().rev().filter(large).max_by_key(|hole| hole.1).copied(), holes.len())
            }
            Fit::First | Fit::Quick(_) | Fit::Next => {
                let start =
                    holes.iter().position(|hole| (hole.0..hole.0 + hole.1).contains(&self.rover));
                let mut round = holes.clone();
                round.rotate_left(if self.fit == Fit::Next { start.unwrap_or(0) } else { 0 });
                let step = round.iter().position(|hole| hole.1 >= len);
                (step.map(|step| round[step]), step.map_or(round.len(), |step| step + 1))
            }
        }
    }

    fn take(&mut self, id: u64, at: usize, len: usize) {
        self.paint(at, len, Byte::Held);
        self.blocks.insert(id, (at, len));
        let ahead = (at + len..self.bytes.len()).find(|&byte| self.bytes[byte] == Byte::Free);
        self.rover = ahead.unwrap_or(0);
    }

    fn alloc(&mut self, id: u64, size: usize) -> (Option<usize>, usize) {
        let len = size + self.header;
        if let Some(which) = self.quick.iter().rposition(|block| block.1 == len) {
            let (at, _) = self.quick.remove(which);
            self.take(id, at, len);
            return (Some(at), 1);
        }
        let (mut hole, mut searched) = self.choose(len);
        if hole.is_none() && !self.quick.is_empty() {
            for (at, len) in std::mem::take(&mut self.quick) {
                self.paint(at, len, Byte::Free);
            }
            let again = self.choose(len);
            (hole, searched) = (again.0, searched + again.1);
        }
        let free = self.bytes.iter().filter(|byte| **byte != Byte::Held).count();
        if hole.is_none() && self.compacts && free >= len {
            self.compact();
            let again = self.choose(len);
            (hole, searched) = (again.0, searched + again.1);
        }
        if let Some((at, _)) = hole {
            self.take(id, at, len);
        }
        (hole.map(|hole| hole.0), searched)
    }

    fn free(&mut self, id: u64) -> Option<usize> {
        let (at, len) = self.blocks.remove(&id)?;
        match self.fit {
            Fit::Quick(largest) if len <= largest => {
                self.paint(at, len, Byte::Quick);
                self.quick.push((at, len));
            }
            _ => self.paint(at, len, Byte::Free),
        }
        Some(at)
    }

    fn compact(&mut self) {
        let mut blocks: Vec<(u64, (usize, usize))> =
            self.blocks.iter().map(|(&id, &block)| (id, block)).collect();
        blocks.sort_by_key(|(_, block)| block.0);
        self.bytes.fill(Byte::Free);
        self.quick.clear();
        let mut end = 0;
        for (id, (_, len)) in blocks {
            self.take(id, end, len);
            end += len;
        }
        self.rover = 0;
    }

    fn run(mut self, requests: &Requests) -> Vec<Said> {
        let mut say = |op| {
            let (block, searched) = match op {
                Op::Alloc { id, size } => self.alloc(id.rank().into(), size.try_into().unwrap()),
                Op::Free { id } => (self.free(id.rank().into()), 0),
                Op::Compact => {
                    self.compact();
                    (None, 0)
                }
            };
            let mut holes = self.holes();
            holes.extend(&self.quick);
            holes.sort_unstable();
            Said { block, searched, holes }
        };
        requests.iter().map(&mut say).collect()
    }
}

/// Runs a policy and its twin over a list and compares every step.
fn agree(
    policy: &str,
    settings: &[String],
    requests: &Requests,
    twin: Bytes,
) -> Result<(), TestCaseError> {
    let steps = steps(policy, &words(settings), MEMORY, requests);
    for (step, expected) in steps.iter().zip(twin.run(requests)) {
        let offset = |address: u64| usize::try_from(address - MEMORY.address).unwrap();
        let place = |hole: &Span| (offset(hole.address), usize::try_from(hole.size).unwrap());
        let mut holes: Vec<(usize, usize)> = step.free_list.iter().map(place).collect();
        holes.sort_unstable();
        let block = step.block.map(|block| offset(block.address));
        let found = Said { block, searched: step.searched as usize, holes };
        prop_assert_eq!(found, expected, "{} {:?} {:?}", policy, settings, step);
    }
    Ok(())
}

proptest! {
    #[test]
    fn fits_by_address_agree_with_an_array_of_bytes(
        list in list(), header in 0usize..5, compacts: bool, largest in 0usize..40,
    ) {
        let when = if compacts { "on-failure" } else { "never" };
        let settings = [
            format!("block.header={header}"),
            format!("compaction.when={when}"),
            format!("quick.largest={largest}"),
        ];
        for (policy, fit) in [
            ("first", Fit::First),
            ("next", Fit::Next),
            ("best", Fit::Best),
            ("worst", Fit::Worst),
            ("quick", Fit::Quick(largest)),
        ] {
            agree(policy, &settings, &list, Bytes::new(fit, header, compacts))?;
        }
    }

    #[test]
    fn the_index_answers_what_the_plain_list_answers(list in list(), settings in settings()) {
        let convention = convention(&words(&settings));
        let indexed = setup(MEMORY, &list, &convention).unwrap();
        let plain = Setup { index: false, ..indexed };
        for entry in POLICIES {
            let (indexed, plain) = (entry.run(&indexed, Want::Views), entry.run(&plain, Want::Views));
            prop_assert_eq!(indexed, plain, "{}", entry.name);
        }
    }
}

/// A long list over many holes: sizes and lifetimes from a small generator.
pub(crate) fn long_list(live: usize, ops: usize) -> Requests {
    let mut state = 1u64;
    let mut draw = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let (mut held, mut ids, mut list) = (Vec::new(), 0, Vec::new());
    while list.len() < ops {
        if held.len() > live || (held.len() > live / 2 && draw(2) == 0) {
            let which = usize::try_from(draw(held.len() as u64)).unwrap();
            list.push(('-', held.swap_remove(which)));
        } else {
            list.push(('+', 1 + draw(64) * (1 + draw(4))));
            held.push(ids);
            ids += 1;
        }
    }
    requests(list)
}

/// The outcomes of an index of many chunks and of the plain list, one after the other.
fn same_outcomes<P: Policy>(settings: &[&str]) {
    let list = long_list(3000, 9_000);
    let convention = convention(settings);
    let memory = Span::new(1 << 20, 230_000);
    let indexed = setup(memory, &list, &convention).unwrap();
    let mut plain = Machine::<P>::new(&Setup { index: false, ..indexed });
    let mut indexed = Machine::<P>::new(&indexed);
    let mut most = 0;
    for (at, op) in list.iter().enumerate() {
        assert_eq!(indexed.step(op), plain.step(op), "{} {settings:?} op {at}", P::NAME);
        if at % 1000 == 0 {
            assert!(indexed.policy().holes().eq(plain.policy().holes()), "{} op {at}", P::NAME);
            most = most.max(indexed.policy().holes().count());
            assert_eq!(indexed.policy().largest_hole(), plain.policy().largest_hole());
        }
    }
    assert!(most > 400, "{} {settings:?}: {most} holes fill too few chunks", P::NAME);
}

#[test]
fn an_index_of_many_chunks_answers_what_the_plain_list_answers() {
    same_outcomes::<FirstFit>(&[]);
    same_outcomes::<FirstFit>(&["list.coalesce=deferred"]);
    same_outcomes::<NextFit>(&["block.header=8"]);
    same_outcomes::<BestFit>(&[]);
    same_outcomes::<BestFit>(&["best.tie=last", "list.coalesce=none"]);
    same_outcomes::<WorstFit>(&["worst.tie=last"]);
    same_outcomes::<QuickFit>(&[]);
}
