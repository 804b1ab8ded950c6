//! `ramscope heap report`: the sums of a program, and the stacks behind them.

use std::borrow::Cow;
use std::fmt::Write as _;

use anyhow::Result;
use ramscope_heap::export::stack_names;
use ramscope_heap::{By, Named, Names, Session, StackRow};
use ramscope_observe::format::{self, grouped};
use ramscope_observe::printable::printable;

use super::document::ReportDocument;
use super::read;
use crate::args::{ReportArgs, ReportFormat};
use crate::config::Environment;
use crate::output::{Output, Table};

/// Most frames of a stack that a table shows.
const FRAMES: usize = 24;

/// Most characters of a function's name that a table shows: names of templates can be longer than a screen.
const NAME: usize = 110;

/// How a terminal is told what matters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    colours: bool,
}

impl Look {
    /// Colours for a person's terminal, unless `NO_COLOR` is set to something (no-color.org).
    pub(crate) fn of(out: &Output, environment: &Environment) -> Look {
        let refused = environment.get("NO_COLOR").is_some_and(|value| !value.is_empty());
        Look { colours: out.is_terminal() && !refused }
    }

    fn in_style(self, code: &str, text: &str) -> String {
        if self.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// What a person should see first.
    pub(super) fn strong(self, text: &str) -> String {
        self.in_style("1", text)
    }

    /// What a person may pass over.
    pub(super) fn faint(self, text: &str) -> String {
        self.in_style("2", text)
    }
}

/// Prints the report of a recording.
pub(super) fn run(args: &ReportArgs, environment: &Environment, out: &mut Output) -> Result<()> {
    let session = read(&args.file, out)?;
    let usual = if session.ending().is_some() { By::Leaked } else { By::Live };
    let by = args.by.map_or(usual, By::from);
    let rows = top(&session, by, args.top);
    let mut names = Names::default();
    match args.format {
        ReportFormat::Json => {
            let document = ReportDocument::of(&session, &rows, &mut names);
            out.line(&serde_json::to_string_pretty(&document)?)
        }
        ReportFormat::Table => {
            let look = Look::of(out, environment);
            let stacks = stacks(&session, &rows, by, &mut names, look);
            out.text(&format!("{}\n{stacks}", summary(&session, look)))
        }
    }
}

/// The stacks that hold the most of a sum.
pub(super) fn top(session: &Session, by: By, top: usize) -> Vec<StackRow> {
    let mut rows: Vec<StackRow> = session.stacks().filter(|row| row.value(by) != 0).collect();
    rows.sort_by_key(|row| (std::cmp::Reverse(row.value(by)), row.node));
    rows.truncate(top);
    rows
}

/// The sums of a session, for people.
pub(crate) fn summary(session: &Session, look: Look) -> String {
    let (totals, start) = (session.totals(), session.start());
    let mut text = format!("{}\n", look.strong(&command(session)));
    let about = format!("{}, {} allocator", seconds(totals.end_us), allocator(&start.allocator));
    let _ =
        writeln!(text, "{}", look.faint(&format!("pid {}, {}{about}", start.pid, ending(session))));
    let temporary = share(totals.temporary, totals.allocations);
    let mut table = Table::default();
    table.row([
        "allocations".to_owned(),
        grouped(totals.allocations),
        format!("{} in all, {temporary} of them temporary", format::iec(totals.bytes_allocated)),
    ]);
    table.row(["frees".to_owned(), grouped(totals.frees), unmatched(session)]);
    table.row([
        "peak".to_owned(),
        format::iec(totals.peak_live_bytes),
        format!("live at {}", seconds(totals.peak_us)),
    ]);
    let (word, rest) = match session.ending() {
        Some(_) => ("leaked", "never given back"),
        None => ("live", "held when the recording stopped"),
    };
    let least = if totals.lost_events == 0 { "" } else { "at least, " };
    table.row([
        word.to_owned(),
        format::iec(totals.live_bytes),
        format!("{least}in {} {rest}", counted(totals.live_blocks)),
    ]);
    if totals.mapped_bytes != 0 {
        table.row([
            "mapped".to_owned(),
            format::iec(totals.mapped_bytes),
            "by the program itself, and held".to_owned(),
        ]);
    }
    table.row(["lost".to_owned(), grouped(totals.lost_events), losses(session)]);
    if let Some(cost) = session.cost() {
        table.row([
            "cost".to_owned(),
            format!("{} ms", grouped(cost.host_cpu_us / 1000)),
            format!(
                "of processor time beside the program, which waited {} ms for it",
                grouped(cost.waited_us / 1000)
            ),
        ]);
    }
    text.push_str(&table.render(&[0, 2]));
    if start.sample_bytes != 0 {
        let every = format::iec(start.sample_bytes);
        let _ = writeln!(
            text,
            "sampled, one in {every} on average: live bytes are right to about {}",
            error(session)
        );
    }
    text
}

/// What stands above the trees of a page: a line about the run, and its sums with their names.
pub(super) fn in_words(session: &Session) -> (String, Vec<(String, String)>) {
    let (totals, start) = (session.totals(), session.start());
    let end = ending(session);
    let about = format!(
        "pid {}, {end}{}, {} allocator",
        start.pid,
        seconds(totals.end_us),
        allocator(&start.allocator)
    );
    let blocks = format!("{} in {}", format::iec(totals.live_bytes), counted(totals.live_blocks));
    let least = if totals.lost_events == 0 { "" } else { "at least " };
    let held = if session.ending().is_some() { "Leaked" } else { "Live" };
    let sums = [
        (held, format!("{least}{blocks}")),
        ("Peak", format!("{} at {}", format::iec(totals.peak_live_bytes), seconds(totals.peak_us))),
        (
            "Allocations",
            format!("{} of {}", grouped(totals.allocations), format::iec(totals.bytes_allocated)),
        ),
        ("Temporary", share(totals.temporary, totals.allocations)),
        ("Lost events", grouped(totals.lost_events)),
    ];
    (about, sums.into_iter().map(|(name, text)| (name.to_owned(), text)).collect())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an error is not negative, and a cast from f64 saturates"
)]
fn error(session: &Session) -> String {
    format::iec((session.live_error_bytes() * 2.0) as u64)
}

