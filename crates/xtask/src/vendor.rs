//! `cargo xtask vendor`: the page's vendored files and what they must be.

use anyhow::Result;

use crate::repo::Repo;
use crate::tidy::vendored;

/// Arguments of `cargo xtask vendor`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Compares every vendored file with its checksum.
    #[arg(long, required = true)]
    check: bool,
}

/// Compares, and says what differs. True when nothing does.
///
/// # Errors
/// When the checkout cannot be read.
pub(crate) fn run(repo: &Repo, args: &Args) -> Result<bool> {
    debug_assert!(args.check, "clap demands it: there is no other act yet");
    let files = repo.files()?;
    let findings = vendored::check(&files);
    for finding in &findings {
        println!("{finding}");
    }
    let count = files.iter().filter(|file| vendored::is_vendored(&file.path)).count();
    println!("{count} vendored files, {} findings", findings.len());
    Ok(findings.is_empty())
}
