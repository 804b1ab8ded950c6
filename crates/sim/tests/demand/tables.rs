//! Published numbers.

use ramscope_sim::demand::{Allocation, Spare, shares, working_set_sizes};
use ramscope_sim::paging::{References, Want, run};

use super::{live, parse, problem};

#[test]
fn shares_are_those_of_the_textbooks() {
    // Silberschatz, "Allocation Algorithms": 62 frames for processes of 10 and 127 pages; 93 frames for five processes.
    assert_eq!(shares(62, &[10, 127], 2, false, Spare::Free), [4, 57]);
    assert_eq!(shares(62, &[10, 127], 2, false, Spare::LargestRemainder), [5, 57]);
    assert_eq!(shares(93, &[1, 2, 3, 4, 5], 5, true, Spare::Free), [18; 5]);
    assert_eq!(
        shares(93, &[1, 2, 3, 4, 5], 5, true, Spare::LargestRemainder),
        [19, 19, 19, 18, 18]
    );
}

#[test]
fn no_share_is_empty_and_any_processes_that_may_be_in_memory_fit() {
    assert_eq!(shares(3, &[1, 1, 100], 3, false, Spare::Free), [1, 1, 1]);
    assert_eq!(shares(10, &[5, 10, 10, 20], 2, false, Spare::Free), [1, 3, 3, 6]);
    assert_eq!(shares(10, &[1, 1, 1], 2, true, Spare::Free), [5, 5, 5]);
}

#[test]
fn the_working_sets_are_those_of_the_textbook() {
    // Silberschatz, "Working-Set Model", with a window of 10 references.
    let pages = "2615777751623412344434344413234443444";
    let string = pages.bytes().map(|digit| u64::from(digit - b'0'));
    let sizes = working_set_sizes(&References::reads(string).unwrap(), 10);
    assert_eq!(sizes[9], 5, "1, 2, 5, 6 and 7");
    assert_eq!(sizes[25], 2, "3 and 4");
    assert_eq!(sizes[26], 3, "1, 3 and 4");
}

#[test]
fn one_process_alone_faults_as_often_as_the_policy_says_of_its_string() {
    let string = "7 0 1 2 0 3 0 4 2 3 0 3 2 1 2 0 1 7 0 1";
    let references =
        References::reads(string.split(' ').map(|page| page.parse().unwrap())).unwrap();
    let text = format!("p1: {string}");
    for policy in ["fifo", "lru", "opt", "clock", "arc", "lirs", "w-tinylfu"] {
        for frames in 1..=7 {
            let one = problem(policy, Allocation::Equal, frames, parse(&text));
            let expected = run(policy, frames, &references, &one.convention, Want::Counts).unwrap();
            assert_eq!(live(&one).totals.faults, expected.faults, "{policy} {frames}");
        }
    }
    let faults = |policy| live(&problem(policy, Allocation::Equal, 3, parse(&text))).totals.faults;
    assert_eq!([faults("fifo"), faults("lru"), faults("opt")], [15, 12, 9]);
}
