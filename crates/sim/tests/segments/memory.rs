//! Life in memory: the documented answers, the preset, the sentences, and what is refused and where.

use ramscope_sim::segments::memory::{
    Fit, Hole, Outcome, Problem, Script, Simulation, State, choose, simulate,
};

/// A script in a memory of so many bytes.
pub(crate) fn live(memory_bytes: u64, fit: Fit, script: &str) -> Simulation {
    let script = Script::parse(script.as_bytes()).unwrap();
    simulate(&Problem { memory_bytes, swap_bytes: None, fit, script }).unwrap()
}

#[test]
fn five_sizes_in_1024_bytes_have_the_documented_bases() {
    let script = Script::sizes(b"100,200,150,300,50").unwrap();
    let problem = Problem { memory_bytes: 1024, swap_bytes: None, fit: Fit::First, script };
    let found = serde_json::to_value(simulate(&problem).unwrap()).unwrap();
    for (at, (base, limit)) in
        [(0, 100), (100, 200), (300, 150), (450, 300), (750, 50)].into_iter().enumerate()
    {
        assert_eq!(
            found["placements"][at],
            serde_json::json!({
                "segment": at, "process": format!("s{at}"), "kind": "data", "base": base, "limit": limit,
                "refused": false, "state": "memory"
            })
        );
    }
    assert_eq!(found["free_bytes"], 224);
    assert_eq!(found["steps"].as_array().unwrap().len(), 5);
    assert_eq!(
        found["steps"][1]["map"]["holes"],
        serde_json::json!([{"base": 300, "size_bytes": 724}])
    );
    assert_eq!(
        found["steps"][4]["explain"],
        "s4 arrives with data 50: 50 bytes in all. For the data, 50 bytes, first fit takes the hole of 274 bytes at 750: \
         bytes 750 to 799, and 224 bytes are left."
    );
}

#[test]
fn a_size_that_finds_no_hole_is_refused_and_the_next_may_still_fit() {
    let script = Script::sizes(b"1k 600 300 424\n").unwrap();
    let found =
        simulate(&Problem { memory_bytes: 2048, swap_bytes: None, fit: Fit::First, script });
    let found = found.unwrap();
    let bases: Vec<_> = found.placements.iter().map(|at| (at.base, at.refused)).collect();
    assert_eq!(bases, [(Some(0), false), (Some(1024), false), (Some(1624), false), (None, true)]);
    assert_eq!((found.scene.free_bytes, found.counts.arrivals_refused), (124, 1));
}

#[test]
fn holes_are_chosen_as_the_textbook_chooses() {
    let sizes = [100u64, 500, 200, 300, 600];
    for (fit, expected) in [
        (Fit::First, [Some(500), Some(600), Some(288), None]),
        (Fit::Next, [Some(500), Some(600), Some(183), None]),
        (Fit::Best, [Some(300), Some(500), Some(200), Some(600)]),
        (Fit::Worst, [Some(600), Some(500), Some(388), None]),
    ] {
        let mut holes: Vec<Hole> =
            (0..).zip(sizes).map(|(at, size_bytes)| Hole { base: at * 1000, size_bytes }).collect();
        let mut from = 0;
        let mut take = |size: u64| {
            let hole = choose(&holes, size, fit, from).chosen?;
            let at = holes.iter().position(|other| *other == hole)?;
            holes[at] = Hole { base: hole.base + size, size_bytes: hole.size_bytes - size };
            from = hole.base + size;
            Some(hole.size_bytes)
        };
        assert_eq!([212, 417, 112, 426].map(&mut take), expected, "{fit}");
    }
}

#[test]
fn holes_alike_are_taken_from_the_lowest_address() {
    let holes = [0, 100, 200].map(|base| Hole { base, size_bytes: 50 });
    for (fit, from, base) in
        [(Fit::First, 0, 0), (Fit::Best, 0, 0), (Fit::Worst, 0, 0), (Fit::Next, 150, 200)]
    {
        assert_eq!(choose(&holes, 50, fit, from).chosen.map(|hole| hole.base), Some(base), "{fit}");
    }
}

