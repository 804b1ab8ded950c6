//! `cargo xtask tidy`: the rules of the house that neither the compiler nor clippy knows.
//!
//! Every check is a function of the files' bytes, and tells what it finds as a [`Finding`]; all of
//! them run, so that one look shows everything.

mod arrows;
mod heads;
mod invariants;
mod links;
mod lock;
mod openapi;
mod purity;
mod report;
mod unsafety;
pub(crate) mod vendored;
mod wording;

use std::fmt;

use anyhow::Result;

use crate::repo::Repo;

/// Arguments of `cargo xtask tidy`.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// Prints lengths, unwraps and documentation as numbers to look at; nothing of it is a gate.
    #[arg(long)]
    report: bool,
}

/// Something that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The file, from the root of the repository.
    pub(crate) path: String,
    /// The line, from 1.
    pub(crate) line: usize,
    /// What breaks which rule.
    pub(crate) what: String,
    /// What to do about it.
    pub(crate) act: String,
}

impl Finding {
    fn new(path: &str, line: usize, what: impl Into<String>, act: impl Into<String>) -> Finding {
        Finding { path: path.to_owned(), line, what: what.into(), act: act.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}. {}.", self.path, self.line, self.what, self.act)
    }
}

/// Prints what the checks find, or the report. True when nothing was found.
///
/// # Errors
/// When the checkout or the workspace cannot be read.
pub(crate) fn run(repo: &Repo, args: &Args) -> Result<bool> {
    if args.report {
        print!("{}", report::text(&repo.files()?));
        return Ok(true);
    }
    let findings = findings(repo)?;
    for finding in &findings {
        println!("{finding}");
    }
    println!("tidy: {} findings", findings.len());
    Ok(findings.is_empty())
}

/// What all checks find.
///
/// # Errors
/// When the checkout or the workspace cannot be read.
pub(crate) fn findings(repo: &Repo) -> Result<Vec<Finding>> {
    let files = repo.files()?;
    let mut findings = arrows::check(&arrows::crates(repo, &files)?);
    for check in [
        heads::check,
        invariants::check,
        vendored::check,
        wording::check,
        purity::check,
        unsafety::check,
        openapi::check,
        links::check,
        lock::check,
    ] {
        findings.extend(check(&files));
    }
    Ok(findings)
}
