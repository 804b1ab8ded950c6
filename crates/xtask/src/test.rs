//! `cargo xtask test`: everything that must hold, in one run that shows all that does not.
//!
//! A step that fails does not end the run: the later ones are still worth seeing. A step that cannot
//! run, for the want of a program or of the binary, has failed; nothing is left out in silence.

mod count;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use self::count::Counts;
use crate::command::{self, Outcome};
use crate::needs;
use crate::repo::Repo;
use crate::table;
use crate::tidy;

/// The page's package: its sources, its tests, its tools.
const PAGE: &str = "crates/web";

/// Arguments of `cargo xtask test`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Runs only these steps.
    #[arg(long, value_name = "STEP", value_delimiter = ',')]
    only: Vec<Step>,
}

/// The steps, in the order in which they run: what fails fastest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Step {
    /// The format of every Rust file.
    Fmt,
    /// Clippy over all targets, warnings as errors.
    Clippy,
    /// The rules of `cargo xtask tidy`.
    Tidy,
    /// The binary, as `cargo build` makes it.
    Build,
    /// Unit and integration tests.
    Tests,
    /// The examples in doc comments.
    DocTests,
    /// The documentation itself, warnings as errors.
    Rustdoc,
    /// The types of the page's scripts.
    PageTypes,
    /// The page in a real browser against the real binary.
    PageTests,
}

/// How a step went.
#[derive(Debug)]
struct Report {
    step: Step,
    took: Duration,
    counts: Counts,
    /// Why it failed, or nothing when it passed.
    failure: Option<String>,
}

/// What the steps share.
#[derive(Debug)]
struct Run<'a> {
    repo: &'a Repo,
    /// Where cargo builds.
    target: PathBuf,
    /// Found or installed once, by the first step that needs it.
    node: Option<Result<needs::Node, String>>,
}

/// Runs the steps and prints how they went. True when all passed.
///
/// # Errors
/// When cargo cannot tell about the workspace. Failing steps are no errors.
pub(crate) fn run(repo: &Repo, args: &Args) -> Result<bool> {
    let mut run = Run { repo, target: repo.metadata()?.target_directory, node: None };
    let reports: Vec<Report> =
        chosen(&args.only).into_iter().map(|step| run.report(step)).collect();
    Ok(close(&reports))
}

/// The steps asked for, or all. The page's tests need a binary that is not older than its sources.
fn chosen(only: &[Step]) -> Vec<Step> {
    let is_chosen = |step: Step| {
        only.is_empty()
            || only.contains(&step)
            || (step == Step::Build && only.contains(&Step::PageTests))
    };
    Step::value_variants().iter().copied().filter(|&step| is_chosen(step)).collect()
}

impl Run<'_> {
    fn report(&mut self, step: Step) -> Report {
        println!("\n=== {}", name(step));
        let started = Instant::now();
        let (counts, failure) = match self.act(step) {
            Ok((counts, true)) => (counts, None),
            Ok((counts, false)) => (counts, Some("see its output above".to_owned())),
            Err(error) => (Counts::default(), Some(format!("{error:#}"))),
        };
        let took = started.elapsed();
        let word = if failure.is_none() { "passed" } else { "FAILED" };
        println!("--- {} {word} in {}", name(step), seconds(took));
        Report { step, took, counts, failure }
    }

    /// What the step counted, and whether it passed.
    fn act(&mut self, step: Step) -> Result<(Counts, bool)> {
        let uncounted = |outcome: Result<Outcome>| Ok((Counts::default(), outcome?.ok));
        match step {
            Step::Fmt => {
                needs::component("fmt", "rustfmt")?;
                uncounted(self.cargo("fmt --all -- --check"))
            }
            Step::Clippy => {
                needs::component("clippy", "clippy")?;
                uncounted(self.cargo("clippy --workspace --all-targets --locked -- -D warnings"))
            }
            Step::Tidy => {
                let is_tidy = tidy::run(self.repo, &tidy::Args::default())?;
                Ok((Counts::default(), is_tidy))
            }
            Step::Build => uncounted(self.cargo("build --locked -p ramscope")),
            Step::Tests => self.tests(),
            Step::DocTests => {
                let outcome = self.cargo("test --doc --workspace --locked --no-fail-fast")?;
                Ok((count::cargo_test(&outcome.lines), outcome.ok))
            }
            Step::Rustdoc => uncounted(command::show(
                self.cargo_command("doc --workspace --no-deps --locked")
                    .env("RUSTDOCFLAGS", "-D warnings"),
            )),
            Step::PageTypes => {
                let check = self.node()?.npm(&["run", "--silent", "check"]);
                uncounted(self.in_page(check))
            }
            Step::PageTests => self.page_tests(),
        }
    }

    /// nextest where it is installed; plain cargo otherwise, which runs the tests that look at the
    /// live machine by themselves, one at a time, as nextest is configured to.
    fn tests(&self) -> Result<(Counts, bool)> {
        let skipped = Skipped::listen(&self.target)?;
        let run = |words: &str| {
            command::show(self.cargo_command(words).env("RAMSCOPE_SKIPPED", &skipped.list))
        };
        let (mut counts, ok) = if needs::has_nextest() {
            let outcome = run("nextest run --workspace --locked --no-fail-fast")?;
            (count::nextest(&outcome.lines), outcome.ok)
        } else {
            let all = "test --workspace --locked --no-fail-fast --lib --bins --tests --";
            let most = run(&format!("{all} --skip machine_"))?;
            let machine = run(&format!("{all} --test-threads=1 machine_"))?;
            let counts = count::cargo_test(&most.lines) + count::cargo_test(&machine.lines);
            (counts, most.ok && machine.ok)
        };
        let reasons = skipped.reasons()?;
        reasons.iter().for_each(|reason| println!("{reason}"));
        counts.skip(reasons.len());
        Ok((counts, ok))
    }

    fn page_tests(&mut self) -> Result<(Counts, bool)> {
        let binary = self.target.join("debug/ramscope");
        if !binary.is_file() {
            bail!("there is no binary to test: the step build failed");
        }
        let chromium = needs::chromium()?;
        let mut node = self.node()?.node();
        // Each file is a browser of its own: one after the other, or they starve each other.
        node.args(["--test", "--test-reporter=spec", "--test-concurrency=1"])
            .args(["--test-timeout=400000"])
            .args(page_test_files(&self.repo.path(PAGE).join("tests/page"))?)
            .env("RAMSCOPE_BIN", binary)
            .env("CHROMIUM", chromium);
        let outcome = self.in_page(node)?;
        let counts = count::node(&outcome.lines);
        if counts == Counts::default() {
            bail!("node counted no test at all");
        }
        Ok((counts, outcome.ok))
    }

    fn cargo(&self, words: &str) -> Result<Outcome> {
        command::show(&mut self.cargo_command(words))
    }

    fn cargo_command(&self, words: &str) -> Command {
        let mut cargo = command::cargo();
        cargo.args(words.split(' ')).current_dir(&self.repo.root);
        cargo
    }

    fn in_page(&self, mut command: Command) -> Result<Outcome> {
        command::show(command.current_dir(self.repo.path(PAGE)))
    }

    /// Node and the page's locked packages.
    fn node(&mut self) -> Result<&needs::Node> {
        let (page, tools) = (self.repo.path(PAGE), self.target.join("xtask/node"));
        let found = self.node.get_or_insert_with(|| {
            needs::page_tools(&page, &tools).map_err(|error| format!("{error:#}"))
        });
        found.as_ref().map_err(|failure| anyhow::anyhow!("{failure}"))
    }
}

