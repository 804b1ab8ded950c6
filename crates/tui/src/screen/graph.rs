//! Memory over time: what is used at the bottom, what could be reclaimed above it, and below both the lane of stalls and
//! events.

use ramscope_observe::format;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::marks;
use super::pen::Pen;
use crate::clock;
use crate::course::{Column, Grid};
use crate::layout::Layout;
use crate::look::{Depth, Symbols, Tone};
use crate::moment::Point;
use crate::state::{SPANS_MS, State};
use crate::text;

/// Eighths of a cell, from none to all.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What the bottom and the top of the plot stand for, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Scale {
    low: u64,
    high: u64,
}

impl Scale {
    /// All memory; zoomed in, what was used with a twentieth of it above and below, at least a MiB.
    fn of(columns: &[Option<Column>], total: u64, zoom: bool) -> Scale {
        let used = || columns.iter().flatten().map(|column| column.used_bytes);
        match (zoom, used().min(), used().max()) {
            (true, Some(low), Some(high)) => {
                let margin = ((high - low) / 20).max(1 << 20);
                Scale {
                    low: low.saturating_sub(margin),
                    high: high.saturating_add(margin).min(total),
                }
            }
            _ => Scale { low: 0, high: total },
        }
    }

    /// How many eighths of a cell high an amount stands in a plot of `rows`.
    fn eighths(self, bytes: u64, rows: u16) -> u16 {
        let range = u128::from(self.high.saturating_sub(self.low)).max(1);
        let above = u128::from(bytes.clamp(self.low, self.high.max(self.low)) - self.low);
        let scaled = (above * u128::from(rows) * 8 + range / 2) / range;
        u16::try_from(scaled).unwrap_or(u16::MAX).min(rows * 8)
    }
}

/// Draws the graph with its frame.
pub(crate) fn draw(state: &State, layout: &Layout, pen: &mut Pen<'_>) {
    let grid = state.grid();
    let columns = state.course.columns(grid, state.place.interval_ms);
    let name = if state.zoom { "Used memory" } else { "Memory over time" };
    let (more, tone) = caption(state, grid);
    pen.part_with(layout.graph, layout.framed, name, (&more, tone));
    // The curve is of all the time, also where the moment in it is a gap.
    let Some(moment) = state.shown().or(state.live.as_ref()) else { return };
    let scale = Scale::of(&columns, moment.memory.total_bytes, state.zoom);
    labels(scale, layout, pen);
    for (index, column) in columns.iter().enumerate() {
        let x = layout.plot.x + u16::try_from(index).unwrap_or(u16::MAX);
        if let Some(column) = column {
            bands(column, scale, layout.plot, x, pen);
            stall(column.stalled, layout.lane, x, pen);
        }
    }
    marks::lane(state, grid, layout.lane, pen);
    axis(state, grid, layout, pen);
    cursor(state, grid, layout, pen);
}

/// What stands on the right of the graph's title: where memory is heading, how it moved, and the time that is shown. The
/// end of memory is an alarm.
fn caption(state: &State, grid: Grid) -> (String, Tone) {
    // Columns are no narrower than a sample: then they show more time than was asked for.
    let wanted = SPANS_MS[state.span];
    let whole = grid.to_ms() - grid.from_ms;
    let span = text::span(if whole - wanted > wanted / 10 { whole } else { wanted });
    let outlook = state.shown().and_then(|moment| moment.outlook);
    let ends = outlook.is_some_and(|outlook| outlook.end.is_some());
    let words = [outlook.map(|outlook| outlook.sentence()), slope(state), Some(span)];
    let words: Vec<String> = words.into_iter().flatten().collect();
    (words.join(" · "), if ends { Tone::Alert } else { Tone::Muted })
}

/// How used memory changed over the live part of the graph, in words; `None` below 20 s of it, for the past, and where the
/// screen has no room for it.
fn slope(state: &State) -> Option<String> {
    if state.replay.is_some() || state.size.width < 100 {
        return None;
    }
    let from = state.grid().from_ms;
    let mut points = state.course.live_since(from);
    let first: &Point = points.next()?;
    let last = points.next_back()?;
    let time = last.time_ms - first.time_ms;
    if time < 20_000 {
        return None;
    }
    let change = i128::from(last.used_bytes) - i128::from(first.used_bytes);
    let change = i64::try_from(change).unwrap_or(0);
    Some(format!("used {} in {}", text::change(change, false), text::span(time)))
}

