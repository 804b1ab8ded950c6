//! The `ramscope` binary: arguments in, parts wired together, exit code out.

mod alerts;
mod announce;
mod args;
mod cgroups;
mod chart;
mod config;
mod events;
mod failure;
mod files;
mod heap;
mod history;
mod latest;
mod library;
mod look;
mod open;
mod open_files;
mod output;
mod png;
mod processes;
mod runtime_dir;
mod serve;
mod service;
mod sim;
mod stress;
mod token;
mod top;
mod track;

use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory as _, Parser as _};

use args::{Cli, Command};
use config::Environment;
use output::Output;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Some(Command::StressWorker) = cli.command {
        return ramscope_stress::worker::run();
    }
    let environment =
        Environment::of(std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }));
    let mut out = Output::new();
    let (code, words) = failure::verdict(run(cli, &environment, &mut out));
    if let Some(words) = words {
        // Nobody is left to tell when stderr is gone too; the exit code still says it.
        let _ = out.hint(&format!("ramscope: {words}"));
    }
    code
}

fn run(cli: Cli, environment: &Environment, out: &mut Output) -> Result<()> {
    match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(args) => serve::run(&args, environment, out),
        Command::Open(args) => {
            open::run(&config::data_dir(&args.place, environment)?, !args.print, out)
        }
        Command::Top(args) => top::run(&args, environment, out),
        Command::Memory(args) => look::memory(&args, environment, out),
        Command::Processes(args) => processes::run(&args, environment, out),
        Command::Cgroups(args) => cgroups::run(&args, environment, out),
        Command::Events(args) => {
            events::run(&args, &config::data_dir(&args.place, environment)?, out)
        }
        Command::Explain(args) => look::explain(&args, environment, out),
        Command::History(args) => {
            history::run(&args, &config::data_dir(&args.place, environment)?, out)
        }
        Command::Chart(args) => chart::run(&args, environment, out),
        Command::Track(args) => track::run(&args, environment, out),
        Command::Heap(args) => heap::run(&args.command, environment, out),
        Command::Sim(args) => sim::run(&args.machine, environment, out),
        Command::Stress(args) => stress::run(&args, environment, out),
        Command::StressWorker => Ok(()),
        Command::Service(args) => service::run(&args.action, environment, out),
        Command::Config(args) => config::run(&args.action, environment, out),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "ramscope", out.data());
            Ok(())
        }
        Command::Man => Ok(clap_mangen::Man::new(Cli::command()).render(out.data())?),
    }
}
