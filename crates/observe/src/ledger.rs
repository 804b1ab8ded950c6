//! Where all of `MemTotal` went: parts that do not overlap, and what is left over.
//!
//! The kernel counts memory in many ways that overlap. Each [`PartSpec`] says which of its numbers a
//! part is made of, what is subtracted so that no page counts twice, and what the number misses. What
//! remains of the total is shown as `unaccounted`; where the parts come to more than the total, the
//! excess is shown as `overlap`. Neither is ever clamped away: total = parts + unaccounted − overlap,
//! to the byte.

mod parts;

use crate::snapshot::Snapshot;
pub use parts::PARTS;

/// What a part of the ledger means, and how it is made.
#[derive(Clone, Copy, Debug)]
pub struct PartSpec {
    /// Its name in JSON and in series names.
    pub key: &'static str,
    /// Its name on screen.
    pub label: &'static str,
    /// What it is, in one sentence.
    pub definition: &'static str,
    /// How it is computed, in the kernel's names; `page` is the page size.
    pub formula: &'static str,
    /// The kernel's names that stand in the formula.
    pub kernel_fields: &'static [&'static str],
    /// What is subtracted or left out, and why.
    pub subtracts: Option<&'static str>,
    /// What the number misses, or what usually hides in it.
    pub hides: Option<&'static str>,
    /// The bytes; `None` where this kernel does not tell.
    amount: fn(&Snapshot) -> Option<u64>,
}

/// One part of the ledger of one snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name in JSON and in series names.
    pub key: &'static str,
    /// Its name on screen.
    pub label: &'static str,
    /// How much of the total it takes.
    pub bytes: u64,
    /// How it is computed, in the kernel's names.
    pub formula: &'static str,
    /// The kernel's names that stand in the formula.
    pub kernel_fields: &'static [&'static str],
    /// What is subtracted or left out, and why.
    pub subtracts: Option<&'static str>,
}

/// The ledger of one snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    total_bytes: u64,
    parts: Vec<Part>,
    unaccounted_bytes: u64,
    overlap_bytes: u64,
}

impl Ledger {
    /// Splits `MemTotal` of a snapshot.
    pub fn of(snapshot: &Snapshot) -> Ledger {
        let total_bytes = snapshot.meminfo.get("MemTotal").unwrap_or(0);
        let parts: Vec<Part> = PARTS.iter().filter_map(|spec| spec.part(snapshot)).collect();
        let sum: u128 = parts.iter().map(|part| u128::from(part.bytes)).sum();
        let total = u128::from(total_bytes);
        let bytes = |amount: u128| u64::try_from(amount).unwrap_or(u64::MAX);
        Ledger {
            total_bytes,
            parts,
            unaccounted_bytes: bytes(total.saturating_sub(sum)),
            overlap_bytes: bytes(sum.saturating_sub(total)),
        }
    }

    /// `MemTotal`.
    pub fn total_bytes(&self) -> u64 {
        self.total_bytes
    }

    /// The parts in the order of [`PARTS`]. A part whose fields this kernel lacks is missing; its
    /// memory is then unaccounted.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The bytes of the part named `key`, or `None` where this kernel does not tell.
    pub fn part(&self, key: &str) -> Option<u64> {
        self.parts.iter().find(|part| part.key == key).map(|part| part.bytes)
    }

    /// What the parts leave of the total: memory that the kernel handed out without counting it.
    pub fn unaccounted_bytes(&self) -> u64 {
        self.unaccounted_bytes
    }

    /// By how much the parts exceed the total: the kernel counted some memory twice, or its numbers
    /// are of different moments.
    pub fn overlap_bytes(&self) -> u64 {
        self.overlap_bytes
    }
}

