//! Control groups as they are recorded: a frame a look, in the roster `cgroups` of the store; and what is told of all of them
//! together, in a roster of one member.
//!
//! ```text
//! cgroups         columns   amounts in 4 KiB or in bytes, counts, shares in 1/10000; -1 where not known
//!                 slot      the group's own; the column `parent` holds the slot of the group above, -1 at the top
//!                 detail    the last part of its path, safe to show
//! cgroup_tables   detail    what is mounted, from where, between unit separators
//! ```

use std::sync::Arc;
use std::time::Duration;

use ramscope_store::{Frame, FrameMember, Key, Member, RosterSpec};

use crate::TimeMs;
use crate::cgroups::{Cgroup, CgroupTable, Events, Hierarchy, Reading, Slot};
use crate::parse::pressure::{Pressure, Stall};
use crate::printable::printable;

/// The roster of the groups.
pub(super) const ROSTER: &str = "cgroups";
/// The roster of what is told of all of them together.
pub(super) const TABLES: &str = "cgroup_tables";
/// How long groups are kept at the most, in milliseconds: a week, as processes are.
const KEEP_MS: i64 = 7 * 86_400_000;
/// More groups than this are written down each ten seconds, and not at each look.
const MANY: usize = 2000;
const MANY_STEP_MS: i64 = 10_000;
/// What stands between the parts of a text; no text that is safe to show holds it.
const SEPARATOR: char = '\u{1f}';
/// Most memory moves by pages.
const PAGE: u64 = 4096;

/// An amount of a [`Reading`] as it is kept.
struct Amount {
    column: &'static str,
    /// It is kept in so many bytes.
    unit: u64,
    get: fn(&Reading) -> Option<u64>,
    set: fn(&mut Reading, u64),
}

/// The same name for the column and the field.
macro_rules! amount {
    ($column:literal, $unit:expr, $($field:ident).+) => {
        Amount {
            column: $column,
            unit: $unit,
            get: |reading| reading.$($field).+,
            set: |reading, value| reading.$($field).+ = Some(value),
        }
    };
}

/// Those that move most stand first, so that what changed is told in few bits.
const AMOUNTS: [Amount; 20] = [
    amount!("anon", PAGE, anon_bytes),
    amount!("file", PAGE, file_bytes),
    amount!("inactive_file", PAGE, inactive_file_bytes),
    amount!("kernel", 1, kernel_bytes),
    amount!("slab", 1, slab_bytes),
    amount!("shmem", PAGE, shmem_bytes),
    amount!("peak", PAGE, peak_bytes),
    amount!("swap", PAGE, swap_bytes),
    amount!("zswap", 1, zswap_bytes),
    amount!("zswapped", 1, zswapped_bytes),
    amount!("events.max", 1, events.max),
    amount!("events.high", 1, events.high),
    amount!("events.oom", 1, events.oom),
    amount!("events.oom_kill", 1, events.oom_kill),
    amount!("limit", 1, limit_bytes),
    amount!("high", 1, high_bytes),
    amount!("low", 1, low_bytes),
    amount!("min", 1, min_bytes),
    amount!("swap_limit", 1, swap_limit_bytes),
    amount!("memsw_limit", 1, memsw_limit_bytes),
];

/// The columns around the amounts.
const CURRENT: usize = 0;
const READ_S: usize = 1;
const FIRST_AMOUNT: usize = 2;
const FIRST_STALL: usize = FIRST_AMOUNT + AMOUNTS.len();
const STALL_WIDTH: usize = 4;
const PARENT: usize = FIRST_STALL + 2 * STALL_WIDTH;
const WIDTH: usize = PARENT + 1;

/// What is kept of one line of a pressure file.
const STALL_COLUMNS: [&str; STALL_WIDTH] = ["avg10", "avg60", "avg300", "total_us"];

/// What the store is told of the roster of groups.
pub(super) fn spec() -> RosterSpec {
    let mut columns: Vec<String> = vec!["current".to_owned(), "read_s".to_owned()];
    columns.extend(AMOUNTS.iter().map(|amount| amount.column.to_owned()));
    for line in ["some", "full"] {
        columns.extend(STALL_COLUMNS.map(|column| format!("{line}.{column}")));
    }
    columns.push("parent".to_owned());
    RosterSpec { name: ROSTER.to_owned(), columns, keep_ms: KEEP_MS }
}

/// What the store is told of the other roster.
pub(super) fn tables_spec() -> RosterSpec {
    let columns = ["is_inside", "own", "left_out", "full_pass_ms"].map(str::to_owned).into();
    RosterSpec { name: TABLES.to_owned(), columns, keep_ms: KEEP_MS }
}

