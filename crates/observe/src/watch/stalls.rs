//! Episodes in which tasks waited for memory: when one began, when it was over, and how bad it got.

use std::time::Duration;

use crate::TimeMs;
use crate::forecast::span;
use crate::format::percent;
use crate::history::Event;
use crate::parse::pressure::Pressure;

/// An episode begins where some task waited this share of the last 10 s, in ten-thousandths…
const BEGIN: u32 = 1000;
/// … and is over once it was below this for so long: what falls only a little and comes back is one episode.
const END: u32 = 200;
const CALM: Duration = Duration::from_secs(10);

/// Follows the pressure from look to look.
#[derive(Debug, Default)]
pub(super) struct Stalls {
    episode: Option<Episode>,
}

#[derive(Debug)]
struct Episode {
    began: Duration,
    peak: u32,
    calm_since: Option<Duration>,
}

impl Stalls {
    /// Takes the pressure at `now`; gives an event where an episode begins or is over.
    pub(super) fn look(
        &mut self,
        time_ms: TimeMs,
        now: Duration,
        pressure: Option<&Pressure>,
    ) -> Option<Event> {
        let avg10 = pressure?.some.avg10;
        let Some(episode) = &mut self.episode else {
            if avg10 < BEGIN {
                return None;
            }
            self.episode = Some(Episode { began: now, peak: avg10, calm_since: None });
            let detail = format!("tasks wait for memory: {} of the last 10 s", share(avg10));
            return Some(event(time_ms, "pressure.began", detail));
        };
        episode.peak = episode.peak.max(avg10);
        if avg10 >= END {
            episode.calm_since = None;
            return None;
        }
        let calm_since = *episode.calm_since.get_or_insert(now);
        if now.saturating_sub(calm_since) < CALM {
            return None;
        }
        let lasted = span(calm_since.saturating_sub(episode.began));
        let detail = format!(
            "tasks waited for memory for {lasted}, at the worst {} of the time",
            share(episode.peak)
        );
        self.episode = None;
        Some(event(time_ms, "pressure.ended", detail))
    }
}

fn share(ten_thousandths: u32) -> String {
    percent(f64::from(ten_thousandths) / 10_000.0)
}

fn event(time_ms: TimeMs, kind: &str, detail: String) -> Event {
    Event { time_ms, kind: kind.to_owned(), subject: "machine".to_owned(), detail, facts: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::pressure::Stall;

    #[test]
    fn an_episode_has_a_beginning_an_end_and_a_peak_and_does_not_flutter() {
        let course = [0, 900, 1100, 4300, 900, 150, 150, 1200, 100];
        let mut stalls = Stalls::default();
        let mut told = Vec::new();
        for second in 0..40u32 {
            let avg10 = course.get(second as usize).copied().unwrap_or(50);
            let pressure = Pressure { some: Stall { avg10, ..Stall::default() }, full: None };
            let now = Duration::from_secs(second.into());
            told.extend(stalls.look(second.into(), now, Some(&pressure)));
        }
        let told: Vec<_> =
            told.iter().map(|e| (e.time_ms, e.kind.as_str(), e.detail.as_str())).collect();
        assert_eq!(
            told,
            [
                (2, "pressure.began", "tasks wait for memory: 11 % of the last 10 s"),
                (
                    18,
                    "pressure.ended",
                    "tasks waited for memory for 6 s, at the worst 43 % of the time"
                ),
            ]
        );
    }

    #[test]
    fn a_kernel_without_pressure_tells_nothing() {
        assert_eq!(Stalls::default().look(1, Duration::ZERO, None), None);
    }
}
