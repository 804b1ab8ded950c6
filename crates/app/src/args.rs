//! What was typed, as it was typed: the raw first stage, decided later by [`crate::config`].

mod alloc;
mod cgroups;
mod demand;
mod events;
mod exercise;
mod heap;
mod processes;
mod sim;
mod stress;
mod top;
mod track;
mod translate;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use alloc::{
    AllocArgs, AllocFormat, ChoiceName, Compact, HolesArgs, Order, PartitionsArgs, PartitionsName,
    PickName, QueuesName, Switch,
};
pub(crate) use cgroups::{CgroupSort, CgroupsArgs};
pub(crate) use demand::{DemandArgs, DemandFormat};
pub(crate) use events::EventsArgs;
pub(crate) use exercise::{
    AddressesArgs, AllocExerciseArgs, ExerciseArgs, ExerciseFormat, ExerciseTopic, HandoutArgs,
    HolesExerciseArgs, PagingExerciseArgs, RevealName,
};
pub(crate) use heap::{
    DiffArgs, ExportArgs, ExportForm, HeapArgs, HeapCommand, ReportArgs, ReportFormat, ViewArgs,
};
pub(crate) use processes::{ListFormat, ProcessesArgs};
pub(crate) use sim::{
    CheckArgs, FormName, PagingArgs, PagingFormat, SegmentsArgs, SegmentsFormat, SimArgs,
    SimCommand, VerifyFormat,
};
pub(crate) use stress::{StressArgs, StressFormat};
pub(crate) use top::{ColorName, GroundName, GroupName, SortName, SymbolsName, TopArgs};
pub(crate) use track::TrackArgs;
pub(crate) use translate::{
    AccessForm, TableName, TlbArgs, TlbFormat, TranslateArgs, TranslateFormat,
};

/// The list of commands in `--help`, in the groups of the page's rail. A test holds it to the commands that exist.
const COMMANDS: &str = "\
Watch:
  serve        Sample, record and serve the page (what a bare `ramscope` does)
  open         Print a fresh link to the running server
  top          All of it on one screen in the terminal, live and past
  memory       The machine's memory now
  processes    Who holds how much memory, and who grew
  cgroups      Control groups, and the limit that binds each
  events       What happened, and when
  explain      Is the machine short of memory, and where did it go
  history      Print or export what was recorded
  chart        Draw memory as an SVG or PNG picture

Track:
  track        Run a program and hear of its every allocation
  heap         What recordings of tracked programs tell

Simulate:
  sim          Step through what a machine would have done, and why

Press:
  stress       Put a bounded, shaped load on memory, and see it answer

Set up:
  service      Keep the recorder running as a systemd user unit
  config       Show or check the configuration
  completions  Print a completion script for a shell
  man          Print the manual page in roff";

const EXAMPLES: &str = "\
Examples:
  ramscope                                  watch this machine; prints the page's address
  ramscope explain                          one look: is it short of memory, and why
  ramscope memory --watch --format ndjson   a line of JSON a second
  ramscope history --series memory.used --since 1h --format csv

