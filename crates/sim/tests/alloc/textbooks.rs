//! Published answers as facts: holes and requests, fixed partitions, compaction; and the sentences.

use ramscope_sim::alloc::{
    Choice, Error, FITS, Form, Partitions, Pick, Queues, Scheme, Span, partition, place, read,
    sizes,
};

use super::{convention, requests, steps};

/// Silberschatz's exercise, in kilobytes.
const HOLES: &[u64] = &[100, 500, 200, 300, 600];
const REQUESTS: &[u64] = &[212, 417, 112, 426];

#[test]
fn silberschatz_holes_are_taken_as_published() {
    for (fit, partitions, expected) in [
        ("first", Partitions::Split, [Some(500), Some(600), Some(288), None]),
        ("best", Partitions::Split, [Some(300), Some(500), Some(200), Some(600)]),
        ("worst", Partitions::Split, [Some(600), Some(500), Some(388), None]),
        ("next", Partitions::Split, [Some(500), Some(600), Some(183), None]),
        ("first", Partitions::Fixed, [Some(500), Some(600), Some(200), None]),
        ("best", Partitions::Fixed, [Some(300), Some(500), Some(200), Some(600)]),
        ("worst", Partitions::Fixed, [Some(600), Some(500), Some(300), None]),
        ("next", Partitions::Fixed, [Some(500), Some(600), Some(200), None]),
    ] {
        let found = place(fit, HOLES, REQUESTS, partitions, &convention(&[])).unwrap();
        assert_eq!(found.placements, expected, "{fit} {partitions:?}");
        assert_eq!(found.policy, fit);
    }
}

#[test]
fn a_disputed_answer_is_right_under_the_name_of_fixed_partitions() {
    let (holes, requests) = ([100, 600, 400, 500, 300], [117, 412, 325, 510]);
    let place = |fit, partitions| {
        place(fit, &holes, &requests, partitions, &convention(&[])).unwrap().placements
    };
    assert_eq!(place("best", Partitions::Fixed), [Some(300), Some(500), Some(400), Some(600)]);
    assert_eq!(place("worst", Partitions::Fixed), [Some(600), Some(500), Some(400), None]);
    assert_eq!(place("worst", Partitions::Split), [Some(600), Some(500), Some(483), None]);
}

#[test]
fn a_placement_says_which_holes_were_looked_at_and_what_is_left() {
    let told = |fit, partitions| {
        let steps = place(fit, HOLES, REQUESTS, partitions, &convention(&[])).unwrap().steps;
        steps.into_iter().map(|step| step.explain).collect::<Vec<String>>()
    };
    assert_eq!(
        told("first", Partitions::Split),
        [
            "Request 1 of 212: first fit looks at 100, 500. The first that holds it has 500; 288 stay a hole.",
            "Request 2 of 417: first fit looks at 100, 288, 200, 300, 600. The first that holds it has 600; 183 stay a hole.",
            "Request 3 of 112: first fit looks at 100, 288. The first that holds it has 288; 176 stay a hole.",
            "Request 4 of 426: first fit looks at 100, 176, 200, 300, 183. None holds it.",
        ]
    );
    assert_eq!(
        told("worst", Partitions::Fixed)[0],
        "Request 1 of 212: worst fit looks at 100, 500, 200, 300, 600. The largest that holds it has 600; 388 are lost in it."
    );
    let step = &place("best", HOLES, &[300], Partitions::Split, &convention(&[])).unwrap().steps[0];
    assert_eq!((step.hole, step.left, step.searched), (Some(4), Some(0), 5));
    assert_eq!(step.holes, [100, 500, 200, 600]);
}

