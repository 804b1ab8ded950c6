//! The topic `holes`: requests that are placed in given holes, a table a fit.
//!
//! How a problem is drawn, which is a promise: each hole is a multiple of 10 from 50 to 600, drawn again while it is one of
//! those before; then each request is 20 to 469 bytes. What is drawn is an exercise when every fit places a request,
//! some fit fails at most half of them, and, of several fits, not all place the requests alike.

use super::wish::{Outcome, Wish};
use super::{NOTHING, cell, matching};
use crate::alloc::{Convention, FITS, Partitions, Placement, Placements, place};
use crate::exercise::sheet::{Answer, BLANK, Question, Sheet, Step, Table};
use crate::exercise::{Dice, Error, Student, Topic, within};

/// The least and the most holes.
pub const HOLES: (usize, usize) = (2, 10);

/// The least and the most requests.
pub const REQUESTS: (usize, usize) = (2, 12);

/// Holes where nothing is said.
pub const USUAL_HOLES: u64 = 5;

/// Requests where nothing is said.
pub const USUAL_REQUESTS: u64 = 4;

/// Fits where nothing is said.
pub const USUAL_FITS: [&str; 3] = ["first", "best", "worst"];

/// What placing a request is counted for, in references that are only counted: it is told in words.
const PLACED_WORK: u64 = 60;

/// What a teacher asks for.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    /// Names of fits; `all` is every one.
    pub fits: Vec<&'a str>,
    /// How many holes.
    pub holes: u64,
    /// How many requests.
    pub requests: u64,
    /// What becomes of the rest of a hole.
    pub partitions: Partitions,
    /// What the problem must have, each as it was written.
    pub wishes: Vec<&'a str>,
}

/// What a teacher asks for, decided.
#[derive(Debug, Clone)]
pub struct Holes {
    fits: Vec<&'static str>,
    holes: usize,
    requests: usize,
    partitions: Partitions,
    wishes: Vec<Wish>,
}

/// Holes and requests that were drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The sizes of the holes, in the order of their addresses.
    pub holes: Vec<u64>,
    /// The sizes of the requests, in order.
    pub requests: Vec<u64>,
}

impl Holes {
    /// Decides an exercise.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`], [`Error::NotAWish`], [`Error::Contradiction`], and [`Error::Alloc`] for a fit that there is
    /// not.
    pub fn new(options: &Options<'_>) -> Result<Holes, Error> {
        let mut fits: Vec<&'static str> = Vec::new();
        for &name in &options.fits {
            let named = if name.trim() == "all" { FITS.to_vec() } else { vec![fit(name.trim())?] };
            let known = fits.clone();
            fits.extend(named.into_iter().filter(|fit| !known.contains(fit)));
        }
        let wish = |wish: &&str| Wish::read(wish, &fits);
        let wishes = options.wishes.iter().map(wish).collect::<Result<_, _>>()?;
        Ok(Holes {
            holes: within("the holes of an exercise", options.holes, HOLES)?,
            requests: within("the requests of an exercise", options.requests, REQUESTS)?,
            partitions: options.partitions,
            wishes,
            fits,
        })
    }

    /// The fits, in the order of the tables.
    pub fn fits(&self) -> &[&'static str] {
        &self.fits
    }

    /// What becomes of the rest of a hole.
    pub fn partitions(&self) -> Partitions {
        self.partitions
    }

    fn placed(&self, fit: &str, problem: &Problem) -> Result<Placements, Error> {
        let Problem { holes, requests } = problem;
        Ok(place(fit, holes, requests, self.partitions, &Convention::default())?)
    }
}

/// The fit of a name.
fn fit(name: &str) -> Result<&'static str, Error> {
    match FITS.iter().find(|&&known| known == name) {
        Some(fit) => Ok(fit),
        // The machine says which fits there are.
        None => Err(place(name, &[1], &[1], Partitions::Split, &Convention::default())
            .err()
            .map_or_else(|| Error::Contradiction(format!("`{name}` is no fit")), Error::from)),
    }
}

impl Topic for Holes {
    const NAME: &'static str = "holes";
    type Problem = Problem;

    fn draw(&self, dice: &mut Dice) -> Option<Problem> {
        let mut holes: Vec<u64> = Vec::new();
        while holes.len() < self.holes {
            let hole = 10 * (5 + dice.below(56) as u64);
            if !holes.contains(&hole) {
                holes.push(hole);
            }
        }
        let requests = (0..self.requests).map(|_| 20 + dice.below(450) as u64).collect();
        Some(Problem { holes, requests })
    }

    fn work(&self) -> u64 {
        (self.fits.len() * self.requests) as u64 * PLACED_WORK
    }

    fn wishes(&self) -> Vec<String> {
        let own = ["every fit places a request, and the fits differ".to_owned()];
        own.into_iter().chain(self.wishes.iter().map(|wish| wish.text().to_owned())).collect()
    }

