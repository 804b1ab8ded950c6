//! The topics `relocation`, by one base and limit, and `segments`, by a table of them: addresses to be translated, or the
//! trap to be named.
//!
//! How a problem is drawn, which is a promise. Each segment: its limit is 40 to 999, and it lies 10 to 400 bytes above the
//! end of the one before it, the first above 0; then the segments are numbered in an order of chance. Each address: a
//! segment of chance, in the topic `segments` with a chance of one in twelve the number behind the last; its offset is below
//! five quarters of the limit. What is drawn is an exercise when two addresses trap or more, two do not or more, and no
//! address stands twice.

use super::wish::{no_wish, range};
use super::{NOTHING, cell, matching};
use crate::exercise::sheet::{Answer, BLANK, Question, Sheet, Step, Table};
use crate::exercise::{Dice, Error, Student, Topic, within};
use crate::segments::translation::{
    Report, Segment, Shape, Table as Segments_, Translation, Trap, translate,
};
use std::ops::RangeInclusive;

/// The least and the most segments.
pub const SEGMENTS: (usize, usize) = (2, 8);

/// The least and the most addresses.
pub const ADDRESSES: (usize, usize) = (4, 16);

/// Segments where nothing is said.
pub const USUAL_SEGMENTS: u64 = 4;

/// Addresses where nothing is said.
pub const USUAL_ADDRESSES: u64 = 8;

/// What a translation that is told in words counts for, in references that are only counted.
const TOLD_WORK: u64 = 60;

const TAKES: &str = "write traps=2 or traps=1..3";

/// What a teacher asks for.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    /// Segments of the table; relocation has one.
    pub segments: u64,
    /// Addresses to translate.
    pub addresses: u64,
    /// What the problem must have, each as it was written.
    pub wishes: Vec<&'a str>,
}

/// What a teacher asks for, decided: what both topics share.
#[derive(Debug, Clone)]
struct Asked {
    segments: usize,
    addresses: usize,
    /// How many addresses trap, each as it was written.
    traps: Vec<(String, RangeInclusive<u64>)>,
}

/// Addresses through a segment table.
#[derive(Debug, Clone)]
pub struct Segments(Asked);

/// Addresses by one base and limit.
#[derive(Debug, Clone)]
pub struct Relocation(Asked);

/// A table and addresses that were drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Base and limit of each segment, by their numbers.
    pub segments: Vec<(u64, u64)>,
    /// The addresses: segment and offset.
    pub addresses: Vec<(u64, u64)>,
    /// Whether there is no segment number, but a base and a limit alone.
    is_relocation: bool,
}

impl Asked {
    fn new(options: &Options<'_>, segments: usize) -> Result<Asked, Error> {
        let traps = options.wishes.iter().map(|wish| {
            let wish = wish.trim();
            let value = wish.strip_prefix("traps=").ok_or_else(|| {
                no_wish(wish, TAKES, crate::nearest::nearest(wish, ["traps"].into_iter()))
            })?;
            Ok((wish.to_owned(), range(wish, value, TAKES)?))
        });
        Ok(Asked {
            segments,
            addresses: within("the addresses of an exercise", options.addresses, ADDRESSES)?,
            traps: traps.collect::<Result<_, Error>>()?,
        })
    }

    fn draw(&self, dice: &mut Dice, is_relocation: bool) -> Option<Problem> {
        let (mut segments, mut end) = (Vec::new(), 0);
        for _ in 0..self.segments {
            let limit = 40 + dice.below(960) as u64;
            let base = end + 10 + dice.below(391) as u64;
            end = base + limit;
            segments.push((base, limit));
        }
        dice.shuffle(&mut segments);
        let mut addresses = Vec::new();
        for _ in 0..self.addresses {
            let is_past = !is_relocation && dice.one_in(12);
            let number = if is_past { self.segments } else { dice.below(self.segments) };
            let (_, limit) = segments.get(number).copied().unwrap_or((0, 400));
            let offset = dice.below(usize::try_from(limit).ok()? * 5 / 4) as u64;
            addresses.push((number as u64, offset));
        }
        let mut different = addresses.clone();
        different.sort_unstable();
        different.dedup();
        (different.len() == addresses.len()).then_some(Problem {
            segments,
            addresses,
            is_relocation,
        })
    }

    fn wishes(&self) -> Vec<String> {
        let own = ["two addresses trap, and two do not".to_owned()];
        own.into_iter().chain(self.traps.iter().map(|(wish, _)| wish.clone())).collect()
    }