#[test]
fn holes_and_requests_that_cannot_be_are_refused() {
    let wrong = |fit, holes: &[u64], requests: &[u64]| {
        place(fit, holes, requests, Partitions::Split, &convention(&[])).unwrap_err().to_string()
    };
    assert_eq!(
        wrong("wurst", HOLES, REQUESTS),
        "there is no fit `wurst` over given holes: take first, next, best or worst; did you mean `worst`?"
    );
    assert!(wrong("best", &[5, 0], REQUESTS).starts_with("hole 2 has 0 bytes"));
    assert!(wrong("best", HOLES, &[5, 0]).starts_with("request 2 has 0 bytes"));
    assert!(wrong("best", &[u64::MAX, 5], &[5]).starts_with("hole 1 has"));
    let many = vec![1; 5000];
    assert!(wrong("best", &many, &many).contains("2000 steps fit"));
    assert_eq!(sizes(b"100, 500\n200").unwrap(), [100, 500, 200]);
    let error = |text: &[u8]| sizes(text).unwrap_err().to_string();
    assert_eq!(
        error(b"100,x"),
        "line 1, column 5: `x` is not a size in bytes: write a whole number from 1"
    );
    assert!(error(b"100,0").starts_with("line 1, column 5: `0` is not"));
    assert!(error(b"100,-4").starts_with("line 1, column 5: `-4` is negative"));
    assert_eq!(FITS, ["first", "next", "best", "worst"]);
}

