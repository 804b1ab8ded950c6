//! Alert rules: when one begins to hold, and when it no longer does. Pure: what is known and the time come in; who is told is
//! somebody else's line.
//!
//! A rule has to hold for `hold` before it fires, and has to stop holding beyond its `clear` mark before it is over, so that a
//! value that trembles around its threshold is told once.

use std::time::Duration;

use crate::TimeMs;
use crate::cgroups::CgroupTable;
use crate::format::{iec, percent};
use crate::history::Event;
use crate::memory::Memory;
use crate::parse::pressure::Pressure;
use crate::watch::Outlook;

/// One rule, decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// What it is called.
    pub name: String,
    /// What it looks for.
    pub condition: Condition,
    /// How long that has to hold.
    pub hold: Duration,
}

/// What a rule looks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Available memory below a mark; over once it is at `clear_bytes` or more.
    AvailableBelow {
        /// The mark.
        mark: Amount,
        /// Where it is over.
        clear: Amount,
    },
    /// Swap in use above a mark; over once it is at `clear` or less.
    SwapAbove {
        /// The mark.
        mark: Amount,
        /// Where it is over.
        clear: Amount,
    },
    /// What a group uses above a mark, a share being of the limit that binds it.
    CgroupAbove {
        /// Its path.
        path: String,
        /// The mark.
        mark: Amount,
        /// Where it is over.
        clear: Amount,
    },
    /// Memory and swap of the machine grow by more than this, with a trend.
    Grows {
        /// Bytes a second.
        bytes_per_s: f64,
        /// Bytes a second at which it is over.
        clear_bytes_per_s: f64,
    },
    /// Somebody meets their limit sooner than this.
    EndsWithin {
        /// Of whom.
        subjects: Subjects,
        /// The time to the limit.
        within: Duration,
        /// The time to the limit at which it is over.
        clear: Duration,
    },
    /// Tasks waited for memory for a greater share of the last 10 s, 0..1.
    Pressure {
        /// The share.
        share: f64,
        /// Where it is over.
        clear: f64,
        /// Whether all of them have to wait at once.
        full: bool,
    },
    /// A process was killed for want of memory; over after the next quiet minute.
    OomKill,
}

/// An amount, or a share of the whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// Bytes.
    Bytes(u64),
    /// A share of the whole, 0..1.
    Share(f64),
}

impl Amount {
    /// In bytes, of a whole.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a mark needs no more than a double's fifteen digits"
    )]
    fn of(self, whole: u64) -> u64 {
        match self {
            Amount::Bytes(bytes) => bytes,
            Amount::Share(share) => (whole as f64 * share) as u64,
        }
    }
}

/// Whose end a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subjects {
    /// The machine.
    System,
    /// Every group with a limit.
    Cgroups,
    /// Every large process.
    Processes,
}

/// All that rules look at.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The numbers of the machine; `None` before the first tick.
    pub memory: Option<&'a Memory>,
    /// Time lost waiting for memory.
    pub pressure: Option<&'a Pressure>,
    /// The groups.
    pub cgroups: &'a CgroupTable,
    /// The newest forecasts.
    pub outlook: Option<&'a Outlook>,
    /// What happened since the last look.
    pub events: &'a [Event],
}

/// A rule that began to hold, or no longer does.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its name.
    pub rule: String,
    /// Whether it fires now; otherwise it is over.
    pub firing: bool,
    /// When.
    pub time_ms: TimeMs,
    /// What was seen, as a sentence.
    pub sentence: String,
}

/// How the rules stand.
#[derive(Clone, Debug)]
pub struct Alerts {
    rules: Vec<(Rule, Standing)>,
}

/// How one rule stands.
#[derive(Clone, Debug, Default)]
struct Standing {
    held_since: Option<Duration>,
    firing: bool,
    /// What was seen last while it held.
    sentence: String,
}

/// How a condition stands at one look.
enum Seen {
    /// Beyond its mark, with what was seen.
    Holds(String),
    /// Between the mark and where it is over.
    Between,
    /// Over, or not known to hold.
    Over,
}

/// For how long a kill holds.
const KILL_HOLDS: Duration = Duration::from_secs(60);

impl Alerts {
    /// Rules of which none holds yet.
    #[must_use]
    pub fn new(rules: Vec<Rule>) -> Alerts {
        Alerts { rules: rules.into_iter().map(|rule| (rule, Standing::default())).collect() }
    }

    /// Whether there is any rule.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Looks at the facts; gives the rules whose standing changed.
    pub fn look(&mut self, time_ms: TimeMs, now: Duration, facts: &Facts<'_>) -> Vec<Change> {
        let changes = self.rules.iter_mut().filter_map(|(rule, standing)| {
            let firing = standing.look(rule, now, facts)?;
            let sentence = match firing {
                true => standing.sentence.clone(),
                false => format!("over: {}", standing.sentence),
            };
            Some(Change { rule: rule.name.clone(), firing, time_ms, sentence })
        });
        changes.collect()
    }
}

