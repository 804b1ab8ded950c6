//! `cargo xtask`: what the project does to itself, each in one command that needs no standard input.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool: what it prints is what it is for"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "it measures how long steps take and dates its results: the clock is its input"
)]

mod bench;
mod command;
mod needs;
mod openapi;
mod repo;
mod rust_text;
mod sha256;
mod table;
mod test;
mod tidy;
mod vendor;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::repo::Repo;

/// What the project does to itself: test, tidy, vendor, openapi, bench.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Everything that must hold before a change goes in, from format to the page in a real browser.
    Test(test::Args),
    /// The rules of the house that no compiler knows: arrows, heads, invariants, links.
    Tidy(tidy::Args),
    /// The vendored files of the page against their checksums.
    Vendor(vendor::Args),
    /// Rewrites crates/web/openapi.json from the handlers.
    Openapi,
    /// Measures what the project promises and prints each number as a ratio to its goal.
    Bench(bench::Args),
}

fn main() -> ExitCode {
    let args = Args::parse();
    let done = Repo::find().and_then(|repo| match args.task {
        Task::Test(args) => test::run(&repo, &args),
        Task::Tidy(args) => tidy::run(&repo, &args),
        Task::Vendor(args) => vendor::run(&repo, &args),
        Task::Openapi => openapi::run(&repo),
        Task::Bench(args) => bench::run(&repo, &args),
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("cargo xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
