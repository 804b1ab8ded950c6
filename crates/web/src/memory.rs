//! `GET /api/v1/memory`: everything about the machine's memory at one tick, as one document.
//!
//! The same document is the state of the event stream, and what `ramscope memory --format json` prints.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use ramscope_observe::cgroups::Container;
use ramscope_observe::parse::buddyinfo::BuddyZone;
use ramscope_observe::parse::pressure::{Pressure, Stall};
use ramscope_observe::parse::swaps::SwapDevice;
use ramscope_observe::parse::table::Table;
use ramscope_observe::rates::Rates;
use ramscope_observe::sampler::{RecorderStatus, Tick};
use ramscope_observe::snapshot::{HugePagePool, Node, Thp, Zram, Zswap};
use ramscope_observe::watch::Watched;
use ramscope_observe::{Ledger, Memory, Verdict};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::app::App;
use crate::cgroups::ContainerDocument;
use crate::live::Revision;
use crate::problem::{LabsOnly, Problem, ProblemDocument, WrongParameter};
use crate::query::Query;
use crate::stress::{Board, RunDocument};
use crate::wire::{SCHEMA_VERSION, json_response, json_tree};

/// What is known beside a tick.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    /// The container that ramscope is in.
    pub(crate) container: Option<Container>,
    /// When memory runs out, as a reason of the verdict.
    pub(crate) ahead: Option<String>,
}

impl Beside {
    /// What is watched, at a tick.
    pub(crate) fn of(watched: &Watched, tick: &Tick) -> Beside {
        let system = watched.outlook().and_then(|outlook| outlook.system.clone());
        let forecast =
            system.map(|system| system.forecast).filter(|forecast| forecast.end.is_some());
        Beside {
            container: watched.container(tick),
            ahead: forecast
                .map(|forecast| format!("As memory grows now: {}.", forecast.sentence())),
        }
    }

    /// Whether memory is short at a tick, for whoever is where ramscope is.
    pub(crate) fn verdict(&self, tick: &Tick) -> Verdict {
        Verdict::of(&tick.snapshot, tick.rates.as_ref()).inside(self.container.as_ref())
    }
}

/// The machine's memory at one tick.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Memory)]
pub(crate) struct MemoryDocument<'a> {
    /// Version of this document's shape.
    schema_version: u32,
    /// Which state of the document this is: `epoch-sequence`, the id of the stream's events.
    revision: String,
    /// When the sample was taken, UTC milliseconds.
    time_ms: i64,
    /// MemTotal, in bytes.
    total_bytes: u64,
    /// Total less available, in bytes: used and available add up to total.
    used_bytes: u64,
    /// MemFree, in bytes: holds nothing at all.
    free_bytes: u64,
    /// MemAvailable, in bytes: what new programs can take without anything being swapped.
    available_bytes: u64,
    /// Buffers, in bytes: cached blocks of block devices.
    buffers_bytes: u64,
    /// Cached, in bytes: cached file pages, shared memory included.
    cached_bytes: u64,
    /// Shmem, in bytes: tmpfs and shared anonymous memory.
    shared_bytes: u64,
    /// SwapTotal, in bytes.
    swap_total_bytes: u64,
    /// SwapTotal less SwapFree, in bytes.
    swap_used_bytes: u64,
    /// SwapFree, in bytes.
    swap_free_bytes: u64,
    /// Time lost waiting for memory; null where the kernel does not say.
    pressure: Option<PressureDocument>,
    /// What happened since the tick before, a second; null at the first tick.
    rates: Option<RatesDocument>,
    /// Whether the machine is short of memory, in words.
    explain: ExplainDocument,
    /// Where all of the memory went.
    ledger: LedgerDocument,
    /// How the recorder does.
    recorder: RecorderDocument<'a>,
    /// The swap devices.
    swaps: Vec<SwapDocument<'a>>,
    /// The pools of preallocated huge pages, smallest page first.
    huge_pages: Vec<HugePagesDocument>,
    /// Transparent huge page settings; null where the kernel has none.
    thp: Option<ThpDocument<'a>>,
    /// Compressed swap cache settings; null where the kernel has none.
    zswap: Option<ZswapDocument>,
    /// Compressed block devices in memory.
    zram: Vec<ZramDocument>,
    /// Same-page merging: every numeric file of /sys/kernel/mm/ksm, by name.
    #[schema(value_type = std::collections::BTreeMap<String, u64>)]
    ksm: Fields<'a>,
    /// The NUMA nodes.
    nodes: Vec<NodeDocument<'a>>,
    /// Free blocks by size, a row a node and zone.
    buddyinfo: Vec<BuddyDocument<'a>>,
    /// The container that ramscope is in: its limit counts as total there; null outside.
    container: Option<ContainerDocument>,
    /// The loads on memory that ramscope puts there, by the worker's process id.
    #[schema(value_type = std::collections::BTreeMap<String, RunDocument>)]
    stress: &'a BTreeMap<u32, RunDocument>,
    /// Every field of /proc/meminfo: bytes, but `HugePages_*` are counts.
    #[schema(value_type = std::collections::BTreeMap<String, u64>)]
    meminfo: Fields<'a>,
    /// Every field of /proc/vmstat in the kernel's units: `nr_*` are pages.
    #[schema(value_type = std::collections::BTreeMap<String, u64>)]
    vmstat: Fields<'a>,
    /// Bytes in a page of this machine.
    page_bytes: u64,
}

