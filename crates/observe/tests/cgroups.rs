//! Trees of control groups, read as those of the running machine are: a capture, one made after the kernel's documentation,
//! and some that no machine should have.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use ramscope_observe::cgroups::{CgroupTable, Hierarchy, Kind, LimitKind, Reading, Slot};
use ramscope_observe::source::cgroups::Cgroups;

/// Linux 6.18 with the memory controller in v1 and v2 mounted beside it.
const HYBRID: &str = "cgroups-hybrid-linux-6.18";
/// Made after the kernel's documentation, field by field.
const V2: &str = "cgroups-v2-made-from-documentation";
const MIB: u64 = 1 << 20;

fn folder(machine: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(machine)
}

fn look(root: &Path) -> Arc<CgroupTable> {
    Cgroups::new(root).look_at_all(1_700_000_000_000, Duration::from_secs(1))
}

/// The one group whose path begins so.
fn group(table: &CgroupTable, path: &str) -> Slot {
    let found: Vec<Slot> = table
        .iter()
        .map(|(slot, _)| slot)
        .filter(|slot| table.path(*slot).starts_with(path))
        .collect();
    *found.iter().min_by_key(|slot| table.path(**slot).len()).unwrap_or_else(|| panic!("no {path}"))
}

fn reading(table: &CgroupTable, slot: Slot) -> &Reading {
    table.get(slot).unwrap().reading.as_deref().unwrap()
}

/// A v2 hierarchy in a scratch folder.
struct Scratch(tempfile::TempDir);

impl Scratch {
    fn new() -> Scratch {
        // In memory where that can be had: a disk takes a minute to make and remove forty thousand files.
        let scratch = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let scratch = Scratch(scratch);
        fs::create_dir_all(scratch.top()).unwrap();
        fs::create_dir_all(scratch.0.path().join("proc/self")).unwrap();
        fs::write(scratch.top().join("cgroup.controllers"), "memory\n").unwrap();
        scratch
    }

    fn top(&self) -> PathBuf {
        self.0.path().join("sys/fs/cgroup")
    }

    fn group(&self, path: impl AsRef<Path>, current: u64) -> PathBuf {
        let folder = self.top().join(path);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("memory.current"), format!("{current}\n")).unwrap();
        folder
    }

    fn cgroups(&self) -> Cgroups {
        Cgroups::new(self.0.path())
    }
}

fn paths(table: &CgroupTable) -> Vec<String> {
    let mut paths: Vec<String> = table.iter().map(|(slot, _)| table.path(slot)).collect();
    paths.sort();
    paths
}

#[test]
fn every_field_of_the_documented_v2_files_is_read() {
    let table = look(&folder(V2));
    assert_eq!(table.hierarchy, Hierarchy::V2);
    let slot = group(&table, "/system.slice/docker-");
    let found = reading(&table, slot);
    assert_eq!(table.get(slot).unwrap().current_bytes, Some(250 * MIB));
    assert_eq!(
        (found.limit_bytes, found.high_bytes, found.low_bytes, found.min_bytes, found.peak_bytes),
        (Some(256 * MIB), Some(240 * MIB), Some(16 * MIB), Some(8 * MIB), Some(256 * MIB))
    );
    assert_eq!(
        (found.swap_bytes, found.swap_limit_bytes, found.zswap_bytes, found.zswapped_bytes),
        (Some(12 * MIB), Some(64 * MIB), Some(3 * MIB), Some(9 * MIB))
    );
    assert_eq!(
        (found.anon_bytes, found.file_bytes, found.shmem_bytes, found.inactive_file_bytes),
        (Some(200 * MIB), Some(30 * MIB), Some(2 * MIB), Some(20 * MIB))
    );
    assert_eq!((found.slab_bytes, found.kernel_bytes), (Some(122_880), Some(200 * MIB / 16)));
    let events = found.events;
    assert_eq!(
        (events.high, events.max, events.oom, events.oom_kill),
        (Some(2345), Some(678), Some(9), Some(3))
    );
    let some = found.pressure.unwrap().some;
    assert_eq!((some.avg10, some.total_us), (1234, 9_876_543));
    assert_eq!(found.stat.get("numa_hint_faults"), Some(48));
    assert_eq!(found.stat.len(), 65);
}

#[test]
fn the_true_top_of_v2_has_no_use_of_its_own_and_no_limit() {
    let table = look(&folder(V2));
    let top = table.get(Slot(0)).unwrap();
    assert_eq!((top.current_bytes, top.children), (None, 4));
    assert_eq!(reading(&table, Slot(0)).limit_bytes, None);
    assert!(!table.top_is_inside);
    assert_eq!(reading(&table, Slot(0)).anon_bytes, Some(4096 * MIB));
}

