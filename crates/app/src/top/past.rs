//! Answers the screen's questions about the past out of the history.

use std::sync::Arc;
use std::time::Duration;

use super::growth;
use ramscope_observe::TimeMs;
use ramscope_observe::cgroups;
use ramscope_observe::clock::Clock;
use ramscope_observe::history::{History, HistoryError, Range, RangeRequest};
use ramscope_observe::processes::past::PastError;
use ramscope_tui::{Answer, Mark, Moment, Past, Point, Question};

/// What a curve is made of.
const SERIES: [&str; 5] =
    ["memory.used", "memory.available", "memory.free", "swap.used", "pressure.memory.some.avg10"];
/// Events of one stretch that are shown at most.
const MOST_EVENTS: usize = 2000;

/// The history of a data directory, as the screen asks it.
#[derive(Debug)]
pub(super) struct Recorded(History);

impl Recorded {
    pub(super) fn new(history: History) -> Recorded {
        Recorded(history)
    }

    fn course(&self, from: TimeMs, to: TimeMs, step_ms: i64) -> Result<Answer, HistoryError> {
        let points =
            u32::try_from((to - from) / step_ms.max(1)).unwrap_or(u32::MAX).clamp(1, 10_000);
        let names = self.recorded_names()?;
        let mut recorded =
            ramscope_tui::Recorded { from_ms: from, to_ms: to, step_ms, ..Default::default() };
        if !names.is_empty() {
            let request = RangeRequest { names, from, to, points: Some(points) };
            let range = self.0.range(&request)?;
            recorded.step_ms = range.step_ms.max(step_ms);
            recorded.points = self::points(&range);
        }
        let events = self.0.events(from, to, MOST_EVENTS)?;
        recorded.marks = events
            .into_iter()
            .map(|event| Mark { time_ms: event.time_ms, kind: event.kind, detail: event.detail })
            .collect();
        Ok(Answer::Course(recorded))
    }

    /// Those of the curve's series that this machine has: pressure may be off.
    fn recorded_names(&self) -> Result<Vec<String>, HistoryError> {
        let known = self.0.series()?;
        let is_known = |name: &&str| known.iter().any(|info| info.name == *name);
        Ok(SERIES.iter().copied().filter(|name| is_known(name)).map(str::to_owned).collect())
    }

    fn moment(&self, at: TimeMs) -> Result<Option<Arc<Moment>>, PastError> {
        let Some((snapshot, rates)) = self.0.snapshot_at(at)? else { return Ok(None) };
        let processes = growth::at(&self.0, at)?.map(Arc::new);
        let cgroups = match cgroups::past::find(&self.0, None, Some(at), None) {
            Ok(table) => Some(Arc::new(table)),
            Err(PastError::NothingYet { .. }) => None,
            Err(error) => return Err(error),
        };
        Ok(Some(Arc::new(Moment::of(&snapshot, rates, processes).with_cgroups(cgroups))))
    }
}

impl Past for Recorded {
    fn answer(&mut self, question: Question) -> Answer {
        let answer = match question {
            Question::Course { from_ms, to_ms, step_ms } => {
                self.course(from_ms, to_ms, step_ms).map_err(PastError::from)
            }
            Question::Moment { at_ms } => {
                self.moment(at_ms).map(|moment| Answer::Moment(at_ms, moment))
            }
        };
        answer
            .unwrap_or_else(|error| Answer::Failed(format!("the history cannot be read: {error}")))
    }
}

/// Used memory over the last hour, oldest first: how long ago, and bytes. Where that cannot be told, there is none: the
/// forecast then begins with what is seen from now on.
pub(super) fn used_lately(history: &History) -> Vec<(Duration, u64)> {
    const HOUR_MS: TimeMs = 3_600_000;
    let now = Clock::system().wall_ms();
    let request = RangeRequest {
        names: vec![SERIES[0].to_owned()],
        from: now - HOUR_MS,
        to: now,
        points: Some(720),
    };
    let Ok(range) = history.range(&request) else { return Vec::new() };
    let Some(used) = range.series.first() else { return Vec::new() };
    let point = |(time, bytes): (&TimeMs, &Option<i64>)| {
        let ago = Duration::from_millis(u64::try_from(now - time).ok()?);
        Some((ago, u64::try_from((*bytes)?).ok()?))
    };
    range.time_ms.iter().zip(&used.mean).filter_map(point).collect()
}

/// The points of a range's pixels: levels by their mean, stalls by their worst.
fn points(range: &Range) -> Vec<Point> {
    let column = |name: &str| range.series.iter().find(|series| series.name == name);
    let [used, available, free, swap, stalls] = SERIES.map(column);
    let amount = |series: Option<&ramscope_observe::history::Series>, row: usize| {
        let value = series.and_then(|series| series.mean[row]).unwrap_or(0);
        u64::try_from(value).unwrap_or(0)
    };
    let rows = range.time_ms.iter().enumerate();
    rows.filter(|(row, _)| used.is_some_and(|used| used.mean[*row].is_some()))
        .map(|(row, &time_ms)| Point {
            time_ms,
            used_bytes: amount(used, row),
            available_bytes: amount(available, row),
            free_bytes: amount(free, row),
            swap_bytes: amount(swap, row),
            stalled: stalls.and_then(|stalls| stalls.max[row]).map_or(0.0, ratio),
        })
        .collect()
}

/// A recorded ratio, in ten-thousandths, as 0..=1.
fn ratio(recorded: i64) -> f64 {
    f64::from(u16::try_from(recorded.clamp(0, 10_000)).unwrap_or(0)) / 10_000.0
}