/// Time lost waiting for memory (pressure stall information).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pressure)]
pub(crate) struct PressureDocument {
    /// Time in which at least one task waited.
    some: StallDocument,
    /// Time in which all tasks that could have worked waited at once; null where the kernel does not say.
    full: Option<StallDocument>,
}

/// One kind of lost time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Stall)]
pub(crate) struct StallDocument {
    /// Share of the last 10 seconds, 0..1.
    avg10: f64,
    /// Share of the last 60 seconds, 0..1.
    avg60: f64,
    /// Share of the last 300 seconds, 0..1.
    avg300: f64,
    /// All of it since boot, in microseconds.
    total_us: u64,
}

/// What happened since the tick before, a second; null where this kernel does not count it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rates)]
struct RatesDocument {
    /// Page faults a second, major ones included.
    pgfault_per_s: Option<f64>,
    /// Page faults a second that waited for a disk.
    pgmajfault_per_s: Option<f64>,
    /// Pages read from swap a second.
    pswpin_per_s: Option<f64>,
    /// Pages written to swap a second.
    pswpout_per_s: Option<f64>,
    /// Pages looked at by reclaim a second.
    pgscan_per_s: Option<f64>,
    /// Pages freed by reclaim a second.
    pgsteal_per_s: Option<f64>,
    /// Pages a second that were needed again soon after they had been reclaimed.
    workingset_refault_per_s: Option<f64>,
    /// Share of the time in which at least one task waited for memory, 0..1.
    some_stalled: Option<f64>,
    /// Share of the time in which all tasks waited for memory at once, 0..1.
    full_stalled: Option<f64>,
}

/// Whether the machine is short of memory, or the container that ramscope is in, and why one thinks so.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Explain)]
struct ExplainDocument {
    /// `ok`, `tight`, `short` or `critical`.
    state: &'static str,
    /// The answer in one sentence.
    headline: String,
    /// What it rests on, a sentence each.
    reasons: Vec<String>,
}

/// Where all of the memory went: parts that do not overlap. Parts + unaccounted − overlap = total.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ledger)]
struct LedgerDocument {
    /// MemTotal, in bytes.
    total_bytes: u64,
    /// The parts by their key, in bytes; the glossary's group `ledger` has them in order, with formulas.
    #[schema(value_type = std::collections::BTreeMap<String, u64>)]
    parts: Parts,
    /// What the kernel gave to nobody that it counts, in bytes.
    unaccounted_bytes: u64,
    /// By how much the parts exceed the total, in bytes: the kernel read them at different moments.
    overlap_bytes: u64,
}