Data goes to stdout; progress, logs and hints go to stderr.
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "ramscope",
    version,
    about = "ramscope shows where memory goes: live, recorded, explained.",
    after_help = EXAMPLES,
    help_template = "{about}\n\n{usage-heading} {usage}\n\n{before-help}Options:\n{options}{after-help}",
    before_help = COMMANDS,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    /// What to do; nothing means serve.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The options of `serve`, which a bare `ramscope` takes too.
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// The commands; each carries its own options.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Sample, record and serve the page (what a bare `ramscope` does)
    Serve(ServeArgs),
    /// Print a fresh link to the running server, for this user's browser
    Open(OpenArgs),
    /// All of it on one screen in the terminal, live and past
    Top(Box<TopArgs>),
    /// The machine's memory now
    Memory(MemoryArgs),
    /// Who holds how much memory, and who grew
    Processes(Box<ProcessesArgs>),
    /// Control groups, and the limit that binds each
    Cgroups(CgroupsArgs),
    /// What happened, and when
    Events(EventsArgs),
    /// Is the machine short of memory, and where did it go
    Explain(ExplainArgs),
    /// Print or export what was recorded
    History(HistoryArgs),
    /// Draw memory as an SVG or PNG picture
    Chart(ChartArgs),
    /// Run a program and hear of its every allocation
    Track(TrackArgs),
    /// What recordings of tracked programs tell
    Heap(HeapArgs),
    /// Step through what a machine would have done, and why
    Sim(SimArgs),
    /// Put a bounded, shaped load on memory, and see it answer
    Stress(Box<StressArgs>),
    /// Carry out what the first line of standard input says: the worker of `stress`
    #[command(hide = true)]
    StressWorker,
    /// Keep the recorder running as a systemd user unit
    Service(ServiceArgs),
    /// Show or check the configuration
    Config(ConfigArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell to complete in
        shell: Shell,
    },
    /// Print the manual page in roff
    Man,
}

/// Where things are, for every command that reads or writes the data directory.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct PlaceArgs {
    /// Where the history and the token are kept
    #[arg(long, value_name = "DIR", help_heading = "Places")]
    pub data_dir: Option<PathBuf>,
    /// Read this configuration file instead of the user's and the system's
    #[arg(long, value_name = "FILE", help_heading = "Places")]
    pub config: Option<PathBuf>,
}

/// What is looked at, for every command that samples.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct SourceArgs {
    /// Read proc/ and sys/ below this folder: a captured machine, or a host's files mounted into a container
    #[arg(long, value_name = "DIR", help_heading = "Places")]
    pub source_root: Option<PathBuf>,
}

/// Options of `ramscope serve`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "\
Examples:
  ramscope serve --listen 127.0.0.1:8080 --open
  ramscope serve --no-web --interval 100ms
  ramscope serve --labs-only --allow-embed --listen 0.0.0.0:7070 --allow-host labs.example.edu
  ramscope serve --latest-json ~/memory.json")]
pub(crate) struct ServeArgs {
    /// Address and port to serve on; another than loopback asks everyone for the token [default: 127.0.0.1:7070]
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Option<String>,
    /// Time between samples, 10ms to 1h [default: 1s]
    #[arg(long, value_name = "TIME")]
    pub interval: Option<String>,
    /// Keep history for this long [default: 30d]
    #[arg(long, value_name = "TIME")]
    pub keep: Option<String>,
    /// Keep at most this much history on disk, oldest detail goes first [default: 1GiB]
    #[arg(long, value_name = "SIZE")]
    pub max_size: Option<String>,
    /// Open the page in a browser
    #[arg(long)]
    pub open: bool,
    /// Let nobody change anything through the page or the API
    #[arg(long)]
    pub read_only: bool,
    /// Serve the labs alone, for a class: nothing about this machine, nothing recorded, no token needed
    #[arg(long, conflicts_with_all = ["no_web", "interval", "keep", "max_size", "latest_json", "source_root"])]
    pub labs_only: bool,
    /// Let any site show the page in a frame, for a course page
    #[arg(long)]
    pub allow_embed: bool,
    /// Look at processes: on or off [default: on]
    #[arg(long, value_name = "on|off")]
    pub processes: Option<String>,
    /// How many applications /metrics names, the largest ones; the rest is "other" [default: 20]
    #[arg(long, value_name = "N")]
    pub metrics_top: Option<String>,
    /// Only sample and record; serve nothing
    #[arg(long, conflicts_with_all = ["open", "listen"])]
    pub no_web: bool,
    /// Answer to this host name too (names, not ports; repeatable)
    #[arg(long, value_name = "NAME")]
    pub allow_host: Vec<String>,
    /// Keep the newest total, used, free, swap_total, swap_used in this file, replaced atomically each tick
    #[arg(long, value_name = "FILE")]
    pub latest_json: Option<PathBuf>,
    /// Where the data and the configuration are.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// What is sampled.
    #[command(flatten)]
    pub source: SourceArgs,
}

