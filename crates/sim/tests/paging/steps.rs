//! The sentences: each names what was compared, and agrees with its step.

use proptest::prelude::*;
use ramscope_sim::paging::registry::POLICIES;
use ramscope_sim::paging::{References, Step};

use super::invariants::string;
use super::{A, steps};

/// Silberschatz's string, in which every fifth reference writes.
fn written() -> References {
    let write = |position: usize| position % 5 == 1;
    References::new(A.iter().enumerate().map(|(at, &page)| (page, write(at)))).unwrap()
}

/// A sentence of each policy over [`written`] with 3 frames: the policy, the reference, what is said.
const SENTENCES: &[(&str, usize, &str)] = &[
    (
        "fifo",
        6,
        "Reference 6: page 3 is not resident. FIFO compares when pages were loaded: 0 at 2, 1 \
         at 3, 2 at 4. The first of them is 0; page 3 goes into frame 1. Page 0 was modified \
         and is written back.",
    ),
    (
        "lru",
        6,
        "Reference 6: page 3 is not resident. LRU compares last uses: 1 at 3, 2 at 4, 0 at 5. \
         The oldest is 1; page 3 goes into frame 2.",
    ),
    (
        "mru",
        6,
        "Reference 6: page 3 is not resident. MRU compares last uses: 0 at 5, 2 at 4, 7 at 1. \
         The most recent is 0; page 3 goes into frame 1. Page 0 was modified and is written \
         back.",
    ),
    (
        "opt",
        8,
        "Reference 8: page 4 is not resident. OPT compares next uses: 2 at 9, 0 at 11, 3 at \
         10. The furthest is 0; page 4 goes into frame 1. Page 0 was modified and is written \
         back.",
    ),
    (
        "unopt",
        16,
        "Reference 16: page 0 is not resident. UNOPT compares next uses: 2 never, 4 never, 3 \
         never. None is used again, and the first loaded is 4; page 0 goes into frame 1.",
    ),
    (
        "random",
        8,
        "Reference 8: page 4 is not resident. RANDOM draws frame 1 of 3, which holds page 0; \
         page 4 goes into frame 1. Page 0 was modified and is written back.",
    ),
    (
        "nru",
        6,
        "Reference 6: page 3 is not resident. NRU compares classes: 2 in class 2, 0 in class \
         3, 1 in class 0. The first of the lowest class, 0, is 1; page 3 goes into frame 2.",
    ),
    (
        "second-chance",
        6,
        "Reference 6: page 3 is not resident. Second chance looks at the queue from its \
         oldest page. Page 0 has 1 and goes to the end with 0. Page 1 has 0 and leaves; page \
         3 goes into frame 2. Its bit is 1.",
    ),
    (
        "clock",
        16,
        "Reference 16: page 0 is not resident. CLOCK looks at reference bits from the hand, \
         at frame 0. Page 3 has 0 and leaves; page 0 goes into frame 0. Page 3 was modified \
         and is written back. Its bit is 1, and the hand stands at frame 1.",
    ),
    (
        "enhanced-clock",
        16,
        "Reference 16: page 0 is not resident. From the hand the pages have \
         (referenced,modified): 3 (0,1), 1 (1,0), 2 (1,0). None has (0,0); the reference bits \
         on the way to (0,1) are cleared, and the first with (0,1) is 3; page 0 goes into \
         frame 1. Page 3 was modified and is written back. The hand stands at frame 2.",
    ),
    (
        "lfu",
        8,
        "Reference 8: page 4 is not resident. LFU compares references: 2 has 1, 0 has 3, 3 \
         has 1. The fewest is 1, and the least recently used with it is 2; page 4 goes into \
         frame 0.",
    ),
    (
        "mfu",
        8,
        "Reference 8: page 4 is not resident. MFU compares references: 2 has 1, 3 has 1, 0 \
         has 1. The most is 1, and the least recently used with it is 2; page 4 goes into \
         frame 0.",
    ),
    (
        "aging",
        8,
        "Reference 8: page 4 is not resident. Aging compares counters: 2 has 01000000, 3 has \
         01000000, 0 has 10000000. The smallest is 01000000, and the first loaded with it is \
         2; page 4 goes into frame 0.",
    ),
    (
        "lru-k",
        17,
        "Reference 17: page 1 is not resident. LRU-2 compares reference 2 from the last: 3 at \
         10, 0 at 11, 2 at 13. The oldest is 3; page 1 goes into frame 0. Page 3 was modified \
         and is written back.",
    ),
    (
        "2q",
        17,
        "Reference 17: page 1 is not resident. A1out remembers page 1: it enters Am. A1in \
         holds 1 page, more than 0: its oldest goes to A1out, 0; page 1 goes into frame 2.",
    ),
    (
        "slru",
        6,
        "Reference 6: page 3 is not resident. The lowest segment with pages, 0, holds 1 page; \
         its least recently used is 2; page 3 goes into frame 0. It enters segment 0.",
    ),
    (
        "arc",
        17,
        "Reference 17: page 1 is not resident. Page 1 is in B1: the target of T1 goes from \
         0.00 to 1.00. T1 holds 0 pages, its target is 1.00: the end of T2 goes to B2, 3; \
         page 1 goes into frame 1. Page 3 was modified and is written back. It enters T2.",
    ),
    (
        "car",
        17,
        "Reference 17: page 1 is not resident. Page 1 is in B1: the target of T1 goes from 0 \
         to 1. The hand of T2 clears the bit of 0, which goes into T2. The hand of T2 finds \
         the bit clear and sends to B2 page 3; page 1 goes into frame 2. Page 3 was modified \
         and is written back. It enters T2.",
    ),
    (
        "lirs",
        5,
        "Reference 5: page 0 is not resident. The first of Q, the resident HIR pages, leaves: \
         1; page 0 goes into frame 2. Page 0 was in the stack and becomes LIR. Page 7, at the \
         bottom of the stack, becomes HIR.",
    ),
    (
        "lirs-libcachesim",
        16,
        "Reference 16: page 0 is not resident. The first of Q is page 3. What leaves is page \
         3; page 0 goes into frame 0. Page 3 was modified and is written back. It is HIR, at \
         the end of Q.",
    ),
    (
        "clock-pro",
        5,
        "Reference 5: page 0 is not resident. Page 0 is remembered. The hand of cold pages \
         finds page 1, with 0: it leaves. The hand of hot pages finds page 7 with 0 and \
         becomes cold. Page 0 came back in its test period. What leaves is page 1; page 0 \
         goes into frame 2. It is hot.",
    ),
    (
        "wsclock",
        8,
        "Reference 8: page 4 is not resident. WSClock looks from the hand, at frame 0. Page 2 \
         was used at 6, within 3. Page 0 has 1, which is cleared: used now. Page 3 has 1, \
         which is cleared: used now. All are in the working set; the first clean one is 2; \
         page 4 goes into frame 0. The hand stands at frame 1.",
    ),
    (
        "working-set",
        6,
        "Reference 6: page 3 is not resident. Page 1 was used at 3, not in the last 3 \
         references. Page 1 leaves frame 2. Frame 2 is free; page 3 goes into it.",
    ),
    (
        "pff",
        8,
        "Reference 8: page 4 is not resident. The set fills every frame, last uses: 2 at 4, 3 \
         at 6, 0 at 7. The oldest is 2; page 4 goes into frame 0. The fault before was at 6, \
         the threshold is 3.",
    ),
    (
        "s3-fifo",
        16,
        "Reference 16: page 0 is not resident. The small queue holds 0 pages, the main queue \
         3 of at most 2. The oldest of the main queue has 1 hit and goes to its end with one \
         less: 2. The oldest of the main queue has 0 hits and leaves: 3; page 0 goes into \
         frame 0. Page 3 was modified and is written back. It enters the small queue.",
    ),
    (
        "sieve",
        6,
        "Reference 6: page 3 is not resident. SIEVE looks at visited bits from the hand \
         towards the newest page. Page 0 has 1, which is cleared. Page 1 has 0 and leaves; \
         page 3 goes into frame 2.",
    ),
    (
        "w-tinylfu",
        6,
        "Reference 6: page 3 is not resident. W-TinyLFU compares estimates: 2 from the window \
         has 1, 7 from the main part has 1. What leaves is page 2; page 3 goes into frame 2.",
    ),
    (
        "linux-lru",
        16,
        "Reference 16: page 0 is not resident. The tail of the inactive list is 3; page 0 \
         goes into frame 0. Page 3 was modified and is written back. Its refault distance 2 \
         is more than 1: it is inactive.",
    ),
    (
        "mglru",
        11,
        "Reference 11: page 0 is not resident. Page 3 of generation 2 was accessed and goes \
         to 3. The page tables are walked: 2 accessed pages go to generation 3, and 4 begins. \
         The oldest generation is empty; now 3 is. The first of generation 3 was not accessed \
         and leaves: 3; page 0 goes into frame 2. It enters generation 4, accessed.",
    ),
];