/// How the recorder does.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Recorder)]
struct RecorderDocument<'a> {
    /// The time between two samples, in milliseconds.
    interval_ms: u64,
    /// Samples taken since the start.
    ticks: u64,
    /// Samples that began too long after their time.
    late: u64,
    /// Samples whose time passed without them.
    missed: u64,
    /// Samples that were taken, but not written.
    lost: u64,
    /// Whether samples are being written.
    recording: bool,
    /// What is wrong with the history; null while all is well.
    error: Option<&'a str>,
    /// Bytes of the history on disk.
    disk_bytes: u64,
    /// The oldest sample that is kept, UTC milliseconds; null before the first.
    oldest_ms: Option<i64>,
    /// When the recorder started, UTC milliseconds.
    started_ms: i64,
}

/// One swap device.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Swap)]
struct SwapDocument<'a> {
    /// Its path.
    name: &'a str,
    /// `partition` or `file`.
    #[serde(rename = "type")]
    kind: &'a str,
    /// What it can hold, in bytes.
    size_bytes: u64,
    /// What it holds, in bytes.
    used_bytes: u64,
    /// Higher is filled first.
    priority: i32,
}

/// One pool of preallocated huge pages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HugePages)]
struct HugePagesDocument {
    /// Bytes in one page of this pool.
    page_bytes: u64,
    /// Pages in the pool.
    total: u64,
    /// Pages of the pool that nobody uses.
    free: u64,
    /// Free pages promised to a mapping.
    reserved: u64,
    /// Pages above the pool's size.
    surplus: u64,
}

/// Transparent huge page settings.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Thp)]
struct ThpDocument<'a> {
    /// always, madvise or never.
    enabled: &'a str,
    /// When a fault may stall for compaction.
    defrag: &'a str,
}

/// Compressed swap cache settings.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Zswap)]
struct ZswapDocument {
    /// Whether the kernel compresses pages on their way to swap.
    enabled: bool,
    /// The most of memory that the pool may take, in percent, as the kernel has it.
    max_pool_percent: u64,
}

/// One compressed block device in memory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Zram)]
struct ZramDocument {
    /// The device's name.
    name: String,
    /// Uncompressed size of what is stored, in bytes.
    orig_data_bytes: u64,
    /// Compressed size of what is stored, in bytes.
    compr_data_bytes: u64,
    /// Memory that the device takes, in bytes.
    mem_used_bytes: u64,
    /// The most it may take, in bytes; 0 is no limit.
    mem_limit_bytes: u64,
    /// The most it ever took, in bytes.
    mem_used_max_bytes: u64,
    /// Pages filled with one value, which take no memory.
    same_pages: u64,
}

/// One NUMA node.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Node)]
struct NodeDocument<'a> {
    /// The kernel's number of the node.
    id: u32,
    /// Its fields of meminfo: bytes, but `HugePages_*` are counts.
    #[schema(value_type = std::collections::BTreeMap<String, u64>)]
    meminfo: Fields<'a>,
    /// Where its allocations were wanted and where they landed, in pages.
    #[schema(value_type = std::collections::BTreeMap<String, u64>)]
    numastat: Fields<'a>,
}

/// The free blocks of one zone.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BuddyZone)]
struct BuddyDocument<'a> {
    /// The node's number.
    node: u32,
    /// The zone's name.
    zone: &'a str,
    /// How many blocks of 2^k pages are free, at index k.
    free_blocks: &'a [u64],
}

/// Named numbers in the kernel's order.
#[derive(Debug)]
pub(crate) struct Fields<'a>(pub(crate) &'a Table);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter())
    }
}