/// Options of `ramscope open`.
#[derive(Args, Debug)]
pub(crate) struct OpenArgs {
    /// Only print the link; start no browser
    #[arg(long)]
    pub print: bool,
    /// Which server: the one that writes this data directory.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// Options of `ramscope memory`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope memory
  ramscope memory --format json
  ramscope memory --watch --interval 500ms")]
pub(crate) struct MemoryArgs {
    /// How to print it
    #[arg(long, value_enum, default_value_t = LookFormat::Table)]
    pub format: LookFormat,
    /// Go on, a line or a table a tick, until interrupted
    #[arg(long)]
    pub watch: bool,
    /// Time between two looks with --watch, 10ms to 1h
    #[arg(long, value_name = "TIME", default_value = "1s", requires = "watch")]
    pub interval: String,
    /// What is looked at.
    #[command(flatten)]
    pub source: SourceArgs,
}

/// Options of `ramscope explain`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope explain
  ramscope explain --format json")]
pub(crate) struct ExplainArgs {
    /// How to print it
    #[arg(long, value_enum, default_value_t = LookFormat::Table)]
    pub format: LookFormat,
    /// Whose history tells where memory is heading.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// What is looked at.
    #[command(flatten)]
    pub source: SourceArgs,
}

/// Options of `ramscope history`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope history --list
  ramscope history --series memory.used,memory.free --since 1h
  ramscope history --series vmstat.pgmajfault --since 2026-01-31T08:00:00Z --until now --format json
  ramscope history --since 7d --points 2000 --format parquet --out week.parquet
  ramscope history --follow")]
pub(crate) struct HistoryArgs {
    /// Series to print, between commas
    #[arg(
        long,
        value_name = "NAME[,NAME]",
        value_delimiter = ',',
        default_value = "memory.used,memory.free,memory.total,swap.used"
    )]
    pub series: Vec<String>,
    /// From when: 1h, 7d, 03:12, 2026-01-31 03:12, an RFC 3339 instant, epoch milliseconds, or all
    #[arg(long, value_name = "WHEN", default_value = "1h")]
    pub since: String,
    /// Until when, in the same forms
    #[arg(long, value_name = "WHEN", default_value = "now")]
    pub until: String,
    /// At most this many pixels of time, each with minimum, maximum and mean, 1 to 10000
    #[arg(long, value_name = "N", default_value_t = 600, conflicts_with = "every_sample")]
    pub points: u32,
    /// Print every sample as it was taken
    #[arg(long)]
    pub every_sample: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t = HistoryFormat::Csv)]
    pub format: HistoryFormat,
    /// Write to this file instead of stdout
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// List the series that were recorded
    #[arg(long, conflicts_with_all = ["follow", "out"])]
    pub list: bool,
    /// Print a line a tick as it is recorded: time, used, free, total, swap
    #[arg(long, conflicts_with_all = ["since", "until", "points", "every_sample", "out"])]
    pub follow: bool,
    /// Whose history.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// Options of `ramscope chart`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope chart pie --out memory.svg
  ramscope chart memory --since 24h --out day.png --theme dark")]
pub(crate) struct ChartArgs {
    /// What to draw
    #[arg(value_enum)]
    pub picture: Picture,
    /// Where to write it; the ending decides: .svg or .png
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// From when (memory over time), in the forms of `ramscope history`
    #[arg(long, value_name = "WHEN", default_value = "1h")]
    pub since: String,
    /// Until when
    #[arg(long, value_name = "WHEN", default_value = "now")]
    pub until: String,
    /// Light or dark ground
    #[arg(long, value_enum, default_value_t = ThemeName::Light)]
    pub theme: ThemeName,
    /// Draw two slices, used and available, instead of three
    #[arg(long)]
    pub plain: bool,
    /// Pixels of a PNG per unit of the drawing, 1 to 4
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=4))]
    pub scale: u8,
    /// Whose history.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// What the pie looks at.
    #[command(flatten)]
    pub source: SourceArgs,
}

