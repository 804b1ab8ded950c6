//! What was typed after `ramscope sim demand`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options of `ramscope sim demand`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope sim demand
  ramscope sim demand --frames 62 --allocation proportional --policy lru
  ramscope sim demand --set load.control=working-set
  ramscope sim demand --workload two.txt --frames 6 --replacement local --steps 40
  ramscope sim demand --frames 32 --format json

Without a workload: sixteen processes, each moving through localities of 8 pages, in 48 frames. The curve runs the first
process, the first two, and so on; beyond its knee the machine thrashes.

Workloads (--workload), a line a process as `p1: 1 2 3w`, or a process and a page a line as `1 2`; 3w writes page 3.

Parameters (--set): those of the policy, and cpu.memory_ns, cpu.fault_ns, cpu.switch_ns, cpu.quantum, disk.read_ns,
disk.write_ns, disk.readahead, disk.transfer_ns, disk.swap_slots, shares.spare, load.limit, load.control (none, working-set,
fault-rate), load.window, load.period, load.upper, load.lower.")]
pub(crate) struct DemandArgs {
    /// Physical frames [default: 48]
    #[arg(long, value_name = "N")]
    pub frames: Option<usize>,
    /// The replacement policy [default: lru]
    #[arg(long, value_name = "NAME")]
    pub policy: Option<String>,
    /// How frames are divided: global, equal, proportional, working-set, pff [default: global]
    #[arg(long, value_name = "NAME")]
    pub allocation: Option<String>,
    /// Whose pages may be replaced: global or local
    #[arg(long, value_name = "NAME")]
    pub replacement: Option<String>,
    /// What the processes refer to; - is stdin
    #[arg(long, value_name = "FILE")]
    pub workload: Option<PathBuf>,
    /// Set a parameter; repeatable
    #[arg(long, value_name = "PARAMETER=VALUE", value_delimiter = ',')]
    pub set: Vec<String>,
    /// Show the first so many steps, each with its sentence
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub steps: usize,
    /// How to print it
    #[arg(long, value_enum, default_value_t = DemandFormat::Table)]
    pub format: DemandFormat,
}

/// How demand paging is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DemandFormat {
    /// For people
    Table,
    /// One indented document, as the API answers
    Json,
    /// The curve: a header and a line a degree of multiprogramming
    Csv,
}
