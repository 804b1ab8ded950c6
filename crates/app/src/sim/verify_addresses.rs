//! Published translations and access times, and how they come out: a part of `ramscope sim verify`.

use ramscope_sim::tlb::{self, Convention, Timing};
use ramscope_sim::translate::{self, Scheme, Script, replay};
use serde_json::{Value, json};

use crate::output::Table;

/// Times that differ by less are the same: books round to tenths.
const SAME: f64 = 0.05;

/// A page table that was published, and where its addresses lead.
#[derive(Debug)]
struct PageCase {
    /// The book, or the program that printed the answers.
    source: &'static str,
    /// The bits of each level's index, and of the offset.
    split: (&'static [u32], u32),
    /// Pages and the frames that they are in.
    pages: &'static [(u64, u64)],
    /// Virtual addresses, and the physical one of each; `None` for a page fault.
    addresses: &'static [(u64, Option<u64>)],
}

const PAGE_CASES: &[PageCase] = &[
    PageCase {
        source: "Silberschatz, Galvin, Gagne, Operating System Concepts, figure of a paging example: 32 bytes of memory, pages of \
                 4 bytes, page table 5 6 1 2",
        split: (&[2], 2),
        pages: &[(0, 5), (1, 6), (2, 1), (3, 2)],
        addresses: &[(0, Some(20)), (3, Some(23)), (4, Some(24)), (13, Some(9))],
    },
    PageCase {
        source: "Arpaci-Dusseau, Operating Systems: Three Easy Pieces, chapter 18, homework paging-linear-translate.py -a 16k -p \
                 64k -P 4k -s 6 -u 75",
        split: (&[2], 12),
        pages: &[(0, 13), (1, 4), (3, 7)],
        addresses: &[
            (12_447, Some(28_831)),
            (6_113, Some(18_401)),
            (12_617, Some(29_001)),
            (4_467, Some(16_755)),
            (13_138, Some(29_522)),
            (11_957, None),
            (6_783, Some(19_071)),
            (8_819, None),
        ],
    },
];

/// An effective access time that was published.
#[derive(Debug)]
struct TimeCase {
    /// The book, and what it asks.
    source: &'static str,
    /// What an access costs there.
    timing: Timing,
    /// The answer.
    expected: f64,
}

const fn timing(convention: Convention, tlb: f64, memory: f64, hit_ratio: f64) -> Timing {
    Timing { convention, tlb, memory, hit_ratio, levels: 1, second: None, fault: None }
}

const TIME_CASES: &[TimeCase] = &[
    TimeCase {
        source: "Silberschatz, Galvin, Gagne, Operating System Concepts, 9th ed.: TLB 20, memory 100, hits 0.80, the look-up \
                 counted",
        timing: timing(Convention::LookupCounted, 20.0, 100.0, 0.8),
        expected: 140.0,
    },
    TimeCase {
        source: "ibid., hits 0.98",
        timing: timing(Convention::LookupCounted, 20.0, 100.0, 0.98),
        expected: 122.0,
    },
    TimeCase {
        source: "ibid., 10th ed.: memory 10, hits 0.80, the look-up not counted",
        timing: timing(Convention::LookupNotCounted, 0.0, 10.0, 0.8),
        expected: 12.0,
    },
    TimeCase {
        source: "ibid., hits 0.99",
        timing: timing(Convention::LookupNotCounted, 0.0, 10.0, 0.99),
        expected: 10.1,
    },
    TimeCase {
        source: "ibid., demand paging: memory 200 ns, a fault 8 ms, one access in a thousand faults",
        timing: Timing {
            fault: Some((0.001, 8_000_000.0)),
            levels: 0,
            ..timing(Convention::LookupNotCounted, 0.0, 200.0, 1.0)
        },
        expected: 8_199.8,
    },
];

/// What the machines found for all of these.
#[derive(Debug)]
pub(super) struct Found {
    physical: Vec<Vec<Option<u64>>>,
    times: Vec<f64>,
}

impl Found {
    /// Asks the machines.
    pub(super) fn look() -> anyhow::Result<Found> {
        let physical =
            PAGE_CASES.iter().map(translated).collect::<Result<_, translate::Error>>()?;
        let time = |case: &TimeCase| Ok(case.timing.effective()?.time);
        let times = TIME_CASES.iter().map(time).collect::<Result<_, tlb::Error>>()?;
        Ok(Found { physical, times })
    }

