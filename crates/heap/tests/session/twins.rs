//! What a session knows at the end is what the twin finds.

use std::collections::BTreeMap;

use proptest::prelude::*;
use ramscope_heap::{Intake, Session, Totals};

use super::inputs::{Timed, address, addresses, program, run, start};
use super::twin::{Sums, Twin};

pub(crate) fn sums(session: &Session) -> BTreeMap<Vec<u64>, Sums> {
    let told = session.stacks().map(|row| {
        let sums = Sums {
            live_bytes: row.live_bytes,
            live_blocks: row.live_blocks,
            peak_bytes: row.peak_bytes,
            peak_blocks: row.peak_blocks,
            allocations: row.allocations,
            bytes_allocated: row.bytes_allocated,
            temporary: row.temporary,
        };
        (addresses(session, row.node), sums)
    });
    told.collect()
}

pub(crate) fn session_of(program: &[Timed]) -> Session {
    let mut intake = Intake::new(start(0));
    run(&mut intake, program);
    intake.into_session()
}

fn check(session: &Session, twin: &Twin) -> Result<(), TestCaseError> {
    let live = twin.live.values().map(|given| given.size);
    let expected = Totals {
        allocations: twin.all.len() as u64,
        frees: twin.frees,
        bytes_allocated: twin.all.iter().map(|given| given.size).sum(),
        live_bytes: live.sum(),
        live_blocks: twin.live.len() as u64,
        peak_live_bytes: twin.peak_bytes,
        peak_us: twin.peak_us,
        temporary: twin.temporary.len() as u64,
        lost_events: twin.lost,
        unmatched_frees: twin.unmatched,
        unseen_frees: twin.unseen,
        mapped_bytes: session.totals().mapped_bytes,
        mappings: session.totals().mappings,
        end_us: session.totals().end_us,
    };
    prop_assert_eq!(session.totals(), expected);
    prop_assert_eq!(sums(session), twin.sums());
    let mut blocks: Vec<_> =
        session.live_blocks().map(|block| (block.address, block.size, block.born_us)).collect();
    blocks.sort_unstable();
    let expected: Vec<_> =
        twin.live.iter().map(|(address, given)| (*address, given.size, given.from_us)).collect();
    prop_assert_eq!(blocks, expected);
    let freed: u64 = session.lifetimes().classes().map(|(_, _, class)| class.blocks).sum();
    prop_assert_eq!(freed, twin.lifetimes_us.len() as u64);
    for (low, high, class) in session.lifetimes().classes() {
        let within = twin.lifetimes_us.iter().filter(|us| (low..=high).contains(*us)).count();
        prop_assert_eq!(class.blocks, within as u64);
    }
    let threads: u64 = session.threads().iter().map(|row| row.live_bytes).sum();
    prop_assert_eq!(threads, session.totals().live_bytes);
    Ok(())
}

proptest! {
    #[test]
    fn a_session_knows_what_its_slow_twin_finds(program in program()) {
        check(&session_of(&program), &Twin::of(&program))?;
    }

    #[test]
    fn what_was_asked_for_in_a_stretch_of_time_and_is_kept_is_told(
        program in program(), from_us in 0_u64..3_000_000, length_us in 0_u64..3_000_000
    ) {
        let (session, twin) = (session_of(&program), Twin::of(&program));
        let mut expected: BTreeMap<Vec<u64>, (u64, u64)> = BTreeMap::new();
        let within = from_us..from_us + length_us;
        for given in twin.live.values().filter(|given| within.contains(&given.from_us)) {
            let sum = expected.entry(given.stack.clone()).or_default();
            *sum = (sum.0 + given.size, sum.1 + 1);
        }
        let kept = session.kept(within.start, within.end).into_iter();
        let kept: BTreeMap<_, _> = kept.map(|(node, sum)| (addresses(&session, node), sum)).collect();
        prop_assert_eq!(kept, expected);
    }

    #[test]
    fn growth_is_what_the_twin_held_at_the_two_moments(
        program in program(), from_us in 0_u64..6_000_000, length_us in 0_u64..6_000_000
    ) {
        let session = session_of(&program);
        let grown = session.growth(from_us, from_us + length_us);
        prop_assert!(grown.from_us <= from_us && grown.from_us <= grown.to_us);
        // What was held at a moment is what a program holds that ended before it.
        let before = |time_us: u64, is_end: bool| {
            let mut now_us = 0;
            let part: Vec<Timed> = program.iter().take_while(|(later_us, _)| {
                now_us += later_us;
                now_us < time_us || is_end
            }).cloned().collect();
            Twin::of(&part).sums()
        };
        let is_end = from_us + length_us >= session.totals().end_us;
        let (first, second) = (before(grown.from_us, false), before(grown.to_us, is_end));
        for (node, growth) in &grown.stacks {
            let stack = addresses(&session, *node);
            let (a, b) = (
                first.get(&stack).copied().unwrap_or_default(),
                second.get(&stack).copied().unwrap_or_default(),
            );
            prop_assert_eq!((growth.before_bytes, growth.after_bytes), (a.live_bytes, b.live_bytes));
            prop_assert_eq!(growth.bytes_allocated, b.bytes_allocated - a.bytes_allocated);
        }
        let told: u64 = grown.stacks.values().map(|growth| growth.after_bytes).sum();
        prop_assert_eq!(told, second.values().map(|sums| sums.live_bytes).sum::<u64>());
    }
}

#[test]
fn the_peak_is_the_first_moment_at_which_the_most_lived() {
    use super::inputs::Step;
    let alloc = |place, size| Step::Alloc { thread: 0, place, size, stack: vec![0x1000 + place] };
    let free = |place| Step::Free { thread: 0, place };
    // 100 and 50 live at 2 µs; the same sum comes again later from other stacks, and does not replace the first.
    let program = [
        (1, alloc(1, 100)),
        (1, alloc(2, 50)),
        (1, free(2)),
        (1, alloc(3, 50)),
        (1, free(1)),
        (1, alloc(4, 20)),
    ];
    let session = session_of(&program);
    assert_eq!((session.totals().peak_live_bytes, session.totals().peak_us), (150, 2));
    let peaks: Vec<_> =
        sums(&session).into_iter().map(|(stack, sums)| (stack[0], sums.peak_bytes)).collect();
    assert_eq!(peaks, [(0x1001, 100), (0x1002, 50), (0x1003, 0), (0x1004, 0)]);
    assert_eq!(address(1) % 16, 0);
}
