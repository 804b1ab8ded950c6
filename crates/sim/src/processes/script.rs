//! What processes do: the lab's small language.
//!
//! ```text
//! arrive p1 3     # p1 begins, with the pages 0, 1 and 2; none is in memory yet
//! touch p1 2      # p1 reads its page 2
//! write p1 0      # p1 writes its page 0
//! end p1          # p1 is done: its frames and its swap slots are free
//! ```
//!
//! A name is up to 24 letters, digits, `-`, `_` or `.`. A name may arrive again after its end, as a new process.

use std::collections::HashMap;

use super::error::Error;
use super::text::{self, Line, TextError, Word, did_you_mean};
use super::{MAX_EVENTS, MAX_PAGES, MAX_PROCESSES};

/// A process: its rank in order of arrival, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcessId(pub(crate) u32);

/// A page of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Page {
    /// The process.
    pub process: ProcessId,
    /// The page's number in its address space, from 0.
    pub number: u32,
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It begins.
    Arrive,
    /// It reads a page.
    Touch(u32),
    /// It writes a page.
    Write(u32),
    /// It is done.
    End,
}

/// One event of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Whose.
    pub process: ProcessId,
    /// What.
    pub action: Action,
}

/// A process of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// What the script calls it.
    pub name: String,
    /// The size of its address space in pages, at least 1.
    pub pages: u32,
    /// The rank of its page 0 among the pages of all processes, in order of arrival.
    first: u32,
}

/// Events in order, in which a process only acts between its arrival and its end, and only on pages it has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    events: Vec<Event>,
    processes: Vec<Process>,
    pages: u32,
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// [`Error::Script`] at the first place that is wrong, [`Error::Empty`], [`Error::TooLong`], [`Error::TooLarge`].
    pub fn parse(text: &[u8]) -> Result<Script, Error> {
        let mut script = Script::default();
        let mut living = HashMap::new();
        for line in text::lines(text)? {
            script.read(line, &mut living)?;
        }
        if script.events.is_empty() { Err(Error::Empty) } else { Ok(script) }
    }

    /// The script of `--processes`: `p1`, `p2`, … arrive one after the other with one page each, and write it.
    ///
    /// # Errors
    /// [`Error::Processes`] outside `1..=`[`MAX_PROCESSES`].
    pub fn arrivals(processes: u64) -> Result<Script, Error> {
        if processes == 0 || processes > MAX_PROCESSES {
            return Err(Error::Processes { asked: processes });
        }
        let mut script = Script::default();
        for number in 1..=processes {
            let process = script.arrive(&format!("p{number}"), 1)?;
            script.push(process, Action::Write(0))?;
        }
        Ok(script)
    }

    /// The events in order.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The processes in order of arrival.
    pub fn processes(&self) -> &[Process] {
        &self.processes
    }

    /// A process.
    pub fn process(&self, id: ProcessId) -> &Process {
        &self.processes[id.0 as usize]
    }

    /// A page as sentences call it: `p1:2`.
    pub fn label(&self, page: Page) -> String {
        format!("{}:{}", self.process(page.process).name, page.number)
    }

    /// An event as the script writes it.
    pub fn line(&self, event: Event) -> String {
        let process = self.process(event.process);
        let name = &process.name;
        match event.action {
            Action::Arrive => format!("arrive {name} {}", process.pages),
            Action::Touch(page) => format!("touch {name} {page}"),
            Action::Write(page) => format!("write {name} {page}"),
            Action::End => format!("end {name}"),
        }
    }

    /// The rank of a page among those of all processes.
    pub(crate) fn rank(&self, page: Page) -> u32 {
        self.process(page.process).first + page.number
    }

    /// The page of a rank.
    pub(crate) fn page(&self, rank: u32) -> Option<Page> {
        let after = self.processes.partition_point(|process| process.first <= rank);
        let process = u32::try_from(after.checked_sub(1)?).ok()?;
        let number = rank - self.processes[process as usize].first;
        let within = number < self.processes[process as usize].pages;
        within.then_some(Page { process: ProcessId(process), number })
    }

    fn read<'a>(
        &mut self,
        mut line: Line<'a>,
        living: &mut HashMap<&'a str, ProcessId>,
    ) -> Result<(), Error> {
        let verb = line.word("an event")?;
        match verb.text {
            "arrive" => {
                let name = new_name(line.word("the name of a process")?, living)?;
                let size = line.word("its size in pages, as in `arrive p1 3`")?;
                let pages = page_number(size, "size in pages", 1, MAX_PAGES)?;
                line.finish()?;
                living.insert(name, self.arrive(name, pages)?);
            }
            "touch" | "write" => {
                let process = who(line.word("the name of a process")?, living)?;
                let page = line.word("the number of a page")?;
                let page = self.page_of(process, page)?;
                line.finish()?;
                let action = if verb.text == "write" { Action::Write } else { Action::Touch };
                self.push(process, action(page))?;
            }
            "end" => {
                let name = line.word("the name of a process")?;
                let process = who(name, living)?;
                line.finish()?;
                living.remove(name.text);
                self.push(process, Action::End)?;
            }
            other => {
                let nearest = did_you_mean(other, ["arrive", "touch", "write", "end"].into_iter());
                let found = verb.shown();
                let verbs = "write arrive, touch, write or end";
                return Err(verb.error(format!("`{found}` is no event: {verbs}{nearest}")).into());
            }
        }
        Ok(())
    }

    fn arrive(&mut self, name: &str, pages: u32) -> Result<ProcessId, Error> {
        let first = self.pages;
        self.pages = first.saturating_add(pages);
        if self.pages > MAX_PAGES {
            return Err(Error::TooLarge);
        }
        let process = ProcessId(u32::try_from(self.processes.len()).map_err(|_| Error::TooLong)?);
        self.processes.push(Process { name: name.to_owned(), pages, first });
        self.push(process, Action::Arrive)?;
        Ok(process)
    }

    fn push(&mut self, process: ProcessId, action: Action) -> Result<(), Error> {
        if self.events.len() >= MAX_EVENTS {
            return Err(Error::TooLong);
        }
        self.events.push(Event { process, action });
        Ok(())
    }

    fn page_of(&self, process: ProcessId, word: Word<'_>) -> Result<u32, TextError> {
        let Process { name, pages, .. } = self.process(process);
        page_number(word, &format!("page of {name}, which has {pages}"), 0, pages - 1)
    }
}

fn page_number(word: Word<'_>, what: &str, least: u32, most: u32) -> Result<u32, TextError> {
    let number = word.number(what, u64::from(least), u64::from(most))?;
    Ok(u32::try_from(number).unwrap_or(most))
}

fn new_name<'a>(word: Word<'a>, living: &HashMap<&str, ProcessId>) -> Result<&'a str, TextError> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if word.text.len() > 24 || !word.text.chars().all(allowed) {
        let rule = "write up to 24 letters, digits, `-`, `_` or `.`";
        return Err(word.error(format!("`{}` is no name: {rule}", word.shown())));
    }
    if living.contains_key(word.text) {
        let act = "end it first, or take another name";
        return Err(word.error(format!("process `{}` has arrived already: {act}", word.text)));
    }
    Ok(word.text)
}

fn who(word: Word<'_>, living: &HashMap<&str, ProcessId>) -> Result<ProcessId, TextError> {
    living.get(word.text).copied().ok_or_else(|| {
        let mut names: Vec<&str> = living.keys().copied().collect();
        names.sort_unstable();
        let nearest = did_you_mean(word.text, names.into_iter());
        let shown = word.shown();
        word.error(format!("no process `{shown}` is there: it must arrive first{nearest}"))
    })
}
