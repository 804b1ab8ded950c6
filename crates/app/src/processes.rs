//! `ramscope processes`: who holds how much, and who grew; one look, or a moment of the past.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Result, bail};
use ramscope_observe::clock::{Clock, Now};
use ramscope_observe::history::History;
use ramscope_observe::processes::groups::{Group, GroupBy, Sums};
use ramscope_observe::processes::past;
use ramscope_observe::processes::question::{Answer, Base, Question, Row, Sort, answer};
use ramscope_observe::processes::{Growth, ProcessTable};
use ramscope_observe::source::processes::Processes;
use ramscope_observe::when::{self, DurationText};
use ramscope_observe::{TimeMs, format};
use serde_json::Value;

use crate::args::{ListFormat, ProcessesArgs};
use crate::config::{self, Environment};
use crate::failure::Usage;
use crate::history;
use crate::output::{Output, Table};

/// Characters of a command line in a table for a file or a pipe, and of a cgroup.
const WORDS_MAX: usize = 60;

/// Prints processes.
pub(crate) fn run(args: &ProcessesArgs, environment: &Environment, out: &mut Output) -> Result<()> {
    let question = question(args)?;
    let moment = look(args, &question, environment)?;
    let Moment { table, base, is_live } = &moment;
    match args.format {
        ListFormat::Table => out.text(&as_table(table, base.as_ref(), &question)),
        ListFormat::Json => {
            let document = ramscope_web::processes_json(table, base.as_ref(), &question, *is_live);
            out.line(&format!("{document:#}"))
        }
        ListFormat::Ndjson => {
            let entries = entries(table, base.as_ref(), &question, *is_live);
            entries.iter().try_for_each(|entry| out.line(&entry.to_string()))
        }
        ListFormat::Csv => out.text(&as_csv(&entries(table, base.as_ref(), &question, *is_live))),
    }
}

/// What is printed, and what growth is measured from.
struct Moment {
    table: ProcessTable,
    base: Option<Base>,
    is_live: bool,
}

fn look(args: &ProcessesArgs, question: &Question, environment: &Environment) -> Result<Moment> {
    let now = Clock::system().now();
    let asked = history::moment(args.at.as_deref(), args.between.as_deref(), now.wall)?;
    if let Some((at, compare)) = asked {
        return recorded(args, question, environment, at, compare);
    }
    let table = seen(args, question, now)?;
    let base = base(args, question, environment, &table);
    Ok(Moment { table, base, is_live: true })
}

/// A moment of the past.
fn recorded(
    args: &ProcessesArgs,
    question: &Question,
    environment: &Environment,
    at: TimeMs,
    compare: Option<TimeMs>,
) -> Result<Moment> {
    let history = history::open(&config::data_dir(&args.place, environment)?)?;
    let found = past::find(&history, None, Some(at), compare, question.window_ms)?;
    Ok(Moment { table: found.table.unwrap_or_default(), base: found.base, is_live: false })
}

/// The processes of this moment.
fn seen(args: &ProcessesArgs, question: &Question, now: Now) -> Result<ProcessTable> {
    let root = args.source.source_root.as_deref().unwrap_or(Path::new("/"));
    let mut processes = Processes::glance(root);
    let needs_pss = args.pss || matches!(question.sort, Sort::Pss | Sort::Uss);
    let seen = processes.look(now);
    let table = if needs_pss { processes.read_every_pss(now) } else { seen };
    let Some(table) = table.filter(|table| !table.processes.is_empty()) else {
        bail!(
            "no process can be seen in {}: mount the proc filesystem there, or name another folder with --source-root",
            root.join("proc").display()
        );
    };
    Ok((*table).clone())
}

/// What growth is measured from, where somebody recorded this machine a window ago.
fn base(
    args: &ProcessesArgs,
    question: &Question,
    environment: &Environment,
    table: &ProcessTable,
) -> Option<Base> {
    if args.source.source_root.is_some() {
        return None;
    }
    // Whoever records nothing, or elsewhere, sees the processes all the same.
    let history = History::open(&config::data_dir(&args.place, environment).ok()?).ok()?;
    past::find(&history, Some(table), None, None, question.window_ms).ok()?.base
}

