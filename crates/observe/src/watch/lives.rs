//! Processes that started, ended and jumped: those that matter one by one, the others as a number.
//!
//! Thousands of short lives a second are common (builds, scripts), so a process is told of once it has held much for a while,
//! and a flood of starts once a minute.

use std::collections::HashMap;
use std::time::Duration;

use crate::TimeMs;
use crate::forecast::span;
use crate::format::iec;
use crate::history::Event;
use crate::processes::{Process, ProcessTable};

/// A process that holds less is not told of.
const LARGE_BYTES: u64 = 64 << 20;
/// A process is told of when it has lived for so long.
const SETTLED: Duration = Duration::from_secs(10);
/// A jump is this much within so long, or a part of the machine where that is more.
const JUMP_BYTES: u64 = 256 << 20;
const JUMP_DIVISOR: u64 = 32;
const JUMP_WITHIN: Duration = Duration::from_secs(10);
/// So many starts within a minute are a flood.
const FLOOD: u64 = 1000;
const MINUTE: Duration = Duration::from_secs(60);
/// Events of one look, and of one minute; what is beyond is counted.
const TOLD_A_LOOK: usize = 8;
const TOLD_A_MINUTE: usize = 60;

/// Follows processes from table to table.
#[derive(Debug, Default)]
pub(super) struct Lives {
    known: HashMap<(u32, TimeMs), Known>,
    /// Whether there was a table before: what lives at the first is not news.
    begun: bool,
    minute: Minute,
    forks: Option<u64>,
}

/// What is kept of a process.
#[derive(Clone, Debug)]
struct Known {
    name: String,
    first: Duration,
    told: bool,
    bytes: u64,
    peak_bytes: u64,
    /// What it held at the last mark, and when that was.
    mark: (Duration, u64),
    seen: Duration,
}

/// What was told in this minute.
#[derive(Debug, Default)]
struct Minute {
    began: Duration,
    told: usize,
    untold: u64,
    starts: u64,
}

impl Lives {
    /// Takes the newest table.
    pub(super) fn look(
        &mut self,
        now: Duration,
        table: &ProcessTable,
        total_bytes: u64,
    ) -> Vec<Event> {
        let jump = JUMP_BYTES.max(total_bytes / JUMP_DIVISOR);
        let mut events = Vec::new();
        for process in table.processes.iter().filter(|process| !process.identity.is_kernel) {
            events.extend(self.meet(now, table.time_ms, process, jump));
        }
        events.extend(self.bury(now, table.time_ms));
        if let Some(forks) = table.forks {
            let before = self.forks.replace(forks).unwrap_or(forks);
            self.minute.starts += forks.saturating_sub(before);
        }
        self.begun = true;
        self.bounded(now, table.time_ms, events)
    }

    fn meet(
        &mut self,
        now: Duration,
        time_ms: TimeMs,
        process: &Process,
        jump: u64,
    ) -> Option<Event> {
        let bytes = process.memory_bytes();
        let begun = self.begun;
        let known = self.known.entry(process.key()).or_insert_with(|| Known {
            name: format!("{} (pid {})", process.identity.command, process.identity.pid),
            first: now,
            told: !begun,
            bytes,
            peak_bytes: bytes,
            mark: (now, bytes),
            seen: now,
        });
        known.seen = now;
        known.bytes = bytes;
        known.peak_bytes = known.peak_bytes.max(bytes).max(process.peak_bytes);
        let lived = now.saturating_sub(known.first);
        if !known.told && bytes >= LARGE_BYTES && lived >= SETTLED {
            known.told = true;
            known.mark = (now, bytes);
            let detail =
                format!("{} started {} ago and holds {}", known.name, span(lived), iec(bytes));
            return Some(event(time_ms, "process.started", &known.name, detail));
        }
        let (marked, before) = known.mark;
        if bytes.abs_diff(before) >= jump && known.told {
            known.mark = (now, bytes);
            let way = if bytes > before { "grew" } else { "shrank" };
            let within = span(now.saturating_sub(marked));
            let detail = format!(
                "{} {way} by {} within {within}, to {}",
                known.name,
                iec(bytes.abs_diff(before)),
                iec(bytes)
            );
            return Some(event(time_ms, "process.jumped", &known.name, detail));
        }
        if now.saturating_sub(marked) >= JUMP_WITHIN {
            known.mark = (now, bytes);
        }
        None
    }

    /// Forgets those that are gone; the large ones are told of.
    fn bury(&mut self, now: Duration, time_ms: TimeMs) -> Vec<Event> {
        let gone = self.known.extract_if(|_, known| known.seen < now).map(|(_, known)| known);
        let mut large: Vec<Known> = gone.filter(|known| known.bytes >= LARGE_BYTES).collect();
        large.sort_by_key(|known| std::cmp::Reverse(known.bytes));
        let told = large.into_iter().map(|known| {
            let detail = format!(
                "{} ended; it held {}, {} at most",
                known.name,
                iec(known.bytes),
                iec(known.peak_bytes)
            );
            event(time_ms, "process.ended", &known.name, detail)
        });
        told.collect()
    }