impl Standing {
    /// Whether the rule began to fire, or is over; `None` where nothing changed.
    fn look(&mut self, rule: &Rule, now: Duration, facts: &Facts<'_>) -> Option<bool> {
        match rule.condition.seen(facts) {
            Seen::Holds(sentence) => {
                self.sentence = sentence;
                let is_kill = rule.condition == Condition::OomKill;
                let since = if is_kill {
                    self.held_since.insert(now)
                } else {
                    self.held_since.get_or_insert(now)
                };
                let long = is_kill || now.saturating_sub(*since) >= rule.hold;
                let begins = long && !self.firing;
                self.firing |= long;
                begins.then_some(true)
            }
            Seen::Between if self.firing => None,
            Seen::Between => {
                self.held_since = None;
                None
            }
            Seen::Over if rule.condition == Condition::OomKill && self.held_lately(now) => None,
            Seen::Over => {
                self.held_since = None;
                std::mem::take(&mut self.firing).then_some(false)
            }
        }
    }

    fn held_lately(&self, now: Duration) -> bool {
        self.held_since.is_some_and(|since| now.saturating_sub(since) < KILL_HOLDS)
    }
}

impl Condition {
    fn seen(&self, facts: &Facts<'_>) -> Seen {
        self.known(facts).unwrap_or(Seen::Over)
    }

    /// `None` where what it looks at is not known.
    fn known(&self, facts: &Facts<'_>) -> Option<Seen> {
        Some(match self {
            Condition::AvailableBelow { mark, clear } => {
                let Memory { available_bytes, total_bytes, .. } = *facts.memory?;
                let words =
                    || format!("{} of {} is available", iec(available_bytes), iec(total_bytes));
                let (mark, clear) = (mark.of(total_bytes), clear.of(total_bytes));
                seen(available_bytes < mark, available_bytes >= clear, words)
            }
            Condition::SwapAbove { mark, clear } => {
                let Memory { swap_used_bytes: used, swap_total_bytes: total, .. } = *facts.memory?;
                let words = || format!("{} of {} of swap is in use", iec(used), iec(total));
                seen(used > mark.of(total), used <= clear.of(total), words)
            }
            Condition::CgroupAbove { path, mark, clear } => {
                cgroup(facts.cgroups, path, *mark, *clear)?
            }
            Condition::Grows { bytes_per_s, clear_bytes_per_s } => {
                let forecast = facts.outlook?.system.as_ref()?.forecast;
                let pace = forecast.trend.map_or(0.0, |trend| trend.bytes_per_s);
                let words = || format!("memory {}", forecast.sentence());
                seen(pace > *bytes_per_s, pace <= *clear_bytes_per_s, words)
            }
            Condition::EndsWithin { subjects, within, clear } => {
                ends(facts.outlook?, *subjects, *within, *clear)
            }
            Condition::Pressure { share, clear, full } => {
                let pressure = facts.pressure?;
                let stall = if *full { pressure.full? } else { pressure.some };
                let now = f64::from(stall.avg10) / 10_000.0;
                let who = if *full { "all tasks" } else { "tasks" };
                let words = || format!("{who} waited for memory {} of the last 10 s", percent(now));
                seen(now > *share, now <= *clear, words)
            }
            Condition::OomKill => {
                let kill = facts.events.iter().find(|event| event.kind == "oom.kill")?;
                Seen::Holds(kill.detail.clone())
            }
        })
    }
}

fn seen(holds: bool, is_over: bool, words: impl FnOnce() -> String) -> Seen {
    match (holds, is_over) {
        (true, _) => Seen::Holds(words()),
        (false, true) => Seen::Over,
        (false, false) => Seen::Between,
    }
}

fn cgroup(table: &CgroupTable, path: &str, mark: Amount, clear: Amount) -> Option<Seen> {
    let slot = table.find(path)?;
    let used = table.get(slot)?.current_bytes?;
    let limit = table.binding(slot).map(|binding| binding.limit_bytes);
    let whole = match (mark, limit) {
        // A share of nothing is never reached.
        (Amount::Share(_), None) => return None,
        (_, limit) => limit.unwrap_or(0),
    };
    let words = || {
        let of = limit.map_or_else(String::new, |limit| format!(" of {}", iec(limit)));
        format!("{} uses {}{of}", table.label(slot).name, iec(used))
    };
    Some(seen(used > mark.of(whole), used <= clear.of(whole), words))
}

fn ends(outlook: &Outlook, subjects: Subjects, within: Duration, clear: Duration) -> Seen {
    let soonest = match subjects {
        Subjects::System => outlook.system.as_ref().map(|ahead| ("the machine".to_owned(), ahead)),
        Subjects::Cgroups => {
            outlook.cgroups.first().map(|(name, ahead)| (name.name.clone(), ahead))
        }
        Subjects::Processes => outlook
            .processes
            .first()
            .map(|(name, ahead)| (format!("{} (pid {})", name.command, name.pid), ahead)),
    };
    let found = soonest.and_then(|(name, ahead)| Some((name, ahead.forecast, ahead.forecast.end?)));
    let Some((name, forecast, end)) = found else { return Seen::Over };
    let words = || format!("{name}: {}", forecast.sentence());
    seen(end.after < within, end.after >= clear, words)
}

