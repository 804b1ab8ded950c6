//! What events do to the state.

use std::sync::Arc;

use ramscope_observe::TimeMs;
use ramscope_observe::processes::question::Base;
use ratatui::crossterm::event::{
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::layout::{Position, Size};

use crate::keys::{self, Action};
use crate::look::Ground;
use crate::moment::Moment;
use crate::past::Replay;
use crate::rows;
use crate::state::{Answer, Overlay, Panel, Question, SPANS_MS, State};

/// The longest filter that can be typed, in characters.
const MAX_FILTER: usize = 200;
/// Rows that one notch of a wheel moves.
const NOTCH: isize = 3;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A new moment of the machine.
    Tick(Arc<Moment>),
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// The terminal has another size.
    Resize(Size),
    /// The history answered.
    Answer(Answer),
}

/// What the world has to do after an event. Drawing is always among it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask the history.
    Ask(Question),
    /// Draw everything anew: the terminal may show something else.
    Redraw,
    /// Give the terminal back and stop, until continued.
    Suspend,
    /// End.
    Quit,
}

impl State {
    /// Takes one event.
    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        let effect = match event {
            Event::Tick(moment) => {
                self.tick(moment);
                None
            }
            Event::Resize(size) => {
                self.size = size;
                self.arrange();
                Some(Effect::Redraw)
            }
            Event::Answer(answer) => {
                self.answered(answer);
                None
            }
            Event::Mouse(mouse) => self.mouse(mouse),
            Event::Key(key) => self.key(&key),
        };
        let course = self.course_question().map(Effect::Ask);
        effect.into_iter().chain(course).collect()
    }

    fn answered(&mut self, answer: Answer) {
        match answer {
            Answer::Course(recorded) => self.course.take(recorded),
            Answer::Failed(words) => self.trouble = Some(words),
            Answer::Moment(at, moment) => {
                // An answer to a step that was left behind meanwhile says nothing.
                if let Some(replay) = self.replay.as_mut().filter(|replay| replay.at == at) {
                    replay.moment = moment;
                    replay.waits = false;
                    self.arrange();
                }
            }
        }
    }

    fn key(&mut self, key: &KeyEvent) -> Option<Effect> {
        if self.list.typing
            && let Some(effect) = self.typed(key)
        {
            return effect;
        }
        let action = keys::action(key);
        self.trouble = None;
        let stays = !matches!(action, Some(Action::Quit | Action::Suspend | Action::Redraw));
        if self.overlay == Some(Overlay::Help) && stays && key.kind != KeyEventKind::Release {
            self.overlay = None;
            return None;
        }
        self.act(action?)
    }

    /// A key while the filter is typed; `None` where it is not for the filter.
    fn typed(&mut self, key: &KeyEvent) -> Option<Option<Effect>> {
        let held = key.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT);
        let filter = &mut self.list.how.filter;
        match key.code {
            KeyCode::Char('u' | 'w') if held == KeyModifiers::CONTROL => filter.clear(),
            KeyCode::Char(character) if held.is_empty() => {
                if filter.chars().count() < MAX_FILTER && !character.is_control() {
                    filter.push(character);
                }
            }
            KeyCode::Backspace if filter.pop().is_none() => self.list.typing = false,
            KeyCode::Backspace => {}
            KeyCode::Enter => self.list.typing = false,
            KeyCode::Esc => {
                filter.clear();
                self.list.typing = false;
            }
            _ => return None,
        }
        self.arrange();
        Some(None)
    }

    /// Moves in a panel whose lines are not chosen; whether the action was that.
    fn scrolled(&mut self, action: Action) -> bool {
        let page = self.page();
        if self.panel == Panel::Processes {
            return false;
        }
        let last = crate::screen::lines_of(self).saturating_sub(page);
        self.scrolled = match action {
            Action::Up => self.scrolled.saturating_sub(1),
            Action::Down => self.scrolled + 1,
            Action::PageUp => self.scrolled.saturating_sub(page),
            Action::PageDown => self.scrolled + page,
            Action::First => 0,
            Action::Last => last,
            _ => return false,
        }
        .min(last);
        true
    }

    fn act(&mut self, action: Action) -> Option<Effect> {
        if self.scrolled(action) {
            return None;
        }
        let page = self.page();
        let list = &mut self.list;
        match action {
            Action::Quit => return Some(Effect::Quit),
            Action::Suspend => return Some(Effect::Suspend),
            Action::Redraw => return Some(Effect::Redraw),
            Action::Back(steps) => return self.step(-steps),
            Action::Forward(steps) => return self.step(steps),
            Action::Hold if self.replay.is_none() => {
                let at = self.live.as_ref()?.time_ms;
                return self.go_to(at);
            }
            Action::Live | Action::Hold => self.go_live(),
            Action::Close => self.close(),
            Action::Help => self.overlay = Some(Overlay::Help),
            Action::Details => self.toggle_details(),
            Action::Ground => {
                self.look.ground = match self.look.ground {
                    Ground::Dark => Ground::Light,
                    Ground::Light => Ground::Dark,
                };
            }
            Action::Up => list.choose(list.chosen.saturating_sub(1), page),
            Action::Down => list.choose(list.chosen + 1, page),
            Action::PageUp => list.choose(list.chosen.saturating_sub(page), page),
            Action::PageDown => list.choose(list.chosen + page, page),
            Action::First => list.choose(0, page),
            Action::Last => list.choose(usize::MAX, page),
            Action::Follow => list.toggle_follow(),
            Action::Filter => self.type_filter(),
            Action::Wider => self.span = (self.span + 1).min(SPANS_MS.len() - 1),
            Action::Narrower => self.span = self.span.saturating_sub(1),
            Action::Zoom => self.zoom = !self.zoom,
            Action::Panel => {
                self.panel = self.panel.next();
                self.scrolled = 0;
            }
            Action::Mark => self.toggle_mark(),
            Action::SortNext
            | Action::SortPrevious
            | Action::Reverse
            | Action::Tree
            | Action::Group
            | Action::Window
            | Action::Kernel => self.rearrange(action),
        }
        None
    }

    /// The keys that make the rows anew.
    fn rearrange(&mut self, action: Action) {
        let how = &mut self.list.how;
        match action {
            Action::SortNext => how.sort = how.sort.stepped(1),
            Action::SortPrevious => how.sort = how.sort.stepped(-1),
            Action::Reverse => how.reversed = !how.reversed,
            Action::Tree => how.tree = !how.tree,
            Action::Group => how.group = how.group.next(),
            Action::Window => how.window = (how.window + 1) % rows::WINDOW_NAMES.len(),
            Action::Kernel => how.kernel = !how.kernel,
            _ => return,
        }
        if action == Action::Window {
            self.mark = None;
        }
        self.panel = Panel::Processes;
        self.arrange();
    }

    fn type_filter(&mut self) {
        self.panel = Panel::Processes;
        self.list.typing = true;
    }

    fn toggle_details(&mut self) {
        self.overlay = match self.overlay {
            Some(Overlay::Details) => None,
            _ => self.list.chosen_row().map(|_| Overlay::Details),
        };
    }

    /// Escape undoes the topmost thing.
    fn close(&mut self) {
        if self.overlay.take().is_some() {
        } else if !self.list.how.filter.is_empty() {
            self.list.how.filter.clear();
            self.arrange();
        } else if self.replay.is_some() {
            self.go_live();
        } else if self.mark.take().is_some() {
            self.arrange();
        }
    }

    /// Measures growth from the moment on the screen, or no longer from a mark.
    fn toggle_mark(&mut self) {
        self.mark = match (&self.mark, self.shown()) {
            (None, Some(moment)) => moment
                .processes
                .as_ref()
                .map(|table| (moment.time_ms, Arc::new(Base::compared(table)))),
            _ => None,
        };
        self.arrange();
    }

    /// Goes so many columns of the graph through time.
    fn step(&mut self, columns: i64) -> Option<Effect> {
        let now = self.now_ms();
        let from = self.replay.as_ref().map_or(now, |replay| replay.at);
        let step = self.grid().step_ms;
        match from + columns * step {
            at if at >= now => {
                self.go_live();
                None
            }
            at => self.go_to(at),
        }
    }

    /// Shows a moment of the past, from this run where it is kept, or else from the history.
    pub(crate) fn go_to(&mut self, at: TimeMs) -> Option<Effect> {
        let oldest = self.kept.from();
        let at = if self.place.recorded { at.max(0) } else { at.max(oldest.unwrap_or(at)) };
        let kept = self.kept.at(at).cloned();
        let ask = kept.is_none() && self.place.recorded;
        let before = self.replay.take().and_then(|replay| replay.moment);
        let moment = kept.or(before.filter(|_| ask));
        self.replay = Some(Replay { at, moment, waits: ask });
        self.arrange();
        ask.then_some(Effect::Ask(Question::Moment { at_ms: at }))
    }

    fn go_live(&mut self) {
        self.replay = None;
        self.arrange();
    }

    fn mouse(&mut self, mouse: MouseEvent) -> Option<Effect> {
        let at = Position { x: mouse.column, y: mouse.row };
        let layout = self.layout();
        let page = self.page();
        if self.overlay.is_some() {
            if let MouseEventKind::Down(_) = mouse.kind {
                self.overlay = None;
            }
            return None;
        }
        match mouse.kind {
            MouseEventKind::ScrollUp if self.panel != Panel::Processes => {
                self.scrolled(Action::Up);
            }
            MouseEventKind::ScrollDown if self.panel != Panel::Processes => {
                self.scrolled(Action::Down);
            }
            MouseEventKind::ScrollUp => self.list.scroll(-NOTCH, page),
            MouseEventKind::ScrollDown => self.list.scroll(NOTCH, page),
            MouseEventKind::Down(MouseButton::Left) | MouseEventKind::Drag(MouseButton::Left)
                if layout.plot.contains(at) =>
            {
                let grid = self.grid();
                let time = grid.end_of(usize::from(at.x - layout.plot.x));
                if time >= self.now_ms() {
                    self.go_live();
                    return None;
                }
                return self.go_to(time);
            }
            MouseEventKind::Down(MouseButton::Left) if layout.heading.contains(at) => {
                self.sort_by_column(at.x);
            }
            MouseEventKind::Down(MouseButton::Left)
                if layout.list.contains(at) && self.panel == Panel::Processes =>
            {
                let place = self.list.offset + usize::from(at.y - layout.list.y);
                match place == self.list.chosen {
                    true => self.toggle_details(),
                    false => self.list.choose(place, page),
                }
            }
            MouseEventKind::Down(MouseButton::Left) if layout.footer.contains(at) => {
                let action = crate::screen::footer::action_at(self, at.x)?;
                return self.act(action);
            }
            _ => {}
        }
        None
    }

    /// A click on a heading sorts by it; a second one turns the order around.
    fn sort_by_column(&mut self, x: u16) {
        let columns = crate::columns::Columns::of(self);
        let Some(sort) = columns.sort_at(x) else { return };
        let how = &mut self.list.how;
        how.reversed = how.sort == sort && !how.reversed;
        how.sort = sort;
        self.arrange();
    }
}

#[cfg(test)]
mod tests;
