//! `ramscope cgroups`: the control groups and the limit that binds each, no server needed.

use std::collections::BTreeMap;

use anyhow::Result;
use ramscope_observe::cgroups::{Cgroup, CgroupTable, Container, Question, Slot, past};
use ramscope_observe::clock::Clock;
use ramscope_observe::format::{iec, percent};
use ramscope_observe::history::History;
use ramscope_observe::source::cgroups::Cgroups;
use ramscope_observe::{Memory, Snapshot};
use serde_json::Value;

use crate::args::{CgroupSort, CgroupsArgs, ListFormat, SourceArgs};
use crate::config::{self, Environment};
use crate::failure::Usage;
use crate::output::{Output, Table};
use crate::{history, look};

/// What stands where there is no value.
const NONE: &str = "—";

/// Prints the groups that are asked for.
pub(crate) fn run(args: &CgroupsArgs, environment: &Environment, out: &mut Output) -> Result<()> {
    let now = Clock::system().wall_ms();
    let asked = history::moment(args.at.as_deref(), args.between.as_deref(), now)?;
    let table = match asked {
        Some((at, compare)) => {
            let history = history::open(&config::data_dir(&args.place, environment)?)?;
            past::find(&history, None, Some(at), compare)?
        }
        None => seen(args, environment),
    };
    let question = Question {
        sort: args.sort.into(),
        under: args.under.clone(),
        filter: args.filter.clone(),
        limited: args.limited,
        limit: args.top,
        ..Question::default()
    };
    let missing = || {
        let under = args.under.as_deref().unwrap_or_default();
        Usage(format!(
            "--under {under}: there is no such group {}; without it those that there are are listed",
            if asked.is_some() { "at that moment" } else { "now" }
        ))
    };
    let selection = question.select(&table).ok_or_else(missing)?;
    if let Some(note) = table.hierarchy.note() {
        out.hint(note)?;
    }
    match args.format {
        ListFormat::Table => {
            let grows = asked.is_some() || args.sort == CgroupSort::Growth;
            out.text(&as_table(&table, &selection.slots, grows))?;
            if selection.matched > selection.slots.len() {
                out.hint(&format!(
                    "{} of {} groups; --top shows more",
                    selection.slots.len(),
                    selection.matched
                ))?;
            }
            Ok(())
        }
        format => {
            let machine = look::snapshot(&args.source).ok();
            let scene = ramscope_web::Scene {
                total_bytes: machine.map(|machine| Memory::of(&machine).total_bytes),
                is_live: asked.is_none(),
                compare_ms: asked.and_then(|(_, compare)| compare),
            };
            let document = ramscope_web::cgroups_json(&table, &question, args.stat, scene);
            print(&document.ok_or_else(missing)?, format, out)
        }
    }
}

/// The groups of this moment; how they grew, where somebody recorded this machine a minute ago.
fn seen(args: &CgroupsArgs, environment: &Environment) -> CgroupTable {
    let mut table = CgroupTable::clone(&table(&args.source));
    if args.source.source_root.is_none() {
        // Whoever records nothing, or elsewhere, sees the groups all the same.
        let history = config::data_dir(&args.place, environment)
            .ok()
            .and_then(|data_dir| History::open(&data_dir).ok());
        let _ = history.map(|history| past::grow_over_a_minute(&history, &mut table));
    }
    table
}

/// The container that this process is in, where its limit is less than the machine's memory.
pub(crate) fn container(source: &SourceArgs, machine: &Snapshot) -> Option<Container> {
    table(source).container(Memory::of(machine).total_bytes)
}

fn table(source: &SourceArgs) -> std::sync::Arc<CgroupTable> {
    let now = Clock::system().now();
    Cgroups::new(look::root(source)).look_at_all(now.wall, now.monotonic)
}

/// The groups as a table for people, with their growth where there is a moment that it is told from.
fn as_table(table: &CgroupTable, slots: &[Slot], grows: bool) -> String {
    let mut printed = Table::default();
    let mut head = vec![
        "WHAT",
        "USED",
        "ANON",
        "FILE",
        "SWAP",
        "LIMIT",
        "OF WHOM",
        "LEFT",
        "STALLED",
        "OOM KILLS",
    ];
    head.extend(grows.then_some("GREW"));
    head.push("CGROUP");
    let last = head.len() - 1;
    printed.row(head);
    for slot in slots {
        if let Some(group) = table.get(*slot) {
            let mut cells = row(table, *slot, group).to_vec();
            cells.extend(grows.then(|| growth(group)));
            cells.push(table.path(*slot));
            printed.row(cells.iter().map(String::as_str));
        }
    }
    printed.render(&[0, 6, last])
}

