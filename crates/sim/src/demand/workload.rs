//! What the processes refer to: their reference strings, written down or generated from a seed.
//!
//! ```text
//! p1: 1 2 3w 1      # a process and its pages in order; `w` behind a page writes it
//! p2: 4 4w 7
//! p1: 2 2           # a further line of p1 goes on where the first ended
//! 3 17              # or a reference a line, process and page: p3 reads its page 17
//! 3 18w
//! ```
//!
//! The order in which lines of different processes stand means nothing: who runs when, the scheduler decides. A process's
//! address space is the pages that its string names; their number is the process's size.

use std::collections::HashMap;

use super::error::Error;
use super::{MAX_PROCESSES, MAX_REFERENCES};
use crate::paging::{MAX_PAGE, References, SplitMix64, mix};
use crate::processes::TextError;
use crate::processes::text::{self, Line, Word};

/// A process and its reference string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// What it is called.
    pub name: String,
    /// Its references in order.
    pub references: References,
}

/// The processes, in the order in which they arrive: all at time 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    processes: Vec<Process>,
}

/// Processes with locality, from a seed.
///
/// Process i, from 0, draws from SplitMix64 with the state `mix(seed + i)`. Its locality is `set_pages` neighbouring
/// pages in a circle of `pages`; it begins at a page drawn below `pages`. For each reference two numbers are drawn:
/// one below `set_pages`, which of them it is, and one below 100, which writes where it is below `write_percent`. After
/// every `phase_references` the locality moves on by one page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Locality {
    /// How many processes, 1 to [`MAX_PROCESSES`].
    pub processes: u32,
    /// References of each.
    pub references: u32,
    /// Pages of each.
    pub pages: u32,
    /// Pages of a locality, at most `pages`.
    pub set_pages: u32,
    /// References until the locality moves on by one page.
    pub phase_references: u32,
    /// Of 100 references, how many write.
    pub write_percent: u32,
    /// The seed: the same seed, the same strings.
    pub seed: u64,
}

impl Workload {
    /// The workload of these processes.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Processes`], [`Error::TooLong`].
    pub fn new(processes: Vec<Process>) -> Result<Workload, Error> {
        if processes.is_empty() {
            return Err(Error::Empty);
        }
        if processes.len() > MAX_PROCESSES {
            return Err(Error::Processes { asked: processes.len() as u64 });
        }
        let references: usize = processes.iter().map(|process| process.references.len()).sum();
        if references > MAX_REFERENCES { Err(Error::TooLong) } else { Ok(Workload { processes }) }
    }

    /// Reads a workload.
    ///
    /// # Errors
    /// [`Error::Workload`] at the first place that is wrong, and as [`Workload::new`].
    pub fn parse(text: &[u8]) -> Result<Workload, Error> {
        let mut strings = Strings::default();
        for line in text::lines(text)? {
            strings.read(line)?;
        }
        strings.finish()
    }

    /// Generates a workload.
    ///
    /// # Errors
    /// [`Error::Locality`] for a number out of bounds, and as [`Workload::new`].
    pub fn generate(locality: &Locality) -> Result<Workload, Error> {
        locality.check()?;
        let one = |number| {
            let references = References::new(locality.string(number))?;
            Ok(Process { name: format!("p{}", number + 1), references })
        };
        Workload::new((0..locality.processes).map(one).collect::<Result<_, Error>>()?)
    }

    /// The processes in order of arrival.
    pub fn processes(&self) -> &[Process] {
        &self.processes
    }

    /// References of all processes together.
    pub fn references(&self) -> u64 {
        self.processes.iter().map(|process| process.references.len() as u64).sum()
    }
}

