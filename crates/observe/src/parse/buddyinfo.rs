//! `/proc/buddyinfo` (mm/vmstat.c, `frag_show`): free blocks by size, and so how fragmented memory is.

use super::table::Change;
use super::{ParseError, lines, scalar, words};
use crate::in_place::clone_in_place;

/// The file's name in errors.
const FILE: &str = "/proc/buddyinfo";

/// The free blocks of one zone of one node.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct BuddyZone {
    /// The node's number.
    pub node: u32,
    /// The zone's name, such as `DMA32` or `Normal`.
    pub zone: String,
    /// How many blocks of 2^k pages are free, at index k.
    pub free_blocks: Vec<u64>,
}

clone_in_place!(BuddyZone { node, zone, free_blocks });

/// Reads `/proc/buddyinfo`, a row a zone.
pub fn parse(bytes: &[u8]) -> Result<Vec<BuddyZone>, ParseError> {
    let mut zones = Vec::new();
    let _ = update(&mut zones, bytes)?;
    Ok(zones)
}

/// Reads `/proc/buddyinfo` again, in place; allocates only when a zone or an order came or went.
///
/// `zones` is empty after an error.
pub fn update(zones: &mut Vec<BuddyZone>, bytes: &[u8]) -> Result<Change, ParseError> {
    let mut change = Change::Values;
    let mut count = 0;
    for (number, line) in lines(bytes) {
        if zones.len() == count {
            zones.push(BuddyZone::default());
        }
        match zones[count].update(line) {
            Some(Change::Values) => {}
            Some(Change::Names) => change = Change::Names,
            None => {
                zones.clear();
                const EXPECTED: &str = "`Node N, zone NAME` and counts";
                return Err(ParseError::malformed(FILE, number, EXPECTED, line));
            }
        }
        count += 1;
    }
    if zones.len() > count {
        zones.truncate(count);
        change = Change::Names;
    }
    Ok(change)
}

impl BuddyZone {
    /// Takes over one line, `Node 0, zone   Normal    582    300 …`; `None` where it is not one.
    fn update(&mut self, line: &[u8]) -> Option<Change> {
        let (node, rest) = scalar::leading(line.strip_prefix(b"Node ")?)?;
        let mut words = words(rest.strip_prefix(b", zone")?);
        let zone = words.next()?;
        let mut change = Change::Values;
        if u64::from(self.node) != node || self.zone.as_bytes() != zone {
            self.node = u32::try_from(node).ok()?;
            self.zone = std::str::from_utf8(zone).ok()?.to_owned();
            change = Change::Names;
        }
        let orders = self.free_blocks.len();
        self.free_blocks.clear();
        for word in words {
            self.free_blocks.push(scalar::whole(word)?);
        }
        let same = self.free_blocks.len() == orders && orders > 0;
        Some(if same { change } else { Change::Names })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "Node 0, zone      DMA      0      1      3 \n\
                        Node 1, zone   Normal    582    300    196 \n";

    fn zone(node: u32, zone: &str, free_blocks: &[u64]) -> BuddyZone {
        BuddyZone { node, zone: zone.to_owned(), free_blocks: free_blocks.to_vec() }
    }

    #[test]
    fn a_row_is_a_zone_of_a_node() {
        let expected = [zone(0, "DMA", &[0, 1, 3]), zone(1, "Normal", &[582, 300, 196])];
        assert_eq!(parse(TEXT.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn only_new_rows_and_orders_change_the_shape() {
        let mut zones = parse(TEXT.as_bytes()).unwrap();
        let other = TEXT.replace("582", " 17");
        assert_eq!(update(&mut zones, other.as_bytes()), Ok(Change::Values));
        assert_eq!(zones[1].free_blocks[0], 17);
        let first = TEXT.lines().next().unwrap();
        assert_eq!(update(&mut zones, first.as_bytes()), Ok(Change::Names));
        assert_eq!(zones.len(), 1);
        assert_eq!(update(&mut zones, format!("{first} 9").as_bytes()), Ok(Change::Names));
    }

    #[test]
    fn a_row_that_is_not_understood_is_named() {
        let error = parse(b"Node 0, zone DMA 1 2\nNode x, zone DMA 1\n").unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }

    proptest! {
        #[test]
        fn an_update_ends_where_a_fresh_reading_ends(
            first in "(Node [0-2], zone {1,5}(DMA|Normal)( {1,3}[0-9]{1,3}){1,3} \n){0,3}",
            second in "(Node [0-2], zone {1,5}(DMA|Normal)( {1,3}[0-9]{1,3}){1,3} \n){0,3}",
        ) {
            let mut zones = parse(first.as_bytes()).unwrap();
            let before: Vec<_> = zones.iter().map(|z| (z.node, z.zone.clone(), z.free_blocks.len())).collect();
            let change = update(&mut zones, second.as_bytes()).unwrap();
            let after: Vec<_> = zones.iter().map(|z| (z.node, z.zone.clone(), z.free_blocks.len())).collect();
            prop_assert_eq!(change == Change::Values, before == after);
            prop_assert_eq!(zones, parse(second.as_bytes()).unwrap());
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }
}
