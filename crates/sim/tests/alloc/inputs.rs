//! Lists of requests in every form, and what a wrong one is told.

use std::fmt::Write as _;

use proptest::prelude::*;
use ramscope_sim::alloc::registry::policy;
use ramscope_sim::alloc::{
    Form, Op, RequestId, Requests, RequestsBuilder, RequestsReader, Span, Want, read, run,
};

use super::{convention, requests};

fn list(text: &str) -> Requests {
    requests_of(text, Form::List)
}

fn requests_of(text: &str, form: Form) -> Requests {
    assert_eq!(Form::of(text.as_bytes()), form, "{text}");
    read(text.as_bytes(), form).unwrap()
}

#[test]
fn every_form_reads_the_same_requests() {
    let expected = requests([('+', 10), ('+', 20), ('-', 0), ('+', 30), ('-', 2), ('-', 1)]);
    assert_eq!(list("+10,+20,-0,+30,-2,-1"), expected);
    assert_eq!(list("# a comment\n+10 +20\r\n-0;+30\n\n-2 -1 # freed\n"), expected);
    let script = "malloc 10\nmalloc 20\nfree 0\nmalloc 30\nfree 2\nfree 1\n";
    assert_eq!(requests_of(script, Form::Script), expected);
    let mtrace = "= Start\n@ ./a b:[0x401136] + 0x1000 0xa\n@ ./a:(f+0x1)[0x2] + 0x2000 0x14\n\
                  @ ./a:[0x3] < 0x1000\n@ ./a:[0x3] > 0x1000 0x1e\n- 0x1000\n@ ./a:[0x4] - 0x2000\n= End\n";
    assert_eq!(requests_of(mtrace, Form::Mtrace), expected);
    let failed = "@ ./a:[0x1] + 0x1000 0xa\n@ ./a:[0x2] ! 0x1000 0xffff\n@ ./a:[0x3] - 0x1000\n";
    assert_eq!(requests_of(failed, Form::Mtrace), list("+10,-0"));
}

#[test]
fn a_trace_keeps_its_own_ids_and_a_realloc_is_a_free_and_an_allocation() {
    let trace = "# ramscope alloc-trace 1\na 7 10 100 1\na 9 0 120 1\nr 7 7 64 130 2\nf 9 140 1\n";
    let read = requests_of(trace, Form::Trace);
    let ops: Vec<Op> = read.iter().collect();
    let same = requests([('+', 10), ('+', 1), ('-', 0), ('+', 64), ('-', 1)]);
    assert_eq!(ops, same.iter().collect::<Vec<Op>>());
    let names: Vec<u64> = ops
        .iter()
        .filter_map(|op| match op {
            Op::Alloc { id, .. } => Some(read.name(*id)),
            _ => None,
        })
        .collect();
    assert_eq!(names, [7, 9, 7]);
    let run = run("first", Span::new(0, 100), &read, &convention(&[]), Want::Steps).unwrap();
    let ids: Vec<Option<u64>> = run.ops.unwrap().iter().map(|step| step.id).collect();
    assert_eq!(ids, [Some(7), Some(9), Some(7), Some(7), Some(9)]);
}

#[test]
fn a_wrong_list_is_pointed_at_with_the_cause_and_the_next_act() {
    let wrong = |form, text: &[u8]| read(text, form).unwrap_err().to_string();
    let list = |text: &str| wrong(Form::List, text.as_bytes());
    assert_eq!(list(""), "the list of requests is empty: ask for memory first, for instance +10");
    assert_eq!(
        list("+10, 20"),
        "line 1, column 6: `20` is not a request or a free: write +10 to ask for 10 bytes and -0 to free the first request"
    );
    assert_eq!(list("+10\n+0"), "line 2, column 1: a request for 0 bytes: ask for at least 1");
    assert_eq!(
        list("+-5"),
        "line 1, column 1: `+-5` is negative; here stands a size in bytes: write a whole number from 1"
    );
    assert_eq!(
        list("+9007199254740992"),
        "line 1, column 1: a request for 9007199254740992 bytes: the largest memory ends at 9007199254740991"
    );
    assert_eq!(
        list("+99999999999999999999999999"),
        "line 1, column 1: `+99999999999999999999999…` is too large: no memory reaches beyond 9007199254740991"
    );
    assert_eq!(
        list("+10,-0,+5,-0"),
        "line 1, column 11: 0 is freed twice: operation 2 freed it already"
    );
    assert_eq!(
        list("+10,-1"),
        "line 1, column 5: 1 was never allocated, so it cannot be freed: free an id that stands earlier in the list"
    );
    assert_eq!(
        list("-"),
        "line 1, column 1: `-` is not the number of a request, from 0 in the order of asking"
    );
    let binary =
        "this is not text: give a list of requests, a script, mtrace's text or an alloc-trace";
    assert_eq!(wrong(Form::List, b"+10\n\x7fELF\x02"), format!("line 2, column 1: {binary}"));
    assert_eq!(wrong(Form::List, b"+10,\xff\xfe"), format!("line 1, column 5: {binary}"));
    assert_eq!(
        wrong(Form::Script, b"malloc"),
        "line 1, column 7: `end of line` is not a size in bytes: write a whole number from 1"
    );
    assert_eq!(
        wrong(Form::Script, b"malloc 5\nfre 0"),
        "line 2, column 1: `fre` is not a command: write malloc 10, free 0 or compact, one a line"
    );
    assert_eq!(
        wrong(Form::Script, b"malloc 5 6"),
        "line 1, column 10: `6` is not a command: write malloc 10, free 0 or compact, one a line"
    );
}

