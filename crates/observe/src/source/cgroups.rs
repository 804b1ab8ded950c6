//! Reads control groups: finds those that there are, and reads their files by turns, so that a look costs about the same
//! on a machine with fifty groups and on one with twenty thousand.
//!
//! ```text
//!            each look, at most                               so that all of them are seen within
//! list       4,096 entries of folders                         a look, where there are few
//! current    400 files that stay open, and a tenth of the rest  ten looks
//! in full    a thirtieth, and those whose use moved           thirty looks, up to 7,680 groups
//! ```
//!
//! What is older than a look says so: [`Cgroup::current_at`], [`Cgroup::read_at`]. Folders are opened one below the other
//! where a path is too long for the kernel, and symbolic links are never followed.

mod files;
mod listing;
mod reading;

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::file::Buffer;
use crate::TimeMs;
use crate::cgroups::{Cgroup, CgroupTable, Hierarchy, Slot};
use crate::parse::cgroup::{self, Mounts, Version};
use crate::parse::table::Table;
use files::Folders;
use listing::Listing;

/// The most groups that are kept; what is beyond is counted.
const GROUPS_MAX: usize = 50_000;
/// Entries of folders that one look lists.
const LISTED_A_LOOK: usize = 4096;
/// Files of current use that stay open.
const KEPT_OPEN: usize = 400;
/// Groups that are read in full at a look: by rotation, and because their use moved.
const FULL_LEAST: usize = 16;
const FULL_MOST: usize = 256;
const MOVED_MOST: usize = 64;
/// A group whose use moved by this share, and by this much, since it was read in full is read again at once.
const MOVED_DIVISOR: u64 = 64;
const MOVED_BYTES: u64 = 1 << 20;
/// With more groups than this, the whole of `memory.stat` is not kept, only what was taken from it.
const WHOLE_STATS: usize = 4096;
/// Where the hierarchies are looked for anew.
const MOUNTS_PERIOD: Duration = Duration::from_secs(60);
/// What growth is measured over, and how far apart the marks of it are.
const GROWTH_WINDOW: Duration = Duration::from_secs(60);
const GROWTH_STEP: Duration = Duration::from_secs(10);
const GROWTH_MARKS: usize = 7;

/// The control groups of one machine.
#[derive(Debug)]
pub struct Cgroups {
    root: PathBuf,
    buffer: Buffer,
    /// The hierarchy that controls memory; `None` where there is none.
    memory: Option<Folders>,
    /// On a hybrid machine, the other hierarchy, which has the pressure.
    twin: Option<Folders>,
    mounts_due: Duration,
    table: CgroupTable,
    /// What is known of each slot beside its group.
    nodes: Vec<Node>,
    free: Vec<Slot>,
    by_id: HashMap<u64, Slot>,
    listing: Listing,
    kept_open: usize,
    /// The slots at which the rotations go on.
    current_next: usize,
    full_next: usize,
    /// The names of `memory.stat`, shared by all.
    stat_names: Table,
    moved: Vec<Slot>,
}

/// What a slot needs between looks.
#[derive(Debug, Default)]
struct Node {
    children: Vec<Slot>,
    /// The pass of the listing that saw it last.
    pass: u32,
    current: Option<File>,
    /// Its use when it was read in full.
    read_bytes: u64,
    /// Its use at some moments of the last minute, the oldest first.
    marks: Vec<(Duration, u64)>,
}

/// How much one look may do.
#[derive(Clone, Copy, Debug)]
struct Budget {
    listed: usize,
    current: usize,
    full: usize,
}

impl Cgroups {
    /// The groups of the machine whose `proc` and `sys` stand below `root`. Opens nothing yet.
    #[must_use]
    pub fn new(root: &Path) -> Cgroups {
        Cgroups {
            root: root.to_owned(),
            buffer: Buffer::default(),
            memory: None,
            twin: None,
            mounts_due: Duration::ZERO,
            table: CgroupTable::default(),
            nodes: Vec::new(),
            free: Vec::new(),
            by_id: HashMap::new(),
            listing: Listing::default(),
            kept_open: 0,
            current_next: 0,
            full_next: 0,
            stat_names: Table::default(),
            moved: Vec::new(),
        }
    }

