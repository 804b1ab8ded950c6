//! Errors that point into a line.

use crate::lines::is_text;
pub(super) use crate::lines::{Line, Word, decimal, hexadecimal, lines, shown};
use crate::paging::error::{Error, ParseError, Problem};

/// What can be said against a word of a line.
pub(super) trait Refusal: Copy {
    /// What is wrong with a word.
    fn error(self, word: Word<'_>, problem: Problem) -> Error;

    /// A word where another belongs.
    fn unexpected(self, word: Word<'_>, wanted: &'static str) -> Error {
        self.error(word, Problem::Unexpected { found: shown(word.bytes), wanted })
    }

    /// Refuses a further word.
    fn nothing_more<'a>(
        self,
        mut words: impl Iterator<Item = Word<'a>>,
        wanted: &'static str,
    ) -> Result<(), Error> {
        match words.next() {
            Some(word) => Err(self.unexpected(word, wanted)),
            None => Ok(()),
        }
    }
}

impl Refusal for Line<'_> {
    fn error(self, word: Word<'_>, problem: Problem) -> Error {
        let problem = if is_text(word.bytes) { problem } else { Problem::Binary };
        Error::Parse(ParseError { line: self.number, column: word.column + 1, problem })
    }
}