fn question(args: &ProcessesArgs) -> Result<Question, Usage> {
    let window =
        when::duration(&args.window).map_err(|error| Usage(format!("--window: {error}")))?;
    let window_ms = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
    if window_ms == 0 {
        return Err(Usage("--window: growth is over some time, as in 1m".to_owned()));
    }
    Ok(Question {
        sort: args.sort.into(),
        window_ms,
        limit: args.top,
        group: args.group.map(GroupBy::from),
        filter: args.filter.clone(),
        kernel: args.kernel,
        ..Question::default()
    })
}

/// The rows of the JSON document, or its groups where they were asked for.
fn entries(
    table: &ProcessTable,
    base: Option<&Base>,
    question: &Question,
    is_live: bool,
) -> Vec<Value> {
    let mut document = ramscope_web::processes_json(table, base, question, is_live);
    let list = if question.group.is_some() { "groups" } else { "processes" };
    match document[list].take() {
        Value::Array(entries) => entries,
        _ => Vec::new(),
    }
}

/// The columns that a line begins with; the others follow by name.
const LEADING: [&str; 18] = [
    "pid",
    "start_time_ms",
    "key",
    "name",
    "command",
    "user",
    "cgroup",
    "processes",
    "rss_bytes",
    "anon_bytes",
    "file_bytes",
    "shared_bytes",
    "swap_bytes",
    "pss_bytes",
    "pss_age_ms",
    "uss_bytes",
    "growth_bytes",
    "growth_window_ms",
];

/// A heading and a line an entry, as RFC 4180 has it but with plain line feeds.
fn as_csv(entries: &[Value]) -> String {
    let mut text = String::new();
    let Some(Value::Object(first)) = entries.first() else { return text };
    let place = |name: &str| LEADING.iter().position(|lead| *lead == name).unwrap_or(LEADING.len());
    let mut names: Vec<_> = first.keys().map(String::as_str).collect();
    names.sort_by_key(|name| place(name));
    text.push_str(&names.join(","));
    text.push('\n');
    for entry in entries {
        for (index, name) in names.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            // Writing into a string cannot fail.
            let _ = match &entry[*name] {
                Value::Null => write!(text, "{comma}"),
                Value::String(cell) => write!(text, "{comma}{}", quoted(cell)),
                other => write!(text, "{comma}{other}"),
            };
        }
        text.push('\n');
    }
    text
}

/// A cell between quotes where it must be.
fn quoted(cell: &str) -> String {
    match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    }
}

fn as_table(table: &ProcessTable, base: Option<&Base>, question: &Question) -> String {
    let answer = answer(table, base, question);
    let compared = base.filter(|base| base.is_compared);
    let over_ms = compared.map(|base| table.time_ms.saturating_sub(base.time_ms));
    let over_ms = over_ms.and_then(|ms| u64::try_from(ms).ok()).unwrap_or(question.window_ms);
    let rows = match &answer.groups {
        Some(groups) => groups_table(groups, question, over_ms),
        None => rows_table(&answer.rows, over_ms),
    };
    format!("{rows}\n{}\n", foot(table, &answer, question))
}

