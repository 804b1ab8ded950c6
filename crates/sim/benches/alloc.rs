//! What an operation of the allocators costs: ten million, of the shape that programs have, beside a real allocator.
//!
//! Sizes come from a log-normal, lifetimes from two exponentials: most blocks die young, a few stay long. The bare
//! loop makes the same calls on the `rlsf` crate's TLSF, which keeps its headers in a real arena of the same size.
//! The four fits run beside their own slow form, which looks at one hole after the other, with 100,000 blocks live.
//! Prints a JSON object a line: `name`, `value`, `unit`, `goal` (or null), `goal_kind`.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot run has nothing to say")]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "sizes and times are small"
)]
#![expect(clippy::cast_sign_loss, reason = "what is rounded is positive")]

use std::alloc::Layout;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

use ramscope_sim::alloc::policies::{
    best, buddy, bump, first, next, segregated, slab, tlsf, worst,
};
use ramscope_sim::alloc::{
    Convention, Machine, Op, Outcome, Policy, RequestId, Requests, RequestsBuilder, Setup, Span,
    setup,
};
use rustix::time::{ClockId, clock_gettime};

const OPERATIONS: usize = 10_000_000;
const MEMORY: Span = Span::new(0, 256 << 20);
/// Runs of which the fastest counts; those of ours and of the bare loop take turns.
const RUNS: usize = 3;
/// The least part of the bare loop's speed that an allocator is to reach.
const GOAL: f64 = 0.5;
/// Blocks that are live while the fits are measured, and the operations that are.
const LIVE: usize = 100_000;
const TAIL: usize = 4_000;
/// How much faster than its slow form a fit is to be.
const SLOW_FORM_GOAL: f64 = 100.0;

fn main() {
    let list = list();
    let mut arena: Vec<MaybeUninit<u8>> = vec![MaybeUninit::new(0); MEMORY.size as usize];
    compare::<tlsf::Tlsf>("tlsf", &[], &list, &mut arena);
    compare::<buddy::Buddy>("buddy", &["buddy.take=recent"], &list, &mut arena);
    compare::<buddy::Buddy>("buddy.lowest", &[], &list, &mut arena);
    compare::<segregated::Segregated>("segregated", &[], &list, &mut arena);
    compare::<slab::Slab>("slab", &[], &list, &mut arena);
    compare::<bump::Bump>("bump", &[], &list, &mut arena);
    let holes = full_of_holes();
    against_slow_form::<first::FirstFit>("first", &holes);
    against_slow_form::<next::NextFit>("next", &holes);
    against_slow_form::<best::BestFit>("best", &holes);
    against_slow_form::<worst::WorstFit>("worst", &holes);
}

/// A fit with its index beside its slow form, which looks at one hole after the other: the last operations of a list, when
/// [`LIVE`] blocks are live. Both give the same answers, searches included.
fn against_slow_form<P: Policy>(name: &str, list: &Requests) {
    let convention = Convention::default();
    let indexed = setup(MEMORY, list, &convention).unwrap();
    let slow = Setup { index: false, ..indexed };
    // The slow form takes half a minute: once is enough of it.
    let (theirs, plain) = tail::<P>(&slow);
    let mut ours = f64::INFINITY;
    for _ in 0..RUNS {
        let (seconds, fast) = tail::<P>(&indexed);
        assert_eq!(fast, plain, "{name}: the index answers something else than the list");
        ours = ours.min(seconds);
    }
    let speed = |seconds: f64| TAIL as f64 / 1e6 / seconds;
    let name = format!("sim.alloc.{name}");
    line(&name, speed(ours), "million_operations_per_s", None);
    line(&format!("{name}.slow_form"), speed(theirs), "million_operations_per_s", None);
    line(&format!("{name}.against_slow_form"), theirs / ours, "ratio", Some(SLOW_FORM_GOAL));
}

/// The seconds and the outcomes of the last operations.
fn tail<P: Policy>(setup: &Setup<'_>) -> (f64, Vec<Outcome>) {
    let mut machine = Machine::<P>::new(setup);
    let before = setup.requests.len() - TAIL;
    for op in setup.requests.iter().take(before) {
        machine.step(op);
    }
    let mut outcomes = Vec::with_capacity(TAIL);
    let seconds = seconds(|| {
        outcomes.extend(setup.requests.iter().skip(before).map(|op| machine.step(op)));
        outcomes.len() as u64
    });
    (seconds, outcomes)
}

/// Twice [`LIVE`] blocks, of which half are freed here and there; then one more for one less.
fn full_of_holes() -> Requests {
    let mut chance = Chance(2);
    let mut builder = RequestsBuilder::new();
    let mut live = Vec::new();
    for _ in 0..2 * LIVE {
        live.push(builder.alloc(size_of_a_block(&mut chance)).unwrap());
    }
    let free_one =
        |live: &mut Vec<RequestId>, chance: &mut Chance, builder: &mut RequestsBuilder| {
            let which = (chance.next() * live.len() as f64) as usize;
            builder.free(live.swap_remove(which)).unwrap();
        };
    while live.len() > LIVE {
        free_one(&mut live, &mut chance, &mut builder);
    }
    for _ in 0..TAIL / 2 {
        live.push(builder.alloc(size_of_a_block(&mut chance)).unwrap());
        free_one(&mut live, &mut chance, &mut builder);
    }
    builder.finish().unwrap()
}

