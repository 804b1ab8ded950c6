//! Who was killed for want of memory: put together from the kernel's log, its counter, and those of the groups.
//!
//! The counter (`oom_kill` of `/proc/vmstat`) is there for everyone and tells only how many; the groups tell where; the log, for
//! those who may read it, whom and why. A kill that the log reports is told in its words; what the log does not report within
//! two looks is told by the group, or as a number. Each is a sentence for people, and the same facts as JSON for programs.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::TimeMs;
use crate::cgroups::{CgroupTable, Slot};
use crate::format::iec;
use crate::history::Event;
use crate::parse::kmsg::OomKill;

/// Kills told one by one at a look; what is beyond is told as a number.
const TOLD_MAX: usize = 16;
/// Looks that a counted kill waits for its report.
const PATIENCE: u8 = 2;
/// Looks after which a report that came before its count no longer waits for it.
const AHEAD_MAX: u8 = 5;

/// Follows the three from look to look.
#[derive(Debug, Default)]
pub(super) struct Kills {
    counted: Option<u64>,
    /// Kills that were counted and not told yet, and for how many looks.
    owed: u64,
    waited: u8,
    /// Kills that the log reported before the counter was seen to go up, and for how many looks that is known.
    ahead: u64,
    ahead_for: u8,
    /// The groups as they were before the oldest of them.
    before: Option<Arc<CgroupTable>>,
}

impl Kills {
    /// Takes the counter; whether it went up, so that the groups should be read at once.
    pub(super) fn count(&mut self, counter: Option<u64>) -> bool {
        let Some(counter) = counter else { return false };
        let more = self.counted.replace(counter).map_or(0, |before| counter.saturating_sub(before));
        let reported = more.min(self.ahead);
        self.ahead -= reported;
        self.owed = self.owed.saturating_add(more - reported);
        more > 0
    }

    /// What happened since the last look, given the reports of the log and the groups as they are now.
    pub(super) fn tell(
        &mut self,
        time_ms: TimeMs,
        reports: &[OomKill],
        groups: &Arc<CgroupTable>,
    ) -> Vec<Event> {
        let mut events: Vec<Event> =
            reports.iter().take(TOLD_MAX).map(|kill| reported(time_ms, kill, groups)).collect();
        self.settle(u64::try_from(reports.len()).unwrap_or(u64::MAX));
        if self.owed == 0 {
            self.waited = 0;
            self.before = Some(Arc::clone(groups));
            return events;
        }
        self.waited += 1;
        if self.waited >= PATIENCE {
            events.extend(self.unreported(time_ms, groups));
            self.waited = 0;
            self.owed = 0;
            self.before = Some(Arc::clone(groups));
        }
        events
    }

    /// Takes reports off what is owed; what was not counted yet will be at the next tick.
    fn settle(&mut self, reported: u64) {
        let settled = reported.min(self.owed);
        self.owed -= settled;
        let early = reported - settled;
        if early > 0 {
            self.ahead = self.ahead.saturating_add(early);
            self.ahead_for = 0;
        } else {
            self.ahead_for = self.ahead_for.saturating_add(1);
            if self.ahead_for > AHEAD_MAX {
                self.ahead = 0;
            }
        }
    }

    /// Kills without a report: by group as far as groups counted them, the rest as a number.
    fn unreported(&mut self, time_ms: TimeMs, groups: &Arc<CgroupTable>) -> Vec<Event> {
        let mut events = Vec::new();
        for (slot, kills) in self.more_in(groups).into_iter().take(TOLD_MAX) {
            let kills = kills.min(self.owed);
            if kills > 0 {
                self.owed -= kills;
                events.push(counted_in(time_ms, slot, kills, groups));
            }
        }
        if self.owed > 0 {
            let detail = format!("{} because memory ran out", were_killed(self.owed));
            let facts = json!({ "kills": self.owed });
            events.push(event(time_ms, "machine".to_owned(), detail, &facts));
        }
        events
    }

