//! Mappings and accesses as a small language: what a lab or `ramscope sim translate` is given.
//!
//! ```text
//! space a              # go on in the address space a, which begins empty; a script begins in one called main
//! map 0x12 5 rw        # page 0x12 in frame 5; r read, w write, x execute, k only for privileged code
//! map 0x13 any rwx     # in the lowest free frame
//! share 0x14 6 rw      # as map, but it stays shared and writable when the space forks
//! swap 0x15 2 rw       # valid, not present: in slot 2 of the swap area
//! huge 1 0x200 512 rw  # a huge page, its entry one level above the last
//! unmap 0x12
//! fork b               # b is a copy of the space, by copy on write
//! read 0x12004         # an access; also write, fetch; with the word kernel for privileged code
//! ```

use serde::Serialize;

use super::error::Error;
use super::format::Flags;
use super::scheme::Scheme;
use super::system::{Mapping, Outcome, SpaceId, System, Target};
use super::walk::{Access, Request};
use super::{MAX_EVENTS, MAX_LEVELS};
use crate::processes::text::{self, Line, TextError, Word, did_you_mean};

const VERBS: [&str; 10] =
    ["space", "map", "share", "swap", "huge", "unmap", "fork", "read", "write", "fetch"];

/// A script that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Each event with its line, from 1.
    pub(super) events: Vec<(usize, Event)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    Space(String),
    Map(Mapping),
    Unmap(u64),
    Fork(String),
    Access(Request),
}

/// What came of one access of a script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its number among the accesses, from 1.
    pub index: u64,
    /// The address space.
    pub space: String,
    /// The walks.
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// [`Error::Script`] at the first place that is wrong, [`Error::Empty`], [`Error::TooLong`].
    pub fn parse(text: &[u8]) -> Result<Script, Error> {
        let mut events = Vec::new();
        for line in text::lines(text)? {
            if events.len() >= MAX_EVENTS {
                return Err(Error::TooLong);
            }
            events.push((line.number(), event(line)?));
        }
        if events.is_empty() { Err(Error::Empty) } else { Ok(Script { events }) }
    }
}

/// Makes the mappings and the accesses of a script, and returns the steps and the system as it is at the end.
///
/// # Errors
/// What [`System`] refuses, as [`Error::Script`] at its line.
pub fn replay(scheme: &Scheme, script: &Script) -> Result<(Vec<Step>, System), Error> {
    let mut system = System::new(scheme.clone());
    let mut spaces = vec![("main".to_owned(), system.space()?)];
    let mut current = 0;
    let mut steps = Vec::new();
    for (line, event) in &script.events {
        let at = |error: Error| {
            Error::Script(TextError { line: *line, column: 1, problem: error.to_string() })
        };
        match event {
            Event::Space(name) => match spaces.iter().position(|(known, _)| known == name) {
                Some(known) => current = known,
                None => {
                    spaces.push((name.clone(), system.space().map_err(at)?));
                    current = spaces.len() - 1;
                }
            },
            Event::Fork(name) => fork(&mut system, &mut spaces, current, name).map_err(at)?,
            Event::Map(mapping) => system.map(spaces[current].1, *mapping).map_err(at)?,
            Event::Unmap(page) => system.unmap(spaces[current].1, *page).map_err(at)?,
            Event::Access(request) => {
                let (space, id) = &spaces[current];
                let outcome = system.access(*id, *request).map_err(at)?;
                let index = steps.len() as u64 + 1;
                steps.push(Step { index, space: space.clone(), outcome });
            }
        }
    }
    Ok((steps, system))
}

/// A fork takes the place of a space that had the name before.
fn fork(
    system: &mut System,
    spaces: &mut Vec<(String, SpaceId)>,
    current: usize,
    name: &str,
) -> Result<(), Error> {
    let child = system.fork(spaces[current].1)?;
    match spaces.iter().position(|(known, _)| known == name) {
        Some(known) if known != current => spaces[known].1 = child,
        _ => spaces.push((name.to_owned(), child)),
    }
    Ok(())
}

fn event(mut line: Line<'_>) -> Result<Event, TextError> {
    let verb = line.word("an event")?;
    let event = match verb.text {
        "space" => Event::Space(name(line.word("the name of an address space")?)?),
        "fork" => Event::Fork(name(line.word("the name of the copy")?)?),
        "unmap" => Event::Unmap(number(&mut line, "page number")?),
        "map" | "share" | "swap" => Event::Map(mapping(verb.text, &mut line, 0)?),
        "huge" => {
            let most = MAX_LEVELS as u64 - 1;
            let levels = line.word("how many levels above the last, as in `huge 1 0x200 512`")?;
            let levels = levels.number("number of levels above the last", 1, most)?;
            Event::Map(mapping("map", &mut line, usize::try_from(levels).unwrap_or(1))?)
        }
        "read" => Event::Access(request(&mut line, Access::Read)?),
        "write" => Event::Access(request(&mut line, Access::Write)?),
        "fetch" => Event::Access(request(&mut line, Access::Execute)?),
        other => {
            let nearest = did_you_mean(other, VERBS.into_iter());
            let (found, verbs) = (verb.shown(), VERBS.join(", "));
            return Err(verb.error(format!("`{found}` is no event: write one of {verbs}{nearest}")));
        }
    };
    line.finish()?;
    Ok(event)
}

fn mapping(verb: &str, line: &mut Line<'_>, huge: usize) -> Result<Mapping, TextError> {
    let page = number(line, "page number")?;
    let place = line.word(if verb == "swap" { "a swap slot" } else { "a frame, or `any`" })?;
    let target = match (verb, place.text) {
        ("map", "any") => Target::Any,
        ("map", _) => Target::Frame(place.number("frame number", 0, u64::MAX)?),
        ("share", _) => Target::Shared(place.number("frame number", 0, u64::MAX)?),
        _ => Target::Swap(place.number("swap slot", 0, u64::from(u32::MAX) >> 12)?),
    };
    let flags = match line.next() {
        None => Flags::READ,
        Some(word) => Flags::parse(word.text).ok_or_else(|| {
            let rule = "take letters from r, w, x and k";
            word.error(format!("`{}` is no protection: {rule}", word.shown()))
        })?,
    };
    Ok(Mapping { page, target, flags, huge })
}

fn request(line: &mut Line<'_>, access: Access) -> Result<Request, TextError> {
    let address = number(line, "address")?;
    let privileged = match line.next() {
        None => false,
        Some(word) if word.text == "kernel" => true,
        Some(word) => {
            let rule = "write `kernel` for privileged code, or nothing";
            return Err(word.error(format!("`{}` is not known here: {rule}", word.shown())));
        }
    };
    Ok(Request { address, access, privileged })
}

fn number(line: &mut Line<'_>, what: &str) -> Result<u64, TextError> {
    line.word(&format!("the {what}"))?.number(what, 0, u64::MAX)
}

fn name(word: Word<'_>) -> Result<String, TextError> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if word.text.len() <= 24 && word.text.chars().all(allowed) {
        return Ok(word.text.to_owned());
    }
    let rule = "write up to 24 letters, digits, `-`, `_` or `.`";
    Err(word.error(format!("`{}` is no name: {rule}", word.shown())))
}