impl Change {
    /// The change as an event of the history.
    #[must_use]
    pub fn event(&self) -> Event {
        let kind = if self.firing { "alert.firing" } else { "alert.over" };
        Event {
            time_ms: self.time_ms,
            kind: kind.to_owned(),
            subject: self.rule.clone(),
            detail: self.sentence.clone(),
            facts: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cgroups::tests::table;
    use crate::parse::pressure::Stall;

    const GIB: u64 = 1 << 30;

    fn rule(condition: Condition, hold: u64) -> Alerts {
        Alerts::new(vec![Rule { name: "r".to_owned(), condition, hold: Duration::from_secs(hold) }])
    }

    /// Feeds a value a second, and compares when the rule began to fire (+) and was over (−).
    fn check(
        mut alerts: Alerts,
        values: &[u64],
        facts: impl Fn(u64, &mut dyn FnMut(&Facts<'_>)),
        expected: &[(u64, bool)],
    ) {
        let mut found = Vec::new();
        for (second, value) in (0..).zip(values) {
            facts(*value, &mut |facts| {
                for change in alerts.look(1, Duration::from_secs(second), facts) {
                    found.push((second, change.firing));
                }
            });
        }
        assert_eq!(found, expected);
    }

    fn available(value: u64, look: &mut dyn FnMut(&Facts<'_>)) {
        let memory =
            Memory { total_bytes: 100 * GIB, available_bytes: value * GIB, ..Memory::default() };
        let cgroups = CgroupTable::default();
        look(&Facts {
            memory: Some(&memory),
            pressure: None,
            cgroups: &cgroups,
            outlook: None,
            events: &[],
        });
    }

    #[test]
    fn a_rule_holds_for_a_while_before_it_fires_and_clears_beyond_its_mark() {
        let condition =
            Condition::AvailableBelow { mark: Amount::Share(0.1), clear: Amount::Share(0.15) };
        let course = [20, 9, 12, 9, 9, 9, 9, 12, 9, 14, 15, 9, 9, 9, 9];
        check(
            rule(condition.clone(), 3),
            &course,
            available,
            &[(6, true), (10, false), (14, true)],
        );
        check(rule(condition, 0), &course, available, &[(1, true), (10, false), (11, true)]);
    }

    #[test]
    fn pressure_and_groups_are_looked_at_and_what_is_not_known_never_fires() {
        let pressure = Condition::Pressure { share: 0.1, clear: 0.02, full: false };
        let stalled = |value: u64, look: &mut dyn FnMut(&Facts<'_>)| {
            let some = Stall { avg10: u32::try_from(value).unwrap(), ..Stall::default() };
            let pressure = Pressure { some, full: None };
            let cgroups = CgroupTable::default();
            look(&Facts {
                memory: None,
                pressure: Some(&pressure),
                cgroups: &cgroups,
                outlook: None,
                events: &[],
            });
        };
        check(rule(pressure, 0), &[0, 1500, 500, 100], stalled, &[(1, true), (3, false)]);
        check(
            rule(Condition::Pressure { share: 0.1, clear: 0.02, full: true }, 0),
            &[9000],
            stalled,
            &[],
        );
        let group = Condition::CgroupAbove {
            path: "/a".into(),
            mark: Amount::Share(0.9),
            clear: Amount::Share(0.8),
        };
        let used = |value: u64, look: &mut dyn FnMut(&Facts<'_>)| {
            let cgroups =
                table(&[(None, "", 0, None, None), (Some(0), "a", value, Some(100), None)]);
            look(&Facts {
                memory: None,
                pressure: None,
                cgroups: &cgroups,
                outlook: None,
                events: &[],
            });
        };
        check(rule(group, 1), &[95, 95, 85, 80], used, &[(1, true), (3, false)]);
        let missing = Condition::CgroupAbove {
            path: "/b".into(),
            mark: Amount::Bytes(1),
            clear: Amount::Bytes(0),
        };
        check(rule(missing, 0), &[95], used, &[]);
    }

    #[test]
    fn a_kill_fires_at_once_and_is_over_after_a_quiet_minute() {
        let mut values = vec![0; 130];
        values[1] = 1;
        values[20] = 1;
        let facts = |value: u64, look: &mut dyn FnMut(&Facts<'_>)| {
            let kill = Event {
                time_ms: 1,
                kind: "oom.kill".into(),
                subject: "x".into(),
                detail: "x was killed".into(),
                facts: None,
            };
            let events = if value > 0 { vec![kill] } else { Vec::new() };
            let cgroups = CgroupTable::default();
            look(&Facts {
                memory: None,
                pressure: None,
                cgroups: &cgroups,
                outlook: None,
                events: &events,
            });
        };
        check(rule(Condition::OomKill, 10), &values, facts, &[(1, true), (80, false)]);
    }
}