    /// Groups whose own count went up, without those that only count what is below them.
    fn more_in(&self, groups: &CgroupTable) -> Vec<(Slot, u64)> {
        let kills = |table: &CgroupTable, slot: Slot| {
            let reading = table.get(slot)?.reading.as_deref()?;
            reading.events.oom_kill
        };
        let more = |slot: Slot, id: u64| {
            let now = kills(groups, slot)?;
            let known = self
                .before
                .as_deref()
                .filter(|before| before.get(slot).is_some_and(|group| group.id == id));
            let before = known.and_then(|before| kills(before, slot)).unwrap_or(0);
            now.checked_sub(before).filter(|more| *more > 0)
        };
        let mut found: Vec<(Slot, u64)> =
            groups.iter().filter_map(|(slot, group)| Some((slot, more(slot, group.id)?))).collect();
        let inner: Vec<Slot> = found
            .iter()
            .flat_map(|(slot, _)| groups.chain(*slot).skip(1).map(|(above, _)| above))
            .collect();
        found.retain(|(slot, _)| !inner.contains(slot));
        found
    }
}

/// A kill in the words of the kernel's log.
fn reported(time_ms: TimeMs, kill: &OomKill, groups: &CgroupTable) -> Event {
    let subject = format!("{} (pid {})", kill.name, kill.pid);
    let held = kill.anon_bytes.saturating_add(kill.file_bytes).saturating_add(kill.shared_bytes);
    let why = match (&kill.cgroup, kill.limit_bytes) {
        (Some(path), limit) => {
            let name = groups.find(path).map(|slot| groups.label(slot).name);
            let called = name.filter(|name| !path.ends_with(name.as_str()));
            let called = called.map_or_else(|| path.clone(), |name| format!("{name} ({path})"));
            match limit {
                Some(limit) => format!("{called} reached its limit of {}", iec(limit)),
                None => format!("{called} reached its limit"),
            }
        }
        (None, _) => "the machine ran out of memory".to_owned(),
    };
    let asked = match (&kill.asked_by, kill.asked_pid) {
        (_, Some(pid)) if pid == kill.pid => " It had asked for the memory itself.".to_owned(),
        (Some(name), pid) => {
            let pid = pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
            format!(
                " {name}{pid} asked for memory at that moment: the one who asked is not the culprit."
            )
        }
        (None, _) => String::new(),
    };
    let detail = format!(
        "{subject} was killed, which held {} ({} anonymous): {why}.{asked}",
        iec(held),
        iec(kill.anon_bytes)
    );
    let facts = json!({
        "kills": 1,
        "victim": kill.name,
        "victim_pid": kill.pid,
        "held_bytes": held,
        "anon_bytes": kill.anon_bytes,
        "file_bytes": kill.file_bytes,
        "shared_bytes": kill.shared_bytes,
        "limit_cgroup": kill.cgroup,
        "limit_bytes": kill.limit_bytes,
        "asked_by": kill.asked_by,
        "asked_pid": kill.asked_pid,
    });
    event(time_ms, subject, detail, &facts)
}

/// Kills that only a group counted.
fn counted_in(time_ms: TimeMs, slot: Slot, kills: u64, groups: &CgroupTable) -> Event {
    let (path, name) = (groups.path(slot), groups.label(slot).name);
    let were = were_killed(kills);
    let binding = groups.binding(slot);
    let detail = match binding {
        Some(binding) => format!(
            "{were} in {name} ({path}): the limit of {} on {} was reached",
            iec(binding.limit_bytes),
            if binding.slot == slot { "itself".to_owned() } else { groups.path(binding.slot) }
        ),
        None => format!("{were} in {name} ({path}) because memory ran out"),
    };
    let facts = json!({
        "kills": kills,
        "cgroup": path,
        "limit_cgroup": binding.map(|binding| groups.path(binding.slot)),
        "limit_bytes": binding.map(|binding| binding.limit_bytes),
    });
    event(time_ms, path, detail, &facts)
}

fn were_killed(kills: u64) -> String {
    if kills == 1 {
        "1 process was killed".to_owned()
    } else {
        format!("{kills} processes were killed")
    }
}

