//! The machine against its twin, and what must hold of every step of every policy.

use proptest::prelude::*;
use ramscope_sim::demand::{
    Allocation, Error, FrameSlot, Gone, Kind, Problem, Simulation, Window, count, simulate,
};
use ramscope_sim::paging::registry::POLICIES;

use super::twin::{self, Found, Rules};
use super::{live, parse, problem, with, workload};

fn costs(problem: Problem, rules: Rules) -> Problem {
    let settings = [
        format!("cpu.memory_ns={}", twin::MEMORY_NS),
        format!("cpu.fault_ns={}", twin::FAULT_NS),
        format!("disk.read_ns={}", twin::READ_NS),
        format!("disk.write_ns={}", twin::WRITE_NS),
        format!("disk.transfer_ns={}", twin::TRANSFER_NS),
        format!("cpu.quantum={}", rules.quantum),
        format!("cpu.switch_ns={}", rules.switch_ns),
        format!("disk.readahead={}", rules.readahead),
    ];
    with(problem, &settings.each_ref().map(String::as_str))
}

fn found(problem: &Problem) -> Found {
    let (totals, processes) = count(problem).unwrap();
    Found {
        faults: totals.faults,
        writebacks: totals.writebacks,
        prefetched: totals.prefetched,
        prefetched_used: totals.prefetched_used,
        elapsed_ns: totals.elapsed_ns,
        idle_ns: totals.idle_ns,
        switch_ns: totals.switch_ns,
        finished_ns: processes.iter().map(|process| process.finished_ns).collect(),
    }
}

const SETTINGS: &[&[&str]] = &[
    &[],
    &["disk.readahead=2", "cpu.switch_ns=30"],
    &["load.limit=2"],
    &["load.control=working-set", "load.window=6"],
    &["load.control=fault-rate", "load.period=5", "load.upper=0.4", "load.lower=0.2"],
];

/// Every policy and allocation that goes with a setting.
fn every(
    workload: &ramscope_sim::demand::Workload,
    frames: usize,
    settings: &[&str],
) -> Vec<Problem> {
    let allocations = [
        Allocation::Global,
        Allocation::Equal,
        Allocation::Proportional,
        Allocation::WorkingSet,
        Allocation::Pff,
    ];
    let all = POLICIES.iter().flat_map(|entry| {
        let variable = entry.name == "lru";
        let allocations = allocations.into_iter().filter(move |allocation| {
            variable || matches!(allocation, Allocation::Global | Allocation::Equal)
        });
        allocations.map(|allocation| problem(entry.name, allocation, frames, workload.clone()))
    });
    let all = all.map(|problem| with(problem, settings));
    all.filter(|problem| match count(problem) {
        Err(Error::NotGlobal { .. } | Error::FixedShares { .. } | Error::Future { .. }) => false,
        Err(Error::TooFewFrames { .. }) => false,
        Err(error) => panic!("{error}"),
        Ok(_) => true,
    })
    .collect()
}

fn check(problem: &Problem, found: &Simulation) {
    let what = (&problem.policy, problem.allocation, &found.convention);
    let totals = &found.totals;
    assert_eq!(totals.busy_ns + totals.idle_ns, totals.elapsed_ns, "{what:?}");
    assert_eq!(totals.references, problem.workload.references(), "{what:?}");
    assert_eq!(totals.hits + totals.faults, totals.references, "{what:?}");
    assert!(totals.disk_utilisation <= 1.0 && totals.prefetched_used <= totals.prefetched);
    for process in &found.processes {
        let waited = process.ready_ns + process.disk_wait_ns + process.outside_ns;
        assert!(process.cpu_ns + waited <= process.finished_ns, "{what:?} {process:?}");
        if totals.switch_ns == 0 {
            assert_eq!(process.cpu_ns + waited, process.finished_ns, "{what:?} {process:?}");
        }
        assert!(process.most_resident_pages <= process.share_frames.unwrap_or(found.frames as u64));
    }
    for sample in &found.samples {
        assert_eq!(sample.working_set_pages.len(), found.processes.len());
        assert!(sample.resident_pages.iter().sum::<u64>() <= found.frames as u64, "{what:?}");
    }
    check_steps(found);
}

