//! Files that hold one value: a number, or a yes or no (most of `/sys`).

use super::ParseError;

/// Reads a file that holds one decimal number, such as `nr_hugepages` or the files of `ksm`.
///
/// The unit is the file's own. Blanks around the number are allowed; a sign is not.
pub fn number(bytes: &[u8], file: &'static str) -> Result<u64, ParseError> {
    let text = bytes.trim_ascii();
    if text.is_empty() {
        return Err(ParseError::Empty { file, expected: NUMBER });
    }
    whole(text).ok_or_else(|| ParseError::malformed(file, 1, NUMBER, text))
}

/// Reads a file that holds a module parameter of type bool: `Y` or `N` (kernel/params.c,
/// `param_get_bool`), or `1` or `0`.
pub fn flag(bytes: &[u8], file: &'static str) -> Result<bool, ParseError> {
    const EXPECTED: &str = "Y or N";
    match bytes.trim_ascii() {
        b"Y" | b"1" => Ok(true),
        b"N" | b"0" => Ok(false),
        b"" => Err(ParseError::Empty { file, expected: EXPECTED }),
        other => Err(ParseError::malformed(file, 1, EXPECTED, other)),
    }
}

/// What the errors of this module call a number.
pub(crate) const NUMBER: &str = "a whole number below 2^64";

/// The number that all of `text` spells, or `None`.
pub(crate) fn whole(text: &[u8]) -> Option<u64> {
    match leading(text) {
        Some((value, [])) => Some(value),
        _ => None,
    }
}

/// The number that `bytes` begins with, and what follows its last digit.
///
/// `None` where no digit stands first, or where the number does not fit 64 bits.
#[inline]
pub(crate) fn leading(bytes: &[u8]) -> Option<(u64, &[u8])> {
    /// So many digits cannot overflow a u64.
    const SAFE_DIGITS: usize = 19;
    let mut value = 0u64;
    let mut at = 0;
    while let Some(digit) = bytes.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|d| *d < 10) {
        if at < SAFE_DIGITS {
            value = value * 10 + u64::from(digit);
        } else {
            value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
        }
        at += 1;
    }
    if at == 0 { None } else { Some((value, &bytes[at..])) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_file_reads_with_and_without_its_line_end() {
        assert_eq!(number(b"42\n", "nr"), Ok(42));
        assert_eq!(number(b" 18446744073709551615", "nr"), Ok(u64::MAX));
        assert_eq!(number(b"0000000000000000000000007", "nr"), Ok(7));
    }

    #[test]
    fn what_is_no_number_says_what_was_found() {
        for text in ["-1", "18446744073709551616", "1 2", "0x10", "none"] {
            let error = number(text.as_bytes(), "nr").unwrap_err();
            assert_eq!(error, ParseError::malformed("nr", 1, NUMBER, text.as_bytes()));
        }
        assert!(matches!(number(b"\n", "nr"), Err(ParseError::Empty { .. })));
    }

    #[test]
    fn a_flag_is_y_or_n() {
        assert_eq!(flag(b"Y\n", "enabled"), Ok(true));
        assert_eq!(flag(b"N\n", "enabled"), Ok(false));
        assert!(flag(b"maybe\n", "enabled").is_err());
        assert!(flag(b"", "enabled").is_err());
    }

    proptest! {
        #[test]
        fn digits_read_as_the_standard_library_reads_them(text in "[0-9]{0,24}") {
            prop_assert_eq!(whole(text.as_bytes()), text.parse::<u64>().ok());
        }
    }
}
