//! The list of processes, or of the sums by application, cgroup or user.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::pen::Pen;
use crate::clock;
use crate::columns::{Columns, Kind, Placed};
use crate::layout::Layout;
use crate::look::{Look, Symbols, Tone};
use crate::rows::{Group, Row, RowKey, Sort, WINDOW_NAMES};
use crate::state::State;
use crate::text;
use crate::trends;

/// Draws the list with its frame and headings.
pub(crate) fn draw(state: &State, layout: &Layout, pen: &mut Pen<'_>) {
    let (name, more) = titles(state);
    pen.part(layout.body, layout.framed, &name, &more);
    let watched = state.shown().is_some_and(|moment| moment.processes.is_some());
    if !watched {
        let words = match state.shown() {
            None if state.replay.is_some() => "n goes back to now",
            None => "",
            Some(_) if state.replay.as_ref().is_some_and(|replay| replay.waits) => {
                "reading the history …"
            }
            Some(_) if state.replay.is_some() => "no processes are recorded of this moment",
            Some(_) => "no processes have been seen yet",
        };
        pen.line(
            Rect { height: 1.min(layout.list.height), ..layout.list },
            &[(words, Tone::Muted)],
        );
        return;
    }
    let columns = Columns::of(state);
    headings(state, &columns, layout.heading, pen);
    let view = state.list.rows.iter().enumerate().skip(state.list.offset);
    for (line, (place, row)) in layout.list.rows().zip(view) {
        draw_row(state, &columns, row, place == state.list.chosen, line, pen);
    }
    if state.list.rows.is_empty() {
        let words = format!("nothing fits the filter “{}”: Esc clears it", state.list.how.filter);
        let first = Rect { height: 1.min(layout.list.height), ..layout.list };
        pen.line(first, &[(&words, Tone::Muted)]);
    }
    scrollbar(state, layout, pen);
}

/// What the list is called, and how it came about.
fn titles(state: &State) -> (String, String) {
    let list = &state.list;
    let how = &list.how;
    let name = match how.group {
        Group::None => format!("Processes {}", list.rows.len()),
        group => format!("By {} {}", group.name(), list.rows.len()),
    };
    let mut more =
        vec![format!("by {}{}", how.sort.name(), if how.reversed { ", reversed" } else { "" })];
    if how.tree && how.group == Group::None {
        more.push("tree".to_owned());
    }
    if list.follow {
        more.push("following".to_owned());
    }
    if let Some((time, _)) = &state.mark {
        let since = clock::moment(*time, state.now_ms(), &state.zone);
        more.push(format!("growth since {since}"));
    }
    if list.typing || !how.filter.is_empty() {
        let caret = if list.typing { "▏" } else { "" };
        more.insert(0, format!("filter: {}{caret}", how.filter));
    }
    (name, more.join(" · "))
}

fn headings(state: &State, columns: &Columns, line: Rect, pen: &mut Pen<'_>) {
    if line.height == 0 {
        return;
    }
    let how = &state.list.how;
    let window = if state.mark.is_some() { "mark" } else { WINDOW_NAMES[how.window] };
    let shows = |kind| columns.placed.iter().any(|column| column.kind == kind);
    for column in &columns.placed {
        let kind = column.kind;
        // A sum without a column of its own is marked where its larger part stands.
        let sum = how.sort == Sort::Total && kind == Kind::Rss && !shows(Kind::Total);
        let sorted =
            sum || (kind.sort() == Some(how.sort) && !matches!(kind, Kind::Trend | Kind::PssAge));
        let rises = matches!(how.sort, Sort::Pid | Sort::User | Sort::Command) != how.reversed;
        let arrow = if rises { "▴" } else { "▾" };
        let words = kind.heading(columns.narrow, how.group, window);
        let words = if sorted { format!("{words}{arrow}") } else { words };
        let tone = if sorted { Tone::Strong } else { Tone::Muted };
        place(column, line.y, &words, pen.look.style(tone), pen);
    }
}

/// Writes into a column, to its side; what does not fit is cut, numbers never.
fn place(column: &Placed, y: u16, words: &str, style: Style, pen: &mut Pen<'_>) {
    let width = u16::try_from(text::width(words)).unwrap_or(u16::MAX);
    let x = match column.kind.is_left() {
        true => column.x,
        false => column.x + column.width.saturating_sub(width),
    };
    pen.styled(x, y, column.width, words, style);
}

