//! What was typed for `ramscope processes`.

use clap::{Args, ValueEnum};
use ramscope_observe::processes::groups::GroupBy;
use ramscope_observe::processes::question::Sort;

use super::{PlaceArgs, SourceArgs};

/// Options of `ramscope processes`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope processes --top 10 --sort swap
  ramscope processes --sort growth --window 1h
  ramscope processes --group app --sort pss
  ramscope processes --at 03:12
  ramscope processes --between 03:00,03:30 --sort growth
  ramscope processes --filter postgres --format json")]
pub(crate) struct ProcessesArgs {
    /// How many to print
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub top: usize,
    /// What the order goes by: the largest first
    #[arg(long, value_enum, value_name = "BY", default_value_t = SortName::Rss)]
    pub sort: SortName,
    /// Over how long growth is told; a server must have been recording so long
    #[arg(long, value_name = "TIME", default_value = "1m")]
    pub window: String,
    /// Print sums instead: by application, user, cgroup, or up the tree of parents
    #[arg(long, value_enum, value_name = "BY")]
    pub group: Option<GroupName>,
    /// Words that must all match: text in name, command line, user or cgroup, an id; or user:NAME app:NAME cgroup:/PATH state:S pid:N tree:N
    #[arg(long, value_name = "WORDS")]
    pub filter: Option<String>,
    /// As they were at a moment of the past: 03:12, 1h, 2026-01-31 03:12, an RFC 3339 instant, epoch milliseconds
    #[arg(long, value_name = "WHEN", conflicts_with_all = ["between", "pss"])]
    pub at: Option<String>,
    /// What grew between two moments, in the same forms
    #[arg(long, value_name = "WHEN,WHEN", conflicts_with = "pss")]
    pub between: Option<String>,
    /// Threads of the kernel too
    #[arg(long)]
    pub kernel: bool,
    /// Read every proportional set, which holds large processes up: 5 ms a GiB
    #[arg(long)]
    pub pss: bool,
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

/// How a list is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// Aligned columns, for people
    Table,
    /// One indented document, as the API answers
    Json,
    /// An object a line
    Ndjson,
    /// A header and a line an entry
    Csv,
}

/// What processes are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SortName {
    /// Resident set
    Rss,
    /// Growth over the window
    Growth,
    /// Swap
    Swap,
    /// Proportional set
    Pss,
    /// What ending it would free
    Uss,
    /// Anonymous memory
    Anon,
    /// Pages of files
    File,
    /// Shared memory
    Shared,
    /// The most it ever held
    Peak,
    /// Page faults that waited for a disk
    Faults,
    /// Resident set and swap
    Memory,
    /// Name
    Command,
    /// Id
    Pid,
}

impl From<SortName> for Sort {
    fn from(name: SortName) -> Sort {
        match name {
            SortName::Rss => Sort::Rss,
            SortName::Growth => Sort::Growth,
            SortName::Swap => Sort::Swap,
            SortName::Pss => Sort::Pss,
            SortName::Uss => Sort::Uss,
            SortName::Anon => Sort::Anon,
            SortName::File => Sort::FileBacked,
            SortName::Shared => Sort::Shared,
            SortName::Peak => Sort::Peak,
            SortName::Faults => Sort::Faults,
            SortName::Memory => Sort::Memory,
            SortName::Command => Sort::Command,
            SortName::Pid => Sort::Pid,
        }
    }
}

/// What processes are put together by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroupName {
    /// Their name
    App,
    /// Whose rights they have
    User,
    /// Where their memory is charged to
    Cgroup,
    /// Their ancestors
    Tree,
}

impl From<GroupName> for GroupBy {
    fn from(name: GroupName) -> GroupBy {
        match name {
            GroupName::App => GroupBy::Application,
            GroupName::User => GroupBy::User,
            GroupName::Cgroup => GroupBy::Cgroup,
            GroupName::Tree => GroupBy::Tree,
        }
    }
}
