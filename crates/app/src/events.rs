//! `ramscope events`: what happened, and when.

use std::path::Path;

use anyhow::Result;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ramscope_observe::history::{Event, RangeRequest, Sieve};
use serde_json::{Value, json};

use crate::args::{EventsArgs, ListFormat};
use crate::history;
use crate::output::{Output, Table};

/// Prints the events that are asked for, the oldest first.
pub(crate) fn run(args: &EventsArgs, data_dir: &Path, out: &mut Output) -> Result<()> {
    let history = history::open(data_dir)?;
    let RangeRequest { from, to, .. } = history::span(&args.since, &args.until)?;
    let sieve = Sieve::new(args.kind.as_deref(), args.filter.as_deref());
    let found = history.events_sifted(from, to, args.limit, &sieve);
    let events = found.map_err(history::usage_where_asked_wrongly)?;
    if events.is_empty() {
        out.hint(&format!("nothing of that happened from {} to {}", args.since, args.until))?;
    }
    match args.format {
        ListFormat::Table => out.text(&as_table(&events)),
        ListFormat::Json => {
            let events: Vec<Value> = events.iter().map(as_json).collect();
            out.line(&format!("{:#}", json!({ "schema_version": 1, "events": events })))
        }
        ListFormat::Ndjson => {
            events.iter().try_for_each(|event| out.line(&as_json(event).to_string()))
        }
        ListFormat::Csv => {
            out.line("time_ms,kind,subject,detail")?;
            events.iter().try_for_each(|event| out.line(&as_csv(event)))
        }
    }
}

fn as_table(events: &[Event]) -> String {
    let mut table = Table::default();
    table.row(["WHEN", "KIND", "WHAT HAPPENED"]);
    for event in events {
        table.row([local(event.time_ms).as_str(), &event.kind, &event.detail]);
    }
    table.render(&[0, 1, 2])
}

/// A moment in the zone of whoever looks, to the second.
fn local(time_ms: i64) -> String {
    Timestamp::from_millisecond(time_ms).map_or_else(
        |_| time_ms.to_string(),
        |at| at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

fn as_json(event: &Event) -> Value {
    let Event { time_ms, kind, subject, detail, facts } = event;
    // What the history holds of facts is JSON; were it ever anything else, there is still the sentence.
    let facts = facts.as_deref().and_then(|facts| serde_json::from_str::<Value>(facts).ok());
    json!({ "time_ms": time_ms, "kind": kind, "subject": subject, "detail": detail, "facts": facts })
}

/// A line of RFC 4180.
fn as_csv(event: &Event) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    format!("{},{},{},{}", event.time_ms, event.kind, quoted(&event.subject), quoted(&event.detail))
}
