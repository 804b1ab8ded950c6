//! Small languages, a command a line: words with their columns, numbers, and the word somebody probably meant.
//!
//! Commas and white space separate words, `#` begins a comment to the end of its line. The labs' scripts share this file.

use std::fmt;
use std::ops::Range;

/// Where a text stops being a script, and why. The act is always the same: mend the text there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextError {
    /// The line, from 1.
    pub line: usize,
    /// The byte in the line, from 1.
    pub column: usize,
    /// What is wrong there, and what belongs there.
    pub problem: String,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.problem)
    }
}

impl std::error::Error for TextError {}

/// A word of a line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word<'a> {
    /// The word.
    pub(crate) text: &'a str,
    line: usize,
    column: usize,
}

impl<'a> Word<'a> {
    /// An error at this word.
    pub(crate) fn error(self, problem: impl Into<String>) -> TextError {
        TextError { line: self.line, column: self.column, problem: problem.into() }
    }

    /// A part of the word that begins where it does.
    pub(crate) fn with(self, text: &'a str) -> Word<'a> {
        Word { text, ..self }
    }

    /// The word as an error shows it: its first 24 characters.
    pub(crate) fn shown(self) -> String {
        let mut shown: String = self.text.chars().take(24).collect();
        if shown.len() < self.text.len() {
            shown.push('…');
        }
        shown
    }

    /// The line and the byte in it, both from 1.
    pub(crate) fn place(self) -> (usize, usize) {
        (self.line, self.column)
    }

    /// A part of the word, by bytes; both ends stand at a letter or at the end.
    pub(crate) fn part(self, bytes: Range<usize>) -> Word<'a> {
        let column = self.column + bytes.start;
        Word { text: &self.text[bytes], column, ..self }
    }

    /// What stands before the first colon, where there is one, and what stands after it.
    pub(crate) fn split_at_colon(self) -> (Option<Word<'a>>, Word<'a>) {
        match self.text.split_once(':') {
            None => (None, self),
            Some((before, after)) => {
                let column = self.column + before.len() + 1;
                (Some(Word { text: before, ..self }), Word { text: after, column, ..self })
            }
        }
    }

    /// A whole number, decimal or after `0x` hexadecimal, from `least` to `most`.
    pub(crate) fn number(self, what: &str, least: u64, most: u64) -> Result<u64, TextError> {
        let digits = self.text.strip_prefix("0x").or_else(|| self.text.strip_prefix("0X"));
        let (digits, radix) = digits.map_or((self.text, 10), |digits| (digits, 16));
        let plain = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
        let number = if plain { u64::from_str_radix(digits, radix).ok() } else { None };
        match number {
            Some(number) if (least..=most).contains(&number) => Ok(number),
            _ if plain || self.text.starts_with('-') => Err(self.error(format!(
                "`{}` is no {what}: it is a whole number from {least} to {most}",
                self.shown()
            ))),
            _ => Err(self.error(format!("`{}` is not a number; here stands {what}", self.shown()))),
        }
    }
}

/// The words of one line, taken from left to right.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    words: std::vec::IntoIter<Word<'a>>,
    end: Word<'a>,
}

impl<'a> Line<'a> {
    /// The next word; at the end of the line an error that says what is missing.
    pub(crate) fn word(&mut self, wanted: &str) -> Result<Word<'a>, TextError> {
        let end = self.end;
        self.words.next().ok_or_else(|| end.error(format!("the line ends where {wanted} belongs")))
    }

    /// The next word, where there is one.
    pub(crate) fn next(&mut self) -> Option<Word<'a>> {
        self.words.next()
    }

    /// The line's number, from 1.
    pub(crate) fn number(&self) -> usize {
        self.end.line
    }

    /// Nothing may follow.
    pub(crate) fn finish(mut self) -> Result<(), TextError> {
        match self.words.next() {
            Some(word) => Err(word.error(format!("`{}` is one word too many", word.shown()))),
            None => Ok(()),
        }
    }
}

