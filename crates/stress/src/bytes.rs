//! Amounts of memory as people read them, in whole-number arithmetic.

use std::fmt;

const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// An amount in bytes that shows itself in IEC units, cut (never rounded up) to at most two decimals: a bound that
/// is read aloud must not be larger than the bound that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.0.checked_ilog2().map_or(0, |bits| bits as usize / 10);
        let one = 1u64 << (10 * unit);
        let (whole, rest) = (self.0 / one, self.0 % one);
        // Below 2^60 times 100 needs more than 64 bits.
        let hundredths = u64::try_from(u128::from(rest) * 100 / u128::from(one)).unwrap_or(99);
        let decimals = match whole {
            100.. => 0,
            10.. => 1,
            _ => 2,
        };
        match (decimals, hundredths) {
            (0, _) | (_, 0) => write!(f, "{whole}")?,
            (1, 0..=9) => write!(f, "{whole}")?,
            (1, _) => write!(f, "{whole}.{}", hundredths / 10)?,
            (_, tenths) if tenths % 10 == 0 => write!(f, "{whole}.{}", tenths / 10)?,
            (_, _) => write!(f, "{whole}.{hundredths:02}")?,
        }
        write!(f, " {}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short_and_never_rounded_up() {
        let table = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1536, "1.5 KiB"),
            (2 << 30, "2 GiB"),
            ((2 << 30) - 1, "1.99 GiB"),
            (1034 << 10, "1 MiB"),
            (1035 << 10, "1.01 MiB"),
            (15_900 << 10, "15.5 MiB"),
            (10_300 << 10, "10 MiB"),
            (512 << 20, "512 MiB"),
            (u64::MAX, "15.9 EiB"),
        ];
        for (bytes, text) in table {
            assert_eq!(Bytes(bytes).to_string(), text, "{bytes}");
        }
    }
}
