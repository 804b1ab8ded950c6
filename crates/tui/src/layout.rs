//! Where everything stands on a screen of a size: the same answer for whoever draws and for whoever clicks.

use ratatui::layout::{Rect, Size};

use crate::state::Panel;

/// The least that shows the whole screen as it is meant.
pub(crate) const WHOLE: Size = Size { width: 80, height: 24 };
/// The least that shows anything beside the verdict.
pub(crate) const LEAST: Size = Size { width: 50, height: 14 };
/// From here on parts stand in frames; below, rules part them.
const FRAMED: Size = Size { width: 100, height: 32 };
/// From this width on, the ledger and the events stand beside the rest.
const WITH_SIDE: u16 = 140;
/// Cells of the amounts beside the graph.
const SCALE_WIDTH: u16 = 9;

/// The parts of the screen. A part that has no room has no area.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Whether parts stand in frames.
    pub(crate) framed: bool,
    /// The first line: the verdict, the machine, the time.
    pub(crate) title: Rect,
    /// The bar of memory, with its frame.
    pub(crate) memory: Rect,
    /// The graph with its frame, its axes and its lane.
    pub(crate) graph: Rect,
    /// The columns of the graph.
    pub(crate) plot: Rect,
    /// Stalls and events, below the plot.
    pub(crate) lane: Rect,
    /// Times, below the lane.
    pub(crate) axis: Rect,
    /// The list, with its frame.
    pub(crate) body: Rect,
    /// The list's headings; none where another panel than the processes stands there.
    pub(crate) heading: Rect,
    /// The rows of the list.
    pub(crate) list: Rect,
    /// The ledger beside the rest, with its frame.
    pub(crate) ledger: Rect,
    /// The control groups beside the rest, with their frame.
    pub(crate) cgroups: Rect,
    /// The events beside the rest, with their frame.
    pub(crate) events: Rect,
    /// The last line: keys.
    pub(crate) footer: Rect,
    /// What stands in the body.
    pub(crate) panel: Panel,
}

impl Layout {
    /// The layout of a screen with something chosen for its lower part.
    pub(crate) fn of(size: Size, panel: Panel) -> Layout {
        let screen = Rect::new(0, 0, size.width, size.height);
        let title = Rect { height: 1.min(size.height), ..screen };
        if size.width < LEAST.width || size.height < LEAST.height {
            return Layout { title, ..Layout::default() };
        }
        let framed = size.width >= FRAMED.width && size.height >= FRAMED.height;
        let frame = if framed { 2 } else { 0 };
        let footer = Rect { y: size.height - 1, height: 1, ..screen };
        let memory = Rect { y: 1, height: 3 + frame, ..screen };
        let top = memory.bottom();
        let rest = Rect { y: top, height: footer.y - top, ..screen };
        let with_side = framed && size.width >= WITH_SIDE;
        let side_width = if with_side { (size.width / 4).clamp(44, 66) } else { 0 };
        let main = Rect { width: rest.width - side_width, ..rest };
        let side = Rect { x: main.right(), width: side_width, ..rest };
        let plot_height = (rest.height / 4).clamp(3, 24);
        let graph = Rect { height: plot_height + 2 + frame.max(1), ..main };
        let body = Rect { y: graph.bottom(), height: main.bottom() - graph.bottom(), ..main };
        let [ledger, cgroups, events] = split_side(side);
        Layout {
            framed,
            title,
            memory,
            graph,
            body,
            ledger,
            cgroups,
            events,
            footer,
            panel,
            ..Layout::default()
        }
        .with_insides(plot_height)
    }

    fn with_insides(self, plot_height: u16) -> Layout {
        let graph = self.inside(self.graph);
        let plot = Rect {
            x: graph.x + SCALE_WIDTH,
            width: graph.width - SCALE_WIDTH,
            height: plot_height,
            ..graph
        };
        let lane = Rect { y: plot.bottom(), height: 1, ..plot };
        let axis = Rect { y: lane.bottom(), height: 1, ..plot };
        let body = self.inside(self.body);
        let headings = if self.panel == Panel::Processes { 1.min(body.height) } else { 0 };
        let heading = Rect { height: headings, ..body };
        let list = Rect { y: body.y + headings, height: body.height - headings, ..body };
        Layout { plot, lane, axis, heading, list, ..self }
    }

    /// What a part has inside its frame, or below its rule.
    pub(crate) fn inside(&self, part: Rect) -> Rect {
        let (side, below) = if self.framed { (1, 1) } else { (0, 0) };
        let bare = !self.framed && part == self.memory;
        let above = u16::from(!bare).min(part.height);
        Rect {
            x: part.x + side.min(part.width),
            y: part.y + above,
            width: part.width.saturating_sub(2 * side),
            height: part.height.saturating_sub(above + below),
        }
    }

    /// Rows of the list.
    pub(crate) fn rows(&self) -> u16 {
        self.list.height
    }
}

/// Ledger, control groups, events: a line for each part that there usually is, and the groups have what is left.
fn split_side(side: Rect) -> [Rect; 3] {
    if side.width == 0 {
        return [Rect::default(); 3];
    }
    let ledger = Rect { height: (side.height / 2).min(18), ..side };
    let events_height = (side.height / 5).clamp(5, 14);
    let groups_height = side.height - ledger.height - events_height;
    let cgroups = Rect { y: ledger.bottom(), height: groups_height, ..side };
    let events = Rect { y: cgroups.bottom(), height: events_height, ..side };
    [ledger, cgroups, events]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever the size, parts lie on the screen and share no cell.
        #[test]
        fn parts_never_overlap_and_never_leave_the_screen(width in 0u16..500, height in 0u16..200, panel in 0..4) {
            let panel = [Panel::Processes, Panel::Cgroups, Panel::Ledger, Panel::Events][usize::try_from(panel).unwrap()];
            let layout = Layout::of(Size { width, height }, panel);
            let screen = Rect::new(0, 0, width, height);
            let parts = [
                layout.title, layout.memory, layout.graph, layout.body, layout.ledger, layout.cgroups, layout.events,
                layout.footer,
            ];
            for (at, part) in parts.iter().enumerate() {
                prop_assert!(part.is_empty() || screen.union(*part) == screen, "{part} on {screen}");
                for other in &parts[at + 1..] {
                    prop_assert!(part.intersection(*other).is_empty(), "{part} and {other}");
                }
            }
            for (inside, part) in [
                (layout.plot, layout.graph), (layout.lane, layout.graph), (layout.axis, layout.graph),
                (layout.heading, layout.body), (layout.list, layout.body),
            ] {
                prop_assert!(inside.is_empty() || part.union(inside) == part, "{inside} in {part}");
            }
        }
    }

    #[test]
    fn eighty_by_twenty_four_has_room_for_ten_processes() {
        let layout = Layout::of(WHOLE, Panel::Processes);
        assert!(layout.rows() >= 9, "{layout:?}");
        assert!(!layout.framed);
    }
}