/// The lines of a text that hold a word.
///
/// # Errors
/// At the first byte that is no text.
pub(crate) fn lines(text: &[u8]) -> Result<impl Iterator<Item = Line<'_>>, TextError> {
    let text = std::str::from_utf8(text).map_err(|broken| not_text(text, broken.valid_up_to()))?;
    if let Some(at) = text.bytes().position(|byte| byte < b' ' && !byte.is_ascii_whitespace()) {
        return Err(not_text(text.as_bytes(), at));
    }
    let lines = text.split('\n').enumerate().map(|(index, line)| words(index + 1, line));
    Ok(lines.filter(|line| !line.words.as_slice().is_empty()))
}

fn not_text(text: &[u8], at: usize) -> TextError {
    let before = &text[..at];
    let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
    let begin = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    let problem = "this is not text: a script is UTF-8 with a command a line".to_owned();
    TextError { line, column: at - begin + 1, problem }
}

fn words(number: usize, line: &str) -> Line<'_> {
    let line = line.split('#').next().unwrap_or("");
    let separates = |c: char| c.is_whitespace() || c == ',';
    let mut words = Vec::new();
    let mut at = 0;
    for piece in line.split_inclusive(separates) {
        let text = piece.trim_end_matches(separates);
        if !text.is_empty() {
            words.push(Word { text, line: number, column: at + 1 });
        }
        at += piece.len();
    }
    let end = Word { text: "", line: number, column: line.trim_end().len() + 1 };
    Line { words: words.into_iter(), end }
}

/// "; did you mean `touch`?" where a candidate is near, else nothing. Near is: at most a third of its letters change.
pub(crate) fn did_you_mean<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> String {
    let word = word.to_lowercase();
    let ranked =
        candidates.map(|candidate| (distance(&word, &candidate.to_lowercase()), candidate));
    match ranked.min_by_key(|&(distance, _)| distance) {
        Some((distance, candidate)) if distance <= candidate.len().max(3) / 3 => {
            format!("; did you mean `{candidate}`?")
        }
        _ => String::new(),
    }
}

/// The Levenshtein distance with swapped neighbours counted as one change (Damerau 1964, optimal string alignment), of at
/// most the first 32 letters.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) =
        (from.chars().take(32).collect(), to.chars().take(32).collect());
    let mut table = vec![vec![0; to.len() + 1]; from.len() + 1];
    for i in 0..=from.len() {
        for j in 0..=to.len() {
            table[i][j] = if i == 0 || j == 0 { i + j } else { change(&table, &from, &to, i, j) };
        }
    }
    table[from.len()][to.len()]
}

fn change(table: &[Vec<usize>], from: &[char], to: &[char], i: usize, j: usize) -> usize {
    let replaced = table[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
    let moved = replaced.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
    let swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
    if swapped { moved.min(table[i - 2][j - 2] + 1) } else { moved }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_the_word_and_a_stranger_finds_none() {
        for (word, expected) in [
            ("tuoch", "; did you mean `touch`?"),
            ("wirte", "; did you mean `write`?"),
            ("edn", "; did you mean `end`?"),
            ("banana", ""),
            ("", ""),
        ] {
            let words = ["arrive", "touch", "write", "end"];
            assert_eq!(did_you_mean(word, words.into_iter()), expected, "{word}");
        }
    }

    #[test]
    fn words_know_their_columns_and_comments_are_no_words() {
        let mut found = Vec::new();
        for mut line in lines("a  bc,d # e\n\n\tf\r\n".as_bytes()).unwrap() {
            while let Some(word) = line.next() {
                found.push((word.text, word.line, word.column));
            }
        }
        assert_eq!(found, [("a", 1, 1), ("bc", 1, 4), ("d", 1, 7), ("f", 3, 2)]);
    }

    #[test]
    fn bytes_that_are_no_text_are_pointed_at() {
        for (text, place) in [(&b"ab\nc\xff"[..], (2, 2)), (b"\0", (1, 1)), (b"a\x1b", (1, 2))] {
            let error = lines(text).err().unwrap();
            assert_eq!((error.line, error.column), place, "{text:?}");
        }
    }
}