    /// Looks within bounds, and gives the groups as they are known now. `now` is the time of day; `monotonic` never runs
    /// backwards from call to call.
    pub fn look(&mut self, now: TimeMs, monotonic: Duration) -> Arc<CgroupTable> {
        let count = self.by_id.len();
        let budget = Budget {
            listed: LISTED_A_LOOK,
            current: (count / 10).max(KEPT_OPEN),
            full: (count / 30).clamp(FULL_LEAST, FULL_MOST),
        };
        self.look_within(budget, now, monotonic)
    }

    /// Looks at all groups at once, however long that takes: for those who look once.
    pub fn look_at_all(&mut self, now: TimeMs, monotonic: Duration) -> Arc<CgroupTable> {
        let all = GROUPS_MAX;
        self.look_within(Budget { listed: usize::MAX, current: all, full: all }, now, monotonic)
    }

    fn look_within(
        &mut self,
        budget: Budget,
        now: TimeMs,
        monotonic: Duration,
    ) -> Arc<CgroupTable> {
        if monotonic >= self.mounts_due || self.table.is_empty() {
            self.find_mounts();
            self.mounts_due = monotonic + MOUNTS_PERIOD;
        }
        self.table.time_ms = now;
        self.table.now = monotonic;
        if self.memory.is_some() {
            self.list(budget.listed);
            self.read_current(budget.current);
            self.read_full(budget.full);
            let looks = self.by_id.len().div_ceil(budget.full.max(1)).max(1);
            self.table.full_pass = Duration::from_secs(u64::try_from(looks).unwrap_or(u64::MAX));
        }
        Arc::new(self.table.clone())
    }

    /// Finds where the hierarchies are mounted, and which of them controls memory; begins anew where that changed.
    fn find_mounts(&mut self) {
        let read = |name: &str| std::fs::read(self.root.join("proc/self").join(name)).ok();
        let mounts = read("mountinfo").map_or_else(Mounts::default, |text| cgroup::mounts(&text));
        let mounts = if mounts == Mounts::default() { self.usual_mounts() } else { mounts };
        let v2 = mounts.v2.as_ref().and_then(|mount| Folders::open(&self.root, mount, Version::V2));
        let v1 = mounts
            .v1_memory
            .as_ref()
            .and_then(|mount| Folders::open(&self.root, mount, Version::V1));
        let v2_controls = v2.as_ref().is_some_and(Folders::controls_memory);
        let hierarchy = match (v1.is_some(), v2.is_some()) {
            (true, true) => Hierarchy::HybridV1,
            (true, false) => Hierarchy::V1,
            (false, true) if v2_controls && mounts.any_v1 => Hierarchy::HybridV2,
            (false, true) if v2_controls => Hierarchy::V2,
            (false, false) if !mounts.any_v1 => Hierarchy::None,
            _ => Hierarchy::Uncontrolled,
        };
        let (memory, twin) = match hierarchy {
            Hierarchy::V1 | Hierarchy::HybridV1 => (v1, v2),
            Hierarchy::V2 | Hierarchy::HybridV2 => (v2, None),
            Hierarchy::None | Hierarchy::Uncontrolled => (None, None),
        };
        let same = self.table.hierarchy == hierarchy
            && self.memory.as_ref().map(Folders::id) == memory.as_ref().map(Folders::id);
        if same {
            return;
        }
        *self = Cgroups { memory, twin, ..Cgroups::new(&self.root) };
        self.table.hierarchy = hierarchy;
        let Some(folders) = &self.memory else { return };
        self.table.mount_root = folders.mount_root().into();
        self.table.top_is_inside = folders.is_inside();
        let id = folders.id();
        self.add(Cgroup { id, ..Cgroup::default() });
    }

