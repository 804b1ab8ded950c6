//! The topic `alloc`: requests and frees under allocation policies, a table a policy.
//!
//! How a list is drawn, which is a promise: sizes are 1 to 6 times a unit, the largest of 1, 2, 5, 10, 20, 50, … that goes
//! twenty times into memory, or 1. Then, operation by operation: from the third on and but for the last, with a chance of
//! one in three a request that still lives is freed, each as likely, else one of a size of chance is made. What is drawn
//! is an exercise when something is freed, no request is freed that got nothing, in every table a fifth of the operations
//! are requests with more than one hole to look at, and, of several policies, not all give the same addresses.

use super::wish::{Outcome, Wish};
use super::{NOTHING, cell, matching};
use crate::alloc::registry::Entry;
use crate::alloc::{Convention, Form, OpStep, Requests, Run, Span, Want, read, run, setup};
use crate::convention::Parameter;
use crate::exercise::sheet::{Answer, BLANK, Question, Sheet, Step, Table};
use crate::exercise::{Dice, Error, Student, Topic, within};

/// The least and the most operations.
pub const LENGTH: (usize, usize) = (5, 40);

/// The least and the most bytes of memory.
pub const CAPACITY: (usize, usize) = (16, 1 << 20);

/// The most tables of one sheet.
pub const TABLES_MAX: usize = 10;

/// Operations where nothing is said.
pub const USUAL_LENGTH: u64 = 12;

/// Bytes of memory where nothing is said.
pub const USUAL_CAPACITY: u64 = 200;

/// Policies where nothing is said.
pub const USUAL_POLICIES: [&str; 3] = ["first", "best", "worst"];

/// What an operation that is told in words counts for, in references that are only counted.
const TOLD_WORK: u64 = 120;

/// What a teacher asks for.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    /// The policies, each once.
    pub policies: Vec<&'static Entry>,
    /// Bytes of memory.
    pub capacity: u64,
    /// Operations of the list.
    pub length: u64,
    /// The values of the policies' parameters.
    pub convention: Convention,
    /// What the problem must have, each as it was written.
    pub wishes: Vec<&'a str>,
}

/// What a teacher asks for, decided.
#[derive(Debug, Clone)]
pub struct Alloc {
    policies: Vec<&'static Entry>,
    capacity: u64,
    length: usize,
    convention: Convention,
    wishes: Vec<Wish>,
}

/// A list that was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// As it is typed: `+10,+20,-0`.
    pub ops: String,
    requests: Requests,
}

impl Alloc {
    /// Decides an exercise.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`], [`Error::NotAWish`], [`Error::Contradiction`], and [`Error::Alloc`] for a convention that the
    /// machines refuse.
    pub fn new(options: &Options<'_>) -> Result<Alloc, Error> {
        let names: Vec<&'static str> = options.policies.iter().map(|policy| policy.name).collect();
        let wish = |wish: &&str| Wish::read(wish, &names);
        let wishes = options.wishes.iter().map(wish).collect::<Result<_, _>>()?;
        within("the tables of an exercise", names.len() as u64, (1, TABLES_MAX))?;
        within("the memory of an exercise", options.capacity, CAPACITY)?;
        let length = within("the operations of an exercise", options.length, LENGTH)?;
        let least = read(b"+1", Form::List)?;
        setup(Span::new(0, options.capacity), &least, &options.convention)?;
        Ok(Alloc {
            policies: options.policies.clone(),
            capacity: options.capacity,
            length,
            convention: options.convention.clone(),
            wishes,
        })
    }

    /// The policies, in the order of the tables.
    pub fn policies(&self) -> &[&'static Entry] {
        &self.policies
    }

    /// Bytes of memory.
    pub fn capacity(&self) -> u64 {
        self.capacity
    }

    /// The values of the policies' parameters.
    pub fn convention(&self) -> &Convention {
        &self.convention
    }

    fn run(&self, policy: &Entry, problem: &Problem) -> Result<Run, Error> {
        let memory = Span::new(0, self.capacity);
        Ok(run(policy.name, memory, &problem.requests, &self.convention, Want::Steps)?)
    }

