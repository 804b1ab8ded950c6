//! Control groups: what each holds, the limit that binds it, and what it suffers.

use std::cmp::Reverse;
use std::collections::HashMap;

use ramscope_observe::cgroups::{Cgroup, CgroupTable, Slot};
use ramscope_observe::watch::Ahead;
use ramscope_observe::{forecast, format};
use ratatui::layout::Rect;

use super::memory::ratio;
use super::pen::Pen;
use crate::look::Tone;
use crate::state::State;
use crate::text;

/// A column: its heading, its width, the width of the panel from which on it is shown, and what stands in it.
struct Column {
    heading: &'static str,
    width: u16,
    from: u16,
    cell: fn(&Seen<'_>, Slot, &Cgroup) -> (String, Tone),
}

/// The groups, and where they are heading.
struct Seen<'a> {
    table: &'a CgroupTable,
    /// By path.
    ahead: HashMap<&'a str, &'a Ahead>,
}

const COLUMNS: [Column; 8] = [
    Column { heading: "MEMORY", width: 9, from: 0, cell: memory },
    Column { heading: "LIMIT", width: 9, from: 56, cell: limit },
    Column { heading: "OF IT", width: 6, from: 0, cell: share },
    Column { heading: "Δ 1 min", width: 10, from: 64, cell: growth },
    Column { heading: "FULL IN", width: 10, from: 100, cell: full },
    Column { heading: "SWAP", width: 9, from: 90, cell: swap },
    Column { heading: "STALLS", width: 7, from: 76, cell: stalls },
    Column { heading: "KILLS", width: 5, from: 72, cell: kills },
];
/// Least cells of the name.
const NAME: u16 = 16;
/// From this width on, the path stands behind all.
const PATH_FROM: u16 = 110;

/// The groups that hold anything, the largest first.
fn ranked(table: &CgroupTable) -> Vec<(Slot, &Cgroup)> {
    let mut groups: Vec<_> = table
        .iter()
        .filter(|(_, group)| group.current_bytes.is_some_and(|bytes| bytes > 0))
        .collect();
    groups.sort_by_key(|(slot, group)| (Reverse(group.current_bytes), *slot));
    groups
}

/// How many there are to walk through.
pub(crate) fn count(state: &State) -> usize {
    let table = state.shown().and_then(|moment| moment.cgroups.as_deref());
    table.map_or(0, |table| ranked(table).len())
}

/// Draws them but for the first `from`.
pub(crate) fn draw(state: &State, area: Rect, from: usize, pen: &mut Pen<'_>) {
    let mut lines = area.rows();
    let Some(heading) = lines.next() else { return };
    let Some(table) = state.shown().and_then(|moment| moment.cgroups.as_deref()) else {
        let words = match state.replay {
            Some(_) => "no control groups are recorded of this moment",
            None => "no control groups are seen",
        };
        pen.line(heading, &[(words, Tone::Muted)]);
        return;
    };
    let ahead = state.shown().and_then(|moment| moment.ahead.as_deref());
    let ahead = ahead.into_iter().flat_map(|ahead| &ahead.cgroups);
    let ahead = ahead.map(|(name, ahead)| (name.path.as_str(), ahead)).collect();
    let seen = Seen { table, ahead };
    let shown: Vec<&Column> = COLUMNS.iter().filter(|column| area.width >= column.from).collect();
    let taken: u16 = shown.iter().map(|column| column.width + 1).sum();
    let rest = area.width.saturating_sub(taken);
    let name = if area.width >= PATH_FROM { rest.min(34) } else { rest.max(NAME.min(area.width)) };
    pen.write(area.x, heading.y, name, "NAME", Tone::Muted);
    cells(&shown, area.x + name, heading, pen, |column| (column.heading.to_owned(), Tone::Muted));
    for (line, (slot, group)) in lines.zip(ranked(table).into_iter().skip(from)) {
        let label = table.label(slot).name;
        pen.write(line.x, line.y, name, &label, Tone::Text);
        let end =
            cells(&shown, line.x + name, line, pen, |column| (column.cell)(&seen, slot, group));
        let room = line.right().saturating_sub(end + 2);
        if area.width >= PATH_FROM && room > 8 {
            let path = table.path(slot);
            let path = text::clip_front(&path, usize::from(room)).into_owned();
            pen.write(end + 2, line.y, room, &path, Tone::Muted);
        }
    }
}