    /// The files by which a group of v1 is asked to tell when its use crosses a threshold: its use, and where that is ordered.
    pub(super) fn threshold_files(&self, slot: Slot) -> std::io::Result<(File, File)> {
        let gone = || std::io::Error::from(std::io::ErrorKind::NotFound);
        let folders = self.memory.as_ref().ok_or_else(gone)?;
        let usage = folders.file(&self.table, slot, "memory.usage_in_bytes")?;
        Ok((usage, folders.control(&self.table, slot)?))
    }

    /// Where no process may be asked, the places that everyone uses.
    fn usual_mounts(&self) -> Mounts {
        let mount = |path: &str| cgroup::Mount { point: path.into(), root: b"/".to_vec() };
        let has = |path: &str| self.root.join(path).exists();
        Mounts {
            v1_memory: has("sys/fs/cgroup/memory/memory.stat")
                .then(|| mount("/sys/fs/cgroup/memory")),
            v2: has("sys/fs/cgroup/cgroup.controllers").then(|| mount("/sys/fs/cgroup")),
            any_v1: has("sys/fs/cgroup/memory/memory.stat"),
        }
    }

    /// The group of the process that looks, once it was found.
    fn find_own(&mut self) {
        let known = self.table.own.is_some_and(|slot| self.table.get(slot).is_some());
        let Some(folders) = self.memory.as_ref().filter(|_| !known) else { return };
        self.table.own = None;
        let Ok(text) = std::fs::read(self.root.join("proc/self/cgroup")) else { return };
        let Some(path) = cgroup::membership(&text, folders.version()) else { return };
        let below = path.strip_prefix(folders.mount_root()).unwrap_or(path);
        let mut slot = Slot(0);
        for part in below.split(|byte| *byte == b'/').filter(|part| !part.is_empty()) {
            let children = self.nodes[index(slot)].children.iter();
            let named = |slot: &&Slot| self.table.get(**slot).is_some_and(|g| &*g.name == part);
            match children.copied().by_ref().collect::<Vec<_>>().iter().find(named) {
                Some(child) => slot = *child,
                None => return,
            }
        }
        self.table.own = Some(slot);
    }

    /// Puts a group that was found into a slot of its own.
    fn add(&mut self, group: Cgroup) -> Slot {
        let parent = group.parent;
        let slot = self.free.pop().unwrap_or_else(|| {
            self.table.groups.push(None);
            self.nodes.push(Node::default());
            Slot(u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX))
        });
        self.by_id.insert(group.id, slot);
        self.table.groups[index(slot)] = Some(Arc::new(group));
        if let Some(parent) = parent {
            self.nodes[index(parent)].children.push(slot);
            self.count_children(parent);
        }
        slot
    }

    /// Forgets a group that is gone, with all below it.
    fn remove(&mut self, slot: Slot) {
        let mut gone = vec![slot];
        while let Some(slot) = gone.pop() {
            let Some(group) = self.table.groups[index(slot)].take() else { continue };
            let node = std::mem::take(&mut self.nodes[index(slot)]);
            self.kept_open -= usize::from(node.current.is_some());
            if self.by_id.get(&group.id) == Some(&slot) {
                self.by_id.remove(&group.id);
            }
            gone.extend(node.children);
            self.free.push(slot);
        }
    }

    fn count_children(&mut self, slot: Slot) {
        let children = u32::try_from(self.nodes[index(slot)].children.len()).unwrap_or(u32::MAX);
        if let Some(group) = &mut self.table.groups[index(slot)] {
            Arc::make_mut(group).children = children;
        }
    }

    /// Whether a slot holds a group, which it may have lost since somebody noted it.
    fn lives(&self, slot: Slot) -> bool {
        self.table.get(slot).is_some()
    }
}

/// A slot as an index.
fn index(slot: Slot) -> usize {
    usize::try_from(slot.0).unwrap_or(usize::MAX)
}
