//! Translation against a slow twin: every valid byte of every segment written down in a map.

use std::collections::BTreeMap;

use proptest::prelude::*;
use ramscope_sim::segments::translation::{Table, Trap, translate};

use super::split;

/// A segment as the twin knows it: base, size, and whether it grows down.
type Made = (u64, u64, bool);

/// Segments one after the other in memory, with gaps, each at most 32 bytes.
fn segments() -> impl Strategy<Value = Vec<Made>> {
    prop::collection::vec((0u64..40, 0u64..=32, any::<bool>()), 1..5).prop_map(|parts| {
        let mut at = 0;
        let mut place = |(gap, size, down): (u64, u64, bool)| {
            let begin = at + gap;
            at = begin + size;
            (if down { begin + size } else { begin }, size, down)
        };
        parts.into_iter().map(&mut place).collect()
    })
}

/// Every valid address with its physical one: 5 offset bits.
fn valid(segments: &[Made]) -> BTreeMap<u64, u64> {
    let mut bytes = BTreeMap::new();
    for (number, &(base, size, down)) in (0..).zip(segments) {
        for byte in 0..size {
            let (offset, at) =
                if down { (31 - byte, base - 1 - byte) } else { (byte, base + byte) };
            bytes.insert(number << 5 | offset, at);
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_address_is_what_the_map_of_valid_bytes_says(segments in segments()) {
        let word = |(number, &(base, size, down)): (usize, &Made)| {
            format!("{number}:{base}/{size}{}", if down { "/down" } else { "" })
        };
        let text: Vec<String> = segments.iter().enumerate().map(word).collect();
        let table = Table::parse(text.join(" ").as_bytes(), split(2, 5)).unwrap();
        let addresses: Vec<String> = (0..140).map(|address| address.to_string()).collect();
        let requests = table.requests(addresses.join(",").as_bytes()).unwrap();
        let valid = valid(&segments);
        for (address, found) in (0..).zip(translate(&table, &requests).unwrap().translations) {
            prop_assert_eq!(found.physical, valid.get(&address).copied(), "{} {:?}", address, found);
            prop_assert_eq!(found.physical.is_none(), found.trap.is_some());
            let entry = segments.get(usize::try_from(address >> 5).unwrap());
            prop_assert_eq!(found.trap == Some(Trap::NoSegment), entry.is_none());
            if let Some(excess) = found.excess_bytes {
                prop_assert!(found.explain.contains(&format!("by {excess} byte")), "{:?}", found);
                let (_, size, down) = *entry.unwrap();
                // One byte less, and it would have been the segment's last.
                let nearer = if down { address + excess } else { address.wrapping_sub(excess) };
                prop_assert!(size == 0 || valid.contains_key(&nearer), "{} {:?}", nearer, found);
            }
            if let Some(sum) = found.add {
                let amount = sum.addend.unsigned_abs();
                let sign = if sum.addend < 0 { '-' } else { '+' };
                let said = format!("{} {sign} {amount} = {}.", sum.base, sum.sum);
                prop_assert!(found.explain.ends_with(&said), "{:?}", found);
                prop_assert_eq!(Some(sum.sum), found.physical);
            }
            if let Some(compare) = found.compare {
                let said = format!("{} {} {}", compare.left, compare.relation, compare.right);
                prop_assert!(found.explain.contains(&said), "{:?}", found);
            }
        }
    }

    #[test]
    fn a_segment_that_grows_down_is_the_same_in_both_ways_of_writing_it(
        base in 64u64..500, limit in 1u64..64,
    ) {
        let ostep = Table::parse(format!("0:{base}/{limit}/down").as_bytes(), split(1, 6)).unwrap();
        let intel = format!("0:{}/{}/expand-down", base - 64, 64 - limit - 1);
        let intel = Table::parse(intel.as_bytes(), split(1, 6)).unwrap();
        let addresses: Vec<String> = (0..64).map(|address| address.to_string()).collect();
        let of = |table: &Table| {
            let requests = table.requests(addresses.join(" ").as_bytes()).unwrap();
            let found = translate(table, &requests).unwrap().translations.into_iter();
            found.map(|found| (found.physical, found.excess_bytes)).collect::<Vec<_>>()
        };
        prop_assert_eq!(of(&ostep), of(&intel));
    }

    #[test]
    fn a_paged_segment_is_its_frames_up_to_its_limit(
        frames in prop::collection::vec(prop::option::weighted(0.8, 0u64..8), 1..5), cut in 0u64..16,
    ) {
        let frames: Vec<Option<u64>> =
            (0..).zip(frames).map(|(page, frame)| frame.map(|frame| 4 * frame + page)).collect();
        let limit = 16 * frames.len() as u64 - cut;
        let frame = |frame: &Option<u64>| frame.map_or("-".to_owned(), |frame| frame.to_string());
        let words: Vec<String> = frames.iter().map(frame).collect();
        let text = format!("0:{}/{limit}", words.join("+"));
        let shape = ramscope_sim::segments::translation::Shape { page_bytes: Some(16), ..split(1, 7) };
        let table = Table::parse(text.as_bytes(), shape).unwrap();
        let addresses: Vec<String> = (0..128).map(|address| address.to_string()).collect();
        let requests = table.requests(addresses.join(" ").as_bytes()).unwrap();
        for (address, found) in (0..).zip(translate(&table, &requests).unwrap().translations) {
            let page = frames.get(usize::try_from(address / 16).unwrap()).copied().flatten();
            let expected = page.filter(|_| address < limit).map(|frame| 16 * frame + address % 16);
            prop_assert_eq!(found.physical, expected, "{:?}", found);
            prop_assert_eq!(found.trap == Some(Trap::Limit), address >= limit);
        }
    }

    #[test]
    fn arbitrary_texts_never_panic(table in "[0-9a-z:/,+() -]{0,40}", requests in "[0-9a-z:/,() -]{0,30}") {
        for shape in [split(2, 5), ramscope_sim::segments::translation::Shape::default(), super::translation::paged()] {
            if let Ok(table) = Table::parse(table.as_bytes(), shape)
                && let Ok(requests) = table.requests(requests.as_bytes())
            {
                prop_assert!(translate(&table, &requests).is_ok());
            }
        }
    }
}