#[test]
fn the_preset_shows_arrival_growth_a_refusal_a_swap_a_compaction_and_an_end() {
    let found = simulate(&Problem::preset().unwrap()).unwrap();
    let rows: Vec<String> =
        found.steps.iter().map(|step| format!("{}: {:?}", step.event, step.outcome)).collect();
    assert_eq!(
        rows,
        [
            "arrive p1 code=100 data=80 heap=60 stack=40: Done",
            "arrive p2 code=190 data=80 heap=30 stack=50: Done",
            "grow p1 heap 60: Done",
            "access p1 heap 90 write: Done",
            "arrive p3 code=120 data=60 stack=40: Done",
            "access p2 code 10 write: Trap",
            "arrive p4 code=180 data=90: Refused",
            "swap-out p2: Done",
            "arrive p4 code=180 data=90: Done",
            "end p1: Done",
            "grow p4 data 30: Done",
            "swap-in p2: Refused",
            "compact: Done",
            "swap-in p2: Done",
            "access p2 stack -50 write: Done",
            "end p3: Done",
        ]
    );
    let counts = found.counts;
    assert_eq!(
        (counts.arrivals, counts.arrivals_refused, counts.swap_outs, counts.swap_ins),
        (5, 1, 1, 1)
    );
    assert!(counts.grown_by_move > 0 && counts.grown_in_place > 0, "{counts:?}");
    assert!(found.steps[11].explain.contains("Compaction would make room."));
}

#[test]
fn a_heap_grows_up_and_a_stack_down_where_they_are_and_else_they_move() {
    let found = live(
        400,
        Fit::First,
        "arrive a data=50\narrive b heap=60\narrive c stack=40\nend a\narrive d data=20\ngrow c stack 30\ngrow b heap 40\n\
         grow c stack 40",
    );
    let said: Vec<&str> = found.steps.iter().skip(3).map(|step| step.explain.as_str()).collect();
    assert_eq!(
        said,
        [
            "a ends. Its 50 bytes are free again; with what is free beside them they make the hole 50 bytes at 0.",
            "d arrives with data 20: 20 bytes in all. For the data, 20 bytes, first fit takes the hole of 50 bytes at 0: \
             bytes 0 to 19, and 30 bytes are left.",
            "The stack of c, bytes 110 to 149, is to grow down by 30: nothing is free right below it. For the stack, 70 bytes, \
             first fit looks at 30 bytes at 20, 250 bytes at 150: the first that is large enough is 250 bytes at 150. It \
             takes bytes 150 to 219, and 180 bytes are left. Its 40 bytes are moved from 110 to 150.",
            "The heap of b, bytes 50 to 109, is to grow up by 40: 40 bytes are free right above it. It grows where it is: the \
             heap has bytes 50 to 149 now, and nothing moves.",
            "The stack of c, bytes 150 to 219, is to grow down by 40: nothing is free right below it. For the stack, 110 bytes, \
             first fit looks at 30 bytes at 20, 180 bytes at 220: the first that is large enough is 180 bytes at 220. It \
             takes bytes 220 to 329, and 70 bytes are left. Its 70 bytes are moved from 150 to 220.",
        ]
    );
    assert_eq!(found.counts.moved_bytes, 110);
    let stack = live(
        100,
        Fit::First,
        "arrive a data=30\narrive b stack=30\nend a\ngrow b stack 20\naccess b stack -50",
    );
    assert_eq!(stack.scene.segments[0].base, 10);
    assert_eq!(stack.counts.grown_in_place, 1);
    assert_eq!(stack.steps[4].translation.as_ref().unwrap().physical, Some(10));
}