/// Bytes of a request: log-normal, as programs ask.
fn size_of_a_block(chance: &mut Chance) -> u64 {
    ((64f64.ln() + 1.1 * chance.normal()).exp().clamp(1.0, 1e6) as u64).max(1)
}

/// A policy and the bare loop in turns.
fn compare<P: Policy>(
    name: &str,
    settings: &[&str],
    list: &Requests,
    arena: &mut [MaybeUninit<u8>],
) {
    let (mut ours, mut theirs) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..RUNS {
        ours = ours.min(seconds(|| machine::<P>(list, settings)));
        theirs = theirs.min(seconds(|| bare(list, arena)));
    }
    let speed = |seconds: f64| list.len() as f64 / 1e6 / seconds;
    let name = format!("sim.alloc.{name}");
    line(&name, speed(ours), "million_operations_per_s", None);
    line(&format!("{name}.rlsf"), speed(theirs), "million_operations_per_s", None);
    line(&format!("{name}.against_rlsf"), theirs / ours, "ratio", Some(GOAL));
}

/// Seconds of this thread's CPU time, which others on the machine do not lengthen by taking turns.
fn seconds(run: impl FnOnce() -> u64) -> f64 {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    };
    let start = now();
    black_box(run());
    now() - start
}

/// A result.
fn line(name: &str, value: f64, unit: &str, goal: Option<f64>) {
    let goal = goal.map_or("null".to_owned(), |goal| goal.to_string());
    println!(
        r#"{{"name":"{name}","value":{value:.3},"unit":"{unit}","goal":{goal},"goal_kind":"at_least"}}"#
    );
}

/// All operations on our machine; returns how many allocations failed.
fn machine<P: Policy>(list: &Requests, settings: &[&str]) -> u64 {
    let mut convention = Convention::default();
    for setting in ["block.align=16", "block.minimum=32"].iter().chain(settings) {
        convention.set(setting).unwrap();
    }
    let mut machine = Machine::<P>::new(&setup(MEMORY, list, &convention).unwrap());
    for op in list.iter() {
        machine.step(op);
    }
    machine.counts().failed
}

/// The same calls on a real TLSF; returns how many allocations failed.
fn bare(list: &Requests, arena: &mut [MaybeUninit<u8>]) -> u64 {
    let mut tlsf = rlsf::Tlsf::<'_, u32, u32, 28, 16>::new();
    tlsf.insert_free_block(arena);
    let mut blocks: Vec<Option<NonNull<u8>>> = vec![None; list.ids()];
    let (align, mut failed) = (16, 0);
    for op in list.iter() {
        match op {
            Op::Alloc { id, size } => {
                let layout = Layout::from_size_align(size as usize, align).unwrap();
                let block = tlsf.allocate(layout);
                failed += u64::from(block.is_none());
                blocks[id.rank() as usize] = block;
            }
            Op::Free { id } => {
                if let Some(block) = blocks[id.rank() as usize].take() {
                    // SAFETY: this loop took `block` from this very `tlsf` with this alignment and gives it back once.
                    unsafe { tlsf.deallocate(block, align) };
                }
            }
            Op::Compact => {}
        }
    }
    failed
}

/// The list: about a hundred thousand blocks are live at once.
fn list() -> Requests {
    let mut chance = Chance(1);
    let mut builder = RequestsBuilder::new();
    let mut deaths: BinaryHeap<Reverse<(u64, RequestId)>> = BinaryHeap::new();
    let (mut made, mut now) = (0, 0);
    while made < OPERATIONS {
        now += 1;
        while let Some(&Reverse((_, id))) = deaths.peek().filter(|death| death.0.0 <= now) {
            builder.free(id).unwrap();
            deaths.pop();
            made += 1;
        }
        let size = size_of_a_block(&mut chance);
        let mean = if chance.next() < 0.95 { 1_000.0 } else { 2_000_000.0 };
        let life = 1 + (-mean * (1.0 - chance.next()).ln()) as u64;
        deaths.push(Reverse((now + life, builder.alloc(size).unwrap())));
        made += 1;
    }
    builder.finish().unwrap()
}

/// Chance from a fixed seed (the multiplier and increment of Knuth's MMIX).
struct Chance(u64);

impl Chance {
    /// A number from 0 up to 1.
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number from the standard normal distribution (Box and Muller 1958).
    fn normal(&mut self) -> f64 {
        let (first, second) = (1.0 - self.next(), self.next());
        (-2.0 * first.ln()).sqrt() * (std::f64::consts::TAU * second).cos()
    }
}
