//! `cargo xtask openapi`: the committed API description, rewritten from the handlers.

use anyhow::{Result, bail};

use crate::command;
use crate::repo::Repo;

/// The description's place in the repository.
pub(crate) const PATH: &str = "crates/web/openapi.json";

/// Runs the test that compares the description with the handlers, told to rewrite it instead.
///
/// # Errors
/// When the test cannot be run, or leaves no description behind.
pub(crate) fn run(repo: &Repo) -> Result<bool> {
    let before = std::fs::read(repo.path(PATH)).ok();
    let outcome = command::show(
        command::cargo()
            .args(["test", "--locked", "-p", "ramscope-web", "openapi"])
            .env("RAMSCOPE_BLESS", "1")
            .current_dir(&repo.root),
    )?;
    let Ok(after) = std::fs::read(repo.path(PATH)) else {
        bail!(
            "{PATH} was not written: does a test of ramscope-web named …openapi… still bless it?"
        );
    };
    let word = if before.as_ref() == Some(&after) { "is as it was" } else { "was rewritten" };
    println!("{PATH} {word}");
    Ok(outcome.ok)
}