/// By how much a group grew.
fn growth(group: &Cgroup) -> String {
    match group.growth_bytes {
        _ if group.growth_window.is_zero() => NONE.to_owned(),
        0 => "0".to_owned(),
        bytes if bytes > 0 => format!("+{}", iec(bytes.unsigned_abs())),
        bytes => format!("−{}", iec(bytes.unsigned_abs())),
    }
}

fn row(table: &CgroupTable, slot: Slot, group: &Cgroup) -> [String; 10] {
    let reading = group.reading.as_deref();
    let bytes = |value: Option<u64>| value.map_or_else(|| NONE.to_owned(), iec);
    let binding = table.binding(slot);
    let of_whom = binding.map_or_else(
        || NONE.to_owned(),
        |binding| {
            if binding.slot == slot { "its own".to_owned() } else { table.label(binding.slot).name }
        },
    );
    let stalled = reading.and_then(|reading| reading.pressure).map(|pressure| pressure.some.avg10);
    let kills = reading.and_then(|reading| reading.events.oom_kill);
    [
        table.label(slot).name,
        bytes(group.current_bytes),
        bytes(reading.and_then(|reading| reading.anon_bytes)),
        bytes(reading.and_then(|reading| reading.file_bytes)),
        bytes(reading.and_then(|reading| reading.swap_bytes)),
        bytes(binding.map(|binding| binding.limit_bytes)),
        of_whom,
        bytes(table.room(slot).map(|room| room.bytes)),
        stalled.map_or_else(|| NONE.to_owned(), |share| percent(f64::from(share) / 10_000.0)),
        kills.map_or_else(|| NONE.to_owned(), |kills| kills.to_string()),
    ]
}

/// Prints a document as it is, its list a group a line, or its list as a table of plain values.
fn print(document: &Value, format: ListFormat, out: &mut Output) -> Result<()> {
    let rows = document["cgroups"].as_array().map(Vec::as_slice).unwrap_or_default();
    match format {
        ListFormat::Table | ListFormat::Json => out.line(&format!("{document:#}")),
        ListFormat::Ndjson => rows.iter().try_for_each(|row| out.line(&row.to_string())),
        ListFormat::Csv => out.text(&csv(rows)),
    }
}

/// Rows with what is inside a member as columns of its own, named `member.part`; RFC 4180.
fn csv(rows: &[Value]) -> String {
    let flat: Vec<BTreeMap<String, String>> = rows.iter().map(flat).collect();
    let names: Vec<&String> = flat.first().map(|row| row.keys().collect()).unwrap_or_default();
    let mut text = names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(",");
    text.push('\n');
    for row in &flat {
        let cells = names.iter().map(|name| row.get(*name).map_or_else(String::new, |v| quoted(v)));
        text.push_str(&cells.collect::<Vec<_>>().join(","));
        text.push('\n');
    }
    text
}

/// The columns of one row; a member that may be null has the same columns as one that is there.
fn flat(row: &Value) -> BTreeMap<String, String> {
    const PARTS: [(&str, &[&str]); 3] = [
        ("binding", &["limit_bytes", "kind", "path", "name", "used_bytes"]),
        ("room", &["bytes", "path", "name"]),
        ("events", &["high", "max", "oom", "oom_kill"]),
    ];
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut cells = BTreeMap::new();
    for (name, value) in row.as_object().into_iter().flatten() {
        match PARTS.iter().find(|(member, _)| member == name) {
            Some((member, parts)) => cells
                .extend(parts.iter().map(|part| (format!("{member}.{part}"), text(&value[*part])))),
            None if name == "pressure" => {
                for kind in ["some", "full"] {
                    let share = text(&value[kind]["avg10"]);
                    cells.insert(format!("pressure.{kind}.avg10"), share);
                }
            }
            None if value.is_object() => {}
            None => {
                cells.insert(name.clone(), text(value));
            }
        }
    }
    cells
}

/// A cell; quoted where it holds what would end it.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_row_of_a_csv_has_the_same_columns() {
        let rows = [
            json!({"path": "/a,\"b\"", "binding": null, "events": {"max": 1}, "pressure": null}),
            json!({"path": "/c", "binding": {"path": "/", "limit_bytes": 5}, "events": {}, "pressure": {"some": {"avg10": 0.5}}}),
        ];
        let text = csv(&rows);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0].split(',').next(), Some("binding.kind"));
        assert!(lines[1].contains("\"/a,\"\"b\"\"\""), "{text}");
        assert!(lines[2].contains(",5,") && lines[2].contains("0.5"), "{text}");
        assert_eq!(lines[0].matches(',').count(), lines[2].matches(',').count());
    }
}
