//! Accesses from text: what valgrind's lackey prints, and what a person types.

use super::machine::{Access, Kind};
use crate::paging::{self, lackey_accesses};
use crate::processes::TextError;
use crate::processes::text::{self, Word};

/// Reads what `valgrind --tool=lackey --trace-mem=yes` prints, all of it in one address space. A modify (M) is one write.
///
/// # Errors
/// At the first place that is wrong.
pub fn lackey(text: &[u8]) -> Result<Vec<Access>, TextError> {
    let mut accesses = Vec::new();
    let read = lackey_accesses(text, |access| {
        let kind = match access.letter {
            b'I' => Kind::Fetch,
            _ if access.writes() => Kind::Write,
            _ => Kind::Read,
        };
        let bytes = u32::try_from(access.bytes).unwrap_or(u32::MAX);
        accesses.push(Access { asid: 0, address: access.address, bytes, kind });
        Ok(())
    });
    match read {
        Ok(()) => Ok(accesses),
        Err(paging::Error::Parse(paging::ParseError { line, column, problem })) => {
            Err(TextError { line, column, problem: problem.to_string() })
        }
        Err(other) => Err(TextError { line: 1, column: 1, problem: other.to_string() }),
    }
}

/// Reads addresses as people type them, any number a line: `4096`, `0x1000`, `2:0x1000` in address space 2; a `w` or `x`
/// after an address writes or executes, `r` reads, which is the rule.
///
/// # Errors
/// At the first place that is wrong.
pub fn typed(text: &[u8]) -> Result<Vec<Access>, TextError> {
    let mut accesses: Vec<Access> = Vec::new();
    for mut line in text::lines(text)? {
        let mut bare = false;
        while let Some(word) = line.next() {
            let kind = match word.text {
                "r" | "R" => Kind::Read,
                "w" | "W" => Kind::Write,
                "x" | "X" => Kind::Fetch,
                _ => {
                    accesses.push(address(word)?);
                    bare = true;
                    continue;
                }
            };
            match accesses.last_mut().filter(|_| bare) {
                Some(last) => last.kind = kind,
                None => {
                    let found = word.shown();
                    return Err(word.error(format!("`{found}` follows no address: write it first")));
                }
            }
            bare = false;
        }
    }
    Ok(accesses)
}

fn address(word: Word<'_>) -> Result<Access, TextError> {
    let (asid, digits) = word.split_at_colon();
    let asid = match asid {
        Some(asid) => asid.number("address space", 0, u64::from(u32::MAX))?,
        None => 0,
    };
    let address = digits.number("address", 0, u64::MAX)?;
    let asid = u32::try_from(asid).unwrap_or(u32::MAX);
    Ok(Access { asid, address, bytes: 1, kind: Kind::Read })
}