    fn grants(&self, problem: &Problem) -> Result<Vec<bool>, Error> {
        let outcome = |fit: &&'static str| {
            let placed = self.placed(fit, problem)?;
            let placements: Vec<Option<u64>> =
                placed.steps.iter().map(|step| step.hole.map(|hole| hole as u64)).collect();
            let failed = placements.iter().filter(|hole| hole.is_none()).count() as u64;
            Ok(Outcome { placements, failed })
        };
        let outcomes = self.fits.iter().map(outcome).collect::<Result<Vec<Outcome>, Error>>()?;
        let all = self.requests as u64;
        let is_placing = outcomes.iter().all(|outcome| outcome.failed < all);
        let is_useful = outcomes.iter().any(|outcome| outcome.failed * 2 <= all);
        let alike = |outcome: &Outcome| outcome.placements == outcomes[0].placements;
        let differs = outcomes.len() < 2 || !outcomes.iter().all(alike);
        let granted = self.wishes.iter().map(|wish| wish.is_granted(&outcomes));
        Ok(std::iter::once(is_placing && is_useful && differs).chain(granted).collect())
    }

    fn sheet(&self, problem: &Problem, student: Option<&Student>) -> Result<Sheet, Error> {
        let made = self.fits.iter().map(|fit| self.placed(fit, problem));
        let made = made.collect::<Result<Vec<Placements>, Error>>()?;
        let titles: Vec<&str> = self.fits.iter().map(|fit| title(fit)).collect();
        Ok(Sheet {
            topic: Holes::NAME,
            title: format!("Placing requests in holes: {}", titles.join(", ")),
            student: student.map(|student| student.name().to_owned()),
            task: self.task(),
            given: vec![
                ("Holes, in the order of their addresses", sizes(&problem.holes)),
                ("Requests, in this order", sizes(&problem.requests)),
            ],
            tables: made.iter().map(table).collect(),
            questions: made
                .iter()
                .enumerate()
                .flat_map(|(at, placed)| questions(at, placed))
                .collect(),
            summary: made.iter().map(summary).collect(),
        })
    }
}

impl Holes {
    fn task(&self) -> Vec<String> {
        let rest = match self.partitions {
            Partitions::Split => "What is left of a hole stays a hole.",
            Partitions::Fixed => {
                "Each hole is a fixed partition: it takes one request, and what is left is lost."
            }
        };
        vec![format!(
            "For each request fill in the size of the hole that takes it, as it is then, and how much of that hole is \
             left. {rest} Write {NOTHING} where no hole holds the request."
        )]
    }
}

fn sizes(sizes: &[u64]) -> String {
    sizes.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}

fn title(fit: &str) -> &'static str {
    match fit {
        "first" => "First fit",
        "next" => "Next fit",
        "best" => "Best fit",
        _ => "Worst fit",
    }
}

/// What a fit does, without its outcome.
fn rule(fit: &str) -> &'static str {
    match fit {
        "first" => "the first hole that is large enough is taken.",
        "next" => {
            "the search begins at the hole that was taken last, and goes on past the end at the beginning."
        }
        "best" => "the smallest hole that is large enough is taken; of equal ones the first.",
        _ => "the largest hole is taken, if it is large enough; of equal ones the first.",
    }
}

fn table(placed: &Placements) -> Table {
    let step = |step: &Placement| Step {
        heading: step.request.to_string(),
        cells: vec![cell(step.placement), cell(step.left)],
        explain: step.explain.clone(),
        rule: rule(placed.policy),
        is_trivial: step.searched < 2,
    };
    Table {
        name: placed.policy.to_owned(),
        title: title(placed.policy).to_owned(),
        notes: vec![format!("The rule: {}", rule(placed.policy))],
        headers: Vec::new(),
        heading: "request",
        rows: vec!["hole".to_owned(), "left".to_owned()],
        steps: placed.steps.iter().map(step).collect(),
    }
}

fn questions(table: usize, placed: &Placements) -> Vec<Question> {
    let title = title(placed.policy);
    let failed: Vec<&Placement> =
        placed.steps.iter().filter(|step| step.placement.is_none()).collect();
    let told: Vec<&str> = placed.steps.iter().map(|step| step.explain.as_str()).collect();
    let mut questions = vec![Question {
        name: format!("{title}: failed"),
        table,
        prompt: format!("How many of the requests does {title} fail to place?"),
        answer: Answer::Number(failed.len() as u64),
        why: told.join(" "),
    }];
    let found = placed.steps.iter().filter_map(|step| Some((step, step.placement?)));
    let found: Vec<(&Placement, u64)> = found.collect();
    if let Some((step, hole)) = found.last() {
        questions.push(Question {
            name: format!("{title}: request {}", step.index),
            table,
            prompt: format!(
                "{title}: request {}, of {} bytes, goes into the hole that then has {BLANK} bytes.",
                step.index, step.request
            ),
            answer: Answer::Number(*hole),
            why: step.explain.clone(),
        });
    }
    let pair = |&(step, hole): &(&Placement, u64)| {
        (format!("Request {}, of {} bytes", step.index, step.request), format!("{hole} bytes"))
    };
    questions.extend(matching(
        table,
        format!("{title}: holes"),
        format!(
            "{title}: match each request with the size of the hole that takes it, as it is then."
        ),
        found.iter().map(pair).collect(),
        &told,
    ));
    questions
}

fn summary(placed: &Placements) -> String {
    let cells: Vec<String> = placed.placements.iter().map(|&hole| cell(hole)).collect();
    let failed = placed.placements.iter().filter(|hole| hole.is_none()).count();
    format!("{}: {}; {failed} failed.", title(placed.policy), cells.join(", "))
}
