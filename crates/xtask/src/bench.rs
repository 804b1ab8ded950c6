//! `cargo xtask bench`: what the project promises, measured, each as a ratio to its goal.
//!
//! What happens inside a crate is measured by that crate's own benches, which print a line of JSON a
//! number; what a stranger sees of the whole (CPU, memory, lateness, what a kill loses, the page) is
//! measured here from outside, with a release binary on loopback and a data directory of its own.

mod clients;
mod cost;
mod crash;
mod crowd;
mod forecast;
mod heap;
mod heap_totals;
mod http;
mod machine;
mod measure;
mod page;
mod server;
mod sim;
mod stress;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use self::measure::Measure;
use crate::command;
use crate::repo::Repo;
use crate::table;

/// Where dated results are kept.
const RESULTS: &str = "bench/results";

/// Arguments of `cargo xtask bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to measure.
    what: What,
    /// Writes the table into bench/results under today's date.
    #[arg(long)]
    save: bool,
    /// Measures this release binary from outside instead of building one, to compare two.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

/// What can be asked for: a feature with all its parts, or one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// All of live memory and its history: the parts below, up to the page.
    Observe,
    /// A system sample against a bare loop that does the same reads.
    Sample,
    /// Looks at 500 and 5,000 processes, and their history.
    Processes,
    /// Bytes a sample, and range queries.
    Store,
    /// The whole server without a client; what `kill -9` loses; how fast it ends.
    Server,
    /// The server and `ramscope top` among 500 processes, beside other monitors; the server among 5,000.
    Crowd,
    /// 500 clients of the event stream.
    Web,
    /// False alarms of the forecast, and how exactly it names a leak.
    Forecast,
    /// The page in a real browser: size, first numbers, frames.
    Page,
    /// A load on memory, against bare loops and stress-ng.
    Stress,
    /// What a page reference costs under each policy, against bare loops and libCacheSim.
    Sim,
    /// What it costs a program to be tracked, beside heaptrack; its stacks against another unwinder's.
    Heap,
    /// Everything there is.
    All,
}

/// What the parts share.
#[derive(Debug)]
struct Bench<'a> {
    repo: &'a Repo,
    /// Where cargo builds.
    target: PathBuf,
    /// The release binary.
    binary: PathBuf,
}

/// Measures, prints the table, and saves it when asked to. True when every goal was met.
///
/// # Errors
/// When cargo cannot tell about the workspace, the binary does not build, or nothing can be saved. A
/// part that cannot be measured is said, and the others go on.
pub(crate) fn run(repo: &Repo, args: &Args) -> Result<bool> {
    let target = repo.metadata()?.target_directory;
    let built = target.join("release/ramscope");
    let bench = Bench { repo, binary: args.binary.clone().unwrap_or(built), target };
    let parts = parts(args.what);
    let needs_no_binary = [What::Sample, What::Processes, What::Store, What::Stress, What::Sim];
    let needs_binary = |part: &What| !needs_no_binary.contains(part);
    if args.binary.is_none() && parts.iter().any(needs_binary) {
        bench.build()?;
    }
    let (mut measures, mut failures) = (Vec::new(), Vec::new());
    for part in parts {
        println!("\n=== {}", name(part));
        match bench.measure(part) {
            Ok(found) => measures.extend(found),
            Err(error) => failures.push(format!("{} was not measured: {error:#}", name(part))),
        }
    }
    let facts = machine::facts(repo)?;
    let rows: Vec<Vec<String>> = measures.iter().map(Measure::row).collect();
    println!("\n=== {}\n{facts}\n", name(args.what));
    print!("{}", table::text(&measure::HEAD, &rows, &measure::NUMBERS));
    failures.iter().for_each(|failure| println!("{failure}"));
    if args.save {
        save(repo, args.what, &facts, &rows, &failures)?;
    }
    Ok(failures.is_empty() && measures.iter().all(Measure::is_met))
}

fn parts(what: What) -> Vec<What> {
    match what {
        What::Observe => {
            vec![
                What::Sample,
                What::Processes,
                What::Store,
                What::Server,
                What::Crowd,
                What::Web,
                What::Forecast,
                What::Page,
            ]
        }
        What::All => [parts(What::Observe), vec![What::Stress, What::Sim, What::Heap]].concat(),
        part => vec![part],
    }
}

impl Bench<'_> {
    fn measure(&self, part: What) -> Result<Vec<Measure>> {
        match part {
            What::Sample => self.cargo_bench("ramscope-observe", "sample"),
            What::Processes => self.cargo_bench("ramscope-observe", "processes"),
            What::Store => self.cargo_bench("ramscope-store", "store"),
            What::Server => {
                let mut measures = cost::measure(self)?;
                measures.extend(crash::measure(self)?);
                Ok(measures)
            }
            What::Crowd => crowd::measure(self),
            What::Web => clients::measure(self),
            What::Forecast => forecast::measure(self),
            What::Page => page::measure(self),
            What::Stress => stress::measure(self),
            What::Sim => sim::measure(self),
            What::Heap => heap::measure(self),
            What::Observe | What::All => bail!("{} is not one part", name(part)),
        }
    }

    fn build(&self) -> Result<()> {
        let outcome = command::show(
            command::cargo()
                .args(["build", "--release", "--locked", "-p", "ramscope"])
                .current_dir(&self.repo.root),
        )?;
        if !outcome.ok {
            bail!("the release binary does not build");
        }
        Ok(())
    }

    /// The numbers that a crate's own bench prints.
    fn cargo_bench(&self, package: &str, bench: &str) -> Result<Vec<Measure>> {
        let mut cargo = command::cargo();
        cargo.args(["bench", "--locked", "-p", package, "--bench", bench]);
        measures_of(cargo.current_dir(&self.repo.root))
    }

    /// An empty folder for the data of one measurement.
    fn empty_folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.target.join("xtask/bench").join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)
                .with_context(|| format!("emptying {}", folder.display()))?;
        }
        std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        Ok(folder)
    }
}

/// Runs a program that prints a line of JSON a number.
fn measures_of(command: &mut Command) -> Result<Vec<Measure>> {
    let outcome = command::show(command)?;
    if !outcome.ok {
        bail!("{} failed", command::describe(command));
    }
    let measures: Vec<Measure> = outcome.lines.iter().filter_map(|l| Measure::parse(l)).collect();
    if measures.is_empty() {
        bail!("{} printed no number", command::describe(command));
    }
    Ok(measures)
}

fn save(
    repo: &Repo,
    what: What,
    facts: &str,
    rows: &[Vec<String>],
    failures: &[String],
) -> Result<()> {
    let date = machine::today()?;
    let table = table::markdown(&measure::HEAD, rows, &measure::NUMBERS);
    let failures: String = failures.iter().map(|failure| format!("\n{failure}\n")).collect();
    let name = name(what);
    let text = format!(
        "# {name}, {date}\n\nPrinted by `cargo xtask bench {name}`. {facts}\n\nA ratio of at most 1 \
         meets the goal.\n\n{table}{failures}"
    );
    let path = format!("{RESULTS}/{date}-{name}.md");
    std::fs::create_dir_all(repo.path(RESULTS))
        .and_then(|()| std::fs::write(repo.path(&path), text))
        .with_context(|| format!("writing {path}"))?;
    println!("written to {path}");
    Ok(())
}

fn name(what: What) -> String {
    what.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}
