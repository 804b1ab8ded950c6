//! `/sys/kernel/mm/hugepages` (mm/hugetlb.c): a folder a page size, named after it.

/// Bytes in a page of the pool that the folder `name` describes: `hugepages-2048kB` is 2 MiB.
///
/// `None` for a name of another kind.
pub fn page_bytes(name: &str) -> Option<u64> {
    let size = name.strip_prefix("hugepages-")?.strip_suffix("kB")?;
    super::scalar::whole(size.as_bytes())?.checked_mul(1024).filter(|bytes| *bytes > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folders_name_tells_the_page_size() {
        assert_eq!(page_bytes("hugepages-2048kB"), Some(2 << 20));
        assert_eq!(page_bytes("hugepages-1048576kB"), Some(1 << 30));
        for name in ["hugepages-kB", "hugepages-0kB", "hugepages-18446744073709551615kB", "2048kB"]
        {
            assert_eq!(page_bytes(name), None, "{name}");
        }
    }
}