/// The list to which a test that cannot run on this machine appends a line `skipped: why`: for the
/// test runners it has passed.
#[derive(Debug)]
struct Skipped {
    list: PathBuf,
}

impl Skipped {
    fn listen(target: &Path) -> Result<Skipped> {
        let folder = target.join("xtask");
        let list = folder.join("skipped");
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(&list, ""))
            .with_context(|| format!("the list of skipped tests, {}", list.display()))?;
        Ok(Skipped { list })
    }

    fn reasons(&self) -> Result<Vec<String>> {
        let text = std::fs::read_to_string(&self.list).context("the list of skipped tests")?;
        Ok(text.lines().map(str::to_owned).collect())
    }
}

/// The files that hold tests of the page; helpers stand beside them under other names.
fn page_test_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = folder.read_dir().context("crates/web/tests/page holds the page's tests")?;
    let is_test = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
        [".test.mjs", ".test.js"].iter().any(|end| name.ends_with(end))
    };
    let mut files: Vec<PathBuf> =
        entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.retain(is_test);
    files.sort();
    if files.is_empty() {
        bail!("crates/web/tests/page holds no file named ….test.mjs");
    }
    Ok(files)
}

/// Prints the summary: a table, what failed, and the sum of all tests on a line by itself.
fn close(reports: &[Report]) -> bool {
    let rows: Vec<Vec<String>> = reports.iter().map(row).collect();
    println!("\n=== summary\n{}", table::text(&["step", "", "time", "tests"], &rows, &[2]));
    for report in reports {
        if let Some(failure) = &report.failure {
            println!("failed: {}: {failure}", name(report.step));
        }
    }
    println!("{}", total(reports));
    reports.iter().all(|report| report.failure.is_none())
}

/// The sum. A step that failed without a failing test (a format, a lint, a build) counts as one.
fn total(reports: &[Report]) -> Counts {
    let mut total = Counts::default();
    for report in reports {
        total = total + report.counts;
        total.failed += usize::from(report.failure.is_some() && report.counts.failed == 0);
    }
    total
}

fn row(report: &Report) -> Vec<String> {
    let verdict = if report.failure.is_none() { "ok" } else { "FAILED" };
    let is_counted = report.counts != Counts::default();
    let counts = if is_counted { report.counts.to_string() } else { String::new() };
    vec![name(report.step), verdict.to_owned(), seconds(report.took), counts]
}

fn name(step: Step) -> String {
    step.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(failure: Option<&str>, passed: usize, failed: usize) -> Report {
        let counts = Counts { passed, failed, skipped: 0 };
        Report { step: Step::Tests, took: Duration::ZERO, counts, failure: failure.map(Into::into) }
    }

    #[test]
    fn all_steps_run_unless_some_are_named() {
        assert_eq!(chosen(&[]), Step::value_variants());
        assert_eq!(chosen(&[Step::Rustdoc, Step::Fmt]), [Step::Fmt, Step::Rustdoc]);
    }

    #[test]
    fn the_page_is_never_tested_with_an_old_binary() {
        assert_eq!(chosen(&[Step::PageTests]), [Step::Build, Step::PageTests]);
    }

    #[test]
    fn a_step_that_fails_without_a_failing_test_counts_as_one() {
        let reports = [report(None, 5, 0), report(Some("format"), 0, 0), report(Some("two"), 3, 2)];
        assert_eq!(total(&reports).to_string(), "8 passed, 3 failed, 0 skipped");
    }
}