#[test]
fn compaction_slides_all_down_in_order_and_counts_the_bytes() {
    let found = live(
        100,
        Fit::First,
        "arrive a data=10\narrive b data=20\narrive c data=30\nend b\nend a\ncompact\ncompact",
    );
    assert_eq!(
        found.steps[5].explain,
        "Compaction slides 1 segment down, 30 bytes in all: c's data from 30 to 0. All that is free is one hole: 70 bytes \
         at 30."
    );
    assert_eq!(
        found.steps[6].explain,
        "Compaction has nothing to move: there is no hole below a segment. All that is free is one hole: 70 bytes at 30."
    );
    assert_eq!(found.steps[5].moved_bytes, 30);
}

#[test]
fn what_cannot_be_done_now_is_said_and_changes_nothing() {
    let found = live(
        100,
        Fit::First,
        "arrive a data=60\narrive b data=60\ngrow b data 5\nend b\nswap-in a\nswap-out a\nswap-out a\ngrow a data 5\naccess a data 3\n\
         arrive b data=60\nswap-in a\nend a",
    );
    let row = |at: usize| (found.steps[at].outcome, found.steps[at].explain.as_str());
    let (nothing, refused) = (Outcome::Nothing, Outcome::Refused);
    assert_eq!(row(2), (nothing, "b was refused when it arrived: nothing happens."));
    assert_eq!(row(4), (nothing, "a is in memory already: nothing happens."));
    assert_eq!(row(6), (nothing, "a is in the swap area already: nothing happens."));
    assert_eq!(row(7), (nothing, "a is in the swap area: it must come back before it grows."));
    assert_eq!(row(8).0, Outcome::Trap);
    assert!(row(8).1.contains("is not present. Trap:"), "{}", row(8).1);
    assert_eq!(
        row(10),
        (
            refused,
            "a is to come back from the swap area with 60 bytes. For the data, 60 bytes, first fit looks at 40 bytes at 60: \
             none is large enough. a stays in the swap area: 60 bytes wanted, 40 free in all, the largest hole 40. \
             Compaction would not make room."
        )
    );
    assert_eq!(row(11).1, "a ends. Its 60 bytes of swap are free again.");
    let partly = live(100, Fit::First, "arrive a code=60 data=60");
    assert!(
        partly.steps[0]
            .explain
            .contains("What was placed of it before is free again. a is refused")
    );
    let states: Vec<_> = found.placements.iter().map(|placement| placement.state).collect();
    assert_eq!(states, [State::Ended, State::Refused, State::Memory]);
}

#[test]
fn a_full_swap_area_takes_no_more() {
    let script =
        Script::parse(b"arrive a data=60\narrive b data=30\nswap-out b\nswap-out a").unwrap();
    let problem = Problem { memory_bytes: 100, swap_bytes: Some(64), fit: Fit::Best, script };
    let found = simulate(&problem).unwrap();
    assert_eq!(
        found.steps[3].explain,
        "a does not go to the swap area: it has 60 bytes, and 34 of the area's 64 are free."
    );
    assert_eq!(found.steps[3].outcome, Outcome::Refused);
}