/// What is said of an operation: the policy, its settings, the operations, what the last of them says.
const SENTENCES: &[(&str, &[&str], &str, &str)] = &[
    (
        "first",
        &[],
        "+10,+20,+5,-1,+8",
        "Operation 5: request 3 asks for 8 bytes. First fit looks at 1 hole: 1010 with 20. The first that holds 8 bytes is 1010 with 20; 12 bytes from 1018 on stay free. The program gets 1010.",
    ),
    (
        "first",
        &["block.header=4", "block.align=4"],
        "+10,+20,-0,+7",
        "Operation 4: request 2 asks for 7 bytes, in a block of 12 (aligned to 4, with a header of 4). First fit looks at 1 hole: 1000 with 16. The first that holds 12 bytes is 1000 with 16; 4 bytes from 1012 on stay free. Behind the header the program gets 1004.",
    ),
    (
        "first",
        &["block.minimum=8"],
        "+10,+20,-0,+5",
        "Operation 4: request 2 asks for 5 bytes, in a block of 8 (at least 8). First fit looks at 1 hole: 1000 with 10. The first that holds 8 bytes is 1000 with 10; 2 bytes more stay with the block, as a hole has at least 8. The program gets 1000.",
    ),
    (
        "first",
        &["list.split=whole"],
        "+10,+20,-0",
        "Operation 3: request 0 gives back 100 bytes at 1000. It goes into the list by its address.",
    ),
    (
        "next",
        &[],
        "+10,+20,+5,-0,+4",
        "Operation 5: request 3 asks for 4 bytes. Next fit looks at 1 hole, from where it last stood: 1035 with 65. The next that holds 4 bytes is 1035 with 65; 61 bytes from 1039 on stay free. The program gets 1035.",
    ),
    (
        "best",
        &["list.coalesce=none"],
        "+10,+5,+10,+5,-0,-2,+8",
        "Operation 7: request 4 asks for 8 bytes. Best fit looks at 3 holes: 1000 with 10, 1015 with 10, 1030 with 70. The smallest that holds 8 bytes is 1000 with 10, the first of 2 such; 2 bytes from 1008 on stay free. The program gets 1000.",
    ),
    (
        "worst",
        &[],
        "+40,+20,+40,-0,-2,+8",
        "Operation 6: request 3 asks for 8 bytes. Worst fit looks at 2 holes: 1000 with 40, 1060 with 40. The largest that holds 8 bytes is 1000 with 40, the first of 2 such; 32 bytes from 1008 on stay free. The program gets 1000.",
    ),
    (
        "first",
        &[],
        "+10,+20,+5,-0,-1",
        "Operation 5: request 1 gives back 20 bytes at 1010. It goes into the list by its address. Free neighbours become one hole: 1000 with 30.",
    ),
    (
        "first",
        &["list.coalesce=deferred"],
        "+50,+50,-0,-1,+100",
        "Operation 5: request 2 asks for 100 bytes. First fit looks at 2 holes: 1000 with 50, 1050 with 50. None holds 100 bytes. Free neighbours become one hole: 1000 with 100. First fit looks at 1 hole: 1000 with 100. The first that holds 100 bytes is 1000 with 100; nothing is left of it. The program gets 1000.",
    ),
    (
        "first",
        &[],
        "+30,+30,+30,-0,-2,+60",
        "Operation 6: request 3 asks for 60 bytes. First fit looks at 2 holes: 1000 with 30, 1060 with 40. None holds 60 bytes. The request fails, although 70 bytes are free: the largest hole has 40.",
    ),
    (
        "first",
        &["compaction.when=on-failure"],
        "+30,+30,+30,-0,-2,+60",
        "Operation 6: request 3 asks for 60 bytes. First fit looks at 2 holes: 1000 with 30, 1060 with 40. None holds 60 bytes. Compaction slides 1 block, 30 bytes: 1 from 1030 to 1000. In one piece 70 bytes from 1030 on are free. First fit looks at 1 hole: 1030 with 70. The first that holds 60 bytes is 1030 with 70; 10 bytes from 1090 on stay free. The program gets 1030.",
    ),
    (
        "first",
        &["compaction.when=on-failure"],
        "+30,+30,+30,+60",
        "Operation 4: request 3 asks for 60 bytes. First fit looks at 1 hole: 1090 with 10. None holds 60 bytes. Compaction would not help: 10 bytes are free. The request fails: 10 bytes are free.",
    ),
    (
        "first",
        &["compaction.when=on-threshold"],
        "+30,+30,+30,+2,-0,-2",
        "Operation 6: request 2 gives back 30 bytes at 1060. It goes into the list by its address. External fragmentation is 0.56, more than 0.5. Compaction slides 2 blocks, 32 bytes: 1 from 1030 to 1000, 3 from 1090 to 1030. In one piece 68 bytes from 1032 on are free.",
    ),
    (
        "first",
        &[],
        "+30,+30,-0,compact",
        "Operation 4: compaction is asked for. Compaction slides 1 block, 30 bytes: 1 from 1030 to 1000. In one piece 70 bytes from 1030 on are free.",
    ),
    (
        "first",
        &[],
        "+30,compact",
        "Operation 2: compaction is asked for. Compaction finds nothing to move: 70 bytes from 1030 on are free.",
    ),
    (
        "quick",
        &[],
        "+30,+20,-1,+20",
        "Operation 4: request 2 asks for 20 bytes. The quick list of 20 has 1 block; its front is 1030, and fits exactly. The program gets 1030.",
    ),
    (
        "quick",
        &[],
        "+30,+20,-1",
        "Operation 3: request 1 gives back 20 bytes at 1030. It goes to the front of the quick list of 20.",
    ),
    (
        "quick",
        &[],
        "+30,+30,+40,-0,-1,+60",
        "Operation 6: request 3 asks for 60 bytes. The general list is empty. The quick lists are emptied into the general list, 2 blocks. Free neighbours become one hole: 1000 with 60. First fit looks at 1 hole of the general list: 1000 with 60. The first that holds 60 bytes is 1000 with 60; nothing is left of it. The program gets 1000.",
    ),
    (
        "first",
        &[],
        "+100,+5",
        "Operation 2: request 1 asks for 5 bytes. First fit finds the free list empty. The request fails: 0 bytes are free.",
    ),
];

#[test]
fn each_policy_tells_what_it_looked_at() {
    for (policy, settings, list, expected) in SENTENCES {
        let list = read(list.as_bytes(), Form::List).unwrap();
        let steps = steps(policy, settings, Span::new(1000, 100), &list);
        assert_eq!(steps.last().unwrap().explain, *expected, "{policy} {settings:?}");
    }
}