fn check_steps(found: &Simulation) {
    let mut frames = found.frames_before.clone();
    let mut time = 0;
    for step in &found.steps {
        assert!(step.time_ns >= time, "{step:?}");
        time = step.time_ns;
        let before = frames.clone();
        step.frames_changed.iter().for_each(|slot| frames[slot.frame as usize] = slot.clone());
        check_left(&before, step);
        check_sentence(step);
        if let (Kind::Reference, Some(page)) = (step.kind, step.page) {
            let holds = |slot: &&FrameSlot| {
                slot.page == Some(page) && slot.process.as_ref() == Some(&step.process)
            };
            let slot = before.iter().find(holds);
            assert!(step.explain.contains("waited for") || slot.is_some(), "{step:?}");
        }
        let mut held: Vec<_> = frames.iter().filter(|slot| slot.page.is_some()).collect();
        let count = held.len();
        held.sort_by_key(|slot| (slot.process.clone(), slot.page));
        held.dedup_by_key(|slot| (slot.process.clone(), slot.page));
        assert_eq!(held.len(), count, "a page is in two frames after {step:?}");
    }
    assert_eq!(frames, found.at(usize::MAX));
    assert!(found.steps_after > 0 || frames.iter().all(|slot| slot.page.is_none()));
}

/// A page that leaves was there, and is written exactly when it was dirty.
fn check_left(before: &[FrameSlot], step: &ramscope_sim::demand::Step) {
    for gone in &step.left {
        let was = before.iter().find(|slot| {
            slot.process.as_ref() == Some(&gone.process) && slot.page == Some(gone.page)
        });
        match was {
            Some(slot) => assert_eq!(slot.dirty, gone.slot.is_some(), "{step:?}"),
            // It came and went within the step, replaced by a page read ahead after it.
            None => {
                let came = step.page.into_iter().chain(step.read_ahead.iter().copied());
                assert!(came.clone().any(|page| page == gone.page), "{step:?}");
            }
        }
    }
}

fn check_sentence(step: &ramscope_sim::demand::Step) {
    let said = &step.explain;
    assert!(said.contains(&step.process) && said.ends_with('.'), "{step:?}");
    assert!(!said.contains("45035996") && !said.contains(".."), "{step:?}");
    if let Some(page) = step.page {
        assert!(said.contains(&format!("age {page}")), "{step:?}");
    }
    for gone in step.left.iter().filter(|_| step.kind != Kind::Suspend) {
        assert!(said.contains(&format!("{}:{}", gone.process, gone.page)), "{step:?}");
    }
    let word = match step.kind {
        Kind::Admit => "is let into memory",
        Kind::Dispatch => "The CPU goes to",
        Kind::Reference => "page",
        Kind::Fault => "a page fault",
        Kind::Load => "The disk takes up",
        Kind::Ready => "has come in",
        Kind::Suspend => "is suspended",
        Kind::End => "ends",
    };
    assert!(said.contains(word), "{step:?}");
}