/// Amounts on the left, in round numbers, each in the row that it falls into; the top of the scale in the first.
fn labels(scale: Scale, layout: &Layout, pen: &mut Pen<'_>) {
    let plot = layout.plot;
    let width = plot.x - layout.inside(layout.graph).x - 1;
    let column = Rect { x: plot.x - width - 1, width, height: 1, ..plot };
    pen.right(column, &format::iec(scale.high), Tone::Muted);
    let step = round_step(scale.high - scale.low, u64::from(plot.height / 2));
    let first = scale.low.div_ceil(step).max(1);
    for amount in (first..).map(|index| index.saturating_mul(step)) {
        let row = scale.eighths(amount, plot.height).saturating_sub(1) / 8;
        // The topmost rows belong to the top of the scale.
        if amount >= scale.high || row + 2 >= plot.height {
            break;
        }
        let line = Rect { y: plot.bottom() - 1 - row, ..column };
        pen.right(line, &format::iec(amount), Tone::Muted);
    }
    pen.right(Rect { y: layout.lane.y, ..column }, "stalls", Tone::Muted);
    if scale.low > 0 {
        pen.right(Rect { y: layout.axis.y, ..column }, &format::iec(scale.low), Tone::Muted);
    }
}

/// The least power of two that parts a range into at most `most` steps.
fn round_step(range: u64, most: u64) -> u64 {
    let least = range.div_ceil(most.max(1)).max(1);
    least.checked_next_power_of_two().unwrap_or(1 << 63)
}

/// One column: used in full blocks, reclaimable above it in another colour and another texture.
fn bands(column: &Column, scale: Scale, plot: Rect, x: u16, pen: &mut Pen<'_>) {
    let used = scale.eighths(column.used_bytes, plot.height);
    // Zoomed in, the part above what is used is out of proportion, and says nothing.
    let top = match scale.low {
        0 => {
            scale.eighths(column.used_bytes.saturating_add(reclaimable(column, scale)), plot.height)
        }
        _ => used,
    };
    for row in 0..plot.height {
        let below = row * 8;
        let part = |eighths: u16| eighths.saturating_sub(below).min(8);
        let y = plot.bottom() - 1 - row;
        let (used, top) = (part(used), part(top));
        if top > 0 || used > 0 {
            let (symbol, style) = cell(used, top.max(used), pen);
            pen.symbol(x, y, symbol, style);
        }
    }
}

/// What of a column is neither used nor free.
fn reclaimable(column: &Column, scale: Scale) -> u64 {
    column.reclaimable_bytes.min(scale.high.saturating_sub(column.used_bytes))
}

/// The symbol of a cell of which so many eighths are used, and so many used or reclaimable.
fn cell(used: u16, top: u16, pen: &Pen<'_>) -> (char, Style) {
    let look = pen.look;
    let (bottom, above) = (look.style(Tone::Used), look.style(Tone::Reclaimable));
    if look.symbols == Symbols::Ascii {
        return match (used >= 4, top >= 4) {
            (true, _) => ('#', bottom),
            (false, true) => ('=', above),
            (false, false) => (' ', above),
        };
    }
    let eighths = |count: u16| EIGHTHS[usize::from(count.min(8))];
    match (used, top) {
        (8, _) => ('█', bottom),
        (0, 8) => ('▒', above),
        // Half a cell of texture cannot be drawn: a whole one, or none.
        (0, top) => (if top >= 4 { '▒' } else { ' ' }, above),
        // Two meanings in one cell need a ground; without one it is the larger of the two.
        (used, 8) => match (look.depth, look.color(Tone::Reclaimable)) {
            (Depth::Indexed | Depth::True, Some(ground)) => (eighths(used), bottom.bg(ground)),
            _ if used >= 4 => ('█', bottom),
            _ => ('▒', above),
        },
        (used, _) => (eighths(used), bottom),
    }
}

