//! Which form bytes have, where that is certain: by a magic number, by lines that no other form has, or by a name
//! that says it and a length that agrees.
//!
//! Pages, pages with a flag and pages of processes are all integers; which of them is meant is never guessed.

use super::Form;
use super::line::{Line, decimal, hexadecimal, lines};
use super::records::is_lcs;
use super::{csv, records};

/// Lines that are looked at.
const LINES: usize = 64;

/// The form of a file of this name and of these bytes, unpacked, and how it shows; `None` where it could be
/// another. Addresses are in pages of `page_bytes`.
pub fn detect(name: &str, bytes: &[u8], page_bytes: u64) -> Option<(Form, &'static str)> {
    let name = bare(name);
    let whole = |record: usize| !bytes.is_empty() && bytes.len().is_multiple_of(record);
    if is_lcs(bytes) {
        return Some((Form::Lcs, "it begins with the magic number of lcs"));
    }
    if name.contains("oraclegeneral") && whole(records::ORACLE_BYTES) {
        return Some((
            Form::OracleGeneral,
            "its name says so, and it is whole records of 24 bytes",
        ));
    }
    if name.contains("champsim") && whole(records::CHAMPSIM_BYTES) {
        let why = "its name says so, and it is whole records of 64 bytes";
        return Some((Form::ChampSim(page_bytes), why));
    }
    if name.ends_with(".csv") && csv::names_an_id(bytes) {
        return Some((Form::Csv(None), "its header names the column of the object"));
    }
    if name.ends_with(".trc") {
        return Some((Form::Trc, "its name ends in .trc"));
    }
    by_lines(bytes, page_bytes)
}

/// The form that every one of the first lines has, where no other form has such lines.
fn by_lines(bytes: &[u8], page_bytes: u64) -> Option<(Form, &'static str)> {
    let head: Vec<Line<'_>> = lines(bytes).take(LINES + 1).collect();
    // The last of the lines looked at may be cut off, but for that of the whole text.
    let looked = head.get(..LINES).unwrap_or(&head);
    let said = |line: &&Line<'_>| line.uncommented().words().next().is_some();
    let banner = |line: &&Line<'_>| line.bytes.starts_with(b"==");
    let body: Vec<_> = looked.iter().filter(said).filter(|line| !banner(line)).collect();
    let every = |is: fn(Line<'_>) -> bool| {
        !body.is_empty() && body.iter().all(|line| is(line.uncommented()))
    };
    if every(is_lackey) {
        return Some((Form::Lackey(page_bytes), "its lines are lackey's"));
    }
    if every(is_address) {
        return Some((
            Form::Addresses(page_bytes),
            "its lines are addresses, each read or written",
        ));
    }
    None
}

/// `I  04001000,3`.
fn is_lackey(line: Line<'_>) -> bool {
    let words: Vec<_> = line.words().map(|word| word.bytes).collect();
    match words.as_slice() {
        [b"I" | b"L" | b"S" | b"M", address, size] => {
            line.bytes.contains(&b',') && hexadecimal(address).is_some() && decimal(size).is_some()
        }
        _ => false,
    }
}

/// `0x1fff R`, `l 0x1fff 3`.
fn is_address(line: Line<'_>) -> bool {
    let words: Vec<_> = line.words().map(|word| word.bytes).collect();
    match words.as_slice() {
        [address, b"R" | b"r" | b"W" | b"w"] => hexadecimal(address).is_some(),
        [b"l" | b"s", address, count] => hexadecimal(address).is_some() && decimal(count).is_some(),
        _ => false,
    }
}

/// A file's name in lower case, without its folders and without what a packer added to it.
fn bare(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
    let packed = [".gz", ".zst", ".zstd"];
    packed.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_found_where_it_is_certain_and_nowhere_else() {
        let records = [0_u8; 192];
        for (name, bytes, expected) in [
            ("a.txt", &b"==7== Lackey\nI  04001000,3\n L 1ffe,8\n"[..], Some(Form::Lackey(4096))),
            ("a.txt", b"0x1fff R\n2000 W\n", Some(Form::Addresses(4096))),
            ("a.txt", b"l 0x1fff 3\ns 0x2000 1\n", Some(Form::Addresses(4096))),
            ("a.txt", b"7 0 1 2 0 3w", None),
            ("a.txt", b"7 0\n1 1\n", None),
            ("a.txt", b"", None),
            ("a.txt", b"0x1fff R\n2000\n", None),
            ("a.txt", &records, None),
            ("/x/w.oracleGeneral.bin.zst", &records, Some(Form::OracleGeneral)),
            ("w.oracleGeneral", &records[..100], None),
            ("bzip.champsimtrace", &records, Some(Form::ChampSim(4096))),
            ("cc.TRC.gz", b"1\n*\n2\n", Some(Form::Trc)),
            ("t.csv", b"time,obj_id,size\n1,7,1\n", Some(Form::Csv(None))),
            ("t.csv", b"1,7,1\n2,8,1\n", None),
        ] {
            let found = detect(name, bytes, 4096).map(|(form, _)| form);
            assert_eq!(found, expected, "{name} {}", String::from_utf8_lossy(bytes));
        }
    }
}
