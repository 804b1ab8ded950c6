//! What was typed after `ramscope heap`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use ramscope_heap::By;

use super::PlaceArgs;

/// Options of `ramscope heap`.
#[derive(Args, Debug)]
pub(crate) struct HeapArgs {
    /// What to do with recordings
    #[command(subcommand)]
    pub command: HeapCommand,
}

/// What can be done with a recording of `ramscope track -o`.
#[derive(Debug, Subcommand)]
pub(crate) enum HeapCommand {
    /// Print what a recorded program held, and who asked for it
    Report(ReportArgs),
    /// Show a recording in the browser
    View(ViewArgs),
    /// Print what differs between two recordings, by call stack
    Diff(DiffArgs),
    /// Write a recording as other tools read it
    Export(ExportArgs),
}

/// Options of `ramscope heap report`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope heap report app.heap
  ramscope heap report app.heap --by peak --top 5
  ramscope heap report app.heap --by temporary --format json")]
pub(crate) struct ReportArgs {
    /// A recording
    pub file: PathBuf,
    /// How many call stacks are shown, the largest first
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub top: usize,
    /// What the call stacks are ordered by [default: leaked; live where the end was not recorded]
    #[arg(long, value_enum)]
    pub by: Option<ByName>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = ReportFormat::Table)]
    pub format: ReportFormat,
}

/// Options of `ramscope heap view`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope heap view app.heap
  ramscope heap view app.heap --open")]
pub(crate) struct ViewArgs {
    /// A recording, which may still be written
    pub file: PathBuf,
    /// Open the page in a browser
    #[arg(long)]
    pub open: bool,
    /// Where the data directory is.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// Options of `ramscope heap diff`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope heap diff before.heap after.heap
  ramscope heap diff before.heap after.heap --by allocations --format json")]
pub(crate) struct DiffArgs {
    /// The recording to compare with
    pub before: PathBuf,
    /// The recording that is compared
    pub after: PathBuf,
    /// How many call stacks are shown, the largest differences first
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub top: usize,
    /// What is compared
    #[arg(long, value_enum, default_value_t = ByName::Live)]
    pub by: ByName,
    /// How to print it
    #[arg(long, value_enum, default_value_t = ReportFormat::Table)]
    pub format: ReportFormat,
}

/// Options of `ramscope heap export`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope heap export app.heap --to pprof --out app.pb.gz
  ramscope heap export app.heap --to collapsed --by peak
  ramscope heap export app.heap --to alloc-trace --out app.alloc

An alloc-trace is the requests alone: `ramscope sim alloc --policy all --file app.alloc` replays it under every allocator.")]
pub(crate) struct ExportArgs {
    /// A recording
    pub file: PathBuf,
    /// The form
    #[arg(long = "to", value_enum)]
    pub form: ExportForm,
    /// What counts, for forms that hold one number a stack, and what others show first
    #[arg(long, value_enum, default_value_t = ByName::Live)]
    pub by: ByName,
    /// Write to this file instead of stdout
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// What call stacks are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ByName {
    /// Bytes that lived at the end
    Live,
    /// Bytes that lived when the most did
    Peak,
    /// Bytes that were never given back
    Leaked,
    /// Allocations that were given back before the thread's next one
    Temporary,
    /// Allocations
    Allocations,
}

impl From<ByName> for By {
    fn from(name: ByName) -> Self {
        match name {
            ByName::Live => By::Live,
            ByName::Peak => By::Peak,
            ByName::Leaked => By::Leaked,
            ByName::Temporary => By::Temporary,
            ByName::Allocations => By::Allocations,
        }
    }
}

/// How a report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people
    Table,
    /// One indented document
    Json,
}

/// What a recording is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportForm {
    /// Folded stacks, a line each, for flame graphs
    Collapsed,
    /// pprof's profile, packed
    Pprof,
    /// speedscope's profile
    Speedscope,
    /// One page that shows the call trees in a browser, without a server
    Html,
    /// A row a stack
    Csv,
    /// The requests alone, for the allocation machines
    AllocTrace,
}
