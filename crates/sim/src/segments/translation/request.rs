//! Tables and requests as people write them.
//!
//! ```text
//! 0:219/600  1:2300/14           # number:base/limit; without numbers, as in 219/600 2300/14, they count from 0
//! 0:32k/2k/code/rx/shared        # then, in any order: code data heap stack, letters of rwx, shared, absent
//! 3:28k/2k/stack/down            # down as in OSTEP, expand-down as in Intel's manual
//! 0:5+-+7/2500                   # paged: the frame of each page, - for one that is not in memory
//!
//! 0:430  (0, 430)  stack:-20     # segment and offset; a kind names its segment implicitly
//! 4500                           # an address whose top bits are the segment
//! 0:430/w                        # a write; r reads, which is the rule, and x fetches an instruction
//! ```
//!
//! Numbers are decimal or after `0x` hexadecimal, sizes may end in k, m or g. Commas, spaces and new lines separate.

use super::error::Error;
use super::table::{Growth, Location, Segment, Shape, Table};
use super::{MAX_FRAMES, MAX_NUMBER, MAX_REQUESTS};
use crate::processes::TextError;
use crate::processes::text::{self, Line, Word, did_you_mean};
use crate::segments::text::{either, size};
use crate::segments::{Kind, MAX_BYTES, Protection};
use crate::translate::Access;

const FLAGS: [&str; 9] =
    ["code", "data", "heap", "stack", "up", "down", "expand-down", "shared", "absent"];

const ACCESSES: [(&str, Access); 6] = [
    ("r", Access::Read),
    ("w", Access::Write),
    ("x", Access::Execute),
    ("read", Access::Read),
    ("write", Access::Write),
    ("fetch", Access::Execute),
];

/// How a request names its segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selector {
    /// By its number, beside the offset.
    Number(u64),
    /// Implicitly: by what the address is used for.
    Kind(Kind),
    /// Explicitly: by the top bits of the address. In a table of one segment, by nothing at all.
    TopBits,
}

/// An address to translate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// Which segment.
    pub selector: Selector,
    /// The offset in it in bytes; the whole address for [`Selector::TopBits`]. Negative below the base of a segment that
    /// grows down.
    pub offset: i64,
    /// What is to be done there.
    pub access: Access,
}

impl Table {
    /// Reads a table.
    ///
    /// # Errors
    /// [`Error::Text`] at the first place that is wrong, [`Error::Empty`], and what [`Table::new`] refuses.
    pub fn parse(text: &[u8], shape: Shape) -> Result<Table, Error> {
        let mut table = Table::new(shape)?;
        for mut line in text::lines(text)? {
            while let Some(word) = line.next() {
                let segment = segment(word, &table)?;
                table.push(segment).map_err(|error| word.error(error.to_string()))?;
            }
        }
        if table.segments().is_empty() { Err(Error::Empty) } else { Ok(table) }
    }

    /// Reads requests to this table.
    ///
    /// # Errors
    /// [`Error::Text`] at the first place that is wrong, [`Error::NoRequest`], [`Error::TooManyRequests`].
    pub fn requests(&self, text: &[u8]) -> Result<Vec<Request>, Error> {
        let mut requests = Vec::new();
        for mut line in text::lines(text)? {
            while let Some(word) = line.next() {
                if requests.len() >= MAX_REQUESTS {
                    return Err(Error::TooManyRequests);
                }
                let request = request(word, &mut line)?;
                self.check(request).map_err(|error| word.error(error.to_string()))?;
                requests.push(request);
            }
        }
        if requests.is_empty() { Err(Error::NoRequest) } else { Ok(requests) }
    }

    /// Whether a request can be asked at all. That it is in range is for the translation to find.
    pub(crate) fn check(&self, request: Request) -> Result<(), Error> {
        let Request { selector, offset, .. } = request;
        let split = self.shape().split;
        if offset.unsigned_abs() > MAX_BYTES {
            return Err(Error::Huge { offset });
        }
        let segment = match selector {
            Selector::Number(number) => self.find(number),
            Selector::Kind(kind) => Some(self.of_kind(kind).ok_or(Error::NoKind { kind })?),
            Selector::TopBits if offset < 0 => return Err(Error::Negative { offset }),
            Selector::TopBits => match (split, self.segments()) {
                (Some(_), _) => None,
                (None, [only]) => Some(only),
                (None, _) => return Err(Error::NoSegment { address: offset }),
            },
        };
        let growth = segment.map_or(Growth::Up, |segment| segment.growth);
        if let Some(segment) = segment
            && growth == Growth::Down
            && split.is_none()
            && offset >= 0
        {
            return Err(Error::NoLargest { number: segment.number, offset });
        }
        if offset < 0 && growth != Growth::Down {
            return Err(Error::Negative { offset });
        }
        Ok(())
    }
}

