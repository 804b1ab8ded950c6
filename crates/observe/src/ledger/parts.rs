//! The parts of the ledger: a plain list, in the order in which they are shown.

use super::PartSpec;
use crate::snapshot::Snapshot;

/// The parts, in their order. `unaccounted`, or `overlap`, follows them.
pub const PARTS: &[PartSpec] = &[
    PartSpec {
        key: "anonymous",
        label: "Anonymous",
        definition: "Memory that programs asked for and wrote to: heaps, stacks and private copies, huge pages included.",
        formula: "AnonPages",
        kernel_fields: &["AnonPages"],
        subtracts: Some(
            "Nothing. SwapCached is no part of its own: a page that is in swap as well as mapped already counts here.",
        ),
        hides: Some(
            "Pages that came back from swap and that nobody maps at the moment are only in SwapCached, and so unaccounted.",
        ),
        amount: |snapshot| meminfo(snapshot, "AnonPages"),
    },
    PartSpec {
        key: "shared",
        label: "Shared memory",
        definition: "Files in tmpfs, shared memory segments and memfd: pages without a disk behind them, which can only go to swap.",
        formula: "Shmem",
        kernel_fields: &["Shmem"],
        subtracts: Some("Nothing here; it is taken out of the cache, because Cached includes it."),
        hides: Some("A forgotten file in /dev/shm or /tmp stays here until it is deleted."),
        amount: |snapshot| meminfo(snapshot, "Shmem"),
    },
    PartSpec {
        key: "cache_clean",
        label: "Cache, clean",
        definition: "Cached file and disk pages that equal what is on the disk, and can be dropped at once.",
        formula: "Buffers + Cached − Shmem − cache_dirty",
        kernel_fields: &["Buffers", "Cached", "Shmem"],
        subtracts: Some(
            "Shmem, which Cached includes but cannot be dropped; and the dirty part, which must be written first.",
        ),
        hides: Some(
            "Pages that are mapped as program code, or locked with mlock, are here too, and are not dropped as easily.",
        ),
        amount: |snapshot| Some(cache(snapshot)?.saturating_sub(cache_dirty(snapshot)?)),
    },
    PartSpec {
        key: "cache_dirty",
        label: "Cache, to be written",
        definition: "Cached file and disk pages that must be written to the disk before they can be dropped.",
        formula: "min(Dirty + Writeback, Buffers + Cached − Shmem)",
        kernel_fields: &["Dirty", "Writeback", "Buffers", "Cached", "Shmem"],
        subtracts: Some(
            "What exceeds the cache: pages that are being written to swap count as Writeback too, but are anonymous.",
        ),
        hides: None,
        amount: cache_dirty,
    },
    PartSpec {
        key: "slab_reclaimable",
        label: "Slab, reclaimable",
        definition: "Kernel objects that can be dropped under pressure, mostly cached file names and inodes.",
        formula: "SReclaimable",
        kernel_fields: &["SReclaimable"],
        subtracts: None,
        hides: Some(
            "An object that is in use keeps its whole page, so not all of this can really be reclaimed.",
        ),
        amount: |snapshot| meminfo(snapshot, "SReclaimable"),
    },
    PartSpec {
        key: "slab_unreclaimable",
        label: "Slab, in use",
        definition: "Kernel objects that are in use and cannot be dropped.",
        formula: "SUnreclaim",
        kernel_fields: &["SUnreclaim"],
        subtracts: None,
        hides: Some(
            "A leak in a kernel module usually grows here; slabtop, run as root, names the cache.",
        ),
        amount: |snapshot| meminfo(snapshot, "SUnreclaim"),
    },
    PartSpec {
        key: "kernel_misc_reclaimable",
        label: "Kernel, reclaimable",
        definition: "Kernel memory outside the slab that its owner gives back under pressure.",
        formula: "KReclaimable − SReclaimable",
        kernel_fields: &["KReclaimable", "SReclaimable"],
        subtracts: Some(
            "SReclaimable, which KReclaimable includes and which is a part of its own.",
        ),
        hides: None,
        amount: |snapshot| {
            let all = meminfo(snapshot, "KReclaimable")?;
            Some(all.saturating_sub(meminfo(snapshot, "SReclaimable")?))
        },
    },
    PartSpec {
        key: "page_tables",
        label: "Page tables",
        definition: "The tables that translate addresses, of programs and of virtual machines.",
        formula: "PageTables + SecPageTables",
        kernel_fields: &["PageTables", "SecPageTables"],
        subtracts: None,
        hides: Some(
            "Many processes that map one large shared area each pay for their own tables; huge pages avoid it.",
        ),
        amount: |snapshot| {
            let second = meminfo(snapshot, "SecPageTables").unwrap_or(0);
            Some(meminfo(snapshot, "PageTables")?.saturating_add(second))
        },
    },
    PartSpec {
        key: "kernel_stacks",
        label: "Kernel stacks",
        definition: "The stack that every thread has inside the kernel.",
        formula: "KernelStack",
        kernel_fields: &["KernelStack"],
        subtracts: None,
        hides: None,
        amount: |snapshot| meminfo(snapshot, "KernelStack"),
    },
    PartSpec {
        key: "vmalloc",
        label: "Vmalloc",
        definition: "Kernel memory that is contiguous only in its addresses: modules, BPF programs, large tables.",
        formula: "VmallocUsed − KernelStack",
        kernel_fields: &["VmallocUsed", "KernelStack"],
        subtracts: Some(
            "KernelStack, because kernels built with VMAP_STACK (x86-64 and arm64 are) keep the stacks inside; not \
             where the stacks exceed VmallocUsed, which shows that they are elsewhere. Left out before Linux 5.3, \
             where VmallocUsed is address space or 0.",
        ),
        hides: None,
        amount: vmalloc,
    },
    PartSpec {
        key: "percpu",
        label: "Per-CPU",
        definition: "Kernel variables that exist once for every processor.",
        formula: "Percpu",
        kernel_fields: &["Percpu"],
        subtracts: None,
        hides: Some(
            "It includes the areas made at boot, which lie outside MemTotal: a few hundred KiB a processor too much.",
        ),
        amount: |snapshot| meminfo(snapshot, "Percpu"),
    },
    PartSpec {
        key: "huge_page_pools",
        label: "Huge page pools",
        definition: "Memory set aside as huge pages, whether anybody uses them or not.",
        formula: "Hugetlb",
        kernel_fields: &["Hugetlb"],
        subtracts: Some(
            "Nothing: these pages are neither in AnonPages nor in Cached. Before Linux 4.16 the pools of \
             /sys/kernel/mm/hugepages are added up.",
        ),
        hides: Some(
            "Transparent huge pages are not here; they are anonymous memory, shared memory or cache.",
        ),
        amount: huge_page_pools,
    },
    PartSpec {
        key: "compressed",
        label: "Compressed",
        definition: "The memory in which zswap and zram keep compressed pages.",
        formula: "nr_zspages × page, or Zswap and zram's mem_used where the kernel counts no zspages",
        kernel_fields: &["nr_zspages", "Zswap"],
        subtracts: Some("Zswap where nr_zspages counts, because that covers zswap and zram both."),
        hides: Some("zswap in a zbud or z3fold pool is missing while zram is in use as well."),
        amount: compressed,
    },
    PartSpec {
        key: "gpu",
        label: "Graphics",
        definition: "System memory that graphics drivers hold, in use or kept for use.",
        formula: "GPUActive + GPUReclaim",
        kernel_fields: &["GPUActive", "GPUReclaim"],
        subtracts: None,
        hides: Some("Drivers that do not use the kernel's TTM pools are unaccounted."),
        amount: |snapshot| {
            let kept = meminfo(snapshot, "GPUReclaim").unwrap_or(0);
            Some(meminfo(snapshot, "GPUActive")?.saturating_add(kept))
        },
    },
    PartSpec {
        key: "free_pcp",
        label: "Free, per-CPU lists",
        definition: "Free pages that each processor keeps at hand.",
        formula: "sum of zoneinfo's pagesets count × page",
        kernel_fields: &["pagesets count"],
        subtracts: Some("Nothing: MemFree does not count these pages."),
        hides: None,
        amount: |snapshot| Some(snapshot.pcp_free_pages?.saturating_mul(snapshot.page_bytes)),
    },
    PartSpec {
        key: "free",
        label: "Free",
        definition: "Memory that holds nothing.",
        formula: "MemFree",
        kernel_fields: &["MemFree"],
        subtracts: None,
        hides: Some("Little free memory is normal: the kernel fills what is free with cache."),
        amount: |snapshot| meminfo(snapshot, "MemFree"),
    },
];

