//! libCacheSim's csv: a table of requests, of which one column is the object's id.
//!
//! The delimiter is the first of comma, tab, `|`, `;` and `:` that stands in the first line. A field may stand in
//! double quotes, which hide delimiters in it; it does not go on in the next line. Ids are decimal, or hexadecimal
//! with `0x`; libCacheSim hashes other ids, which makes pages that nobody can name.
//!
//! A first line whose id is no number is a header. Where no column is asked for, the header's name for it is one of
//! [`ID_NAMES`]; where it has a column `op`, the operations of [`WRITES`] write the page.

use std::num::NonZeroUsize;

use super::line::{Line, Refusal, Word, decimal, hexadecimal, lines};
use crate::paging::error::Error;
use crate::paging::references::Numbering;

pub(super) const AN_ID: &str = "an object's id: a decimal number, or a hexadecimal one with 0x";
pub(super) const A_HEADER: &str = "a header with a column obj_id, object_id, object, id, key, lbn, lba, vpn, page or \
                                   address: name the column, or give its number";

const DELIMITERS: &[u8] = b",\t|;:";

/// What headers call the id, in lower case.
const ID_NAMES: &[&[u8]] = &[
    b"obj_id",
    b"obj-id",
    b"object_id",
    b"object",
    b"id",
    b"key",
    b"lbn",
    b"lba",
    b"vpn",
    b"page",
    b"address",
];

/// What an `op` calls a write, in lower case: libCacheSim's words, and the SCSI commands WRITE(10) and WRITE(16) of
/// its block traces.
const WRITES: &[&[u8]] = &[
    b"w", b"write", b"set", b"add", b"cas", b"replace", b"append", b"prepend", b"incr", b"decr",
    b"update", b"2a", b"8a",
];

/// Where a request says what, from 0.
#[derive(Debug, Clone, Copy)]
struct Columns {
    id: usize,
    op: Option<usize>,
}

/// Reads the requests of a table; `column` is that of the id, from 1.
pub(super) fn requests(
    text: &[u8],
    column: Option<NonZeroUsize>,
    numbering: &mut Numbering,
) -> Result<(), Error> {
    let mut lines = lines(text).filter(|line| !line.bytes.trim_ascii().is_empty()).peekable();
    let Some(&first) = lines.peek() else { return Ok(()) };
    let delimiter = delimiter(first);
    let asked = column.map(|column| column.get() - 1);
    let id = asked.or_else(|| named(first, delimiter, ID_NAMES));
    let id =
        id.ok_or_else(|| first.unexpected(Word { column: 0, bytes: first.bytes }, A_HEADER))?;
    let columns = Columns { id, op: named(first, delimiter, &[b"op"]) };
    let header = fields(first, delimiter).nth(id).is_some_and(|field| number(field).is_none());
    lines.skip(usize::from(header)).try_for_each(|line| {
        let (name, write) = request(line, delimiter, columns)?;
        numbering.push(name, write)
    })
}

/// Whether the first line of a table is a header that names the column of the id.
pub(super) fn names_an_id(text: &[u8]) -> bool {
    let first = lines(text).find(|line| !line.bytes.trim_ascii().is_empty());
    first.is_some_and(|line| named(line, delimiter(line), ID_NAMES).is_some())
}

/// The object's id of a line, and whether it is written.
fn request(line: Line<'_>, delimiter: u8, columns: Columns) -> Result<(u64, bool), Error> {
    let field = |column| fields(line, delimiter).nth(column);
    let id = field(columns.id).unwrap_or(line.end());
    let name = number(id).ok_or_else(|| line.unexpected(id, AN_ID))?;
    Ok((name, columns.op.and_then(field).is_some_and(|op| is_one_of(op, WRITES))))
}

fn delimiter(line: Line<'_>) -> u8 {
    *DELIMITERS.iter().find(|delimiter| line.bytes.contains(delimiter)).unwrap_or(&b',')
}

/// The column of a header that has one of these names.
fn named(header: Line<'_>, delimiter: u8, names: &[&[u8]]) -> Option<usize> {
    fields(header, delimiter).position(|field| is_one_of(field, names))
}

fn is_one_of(field: Word<'_>, names: &[&[u8]]) -> bool {
    names.iter().any(|name| field.bytes.eq_ignore_ascii_case(name))
}

fn number(field: Word<'_>) -> Option<u64> {
    if field.bytes.starts_with(b"0x") { hexadecimal(field.bytes) } else { decimal(field.bytes) }
}

/// The fields of a line, without the white space and the quotes around them.
fn fields(line: Line<'_>, delimiter: u8) -> impl Iterator<Item = Word<'_>> {
    let mut quoted = false;
    let ends = move |&byte: &u8| {
        quoted ^= byte == b'"';
        byte == delimiter && !quoted
    };
    let mut column = 0;
    line.bytes.split(ends).map(move |bytes| {
        let begin = column;
        column += bytes.len() + 1;
        trimmed(Word { column: begin, bytes })
    })
}

/// A field's content.
fn trimmed(field: Word<'_>) -> Word<'_> {
    let padding = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'"';
    let before = field.bytes.iter().take_while(|byte| padding(byte)).count();
    let rest = &field.bytes[before..];
    let after = rest.iter().rev().take_while(|byte| padding(byte)).count();
    Word { column: field.column + before, bytes: &rest[..rest.len() - after] }
}