fn command(session: &Session) -> String {
    let start = session.start();
    let arguments = start.arguments.iter().skip(1).map(String::as_str);
    // A script that was given as an argument has line ends.
    let words = arguments.flat_map(str::split_whitespace);
    let words: Vec<&str> = std::iter::once(start.program.as_str()).chain(words).collect();
    cut(&printable(words.join(" ").as_bytes()), NAME)
}

fn allocator(name: &str) -> Cow<'_, str> {
    printable(if name.is_empty() { b"unknown" } else { name.as_bytes() })
}

/// How a program ended, as wait(2) tells it: the exit code in the second byte, or the signal in the lowest seven bits.
fn ending(session: &Session) -> String {
    match session.ending().map(|ending| ending.status) {
        None => "no end recorded, ".to_owned(),
        Some(status) if status & 0x7f == 0 => format!("exit {}, ", (status >> 8) & 0xff),
        Some(status) => format!("ended by signal {}, ", status & 0x7f),
    }
}

fn unmatched(session: &Session) -> String {
    match session.totals().unmatched_frees {
        0 => String::new(),
        frees => format!("and {} of blocks from before", grouped(frees)),
    }
}

/// Why events were lost, and how many each.
pub(crate) fn losses(session: &Session) -> String {
    use ramscope_heap::event::Loss;
    let told = session.losses().map(|(why, events)| {
        let why = match why {
            Loss::Full => "the ring was full",
            Loss::Signal => "a signal came within a request",
            Loss::NoRing => "more threads than rings",
        };
        format!("{} {why}", grouped(events))
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { "every event was told".to_owned() } else { told.join(", ") }
}

/// The list of stacks, for people.
pub(super) fn stacks(
    session: &Session,
    rows: &[StackRow],
    by: By,
    names: &mut Names,
    look: Look,
) -> String {
    let all: u64 = session.stacks().map(|row| row.value(by)).sum();
    let count = session.stacks().filter(|row| row.value(by) != 0).count();
    if count == 0 {
        return format!("{}\n", look.strong(&format!("no stack to show by {}", by.name())));
    }
    let shown: u64 = rows.iter().map(|row| row.value(by)).sum();
    let heading = format!("{}, by call stack", title(by));
    let of = format!(
        "the first {} of {count} hold {} of {}",
        rows.len(),
        share(shown, all),
        amount(by, all)
    );
    let mut text = format!("{}  {}\n", look.strong(&heading), look.faint(&of));
    for (number, row) in (1..).zip(rows) {
        let blocks = if by.is_bytes() {
            counted(row.blocks(by))
        } else {
            format!("{} in all", format::iec(row.bytes_allocated))
        };
        let head = format!(
            "{number:>3}  {:>10}  {:>6}  {blocks}",
            amount(by, row.value(by)),
            share(row.value(by), all)
        );
        let _ = writeln!(text, "\n{}", look.strong(&head));
        let ids = stack_names(session, row.node, names);
        for id in ids.iter().take(FRAMES) {
            text.push_str(&frame(names.name(*id), look));
        }
        if ids.len() > FRAMES {
            let more = format!("       … {} frames further out\n", ids.len() - FRAMES);
            text.push_str(&look.faint(&more));
        }
        if ids.is_empty() {
            text.push_str("       (no stack)\n");
        }
    }
    text
}

/// One frame as a line: the program's own code stands out.
pub(super) fn frame(named: &Named, look: Look) -> String {
    let place = match (&named.file, named.line) {
        (Some(file), Some(line)) => format!("{}:{line}", shortened(file)),
        (Some(file), None) => shortened(file).to_owned(),
        (None, _) => named.module_name().to_owned(),
    };
    let inlined = if named.inlined { " (inlined)" } else { "" };
    let function = cut(&printable(named.function.as_bytes()), NAME);
    let place = format!("  {}{inlined}", printable(place.as_bytes()));
    if named.internal {
        look.faint(&format!("       {function}{place}")) + "\n"
    } else {
        format!("       {function}{}\n", look.faint(&place))
    }
}

/// The last two parts of a path: they tell most.
fn shortened(path: &str) -> &str {
    let mut slashes = path.rmatch_indices('/').skip(1);
    slashes.next().map_or(path, |(at, _)| &path[at + 1..])
}

fn title(by: By) -> &'static str {
    match by {
        By::Live => "Live",
        By::Peak => "Live at the peak",
        By::Leaked => "Leaked",
        By::Temporary => "Temporary allocations",
        By::Allocations => "Allocations",
        By::Bytes => "Allocated",
    }
}

/// Bytes, or a number of allocations.
pub(super) fn amount(by: By, value: u64) -> String {
    if by.is_bytes() { format::iec(value) } else { grouped(value) }
}

/// A part of a whole.
pub(super) fn share(part: u64, whole: u64) -> String {
    if whole == 0 { "0 %".to_owned() } else { format::percent(part as f64 / whole as f64) }
}

/// A number of blocks.
fn counted(blocks: u64) -> String {
    if blocks == 1 { "1 block".to_owned() } else { format!("{} blocks", grouped(blocks)) }
}

fn seconds(us: u64) -> String {
    format!("{:.2} s", us as f64 / 1e6)
}

/// At most so many characters.
fn cut(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_places_are_told_shortly() {
        assert_eq!([0, 1, 2000].map(counted), ["0 blocks", "1 block", "2,000 blocks"]);
        assert_eq!(shortened("/usr/src/app/main.c"), "app/main.c");
        assert_eq!(shortened("main.c"), "main.c");
        assert_eq!(cut("äbc", 2), "äb…");
    }
}
