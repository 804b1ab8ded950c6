//! Whole captured machines, read as the running one is: `tests/data/NAME/{proc,sys}`.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ramscope_observe::explain::State;
use ramscope_observe::parse::table::Table;
use ramscope_observe::rates::Rates;
use ramscope_observe::source::{Source, SourceError};
use ramscope_observe::{Ledger, Memory, Snapshot, Verdict};

/// No swap, nothing wrong, written by the kernel itself.
const NO_SWAP: &str = "linux-6.18-no-swap";
/// A kernel that does not tell what is available, and little of what it uses itself.
const OLD: &str = "linux-3.10-no-mem-available";
/// Two nodes, three swap devices, zram, two huge page pools, and tasks that wait.
const PRESSED: &str = "linux-6.6-two-nodes-under-pressure";

const MACHINES: [&str; 3] = [NO_SWAP, OLD, PRESSED];

fn folder(machine: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(machine)
}

fn sample(source: &mut Source, seconds: u64) -> Snapshot {
    let mut snapshot = Snapshot::default();
    source.sample(1_700_000_000_000, Duration::from_secs(seconds), &mut snapshot).unwrap();
    snapshot
}

fn captured(machine: &str) -> Snapshot {
    sample(&mut Source::new(&folder(machine)), 0)
}

/// A copy of a captured machine whose files a test may change.
fn copy(machine: &str) -> tempfile::TempDir {
    fn walk(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            let to = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                walk(&entry.path(), &to);
            } else {
                fs::copy(entry.path(), to).unwrap();
            }
        }
    }
    let target = tempfile::tempdir().unwrap();
    walk(&folder(machine), target.path());
    target
}

/// Lets each machine stand still between two samples, but for the counters given.
fn rates(snapshot: &Snapshot, moved: &[(&str, u64)]) -> Rates {
    let mut after = snapshot.clone();
    after.monotonic += Duration::from_secs(1);
    after.vmstat = with(&snapshot.vmstat, |name, value| {
        let moved = moved.iter().find(|(field, _)| *field == name).map_or(0, |(_, by)| *by);
        value + moved
    });
    Rates::between(snapshot, &after).unwrap()
}

fn with(table: &Table, value: impl Fn(&str, u64) -> u64) -> Table {
    Table::from_pairs(table.iter().map(|(name, old)| (name, value(name, old))))
}

/// The machine, with some fields of meminfo changed.
fn but(snapshot: &Snapshot, fields: &[(&str, u64)]) -> Snapshot {
    let mut changed = snapshot.clone();
    changed.meminfo = with(&snapshot.meminfo, |name, old| {
        fields.iter().find(|(field, _)| *field == name).map_or(old, |(_, new)| *new)
    });
    changed
}

#[test]
fn every_field_of_every_machine_is_read() {
    for machine in MACHINES {
        let snapshot = captured(machine);
        let lines =
            |path: &str| fs::read_to_string(folder(machine).join(path)).unwrap().lines().count();
        assert_eq!(snapshot.meminfo.len(), lines("proc/meminfo"), "{machine}");
        assert_eq!(snapshot.vmstat.len(), lines("proc/vmstat"), "{machine}");
        assert_eq!(snapshot.buddyinfo.len(), lines("proc/buddyinfo"), "{machine}");
        assert_eq!(snapshot.swaps.len(), lines("proc/swaps") - 1, "{machine}");
        assert_eq!(snapshot.page_bytes, 4096, "{machine}");
        assert_eq!(snapshot.time_ms, 1_700_000_000_000, "{machine}");
        assert!(snapshot.shape > 0, "{machine}");
        assert!(snapshot.pcp_free_pages.is_some(), "{machine}");
        assert!(!snapshot.ksm.is_empty(), "{machine}");
        assert!(snapshot.thp.is_some(), "{machine}");
    }
}

