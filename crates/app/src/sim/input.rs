//! Texts that a person gives a simulator: read whole and bounded, and blamed at the place.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Context as _, Result};
use ramscope_observe::format;
use ramscope_observe::when::{Size, size};
use ramscope_sim::paging::{Error, Form, References, parse, unpack};

use crate::failure::Usage;

/// Largest reference string, script or trace that is read, in bytes: hundreds of millions of references.
pub(super) const TRACE_MAX_BYTES: u64 = 1 << 30;

/// Largest table of frames that is read, in bytes: one that a person could have filled in.
pub(super) const TABLE_MAX_BYTES: u64 = 1 << 20;

/// What is read ahead of a text, in bytes: enough to know its form by.
const AHEAD_BYTES: usize = 1 << 18;

/// Opens a file, or stdin for `-`, with the name by which errors call it.
pub(super) fn open(path: &Path) -> Result<(String, Box<dyn BufRead>)> {
    if path == Path::new("-") {
        let source = BufReader::with_capacity(AHEAD_BYTES, io::stdin());
        return Ok(("stdin".to_owned(), Box::new(source)));
    }
    let name = path.display().to_string();
    let file = File::open(path).with_context(|| format!("cannot read {name}"))?;
    Ok((name, Box::new(BufReader::with_capacity(AHEAD_BYTES, file))))
}

/// A text with the name by which errors call it.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

impl Text {
    /// Reads a file, or stdin for `-`, of at most `most` bytes.
    pub(super) fn read(path: &Path, most: u64) -> Result<Text> {
        if path == Path::new("-") {
            return Text::from("stdin".to_owned(), io::stdin().lock(), most);
        }
        let name = path.display().to_string();
        let file = File::open(path).with_context(|| format!("cannot read {name}"))?;
        Text::from(name, file, most)
    }

    /// Reads a source of at most `most` bytes.
    pub(super) fn from(name: String, source: impl Read, most: u64) -> Result<Text> {
        let mut bytes = Vec::new();
        source
            .take(most + 1)
            .read_to_end(&mut bytes)
            .with_context(|| format!("cannot read {name}"))?;
        if bytes.len() as u64 > most {
            let most = format::iec(most);
            return Err(Usage(format!("{name} has more than {most}: split it")).into());
        }
        Ok(Text { name, bytes })
    }

    /// The text, unpacked where it is packed by gzip or zstd, to no more than an unpacked file may have.
    pub(super) fn unpacked(self) -> Result<Text, Usage> {
        let most = usize::try_from(TRACE_MAX_BYTES).unwrap_or(usize::MAX);
        let bytes = match unpack(&self.bytes, most) {
            Ok(Cow::Owned(bytes)) => bytes,
            Ok(Cow::Borrowed(_)) => return Ok(self),
            Err(error) => return Err(Usage(format!("{}: {error}", self.name))),
        };
        Ok(Text { bytes, ..self })
    }

    /// The reference string that the text is.
    pub(super) fn references(&self, form: Form) -> Result<References, Usage> {
        references(&self.name, &self.bytes, form)
    }
}

/// The amount of memory that an option says, at least 1 byte.
pub(super) fn bytes(option: &str, text: &str) -> Result<u64, Usage> {
    match size(text) {
        Ok(Size::Bytes(bytes @ 1..)) => Ok(bytes),
        _ => Err(Usage(format!(
            "{option} {text}: expected a size of 1 byte or more, as in 64 or 4KiB"
        ))),
    }
}

/// The reference string in `bytes`; what is wrong in it is blamed at `name:line:column`.
pub(super) fn references(name: &str, bytes: &[u8], form: Form) -> Result<References, Usage> {
    parse(bytes, form).map_err(|error| match error {
        Error::Parse(error) => {
            Usage(format!("{name}:{}:{}: {}", error.line, error.column, error.problem))
        }
        other => Usage(format!("{name}: {other}")),
    })
}