fn rows_table(rows: &[Row<'_>], window_ms: u64) -> String {
    let mut table = Table::default();
    let growth = format!("GROWTH {}", DurationText(duration(window_ms / 1000 * 1000)));
    table.row([
        "PID", "USER", "RSS", "ANON", "FILE", "SHARED", "SWAP", "PSS", "PEAK", &growth, "COMMAND",
    ]);
    for row in rows {
        let process = row.process;
        let pss = process
            .pss
            .known
            .map_or_else(|| process.pss.missing.key().to_owned(), |pss| format::iec(pss.pss_bytes));
        let pss = if process.pss.known.is_none() { format!("({pss})") } else { pss };
        table.row([
            process.identity.pid.to_string(),
            clipped(&process.identity.user, 12),
            format::iec(process.rss_bytes),
            format::iec(process.anon_bytes),
            format::iec(process.file_bytes),
            format::iec(process.shared_bytes),
            format::iec(process.swap_bytes),
            pss,
            format::iec(process.peak_bytes),
            growth_cell(row.growth, window_ms),
            words(row),
        ]);
    }
    table.render(&[1, 10])
}

fn groups_table(groups: &[Group<'_>], question: &Question, window_ms: u64) -> String {
    let mut table = Table::default();
    let growth = format!("GROWTH {}", DurationText(duration(window_ms / 1000 * 1000)));
    let name = match question.group {
        Some(GroupBy::User) => "USER",
        Some(GroupBy::Cgroup) => "CGROUP",
        Some(GroupBy::Tree) => "TREE",
        _ => "APPLICATION",
    };
    table.row([name, "PROCESSES", "RSS", "ANON", "FILE", "SHARED", "SWAP", "PSS", &growth]);
    for group in groups {
        let sums = &group.sums;
        let depth = group.node.map_or(0, |node| node.depth as usize);
        let id = group.node.map(|node| format!("{} ", node.pid)).unwrap_or_default();
        let growth =
            sums.growth_over_ms.map(|over_ms| Growth { bytes: sums.growth_bytes, over_ms });
        table.row([
            clipped(&format!("{}{id}{}", "  ".repeat(depth), group.name), WORDS_MAX),
            sums.processes.to_string(),
            format::iec(sums.rss_bytes),
            format::iec(sums.anon_bytes),
            format::iec(sums.file_bytes),
            format::iec(sums.shared_bytes),
            format::iec(sums.swap_bytes),
            pss_of(sums),
            growth_cell(growth, window_ms),
        ]);
    }
    table.render(&[0])
}

/// A sum of proportional sets, with how many are missing in it.
fn pss_of(sums: &Sums) -> String {
    match sums.processes - sums.pss_known {
        0 => format::iec(sums.pss_bytes),
        _ if sums.pss_known == 0 => String::new(),
        missing => format!("{} (of all but {missing})", format::iec(sums.pss_bytes)),
    }
}

/// Growth with its sign; where it was not watched so long, for how long it was.
fn growth_cell(growth: Option<Growth>, window_ms: u64) -> String {
    match growth {
        None => "—".to_owned(),
        Some(growth) if growth.over_ms < window_ms => {
            format!("— (watched {})", DurationText(duration(growth.over_ms / 1000 * 1000)))
        }
        Some(Growth { bytes: 0, .. }) => "0".to_owned(),
        Some(growth) => {
            let sign = if growth.bytes < 0 { "−" } else { "+" };
            format!("{sign}{}", format::iec(growth.bytes.unsigned_abs()))
        }
    }
}

fn duration(ms: u64) -> std::time::Duration {
    std::time::Duration::from_millis(ms)
}

/// The command line, or the name of a process that has none.
fn words(row: &Row<'_>) -> String {
    let identity = &row.process.identity;
    match &identity.command_line {
        Some(line) => clipped(line, WORDS_MAX),
        None if identity.is_kernel => format!("[{}]", identity.command),
        None => identity.command.to_string(),
    }
}

fn clipped(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true => text.chars().take(most - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

/// How much is not in the rows.
fn foot(table: &ProcessTable, answer: &Answer<'_>, question: &Question) -> String {
    let sums = &answer.sums;
    let shown = match &answer.groups {
        Some(groups) => groups.len(),
        None => answer.rows.len(),
    };
    let kernel = match question.kernel {
        true => String::new(),
        false => format!("; {} kernel threads left out", table.kernel_threads()),
    };
    let hidden = match table.hidden {
        0 => String::new(),
        hidden => format!("; {hidden} more may not be read by this user"),
    };
    format!(
        "{shown} shown; {} processes with {} threads hold {} of RSS together, pages that several share counted several \
         times{kernel}{hidden}",
        answer.matched,
        sums.threads,
        format::iec(sums.rss_bytes),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_told_with_its_sign_and_never_as_nothing_where_it_was_not_watched() {
        let over = |bytes, over_ms| Some(Growth { bytes, over_ms });
        for (growth, cell) in [
            (None, "—"),
            (over(0, 60_000), "0"),
            (over(4096, 60_000), "+4 KiB"),
            (over(-(3 << 20), 60_000), "−3 MiB"),
            (over(0, 240), "— (watched 0s)"),
            (over(0, 40_900), "— (watched 40s)"),
        ] {
            assert_eq!(growth_cell(growth, 60_000), cell);
        }
    }

    #[test]
    fn a_cell_that_could_end_a_line_or_a_column_is_quoted() {
        let entries = [serde_json::json!({"a": "x,\"y", "b": null, "c": 1})];
        assert_eq!(as_csv(&entries), "a,b,c\n\"x,\"\"y\",,1\n");
    }
}
