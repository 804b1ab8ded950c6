//! Events: as marks in the lane below the graph, and as a list.

use ratatui::layout::Rect;

use super::pen::Pen;
use crate::clock;
use crate::course::Grid;
use crate::look::Tone;
use crate::moment::Mark;
use crate::state::State;

/// The symbol of an event, and whether it is bad news.
fn symbol(mark: &Mark) -> (char, bool) {
    match mark.kind.split('.').next().unwrap_or("") {
        "oom" => ('✕', true),
        "pressure" => ('!', true),
        "alert" => ('A', true),
        "stress" => ('S', false),
        "process" => ('p', false),
        "recorder" | "clock" => ('r', false),
        _ => ('•', false),
    }
}

/// Marks the events of the graph's time in its lane; bad news wins where two meet.
pub(crate) fn lane(state: &State, grid: Grid, lane: Rect, pen: &mut Pen<'_>) {
    let mut all: Vec<&Mark> = state.course.marks(grid).collect();
    all.sort_by_key(|mark| symbol(mark).1);
    for mark in all {
        let Some(column) = grid.column_of(mark.time_ms) else { continue };
        let (symbol, bad) = symbol(mark);
        let x = lane.x + u16::try_from(column).unwrap_or(0);
        pen.symbol(x, lane.y, symbol, pen.look.style(if bad { Tone::Alert } else { Tone::Strong }));
    }
}

/// The events of the graph's time, the newest first, but for the first `from`.
pub(crate) fn draw(state: &State, area: Rect, from: usize, pen: &mut Pen<'_>) {
    let grid = state.grid();
    let all: Vec<&Mark> = state.course.marks(grid).collect();
    if all.is_empty() {
        pen.line(Rect { height: 1.min(area.height), ..area }, &[("nothing happened", Tone::Muted)]);
        return;
    }
    for (line, mark) in area.rows().zip(all.iter().rev().skip(from)) {
        let (symbol, bad) = symbol(mark);
        let tone = if bad { Tone::Alert } else { Tone::Text };
        let time = clock::moment(mark.time_ms, state.now_ms(), &state.zone);
        let words = [
            (&*format!("{symbol} "), tone),
            (&*format!("{time} "), Tone::Muted),
            (&*mark.detail, tone),
        ];
        pen.line(line, &words);
    }
}
