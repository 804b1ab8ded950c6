//! Whether the process that looks is inside a container, and which limit counts as the machine's total there.

use super::{CgroupTable, Kind, LimitKind, Slot};
use crate::format::iec;

/// The container that the process that looks is in, and the limit that stands for total there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// What to call it: `docker 3f1c0a9b8d7e`.
    pub name: String,
    /// The group whose limit binds, as it is seen from here.
    pub path: String,
    /// The limit, in bytes: what counts as total.
    pub limit_bytes: u64,
    /// Whether that is the hard limit or the mark above which everything is slowed down.
    pub kind: LimitKind,
    /// What the group uses, less the cache that goes first when memory is wanted, in bytes.
    pub used_bytes: u64,
    /// Limit less use, in bytes.
    pub available_bytes: u64,
    /// Limit less all that is charged, cache included, in bytes.
    pub free_bytes: u64,
    /// MemTotal of the machine around it, in bytes.
    pub machine_bytes: u64,
}

impl Container {
    pub(super) fn of(table: &CgroupTable, total_bytes: u64) -> Option<Container> {
        let own = table.own.or_else(|| table.iter().next().map(|(slot, _)| slot))?;
        let name = container_name(table, own)?;
        let binding = table.binding(own).filter(|binding| binding.limit_bytes < total_bytes)?;
        let group = table.get(binding.slot)?;
        let droppable = group.reading.as_deref().and_then(|reading| reading.inactive_file_bytes);
        // What `docker stats` and the kubelet call the working set: use less inactive cache.
        let used_bytes = binding.used_bytes.saturating_sub(droppable.unwrap_or(0));
        Some(Container {
            name,
            path: table.path(binding.slot),
            limit_bytes: binding.limit_bytes,
            kind: binding.kind,
            used_bytes: used_bytes.min(binding.limit_bytes),
            available_bytes: binding.limit_bytes.saturating_sub(used_bytes),
            free_bytes: binding.limit_bytes.saturating_sub(binding.used_bytes),
            machine_bytes: total_bytes,
        })
    }

    /// The sentence that says so.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!(
            "Inside {}: its {} of {} counts as total here; the machine around it has {}.",
            self.name,
            self.kind.words(),
            iec(self.limit_bytes),
            iec(self.machine_bytes)
        )
    }
}

/// What the container is called: the nearest group above that is one, or the top where it is itself inside something.
fn container_name(table: &CgroupTable, own: Slot) -> Option<String> {
    let labels = table.chain(own).map(|(slot, _)| table.label(slot));
    let named = labels.filter(|label| label.kind.is_container()).map(|label| label.name).next();
    named.or_else(|| {
        let top = table.chain(own).last().map(|(slot, _)| table.label(slot))?;
        let called = if top.kind == Kind::Root { "a container".to_owned() } else { top.name };
        table.top_is_inside.then_some(called)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::cgroups::table::tests::table;

    const MIB: u64 = 1 << 20;

    #[test]
    fn inside_a_container_the_least_limit_of_the_chain_counts_as_total() {
        let id = "0123456789abcdef".repeat(4);
        let name = format!("docker-{id}.scope");
        let mut seen = table(&[
            (None, "", 900 * MIB, None, None),
            (Some(0), "system.slice", 300 * MIB, Some(256 * MIB), None),
            (Some(1), &name, 100 * MIB, Some(512 * MIB), None),
            (Some(2), "init", 10 * MIB, None, None),
        ]);
        seen.own = Some(Slot(3));
        let group = Arc::make_mut(seen.groups[1].as_mut().unwrap());
        group.reading.as_mut().unwrap().inactive_file_bytes = Some(100 * MIB);
        let found = seen.container(16 << 30).unwrap();
        assert_eq!((found.limit_bytes, found.used_bytes), (256 * MIB, 200 * MIB));
        assert_eq!(found.available_bytes, 56 * MIB);
        assert_eq!(
            found.sentence(),
            "Inside docker 0123456789ab: its limit of 256 MiB counts as total here; the machine around it has 16 GiB."
        );
        assert_eq!(
            seen.container(200 * MIB),
            None,
            "a limit above the machine's memory binds nobody"
        );
    }

    #[test]
    fn behind_a_cgroup_namespace_the_top_is_the_container() {
        let mut seen = table(&[(None, "", 100 * MIB, Some(256 * MIB), None)]);
        seen.own = Some(Slot(0));
        assert_eq!(seen.container(16 << 30), None, "a limit of the true top is nobody's container");
        seen.top_is_inside = true;
        let found = seen.container(16 << 30).unwrap();
        assert_eq!((found.name.as_str(), found.path.as_str()), ("a container", "/"));
    }

    #[test]
    fn a_service_with_a_limit_is_no_container() {
        let mut seen = table(&[
            (None, "", 900 * MIB, None, None),
            (Some(0), "ramscope.service", 10 * MIB, Some(64 * MIB), None),
        ]);
        seen.own = Some(Slot(1));
        assert_eq!(seen.container(16 << 30), None);
    }
}
