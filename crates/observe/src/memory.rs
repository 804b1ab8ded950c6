//! The numbers that everyone quotes, out of one snapshot.

use crate::snapshot::Snapshot;

/// How much memory there is, and how much of it is in use. All amounts are bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// `MemTotal`: what the kernel manages. Its own image, the page descriptors made at boot and what
    /// the firmware keeps are outside.
    pub total_bytes: u64,
    /// Total − available, so that used + available = total, always.
    pub used_bytes: u64,
    /// `MemFree`: holds nothing at all. On a healthy machine this is small, since free memory is of no use.
    pub free_bytes: u64,
    /// `MemAvailable`, at most the total: what new programs can take without anything being swapped.
    pub available_bytes: u64,
    /// Whether the kernel is older than 3.14, has no `MemAvailable`, and `available_bytes` is our estimate.
    pub available_is_estimated: bool,
    /// `Buffers`: cached blocks of block devices.
    pub buffers_bytes: u64,
    /// `Cached`: cached file pages, shared memory included.
    pub cached_bytes: u64,
    /// `Shmem`: tmpfs, shared anonymous mappings, System V and POSIX shared memory, memfd.
    pub shared_bytes: u64,
    /// `SwapTotal`.
    pub swap_total_bytes: u64,
    /// `SwapTotal` − `SwapFree`.
    pub swap_used_bytes: u64,
    /// `SwapFree`.
    pub swap_free_bytes: u64,
}

impl Memory {
    /// The numbers of one snapshot. A field that the kernel lacks counts as 0.
    pub fn of(snapshot: &Snapshot) -> Memory {
        let field = |name| snapshot.meminfo.get(name).unwrap_or(0);
        let total_bytes = field("MemTotal");
        let free_bytes = field("MemFree");
        let (buffers_bytes, cached_bytes, shared_bytes) =
            (field("Buffers"), field("Cached"), field("Shmem"));
        let told = snapshot.meminfo.get("MemAvailable");
        // Without MemAvailable: shared memory is inside Cached, but can only go to swap.
        let estimate = || {
            let cache = buffers_bytes.saturating_add(cached_bytes).saturating_sub(shared_bytes);
            free_bytes.saturating_add(cache)
        };
        let available_bytes = told.unwrap_or_else(estimate).min(total_bytes);
        let swap_total_bytes = field("SwapTotal");
        let swap_free_bytes = field("SwapFree").min(swap_total_bytes);
        Memory {
            total_bytes,
            used_bytes: total_bytes - available_bytes,
            free_bytes,
            available_bytes,
            available_is_estimated: told.is_none(),
            buffers_bytes,
            cached_bytes,
            shared_bytes,
            swap_total_bytes,
            swap_used_bytes: swap_total_bytes - swap_free_bytes,
            swap_free_bytes,
        }
    }

    /// What the kernel would give back if somebody needed it: available − free, and 0 where the
    /// kernel's own reserve is larger than that.
    pub fn reclaimable_bytes(&self) -> u64 {
        self.available_bytes.saturating_sub(self.free_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::table::Table;
    use proptest::prelude::*;

    fn memory(fields: &[(&str, u64)]) -> Memory {
        let meminfo = Table::from_pairs(fields.iter().copied());
        Memory::of(&Snapshot { meminfo, ..Snapshot::default() })
    }

    #[test]
    fn used_is_what_is_not_available() {
        let memory = memory(&[("MemTotal", 100), ("MemFree", 10), ("MemAvailable", 60)]);
        assert_eq!((memory.used_bytes, memory.available_bytes, memory.free_bytes), (40, 60, 10));
        assert_eq!(memory.reclaimable_bytes(), 50);
        assert!(!memory.available_is_estimated);
    }

    #[test]
    fn a_kernel_without_mem_available_gets_an_estimate_that_says_so() {
        let fields =
            [("MemTotal", 100), ("MemFree", 10), ("Buffers", 5), ("Cached", 40), ("Shmem", 15)];
        let memory = memory(&fields);
        assert_eq!(memory.available_bytes, 40);
        assert!(memory.available_is_estimated);
    }

    proptest! {
        #[test]
        fn used_and_available_are_the_total(
            total: u64, free: u64, cached: u64, shared: u64, available: Option<u64>,
        ) {
            let mut fields =
                vec![("MemTotal", total), ("MemFree", free), ("Cached", cached), ("Shmem", shared)];
            fields.extend(available.map(|bytes| ("MemAvailable", bytes)));
            let memory = memory(&fields);
            prop_assert_eq!(memory.used_bytes + memory.available_bytes, total);
        }
    }
}
