//! All control groups at one moment, and what the chain above each means for it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::{Cgroup, Container, Hierarchy, Label, label};
use crate::TimeMs;
use crate::printable::printable;

/// The place of a group in a [`CgroupTable`]: small, and the same from table to table while the group lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u32);

/// All control groups at one moment. Copies share the groups.
#[derive(Clone, Debug, Default)]
pub struct CgroupTable {
    /// When the look was, UTC milliseconds.
    pub time_ms: TimeMs,
    /// The same moment in monotonic time.
    pub now: Duration,
    /// What is mounted.
    pub hierarchy: Hierarchy,
    /// The path that the top is mounted from: `/`, but in some containers the container's own.
    pub mount_root: Arc<[u8]>,
    /// Whether the top is itself inside something: it has a limit or a use of its own, which the true top has not.
    pub top_is_inside: bool,
    /// The group of the process that looks.
    pub own: Option<Slot>,
    /// Groups that were found beyond the most that are kept.
    pub left_out: u64,
    /// How long reading all of them in full takes by rotation.
    pub full_pass: Duration,
    /// The groups by slot; a group's parent is in the table whenever it is.
    pub groups: Vec<Option<Arc<Cgroup>>>,
}

/// Which limit of a group it is that binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LimitKind {
    /// The hard one: beyond it, something is killed.
    Max,
    /// The soft one: beyond it, everything in the group is slowed down.
    High,
}

impl LimitKind {
    /// Its name in JSON: `max` or `high`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            LimitKind::Max => "max",
            LimitKind::High => "high",
        }
    }

    /// What people call it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            LimitKind::Max => "limit",
            LimitKind::High => "soft limit (memory.high)",
        }
    }
}

/// The least limit of a group and all above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The limit, in bytes.
    pub limit_bytes: u64,
    /// Which of the group's limits it is.
    pub kind: LimitKind,
    /// Whose limit it is.
    pub slot: Slot,
    /// What that group uses, in bytes.
    pub used_bytes: u64,
}

/// The least that is left below a limit of a group and all above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// What is left, in bytes.
    pub bytes: u64,
    /// Below whose limit.
    pub slot: Slot,
}

impl CgroupTable {
    /// The group in `slot`.
    #[must_use]
    pub fn get(&self, slot: Slot) -> Option<&Cgroup> {
        self.groups.get(usize::try_from(slot.0).ok()?)?.as_deref()
    }

    /// All groups, in the order of their slots.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, &Cgroup)> {
        (0..).zip(&self.groups).filter_map(|(slot, group)| Some((Slot(slot), group.as_deref()?)))
    }

    /// How many groups there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.groups.iter().flatten().count()
    }

    /// Whether there is no group at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.iter().all(Option::is_none)
    }

    /// A group and all above it, the nearest first.
    pub fn chain(&self, slot: Slot) -> impl Iterator<Item = (Slot, &Cgroup)> {
        let mut next = Some(slot);
        // A parent is always found before its child, so this ends; the bound keeps a table made by hand from turning in circles.
        std::iter::from_fn(move || {
            let slot = next?;
            let group = self.get(slot)?;
            next = group.parent;
            Some((slot, group))
        })
        .take(self.groups.len())
    }

    /// The path of a group below the top, as the kernel has it.
    #[must_use]
    pub fn path_bytes(&self, slot: Slot) -> Vec<u8> {
        let mut parts: Vec<&[u8]> = self.chain(slot).map(|(_, group)| &*group.name).collect();
        parts.pop();
        if parts.is_empty() {
            return b"/".to_vec();
        }
        let mut path = Vec::with_capacity(parts.iter().map(|part| part.len() + 1).sum());
        for part in parts.iter().rev() {
            path.push(b'/');
            path.extend_from_slice(part);
        }
        path
    }

    /// The path of a group, safe to show.
    #[must_use]
    pub fn path(&self, slot: Slot) -> String {
        match printable(&self.path_bytes(slot)) {
            Cow::Borrowed(plain) => plain.to_owned(),
            Cow::Owned(spelled) => spelled,
        }
    }

    /// The group at a path, as [`path`](CgroupTable::path) shows it.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<Slot> {
        let wanted = if path.len() > 1 { path.trim_end_matches('/') } else { path };
        let last = wanted.rsplit('/').next().unwrap_or_default();
        let mut found = self.iter().filter(|(_, group)| printable(&group.name) == last);
        found.find(|(slot, _)| self.path(*slot) == wanted).map(|(slot, _)| slot)
    }

    /// What a group is; the top of a container is the container.
    #[must_use]
    pub fn label(&self, slot: Slot) -> Label {
        let path = self.path_bytes(slot);
        if path == b"/" && self.mount_root.len() > 1 {
            label(&self.mount_root)
        } else {
            label(&path)
        }
    }

    /// The limit that binds a group: the least of its own and all above it, the nearest of equal ones. `None` where nothing
    /// in the chain is limited.
    #[must_use]
    pub fn binding(&self, slot: Slot) -> Option<Binding> {
        let limits = self.chain(slot).flat_map(|(slot, group)| limits(slot, group));
        limits.min_by_key(|binding| binding.limit_bytes)
    }

    /// What a group can still take: the least of what is left in the chain. Where a parent is full of its other children,
    /// that is less than what is left below the limit that binds.
    #[must_use]
    pub fn room(&self, slot: Slot) -> Option<Room> {
        let limits = self.chain(slot).flat_map(|(slot, group)| limits(slot, group));
        limits
            .map(|Binding { limit_bytes, used_bytes, slot, .. }| Room {
                bytes: limit_bytes.saturating_sub(used_bytes),
                slot,
            })
            .min_by_key(|room| room.bytes)
    }

    /// The container that the process that looks is in, where its limit is less than `total_bytes` of the machine.
    #[must_use]
    pub fn container(&self, total_bytes: u64) -> Option<Container> {
        Container::of(self, total_bytes)
    }
}

