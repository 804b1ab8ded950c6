//! Exercises about contiguous memory: their keys against plain arithmetic, their wishes, and every format.

use ramscope_sim::alloc::question::policies_named;
use ramscope_sim::alloc::{Convention, Partitions};
use ramscope_sim::exercise::export::{Format, export};
use ramscope_sim::exercise::memory::alloc::{self, Alloc};
use ramscope_sim::exercise::memory::holes::{self, Holes};
use ramscope_sim::exercise::memory::translation::{self, Relocation, Segments};
use ramscope_sim::exercise::{Error, Reveal, Sheet, Show, Student, Topic, Variant, find};

fn holes<'a>(fits: &[&'a str], partitions: Partitions, wishes: &[&'a str]) -> holes::Options<'a> {
    let (fits, wishes) = (fits.to_vec(), wishes.to_vec());
    holes::Options { fits, holes: 5, requests: 4, partitions, wishes }
}

fn lists<'a>(policies: &[&str], wishes: &[&'a str]) -> alloc::Options<'a> {
    alloc::Options {
        policies: policies_named(policies.iter().copied()).unwrap(),
        capacity: alloc::USUAL_CAPACITY,
        length: alloc::USUAL_LENGTH,
        convention: Convention::default(),
        wishes: wishes.to_vec(),
    }
}

fn addresses<'a>(wishes: &[&'a str]) -> translation::Options<'a> {
    translation::Options { segments: 4, addresses: 8, wishes: wishes.to_vec() }
}

/// The problem of a number that all share, and its sheet.
fn made<T: Topic>(topic: &T, seed: u64) -> (T::Problem, Sheet) {
    let problem = find(topic, &Variant { seed, student: None, key: None }).unwrap();
    let sheet = topic.sheet(&problem, None).unwrap();
    (problem, sheet)
}

/// The column of a table's cells.
fn cells(sheet: &Sheet, table: usize, row: usize) -> Vec<&str> {
    sheet.tables[table].steps.iter().map(|step| step.cells[row].as_str()).collect()
}

#[test]
fn a_problem_is_the_same_next_year() {
    let topic = Holes::new(&holes(&["first", "best", "worst"], Partitions::Split, &[])).unwrap();
    let (problem, _) = made(&topic, 1);
    assert_eq!(problem.holes, [60, 180, 250, 430, 520]);
    assert_eq!(problem.requests, [129, 365, 443, 213]);
    let (problem, _) = made(&Alloc::new(&lists(&["first", "best", "worst"], &[])).unwrap(), 1);
    assert_eq!(problem.ops, "+30,+50,+30,-1,+10,-0,+40,+50,+20,-2,-6,+40");
    let (problem, _) = made(&Segments::new(&addresses(&[])).unwrap(), 1);
    assert_eq!(problem.table(), "0:1680/914,1:2607/521,2:304/330,3:855/661");
    assert_eq!(problem.translate(), "3:181,0:938,2:102,1:587,3:95,3:252,2:144,0:523");
    let (problem, _) = made(&Relocation::new(&addresses(&[])).unwrap(), 1);
    assert_eq!(problem.table(), "177/117");
    assert_eq!(problem.translate(), "78,98,21,97,17,125,138,114");
}

/// Where a fit puts the requests, by looking at all holes each time.
fn placed(fit: &str, holes: &[u64], requests: &[u64], partitions: Partitions) -> Vec<String> {
    let mut free = holes.to_vec();
    let place = |&request: &u64| {
        let fitting = (0..free.len()).filter(|&hole| free[hole] >= request);
        let taken = match fit {
            "first" => fitting.min(),
            "best" => fitting.min_by_key(|&hole| (free[hole], hole)),
            _ => fitting.min_by_key(|&hole| (u64::MAX - free[hole], hole)),
        };
        let Some(hole) = taken else { return "-".to_owned() };
        let size = free[hole];
        free[hole] = if partitions == Partitions::Fixed { 0 } else { size - request };
        size.to_string()
    };
    requests.iter().map(place).collect()
}

#[test]
fn the_key_of_holes_is_what_plain_searching_finds() {
    for partitions in [Partitions::Split, Partitions::Fixed] {
        let fits = ["first", "best", "worst"];
        let topic = Holes::new(&holes(&fits, partitions, &[])).unwrap();
        for seed in 0..40 {
            let (problem, sheet) = made(&topic, seed);
            for (table, fit) in fits.into_iter().enumerate() {
                let expected = placed(fit, &problem.holes, &problem.requests, partitions);
                assert_eq!(cells(&sheet, table, 0), expected, "{fit} {problem:?}");
            }
        }
    }
}

#[test]
fn the_key_of_addresses_is_base_and_offset_or_a_trap() {
    let topic = Segments::new(&addresses(&["traps=2..4"])).unwrap();
    for seed in 0..60 {
        let (problem, sheet) = made(&topic, seed);
        let mut traps = 0;
        for (step, &(segment, offset)) in problem.addresses.iter().enumerate() {
            let row = problem.segments.get(usize::try_from(segment).unwrap());
            let expected = match row {
                None => ["-".to_owned(), "no segment".to_owned()],
                Some((_, limit)) if offset >= *limit => ["-".to_owned(), "limit".to_owned()],
                Some((base, _)) => [(base + offset).to_string(), "-".to_owned()],
            };
            traps += usize::from(expected[0] == "-");
            assert_eq!(sheet.tables[0].steps[step].cells, expected, "{problem:?}");
        }
        assert!((2..=4).contains(&traps), "{problem:?}");
    }
}

