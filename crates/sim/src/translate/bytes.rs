//! Physical memory as sparse bytes: what was never written reads 0.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

/// A physical or virtual address, or the raw value of an entry. In JSON and in sentences hexadecimal, since a number of 64
/// bits does not survive every reader of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Address(pub u64);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Physical memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bytes {
    /// The bytes that are not 0.
    set: BTreeMap<u64, u8>,
}

impl Bytes {
    /// The byte at an address.
    pub fn byte(&self, at: u64) -> u8 {
        self.set.get(&at).copied().unwrap_or(0)
    }

    /// `len` bytes from an address, in the order of memory.
    pub fn read(&self, at: u64, len: u32) -> Vec<u8> {
        (0..u64::from(len)).map(|byte| self.byte(at.wrapping_add(byte))).collect()
    }

    /// Writes bytes from an address on.
    pub fn write(&mut self, at: u64, bytes: &[u8]) {
        for (offset, &byte) in (0..).zip(bytes) {
            let at = at.wrapping_add(offset);
            if byte == 0 {
                self.set.remove(&at);
            } else {
                self.set.insert(at, byte);
            }
        }
    }

    /// A little-endian number of `len` bytes, at most 8.
    pub fn number(&self, at: u64, len: u32) -> u64 {
        self.read(at, len.min(8))
            .iter()
            .rev()
            .fold(0, |number, &byte| number << 8 | u64::from(byte))
    }

    /// Writes a little-endian number of `len` bytes, at most 8.
    pub fn set_number(&mut self, at: u64, len: u32, number: u64) {
        self.write(at, &number.to_le_bytes()[..len.min(8) as usize]);
    }

    /// The addresses of the bytes in a range that are not 0, in order.
    pub(crate) fn set_in(&self, at: u64, len: u64) -> impl Iterator<Item = u64> {
        self.set.range(at..at + len).map(|(&at, _)| at)
    }

    /// Copies `len` bytes; the two ranges do not overlap.
    pub(crate) fn copy(&mut self, from: u64, to: u64, len: u64) {
        self.clear(to, len);
        let held: Vec<(u64, u8)> =
            self.set.range(from..from + len).map(|(&at, &byte)| (at, byte)).collect();
        self.set.extend(held.into_iter().map(|(at, byte)| (at - from + to, byte)));
    }

    /// Sets `len` bytes to 0.
    pub(crate) fn clear(&mut self, at: u64, len: u64) {
        let held: Vec<u64> = self.set.range(at..at + len).map(|(&at, _)| at).collect();
        held.iter().for_each(|at| {
            self.set.remove(at);
        });
    }
}

/// Bytes as two digits each, in the order of memory.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.join(" ")
}
