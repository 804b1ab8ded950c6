//! What was typed after `ramscope top`.

use clap::{Args, ValueEnum};

use super::{PlaceArgs, SourceArgs};

/// Options of `ramscope top`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope top
  ramscope top --sort growth --filter postgres
  ramscope top --group cgroup --interval 5s
  ramscope top --color never --symbols ascii

Keys: ? shows all of them. q ends; / filters; s sorts; t tree; g sums by application, cgroup, user; ← → step through the past.")]
pub(crate) struct TopArgs {
    /// Time between two looks, 10ms to 1h; processes are looked at once a second at the most
    #[arg(long, value_name = "TIME", default_value = "1s")]
    pub interval: String,
    /// What the list begins sorted by
    #[arg(long, value_enum, default_value_t = SortName::Memory)]
    pub sort: SortName,
    /// Show only processes with this in their command, user or cgroup
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Sum by application, cgroup or user
    #[arg(long, value_enum)]
    pub group: Option<GroupName>,
    /// Children under their parents
    #[arg(long, conflicts_with = "group")]
    pub tree: bool,
    /// Colours; auto looks at NO_COLOR, COLORTERM and TERM
    #[arg(long, value_enum, default_value_t = ColorName::Auto, help_heading = "Look")]
    pub color: ColorName,
    /// The terminal's own ground; auto looks at COLORFGBG
    #[arg(long, value_enum, default_value_t = GroundName::Auto, help_heading = "Look")]
    pub ground: GroundName,
    /// What graphs are made of; auto looks at the locale and at TERM
    #[arg(long, value_enum, default_value_t = SymbolsName::Auto, help_heading = "Look")]
    pub symbols: SymbolsName,
    /// Leave the mouse to the terminal, for its own selecting and copying
    #[arg(long, help_heading = "Look")]
    pub no_mouse: bool,
    /// Whose history is looked back into.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// What is looked at.
    #[command(flatten)]
    pub source: SourceArgs,
}

/// An order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SortName {
    /// Resident memory and swap together
    Memory,
    /// Resident memory
    Rss,
    /// Growth over a minute
    Growth,
    /// Swap
    Swap,
    /// Proportional set size
    Pss,
    /// Anonymous memory
    Anon,
    /// The most that was ever resident
    Peak,
    /// Process number
    Pid,
    /// User
    User,
    /// Command
    Command,
}

/// What rows are summed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroupName {
    /// Application
    App,
    /// Control group
    Cgroup,
    /// User
    User,
}

/// How many colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorName {
    /// What the terminal says it has
    Auto,
    /// None
    Never,
    /// The sixteen of every terminal
    #[value(name = "16")]
    Sixteen,
    /// The 256 of xterm
    #[value(name = "256")]
    Indexed,
    /// 24 bits
    True,
}

/// The ground that text stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroundName {
    /// What the terminal says, or dark
    Auto,
    /// Dark
    Dark,
    /// Light
    Light,
}

/// What graphs are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SymbolsName {
    /// What the locale and the console can show
    Auto,
    /// Block elements and braille patterns
    Braille,
    /// Block elements
    Blocks,
    /// ASCII
    Ascii,
}
