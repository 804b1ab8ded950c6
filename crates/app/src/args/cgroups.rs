//! Options of `ramscope cgroups`.

use clap::{Args, ValueEnum};
use ramscope_observe::cgroups::Sort;

use super::{ListFormat, PlaceArgs, SourceArgs};

/// Options of `ramscope cgroups`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope cgroups
  ramscope cgroups --sort room --limited
  ramscope cgroups --at 03:12
  ramscope cgroups --between 03:00,03:30 --sort growth
  ramscope cgroups --under /system.slice --format json --stat")]
pub(crate) struct CgroupsArgs {
    /// The order: what they use, path, the limit that binds, what is left, pressure, swap, anonymous memory, growth, or kills
    #[arg(long, value_enum, default_value_t = CgroupSort::Current)]
    pub sort: CgroupSort,
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub top: usize,
    /// Only this group and those below it
    #[arg(long, value_name = "PATH")]
    pub under: Option<String>,
    /// Only those whose path or name holds this text
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Only those that have a limit of their own
    #[arg(long)]
    pub limited: bool,
    /// As they were at a moment of the past: 03:12, 1h, 2026-01-31 03:12, an RFC 3339 instant, epoch milliseconds
    #[arg(long, value_name = "WHEN", conflicts_with_all = ["between", "stat"])]
    pub at: Option<String>,
    /// What grew between two moments, in the same forms
    #[arg(long, value_name = "WHEN,WHEN", conflicts_with = "stat")]
    pub between: Option<String>,
    /// All of memory.stat too (json, ndjson)
    #[arg(long)]
    pub stat: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub format: ListFormat,
    /// Whose history.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// What is looked at.
    #[command(flatten)]
    pub source: SourceArgs,
}

/// What groups are put in order by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CgroupSort {
    /// What they use now, the most first
    Current,
    /// Their paths
    Path,
    /// The limit that binds, the least first
    Limit,
    /// What they can still take, the least first
    Room,
    /// Time lost waiting for memory, the most first
    Pressure,
    /// What they have in swap, the most first
    Swap,
    /// Their anonymous memory, the most first
    Anon,
    /// By how much they grew, the most first; of the past, or where a server records
    Growth,
    /// Processes killed for want of memory, the most first
    Oom,
}

impl From<CgroupSort> for Sort {
    fn from(sort: CgroupSort) -> Sort {
        match sort {
            CgroupSort::Current => Sort::Current,
            CgroupSort::Path => Sort::Path,
            CgroupSort::Limit => Sort::Limit,
            CgroupSort::Room => Sort::Room,
            CgroupSort::Pressure => Sort::Pressure,
            CgroupSort::Swap => Sort::Swap,
            CgroupSort::Anon => Sort::Anon,
            CgroupSort::Growth => Sort::Growth,
            CgroupSort::Oom => Sort::Oom,
        }
    }
}
