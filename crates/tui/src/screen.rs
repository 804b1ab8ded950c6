//! Draws a state: a pure function of it into cells.

mod cgroups;
mod details;
pub(crate) mod footer;
mod graph;
mod help;
mod ledger;
mod marks;
mod memory;
mod pen;
mod table;
#[cfg(test)]
mod tests;
mod title;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::layout::{LEAST, Layout, WHOLE};
use crate::look::Tone;
use crate::state::{Overlay, Panel, State};
use pen::Pen;

/// Draws the whole screen.
pub fn draw(state: &State, frame: &mut Frame<'_>) {
    let area = frame.area();
    let layout = Layout::of(area.as_size(), state.panel);
    let mut pen = Pen { cells: frame.buffer_mut(), look: state.look };
    title::draw(state, layout.title, &mut pen);
    if layout.footer.is_empty() {
        too_small(area, &mut pen);
    } else {
        parts(state, &layout, &mut pen);
    }
    match state.overlay {
        Some(Overlay::Help) => help::draw(state, area, &mut pen),
        Some(Overlay::Details) => details::draw(state, area, &mut pen),
        None => {}
    }
    pen.finish();
}

fn parts(state: &State, layout: &Layout, pen: &mut Pen<'_>) {
    memory::draw(state, layout, pen);
    graph::draw(state, layout, pen);
    match layout.panel {
        Panel::Processes => table::draw(state, layout, pen),
        panel => {
            let (name, more) = titles(state, panel);
            pen.part(layout.body, layout.framed, &name, &more);
            panel_lines(state, panel, layout.list, state.scrolled, pen);
        }
    }
    for (panel, part) in [
        (Panel::Ledger, layout.ledger),
        (Panel::Cgroups, layout.cgroups),
        (Panel::Events, layout.events),
    ] {
        if !part.is_empty() {
            let (name, more) = titles(state, panel);
            pen.part(part, layout.framed, &name, &more);
            panel_lines(state, panel, layout.inside(part), 0, pen);
        }
    }
    footer::draw(state, layout, pen);
}

/// What a panel is called, and what it shows.
fn titles(state: &State, panel: Panel) -> (String, String) {
    match panel {
        Panel::Processes => ("Processes".to_owned(), String::new()),
        Panel::Cgroups => {
            let table = state.shown().and_then(|moment| moment.cgroups.as_ref());
            let count = table.map(|table| table.len().to_string()).unwrap_or_default();
            (format!("Cgroups {count}"), table.map(|t| t.hierarchy.key()).unwrap_or("").to_owned())
        }
        Panel::Ledger => ("Ledger".to_owned(), "where all of MemTotal is".to_owned()),
        Panel::Events => ("Events".to_owned(), "in the time of the graph".to_owned()),
    }
}

fn panel_lines(state: &State, panel: Panel, area: Rect, from: usize, pen: &mut Pen<'_>) {
    match panel {
        Panel::Processes => {}
        Panel::Cgroups => cgroups::draw(state, area, from, pen),
        Panel::Ledger => ledger::draw(state.shown().map(|moment| &**moment), area, pen),
        Panel::Events => marks::draw(state, area, from, pen),
    }
}

/// How many lines the chosen panel has, for whoever scrolls it.
pub(crate) fn lines_of(state: &State) -> usize {
    match state.panel {
        Panel::Processes => state.list.rows.len(),
        // A line is its heading.
        Panel::Cgroups => cgroups::count(state) + 1,
        // The ledger makes itself as short as its room.
        Panel::Ledger => 0,
        Panel::Events => state.course.marks(state.grid()).count(),
    }
}

/// The verdict has been said; the rest needs room.
fn too_small(area: Rect, pen: &mut Pen<'_>) {
    if area.height < 2 {
        return;
    }
    let line = Rect { y: area.y + 1, height: 1, ..area };
    let words = format!(
        "{}×{} is too small: {}×{} shows the least, {}×{} everything. q ends.",
        area.width, area.height, LEAST.width, LEAST.height, WHOLE.width, WHOLE.height
    );
    pen.line(line, &[(&words, Tone::Muted)]);
}
