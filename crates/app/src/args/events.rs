//! Options of `ramscope events`.

use clap::Args;

use super::{ListFormat, PlaceArgs};

/// Options of `ramscope events`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope events
  ramscope events --since 24h --kind oom.kill,pressure.
  ramscope events --since 03:00 --until 03:30 --format json")]
pub(crate) struct EventsArgs {
    /// From when: 1h, 7d, 03:12, 2026-01-31 03:12, an RFC 3339 instant, epoch milliseconds, or all
    #[arg(long, value_name = "WHEN", default_value = "24h")]
    pub since: String,
    /// Until when, in the same forms
    #[arg(long, value_name = "WHEN", default_value = "now")]
    pub until: String,
    /// Only these kinds; one that ends in a dot means all that begin so
    #[arg(long, value_name = "KIND[,KIND]")]
    pub kind: Option<String>,
    /// Only those whose kind, subject or detail holds this text
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// At most this many, the newest
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub limit: usize,
    /// How to print it
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub format: ListFormat,
    /// Whose history.
    #[command(flatten)]
    pub place: PlaceArgs,
}
