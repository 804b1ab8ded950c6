//! Which series a snapshot makes: one walk over all its numbers, in an order that depends on its names alone.
//!
//! The walk gives each name as unformatted arguments, so that the pass that only wants the values, once a
//! tick, formats nothing. Some fields leave in another unit than the kernel's: what it counts in KiB is recorded in bytes.

use std::fmt;

use super::Kind;
use super::unit::{Unit, rounded};
use crate::ledger::Ledger;
use crate::memory::Memory;
use crate::parse::pressure::{Pressure, Stall};
use crate::parse::table::Table;
use crate::rates::Rates;
use crate::snapshot::{Node, Snapshot, Zram};

/// One series and its value at this snapshot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) name: fmt::Arguments<'a>,
    pub(crate) kind: Kind,
    pub(crate) unit: Unit,
    /// `None` where there is no value this time, though the series exists.
    pub(crate) value: Option<i64>,
}

/// How the numbers of one kernel field are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Meaning {
    kind: Kind,
    unit: Unit,
    /// What the kernel's number is multiplied with.
    scale: u64,
}

const fn level(unit: Unit) -> Meaning {
    Meaning { kind: Kind::Gauge, unit, scale: 1 }
}

const fn count(unit: Unit) -> Meaning {
    Meaning { kind: Kind::Counter, unit, scale: 1 }
}