/// Options of `ramscope service`.
#[derive(Args, Debug)]
pub(crate) struct ServiceArgs {
    /// What to do with the unit
    #[command(subcommand)]
    pub action: ServiceAction,
}

/// What to do with the systemd user unit.
#[derive(Debug, Subcommand)]
pub(crate) enum ServiceAction {
    /// Write the unit, enable it and start it
    Install {
        /// Print the unit instead of installing it
        #[arg(long)]
        print: bool,
    },
    /// Say whether it runs
    Status,
    /// Stop it, disable it and remove the unit; the history stays
    Uninstall,
}

/// Options of `ramscope config`.
#[derive(Args, Debug)]
pub(crate) struct ConfigArgs {
    /// Show or check
    #[command(subcommand)]
    pub action: ConfigAction,
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigAction {
    /// Print every setting, its value and where it came from
    Show(ConfigShowArgs),
    /// Read the files and say what is wrong in them, with the place
    Check(PlaceArgs),
}

/// Options of `ramscope config show`.
#[derive(Args, Debug)]
pub(crate) struct ConfigShowArgs {
    /// How to print it
    #[arg(long, value_enum, default_value_t = ConfigFormat::Table)]
    pub format: ConfigFormat,
    /// Which files.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// How one look is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LookFormat {
    /// For people
    Table,
    /// One indented document
    Json,
    /// One document a line
    Ndjson,
}

/// How a list of settings is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConfigFormat {
    /// For people
    Table,
    /// One indented document
    Json,
}

/// How recorded series are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum HistoryFormat {
    /// A header and a line a pixel
    Csv,
    /// Columns, as the API answers
    Json,
    /// An object a line
    Ndjson,
    /// A Parquet file (with --out, or into a pipe)
    Parquet,
}

/// What `ramscope chart` draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Picture {
    /// Used, reclaimable and free now
    Pie,
    /// The same over time, from the history
    Memory,
}

/// The ground of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ThemeName {
    /// Dark on light
    Light,
    /// Light on dark
    Dark,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_stands_in_the_grouped_help_with_its_own_sentence() {
        for command in Cli::command().get_subcommands().filter(|command| !command.is_hide_set()) {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let line = COMMANDS
                .lines()
                .find(|line| line.split_whitespace().next() == Some(command.get_name()));
            let line =
                line.unwrap_or_else(|| panic!("`{}` is missing in COMMANDS", command.get_name()));
            let first_words = about.split(',').next().unwrap_or_default();
            assert!(line.contains(first_words), "{line:?} differs from {about:?}");
        }
    }

    /// The words of a line that begins with `ramscope`, without its explanation (two spaces on).
    fn words(line: &str) -> Option<Vec<&str>> {
        let line = line.trim();
        let command = line.split("  ").next()?;
        let words: Vec<&str> = command.split_whitespace().collect();
        (words.first() == Some(&"ramscope")).then_some(words)
    }

    fn assert_parses(words: &[&str]) {
        if let Err(error) = Cli::try_parse_from(words)
            && error.use_stderr()
        {
            panic!("{words:?} does not parse: {error}");
        }
    }

    #[test]
    fn every_example_of_the_help_texts_parses() {
        let mut found = 0;
        let mut commands = vec![Cli::command()];
        while let Some(command) = commands.pop() {
            commands.extend(command.get_subcommands().cloned());
            let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            for words in text.lines().filter_map(words) {
                found += 1;
                assert_parses(&words);
            }
        }
        assert!(found >= 15, "{found} examples");
    }

    #[test]
    fn every_command_of_the_readme_parses() {
        let readme = include_str!("../../../README.md");
        let quoted = readme.split('`').skip(1).step_by(2);
        let commands: Vec<_> = quoted.filter_map(words).collect();
        assert!(commands.len() >= 6, "{commands:?}");
        for words in commands {
            let words: Vec<_> = words.into_iter().filter(|word| *word != "…").collect();
            assert_parses(&words);
        }
    }
}
