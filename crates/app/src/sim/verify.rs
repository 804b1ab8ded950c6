//! `ramscope sim verify`: the machines against published answers, each with its source.

use anyhow::{Result, bail};
use ramscope_sim::alloc::{self, place};
use ramscope_sim::paging::{Error, References, Want, run};
use ramscope_sim::segments::translation::{self, Shape, Split, Table as SegmentTable, translate};
use ramscope_web::sim::convention;
use serde_json::{Value, json};

use super::published::{CASES, Case, HOLES_CASES, HolesCase, Row, SEGMENT_CASES, SegmentCase};
use super::verify_addresses::Found;
use super::verify_lists::{self, ListVerdict};
use crate::args::VerifyFormat;
use crate::output::{Output, Table};

/// What stands beside the sources' own numbers.
const COMPUTED: &str =
    "What a source does not print for its string, two independent programs computed.";

/// A row with what the machine found.
#[derive(Debug)]
struct Verdict {
    row: &'static Row,
    found: Vec<u64>,
}

/// A segment table with what the machine found.
#[derive(Debug)]
struct SegmentVerdict {
    case: &'static SegmentCase,
    found: Vec<Option<u64>>,
}

/// A fit over published holes, with where the machine put the requests.
#[derive(Debug)]
struct HolesVerdict {
    case: &'static HolesCase,
    fit: &'static str,
    expected: &'static [Option<u64>],
    found: Vec<Option<u64>>,
}

/// Runs every case and prints the comparison; a difference ends with exit code 1.
pub(super) fn run_all(format: VerifyFormat, out: &mut Output) -> Result<()> {
    let cases: Vec<(&Case, Vec<Verdict>)> =
        CASES.iter().map(|case| Ok((case, verdicts(case)?))).collect::<Result<_, Error>>()?;
    let segments: Vec<SegmentVerdict> =
        SEGMENT_CASES.iter().map(segment_verdict).collect::<Result<_, _>>()?;
    let holes: Vec<HolesVerdict> = holes_verdicts()?;
    let addresses = Found::look()?;
    let lists = ListVerdict::all()?;
    let rows = || cases.iter().flat_map(|(_, verdicts)| verdicts).map(Verdict::is_ok);
    let outcomes: Vec<bool> = rows()
        .chain(segments.iter().map(SegmentVerdict::is_ok))
        .chain(holes.iter().map(HolesVerdict::is_ok))
        .chain(lists.iter().map(ListVerdict::is_ok))
        .chain(addresses.outcomes())
        .collect();
    let (all, ok) = (outcomes.len(), outcomes.iter().filter(|ok| **ok).count());
    match format {
        VerifyFormat::Table => {
            let summary = format!("{COMPUTED}\n{ok} of {all} ok\n");
            let parts = [
                table(&cases),
                addresses.table(),
                segment_table(&segments),
                holes_table(&holes),
                verify_lists::table(&lists),
                summary,
            ];
            out.text(&parts.concat())?;
        }
        VerifyFormat::Json => {
            let (pages, times) = addresses.documents();
            let mut document = document(&cases, &segments, &holes);
            document["page_tables"] = pages.into();
            document["access_times"] = times.into();
            document["lists"] = verify_lists::documents(&lists).into();
            out.line(&format!("{document:#}"))?;
        }
    }
    if ok == all {
        Ok(())
    } else {
        bail!("{} of {all} published rows came out otherwise", all - ok)
    }
}

impl Verdict {
    fn is_ok(&self) -> bool {
        self.found == self.row.faults
    }

    fn word(&self) -> &'static str {
        if self.is_ok() { "ok" } else { "FAIL" }
    }

    fn frames(&self) -> String {
        let (least, most) = (self.row.least, self.row.least + self.row.faults.len() - 1);
        if least == most { least.to_string() } else { format!("{least}..{most}") }
    }
}

fn verdicts(case: &'static Case) -> Result<Vec<Verdict>, Error> {
    let references = References::reads(case.pages.iter().copied())?;
    let verdict = |row: &'static Row| {
        let convention = convention(None, row.settings.iter().copied())?;
        let faults = |index: usize| {
            let run = run(row.policy, row.least + index, &references, &convention, Want::Counts)?;
            Ok(run.faults)
        };
        let found = (0..row.faults.len()).map(faults).collect::<Result<_, Error>>()?;
        Ok(Verdict { row, found })
    };
    case.rows.iter().map(verdict).collect()
}

fn table(cases: &[(&Case, Vec<Verdict>)]) -> String {
    let mut text = String::new();
    for (case, verdicts) in cases {
        let mut table = Table::default();
        table.row(["  POLICY", "SETTINGS", "FRAMES", "EXPECTED FAULTS", "FOUND", ""]);
        for verdict in verdicts {
            table.row([
                format!("  {}", verdict.row.policy),
                verdict.row.settings.join(" "),
                verdict.frames(),
                spaced(verdict.row.faults),
                spaced(&verdict.found),
                verdict.word().to_owned(),
            ]);
        }
        let rows = table.render(&[0, 1, 3, 4, 5]);
        text.push_str(&format!("{}\n  {}\n{rows}\n", case.source, spaced(case.pages)));
    }
    text
}