    /// What sizes are multiples of.
    fn unit(&self) -> u64 {
        let twentieth = self.capacity / 20;
        let mut unit = 1_u64;
        for factor in [2, 5, 10].into_iter().cycle() {
            let decade = 10_u64.pow(unit.ilog10());
            let next = decade * factor;
            if next > twentieth {
                return unit;
            }
            unit = next;
        }
        unit
    }
}

fn steps(run: &Run) -> &[OpStep] {
    run.ops.as_deref().unwrap_or_default()
}

/// Whether a request is freed that got nothing.
fn frees_nothing(run: &Run) -> bool {
    steps(run).iter().any(|step| step.op == "free" && step.block.is_none())
}

impl Topic for Alloc {
    const NAME: &'static str = "alloc";
    type Problem = Problem;

    fn draw(&self, dice: &mut Dice) -> Option<Problem> {
        let unit = self.unit();
        let mut live: Vec<usize> = Vec::new();
        let (mut words, mut asked): (Vec<String>, usize) = (Vec::new(), 0);
        for index in 0..self.length {
            let may_free = index >= 2 && index + 1 < self.length && !live.is_empty();
            if may_free && dice.one_in(3) {
                let freed = live.remove(dice.below(live.len()));
                words.push(format!("-{freed}"));
            } else {
                words.push(format!("+{}", unit * (1 + dice.below(6) as u64)));
                live.push(asked);
                asked += 1;
            }
        }
        let ops = words.join(",");
        let requests = read(ops.as_bytes(), Form::List).ok()?;
        let is_freeing = words.iter().any(|word| word.starts_with('-'));
        is_freeing.then_some(Problem { ops, requests })
    }

    fn work(&self) -> u64 {
        (self.policies.len() * self.length) as u64 * TOLD_WORK
    }

    fn wishes(&self) -> Vec<String> {
        let own = ["a request has a choice of holes, and the policies differ".to_owned()];
        own.into_iter().chain(self.wishes.iter().map(|wish| wish.text().to_owned())).collect()
    }

    fn grants(&self, problem: &Problem) -> Result<Vec<bool>, Error> {
        let runs = self.policies.iter().map(|policy| self.run(policy, problem));
        let runs = runs.collect::<Result<Vec<Run>, Error>>()?;
        let outcomes: Vec<Outcome> = runs
            .iter()
            .map(|run| Outcome {
                placements: steps(run).iter().map(|step| step.address).collect(),
                failed: run.metrics.failed,
            })
            .collect();
        let chooses = |run: &Run| {
            let pairs = steps(run).windows(2);
            let among_several =
                |pair: &&[OpStep]| pair[1].op == "alloc" && pair[0].free_list.len() > 1;
            pairs.filter(among_several).count() * 5 >= self.length
        };
        let alike = |outcome: &Outcome| outcome.placements == outcomes[0].placements;
        let differs = outcomes.len() < 2 || !outcomes.iter().all(alike);
        let is_exercise = differs
            && runs.iter().all(|run| !frees_nothing(run) && (chooses(run) || run.policy == "bump"));
        let granted = self.wishes.iter().map(|wish| wish.is_granted(&outcomes));
        Ok(std::iter::once(is_exercise).chain(granted).collect())
    }

    fn sheet(&self, problem: &Problem, student: Option<&Student>) -> Result<Sheet, Error> {
        let made = self.policies.iter().map(|&policy| Ok((policy, self.run(policy, problem)?)));
        let made = made.collect::<Result<Vec<(&'static Entry, Run)>, Error>>()?;
        let titles: Vec<&str> = self.policies.iter().map(|policy| policy.title).collect();
        let numbered = made.iter().enumerate();
        Ok(Sheet {
            topic: Alloc::NAME,
            title: format!("Allocating memory: {}", titles.join(", ")),
            student: student.map(|student| student.name().to_owned()),
            task: task(),
            given: vec![
                ("Requests and frees", problem.ops.replace(',', " ")),
                ("Memory", format!("{} bytes from address 0", self.capacity)),
            ],
            tables: made.iter().map(|(policy, run)| self.table(policy, run)).collect(),
            questions: numbered
                .flat_map(|(at, (policy, run))| questions(at, policy.title, run))
                .collect(),
            summary: made.iter().map(|(policy, run)| summary(policy, run)).collect(),
        })
    }
}

fn task() -> Vec<String> {
    vec![
        "+n asks for n bytes and gets the next number, from 0; -k gives the memory of request k back.".to_owned(),
        format!(
            "For each operation fill in the address that the request gets, and the free list afterwards, each hole as \
             address:bytes with a plus between them, in the list's own order. Write {NOTHING} as the address of a request \
             that gets nothing and of one that is freed, and for an empty list."
        ),
    ]
}

impl Alloc {
    fn table(&self, policy: &'static Entry, run: &Run) -> Table {
        let value = |&parameter: &&'static Parameter| {
            format!("{} = {}", parameter.name, self.convention.value(parameter))
        };
        let values: Vec<String> = policy.parameters.iter().map(value).collect();
        let notes = vec![policy.about.to_owned(), format!("{}.", values.join(", "))];
        Table {
            name: policy.name.to_owned(),
            title: policy.title.to_owned(),
            notes,
            headers: Vec::new(),
            heading: "operation",
            rows: vec!["address".to_owned(), "free list".to_owned()],
            steps: steps(run).iter().map(|step| laid_out(step, policy.about)).collect(),
        }
    }
}

