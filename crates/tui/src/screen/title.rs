//! The first line: is the machine short of memory, which machine, and which moment that was.

use ramscope_observe::TimeMs;
use ramscope_observe::explain::State as Shortness;
use ratatui::layout::Rect;

use super::pen::Pen;
use crate::clock;
use crate::look::Tone;
use crate::state::State;
use crate::text;

/// Draws it. The time has its place first, then as much of the verdict as fits, then the machine's name.
pub(crate) fn draw(state: &State, area: Rect, pen: &mut Pen<'_>) {
    if area.is_empty() {
        return;
    }
    let right = when(state, area, pen);
    let room = right.saturating_sub(area.x + 1);
    let end = match state.shown() {
        None if state.replay.is_some() => {
            pen.write(area.x, area.y, room, "Nothing was recorded at this moment.", Tone::Text)
        }
        None => pen.write(area.x, area.y, room, "Looking at the machine …", Tone::Muted),
        Some(moment) => {
            let tone = match moment.verdict.state {
                Shortness::Ok => Tone::Good,
                Shortness::Tight => Tone::Cursor,
                Shortness::Short | Shortness::Critical => Tone::Alert,
            };
            let headline = &moment.verdict.headline;
            let (opening, rest) = headline.split_at(headline.find(':').map_or(0, |at| at + 1));
            let style = pen.look.style(tone).patch(pen.look.style(Tone::Strong));
            let x = pen.styled(area.x, area.y, room, opening, style);
            pen.write(x, area.y, right.saturating_sub(x + 1), rest, Tone::Text)
        }
    };
    let host = format!("  {}", state.place.host);
    if usize::from(right.saturating_sub(end)) > text::width(&host) + 2 {
        let gap = Rect { x: end, width: right - end - 2, ..area };
        pen.right(gap, host.trim_start(), Tone::Muted);
    }
}

/// The time on the right, and whether it is now; where it begins.
fn when(state: &State, area: Rect, pen: &mut Pen<'_>) -> u16 {
    let now = state.now_ms();
    let time = |at: TimeMs| clock::moment(at, now, &state.zone);
    match &state.replay {
        None if state.live.is_none() => area.right(),
        None => {
            let x = pen.right(area, &format!("● live {}", time(now)), Tone::Muted);
            pen.write(x, area.y, 1, "●", Tone::Good);
            x
        }
        Some(replay) => {
            let at = replay.moment.as_ref().map_or(replay.at, |moment| moment.time_ms);
            let ago = text::span(now - at);
            let words = format!("{} · {ago} ago", time(at));
            let x = pen.right(area, &words, Tone::Cursor);
            let hint = "PAST ";
            let width = u16::try_from(hint.len()).unwrap_or(0);
            let x = x.saturating_sub(width);
            let style = pen.look.style(Tone::Cursor).patch(pen.look.style(Tone::Strong));
            pen.styled(x, area.y, width, hint, style);
            x
        }
    }
}
