//! Counts in classes that double: sizes of blocks, and how long they lived.

/// Classes: 0, 1, 2..3, 4..7, and so on to the largest number.
const CLASSES: usize = 65;

/// One class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Class {
    /// Members, in the unit of whoever counts.
    pub blocks: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// How many members each class has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    classes: [Class; CLASSES],
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram { classes: [Class::default(); CLASSES] }
    }
}

impl Histogram {
    /// Counts something of that value.
    #[inline]
    pub(crate) fn add(&mut self, value: u64, blocks: u64, bytes: u64) {
        let class = &mut self.classes[(u64::BITS - value.leading_zeros()) as usize];
        class.blocks += blocks;
        class.bytes += bytes;
    }

    /// The classes that have members: the lowest value of each, the highest, and what it holds.
    pub fn classes(&self) -> impl Iterator<Item = (u64, u64, Class)> {
        let held = self.classes.iter().enumerate().filter(|(_, class)| class.blocks != 0);
        held.map(|(number, class)| {
            let low = if number == 0 { 0 } else { 1 << (number - 1) };
            let high = if number == 0 { 0 } else { low + (low - 1) };
            (low, high, *class)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_falls_into_the_class_between_two_powers_of_two() {
        for (value, expected) in [
            (0, (0, 0)),
            (1, (1, 1)),
            (2, (2, 3)),
            (3, (2, 3)),
            (4, (4, 7)),
            (u64::MAX, (1 << 63, u64::MAX)),
        ] {
            let mut histogram = Histogram::default();
            histogram.add(value, 2, 30);
            let found: Vec<_> = histogram.classes().collect();
            assert_eq!(found, [(expected.0, expected.1, Class { blocks: 2, bytes: 30 })]);
        }
    }
}