    /// At most so many events; once a minute, what was not told, and a flood of starts.
    fn bounded(&mut self, now: Duration, time_ms: TimeMs, mut events: Vec<Event>) -> Vec<Event> {
        let room = TOLD_A_MINUTE.saturating_sub(self.minute.told).min(TOLD_A_LOOK);
        let beyond = events.len().saturating_sub(room);
        events.truncate(room);
        self.minute.told += events.len();
        self.minute.untold += u64::try_from(beyond).unwrap_or(u64::MAX);
        if now.saturating_sub(self.minute.began) >= MINUTE {
            let Minute { untold, starts, .. } =
                std::mem::replace(&mut self.minute, Minute { began: now, ..Minute::default() });
            if untold > 0 {
                let detail = format!(
                    "{untold} more large processes started, ended or jumped within a minute"
                );
                events.push(event(time_ms, "process.many", "processes", detail));
            }
            if starts >= FLOOD {
                let detail = format!("{starts} processes and threads started within a minute");
                events.push(event(time_ms, "process.flood", "processes", detail));
            }
        }
        events
    }
}

fn event(time_ms: TimeMs, kind: &str, subject: &str, detail: String) -> Event {
    Event { time_ms, kind: kind.to_owned(), subject: subject.to_owned(), detail, facts: None }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::processes::Identity;

    const MIB: u64 = 1 << 20;

    /// Processes given as pid and MiB.
    fn table(processes: &[(u32, u64)], forks: u64) -> ProcessTable {
        let process = |&(pid, mib): &(u32, u64)| Process {
            identity: Arc::new(Identity { pid, command: "job".into(), ..Identity::default() }),
            rss_bytes: mib * MIB,
            ..Process::default()
        };
        ProcessTable {
            processes: processes.iter().map(process).collect(),
            forks: Some(forks),
            ..ProcessTable::default()
        }
    }

    fn look(lives: &mut Lives, second: u64, processes: &[(u32, u64)]) -> Vec<String> {
        let events = lives.look(Duration::from_secs(second), &table(processes, second), 1 << 30);
        events.into_iter().map(|event| format!("{}: {}", event.kind, event.detail)).collect()
    }

    #[test]
    fn large_processes_are_told_when_they_start_jump_and_end() {
        let mut lives = Lives::default();
        assert!(look(&mut lives, 0, &[(1, 500), (2, 1)]).is_empty(), "what was there is no news");
        assert!(look(&mut lives, 1, &[(1, 500), (2, 1), (3, 100)]).is_empty());
        assert_eq!(
            look(&mut lives, 11, &[(1, 500), (3, 100)]),
            ["process.started: job (pid 3) started 10 s ago and holds 100 MiB"]
        );
        assert_eq!(
            look(&mut lives, 12, &[(1, 900), (3, 100)]),
            ["process.jumped: job (pid 1) grew by 400 MiB within 1 s, to 900 MiB"]
        );
        assert_eq!(
            look(&mut lives, 13, &[(3, 100)]),
            ["process.ended: job (pid 1) ended; it held 900 MiB, 900 MiB at most"]
        );
        assert!(look(&mut lives, 14, &[(3, 100)]).is_empty());
    }

    #[test]
    fn slow_growth_is_no_jump_and_short_lives_are_no_news() {
        let mut lives = Lives::default();
        for second in 0..100 {
            let told = look(
                &mut lives,
                second,
                &[(1, 100 + 10 * second), (1000 + u32::try_from(second).unwrap(), 20)],
            );
            assert!(told.is_empty(), "{told:?}");
        }
    }

    #[test]
    fn a_storm_of_lives_is_folded_and_counted() {
        let mut lives = Lives::default();
        look(&mut lives, 0, &[]);
        let mut told = 0;
        for second in 1..=61u64 {
            let processes: Vec<(u32, u64)> = match second % 2 {
                0 => {
                    (0..100).map(|pid| (u32::try_from(second).unwrap() * 1000 + pid, 100)).collect()
                }
                _ => Vec::new(),
            };
            let events =
                lives.look(Duration::from_secs(second), &table(&processes, second * 100), 1 << 30);
            assert!(events.len() <= TOLD_A_LOOK + 2);
            told += events.len();
            if second == 60 {
                let kinds: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
                assert!(
                    kinds.contains(&"process.flood") && kinds.contains(&"process.many"),
                    "{kinds:?}"
                );
            }
        }
        assert!(told <= TOLD_A_MINUTE + 12, "{told}");
    }
}
