//! What a result must be read with: the machine, without its name, and the source.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

use crate::command;
use crate::repo::Repo;

/// One sentence: kernel, cores, memory, compiler, commit.
///
/// # Errors
/// When the clock or rustc cannot be asked.
pub(super) fn facts(repo: &Repo) -> Result<String> {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let rustc = command::read(Command::new("rustc").arg("--version"))?;
    let version = rustc.split(' ').nth(1).unwrap_or("unknown");
    Ok(format!(
        "{}: Linux {}, {cores} cores, {} GiB, rustc {version}, commit {}.",
        today()?,
        kernel.trim(),
        gibibytes(&meminfo),
        commit(repo),
    ))
}

/// Today's date in UTC, as `2026-11-22`.
///
/// # Errors
/// When the clock stands before 1970.
pub(super) fn today() -> Result<String> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?;
    let (year, month, day) = civil(since.as_secs() / 86_400);
    Ok(format!("{year}-{month:02}-{day:02}"))
}

/// Year, month and day of a day since 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms", `civil_from_days`, for days that are not before it).
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months count from March, so that the leap day is a year's last.
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

fn gibibytes(meminfo: &str) -> String {
    let total = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = total.and_then(|total| total.split_whitespace().next()?.parse::<u64>().ok());
    kib.map_or_else(|| "?".to_owned(), |kib| (kib.div_ceil(1 << 20)).to_string())
}

/// The commit, with `+` where files differ from it.
fn commit(repo: &Repo) -> String {
    let git = |args: &[&str]| command::read(Command::new("git").args(args).current_dir(&repo.root));
    let Ok(commit) = git(&["rev-parse", "--short", "HEAD"]) else { return "unknown".to_owned() };
    let is_clean = git(&["status", "--porcelain"]).is_ok_and(|changes| changes.is_empty());
    format!("{}{}", commit.trim(), if is_clean { "" } else { "+" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates_around_leap_days_and_turns_of_the_year() {
        for (days, date) in [
            (0, (1970, 1, 1)),
            (59, (1970, 3, 1)),
            (11_016, (2000, 2, 29)),
            (11_017, (2000, 3, 1)),
            (20_453, (2025, 12, 31)),
            (20_454, (2026, 1, 1)),
            (20_779, (2026, 11, 22)),
        ] {
            assert_eq!(civil(days), date, "day {days}");
        }
    }

    #[test]
    fn memory_is_told_in_whole_gibibytes() {
        assert_eq!(gibibytes("MemFree: 1 kB\nMemTotal:       8143044 kB\n"), "8");
        assert_eq!(gibibytes(""), "?");
    }
}