    fn grants(&self, problem: &Problem) -> Result<Vec<bool>, Error> {
        let report = problem.report()?;
        let traps = report.translations.iter().filter(|found| found.trap.is_some()).count() as u64;
        let is_exercise = traps >= 2 && traps + 2 <= self.addresses as u64;
        let granted = self.traps.iter().map(|(_, range)| range.contains(&traps));
        Ok(std::iter::once(is_exercise).chain(granted).collect())
    }

    fn work(&self) -> u64 {
        self.addresses as u64 * TOLD_WORK
    }
}

impl Segments {
    /// Decides an exercise.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`], [`Error::NotAWish`].
    pub fn new(options: &Options<'_>) -> Result<Segments, Error> {
        let segments = within("the segments of an exercise", options.segments, SEGMENTS)?;
        Ok(Segments(Asked::new(options, segments)?))
    }
}

impl Relocation {
    /// Decides an exercise.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`], [`Error::NotAWish`].
    pub fn new(options: &Options<'_>) -> Result<Relocation, Error> {
        Ok(Relocation(Asked::new(options, 1)?))
    }
}

impl Problem {
    /// The table as it is typed: `0:219/600,1:2300/14`, or `12418/472`.
    pub fn table(&self) -> String {
        let row = |(number, (base, limit)): (usize, &(u64, u64))| match self.is_relocation {
            true => format!("{base}/{limit}"),
            false => format!("{number}:{base}/{limit}"),
        };
        self.segments.iter().enumerate().map(row).collect::<Vec<_>>().join(",")
    }

    /// An address as it is typed: `0:430`, or `430`.
    fn address(&self, (segment, offset): (u64, u64)) -> String {
        if self.is_relocation { offset.to_string() } else { format!("{segment}:{offset}") }
    }

    /// The addresses as they are typed.
    pub fn translate(&self) -> String {
        let addresses = self.addresses.iter().map(|&address| self.address(address));
        addresses.collect::<Vec<_>>().join(",")
    }

    fn report(&self) -> Result<Report, Error> {
        let table = match (self.is_relocation, self.segments.first()) {
            (true, Some(&(base, limit))) => Segments_::relocation(base, limit)?,
            _ => {
                let mut table = Segments_::new(Shape::default())?;
                for (number, &(base, limit)) in self.segments.iter().enumerate() {
                    table.push(Segment::new(number as u64, base, limit))?;
                }
                table
            }
        };
        let requests = table.requests(self.translate().as_bytes())?;
        Ok(translate(&table, &requests)?)
    }

    fn sheet(&self, topic: &'static str, student: Option<&Student>) -> Result<Sheet, Error> {
        let report = self.report()?;
        let title = if self.is_relocation {
            "Relocation by base and limit"
        } else {
            "Translation by segments"
        };
        let mut given = vec![("Addresses", self.translate().replace(',', ", "))];
        if self.is_relocation {
            let (base, limit) = self.segments.first().copied().unwrap_or_default();
            given.insert(0, ("Base and limit", format!("base {base}, limit {limit}")));
        } else {
            let row = |(number, (base, limit)): (usize, &(u64, u64))| {
                format!("{number}: base {base}, limit {limit}")
            };
            let rows: Vec<String> = self.segments.iter().enumerate().map(row).collect();
            given.insert(0, ("Segment table", rows.join("; ")));
        }
        Ok(Sheet {
            topic,
            title: title.to_owned(),
            student: student.map(|student| student.name().to_owned()),
            task: task(self.is_relocation),
            given,
            tables: vec![self.laid_out(title, &report)],
            questions: self.questions(&report),
            summary: vec![summary(&report)],
        })
    }

    fn laid_out(&self, title: &str, report: &Report) -> Table {
        let step = |found: &Translation| Step {
            heading: self.address(self.addresses[at(found)]),
            cells: vec![cell(found.physical), trap(found.trap).to_owned()],
            explain: found.explain.clone(),
            rule: "the offset must be less than the limit; then the base is added to it.",
            is_trivial: false,
        };
        Table {
            name: "addresses".to_owned(),
            title: title.to_owned(),
            notes: vec![steps(self.is_relocation).to_owned()],
            headers: Vec::new(),
            heading: "address",
            rows: vec!["physical".to_owned(), "trap".to_owned()],
            steps: report.translations.iter().map(step).collect(),
        }
    }

