//! Lives of processes against a memory of single bytes, each with the segment that it belongs to.

use std::collections::BTreeMap;

use proptest::prelude::*;
use ramscope_sim::segments::Kind;
use ramscope_sim::segments::memory::{Action, Fit, Outcome, Part, Script};

use super::memory::live;

/// Scripts in which up to four processes come, grow, swap and go.
fn script() -> impl Strategy<Value = String> {
    let choice = (0usize..4, 0u32..12, 1u64..40, 1u64..40, 1u64..30);
    prop::collection::vec(choice, 1..50).prop_map(|choices| {
        let mut there = [false; 4];
        let mut lines = Vec::new();
        for (process, kind, heap, stack, grown) in choices {
            let name = format!("p{process}");
            let was = std::mem::replace(&mut there[process], kind != 0);
            lines.push(match kind {
                _ if !was => {
                    there[process] = true;
                    format!("arrive {name} heap={heap} stack={stack}")
                }
                0 => format!("end {name}"),
                1 => "compact".to_owned(),
                2 | 3 => format!("swap-out {name}"),
                4 | 5 => format!("swap-in {name}"),
                6 | 7 => format!("grow {name} heap {grown}"),
                8 | 9 => format!("grow {name} stack {grown}"),
                10 => format!("access {name} heap {heap} write"),
                _ => format!("access {name} stack -{stack}"),
            });
        }
        lines.join("\n")
    })
}

/// Memory byte by byte: slow and obvious.
struct Twin {
    fit: Fit,
    bytes: Vec<Option<usize>>,
    /// The size of every segment that ever was.
    sizes: Vec<usize>,
    kinds: Vec<Kind>,
    processes: BTreeMap<String, (Vec<usize>, &'static str)>,
    from: usize,
}

impl Twin {
    /// Runs of free bytes: where, and how many.
    fn holes(&self) -> Vec<(usize, usize)> {
        let free = |at: usize| self.bytes.get(at).is_some_and(Option::is_none);
        let begins = (0..self.bytes.len()).filter(|&at| free(at) && (at == 0 || !free(at - 1)));
        begins.map(|at| (at, (at..).take_while(|&at| free(at)).count())).collect()
    }

    fn hole(&self, size: usize) -> Option<usize> {
        let holes = self.holes().into_iter().filter(|&(_, bytes)| bytes >= size);
        let key = |&(at, bytes): &(usize, usize)| match self.fit {
            Fit::First => (0, at),
            Fit::Next => (usize::from(at + bytes <= self.from), at),
            Fit::Best => (bytes, at),
            Fit::Worst => (usize::MAX - bytes, at),
        };
        holes.min_by_key(key).map(|(at, _)| at)
    }

    fn place(&mut self, segments: &[usize]) -> bool {
        let (bytes, from) = (self.bytes.clone(), self.from);
        for &segment in segments {
            let size = self.sizes[segment];
            let Some(at) = self.hole(size) else {
                (self.bytes, self.from) = (bytes, from);
                return false;
            };
            self.bytes[at..at + size].fill(Some(segment));
            self.from = at + size;
        }
        true
    }

    fn clear(&mut self, segment: usize) {
        self.bytes.iter_mut().filter(|byte| **byte == Some(segment)).for_each(|byte| *byte = None);
    }

    fn arrive(&mut self, name: &str, parts: &[Part]) {
        let first = self.sizes.len();
        self.sizes.extend(parts.iter().map(|part| usize::try_from(part.bytes).unwrap()));
        self.kinds.extend(parts.iter().map(|part| part.kind));
        let segments: Vec<usize> = (first..self.sizes.len()).collect();
        let state = if self.place(&segments) { "memory" } else { "refused" };
        self.processes.insert(name.to_owned(), (segments, state));
    }

    fn grow(&mut self, segment: usize, more: usize) {
        let size = self.sizes[segment];
        let begin = self.bytes.iter().position(|byte| *byte == Some(segment)).unwrap();
        let beside = match self.kinds[segment] {
            Kind::Stack => begin.checked_sub(more).map(|from| from..begin),
            _ => Some(begin + size..begin + size + more),
        };
        let beside = beside.filter(|range| {
            range.end <= self.bytes.len() && self.bytes[range.clone()].iter().all(Option::is_none)
        });
        if let Some(range) = beside {
            self.bytes[range].fill(Some(segment));
        } else if let Some(at) = self.hole(size + more) {
            self.clear(segment);
            self.bytes[at..at + size + more].fill(Some(segment));
            self.from = at + size + more;
        } else {
            return;
        }
        self.sizes[segment] += more;
    }