#[test]
fn a_machine_under_pressure_is_read_in_every_detail() {
    let snapshot = captured(PRESSED);
    let pressure = snapshot.pressure.unwrap();
    assert_eq!((pressure.some.avg10, pressure.some.total_us), (1462, 9_120_448_822));
    assert_eq!(pressure.full.unwrap().avg300, 152);
    assert_eq!(snapshot.swaps[1].name, "/dev/zram0");
    assert_eq!(snapshot.swaps[1].priority, 100);
    assert_eq!(snapshot.swaps[2].name, "/var/swap file (deleted)");
    assert_eq!(snapshot.nodes.iter().map(|node| node.id).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(snapshot.nodes[1].meminfo.get("HugePages_Free"), Some(768));
    assert_eq!(snapshot.nodes[1].numastat.get("numa_miss"), Some(20_418_822));
    let pools: Vec<_> =
        snapshot.huge_pages.iter().map(|pool| (pool.page_bytes, pool.free)).collect();
    assert_eq!(pools, [(2 << 20, 1536), (1 << 30, 2)]);
    assert_eq!(snapshot.zram.len(), 1);
    assert_eq!(snapshot.zram[0].mem_used, 2_466_254_848);
    assert_eq!(snapshot.zram[0].same_pages, 182_044);
    assert_eq!(snapshot.thp.unwrap().enabled, "madvise");
    assert_eq!(snapshot.zswap.unwrap().max_pool_percent, 20);
    assert_eq!(snapshot.ksm.get("pages_sharing"), Some(88_204));
    assert_eq!(snapshot.ksm.get("general_profit"), None, "the one signed file");
    assert_eq!(snapshot.pcp_free_pages, Some(2386));
}

#[test]
fn what_an_old_kernel_lacks_is_missing_and_no_error() {
    let snapshot = captured(OLD);
    assert_eq!(snapshot.pressure, None);
    assert_eq!(snapshot.zswap, None);
    assert!(snapshot.zram.is_empty());
    let memory = Memory::of(&snapshot);
    assert!(memory.available_is_estimated);
    let estimate = (241_812 + 182_940 + 4_963_012 - 5_536) * 1024;
    assert_eq!(memory.available_bytes, estimate);
}

#[test]
fn the_ledger_of_every_machine_adds_up_to_the_byte() {
    for machine in MACHINES {
        let snapshot = captured(machine);
        let ledger = Ledger::of(&snapshot);
        let parts: u64 = ledger.parts().iter().map(|part| part.bytes).sum();
        let sum = parts + ledger.unaccounted_bytes() - ledger.overlap_bytes();
        assert_eq!(Some(sum), snapshot.meminfo.get("MemTotal"), "{machine}");
        assert!(ledger.unaccounted_bytes() < ledger.total_bytes() / 20, "{machine}: {ledger:?}");
        assert_eq!(ledger.overlap_bytes(), 0, "{machine}");
    }
}

#[test]
fn machine_ledger_of_this_machine_adds_up_to_the_byte() {
    let mut source = Source::new(Path::new("/"));
    let mut snapshot = Snapshot::default();
    if let Err(error) = source.sample(0, Duration::ZERO, &mut snapshot) {
        eprintln!("cannot run here: {error}");
        return;
    }
    let ledger = Ledger::of(&snapshot);
    let parts: u64 = ledger.parts().iter().map(|part| part.bytes).sum();
    let sum = parts + ledger.unaccounted_bytes() - ledger.overlap_bytes();
    assert_eq!(Some(sum), snapshot.meminfo.get("MemTotal"));
    assert_eq!(Memory::of(&snapshot).total_bytes, ledger.total_bytes());
}

#[test]
fn slow_files_are_held_for_a_second_and_fast_ones_are_not() {
    let machine = copy(PRESSED);
    let mut source = Source::new(machine.path());
    let mut snapshot = Snapshot::default();
    let mut at = |ms: u64| {
        source.sample(0, Duration::from_millis(ms), &mut snapshot).unwrap();
        (snapshot.pressure.unwrap().some.total_us, snapshot.huge_pages[0].free)
    };
    assert_eq!(at(0), (9_120_448_822, 1536));
    let pressure = "some avg10=0.00 avg60=0.00 avg300=0.00 total=7\n\
                    full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n";
    fs::write(machine.path().join("proc/pressure/memory"), pressure).unwrap();
    let pool = machine.path().join("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
    fs::write(pool, "5\n").unwrap();
    assert_eq!(at(10), (7, 1536));
    assert_eq!(at(990), (7, 1536));
    assert_eq!(at(996), (7, 5), "a tick of a second that comes a hair early");
}

#[test]
fn the_shape_is_the_same_until_a_name_appears_or_vanishes() {
    let machine = copy(PRESSED);
    let mut source = Source::new(machine.path());
    let first = sample(&mut source, 0).shape;
    assert_eq!(sample(&mut source, 1).shape, first);
    let swaps = "Filename Type Size Used Priority\n/dev/sda1 partition 8 0 -2\n";
    fs::write(machine.path().join("proc/swaps"), swaps).unwrap();
    let second = sample(&mut source, 2);
    assert_ne!(second.shape, first);
    assert_eq!(second.swaps.len(), 1);
    assert_eq!(sample(&mut source, 3).shape, second.shape);
}

#[test]
fn a_file_that_goes_away_is_missing_and_found_again_when_it_returns() {
    let machine = copy(PRESSED);
    let mut source = Source::new(machine.path());
    assert!(sample(&mut source, 0).pressure.is_some());
    let file = machine.path().join("proc/pressure/memory");
    let content = fs::read(&file).unwrap();
    fs::write(&file, "").unwrap();
    let without = sample(&mut source, 1);
    assert_eq!(without.pressure, None);
    assert_eq!(sample(&mut source, 2).shape, without.shape);
    fs::write(&file, content).unwrap();
    assert!(sample(&mut source, 3).pressure.is_some());
}

#[test]
fn nodes_pools_devices_and_files_that_appear_later_are_found() {
    let machine = copy(PRESSED);
    let sys = machine.path().join("sys");
    let later = ["devices/system/node", "kernel/mm/hugepages", "block", "kernel/mm/ksm", "module"];
    for path in later {
        let from = sys.join(path);
        fs::rename(&from, from.with_extension("later")).unwrap();
    }
    fs::rename(machine.path().join("proc/vmstat"), machine.path().join("later")).unwrap();
    let mut source = Source::new(machine.path());
    let before = sample(&mut source, 0);
    assert!(before.nodes.is_empty() && before.huge_pages.is_empty() && before.zram.is_empty());
    assert!(before.ksm.is_empty() && before.vmstat.is_empty() && before.zswap.is_none());
    for path in later {
        let to = sys.join(path);
        fs::rename(to.with_extension("later"), &to).unwrap();
    }
    fs::rename(machine.path().join("later"), machine.path().join("proc/vmstat")).unwrap();
    let after = sample(&mut source, 31);
    assert_eq!((after.nodes.len(), after.huge_pages.len(), after.zram.len()), (2, 2, 1));
    assert!(!after.ksm.is_empty() && !after.vmstat.is_empty() && after.zswap.is_some());
    assert_ne!(after.shape, before.shape);
}

#[test]
fn a_file_that_is_not_understood_costs_only_its_own_series() {
    let machine = copy(PRESSED);
    let mut source = Source::new(machine.path());
    assert!(!sample(&mut source, 0).vmstat.is_empty());
    fs::write(machine.path().join("proc/vmstat"), "\u{fffd}\0 nonsense\n").unwrap();
    fs::write(machine.path().join("proc/buddyinfo"), "Node ?\n").unwrap();
    let odd = sample(&mut source, 1);
    assert!(odd.vmstat.is_empty() && odd.buddyinfo.is_empty());
    assert_eq!(odd.swaps.len(), 3);
    assert_eq!(sample(&mut source, 2).shape, odd.shape);
}

#[test]
fn without_meminfo_there_is_an_error_that_says_what_to_do_and_then_a_recovery() {
    let machine = copy(OLD);
    let file = machine.path().join("proc/meminfo");
    let content = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    let mut source = Source::new(machine.path());
    let mut snapshot = Snapshot { time_ms: 42, ..Snapshot::default() };
    let error = source.sample(43, Duration::ZERO, &mut snapshot).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, SourceError::Unreadable { .. }));
    assert!(text.contains(&file.display().to_string()), "{text}");
    assert!(text.contains("No such file") && text.contains("mount"), "{text}");
    assert_eq!(snapshot.time_ms, 42, "left as it was");
    fs::write(&file, "MemTotal: lots\n").unwrap();
    let error = source.sample(44, Duration::ZERO, &mut snapshot).unwrap_err();
    assert!(matches!(error, SourceError::NotUnderstood { .. }));
    assert!(error.to_string().contains("line 1"), "{error}");
    fs::write(&file, content).unwrap();
    source.sample(45, Duration::ZERO, &mut snapshot).unwrap();
    assert_eq!(snapshot.time_ms, 45);
}

