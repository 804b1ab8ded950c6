//! Checking tables: every single wrong cell is found, cells that are not filled in are passed over, and a rule never
//! gives its cell away.
#![expect(clippy::unwrap_used, reason = "what fails in a shared function fails its test")]

use proptest::prelude::*;
use ramscope_sim::check::{self, Answer, Explanation, Row, Wrong};
use ramscope_sim::paging::{Convention, References, Want, run};

/// The table of a policy over a string, with one cell, of a reference from 0 and a row, written otherwise; the row
/// after the frames holds the marks.
fn table(policy: &str, pages: &[u64], other: Option<(usize, usize, &str)>) -> String {
    let references = References::reads(pages.iter().copied()).unwrap();
    let run = run(policy, 3, &references, &Convention::default(), Want::Steps).unwrap();
    let steps = run.steps.unwrap();
    let row = |row: usize| -> String {
        let cell = |(index, step): (usize, &ramscope_sim::paging::Step)| match other {
            Some((at, of, text)) if (at, of) == (index, row) => text.to_owned(),
            _ if row == 3 => if step.hit { "H" } else { "F" }.to_owned(),
            _ => step.frames[row].map_or("-".to_owned(), |page| page.to_string()),
        };
        steps.iter().enumerate().map(cell).collect::<Vec<_>>().join(" ")
    };
    let string: Vec<String> = pages.iter().map(u64::to_string).collect();
    format!(
        "policy: {policy}\nreference {}\nframe 0 {}\nframe 1 {}\nframe 2 {}\nH/F {}\n",
        string.join(" "),
        row(0),
        row(1),
        row(2),
        row(3)
    )
}

fn read(text: &str) -> Vec<Answer> {
    check::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}:\n{text}"))
}

fn first_wrong(text: &str) -> Option<Wrong> {
    check::first_wrong(&read(text)[0]).unwrap()
}

proptest! {
    #[test]
    fn a_wrong_cell_is_found_wherever_it_stands(
        pages in prop::collection::vec(0_u64..6, 1..20),
        policy in prop::sample::select(vec!["fifo", "lru", "opt", "clock", "sieve"]),
        at in any::<prop::sample::Index>(), row in 0_usize..3,
    ) {
        prop_assert!(first_wrong(&table(policy, &pages, None)).is_none());
        let at = at.index(pages.len());
        let wrong = first_wrong(&table(policy, &pages, Some((at, row, "99")))).unwrap();
        prop_assert_eq!((wrong.row, wrong.step.index), (Row::Frame(row), at as u64 + 1));
        prop_assert_eq!(wrong.said, "page 99");
        prop_assert!(!wrong.rule.contains(|symbol: char| symbol.is_ascii_digit()), "{}", wrong.rule);
        prop_assert!(first_wrong(&table(policy, &pages, Some((at, row, "__")))).is_none());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = check::read(&bytes);
    }

    #[test]
    fn no_words_make_it_panic(text in "(policy: lru|refs|frame|H/F|[0-9_?-]{1,2}|[ ,|\t\n]){0,40}") {
        for answer in check::read(text.as_bytes()).unwrap_or_default() {
            check::first_wrong(&answer).unwrap();
        }
    }
}

#[test]
fn the_rule_fits_what_happens_at_the_cell() {
    let pages = [7, 0, 1, 2, 0];
    for (at, row, text, part) in [
        (1, 1, "5", "While a frame is free"),
        (3, 0, "7", "Least recently used"),
        (4, 0, "7", "A hit moves no page"),
        (4, 3, "F", "A reference is a hit (H)"),
    ] {
        let wrong = first_wrong(&table("lru", &pages, Some((at, row, text)))).unwrap();
        assert!(wrong.rule.contains(part), "{}", wrong.rule);
    }
}

#[test]
fn a_text_may_hold_several_tables_and_their_places_are_its_own() {
    let pages = [7, 0, 1, 2, 0];
    let second = table("lru", &pages, Some((3, 0, "9"))).replace("reference 7 0 1 2 0\n", "\n");
    let text = table("fifo", &pages, None) + &second;
    let answers = read(&text);
    assert_eq!(answers.len(), 2);
    assert!(check::first_wrong(&answers[0]).unwrap().is_none());
    let wrong = check::first_wrong(&answers[1]).unwrap().unwrap();
    assert_eq!((wrong.line, wrong.column), (9, 15));
    assert_eq!(wrong.place(), "reference 4 (page 2), frame 0");
    let broken = text.replace("9 2", "x 2").replace(" 9", " x");
    let error = check::read(broken.as_bytes()).unwrap_err();
    assert_eq!((error.line, error.column), (Some(9), Some(15)), "{error}");
}

#[test]
fn another_policy_or_order_explains_a_table() {
    let pages = [7, 0, 1, 2, 0, 3, 0, 4, 2, 3];
    let explained = |text: &str| check::explanation(&read(text)[0]).unwrap();
    let lru = table("lru", &pages, None);
    let other = explained(&lru.replace("policy: lru", "policy: fifo"));
    assert!(matches!(other, Some(Explanation::Policy(policy)) if policy.name == "lru"));
    let turned =
        lru.replace("frame 0", "x").replace("frame 2", "frame 0").replace("x ", "frame 2 ");
    let mut lines: Vec<&str> = turned.lines().collect();
    lines.swap(2, 4);
    assert!(matches!(explained(&lines.join("\n")), Some(Explanation::Order(_))));
    assert!(explained(&table("lru", &pages, Some((2, 2, "8")))).is_none());
}
