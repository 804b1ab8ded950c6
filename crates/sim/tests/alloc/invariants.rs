//! What holds for every policy, on random lists and conventions.

use proptest::prelude::*;
use ramscope_sim::alloc::registry::POLICIES;
use ramscope_sim::alloc::{Life, OpStep, Requests, Run, Span, Want, Window, run, setup};

use super::{convention, requests, steps};

/// A memory in which some requests fail and holes of many sizes come about.
pub(crate) const MEMORY: Span = Span::new(1000, 256);

/// A list of requests up to 40 bytes, frees of live ones in any order, and a few compactions.
pub(crate) fn list() -> impl Strategy<Value = Requests> {
    prop::collection::vec((0u8..20, 1u64..40, any::<prop::sample::Index>()), 1..120)
        .prop_map(|drawn| requests(operations(&drawn)))
}

/// Operations from drawn numbers: a free takes one of the live ids.
fn operations(drawn: &[(u8, u64, prop::sample::Index)]) -> Vec<(char, u64)> {
    let (mut live, mut ids, mut list) = (Vec::new(), 0, Vec::new());
    for &(kind, size, which) in drawn {
        match kind {
            0 => list.push(('c', 0)),
            1..=8 if !live.is_empty() => {
                list.push(('-', live.swap_remove(which.index(live.len()))));
            }
            _ => {
                list.push(('+', size));
                live.push(ids);
                ids += 1;
            }
        }
    }
    list
}

/// A convention that every policy can have.
pub(crate) fn settings() -> impl Strategy<Value = Vec<String>> {
    let words = |name: &'static str, words: &'static [&'static str]| {
        prop::sample::select(words).prop_map(move |word| format!("{name}={word}"))
    };
    let block = (0u64..5, 0u32..4, 1u64..9).prop_map(|(header, align, minimum)| {
        vec![
            format!("block.header={header}"),
            format!("block.align={}", 1 << align),
            format!("block.minimum={minimum}"),
        ]
    });
    let list = (
        words("list.order", &["address", "size", "size-desc", "front", "back"]),
        words("list.coalesce", &["immediate", "deferred", "none"]),
        words("list.neighbours", &["list", "memory"]),
        words("list.split", &["split", "split", "whole"]),
        words("compaction.when", &["never", "on-failure", "on-threshold"]),
        words("best.tie", &["first", "last", "lowest"]),
        words("worst.tie", &["first", "last", "lowest"]),
    );
    (block, list).prop_map(|(mut settings, list)| {
        let (order, coalesce, neighbours, split, compaction, best, worst) = list;
        settings.extend([order, coalesce, neighbours, split, compaction, best, worst]);
        settings
    })
}

/// The settings as they are set.
pub(crate) fn words(settings: &[String]) -> Vec<&str> {
    settings.iter().map(String::as_str).collect()
}

/// The raw blocks that are held after each step, kept from the steps alone.
pub(crate) fn held(steps: &[OpStep]) -> Vec<Vec<(u64, Span)>> {
    let mut held: Vec<(u64, Span)> = Vec::new();
    let mut after = |step: &OpStep| {
        for moved in &step.moved {
            let block = held.iter_mut().find(|(id, _)| *id == moved.id).unwrap();
            assert_eq!(block.1.address, moved.from);
            block.1.address = moved.to;
        }
        match (step.op, step.id, step.block) {
            ("alloc", Some(id), Some(block)) => held.push((id, block)),
            ("free", Some(id), Some(_)) => held.retain(|(other, _)| *other != id),
            _ => {}
        }
        held.clone()
    };
    steps.iter().map(&mut after).collect()
}

proptest! {
    #[test]
    fn held_blocks_and_holes_never_overlap_and_fill_memory_with_the_overhead(
        list in list(), settings in settings(),
    ) {
        for entry in POLICIES {
            let steps = steps(entry.name, &words(&settings), MEMORY, &list);
            for (step, held) in steps.iter().zip(held(&steps)) {
                let about = format!("{} {settings:?} {step:?}", entry.name);
                let held = held.iter().map(|(_, block)| *block);
                let mut spans: Vec<Span> = held.chain(step.free_list.iter().copied()).collect();
                spans.sort_unstable();
                prop_assert!(spans.iter().all(|span| span.size > 0), "{}", about);
                for pair in spans.windows(2) {
                    prop_assert!(pair[0].end() <= pair[1].address, "{}", about);
                }
                prop_assert!(spans.first().is_none_or(|first| first.address >= MEMORY.address), "{}", about);
                prop_assert!(spans.last().is_none_or(|last| last.end() <= MEMORY.end()), "{}", about);
                let sum: u64 = spans.iter().map(|span| span.size).sum();
                prop_assert_eq!(sum + step.overhead_bytes, MEMORY.size, "{}", about);
            }
        }
    }
}

