//! Problems: drawn under wishes, the same for the same question.

use proptest::prelude::*;
use ramscope_sim::exercise::paging::{Options, Paging};
use ramscope_sim::exercise::{
    CourseKey, Error, Student, Topic as _, Variant, classmates, find, find_class,
};
use ramscope_sim::paging::{Convention, References, Run, View, Want, run};

use super::{options, shared, wished};

fn runs(string: &str, policy: &str, frames: &[usize]) -> Vec<Run> {
    let pages = string.split(' ').map(|page| page.parse().unwrap());
    let references = References::reads(pages).unwrap();
    let one = |&frames: &usize| {
        run(policy, frames, &references, &Convention::default(), Want::Views).unwrap()
    };
    frames.iter().map(one).collect()
}

fn faults(string: &str, policy: &str, frames: usize) -> u64 {
    runs(string, policy, &[frames])[0].faults
}

/// Both strings were also made by a program of another language, from what the modules' heads say.
#[test]
fn a_problem_is_the_same_next_year() {
    let (_, problem) = shared(&wished(&["fifo!=lru!=opt"]), 1).unwrap();
    assert_eq!(problem.string(), "6 4 0 6 8 6 0 7 3 6 4 6 7 3 7 3");
    let paging = Paging::new(&wished(&[])).unwrap();
    let (student, key) = (Student::new("Ada").unwrap(), CourseKey::new(b"course").unwrap());
    let variant = Variant { seed: 1, student: Some(&student), key: Some(&key) };
    assert_eq!(find(&paging, &variant).unwrap().string(), "7 1 7 6 1 6 1 5 6 0 3 5 6 3 1 6");
}

#[test]
fn students_and_keys_and_seeds_change_the_problem() {
    let paging = Paging::new(&wished(&[])).unwrap();
    let string = |seed: u64, student: Option<&str>, key: Option<&str>| {
        let student = student.map(|name| Student::new(name).unwrap());
        let key = key.map(|key| CourseKey::new(key.as_bytes()).unwrap());
        let variant = Variant { seed, student: student.as_ref(), key: key.as_ref() };
        find(&paging, &variant).unwrap().string()
    };
    let mut strings = vec![
        string(1, None, None),
        string(2, None, None),
        string(1, Some("Ada"), None),
        string(1, Some("ada"), None),
        string(1, Some("Ada"), Some("k")),
        string(1, Some("Ada"), Some("l")),
        string(2, Some("Ada"), Some("k")),
    ];
    strings.sort();
    strings.dedup();
    assert_eq!(strings.len(), 7);
    assert_eq!(string(1, None, None), string(1, None, Some("k")));
}

#[test]
fn a_class_gets_what_each_of_its_students_gets_and_too_large_a_one_is_told_how_far_it_came() {
    let paging = Paging::new(&wished(&["fifo!=lru!=opt"])).unwrap();
    let students = classmates(["Ada", "Bob", "Carol", "Dan"]).unwrap();
    let variants: Vec<Variant<'_>> = students
        .iter()
        .map(|student| Variant { seed: 3, student: Some(student), key: None })
        .collect();
    let class = find_class(&paging, &variants, u64::MAX).unwrap();
    for (problem, variant) in class.iter().zip(&variants) {
        assert_eq!(problem.string(), find(&paging, variant).unwrap().string());
    }
    assert_eq!(class.len(), 4);
    let Err(refused) = find_class(&paging, &variants, 0) else { panic!("no work is too little") };
    assert_eq!(refused, Error::ClassTooLarge { students: 4, enough_for: 0 });
}

#[test]
fn each_wish_is_granted() {
    for seed in 0..5 {
        let string = |wishes: &[&str]| shared(&wished(wishes), seed).unwrap().1.string();
        let different = string(&["fifo!=lru!=opt"]);
        let [fifo, lru, opt] = ["fifo", "lru", "opt"].map(|policy| faults(&different, policy, 3));
        assert!(fifo != lru && lru != opt && fifo != opt, "{different}");
        let fewer = string(&["fifo<lru"]);
        assert!(faults(&fewer, "fifo", 3) < faults(&fewer, "lru", 3), "{fewer}");
        let belady = string(&["belady=fifo"]);
        assert!(faults(&belady, "fifo", 3) < faults(&belady, "fifo", 4), "{belady}");
        let nine = string(&["faults.lru=9", "faults=5..12"]);
        assert_eq!(faults(&nine, "lru", 3), 9, "{nine}");
        assert!((5..=12).contains(&faults(&nine, "fifo", 3)), "{nine}");
        assert_eq!(ties(&string(&["ties=1"])), 1);
        assert_eq!(ties(&string(&["ties=0"])), 0);
    }
}

/// A slow twin of the tie counter: evictions of OPT at which several pages in memory are never referenced again.
fn ties(string: &str) -> usize {
    let pages: Vec<u64> = string.split(' ').map(|page| page.parse().unwrap()).collect();
    let steps = runs(string, "opt", &[3])[0].steps.clone().unwrap();
    let tied = |index: &usize| {
        let before = &steps[index - 1].frames;
        let never = before.iter().flatten().filter(|&page| !pages[*index..].contains(page));
        let is_last = steps[*index].victim.is_some_and(|gone| !pages[*index..].contains(&gone));
        is_last && never.count() > 1
    };
    (1..steps.len()).filter(tied).count()
}