impl Meaning {
    fn entry(self, name: fmt::Arguments<'_>, value: u64) -> Entry<'_> {
        let value = value.checked_mul(self.scale).and_then(|scaled| i64::try_from(scaled).ok());
        Entry { name, kind: self.kind, unit: self.unit, value }
    }
}

/// Calls `sink` once for every series of the snapshot. Two snapshots of equal shape give the same names in the same
/// order, whatever their values, with and without rates.
pub(crate) fn visit(snapshot: &Snapshot, rates: Option<&Rates>, sink: &mut impl FnMut(Entry<'_>)) {
    derived(snapshot, rates, sink);
    table(&snapshot.meminfo, "meminfo.", meminfo, sink);
    table(&snapshot.vmstat, "vmstat.", vmstat, sink);
    if let Some(pressure) = &snapshot.pressure {
        stalls(pressure, rates, sink);
    }
    for swap in &snapshot.swaps {
        let name = Escaped(&swap.name);
        sink(level(Unit::Bytes).entry(format_args!("swap_device.{name}.size"), swap.size_bytes));
        sink(level(Unit::Bytes).entry(format_args!("swap_device.{name}.used"), swap.used_bytes));
    }
    for row in &snapshot.buddyinfo {
        for (order, &blocks) in row.free_blocks.iter().enumerate() {
            let name = format_args!("buddyinfo.node{}.{}.order{order}", row.node, row.zone);
            sink(level(Unit::Count).entry(name, blocks));
        }
    }
    for node in &snapshot.nodes {
        numa_node(node, sink);
    }
    for pool in &snapshot.huge_pages {
        let size = pool.page_bytes / 1024;
        let mut pages = |part, value| {
            sink(level(Unit::Count).entry(format_args!("hugepages.{size}kB.{part}"), value));
        };
        pages("total", pool.total);
        pages("free", pool.free);
        pages("reserved", pool.reserved);
        pages("surplus", pool.surplus);
    }
    for device in &snapshot.zram {
        zram(device, sink);
    }
    table(&snapshot.ksm, "ksm.", ksm, sink);
}

/// What follows from the snapshot: the numbers everyone quotes, the ledger's parts, the rates.
fn derived(snapshot: &Snapshot, rates: Option<&Rates>, sink: &mut impl FnMut(Entry<'_>)) {
    let memory = Memory::of(snapshot);
    for (name, bytes) in [
        ("memory.total", memory.total_bytes),
        ("memory.used", memory.used_bytes),
        ("memory.free", memory.free_bytes),
        ("memory.available", memory.available_bytes),
        ("memory.buffers", memory.buffers_bytes),
        ("memory.cached", memory.cached_bytes),
        ("memory.shared", memory.shared_bytes),
        ("swap.total", memory.swap_total_bytes),
        ("swap.used", memory.swap_used_bytes),
        ("swap.free", memory.swap_free_bytes),
    ] {
        sink(level(Unit::Bytes).entry(format_args!("{name}"), bytes));
    }
    let ledger = Ledger::of(snapshot);
    for part in ledger.parts() {
        sink(level(Unit::Bytes).entry(format_args!("ledger.{}", part.key), part.bytes));
    }
    sink(level(Unit::Bytes).entry(format_args!("ledger.unaccounted"), ledger.unaccounted_bytes()));
    sink(level(Unit::Bytes).entry(format_args!("ledger.overlap"), ledger.overlap_bytes()));
    let mut rate = |name: &str, of: fn(&Rates) -> Option<f64>| {
        let value = rates.and_then(of).and_then(rounded);
        sink(Entry {
            name: format_args!("rate.{name}"),
            kind: Kind::Gauge,
            unit: Unit::PerSecond,
            value,
        });
    };
    rate("pgfault", |rates| rates.pgfault_per_s);
    rate("pgmajfault", |rates| rates.pgmajfault_per_s);
    rate("pswpin", |rates| rates.pswpin_per_s);
    rate("pswpout", |rates| rates.pswpout_per_s);
    rate("pgscan", |rates| rates.pgscan_per_s);
    rate("pgsteal", |rates| rates.pgsteal_per_s);
    rate("workingset_refault", |rates| rates.workingset_refault_per_s);
}

fn table(
    table: &Table,
    prefix: &str,
    meaning: fn(&str) -> Meaning,
    sink: &mut impl FnMut(Entry<'_>),
) {
    for (field, value) in table.iter() {
        sink(meaning(field).entry(format_args!("{prefix}{field}"), value));
    }
}

fn stalls(pressure: &Pressure, rates: Option<&Rates>, sink: &mut impl FnMut(Entry<'_>)) {
    let mut kind = |kind: &str, stall: &Stall, stalled: Option<f64>| {
        let mut ratio = |part: &str, value: Option<i64>| {
            let name = format_args!("pressure.memory.{kind}.{part}");
            sink(Entry { name, kind: Kind::Gauge, unit: Unit::Ratio, value });
        };
        ratio("avg10", Some(stall.avg10.into()));
        ratio("avg60", Some(stall.avg60.into()));
        ratio("avg300", Some(stall.avg300.into()));
        ratio("stalled", stalled.and_then(Unit::recorded_ratio));
        let name = format_args!("pressure.memory.{kind}.total_us");
        sink(count(Unit::Microseconds).entry(name, stall.total_us));
    };
    kind("some", &pressure.some, rates.and_then(|rates| rates.some_stalled));
    if let Some(full) = &pressure.full {
        kind("full", full, rates.and_then(|rates| rates.full_stalled));
    }
}

fn numa_node(node: &Node, sink: &mut impl FnMut(Entry<'_>)) {
    let id = node.id;
    for (field, value) in node.meminfo.iter() {
        sink(meminfo(field).entry(format_args!("node{id}.meminfo.{field}"), value));
    }
    for (field, value) in node.numastat.iter() {
        sink(count(Unit::Pages).entry(format_args!("node{id}.numastat.{field}"), value));
    }
}

fn zram(device: &Zram, sink: &mut impl FnMut(Entry<'_>)) {
    let id = device.id;
    let mut part = |part: &str, unit, value| {
        sink(level(unit).entry(format_args!("zram{id}.{part}"), value));
    };
    part("orig_data", Unit::Bytes, device.orig_data);
    part("compr_data", Unit::Bytes, device.compr_data);
    part("mem_used", Unit::Bytes, device.mem_used);
    part("same_pages", Unit::Pages, device.same_pages);
}

fn meminfo(field: &str) -> Meaning {
    level(if field.starts_with("HugePages_") { Unit::Count } else { Unit::Bytes })
}

/// What a field of `/proc/vmstat` is multiplied with as it is recorded.
pub(super) fn vmstat_scale(field: &str) -> u64 {
    vmstat(field).scale
}

/// `/proc/vmstat` mixes levels, counters, and four units; see `mm/vmstat.c` of the kernel.
fn vmstat(field: &str) -> Meaning {
    if let Some(item) = field.strip_prefix("nr_") {
        return vmstat_item(item);
    }
    match field {
        "pgpgin" | "pgpgout" => Meaning { scale: 1024, ..count(Unit::Bytes) },
        "workingset_nodes" => level(Unit::Count),
        "pgfault" | "pgmajfault" | "pgscan_direct_throttle" | "workingset_nodereclaim" => {
            count(Unit::Count)
        }
        "numa_hit"
        | "numa_miss"
        | "numa_foreign"
        | "numa_interleave"
        | "numa_local"
        | "numa_other"
        | "numa_pages_migrated" => count(Unit::Pages),
        _ => {
            let of_pages =
                ["pg", "pswp", "workingset_", "swpin_", "swpout_", "zswp", "unevictable_pgs_"];
            let pages = of_pages.iter().any(|prefix| field.starts_with(prefix));
            count(if pages { Unit::Pages } else { Unit::Count })
        }
    }
}

/// The `nr_*` fields are levels in pages, but for those that the kernel never lowers, counts in KiB, or in huge pages.
fn vmstat_item(item: &str) -> Meaning {
    match item {
        "kernel_stack" | "shadow_call_stack" => Meaning { scale: 1024, ..level(Unit::Bytes) },
        "dirtied"
        | "written"
        | "throttled_written"
        | "vmscan_write"
        | "vmscan_immediate_reclaim"
        | "foll_pin_acquired"
        | "foll_pin_released" => count(Unit::Pages),
        "anon_transparent_hugepages"
        | "shmem_hugepages"
        | "shmem_pmdmapped"
        | "file_hugepages"
        | "file_pmdmapped" => level(Unit::Count),
        _ if item.starts_with("tlb_") => count(Unit::Count),
        _ => level(Unit::Pages),
    }
}

/// The files of `/sys/kernel/mm/ksm`: settings, counts of pages, and counters of the scanner.
fn ksm(file: &str) -> Meaning {
    match file {
        "full_scans" | "pages_scanned" | "pages_skipped" => count(Unit::Count),
        "pages_to_scan" => level(Unit::Count),
        _ if file.starts_with("pages_") || file == "ksm_zero_pages" => level(Unit::Pages),
        _ => level(Unit::Count),
    }
}

/// A name that people chose, as part of a series name: all but printable ASCII is percent-encoded, and so is
/// the comma, which stands between names in a question.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.bytes() {
            match byte {
                b',' | b'%' => write!(f, "%{byte:02X}")?,
                b'!'..=b'~' => write!(f, "{}", char::from(byte))?,
                _ => write!(f, "%{byte:02X}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every series of a snapshot: name, kind, unit, value.
    fn all(snapshot: &Snapshot) -> Vec<(String, Kind, Unit, Option<i64>)> {
        let mut entries = Vec::new();
        visit(snapshot, None, &mut |entry| {
            entries.push((entry.name.to_string(), entry.kind, entry.unit, entry.value));
        });
        entries
    }

    #[test]
    fn vmstat_fields_are_read_as_the_kernel_means_them() {
        let check = |field, kind, unit, scale| {
            assert_eq!(vmstat(field), Meaning { kind, unit, scale }, "{field}");
        };
        check("nr_free_pages", Kind::Gauge, Unit::Pages, 1);
        check("nr_dirty_threshold", Kind::Gauge, Unit::Pages, 1);
        check("nr_dirtied", Kind::Counter, Unit::Pages, 1);
        check("nr_kernel_stack", Kind::Gauge, Unit::Bytes, 1024);
        check("nr_anon_transparent_hugepages", Kind::Gauge, Unit::Count, 1);
        check("nr_tlb_local_flush_one", Kind::Counter, Unit::Count, 1);
        check("pgpgin", Kind::Counter, Unit::Bytes, 1024);
        check("pgfault", Kind::Counter, Unit::Count, 1);
        check("pgscan_kswapd", Kind::Counter, Unit::Pages, 1);
        check("workingset_nodes", Kind::Gauge, Unit::Count, 1);
        check("workingset_refault_anon", Kind::Counter, Unit::Pages, 1);
        check("pswpout", Kind::Counter, Unit::Pages, 1);
        check("numa_hit", Kind::Counter, Unit::Pages, 1);
        check("oom_kill", Kind::Counter, Unit::Count, 1);
        check("a_field_of_tomorrow", Kind::Counter, Unit::Count, 1);
    }

    #[test]
    fn values_that_fit_no_integer_are_missing() {
        let vmstat = Table::from_pairs([("pgpgin", u64::MAX / 2), ("pgfault", u64::MAX)]);
        let entries = all(&Snapshot { vmstat, ..Snapshot::default() });
        for name in ["vmstat.pgpgin", "vmstat.pgfault"] {
            let entry = entries.iter().find(|entry| entry.0 == name).unwrap();
            assert_eq!(entry.3, None, "{name}");
        }
    }

    #[test]
    fn names_that_people_chose_are_made_safe_without_colliding() {
        assert_eq!(Escaped("/dev/sda2").to_string(), "/dev/sda2");
        assert_eq!(Escaped("/swap file,1%é").to_string(), "/swap%20file%2C1%25%C3%A9");
    }
}
