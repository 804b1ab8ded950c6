//! `ramscope history`: what was recorded, printed, exported, or followed as it is written.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use jiff::tz::TimeZone;
use ramscope_observe::clock::Clock;
use ramscope_observe::history::{History, HistoryError, Range, RangeRequest, SeriesInfo};
use ramscope_observe::{TimeMs, export, when};
use serde_json::json;

use crate::announce;
use crate::args::{HistoryArgs, HistoryFormat};
use crate::failure::Usage;
use crate::output::{Output, Table};

/// How often `--follow` looks for new rows; a row is printed at most this long after it was written.
const FOLLOW_PERIOD: Duration = Duration::from_millis(200);

/// What `--follow` prints, in the order of its columns.
const FOLLOWED: [&str; 5] =
    ["memory.used", "memory.free", "memory.total", "swap.used", "swap.total"];

/// Prints, exports, lists or follows.
pub(crate) fn run(args: &HistoryArgs, data_dir: &Path, out: &mut Output) -> Result<()> {
    let history = open(data_dir)?;
    if args.list {
        return list(&history, args.format, out);
    }
    if args.follow {
        return follow(&history, data_dir, args.format, out);
    }
    let points = (!args.every_sample).then_some(args.points);
    let request =
        RangeRequest { names: args.series.clone(), points, ..span(&args.since, &args.until)? };
    let range = history.range(&request).map_err(usage_where_asked_wrongly)?;
    if range.time_ms.is_empty() {
        out.hint(&format!("nothing was recorded from {} to {}", args.since, args.until))?;
    }
    match &args.out {
        Some(path) => write_file(&range, args.format, path),
        None if args.format == HistoryFormat::Parquet && out.is_terminal() => {
            Err(Usage("Parquet is no text for a terminal: give --out FILE, or a pipe".to_owned())
                .into())
        }
        None => write(&range, args.format, out.data()),
    }
}

/// Opens the history of a data directory for reading; one without a sample is an error that says how to begin.
pub(crate) fn open(data_dir: &Path) -> Result<History> {
    let history = History::open(data_dir)?;
    if history.extent()?.is_none() {
        bail!(
            "nothing is recorded in {}: start `ramscope`, or name another place with --data-dir",
            data_dir.display()
        );
    }
    Ok(history)
}

/// The moment of the past that `--at` or `--between` names, and the one it is compared with; `None` for now.
pub(crate) fn moment(
    at: Option<&str>,
    between: Option<&str>,
    now: TimeMs,
) -> Result<Option<(TimeMs, Option<TimeMs>)>, Usage> {
    let when = |flag: &str, text: &str| {
        when::parse(text, now, &TimeZone::system())
            .map_err(|error| Usage(format!("{flag}: {error}")))
    };
    let Some(between) = between else {
        return at.map(|at| Ok((when("--at", at)?, None))).transpose();
    };
    let Some((from, to)) = between.split_once(',') else {
        return Err(Usage("--between: two moments are wanted, as in 03:00,03:30".to_owned()));
    };
    let (from, to) = (when("--between", from)?, when("--between", to)?);
    if from >= to {
        return Err(Usage("--between: the first moment must be before the second".to_owned()));
    }
    Ok(Some((to, Some(from))))
}

/// A request for the time between two words, with nothing else decided.
pub(crate) fn span(since: &str, until: &str) -> Result<RangeRequest, Usage> {
    let (now, zone) = (Clock::system().wall_ms(), TimeZone::system());
    let moment = |flag: &str, text: &str| -> Result<TimeMs, Usage> {
        when::parse(text, now, &zone).map_err(|error| Usage(format!("{flag}: {error}")))
    };
    let (from, to) = (moment("--since", since)?, moment("--until", until)?);
    // The last sample may carry this very millisecond, and a range ends before its end.
    Ok(RangeRequest { names: Vec::new(), from, to: to.saturating_add(1), points: None })
}

/// A question that was wrong is the caller's error; a store that fails is not.
pub(crate) fn usage_where_asked_wrongly(error: HistoryError) -> anyhow::Error {
    match error.is_question() {
        true => Usage(error.to_string()).into(),
        false => error.into(),
    }
}

