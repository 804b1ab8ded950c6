//! Workloads and settings, right and wrong.

use ramscope_sim::demand::{
    Allocation, Error, Locality, Problem, Window, Workload, count, set, simulate,
};
use ramscope_sim::paging::Convention;

use super::{parse, problem, with};

const LOCALITY: Locality = Locality {
    processes: 2,
    references: 6,
    pages: 8,
    set_pages: 3,
    phase_references: 3,
    write_percent: 50,
    seed: 7,
};

fn strings(workload: &Workload) -> Vec<String> {
    let string = |process: &ramscope_sim::demand::Process| {
        let references = &process.references;
        let one =
            |(page, write)| format!("{}{}", references.name(page), if write { "w" } else { "" });
        let all: Vec<String> = references.iter().map(one).collect();
        format!("{}: {}", process.name, all.join(" "))
    };
    workload.processes().iter().map(string).collect()
}

#[test]
fn strings_a_line_and_references_a_line_may_be_mixed() {
    let workload = parse("p1: 1 2w,3\n2 17 # p2\n2 18w\np1:4\nweb: 5W");
    assert_eq!(strings(&workload), ["p1: 1 2w 3 4", "p2: 17 18w", "web: 5w"]);
}

#[test]
fn the_same_seed_gives_the_same_strings_within_their_localities() {
    let workload = Workload::generate(&LOCALITY).unwrap();
    assert_eq!(strings(&workload), strings(&Workload::generate(&LOCALITY).unwrap()));
    assert_eq!(strings(&workload), ["p1: 4 6 5w 6 5 5", "p2: 1 1 7 1 1w 2"]);
}

#[test]
fn wrong_workloads_are_pointed_at() {
    let refused = |text: &str| Workload::parse(text.as_bytes()).unwrap_err().to_string();
    for (text, expected) in [
        (
            "p1: 1 x",
            "line 1, column 7: `x` is not a number; here stands number of a page, with `w` behind it where it is written",
        ),
        (
            "p1: -1",
            "line 1, column 5: `-1` is no number of a page, with `w` behind it where it is written: it is a whole number from 0 to 9007199254740991",
        ),
        (
            "p1:",
            "line 1, column 1: process `p1` has no reference: write its pages behind the colon",
        ),
        ("1", "line 1, column 2: the line ends where the number of a page belongs"),
        ("1 2 3", "line 1, column 5: `3` is one word too many"),
        ("p1 3", "line 1, column 1: `p1` is not a number; here stands number of a process"),
        (
            ": 3",
            "line 1, column 1: `` is no name of a process: write up to 24 letters, digits, `-`, `_` or `.` before the colon",
        ),
        (
            "# nothing",
            "the workload is empty: write `p1: 1 2 3w`, a line a process, or `1 2`, process and page, a line",
        ),
    ] {
        assert_eq!(refused(text), expected, "{text}");
    }
    let many: String = (0..65).map(|number| format!("{number} 1\n")).collect();
    assert_eq!(refused(&many), "line 65, column 1: more than 64 processes: take fewer");
    let wide = Locality { set_pages: 9, ..LOCALITY };
    assert_eq!(
        Workload::generate(&wide).unwrap_err().to_string(),
        "`set_pages` cannot be 9: it takes a whole number from 1 to 8"
    );
    let long = Locality { references: 10_000_000, ..LOCALITY };
    assert_eq!(Workload::generate(&long).unwrap_err(), Error::TooLong);
}

#[test]
fn allocations_are_found_by_name_and_exclude_what_they_cannot_be() {
    let named = |allocation, replacement| {
        Allocation::named(allocation, replacement).map_err(|error| error.to_string())
    };
    assert_eq!(named(None, None), Ok(Allocation::Global));
    assert_eq!(named(None, Some("local")), Ok(Allocation::Equal));
    assert_eq!(named(Some("pff"), Some("local")), Ok(Allocation::Pff));
    assert_eq!(
        named(Some("equal"), Some("global")).unwrap_err(),
        "allocation equal and global replacement exclude each other: replacing another's page would change its fixed \
         share, so replace locally or divide nothing"
    );
    assert_eq!(
        named(Some("proportionl"), None).unwrap_err(),
        "there is no allocation `proportionl`; did you mean `proportional`?: take global, equal, proportional, \
         working-set or pff"
    );
    assert!(named(None, Some("lokal")).unwrap_err().contains("did you mean `local`?"));
}

#[test]
fn what_does_not_go_together_is_refused_with_what_does() {
    let text = "p1: 1 2 3\np2: 1 2w 1";
    let refused = |problem: &Problem| count(problem).unwrap_err().to_string();
    let of = |policy: &str, allocation, frames| problem(policy, allocation, frames, parse(text));
    assert_eq!(
        refused(&of("arc", Allocation::Global, 3)),
        "ARC cannot replace globally, since it keeps what it knows of a page whose process has ended: take one of fifo, \
         lru, mru, random, nru, second-chance, clock, enhanced-clock, lfu, mfu, aging, working-set, pff, sieve, or \
         replace locally with the allocation equal or proportional"
    );
    assert!(refused(&of("lur", Allocation::Global, 3)).contains("there is no policy `lur`"));
    assert!(refused(&of("lru", Allocation::Equal, 1)).contains("load.limit=1"));
    assert!(refused(&of("lru", Allocation::Global, 0)).contains("ask for 1 to 16384"));
    let ahead = with(of("opt", Allocation::Equal, 4), &["disk.readahead=1"]);
    assert!(refused(&ahead).contains("`disk.readahead` changes that"));
    let fixed = with(of("lru", Allocation::Equal, 4), &["load.control=working-set"]);
    assert!(refused(&fixed).contains("under the fixed allocation equal"));
    let late = Window { before: 1_000_000, steps: 5 };
    let late = simulate(&of("lru", Allocation::Global, 3), late).unwrap_err().to_string();
    assert!(late.contains("leave out at most 250000"), "{late}");
    let error = set(&mut Convention::default(), "cpu.quantm=3").unwrap_err().to_string();
    assert_eq!(error, "no policy has a parameter `cpu.quantm`; did you mean `cpu.quantum`?");
}

#[test]
fn a_swap_area_that_is_full_is_said_with_the_page_that_finds_no_slot() {
    let text = "p1: 1w 2w 3w 4";
    let small = with(problem("fifo", Allocation::Global, 1, parse(text)), &["disk.swap_slots=2"]);
    assert_eq!(
        count(&small).unwrap_err().to_string(),
        "the 2 slots of the swap area are taken when page 3 of p1 has to leave, after 3 references: raise \
         disk.swap_slots, or set it to 0 for as many as are needed"
    );
    assert_eq!(count(&with(small, &["disk.swap_slots=3"])).unwrap().0.swap_slots_used, 3);
}