#[test]
fn a_wrong_trace_is_pointed_at_with_the_cause_and_the_next_act() {
    let wrong = |form, text: &str| read(text.as_bytes(), form).unwrap_err().to_string();
    let trace = |text: &str| wrong(Form::Trace, &format!("# ramscope alloc-trace 1\n{text}"));
    assert_eq!(
        trace("a 1 10 0 0\na 2 3"),
        "line 3, column 6: the trace is cut off within this line: remove the line, or record again"
    );
    assert_eq!(
        trace("a 1 10 0\n"),
        "line 2, column 9: `end of line` is not a whole number of the record: a id size t tid, f id t tid, r id newid size t tid"
    );
    assert_eq!(
        trace("f 3 0 0\n"),
        "line 2, column 3: 3 was never allocated in this trace: remove the line if it was before the trace began"
    );
    assert_eq!(
        trace("a 3 1 0 0\nf 3 0 0\nf 3 0 0\n"),
        "line 4, column 3: 3 is freed twice: operation 2 freed it already"
    );
    assert_eq!(
        trace("a 3 1 0 0\na 3 1 0 0\n"),
        "line 3, column 3: 3 is allocated already, and was not freed before"
    );
    assert_eq!(
        wrong(Form::Trace, "# ramscope alloc-trace 2\n"),
        "line 1, column 1: a trace begins with `# ramscope alloc-trace 1`: this is another file, or another version of it"
    );
    assert_eq!(
        wrong(Form::Mtrace, "= Start\n@ ./a:[0x1] - 0x10\n"),
        "line 2, column 15: 0x10 was never allocated in this trace: remove the line if it was before the trace began"
    );
    assert_eq!(
        wrong(Form::Mtrace, "@ ./a:[0x1] + 0x10"),
        "line 1, column 15: `0x10` is not a line of mtrace's: where, + or >, an address and a size, or - or < and an address"
    );
}

#[test]
fn a_problem_that_no_machine_has_is_refused() {
    let list = list("+10,+2000");
    let run = |size, settings: &[&str]| {
        run("first", Span::new(1000, size), &list, &convention(settings), Want::Metrics)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        run(1000, &[]),
        "operation 2 asks for 2000 bytes of a memory of 1000: it can never be placed; give more memory or ask for less"
    );
    assert_eq!(
        run(0, &[]),
        "a memory of 0 bytes from 1000 cannot be simulated: give at least 1 byte, and let it end at 9007199254740991 or before"
    );
    assert!(run(u64::MAX, &[]).contains("cannot be simulated"));
    assert_eq!(
        run(4000, &["block.align=12"]),
        "sizes cannot be aligned to 12: an alignment is a power of two, such as 16"
    );
    assert_eq!(
        policy("wurst").unwrap_err().to_string(),
        "there is no allocation policy `wurst`; did you mean `worst`?"
    );
    assert_eq!(
        super::Convention::default().set("list.ordr=size").unwrap_err().to_string(),
        "no policy has a parameter `list.ordr`; did you mean `list.order`?"
    );
}

#[test]
fn a_free_of_a_failed_request_is_nothing() {
    let steps = super::steps("first", &[], Span::new(0, 10), &list("+8,+8,-1,-0"));
    assert_eq!((steps[1].address, steps[2].address), (None, None));
    assert_eq!(steps[2].explain, "Operation 3: request 1 holds nothing, so nothing is freed.");
    assert_eq!(steps[3].free_list, [Span::new(0, 10)]);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for form in [Form::List, Form::Script, Form::Mtrace, Form::Trace, Form::of(&bytes)] {
            let _ = read(&bytes, form);
            let _ = read(&[b"# ramscope alloc-trace 1\n", &bytes[..]].concat(), form);
        }
    }

    #[test]
    fn a_list_that_is_written_and_read_is_the_same(list in super::invariants::list()) {
        let (mut text, mut script) = (String::new(), String::new());
        for op in list.iter() {
            match op {
                Op::Alloc { size, .. } => {
                    write!(text, "+{size},").unwrap();
                    writeln!(script, "malloc {size}").unwrap();
                }
                Op::Free { id } => {
                    write!(text, "-{},", id.rank()).unwrap();
                    writeln!(script, "free {}", id.rank()).unwrap();
                }
                Op::Compact => {
                    text.push_str("compact ");
                    script.push_str("compact\n");
                }
            }
        }
        prop_assert_eq!(&read(text.as_bytes(), Form::List).unwrap(), &list);
        prop_assert_eq!(&read(script.as_bytes(), Form::Script).unwrap(), &list);
    }
}

#[test]
fn a_builder_counts_what_is_live_at_once() {
    let mut builder = RequestsBuilder::new();
    let first = builder.alloc(1).unwrap();
    builder.free(first).unwrap();
    builder.alloc(2).unwrap();
    builder.alloc(3).unwrap();
    let list = builder.finish().unwrap();
    assert_eq!((list.len(), list.ids(), list.most_live()), (4, 3, 2));
}

#[test]
fn a_trace_read_line_by_line_is_the_list_that_its_text_is() {
    let text = b"# ramscope alloc-trace 1\na 140737488355328 10 0 1\na 7 20 1 1\nr 7 8 30 2 1\nf 140737488355328 3 2\n";
    let mut reader = RequestsReader::new(Form::of(text));
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        reader.line(line).unwrap();
    }
    let requests = reader.finish().unwrap();
    assert_eq!(requests, read(text, Form::Trace).unwrap());
    assert_eq!(requests.name(RequestId::new(0)), 140_737_488_355_328);
    assert_eq!((requests.len(), requests.ids(), requests.most_live()), (5, 3, 2));
    let cut = read(&text[..text.len() - 3], Form::Trace).unwrap_err().to_string();
    assert!(cut.contains("line 5") && cut.contains("cut off"), "{cut}");
}
