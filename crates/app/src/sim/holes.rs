//! `ramscope sim holes`: requests placed, one after the other, in holes that are given.

use std::io::{BufWriter, Write};

use anyhow::Result;
use ramscope_sim::alloc::{Convention, Error, FITS, Partitions, Placements, place, sizes};
use ramscope_web::sim::HolesDocument;

use super::usage;
use crate::args::{AllocFormat, HolesArgs, PartitionsName};
use crate::failure::Usage;
use crate::output::{Output, Table};

/// Places the requests by each fit and prints where they went.
pub(super) fn run(args: &HolesArgs, out: &mut Output) -> Result<()> {
    let holes = listed("--holes", &args.holes)?;
    let requests = listed("--requests", &args.requests)?;
    let partitions = match args.partitions {
        PartitionsName::Fixed => Partitions::Fixed,
        PartitionsName::Split => Partitions::Split,
    };
    let all = args.policy.iter().any(|name| name == "all");
    let fits: Vec<&str> =
        if all { FITS.to_vec() } else { args.policy.iter().map(String::as_str).collect() };
    let runs: Vec<Placements> = fits
        .into_iter()
        .map(|fit| place(fit, &holes, &requests, partitions, &Convention::default()))
        .collect::<Result<_, _>>()
        .map_err(usage)?;
    match args.format {
        AllocFormat::Json => out.line(&serde_json::to_string_pretty(&HolesDocument::from(runs))?),
        AllocFormat::Csv => csv(&runs, out.data()),
        AllocFormat::Table => out.text(&told(&requests, &runs)),
    }
}

/// Sizes that an option lists.
pub(super) fn listed(option: &str, text: &str) -> Result<Vec<u64>, Usage> {
    sizes(text.as_bytes()).map_err(|error| match error {
        Error::Parse(error) => {
            Usage(format!("{option}: column {}: {}", error.column, error.problem))
        }
        error => Usage(format!("{option}: {error}")),
    })
}

/// The hole that took each request, a row a fit, and the sentences below.
fn told(requests: &[u64], runs: &[Placements]) -> String {
    let mut table = Table::default();
    let head = requests.iter().map(u64::to_string);
    table.row(std::iter::once("HOLE THAT TOOK".to_owned()).chain(head));
    for run in runs {
        let taken = run
            .placements
            .iter()
            .map(|hole| hole.map_or_else(|| "none".to_owned(), |hole| hole.to_string()));
        table.row(std::iter::once(run.policy.to_owned()).chain(taken));
    }
    let mut text = table.render(&[0]);
    for run in runs {
        text.push_str(&format!("\n{} ({})\n", run.policy, run.convention));
        for step in &run.steps {
            let holes: Vec<String> = step.holes.iter().map(u64::to_string).collect();
            text.push_str(&format!("{}\n   holes: {}\n", step.explain, holes.join(", ")));
        }
    }
    text
}

fn csv(runs: &[Placements], into: &mut impl Write) -> Result<()> {
    let mut into = BufWriter::new(into);
    writeln!(into, "policy,index,request,placement,searched,explain")?;
    for run in runs {
        for step in &run.steps {
            let hole = step.placement.map(|hole| hole.to_string()).unwrap_or_default();
            writeln!(
                into,
                "{},{},{},{hole},{},\"{}\"",
                run.policy, step.index, step.request, step.searched, step.explain
            )?;
        }
    }
    Ok(into.flush()?)
}