fn event(time_ms: TimeMs, subject: String, detail: String, facts: &Value) -> Event {
    Event { time_ms, kind: "oom.kill".to_owned(), subject, detail, facts: Some(facts.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cgroups::tests::table;

    /// Groups in which so many were killed: at the top, in `a`, and in `a/b`.
    fn groups(kills: [u64; 3]) -> Arc<CgroupTable> {
        let mut table = table(&[
            (None, "", 0, None, None),
            (Some(0), "a", 250, Some(256 << 20), None),
            (Some(1), "b", 250, None, None),
        ]);
        for (group, kills) in table.groups.iter_mut().zip(kills) {
            let group = Arc::make_mut(group.as_mut().unwrap());
            group.reading.as_mut().unwrap().events.oom_kill = Some(kills);
        }
        Arc::new(table)
    }

    fn report() -> OomKill {
        OomKill {
            pid: 77,
            name: "java".to_owned(),
            anon_bytes: 200 << 20,
            cgroup: Some("/a".to_owned()),
            limit_bytes: Some(256 << 20),
            asked_by: Some("nginx".to_owned()),
            asked_pid: Some(12),
            ..OomKill::default()
        }
    }

    fn told(events: &[Event]) -> Vec<&str> {
        events.iter().map(|event| event.detail.as_str()).collect()
    }

    #[test]
    fn a_report_names_victim_limit_and_asker_and_clears_the_asker() {
        let mut kills = Kills::default();
        assert!(!kills.count(Some(5)));
        assert!(kills.tell(1, &[], &groups([5, 5, 5])).is_empty());
        assert!(kills.count(Some(6)));
        let events = kills.tell(2, &[report()], &groups([6, 6, 6]));
        assert_eq!(
            told(&events),
            [
                "java (pid 77) was killed, which held 200 MiB (200 MiB anonymous): /a reached its limit of 256 MiB. \
              nginx (pid 12) asked for memory at that moment: the one who asked is not the culprit."
            ]
        );
        assert_eq!(
            (events[0].kind.as_str(), events[0].subject.as_str()),
            ("oom.kill", "java (pid 77)")
        );
        let facts: Value = serde_json::from_str(events[0].facts.as_deref().unwrap()).unwrap();
        for (name, expected) in [
            ("victim", json!("java")),
            ("victim_pid", json!(77)),
            ("held_bytes", json!(200 << 20)),
            ("limit_cgroup", json!("/a")),
            ("limit_bytes", json!(256 << 20)),
            ("asked_by", json!("nginx")),
            ("asked_pid", json!(12)),
        ] {
            assert_eq!(facts[name], expected, "{name}");
        }
        for _ in 0..5 {
            assert!(!kills.count(Some(6)));
            assert!(kills.tell(3, &[], &groups([6, 6, 6])).is_empty(), "told once");
        }
    }

    #[test]
    fn a_report_that_came_before_its_count_is_told_once() {
        let mut kills = Kills::default();
        kills.count(Some(5));
        assert_eq!(kills.tell(1, &[report()], &groups([5, 5, 5])).len(), 1);
        kills.count(Some(6));
        for look in 2..6 {
            assert!(kills.tell(look, &[], &groups([5, 6, 6])).is_empty());
        }
        kills.count(Some(7));
        kills.tell(7, &[], &groups([5, 7, 7]));
        assert_eq!(kills.tell(8, &[], &groups([5, 7, 7])).len(), 1, "the next one is told");
    }

    #[test]
    fn without_the_log_the_innermost_group_is_named_and_the_rest_counted() {
        let mut kills = Kills::default();
        kills.count(Some(0));
        kills.tell(1, &[], &groups([0, 0, 0]));
        kills.count(Some(3));
        assert!(kills.tell(2, &[], &groups([2, 2, 2])).is_empty(), "the log may still tell");
        kills.count(Some(3));
        let events = kills.tell(3, &[], &groups([2, 2, 2]));
        assert_eq!(
            told(&events),
            [
                "2 processes were killed in b (/a/b): the limit of 256 MiB on /a was reached",
                "1 process was killed because memory ran out"
            ]
        );
    }

    #[test]
    fn a_flood_of_kills_is_bounded() {
        let mut kills = Kills::default();
        kills.count(Some(0));
        kills.count(Some(1000));
        let reports = vec![report(); 1000];
        assert_eq!(kills.tell(1, &reports, &groups([0, 0, 0])).len(), TOLD_MAX);
    }
}