fn meminfo(snapshot: &Snapshot, field: &str) -> Option<u64> {
    snapshot.meminfo.get(field)
}

/// Cached pages with a disk behind them (mm/show_mem.c: Cached is all file pages − SwapCached − Buffers).
fn cache(snapshot: &Snapshot) -> Option<u64> {
    let cached = meminfo(snapshot, "Cached")?;
    let buffers = meminfo(snapshot, "Buffers").unwrap_or(0);
    let shared = meminfo(snapshot, "Shmem").unwrap_or(0);
    Some(cached.saturating_add(buffers).saturating_sub(shared))
}

/// Shared memory is never counted as dirty; what is written to swap is counted as Writeback.
fn cache_dirty(snapshot: &Snapshot) -> Option<u64> {
    let dirty = meminfo(snapshot, "Dirty")?;
    let writeback = meminfo(snapshot, "Writeback").unwrap_or(0);
    Some(dirty.saturating_add(writeback).min(cache(snapshot)?))
}

/// `VmallocUsed` is address space before Linux 4.4 (told by a `VmallocChunk` above 0), 0 up to 5.2, and
/// pages since 5.3 (mm/vmalloc.c, `nr_vmalloc_pages`).
fn vmalloc(snapshot: &Snapshot) -> Option<u64> {
    let used = meminfo(snapshot, "VmallocUsed").filter(|bytes| *bytes > 0)?;
    if meminfo(snapshot, "VmallocChunk").is_some_and(|chunk| chunk > 0) {
        return None;
    }
    let stacks = meminfo(snapshot, "KernelStack").unwrap_or(0);
    Some(used.checked_sub(stacks).unwrap_or(used))
}

