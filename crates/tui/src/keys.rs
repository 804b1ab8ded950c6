//! What each key does: one table for the keyboard, the help and the footer.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// Something that a key or the mouse wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Quit,
    Suspend,
    Redraw,
    Help,
    Close,
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    /// So many columns of the graph back in time, or forward.
    Back(i64),
    Forward(i64),
    Live,
    Hold,
    Mark,
    SortNext,
    SortPrevious,
    Reverse,
    Filter,
    Tree,
    Group,
    Follow,
    Window,
    Kernel,
    Wider,
    Narrower,
    Zoom,
    Panel,
    Details,
    Ground,
}

/// One line of the help: the keys in words, what they do, and their codes.
pub(crate) struct Binding {
    pub(crate) keys: &'static str,
    pub(crate) does: &'static str,
    pub(crate) codes: &'static [(KeyCode, KeyModifiers, Action)],
}

const NONE: KeyModifiers = KeyModifiers::NONE;
const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
const CONTROL: KeyModifiers = KeyModifiers::CONTROL;

const fn key(character: char, action: Action) -> (KeyCode, KeyModifiers, Action) {
    (KeyCode::Char(character), NONE, action)
}

const fn control(character: char, action: Action) -> (KeyCode, KeyModifiers, Action) {
    (KeyCode::Char(character), CONTROL, action)
}

const fn code(code: KeyCode, action: Action) -> (KeyCode, KeyModifiers, Action) {
    (code, NONE, action)
}

const fn function(number: u8, action: Action) -> (KeyCode, KeyModifiers, Action) {
    (KeyCode::F(number), NONE, action)
}

const fn bind(
    keys: &'static str,
    does: &'static str,
    codes: &'static [(KeyCode, KeyModifiers, Action)],
) -> Binding {
    Binding { keys, does, codes }
}

/// A group of the help.
pub(crate) struct Chapter {
    pub(crate) title: &'static str,
    pub(crate) bindings: &'static [Binding],
}