fn laid_out(step: &OpStep, rule: &'static str) -> Step {
    let id = step.id.unwrap_or_default();
    let is_request = step.op == "alloc";
    Step {
        heading: match step.size {
            Some(size) if is_request => format!("+{size}"),
            _ => format!("-{id}"),
        },
        cells: vec![cell(step.address.filter(|_| is_request)), holes(&step.free_list)],
        explain: step.explain.clone(),
        rule: if is_request {
            rule
        } else {
            "what is given back joins the free blocks beside it, where the convention lets it."
        },
        is_trivial: is_request && step.searched < 2,
    }
}

/// A free list in a cell: `0:30+80:20`.
fn holes(list: &[Span]) -> String {
    let holes: Vec<String> =
        list.iter().map(|hole| format!("{}:{}", hole.address, hole.size)).collect();
    if holes.is_empty() { NOTHING.to_owned() } else { holes.join("+") }
}

fn questions(table: usize, title: &str, run: &Run) -> Vec<Question> {
    let requests: Vec<&OpStep> = steps(run).iter().filter(|step| step.op == "alloc").collect();
    let told: Vec<&str> = requests.iter().map(|step| step.explain.as_str()).collect();
    let mut questions = vec![Question {
        name: format!("{title}: failed"),
        table,
        prompt: format!("How many of the requests get nothing under {title}?"),
        answer: Answer::Number(run.metrics.failed),
        why: told.join(" "),
    }];
    let placed = requests.iter().filter_map(|&step| Some((step, step.address?)));
    let placed: Vec<(&OpStep, u64)> = placed.collect();
    if let Some((step, address)) = placed.last() {
        questions.push(Question {
            name: format!("{title}: operation {}", step.index),
            table,
            prompt: format!(
                "{title}: operation {} asks for {} bytes and gets the address {BLANK}.",
                step.index,
                step.size.unwrap_or_default()
            ),
            answer: Answer::Number(*address),
            why: step.explain.clone(),
        });
    }
    questions.push(Question {
        name: format!("{title}: largest hole"),
        table,
        prompt: format!("{title}: how many bytes has the largest hole at the end?"),
        answer: Answer::Number(run.metrics.largest_hole_bytes),
        why: told.last().copied().unwrap_or_default().to_owned(),
    });
    let pair = |&(step, address): &(&OpStep, u64)| {
        let (id, size) = (step.id.unwrap_or_default(), step.size.unwrap_or_default());
        (format!("Request {id}, of {size} bytes"), format!("Address {address}"))
    };
    questions.extend(matching(
        table,
        format!("{title}: addresses"),
        format!("{title}: match each request with the address that it gets."),
        placed.iter().map(pair).collect(),
        &told,
    ));
    questions
}

fn summary(policy: &Entry, run: &Run) -> String {
    let requests = steps(run).iter().filter(|step| step.op == "alloc");
    let addresses: Vec<String> = requests.map(|step| cell(step.address)).collect();
    let metrics = &run.metrics;
    format!(
        "{}: {}; {} failed, {} of them for want of compaction; {} bytes free, {} in the largest hole.",
        policy.title,
        addresses.join(", "),
        metrics.failed,
        metrics.failed_compactable,
        metrics.free_bytes,
        metrics.largest_hole_bytes
    )
}