#[test]
fn every_policy_says_what_it_compared() {
    let references = written();
    for &(policy, number, expected) in SENTENCES {
        let steps = steps(policy, &[], 3, &references).steps.unwrap();
        assert_eq!(steps[number - 1].explain, expected, "{policy}");
    }
    let told: Vec<&str> = SENTENCES.iter().map(|&(policy, ..)| policy).collect();
    assert!(POLICIES.iter().all(|entry| told.contains(&entry.name)), "a policy without a sentence");
}

#[test]
fn the_first_loads_take_the_free_frames() {
    let references = References::reads(A.iter().copied()).unwrap();
    let steps = steps("fifo", &[], 3, &references).steps.unwrap();
    let expected = "Reference 1: page 7 is not resident. Frame 0 is free; page 7 goes into it.";
    assert_eq!(steps[0].explain, expected);
}

#[test]
fn a_long_comparison_is_cut_short_and_still_names_the_victim() {
    let pages = (0..200).chain([1000]);
    let references = References::reads(pages).unwrap();
    let explain = |policy| steps(policy, &[], 200, &references).steps.unwrap()[200].explain.clone();
    let lru = explain("lru");
    assert!(lru.contains("11 at 12 and 188 more. The oldest is 0; page 1000 goes"), "{lru}");
    let clock = explain("clock");
    assert!(clock.contains(". So it goes on for "), "{clock}");
    assert!(clock.contains("Page 0 has 0 and leaves; page 1000 goes into frame 0"), "{clock}");
}

