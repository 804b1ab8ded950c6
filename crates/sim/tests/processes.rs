//! The lab of processes in frames against its published preset, a slow twin, and what must hold whatever the policy.
#![expect(clippy::unwrap_used, reason = "what fails in a shared function fails its test")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use ramscope_sim::paging::Convention;
use ramscope_sim::paging::registry::POLICIES;
use ramscope_sim::processes::{Problem, Script, Simulation, Step, simulate};

fn problem(policy: &str, frames: u64, script: &str) -> Problem {
    Problem {
        memory_bytes: frames * 64,
        page_bytes: 64,
        policy: policy.to_owned(),
        convention: Convention::default(),
        script: Script::parse(script.as_bytes()).unwrap(),
    }
}

fn live(policy: &str, frames: u64, script: &str) -> Simulation {
    simulate(&problem(policy, frames, script)).unwrap()
}

fn refused(script: &str, expected: &str) {
    assert_eq!(Script::parse(script.as_bytes()).unwrap_err().to_string(), expected, "{script:?}");
}

#[test]
fn twenty_processes_in_sixteen_frames_place_sixteen_and_replace_four() {
    let found = simulate(&Problem::preset().unwrap()).unwrap();
    assert_eq!((found.counts.placed, found.counts.replaced), (16, 4));
    assert_eq!(found.scene.frames.len(), 16);
    let owner = |frame: usize| found.scene.frames[frame].process.clone().unwrap();
    assert_eq!([0, 3, 4, 15].map(owner), ["p17", "p20", "p5", "p16"]);
    let swapped: Vec<_> = found.scene.swap.iter().map(|slot| slot.process.as_deref()).collect();
    assert_eq!(swapped, [Some("p1"), Some("p2"), Some("p3"), Some("p4")]);
    assert_eq!(found.scene.page_tables.len(), 20);
    assert!(!found.scene.page_tables[0].pages[0].present);
    assert_eq!(found.scene.page_tables[0].pages[0].swap_slot, Some(0));
}

#[test]
fn the_answer_has_the_documented_json_fields() {
    let found = serde_json::to_value(simulate(&Problem::preset().unwrap()).unwrap()).unwrap();
    assert_eq!(found["placed"], 16);
    assert_eq!(found["replaced"], 4);
    assert_eq!(found["frames"][0], serde_json::json!({"frame": 0, "process": "p17", "page": 0}));
    assert_eq!(
        found["page_tables"][19],
        serde_json::json!({"process": "p20", "pages": [
            {"page": 0, "present": true, "frame": 3, "dirty": true, "swap_slot": null}
        ]})
    );
    assert_eq!(found["swap"][3], serde_json::json!({"slot": 3, "process": "p4", "page": 0}));
    assert_eq!(found["steps"][39]["victim"], serde_json::json!({"process": "p4", "page": 0}));
    assert_eq!(found["convention"]["frames.order"], "slots");
}

#[test]
fn each_step_says_what_was_placed_what_left_and_where_it_went() {
    let found = live(
        "fifo",
        2,
        "arrive a 2\nwrite a 0\ntouch a 0\ntouch a 1\narrive b 1\ntouch b 0\ntouch a 0\nend a\ntouch b 0",
    );
    let said: Vec<&str> = found.steps.iter().map(|step| step.explain.as_str()).collect();
    assert_eq!(
        said,
        [
            "a arrives with 2 pages; its page table has no frame yet, since pages are loaded on demand.",
            "Reference 1: a writes its page 0; its page table has no frame for it: a page fault. Frame 0 is free; page \
             a:0 goes into it. a:0 comes from its program's file.",
            "Reference 2: a touches its page 0; its page table says frame 0: a hit. FIFO does not look at uses.",
            "Reference 3: a touches its page 1; its page table has no frame for it: a page fault. Frame 1 is free; page \
             a:1 goes into it. a:1 comes from its program's file.",
            "b arrives with 1 page; its page table has no frame yet, since pages are loaded on demand.",
            "Reference 4: b touches its page 0; its page table has no frame for it: a page fault. FIFO compares when \
             pages were loaded: a:0 at 1, a:1 at 3. The first of them is a:0; page b:0 goes into frame 0. Page a:0 was \
             modified and is written back. a:0 is swapped out, to slot 0. b:0 comes from its program's file.",
            "Reference 5: a touches its page 0; its page table has no frame for it: a page fault. FIFO compares when \
             pages were loaded: a:1 at 3, b:0 at 4. The first of them is a:1; page a:0 goes into frame 1. a:1 was never \
             written: its program's file has it, and it is dropped. a:0 is swapped in from slot 0.",
            "a ends: frame 1 and swap slot 0 are free again. FIFO goes on with the pages that stay, and counts them as \
             reference 1: b:0.",
            "Reference 2: b touches its page 0; its page table says frame 0: a hit. FIFO does not look at uses.",
        ]
    );
}

