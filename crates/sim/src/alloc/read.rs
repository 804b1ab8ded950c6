//! Request lists from what people have: typed lists, scripts, and traces of real programs.
//!
//! | form | a line |
//! |---|---|
//! | list | `+10` asks for 10 bytes and gets the next id from 0; `-0` frees id 0; `compact`; commas, spaces or newlines between |
//! | script | `malloc 10`, `free 0`, `compact` |
//! | mtrace | glibc's `mtrace` text: `@ where + 0xaddress 0xsize`, `@ where - 0xaddress`, a realloc as `<` then `>`; `=` and `!` lines are skipped |
//! | trace | `# ramscope alloc-trace 1`, then `a id size t tid`, `f id t tid`, `r id newid size t tid` |
//!
//! A realloc is one free and one allocation. Programs do ask for 0 bytes and get a block: in mtrace and trace such a request
//! asks for 1. `#` begins a comment to the end of its line. An error names line and column.

use super::MAX_ADDRESS;
use super::error::{Error, Misuse};
use super::names::Names;
use super::requests::{RequestId, Requests, RequestsBuilder};
use crate::lines::{Line, Word, decimal, hexadecimal, is_text, lines, shown};
use crate::processes::TextError;

/// What a list of requests is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `+10,-0`.
    List,
    /// `malloc n` and `free id`.
    Script,
    /// What glibc's `mtrace` writes.
    Mtrace,
    /// ramscope's own traces.
    Trace,
}

const HEADER: &[u8] = b"# ramscope alloc-trace ";
const A_REQUEST: &str =
    "a request or a free: write +10 to ask for 10 bytes and -0 to free the first request";
const A_COMMAND: &str = "a command: write malloc 10, free 0 or compact, one a line";
const A_SIZE: &str = "a size in bytes: write a whole number from 1";
const AN_ID: &str = "the number of a request, from 0 in the order of asking";
const AN_MTRACE_LINE: &str =
    "a line of mtrace's: where, + or >, an address and a size, or - or < and an address";
const A_RECORD: &str =
    "a record: write a, f or r, then a id size t tid, f id t tid or r id newid size t tid";
const A_FIELD: &str =
    "a whole number of the record: a id size t tid, f id t tid, r id newid size t tid";

impl Form {
    /// The form that a text seems to have.
    pub fn of(text: &[u8]) -> Form {
        if text.starts_with(HEADER) {
            return Form::Trace;
        }
        let first = lines(text).find_map(|line| line.uncommented().words().next());
        match first.map(|word| word.bytes) {
            Some(b"malloc" | b"free") => Form::Script,
            Some(b"@" | b"=") => Form::Mtrace,
            _ => Form::List,
        }
    }

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Form::List => "list",
            Form::Script => "script",
            Form::Mtrace => "mtrace",
            Form::Trace => "trace",
        }
    }
}

/// Reads a list of requests.
///
/// # Errors
/// [`Error::Parse`] at the first place that is not of the form, or that no program could do; [`Error::Empty`].
pub fn read(text: &[u8], form: Form) -> Result<Requests, Error> {
    let mut reader = RequestsReader::new(form);
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        reader.line(line)?;
    }
    reader.finish()
}

/// Reads a list of requests line by line, so that a trace need not be in memory: what is kept is the list.
#[derive(Debug)]
pub struct RequestsReader {
    form: Form,
    reader: Reader,
    /// Lines that were read.
    lines: usize,
}

impl RequestsReader {
    /// A reader of a form.
    pub fn new(form: Form) -> RequestsReader {
        RequestsReader { form, reader: Reader::default(), lines: 0 }
    }

    /// Reads the next line with its newline, which the last one of a text may lack.
    ///
    /// # Errors
    /// [`Error::Parse`] at what is not of the form, or what no program could do.
    pub fn line(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.lines += 1;
        let (text, is_ended) =
            bytes.strip_suffix(b"\n").map_or((bytes, false), |text| (text, true));
        let line = Line { number: self.lines, bytes: text };
        match self.form {
            Form::List => self.reader.list(line.uncommented())?,
            Form::Script => self.reader.script(line.uncommented())?,
            Form::Mtrace => self.reader.mtrace(line)?,
            Form::Trace => self.reader.trace(line, is_ended)?,
        }
        Ok(())
    }

    /// The list.
    ///
    /// # Errors
    /// [`Error::Empty`] without an operation.
    pub fn finish(self) -> Result<Requests, Error> {
        self.reader.builder.finish()
    }
}