#[test]
fn wrong_scripts_are_pointed_at() {
    for (script, expected) in [
        (
            "arive p1 code=10",
            "line 1, column 1: `arive` is no event: write arrive, grow, access, swap-out, swap-in, end or compact; did you \
             mean `arrive`?",
        ),
        (
            "arrive p1 heep=10",
            "line 1, column 11: `heep` is no segment: write code, data, heap or stack; did you mean `heap`?",
        ),
        (
            "arrive p1 10",
            "line 1, column 11: `10` is no segment: write what it holds and its size, as in `code=100`",
        ),
        (
            "arrive p1",
            "line 1, column 10: the line ends where a segment with its size, as in `code=100` belongs",
        ),
        (
            "arrive p1 heap=0",
            "line 1, column 16: `0` is no size in bytes: it is a whole number from 1 to 4503599627370496",
        ),
        (
            "arrive p1 heap=-4",
            "line 1, column 16: `-4` is no size in bytes: it is a whole number from 1 to 4503599627370496",
        ),
        (
            "arrive p1 heap=4 heap=5",
            "line 1, column 18: the process has its heap already: give it once",
        ),
        ("arrive p1 heap=2k", "line 1, column 11: heap of 2048 bytes never fits 1024 of memory"),
        (
            "arrive web heap=4\ngrow wbe heap 3",
            "line 2, column 6: no process `wbe` is there: it must arrive first; did you mean `web`?",
        ),
        (
            "arrive p1 heap=4\narrive p1 heap=3",
            "line 2, column 8: process `p1` has arrived already: end it first, or take another name",
        ),
        (
            "arrive p1 heap=4\nend p1\nend p1",
            "line 3, column 5: no process `p1` is there: it must arrive first",
        ),
        (
            "arrive p1 heap=4 code=3\ngrow p1 stack 3",
            "line 2, column 9: p1 has no stack: it arrived with heap, code",
        ),
        (
            "arrive p1 heap=4\naccess p1 data 3",
            "line 2, column 11: p1 has no data: it arrived with heap",
        ),
        ("grow p1 code 3", "line 1, column 9: code does not grow: write data, heap or stack"),
        (
            "access p1 stack 3",
            "line 1, column 17: `3` is no offset in the stack: a stack's offsets count down from its top, as in -8",
        ),
        (
            "access p1 heap -3",
            "line 1, column 16: `-3` is no offset in the heap: only the stack's offsets are negative",
        ),
        (
            "access p1 heap 3 wriet",
            "line 1, column 18: `wriet` is no access: write read, write or fetch; did you mean `write`?",
        ),
        ("compact now", "line 1, column 9: `now` is one word too many"),
        (
            "",
            "the script is empty: begin with `arrive p1 code=100 heap=50`, then `grow p1 heap 20`",
        ),
    ] {
        let found = Script::parse(script.as_bytes()).and_then(|script| {
            simulate(&Problem { memory_bytes: 1024, swap_bytes: None, fit: Fit::First, script })
        });
        assert_eq!(found.unwrap_err().to_string(), expected, "{script}");
    }
    let sizes = Script::sizes(b"100,,2k").unwrap();
    let problem = Problem { memory_bytes: 1024, swap_bytes: None, fit: Fit::First, script: sizes };
    assert_eq!(
        simulate(&problem).unwrap_err().to_string(),
        "line 1, column 6: data of 2048 bytes never fits 1024 of memory"
    );
    let unknown = Fit::parse("frist").unwrap_err().to_string();
    assert_eq!(
        unknown,
        "there is no fit `frist`: take first, next, best or worst; did you mean `first`?"
    );
    let none = Problem { memory_bytes: 0, ..problem };
    assert!(simulate(&none).unwrap_err().to_string().starts_with("0 bytes of memory cannot be"));
}

#[test]
fn scripts_and_maps_are_bounded() {
    let long: Vec<String> = (0..2001).map(|at| format!("arrive p{at} data=1")).collect();
    let refused = Script::parse(long.join("\n").as_bytes()).unwrap_err().to_string();
    assert_eq!(refused, "the script has more than 2000 events: split it");
    let script = Script::parse(long[..2000].join("\n").as_bytes()).unwrap();
    let problem = Problem { memory_bytes: 1 << 20, swap_bytes: None, fit: Fit::First, script };
    let refused = simulate(&problem).unwrap_err().to_string();
    assert!(refused.starts_with("the maps of all steps have more than 200000"), "{refused}");
}

#[test]
fn steps_go_both_ways_and_past_both_ends() {
    let found = simulate(&Problem::preset().unwrap()).unwrap();
    assert_eq!(found.at(0).free_bytes, 1024);
    assert!(found.at(0).segments.is_empty());
    for (position, step) in (1..).zip(&found.steps) {
        assert_eq!(found.at(position), step.map);
    }
    assert_eq!(found.at(usize::MAX), found.scene);
}
