//! What was typed after `ramscope stress`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ramscope_stress::{Quantity, Request};

use super::PlaceArgs;

/// Options of `ramscope stress`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope stress
  ramscope stress --size 2GiB --for 30s
  ramscope stress --size 50%available --pattern sawtooth --cycles 4 --for 2min
  ramscope stress --pattern leak --rate 10MiB/s --size 1GiB --for 2min
  ramscope stress --size 1GiB --kind thp --access random --bandwidth 1GB/s --write-percent 30
  ramscope stress --size 25% --verify --dry-run

With no options: up to a quarter of what is available in 10 s, held for 20 s, given back.

Patterns: hold, ramp, sawtooth, spike, staircase, leak, churn, fragment. Kinds: anon, populated, thp, shared, file-read,
file-dirty, malloc, fork, swap. Access: sequential, random, strided, zipf.

Sizes are bytes with a unit (2GiB), a share of memory (50%) or of what is available (25%available). A run never takes what
the host and every cgroup above it have left less the reserve, gives everything back when the machine comes under strain,
and is the first that the kernel would kill.")]
pub(crate) struct StressArgs {
    /// How much memory, at the most [default: 25%available]
    #[arg(long, value_name = "SIZE")]
    pub size: Option<String>,
    /// The shape over time [default: hold with --size, else ramp]
    #[arg(long, value_name = "NAME")]
    pub pattern: Option<String>,
    /// How long [default: 60s; 30s with no options]
    #[arg(long = "for", value_name = "TIME")]
    pub duration: Option<String>,
    /// What kind of memory [default: anon]
    #[arg(long, value_name = "NAME")]
    pub kind: Option<String>,
    /// How often the pattern repeats
    #[arg(long, value_name = "N")]
    pub cycles: Option<u32>,
    /// How fast memory grows, as in 1GB/s
    #[arg(long, value_name = "RATE")]
    pub rate: Option<String>,
    /// Read and write what is held, in this order [default: it is only held]
    #[arg(long, value_name = "NAME")]
    pub access: Option<String>,
    /// How much of it is accessed, at the most, as in 1GB/s [default: as fast as it goes]
    #[arg(long, value_name = "RATE")]
    pub bandwidth: Option<String>,
    /// How much of what is held is ever accessed [default: all]
    #[arg(long, value_name = "SIZE")]
    pub working_set: Option<String>,
    /// How far apart strided accesses lie
    #[arg(long, value_name = "SIZE")]
    pub stride: Option<String>,
    /// How many of a hundred accesses write [default: 0]
    #[arg(long, value_name = "PERCENT")]
    pub write_percent: Option<u8>,
    /// Write patterns, check them, and locate what differs
    #[arg(long)]
    pub verify: bool,
    /// What stays free, whatever is asked for [default: 5 % of memory, at least 512MiB]
    #[arg(long, value_name = "SIZE")]
    pub reserve: Option<String>,
    /// Hold the run in a memory cgroup of its own with this limit
    #[arg(long, value_name = "SIZE")]
    pub cgroup_limit: Option<String>,
    /// Where the file of a page-cache run is made
    #[arg(long, value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// Do what may swap, or have processes killed
    #[arg(long)]
    pub i_know: bool,
    /// The seed of all chance in the run
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Show the plan as a curve and a table, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How to print the report, or the plan
    #[arg(long, value_enum, default_value_t = StressFormat::Table)]
    pub format: StressFormat,
    /// Where a running server is looked for.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// How a run is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StressFormat {
    /// For people
    Table,
    /// One indented document
    Json,
}

impl StressArgs {
    /// The request, with `for_ms` as it was decided.
    pub(crate) fn request(&self, for_ms: Option<u64>) -> Request {
        let typed = |text: &Option<String>| text.clone().map(Quantity::Text);
        Request {
            pattern: self.pattern.clone(),
            kind: self.kind.clone(),
            size: typed(&self.size),
            for_ms,
            cycles: self.cycles,
            rate: typed(&self.rate),
            access: self.access.clone(),
            bandwidth: typed(&self.bandwidth),
            working_set: typed(&self.working_set),
            stride: typed(&self.stride),
            write_percent: self.write_percent,
            verify: self.verify,
            reserve: typed(&self.reserve),
            cgroup_limit: typed(&self.cgroup_limit),
            directory: self.directory.clone(),
            i_know: self.i_know,
            seed: self.seed,
        }
    }
}