#[test]
fn compaction_on_failure_saves_a_request_and_names_its_cost() {
    let list = requests([('+', 30), ('+', 30), ('+', 30), ('-', 0), ('-', 2), ('+', 60)]);
    let memory = Span::new(1000, 100);
    let failing = steps("first", &[], memory, &list);
    assert_eq!(failing[5].address, None);
    let saved = &steps("first", &["compaction.when=on-failure"], memory, &list)[5];
    assert_eq!((saved.address, saved.searched), (Some(1030), 3));
    let moved: Vec<(u64, u64, u64)> =
        saved.moved.iter().map(|moved| (moved.id, moved.from, moved.to)).collect();
    assert_eq!(moved, [(1, 1030, 1000)]);
    assert_eq!(saved.free_list, [Span::new(1090, 10)]);
}

#[test]
fn compaction_beyond_a_threshold_follows_the_free_that_crosses_it() {
    let list = requests([('+', 20), ('+', 20), ('+', 20), ('+', 20), ('-', 0), ('-', 2)]);
    let settings = ["compaction.when=on-threshold", "compaction.threshold=0.6"];
    let steps = steps("best", &settings, Span::new(0, 80), &list);
    assert_eq!((steps[4].moved.len(), steps[4].free_list.len()), (0, 1));
    assert_eq!(steps[5].moved.len(), 0, "half of the free bytes are in the largest hole");
    let settings = ["compaction.when=on-threshold", "compaction.threshold=0.4"];
    let steps = super::steps("best", &settings, Span::new(0, 80), &list);
    assert_eq!(steps[5].moved.len(), 2);
    assert_eq!(steps[5].free_list, [Span::new(40, 40)]);
}

/// Partitions of 100, 400 and 200, and what a scheme makes of arrivals and ends.
fn scheme(queues: Queues, choice: Choice, pick: Pick) -> Scheme {
    Scheme { sizes: vec![100, 400, 200], queues, choice, pick }
}

#[test]
fn one_queue_gives_a_free_partition_to_who_fits() {
    let list =
        requests([('+', 90), ('+', 150), ('+', 80), ('+', 60), ('+', 190), ('-', 1), ('+', 500)]);
    let started = |choice, pick| {
        let steps = partition(&scheme(Queues::One, choice, pick), &list).unwrap();
        let started = steps.iter().flat_map(|step| step.started.clone()).collect::<Vec<_>>();
        (started, steps[6].refused)
    };
    let first = vec![(0, 0), (1, 1), (2, 2), (3, 1)];
    assert_eq!(started(Choice::First, Pick::First), (first, true));
    let largest = vec![(0, 0), (1, 1), (2, 2), (4, 1)];
    assert_eq!(started(Choice::First, Pick::Largest), (largest, true));
    let best = vec![(0, 0), (1, 2), (2, 1), (3, 2)];
    assert_eq!(started(Choice::Best, Pick::First), (best, true));
}

#[test]
fn several_queues_let_a_process_wait_while_a_larger_partition_is_free() {
    let list =
        requests([('+', 90), ('+', 80), ('+', 150), ('-', 0), ('-', 2), ('+', 201), ('-', 1)]);
    let steps = partition(&scheme(Queues::Several, Choice::First, Pick::First), &list).unwrap();
    assert_eq!(steps[1].queues, [vec![1], vec![], vec![]]);
    assert_eq!(
        steps[1].explain,
        "Operation 2: process 1 of 80 bytes arrives. The smallest partition that holds it is 0 of 100, which process 0 holds, so it waits in that one's queue."
    );
    assert_eq!(steps[2].started, [(2, 2)]);
    assert_eq!(steps[3].started, [(1, 0)]);
    assert_eq!(
        steps[3].explain,
        "Operation 4: process 0 ends, and partition 0 of 100 is free. The first that fits of the queue is process 1 of 80 bytes; 20 bytes of it are lost."
    );
    assert_eq!(steps[3].internal_fragmentation_bytes, 20 + 50);
    assert_eq!(steps[5].started, [(3, 1)]);
    assert!(matches!(
        partition(
            &Scheme { sizes: vec![5, 0], ..scheme(Queues::One, Choice::First, Pick::First) },
            &list
        ),
        Err(Error::Size { number: 2, .. })
    ));
}
