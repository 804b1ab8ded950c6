//! What holds for every policy, on random strings.

use proptest::prelude::*;
use ramscope_sim::paging::References;
use ramscope_sim::paging::registry::POLICIES;

use super::{counts, faults, honest, steps};

/// Settings with which every policy counts all its faults.
const HONEST: &[&str] = &["lirs-libcachesim.uncounted=fault"];

/// A short string over few pages, some of them written: long enough to fill, evict, and come back.
pub(crate) fn string() -> impl Strategy<Value = References> {
    prop::collection::vec((0u64..12, prop::bool::weighted(0.3)), 1..120)
        .prop_map(|accesses| References::new(accesses).unwrap())
}

proptest! {
    #[test]
    fn no_policy_beats_opt_or_loads_fewer_pages_than_there_are(
        references in string(), frames in 1usize..9,
    ) {
        let optimum = faults("opt", &[], frames, &references);
        for entry in POLICIES {
            let faults = faults(entry.name, HONEST, frames, &references);
            prop_assert!(faults >= optimum, "{} {faults} < opt {optimum}", entry.name);
            prop_assert!(faults >= references.distinct() as u64, "{}", entry.name);
        }
    }

    #[test]
    fn a_larger_lru_or_opt_memory_holds_all_that_a_smaller_one_holds(
        references in string(), frames in 1usize..9,
    ) {
        for policy in ["lru", "opt"] {
            let small = steps(policy, &[], frames, &references).steps.unwrap();
            let large = steps(policy, &[], frames + 1, &references).steps.unwrap();
            for (small, large) in small.iter().zip(&large) {
                prop_assert!(!small.hit || large.hit, "{policy} reference {}", small.index);
            }
        }
    }

    #[test]
    fn the_faulted_page_is_always_loaded_and_no_frame_is_used_twice(
        references in string(), frames in 1usize..9,
    ) {
        for entry in POLICIES {
            for step in steps(entry.name, &[], frames, &references).steps.unwrap() {
                prop_assert_eq!(step.frames.len(), frames);
                let frame = step.frame.unwrap() as usize;
                prop_assert_eq!(step.frames[frame], Some(step.page), "{}", entry.name);
                let mut resident: Vec<_> = step.frames.iter().flatten().collect();
                resident.sort_unstable();
                resident.dedup();
                prop_assert_eq!(resident.len(), step.frames.iter().flatten().count());
                if let Some(victim) = step.victim {
                    prop_assert!(!step.frames.contains(&Some(victim)), "{}", entry.name);
                }
            }
        }
    }

    #[test]
    fn going_back_and_forward_again_comes_to_the_same_state(
        references in string(), frames in 1usize..9, from in 0usize..120, to in 0usize..120,
    ) {
        for entry in POLICIES {
            let mut straight = entry.stepper(frames, &references, &honest(&[])).unwrap();
            let mut winding = entry.stepper(frames, &references, &honest(&[])).unwrap();
            let expected = straight.seek(to);
            winding.seek(from);
            winding.back();
            let found = winding.seek(to);
            prop_assert_eq!(found, expected, "{}", entry.name);
            prop_assert_eq!(winding.view(), straight.view(), "{}", entry.name);
            prop_assert_eq!(winding.counts(), straight.counts(), "{}", entry.name);
            prop_assert_eq!(winding.frames(), straight.frames(), "{}", entry.name);
        }
    }

    #[test]
    fn the_fast_run_and_the_steps_count_the_same(references in string(), frames in 1usize..9) {
        for entry in POLICIES {
            let run = steps(entry.name, &[], frames, &references);
            let fast = counts(entry.name, HONEST, frames, &references);
            prop_assert_eq!(fast.faults, run.faults, "{}", entry.name);
            prop_assert_eq!(fast.writebacks, run.writebacks, "{}", entry.name);
            let stepped = run.steps.unwrap().iter().filter(|step| !step.hit).count();
            prop_assert_eq!(fast.faults, stepped as u64, "{}", entry.name);
        }
    }
}

#[test]
fn checkpoints_of_a_long_string_lead_to_the_same_state() {
    let pages = (0u64..5000).map(|i| (i * i + i / 7) % 37);
    let references = References::reads(pages).unwrap();
    for entry in POLICIES {
        let mut stepper = entry.stepper(10, &references, &honest(&[])).unwrap();
        stepper.seek(5000);
        for position in [4999, 2500, 77, 1, 4321] {
            let mut fresh = entry.stepper(10, &references, &honest(&[])).unwrap();
            assert_eq!(stepper.seek(position), fresh.seek(position), "{}", entry.name);
            assert_eq!(stepper.view(), fresh.view(), "{} at {position}", entry.name);
        }
        assert_eq!(stepper.seek(0), None);
        assert_eq!(stepper.position(), 0);
    }
}
