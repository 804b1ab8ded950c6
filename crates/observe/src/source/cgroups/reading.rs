//! Reads the files of groups: the use of many at each look, everything else of a few.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use super::files::file_in;
use super::{
    Cgroups, GROWTH_MARKS, GROWTH_STEP, GROWTH_WINDOW, KEPT_OPEN, MOVED_BYTES, MOVED_DIVISOR,
    MOVED_MOST, Node, WHOLE_STATS, index,
};
use crate::cgroups::{Cgroup, Events, Reading, Slot};
use crate::parse::cgroup::{self, Version};
use crate::parse::table::Table;
use crate::parse::{pressure, scalar};
use crate::source::file::Buffer;
use crate::source::file::Reading::Once;

impl Cgroups {
    /// Reads the use of all whose file is open, and of at most `budget` others by rotation.
    pub(super) fn read_current(&mut self, mut budget: usize) {
        let count = self.nodes.len();
        let first = self.current_next.min(count.saturating_sub(1));
        self.moved.clear();
        for step in 0..count {
            let at = (first + step) % count;
            let Ok(slot) = u32::try_from(at).map(Slot) else { break };
            if !self.lives(slot) {
                continue;
            }
            if self.nodes[at].current.is_none() {
                if budget == 0 {
                    continue;
                }
                budget -= 1;
                self.current_next = (at + 1) % count;
            }
            self.read_current_of(slot);
        }
    }

    fn read_current_of(&mut self, slot: Slot) {
        let Some(folders) = &self.memory else { return };
        let name = match folders.version() {
            Version::V1 => "memory.usage_in_bytes",
            Version::V2 => "memory.current",
        };
        let node = &mut self.nodes[index(slot)];
        let kept = node.current.take();
        let was_kept = kept.is_some();
        let Ok(file) = kept.map_or_else(|| folders.file(&self.table, slot, name), Ok) else {
            return;
        };
        let read = number(&file, &mut self.buffer, name);
        let keep = read.is_ok() && (was_kept || self.kept_open < KEPT_OPEN);
        self.kept_open = self.kept_open + usize::from(keep) - usize::from(was_kept);
        if keep {
            node.current = Some(file);
        }
        let (Ok(Some(bytes)), now) = (read, self.table.now) else { return };
        let (growth_bytes, growth_window) = node.grew(now, bytes);
        let far = node.read_bytes.abs_diff(bytes);
        if far > MOVED_BYTES
            && far > node.read_bytes / MOVED_DIVISOR
            && self.moved.len() < MOVED_MOST
        {
            self.moved.push(slot);
        }
        if let Some(group) = &mut self.table.groups[index(slot)] {
            let group = Arc::make_mut(group);
            group.current_bytes = Some(bytes);
            group.current_at = now;
            (group.growth_bytes, group.growth_window) = (growth_bytes, growth_window);
        }
    }

    /// Reads everything of those that moved, of at most `budget` others by rotation, and of those who were never read as far
    /// as the budget goes.
    pub(super) fn read_full(&mut self, budget: usize) {
        for slot in std::mem::take(&mut self.moved) {
            self.read_full_of(slot);
        }
        let count = self.nodes.len();
        let mut left = budget;
        for _ in 0..count {
            let at = self.full_next % count;
            if left == 0 {
                break;
            }
            self.full_next = (at + 1) % count;
            let Ok(slot) = u32::try_from(at).map(Slot) else { break };
            let read_now =
                |group: &Cgroup| group.reading.is_some() && group.read_at == self.table.now;
            if self.table.get(slot).is_some_and(|group| !read_now(group)) {
                self.read_full_of(slot);
                left -= 1;
            }
        }
    }

    /// Reads at once what happened to every group that has a limit, at most `most` of them: somebody was killed, and the
    /// turn of each would come too late to say where.
    pub fn read_limited(&mut self, most: usize) {
        let limited = self.table.iter().filter(|(_, group)| {
            let reading = group.reading.as_deref();
            reading.is_none_or(|reading| reading.limit_bytes.is_some())
        });
        let slots: Vec<Slot> = limited.map(|(slot, _)| slot).take(most).collect();
        slots.into_iter().for_each(|slot| self.read_full_of(slot));
    }

    /// What a group uses at this moment, and its own limit, in bytes.
    pub fn use_and_limit(&mut self, slot: Slot) -> Option<(u64, u64)> {
        self.read_current_of(slot);
        let group = self.table.get(slot)?;
        Some((group.current_bytes?, group.reading.as_deref()?.limit_bytes?))
    }

    fn read_full_of(&mut self, slot: Slot) {
        let Some(folders) = &self.memory else { return };
        let Ok(folder) = folders.folder(&self.table, slot) else { return };
        let Some(before) = self.table.get(slot) else { return };
        let mut stat = before.reading.as_ref().map(|read| read.stat.clone()).unwrap_or_default();
        if stat.is_empty() {
            stat.clone_from(&self.stat_names);
        }
        let mut files = Files { folder: &folder, buffer: &mut self.buffer };
        files.stat(&mut stat);
        let mut reading = match folders.version() {
            Version::V1 => files.v1(&stat),
            Version::V2 => files.v2(&stat),
        };
        if let (None, Some(twin)) = (reading.pressure, &self.twin) {
            // The group of the same path in the other hierarchy, where systemd mirrors them.
            let file = twin.file(&self.table, slot, "memory.pressure").ok();
            let bytes = file.as_ref().and_then(|file| self.buffer.read(file, Once).ok());
            reading.pressure = bytes.and_then(|bytes| pressure::parse(bytes).ok());
        }
        if self.stat_names.is_empty() {
            self.stat_names.clone_from(&stat);
        }
        if self.by_id.len() <= WHOLE_STATS {
            reading.stat = stat;
        }
        if slot == Slot(0) && reading.limit_bytes.is_some() {
            self.table.top_is_inside = true;
        }
        let now = self.table.now;
        let node = &mut self.nodes[index(slot)];
        if let Some(group) = &mut self.table.groups[index(slot)] {
            let group = Arc::make_mut(group);
            node.read_bytes = group.current_bytes.unwrap_or(0);
            group.reading = Some(Box::new(reading));
            group.read_at = now;
        }
    }
}

