//! Slow and obvious second implementations, written from the sources that the policies' files name, agree on
//! random strings.

mod clocks;
mod history;
mod kernel;
mod sets;

use proptest::prelude::*;
use ramscope_sim::paging::References;

use super::invariants::string;
use super::steps;

/// A reference: the page and whether it is written.
type Access = (u64, bool);

/// What a twin says of a reference: whether it hit, and the pages resident afterwards.
#[derive(Debug, PartialEq)]
struct Said {
    hit: bool,
    resident: Vec<u64>,
}

impl Said {
    fn new(hit: bool, resident: impl IntoIterator<Item = u64>) -> Said {
        let mut resident: Vec<u64> = resident.into_iter().collect();
        resident.sort_unstable();
        Said { hit, resident }
    }
}

/// Runs the policy and its twin over a string and compares every step.
fn agree(
    policy: &str,
    settings: &[&str],
    frames: usize,
    references: &References,
    twin: impl FnOnce(usize, &[Access]) -> Vec<Said>,
) -> Result<(), TestCaseError> {
    let accesses: Vec<Access> =
        references.iter().map(|(page, write)| (references.name(page), write)).collect();
    let found = steps(policy, settings, frames, references).steps.unwrap();
    for (step, said) in found.iter().zip(twin(frames, &accesses)) {
        let resident = step.frames.iter().flatten().copied();
        prop_assert_eq!(Said::new(step.hit, resident), said, "{} {:?}", policy, step);
    }
    Ok(())
}

/// Slots filled lowest first: what twins share that decide by frames.
fn free_slot<T>(slots: &[Option<T>]) -> Option<usize> {
    slots.iter().position(Option::is_none)
}

/// A string over more pages than a word has bits, for policies that keep frames or positions in words.
fn wide_string() -> impl Strategy<Value = References> {
    prop::collection::vec((0u64..200, prop::bool::weighted(0.3)), 250..400)
        .prop_map(|accesses| References::new(accesses).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn policies_over_words_of_bits_agree_beyond_the_first_word(
        references in wide_string(), frames in 60usize..140,
    ) {
        use history::replay;
        agree("opt", &[], frames, &references, |n, s| {
            replay(n, s, |past, page| (-past.next_use(page), past.loaded(page)))
        })?;
        agree("unopt", &[], frames, &references, |n, s| {
            replay(n, s, |past, page| (past.next_use(page), past.loaded(page)))
        })?;
        agree("nru", &[], frames, &references, clocks::nru)?;
        agree("enhanced-clock", &[], frames, &references, clocks::enhanced)?;
        agree("wsclock", &[], frames, &references, clocks::wsclock)?;
    }
}

proptest! {
    #[test]
    fn policies_that_decide_by_the_past_agree_with_looking_it_up(
        references in string(), frames in 1usize..9,
    ) {
        use history::replay;
        agree("fifo", &[], frames, &references, |n, s| replay(n, s, |past, page| past.loaded(page)))?;
        agree("lru", &[], frames, &references, |n, s| replay(n, s, |past, page| past.last_use(page)))?;
        agree("mru", &[], frames, &references, |n, s| replay(n, s, |past, page| -past.last_use(page)))?;
        agree("opt", &[], frames, &references, |n, s| {
            replay(n, s, |past, page| (-past.next_use(page), past.loaded(page)))
        })?;
        agree("unopt", &[], frames, &references, |n, s| {
            replay(n, s, |past, page| (past.next_use(page), past.loaded(page)))
        })?;
        agree("lfu", &[], frames, &references, |n, s| {
            replay(n, s, |past, page| (past.uses_since_load(page), past.last_use(page)))
        })?;
        agree("lfu", &["lfu.keep_counts=kept", "lfu.tie=oldest"], frames, &references, |n, s| {
            replay(n, s, |past, page| (past.uses(page), past.loaded(page)))
        })?;
        agree("mfu", &[], frames, &references, |n, s| {
            replay(n, s, |past, page| (-past.uses_since_load(page), past.last_use(page)))
        })?;
        agree("mfu", &["mfu.keep_counts=kept", "mfu.tie=oldest"], frames, &references, |n, s| {
            replay(n, s, |past, page| (-past.uses(page), past.loaded(page)))
        })?;
        agree("lru-k", &[], frames, &references, |n, s| {
            replay(n, s, |past, page| (past.use_from_the_end(page, 2, 0), past.last_use(page)))
        })?;
        agree("lru-k", &["lru-k.k=3", "lru-k.history=lost"], frames, &references, |n, s| {
            replay(n, s, |past, page| {
                (past.use_from_the_end(page, 3, past.loaded(page)), past.last_use(page))
            })
        })?;
    }

    #[test]
    fn clocks_agree_with_walking_round(references in string(), frames in 1usize..9) {
        agree("second-chance", &[], frames, &references, clocks::second_chance)?;
        agree("clock", &[], frames, &references, clocks::second_chance)?;
        agree("nru", &[], frames, &references, clocks::nru)?;
        agree("enhanced-clock", &[], frames, &references, clocks::enhanced)?;
        agree("aging", &[], frames, &references, clocks::aging)?;
        agree("wsclock", &[], frames, &references, clocks::wsclock)?;
    }

    #[test]
    fn resident_sets_agree_with_their_definitions(references in string(), frames in 1usize..9) {
        agree("working-set", &[], frames, &references, |n, s| sets::working_set(n, n, s))?;
        agree("working-set", &["working-set.window=5"], frames, &references, |n, s| {
            sets::working_set(n, 5, s)
        })?;
        agree("pff", &[], frames, &references, |n, s| sets::pff(n, n, s))?;
        agree("pff", &["pff.threshold=2"], frames, &references, |n, s| sets::pff(n, 2, s))?;
    }

    #[test]
    fn linux_lists_agree_with_moving_pages_between_queues(
        references in string(), frames in 1usize..9,
    ) {
        agree("linux-lru", &[], frames, &references, kernel::two_lists)?;
        agree("mglru", &[], frames, &references, kernel::generations)?;
    }
}
