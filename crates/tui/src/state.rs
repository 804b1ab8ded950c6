//! What is on the screen and how it came there: a value that events change, without a clock, a file or a terminal.

use std::sync::Arc;

use jiff::tz::TimeZone;
use ramscope_observe::TimeMs;
use ramscope_observe::processes::question::Base;
use ratatui::layout::Size;

use crate::course::{Course, Grid, Recorded};
use crate::layout::Layout;
use crate::list::List;
use crate::look::Look;
use crate::moment::{Mark, Moment};
use crate::past::{Kept, Replay};
use crate::rows::{self, Arrangement};
use crate::run::Start;
use crate::trends::Trends;

/// How much time the graph shows, as the keys step through it.
pub(crate) const SPANS_MS: [i64; 9] = [
    60_000,
    300_000,
    900_000,
    3_600_000,
    3 * 3_600_000,
    12 * 3_600_000,
    86_400_000,
    7 * 86_400_000,
    30 * 86_400_000,
];
/// Where the graph begins: a column a look.
const FIRST_SPAN: usize = 0;
/// Where it begins when there is a history: an hour.
const FIRST_SPAN_RECORDED: usize = 3;

/// So long an answer about the course is good; events come at any time.
const ASK_AGAIN_MS: i64 = 10_000;

/// What is looked at, in words and numbers that do not change while the screen stands.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The machine's name.
    pub host: String,
    /// Time between two ticks, milliseconds.
    pub interval_ms: i64,
    /// Whether there is a history to ask.
    pub recorded: bool,
    /// Where the processes and the past come from, for the help: "the server of …, pid 123", "this program alone".
    pub source: String,
}

/// The lists that share the lower part of a screen that is too small for all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Panel {
    #[default]
    Processes,
    Cgroups,
    Ledger,
    Events,
}

impl Panel {
    pub(crate) fn next(self) -> Panel {
        match self {
            Panel::Processes => Panel::Cgroups,
            Panel::Cgroups => Panel::Ledger,
            Panel::Ledger => Panel::Events,
            Panel::Events => Panel::Processes,
        }
    }
}

/// What lies over the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overlay {
    Help,
    Details,
}

/// A question for the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Memory over time, a point a step, and what happened in that time.
    Course {
        /// First moment, UTC milliseconds.
        from_ms: TimeMs,
        /// First moment after the stretch.
        to_ms: TimeMs,
        /// The time that one point is to stand for.
        step_ms: i64,
    },
    /// Everything about one moment.
    Moment {
        /// The moment, UTC milliseconds; what was recorded last before it is the answer.
        at_ms: TimeMs,
    },
}

/// What the history says.
#[derive(Clone, Debug)]
pub enum Answer {
    /// To [`Question::Course`].
    Course(Recorded),
    /// To [`Question::Moment`] with the same time; `None` where nothing was recorded.
    Moment(TimeMs, Option<Arc<Moment>>),
    /// The history failed, in words.
    Failed(String),
}

/// Everything that decides what is drawn.
#[derive(Clone, Debug)]
pub struct State {
    pub(crate) look: Look,
    pub(crate) zone: TimeZone,
    pub(crate) place: Place,
    pub(crate) size: Size,
    pub(crate) live: Option<Arc<Moment>>,
    pub(crate) course: Course,
    pub(crate) trends: Trends,
    pub(crate) kept: Kept,
    pub(crate) replay: Option<Replay>,
    /// The moment that growth is measured from, in place of a window.
    pub(crate) mark: Option<(TimeMs, Arc<Base>)>,
    pub(crate) list: List,
    pub(crate) span: usize,
    /// Whether the graph's scale is that of what is used, instead of all memory.
    pub(crate) zoom: bool,
    pub(crate) panel: Panel,
    /// The first line of a panel without a choice.
    pub(crate) scrolled: usize,
    pub(crate) overlay: Option<Overlay>,
    /// What went wrong, for the last line.
    pub(crate) trouble: Option<String>,
    /// The course that was asked for last.
    pub(crate) asked: Option<Asked>,
}

impl State {
    /// A screen that has seen nothing yet.
    #[must_use]
    pub fn new(place: Place, look: Look, zone: TimeZone, size: Size) -> State {
        let span = if place.recorded { FIRST_SPAN_RECORDED } else { FIRST_SPAN };
        State {
            look,
            zone,
            place,
            size,
            live: None,
            course: Course::default(),
            trends: Trends::default(),
            kept: Kept::default(),
            replay: None,
            mark: None,
            list: List::default(),
            span,
            zoom: false,
            panel: Panel::default(),
            scrolled: 0,
            overlay: None,
            trouble: None,
            asked: None,
        }
    }