    /// Whether each case came out as published.
    pub(super) fn outcomes(&self) -> impl Iterator<Item = bool> {
        let pages = PAGE_CASES.iter().zip(&self.physical);
        let pages = pages.map(|(case, found)| {
            case.addresses.iter().map(|&(_, physical)| physical).eq(found.iter().copied())
        });
        pages.chain(TIME_CASES.iter().zip(&self.times).map(|(case, &found)| is_same(case, found)))
    }

    /// For people.
    pub(super) fn table(&self) -> String {
        let shown = |physical: Option<u64>| match physical {
            Some(address) => address.to_string(),
            None => "fault".to_owned(),
        };
        let mut text = String::new();
        for (case, found) in PAGE_CASES.iter().zip(&self.physical) {
            let mut table = Table::default();
            table.row(["  ADDRESS", "EXPECTED", "FOUND", ""]);
            for (&(address, expected), &found) in case.addresses.iter().zip(found) {
                let word = word(expected == found).to_owned();
                table.row([format!("  {address}"), shown(expected), shown(found), word]);
            }
            let pages = case.pages.iter().map(|(page, frame)| format!("{page}:{frame}"));
            let pages = pages.collect::<Vec<_>>().join(" ");
            text.push_str(&format!("{}\n  {pages}\n{}\n", case.source, table.render(&[0, 3])));
        }
        for (case, &found) in TIME_CASES.iter().zip(&self.times) {
            let mut table = Table::default();
            table.row(["  EXPECTED TIME", "FOUND", ""]);
            let word = word(is_same(case, found)).to_owned();
            table.row([format!("  {}", case.expected), format!("{found:.1}"), word]);
            text.push_str(&format!("{}\n{}\n", case.source, table.render(&[0, 2])));
        }
        text
    }

    /// For programs: the page tables, and the times.
    pub(super) fn documents(&self) -> (Vec<Value>, Vec<Value>) {
        let page = |((case, found), ok): ((&PageCase, &Vec<Option<u64>>), bool)| {
            json!({
                "source": case.source,
                "pages": case.pages,
                "addresses": case.addresses.iter().map(|(address, _)| address).collect::<Vec<_>>(),
                "expected": case.addresses.iter().map(|(_, physical)| physical).collect::<Vec<_>>(),
                "found": found,
                "ok": ok,
            })
        };
        let time = |(case, &found): (&TimeCase, &f64)| {
            let (source, expected, ok) = (case.source, case.expected, is_same(case, found));
            json!({"source": source, "expected": expected, "found": found, "ok": ok})
        };
        let pages = PAGE_CASES.iter().zip(&self.physical).zip(self.outcomes()).map(page);
        (pages.collect(), TIME_CASES.iter().zip(&self.times).map(time).collect())
    }
}

fn is_same(case: &TimeCase, found: f64) -> bool {
    (case.expected - found).abs() < SAME
}

fn word(ok: bool) -> &'static str {
    if ok { "ok" } else { "FAIL" }
}

fn translated(case: &PageCase) -> Result<Vec<Option<u64>>, translate::Error> {
    let scheme = Scheme::new(case.split.0, case.split.1, None)?;
    let map = |(page, frame): &(u64, u64)| format!("map {page} {frame} rw\n");
    let read = |(address, _): &(u64, Option<u64>)| format!("read {address}\n");
    let script: String =
        case.pages.iter().map(map).chain(case.addresses.iter().map(read)).collect();
    let (steps, _) = replay(&scheme, &Script::parse(script.as_bytes())?)?;
    let physical = |step: &translate::Step| {
        let walk = step.outcome.walks.last()?;
        Some(walk.physical_address?.0)
    };
    Ok(steps.iter().map(physical).collect())
}
