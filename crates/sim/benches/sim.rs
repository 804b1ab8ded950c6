//! What a reference costs: every policy on ten million references, Zipf(1.0) over a million pages, 100,000 frames.
//!
//! Prints a JSON object a line: `name`, `value`, `unit`, `goal` (or null), `goal_kind`. LRU, FIFO and CLOCK are
//! compared with bare array loops of the same policy in the same run, which must come to the same number of faults.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::cast_possible_truncation, reason = "pages and frames are below 2^32")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot run has nothing to say")]

use std::hint::black_box;
use std::time::Instant;

use ramscope_sim::paging::registry::POLICIES;
use ramscope_sim::paging::{Convention, References, Want, run};

const PAGES: usize = 1_000_000;
const FRAMES: usize = 100_000;
const REFERENCES: usize = 10_000_000;
/// Runs of which the fastest counts.
const RUNS: usize = 3;
/// The least part of the bare loop's speed that the machine is to reach.
const GOAL: f64 = 0.5;

fn main() {
    let references = zipf();
    let pages: Vec<u32> = references.iter().map(|(page, _)| page.rank()).collect();
    for entry in POLICIES {
        let convention = Convention::default();
        let ours =
            || run(entry.name, FRAMES, &references, &convention, Want::Counts).unwrap().faults;
        let Some(bare) = bare(entry.name) else {
            let (speed, _) = fastest(1, ours);
            line(&format!("sim.paging.{}", entry.name), speed, "million_references_per_s", None);
            continue;
        };
        let (ours, faults) = fastest(RUNS, ours);
        let (theirs, expected) = fastest(RUNS, || bare(&pages));
        assert_eq!(faults, expected, "{} and its bare loop differ", entry.name);
        let name = format!("sim.paging.{}", entry.name);
        line(&name, ours, "million_references_per_s", None);
        line(&format!("{name}.bare"), theirs, "million_references_per_s", None);
        line(&format!("{name}.against_bare"), ours / theirs, "ratio", Some(GOAL));
    }
}

/// The bare loop of a policy, where there is one: the faults of a string.
fn bare(policy: &str) -> Option<fn(&[u32]) -> u64> {
    match policy {
        "fifo" => Some(bare_fifo),
        "lru" => Some(bare_lru),
        "clock" => Some(bare_clock),
        _ => None,
    }
}

/// A result.
fn line(name: &str, value: f64, unit: &str, goal: Option<f64>) {
    let goal = goal.map_or("null".to_owned(), |goal| goal.to_string());
    println!(
        r#"{{"name":"{name}","value":{value:.3},"unit":"{unit}","goal":{goal},"goal_kind":"at_least"}}"#
    );
}

/// Million references a second of the fastest of several runs, and the faults counted.
#[expect(clippy::disallowed_methods, reason = "a bench is where time is measured")]
fn fastest(runs: usize, run: impl Fn() -> u64) -> (f64, u64) {
    let mut best = (0.0, 0);
    for _ in 0..runs {
        let start = Instant::now();
        let faults = black_box(run());
        let speed = REFERENCES as f64 / 1e6 / start.elapsed().as_secs_f64();
        best = (f64::max(best.0, speed), faults);
    }
    best
}

/// References whose page of rank r has a chance in proportion to 1/r, from a fixed seed.
fn zipf() -> References {
    let mut sum = 0.0;
    let cumulated: Vec<f64> = (1..=PAGES)
        .map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        })
        .collect();
    let mut state = 1u64;
    let page = |_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let chance = (state >> 11) as f64 / (1u64 << 53) as f64;
        cumulated.partition_point(|&below| below < chance * sum) as u64
    };
    References::reads((0..REFERENCES).map(page)).unwrap()
}

fn bare_fifo(pages: &[u32]) -> u64 {
    let mut resident = vec![false; PAGES];
    let mut ring = vec![u32::MAX; FRAMES];
    let (mut hand, mut faults) = (0, 0);
    for &page in pages {
        if resident[page as usize] {
            continue;
        }
        faults += 1;
        let victim = std::mem::replace(&mut ring[hand], page);
        if victim != u32::MAX {
            resident[victim as usize] = false;
        }
        resident[page as usize] = true;
        hand = if hand + 1 == FRAMES { 0 } else { hand + 1 };
    }
    faults
}

fn bare_clock(pages: &[u32]) -> u64 {
    let mut frame_of = vec![u32::MAX; PAGES];
    let mut ring = vec![u32::MAX; FRAMES];
    let mut referenced = vec![false; FRAMES];
    let (mut hand, mut faults) = (0, 0);
    for &page in pages {
        let frame = frame_of[page as usize];
        if frame != u32::MAX {
            referenced[frame as usize] = true;
            continue;
        }
        faults += 1;
        while referenced[hand] {
            referenced[hand] = false;
            hand = if hand + 1 == FRAMES { 0 } else { hand + 1 };
        }
        let victim = std::mem::replace(&mut ring[hand], page);
        if victim != u32::MAX {
            frame_of[victim as usize] = u32::MAX;
        }
        frame_of[page as usize] = hand as u32;
        referenced[hand] = true;
        hand = if hand + 1 == FRAMES { 0 } else { hand + 1 };
    }
    faults
}

/// A list through all pages with a sentinel behind the last; `prev` of a page that is not resident is `ABSENT`.
fn bare_lru(pages: &[u32]) -> u64 {
    const ABSENT: u32 = u32::MAX;
    let mut links = vec![(ABSENT, ABSENT); PAGES + 1];
    let head = PAGES;
    links[head] = (head as u32, head as u32);
    let (mut resident, mut faults) = (0, 0);
    for &page in pages {
        let (prev, next) = links[page as usize];
        if prev != ABSENT {
            links[prev as usize].1 = next;
            links[next as usize].0 = prev;
        } else {
            faults += 1;
            if resident == FRAMES {
                let victim = links[head].0 as usize;
                let before = links[victim].0;
                links[before as usize].1 = head as u32;
                links[head].0 = before;
                links[victim].0 = ABSENT;
            } else {
                resident += 1;
            }
        }
        let first = links[head].1;
        links[page as usize] = (head as u32, first);
        links[first as usize].0 = page;
        links[head].1 = page;
    }
    faults
}
