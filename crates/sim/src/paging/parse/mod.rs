//! Reference strings as people have them, from bytes.
//!
//! | form | a line | a reference |
//! |---|---|---|
//! | [`Form::Pages`] | integers between commas, semicolons, spaces, newlines | `3` reads page 3, `3w` writes it |
//! | [`Form::Flagged`] | `page 0` or `page 1` | 1: written |
//! | [`Form::Processes`] | `pid page`, `pid pagew` | the page of that process, numbered with the process in front |
//! | [`Form::Addresses`] | `hexaddr R` or `hexaddr W`; `l hexaddr n` or `s hexaddr n` | the page is the address divided by the page size |
//! | [`Form::Lackey`] | `I  addr,size`, ` L`, ` S`, ` M`; `==` lines | valgrind's lackey; S and M write |
//! | [`Form::Trc`] | a number; lines with `*` | the LIRS authors' traces |
//! | [`Form::Csv`] | fields between commas, tabs, `\|`, `;` or `:` | libCacheSim's csv: one field is the object's id |
//! | [`Form::OracleGeneral`] | no lines: records of 24 bytes | libCacheSim's u32 time, u64 id, u32 size, i64 next access |
//! | [`Form::Lcs`] | no lines: a header, then records of 24 to 100 bytes | libCacheSim's lcs, versions 1 to 8 |
//! | [`Form::ChampSim`] | no lines: records of 64 bytes | `input_instr`: an instruction, up to 4 loads, up to 2 stores |
//!
//! In text but csv `#` begins a comment to the end of its line. An error names line and column, or the byte.

mod csv;
mod detect;
mod lackey;
mod line;
mod packed;
mod records;
mod text;

pub(crate) use lackey::lackey_accesses;

use std::num::NonZeroUsize;

use super::error::Error;
use super::references::{Numbering, References};

pub use detect::detect;
pub use packed::{PackedError, is_packed, unpack};

/// How a text names pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Integers, any number a line.
    Pages,
    /// A page and whether it is modified a line.
    Flagged,
    /// A process and one of its pages a line. Two processes share no page: page 12 of process 7 is 7 followed by 12
    /// in as many digits as the largest page has, so 7012 where that is 340.
    Processes,
    /// An address a line, with R or W behind it, or with `l` (load) or `s` (store) before it and the number of
    /// instructions since the last one behind it; the page size in bytes, at least 1.
    Addresses(u64),
    /// What `valgrind --tool=lackey --trace-mem=yes` prints; the page size in bytes, at least 1. An access that
    /// crosses pages references each of them.
    Lackey(u64),
    /// A page number a line, lines with `*` skipped.
    Trc,
    /// A table of requests; the column of the object's id, from 1. Without it the first line is a header that names
    /// the column. An object is a page.
    Csv(Option<NonZeroUsize>),
    /// libCacheSim's binary traces, little endian. An object is a page, whatever its size.
    OracleGeneral,
    /// libCacheSim's binary traces with a header. An object is a page, whatever its size.
    Lcs,
    /// ChampSim's instruction traces, unpacked; the page size in bytes, at least 1. An instruction references its own
    /// page, then what it loads, then what it stores.
    ChampSim(u64),
}

impl Form {
    /// Every form, with these parameters where it has any, in the order in which lists show them.
    pub fn all(page_bytes: u64, column: Option<NonZeroUsize>) -> [Form; 10] {
        [
            Form::Pages,
            Form::Flagged,
            Form::Processes,
            Form::Addresses(page_bytes),
            Form::Lackey(page_bytes),
            Form::Trc,
            Form::Csv(column),
            Form::OracleGeneral,
            Form::Lcs,
            Form::ChampSim(page_bytes),
        ]
    }

    /// The name by which it is asked for.
    pub fn name(self) -> &'static str {
        match self {
            Form::Pages => "pages",
            Form::Flagged => "flagged",
            Form::Processes => "processes",
            Form::Addresses(_) => "addresses",
            Form::Lackey(_) => "lackey",
            Form::Trc => "trc",
            Form::Csv(_) => "csv",
            Form::OracleGeneral => "oracle-general",
            Form::Lcs => "lcs",
            Form::ChampSim(_) => "champsim",
        }
    }
}

/// Reads a reference string.
///
/// # Errors
/// [`Error::Parse`] at the first place that is not of the form, [`Error::NoTrace`], [`Error::Truncated`],
/// [`Error::Empty`], [`Error::TooLong`].
pub fn parse(text: &[u8], form: Form) -> Result<References, Error> {
    let mut numbering = Numbering::default();
    match form {
        Form::Pages => text::each_line(text, |line| text::pages(line, &mut numbering))?,
        Form::Flagged => text::each_line(text, |line| text::flagged(line, &mut numbering))?,
        Form::Processes => text::processes(text, &mut numbering)?,
        Form::Addresses(page_bytes) => {
            text::each_line(text, |line| text::address(line, page_bytes.max(1), &mut numbering))?;
        }
        Form::Lackey(page_bytes) => {
            text::lackey(text, page_bytes.max(1), &mut numbering)?;
        }
        Form::Trc => text::each_line(text, |line| text::trc(line, &mut numbering))?,
        Form::Csv(column) => csv::requests(text, column, &mut numbering)?,
        Form::OracleGeneral => records::oracle_general(text, &mut numbering)?,
        Form::Lcs => records::lcs(text, &mut numbering)?,
        Form::ChampSim(page_bytes) => {
            records::champsim(text, page_bytes.max(1), &mut numbering)?;
        }
    }
    numbering.finish()
}
