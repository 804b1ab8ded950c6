//! `/proc/pressure/memory` (kernel/sched/psi.c, Linux 4.20): time lost waiting for memory.

use super::{ParseError, lines, scalar, words};

/// The file's name in errors.
const FILE: &str = "/proc/pressure/memory";

/// How much time was lost waiting for memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pressure {
    /// Time in which at least one task waited.
    pub some: Stall,
    /// Time in which all tasks that could have worked waited at once.
    pub full: Option<Stall>,
}

/// One line of a pressure file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stall {
    /// Share of the last 10 seconds, in 1/10000: the kernel writes `1.23` percent, this is 123.
    pub avg10: u32,
    /// Share of the last 60 seconds, in 1/10000.
    pub avg60: u32,
    /// Share of the last 300 seconds, in 1/10000.
    pub avg300: u32,
    /// Microseconds lost since boot.
    pub total_us: u64,
}

/// Reads `/proc/pressure/memory`.
///
/// Lines of other kinds than `some` and `full` are left to later kernels.
pub fn parse(bytes: &[u8]) -> Result<Pressure, ParseError> {
    let (mut some, mut full) = (None, None);
    for (number, line) in lines(bytes) {
        let (kind, rest) =
            line.split_at(line.iter().position(|b| *b == b' ').unwrap_or(line.len()));
        let place = match kind {
            b"some" => &mut some,
            b"full" => &mut full,
            _ => continue,
        };
        const EXPECTED: &str = "avg10=, avg60=, avg300= and total=";
        let stall =
            stall(rest).ok_or_else(|| ParseError::malformed(FILE, number, EXPECTED, line))?;
        *place = Some(stall);
    }
    let some = some.ok_or(ParseError::Empty { file: FILE, expected: "a line `some`" })?;
    Ok(Pressure { some, full })
}

/// The four values of a line, in the order in which `psi_show` writes them.
fn stall(line: &[u8]) -> Option<Stall> {
    let mut words = words(line);
    Some(Stall {
        avg10: percent(words.next()?.strip_prefix(b"avg10=")?)?,
        avg60: percent(words.next()?.strip_prefix(b"avg60=")?)?,
        avg300: percent(words.next()?.strip_prefix(b"avg300=")?)?,
        total_us: scalar::whole(words.next()?.strip_prefix(b"total=")?)?,
    })
}

/// A percentage with two decimals, as hundredths of a percent.
fn percent(text: &[u8]) -> Option<u32> {
    let (whole, rest) = scalar::leading(text)?;
    let [b'.', tens @ b'0'..=b'9', ones @ b'0'..=b'9'] = rest else { return None };
    let whole = u32::try_from(whole).ok()?.checked_mul(100)?;
    whole.checked_add(u32::from(tens - b'0') * 10 + u32::from(ones - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn percentages_become_ten_thousandths() {
        let text = b"some avg10=1.23 avg60=0.05 avg300=100.00 total=42\n\
                     full avg10=0.00 avg60=12.00 avg300=0.10 total=7\n";
        let some = Stall { avg10: 123, avg60: 5, avg300: 10_000, total_us: 42 };
        let full = Stall { avg10: 0, avg60: 1200, avg300: 10, total_us: 7 };
        assert_eq!(parse(text), Ok(Pressure { some, full: Some(full) }));
    }

    #[test]
    fn a_kernel_without_the_full_line_is_understood() {
        let pressure = parse(b"some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n").unwrap();
        assert_eq!(pressure.full, None);
    }

    #[test]
    fn other_lines_and_shapes_say_what_was_expected() {
        assert!(matches!(parse(b""), Err(ParseError::Empty { .. })));
        for text in ["some", "some avg10=1", "some avg10=1.2 avg60=0.00 avg300=0.00 total=0"] {
            assert!(matches!(parse(text.as_bytes()), Err(ParseError::Malformed { .. })), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(a in 0u32..=10_000, b in 0u32..=10_000, c in 0u32..=10_000, total_us: u64) {
            let shown = |v: u32| format!("{}.{:02}", v / 100, v % 100);
            let text = format!("some avg10={} avg60={} avg300={} total={total_us}\n", shown(a), shown(b), shown(c));
            let some = Stall { avg10: a, avg60: b, avg300: c, total_us };
            prop_assert_eq!(parse(text.as_bytes()), Ok(Pressure { some, full: None }));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }
}