#[test]
fn equal_counts_are_ties_of_lfu() {
    let lfu = Options { wishes: vec!["ties=2"], ..options(&["lfu"], "3", (12, 5)) };
    let (_, problem) = shared(&lfu, 3).unwrap();
    let steps = runs(&problem.string(), "lfu", &[3])[0].steps.clone().unwrap();
    let tied = steps.windows(2).filter(|pair| {
        let Some(View::Values { rows, .. }) = &pair[0].view else { return false };
        let least = rows.iter().map(|row| row.value).min();
        pair[1].victim.is_some() && rows.iter().filter(|row| Some(row.value) == least).count() > 1
    });
    assert_eq!(tied.count(), 2, "{}", problem.string());
}

/// An exercise so large that few problems are drawn for it.
fn large<'a>(wishes: &[&'a str]) -> Options<'a> {
    Options { wishes: wishes.to_vec(), ..options(&["fifo", "lru", "opt"], "3..6", (100, 20)) }
}

#[test]
fn what_cannot_be_is_refused_with_the_next_act() {
    for (options, part) in [
        (wished(&["fifo!=clock"]), "is about clock, which the exercise does not have"),
        (wished(&["fifo!=lur"]), "there is no policy `lur`"),
        (wished(&["beldy"]), "`beldy` is no wish; did you mean `belady`?"),
        (wished(&["ties=x"]), "`ties=x` is no wish: write fifo!=lru"),
        (wished(&["faults=9..8"]), "is no wish"),
        (wished(&[""]), "is no wish"),
        (options(&["random"], "3", (16, 6)), "nobody can know what it draws"),
        (options(&["lru"], "6", (16, 6)), "6 pages in 6 frames: nothing is ever replaced"),
        (options(&["lru"], "3", (6, 6)), "6 references to 6 pages"),
        (
            options(&["lru"], "3", (101, 6)),
            "the references of an exercise cannot be 101: ask for 4 to 100",
        ),
        (options(&["lru"], "13", (30, 20)), "the frames of an exercise cannot be 13"),
        (
            options(&["lru", "opt", "fifo"], "1..5", (30, 20)),
            "the tables of an exercise cannot be 15",
        ),
        (
            large(&["belady=opt", "ties=0..99"]),
            "none of 480 problems drawn grants every wish; granted were `every table has a hit and an eviction` by",
        ),
        (
            Options { length: 51, pages: 50, ..large(&["ties=0"]) },
            "none of them has every page in it; ask for more references",
        ),
    ] {
        let error = shared(&options, 1).unwrap_err().to_string();
        assert!(error.contains(part), "{error:?} without {part:?}");
    }
}

proptest! {
    #[test]
    fn a_drawn_string_has_every_page_and_repeats_none_at_once(
        seed in any::<u64>(), pages in 4_u64..12, more in 4_u64..30
    ) {
        let options = options(&["lru"], "3", (pages + more, pages));
        let Ok((_, problem)) = shared(&options, seed) else { return Ok(()) };
        let mut distinct = problem.pages.clone();
        distinct.sort_unstable();
        distinct.dedup();
        prop_assert_eq!(distinct.len() as u64, pages);
        prop_assert_eq!(problem.pages.len() as u64, pages + more);
        prop_assert!(problem.pages.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn any_text_as_a_wish_is_read_or_refused(text in "[a-z!=<.0-9]{0,20}") {
        let read = Paging::new(&wished(&[&text]));
        let is_refusal =
            |error: &Error| matches!(error, Error::NotAWish { .. } | Error::Contradiction(_) | Error::Paging(_));
        prop_assert!(read.as_ref().err().is_none_or(is_refusal), "{:?}", read);
    }
}

#[test]
fn a_sheets_key_is_what_the_machines_do() {
    let sheet = super::sheet(Some("Ada"));
    assert_eq!(sheet.student.as_deref(), Some("Ada"));
    let string = &sheet.given[0].1;
    for (table, policy) in sheet.tables.iter().zip(["fifo", "lru", "opt"]) {
        let run = &runs(string, policy, &[3])[0];
        let marks: u64 = table.steps.iter().map(|step| u64::from(step.cells[3] == "F")).sum();
        assert_eq!(marks, run.faults, "{policy}");
        assert_eq!(table.name, format!("{policy}-3"));
        let steps = run.steps.as_ref().unwrap();
        for (laid_out, step) in table.steps.iter().zip(steps) {
            assert_eq!(laid_out.explain, step.explain);
            let held =
                step.frames.iter().map(|page| page.map_or("-".to_owned(), |p| p.to_string()));
            assert!(held.eq(laid_out.cells[..3].iter().cloned()), "{laid_out:?}");
        }
    }
    let variant = Variant { seed: 1, student: None, key: None };
    let paging = Paging::new(&wished(&["fifo!=lru!=opt"])).unwrap();
    let again = find(&paging, &variant).unwrap();
    assert_eq!(&paging.sheet(&again, None).unwrap().given[0].1, string);
}
