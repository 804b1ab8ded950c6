//! Accesses from text: what valgrind's lackey prints, and what a person types.

use super::machine::{Access, Kind};
use crate::processes::TextError;
use crate::processes::text::{self, Line, Word};

const A_LINE: &str = "a line of lackey's: I, L, S or M, an address, a comma and a size";

/// Reads what `valgrind --tool=lackey --trace-mem=yes` prints: `I  addr,size`, ` L`, ` S`, ` M`, addresses hexadecimal, with
/// lines of `==` in between. A modify (M) is one write.
///
/// # Errors
/// At the first place that is wrong.
pub fn lackey(text: &[u8]) -> Result<Vec<Access>, TextError> {
    let mut accesses = Vec::new();
    for mut line in text::lines(text)? {
        let first = line.word(A_LINE)?;
        if first.text.starts_with("==") {
            continue;
        }
        accesses.push(lackey_line(first, line)?);
    }
    Ok(accesses)
}

fn lackey_line(first: Word<'_>, mut line: Line<'_>) -> Result<Access, TextError> {
    let kind = match first.text {
        "I" => Kind::Fetch,
        "L" => Kind::Read,
        "S" | "M" => Kind::Write,
        _ => return Err(first.error(format!("`{}` is not {A_LINE}", first.shown()))),
    };
    let address = line.word("an address")?;
    let digits = address.text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u64::from_str_radix(address.text, 16).ok().filter(|_| digits);
    let size = line.word("a size")?.number("size in bytes", 0, u64::from(u32::MAX))?;
    let address = number.ok_or_else(|| {
        address.error(format!("`{}` is no hexadecimal address of 64 bits", address.shown()))
    })?;
    line.finish()?;
    Ok(Access { asid: 0, address, bytes: u32::try_from(size).unwrap_or(u32::MAX), kind })
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