fn huge_page_pools(snapshot: &Snapshot) -> Option<u64> {
    if let Some(bytes) = meminfo(snapshot, "Hugetlb") {
        return Some(bytes);
    }
    let pools = snapshot.huge_pages.iter().map(|pool| pool.total.saturating_mul(pool.page_bytes));
    pools.reduce(u64::saturating_add).or_else(|| {
        let pages = meminfo(snapshot, "HugePages_Total")?;
        Some(pages.saturating_mul(meminfo(snapshot, "Hugepagesize")?))
    })
}

/// `nr_zspages` counts the pages of zsmalloc (mm/zsmalloc.c), which zram always and zswap mostly uses.
fn compressed(snapshot: &Snapshot) -> Option<u64> {
    let zspages = snapshot.vmstat.get("nr_zspages");
    if let Some(pages) = zspages.filter(|pages| *pages > 0) {
        return Some(pages.saturating_mul(snapshot.page_bytes));
    }
    let zswap = meminfo(snapshot, "Zswap");
    if zspages.is_some() {
        return Some(zswap.unwrap_or(0));
    }
    let zram = snapshot.zram.iter().map(|device| device.mem_used).reduce(u64::saturating_add);
    match (zswap, zram) {
        (None, None) => None,
        (zswap, zram) => Some(zswap.unwrap_or(0).saturating_add(zram.unwrap_or(0))),
    }
}