    fn event(&mut self, name: &str, action: &Action) {
        if let Action::Arrive(parts) = action {
            return self.arrive(name, parts);
        }
        if *action == Action::Compact {
            self.from = 0;
            let len = self.bytes.len();
            self.bytes.retain(Option::is_some);
            return self.bytes.resize(len, None);
        }
        let (segments, state) = self.processes[name].clone();
        let state = match (action, state) {
            (_, "refused") => "refused",
            (Action::End, _) => {
                segments.iter().for_each(|&segment| self.clear(segment));
                "ended"
            }
            (Action::SwapOut, _) => {
                segments.iter().for_each(|&segment| self.clear(segment));
                "swap"
            }
            (Action::SwapIn, "swap") if self.place(&segments) => "memory",
            (Action::Grow(part), "memory") => {
                let segment = *segments.iter().find(|at| self.kinds[**at] == part.kind).unwrap();
                self.grow(segment, usize::try_from(part.bytes).unwrap());
                "memory"
            }
            _ => state,
        };
        self.processes.insert(name.to_owned(), (segments, state));
    }
}

const MEMORY: usize = 160;

/// Lines that are nearly events.
fn event_like() -> impl Strategy<Value = String> {
    let verb = "(arrive|grow|access|swap-out|swap-in|end|compact)";
    let rest = "(code=9|heap=[0-9]{1,3}|heap -?[0-9]{0,3}|stack -[0-9]{1,3})";
    let line = format!("{verb} p1? ?{rest}\n");
    prop::string::string_regex(&format!("({line}){{0,9}}")).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_map_is_what_a_memory_of_single_bytes_says(script in script()) {
        let events = Script::parse(script.as_bytes()).unwrap();
        for fit in Fit::ALL {
            let found = live(MEMORY as u64, fit, &script);
            let mut twin = Twin {
                fit,
                bytes: vec![None; MEMORY],
                sizes: Vec::new(),
                kinds: Vec::new(),
                processes: BTreeMap::new(),
                from: 0,
            };
            for (event, step) in events.events().iter().zip(&found.steps) {
                twin.event(&event.process, &event.action);
                let mut bytes = vec![None; MEMORY];
                for held in &step.map.segments {
                    let at = usize::try_from(held.base).unwrap();
                    let end = at + usize::try_from(held.limit).unwrap();
                    prop_assert!(bytes[at..end].iter().all(Option::is_none), "overlap {:?}", step);
                    bytes[at..end].fill(Some(held.segment as usize));
                }
                prop_assert_eq!(&bytes, &twin.bytes, "{} {:?}", fit, step);
                let used: u64 = step.map.segments.iter().map(|held| held.limit).sum();
                prop_assert_eq!(used + step.map.free_bytes, MEMORY as u64);
                let holes: Vec<(u64, u64)> = step.map.holes.iter().map(|hole| (hole.base, hole.size_bytes)).collect();
                let expected: Vec<(u64, u64)> =
                    twin.holes().iter().map(|&(at, bytes)| (at as u64, bytes as u64)).collect();
                prop_assert_eq!(holes, expected);
            }
            let swapped = twin.processes.values().filter(|(_, state)| *state == "swap").count();
            prop_assert_eq!(found.scene.swap.len(), 2 * swapped);
            let limits: Vec<usize> = found.placements.iter().map(|at| usize::try_from(at.limit).unwrap()).collect();
            prop_assert_eq!(limits, twin.sizes);
        }
    }

    #[test]
    fn what_a_sentence_says_of_compaction_is_what_compaction_does(script in script()) {
        for fit in Fit::ALL {
            let found = live(MEMORY as u64, fit, &script);
            let lines: Vec<&str> = script.lines().collect();
            let refused = |step: &&ramscope_sim::segments::memory::Step| step.outcome == Outcome::Refused;
            for step in found.steps.iter().filter(refused) {
                let at = usize::try_from(step.index).unwrap();
                let again = format!("{}\ncompact\n{}", lines[..at].join("\n"), lines[at - 1]);
                let helped = live(MEMORY as u64, fit, &again).steps.pop().unwrap().outcome == Outcome::Done;
                let said = if helped { "Compaction would make room." } else { "Compaction would not make room." };
                prop_assert!(step.explain.ends_with(said), "{} {:?}", helped, step);
            }
        }
    }

    #[test]
    fn sentences_moves_and_translations_agree_with_the_maps(script in script()) {
        for fit in Fit::ALL {
            let found = live(MEMORY as u64, fit, &script);
            let mut moved_bytes = 0;
            for (position, step) in found.steps.iter().enumerate() {
                let before = found.at(position);
                for moved in &step.moves {
                    let old = before.segments.iter().find(|held| held.segment == moved.segment).unwrap();
                    let new = step.map.segments.iter().find(|held| held.segment == moved.segment).unwrap();
                    prop_assert_eq!((old.base, new.base, old.limit), (moved.from, moved.to, moved.size_bytes));
                    prop_assert!(step.explain.contains(&format!("from {} to {}", moved.from, moved.to)), "{:?}", step);
                }
                moved_bytes += step.moved_bytes;
                for search in &step.searches {
                    let said = search.chosen.map_or("none is large enough".to_owned(), |hole| {
                        format!("bytes {} to {}, and ", hole.base, hole.base + search.size_bytes - 1)
                    });
                    let said = if search.looked.is_empty() { "there is no hole".to_owned() } else { said };
                    prop_assert!(step.explain.contains(&said), "{} {:?}", said, step);
                }
                if let Some(found) = &step.translation {
                    let entry = &step.table[found.row.unwrap()];
                    let held = step.map.segments.iter().find(|held| {
                        Some(&held.process) == step.process.as_ref() && Some(held.kind) == entry.kind
                    });
                    prop_assert_eq!(held.is_some(), entry.present);
                    if let Some(physical) = found.physical {
                        let held = held.unwrap();
                        prop_assert!((held.base..held.base + held.limit).contains(&physical), "{:?}", step);
                    } else {
                        prop_assert_eq!(step.outcome, Outcome::Trap);
                    }
                }
                if matches!(step.outcome, Outcome::Refused | Outcome::Nothing | Outcome::Trap) {
                    prop_assert_eq!(&step.map, &before, "{:?}", step);
                }
            }
            prop_assert_eq!(moved_bytes, found.counts.moved_bytes);
        }
    }

    #[test]
    fn arbitrary_scripts_never_panic(text in event_like()) {
        for fit in Fit::ALL {
            if let Ok(script) = Script::parse(text.as_bytes()) {
                let problem = ramscope_sim::segments::memory::Problem {
                    memory_bytes: 200, swap_bytes: Some(50), fit, script,
                };
                let _ = ramscope_sim::segments::memory::simulate(&problem);
            }
        }
    }
}
