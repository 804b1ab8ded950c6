//! What people have in their hands, in each form, and what they are told when it is something else.

use std::num::NonZeroUsize;

use proptest::prelude::*;
use ramscope_sim::paging::{Form, parse};

/// A form of each kind; addresses in pages of 4 KiB.
const FORMS: &[Form] = &[
    Form::Pages,
    Form::Flagged,
    Form::Processes,
    Form::Addresses(4096),
    Form::Lackey(4096),
    Form::Trc,
    Form::Csv(None),
    Form::Csv(NonZeroUsize::new(2)),
    Form::OracleGeneral,
    Form::Lcs,
    Form::ChampSim(4096),
];

/// The references that bytes of a form are.
fn check(bytes: impl AsRef<[u8]>, form: Form, expected: &[(u64, bool)]) {
    let references = parse(bytes.as_ref(), form).unwrap();
    let found: Vec<_> =
        references.iter().map(|(page, write)| (references.name(page), write)).collect();
    assert_eq!(found, expected, "{form:?}");
}

/// What is said of bytes that are not of the form.
fn wrong(bytes: impl AsRef<[u8]>, form: Form, expected: &str) {
    assert_eq!(parse(bytes.as_ref(), form).unwrap_err().to_string(), expected);
}

fn reads(pages: &[u64]) -> Vec<(u64, bool)> {
    pages.iter().map(|&page| (page, false)).collect()
}

#[test]
fn every_form_of_lines_reads_its_pages() {
    check("7 0,1;2\n\n0\t3\r\n# end", Form::Pages, &reads(&[7, 0, 1, 2, 0, 3]));
    check("3w 3", Form::Pages, &[(3, true), (3, false)]);
    check("5 0\n5 1\n", Form::Flagged, &[(5, false), (5, true)]);
    check("0x1fff R\n2000 W", Form::Addresses(4096), &[(1, false), (2, true)]);
    check(
        "l 0x1fffff50 1\ns 0x20000000 37 # gap\nl 2fff 0\n",
        Form::Addresses(4096),
        &[(0x1ffff, false), (0x20000, true), (2, false)],
    );
    check(
        "==1== hello\nI  00001ffc,8\n S 00003000,4\n M 4000,1\n",
        Form::Lackey(4096),
        &[(1, false), (2, false), (3, true), (4, true)],
    );
    check("12\n*\n13\n", Form::Trc, &reads(&[12, 13]));
}

#[test]
fn pages_of_several_processes_carry_the_process_in_front() {
    check("1 0\n2 0\n1 0w\n", Form::Processes, &[(10, false), (20, false), (10, true)]);
    check("7 12\n0 340\n12 7\n", Form::Processes, &reads(&[7012, 340, 12007]));
    check("1 9\n1 10", Form::Processes, &reads(&[109, 110]));
}

#[test]
fn tables_are_read_by_the_column_of_the_id() {
    let column = |column| Form::Csv(NonZeroUsize::new(column));
    check(
        "version,time,op,size,lbn\n1,5,2a,512,42\n1,6,28,512,43\n",
        Form::Csv(None),
        &[(42, true), (43, false)],
    );
    check("5,100,42\n6,100,0x2b\r\n\n", column(3), &reads(&[42, 43]));
    check("time|obj_id\n5| 42 \n", column(2), &reads(&[42]));
    check("\"a,b\",\"9\"\n\"c,\",18446744073709551615", column(2), &reads(&[9, u64::MAX]));
    check("op\tKey\nSET\t1\nget\t1", Form::Csv(None), &[(1, true), (1, false)]);
}