/// Writes what stands in each column, to the right; where they end.
fn cells(
    columns: &[&Column],
    from: u16,
    line: Rect,
    pen: &mut Pen<'_>,
    cell: impl Fn(&Column) -> (String, Tone),
) -> u16 {
    let mut x = from;
    for column in columns {
        let (words, tone) = cell(column);
        let place = Rect { x: x + 1, width: column.width, ..line }.intersection(line);
        pen.right(place, &words, tone);
        x += column.width + 1;
    }
    x
}

fn memory(_: &Seen<'_>, _: Slot, group: &Cgroup) -> (String, Tone) {
    (format::iec(group.current_bytes.unwrap_or(0)), Tone::Strong)
}

fn limit(seen: &Seen<'_>, slot: Slot, _: &Cgroup) -> (String, Tone) {
    match seen.table.binding(slot) {
        Some(binding) => (format::iec(binding.limit_bytes), Tone::Text),
        None => ("none".to_owned(), Tone::Muted),
    }
}

/// How full the group is whose limit binds: this one, or one above it.
fn share(seen: &Seen<'_>, slot: Slot, _: &Cgroup) -> (String, Tone) {
    let Some(binding) = seen.table.binding(slot) else { return ("—".to_owned(), Tone::Muted) };
    let share = ratio(binding.used_bytes, binding.limit_bytes);
    (format::percent(share), if share >= 0.9 { Tone::Alert } else { Tone::Text })
}

fn growth(_: &Seen<'_>, _: Slot, group: &Cgroup) -> (String, Tone) {
    match group.growth_bytes {
        _ if group.growth_window.as_secs() < 50 => {
            (format!("— {}s", group.growth_window.as_secs()), Tone::Muted)
        }
        0 => ("·".to_owned(), Tone::Muted),
        bytes => {
            (text::change(bytes, false), if bytes >= 1 << 24 { Tone::Alert } else { Tone::Text })
        }
    }
}

/// When it meets its limit, at the pace that it has.
fn full(seen: &Seen<'_>, slot: Slot, _: &Cgroup) -> (String, Tone) {
    let ahead = seen.ahead.get(seen.table.path(slot).as_str());
    match ahead.map(|ahead| (ahead.forecast.end, ahead.forecast.trend)) {
        Some((Some(end), _)) => (forecast::span(end.after), Tone::Alert),
        Some((None, Some(_))) => ("far off".to_owned(), Tone::Text),
        Some((None, None)) => ("no trend".to_owned(), Tone::Muted),
        None => ("—".to_owned(), Tone::Muted),
    }
}

fn swap(_: &Seen<'_>, _: Slot, group: &Cgroup) -> (String, Tone) {
    match group.reading.as_ref().and_then(|reading| reading.swap_bytes) {
        None => ("—".to_owned(), Tone::Muted),
        Some(0) => ("0".to_owned(), Tone::Muted),
        Some(bytes) => (format::iec(bytes), Tone::Swap),
    }
}

fn stalls(_: &Seen<'_>, _: Slot, group: &Cgroup) -> (String, Tone) {
    let pressure = group.reading.as_ref().and_then(|reading| reading.pressure);
    match pressure.map(|pressure| f64::from(pressure.some.avg10) / 10_000.0) {
        None => ("—".to_owned(), Tone::Muted),
        Some(stalled) if stalled < 0.01 => (format::percent(stalled), Tone::Muted),
        Some(stalled) => (format::percent(stalled), Tone::Alert),
    }
}

fn kills(_: &Seen<'_>, _: Slot, group: &Cgroup) -> (String, Tone) {
    match group.reading.as_ref().and_then(|reading| reading.events.oom_kill) {
        None => ("—".to_owned(), Tone::Muted),
        Some(0) => ("0".to_owned(), Tone::Muted),
        Some(kills) => (kills.to_string(), Tone::Alert),
    }
}