impl Node {
    /// Notes the use, and gives by how much it changed and over which stretch.
    fn grew(&mut self, now: Duration, bytes: u64) -> (i64, Duration) {
        let due = self.marks.last().is_none_or(|(at, _)| now.saturating_sub(*at) >= GROWTH_STEP);
        if due {
            if self.marks.len() == GROWTH_MARKS {
                self.marks.remove(0);
            }
            self.marks.push((now, bytes));
        }
        // The newest mark that is a whole window old, or the oldest there is.
        let old = |(at, _): &&(Duration, u64)| now.saturating_sub(*at) >= GROWTH_WINDOW;
        let (at, before) = self
            .marks
            .iter()
            .rev()
            .find(old)
            .or(self.marks.first())
            .copied()
            .unwrap_or((now, bytes));
        let change = i128::from(bytes) - i128::from(before);
        (i64::try_from(change).unwrap_or(i64::MAX), now.saturating_sub(at))
    }
}

/// The files of one group.
struct Files<'a> {
    folder: &'a OwnedFd,
    buffer: &'a mut Buffer,
}

impl Files<'_> {
    fn v2(&mut self, stat: &Table) -> Reading {
        let mut events = Table::default();
        self.named(&mut events, "memory.events");
        Reading {
            peak_bytes: self.number("memory.peak"),
            limit_bytes: self.limit("memory.max"),
            high_bytes: self.limit("memory.high"),
            // Nothing is spared at 0, as nothing is by default.
            low_bytes: self.number("memory.low").filter(|bytes| *bytes > 0),
            min_bytes: self.number("memory.min").filter(|bytes| *bytes > 0),
            swap_bytes: self.number("memory.swap.current"),
            swap_limit_bytes: self.limit("memory.swap.max"),
            memsw_limit_bytes: None,
            zswap_bytes: self.number("memory.zswap.current").or_else(|| stat.get("zswap")),
            zswapped_bytes: stat.get("zswapped"),
            anon_bytes: stat.get("anon"),
            file_bytes: stat.get("file"),
            shmem_bytes: stat.get("shmem"),
            kernel_bytes: stat.get("kernel"),
            slab_bytes: stat.get("slab"),
            inactive_file_bytes: stat.get("inactive_file"),
            pressure: self.parsed("memory.pressure", pressure::parse),
            events: Events {
                high: events.get("high"),
                max: events.get("max"),
                oom: events.get("oom"),
                oom_kill: events.get("oom_kill"),
            },
            stat: Table::default(),
        }
    }

    fn v1(&mut self, stat: &Table) -> Reading {
        let mut control = Table::default();
        self.named(&mut control, "memory.oom_control");
        // `total_` counts the groups below too, as everything of v2 does; without, only the group itself.
        let field = |total: &str, own: &str| stat.get(total).or_else(|| stat.get(own));
        Reading {
            peak_bytes: self.number("memory.max_usage_in_bytes"),
            limit_bytes: self.limit("memory.limit_in_bytes"),
            swap_bytes: field("total_swap", "swap"),
            memsw_limit_bytes: self.limit("memory.memsw.limit_in_bytes"),
            anon_bytes: field("total_rss", "rss"),
            file_bytes: field("total_cache", "cache"),
            shmem_bytes: field("total_shmem", "shmem"),
            kernel_bytes: self.number("memory.kmem.usage_in_bytes"),
            inactive_file_bytes: field("total_inactive_file", "inactive_file"),
            events: Events {
                high: None,
                max: self.number("memory.failcnt"),
                oom: None,
                oom_kill: control.get("oom_kill"),
            },
            ..Reading::default()
        }
    }

    fn stat(&mut self, stat: &mut Table) {
        self.named(stat, "memory.stat");
    }

    /// Reads a table of names and numbers; one that is missing, or not understood, is empty.
    fn named(&mut self, table: &mut Table, name: &'static str) {
        let read = self.read(name).map(|bytes| cgroup::update_named(table, bytes, name));
        if !matches!(read, Some(Ok(_))) {
            *table = Table::default();
        }
    }

    fn number(&mut self, name: &'static str) -> Option<u64> {
        self.parsed(name, |bytes| scalar::number(bytes, name))
    }

    fn limit(&mut self, name: &'static str) -> Option<u64> {
        self.parsed(name, |bytes| cgroup::limit(bytes, name)).flatten()
    }

    fn parsed<T, E>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&[u8]) -> Result<T, E>,
    ) -> Option<T> {
        parse(self.read(name)?).ok()
    }

    fn read(&mut self, name: &str) -> Option<&[u8]> {
        let file = file_in(self.folder, name).ok()?;
        self.buffer.read(&file, Once).ok()
    }
}

/// The number in a file of use; `None` where it holds something else.
fn number(file: &File, buffer: &mut Buffer, name: &'static str) -> io::Result<Option<u64>> {
    Ok(scalar::number(buffer.read(file, Once)?, name).ok())
}
