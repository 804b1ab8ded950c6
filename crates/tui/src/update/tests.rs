//! Key by key: what each does to the state.

use std::sync::Arc;

use jiff::tz::TimeZone;
use ratatui::crossterm::event::{
    KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::layout::Size;

use super::*;
use crate::look::Look;
use crate::rows::{Group, RowKey, Sort};
use crate::state::Place;
use crate::testing::{NOW, captured, process, table};

const SIZE: Size = Size { width: 100, height: 30 };

/// A machine with three processes, looked at four times, a second apart.
fn state() -> State {
    let place = Place { interval_ms: 1000, ..Place::default() };
    let mut state = State::new(place, Look::default(), TimeZone::UTC, SIZE);
    for second in 0..4 {
        state.update(Event::Tick(moment(second, [30, 20, 10])));
    }
    state
}

fn moment(second: i64, rss: [u64; 3]) -> Arc<Moment> {
    let mut snapshot = captured("linux-6.18-no-swap");
    snapshot.time_ms = NOW + second * 1000;
    let names = ["postgres", "firefox", "init"];
    let processes: Vec<_> =
        (1..).zip(names).zip(rss).map(|((pid, name), rss)| process(pid, name, rss << 20)).collect();
    Arc::new(Moment::of(&snapshot, None, Some(Arc::new(table(&processes)))))
}

fn press(state: &mut State, keys: &str) -> Vec<Effect> {
    let held =
        |key: char| if key.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
    keys.chars()
        .flat_map(|key| state.update(Event::Key(KeyEvent::new(KeyCode::Char(key), held(key)))))
        .collect()
}

fn code(state: &mut State, code: KeyCode) -> Vec<Effect> {
    state.update(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}

fn control(state: &mut State, key: char) -> Vec<Effect> {
    state.update(Event::Key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::CONTROL)))
}