/// A record of `length` bytes with these words in it, and 0xAA elsewhere.
fn record(length: usize, words: &[(usize, u64)]) -> Vec<u8> {
    let mut bytes = vec![0xAA; length];
    for &(at, word) in words {
        bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

/// The header of an lcs trace.
fn lcs_header(length: usize, version: u64) -> Vec<u8> {
    let magic = 0x1234_5678_9abc_def0;
    record(length, &[(0, magic), (8, version), (length - 8, magic)])
}

#[test]
fn records_of_libcachesim_give_their_ids() {
    let id = |id| record(24, &[(4, id)]);
    let bytes = [id(9), id(u64::MAX), id(9)].concat();
    check(&bytes, Form::OracleGeneral, &reads(&[9, u64::MAX, 9]));
    for (version, length) in (1..).zip([24, 28, 36, 40, 44, 52, 68, 100]) {
        for header in [8192, 1024] {
            let trace =
                [lcs_header(header, version), record(length, &[(4, 7)]), record(length, &[(4, 8)])];
            check(trace.concat(), Form::Lcs, &reads(&[7, 8]));
        }
    }
}

#[test]
fn an_lcs_trace_says_which_requests_write() {
    for (version, length, op) in [(2, 28, 16), (3, 36, 20), (8, 100, 20)] {
        let request = |code| {
            let mut bytes = record(length, &[(4, 7)]);
            bytes[op] = code;
            bytes
        };
        let trace = [lcs_header(8192, version), request(1), request(3), request(13), request(12)];
        check(trace.concat(), Form::Lcs, &[(7, false), (7, true), (7, true), (7, false)]);
    }
}

#[test]
fn an_instruction_of_champsim_is_fetched_then_loads_then_stores() {
    let words = |stores: [u64; 2], loads: [u64; 4]| {
        let addresses = stores.into_iter().chain(loads);
        let mut words: Vec<_> = (16..).step_by(8).zip(addresses).collect();
        words.push((0, 0x40_0abc));
        record(64, &words)
    };
    let bytes =
        [words([0, 0], [0, 0, 0, 0]), words([0x5000, 0], [0x7ff_f000, 0, 0x1234, 0])].concat();
    let expected = [(0x400, false), (0x400, false), (0x7fff, false), (1, false), (5, true)];
    check(bytes, Form::ChampSim(4096), &expected);
}

#[test]
fn a_wrong_text_is_pointed_at() {
    let a_page =
        "a page number: write integers between commas, spaces or newlines, and 3w to write page 3";
    let a_flag = "a modified flag: write the page and 0 or 1, one pair a line";
    wrong("1 2\n3 x7 4", Form::Pages, &format!("line 2, column 3: `x7` is not {a_page}"));
    wrong("w", Form::Pages, &format!("line 1, column 1: `w` is not {a_page}"));
    wrong("1 -4", Form::Pages, "line 1, column 3: `-4` is negative: pages are numbered from 0");
    wrong(
        "9007199254740992",
        Form::Pages,
        "line 1, column 1: `9007199254740992` is too large: the largest page number is 9007199254740991",
    );
    wrong(
        b"1 \xff\xfe",
        Form::Pages,
        "line 1, column 3: this is not text: choose the trace's own format",
    );
    wrong("5", Form::Flagged, &format!("line 1, column 2: `end of line` is not {a_flag}"));
    wrong("5 1 1", Form::Flagged, &format!("line 1, column 5: `1` is not {a_flag}"));
    wrong(" , \n", Form::Pages, "the reference string is empty: give at least one page number");
}

#[test]
fn a_wrong_process_access_or_table_is_pointed_at() {
    let owned =
        "a process and its page: write two integers, one pair a line, and 3w to write page 3";
    wrong("1 2\n3", Form::Processes, &format!("line 2, column 2: `end of line` is not {owned}"));
    wrong("1 2 3", Form::Processes, &format!("line 1, column 5: `3` is not {owned}"));
    wrong(
        "1 2\n900719925474100 10",
        Form::Processes,
        "line 2, column 1: `900719925474100 before 10` is too large: the largest page number is 9007199254740991",
    );
    let access =
        "a load or a store: write l or s, a hexadecimal address and a number, one access a line";
    wrong("l 0xzz 1", Form::Addresses(1), &format!("line 1, column 3: `0xzz` is not {access}"));
    wrong(
        "s 0x10",
        Form::Addresses(1),
        &format!("line 1, column 7: `end of line` is not {access}"),
    );
    let id = "an object's id: a decimal number, or a hexadecimal one with 0x";
    wrong("id,size\n1,2\nx,3", Form::Csv(None), &format!("line 3, column 1: `x` is not {id}"));
    let third = Form::Csv(NonZeroUsize::new(3));
    wrong("1,2", third, &format!("line 1, column 4: `end of line` is not {id}"));
    wrong(
        "1,2\n",
        Form::Csv(None),
        "line 1, column 1: `1,2` is not a header with a column obj_id, object_id, object, id, key, lbn, lba, vpn, page \
         or address: name the column, or give its number",
    );
}

#[test]
fn a_wrong_binary_trace_is_pointed_at() {
    let cut_off = |at, length, left| {
        format!(
            "byte {at}: a record of {length} bytes ends after {left}: the trace is cut off, or of another format"
        )
    };
    wrong([0; 70], Form::OracleGeneral, &cut_off(48, 24, 22));
    wrong([0; 65], Form::ChampSim(4096), &cut_off(64, 64, 1));
    wrong([lcs_header(8192, 2), vec![0; 29]].concat(), Form::Lcs, &cut_off(8220, 28, 1));
    let no_lcs = "byte 0: libCacheSim's lcs begins and ends its header with the number 0x123456789abcdef0, and this \
                  does not: choose the trace's own format";
    wrong([0; 8192], Form::Lcs, no_lcs);
    wrong(&lcs_header(8192, 1)[..8191], Form::Lcs, no_lcs);
    for version in [0, 9, u64::MAX] {
        wrong(
            lcs_header(1024, version),
            Form::Lcs,
            "byte 8: versions 1 to 8 of lcs are known, and this is another: convert the trace with libCacheSim's \
             traceConv",
        );
    }
}

/// Bytes that look like one of the forms for a while.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let scraps = prop::sample::select(vec![
        "1",
        "0x",
        "w",
        "-",
        ",",
        " ",
        "\n",
        "\r",
        "\t",
        "\"",
        "#",
        "*",
        "==",
        "l ",
        "s 0x1 ",
        "R",
        "I ",
        "M 1,",
        "id,op\n",
        "18446744073709551615",
        "9007199254740991",
        "ffffffffffffffff",
        "é",
    ]);
    let text = prop::collection::vec(scraps, 0..40).prop_map(|scraps| scraps.concat().into_bytes());
    let bytes = prop::collection::vec(any::<u8>(), 0..200);
    let lcs = (0u64..10, prop::sample::select(vec![1024, 8192]), bytes.clone())
        .prop_map(|(version, length, rest)| [lcs_header(length, version), rest].concat());
    prop_oneof![text, bytes, lcs]
}

proptest! {
    #[test]
    fn hostile_bytes_are_read_or_refused_and_never_panic(bytes in hostile(), page_bytes in any::<u64>()) {
        let sized = [Form::Addresses(page_bytes), Form::Lackey(page_bytes), Form::ChampSim(page_bytes)];
        for form in FORMS.iter().chain(&sized) {
            match parse(&bytes, *form) {
                Ok(references) => prop_assert!(!references.is_empty()),
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }
    }
}