#[test]
fn a_snapshot_used_again_is_equal_to_a_fresh_one() {
    let (mut pressed, mut old) = (Source::new(&folder(PRESSED)), Source::new(&folder(OLD)));
    let mut used = sample(&mut old, 0);
    pressed.sample(1_700_000_000_000, Duration::ZERO, &mut used).unwrap();
    assert_eq!(format!("{used:?}"), format!("{:?}", captured(PRESSED)));
    old.sample(1_700_000_000_000, Duration::from_secs(0), &mut used).unwrap();
    assert_eq!(used.nodes.len(), 1);
    assert!(used.zram.is_empty() && used.pressure.is_none());
}

fn check(
    snapshot: &Snapshot,
    rates: Option<&Rates>,
    state: State,
    headline: &str,
    reasons: &[&str],
) {
    let verdict = Verdict::of(snapshot, rates);
    assert_eq!((verdict.state, verdict.headline.as_str()), (state, headline), "{verdict:#?}");
    for reason in reasons {
        let told = verdict.reasons.iter().any(|sentence| sentence.contains(reason));
        assert!(told, "{reason:?} is not told by {verdict:#?}");
    }
}

#[test]
fn a_machine_full_of_cache_is_not_short() {
    let machine = but(&captured(NO_SWAP), &[("MemFree", 1 << 30), ("Cached", 20 << 30)]);
    let headline = "Not short: 0.896 of 23.5 GiB used; 21.6 GiB can be reclaimed; no stalls.";
    check(&machine, None, State::Ok, headline, &["that is normal"]);
}

