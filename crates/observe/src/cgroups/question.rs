//! Which groups of a table are wanted, and in which order.

use std::cmp::Ordering;

use super::{Cgroup, CgroupTable, Slot};

/// What groups are put in order by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sort {
    /// What they use now; the most first.
    #[default]
    Current,
    /// Their paths, from A.
    Path,
    /// The limit that binds; the least first, those without one last.
    Limit,
    /// What they can still take; the least first, those without a limit last.
    Room,
    /// Time lost waiting for memory over 10 s; the most first.
    Pressure,
    /// What they have in swap; the most first.
    Swap,
    /// Their anonymous memory; the most first.
    Anon,
    /// By how much they grew over a minute; the most first.
    Growth,
    /// Processes killed in them for want of memory; the most first.
    Oom,
}

impl Sort {
    /// All of them.
    pub const ALL: [Sort; 9] = [
        Sort::Current,
        Sort::Path,
        Sort::Limit,
        Sort::Room,
        Sort::Pressure,
        Sort::Swap,
        Sort::Anon,
        Sort::Growth,
        Sort::Oom,
    ];

    /// Its name, for people and in the API.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Sort::Current => "current",
            Sort::Path => "path",
            Sort::Limit => "limit",
            Sort::Room => "room",
            Sort::Pressure => "pressure",
            Sort::Swap => "swap",
            Sort::Anon => "anon",
            Sort::Growth => "growth",
            Sort::Oom => "oom",
        }
    }

    /// The order of that name.
    #[must_use]
    pub fn of(key: &str) -> Option<Sort> {
        Sort::ALL.into_iter().find(|sort| sort.key() == key)
    }
}

/// Which groups are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The order.
    pub sort: Sort,
    /// Whether the order is turned around.
    pub reversed: bool,
    /// Only this group and those below it, by its path.
    pub under: Option<String>,
    /// Only so many levels below `under`, or below the top.
    pub depth: Option<u32>,
    /// Only those whose path or name holds this text, whatever its case.
    pub filter: Option<String>,
    /// Only those that have a limit of their own.
    pub limited: bool,
    /// So many are passed over.
    pub offset: usize,
    /// At most so many are given.
    pub limit: usize,
}

impl Default for Question {
    fn default() -> Question {
        Question {
            sort: Sort::default(),
            reversed: false,
            under: None,
            depth: None,
            filter: None,
            limited: false,
            offset: 0,
            limit: usize::MAX,
        }
    }
}

/// The groups that a question asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The groups in their order, those passed over and beyond the most left out.
    pub slots: Vec<Slot>,
    /// How many there are with those.
    pub matched: usize,
}

impl Question {
    /// Selects from a table; `None` where the group to look under is not there.
    #[must_use]
    pub fn select(&self, table: &CgroupTable) -> Option<Selection> {
        let under = match self.under.as_deref() {
            None => None,
            Some(path) => Some(table.find(path)?),
        };
        let filter = self.filter.as_ref().map(|text| text.to_lowercase());
        let top = under.and_then(|slot| table.get(slot)).map_or(0, |group| group.depth);
        let mut found: Vec<(Key, Slot)> = table
            .iter()
            .filter(|(slot, group)| {
                self.depth.is_none_or(|depth| group.depth <= top.saturating_add(depth))
                    && (!self.limited || is_limited(group))
                    && under.is_none_or(|under| table.chain(*slot).any(|(above, _)| above == under))
                    && filter.as_deref().is_none_or(|text| holds(table, *slot, text))
            })
            .map(|(slot, group)| (self.key(table, slot, group), slot))
            .collect();
        found.sort_by(|a, b| a.0.order(&b.0).then_with(|| a.1.cmp(&b.1)));
        if self.reversed {
            found.reverse();
        }
        let matched = found.len();
        let slots = found.into_iter().skip(self.offset).take(self.limit).map(|(_, slot)| slot);
        Some(Selection { slots: slots.collect(), matched })
    }

