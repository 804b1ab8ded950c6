//! Published tables, each kind of trap, the sentences, the JSON, and what is refused and where.

use ramscope_sim::segments::translation::{Shape, Table, Trap, translate};

use super::{ask, physical, split};

const TEXTBOOK: &str = "0:219/600,1:2300/14,2:90/100,3:1327/580,4:1952/96";

pub(crate) fn paged() -> Shape {
    Shape { page_bytes: Some(1024), memory_bytes: Some(16 << 10), ..Shape::default() }
}

#[test]
fn silberschatz_five_segments() {
    for requests in
        ["0:430,1:10,2:500,3:400,4:112", "(0,430) (1, 10)\n(2,500),(3,400)\n(4,112) # as printed"]
    {
        let found = ask(Shape::default(), TEXTBOOK, requests);
        assert_eq!(physical(&found), [Some(649), Some(2310), None, Some(1727), None]);
        let excess: Vec<_> = found.translations.iter().map(|found| found.excess_bytes).collect();
        assert_eq!(excess, [None, None, Some(401), None, Some(17)]);
    }
}

#[test]
fn ostep_relocation_of_seed_0() {
    let found = ask(Shape::default(), "12418/472", "430,265,523,414,802");
    assert_eq!(physical(&found), [Some(12848), Some(12683), None, Some(12832), None]);
    assert_eq!(
        found.translations[2].explain,
        "Address 523 is relocated by base and limit. Limit 472: 523 < 472 does not hold, by 52 bytes. Trap: beyond the \
         limit."
    );
    let relocation = Table::relocation(12418, 472).unwrap();
    let requests = relocation.requests(b"430").unwrap();
    assert_eq!(translate(&relocation, &requests).unwrap().translations[0].physical, Some(12848));
}

#[test]
fn ostep_two_segments_of_seed_0_in_both_ways_of_growing_down() {
    let requests = "65,51,100,61,74,64,1:-1,1:-57";
    let expected = [None, Some(266), Some(160), None, Some(134), None, Some(187), None];
    let down = ask(split(1, 6), "0:215/59 1:188/56/down", requests);
    assert_eq!(physical(&down), expected);
    // 188 - 64 = 124 is the bottom, and 64 - 56 - 1 = 7 the last offset that is not valid.
    let expands = ask(split(1, 6), "0:215/59 1:124/7/expand-down", "65,51,100,61,74,64");
    assert_eq!(physical(&expands), expected[..6]);
    let said = |report: &super::Report, at: usize| report.translations[at].explain.clone();
    assert_eq!(
        said(&down, 2),
        "Address 100 is 1|100100 in binary: the top bits are segment 1, the other 6 are offset 36. Segment 1 grows down, \
         and its largest size is 64: 36 - 64 = -28 from its base. Base 188, limit 56: 28 <= 56, so it is inside. Its \
         protection rwx lets it be read. 188 - 28 = 160."
    );
    assert_eq!(
        said(&down, 0),
        "Address 65 is 1|000001 in binary: the top bits are segment 1, the other 6 are offset 1. Segment 1 grows down, and \
         its largest size is 64: 1 - 64 = -63 from its base. Limit 56: 63 <= 56 does not hold, by 7 bytes. Trap: beyond \
         the limit."
    );
    assert_eq!(
        said(&expands, 2),
        "Address 100 is 1|100100 in binary: the top bits are segment 1, the other 6 are offset 36. Segment 1 expands down: \
         valid are the offsets above its limit, up to 63. Base 124, limit 7: 36 > 7, so it is inside. Its protection rwx \
         lets it be read. 124 + 36 = 160."
    );
}