#[test]
fn each_step_says_who_waits_and_what_left_for_what() {
    let settings = ["cpu.memory_ns=10", "cpu.fault_ns=1", "disk.read_ns=50", "disk.write_ns=50"];
    let two = with(problem("fifo", Allocation::Global, 1, parse("a: 1w 1\nb: 5")), &settings);
    let found = live(&two);
    let said: Vec<_> =
        found.steps.iter().map(|step| (step.time_ns, step.explain.as_str())).collect();
    assert_eq!(
        said,
        [
            (0, "a is let into memory, beside no other, and is ready."),
            (0, "b is let into memory, beside 1 other, and is ready."),
            (0, "The CPU goes to a, the first of the ready queue."),
            (
                0,
                "a writes its page 1, which is not in memory: a page fault; no other process waits for the disk."
            ),
            (
                1,
                "The disk takes up the request of a for page 1. Frame 0 is free; page a:1 goes into it. Page 1 of a is \
                 read from the program's file. The disk is done with it at 51 ns."
            ),
            (1, "The CPU goes to b, the first of the ready queue."),
            (
                1,
                "b reads its page 5, which is not in memory: a page fault; 1 process waits for the disk before it."
            ),
            (51, "Page 1 of a has come in; a is first in the ready queue."),
            (
                51,
                "The disk takes up the request of b for page 5. FIFO compares when pages were loaded: a:1 at 1. The first \
                 of them is a:1; page b:5 goes into frame 0. Page a:1 was modified and is written back. a:1 goes to slot 0 \
                 of the swap area. Page 5 of b is read from the program's file. The disk is done with it at 151 ns."
            ),
            (51, "The CPU goes to a, the first of the ready queue."),
            (51, "a makes the reference to page 1 that it has waited for."),
            (
                61,
                "a reads its page 1, which is not in memory: a page fault; 1 process waits for the disk before it."
            ),
            (151, "Page 5 of b has come in; b is first in the ready queue."),
            (
                151,
                "The disk takes up the request of a for page 1. FIFO compares when pages were loaded: b:5 at 2. The first \
                 of them is b:5; page a:1 goes into frame 0. b:5 is as its program's file has it, and is dropped. Page 1 \
                 of a is read from slot 0 of the swap area. The disk is done with it at 201 ns."
            ),
            (151, "The CPU goes to b, the first of the ready queue."),
            (151, "b makes the reference to page 5 that it has waited for."),
            (161, "b has made its last reference and ends: it has no page in memory any more."),
            (201, "Page 1 of a has come in; a is first in the ready queue."),
            (201, "The CPU goes to a, the first of the ready queue."),
            (201, "a makes the reference to page 1 that it has waited for."),
            (211, "a has made its last reference and ends: 1 frame is free again."),
        ]
    );
    let last = |number: usize| (found.steps[number].running, &found.steps[number].disk);
    assert_eq!(last(6), (None, &vec![0, 1]));
    let leaver = Gone { process: "a".to_owned(), page: 1, slot: Some(0) };
    assert_eq!(found.steps[8].left, [leaver]);
}

#[test]
fn pages_read_ahead_spare_a_sequential_process_its_faults() {
    let string: Vec<String> = (0..20).map(|page| page.to_string()).collect();
    let text = format!("p1: {}", string.join(" "));
    let problem = problem("lru", Allocation::Global, 8, parse(&text));
    assert_eq!(count(&problem).unwrap().0.faults, 20);
    let found = live(&with(problem, &["disk.readahead=3"]));
    let totals = found.totals;
    assert_eq!((totals.faults, totals.prefetched, totals.prefetched_used), (5, 15, 15));
    let load = found.steps.iter().find(|step| step.kind == Kind::Load).unwrap();
    assert_eq!(load.read_ahead, [1, 2, 3]);
    assert!(load.explain.contains("Read ahead, as they lie next to it: 1, 2, 3."), "{load:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_machine_agrees_with_its_twin(
        workload in workload(4), frames in 1usize..12, quantum in 1u64..6, switch_ns in 0u64..9, readahead in 0u64..3,
    ) {
        for (policy, lru) in [("fifo", false), ("lru", true)] {
            let rules = Rules { lru, frames, local: false, quantum, switch_ns, readahead };
            let global = problem(policy, Allocation::Global, frames, workload.clone());
            prop_assert_eq!(found(&costs(global, rules)), twin::run(&workload, rules));
            let all = frames * workload.processes().len();
            let local = problem(policy, Allocation::Equal, all, workload.clone());
            let rules = Rules { local: true, ..rules };
            prop_assert_eq!(found(&costs(local, rules)), twin::run(&workload, rules));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn frames_times_and_sentences_hold_for_every_policy_and_load_control(
        workload in workload(4), frames in 1usize..9,
    ) {
        for settings in SETTINGS {
            for problem in every(&workload, frames, settings) {
                let found = live(&problem);
                check(&problem, &found);
                let (totals, processes) = count(&problem).unwrap();
                prop_assert_eq!((totals, processes), (found.totals, found.processes));
            }
        }
    }

    #[test]
    fn a_window_of_the_steps_is_a_part_of_all_of_them(
        workload in workload(3), frames in 1usize..6, before in 0u64..40, steps in 0usize..30,
    ) {
        let problem = problem("clock", Allocation::Global, frames, workload);
        let (all, part) = (live(&problem), simulate(&problem, Window { before, steps }).unwrap());
        let first = all.steps.len().min(usize::try_from(before).unwrap());
        let last = all.steps.len().min(first + steps);
        prop_assert_eq!(&part.steps[..], &all.steps[first..last]);
        prop_assert_eq!(part.at(0), all.at(first));
        prop_assert_eq!(part.at(usize::MAX), all.at(last));
        prop_assert_eq!(part.steps_after, (all.steps.len() - last) as u64);
    }
}