/// Whether a policy merges free neighbours when a block is freed, under these settings.
fn merges_at_once(policy: &str, settings: &[String]) -> bool {
    let says = |setting: &str| settings.iter().any(|other| other == setting);
    let reaches = says("list.order=address") || says("list.neighbours=memory");
    let fits = ["first", "next", "best", "worst"];
    fits.contains(&policy) && says("list.coalesce=immediate") && reaches
}

proptest! {
    #[test]
    fn no_two_free_neighbours_stay_apart_where_coalescing_is_immediate(
        list in list(), settings in settings(),
    ) {
        for entry in POLICIES.iter().filter(|entry| merges_at_once(entry.name, &settings)) {
            for step in steps(entry.name, &words(&settings), MEMORY, &list) {
                let mut holes = step.free_list.clone();
                holes.sort_unstable();
                let touching = holes.windows(2).find(|pair| pair[0].end() == pair[1].address);
                prop_assert!(touching.is_none(), "{} {settings:?} {step:?}", entry.name);
            }
        }
    }

    #[test]
    fn compaction_keeps_the_order_and_the_sizes_and_leaves_one_hole_at_the_end(
        list in list(), settings in settings(),
    ) {
        for entry in POLICIES.iter().filter(|entry| entry.moves) {
            let steps = steps(entry.name, &words(&settings), MEMORY, &list);
            let held = held(&steps);
            for (at, step) in steps.iter().enumerate().filter(|(_, step)| step.op == "compact") {
                let before = if at == 0 { &Vec::new() } else { &held[at - 1] };
                let sizes = |held: &[(u64, Span)]| {
                    let mut held = held.to_vec();
                    held.sort_unstable_by_key(|(_, block)| block.address);
                    held.into_iter().map(|(id, block)| (id, block.size)).collect::<Vec<_>>()
                };
                prop_assert_eq!(sizes(before), sizes(&held[at]), "{} {:?}", entry.name, step);
                prop_assert!(step.free_list.len() < 2, "{} {:?}", entry.name, step);
                prop_assert!(step.free_list.iter().all(|hole| hole.end() == MEMORY.end()));
            }
        }
    }
}