#[test]
fn after_an_end_frames_keep_their_numbers_in_every_sentence() {
    let script = "arrive a 1\narrive b 2\ntouch a 0\ntouch b 0\nend a\narrive c 2\ntouch c 0\ntouch c 1\ntouch b 0";
    let found = live("fifo", 2, script);
    let last = |from_end: usize| &found.steps[found.steps.len() - from_end];
    assert!(last(3).explain.contains("Frame 0 is free; page c:0 goes into it"), "{:?}", last(3));
    assert!(last(2).explain.contains("b:0; page c:1 goes into frame 1"), "{:?}", last(2));
    assert!(last(1).explain.contains("c:0; page b:0 goes into frame 0"), "{:?}", last(1));
}

#[test]
fn a_load_that_its_policy_does_not_count_is_a_fault_of_the_page_table() {
    let script = "arrive a 1\narrive b 1\narrive c 1\nwrite a 0\nwrite b 0\nwrite b 0\nwrite a 0\nwrite c 0\nwrite a 0\n\
                  end a\nend c\nend b";
    let found = live("lirs-libcachesim", 2, script);
    assert_eq!((found.steps[8].hit, found.steps[8].swapped_in), (Some(false), Some(0)));
    assert!(found.scene.frames.iter().all(|frame| frame.process.is_none()));
}

#[test]
fn every_policy_counts_what_the_page_tables_say_while_processes_end() {
    let script = "arrive p2 1\narrive p0 1\narrive p3 1\nwrite p2 0\nwrite p0 0\nwrite p0 0\nwrite p2 0\nwrite p3 0\n\
                  write p2 0\nend p2\nend p3\nend p0\narrive p0 1";
    for entry in POLICIES {
        counts_and_sentences_agree(entry.name, &live(entry.name, 2, script));
    }
}

#[test]
fn wrong_scripts_are_pointed_at() {
    refused(
        "tuoch a 0",
        "line 1, column 1: `tuoch` is no event: write arrive, touch, write or end; did you mean `touch`?",
    );
    refused(
        "arrive web 2\n touch wbe 0",
        "line 2, column 8: no process `wbe` is there: it must arrive first; did you mean `web`?",
    );
    refused(
        "arrive a 2\ntouch a 2",
        "line 2, column 9: `2` is no page of a, which has 2: it is a whole number from 0 to 1",
    );
    refused(
        "arrive a",
        "line 1, column 9: the line ends where its size in pages, as in `arrive p1 3` belongs",
    );
    refused(
        "arrive a 0",
        "line 1, column 10: `0` is no size in pages: it is a whole number from 1 to 65536",
    );
    refused(
        "arrive a -1",
        "line 1, column 10: `-1` is no size in pages: it is a whole number from 1 to 65536",
    );
    refused("arrive a x", "line 1, column 10: `x` is not a number; here stands size in pages");
    refused(
        "arrive a 1\narrive a 1",
        "line 2, column 8: process `a` has arrived already: end it first, or take another name",
    );
    refused(
        "arrive a 1\nend a\ntouch a 0",
        "line 3, column 7: no process `a` is there: it must arrive first",
    );
    refused("arrive a 1 2", "line 1, column 12: `2` is one word too many");
    refused("# nothing", "the script is empty: begin with `arrive p1 3`, then `touch p1 0`");
    refused(
        "arrive a 60000\narrive b 60000",
        "the processes of the script have more than 65536 pages together: make them smaller",
    );
}

#[test]
fn memory_that_does_not_divide_is_refused_with_what_would_fit() {
    let refused = |memory_bytes, page_bytes| {
        let problem = Problem { memory_bytes, page_bytes, ..Problem::preset().unwrap() };
        simulate(&problem).unwrap_err().to_string()
    };
    assert_eq!(
        refused(1000, 64),
        "1000 bytes of memory are no whole number of 64-byte pages: 40 bytes are left over, so give 960 (15 frames) or 1024"
    );
    assert_eq!(
        refused(10, 64),
        "10 bytes of memory are no whole number of 64-byte pages: give at least 64 bytes"
    );
    assert_eq!(
        refused(10, 0),
        "10 bytes of memory are no whole number of 0-byte pages: give a page size of at least 1 byte"
    );
    assert_eq!(
        refused(1 << 40, 1),
        "1099511627776 frames are more than the lab's 4096: take less memory or larger pages"
    );
    let unknown = Problem { policy: "fifi".to_owned(), ..Problem::preset().unwrap() };
    assert_eq!(
        simulate(&unknown).unwrap_err().to_string(),
        "there is no policy `fifi`; did you mean `fifo`?"
    );
}

/// Scripts in which up to four processes of up to five pages come, touch, write and go.
fn script() -> impl Strategy<Value = String> {
    prop::collection::vec((0usize..4, 0u32..12, 0u32..5), 1..120).prop_map(|choices| {
        let mut living: BTreeMap<usize, u32> = BTreeMap::new();
        let mut lines = Vec::new();
        for (process, kind, number) in choices {
            let Some(pages) = living.get(&process).copied() else {
                living.insert(process, number + 1);
                lines.push(format!("arrive p{process} {}", number + 1));
                continue;
            };
            match kind {
                0 => {
                    living.remove(&process);
                    lines.push(format!("end p{process}"));
                }
                1..=4 => lines.push(format!("write p{process} {}", number % pages)),
                _ => lines.push(format!("touch p{process} {}", number % pages)),
            }
        }
        lines.join("\n")
    })
}

