//! One look at the memory of the whole machine: everything the kernel said at one tick.

use std::time::Duration;

use crate::TimeMs;
use crate::in_place::clone_in_place;
use crate::parse::buddyinfo::BuddyZone;
use crate::parse::pressure::Pressure;
use crate::parse::swaps::SwapDevice;
use crate::parse::table::Table;

/// Everything the kernel said about the machine's memory at one tick.
///
/// A file that this kernel lacks is `None` or empty, never an error. Values are as the kernel gave
/// them, except that amounts in kB have become bytes.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// When the reading began, UTC milliseconds.
    pub time_ms: TimeMs,
    /// The same moment on a clock that nobody can set: for the time between two snapshots, and
    /// nothing else.
    pub monotonic: Duration,
    /// Changes whenever a name appears or vanishes anywhere below (another kernel file, device, node):
    /// equal shapes have the same series in the same order.
    pub shape: u64,
    /// Bytes in a page of this machine.
    pub page_bytes: u64,
    /// `/proc/meminfo`: every field in the kernel's order; kB as bytes, counts (`HugePages_*`) as they are.
    pub meminfo: Table,
    /// `/proc/vmstat`: every field in the kernel's order, in the kernel's units (`nr_*` are pages).
    pub vmstat: Table,
    /// `/proc/pressure/memory`; `None` where pressure stall information is off (`psi=0`) or missing.
    pub pressure: Option<Pressure>,
    /// `/proc/swaps`, a row a device.
    pub swaps: Vec<SwapDevice>,
    /// `/proc/buddyinfo`, a row a node and zone.
    pub buddyinfo: Vec<BuddyZone>,
    /// Pages on the per-CPU free lists, summed over zones (`/proc/zoneinfo`, `pagesets: count`): free, but not in MemFree.
    pub pcp_free_pages: Option<u64>,
    /// `/sys/devices/system/node/node*`, in node order.
    pub nodes: Vec<Node>,
    /// `/sys/kernel/mm/hugepages/hugepages-*kB`, smallest page first.
    pub huge_pages: Vec<HugePagePool>,
    /// Transparent huge page settings; its counters stand in `vmstat` as `thp_*`.
    pub thp: Option<Thp>,
    /// Compressed swap cache settings; its sizes stand in `meminfo` as Zswap and Zswapped.
    pub zswap: Option<Zswap>,
    /// Compressed block devices in memory, in device order.
    pub zram: Vec<Zram>,
    /// `/sys/kernel/mm/ksm`: same-page merging, every numeric file.
    pub ksm: Table,
}

clone_in_place!(Snapshot {
    time_ms,
    monotonic,
    shape,
    page_bytes,
    meminfo,
    vmstat,
    pressure,
    swaps,
    buddyinfo,
    pcp_free_pages,
    nodes,
    huge_pages,
    thp,
    zswap,
    zram,
    ksm
});

/// One NUMA node.
#[derive(Debug, Default)]
pub struct Node {
    /// The kernel's number of the node.
    pub id: u32,
    /// Its `meminfo`, without the `Node N` prefix; kB as bytes.
    pub meminfo: Table,
    /// Its `numastat`: allocations by where they were wanted and where they landed, in pages.
    pub numastat: Table,
}

clone_in_place!(Node { id, meminfo, numastat });

/// One pool of preallocated huge pages, all counts in pages of `page_bytes`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HugePagePool {
    /// Bytes in one page of this pool.
    pub page_bytes: u64,
    /// `nr_hugepages`: pages in the pool.
    pub total: u64,
    /// `free_hugepages`: pages of the pool that nobody has faulted in.
    pub free: u64,
    /// `resv_hugepages`: free pages promised to a mapping.
    pub reserved: u64,
    /// `surplus_hugepages`: pages above the pool's size.
    pub surplus: u64,
}

/// Transparent huge page settings: the word in brackets of each file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Thp {
    /// `enabled`: always, madvise or never.
    pub enabled: String,
    /// `defrag`: when a fault may stall for compaction.
    pub defrag: String,
}

clone_in_place!(Thp { enabled, defrag });

/// Compressed swap cache settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zswap {
    /// Whether the kernel compresses pages on their way to swap.
    pub enabled: bool,
    /// `max_pool_percent`: the most of memory that the pool may take.
    pub max_pool_percent: u64,
}

/// One zram device with data (`/sys/block/zram*/mm_stat`), in bytes unless said otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zram {
    /// The number in the device's name.
    pub id: u32,
    /// Uncompressed size of what is stored.
    pub orig_data: u64,
    /// Compressed size of what is stored.
    pub compr_data: u64,
    /// Memory that the device really takes, with the allocator's own losses.
    pub mem_used: u64,
    /// The most it may take; 0 is no limit.
    pub mem_limit: u64,
    /// The most it ever took.
    pub mem_used_max: u64,
    /// Pages filled with one value, which take no memory.
    pub same_pages: u64,
}