#[test]
fn a_machine_with_little_left_is_tight_then_short_then_critical() {
    let idle = captured(NO_SWAP);
    let left = |mib: u64| but(&idle, &[("MemAvailable", mib << 20), ("MemFree", 100 << 20)]);
    let headline = "Tight: 22.1 of 23.5 GiB used; 1.46 GiB available; no stalls.";
    check(&left(1500), None, State::Tight, headline, &["There is no swap"]);
    let headline = "Short of memory: 22.6 of 23.5 GiB used; 0.977 GiB available; no stalls.";
    check(&left(1000), None, State::Short, headline, &[]);
    let headline =
        "Critically short of memory: 23.1 of 23.5 GiB used; 400 MiB available; no stalls.";
    check(&left(400), None, State::Critical, headline, &["(1.7 %) can be had"]);
}

#[test]
fn stalls_make_a_machine_short_by_the_kernels_average_or_by_what_was_measured() {
    let machine = captured(PRESSED);
    let headline = "Short of memory: 60.3 of 62.8 GiB used; 2.56 GiB available; tasks waited for memory \
                    15 % of the time.";
    let reasons = [
        "Tasks waited for memory 15 % of the time over the last 10 s; for 6 %, all of them at once.",
        "3 processes were killed for want of memory since boot.",
        "15 of 24 GiB of swap is occupied; whether pages move needs a second sample.",
        "14.4 GiB of pages is held compressed, in 2.3 GiB of memory.",
        "4.75 GiB (7.6 %) lies unused in huge page pools",
    ];
    check(&machine, None, State::Short, headline, &reasons);
    let headline = "Tight: 60.3 of 62.8 GiB used; 2.56 GiB available; no stalls.";
    let calm = rates(&machine, &[]);
    let reasons = ["hardly anything moves: that costs nothing."];
    check(&machine, Some(&calm), State::Tight, headline, &reasons);
}