fn draw_row(
    state: &State,
    columns: &Columns,
    row: &Row,
    chosen: bool,
    line: Rect,
    pen: &mut Pen<'_>,
) {
    for column in &columns.placed {
        let style = pen.look.style(tone(column.kind, row));
        match column.kind {
            Kind::Trend => {
                let (words, moves) = trend(state, row, pen.look);
                let style = if moves { style } else { pen.look.style(Tone::Frame) };
                place(column, line.y, &words, style, pen);
            }
            Kind::Command => command(row, column, line.y, pen),
            Kind::Cgroup => {
                let path = row.cgroup.as_deref().unwrap_or("");
                let path = text::clip_front(path, usize::from(column.width)).into_owned();
                place(column, line.y, &path, style, pen);
            }
            kind => place(column, line.y, &kind.cell(row, columns.narrow), style, pen),
        }
    }
    if chosen {
        pen.cells.set_style(line, pen.look.style(Tone::Chosen));
        if state.list.follow && line.x < line.right() {
            pen.symbol(line.x, line.y, '▸', pen.look.style(Tone::Cursor));
        }
    }
}

fn tone(kind: Kind, row: &Row) -> Tone {
    // What is worth a look is a MiB and a twentieth of what there is.
    let grows = || match row.amounts.growth {
        None | Some(0) => Tone::Muted,
        Some(bytes) => match u64::try_from(bytes) {
            Err(_) => Tone::Good,
            Ok(bytes) if bytes >= (1 << 20).max(row.amounts.total() / 20) => Tone::Alert,
            Ok(_) => Tone::Text,
        },
    };
    match kind {
        _ if row.kernel => Tone::Muted,
        Kind::Growth => grows(),
        Kind::Trend => Tone::Used,
        Kind::Swap if row.amounts.swap > 0 => Tone::Swap,
        Kind::Swap | Kind::User | Kind::PssAge | Kind::Cgroup | Kind::Pid => Tone::Muted,
        Kind::Pss | Kind::Uss if row.amounts.pss.is_none() => Tone::Muted,
        Kind::Total | Kind::Rss => Tone::Strong,
        _ => Tone::Text,
    }
}

/// The sparkline of a row, and whether it is more than a flat line.
fn trend(state: &State, row: &Row, look: Look) -> (String, bool) {
    let RowKey::Process(id) = &row.key else { return (String::new(), false) };
    let points = state.trends.of(*id);
    if row.kernel || points.is_empty() {
        return (String::new(), false);
    }
    let line = match look.symbols {
        Symbols::Braille => trends::braille(points),
        Symbols::Blocks => trends::blocks(points, &['▁', '▂', '▃', '▄', '▅', '▆', '▇']),
        Symbols::Ascii => trends::blocks(points, &['_', '.', '-', '=', '#']),
    };
    (line, !trends::is_flat(points))
}

/// The command behind its branch of the tree.
fn command(row: &Row, column: &Placed, y: u16, pen: &mut Pen<'_>) {
    let mut branch = String::new();
    for (depth, last) in row.branch.iter().enumerate() {
        let own = depth + 1 == row.branch.len();
        branch.push_str(match (own, last) {
            (true, true) => "└─",
            (true, false) => "├─",
            (false, true) => "  ",
            (false, false) => "│ ",
        });
    }
    let end = column.x + column.width;
    let x = pen.write(column.x, y, column.width, &branch, Tone::Frame);
    let tone = if row.kernel { Tone::Muted } else { Tone::Text };
    // The folder of the program says least: it goes where there is no room for all.
    let program = row.name.split(' ').next().unwrap_or("");
    let folder =
        if program.starts_with('/') { program.rfind('/').map_or(0, |at| at + 1) } else { 0 };
    let (folder, rest) = row.name.split_at(folder);
    let fits = text::width(&row.name) <= usize::from(end.saturating_sub(x));
    let folder = if fits { folder } else { "" };
    let x = pen.write(x, y, end.saturating_sub(x), folder, Tone::Muted);
    pen.write(x, y, end.saturating_sub(x), rest, tone);
}

/// Where the view stands among all rows, on the frame's right side.
fn scrollbar(state: &State, layout: &Layout, pen: &mut Pen<'_>) {
    let (view, all) = (u64::from(layout.list.height), state.list.rows.len() as u64);
    if !layout.framed || all <= view || view == 0 {
        return;
    }
    let height = (view * view / all).max(1);
    let offset = state.list.offset as u64 * (view - height) / (all - view).max(1);
    for at in offset..(offset + height).min(view) {
        let y = layout.list.y + u16::try_from(at).unwrap_or(0);
        pen.symbol(layout.body.right() - 1, y, '┃', pen.look.style(Tone::Muted));
    }
}