    /// Sets the list as it was asked for at the start.
    pub fn begin(&mut self, start: Start) {
        let Start { sort, filter, group, tree } = start;
        self.list.how = Arrangement { sort, filter, group, tree, ..Arrangement::default() };
    }

    /// The moment on the screen; `None` before the first, and where nothing was recorded.
    pub(crate) fn shown(&self) -> Option<&Arc<Moment>> {
        match &self.replay {
            Some(replay) if replay.waits => replay.moment.as_ref().or(self.live.as_ref()),
            Some(replay) => replay.moment.as_ref(),
            None => self.live.as_ref(),
        }
    }

    /// The time of the newest moment there is.
    pub(crate) fn now_ms(&self) -> TimeMs {
        self.live.as_ref().map_or(0, |moment| moment.time_ms)
    }

    /// Where things are on the screen.
    pub(crate) fn layout(&self) -> Layout {
        Layout::of(self.size, self.panel)
    }

    /// The columns of the graph: up to now, or, while the past is looked at, around that.
    pub(crate) fn grid(&self) -> Grid {
        let count = usize::from(self.layout().plot.width);
        let window = SPANS_MS[self.span];
        let live = Grid::ending_at(self.now_ms(), window, count, self.place.interval_ms);
        match &self.replay {
            Some(replay) if replay.at < live.from_ms => {
                // The moment in the middle, but never beyond now.
                let end = (replay.at + window / 2).min(self.now_ms());
                Grid::ending_at(end, window, count, self.place.interval_ms)
            }
            _ => live,
        }
    }

    /// Takes a new moment.
    pub(crate) fn tick(&mut self, moment: Arc<Moment>) {
        self.course.push(moment.point());
        let kills = moment.rates.and_then(|rates| rates.oom_kills).unwrap_or(0);
        if kills > 0 {
            let processes = if kills == 1 { "process" } else { "processes" };
            let detail = format!("the OOM killer killed {kills} {processes}");
            self.course.mark(Mark { time_ms: moment.time_ms, kind: "oom.kill".into(), detail });
        }
        if let Some(table) = &moment.processes {
            self.trends.push(moment.time_ms, table);
        }
        self.kept.push(Arc::clone(&moment));
        self.live = Some(moment);
        if self.replay.is_none() {
            self.arrange();
        }
    }

    /// Makes the rows anew, after the moment or the arrangement changed.
    pub(crate) fn arrange(&mut self) {
        let table = self.shown().and_then(|moment| moment.processes.clone());
        let base = self.mark.as_ref().map(|(_, base)| Arc::clone(base));
        let rows = table.map(|table| rows::rows(&table, &self.list.how, base.as_deref()));
        self.list.take(rows.unwrap_or_default(), self.page());
    }

    /// Rows that fit on the screen.
    pub(crate) fn page(&self) -> usize {
        usize::from(self.layout().rows())
    }

    /// What the history has to be asked, so that the graph is whole: each question once, and every now and then again, for
    /// the events that a server has seen meanwhile.
    pub(crate) fn course_question(&mut self) -> Option<Question> {
        if !self.place.recorded || self.live.is_none() {
            return None;
        }
        let grid = self.grid();
        let to_ms = grid.to_ms();
        // What this run has seen itself is better than any answer.
        let needed = to_ms.min(self.course.live_from().unwrap_or(TimeMs::MAX));
        let now = self.now_ms();
        let covers = |asked: &Asked| {
            asked.step_ms == grid.step_ms
                && asked.from_ms <= grid.from_ms
                && asked.to_ms >= needed
                && (0..ASK_AGAIN_MS).contains(&(now - asked.when_ms))
        };
        if self.asked.as_ref().is_some_and(covers) {
            return None;
        }
        // A little more than is seen, so that the next steps to the left need no question each.
        let margin = grid.step_ms * i64::try_from(grid.count / 2).unwrap_or(0);
        let (from_ms, step_ms) = (grid.from_ms - margin, grid.step_ms);
        self.asked = Some(Asked { from_ms, to_ms, step_ms, when_ms: now });
        Some(Question::Course { from_ms, to_ms, step_ms })
    }
}

/// A question for a course that was put.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    from_ms: TimeMs,
    to_ms: TimeMs,
    step_ms: i64,
    /// The time of the newest moment then.
    when_ms: TimeMs,
}