#[test]
fn ostep_chapter_16_code_heap_and_stack() {
    let table = "0:32k/2k/code/rx, 1:34k/3k/heap/rw, 3:28k/2k/stack/down/rw";
    let found = ask(split(2, 12), table, "100,4200,15k,7k,code:100,heap:104,stack:-1k,stack:3k/w");
    let (code, heap, stack) = (Some(32868), Some(34920), Some(27 << 10));
    assert_eq!(physical(&found), [code, heap, stack, None, code, heap, stack, stack]);
    assert_eq!(found.translations[3].trap, Some(Trap::Limit));
    assert_eq!(found.translations[6].virtual_address, Some(15 << 10));
    let bits = found.translations[1].bits.clone().unwrap();
    assert_eq!((bits.segment.as_str(), bits.offset.as_str()), ("01", "000001101000"));
}

#[test]
fn each_kind_of_trap_is_named_by_the_first_check_that_fails() {
    let table = "0:0/100/r,1:200/100/absent,2:300/50/rw,3:400/0";
    for (request, trap, checks, sentence) in [
        ("7:5", Trap::NoSegment, 1, "its last is 3, which is 4 less. Trap: no such segment."),
        ("1:500", Trap::NotPresent, 2, "and the access is made again."),
        ("0:100/w", Trap::Limit, 3, "100 < 100 does not hold, by 1 byte. Trap: beyond the limit."),
        ("3:0", Trap::Limit, 3, "0 < 0 does not hold, by 1 byte. Trap: beyond the limit."),
        ("0:99/w", Trap::Protection, 4, "Its protection is r--: it may not be written."),
        ("2:0/x", Trap::Protection, 4, "Its protection is rw-: it may not be executed."),
    ] {
        let found = ask(Shape::default(), table, request).translations.remove(0);
        assert_eq!((found.trap, found.physical), (Some(trap), None), "{request}");
        assert_eq!(found.checked.len(), checks, "{request}");
        assert!(found.explain.contains(sentence), "{request}: {}", found.explain);
    }
    let wide = ask(split(1, 6), "0:0/10", "130").translations.remove(0);
    assert_eq!((wide.segment, wide.trap, wide.bits), (2, Some(Trap::NoSegment), None));
    assert!(wide.explain.starts_with("Address 130 has more than the 7 bits of an address"));
}

#[test]
fn paged_segments_go_on_in_their_page_tables() {
    let found = ask(paged(), "0:5+6+-+2/3500, 1:7/1000/rx", "0:1030,0:2100,0:3499,0:3500,1:0/w");
    assert_eq!(physical(&found), [Some(6 * 1024 + 6), None, Some(2 * 1024 + 427), None, None]);
    let traps: Vec<_> = found.translations.iter().filter_map(|found| found.trap).collect();
    assert_eq!(traps, [Trap::Page, Trap::Limit, Trap::Protection]);
    let walk = found.translations[0].walk.as_ref().unwrap();
    assert_eq!((walk.levels[0].index, walk.levels[0].frame, walk.offset), (1, 6, 6));
    let said = &found.translations[0].explain;
    assert!(said.starts_with("Segment 0, offset 1030. Limit 3500: 1030 < 3500, so it is inside."));
    assert!(
        said.ends_with("with the offset 0x6 that is 0x1806. In decimal 6144 + 6 = 6150."),
        "{said}"
    );
    let wide = ask(Shape { page_bytes: Some(1024), ..split(2, 14) }, "1:3+4/2000", "17000");
    assert_eq!(physical(&wide), [Some(3 * 1024 + 616)]);
    assert_eq!(wide.translations[0].walk.as_ref().unwrap().levels[0].bits, "0000");
}

#[test]
fn segments_overlap_only_where_both_are_shared_or_one_is_absent() {
    for table in [
        "0:100/50/shared 1:100/50/shared",
        "0:100/50 1:120/50/absent",
        "0:100/50 1:150/50",
        "0:100/50 1:100/50/down",
        "0:100/50 1:110/0",
    ] {
        assert!(Table::parse(table.as_bytes(), Shape::default()).is_ok(), "{table}");
    }
}

