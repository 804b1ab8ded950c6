//! The forms of one reference, or a few, a line.

use super::lackey::lackey_accesses;
use super::line::{Line, Refusal, Word, decimal, hexadecimal, lines, shown};
use crate::paging::MAX_PAGE;
use crate::paging::error::{Error, Problem};
use crate::paging::references::Numbering;

pub(super) const A_PAGE: &str =
    "a page number: write integers between commas, spaces or newlines, and 3w to write page 3";
pub(super) const A_FLAG: &str = "a modified flag: write the page and 0 or 1, one pair a line";
pub(super) const A_PROCESS_PAGE: &str =
    "a process and its page: write two integers, one pair a line, and 3w to write page 3";
pub(super) const AN_ADDRESS: &str =
    "a hexadecimal address: write the address and R or W, one pair a line";
pub(super) const A_DIRECTION: &str = "R or W: write the address and R or W, one pair a line";
pub(super) const A_LOAD: &str =
    "a load or a store: write l or s, a hexadecimal address and a number, one access a line";

/// Bytes of an access of lackey's that are looked at: no instruction that valgrind knows moves more.
const ACCESS_MAX_BYTES: u64 = 4096;

/// Reads the lines of a text without their comments.
pub(super) fn each_line<'a>(
    text: &'a [u8],
    mut read: impl FnMut(Line<'a>) -> Result<(), Error>,
) -> Result<(), Error> {
    lines(text).try_for_each(|line| read(line.uncommented()))
}

pub(super) fn pages(line: Line<'_>, numbering: &mut Numbering) -> Result<(), Error> {
    for word in line.words() {
        let (name, write) = page_or_write(line, word, A_PAGE)?;
        numbering.push(name, write)?;
    }
    Ok(())
}

pub(super) fn trc(line: Line<'_>, numbering: &mut Numbering) -> Result<(), Error> {
    if line.bytes.contains(&b'*') { Ok(()) } else { pages(line, numbering) }
}

pub(super) fn flagged(line: Line<'_>, numbering: &mut Numbering) -> Result<(), Error> {
    let mut words = line.words();
    let Some(first) = words.next() else { return Ok(()) };
    let name = page(line, first, first.bytes, A_PAGE)?;
    let flag = words.next().unwrap_or(line.end());
    let write = match flag.bytes {
        b"0" => false,
        b"1" => true,
        _ => return Err(line.unexpected(flag, A_FLAG)),
    };
    line.nothing_more(words, A_FLAG)?;
    numbering.push(name, write)
}

/// A process's page, where it stands, and whether it is written.
#[derive(Debug, Clone, Copy)]
struct Owned<'a> {
    line: Line<'a>,
    word: Word<'a>,
    process: u64,
    page: u64,
    write: bool,
}

/// Reads the text twice: how many digits a page takes is known when the largest is.
pub(super) fn processes(text: &[u8], numbering: &mut Numbering) -> Result<(), Error> {
    let mut largest = 0;
    each_line(text, |line| {
        largest = largest.max(owned(line)?.map_or(0, |owned| owned.page));
        Ok(())
    })?;
    let shift = 10u64.pow(largest.checked_ilog10().unwrap_or(0) + 1);
    each_line(text, |line| {
        let Some(Owned { line, word, process, page, write }) = owned(line)? else { return Ok(()) };
        let shifted = process.checked_mul(shift).and_then(|high| high.checked_add(page));
        let name = shifted.filter(|&name| name <= MAX_PAGE).ok_or_else(|| {
            line.error(word, Problem::TooLarge { found: format!("{process} before {page}") })
        })?;
        numbering.push(name, write)
    })
}

/// The process's page of a line; `None` of an empty one.
fn owned(line: Line<'_>) -> Result<Option<Owned<'_>>, Error> {
    let mut words = line.words();
    let Some(word) = words.next() else { return Ok(None) };
    let process = page(line, word, word.bytes, A_PROCESS_PAGE)?;
    let second = words.next().ok_or_else(|| line.unexpected(line.end(), A_PROCESS_PAGE))?;
    let (page, write) = page_or_write(line, second, A_PROCESS_PAGE)?;
    line.nothing_more(words, A_PROCESS_PAGE)?;
    Ok(Some(Owned { line, word, process, page, write }))
}

pub(super) fn address(
    line: Line<'_>,
    page_bytes: u64,
    numbering: &mut Numbering,
) -> Result<(), Error> {
    let mut words = line.words();
    let Some(first) = words.next() else { return Ok(()) };
    let (address, write) = match first.bytes {
        b"l" => (loaded_or_stored(line, &mut words)?, false),
        b"s" => (loaded_or_stored(line, &mut words)?, true),
        digits => {
            let address = hexadecimal(digits).ok_or_else(|| line.unexpected(first, AN_ADDRESS))?;
            (address, is_write(line, words.next().unwrap_or(line.end()))?)
        }
    };
    line.nothing_more(words, A_DIRECTION)?;
    numbering.push(address / page_bytes, write)
}

fn is_write(line: Line<'_>, direction: Word<'_>) -> Result<bool, Error> {
    match direction.bytes {
        b"R" | b"r" => Ok(false),
        b"W" | b"w" => Ok(true),
        _ => Err(line.unexpected(direction, A_DIRECTION)),
    }
}

/// The address behind `l` or `s`. The number behind it counts instructions and has no part in paging.
fn loaded_or_stored<'a>(
    line: Line<'a>,
    words: &mut impl Iterator<Item = Word<'a>>,
) -> Result<u64, Error> {
    let mut number = |read: fn(&[u8]) -> Option<u64>| {
        let word = words.next().unwrap_or(line.end());
        read(word.bytes).ok_or_else(|| line.unexpected(word, A_LOAD))
    };
    let address = number(hexadecimal)?;
    number(decimal)?;
    Ok(address)
}

/// Every page that lackey's accesses touch.
pub(super) fn lackey(text: &[u8], page_bytes: u64, numbering: &mut Numbering) -> Result<(), Error> {
    lackey_accesses(text, |access| {
        let last = access.address.saturating_add(access.bytes.clamp(1, ACCESS_MAX_BYTES) - 1);
        (access.address / page_bytes..=last / page_bytes)
            .try_for_each(|page| numbering.push(page, access.writes()))
    })
}

/// A page number, and whether a `w` behind it writes the page.
fn page_or_write(
    line: Line<'_>,
    word: Word<'_>,
    wanted: &'static str,
) -> Result<(u64, bool), Error> {
    match word.bytes {
        [digits @ .., b'w' | b'W'] => Ok((page(line, word, digits, wanted)?, true)),
        digits => Ok((page(line, word, digits, wanted)?, false)),
    }
}

/// A page number, or what is wrong with it.
fn page(line: Line<'_>, word: Word<'_>, digits: &[u8], wanted: &'static str) -> Result<u64, Error> {
    let found = || shown(word.bytes);
    match digits {
        [b'-', rest @ ..] if rest.first().is_some_and(u8::is_ascii_digit) => {
            Err(line.error(word, Problem::Negative { found: found() }))
        }
        _ if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) => {
            Err(line.unexpected(word, wanted))
        }
        _ => decimal(digits)
            .filter(|&page| page <= MAX_PAGE)
            .ok_or_else(|| line.error(word, Problem::TooLarge { found: found() })),
    }
}