impl PartSpec {
    fn part(&self, snapshot: &Snapshot) -> Option<Part> {
        Some(Part {
            key: self.key,
            label: self.label,
            bytes: (self.amount)(snapshot)?,
            formula: self.formula,
            kernel_fields: self.kernel_fields,
            subtracts: self.subtracts,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::table::Table;
    use crate::snapshot::{HugePagePool, Zram};
    use proptest::prelude::*;

    const KIB: u64 = 1024;

    fn snapshot(meminfo: &[(&str, u64)], vmstat: &[(&str, u64)]) -> Snapshot {
        Snapshot {
            page_bytes: 4096,
            meminfo: Table::from_pairs(meminfo.iter().copied()),
            vmstat: Table::from_pairs(vmstat.iter().copied()),
            ..Snapshot::default()
        }
    }

    fn check(key: &str, meminfo: &[(&str, u64)], vmstat: &[(&str, u64)], expected: Option<u64>) {
        assert_eq!(Ledger::of(&snapshot(meminfo, vmstat)).part(key), expected, "{key} {meminfo:?}");
    }

    #[test]
    fn cache_is_split_by_what_must_be_written_first() {
        let fields =
            [("Buffers", 10), ("Cached", 100), ("Shmem", 30), ("Dirty", 5), ("Writeback", 2)];
        check("cache_clean", &fields, &[], Some(73));
        check("cache_dirty", &fields, &[], Some(7));
        check("shared", &fields, &[], Some(30));
    }

    #[test]
    fn pages_on_their_way_to_swap_do_not_make_cache_out_of_nothing() {
        let fields =
            [("Buffers", 1), ("Cached", 10), ("Shmem", 1), ("Dirty", 0), ("Writeback", 500)];
        check("cache_dirty", &fields, &[], Some(10));
        check("cache_clean", &fields, &[], Some(0));
    }

    #[test]
    fn kernel_stacks_are_taken_out_of_vmalloc_where_they_are_inside() {
        let modern = [("VmallocUsed", 100), ("VmallocChunk", 0), ("KernelStack", 30)];
        check("vmalloc", &modern, &[], Some(70));
        check("kernel_stacks", &modern, &[], Some(30));
        let stacks_elsewhere = [("VmallocUsed", 20), ("VmallocChunk", 0), ("KernelStack", 30)];
        check("vmalloc", &stacks_elsewhere, &[], Some(20));
    }

    #[test]
    fn vmalloc_of_kernels_that_tell_address_space_is_no_part() {
        check("vmalloc", &[("VmallocUsed", 400_000), ("VmallocChunk", 99)], &[], None);
        check("vmalloc", &[("VmallocUsed", 0), ("VmallocChunk", 0)], &[], None);
    }

    #[test]
    fn compressed_memory_is_counted_once_by_the_best_number_there_is() {
        check("compressed", &[("Zswap", 9)], &[("nr_zspages", 2)], Some(8192));
        check("compressed", &[("Zswap", 9)], &[("nr_zspages", 0)], Some(9));
        check("compressed", &[("Zswap", 9)], &[], Some(9));
        check("compressed", &[], &[], None);
        let mut old = snapshot(&[], &[]);
        old.zram = vec![Zram { mem_used: 5, ..Zram::default() }; 2];
        assert_eq!(Ledger::of(&old).part("compressed"), Some(10));
    }

    #[test]
    fn huge_page_pools_are_found_on_old_and_new_kernels() {
        let default = [("HugePages_Total", 3), ("Hugepagesize", 2048 * KIB)];
        check("huge_page_pools", &default, &[], Some(6144 * KIB));
        let mut pools = snapshot(&default, &[]);
        pools.huge_pages = vec![
            HugePagePool { page_bytes: 2048 * KIB, total: 3, ..HugePagePool::default() },
            HugePagePool { page_bytes: 1 << 30, total: 1, ..HugePagePool::default() },
        ];
        assert_eq!(Ledger::of(&pools).part("huge_page_pools"), Some(6144 * KIB + (1 << 30)));
        check("huge_page_pools", &[("Hugetlb", 7), ("HugePages_Total", 3)], &[], Some(7));
    }

    #[test]
    fn kernels_reclaimable_memory_beyond_slab_is_a_part_of_its_own() {
        check("kernel_misc_reclaimable", &[("KReclaimable", 9), ("SReclaimable", 4)], &[], Some(5));
        check("kernel_misc_reclaimable", &[("SReclaimable", 4)], &[], None);
    }

    #[test]
    fn graphics_memory_shows_only_where_the_kernel_tells_it() {
        check("gpu", &[], &[], None);
        check("gpu", &[("GPUActive", 5), ("GPUReclaim", 6)], &[], Some(11));
    }

    #[test]
    fn parts_that_exceed_the_total_are_shown_as_overlap() {
        let ledger =
            Ledger::of(&snapshot(&[("MemTotal", 10), ("MemFree", 7), ("AnonPages", 5)], &[]));
        assert_eq!((ledger.unaccounted_bytes(), ledger.overlap_bytes()), (0, 2));
    }

    #[test]
    fn keys_stand_in_the_order_of_the_contract() {
        let keys: Vec<_> = PARTS.iter().map(|spec| spec.key).collect();
        let expected = [
            "anonymous",
            "shared",
            "cache_clean",
            "cache_dirty",
            "slab_reclaimable",
            "slab_unreclaimable",
            "kernel_misc_reclaimable",
            "page_tables",
            "kernel_stacks",
            "vmalloc",
            "percpu",
            "huge_page_pools",
            "compressed",
            "gpu",
            "free_pcp",
            "free",
        ];
        assert_eq!(keys, expected);
    }

    #[test]
    fn every_formula_is_made_of_its_kernel_fields_and_other_parts() {
        for spec in PARTS {
            let words = || spec.formula.split(|c: char| !c.is_alphanumeric() && c != '_');
            let named =
                |word: &&str| word.starts_with(char::is_uppercase) || word.starts_with("nr_");
            for field in words().filter(named) {
                assert!(spec.kernel_fields.contains(&field), "{}: {field} is no field", spec.key);
            }
            for field in spec.kernel_fields {
                assert!(spec.formula.contains(field), "{}: {field} is not used", spec.key);
            }
        }
    }

    const FIELDS: [&str; 24] = [
        "MemTotal",
        "MemFree",
        "Buffers",
        "Cached",
        "Shmem",
        "Dirty",
        "Writeback",
        "AnonPages",
        "SReclaimable",
        "SUnreclaim",
        "KReclaimable",
        "PageTables",
        "SecPageTables",
        "KernelStack",
        "VmallocUsed",
        "VmallocChunk",
        "Percpu",
        "Hugetlb",
        "HugePages_Total",
        "Hugepagesize",
        "Zswap",
        "GPUActive",
        "GPUReclaim",
        "SwapCached",
    ];

    proptest! {
        #[test]
        fn parts_and_remainder_are_the_total_to_the_byte(
            values in prop::collection::vec(prop::option::of(0..1u64 << 27), FIELDS.len()),
            zspages in prop::option::of(0..1u64 << 20),
            pcp in prop::option::of(0..1u64 << 20),
        ) {
            let meminfo = FIELDS.iter().zip(&values).filter_map(|(name, value)| Some((name, (*value)?)));
            let snapshot = Snapshot {
                page_bytes: 4096,
                meminfo: Table::from_pairs(meminfo),
                vmstat: Table::from_pairs(zspages.map(|pages| ("nr_zspages", pages))),
                pcp_free_pages: pcp,
                ..Snapshot::default()
            };
            let ledger = Ledger::of(&snapshot);
            let sum: u64 = ledger.parts().iter().map(|part| part.bytes).sum();
            prop_assert_eq!(
                sum + ledger.unaccounted_bytes() - ledger.overlap_bytes(),
                snapshot.meminfo.get("MemTotal").unwrap_or(0)
            );
            prop_assert!(ledger.unaccounted_bytes() == 0 || ledger.overlap_bytes() == 0);
        }
    }
}
