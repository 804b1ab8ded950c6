//! `ramscope sim`: what a machine would have done with the same requests, and why.

mod check;
mod grid;
mod input;
mod paging;
mod processes;
mod published;
mod table;
mod tlb;
mod translate;
mod verify;

use anyhow::Result;

use crate::args::SimCommand;
use crate::failure::Usage;
use crate::output::Output;

/// Runs one of the simulators.
pub(crate) fn run(command: &SimCommand, out: &mut Output) -> Result<()> {
    match command {
        SimCommand::Paging(args) => paging::run(args, out),
        SimCommand::Translate(args) => translate::run(args, out),
        SimCommand::Tlb(args) => tlb::run(args, out),
        SimCommand::Check(args) => check::run(args, out),
        SimCommand::Verify(args) => verify::run_all(args.format, out),
    }
}

/// What an engine refuses is a value that was typed.
fn usage(error: impl std::fmt::Display) -> Usage {
    Usage(error.to_string())
}