/// What a step tells of a touch: whether it hit, and the page that left.
type Told = Option<(bool, Option<(String, u32)>)>;

/// FIFO and LRU as a list of (process, page, dirty), first to leave first: slow and obvious.
fn twin(lru: bool, frames: usize, steps: &[Step]) -> Vec<Told> {
    let mut list: Vec<(String, u32)> = Vec::new();
    let mut outcome = |step: &Step| {
        let Some(page) = step.page else {
            if step.action == "end" {
                list.retain(|(process, _)| *process != step.process);
            }
            return None;
        };
        let key = (step.process.clone(), page);
        let at = list.iter().position(|held| *held == key);
        if let (Some(at), true) = (at, lru) {
            list.remove(at);
            list.push(key);
            return Some((true, None));
        }
        if at.is_some() {
            return Some((true, None));
        }
        let victim = (list.len() == frames).then(|| list.remove(0));
        list.push(key);
        Some((false, victim))
    };
    steps.iter().map(&mut outcome).collect()
}

fn counts_and_sentences_agree(policy: &str, found: &Simulation) {
    let faults = found.steps.iter().filter(|step| step.hit == Some(false)).count() as u64;
    assert_eq!(found.counts.faults, faults, "{policy}");
    assert_eq!(found.counts.placed + found.counts.replaced, faults, "{policy}");
    assert_eq!(found.counts.hits + faults, found.counts.references, "{policy}");
    for step in &found.steps {
        for gone in step.victim.iter().chain(&step.released) {
            let label = format!("{}:{}", gone.process, gone.page);
            assert!(step.explain.contains(&label), "{policy} {step:?}");
        }
        assert!(!step.explain.contains("45035996"), "{policy} {step:?}");
        let told = step.explain.contains("swapped in from");
        assert_eq!(step.swapped_in.is_some(), told, "{policy} {step:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn fifo_and_lru_agree_with_a_list_though_processes_end(script in script(), frames in 1u64..6) {
        for (policy, lru) in [("fifo", false), ("lru", true)] {
            let found = live(policy, frames, &script);
            let twin = twin(lru, usize::try_from(frames).unwrap(), &found.steps);
            for (step, expected) in found.steps.iter().zip(twin) {
                let victim = step.victim.clone().map(|victim| (victim.process, victim.page));
                prop_assert_eq!(step.hit.map(|hit| (hit, victim)), expected, "{} {:?}", policy, step);
            }
        }
    }

    #[test]
    fn tables_frames_and_slots_agree_after_every_step_of_every_policy(
        script in script(), frames in 1u64..6,
    ) {
        for entry in POLICIES {
            let found = live(entry.name, frames, &script);
            for (position, step) in found.steps.iter().enumerate() {
                let scene = found.at(position + 1);
                let mut held = 0;
                for table in &scene.page_tables {
                    for entry in &table.pages {
                        held += usize::from(entry.present);
                        if let Some(frame) = entry.frame {
                            let slot = &scene.frames[frame as usize];
                            prop_assert_eq!(slot.process.as_ref(), Some(&table.process));
                            prop_assert_eq!(slot.page, Some(entry.page));
                        }
                        if let Some(slot) = entry.swap_slot {
                            let slot = &scene.swap[slot as usize];
                            prop_assert_eq!(slot.process.as_ref(), Some(&table.process));
                            prop_assert_eq!(slot.page, Some(entry.page));
                        }
                    }
                }
                let full = scene.frames.iter().filter(|frame| frame.page.is_some()).count();
                prop_assert_eq!(held, full, "{} {:?}", entry.name, step);
                for changed in &step.frames_changed {
                    prop_assert_eq!(&scene.frames[changed.frame as usize], changed);
                }
                if let (Some(page), Some(frame)) = (step.page, step.frame) {
                    prop_assert_eq!(scene.frames[frame as usize].page, Some(page));
                    prop_assert_eq!(scene.frames[frame as usize].process.as_ref(), Some(&step.process));
                }
            }
        }
    }

    #[test]
    fn the_changes_of_each_step_lead_from_one_scene_to_the_next(script in script(), frames in 1u64..6) {
        let found = live("clock", frames, &script);
        for (position, step) in found.steps.iter().enumerate() {
            let mut drawn = found.at(position).frames;
            for changed in &step.frames_changed {
                drawn[changed.frame as usize] = changed.clone();
            }
            prop_assert_eq!(drawn, found.at(position + 1).frames);
        }
        prop_assert_eq!(found.at(usize::MAX), found.scene);
    }

    #[test]
    fn counts_and_sentences_agree_with_the_steps(script in script(), frames in 1u64..6) {
        for entry in POLICIES {
            counts_and_sentences_agree(entry.name, &live(entry.name, frames, &script));
        }
    }
}