/// All keys there are.
pub(crate) const CHAPTERS: [Chapter; 4] = [
    Chapter {
        title: "Processes",
        bindings: &[
            bind(
                "s S",
                "sort by the next or the previous column",
                &[
                    key('s', Action::SortNext),
                    key('S', Action::SortPrevious),
                    function(6, Action::SortNext),
                    key('>', Action::SortNext),
                    key('<', Action::SortPrevious),
                ],
            ),
            bind("r", "reverse the order", &[key('r', Action::Reverse)]),
            bind(
                "/ f",
                "filter by words: command, user, cgroup, PID",
                &[key('/', Action::Filter), key('f', Action::Filter), function(4, Action::Filter)],
            ),
            bind("t", "tree", &[key('t', Action::Tree), function(5, Action::Tree)]),
            bind("g", "sum by application, cgroup or user", &[key('g', Action::Group)]),
            bind("w", "growth over 1 min, 10 min, 1 h, 1 d", &[key('w', Action::Window)]),
            bind("F", "follow the chosen row", &[key('F', Action::Follow)]),
            bind("K", "threads of the kernel too", &[key('K', Action::Kernel)]),
            bind(
                "Enter",
                "all numbers of the chosen row",
                &[code(KeyCode::Enter, Action::Details)],
            ),
        ],
    },
    Chapter {
        title: "Time",
        bindings: &[
            bind(
                "← →",
                "step through the past",
                &[code(KeyCode::Left, Action::Back(1)), code(KeyCode::Right, Action::Forward(1))],
            ),
            bind(
                "[ ]",
                "ten steps (or Shift with ← →)",
                &[
                    key('[', Action::Back(10)),
                    key(']', Action::Forward(10)),
                    (KeyCode::Left, SHIFT, Action::Back(10)),
                    (KeyCode::Right, SHIFT, Action::Forward(10)),
                ],
            ),
            bind("n", "back to now", &[key('n', Action::Live)]),
            bind("Space", "hold this moment, and go on", &[key(' ', Action::Hold)]),
            bind("m", "measure growth from this moment on", &[key('m', Action::Mark)]),
            bind(
                "- +",
                "show more time, or less",
                &[key('-', Action::Wider), key('+', Action::Narrower), key('=', Action::Narrower)],
            ),
            bind("z", "scale to what is used, or to all memory", &[key('z', Action::Zoom)]),
        ],
    },
    Chapter {
        title: "Move",
        bindings: &[
            bind(
                "↑ ↓ k j",
                "choose a row",
                &[
                    code(KeyCode::Up, Action::Up),
                    code(KeyCode::Down, Action::Down),
                    key('k', Action::Up),
                    key('j', Action::Down),
                ],
            ),
            bind(
                "PgUp PgDn",
                "a page",
                &[
                    code(KeyCode::PageUp, Action::PageUp),
                    code(KeyCode::PageDown, Action::PageDown),
                    control('b', Action::PageUp),
                    control('f', Action::PageDown),
                ],
            ),
            bind(
                "Home End",
                "the first or the last row",
                &[code(KeyCode::Home, Action::First), code(KeyCode::End, Action::Last)],
            ),
            bind(
                "Tab",
                "next: processes, cgroups, ledger, events",
                &[code(KeyCode::Tab, Action::Panel)],
            ),
        ],
    },
    Chapter {
        title: "Screen",
        bindings: &[
            bind(
                "? h",
                "this help",
                &[key('?', Action::Help), key('h', Action::Help), function(1, Action::Help)],
            ),
            bind("T", "colours for a light or a dark ground", &[key('T', Action::Ground)]),
            bind("Ctrl-L", "draw everything anew", &[control('l', Action::Redraw)]),
            bind("Esc", "close, clear, or back to now", &[code(KeyCode::Esc, Action::Close)]),
            bind(
                "q",
                "end (also F10, Ctrl-C); Ctrl-Z suspends",
                &[
                    key('q', Action::Quit),
                    function(10, Action::Quit),
                    control('c', Action::Quit),
                    control('z', Action::Suspend),
                ],
            ),
        ],
    },
];

/// What a key wants; `None` for keys without a meaning. Caps lock and Shift change no letter's meaning but by the letter.
pub(crate) fn action(event: &KeyEvent) -> Option<Action> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let is_character = matches!(event.code, KeyCode::Char(_));
    let pressed = match is_character {
        true => event.modifiers & (CONTROL | KeyModifiers::ALT),
        false => event.modifiers & (CONTROL | KeyModifiers::ALT | SHIFT),
    };
    let all = CHAPTERS.iter().flat_map(|chapter| chapter.bindings).flat_map(|bound| bound.codes);
    let bound = all.into_iter().find(|(code, held, _)| *code == event.code && *held == pressed);
    bound.map(|(_, _, action)| *action)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_key_has_two_meanings() {
        let mut seen = HashSet::new();
        for bound in CHAPTERS.iter().flat_map(|chapter| chapter.bindings) {
            for (code, held, _) in bound.codes {
                assert!(seen.insert((*code, *held)), "{code:?} {held:?}");
            }
        }
    }

    #[test]
    fn letters_are_told_apart_by_case_and_by_control() {
        let press = |code, held| action(&KeyEvent::new(code, held));
        assert_eq!(press(KeyCode::Char('f'), NONE), Some(Action::Filter));
        assert_eq!(press(KeyCode::Char('F'), SHIFT), Some(Action::Follow));
        assert_eq!(press(KeyCode::Char('f'), CONTROL), Some(Action::PageDown));
        assert_eq!(press(KeyCode::Char('c'), CONTROL), Some(Action::Quit));
        assert_eq!(press(KeyCode::Left, SHIFT), Some(Action::Back(10)));
        assert_eq!(press(KeyCode::Char('x'), NONE), None);
    }
}