#[test]
fn the_answer_has_the_documented_json_fields() {
    let found = ask(split(1, 6), "0:215/59/code/rx 1:188/56/down", "51,65");
    let found = serde_json::to_value(found).unwrap();
    assert_eq!(found["segment_bits"], 1);
    assert_eq!(
        found["table"][0],
        serde_json::json!({
            "number": 0, "kind": "code", "base": 215, "limit": 59, "growth": "up", "protection": "r-x",
            "shared": false, "present": true
        })
    );
    let (first, second) = (&found["translations"][0], &found["translations"][1]);
    assert_eq!(first["segment"], 0);
    assert_eq!(first["offset"], 51);
    assert_eq!(first["row"], 0);
    assert_eq!(first["physical"], 266);
    assert!(first["trap"].is_null());
    assert_eq!(first["bits"], serde_json::json!({"segment": "0", "offset": "110011"}));
    assert_eq!(
        first["compare"],
        serde_json::json!({"left": 51, "relation": "<", "right": 59, "holds": true})
    );
    assert_eq!(first["add"], serde_json::json!({"base": 215, "addend": 51, "sum": 266}));
    assert!(second["physical"].is_null());
    assert_eq!(second["trap"], "limit");
    assert_eq!(second["excess_bytes"], 7);
    assert_eq!(
        serde_json::to_value(ask(paged(), "0:5+-/2k", "0:1")).unwrap()["table"][0]["frames"],
        serde_json::json!([5, null])
    );
}

#[test]
fn wrong_tables_are_pointed_at() {
    let memory = Shape { memory_bytes: Some(1024), ..Shape::default() };
    let refused =
        |shape, table: &str| Table::parse(table.as_bytes(), shape).unwrap_err().to_string();
    for (shape, table, expected) in [
        (
            memory,
            "0:219/600, 1:700/14",
            "line 1, column 12: segment 1, bytes 700 to 713, overlaps segment 0, bytes 219 to 818: move one, or mark both \
             `shared`",
        ),
        (
            memory,
            "0:219/600\n1:1020/14",
            "line 2, column 1: segment 1 ends at byte 1033, beyond the 1024 bytes of memory: its last byte may be 1023",
        ),
        (
            memory,
            "0:10/14/down",
            "line 1, column 1: segment 0 grows down from 10 by 14 bytes, which is below address 0: raise its base or lower \
             its limit",
        ),
        (
            memory,
            "0:10/14/dwon",
            "line 1, column 9: `dwon` is nothing a segment is: write code, data, heap, stack, up, down, expand-down, shared \
             or absent, or letters of rwx; did you mean `down`?",
        ),
        (
            memory,
            "0:10",
            "line 1, column 1: `0:10` has no limit: write `number:base/limit`, as in `0:219/600`",
        ),
        (
            memory,
            "0:-10/5",
            "line 1, column 3: `-10` is no base: it is a whole number from 0 to 4503599627370496",
        ),
        (
            memory,
            "0:10/99999999999999999999",
            "line 1, column 6: `99999999999999999999` is no limit in bytes: it is a whole number from 0 to 4503599627370496",
        ),
        (
            memory,
            "0:10/9999999999g",
            "line 1, column 6: `9999999999g` is no limit in bytes: it is a whole number from 0 to 4503599627370496",
        ),
        (memory, "0:x/5", "line 1, column 3: `x` is not a number; here stands base"),
        (
            memory,
            "0:0/5 0:10/5",
            "line 1, column 7: segment 0 is in the table already: give each number once",
        ),
        (
            memory,
            "0:0/5/stack 1:10/5/stack",
            "line 1, column 13: segment 0 is the stack already: call one segment so",
        ),
        (
            split(1, 6),
            "2:0/5",
            "line 1, column 1: there can be no segment 2: the last that an address can name is 1",
        ),
        (
            split(1, 6),
            "0:0/65",
            "line 1, column 1: segment 0 cannot have the limit 65: the offset bits allow at most 64",
        ),
        (
            memory,
            "0:0/5/expand-down",
            "line 1, column 1: segment 0 expands down from the largest offset, which is not known: give the bits of an \
             address",
        ),
        (
            paged(),
            "0:5+6/3500",
            "line 1, column 1: segment 0 of 3500 bytes has 4 pages of 1024, and 2 frames are given: give one a page, `-` \
             where it is not in memory",
        ),
        (
            paged(),
            "0:5/1k 1:5/1k",
            "line 1, column 8: frame 5 of segment 1 is a page of segment 0 already: take another, or mark both `shared`",
        ),
        (
            paged(),
            "0:16/1k",
            "line 1, column 1: segment 0 ends at byte 17407, beyond the 16384 bytes of memory: its last byte may be 16383",
        ),
        (
            memory,
            "",
            "the table is empty: give base and limit of each segment, as in `0:219/600, 1:2300/14`",
        ),
        (
            split(20, 40),
            "0:0/5",
            "an address of 20 segment bits and 40 offset bits cannot be simulated: give 0 to 16 segment bits, at least 1 \
             offset bit, and together at most 52",
        ),
        (
            Shape { page_bytes: Some(1000), ..memory },
            "0:0/5",
            "pages of 1000 bytes cannot be simulated: give a power of two from 2 to 1073741824",
        ),
        (
            Shape { page_bytes: Some(64), ..split(1, 6) },
            "0:0/5",
            "6 offset bits leave none for the page number of 64-byte pages: take smaller pages or more offset bits",
        ),
    ] {
        assert_eq!(refused(shape, table), expected, "{table}");
    }
}

