//! What is forecast, and of whom: the system, every group with a limit, the largest and the fastest-growing processes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use crate::TimeMs;
use crate::cgroups::{CgroupTable, LimitKind, Slot};
use crate::forecast::{Consequence, Forecast, Leak, Series};
use crate::memory::Memory;
use crate::processes::{Process, ProcessTable};
use crate::snapshot::Snapshot;

/// Most groups and processes that are followed at once.
const CGROUPS_MAX: usize = 64;
const PROCESSES_MAX: usize = 32;
/// Processes smaller than this are not followed.
const PROCESS_LEAST_BYTES: u64 = 32 << 20;
/// Forecasts are made anew this often, in looks.
const LOOKS_BETWEEN: u32 = 5;
/// A subject that is no longer among the largest is followed on for so long.
const KEEP: Duration = Duration::from_secs(600);

/// All forecasts of one moment.
#[derive(Clone, Debug, Default)]
pub struct Outlook {
    /// When they were made, UTC milliseconds.
    pub time_ms: TimeMs,
    /// Where the machine is heading, memory and swap together; `None` before the first tick.
    pub system: Option<Ahead>,
    /// Where groups with a limit are heading, the soonest end first.
    pub cgroups: Vec<(CgroupName, Ahead)>,
    /// Where large processes are heading, the soonest end first.
    pub processes: Vec<(ProcessName, Ahead)>,
}

/// A forecast with its verdict.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ahead {
    /// The forecast.
    pub forecast: Forecast,
    /// Whether the growth looks like a leak; `None` without a trend.
    pub leak: Option<Leak>,
}

/// A group, as it is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CgroupName {
    /// Its path, safe to show.
    pub path: String,
    /// What to call it.
    pub name: String,
}

/// A process, as it is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessName {
    /// Its number.
    pub pid: u32,
    /// When it started, UTC milliseconds.
    pub start_ms: TimeMs,
    /// Its name, safe to show.
    pub command: Arc<str>,
    /// Its control group.
    pub cgroup: Arc<str>,
}

/// One subject over time: what is its own, and its cache.
#[derive(Clone, Debug, Default)]
struct Followed {
    own: Series,
    cache: Series,
    seen: Duration,
}

impl Followed {
    fn push(&mut self, now: Duration, own: u64, cache: u64) {
        self.own.push(now, float(own));
        self.cache.push(now, float(cache));
        self.seen = now;
    }

    fn ahead(&self, limit: Option<u64>, consequence: Consequence) -> Ahead {
        let forecast = Forecast::of(&self.own, limit, consequence);
        let leak = Leak::of(forecast.trend.as_ref(), &self.cache);
        Ahead { forecast, leak }
    }
}

/// Follows all of them from look to look.
#[derive(Debug, Default)]
pub struct Follower {
    system: Followed,
    cgroups: HashMap<u64, Followed>,
    processes: HashMap<(u32, TimeMs), Followed>,
    looks: u32,
}

impl Follower {
    /// Takes what was seen at one look, `now` in monotonic time; every few looks, gives the forecasts anew.
    pub fn look(
        &mut self,
        now: Duration,
        snapshot: Option<&Snapshot>,
        cgroups: &CgroupTable,
        processes: Option<&ProcessTable>,
    ) -> Option<Outlook> {
        let memory = snapshot.map(Memory::of);
        if let (Some(snapshot), Some(memory)) = (snapshot, &memory) {
            let cache = memory.cached_bytes.saturating_sub(memory.shared_bytes);
            self.system.push(snapshot.monotonic, memory.used_bytes + memory.swap_used_bytes, cache);
        }
        let followed = self.follow_cgroups(now, cgroups);
        let largest = processes.map(largest).unwrap_or_default();
        for process in &largest {
            let own = process.anon_bytes + process.swap_bytes;
            self.processes.entry(process.key()).or_default().push(now, own, process.file_bytes);
        }
        self.cgroups.retain(|_, followed| now.saturating_sub(followed.seen) <= KEEP);
        self.processes.retain(|_, followed| now.saturating_sub(followed.seen) <= KEEP);
        self.looks = self.looks.wrapping_add(1);
        if self.looks % LOOKS_BETWEEN != 1 {
            return None;
        }
        let room = memory.map(|memory| memory.available_bytes + memory.swap_free_bytes);
        let system = memory.map(|memory| {
            let limit = memory.total_bytes + memory.swap_total_bytes;
            self.system.ahead(Some(limit), Consequence::OutOfMemory)
        });
        Some(Outlook {
            time_ms: cgroups.time_ms,
            system,
            cgroups: self.cgroups_ahead(cgroups, &followed),
            processes: self.processes_ahead(cgroups, &largest, room),
        })
    }

    /// Takes the groups with a limit of their own, those with the least room first.
    fn follow_cgroups(&mut self, now: Duration, table: &CgroupTable) -> Vec<Slot> {
        let mut limited: Vec<(u64, Slot)> = table
            .iter()
            .filter(|(_, group)| {
                let reading = group.reading.as_deref();
                reading.is_some_and(|reading| reading.limit_bytes.or(reading.high_bytes).is_some())
            })
            .filter_map(|(slot, _)| Some((table.room(slot)?.bytes, slot)))
            .collect();
        limited.sort_unstable();
        limited.truncate(CGROUPS_MAX);
        let slots: Vec<Slot> = limited.into_iter().map(|(_, slot)| slot).collect();
        for slot in &slots {
            let Some(group) = table.get(*slot) else { continue };
            let Some(reading) = group.reading.as_deref() else { continue };
            let shared = reading.shmem_bytes.unwrap_or(0);
            let cache = reading.file_bytes.unwrap_or(0).saturating_sub(shared);
            // Cache goes when the limit is near, so what grows towards it is the rest.
            let own = group.current_bytes.unwrap_or(0).saturating_sub(cache);
            self.cgroups.entry(group.id).or_default().push(now, own, cache);
        }
        slots
    }