fn segment(word: Word<'_>, table: &Table) -> Result<Segment, TextError> {
    let mut parts = parts(word, '/');
    let first = parts.next().unwrap_or(word);
    let (number, place) = first.split_at_colon();
    let number = match number {
        Some(number) => number.number("segment number", 0, MAX_NUMBER)?,
        None => table.segments().iter().map(|segment| segment.number + 1).max().unwrap_or(0),
    };
    let Some(limit) = parts.next() else {
        let (shown, rule) = (word.shown(), "write `number:base/limit`, as in `0:219/600`");
        return Err(word.error(format!("`{shown}` has no limit: {rule}")));
    };
    let mut segment = Segment::new(number, 0, size(limit, "limit in bytes", 0, MAX_BYTES)?);
    segment.location = match table.shape().page_bytes {
        None => Location::Whole { base: size(place, "base", 0, MAX_BYTES)? },
        Some(_) => Location::Paged { frames: frames(place)? },
    };
    parts.try_for_each(|part| flag(part, &mut segment))?;
    Ok(segment)
}

fn frames(word: Word<'_>) -> Result<Vec<Option<u64>>, TextError> {
    if word.text.is_empty() {
        return Ok(Vec::new());
    }
    let frame = |part: Word<'_>| match part.text {
        "-" => Ok(None),
        _ => part.number("frame number", 0, MAX_FRAMES - 1).map(Some),
    };
    parts(word, '+').map(frame).collect()
}

fn flag(word: Word<'_>, segment: &mut Segment) -> Result<(), TextError> {
    if let Some(kind) = Kind::parse(word.text) {
        segment.kind = Some(kind);
    } else if let Some(protection) = Protection::parse(word.text) {
        segment.protection = protection;
    } else {
        match word.text {
            "up" => segment.growth = Growth::Up,
            "down" => segment.growth = Growth::Down,
            "expand-down" => segment.growth = Growth::ExpandDown,
            "shared" => segment.shared = true,
            "absent" => segment.present = false,
            other => {
                let (shown, nearest) = (word.shown(), did_you_mean(other, FLAGS.into_iter()));
                let rule = format!("write {}, or letters of rwx", either(&FLAGS));
                return Err(
                    word.error(format!("`{shown}` is nothing a segment is: {rule}{nearest}"))
                );
            }
        }
    }
    Ok(())
}

fn request(word: Word<'_>, line: &mut Line<'_>) -> Result<Request, TextError> {
    if word.text.starts_with('(') {
        return pair(word, line);
    }
    let at = word.text.find('/').unwrap_or(word.text.len());
    let (segment, number) = word.part(0..at).split_at_colon();
    let selector = match segment {
        Some(segment) => selector(segment)?,
        None => Selector::TopBits,
    };
    Ok(Request { selector, offset: offset(number)?, access: access(word, at, selector)? })
}

/// `(0, 430)`: two words, since the comma separates.
fn pair(word: Word<'_>, line: &mut Line<'_>) -> Result<Request, TextError> {
    let selector = selector(word.part(1..word.text.len()))?;
    let second = line.word("the offset, as in `(0, 430)`")?;
    let Some(at) = second.text.find(')') else {
        let shown = second.shown();
        return Err(second.error(format!("`)` is missing after `{shown}`: write `(0, 430)`")));
    };
    let offset = offset(second.part(0..at))?;
    Ok(Request { selector, offset, access: access(second, at + 1, selector)? })
}

fn selector(word: Word<'_>) -> Result<Selector, TextError> {
    if let Some(kind) = Kind::parse(word.text) {
        return Ok(Selector::Kind(kind));
    }
    let is_word = word.text.starts_with(|c: char| c.is_alphabetic());
    if is_word || word.text.is_empty() {
        let names = Kind::ALL.map(Kind::name);
        let (shown, nearest) = (word.shown(), did_you_mean(word.text, names.into_iter()));
        let rule = format!("write its number, or {}", either(&names));
        return Err(word.error(format!("`{shown}` names no segment: {rule}{nearest}")));
    }
    word.number("segment number", 0, MAX_NUMBER).map(Selector::Number)
}

fn offset(word: Word<'_>) -> Result<i64, TextError> {
    let below = word.text.starts_with('-');
    let digits = word.part(usize::from(below)..word.text.len());
    let bytes = i64::try_from(size(digits, "offset", 0, MAX_BYTES)?).unwrap_or(i64::MAX);
    Ok(if below { -bytes } else { bytes })
}

/// What follows from a byte on: nothing, or a slash and what is to be done.
fn access(word: Word<'_>, at: usize, selector: Selector) -> Result<Access, TextError> {
    let rest = word.part(at..word.text.len());
    if rest.text.is_empty() {
        return Ok(match selector {
            Selector::Kind(kind) => kind.usual_access(),
            Selector::Number(_) | Selector::TopBits => Access::Read,
        });
    }
    let asked = rest.text.strip_prefix('/').unwrap_or("");
    let found = ACCESSES.iter().find(|(name, _)| *name == asked);
    found.map(|&(_, access)| access).ok_or_else(|| {
        let nearest = did_you_mean(asked, ACCESSES.iter().map(|&(name, _)| name));
        let (shown, rule) = (rest.shown(), "write `/r`, `/w` or `/x`, or nothing");
        rest.error(format!("`{shown}` is no access: {rule}{nearest}"))
    })
}

/// The parts of a word between a separator, one after the other.
fn parts(word: Word<'_>, separator: char) -> impl Iterator<Item = Word<'_>> {
    let mut at = 0;
    word.text.split(separator).map(move |part| {
        let begin = at;
        at += part.len() + separator.len_utf8();
        word.part(begin..begin + part.len())
    })
}