#[test]
fn the_limit_of_the_whole_chain_is_named_and_so_is_the_container() {
    let table = look(&folder(V2));
    let inside = group(
        &table,
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a1b2c3d_4e5f_6071_8293_a4b5c6d7e8f9.slice/cri-",
    );
    let binding = table.binding(inside).unwrap();
    assert_eq!(
        (binding.limit_bytes, binding.kind, binding.used_bytes),
        (768 * MIB, LimitKind::Max, 600 * MIB)
    );
    assert_eq!(table.label(binding.slot).name, "pod 0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9");
    assert_eq!(table.label(inside).name, "containerd a1b2c3d4e5f6");
    assert_eq!(table.room(inside).unwrap().bytes, 168 * MIB);
    let docker = group(&table, "/system.slice/docker-");
    assert_eq!(table.own, Some(docker));
    let container = table.container(16 << 30).unwrap();
    assert_eq!((container.name.as_str(), container.kind), ("docker 3f1c0a9b8d7e", LimitKind::High));
    assert_eq!((container.limit_bytes, container.used_bytes), (240 * MIB, 230 * MIB));
    let session = group(&table, "/user.slice/user-1000.slice/session-3.scope");
    assert_eq!((table.label(session).kind, table.binding(session)), (Kind::Session, None));
}

#[test]
fn a_hybrid_machine_has_its_memory_in_v1_and_its_pressure_in_v2() {
    let table = look(&folder(HYBRID));
    assert_eq!((table.hierarchy, table.hierarchy.key()), (Hierarchy::HybridV1, "hybrid"));
    assert_eq!(table.len(), 5);
    let top = table.get(Slot(0)).unwrap();
    assert!(top.current_bytes.unwrap() > 1 << 30);
    let found = reading(&table, Slot(0));
    assert!(found.pressure.is_some());
    assert_eq!(found.limit_bytes, None, "v1 writes no limit as a large number");
    assert!(found.anon_bytes.unwrap() > 0 && found.peak_bytes.unwrap() > 0);
    assert_eq!(found.events.oom_kill, Some(0));
    assert_eq!(found.events.high, None, "v1 has no such event");
    let own = table.own.unwrap();
    assert!(table.path(own).starts_with("/sandbox/3f1c0a9b"));
    assert_eq!(reading(&table, own).pressure, None);
    assert_eq!(table.container(16 << 30), None);
}

#[test]
fn a_controller_that_is_absent_is_a_value_with_a_reason() {
    let scratch = Scratch::new();
    fs::write(scratch.top().join("cgroup.controllers"), "cpu io\n").unwrap();
    let table = scratch.cgroups().look_at_all(1, Duration::ZERO);
    assert_eq!((table.hierarchy, table.hierarchy.controller()), (Hierarchy::Uncontrolled, None));
    assert!(table.is_empty() && table.hierarchy.note().unwrap().contains("cgroup_disable=memory"));
    let nothing = tempfile::tempdir().unwrap();
    let table = Cgroups::new(nothing.path()).look_at_all(1, Duration::ZERO);
    assert_eq!((table.hierarchy, table.len()), (Hierarchy::None, 0));
    assert!(table.hierarchy.note().unwrap().contains("no cgroup hierarchy"));
}

#[test]
fn names_that_would_move_a_cursor_are_spelled_out_and_links_lead_nowhere() {
    let scratch = Scratch::new();
    scratch.group(std::ffi::OsStr::from_bytes(b"a\n\x1b[2J\xff"), 5);
    scratch.group("plain", 6);
    std::os::unix::fs::symlink("/", scratch.top().join("plain/out")).unwrap();
    std::os::unix::fs::symlink("..", scratch.top().join("loop")).unwrap();
    let table = scratch.cgroups().look_at_all(1, Duration::ZERO);
    assert_eq!(paths(&table), ["/", "/a\\x0a\\x1b[2J\\xff", "/plain"]);
    let slot = table.find("/a\\x0a\\x1b[2J\\xff").unwrap();
    assert_eq!(table.get(slot).unwrap().current_bytes, Some(5));
}

#[test]
fn a_tree_three_hundred_deep_with_long_names_is_read_to_its_end() {
    let scratch = Scratch::new();
    // Longer than any path the kernel takes at once, so it is made one folder below the other.
    let name = "d".repeat(60);
    let mut at =
        rustix::fs::open(scratch.top(), rustix::fs::OFlags::DIRECTORY, rustix::fs::Mode::empty())
            .unwrap();
    for depth in 1..=300u32 {
        rustix::fs::mkdirat(&at, &name, rustix::fs::Mode::from_raw_mode(0o755)).unwrap();
        at = rustix::fs::openat(
            &at,
            &name,
            rustix::fs::OFlags::DIRECTORY,
            rustix::fs::Mode::empty(),
        )
        .unwrap();
        for (file, text) in [("memory.current", depth), ("memory.max", 1_000_000 - depth)] {
            let flags = rustix::fs::OFlags::CREATE | rustix::fs::OFlags::WRONLY;
            let file = rustix::fs::openat(&at, file, flags, rustix::fs::Mode::from_raw_mode(0o644))
                .unwrap();
            std::io::Write::write_all(&mut fs::File::from(file), text.to_string().as_bytes())
                .unwrap();
        }
    }
    let table = scratch.cgroups().look_at_all(1, Duration::ZERO);
    assert_eq!(table.len(), 301);
    let (deepest, group) = table.iter().max_by_key(|(_, group)| group.depth).unwrap();
    assert_eq!((group.depth, group.current_bytes), (300, Some(300)));
    let binding = table.binding(deepest).unwrap();
    assert_eq!((binding.limit_bytes, binding.slot), (999_700, deepest));
    assert_eq!(table.path(deepest).len(), 300 * 61);
}