    fn cgroups_ahead(&self, table: &CgroupTable, slots: &[Slot]) -> Vec<(CgroupName, Ahead)> {
        let ahead = slots.iter().filter_map(|slot| {
            let binding = table.binding(*slot)?;
            let followed = self.cgroups.get(&table.get(*slot)?.id)?;
            let consequence = match binding.kind {
                LimitKind::Max => Consequence::OutOfMemory,
                LimitKind::High => Consequence::SlowedDown,
            };
            // What others in the chain use counts against the same limit.
            let used = table.get(*slot)?.current_bytes.unwrap_or(0);
            let limit = used.saturating_add(table.room(*slot)?.bytes).min(binding.limit_bytes);
            let name = CgroupName { path: table.path(*slot), name: table.label(*slot).name };
            Some((name, followed.ahead(Some(limit), consequence)))
        });
        soonest_first(ahead.collect())
    }

    fn processes_ahead(
        &self,
        table: &CgroupTable,
        largest: &[&Process],
        room: Option<u64>,
    ) -> Vec<(ProcessName, Ahead)> {
        let rooms = group_rooms(table, largest);
        let ahead = largest.iter().filter_map(|process| {
            let followed = self.processes.get(&process.key())?;
            let own = process.anon_bytes + process.swap_bytes;
            let least = room.into_iter().chain(rooms.get(&*process.identity.cgroup).copied()).min();
            let limit = least.map(|room| own.saturating_add(room));
            let identity = &process.identity;
            let name = ProcessName {
                pid: identity.pid,
                start_ms: identity.start_ms,
                command: Arc::clone(&identity.command),
                cgroup: Arc::clone(&identity.cgroup),
            };
            Some((name, followed.ahead(limit, Consequence::OutOfMemory)))
        });
        soonest_first(ahead.collect())
    }
}

/// What is left in the groups of these processes, by path.
fn group_rooms<'a>(table: &CgroupTable, processes: &[&'a Process]) -> HashMap<&'a str, u64> {
    let paths: HashSet<&str> = processes.iter().map(|process| &*process.identity.cgroup).collect();
    let room = |path: &'a str| Some((path, table.room(table.find(path)?)?.bytes));
    paths.into_iter().filter_map(room).collect()
}

/// The largest processes by what is their own.
fn largest(table: &ProcessTable) -> Vec<&Process> {
    let own = |process: &Process| process.anon_bytes + process.swap_bytes;
    let mut large: Vec<&Process> = table
        .processes
        .iter()
        .filter(|process| !process.identity.is_kernel && own(process) >= PROCESS_LEAST_BYTES)
        .collect();
    if large.len() > PROCESSES_MAX {
        large.select_nth_unstable_by_key(PROCESSES_MAX, |process| std::cmp::Reverse(own(process)));
        large.truncate(PROCESSES_MAX);
    }
    large.sort_by_key(|process| (std::cmp::Reverse(own(process)), process.key()));
    large
}

/// Those that meet their limit first, then those that grow, then the rest as they stand.
fn soonest_first<N>(mut ahead: Vec<(N, Ahead)>) -> Vec<(N, Ahead)> {
    let key = |ahead: &Ahead| {
        let end = ahead.forecast.end.map_or(Duration::MAX, |end| end.after);
        (end, ahead.forecast.trend.is_none())
    };
    ahead.sort_by_key(|(_, ahead)| key(ahead));
    ahead
}

#[expect(clippy::cast_precision_loss, reason = "a forecast needs three digits of fifteen")]
fn float(bytes: u64) -> f64 {
    bytes as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cgroups::tests::table as table_of;
    use crate::parse::table::Table;

    const MIB: u64 = 1 << 20;

    fn snapshot(second: u64, used: u64) -> Snapshot {
        let total = 16_384 * MIB;
        let meminfo = Table::from_pairs([
            ("MemTotal", total),
            ("MemFree", total - used),
            ("MemAvailable", total - used),
        ]);
        Snapshot { monotonic: Duration::from_secs(second), meminfo, ..Snapshot::default() }
    }

    #[test]
    fn the_system_and_a_group_are_told_their_end() {
        let mut follower = Follower::default();
        let mut newest = None;
        for second in 0..200 {
            let group = 100 * MIB + second * MIB;
            let cgroups = table_of(&[
                (None, "", 0, None, None),
                (Some(0), "web.service", group, Some(1024 * MIB), None),
            ]);
            let seen = snapshot(second, 4096 * MIB + second * 2 * MIB);
            if let Some(outlook) =
                follower.look(Duration::from_secs(second), Some(&seen), &cgroups, None)
            {
                newest = Some(outlook);
            }
        }
        let outlook = newest.unwrap();
        let system = outlook.system.unwrap();
        let after = system.forecast.end.unwrap().after.as_secs_f64();
        assert!((after / ((16_384.0 - 4096.0 - 392.0) / 2.0) - 1.0).abs() < 0.02, "{after}");
        assert!(system.leak.unwrap().likely);
        let (name, web) = &outlook.cgroups[0];
        assert_eq!((name.path.as_str(), name.name.as_str()), ("/web.service", "web"));
        let after = web.forecast.end.unwrap().after.as_secs_f64();
        assert!((after / (1024.0 - 100.0 - 196.0) - 1.0).abs() < 0.02, "{after}");
        assert_eq!(web.forecast.limit_bytes, Some(1024 * MIB));
    }
}
