//! `unsafe` stands only where the house has a place for it.

use super::Finding;
use crate::repo::File;
use crate::rust_text;

/// Where `unsafe` is at home: the preload library, the ring in shared memory, the memory load, a bench
/// that gives blocks back to a real allocator, and wrappers of one system call each, which are listed
/// one by one.
const ALLOWED: [&str; 5] = [
    "crates/shim/",
    "crates/events/src/ring",
    "crates/heap/src/live/map.rs",
    "crates/stress/",
    "crates/sim/benches/alloc.rs",
];

/// Finds `unsafe` anywhere else.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let elsewhere = files
        .iter()
        .filter(|file| file.extension() == "rs")
        .filter(|file| !ALLOWED.iter().any(|place| file.path.starts_with(place)));
    elsewhere.flat_map(check_one).collect()
}

fn check_one(file: &File) -> Vec<Finding> {
    let code = rust_text::code_only(file.text().unwrap_or(""));
    rust_text::words(&code, "unsafe")
        .map(|(line, _)| {
            Finding::new(
                &file.path,
                line,
                "`unsafe` where it has no place",
                "Use a safe wrapper such as rustix, or, for a system call that none wraps, enter \
                 the file in the list of xtask's tidy::unsafety",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_in_code_but_not_in_words_about_it() {
        let text =
            "//! No unsafe here.\n#![forbid(unsafe_code)]\nlet a = \"unsafe\";\nunsafe { b() }\n";
        let found = check(&[File::new("crates/web/src/a.rs", text)]);
        assert_eq!(found.iter().map(|finding| finding.line).collect::<Vec<_>>(), [4]);
    }

    #[test]
    fn it_is_at_home_in_the_shim_and_in_the_ring() {
        for path in ["crates/shim/src/hooks.rs", "crates/events/src/ring.rs"] {
            assert_eq!(check(&[File::new(path, "unsafe {}")]), []);
        }
        assert_eq!(check(&[File::new("crates/events/src/lib.rs", "unsafe {}")]).len(), 1);
    }
}
