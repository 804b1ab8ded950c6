//! What `valgrind --tool=lackey --trace-mem=yes` prints: `I  addr,size`, ` L`, ` S`, ` M`, addresses hexadecimal, with
//! lines of `==` in between. Pages and TLBs are both read from it here.

use super::line::{Line, Refusal, decimal, hexadecimal};
use super::text::each_line;
use crate::paging::error::Error;

const A_LINE: &str = "a line of lackey's: I, L, S or M, an address, a comma and a size";

/// An access to memory as lackey prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LackeyAccess {
    /// `I` fetches, `L` loads, `S` stores, `M` modifies: loads and stores.
    pub(crate) letter: u8,
    /// The virtual address of the first byte.
    pub(crate) address: u64,
    /// How many bytes; lackey prints what the instruction moves, a foreign file may say anything.
    pub(crate) bytes: u64,
}

impl LackeyAccess {
    /// Whether it writes.
    pub(crate) fn writes(self) -> bool {
        matches!(self.letter, b'S' | b'M')
    }
}

/// Gives each access of a text to `take`.
///
/// # Errors
/// [`Error::Parse`] at the first place that is no access, or what `take` refuses.
pub(crate) fn lackey_accesses(
    text: &[u8],
    mut take: impl FnMut(LackeyAccess) -> Result<(), Error>,
) -> Result<(), Error> {
    each_line(text, |line| access(line)?.map_or(Ok(()), &mut take))
}

/// The access of a line; `None` of an empty one, and of what valgrind says beside.
fn access(line: Line<'_>) -> Result<Option<LackeyAccess>, Error> {
    let mut words = line.words();
    let Some(kind) = words.next().filter(|word| !word.bytes.starts_with(b"==")) else {
        return Ok(None);
    };
    let &[letter @ (b'I' | b'L' | b'S' | b'M')] = kind.bytes else {
        return Err(line.unexpected(kind, A_LINE));
    };
    let first = words.next().unwrap_or(line.end());
    let size = words.next().unwrap_or(line.end());
    let address = hexadecimal(first.bytes).ok_or_else(|| line.unexpected(first, A_LINE))?;
    let bytes = decimal(size.bytes).ok_or_else(|| line.unexpected(size, A_LINE))?;
    line.nothing_more(words, A_LINE)?;
    Ok(Some(LackeyAccess { letter, address, bytes }))
}
