//! What processes do: the lab's small language.
//!
//! ```text
//! arrive p1 code=100 data=200 heap=50 stack=64   # each segment goes into a hole, or the process is refused
//! grow p1 heap 100                               # data and heap grow up, stack down
//! access p1 heap 30 write                        # read where nothing is said, of code fetch
//! access p1 stack -8                             # a stack's offsets count down from its top
//! swap-out p1                                    # to the swap area, whole
//! swap-in p1                                     # back into memory, wherever there is room
//! compact                                        # all segments slide to the low end
//! end p1
//! ```
//!
//! A name is up to 24 letters, digits, `-`, `_` or `.`; sizes may end in k, m or g. A name may arrive again after its end,
//! and after it was refused.

use super::MAX_EVENTS;
use super::error::Error;
use crate::processes::TextError;
use crate::processes::text::{self, Line, Word, did_you_mean};
use crate::segments::text::{either, size};
use crate::segments::{Kind, MAX_BYTES};
use crate::translate::Access;

const VERBS: [&str; 7] = ["arrive", "grow", "access", "swap-out", "swap-in", "end", "compact"];

const ACCESSES: [(&str, Access); 3] =
    [("read", Access::Read), ("write", Access::Write), ("fetch", Access::Execute)];

/// Where a word of the script stands, for errors that are found while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The byte in the line, from 1.
    pub column: usize,
}

impl Place {
    fn of(word: Word<'_>) -> Place {
        let (line, column) = word.place();
        Place { line, column }
    }

    /// An error there.
    pub(super) fn error(self, problem: String) -> TextError {
        TextError { line: self.line, column: self.column, problem }
    }
}

/// A segment as an event names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// What it holds.
    pub kind: Kind,
    /// Its size, or how much it grows, at least 1.
    pub bytes: u64,
    /// Where it is named.
    pub place: Place,
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A process begins, with these segments; each kind at most once.
    Arrive(Vec<Part>),
    /// A segment is to be larger.
    Grow(Part),
    /// An access to a segment.
    Access {
        /// Which segment.
        kind: Kind,
        /// Where in it; negative in the stack.
        offset: i64,
        /// What is done there.
        access: Access,
        /// Where the segment is named.
        place: Place,
    },
    /// The process leaves memory for the swap area.
    SwapOut,
    /// It comes back.
    SwapIn,
    /// It is done.
    End,
    /// All segments slide to the low end of memory.
    Compact,
}

/// One event of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Whose; empty for a compaction, which is nobody's.
    pub process: String,
    /// What.
    pub action: Action,
    /// Where the process is named, or the compaction.
    pub place: Place,
}

/// Events in order. Whether a process is there when an event names it, only the simulation can say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    events: Vec<Event>,
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// [`Error::Script`] at the first place that is wrong, [`Error::Empty`], [`Error::TooLong`].
    pub fn parse(text: &[u8]) -> Result<Script, Error> {
        let mut script = Script::default();
        for line in text::lines(text)? {
            script.push(event(line)?)?;
        }
        script.filled()
    }

    /// The script of `--sizes 100,200`: a process a size arrives, `s0`, `s1`, …, with one segment of data.
    ///
    /// # Errors
    /// As [`Script::parse`].
    pub fn sizes(text: &[u8]) -> Result<Script, Error> {
        let mut script = Script::default();
        for mut line in text::lines(text)? {
            while let Some(word) = line.next() {
                let bytes = size(word, "size in bytes", 1, MAX_BYTES)?;
                let place = Place::of(word);
                let part = Part { kind: Kind::Data, bytes, place };
                let process = format!("s{}", script.events.len());
                script.push(Event { process, action: Action::Arrive(vec![part]), place })?;
            }
        }
        script.filled()
    }

    /// The events in order.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    fn filled(self) -> Result<Script, Error> {
        if self.events.is_empty() { Err(Error::Empty) } else { Ok(self) }
    }

    fn push(&mut self, event: Event) -> Result<(), Error> {
        if self.events.len() >= MAX_EVENTS {
            return Err(Error::TooLong);
        }
        self.events.push(event);
        Ok(())
    }
}

impl Event {
    /// Its first word.
    pub fn verb(&self) -> &'static str {
        match self.action {
            Action::Arrive(_) => "arrive",
            Action::Grow(_) => "grow",
            Action::Access { .. } => "access",
            Action::SwapOut => "swap-out",
            Action::SwapIn => "swap-in",
            Action::End => "end",
            Action::Compact => "compact",
        }
    }

    /// The event as the script writes it.
    pub fn line(&self) -> String {
        let begin = format!("{} {}", self.verb(), self.process);
        match &self.action {
            Action::Arrive(parts) => {
                let word = |part: &Part| format!(" {}={}", part.kind, part.bytes);
                begin + &parts.iter().map(word).collect::<String>()
            }
            Action::Grow(part) => format!("{begin} {} {}", part.kind, part.bytes),
            Action::Access { kind, offset, access, .. } => {
                let name = ACCESSES.iter().find(|(_, known)| known == access);
                format!("{begin} {kind} {offset} {}", name.map_or("", |(name, _)| name))
            }
            Action::SwapOut | Action::SwapIn | Action::End | Action::Compact => {
                begin.trim_end().to_owned()
            }
        }
    }
}