/// The limits that a group has itself.
fn limits(slot: Slot, group: &Cgroup) -> impl Iterator<Item = Binding> {
    let reading = group.reading.as_deref();
    let used_bytes = group.current_bytes.unwrap_or(0);
    let max = reading.and_then(|reading| reading.limit_bytes).map(|bytes| (bytes, LimitKind::Max));
    let high = reading.and_then(|reading| reading.high_bytes).map(|bytes| (bytes, LimitKind::High));
    [max, high].into_iter().flatten().map(move |(limit_bytes, kind)| Binding {
        limit_bytes,
        kind,
        slot,
        used_bytes,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::cgroups::{Kind, Reading};
    use proptest::prelude::*;

    /// Parent, name, use, limit and high mark.
    type Row<'a> = (Option<u32>, &'a str, u64, Option<u64>, Option<u64>);

    /// A table of groups given as rows.
    pub(crate) fn table(rows: &[Row<'_>]) -> CgroupTable {
        let group = |&(parent, name, current, limit_bytes, high_bytes): &Row<'_>| {
            let reading = Reading { limit_bytes, high_bytes, ..Reading::default() };
            Some(Arc::new(Cgroup {
                parent: parent.map(Slot),
                name: name.as_bytes().into(),
                current_bytes: Some(current),
                reading: Some(Box::new(reading)),
                ..Cgroup::default()
            }))
        };
        let mut groups: Vec<_> = rows.iter().map(group).collect();
        for index in 1..groups.len() {
            let above = rows[index].0.and_then(|parent| groups[index_of(parent)].clone());
            let group = Arc::make_mut(groups[index].as_mut().unwrap());
            group.depth = above.map_or(0, |above| above.depth + 1);
            group.id = u64::try_from(index).unwrap();
        }
        CgroupTable {
            hierarchy: Hierarchy::V2,
            mount_root: b"/"[..].into(),
            groups,
            ..CgroupTable::default()
        }
    }

    fn index_of(slot: u32) -> usize {
        usize::try_from(slot).unwrap()
    }

    #[test]
    fn the_least_limit_of_the_chain_binds_and_is_named() {
        let table = table(&[
            (None, "", 900, None, None),
            (Some(0), "a", 250, Some(256), None),
            (Some(1), "b", 10, Some(512), None),
            (Some(1), "c", 240, None, Some(100)),
            (Some(0), "d", 5, None, None),
        ]);
        let b = table.binding(Slot(2)).unwrap();
        assert_eq!(
            (b.limit_bytes, b.kind, b.slot, b.used_bytes),
            (256, LimitKind::Max, Slot(1), 250)
        );
        assert_eq!(table.room(Slot(2)), Some(Room { bytes: 6, slot: Slot(1) }));
        let c = table.binding(Slot(3)).unwrap();
        assert_eq!((c.limit_bytes, c.kind, c.slot), (100, LimitKind::High, Slot(3)));
        assert_eq!(table.room(Slot(3)), Some(Room { bytes: 0, slot: Slot(3) }));
        assert_eq!(table.binding(Slot(4)), None);
        assert_eq!(table.path(Slot(2)), "/a/b");
        assert_eq!(table.find("/a/b/"), Some(Slot(2)));
        assert_eq!(table.find("/a/x"), None);
        assert_eq!(table.find("/"), Some(Slot(0)));
    }

    #[test]
    fn the_top_of_a_container_is_called_by_the_containers_name() {
        let id = "0123456789abcdef".repeat(4);
        let mut table = table(&[(None, "", 1, Some(2), None)]);
        table.mount_root = format!("/docker/{id}").into_bytes().into();
        assert_eq!(table.label(Slot(0)).kind, Kind::Docker);
        assert_eq!(table.path(Slot(0)), "/");
    }

    proptest! {
        /// The slow twin walks up by paths.
        #[test]
        fn limits_agree_with_a_walk_by_paths(
            rows in prop::collection::vec((0u32..20, 0u64..100, prop::option::of(0u64..100), prop::option::of(0u64..100)), 1..20),
        ) {
            let rows: Vec<_> = (0u32..).zip(&rows).map(|(index, &(parent, used, max, high))| {
                ((index > 0).then(|| parent % index.max(1)), used, max, high)
            }).collect();
            let names: Vec<String> = (0..rows.len()).map(|index| format!("g{index}")).collect();
            let built: Vec<_> = rows.iter().zip(&names).enumerate().map(|(index, (row, name))| {
                (row.0, if index == 0 { "" } else { name.as_str() }, row.1, row.2, row.3)
            }).collect();
            let table = table(&built);
            for index in 0..rows.len() {
                let slot = Slot(u32::try_from(index).unwrap());
                let path = table.path(slot);
                let mut least: Option<(u64, u64)> = None;
                for (other, row) in rows.iter().enumerate() {
                    let above = table.path(Slot(u32::try_from(other).unwrap()));
                    let holds = other == 0 || path == above || path.starts_with(&format!("{above}/"));
                    for limit in [row.2, row.3].into_iter().flatten().filter(|_| holds) {
                        let (old_limit, old_room) = least.unwrap_or((u64::MAX, u64::MAX));
                        least = Some((old_limit.min(limit), old_room.min(limit.saturating_sub(row.1))));
                    }
                }
                prop_assert_eq!(table.binding(slot).map(|found| found.limit_bytes), least.map(|found| found.0));
                prop_assert_eq!(table.room(slot).map(|found| found.bytes), least.map(|found| found.1));
            }
        }
    }
}