#[test]
fn a_tree_twenty_thousand_wide_is_seen_whole_within_bounded_looks() {
    let scratch = Scratch::new();
    for number in 0..20_000u64 {
        scratch.group(format!("g{number}"), number);
    }
    let mut cgroups = scratch.cgroups();
    let mut seen_before = 0;
    let mut looks = 0;
    loop {
        looks += 1;
        let table = cgroups.look(looks, Duration::from_secs(u64::try_from(looks).unwrap()));
        assert!(table.len() - seen_before <= 4096, "a look finds no more than it lists");
        let read_now =
            table.iter().filter(|(_, g)| g.reading.is_some() && g.read_at == table.now).count();
        assert!(read_now <= 256 + 64, "{read_now} groups were read in full at once");
        seen_before = table.len();
        let all_known = table.len() == 20_001
            && table.iter().filter(|(slot, _)| slot.0 > 0).all(|(_, g)| g.current_bytes.is_some());
        if all_known {
            break;
        }
        assert!(looks < 60, "{} groups after {looks} looks", table.len());
    }
    let table = cgroups.look(100, Duration::from_secs(100));
    let slot = table.find("/g19999").unwrap();
    assert_eq!(table.get(slot).unwrap().current_bytes, Some(19_999));
    assert!(table.full_pass >= Duration::from_secs(70), "{:?}", table.full_pass);
}

#[test]
fn growth_is_over_a_minute_or_as_long_as_the_group_was_watched() {
    let scratch = Scratch::new();
    let folder = scratch.group("a", 0);
    let mut cgroups = scratch.cgroups();
    for second in 0..=90u64 {
        fs::write(folder.join("memory.current"), format!("{}", second * MIB)).unwrap();
        let table = cgroups.look(1, Duration::from_secs(second));
        let group = table.get(table.find("/a").unwrap()).unwrap();
        let expected = if second < 70 { second } else { 60 + second % 10 };
        assert_eq!(group.growth_window, Duration::from_secs(expected), "at {second} s");
        assert_eq!(group.growth_bytes, i64::try_from(expected * MIB).unwrap());
    }
}

#[test]
fn a_group_whose_use_moved_is_read_in_full_at_once() {
    let scratch = Scratch::new();
    let folders: Vec<_> = (0..600).map(|number| scratch.group(format!("g{number}"), MIB)).collect();
    let mut cgroups = scratch.cgroups();
    for second in 0..60 {
        cgroups.look(1, Duration::from_secs(second));
    }
    fs::write(folders[321].join("memory.current"), "9999999").unwrap();
    fs::write(folders[321].join("memory.events"), "max 1\noom 1\noom_kill 1\n").unwrap();
    // The files of 400 stay open; the others have their turn within ten looks.
    let seen = (60..71).any(|second| {
        let table = cgroups.look(1, Duration::from_secs(second));
        let slot = table.find("/g321").unwrap();
        reading(&table, slot).events.oom_kill == Some(1)
    });
    assert!(seen);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// The slow twin lists the folders after each change.
    #[test]
    fn groups_that_come_and_go_are_those_that_are_there(
        changes in prop::collection::vec((0u8..6, 0u8..6, 0u8..6, any::<bool>()), 1..30),
    ) {
        let scratch = Scratch::new();
        let mut cgroups = scratch.cgroups();
        for (second, &(a, b, c, add)) in (0..).zip(&changes) {
            let path = format!("{a}/{b}/{c}");
            if add {
                scratch.group(&path, 1);
            } else {
                let _ = fs::remove_dir_all(scratch.top().join(format!("{a}/{b}")));
            }
            let table = cgroups.look(1, Duration::from_secs(second));
            let mut expected = vec!["/".to_owned()];
            list(&scratch.top(), "", &mut expected);
            expected.sort();
            prop_assert_eq!(paths(&table), expected);
        }
    }
}

fn list(folder: &Path, path: &str, into: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            let path = format!("{path}/{}", entry.file_name().to_str().unwrap());
            into.push(path.clone());
            list(&entry.path(), &path, into);
        }
    }
}

#[test]
fn machine_the_groups_of_this_machine_are_read() {
    let table = look(Path::new("/"));
    if let Some(note) = table.hierarchy.note() {
        println!("skipped: {note}");
        if let Some(file) = std::env::var_os("RAMSCOPE_SKIPPED") {
            let line = format!("skipped: machine_the_groups_of_this_machine_are_read: {note}\n");
            let mut open = fs::OpenOptions::new();
            let mut file = open.append(true).create(true).open(file).unwrap();
            std::io::Write::write_all(&mut file, line.as_bytes()).unwrap();
        }
        return;
    }
    assert!(!table.is_empty());
    assert!(table.iter().all(|(_, group)| group.reading.is_some() || group.children == 0));
}
