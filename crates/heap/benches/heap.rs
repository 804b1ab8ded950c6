//! What an event costs the reader of a tracked program: nanoseconds of this thread's processor time, and bytes on disk.
//!
//! The program is made up: stacks of 40 frames of which a few change from request to request, as in an interpreter, some
//! thousand live blocks of a hundred sizes, freed mostly soon and sometimes late, at places as an allocator gives them.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use ramscope_events::record::{Delta, Record, Via};
use ramscope_heap::Intake;
use ramscope_heap::event::Start;
use rustix::time::{ClockId, clock_gettime};

/// Events of a run.
const EVENTS: u64 = 4_000_000;

/// Deepest stack.
const DEPTH: usize = 40;

/// A small generator of chance (xorshift64*).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound
    }
}

/// What the program did, in the order in which it did it.
enum Act {
    Alloc { address: u64, size: u64, keep: usize, fresh: Vec<u64> },
    Free { address: u64 },
}

/// The acts, drawn before the clock runs.
fn acts() -> Vec<Act> {
    let mut dice = Dice(0x9e37_79b9);
    let mut stack: Vec<u64> = Vec::new();
    let mut live: Vec<(u64, u64)> = Vec::new();
    let mut free: Vec<Vec<u64>> = vec![Vec::new(); 128];
    let (mut top, mut acts) = (0x5555_0000_0000_u64, Vec::new());
    for _ in 0..EVENTS {
        let full = live.len() as u64 > dice.below(60_000);
        if full {
            let soon = dice.below(4) != 0;
            let back = if soon {
                dice.below(8.min(live.len() as u64))
            } else {
                dice.below(live.len() as u64)
            };
            let at = live.len() - 1 - usize::try_from(back).unwrap_or(0);
            let (address, class) = live.swap_remove(at);
            free[usize::try_from(class).unwrap_or(0)].push(address);
            acts.push(Act::Free { address });
            continue;
        }
        let pop = usize::try_from(1 + dice.below(4)).unwrap_or(1);
        let keep = stack.len().saturating_sub(pop);
        stack.truncate(keep);
        let mut fresh = Vec::new();
        while stack.len() < DEPTH && (stack.len() < 20 || dice.below(10) < 6) {
            // Most functions call one other at a depth; some a few.
            let callee = if dice.below(8) == 0 { dice.below(3) } else { 0 };
            let address = 0x40_0000 + stack.len() as u64 * 4096 + callee * 64;
            stack.push(address);
            fresh.push(address);
        }
        let class = 2 + dice.below(24) * dice.below(4);
        let size = class * 16 - 8 - dice.below(3) * 4;
        let address = free[usize::try_from(class).unwrap_or(0)].pop().unwrap_or_else(|| {
            top += class * 16;
            top
        });
        live.push((address, class));
        acts.push(Act::Alloc { address, size, keep, fresh });
    }
    acts
}

fn cpu_ns() -> i64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Hears of everything; nanoseconds and bytes an event.
fn run(acts: &[Act], record: bool) -> (f64, f64, Intake) {
    let mut intake = Intake::new(Start { ticks_per_second: 3_000_000_000, ..Start::default() });
    if record {
        intake.record();
    }
    let (mut bytes, mut ticks) = (0, 0);
    let began = cpu_ns();
    for act in acts {
        ticks += 300;
        let record = match act {
            Act::Alloc { address, size, keep, fresh } => {
                let stack = Delta { keep: *keep, fresh };
                Record::Alloc { ticks, address: *address, size: *size, via: Via::Malloc, stack }
            }
            Act::Free { address } => Record::Free { ticks, address: *address, moving: false },
        };
        intake.accept(0, &record);
        if ticks % 30_000 == 0 {
            bytes += intake.take_bytes(ticks).len();
        }
    }
    bytes += intake.take_bytes_now(ticks).len();
    let each = |sum: f64| sum / EVENTS as f64;
    (each((cpu_ns() - began) as f64), each(bytes as f64), intake)
}

fn main() {
    let acts = acts();
    for record in [false, true, false, true] {
        let (ns, bytes, intake) = run(&acts, record);
        let session = intake.session();
        let (nodes, live) = (session.tree().len(), session.totals().live_blocks);
        println!(
            "{}: {ns:.1} ns and {bytes:.2} bytes an event; {nodes} stacks, {live} live blocks",
            if record { "aggregated and recorded" } else { "aggregated" }
        );
    }
}