/// Reads sizes in bytes between commas, semicolons and white space: `100,500,200`.
///
/// # Errors
/// [`Error::Parse`] at the first word that is no whole number from 1.
pub fn sizes(text: &[u8]) -> Result<Vec<u64>, Error> {
    let mut sizes = Vec::new();
    for line in lines(text).map(Line::uncommented) {
        for word in line.words() {
            match whole(line, word, word.bytes, A_SIZE)? {
                0 => return Err(unexpected(line, word, A_SIZE).into()),
                size => sizes.push(size),
            }
        }
    }
    Ok(sizes)
}

/// What was read so far.
#[derive(Debug, Default)]
struct Reader {
    builder: RequestsBuilder,
    /// The request that an address or an id of the trace stands for, or stood for last.
    named: Names,
}

impl Reader {
    fn list(&mut self, line: Line<'_>) -> Result<(), TextError> {
        for word in line.words() {
            match word.bytes {
                [b'+', digits @ ..] => self.alloc(line, word, digits)?,
                [b'-', digits @ ..] => self.free(line, word, digits)?,
                b"compact" => {
                    self.builder.compact().map_err(|misuse| misused(line, word, misuse))?;
                }
                _ => return Err(unexpected(line, word, A_REQUEST)),
            }
        }
        Ok(())
    }

    fn script(&mut self, line: Line<'_>) -> Result<(), TextError> {
        let mut words = line.words();
        let Some(verb) = words.next() else { return Ok(()) };
        let mut operand = || words.next().unwrap_or(line.end());
        match verb.bytes {
            b"malloc" => {
                let size = operand();
                self.alloc(line, size, size.bytes)?;
            }
            b"free" => {
                let id = operand();
                self.free(line, id, id.bytes)?;
            }
            b"compact" => self.builder.compact().map_err(|misuse| misused(line, verb, misuse))?,
            _ => return Err(unexpected(line, verb, A_COMMAND)),
        }
        nothing_more(line, words, A_COMMAND)
    }

    /// The size of an allocation in digits.
    fn alloc(&mut self, line: Line<'_>, word: Word<'_>, digits: &[u8]) -> Result<(), TextError> {
        let size = whole(line, word, digits, A_SIZE)?;
        self.builder.alloc(size).map(drop).map_err(|misuse| misused(line, word, misuse))
    }

    /// The id of a free in digits.
    fn free(&mut self, line: Line<'_>, word: Word<'_>, digits: &[u8]) -> Result<(), TextError> {
        let name = whole(line, word, digits, AN_ID)?;
        let never = || misused(line, word, Misuse::NeverAllocated { name });
        let id = u32::try_from(name).map(RequestId::new).map_err(|_| never())?;
        self.builder.free(id).map_err(|misuse| misused(line, word, misuse))
    }

    fn mtrace(&mut self, line: Line<'_>) -> Result<(), TextError> {
        // Where a call stands may hold spaces: an operation is read from the end of its line.
        let mut last = [None; 3];
        for word in line.words() {
            last = [last[1], last[2], Some(word)];
        }
        let Some(end) = last[2] else { return Ok(()) };
        let first = line.words().next().unwrap_or(end);
        match last.map(|word| word.map(|word| word.bytes)) {
            _ if first.bytes == b"=" => Ok(()),
            [Some(b"!"), _, _] => Ok(()),
            [Some(b"+" | b">"), _, Some(size)] => {
                let address = last[1].unwrap_or(end);
                let name = address_of(line, address)?;
                let size =
                    hexadecimal(size).ok_or_else(|| unexpected(line, end, AN_MTRACE_LINE))?;
                self.alloc_named(line, address, name, size, false)
            }
            [_, Some(b"-" | b"<"), Some(_)] => {
                let name = address_of(line, end)?;
                self.free_named(line, end, name, &format!("{name:#x}"))
            }
            _ => Err(unexpected(line, end, AN_MTRACE_LINE)),
        }
    }

    /// A line of a trace: the first is its header, and one without a newline was never written to its end.
    fn trace(&mut self, line: Line<'_>, is_ended: bool) -> Result<(), TextError> {
        if line.number == 1 {
            if line.bytes.strip_prefix(HEADER).map(<[u8]>::trim_ascii) == Some(b"1") {
                return Ok(());
            }
            let problem = "a trace begins with `# ramscope alloc-trace 1`: this is another file, or another version of it";
            let word = Word { column: 0, bytes: line.bytes };
            return Err(error(line, word, problem.to_owned()));
        }
        if !is_ended {
            let problem = "the trace is cut off within this line: remove the line, or record again"
                .to_owned();
            return Err(error(line, line.end(), problem));
        }
        self.record(line.uncommented())
    }