proptest! {
    #[test]
    fn going_back_and_forward_again_comes_to_the_same_state(
        list in list(), settings in settings(), from in 0usize..120, to in 0usize..120,
    ) {
        let convention = convention(&words(&settings));
        let setup = setup(MEMORY, &list, &convention).unwrap();
        for entry in POLICIES {
            let (mut straight, mut winding) = (entry.stepper(&setup), entry.stepper(&setup));
            let expected = straight.seek(to);
            winding.seek(from);
            winding.back();
            prop_assert_eq!(winding.seek(to), expected, "{}", entry.name);
            prop_assert_eq!(winding.view(), straight.view(), "{}", entry.name);
            prop_assert_eq!(winding.counts(), straight.counts(), "{}", entry.name);
            prop_assert_eq!(winding.blocks(), straight.blocks(), "{}", entry.name);
            prop_assert_eq!(winding.holes(), straight.holes(), "{}", entry.name);
            let steps = steps(entry.name, &words(&settings), MEMORY, &list);
            let behind = &steps[from.min(steps.len())..];
            prop_assert_eq!(winding.window(from, 10, false).1, &behind[..behind.len().min(10)]);
            let all = Window { from: 1, count: usize::MAX };
            let at = straight.position() as u64;
            let standing = |life: &Life| life.from <= at && life.until.is_none_or(|until| until > at);
            let lives = entry.lives(&setup, all, usize::MAX).blocks;
            let mut stand: Vec<Span> =
                lives.iter().filter(|life| standing(life)).map(|life| life.block).collect();
            stand.sort_unstable();
            let held: Vec<Span> = straight.blocks().iter().map(|held| held.block).collect();
            prop_assert_eq!(stand, held, "{}", entry.name);
        }
    }

    #[test]
    fn the_metrics_agree_with_the_steps(list in list(), settings in settings()) {
        for entry in POLICIES {
            let run = run(entry.name, MEMORY, &list, &convention(&words(&settings)), Want::Steps);
            let Run { metrics, ops, .. } = run.unwrap();
            let steps = ops.unwrap();
            let allocs = || steps.iter().filter(|step| step.op == "alloc");
            let held = held(&steps);
            let bytes = |held: &Vec<(u64, Span)>| held.iter().map(|(_, block)| block.size).sum::<u64>();
            let last = held.last().unwrap();
            let free_list = &steps.last().unwrap().free_list;
            prop_assert_eq!(metrics.failed, allocs().filter(|step| step.address.is_none()).count() as u64);
            prop_assert_eq!(metrics.searched_max, allocs().map(|step| step.searched).max().unwrap_or(0));
            prop_assert_eq!(metrics.live, last.len() as u64, "{}", entry.name);
            prop_assert_eq!(metrics.allocated_bytes, bytes(last), "{}", entry.name);
            prop_assert_eq!(metrics.allocated_peak_bytes, held.iter().map(bytes).max().unwrap());
            prop_assert_eq!(metrics.free_bytes, free_list.iter().map(|hole| hole.size).sum::<u64>());
            prop_assert_eq!(metrics.holes, free_list.len() as u64, "{}", entry.name);
            prop_assert_eq!(metrics.useless_bytes.last().unwrap().1, metrics.free_bytes);
            prop_assert_eq!(metrics.moved_blocks, steps.iter().map(|step| step.moved.len() as u64).sum::<u64>());
            prop_assert_eq!(metrics.series.op.len(), steps.len());
            prop_assert_eq!(&metrics.series.allocated_bytes.max, &held.iter().map(bytes).collect::<Vec<_>>());
            let counts = entry.count(&setup(MEMORY, &list, &convention(&words(&settings))).unwrap());
            prop_assert_eq!((counts.failed, counts.moved_bytes), (metrics.failed, metrics.moved_bytes));
            prop_assert_eq!(counts.failed_compactable, metrics.failed_compactable);
        }
    }

    #[test]
    fn every_sentence_agrees_with_its_step(list in list(), settings in settings()) {
        for entry in POLICIES {
            for step in steps(entry.name, &words(&settings), MEMORY, &list) {
                let about = format!("{} {settings:?} {step:?}", entry.name);
                let says = |words: String| step.explain.contains(&words);
                prop_assert!(says(format!("Operation {}: ", step.index)), "{}", about);
                prop_assert!(step.explain.ends_with('.') && !step.explain.contains(".."), "{}", about);
                match (step.op, step.address) {
                    ("alloc", Some(address)) => prop_assert!(says(format!("program gets {address}")), "{}", about),
                    ("alloc", None) => prop_assert!(says("The request fails".to_owned()), "{}", about),
                    ("free", Some(_)) => prop_assert!(says("gives back".to_owned()), "{}", about),
                    ("free", None) => prop_assert!(says("holds nothing".to_owned()), "{}", about),
                    _ => {}
                }
                for hole in step.merged.iter().filter(|_| entry.moves && step.merged.len() < 5) {
                    prop_assert!(says(format!("{} with {}", hole.address, hole.size)), "{}", about);
                }
                if !step.moved.is_empty() {
                    let bytes: u64 = step.moved.len() as u64;
                    prop_assert!(says(format!("Compaction slides {bytes} block")), "{}", about);
                }
            }
        }
    }
}

#[test]
fn checkpoints_of_a_long_list_lead_to_the_same_state() {
    let list = super::twins::long_list(300, 8000);
    let convention = convention(&["compaction.when=on-failure"]);
    let setup = setup(Span::new(0, 24_000), &list, &convention).unwrap();
    for entry in POLICIES {
        let mut stepper = entry.stepper(&setup);
        stepper.seek(8000);
        for position in [7999, 4000, 77, 1, 6543] {
            let mut fresh = entry.stepper(&setup);
            assert_eq!(stepper.seek(position), fresh.seek(position), "{}", entry.name);
            assert_eq!(stepper.view(), fresh.view(), "{} at {position}", entry.name);
            assert_eq!(stepper.blocks(), fresh.blocks(), "{} at {position}", entry.name);
        }
        assert_eq!(stepper.seek(0), None);
        assert_eq!(stepper.position(), 0);
    }
}
