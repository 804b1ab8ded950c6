//! The TLB against published counts and times, and slow twins.
#![expect(clippy::unwrap_used, reason = "what fails in a shared function fails its test")]

#[path = "translate/folder.rs"]
mod folder;
#[path = "tlb/goldens.rs"]
mod goldens;
#[path = "tlb/twins.rs"]
mod twins;

use ramscope_sim::paging::Want;
use ramscope_sim::tlb::{
    Access, Convention, Geometry, Kind, Machine, Replacement, Setup, Switch, Timing, lackey, run,
    typed,
};

fn setup(entries: u32, ways: u32, replacement: Replacement) -> Setup {
    let first = Geometry { entries, ways, replacement };
    Setup { page_bytes: 4096, first, code: None, second: None, switch: Switch::Tagged, seed: 1 }
}

/// The sentences of typed accesses.
fn told(setup: Setup, text: &str) -> Vec<String> {
    let report = run(setup, &typed(text.as_bytes()).unwrap(), Want::Steps).unwrap();
    report.steps.unwrap().into_iter().map(|step| step.explain).collect()
}

#[test]
fn an_access_that_crosses_a_page_counts_at_most_one_miss() {
    let mut machine = Machine::new(setup(4, 4, Replacement::Lru)).unwrap();
    let crossing = Access { asid: 0, address: 4092, bytes: 8, kind: Kind::Read };
    assert!(!machine.access(crossing));
    assert_eq!((machine.first_level(Kind::Read), machine.walks()), ((1, 1), 2));
    assert!(machine.access(crossing));
    assert_eq!((machine.first_level(Kind::Read), machine.walks()), ((2, 1), 2));
}

#[test]
fn each_replacement_tells_what_it_compares() {
    for (replacement, expected) in [
        (
            Replacement::Lru,
            "LRU compares last uses: 0x1 at 3, 0x3 at 2. No way holds it: a miss; page 0x3 leaves way 1",
        ),
        (
            Replacement::Fifo,
            "FIFO compares when ways were filled: 0x1 at 1, 0x3 at 2. No way holds it: a miss; page 0x1 leaves way 0",
        ),
        (
            Replacement::Plru,
            "PLRU follows its tree 1. No way holds it: a miss; page 0x3 leaves way 1",
        ),
        (Replacement::Random, "RANDOM draws one of 2 ways."),
    ] {
        let found = told(setup(4, 2, replacement), "0x1000 0x3000 0x1abc 0x5000");
        assert_eq!(
            found[2],
            "Reference 3: 0x1abc of address space 0. First level: page 0x1 mod 2 sets is set 1. Way 0 holds it: a hit."
        );
        assert!(found[3].contains(expected), "{}", found[3]);
        assert!(found[3].ends_with("The page table is walked."), "{}", found[3]);
    }
}

#[test]
fn address_spaces_keep_apart_by_tag_or_flush() {
    let text = "1:0x1000 2:0x1000 1:0x1000 2:0x1000";
    let list = typed(text.as_bytes()).unwrap();
    let tagged = run(setup(4, 4, Replacement::Lru), &list, Want::Counts).unwrap();
    assert_eq!((tagged.misses, tagged.flushes), (2, 0));
    let flushing = Setup { switch: Switch::Flush, ..setup(4, 4, Replacement::Lru) };
    let flushed = run(flushing, &list, Want::Counts).unwrap();
    assert_eq!((flushed.misses, flushed.flushes), (4, 3));
    assert!(told(flushing, text)[1].contains("so the TLB was flushed"));
}

#[test]
fn a_tag_of_another_address_space_is_no_hit_and_the_sentence_says_so() {
    let found = told(setup(2, 2, Replacement::Lru), "1:0x1000 2:0x1000 2:0x2000");
    assert_eq!(
        found[1],
        "Reference 2: 0x1000 of address space 2. First level: its one set is searched for page 0x1. The set has page 0x1 \
         of address space 1, whose tag is another. No way holds it: a miss; it goes into way 1, which is empty. The \
         page table is walked."
    );
    assert!(
        found[2].contains("LRU compares last uses: 1:0x1 at 1, 0x1 at 2. No way holds it: a miss; page 1:0x1 leaves"),
        "{}",
        found[2]
    );
}

#[test]
fn plru_shows_its_tree_after_each_look_up() {
    let list = typed(b"0x1000 0x2000 0x3000").unwrap();
    let tree = |replacement| {
        let report = run(setup(4, 4, replacement), &list, Want::Steps).unwrap();
        let steps = report.steps.unwrap();
        steps.into_iter().map(|mut step| step.lookups.remove(0).tree).collect::<Vec<_>>()
    };
    let expected = ["110", "100", "001"].map(|tree| Some(tree.to_owned()));
    assert_eq!(tree(Replacement::Plru), expected);
    assert_eq!(tree(Replacement::Lru), [None, None, None]);
}