/// Whether a table is to be written, given when the last one was.
pub(super) fn is_due(table: &CgroupTable, last_ms: Option<TimeMs>) -> bool {
    match last_ms {
        None => true,
        Some(last_ms) if table.groups.len() > MANY => {
            // A clock that was set back is no reason to wait for it.
            !(0..MANY_STEP_MS).contains(&(table.time_ms - last_ms))
        }
        Some(last_ms) => table.time_ms != last_ms,
    }
}

/// Hands over every group of a table.
pub(super) fn visit(table: &CgroupTable, each: &mut dyn FnMut(Member<'_>)) {
    for (slot, group) in table.iter() {
        let detail = printable(&group.name);
        each(Member {
            slot: slot.0,
            key: Key { id: group.id, born_ms: 0 },
            // Its name is its folder's, which its id stands for.
            stamp: 0,
            group: "",
            detail: &detail,
            values: &values(table, group),
        });
    }
}

fn values(table: &CgroupTable, group: &Cgroup) -> [i64; WIDTH] {
    let mut values = [-1; WIDTH];
    values[CURRENT] = kept(group.current_bytes, PAGE);
    values[PARENT] = group.parent.map_or(-1, |parent| parent.0.into());
    let Some(reading) = group.reading.as_deref() else { return values };
    let ago = table.now.saturating_sub(group.read_at);
    let ago_ms = TimeMs::try_from(ago.as_millis()).unwrap_or(TimeMs::MAX);
    values[READ_S] = table.time_ms.saturating_sub(ago_ms).div_euclid(1000);
    for (value, amount) in values[FIRST_AMOUNT..].iter_mut().zip(&AMOUNTS) {
        *value = kept((amount.get)(reading), amount.unit);
    }
    if let Some(pressure) = &reading.pressure {
        let lines = [Some(pressure.some), pressure.full];
        for (place, line) in values[FIRST_STALL..].chunks_exact_mut(STALL_WIDTH).zip(lines) {
            if let Some(line) = line {
                let total = i64::try_from(line.total_us).unwrap_or(i64::MAX);
                place.copy_from_slice(&[
                    line.avg10.into(),
                    line.avg60.into(),
                    line.avg300.into(),
                    total,
                ]);
            }
        }
    }
    values
}

/// An amount in its unit; -1 for none.
fn kept(amount: Option<u64>, unit: u64) -> i64 {
    amount.map_or(-1, |amount| i64::try_from(amount / unit).unwrap_or(i64::MAX))
}

/// What is told of all groups together, as text: it changes when something is mounted.
pub(super) fn about(table: &CgroupTable) -> String {
    format!("{}{SEPARATOR}{}", mounted(table.hierarchy), printable(&table.mount_root))
}

/// Hands over what is told of all groups together; `stamp` changes when `about` does.
pub(super) fn visit_table(
    table: &CgroupTable,
    (about, stamp): (&str, u64),
    each: &mut dyn FnMut(Member<'_>),
) {
    let values = [
        table.top_is_inside.into(),
        table.own.map_or(-1, |own| own.0.into()),
        i64::try_from(table.left_out).unwrap_or(i64::MAX),
        i64::try_from(table.full_pass.as_millis()).unwrap_or(i64::MAX),
    ];
    let (slot, key, group) = (0, Key::default(), "");
    each(Member { slot, key, stamp, group, detail: about, values: &values });
}

const HIERARCHIES: [(&str, Hierarchy); 6] = [
    ("none", Hierarchy::None),
    ("v1", Hierarchy::V1),
    ("v2", Hierarchy::V2),
    ("hybrid v1", Hierarchy::HybridV1),
    ("hybrid v2", Hierarchy::HybridV2),
    ("uncontrolled", Hierarchy::Uncontrolled),
];

fn mounted(hierarchy: Hierarchy) -> &'static str {
    HIERARCHIES.iter().find(|(_, known)| *known == hierarchy).map_or("none", |(name, _)| name)
}

/// The table that a frame tells of; what is told of all groups together is added by [`add_about`].
pub(super) fn table(frame: &Frame) -> CgroupTable {
    let slots = frame.members.iter().map(|member| member.slot as usize + 1).max().unwrap_or(0);
    let (time_ms, now) = (frame.time_ms, moment(frame.time_ms));
    let mut table = CgroupTable { time_ms, now, ..CgroupTable::default() };
    table.groups.resize(slots, None);
    for member in &frame.members {
        table.groups[member.slot as usize] = Some(Arc::new(group(member, frame.time_ms)));
    }
    settle(&mut table);
    table
}

/// Adds what was told of all groups together.
pub(super) fn add_about(table: &mut CgroupTable, frame: &Frame) {
    let Some(told) = frame.members.first() else { return };
    let value = |column: usize| told.values.get(column).copied().unwrap_or(0);
    let (hierarchy, root) = told.detail.split_once(SEPARATOR).unwrap_or((&told.detail, "/"));
    let known = HIERARCHIES.iter().find(|(name, _)| *name == hierarchy);
    table.hierarchy = known.map_or(Hierarchy::None, |(_, hierarchy)| *hierarchy);
    table.mount_root = root.as_bytes().into();
    table.top_is_inside = value(0) == 1;
    table.own = slot(value(1)).filter(|own| table.get(*own).is_some());
    table.left_out = u64::try_from(value(2)).unwrap_or(0);
    table.full_pass = Duration::from_millis(u64::try_from(value(3)).unwrap_or(0));
}

/// A moment of the past in place of monotonic time, of which only differences are told.
fn moment(time_ms: TimeMs) -> Duration {
    Duration::from_millis(u64::try_from(time_ms).unwrap_or(0))
}

fn group(member: &FrameMember, time_ms: TimeMs) -> Cgroup {
    let value = |column: usize| member.values.get(column).copied().unwrap_or(-1);
    let amount = |column: usize, unit: u64| {
        u64::try_from(value(column)).ok().map(|units| units.saturating_mul(unit))
    };
    let reading = (value(READ_S) >= 0).then(|| Box::new(reading(member)));
    Cgroup {
        id: member.key.id,
        parent: slot(value(PARENT)),
        name: member.detail.as_bytes().into(),
        current_bytes: amount(CURRENT, PAGE),
        current_at: moment(time_ms),
        reading,
        read_at: moment(value(READ_S).saturating_mul(1000)),
        ..Cgroup::default()
    }
}

fn reading(member: &FrameMember) -> Reading {
    let value = |column: usize| member.values.get(column).copied().unwrap_or(-1);
    let mut reading = Reading { events: Events::default(), ..Reading::default() };
    for (column, amount) in (FIRST_AMOUNT..).zip(&AMOUNTS) {
        if let Ok(units) = u64::try_from(value(column)) {
            (amount.set)(&mut reading, units.saturating_mul(amount.unit));
        }
    }
    let stall = |first: usize| {
        let share = |column: usize| u32::try_from(value(column)).ok();
        Some(Stall {
            avg10: share(first)?,
            avg60: share(first + 1)?,
            avg300: share(first + 2)?,
            total_us: u64::try_from(value(first + 3)).ok()?,
        })
    };
    reading.pressure =
        stall(FIRST_STALL).map(|some| Pressure { some, full: stall(FIRST_STALL + STALL_WIDTH) });
    reading
}

fn slot(value: i64) -> Option<Slot> {
    u32::try_from(value).ok().map(Slot)
}

/// Finds the depth and the children of each group; those whose parents were not written down are left out.
fn settle(table: &mut CgroupTable) {
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); table.groups.len()];
    let mut waiting = Vec::new();
    for (slot, group) in table.iter() {
        match group.parent {
            None => waiting.push((slot.0, 0)),
            Some(parent) if table.get(parent).is_some() => {
                children[parent.0 as usize].push(slot.0);
            }
            Some(_) => {}
        }
    }
    let mut settled = vec![false; table.groups.len()];
    while let Some((slot, depth)) = waiting.pop() {
        let place = slot as usize;
        settled[place] = true;
        if let Some(group) = &mut table.groups[place] {
            let group = Arc::make_mut(group);
            group.depth = depth;
            group.children = u32::try_from(children[place].len()).unwrap_or(u32::MAX);
        }
        waiting.extend(children[place].iter().map(|child| (*child, depth + 1)));
    }
    for (group, _) in table.groups.iter_mut().zip(settled).filter(|(_, settled)| !settled) {
        *group = None;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ramscope_store::Visit;

    use super::*;
    use crate::cgroups::tests::table as rows;

    fn frame(visit: &Visit<'_>, time_ms: TimeMs) -> Frame {
        let mut frame = Frame { time_ms, ..Frame::default() };
        visit(&mut |member| {
            frame.members.push(FrameMember {
                slot: member.slot,
                key: member.key,
                group: member.group.into(),
                detail: member.detail.into(),
                values: member.values.to_vec(),
            });
        });
        frame
    }

    /// What comes back of a table.
    fn again(written: &CgroupTable) -> CgroupTable {
        let mut found = table(&frame(&|each| visit(written, each), written.time_ms));
        let about = about(written);
        let whole = |each: &mut dyn FnMut(Member<'_>)| visit_table(written, (&about, 1), each);
        add_about(&mut found, &frame(&whole, written.time_ms));
        found
    }

    fn full_reading(seed: u64) -> Reading {
        let mut reading = Reading::default();
        for (n, amount) in (1..).zip(&AMOUNTS) {
            (amount.set)(&mut reading, (seed + n) * amount.unit);
        }
        let stall = Stall { avg10: 12, avg60: 34, avg300: 56, total_us: 789 };
        reading.pressure = Some(Pressure { some: stall, full: Some(stall) });
        reading
    }

    #[test]
    fn a_table_comes_back_from_its_frames() {
        let mut written = rows(&[
            (None, "", 0, None, None),
            (Some(0), "a\nb", 40 << 12, Some(1 << 20), None),
            (Some(1), "c", 30 << 12, None, None),
        ]);
        (written.time_ms, written.now) = (1_700_000_009_000, Duration::from_secs(500));
        (written.own, written.left_out) = (Some(Slot(2)), 7);
        (written.full_pass, written.top_is_inside) = (Duration::from_secs(3), true);
        written.hierarchy = Hierarchy::HybridV1;
        let group = Arc::make_mut(written.groups[1].as_mut().unwrap());
        group.reading = Some(Box::new(full_reading(5)));
        group.read_at = Duration::from_secs(490);
        let group = Arc::make_mut(written.groups[2].as_mut().unwrap());
        (group.reading, group.current_bytes) = (None, None);
        let found = again(&written);
        let told = |table: &CgroupTable| {
            (
                table.time_ms,
                table.hierarchy,
                table.own,
                table.left_out,
                table.full_pass,
                table.top_is_inside,
            )
        };
        assert_eq!(told(&found), told(&written));
        assert_eq!(found.path(Slot(2)), r"/a\x0ab/c");
        let [top, a, c] = [0, 1, 2].map(|slot| found.get(Slot(slot)).unwrap());
        assert_eq!((top.children, a.children, a.depth, c.depth), (1, 1, 1, 2));
        assert_eq!((a.id, a.current_bytes, c.current_bytes), (1, Some(40 << 12), None));
        assert_eq!(a.reading.as_deref(), Some(&full_reading(5)));
        assert_eq!((found.now - a.read_at, c.reading.is_none()), (Duration::from_secs(10), true));
    }

    #[test]
    fn a_roster_has_a_name_for_each_number() {
        assert_eq!(spec().columns.len(), WIDTH);
        assert_eq!(spec().columns[PARENT], "parent");
        assert_eq!(spec().columns[FIRST_STALL], "some.avg10");
    }

    #[test]
    fn many_groups_are_written_each_ten_seconds_and_a_clock_set_back_waits_for_none() {
        let mut few = rows(&[(None, "", 0, None, None)]);
        let mut many = few.clone();
        many.groups.resize(MANY + 1, None);
        for (time_ms, last_ms, is_few, is_many) in [
            (5000, None, true, true),
            (5000, Some(5000), false, false),
            (6000, Some(5000), true, false),
            (15_000, Some(5000), true, true),
            (1000, Some(5000), true, true),
        ] {
            (few.time_ms, many.time_ms) = (time_ms, time_ms);
            assert_eq!(
                (is_due(&few, last_ms), is_due(&many, last_ms)),
                (is_few, is_many),
                "{time_ms}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_frame_makes_a_table_in_which_a_parent_is_missing_or_above_itself(
            members in prop::collection::btree_map(0..12_u32, (any::<u64>(), -1..12_i64), 0..12),
        ) {
            let members = members.into_iter().map(|(slot, (id, parent))| {
                let mut values = vec![0; WIDTH];
                values[PARENT] = parent;
                let key = Key { id, born_ms: 0 };
                FrameMember { slot, key, group: "".into(), detail: "x".into(), values }
            });
            let table = table(&Frame { members: members.collect(), ..Frame::default() });
            for (slot, group) in table.iter() {
                prop_assert!(group.parent.is_none_or(|parent| table.get(parent).is_some()));
                prop_assert_eq!(table.chain(slot).count(), group.depth as usize + 1);
            }
        }
    }
}