    fn key(&self, table: &CgroupTable, slot: Slot, group: &Cgroup) -> Key {
        let reading = group.reading.as_deref();
        let most = |value: Option<u64>| Key::Most(value.map(i128::from));
        match self.sort {
            Sort::Current => most(group.current_bytes),
            Sort::Path => Key::Path(table.path(slot)),
            Sort::Limit => Key::Least(table.binding(slot).map(|binding| binding.limit_bytes)),
            Sort::Room => Key::Least(table.room(slot).map(|room| room.bytes)),
            Sort::Pressure => {
                most(reading.and_then(|reading| reading.pressure).map(|p| p.some.avg10.into()))
            }
            Sort::Swap => most(reading.and_then(|reading| reading.swap_bytes)),
            Sort::Anon => most(reading.and_then(|reading| reading.anon_bytes)),
            Sort::Growth => Key::Most(Some(group.growth_bytes.into())),
            Sort::Oom => most(reading.and_then(|reading| reading.events.oom_kill)),
        }
    }
}

fn is_limited(group: &Cgroup) -> bool {
    let reading = group.reading.as_deref();
    reading.is_some_and(|reading| reading.limit_bytes.or(reading.high_bytes).is_some())
}

/// Whether the path or the name of a group holds a text in small letters.
fn holds(table: &CgroupTable, slot: Slot, text: &str) -> bool {
    table.path(slot).to_lowercase().contains(text)
        || table.label(slot).name.to_lowercase().contains(text)
}

/// What a group is compared by; a value that is not known comes last.
enum Key {
    Most(Option<i128>),
    Least(Option<u64>),
    Path(String),
}

impl Key {
    fn order(&self, other: &Key) -> Ordering {
        match (self, other) {
            (Key::Most(a), Key::Most(b)) => b.cmp(a),
            (Key::Least(a), Key::Least(b)) => a.is_none().cmp(&b.is_none()).then_with(|| a.cmp(b)),
            (Key::Path(a), Key::Path(b)) => a.cmp(b),
            // One question makes keys of one kind.
            _ => Ordering::Equal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cgroups::table::tests::table;

    fn tree() -> CgroupTable {
        table(&[
            (None, "", 900, None, None),
            (Some(0), "system.slice", 500, Some(800), None),
            (Some(1), "nginx.service", 100, Some(1000), None),
            (Some(1), "db.service", 400, None, None),
            (Some(0), "user.slice", 300, None, None),
        ])
    }

    #[track_caller]
    fn check(question: &Question, expected: &[&str]) {
        let table = tree();
        let found = question.select(&table).unwrap();
        let paths: Vec<String> = found.slots.iter().map(|slot| table.path(*slot)).collect();
        assert_eq!(paths, expected, "{question:?}");
    }

    #[test]
    fn groups_are_sorted_filtered_and_cut() {
        let all = Question::default;
        check(
            &all(),
            &[
                "/",
                "/system.slice",
                "/system.slice/db.service",
                "/user.slice",
                "/system.slice/nginx.service",
            ],
        );
        check(
            &Question { sort: Sort::Path, reversed: true, limit: 2, ..all() },
            &["/user.slice", "/system.slice/nginx.service"],
        );
        check(
            &Question { sort: Sort::Limit, limit: 3, offset: 1, ..all() },
            &["/system.slice/nginx.service", "/system.slice/db.service", "/"],
        );
        check(
            &Question { under: Some("/system.slice".into()), sort: Sort::Path, ..all() },
            &["/system.slice", "/system.slice/db.service", "/system.slice/nginx.service"],
        );
        check(&Question { depth: Some(1), ..all() }, &["/", "/system.slice", "/user.slice"]);
        check(
            &Question { filter: Some("NGINX".into()), ..all() },
            &["/system.slice/nginx.service"],
        );
        check(
            &Question { limited: true, sort: Sort::Path, ..all() },
            &["/system.slice", "/system.slice/nginx.service"],
        );
        assert_eq!(Question { limit: 1, ..all() }.select(&tree()).unwrap().matched, 5);
        assert_eq!(Question { under: Some("/none".into()), ..all() }.select(&tree()), None);
    }

    #[test]
    fn every_order_is_found_by_its_name() {
        for sort in Sort::ALL {
            assert_eq!(Sort::of(sort.key()), Some(sort));
        }
        assert_eq!(Sort::of("size"), None);
    }
}