impl SegmentVerdict {
    fn is_ok(&self) -> bool {
        self.found == self.case.physical
    }
}

fn segment_verdict(case: &'static SegmentCase) -> Result<SegmentVerdict, translation::Error> {
    let split = case.split.map(|(segment_bits, offset_bits)| Split { segment_bits, offset_bits });
    let table = SegmentTable::parse(case.table.as_bytes(), Shape { split, ..Shape::default() })?;
    let report = translate(&table, &table.requests(case.addresses.as_bytes())?)?;
    let found = report.translations.iter().map(|found| found.physical).collect();
    Ok(SegmentVerdict { case, found })
}

fn segment_table(verdicts: &[SegmentVerdict]) -> String {
    let shown = |physical: &Option<u64>| {
        physical.map_or_else(|| "trap".to_owned(), |address| address.to_string())
    };
    let mut text = String::new();
    for verdict in verdicts {
        let SegmentVerdict { case, found } = verdict;
        let mut table = Table::default();
        table.row(["  ADDRESS", "EXPECTED", "FOUND", ""]);
        for ((address, expected), found) in
            case.addresses.split_whitespace().zip(case.physical).zip(found)
        {
            let word = if expected == found { "ok" } else { "FAIL" };
            table.row([format!("  {address}"), shown(expected), shown(found), word.to_owned()]);
        }
        let rows = table.render(&[0, 3]);
        text.push_str(&format!("{}\n  {}\n{rows}\n", case.source, case.table));
    }
    text
}

impl HolesVerdict {
    fn is_ok(&self) -> bool {
        self.found == self.expected
    }
}

fn holes_verdicts() -> Result<Vec<HolesVerdict>, alloc::Error> {
    let rows = HOLES_CASES.iter().flat_map(|case| case.rows.iter().map(move |row| (case, row)));
    rows.map(|(case, &(fit, expected))| {
        let convention = alloc::Convention::default();
        let found = place(fit, case.holes, case.requests, case.partitions, &convention)?;
        Ok(HolesVerdict { case, fit, expected, found: found.placements })
    })
    .collect()
}

fn holes_table(verdicts: &[HolesVerdict]) -> String {
    let shown = |holes: &[Option<u64>]| {
        let words =
            holes.iter().map(|hole| hole.map_or("none".to_owned(), |size| size.to_string()));
        words.collect::<Vec<_>>().join(" ")
    };
    let mut text = String::new();
    for rows in verdicts.chunk_by(|one, other| std::ptr::eq(one.case, other.case)) {
        let mut table = Table::default();
        table.row(["  FIT", "EXPECTED HOLES", "FOUND", ""]);
        for row in rows {
            let word = if row.is_ok() { "ok" } else { "FAIL" };
            let fit = format!("  {}", row.fit);
            table.row([fit, shown(row.expected), shown(&row.found), word.to_owned()]);
        }
        let HolesCase { source, holes, requests, .. } = rows[0].case;
        let rows = table.render(&[0, 1, 2, 3]);
        text.push_str(&format!("{source}\n  {} for {}\n{rows}\n", spaced(holes), spaced(requests)));
    }
    text
}

fn spaced(numbers: &[u64]) -> String {
    numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(" ")
}

fn document(
    cases: &[(&Case, Vec<Verdict>)],
    segments: &[SegmentVerdict],
    holes: &[HolesVerdict],
) -> Value {
    let row = |verdict: &Verdict| {
        json!({
            "policy": verdict.row.policy,
            "settings": verdict.row.settings,
            "frames": (verdict.row.least..).take(verdict.row.faults.len()).collect::<Vec<_>>(),
            "expected": verdict.row.faults,
            "found": verdict.found,
            "ok": verdict.is_ok(),
        })
    };
    let case = |(case, verdicts): &(&Case, Vec<Verdict>)| {
        json!({
            "source": case.source,
            "references": case.pages,
            "rows": verdicts.iter().map(row).collect::<Vec<_>>(),
        })
    };
    let table = |verdict: &SegmentVerdict| {
        json!({
            "source": verdict.case.source,
            "table": verdict.case.table,
            "addresses": verdict.case.addresses,
            "expected": verdict.case.physical,
            "found": verdict.found,
            "ok": verdict.is_ok(),
        })
    };
    let fit = |verdict: &HolesVerdict| {
        json!({
            "source": verdict.case.source,
            "holes": verdict.case.holes,
            "requests": verdict.case.requests,
            "partitions": verdict.case.partitions,
            "policy": verdict.fit,
            "expected": verdict.expected,
            "found": verdict.found,
            "ok": verdict.is_ok(),
        })
    };
    json!({
        "schema_version": 1,
        "note": COMPUTED,
        "cases": cases.iter().map(case).collect::<Vec<_>>(),
        "segments": segments.iter().map(table).collect::<Vec<_>>(),
        "holes": holes.iter().map(fit).collect::<Vec<_>>(),
    })
}
