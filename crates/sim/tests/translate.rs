//! Translation against published tables, the bytes that manuals draw, and slow twins.
#![expect(clippy::unwrap_used, reason = "what fails in a shared function fails its test")]

#[path = "translate/folder.rs"]
mod folder;
#[path = "translate/goldens.rs"]
mod goldens;
#[path = "translate/twins.rs"]
mod twins;

use ramscope_sim::translate::{
    Access, Bytes, FaultKind, Flags, Hashed, Inverted, Mapping, Owner, PRESETS, Probe, Request,
    Scheme, Script, SearchStep, SharedTable, System, Target, Walk, replay, search, walk,
};

/// A read by the table at `root`.
fn read(scheme: &Scheme, memory: &mut Bytes, root: u64, address: u64) -> Walk {
    walk(scheme, memory, root, Request { address, access: Access::Read, privileged: false })
}

/// Bytes from digits.
fn unhex(digits: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// The explanations and physical addresses of a script's accesses.
fn run(preset: &str, script: &str) -> Vec<(Option<u64>, String)> {
    let scheme = Scheme::preset(preset).unwrap();
    let (steps, _) = replay(&scheme, &Script::parse(script.as_bytes()).unwrap()).unwrap();
    let physical = |walk: &Walk| walk.physical_address.map(|at| at.0);
    let row = |outcome: &ramscope_sim::translate::Outcome| {
        (physical(outcome.walks.last().unwrap()), outcome.explain.clone())
    };
    steps.iter().map(|step| row(&step.outcome)).collect()
}

/// The kind of the fault of a script's last access.
fn fault(preset: &str, script: &str) -> Option<FaultKind> {
    let scheme = Scheme::preset(preset).unwrap();
    let (steps, _) = replay(&scheme, &Script::parse(script.as_bytes()).unwrap()).unwrap();
    steps.last().unwrap().outcome.walks.last().unwrap().fault.as_ref().map(|fault| fault.kind)
}

#[test]
fn ostep_linear_table_of_four_words() {
    let scheme = Scheme::preset("ostep-linear").unwrap();
    let mut memory = Bytes::default();
    for (at, word) in [(0, 0x8000_000d), (4, 0x8000_0004), (8, 0), (12, 0x8000_0007)] {
        memory.set_number(at, 4, word);
    }
    for (address, expected) in
        [(12447, Some(28831)), (6113, Some(18401)), (11957, None), (3161, Some(56409))]
    {
        let found = read(&scheme, &mut memory, 0, address);
        assert_eq!(found.physical_address.map(|at| at.0), expected, "{address}");
    }
}

#[test]
fn ostep_two_levels_read_one_byte_each() {
    let scheme = Scheme::preset("ostep-multilevel").unwrap();
    let mut memory = Bytes::default();
    let directory = "83fee0da7fd47febbe9ed5ade4ac90d692d8c1f89fe1ede9a1e8c7c2a9d1dbff";
    memory.write(108 * 32, &unhex(directory));
    memory
        .write(33 * 32, &unhex("7f7f7f7f7f7f7f7fb57f9d7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7ff6b17f7f7f"));
    let found = read(&scheme, &mut memory, 108 * 32, 24860);
    assert_eq!(found.physical_address.map(|at| at.0), Some(1724));
    assert_eq!(
        found.explain,
        "Page directory: bits 14 to 10 are 11000, so entry 24 at 0xd98 is read: 0xa1. It leads to the table in frame \
         0x21. Page table: bits 9 to 5 are 01000, so entry 8 at 0x428 is read: 0xb5. It is the page's: frame 0x35. Frame \
         0x35 begins at 0x6a0; with the offset 0x1c that is 0x6bc."
    );
    let outside = read(&scheme, &mut memory, 108 * 32, 4 << 10);
    assert_eq!(
        outside.fault.unwrap().explain,
        "A segmentation fault at level 1, page directory: the table it would lead to does not belong to the address space"
    );
}

#[test]
fn silberschatz_four_byte_pages() {
    let mut system = System::new(Scheme::new(&[2], 2, Some(4)).unwrap());
    let space = system.space().unwrap();
    for (page, frame) in [(0, 5), (1, 6), (2, 1), (3, 2)] {
        let target = Target::Frame(frame);
        system.map(space, Mapping { page, target, flags: Flags::READ, huge: 0 }).unwrap();
    }
    for (address, expected) in [(0, 20), (3, 23), (4, 24), (13, 9)] {
        let request = Request { address, access: Access::Read, privileged: false };
        let outcome = system.access(space, request).unwrap();
        assert_eq!(outcome.walks[0].physical_address.map(|at| at.0), Some(expected));
    }
}

#[test]
fn entries_have_the_bits_that_the_manuals_draw() {
    let entry = |preset: &str, letters: &str, huge: usize, access: Access| {
        let scheme = Scheme::preset(preset).unwrap();
        let mut system = System::new(scheme.clone());
        let space = system.space().unwrap();
        let flags = Flags::parse(letters).unwrap();
        let target = Target::Frame(0x200);
        system.map(space, Mapping { page: 0x200, target, flags, huge }).unwrap();
        let request = Request { address: 0x20_0000, access, privileged: false };
        let walk = system.access(space, request).unwrap().walks.remove(0);
        (walk.levels.last().unwrap().bytes.clone(), walk.page_bytes)
    };
    // x86: P W U A D, and in software's bit 10 valid
    assert_eq!(entry("10/10/12", "rw", 0, Access::Write), ("67 04 20 00".to_owned(), Some(4096)));
    // x86-64: P U A, no execute in bit 63
    let read_only = "25 04 20 00 00 00 00 80".to_owned();
    assert_eq!(entry("x86-64", "r", 0, Access::Read), (read_only, Some(4096)));
    let huge = "e7 04 20 00 00 00 00 00".to_owned();
    assert_eq!(entry("x86-64", "rwx", 1, Access::Write), (huge, Some(2 << 20)));
    // Sv39: V R W U A D and RSW bit 9; the frame from bit 10
    let sv39 = "d7 02 08 00 00 00 00 00".to_owned();
    assert_eq!(entry("sv39", "rw", 0, Access::Write), (sv39, Some(4096)));
}

#[test]
fn a_four_level_walk_is_told_bit_by_bit() {
    let told = run("x86-64", "map 0x7f1234567 5 rw\nread 0x7f1234567abc");
    assert_eq!(told[0].0, Some(0x5abc));
    for part in [
        "PML4: bits 47 to 39 are 011111110, so entry 254 at 0xfffff7f0 is read: 0xffffe407. It leads to the table in frame 0xffffe. \
         Its referenced bit is set: 0xffffe427.",
        "PDPT: bits 38 to 30 are 001001000, so entry 72 at ",
        "PD: bits 29 to 21 are 110100010, so entry 418 at ",
        "PT: bits 20 to 12 are 101100111, so entry 359 at ",
        "It is the page's: frame 0x5. Its referenced bit is set: 0x8000000000005427. Frame 0x5 begins at 0x5000; with the offset 0xabc that is 0x5abc.",
    ] {
        assert!(told[0].1.contains(part), "{part}\n{}", told[0].1);
    }
}

#[test]
fn each_kind_of_fault_is_found_where_it_is() {
    use FaultKind::{Invalid, NotCanonical, NotPresent, Protection};
    for (preset, script, expected) in [
        ("x86-64", "read 0x1000", Some(Invalid)),
        ("x86-64", "swap 1 7 rw\nread 0x1000", Some(NotPresent)),
        ("x86-64", "map 1 5 r\nwrite 0x1000", Some(Protection)),
        ("x86-64", "map 1 5 rw\nfetch 0x1000", Some(Protection)),
        ("x86-64", "map 1 5 rx\nfetch 0x1000", None),
        ("x86-64", "map 1 5 rk\nread 0x1000", Some(Protection)),
        ("x86-64", "map 1 5 rk\nread 0x1000 kernel", None),
        ("x86-64", "read 0x800000000000", Some(NotCanonical)),
        ("x86-64", "map 0x800000000 5\nread 0xffff800000000000", None),
        ("10/10/12", "read 0x100000000", Some(NotCanonical)),
        ("sv39", "swap 1 0\nread 0x1000", Some(NotPresent)),
        ("10/10/12", "map 1 5 r\nfetch 0x1000", None),
    ] {
        assert_eq!(fault(preset, script), expected, "{preset} {script}");
    }
}

#[test]
fn a_huge_page_ends_the_walk_early_and_keeps_more_bits() {
    let told = run("x86-64", "huge 1 0x200 0x400 rw\nread 0x2abcde\nread 0x3fffff");
    assert_eq!(told[0].0, Some(0x40_0000 + 0xabcde));
    assert_eq!(told[1].0, Some(0x5f_ffff));
    assert!(
        told[0].1.ends_with("with the offset 0xabcde of the huge page that is 0x4abcde."),
        "{}",
        told[0].1
    );
    let mut memory = Bytes::default();
    memory.set_number(0, 4, 0x20_10e7); // 4 MiB at a frame that is no multiple of 1024
    let scheme = Scheme::preset("10/10/12").unwrap();
    let found = read(&scheme, &mut memory, 0, 0x1000);
    assert_eq!(found.fault.unwrap().kind, FaultKind::Reserved);
}

#[test]
fn a_write_after_a_fork_copies_the_page_and_the_last_user_keeps_it() {
    let script = "map 1 5 rw\nshare 2 6 rw\nfork child\nwrite 0x1008\nwrite 0x2000\nspace child\nread 0x1008\nwrite 0x1008";
    let found = run("x86-64", script);
    let frames: Vec<_> = found.iter().map(|(at, _)| at.unwrap() >> 12).collect();
    assert_eq!(frames, [0, 6, 5, 5]);
    let first = "Frame 0x5 is copied to frame 0x0, which is this page's own and writable; 1 other still uses the old one.";
    assert!(found[0].1.contains(first), "{}", found[0].1);
    assert!(found[0].1.contains("A copy-on-write fault at level 4, PT"), "{}", found[0].1);
    assert!(found[3].1.contains("No other page uses frame 0x5 any more"), "{}", found[3].1);
}

#[test]
fn tables_show_their_bytes() {
    let scheme = Scheme::preset("10/10/12").unwrap();
    let script = Script::parse(b"map 0x401 5 rw\nswap 0x402 9 r").unwrap();
    let (_, system) = replay(&scheme, &script).unwrap();
    let space = ramscope_sim::translate::SpaceId(0);
    let tables = serde_json::to_value(system.tables(space).unwrap()).unwrap();
    assert_eq!(tables[0]["name"], "page directory");
    assert_eq!(tables[0]["rows"][0]["index"], 1);
    assert_eq!(tables[1]["rows"][0]["bytes"], "07 54 00 00");
    assert_eq!(tables[1]["rows"][1]["flags"]["present"], false);
    assert_eq!(tables[1]["rows"][1]["frame"], 9);
}

#[test]
fn address_bits_that_do_not_add_up_are_refused_with_the_sum() {
    let refused =
        |levels: &[u32], offset, bits| Scheme::new(levels, offset, bits).unwrap_err().to_string();
    assert_eq!(
        refused(&[10, 10], 12, Some(30)),
        "the address bits do not add up: 10 + 10 + 12 = 32, not 30: take 2 from the levels or the offset"
    );
    assert_eq!(
        refused(&[9, 9, 9], 12, Some(48)),
        "the address bits do not add up: 9 + 9 + 9 + 12 = 39, not 48: give the levels or the offset 9 more"
    );
    assert_eq!(
        refused(&[20, 20, 20], 12, None),
        "the address bits are too many: 20 + 20 + 20 + 12 = 72, and the largest address has 64"
    );
    assert_eq!(refused(&[], 12, None), "0 levels cannot be simulated: give 1 to 5 levels");
    assert_eq!(
        refused(&[4, 0], 12, None),
        "a level of 0 bits cannot be simulated: give 1 to 28 bits"
    );
    assert_eq!(
        refused(&[u32::MAX, 2], u32::MAX, None).split(':').next(),
        Some("the address bits are too many")
    );
    assert_eq!(
        refused(&[4], 0, None),
        "an offset of 0 bits cannot be simulated: give 1 to 30 bits"
    );
    let unknown = Scheme::preset("sv93").unwrap_err().to_string();
    assert!(unknown.ends_with("; did you mean `sv39`?"), "{unknown}");
}

#[test]
fn every_preset_is_made() {
    for (name, _) in PRESETS {
        assert!(Scheme::preset(name).is_ok(), "{name}");
    }
}

#[test]
fn the_widest_address_and_the_narrowest_entry_are_mapped_and_read() {
    for (scheme, page, frame) in [
        (Scheme::new(&[28, 24], 12, Some(64)).unwrap(), (1 << 52) - 1, 7),
        (Scheme::preset("ostep-multilevel").unwrap(), 1023, 3),
    ] {
        let mut system = System::new(scheme.clone());
        let space = system.space().unwrap();
        let flags = Flags::READ;
        system.map(space, Mapping { page, target: Target::Frame(frame), flags, huge: 0 }).unwrap();
        let address = scheme.address(page) | 1;
        let request = Request { address, access: Access::Read, privileged: false };
        let walk = system.access(space, request).unwrap().walks.remove(0);
        let expected = frame * scheme.page_bytes() + 1;
        assert_eq!(walk.physical_address.map(|at| at.0), Some(expected));
        let in_use: usize =
            system.tables(space).unwrap().iter().map(|table| table.rows.len()).sum();
        assert_eq!(in_use, 2);
        system.unmap(space, page).unwrap();
        let again = system.access(space, request).unwrap().walks.remove(0);
        assert_eq!(again.fault.map(|fault| fault.kind), Some(FaultKind::Invalid));
    }
}

#[test]
fn what_cannot_be_mapped_is_refused_at_its_line() {
    let refused = |preset: &str, script: &str| {
        let scheme = Scheme::preset(preset).unwrap();
        let script = Script::parse(script.as_bytes());
        script.and_then(|script| replay(&scheme, &script)).unwrap_err().to_string()
    };
    for (preset, script, expected) in [
        (
            "10/10/12",
            "map 1 5\nmap 1 6",
            "line 2, column 1: page 0x1 is mapped already: unmap it first",
        ),
        (
            "10/10/12",
            "map 0x100000 5",
            "line 1, column 1: page 0x100000 does not exist: 20 bits number pages, so the last is 0xfffff",
        ),
        (
            "10/10/12",
            "map 1 0x100000",
            "line 1, column 1: frame 0x100000 does not exist: physical memory has 1048576 frames",
        ),
        (
            "10/10/12",
            "map 1 0xfffff",
            "line 1, column 1: frame 0xfffff holds a page table: take a lower frame",
        ),
        (
            "10/10/12",
            "map 1 0xffffe",
            "line 1, column 1: frame 0xffffe holds a page table: take a lower frame",
        ),
        (
            "10/10/12",
            "huge 1 5 0",
            "line 1, column 1: page 0x5 in frame 0x0 is no huge page: both must be multiples of 1024 pages",
        ),
        (
            "ostep-multilevel",
            "fork b",
            "line 1, column 1: the entries of OSTEP's multi-level table have no bit for copy on write: take another preset",
        ),
        ("10/10/12", "unmap 3", "line 1, column 1: page 0x3 is not mapped: map it first"),
        (
            "10/10/12",
            "maap 1 5",
            "line 1, column 1: `maap` is no event: write one of space, map, share, swap, huge, unmap, fork, read, write, fetch; did you mean `map`?",
        ),
        (
            "10/10/12",
            "map 1 5 rz",
            "line 1, column 9: `rz` is no protection: take letters from r, w, x and k",
        ),
        ("10/10/12", "read 0xg", "line 1, column 6: `0xg` is not a number; here stands address"),
        ("10/10/12", "", "the script is empty: begin with `map 0x1 5 rw`, then `read 0x1000`"),
    ] {
        assert_eq!(refused(preset, script), expected, "{script}");
    }
}

#[test]
fn inverted_and_hashed_searches_show_each_entry_they_look_at() {
    let mut inverted = Inverted::new(4, 12).unwrap();
    inverted.map(Owner { process: 7, page: 2 }, 0).unwrap();
    inverted.map(Owner { process: 1, page: 2 }, 1).unwrap();
    let found = inverted.translate(1, 0x2010);
    assert_eq!(found.physical_address.map(|at| at.0), Some(0x1010));
    assert_eq!(found.probes[1].bytes, "01 00 00 00 01 00 00 00 02 00 00 00 00 00 00 00");
    assert_eq!(
        found.explain,
        "The inverted table is searched for page 0x2 of process 1, from frame 0: 2 entries are looked at. The last \
         matches: frame 1, and with the offset 0x10 that is 0x1010."
    );
    let mut hashed = Hashed::new(4, 12).unwrap();
    hashed.map(Owner { process: 1, page: 2 }, 9).unwrap();
    hashed.map(Owner { process: 1, page: 6 }, 3).unwrap();
    let found = hashed.translate(1, 0x2010);
    assert_eq!((found.bucket, found.probes.len(), found.frame), (Some(3), 2, Some(9)));
    assert_eq!(
        hashed.translate(2, 0x2000).explain,
        "Page 0x2 of process 2 hashes to (0x2 + 2) mod 4 = bucket 0, whose chain is followed: it is empty. A page fault."
    );
}

#[test]
fn a_shared_table_takes_a_script_and_gives_what_it_looked_at() {
    let script = "map 0x2 any\nspace 1\nmap 0x1 7\nmap 0x6 any\nread 0x1010\nunmap 0x6\nwrite 0x6000\nspace 0\nread 0x2fff";
    let script = Script::parse(script.as_bytes()).unwrap();
    let (steps, _) = search(SharedTable::hashed(4, 12).unwrap(), &script).unwrap();
    let met = |step: &SearchStep| {
        let entries = |probes: &[Probe]| probes.iter().map(|probe| probe.entry).collect::<Vec<_>>();
        let at = step.search.physical_address.map(|at| at.0);
        (step.process, entries(&step.search.probes), entries(&step.search.rest), at)
    };
    assert_eq!(
        steps.iter().map(met).collect::<Vec<_>>(),
        [
            (1, vec![1], vec![0], Some(0x7010)),
            (1, vec![], vec![], None),
            (0, vec![1, 0], vec![], Some(0xfff))
        ]
    );
    let (steps, _) = search(SharedTable::inverted(8, 12).unwrap(), &script).unwrap();
    assert_eq!(steps.iter().map(|step| step.search.probes.len()).collect::<Vec<_>>(), [8, 8, 1]);
    let told = &steps[2].search.explain;
    assert!(told.ends_with("frame 0, and with the offset 0xfff that is 0xfff."), "{told}");
}

#[test]
fn what_a_shared_table_has_no_bits_for_is_refused_at_its_line() {
    for (script, expected) in [
        (
            "map 1 any\nfork b",
            "line 2, column 1: an inverted or hashed table has no bits for a fork",
        ),
        (
            "swap 1 2",
            "line 1, column 1: an inverted or hashed table has no bits for a page in swap",
        ),
        ("huge 1 0 0", "line 1, column 1: an inverted or hashed table has no bits for a huge page"),
        (
            "share 1 2",
            "line 1, column 1: an inverted or hashed table has no bits for a page that stays shared",
        ),
        ("space a", "line 1, column 1: `a` is no process"),
        ("unmap 1", "line 1, column 1: page 0x1 is not mapped"),
        ("map 1 9", "line 1, column 1: frame 0x9 does not exist: physical memory has 2 frames"),
        ("map 1 any\nmap 2 any\nmap 3 any", "line 3, column 1: physical memory is full"),
    ] {
        let script = Script::parse(script.as_bytes()).unwrap();
        let found = search(SharedTable::inverted(2, 12).unwrap(), &script).unwrap_err().to_string();
        assert!(found.starts_with(expected), "{found}");
    }
    let refused = SharedTable::inverted(0, 12).unwrap_err().to_string();
    assert_eq!(refused, "0 frames cannot be simulated: ask for 1 to 4096");
}

#[test]
fn each_level_shows_the_entries_around_the_one_it_reads() {
    let scheme = Scheme::preset("10/10/12").unwrap();
    let script = "map 0 3 r\nmap 0x3ff 4 r\nread 0x5\nread 0x3ff001";
    let script = Script::parse(script.as_bytes()).unwrap();
    let (steps, _) = replay(&scheme, &script).unwrap();
    let window = |step: usize| {
        let level = &steps[step].outcome.walks[0].levels[1];
        let mine = level.window.iter().find(|row| row.index == level.index).unwrap();
        assert_eq!((&mine.bytes, mine.entry), (&level.bytes, level.entry));
        level.window.iter().map(|row| row.index).collect::<Vec<_>>()
    };
    assert_eq!(window(0), [0, 1, 2, 3, 4]);
    assert_eq!(window(1), [1019, 1020, 1021, 1022, 1023]);
}

#[test]
fn a_walk_ends_with_its_conclusion() {
    let scheme = Scheme::preset("sv39").unwrap();
    let script = Script::parse(b"map 1 5 r\nread 0x1004\nwrite 0x1004").unwrap();
    let (steps, _) = replay(&scheme, &script).unwrap();
    for (step, expected) in [
        (0, "Frame 0x5 begins at 0x5000; with the offset 0x4 that is 0x5004."),
        (1, "A protection fault at level 3, VPN[0]: the page may not be written."),
    ] {
        let walk = &steps[step].outcome.walks[0];
        assert_eq!(walk.conclusion, expected);
        assert!(walk.explain.ends_with(expected));
    }
}
