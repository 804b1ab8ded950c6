//! The help: every key, as it is bound.

use ratatui::layout::Rect;

use super::pen::Pen;
use crate::keys::{CHAPTERS, Chapter};
use crate::look::Tone;
use crate::state::State;
use crate::text;

/// Cells of the keys.
const KEYS: u16 = 11;
/// Cells of a column of chapters.
const COLUMN: u16 = 56;

/// Draws it over the middle of the screen: in two columns where there is room, else in one.
pub(crate) fn draw(state: &State, area: Rect, pen: &mut Pen<'_>) {
    let columns: u16 = if area.width >= 2 * COLUMN + 4 { 2 } else { 1 };
    let height = |chapters: &[Chapter]| -> u16 {
        chapters.iter().map(|chapter| u16::try_from(chapter.bindings.len()).unwrap_or(0) + 2).sum()
    };
    let tallest = if columns == 2 { height(&CHAPTERS[..2]) } else { height(&CHAPTERS) - 8 };
    let wanted = Rect { width: columns * COLUMN + 2, height: tallest + 4, ..area };
    let part = middle(area, wanted);
    pen.clear(part);
    pen.part(part, true, "Keys", "any key closes");
    let inside = Rect {
        x: part.x + 2,
        y: part.y + 1,
        width: part.width.saturating_sub(4),
        height: part.height.saturating_sub(2),
    };
    if columns == 2 {
        let left = Rect { width: COLUMN - 2, ..inside };
        let right =
            Rect { x: inside.x + COLUMN, width: inside.width.saturating_sub(COLUMN), ..inside };
        chapters(&CHAPTERS[..2], left, true, pen);
        let end = chapters(&CHAPTERS[2..], right, true, pen);
        about(state, Rect { y: end, height: right.bottom().saturating_sub(end), ..right }, pen);
    } else {
        chapters(&CHAPTERS, inside, false, pen);
    }
}

/// An area of a wanted size in the middle of another, cut where that is too small.
pub(crate) fn middle(area: Rect, wanted: Rect) -> Rect {
    let (width, height) = (wanted.width.min(area.width), wanted.height.min(area.height));
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}

/// Draws chapters from the top; with titles and blank lines where there is room. Where it ends.
fn chapters(all: &[Chapter], area: Rect, titled: bool, pen: &mut Pen<'_>) -> u16 {
    let mut y = area.y;
    let mut line = |keys: &str, tone: Tone, does: &str, pen: &mut Pen<'_>| {
        if y < area.bottom() {
            pen.write(area.x, y, area.width, keys, tone);
            pen.write(area.x + KEYS, y, area.width.saturating_sub(KEYS), does, Tone::Text);
            y += 1;
        }
        y
    };
    for chapter in all {
        if titled {
            line(chapter.title, Tone::Muted, "", pen);
        }
        for binding in chapter.bindings {
            line(binding.keys, Tone::Strong, binding.does, pen);
        }
        if titled {
            line("", Tone::Text, "", pen);
        }
    }
    y
}

/// Where the numbers come from, and what the symbols mean.
fn about(state: &State, area: Rect, pen: &mut Pen<'_>) {
    let interval = text::span(state.place.interval_ms);
    let source = format!("{}, every {interval}", state.place.source);
    let lines = [
        ("Lane", "✕ OOM kill  ! pressure  S load  r recorder  p process"),
        ("AGE", "of the PSS: it is read rarely, since reading it stalls"),
        ("Source", &source),
    ];
    for (line, (name, words)) in area.rows().zip(lines) {
        pen.write(line.x, line.y, KEYS, name, Tone::Muted);
        pen.write(line.x + KEYS, line.y, line.width.saturating_sub(KEYS), words, Tone::Muted);
    }
}
