//! `/proc/swaps` (mm/swapfile.c, `swap_show`): the places that pages are swapped to.

use super::{ParseError, lines, scalar, words};
use crate::in_place::clone_in_place;

/// The file's name in errors.
const FILE: &str = "/proc/swaps";

/// One swap device or file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SwapDevice {
    /// Its path; ends in ` (deleted)` for a file that was removed while in use. Bytes that are not
    /// UTF-8 are replaced.
    pub name: String,
    /// `partition` or `file`.
    pub kind: String,
    /// Bytes it can hold.
    pub size_bytes: u64,
    /// Bytes that it holds.
    pub used_bytes: u64,
    /// Higher is filled first; the kernel numbers devices downwards from -1 or -2 by itself.
    pub priority: i32,
}

clone_in_place!(SwapDevice { name, kind, size_bytes, used_bytes, priority });

/// Reads `/proc/swaps`: a heading, then a row a device.
pub fn parse(bytes: &[u8]) -> Result<Vec<SwapDevice>, ParseError> {
    let rows = lines(bytes).filter(|(_, line)| !line.starts_with(b"Filename"));
    rows.map(|(number, line)| {
        const EXPECTED: &str = "path, type, size, used and priority";
        row(line).ok_or_else(|| ParseError::malformed(FILE, number, EXPECTED, line))
    })
    .collect()
}

fn row(line: &[u8]) -> Option<SwapDevice> {
    let mut words = words(line);
    let name = String::from_utf8_lossy(&unescape(words.next()?)).into_owned();
    let kind = std::str::from_utf8(words.next()?).ok()?.to_owned();
    let size_bytes = scalar::whole(words.next()?)?.saturating_mul(1024);
    let used_bytes = scalar::whole(words.next()?)?.saturating_mul(1024);
    let priority = std::str::from_utf8(words.next()?).ok()?.parse().ok()?;
    if words.next().is_some() {
        return None;
    }
    Some(SwapDevice { name, kind, size_bytes, used_bytes, priority })
}

/// Undoes fs/seq_file.c's `mangle_path`: a backslash and three octal digits are one byte.
fn unescape(path: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(path.len());
    let mut rest = path;
    loop {
        match rest {
            [] => return plain,
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..] => {
                plain.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                rest = after;
            }
            [byte, after @ ..] => {
                plain.push(*byte);
                rest = after;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEADING: &str = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";

    fn check(row: &str, expected: &SwapDevice) {
        let text = format!("{HEADING}{row}\n");
        assert_eq!(parse(text.as_bytes()).unwrap(), std::slice::from_ref(expected));
    }

    #[test]
    fn each_kind_of_row_is_understood() {
        let device = |name: &str, kind: &str, priority| SwapDevice {
            name: name.to_owned(),
            kind: kind.to_owned(),
            size_bytes: 4096,
            used_bytes: 1024,
            priority,
        };
        check("/dev/zram0  partition\t4\t\t1\t\t100", &device("/dev/zram0", "partition", 100));
        check("/swap\\040file  file\t\t4\t1\t-2", &device("/swap file", "file", -2));
        check("/swap\\040(deleted)  file\t4\t1\t-2", &device("/swap (deleted)", "file", -2));
        check("/odd\\134\\011 file 4 1 -2", &device("/odd\\\t", "file", -2));
    }

    #[test]
    fn a_machine_without_swap_has_no_rows() {
        assert_eq!(parse(HEADING.as_bytes()), Ok(Vec::new()));
        assert_eq!(parse(b""), Ok(Vec::new()));
    }

    #[test]
    fn a_row_that_is_not_understood_is_named() {
        let text = format!("{HEADING}/dev/sda2 partition 10\n");
        let error = parse(text.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("/proc/swaps line 2"), "{error}");
    }

    proptest! {
        #[test]
        fn any_path_survives_the_kernels_escaping(path in "[ -~\t\n]{1,30}") {
            let mangled: String = path.chars().map(|c| match c {
                ' ' | '\t' | '\n' | '\\' => format!("\\{:03o}", u32::from(c)),
                c => c.to_string(),
            }).collect();
            prop_assert_eq!(unescape(mangled.as_bytes()), path.as_bytes());
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }
}