/// The ledger's parts in their order.
#[derive(Debug)]
struct Parts(Vec<(&'static str, u64)>);

impl Serialize for Parts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

impl<'a> MemoryDocument<'a> {
    /// The document of one tick.
    pub(crate) fn of(
        tick: &'a Tick,
        runs: &'a BTreeMap<u32, RunDocument>,
        beside: &'a Beside,
    ) -> MemoryDocument<'a> {
        let snapshot = &tick.snapshot;
        let memory = Memory::of(snapshot);
        MemoryDocument {
            schema_version: SCHEMA_VERSION,
            revision: Revision::of(tick).to_string(),
            time_ms: snapshot.time_ms,
            total_bytes: memory.total_bytes,
            used_bytes: memory.used_bytes,
            free_bytes: memory.free_bytes,
            available_bytes: memory.available_bytes,
            buffers_bytes: memory.buffers_bytes,
            cached_bytes: memory.cached_bytes,
            shared_bytes: memory.shared_bytes,
            swap_total_bytes: memory.swap_total_bytes,
            swap_used_bytes: memory.swap_used_bytes,
            swap_free_bytes: memory.swap_free_bytes,
            pressure: snapshot.pressure.as_ref().map(PressureDocument::from),
            rates: tick.rates.as_ref().map(RatesDocument::from),
            explain: ExplainDocument::of(&beside.verdict(tick), beside),
            ledger: LedgerDocument::from(&Ledger::of(snapshot)),
            recorder: RecorderDocument::from(&tick.recorder),
            swaps: snapshot.swaps.iter().map(SwapDocument::from).collect(),
            huge_pages: snapshot.huge_pages.iter().map(HugePagesDocument::from).collect(),
            thp: snapshot.thp.as_ref().map(ThpDocument::from),
            zswap: snapshot.zswap.as_ref().map(ZswapDocument::from),
            zram: snapshot.zram.iter().map(ZramDocument::from).collect(),
            ksm: Fields(&snapshot.ksm),
            nodes: snapshot.nodes.iter().map(NodeDocument::from).collect(),
            buddyinfo: snapshot.buddyinfo.iter().map(BuddyDocument::from).collect(),
            container: beside.container.clone().map(ContainerDocument::from),
            stress: runs,
            meminfo: Fields(&snapshot.meminfo),
            vmstat: Fields(&snapshot.vmstat),
            page_bytes: snapshot.page_bytes,
        }
    }
}

impl ExplainDocument {
    fn of(verdict: &Verdict, beside: &Beside) -> ExplainDocument {
        ExplainDocument {
            state: verdict.state.key(),
            headline: verdict.headline.clone(),
            reasons: verdict.reasons.iter().chain(&beside.ahead).cloned().collect(),
        }
    }
}

impl From<&Ledger> for LedgerDocument {
    fn from(ledger: &Ledger) -> LedgerDocument {
        LedgerDocument {
            total_bytes: ledger.total_bytes(),
            parts: Parts(ledger.parts().iter().map(|part| (part.key, part.bytes)).collect()),
            unaccounted_bytes: ledger.unaccounted_bytes(),
            overlap_bytes: ledger.overlap_bytes(),
        }
    }
}

impl From<Pressure> for PressureDocument {
    fn from(pressure: Pressure) -> PressureDocument {
        PressureDocument::from(&pressure)
    }
}

impl From<&Pressure> for PressureDocument {
    fn from(pressure: &Pressure) -> PressureDocument {
        PressureDocument {
            some: StallDocument::from(&pressure.some),
            full: pressure.full.as_ref().map(StallDocument::from),
        }
    }
}

impl From<&Stall> for StallDocument {
    fn from(stall: &Stall) -> StallDocument {
        let ratio = |hundredths: u32| f64::from(hundredths) / 1e4;
        StallDocument {
            avg10: ratio(stall.avg10),
            avg60: ratio(stall.avg60),
            avg300: ratio(stall.avg300),
            total_us: stall.total_us,
        }
    }
}

impl From<&Rates> for RatesDocument {
    fn from(rates: &Rates) -> RatesDocument {
        RatesDocument {
            pgfault_per_s: rates.pgfault_per_s,
            pgmajfault_per_s: rates.pgmajfault_per_s,
            pswpin_per_s: rates.pswpin_per_s,
            pswpout_per_s: rates.pswpout_per_s,
            pgscan_per_s: rates.pgscan_per_s,
            pgsteal_per_s: rates.pgsteal_per_s,
            workingset_refault_per_s: rates.workingset_refault_per_s,
            some_stalled: rates.some_stalled,
            full_stalled: rates.full_stalled,
        }
    }
}

impl<'a> From<&'a RecorderStatus> for RecorderDocument<'a> {
    fn from(status: &'a RecorderStatus) -> RecorderDocument<'a> {
        RecorderDocument {
            interval_ms: status.interval_ms,
            ticks: status.ticks,
            late: status.late,
            missed: status.missed,
            lost: status.lost,
            recording: status.recording,
            error: status.error.as_deref(),
            disk_bytes: status.disk_bytes,
            oldest_ms: status.oldest_ms,
            started_ms: status.started_ms,
        }
    }
}

impl<'a> From<&'a SwapDevice> for SwapDocument<'a> {
    fn from(device: &'a SwapDevice) -> SwapDocument<'a> {
        SwapDocument {
            name: &device.name,
            kind: &device.kind,
            size_bytes: device.size_bytes,
            used_bytes: device.used_bytes,
            priority: device.priority,
        }
    }
}

impl From<&HugePagePool> for HugePagesDocument {
    fn from(pool: &HugePagePool) -> HugePagesDocument {
        let &HugePagePool { page_bytes, total, free, reserved, surplus } = pool;
        HugePagesDocument { page_bytes, total, free, reserved, surplus }
    }
}

impl<'a> From<&'a Thp> for ThpDocument<'a> {
    fn from(thp: &'a Thp) -> ThpDocument<'a> {
        ThpDocument { enabled: &thp.enabled, defrag: &thp.defrag }
    }
}

impl From<&Zswap> for ZswapDocument {
    fn from(zswap: &Zswap) -> ZswapDocument {
        ZswapDocument { enabled: zswap.enabled, max_pool_percent: zswap.max_pool_percent }
    }
}

impl From<&Zram> for ZramDocument {
    fn from(zram: &Zram) -> ZramDocument {
        ZramDocument {
            name: format!("zram{}", zram.id),
            orig_data_bytes: zram.orig_data,
            compr_data_bytes: zram.compr_data,
            mem_used_bytes: zram.mem_used,
            mem_limit_bytes: zram.mem_limit,
            mem_used_max_bytes: zram.mem_used_max,
            same_pages: zram.same_pages,
        }
    }
}

impl<'a> From<&'a Node> for NodeDocument<'a> {
    fn from(node: &'a Node) -> NodeDocument<'a> {
        NodeDocument {
            id: node.id,
            meminfo: Fields(&node.meminfo),
            numastat: Fields(&node.numastat),
        }
    }
}

impl<'a> From<&'a BuddyZone> for BuddyDocument<'a> {
    fn from(row: &'a BuddyZone) -> BuddyDocument<'a> {
        BuddyDocument { node: row.node, zone: &row.zone, free_blocks: &row.free_blocks }
    }
}

/// The document of one tick as a JSON tree, as every way out of ramscope writes it.
pub fn memory_json(
    tick: &Tick,
    runtime_dir: Option<&Path>,
    container: Option<Container>,
) -> serde_json::Value {
    let board =
        runtime_dir.map_or_else(Board::default, |directory| Board::of(directory.to_owned()));
    let beside = Beside { container, ahead: None };
    json_tree(&MemoryDocument::of(tick, &board.look(tick.snapshot.time_ms), &beside))
}

/// Read everything about the machine's memory at once.
#[utoipa::path(
    get,
    path = "/api/v1/memory",
    tag = "live",
    responses(
        (status = 200, description = "The newest sample", body = MemoryDocument),
        WrongParameter,
        LabsOnly,
        (status = 503, description = "No sample yet", content_type = "application/problem+json", body = ProblemDocument),
    )
)]
pub(crate) async fn memory(State(app): State<Arc<App>>, uri: Uri) -> Result<Response, Problem> {
    Query::parse(&uri, &[])?;
    Ok(json_response(app.live.frame()?.json()))
}
