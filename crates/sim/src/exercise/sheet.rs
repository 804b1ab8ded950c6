//! A sheet: an exercise laid out, with its key, whatever its topic. The formats of [`export`](super::export) know
//! nothing else.

use std::fmt;
use std::str::FromStr;

/// An exercise with its key. What of it is shown is decided by a [`Show`].
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// The topic's name.
    pub topic: &'static str,
    /// Its heading.
    pub title: String,
    /// Whose variant it is.
    pub student: Option<String>,
    /// What is to be done, a paragraph each.
    pub task: Vec<String>,
    /// The problem: what each thing is called, and its value.
    pub given: Vec<(&'static str, String)>,
    /// The tables to fill in.
    pub tables: Vec<Table>,
    /// Questions with one answer each, for systems that mark them.
    pub questions: Vec<Question>,
    /// The result in short, for the one who has the key.
    pub summary: Vec<String>,
}

/// A table to fill in, step by step.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// A name that is unique in the sheet: "lru-3".
    pub name: String,
    /// Its heading: "LRU with 3 frames".
    pub title: String,
    /// Its convention in words, a line each.
    pub notes: Vec<String>,
    /// The lines that make it one that `ramscope sim check` reads: ("policy", "lru").
    pub headers: Vec<(&'static str, String)>,
    /// What a step is called: "reference".
    pub heading: &'static str,
    /// What each cell of a step is called: "frame 0", "H/F", "victim".
    pub rows: Vec<String>,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

/// A step of a table: its cells with what belongs there.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What is given: the page that is referenced.
    pub heading: String,
    /// What belongs into each cell, in the order of [`Table::rows`].
    pub cells: Vec<String>,
    /// What was compared, and why it came out so.
    pub explain: String,
    /// The rule that decides it, without its outcome.
    pub rule: &'static str,
    /// Whether nothing had to be decided.
    pub is_trivial: bool,
}

/// A question that a learning platform can mark by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// A name that is unique in the sheet.
    pub name: String,
    /// The table that it is about, by its place in [`Sheet::tables`].
    pub table: usize,
    /// The question; the problem is given before it. A sentence may hold one [`BLANK`].
    pub prompt: String,
    /// What is right.
    pub answer: Answer,
    /// Why, told after the attempt.
    pub why: String,
}

/// The place in a sentence where its answer belongs.
pub const BLANK: &str = "____";

/// The right answer to a question.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// This number.
    Number(u64),
    /// Each left side with its right one, at least three.
    Pairs(Vec<(String, String)>),
}

/// How much of the key is given away. Each holds what those before it hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reveal {
    /// Nothing.
    None,
    /// The rule of the next step at which something is decided.
    Hint,
    /// The next step.
    Step,
    /// Everything.
    Key,
}

impl Reveal {
    /// Every one with its name.
    pub const NAMES: [(&'static str, Reveal); 4] = [
        ("none", Reveal::None),
        ("hint", Reveal::Hint),
        ("step", Reveal::Step),
        ("key", Reveal::Key),
    ];
}

/// No [`Reveal`] has this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSuchName(&'static str);

impl NoSuchName {
    /// An error that says what there is instead.
    pub(super) fn expected(names: &'static str) -> NoSuchName {
        NoSuchName(names)
    }
}

impl fmt::Display for NoSuchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}", self.0)
    }
}

impl std::error::Error for NoSuchName {}

impl FromStr for Reveal {
    type Err = NoSuchName;

    fn from_str(name: &str) -> Result<Reveal, NoSuchName> {
        let found = Reveal::NAMES.into_iter().find(|&(known, _)| known == name);
        found.map(|(_, reveal)| reveal).ok_or(NoSuchName("none, hint, step or key"))
    }
}

/// What of a sheet is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Show {
    /// How much of the key.
    pub reveal: Reveal,
    /// How many steps of each table the learner has done: hint and next step are about what follows.
    pub done: usize,
}

impl Show {
    /// Whether the cells of a step, counted from 0, are shown.
    pub fn shows(self, step: usize) -> bool {
        match self.reveal {
            Reveal::Key => true,
            Reveal::Step => step == self.done,
            Reveal::None | Reveal::Hint => false,
        }
    }

    /// The hint about a table, where one is asked for.
    pub fn hint(self, table: &Table) -> Option<String> {
        (self.reveal >= Reveal::Hint).then(|| table.hint(self.done))
    }

    /// The steps that are told in words, each with its index from 0.
    pub fn told(self, table: &Table) -> impl Iterator<Item = (usize, &Step)> {
        table.steps.iter().enumerate().filter(move |&(index, _)| self.shows(index))
    }
}

impl Table {
    /// Which rule matters at the first step after the first `done` at which something is decided.
    pub fn hint(&self, done: usize) -> String {
        let mut left = self.steps.iter().enumerate().skip(done);
        match left.find(|(_, step)| !step.is_trivial) {
            Some((index, Step { rule, .. })) => {
                let (what, number) = (self.heading, index + 1);
                format!(
                    "The next {what} that decides something is number {number}. The rule: {rule}"
                )
            }
            None if done < self.steps.len() => "What is left decides nothing more.".to_owned(),
            None => "Nothing is left to fill in.".to_owned(),
        }
    }
}