#[test]
fn swap_that_moves_both_ways_is_short_and_one_way_is_tight() {
    let machine = but(&captured(PRESSED), &[("MemAvailable", 30 << 30)]);
    let verdict = |moved: &[(&str, u64)]| Verdict::of(&machine, Some(&rates(&machine, moved)));
    let both = verdict(&[("pswpin", 1000), ("pswpout", 2000)]);
    assert_eq!(both.state, State::Short);
    assert!(both.reasons[0].starts_with("Swapping both ways: 3.91 MiB a second read and 7.81 MiB"));
    let inwards = verdict(&[("pswpin", 1000)]);
    assert_eq!(inwards.state, State::Tight);
    assert_eq!(inwards.reasons[0], "Swapping now: 3.91 MiB a second comes back from swap.");
    assert_eq!(verdict(&[("pswpin", 200)]).state, State::Ok);
}

#[test]
fn refaults_are_thrash_only_where_memory_is_scarce() {
    let machine = captured(PRESSED);
    let moved = [("workingset_refault_file", 10_000)];
    let scarce = Verdict::of(&machine, Some(&rates(&machine, &moved)));
    assert_eq!(scarce.state, State::Short);
    assert!(scarce.reasons[0].contains("39.1 MiB a second was dropped and at once needed again"));
    let plenty = but(&machine, &[("MemAvailable", 30 << 30)]);
    assert_eq!(Verdict::of(&plenty, Some(&rates(&plenty, &moved))).state, State::Ok);
}

#[test]
fn a_kill_is_critical_unless_the_machine_had_enough() {
    let machine = captured(PRESSED);
    let kill = [("oom_kill", 1)];
    let scarce = Verdict::of(&machine, Some(&rates(&machine, &kill)));
    assert_eq!(scarce.state, State::Critical);
    assert_eq!(scarce.reasons[0], "1 process was just killed for want of memory.");
    let plenty = but(&machine, &[("MemAvailable", 30 << 30)]);
    let limited = Verdict::of(&plenty, Some(&rates(&plenty, &kill)));
    assert_eq!(limited.state, State::Tight);
    assert!(limited.reasons[0].contains("own limit"));
}

#[test]
fn full_swap_is_bad_only_with_little_memory_left() {
    let machine = but(&captured(PRESSED), &[("SwapFree", 1 << 20)]);
    let calm = rates(&machine, &[]);
    assert_eq!(Verdict::of(&machine, Some(&calm)).state, State::Short);
    let plenty = but(&machine, &[("MemAvailable", 30 << 30)]);
    assert_eq!(Verdict::of(&plenty, Some(&calm)).state, State::Ok);
    let nothing = but(&machine, &[("MemAvailable", 1 << 30)]);
    assert_eq!(Verdict::of(&nothing, Some(&calm)).state, State::Critical);
}

#[test]
fn memory_that_nobody_counts_is_told_and_so_is_an_estimate() {
    let machine = but(&captured(PRESSED), &[("AnonPages", 30 << 30), ("MemAvailable", 30 << 30)]);
    let verdict = Verdict::of(&machine, None);
    assert!(verdict.reasons.iter().any(|reason| reason.contains("counted nowhere by the kernel")));
    let headline =
        "Not short: 2.51 of 7.64 GiB used; 4.9 GiB can be reclaimed; stalls are not measured here.";
    check(&captured(OLD), None, State::Ok, headline, &["older than 3.14"]);
}

#[test]
fn rates_over_less_than_half_a_second_say_nothing_about_swap() {
    let machine = captured(PRESSED);
    let mut short = rates(&machine, &[("pswpin", 100_000), ("pswpout", 100_000)]);
    short.elapsed = Duration::from_millis(10);
    assert_eq!(Verdict::of(&machine, Some(&short)), Verdict::of(&machine, None));
}
