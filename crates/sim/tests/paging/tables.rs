//! The numbers that textbooks print and two independent programs confirm.

use ramscope_sim::paging::References;

use super::{A, B, C, faults};

fn check(policy: &str, settings: &[&str], string: &[u64], expected: [u64; 7]) {
    let references = References::reads(string.iter().copied()).unwrap();
    let found: Vec<u64> =
        (1..=7).map(|frames| faults(policy, settings, frames, &references)).collect();
    assert_eq!(found, expected, "{policy} {settings:?} on {string:?} with 1..7 frames");
}

#[test]
fn textbook_strings_have_their_published_faults() {
    let not_set = &["clock.load_bit=0"];
    check("fifo", &[], A, [20, 15, 15, 10, 9, 6, 6]);
    check("lru", &[], A, [20, 17, 12, 8, 7, 6, 6]);
    check("opt", &[], A, [20, 13, 9, 8, 7, 6, 6]);
    check("clock", &[], A, [20, 15, 14, 9, 9, 6, 6]);
    check("clock", not_set, A, [20, 17, 11, 8, 7, 6, 6]);
    check("fifo", &[], B, [12, 12, 9, 10, 5, 5, 5]);
    check("lru", &[], B, [12, 12, 10, 8, 5, 5, 5]);
    check("opt", &[], B, [12, 9, 7, 6, 5, 5, 5]);
    check("clock", &[], B, [12, 12, 9, 10, 5, 5, 5]);
    check("clock", not_set, B, [12, 12, 10, 8, 5, 5, 5]);
    check("fifo", &[], C, [20, 18, 16, 14, 10, 10, 7]);
    check("lru", &[], C, [20, 18, 15, 10, 8, 7, 7]);
    check("opt", &[], C, [20, 15, 11, 8, 7, 7, 7]);
    check("clock", &[], C, [20, 18, 16, 14, 9, 8, 7]);
    check("clock", not_set, C, [20, 18, 16, 10, 8, 7, 7]);
}