fn mouse(state: &mut State, kind: MouseEventKind, column: u16, row: u16) {
    state.update(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
}

fn names(state: &State) -> Vec<&str> {
    state.list.rows.iter().map(|row| &*row.name).collect()
}

#[test]
fn the_ends_are_asked_for_by_their_keys() {
    assert_eq!(press(&mut state(), "q"), [Effect::Quit]);
    assert_eq!(code(&mut state(), KeyCode::F(10)), [Effect::Quit]);
    assert_eq!(control(&mut state(), 'c'), [Effect::Quit]);
    assert_eq!(control(&mut state(), 'z'), [Effect::Suspend]);
    assert_eq!(control(&mut state(), 'l'), [Effect::Redraw]);
}

#[test]
fn orders_are_stepped_through_and_turned_around() {
    let mut state = state();
    press(&mut state, "s");
    assert_eq!(state.list.how.sort, Sort::Rss);
    press(&mut state, "SS");
    assert_eq!(state.list.how.sort, Sort::Command, "before the first comes the last");
    assert_eq!(names(&state), ["firefox", "init", "postgres"]);
    press(&mut state, "r");
    assert_eq!(names(&state), ["postgres", "init", "firefox"]);
}

#[test]
fn a_filter_is_typed_shown_at_once_and_cleared() {
    let mut state = state();
    press(&mut state, "/fox");
    assert_eq!((names(&state), state.list.typing), (vec!["firefox"], true));
    press(&mut state, "q");
    assert_eq!(names(&state).len(), 0, "q is a letter while one types");
    code(&mut state, KeyCode::Backspace);
    code(&mut state, KeyCode::Enter);
    assert_eq!((state.list.how.filter.as_str(), state.list.typing), ("fox", false));
    code(&mut state, KeyCode::Esc);
    assert_eq!(names(&state).len(), 3);
    press(&mut state, "/init");
    code(&mut state, KeyCode::Esc);
    assert_eq!((names(&state).len(), state.list.typing), (3, false));
    press(&mut state, "/");
    code(&mut state, KeyCode::Backspace);
    assert!(!state.list.typing, "nothing to take back");
}

#[test]
fn tree_sums_windows_and_kernel_threads_are_switched() {
    let mut state = state();
    press(&mut state, "tK");
    assert!(state.list.how.tree && state.list.how.kernel);
    for group in [Group::Application, Group::Cgroup, Group::User, Group::None] {
        press(&mut state, "g");
        assert_eq!(state.list.how.group, group);
    }
    for window in [1, 2, 3, 0] {
        press(&mut state, "w");
        assert_eq!(state.list.how.window, window);
    }
}

#[test]
fn the_choice_stays_in_its_place_or_follows_its_process() {
    let mut state = state();
    code(&mut state, KeyCode::Down);
    assert_eq!(state.list.chosen, 1);
    press(&mut state, "F");
    state.update(Event::Tick(moment(4, [10, 90, 50])));
    assert_eq!((state.list.chosen, &*state.list.chosen_row().unwrap().name), (0, "firefox"));
    press(&mut state, "F");
    state.update(Event::Tick(moment(5, [90, 10, 50])));
    assert_eq!((state.list.chosen, &*state.list.chosen_row().unwrap().name), (0, "postgres"));
    code(&mut state, KeyCode::End);
    assert_eq!(state.list.chosen, 2);
    code(&mut state, KeyCode::PageUp);
    press(&mut state, "kkk");
    assert_eq!(state.list.chosen, 0, "there is nothing above the first");
}

#[test]
fn arrows_step_through_the_past_of_this_run_and_back_to_now() {
    let mut state = state();
    code(&mut state, KeyCode::Left);
    assert_eq!(state.shown().unwrap().time_ms, NOW + 2000);
    code(&mut state, KeyCode::Left);
    state.update(Event::Tick(moment(4, [30, 20, 10])));
    assert_eq!(
        state.shown().unwrap().time_ms,
        NOW + 1000,
        "a new moment changes nothing of the past"
    );
    press(&mut state, "[[");
    assert_eq!(state.shown().unwrap().time_ms, NOW, "nothing was seen before");
    code(&mut state, KeyCode::Right);
    assert_eq!(state.shown().unwrap().time_ms, NOW + 1000);
    press(&mut state, "]");
    assert!(state.replay.is_none(), "beyond now there is only now");
    code(&mut state, KeyCode::Left);
    press(&mut state, "n");
    assert!(state.replay.is_none());
}

#[test]
fn a_moment_is_held_and_let_go() {
    let mut state = state();
    press(&mut state, " ");
    state.update(Event::Tick(moment(4, [90, 20, 10])));
    assert_eq!(state.shown().unwrap().time_ms, NOW + 3000);
    press(&mut state, " ");
    assert_eq!(state.shown().unwrap().time_ms, NOW + 4000);
}

#[test]
fn growth_is_measured_from_a_mark() {
    let mut state = state();
    press(&mut state, "m");
    state.update(Event::Tick(moment(4, [31, 20, 5])));
    let growth: Vec<_> = state.list.rows.iter().map(|row| row.amounts.growth).collect();
    assert_eq!(growth, [Some(1 << 20), Some(0), Some(-5 << 20)]);
    press(&mut state, "m");
    assert!(state.mark.is_none());
}

#[test]
fn the_history_is_asked_once_for_what_this_run_did_not_see() {
    let mut state = state();
    state.place.recorded = true;
    let asked = press(&mut state, "-");
    let [Effect::Ask(Question::Course { to_ms, step_ms, .. })] = asked[..] else {
        panic!("{asked:?}");
    };
    assert_eq!((to_ms, step_ms), (state.grid().to_ms(), state.grid().step_ms));
    assert_eq!(press(&mut state, "z"), [], "it is known");
    let later = state.update(Event::Tick(moment(14, [30, 20, 10])));
    assert!(
        matches!(later[..], [Effect::Ask(Question::Course { .. })]),
        "a server may have seen events"
    );
    let before = press(&mut state, "[[[[[[[[");
    assert!(before.iter().any(|effect| matches!(effect, Effect::Ask(Question::Moment { .. }))));
    let at = state.replay.as_ref().unwrap().at;
    state.update(Event::Answer(Answer::Moment(at - 1, Some(moment(-60, [1, 1, 1])))));
    assert!(state.replay.as_ref().unwrap().waits, "the answer to another step");
    state.update(Event::Answer(Answer::Moment(at, None)));
    assert!(state.shown().is_none(), "nothing was recorded then, and now is no answer");
}

#[test]
fn escape_undoes_the_topmost_thing() {
    let mut state = state();
    code(&mut state, KeyCode::Left);
    press(&mut state, "/f");
    code(&mut state, KeyCode::Enter);
    code(&mut state, KeyCode::Enter);
    assert_eq!(state.overlay, Some(Overlay::Details));
    code(&mut state, KeyCode::Esc);
    assert_eq!(state.overlay, None);
    code(&mut state, KeyCode::Esc);
    assert_eq!(state.list.how.filter, "");
    code(&mut state, KeyCode::Esc);
    assert!(state.replay.is_none());
}

#[test]
fn the_mouse_chooses_rows_orders_moments_and_keys() {
    let left = MouseEventKind::Down(MouseButton::Left);
    let mut state = state();
    let layout = state.layout();
    mouse(&mut state, left, layout.list.x + 3, layout.list.y + 1);
    assert_eq!(state.list.chosen, 1);
    let columns = crate::columns::Columns::of(&state);
    let pid = columns.placed[0].x;
    mouse(&mut state, left, pid, layout.heading.y);
    assert_eq!((state.list.how.sort, state.list.how.reversed), (Sort::Pid, false));
    mouse(&mut state, left, pid, layout.heading.y);
    assert!(state.list.how.reversed);
    mouse(&mut state, left, layout.plot.right() - 3, layout.plot.y);
    assert_eq!(state.shown().unwrap().time_ms, NOW + 1000);
    mouse(&mut state, left, layout.plot.right() - 1, layout.plot.y);
    assert!(state.replay.is_none(), "the newest column is now");
    mouse(&mut state, left, 0, layout.footer.y);
    assert_eq!(state.overlay, Some(Overlay::Help));
    mouse(&mut state, left, 0, 0);
    assert_eq!(state.overlay, None);
    mouse(&mut state, MouseEventKind::ScrollDown, 5, layout.list.y);
    assert!(matches!(state.list.chosen_row().unwrap().key, RowKey::Process(_)));
}

#[test]
fn every_key_of_the_help_does_something() {
    for chapter in &keys::CHAPTERS {
        for (code, held, action) in chapter.bindings.iter().flat_map(|bound| bound.codes) {
            let mut state = state();
            state.span = 3;
            code_with(&mut state, KeyCode::Down, KeyModifiers::NONE);
            press(&mut state, " ");
            let before = format!("{state:?}");
            let effects = code_with(&mut state, *code, *held);
            let quiet = [Action::Close, Action::Last, Action::PageDown, Action::Forward(1)];
            let changes = !effects.is_empty() || format!("{state:?}") != before;
            assert!(changes || quiet.contains(action), "{action:?} did nothing");
        }
    }
}

fn code_with(state: &mut State, code: KeyCode, held: KeyModifiers) -> Vec<Effect> {
    state.update(Event::Key(KeyEvent::new(code, held)))
}