#[test]
fn the_key_of_a_list_never_overlaps_and_its_free_list_is_the_rest() {
    let topic = Alloc::new(&lists(&["first", "best", "worst", "next"], &[])).unwrap();
    for seed in 0..40 {
        let (problem, sheet) = made(&topic, seed);
        for table in 0..4 {
            let mut held: Vec<Option<(u64, u64)>> = Vec::new();
            let words = problem.ops.split(',');
            for (word, step) in words.zip(&sheet.tables[table].steps) {
                if let Some(size) = word.strip_prefix('+') {
                    let size = size.parse().unwrap();
                    held.push(step.cells[0].parse().ok().map(|address| (address, size)));
                } else {
                    held[word[1..].parse::<usize>().unwrap()] = None;
                }
                let mut all: Vec<(u64, u64)> = held.iter().flatten().copied().collect();
                for hole in step.cells[1].split('+').filter(|hole| *hole != "-") {
                    let (address, size) = hole.split_once(':').unwrap();
                    all.push((address.parse().unwrap(), size.parse().unwrap()));
                }
                all.sort_unstable();
                let end = all.into_iter().fold(0, |end, (address, size)| {
                    assert_eq!(address, end, "{} {word}", problem.ops);
                    address + size
                });
                assert_eq!(end, alloc::USUAL_CAPACITY);
            }
        }
    }
}

#[test]
fn wishes_are_granted_or_refused_with_what_stood_in_the_way() {
    let fits = ["first", "best", "worst"];
    let wishes = ["best<worst", "failed.best=0", "first!=best"];
    let topic = Holes::new(&holes(&fits, Partitions::Split, &wishes)).unwrap();
    for seed in 0..10 {
        let (problem, sheet) = made(&topic, seed);
        let failed =
            |table| cells(&sheet, table, 0).into_iter().filter(|cell| *cell == "-").count();
        assert!(failed(1) == 0 && failed(2) > 0, "{problem:?}");
    }
    let wished = |wish| Holes::new(&holes(&fits, Partitions::Split, &[wish]));
    assert!(matches!(wished("best<next"), Err(Error::Contradiction(_))));
    assert!(matches!(wished("failed=2..1"), Err(Error::NotAWish { .. })));
    assert!(matches!(wished("fayled=1"), Err(Error::NotAWish { nearest: Some("failed"), .. })));
    let topic = Alloc::new(&lists(&["best", "buddy"], &["best<buddy"])).unwrap();
    let (problem, _) = made(&topic, 3);
    assert!(problem.ops.contains('-'));
    assert!(matches!(Segments::new(&addresses(&["traps"])), Err(Error::NotAWish { .. })));
}

#[test]
fn a_blank_of_any_topic_gives_nothing_away_and_every_format_holds_the_key() {
    let ada = Student::new("Ada").unwrap();
    let variant = Variant { seed: 5, student: Some(&ada), key: None };
    let mut sheets = Vec::new();
    let topic = Holes::new(&holes(&["all"], Partitions::Split, &[])).unwrap();
    sheets.push(topic.sheet(&find(&topic, &variant).unwrap(), Some(&ada)).unwrap());
    let topic = Alloc::new(&lists(&["first", "buddy"], &[])).unwrap();
    sheets.push(topic.sheet(&find(&topic, &variant).unwrap(), Some(&ada)).unwrap());
    let topic = Segments::new(&addresses(&[])).unwrap();
    sheets.push(topic.sheet(&find(&topic, &variant).unwrap(), Some(&ada)).unwrap());
    let topic = Relocation::new(&addresses(&[])).unwrap();
    sheets.push(topic.sheet(&find(&topic, &variant).unwrap(), Some(&ada)).unwrap());
    for sheet in &sheets {
        assert_eq!(sheet.student.as_deref(), Some("Ada"));
        assert!(sheet.questions.len() >= 2 * sheet.tables.len(), "{}", sheet.topic);
        for (name, format) in Format::NAMES {
            let sheets = std::slice::from_ref(sheet);
            let flat = |text: String| text.replace("\n#", "").replace("&lt;", "<");
            let key = flat(export(format, sheets, Show { reveal: Reveal::Key, done: 0 }));
            assert!(key.contains("Ada"), "{name}");
            if format.holds_key() {
                continue;
            }
            let blank = flat(export(format, sheets, Show { reveal: Reveal::None, done: 0 }));
            for step in sheet.tables.iter().flat_map(|table| &table.steps) {
                assert!(!blank.contains(&step.explain), "{name}: {}", step.explain);
                assert!(key.contains(&step.explain), "{name}: {}", step.explain);
            }
        }
    }
}