fn write_file(range: &Range, format: HistoryFormat, path: &Path) -> Result<()> {
    let named = || format!("cannot write {}", path.display());
    let mut file = BufWriter::new(File::create(path).with_context(named)?);
    write(range, format, &mut file).with_context(named)?;
    file.flush().with_context(named)
}

fn write(range: &Range, format: HistoryFormat, into: &mut impl Write) -> Result<()> {
    match format {
        HistoryFormat::Csv => export::csv(range, into)?,
        HistoryFormat::Json => export::json(range, into)?,
        HistoryFormat::Ndjson => export::ndjson(range, into)?,
        HistoryFormat::Parquet => {
            // The format's writer may hand its sink to other threads, which a locked stdout cannot follow.
            let mut file = Vec::new();
            export::parquet(range, &mut file)?;
            into.write_all(&file)?;
        }
    }
    Ok(into.flush()?)
}

fn list(history: &History, format: HistoryFormat, out: &mut Output) -> Result<()> {
    let series = history.series()?;
    match format {
        HistoryFormat::Csv => {
            let mut table = Table::default();
            table.row(["NAME", "KIND", "UNIT"]);
            for info in &series {
                table.row([info.name.as_str(), info.kind.as_str(), info.unit.as_str()]);
            }
            out.text(&table.render(&[0, 1, 2]))
        }
        HistoryFormat::Json => {
            let all: Vec<_> = series.iter().map(as_json).collect();
            out.line(&format!("{:#}", json!({ "schema_version": 1, "series": all })))
        }
        HistoryFormat::Ndjson => {
            series.iter().try_for_each(|info| out.line(&as_json(info).to_string()))
        }
        HistoryFormat::Parquet => {
            Err(Usage("the list of series is printed as csv, json or ndjson".to_owned()).into())
        }
    }
}

fn as_json(info: &SeriesInfo) -> serde_json::Value {
    json!({
        "name": info.name,
        "kind": info.kind.as_str(),
        "unit": info.unit.as_str(),
        "first_ms": info.first_ms,
        "last_ms": info.last_ms,
    })
}

fn follow(
    history: &History,
    data_dir: &Path,
    format: HistoryFormat,
    out: &mut Output,
) -> Result<()> {
    let as_line = match format {
        HistoryFormat::Csv => {
            out.line(&format!("time_ms,{}", FOLLOWED.join(",")))?;
            csv_line
        }
        HistoryFormat::Ndjson | HistoryFormat::Json => json_line,
        HistoryFormat::Parquet => {
            return Err(Usage("--follow prints csv or ndjson lines".to_owned()).into());
        }
    };
    let mut next = Clock::system().wall_ms();
    loop {
        require_recorder(data_dir)?;
        let range = rows_since(history, next)?;
        for (row, time_ms) in range.time_ms.iter().enumerate() {
            let values: Vec<_> = range.series.iter().map(|series| series.max[row]).collect();
            out.line(&as_line(*time_ms, &values))?;
            next = next.max(time_ms + 1);
        }
        thread::sleep(FOLLOW_PERIOD);
    }
}

fn require_recorder(data_dir: &Path) -> Result<()> {
    if announce::running(data_dir)?.is_none() {
        bail!(
            "nobody records in {}: start `ramscope`, or look without history by `ramscope memory --watch`",
            data_dir.display()
        );
    }
    Ok(())
}

/// The followed series from a moment on, every sample.
fn rows_since(history: &History, from: TimeMs) -> Result<Range> {
    let names = FOLLOWED.map(str::to_owned).into();
    Ok(history.range(&RangeRequest { names, from, to: TimeMs::MAX, points: None })?)
}

fn csv_line(time_ms: TimeMs, values: &[Option<i64>]) -> String {
    let mut line = time_ms.to_string();
    for value in values {
        line.push(',');
        line.extend(value.map(|value| value.to_string()));
    }
    line
}

fn json_line(time_ms: TimeMs, values: &[Option<i64>]) -> String {
    let mut object = serde_json::Map::from_iter([("time_ms".to_owned(), time_ms.into())]);
    object.extend(
        FOLLOWED.iter().zip(values).map(|(name, value)| ((*name).to_owned(), (*value).into())),
    );
    serde_json::Value::Object(object).to_string()
}