#[test]
fn wrong_requests_are_pointed_at() {
    let refused = |shape, table: &str, requests: &str| {
        let table = Table::parse(table.as_bytes(), shape).unwrap();
        table.requests(requests.as_bytes()).unwrap_err().to_string()
    };
    let open = Shape::default();
    for (shape, table, requests, expected) in [
        (
            open,
            "0:0/5 1:9/5",
            "0:1 430",
            "line 1, column 5: address 430 does not say its segment: write `segment:offset`, or give the bits of an address",
        ),
        (
            open,
            "0:0/5 1:10/5/down",
            "1:3",
            "line 1, column 1: segment 1 grows down, and its largest size is not known: write how far below its base, as in \
             `1:-3`, or give the bits of an address",
        ),
        (
            open,
            "0:0/5",
            "0:-3",
            "line 1, column 1: -3 is no offset here: only one into a segment that grows down may be negative",
        ),
        (
            open,
            "0:0/5",
            "stak:3",
            "line 1, column 1: `stak` names no segment: write its number, or code, data, heap or stack; did you mean `stack`?",
        ),
        (
            open,
            "0:0/5",
            "0:1,stack:3",
            "line 1, column 5: no segment of the table is the stack: mark one, as in `0:219/600/stack`",
        ),
        (
            open,
            "0:0/5",
            "0:1/wirte",
            "line 1, column 4: `/wirte` is no access: write `/r`, `/w` or `/x`, or nothing; did you mean `write`?",
        ),
        (open, "0:0/5", "(0,1", "line 1, column 4: `)` is missing after `1`: write `(0, 430)`"),
        (
            open,
            "0:0/5",
            "(0",
            "line 1, column 3: the line ends where the offset, as in `(0, 430)` belongs",
        ),
        (
            open,
            "0:0/5",
            "0:99999999999999999",
            "line 1, column 3: `99999999999999999` is no offset: it is a whole number from 0 to 4503599627370496",
        ),
        (open, "0:0/5", " ", "there is no address to translate: give some, as in `0:430, 1:10`"),
        (
            open,
            "0:0/5",
            "\u{1}",
            "line 1, column 1: this is not text: a script is UTF-8 with a command a line",
        ),
    ] {
        assert_eq!(refused(shape, table, requests), expected, "{table} {requests}");
    }
}
