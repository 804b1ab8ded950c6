//! What a reference costs: every policy on ten million references, Zipf(1.0) over a million pages, 100,000 frames.
//!
//! LRU, FIFO and CLOCK stand beside bare array loops of the same policy, and every policy beside libCacheSim's same
//! policy, or the closest that it has. All run on one thread in turns, each as often as the others; of each the run
//! counts that took the least of its thread's CPU time. Ours runs under the convention of libCacheSim, with all that
//! it prepares: its tables, and for OPT its pass for next uses. What is the same policy must come to the same faults.
//!
//! Prints a JSON object a line: `name`, `value`, `unit`, `goal` (or null), `goal_kind`; a value of null is what could
//! not be measured. `cargo xtask bench sim` installs libCacheSim and says where it is; see [`libcachesim`].
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints what it measured")]
#![expect(clippy::cast_possible_truncation, reason = "pages and frames are below 2^32")]
#![expect(clippy::cast_sign_loss, reason = "shares of a number of references")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot run has nothing to say")]

mod bare;
mod libcachesim;
mod zipf;

use std::collections::BTreeMap;
use std::hint::black_box;

use ramscope_sim::paging::registry::POLICIES;
use ramscope_sim::paging::{Convention, References, Want, run};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;

use crate::libcachesim::{Kinship, LibCacheSim, relative};

const PAGES: usize = 1_000_000;
const FRAMES: usize = 100_000;
const REFERENCES: usize = 10_000_000;
/// Runs of each, of which the fastest counts.
const ROUNDS: usize = 3;
/// The least parts of the others' speeds that are promised.
const BARE_GOAL: f64 = 0.5;
const LIBCACHESIM_GOAL: f64 = 2.5;

/// The fastest run of something.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Best {
    cpu_seconds: f64,
    faults: u64,
}

/// The fastest runs, by policy: ours, the bare loops', and libCacheSim's by its own names.
#[derive(Debug, Default)]
struct Bests {
    ours: BTreeMap<&'static str, Best>,
    bare: BTreeMap<&'static str, Best>,
    theirs: BTreeMap<&'static str, Best>,
}

fn main() {
    let pages = zipf::pages();
    let references = References::reads(pages.iter().map(|&page| u64::from(page))).unwrap();
    let mut libcachesim = LibCacheSim::start(&pages);
    let mut bests = Bests::default();
    for round in 1..=ROUNDS {
        eprintln!("round {round} of {ROUNDS}");
        // Policies that are compared with the same one stand beside it.
        let mut policies: Vec<&'static str> = POLICIES.iter().map(|entry| entry.name).collect();
        policies.sort_by_key(|name| relative(name).map(|(theirs, _)| theirs));
        policies.retain(|name| is_wanted(name));
        policies.into_iter().for_each(|name| {
            turn(name, round, &references, &pages, libcachesim.as_mut(), &mut bests);
        });
    }
    if let Some(libcachesim) = libcachesim {
        let name = "libCacheSim: reading the trace, which its times are without";
        print(name, Some(libcachesim.reading_ns()), "ns a reference", None);
    }
    POLICIES
        .iter()
        .filter(|entry| is_wanted(entry.name))
        .for_each(|entry| report(entry.name, &bests));
}

/// Whether a policy is to be measured: all are, or those that the command line names.
fn is_wanted(policy: &str) -> bool {
    let mut named = std::env::args().skip(1).filter(|word| !word.starts_with('-')).peekable();
    named.peek().is_none() || named.any(|word| word == policy)
}

/// One run of a policy and, where this round did not see them yet, of those it is compared with.
fn turn(
    name: &'static str,
    round: usize,
    references: &References,
    pages: &[u32],
    libcachesim: Option<&mut LibCacheSim>,
    bests: &mut Bests,
) {
    if let (Some(libcachesim), Some((theirs, _))) = (libcachesim, relative(name))
        && libcachesim.runs_of(theirs) < round
    {
        let run = libcachesim.run(theirs);
        keep(&mut bests.theirs, theirs, run);
    }
    let convention = Convention::preset("libcachesim").unwrap();
    let ours = || run(name, FRAMES, references, &convention, Want::Counts).unwrap().faults;
    keep(&mut bests.ours, name, timed(ours));
    if let Some(bare) = bare::of(name) {
        keep(&mut bests.bare, name, timed(|| bare(pages)));
    }
}

