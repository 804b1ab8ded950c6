//! What an operation of the allocators costs: ten million, of the shape that programs have, beside a real allocator.
//!
//! Sizes come from a log-normal, lifetimes from two exponentials: most blocks die young, a few stay long. The bare
//! loop makes the same calls on the `rlsf` crate's TLSF, which keeps its headers in a real arena of the same size.
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

use ramscope_sim::alloc::policies::{buddy, bump, segregated, slab, tlsf};
use ramscope_sim::alloc::{
    Convention, Machine, Op, Policy, RequestId, Requests, RequestsBuilder, Span, setup,
};
use rustix::time::{ClockId, clock_gettime};

const OPERATIONS: usize = 10_000_000;
const MEMORY: Span = Span::new(0, 256 << 20);
/// Runs of which the fastest counts; those of ours and of the bare loop take turns.
const RUNS: usize = 3;
/// The least part of the bare loop's speed that an allocator is to reach.
const GOAL: f64 = 0.5;

fn main() {
    let list = list();
    let mut arena: Vec<MaybeUninit<u8>> = vec![MaybeUninit::new(0); MEMORY.size as usize];
    compare::<tlsf::Tlsf>("tlsf", &[], &list, &mut arena);
    compare::<buddy::Buddy>("buddy", &["buddy.take=recent"], &list, &mut arena);
    compare::<buddy::Buddy>("buddy.lowest", &[], &list, &mut arena);
    compare::<segregated::Segregated>("segregated", &[], &list, &mut arena);
    compare::<slab::Slab>("slab", &[], &list, &mut arena);
    compare::<bump::Bump>("bump", &[], &list, &mut arena);
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
        let size = (64f64.ln() + 1.1 * chance.normal()).exp().clamp(1.0, 1e6) as u64;
        let mean = if chance.next() < 0.95 { 1_000.0 } else { 2_000_000.0 };
        let life = 1 + (-mean * (1.0 - chance.next()).ln()) as u64;
        deaths.push(Reverse((now + life, builder.alloc(size.max(1)).unwrap())));
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
