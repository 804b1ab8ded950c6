//! A part of a string against the whole of it: windows, counts on the way, and where two runs part.

use std::collections::BTreeSet;

use proptest::prelude::*;
use ramscope_sim::paging::registry::{self, POLICIES};
use ramscope_sim::paging::{References, Step, Tally, Window, Zipf, overview, window};

use super::invariants::string;
use super::{A, honest, steps};

/// The counts before the first of these steps and after each, from the steps alone.
fn tally(all: &[Step], from: usize, count: usize) -> (Vec<u64>, Vec<u64>) {
    let faults = |steps: &[Step]| steps.iter().filter(|step| !step.hit).count() as u64;
    let pages =
        |steps: &[Step]| steps.iter().map(|step| step.page).collect::<BTreeSet<_>>().len() as u64;
    let ends = from - 1..=from - 1 + count;
    ends.map(|end| (faults(&all[..end]), pages(&all[..end]))).unzip()
}

/// The first step after which two runs hold other pages, or in which one hits and the other faults.
fn parted(one: &[Step], other: &[Step]) -> Option<u64> {
    let held = |step: &Step| step.frames.iter().flatten().copied().collect::<BTreeSet<_>>();
    let differ = |(one, other): &(&Step, &Step)| one.hit != other.hit || held(one) != held(other);
    one.iter().zip(other).find(differ).map(|(step, _)| step.index)
}

proptest! {
    #[test]
    fn a_window_is_the_part_of_the_whole_that_it_names(
        references in string(), frames in 1usize..9, from in 1usize..130, count in 0usize..40,
    ) {
        for entry in POLICIES {
            let whole = steps(entry.name, &[], frames, &references);
            let all = whole.steps.clone().unwrap();
            let from = from.min(all.len());
            let count = count.min(all.len() + 1 - from);
            let (run, so_far) =
                window(entry.name, frames, &references, &honest(&[]), Window { from, count }, true)
                    .unwrap();
            let bare = |step: &Step| Step { view: None, ..step.clone() };
            let found: Vec<Step> = run.steps.iter().flatten().map(bare).collect();
            prop_assert_eq!(&found, &all[from - 1..from - 1 + count], "{}", entry.name);
            prop_assert_eq!((run.faults, run.writebacks), (whole.faults, whole.writebacks));
            let Tally { faults, cold_faults, .. } = so_far;
            prop_assert_eq!((faults, cold_faults), tally(&all, from, count), "{}", entry.name);
        }
    }

    #[test]
    fn runs_part_where_their_steps_first_differ(references in string(), frames in 1usize..9) {
        let entries: Vec<_> = POLICIES.iter().map(|entry| (entry, frames)).collect();
        let all: Vec<_> = POLICIES
            .iter()
            .map(|entry| steps(entry.name, &[], frames, &references).steps.unwrap())
            .collect();
        for (rank, pair) in entries.windows(2).enumerate() {
            let found = overview(pair, &references, &honest(&[]), 7).unwrap();
            let index = found.divergence.map(|parting| parting.index);
            prop_assert_eq!(index, parted(&all[rank], &all[rank + 1]), "{}", pair[1].0.name);
            let evicts = |step: &&Step| step.victim.is_some() || !step.released.is_empty();
            let first = all[rank].iter().find(evicts).map(|step| step.index);
            prop_assert_eq!(found.runs[0].first_eviction, first, "{}", pair[0].0.name);
        }
        let whole = overview(&entries, &references, &honest(&[]), 7).unwrap();
        let (index, other) =
            (1..all.len()).filter_map(|rank| Some((parted(&all[0], &all[rank])?, rank))).min()
                .unzip();
        prop_assert_eq!(whole.divergence.map(|parting| parting.index), index);
        prop_assert_eq!(whole.divergence.map(|parting| parting.other), other);
    }
}

#[test]
fn the_counts_on_the_way_go_from_nothing_to_the_whole() {
    let references = References::reads(A.iter().copied()).unwrap();
    let lru = registry::policy("lru").unwrap();
    let found = overview(&[(lru, 3)], &references, &honest(&[]), 4).unwrap();
    let Tally { references: at, faults, cold_faults, .. } = &found.runs[0].tally;
    assert_eq!(at, &[0, 5, 10, 15, 20]);
    assert_eq!(faults, &[0, 4, 8, 10, 12]);
    assert_eq!(cold_faults, &[0, 4, 6, 6, 6]);
    assert_eq!((found.divergence, found.runs[0].run.faults), (None, 12));
    let finer = overview(&[(lru, 3)], &references, &honest(&[]), 1000).unwrap();
    assert_eq!(finer.runs[0].tally.references, (0..=20).collect::<Vec<_>>());
}

#[test]
fn a_parting_far_from_the_beginning_is_found() {
    // The same pages over and over fit both; only then does a stranger make them choose.
    let calm = (0..9_000).map(|index| index % 3);
    let references = References::reads(calm.chain([0, 7, 1, 0])).unwrap();
    let pair = ["fifo", "lru"].map(|name| (registry::policy(name).unwrap(), 3));
    let parting = overview(&pair, &references, &honest(&[]), 100).unwrap().divergence.unwrap();
    assert_eq!((parting.index, parting.one, parting.other), (9_002, 0, 1));
}

#[test]
fn a_made_string_has_the_counts_of_any_other() {
    let references = "zipf:50000:2000:3".parse::<Zipf>().unwrap().references().unwrap();
    let lru = registry::policy("lru").unwrap();
    let far = overview(&[(lru, 200)], &references, &honest(&[]), 10).unwrap();
    let whole = super::counts("lru", &[], 200, &references);
    assert_eq!(far.runs[0].run.faults, whole.faults);
    assert_eq!(far.runs[0].run.references, 50_000);
}