#[test]
fn lackey_lines_are_read_and_a_wrong_one_is_pointed_at() {
    let text = "==1== hello\nI  0401ab70,3\n S 1fff000d68,8\n L 10,4\n M 20,1\n";
    let access = |kind, address, bytes| Access { asid: 0, address, bytes, kind };
    assert_eq!(
        lackey(text.as_bytes()).unwrap(),
        [
            access(Kind::Fetch, 0x401_ab70, 3),
            access(Kind::Write, 0x1f_ff00_0d68, 8),
            access(Kind::Read, 0x10, 4),
            access(Kind::Write, 0x20, 1),
        ]
    );
    for (text, expected) in [
        (
            "I 10,4\nX 10,4",
            "line 2, column 1: `X` is not a line of lackey's: I, L, S or M, an address, a comma and a size",
        ),
        (" S xyz,4", "line 1, column 4: `xyz` is not a line"),
        (" S 10", "line 1, column 6: `end of line` is not a line"),
        (" S 10,-1", "line 1, column 7: `-1` is not a line"),
        (" S 10,4 5", "line 1, column 9: `5` is not a line"),
    ] {
        let found = lackey(text.as_bytes()).unwrap_err().to_string();
        assert!(found.starts_with(expected), "{found}");
    }
}

#[test]
fn typed_addresses_are_read_and_a_wrong_one_is_pointed_at() {
    let access = |asid, address, kind| Access { asid, address, bytes: 1, kind };
    assert_eq!(
        typed(b"4096 w, 0x2000\n3:0x10 x").unwrap(),
        [access(0, 4096, Kind::Write), access(0, 0x2000, Kind::Read), access(3, 16, Kind::Fetch)]
    );
    for (text, expected) in [
        ("1 2 q", "line 1, column 5: `q` is not a number; here stands address"),
        ("a:5", "line 1, column 1: `a` is not a number; here stands address space"),
        ("1:x", "line 1, column 3: `x` is not a number; here stands address"),
        ("w 5", "line 1, column 1: `w` follows no address: write it first"),
        ("5 w w", "line 1, column 5: `w` follows no address: write it first"),
    ] {
        assert_eq!(typed(text.as_bytes()).unwrap_err().to_string(), expected);
    }
}

#[test]
fn geometries_that_do_not_exist_are_refused() {
    let refused = |entries, ways, replacement| {
        Machine::new(setup(entries, ways, replacement)).unwrap_err().to_string()
    };
    assert_eq!(
        refused(0, 1, Replacement::Lru),
        "0 entries cannot be simulated: ask for 1 to 65536"
    );
    assert_eq!(
        refused(64, 5, Replacement::Lru),
        "64 entries do not make sets of 5 ways: the ways must divide the entries"
    );
    assert_eq!(
        refused(6, 3, Replacement::Plru),
        "plru needs a tree, so its ways are a power of two up to 64, not 3: change them or take lru"
    );
    let page_bytes = 0;
    let no_page = Setup { page_bytes, ..setup(4, 4, Replacement::Lru) };
    assert!(Machine::new(no_page).unwrap_err().to_string().starts_with("pages of 0 bytes"));
    assert_eq!(
        Replacement::parse("pllru").unwrap_err().to_string(),
        "there is no replacement `pllru` of a TLB: take lru, fifo, random or plru; did you mean `plru`?"
    );
    let empty = run(setup(4, 4, Replacement::Lru), &[], Want::Counts).unwrap_err();
    assert_eq!(empty.to_string(), "there is no access: give at least one address");
}

fn timing(convention: Convention, tlb: f64, memory: f64, hit_ratio: f64) -> Timing {
    Timing { convention, tlb, memory, hit_ratio, levels: 1, second: None, fault: None }
}

#[test]
fn effective_access_times_of_the_textbooks() {
    use Convention::{LookupCounted as Counted, LookupNotCounted as NotCounted};
    for (convention, tlb, memory, hit_ratio, expected) in [
        (Counted, 5.0, 100.0, 0.8, 125.0),
        (NotCounted, 5.0, 100.0, 0.8, 120.0),
        (Counted, 20.0, 100.0, 0.8, 140.0),
        (Counted, 20.0, 100.0, 0.98, 122.0),
        (NotCounted, 0.0, 10.0, 0.8, 12.0),
        (NotCounted, 0.0, 10.0, 0.99, 10.1),
    ] {
        let found = timing(convention, tlb, memory, hit_ratio).effective().unwrap();
        assert!((found.time - expected).abs() < 1e-9, "{found:?}");
    }
    let demand =
        Timing { fault: Some((0.001, 8_000_000.0)), ..timing(NotCounted, 0.0, 200.0, 1.0) };
    assert!((demand.effective().unwrap().time - 8199.8).abs() < 1e-6);
}

#[test]
fn the_convention_of_an_access_time_is_named_with_its_formula() {
    let found = timing(Convention::LookupCounted, 5.0, 100.0, 0.8).effective().unwrap();
    assert_eq!(
        found.explain,
        "With the look-up counted: h (t + m) + (1 - h) (t + (L + 1) m) = 0.8 × 105 + (1 - 0.8) × 205 = 125."
    );
    let two = Timing {
        second: Some((10.0, 0.5)),
        levels: 4,
        ..timing(Convention::LookupCounted, 1.0, 100.0, 0.9)
    };
    let expected = 0.9 * 101.0 + 0.1 * (0.5 * 111.0 + 0.5 * 511.0);
    assert!((two.effective().unwrap().time - expected).abs() < 1e-9);
    let wrong = timing(Convention::LookupCounted, 5.0, f64::NAN, 0.8).effective().unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "the time of an access to memory cannot be NaN: it is a time of 0 or more"
    );
    let wrong = timing(Convention::LookupCounted, 5.0, 1.0, 1.5).effective().unwrap_err();
    assert_eq!(wrong.to_string(), "the hit ratio cannot be 1.5: it is a ratio from 0 to 1");
}