impl Locality {
    fn check(&self) -> Result<(), Error> {
        let most_references = MAX_REFERENCES as u64;
        let bounds = [
            ("processes", self.processes, 1, MAX_PROCESSES as u64),
            ("references", self.references, 1, most_references),
            ("pages", self.pages, 1, most_references),
            ("set_pages", self.set_pages, 1, u64::from(self.pages)),
            ("phase_references", self.phase_references, 1, most_references),
            ("write_percent", self.write_percent, 0, 100),
        ];
        for (parameter, value, least, most) in bounds {
            let value = u64::from(value);
            if !(least..=most).contains(&value) {
                return Err(Error::Locality { parameter, value, least, most });
            }
        }
        let all = u64::from(self.processes) * u64::from(self.references);
        if all > most_references { Err(Error::TooLong) } else { Ok(()) }
    }

    fn string(self, number: u32) -> impl Iterator<Item = (u64, bool)> {
        let mut chance = SplitMix64::new(mix(self.seed.wrapping_add(u64::from(number))));
        let start = u64::from(chance.below(self.pages));
        (0..self.references).map(move |at| {
            let base = start + u64::from(at / self.phase_references);
            let page = base + u64::from(chance.below(self.set_pages));
            let write = chance.below(100) < self.write_percent;
            (page % u64::from(self.pages), write)
        })
    }
}

/// Strings while they are read.
#[derive(Default)]
struct Strings<'a> {
    numbers: HashMap<String, usize>,
    names: Vec<(String, Word<'a>)>,
    strings: Vec<Vec<(u64, bool)>>,
    references: usize,
}

impl<'a> Strings<'a> {
    fn read(&mut self, mut line: Line<'a>) -> Result<(), Error> {
        let first = line.word("a process")?;
        let (name, page) = first.split_at_colon();
        let Some(name) = name else {
            let pid = first.number("number of a process", 0, MAX_PAGE)?;
            let process = self.process(format!("p{pid}"), first)?;
            let page = line.word("the number of a page")?;
            self.push(process, page)?;
            return Ok(line.finish()?);
        };
        let process = self.process(checked(name)?, name)?;
        if !page.text.is_empty() {
            self.push(process, page)?;
        }
        while let Some(page) = line.next() {
            self.push(process, page)?;
        }
        Ok(())
    }

    fn process(&mut self, name: String, word: Word<'a>) -> Result<usize, Error> {
        if let Some(&number) = self.numbers.get(&name) {
            return Ok(number);
        }
        let number = self.names.len();
        if number == MAX_PROCESSES {
            return Err(word
                .error(format!("more than {MAX_PROCESSES} processes: take fewer"))
                .into());
        }
        self.numbers.insert(name.clone(), number);
        self.names.push((name, word));
        self.strings.push(Vec::new());
        Ok(number)
    }

    fn push(&mut self, process: usize, word: Word<'_>) -> Result<(), Error> {
        let digits = word.text.strip_suffix(['w', 'W']);
        let number = word.with(digits.unwrap_or(word.text));
        let page = number.number(
            "number of a page, with `w` behind it where it is written",
            0,
            MAX_PAGE,
        )?;
        self.references += 1;
        if self.references > MAX_REFERENCES {
            return Err(Error::TooLong);
        }
        self.strings[process].push((page, digits.is_some()));
        Ok(())
    }

    fn finish(self) -> Result<Workload, Error> {
        let all = self.names.into_iter().zip(self.strings);
        let process = |((name, word), string): ((String, Word<'_>), Vec<_>)| {
            if string.is_empty() {
                let problem =
                    format!("process `{name}` has no reference: write its pages behind the colon");
                return Err(word.error(problem).into());
            }
            Ok(Process { name, references: References::new(string)? })
        };
        Workload::new(all.map(process).collect::<Result<_, Error>>()?)
    }
}

fn checked(word: Word<'_>) -> Result<String, TextError> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let fits = (1..=24).contains(&word.text.len()) && word.text.chars().all(allowed);
    if fits {
        return Ok(word.text.to_owned());
    }
    let rule = "write up to 24 letters, digits, `-`, `_` or `.` before the colon";
    Err(word.error(format!("`{}` is no name of a process: {rule}", word.shown())))
}
