//! All numbers of the chosen row.

use ramscope_observe::format;
use ramscope_observe::watch::{Ahead, ProcessName};
use ratatui::layout::Rect;

use super::help::middle;
use super::pen::Pen;
use crate::columns;
use crate::look::Tone;
use crate::rows::{Row, RowKey, WINDOW_NAMES};
use crate::state::State;
use crate::text;

/// Cells of the names.
const NAMES: u16 = 16;

/// Draws them over the middle of the screen.
pub(crate) fn draw(state: &State, area: Rect, pen: &mut Pen<'_>) {
    let Some(row) = state.list.chosen_row() else { return };
    let lines = lines(state, row);
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let part = middle(area, Rect { width: 90, height, ..area });
    pen.clear(part);
    let name = match &row.key {
        RowKey::Process(id) => format!("Process {}", id.pid),
        RowKey::Group(_) => format!("{} processes", row.count),
    };
    pen.part(part, true, &name, "Esc closes");
    let inside = Rect {
        x: part.x + 2,
        y: part.y + 1,
        width: part.width.saturating_sub(4),
        height: part.height.saturating_sub(2),
    };
    for (line, (name, words)) in inside.rows().zip(lines) {
        pen.write(line.x, line.y, NAMES, name, Tone::Muted);
        pen.write(line.x + NAMES, line.y, line.width.saturating_sub(NAMES), &words, Tone::Text);
    }
}

/// Where a process is heading, and whether that looks like a leak; empty where it is not followed.
fn forecast(state: &State, row: &Row) -> String {
    let ahead = state.shown().and_then(|moment| moment.ahead.as_deref());
    let RowKey::Process(id) = &row.key else { return String::new() };
    let of_row =
        |(name, _): &&(ProcessName, Ahead)| (name.pid, name.start_ms) == (id.pid, id.start_ms);
    let Some((_, ahead)) = ahead.and_then(|ahead| ahead.processes.iter().find(of_row)) else {
        return String::new();
    };
    let leak = ahead.leak.as_ref().filter(|leak| leak.likely);
    let leak = leak.map_or("", |_| "; it looks like a leak");
    format!("{}{leak}", ahead.forecast.sentence())
}

fn lines(state: &State, row: &Row) -> Vec<(&'static str, String)> {
    let amounts = &row.amounts;
    let exact = |bytes: u64| format!("{:>10}  {bytes} B", format::iec(bytes));
    let pss = |bytes: Option<u64>| match bytes {
        Some(bytes) => format!("{}, read {} ago", exact(bytes), columns::age(amounts.pss_age_ms)),
        None => "not read yet".to_owned(),
    };
    let growth = match (amounts.growth, &state.mark) {
        (Some(bytes), None) => {
            format!("{} in {}", text::change(bytes, false), WINDOW_NAMES[state.list.how.window])
        }
        (Some(bytes), Some(_)) => format!("{} since the mark", text::change(bytes, false)),
        (None, _) => format!(
            "— (watched {})",
            text::span(i64::try_from(amounts.watched_ms).unwrap_or(i64::MAX))
        ),
    };
    let mut lines = vec![
        ("command", row.name.to_string()),
        ("user", row.user.as_deref().unwrap_or("several").to_owned()),
        ("cgroup", row.cgroup.as_deref().unwrap_or("").to_owned()),
        ("RSS + swap", exact(amounts.total())),
        ("RSS", exact(amounts.rss)),
        ("  anonymous", exact(amounts.anon)),
        ("  file", exact(amounts.file)),
        ("  shared memory", exact(amounts.shared)),
        ("swap", exact(amounts.swap)),
        ("PSS", pss(amounts.pss)),
        ("USS", pss(amounts.uss)),
        ("peak RSS", exact(amounts.peak)),
        ("growth", growth),
        ("forecast", forecast(state, row)),
    ];
    lines.retain(|(_, words)| !words.is_empty());
    lines
}