fn keep(bests: &mut BTreeMap<&'static str, Best>, name: &'static str, run: Best) {
    let best = bests.entry(name).or_insert(run);
    if run.cpu_seconds < best.cpu_seconds {
        *best = run;
    }
}

/// The rows of a policy.
fn report(name: &'static str, bests: &Bests) {
    let ours = bests.ours[name];
    if let Some(bare) = bests.bare.get(name) {
        assert_eq!(ours.faults, bare.faults, "{name} and its bare loop differ");
        let name = format!("{name}: {}, bare loop {}", speed(ours), speed(*bare));
        print(&name, Some(bare.cpu_seconds / ours.cpu_seconds), "×", Some(BARE_GOAL));
    }
    let Some((other, kinship)) = relative(name) else {
        return print(&format!("{name}: {}, libCacheSim has none", speed(ours)), None, "×", None);
    };
    let goal = (!bests.bare.contains_key(name)).then_some(LIBCACHESIM_GOAL);
    if kinship == Kinship::Wrong {
        report_wrong(name, other, bests);
        return;
    }
    let words = kinship.words();
    let Some(theirs) = bests.theirs.get(other) else {
        let name = format!("{name}: {}, libCacheSim's {other}{words}", speed(ours));
        return print(&name, None, "×", goal);
    };
    if kinship == Kinship::Exact {
        assert_eq!(ours.faults, theirs.faults, "{name} and libCacheSim's {other} differ");
    }
    let name = format!("{name}: {}, libCacheSim's {other}{words} {}", speed(ours), speed(*theirs));
    print(&name, Some(theirs.cpu_seconds / ours.cpu_seconds), "×", goal);
}

/// The rows of a policy whose namesake does other work: the namesake's is told with its faults, and the goal holds against the
/// policy that it is a refinement of.
fn report_wrong(name: &'static str, namesake: &'static str, bests: &Bests) {
    let ours = bests.ours[name];
    if let (Some(theirs), Some(least)) = (bests.theirs.get(namesake), bests.ours.get("opt")) {
        let name = format!(
            "{name}: {}, libCacheSim's {namesake} (known to be wrong: {} faults, ours {}, OPT {}) {}",
            speed(ours),
            theirs.faults,
            ours.faults,
            least.faults,
            speed(*theirs)
        );
        print(&name, Some(theirs.cpu_seconds / ours.cpu_seconds), "×", None);
    }
    let theirs = bests.theirs.get(REFINED);
    let beside = theirs.map_or_else(String::new, |theirs| format!(" {}", speed(*theirs)));
    let ratio = theirs.map(|theirs| theirs.cpu_seconds / ours.cpu_seconds);
    let name = format!(
        "{name}: {}, libCacheSim's {REFINED}{}{beside}",
        speed(ours),
        Kinship::Closest.words()
    );
    print(&name, ratio, "×", Some(LIBCACHESIM_GOAL));
}

/// What CLOCK-Pro refines.
const REFINED: &str = "Clock";

/// "92.4 M/s": references a second of CPU time.
fn speed(best: Best) -> String {
    let millions = REFERENCES as f64 / 1e6 / best.cpu_seconds;
    format!("{millions:.*} M/s", if millions < 10.0 { 2 } else { 1 })
}

/// A result.
fn print(name: &str, value: Option<f64>, unit: &str, goal: Option<f64>) {
    let kind = "at_least";
    println!(
        "{}",
        json!({"name": name, "value": value, "unit": unit, "goal": goal, "goal_kind": kind})
    );
}

/// A run with the CPU time of this thread.
fn timed(run: impl FnOnce() -> u64) -> Best {
    let start = thread_seconds();
    let faults = black_box(run());
    Best { cpu_seconds: thread_seconds() - start, faults }
}

fn thread_seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
