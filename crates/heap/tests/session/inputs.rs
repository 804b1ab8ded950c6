//! Programs that do anything: drawn by chance, with few addresses, stacks and threads, so that all of them meet.

use proptest::prelude::*;
use ramscope_heap::event::{Event, Loss, Stack, Start, ThreadId};
use ramscope_heap::{Intake, Session};

/// What a program does next.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Alloc { thread: u32, place: u64, size: u64, stack: Vec<u64> },
    Free { thread: u32, place: u64 },
    Realloc { thread: u32, old: u64, place: u64, size: u64, stack: Vec<u64> },
    Map { thread: u32, place: u64, length: u64, stack: Vec<u64> },
    Unmap { thread: u32, place: u64, length: u64 },
    Name { thread: u32, name: String },
    ThreadEnd { thread: u32 },
    Lost(u64),
    Resident(u64),
    Cost(u64),
}

/// A step, and the microseconds before it.
pub(crate) type Timed = (u64, Step);

pub(crate) fn stack() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(0x1000_u64..0x1006, 1..6)
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let (thread, place, size) = (0_u32..3, 1_u64..12, prop_oneof![0_u64..100, 0_u64..1 << 20]);
    prop_oneof![
        8 => (thread.clone(), place.clone(), size.clone(), stack())
            .prop_map(|(thread, place, size, stack)| Step::Alloc { thread, place, size, stack }),
        6 => (thread.clone(), place.clone()).prop_map(|(thread, place)| Step::Free { thread, place }),
        3 => (thread.clone(), place.clone(), place.clone(), size, stack()).prop_map(
            |(thread, old, place, size, stack)| Step::Realloc { thread, old, place, size, stack }
        ),
        1 => (thread.clone(), place.clone(), 1_u64..5, stack())
            .prop_map(|(thread, place, length, stack)| Step::Map { thread, place, length, stack }),
        1 => (thread.clone(), place, 1_u64..5)
            .prop_map(|(thread, place, length)| Step::Unmap { thread, place, length }),
        1 => (thread.clone(), "[a-zß]{0,6}").prop_map(|(thread, name)| Step::Name { thread, name }),
        1 => thread.prop_map(|thread| Step::ThreadEnd { thread }),
        1 => (1_u64..9).prop_map(Step::Lost),
        1 => (0_u64..1 << 30).prop_map(Step::Resident),
        1 => (0_u64..1 << 30).prop_map(Step::Cost),
    ]
}

pub(crate) fn program() -> impl Strategy<Value = Vec<Timed>> {
    let later = prop_oneof![6 => Just(0_u64), 3 => 0_u64..3000, 1 => 0_u64..900_000];
    prop::collection::vec((later, step()), 0..250)
}

/// Where the block of a place is.
pub(crate) fn address(place: u64) -> u64 {
    0x5000_0000 + place * 48
}

pub(crate) fn start(sample_bytes: u64) -> Start {
    Start {
        pid: 77,
        parent_pid: 76,
        wall_ms: 1_700_000_000_000,
        program: "/usr/bin/it".to_owned(),
        arguments: vec!["it".to_owned(), "ärgument".to_owned()],
        sample_bytes,
        ticks_per_second: 1_000_000,
        allocator: "glibc".to_owned(),
    }
}

/// Has a program run, with each stack told as what changed.
pub(crate) fn run(intake: &mut Intake, program: &[Timed]) {
    let mut told: [Vec<u64>; 3] = Default::default();
    let mut now_us = 0;
    for (later_us, step) in program {
        now_us += later_us;
        tell(intake, now_us, step, &mut told);
    }
    intake.hear(now_us, &Event::End { status: 256 });
}

fn tell(intake: &mut Intake, now_us: u64, step: &Step, told: &mut [Vec<u64>; 3]) {
    let mut delta = |thread: u32, stack: &[u64]| {
        let before = std::mem::replace(&mut told[thread as usize], stack.to_vec());
        before.iter().zip(stack).take_while(|(a, b)| a == b).count()
    };
    let thread_id = ThreadId;
    match step {
        Step::Alloc { thread, place, size, stack } => {
            let keep = delta(*thread, stack);
            let stack = changed(stack, keep);
            let thread = thread_id(*thread);
            intake.hear(
                now_us,
                &Event::Alloc { thread, address: address(*place), size: *size, stack },
            );
        }
        Step::Free { thread, place } => {
            intake.hear(
                now_us,
                &Event::Free { thread: thread_id(*thread), address: address(*place) },
            );
        }
        Step::Realloc { thread, old, place, size, stack } => {
            let keep = delta(*thread, stack);
            let stack = changed(stack, keep);
            let (thread, old, address) = (thread_id(*thread), address(*old), address(*place));
            intake.hear(now_us, &Event::Realloc { thread, old, address, size: *size, stack });
        }
        Step::Map { thread, place, length, stack } => {
            let keep = delta(*thread, stack);
            let stack = changed(stack, keep);
            let (thread, address, length) = (thread_id(*thread), place * 4096, length * 4096);
            intake.hear(now_us, &Event::Map { thread, address, length, stack });
        }
        Step::Unmap { thread, place, length } => {
            let (thread, address, length) = (thread_id(*thread), place * 4096, length * 4096);
            intake.hear(now_us, &Event::Unmap { thread, address, length });
        }
        Step::Name { thread, name } => {
            intake.hear(
                now_us,
                &Event::Thread { thread: thread_id(*thread), tid: 100 + thread, name },
            );
        }
        Step::ThreadEnd { thread } => {
            told[*thread as usize].clear();
            intake.hear(now_us, &Event::ThreadEnd { thread: thread_id(*thread) });
        }
        Step::Lost(events) => {
            intake.hear(now_us, &Event::Lost { events: *events, why: Loss::Signal });
        }
        Step::Cost(us) => {
            intake.hear(now_us, &Event::Cost { host_cpu_us: *us, waited_us: us / 3 });
        }
        Step::Resident(bytes) => {
            intake.hear(now_us, &Event::Resident { rss_bytes: *bytes, heap_bytes: bytes / 2 });
        }
    }
}

fn changed(stack: &[u64], keep: usize) -> Stack<'_> {
    Stack { keep: u32::try_from(keep).unwrap_or(u32::MAX), fresh: &stack[keep..] }
}

/// The return addresses of a stack, the outermost first.
pub(crate) fn addresses(session: &Session, node: ramscope_heap::NodeId) -> Vec<u64> {
    let tree = session.tree();
    let mut stack: Vec<u64> =
        tree.stack(node).map(|frame| tree.frames()[frame.index()].address).collect();
    stack.reverse();
    stack
}
