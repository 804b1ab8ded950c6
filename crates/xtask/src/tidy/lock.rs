//! The lock files name only the registries that everybody has.

use super::Finding;
use crate::repo::File;

/// Where the page's tools come from, in every copy of `package-lock.json`.
const NPM: &str = "https://registry.npmjs.org/";

/// Finds packages that a clone elsewhere could not fetch: npm writes the address of whatever mirror
/// it was run against into its lock file.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let locks = files.iter().filter(|file| file.path.ends_with("package-lock.json"));
    locks.flat_map(check_one).collect()
}

/// Packages that `Cargo.lock` holds in more than one version: `name` and the versions.
pub(super) fn doubles(lock: &str) -> Vec<(String, Vec<String>)> {
    let mut packages: Vec<(String, Vec<String>)> = Vec::new();
    let value = |line: &str, key: &str| {
        let rest = line.strip_prefix(key)?.strip_prefix(" = \"")?;
        rest.strip_suffix('"').map(str::to_owned)
    };
    for line in lock.lines() {
        if let Some(name) = value(line, "name") {
            // The file is sorted by name, so that a second version follows its first.
            if packages.last().is_none_or(|(last, _)| *last != name) {
                packages.push((name, Vec::new()));
            }
        } else if let (Some(version), Some((_, versions))) =
            (value(line, "version"), packages.last_mut())
        {
            versions.push(version);
        }
    }
    packages.retain(|(_, versions)| versions.len() > 1);
    packages
}

fn check_one(file: &File) -> Vec<Finding> {
    let lines = file.text().unwrap_or("").lines().enumerate();
    lines
        .filter_map(|(at, line)| {
            let address = line.trim().strip_prefix("\"resolved\": \"")?;
            let what = "a package is fetched from a registry of its own";
            let act = format!("Write {NPM}… there, or leave the line out");
            (!address.starts_with(NPM)).then(|| Finding::new(&file.path, at + 1, what, act))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_from_a_mirror_is_found() {
        let lock = |host: &str| {
            let line = format!("      \"resolved\": \"{host}axe-core/-/axe-core-4.11.0.tgz\",\n");
            check(&[File::new("crates/web/package-lock.json", &line)]).len()
        };
        assert_eq!(lock(NPM), 0);
        assert_eq!(lock("https://mirror.example/npm/"), 1);
    }

    #[test]
    fn packages_in_two_versions_are_listed() {
        let package =
            |name, version| format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n");
        let lock = ["3"].map(|v| format!("version = {v}\n")).concat()
            + &package("a", "1.0.0")
            + &package("b", "1.0.0")
            + &package("b", "2.1.0");
        assert_eq!(doubles(&lock), [("b".into(), vec!["1.0.0".into(), "2.1.0".into()])]);
    }
}
