//! Two bytes at the end of what is kept for long, by which noise is told from data.
//!
//! `SQLite` checks the shape of its pages but not the bytes inside a value, so a value that a bad
//! disk or a stray write changed would read as other numbers. The check is FNV-1a (Fowler, Noll,
//! Vo; 32 bits) over the value, folded to 16 bits by exclusive or, little end first: it misses one
//! change in 65 536.
//!
//! ```text
//! ┌───────────────┬────────────┐
//! │ value         │ check, 2 B │
//! └───────────────┴────────────┘
//! ```

use super::Torn;

/// Ends the value in `out` with its check.
pub(crate) fn close(out: &mut Vec<u8>) {
    let check = fold(out);
    out.extend_from_slice(&check.to_le_bytes());
}

/// The value without its check, once that fits.
pub(crate) fn open(bytes: &[u8]) -> Result<&[u8], Torn> {
    match bytes.split_last_chunk::<2>() {
        Some((value, check)) if fold(value) == u16::from_le_bytes(*check) => Ok(value),
        _ => Err(Torn("a value does not fit its check")),
    }
}

fn fold(bytes: &[u8]) -> u16 {
    let hash = bytes
        .iter()
        .fold(0x811c_9dc5_u32, |hash, &b| (hash ^ u32::from(b)).wrapping_mul(0x0100_0193));
    let [a, b, c, d] = hash.to_le_bytes();
    u16::from_le_bytes([a ^ c, b ^ d])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_example_holds() {
        let mut out = b"a".to_vec(); // FNV-1a of "a" is e40c292c, and e40c ^ 292c is cd20
        close(&mut out);
        assert_eq!(out, [b'a', 0x20, 0xcd]);
        assert_eq!(open(&out), Ok(&b"a"[..]));
    }

    #[test]
    fn any_changed_or_missing_byte_is_noticed() {
        let mut out = b"some bytes".to_vec();
        close(&mut out);
        for index in 0..out.len() {
            let mut changed = out.clone();
            changed[index] ^= 0x10;
            assert!(open(&changed).is_err(), "byte {index}");
            assert!(open(&out[..index]).is_err(), "the first {index} bytes");
        }
    }
}