    fn record(&mut self, line: Line<'_>) -> Result<(), TextError> {
        let mut words = line.words();
        let Some(kind) = words.next() else { return Ok(()) };
        let mut field = || {
            let word = words.next().unwrap_or(line.end());
            Ok::<_, TextError>((word, whole(line, word, word.bytes, A_FIELD)?))
        };
        match kind.bytes {
            b"a" => {
                let ((word, name), (_, size)) = (field()?, field()?);
                self.alloc_named(line, word, name, size, true)?;
            }
            b"f" => {
                let (word, name) = field()?;
                self.free_named(line, word, name, &name.to_string())?;
            }
            b"r" => {
                let ((word, name), (new_word, new_name), (_, size)) =
                    (field()?, field()?, field()?);
                self.free_named(line, word, name, &name.to_string())?;
                self.alloc_named(line, new_word, new_name, size, true)?;
            }
            _ => return Err(unexpected(line, kind, A_RECORD)),
        }
        let _time_and_thread = (field()?, field()?);
        nothing_more(line, words, A_RECORD)
    }

    /// An allocation of a program; `keep` keeps what the trace calls it.
    fn alloc_named(
        &mut self,
        line: Line<'_>,
        word: Word<'_>,
        name: u64,
        size: u64,
        keep: bool,
    ) -> Result<(), TextError> {
        if self.named.get(name).is_some_and(|id| self.builder.is_live(id)) {
            let problem =
                format!("{} is allocated already, and was not freed before", shown(word.bytes));
            return Err(error(line, word, problem));
        }
        let size = size.max(1);
        let id = if keep { self.builder.alloc_named(name, size) } else { self.builder.alloc(size) };
        let id = id.map_err(|misuse| misused(line, word, misuse))?;
        self.named.note(name, id);
        Ok(())
    }

    /// A free of what a program calls so.
    fn free_named(
        &mut self,
        line: Line<'_>,
        word: Word<'_>,
        name: u64,
        shown: &str,
    ) -> Result<(), TextError> {
        let Some(id) = self.named.get(name) else {
            let problem = format!(
                "{shown} was never allocated in this trace: remove the line if it was before the trace began"
            );
            return Err(error(line, word, problem));
        };
        self.builder.free(id).map_err(|misuse| match misuse {
            Misuse::FreedTwice { by, .. } => error(
                line,
                word,
                format!("{shown} is freed twice: operation {by} freed it already"),
            ),
            other => misused(line, word, other),
        })
    }
}

/// A whole number that may stand in a list.
fn whole(
    line: Line<'_>,
    word: Word<'_>,
    digits: &[u8],
    wanted: &'static str,
) -> Result<u64, TextError> {
    if let [b'-', rest @ ..] = digits
        && rest.first().is_some_and(u8::is_ascii_digit)
    {
        let problem = format!("`{}` is negative; here stands {wanted}", shown(word.bytes));
        return Err(error(line, word, problem));
    }
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(unexpected(line, word, wanted));
    }
    decimal(digits).ok_or_else(|| {
        let problem =
            format!("`{}` is too large: no memory reaches beyond {MAX_ADDRESS}", shown(word.bytes));
        error(line, word, problem)
    })
}

fn address_of(line: Line<'_>, word: Word<'_>) -> Result<u64, TextError> {
    hexadecimal(word.bytes).ok_or_else(|| unexpected(line, word, AN_MTRACE_LINE))
}

/// Refuses a further word.
fn nothing_more<'a>(
    line: Line<'_>,
    mut words: impl Iterator<Item = Word<'a>>,
    wanted: &'static str,
) -> Result<(), TextError> {
    words.next().map_or(Ok(()), |word| Err(unexpected(line, word, wanted)))
}

fn misused(line: Line<'_>, word: Word<'_>, misuse: Misuse) -> TextError {
    error(line, word, misuse.to_string())
}

fn unexpected(line: Line<'_>, word: Word<'_>, wanted: &'static str) -> TextError {
    error(line, word, format!("`{}` is not {wanted}", shown(word.bytes)))
}

fn error(line: Line<'_>, word: Word<'_>, problem: String) -> TextError {
    let binary =
        "this is not text: give a list of requests, a script, mtrace's text or an alloc-trace";
    let problem = if is_text(word.bytes) { problem } else { binary.to_owned() };
    TextError { line: line.number, column: word.column + 1, problem }
}