/// The values that a sentence compares, of "…: 7 at 1, 0 never, 1 has 3. …": the page and its value,
/// `None` for never.
fn compared(explain: &str) -> Vec<(u64, Option<usize>)> {
    let list = explain.split_once(" compares ").and_then(|(_, rest)| rest.split_once(": "));
    let Some((_, list)) = list else { return Vec::new() };
    let value = |item: &str| {
        let words: Vec<&str> = item.split(' ').collect();
        (words[0].parse().unwrap(), (words[1] != "never").then(|| words[2].parse().unwrap()))
    };
    list.split(". ").next().unwrap().split(", ").map(value).collect()
}

/// Checks each value that a policy compares against the string itself, and that it compares every resident page.
fn check_compared(
    policy: &str,
    settings: &[&str],
    (references, frames): (&References, usize),
    value: impl Fn(&[u64], usize, u64) -> Option<usize>,
) -> Result<(), TestCaseError> {
    let string: Vec<u64> = references.iter().map(|(page, _)| references.name(page)).collect();
    let mut before: Vec<u64> = Vec::new();
    let steps = steps(policy, settings, frames, references).steps.unwrap();
    for (now, step) in steps.iter().enumerate() {
        let compared = compared(&step.explain);
        prop_assert_eq!(step.victim.is_some(), !compared.is_empty(), "{} {:?}", policy, step);
        for &(page, found) in &compared {
            prop_assert_eq!(found, value(&string, now, page), "{} {} in {:?}", policy, page, step);
        }
        let mut pages: Vec<u64> = compared.iter().map(|&(page, _)| page).collect();
        pages.sort_unstable();
        prop_assert!(compared.is_empty() || pages == before, "{} {:?}", policy, step);
        before = step.frames.iter().flatten().copied().collect();
        before.sort_unstable();
    }
    Ok(())
}

/// The number, from 1, of the last use of a page before `now`.
fn last_use(string: &[u64], now: usize, page: u64) -> Option<usize> {
    string[..now].iter().rposition(|&other| other == page).map(|at| at + 1)
}

/// The number, from 1, of its next use.
fn next_use(string: &[u64], now: usize, page: u64) -> Option<usize> {
    string[now..].iter().position(|&other| other == page).map(|at| now + at + 1)
}

/// Its uses before `now`.
fn uses(string: &[u64], now: usize, page: u64) -> Option<usize> {
    Some(string[..now].iter().filter(|&&other| other == page).count())
}

/// The number, from 1, of its last use but one.
fn second_last_use(string: &[u64], now: usize, page: u64) -> Option<usize> {
    last_use(string, last_use(string, now, page)? - 1, page)
}

proptest! {
    #[test]
    fn the_compared_values_are_those_of_the_string(references in string(), frames in 1usize..8) {
        let problem = (&references, frames);
        check_compared("lru", &[], problem, last_use)?;
        check_compared("mru", &[], problem, last_use)?;
        check_compared("opt", &[], problem, next_use)?;
        check_compared("unopt", &[], problem, next_use)?;
        check_compared("lfu", &["lfu.keep_counts=kept"], problem, uses)?;
        check_compared("mfu", &["mfu.keep_counts=kept"], problem, uses)?;
        check_compared("lru-k", &[], problem, second_last_use)?;
    }
}

/// What every sentence says of its step, whatever the policy.
fn agrees(step: &Step) -> bool {
    let Step { index, page, explain, .. } = step;
    let opening = match (step.hit, step.frame) {
        (true, Some(frame)) => {
            format!("Reference {index}: page {page} is resident in frame {frame}: a hit")
        }
        _ => format!("Reference {index}: page {page} is not resident"),
    };
    let placed = match (step.hit, step.victim, step.frame) {
        (false, Some(_), Some(frame)) => format!("; page {page} goes into frame {frame}"),
        (false, None, Some(frame)) => format!("Frame {frame} is free; page {page} goes into it"),
        _ => String::new(),
    };
    let named = step.victim.is_none_or(|victim| {
        let before = explain.split(&format!("; page {page} goes into")).next().unwrap_or_default();
        let last = before.rsplit(". ").next().unwrap_or_default();
        last.split(|c: char| !c.is_ascii_digit()).any(|word| word == victim.to_string())
    });
    explain.starts_with(&opening) && explain.contains(&placed) && named && explain.ends_with('.')
}

proptest! {
    #[test]
    fn every_sentence_agrees_with_its_step(references in string(), frames in 1usize..6) {
        for entry in POLICIES {
            for step in steps(entry.name, &[], frames, &references).steps.unwrap() {
                prop_assert!(agrees(&step), "{}: {step:?}", entry.name);
                prop_assert!(!step.explain.contains(".."), "{}: {}", entry.name, step.explain);
            }
        }
    }
}