/// A stall in the lane: the higher, the more of the time; what is there at all is seen.
fn stall(stalled: f64, lane: Rect, x: u16, pen: &mut Pen<'_>) {
    if stalled < 0.0005 {
        return;
    }
    // A hundredth of the time is felt, a tenth hurts: steps of doubling tell them apart better than tenths do.
    let level = (0..8).filter(|&step| stalled >= 0.0005 * f64::from(1 << step) * 4.0).count();
    let symbol = match pen.look.symbols {
        Symbols::Ascii => '!',
        _ => EIGHTHS[level.clamp(1, 8)],
    };
    pen.symbol(x, lane.y, symbol, pen.look.style(Tone::Alert));
}

/// Times below the plot, on round moments of the wall clock.
fn axis(state: &State, grid: Grid, layout: &Layout, pen: &mut Pen<'_>) {
    const ROUND_MS: [i64; 17] = [
        5000,
        10_000,
        15_000,
        30_000,
        60_000,
        120_000,
        300_000,
        600_000,
        900_000,
        1_800_000,
        3_600_000,
        7_200_000,
        10_800_000,
        21_600_000,
        43_200_000,
        86_400_000,
        7 * 86_400_000,
    ];
    let width = i64::from(layout.axis.width.max(1));
    let wanted = grid.step_ms * 14;
    let step = ROUND_MS.into_iter().find(|step| *step >= wanted).unwrap_or(30 * 86_400_000);
    let ahead = clock::offset_ms(grid.from_ms, &state.zone);
    let first = (grid.from_ms + ahead).div_euclid(step) * step - ahead;
    for index in 0..=width {
        let time = first + index * step;
        if time >= grid.to_ms() {
            return;
        }
        let Some(column) = grid.column_of(time) else { continue };
        let words = clock::label(time, step, &state.zone);
        let x = layout.axis.x + u16::try_from(column).unwrap_or(0);
        let room = layout.axis.right().saturating_sub(x);
        if usize::from(room) > text::width(&words) {
            pen.symbol(x, layout.axis.y, '╵', pen.look.style(Tone::Frame));
            pen.write(x + 1, layout.axis.y, room - 1, &words, Tone::Muted);
        }
    }
}

/// The moment of the past that is shown, as a line over the plot.
fn cursor(state: &State, grid: Grid, layout: &Layout, pen: &mut Pen<'_>) {
    let line = |time, symbol: char, pen: &mut Pen<'_>| {
        let Some(column) = grid.column_of(time) else { return };
        let x = layout.plot.x + u16::try_from(column).unwrap_or(0);
        for y in layout.plot.y..layout.lane.bottom() {
            pen.symbol(x, y, symbol, pen.look.style(Tone::Cursor));
        }
    };
    if let Some((time, _)) = &state.mark {
        line(*time, '┊', pen);
    }
    if let Some(replay) = &state.replay {
        line(replay.at, '│', pen);
        if let Some(column) = grid.column_of(replay.at) {
            let x = layout.plot.x + u16::try_from(column).unwrap_or(0);
            pen.symbol(x, layout.axis.y, '▴', pen.look.style(Tone::Cursor));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_scale_is_all_memory_or_what_was_used() {
        let column = |used_bytes| Some(Column { used_bytes, ..Column::default() });
        let columns = [column(100 << 20), None, column(300 << 20)];
        assert_eq!(Scale::of(&columns, 1 << 30, false), Scale { low: 0, high: 1 << 30 });
        let margin = 10 << 20;
        let zoomed = Scale { low: (100 << 20) - margin, high: (300 << 20) + margin };
        assert_eq!(Scale::of(&columns, 1 << 30, true), zoomed);
        assert_eq!(Scale::of(&[None], 1 << 30, true), Scale { low: 0, high: 1 << 30 });
    }

    #[test]
    fn labels_stand_at_powers_of_two() {
        for (range, most, expected) in [
            (16 << 30, 4, 4 << 30),
            (25_276_063_744, 4, 8 << 30),
            (0, 4, 1),
            (u64::MAX, 1, 1 << 63),
        ] {
            assert_eq!(round_step(range, most), expected, "{range} in {most}");
        }
    }

    proptest! {
        #[test]
        fn heights_grow_with_amounts_and_end_at_the_top(a: u64, b: u64, low: u64, high: u64, rows in 1u16..100) {
            let scale = Scale { low: low.min(high), high: low.max(high) };
            let (less, more) = (a.min(b), a.max(b));
            prop_assert!(scale.eighths(less, rows) <= scale.eighths(more, rows));
            prop_assert!(scale.eighths(more, rows) <= rows * 8);
        }
    }
}
