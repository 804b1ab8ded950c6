//! The last line: the keys that matter most, each of which can be clicked; or what went wrong.

use ratatui::layout::Rect;

use super::pen::Pen;
use crate::keys::Action;
use crate::layout::{Layout, WHOLE};
use crate::look::Tone;
use crate::state::State;

/// A key, its word and what it does.
type Key = (&'static str, &'static str, Action);

const LIVE: [Key; 12] = [
    ("?", "help", Action::Help),
    ("q", "quit", Action::Quit),
    ("/", "filter", Action::Filter),
    ("s", "sort", Action::SortNext),
    ("g", "group", Action::Group),
    ("t", "tree", Action::Tree),
    ("w", "window", Action::Window),
    ("F", "follow", Action::Follow),
    ("←", "past", Action::Back(1)),
    ("Tab", "lists", Action::Panel),
    ("m", "mark", Action::Mark),
    ("+", "zoom time", Action::Narrower),
];

const PAST: [Key; 7] = [
    ("?", "help", Action::Help),
    ("q", "quit", Action::Quit),
    ("←", "earlier", Action::Back(1)),
    ("→", "later", Action::Forward(1)),
    ("n", "now", Action::Live),
    ("m", "growth from here", Action::Mark),
    ("-", "more time", Action::Wider),
];

const TYPING: [Key; 2] =
    [("Enter", "keep the filter", Action::Close), ("Esc", "clear it", Action::Close)];

fn keys(state: &State) -> &'static [Key] {
    match &state.replay {
        _ if state.list.typing => &TYPING,
        Some(_) => &PAST,
        None => &LIVE,
    }
}

/// Each key with the cells it stands on; those that do not fit are left out.
fn placed(state: &State, line: Rect) -> impl Iterator<Item = (u16, u16, Key)> {
    let mut x = line.x;
    keys(state).iter().map_while(move |&(key, word, action)| {
        let width = u16::try_from(key.chars().count() + 1 + word.len()).unwrap_or(u16::MAX);
        let at = x;
        x = x.saturating_add(width + 2);
        (at.saturating_add(width) <= line.right()).then_some((at, width, (key, word, action)))
    })
}

/// What a click at `x` wants.
pub(crate) fn action_at(state: &State, x: u16) -> Option<Action> {
    let line = state.layout().footer;
    let hit = placed(state, line).find(|(at, width, _)| (*at..at + width).contains(&x));
    hit.map(|(_, _, (_, _, action))| action)
}

/// Draws it.
pub(crate) fn draw(state: &State, layout: &Layout, pen: &mut Pen<'_>) {
    let line = layout.footer;
    if let Some(trouble) = &state.trouble {
        pen.line(line, &[(trouble, Tone::Alert)]);
        return;
    }
    let mut end = line.x;
    for (x, width, (key, word, _)) in placed(state, line) {
        let after = pen.write(x, line.y, width, key, Tone::Strong);
        end = pen.write(after + 1, line.y, width, word, Tone::Muted);
    }
    let small = line.width < WHOLE.width || layout.footer.bottom() < WHOLE.height;
    let words = match small {
        true => format!("80×{} shows everything", WHOLE.height),
        false => state.place.source.clone(),
    };
    let gap = Rect { x: end + 2, width: line.right().saturating_sub(end + 2), ..line };
    pen.right(gap, &words, Tone::Muted);
}
