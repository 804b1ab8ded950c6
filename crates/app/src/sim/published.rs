//! Answers that others published, with their sources: what `ramscope sim verify` holds the machines to.

use ramscope_sim::alloc::Partitions;

/// A reference string from a book, and the faults of policies on it.
#[derive(Debug)]
pub(super) struct Case {
    /// The book, and what of this it prints; the other sizes are what two independent programs computed.
    pub(super) source: &'static str,
    /// The reference string.
    pub(super) pages: &'static [u64],
    /// A row a policy and convention.
    pub(super) rows: &'static [Row],
}

/// The faults of one policy at consecutive numbers of frames.
#[derive(Debug)]
pub(super) struct Row {
    /// The policy.
    pub(super) policy: &'static str,
    /// The settings in which it differs from the default convention.
    pub(super) settings: &'static [&'static str],
    /// The first number of frames.
    pub(super) least: usize,
    /// Faults, first loads included, at that number of frames, at one more, and so on.
    pub(super) faults: &'static [u64],
}

const NOT_SET_ON_LOAD: &[&str] = &["clock.load_bit=0"];
const SET_ON_LOAD: &[&str] = &["clock.load_bit=1"];

const fn row(
    policy: &'static str,
    settings: &'static [&'static str],
    least: usize,
    faults: &'static [u64],
) -> Row {
    Row { policy, settings, least, faults }
}

/// Every case.
pub(super) const CASES: &[Case] = &[
    Case {
        source: "Silberschatz, Galvin, Gagne, Operating System Concepts, 10th ed., 10.4: 3 frames FIFO 15, OPT 9, LRU 12; \
                 LFU by the first loaded or the least recently used of a tie",
        pages: &[7, 0, 1, 2, 0, 3, 0, 4, 2, 3, 0, 3, 2, 1, 2, 0, 1, 7, 0, 1],
        rows: &[
            row("fifo", &[], 1, &[20, 15, 15, 10, 9, 6, 6]),
            row("lru", &[], 1, &[20, 17, 12, 8, 7, 6, 6]),
            row("opt", &[], 1, &[20, 13, 9, 8, 7, 6, 6]),
            row("clock", SET_ON_LOAD, 1, &[20, 15, 14, 9, 9, 6, 6]),
            row("clock", NOT_SET_ON_LOAD, 1, &[20, 17, 11, 8, 7, 6, 6]),
            row("lfu", &["lfu.tie=oldest"], 3, &[13]),
            row("lfu", &["lfu.tie=lru"], 3, &[11]),
        ],
    },
    Case {
        source: "Belady, Nelson, Shedler, An anomaly in space-time characteristics of certain programs running in a paging \
                 machine, CACM 12(6), 1969: FIFO has 9 faults with 3 frames and 10 with 4",
        pages: &[1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5],
        rows: &[
            row("fifo", &[], 1, &[12, 12, 9, 10, 5, 5, 5]),
            row("lru", &[], 1, &[12, 12, 10, 8, 5, 5, 5]),
            row("opt", &[], 1, &[12, 9, 7, 6, 5, 5, 5]),
            row("clock", SET_ON_LOAD, 1, &[12, 12, 9, 10, 5, 5, 5]),
            row("clock", NOT_SET_ON_LOAD, 1, &[12, 12, 10, 8, 5, 5, 5]),
        ],
    },
    Case {
        source: "Silberschatz, Galvin, Gagne, Operating System Concepts, 9th ed., exercise 9.8 and its solution: LRU, FIFO and \
                 OPT at 1 to 7 frames",
        pages: &[1, 2, 3, 4, 2, 1, 5, 6, 2, 1, 2, 3, 7, 6, 3, 2, 1, 2, 3, 6],
        rows: &[
            row("fifo", &[], 1, &[20, 18, 16, 14, 10, 10, 7]),
            row("lru", &[], 1, &[20, 18, 15, 10, 8, 7, 7]),
            row("opt", &[], 1, &[20, 15, 11, 8, 7, 7, 7]),
            row("clock", SET_ON_LOAD, 1, &[20, 18, 16, 14, 9, 8, 7]),
            row("clock", NOT_SET_ON_LOAD, 1, &[20, 18, 16, 10, 8, 7, 7]),
        ],
    },
    Case {
        source: "Silberschatz, Galvin, Gagne, Operating System Concepts, 9th ed., exercise 9.21 (10th ed., 10.9)",
        pages: &[7, 2, 3, 1, 2, 5, 3, 4, 6, 7, 7, 1, 0, 5, 4, 6, 2, 3, 0, 1],
        rows: &[row("lru", &[], 3, &[18]), row("fifo", &[], 3, &[17]), row("opt", &[], 3, &[13])],
    },
    Case {
        source: "Stallings, Operating Systems, figures 8.14 and 8.15: OPT 3, LRU 4, FIFO 6, CLOCK 5 faults after the first \
                 three loads, which are counted here",
        pages: &[2, 3, 2, 1, 5, 2, 4, 5, 3, 2, 5, 2],
        rows: &[
            row("opt", &[], 3, &[6]),
            row("lru", &[], 3, &[7]),
            row("fifo", &[], 3, &[9]),
            row("clock", SET_ON_LOAD, 3, &[8]),
        ],
    },
    Case {
        source: "Tanenbaum, Bos, Modern Operating Systems, chapter Memory Management, problem with eight pages and four frames",
        pages: &[0, 1, 7, 2, 3, 2, 7, 1, 0, 3],
        rows: &[row("fifo", &[], 4, &[6]), row("lru", &[], 4, &[7])],
    },
];