    fn questions(&self, report: &Report) -> Vec<Question> {
        let name = |found: &Translation| self.address(self.addresses[at(found)]);
        let trapped = report.translations.iter().filter(|found| found.trap.is_some());
        let why: Vec<&str> = trapped.map(|found| found.explain.as_str()).collect();
        let mut questions = vec![Question {
            name: "Traps".to_owned(),
            table: 0,
            prompt: "How many of the addresses trap?".to_owned(),
            answer: Answer::Number(why.len() as u64),
            why: why.join(" "),
        }];
        let found = report.translations.iter().filter_map(|found| Some((found, found.physical?)));
        let found: Vec<(&Translation, u64)> = found.collect();
        if let Some((one, physical)) = found.last() {
            questions.push(Question {
                name: format!("Address {}", name(one)),
                table: 0,
                prompt: format!("The address {} is the physical address {BLANK}.", name(one)),
                answer: Answer::Number(*physical),
                why: one.explain.clone(),
            });
        }
        let past = report.translations.iter().find_map(|found| Some((found, found.excess_bytes?)));
        if let Some((one, excess)) = past {
            questions.push(Question {
                name: format!("Beyond the limit, {}", name(one)),
                table: 0,
                prompt: format!(
                    "The offset of {} is {BLANK} bytes past the last valid one.",
                    name(one)
                ),
                answer: Answer::Number(excess),
                why: one.explain.clone(),
            });
        }
        let told: Vec<&str> = found.iter().map(|(found, _)| found.explain.as_str()).collect();
        questions.extend(matching(
            0,
            "Physical addresses".to_owned(),
            "Match each address with its physical address.".to_owned(),
            found.iter().map(|&(one, physical)| (name(one), physical.to_string())).collect(),
            &told,
        ));
        questions
    }
}

/// The place of a translation among the addresses.
fn at(found: &Translation) -> usize {
    usize::try_from(found.index).unwrap_or(1) - 1
}

/// A trap in a cell.
fn trap(trap: Option<Trap>) -> &'static str {
    match trap {
        None => NOTHING,
        Some(Trap::NoSegment) => "no segment",
        Some(Trap::NotPresent) => "not present",
        Some(Trap::Protection) => "protection",
        Some(Trap::Page) => "page",
        Some(Trap::Limit) => "limit",
    }
}

/// What is done with an address, in order.
fn steps(is_relocation: bool) -> &'static str {
    if is_relocation {
        "First the address is compared with the limit, then the base is added."
    } else {
        "First the segment number is looked up, then the offset is compared with the limit, then the base is added."
    }
}

fn task(is_relocation: bool) -> Vec<String> {
    let traps = if is_relocation {
        "limit where the address is not below it"
    } else {
        "no segment where the table has none of this number, limit where the offset is not below it"
    };
    vec![format!(
        "For each address fill in the physical address, or the trap: {traps}. Write {NOTHING} where there is no physical \
         address, and where nothing traps."
    )]
}

fn summary(report: &Report) -> String {
    let each = report.translations.iter().map(|found| match found.physical {
        Some(physical) => physical.to_string(),
        None => trap(found.trap).to_owned(),
    });
    format!("{}.", each.collect::<Vec<_>>().join(", "))
}

impl Topic for Segments {
    const NAME: &'static str = "segments";
    type Problem = Problem;

    fn draw(&self, dice: &mut Dice) -> Option<Problem> {
        self.0.draw(dice, false)
    }

    fn work(&self) -> u64 {
        self.0.work()
    }

    fn wishes(&self) -> Vec<String> {
        self.0.wishes()
    }

    fn grants(&self, problem: &Problem) -> Result<Vec<bool>, Error> {
        self.0.grants(problem)
    }

    fn sheet(&self, problem: &Problem, student: Option<&Student>) -> Result<Sheet, Error> {
        problem.sheet(Segments::NAME, student)
    }
}

impl Topic for Relocation {
    const NAME: &'static str = "relocation";
    type Problem = Problem;

    fn draw(&self, dice: &mut Dice) -> Option<Problem> {
        self.0.draw(dice, true)
    }

    fn work(&self) -> u64 {
        self.0.work()
    }

    fn wishes(&self) -> Vec<String> {
        self.0.wishes()
    }

    fn grants(&self, problem: &Problem) -> Result<Vec<bool>, Error> {
        self.0.grants(problem)
    }

    fn sheet(&self, problem: &Problem, student: Option<&Student>) -> Result<Sheet, Error> {
        problem.sheet(Relocation::NAME, student)
    }
}
