//! Published lists of requests under allocation policies, and how they come out: a part of `ramscope sim verify`.

use anyhow::Result;
use ramscope_sim::alloc::question::convention;
use ramscope_sim::alloc::{Form, Span, Want, read, run};
use serde_json::{Value, json};

use crate::output::Table;

const KIB: u64 = 1024;

/// A list that was published with its answers.
#[derive(Debug)]
struct ListCase {
    /// The lecture, or the program that printed the answers.
    source: &'static str,
    policy: &'static str,
    settings: &'static [&'static str],
    memory: Span,
    ops: &'static str,
    /// The address of each request.
    addresses: &'static [u64],
    /// The holes at the end, in the list's own order.
    holes: &'static [Span],
    /// Whether the source has a list with an order; else holes are compared by their addresses.
    is_ordered: bool,
}

const OSTEP: &str = "+5,+7,-0,+10,-2,+13,-1,-3,+12,-4,+2,+10,-6,+14";
const FROM_1000: Span = Span::new(1000, 100);

const LIST_CASES: &[ListCase] = &[
    ListCase {
        source: "Bennet, Mississippi College, CS 404, Buddy System: 16 KiB, blocks down to 1 KiB, the leftmost block of the smallest \
                 order that will do",
        policy: "buddy",
        settings: &["block.minimum=1024"],
        memory: Span::new(0, 16 * KIB),
        ops: "+3686,+1536,+1228,+1945,+2764,-2,-1,+1536,+1638,-3,-0,-6,+6963,-4,+870,+624,+1638,+768,-7,+3993,+1740,-11,-5",
        addresses: &[
            0,
            4 * KIB,
            6 * KIB,
            8 * KIB,
            12 * KIB,
            10 * KIB,
            4 * KIB,
            0,
            8 * KIB,
            9 * KIB,
            12 * KIB,
            14 * KIB,
            0,
            4 * KIB,
        ],
        holes: &[
            Span::new(6 * KIB, 2 * KIB),
            Span::new(10 * KIB, 2 * KIB),
            Span::new(14 * KIB, 2 * KIB),
        ],
        is_ordered: false,
    },
    ListCase {
        source: "Arpaci-Dusseau, Operating Systems: Three Easy Pieces, chapter 17, homework malloc.py -p BEST -l ADDRSORT -s 0 -S 100 \
                 -r 16 -P 60, the first 14 operations",
        policy: "best",
        settings: &["list.order=address", "list.coalesce=none"],
        memory: FROM_1000,
        ops: OSTEP,
        addresses: &[1000, 1005, 1012, 1022, 1022, 1000, 1012, 1035],
        holes: &[
            Span::new(1002, 3),
            Span::new(1005, 7),
            Span::new(1012, 10),
            Span::new(1022, 12),
            Span::new(1034, 1),
            Span::new(1049, 51),
        ],
        is_ordered: true,
    },
    ListCase {
        source: "ibid., -p WORST -l SIZESORT-",
        policy: "worst",
        settings: &["list.order=size-desc", "list.coalesce=none"],
        memory: FROM_1000,
        ops: OSTEP,
        addresses: &[1000, 1005, 1012, 1022, 1035, 1047, 1049, 1059],
        holes: &[
            Span::new(1073, 27),
            Span::new(1022, 13),
            Span::new(1035, 12),
            Span::new(1012, 10),
            Span::new(1049, 10),
            Span::new(1005, 7),
            Span::new(1000, 5),
        ],
        is_ordered: true,
    },
    ListCase {
        source: "ibid., -p FIRST -l INSERT-FRONT",
        policy: "first",
        settings: &["list.order=front", "list.coalesce=none"],
        memory: FROM_1000,
        ops: OSTEP,
        addresses: &[1000, 1005, 1012, 1022, 1022, 1022, 1024, 1035],
        holes: &[
            Span::new(1024, 10),
            Span::new(1034, 1),
            Span::new(1005, 7),
            Span::new(1012, 10),
            Span::new(1000, 5),
            Span::new(1049, 51),
        ],
        is_ordered: true,
    },
];

/// A case with what the machine found.
#[derive(Debug)]
pub(super) struct ListVerdict {
    case: &'static ListCase,
    addresses: Vec<Option<u64>>,
    holes: Vec<Span>,
}

impl ListVerdict {
    /// Every case with what the machine finds.
    pub(super) fn all() -> Result<Vec<ListVerdict>> {
        LIST_CASES.iter().map(ListVerdict::look).collect()
    }

    fn look(case: &'static ListCase) -> Result<ListVerdict> {
        let list = read(case.ops.as_bytes(), Form::List)?;
        let convention = convention(None, case.settings.iter().copied())?;
        let run = run(case.policy, case.memory, &list, &convention, Want::Steps)?;
        let steps = run.ops.unwrap_or_default();
        let mut holes = steps.last().map(|step| step.free_list.clone()).unwrap_or_default();
        if !case.is_ordered {
            holes.sort_unstable();
        }
        let requests = steps.iter().filter(|step| step.op == "alloc");
        Ok(ListVerdict { case, addresses: requests.map(|step| step.address).collect(), holes })
    }

    /// Whether it came out as published.
    pub(super) fn is_ok(&self) -> bool {
        let expected = self.case.addresses.iter().map(|&address| Some(address));
        self.addresses.iter().copied().eq(expected) && self.holes == self.case.holes
    }
}

fn addresses(addresses: impl Iterator<Item = Option<u64>>) -> String {
    let word =
        |address: Option<u64>| address.map_or_else(|| "none".to_owned(), |it| it.to_string());
    addresses.map(word).collect::<Vec<_>>().join(" ")
}

fn holes(holes: &[Span]) -> String {
    let word = |hole: &Span| format!("{}:{}", hole.address, hole.size);
    holes.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// The cases for people.
pub(super) fn table(verdicts: &[ListVerdict]) -> String {
    let mut text = String::new();
    for verdict in verdicts {
        let ListVerdict { case, addresses: found, holes: left } = verdict;
        let mut table = Table::default();
        table.row(["", "EXPECTED", "FOUND", ""]);
        let word = if verdict.is_ok() { "ok" } else { "FAIL" };
        let expected = addresses(case.addresses.iter().map(|&address| Some(address)));
        let rows = [
            ("addresses", expected, addresses(found.iter().copied())),
            ("holes", holes(case.holes), holes(left)),
        ];
        for (name, expected, found) in rows {
            table.row([name.to_owned(), expected, found, word.to_owned()]);
        }
        text.push_str(&format!("{}\n  {} for {}\n", case.source, case.policy, case.ops));
        for line in table.render(&[0, 1, 2, 3]).lines() {
            text.push_str(&format!("  {}\n", line.trim_end()));
        }
        text.push('\n');
    }
    text
}

/// The cases for programs.
pub(super) fn documents(verdicts: &[ListVerdict]) -> Vec<Value> {
    let document = |verdict: &ListVerdict| {
        let ListVerdict { case, addresses, holes } = verdict;
        json!({
            "source": case.source,
            "policy": case.policy,
            "ops": case.ops,
            "expected": {"addresses": case.addresses, "holes": case.holes},
            "found": {"addresses": addresses, "holes": holes},
            "ok": verdict.is_ok(),
        })
    };
    verdicts.iter().map(document).collect()
}