/// A segment table that was published, and where its addresses lead.
#[derive(Debug)]
pub(super) struct SegmentCase {
    /// The book, or the program that printed the answers.
    pub(super) source: &'static str,
    /// The bits of the segment number and of the offset, where addresses hold both.
    pub(super) split: Option<(u32, u32)>,
    /// The table, as `ramscope sim segments --table` takes it.
    pub(super) table: &'static str,
    /// The addresses, as `--translate` takes them.
    pub(super) addresses: &'static str,
    /// The physical address of each; `None` for a trap.
    pub(super) physical: &'static [Option<u64>],
}

/// Every segment table.
pub(super) const SEGMENT_CASES: &[SegmentCase] = &[
    SegmentCase {
        source: "Silberschatz, Galvin, Gagne, Operating System Concepts, chapter Main Memory, exercise with a segment table of \
                 five segments",
        split: None,
        table: "0:219/600 1:2300/14 2:90/100 3:1327/580 4:1952/96",
        addresses: "0:430 1:10 2:500 3:400 4:112",
        physical: &[Some(649), Some(2310), None, Some(1727), None],
    },
    SegmentCase {
        source: "Arpaci-Dusseau, Operating Systems: Three Easy Pieces, chapter 15, homework relocation.py -s 0 -n 10",
        split: None,
        table: "12418/472",
        addresses: "430 265 523 414 802 310 488 597 929 516",
        physical: &[
            Some(12848),
            Some(12683),
            None,
            Some(12832),
            None,
            Some(12728),
            None,
            None,
            None,
            None,
        ],
    },
    SegmentCase {
        source: "Arpaci-Dusseau, Operating Systems: Three Easy Pieces, chapter 16, homework segmentation.py -a 128 -p 512 -s 0 -n 10",
        split: Some((1, 6)),
        table: "0:215/59 1:188/56/down",
        addresses: "65 51 100 38 61 74 116 64 36 96",
        physical: &[
            None,
            Some(266),
            Some(160),
            Some(253),
            None,
            Some(134),
            Some(176),
            None,
            Some(251),
            Some(156),
        ],
    },
    SegmentCase {
        source: "Arpaci-Dusseau, Operating Systems: Three Easy Pieces, chapter 16: code at 32 KiB, heap at 34 KiB, stack down from \
                 28 KiB; addresses 100 and 4200, 7 KiB beyond the heap, and 15 KiB",
        split: Some((2, 12)),
        table: "0:32k/2k/code/rx 1:34k/3k/heap/rw 3:28k/2k/stack/down/rw",
        addresses: "100 4200 7k 15k",
        physical: &[Some(32_868), Some(34_920), None, Some(27_648)],
    },
];

/// Holes and requests that were published, and where each fit puts them.
#[derive(Debug)]
pub(super) struct HolesCase {
    /// The book.
    pub(super) source: &'static str,
    /// The holes by address.
    pub(super) holes: &'static [u64],
    /// The requests in their order.
    pub(super) requests: &'static [u64],
    /// What becomes of the rest of a hole.
    pub(super) partitions: Partitions,
    /// For each fit the hole that took each request, as it was then.
    pub(super) rows: &'static [(&'static str, &'static [Option<u64>])],
}

const FIVE_HOLES: &[u64] = &[100, 500, 200, 300, 600];
const FOUR_REQUESTS: &[u64] = &[212, 417, 112, 426];

/// Every problem of holes.
pub(super) const HOLES_CASES: &[HolesCase] = &[
    HolesCase {
        source: "Silberschatz, Galvin, Gagne, Operating System Concepts, chapter Main Memory, exercise with five holes, which are \
                 split",
        holes: FIVE_HOLES,
        requests: FOUR_REQUESTS,
        partitions: Partitions::Split,
        rows: &[
            ("first", &[Some(500), Some(600), Some(288), None]),
            ("best", &[Some(300), Some(500), Some(200), Some(600)]),
            ("worst", &[Some(600), Some(500), Some(388), None]),
        ],
    },
    HolesCase {
        source: "the same exercise with fixed partitions, as some keys have it",
        holes: FIVE_HOLES,
        requests: FOUR_REQUESTS,
        partitions: Partitions::Fixed,
        rows: &[
            ("first", &[Some(500), Some(600), Some(200), None]),
            ("worst", &[Some(600), Some(500), Some(300), None]),
        ],
    },
];
