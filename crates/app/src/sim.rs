//! `ramscope sim`: what a machine would have done with the same requests, and why.

mod alloc;
mod check;
mod demand;
mod exercise;
mod grid;
mod holes;
mod input;
mod memory_map;
mod paging;
mod partitions;
mod processes;
mod published;
mod segments;
mod tlb;
mod translate;
mod verify;
mod verify_addresses;
mod verify_lists;

use anyhow::Result;

use crate::args::SimCommand;
use crate::config::Environment;
use crate::failure::Usage;
use crate::output::Output;

/// Runs one of the simulators.
pub(crate) fn run(command: &SimCommand, environment: &Environment, out: &mut Output) -> Result<()> {
    match command {
        SimCommand::Paging(args) => paging::run(args, out),
        SimCommand::Demand(args) => demand::run(args, out),
        SimCommand::Translate(args) => translate::run(args, out),
        SimCommand::Tlb(args) => tlb::run(args, out),
        SimCommand::Segments(args) => segments::run(args, out),
        SimCommand::Holes(args) => holes::run(args, out),
        SimCommand::Partitions(args) => partitions::run(args, out),
        SimCommand::Alloc(args) => alloc::run(args, out),
        SimCommand::Exercise(args) => exercise::run(args, environment, out),
        SimCommand::Check(args) => check::run(args, out),
        SimCommand::Verify(args) => verify::run_all(args.format, out),
    }
}

/// What an engine refuses is a value that was typed.
fn usage(error: impl std::fmt::Display) -> Usage {
    Usage(error.to_string())
}
