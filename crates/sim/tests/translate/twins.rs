//! Translation against slow and obvious twins: a map from page to frame, and addresses as strings of digits.

use std::collections::HashMap;

use proptest::prelude::*;
use ramscope_sim::translate::{
    Access, FaultKind, Flags, Hashed, Inverted, Mapping, Owner, Request, Scheme, System, Target,
};

/// Schemes of every kind: presets and small splits of one to five levels.
fn scheme() -> impl Strategy<Value = Scheme> {
    let presets = prop::sample::select(vec!["10/10/12", "x86-64", "x86-64-5", "sv39"])
        .prop_map(|name| Scheme::preset(name).unwrap());
    let splits = (prop::collection::vec(1u32..6, 1..6), 4u32..14)
        .prop_map(|(levels, offset)| Scheme::new(&levels, offset, None).unwrap());
    prop_oneof![presets, splits]
}

/// Page numbers that often share tables: few values of few bits, spread over the whole number.
fn page(scheme: &Scheme, choice: u64) -> u64 {
    let bits = scheme.page_bits();
    let spread = (choice & 3) | (choice >> 2 & 3) << (bits / 2) | (choice >> 4 & 3) << (bits - 1);
    spread & (u64::MAX >> (64 - bits))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_scheme_translates_as_a_map_from_page_to_frame_does(
        scheme in scheme(),
        pages in prop::collection::vec((0u64..64, 0u64..200, any::<bool>()), 1..24),
        offset in any::<u64>(),
    ) {
        let mut system = System::new(scheme.clone());
        let space = system.space().unwrap();
        let mut twin = HashMap::new();
        for (choice, frame, write) in pages {
            let page = page(&scheme, choice);
            let flags = Flags { write, ..Flags::READ };
            let mapping = Mapping { page, target: Target::Frame(frame), flags, huge: 0 };
            let expected = !twin.contains_key(&page);
            prop_assert_eq!(system.map(space, mapping).is_ok(), expected);
            twin.entry(page).or_insert((frame, write));
        }
        let offset = offset % scheme.page_bytes();
        for choice in 0..64 {
            let page = page(&scheme, choice);
            let address = scheme.address(page) | offset;
            let request = Request { address, access: Access::Write, privileged: false };
            let walk = &system.access(space, request).unwrap().walks[0];
            let fault = walk.fault.as_ref().map(|fault| fault.kind);
            match twin.get(&page) {
                Some((frame, true)) => {
                    let physical = frame * scheme.page_bytes() + offset;
                    prop_assert_eq!(walk.physical_address.map(|at| at.0), Some(physical));
                    let flags = walk.levels.last().unwrap().flags;
                    prop_assert!(flags.dirty && flags.referenced);
                }
                Some((_, false)) => prop_assert_eq!(fault, Some(FaultKind::Protection)),
                None => prop_assert_eq!(fault, Some(FaultKind::Invalid)),
            }
        }
    }

    #[test]
    fn the_bits_of_the_levels_and_the_offset_written_one_after_another_are_the_address(
        scheme in scheme(), address in any::<u64>(),
    ) {
        let bits = scheme.address_bits();
        let address = scheme.address(scheme.page(address)) | (address % scheme.page_bytes());
        let mut digits = String::new();
        for (depth, &width) in scheme.levels.iter().enumerate() {
            let index = scheme.index(depth, address);
            digits.push_str(&format!("{index:0width$b}", width = width as usize));
        }
        let width = scheme.offset_bits as usize;
        digits.push_str(&format!("{:0width$b}", address % scheme.page_bytes()));
        let expected = format!("{address:064b}")[64 - bits as usize..].to_owned();
        prop_assert_eq!(digits, expected);
        prop_assert!(scheme.is_canonical(address));
    }

    #[test]
    fn forked_spaces_read_what_was_there_and_never_see_each_others_writes(
        accesses in prop::collection::vec((0usize..4, 0u64..6, any::<bool>(), any::<bool>()), 1..60),
    ) {
        let mut system = System::new(Scheme::preset("x86-64").unwrap());
        let mut spaces = vec![system.space().unwrap()];
        let flags = Flags { write: true, ..Flags::READ };
        for page in 0..6 {
            let target = if page == 5 { Target::Shared(40) } else { Target::Any };
            system.map(spaces[0], Mapping { page, target, flags, huge: 0 }).unwrap();
        }
        // The twin: a version a page of each space; the shared page has one for all.
        let mut twin = vec![vec![0u32; 6]];
        let mut versions: HashMap<u64, u32> = HashMap::new();
        let mut next = 1;
        for (space, page, write, fork) in accesses {
            let space = space % spaces.len();
            if fork && spaces.len() < 4 {
                spaces.push(system.fork(spaces[space]).unwrap());
                twin.push(twin[space].clone());
            }
            let access = if write { Access::Write } else { Access::Read };
            let request = Request { address: page << 12, access, privileged: false };
            let outcome = system.access(spaces[space], request).unwrap();
            let frame = outcome.walks.last().unwrap().physical_address.unwrap().0 >> 12;
            if let Some(copied) = outcome.copied {
                prop_assert!(write && copied.to_frame == frame);
                let held = versions.get(&copied.from_frame).copied().unwrap_or(0);
                versions.insert(frame, held);
            }
            prop_assert_eq!(
                versions.get(&frame).copied().unwrap_or(0),
                twin[space][usize::try_from(page).unwrap()]
            );
            if write {
                versions.insert(frame, next);
                let seen = if page == 5 { 0..twin.len() } else { space..space + 1 };
                for seen in seen {
                    twin[seen][usize::try_from(page).unwrap()] = next;
                }
                next += 1;
            }
        }
    }

    #[test]
    fn inverted_and_hashed_tables_find_what_a_map_finds(
        mappings in prop::collection::vec((0u32..3, 0u64..12, any::<bool>()), 1..30), buckets in 1u32..7,
    ) {
        let mut inverted = Inverted::new(30, 12).unwrap();
        let mut hashed = Hashed::new(buckets, 12).unwrap();
        let mut twin = HashMap::new();
        for (frame, (process, page, unmaps)) in (0..).zip(mappings) {
            let owner = Owner { process, page };
            if unmaps {
                let held = twin.remove(&(process, page)).is_some();
                prop_assert_eq!(inverted.unmap(owner).is_ok(), held);
                prop_assert_eq!(hashed.unmap(owner).is_ok(), held);
                continue;
            }
            let fresh = !twin.contains_key(&(process, page));
            prop_assert_eq!(inverted.map(owner, frame).is_ok(), fresh);
            prop_assert_eq!(hashed.map(owner, frame).is_ok(), fresh);
            twin.entry((process, page)).or_insert(frame);
        }
        for process in 0..3 {
            for page in 0..12 {
                let expected = twin.get(&(process, page)).copied();
                let address = page << 12 | 0x123;
                let [by_frame, by_hash] =
                    [inverted.translate(process, address), hashed.translate(process, address)];
                prop_assert_eq!(by_frame.frame, expected);
                prop_assert_eq!(by_hash.frame, expected);
                let physical = expected.map(|frame| u64::from(frame) << 12 | 0x123);
                prop_assert_eq!(by_hash.physical_address.map(|at| at.0), physical);
                prop_assert!(by_hash.probes.iter().rev().skip(1).all(|probe| !probe.matches));
            }
        }
    }
}