fn event(mut line: Line<'_>) -> Result<Event, TextError> {
    let verb = line.word("an event")?;
    if !VERBS.contains(&verb.text) {
        let (shown, nearest) = (verb.shown(), did_you_mean(verb.text, VERBS.into_iter()));
        let rule = format!("write {}", either(&VERBS));
        return Err(verb.error(format!("`{shown}` is no event: {rule}{nearest}")));
    }
    let mut event =
        Event { process: String::new(), action: Action::Compact, place: Place::of(verb) };
    if verb.text != "compact" {
        let name = name(line.word("the name of a process")?)?;
        (event.process, event.place) = (name.text.to_owned(), Place::of(name));
    }
    event.action = match verb.text {
        "arrive" => Action::Arrive(parts(&mut line)?),
        "grow" => Action::Grow(growth(&mut line)?),
        "access" => access(&mut line)?,
        "swap-out" => Action::SwapOut,
        "swap-in" => Action::SwapIn,
        "end" => Action::End,
        _ => Action::Compact,
    };
    line.finish()?;
    Ok(event)
}

/// `code=100 data=200`, at least one.
fn parts(line: &mut Line<'_>) -> Result<Vec<Part>, TextError> {
    let mut parts: Vec<Part> = Vec::new();
    let mut word = line.word("a segment with its size, as in `code=100`")?;
    loop {
        let Some(at) = word.text.find('=') else {
            let (shown, rule) =
                (word.shown(), "write what it holds and its size, as in `code=100`");
            return Err(word.error(format!("`{shown}` is no segment: {rule}")));
        };
        let kind = kind(word.part(0..at))?;
        if parts.iter().any(|part| part.kind == kind) {
            return Err(word.error(format!("the process has its {kind} already: give it once")));
        }
        let bytes = size(word.part(at + 1..word.text.len()), "size in bytes", 1, MAX_BYTES)?;
        parts.push(Part { kind, bytes, place: Place::of(word) });
        match line.next() {
            Some(next) => word = next,
            None => return Ok(parts),
        }
    }
}

fn growth(line: &mut Line<'_>) -> Result<Part, TextError> {
    let word = line.word("the segment that grows: data, heap or stack")?;
    let kind = kind(word)?;
    if kind == Kind::Code {
        return Err(word.error("code does not grow: write data, heap or stack"));
    }
    let bytes = size(line.word("by how many bytes")?, "growth in bytes", 1, MAX_BYTES)?;
    Ok(Part { kind, bytes, place: Place::of(word) })
}

fn access(line: &mut Line<'_>) -> Result<Action, TextError> {
    let named = line.word("a segment: code, data, heap or stack")?;
    let (kind, place) = (kind(named)?, Place::of(named));
    let word = line.word("the offset")?;
    let below = word.text.starts_with('-');
    if below != (kind == Kind::Stack) {
        let rule = match kind {
            Kind::Stack => "a stack's offsets count down from its top, as in -8",
            _ => "only the stack's offsets are negative",
        };
        return Err(word.error(format!("`{}` is no offset in the {kind}: {rule}", word.shown())));
    }
    let digits = word.part(usize::from(below)..word.text.len());
    let bytes = size(digits, "offset", u64::from(below), MAX_BYTES)?;
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    let access = line.next().map_or(Ok(kind.usual_access()), |word| {
        let found = ACCESSES.iter().find(|(name, _)| *name == word.text);
        found.map(|&(_, access)| access).ok_or_else(|| {
            let nearest = did_you_mean(word.text, ACCESSES.iter().map(|&(name, _)| name));
            let rule = "write read, write or fetch";
            word.error(format!("`{}` is no access: {rule}{nearest}", word.shown()))
        })
    })?;
    Ok(Action::Access { kind, offset: if below { -bytes } else { bytes }, access, place })
}

fn kind(word: Word<'_>) -> Result<Kind, TextError> {
    Kind::parse(word.text).ok_or_else(|| {
        let names = Kind::ALL.map(Kind::name);
        let nearest = did_you_mean(word.text, names.into_iter());
        let rule = format!("write {}", either(&names));
        word.error(format!("`{}` is no segment: {rule}{nearest}", word.shown()))
    })
}

fn name(word: Word<'_>) -> Result<Word<'_>, TextError> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if word.text.len() <= 24 && word.text.chars().all(allowed) {
        return Ok(word);
    }
    let rule = "write up to 24 letters, digits, `-`, `_` or `.`";
    Err(word.error(format!("`{}` is no name: {rule}", word.shown())))
}
