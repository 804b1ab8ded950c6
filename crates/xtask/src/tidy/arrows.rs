//! Which crate may depend on which: the arrows of the house, always downwards.

use anyhow::Result;

use super::Finding;
use crate::repo::{File, Repo};

/// Every crate of the house, those that are still to come too, with all it may depend on. A crate
/// comes into being with the work that needs it; its place in the picture is decided already.
const ARROWS: [(&str, &[&str]); 13] = [
    ("app", &["tui", "web", "observe", "heap", "symbols", "capture", "sim", "stress"]),
    ("tui", &["observe", "heap"]),
    ("web", &["observe", "heap", "sim", "stress"]),
    ("observe", &["store"]),
    ("heap", &["events", "symbols"]),
    ("symbols", &[]),
    ("capture", &[]),
    ("sim", &[]),
    ("stress", &[]),
    ("store", &[]),
    ("events", &[]),
    ("shim", &["events"]),
    ("xtask", &[]),
];

/// The package of the binary, whose crate is `app`.
const BINARY: &str = "ramscope";

/// A crate as its manifest states it.
#[derive(Debug)]
pub(super) struct Crate {
    /// The package's name.
    pub(super) package: String,
    /// Its manifest, from the root of the repository.
    pub(super) manifest: String,
    /// The packages of ours that it depends on, in any way, each with the manifest's line.
    pub(super) arrows: Vec<(String, usize)>,
}

/// The crates of the workspace, from `cargo metadata` and the manifests' text.
///
/// # Errors
/// When `cargo metadata` fails.
pub(super) fn crates(repo: &Repo, files: &[File]) -> Result<Vec<Crate>> {
    let metadata = repo.metadata()?;
    let ours: Vec<&str> = metadata.packages.iter().map(|p| p.name.as_str()).collect();
    let crates = metadata.packages.iter().map(|package| {
        let manifest = package.manifest_path.strip_prefix(&repo.root);
        let manifest = manifest.unwrap_or(&package.manifest_path).to_string_lossy().into_owned();
        let text = files.iter().find(|file| file.path == manifest).and_then(File::text);
        let arrows = package
            .dependencies
            .iter()
            .filter(|dependency| ours.contains(&dependency.name.as_str()))
            .map(|dependency| {
                (dependency.name.clone(), line_naming(text.unwrap_or(""), &dependency.name))
            })
            .collect();
        Crate { package: package.name.clone(), manifest, arrows }
    });
    Ok(crates.collect())
}

/// Finds arrows that the table does not allow, and crates that it does not know.
pub(super) fn check(crates: &[Crate]) -> Vec<Finding> {
    crates.iter().flat_map(check_one).collect()
}

fn check_one(found: &Crate) -> Vec<Finding> {
    let Some(allowed) = allowed(&found.package) else {
        return vec![Finding::new(
            &found.manifest,
            1,
            format!("the crate {} is not in the picture of the house", found.package),
            "Decide what it may depend on, and enter it in the table of xtask's tidy::arrows and \
             in ARCHITECTURE.md",
        )];
    };
    let forbidden = found.arrows.iter().filter(|(to, _)| !allowed.contains(&short(to)));
    forbidden
        .map(|(to, line)| {
            let from = short(&found.package);
            let may =
                if allowed.is_empty() { "nothing of ours".into() } else { allowed.join(", ") };
            Finding::new(
                &found.manifest,
                *line,
                format!("{from} depends on {}, but it may depend only on: {may}", short(to)),
                "Move what is needed to where both may see it, or pass it in from above",
            )
        })
        .collect()
}

fn allowed(package: &str) -> Option<&'static [&'static str]> {
    ARROWS.iter().find(|(name, _)| *name == short(package)).map(|(_, allowed)| *allowed)
}

/// The crate's folder name: `ramscope-store` is `store`, and the binary's package is `app`.
fn short(package: &str) -> &str {
    if package == BINARY { "app" } else { package.strip_prefix("ramscope-").unwrap_or(package) }
}

/// The line whose key is `package`, or 1.
fn line_naming(manifest: &str, package: &str) -> usize {
    let names = |line: &str| {
        let rest = line.trim_start().strip_prefix(package);
        rest.is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
    };
    manifest.lines().position(names).map_or(1, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(package: &str, arrows: &[&str]) -> Vec<Crate> {
        let arrows = arrows.iter().map(|&to| (to.to_owned(), 7)).collect();
        vec![Crate { package: package.into(), manifest: "crates/x/Cargo.toml".into(), arrows }]
    }

    #[test]
    fn arrows_point_downwards() {
        for (package, arrows) in [
            ("ramscope", &["ramscope-web", "ramscope-observe"] as &[_]),
            ("ramscope-web", &["ramscope-observe"]),
            ("ramscope-observe", &["ramscope-store"]),
            ("ramscope-shim", &["ramscope-events"]),
            ("ramscope-xtask", &[]),
        ] {
            assert_eq!(check(&one(package, arrows)), [], "{package}");
        }
    }

    #[test]
    fn an_arrow_that_points_up_or_past_its_layer_is_found() {
        for (package, arrow) in [
            ("ramscope-store", "ramscope-observe"),
            ("ramscope-web", "ramscope-store"),
            ("ramscope", "ramscope-store"),
            ("ramscope-sim", "ramscope-events"),
            ("ramscope-xtask", "ramscope-observe"),
        ] {
            let found = check(&one(package, &[arrow]));
            assert_eq!(found.len(), 1, "{package} to {arrow}");
            assert_eq!(found[0].line, 7);
        }
    }

    #[test]
    fn a_crate_outside_the_picture_is_found() {
        let found = check(&one("ramscope-utils", &[]));
        assert!(found[0].what.contains("ramscope-utils is not in the picture"), "{}", found[0]);
    }

    #[test]
    fn every_arrow_of_the_table_ends_at_a_crate_of_the_table_and_none_makes_a_circle() {
        fn depth(name: &str, above: usize) {
            assert!(above < ARROWS.len(), "a circle through {name}");
            let (_, below) = ARROWS.iter().find(|(n, _)| *n == name).expect("it is in the table");
            below.iter().for_each(|below| depth(below, above + 1));
        }
        ARROWS.iter().for_each(|(name, _)| depth(name, 0));
    }

    #[test]
    fn the_line_of_a_dependency_is_its_key_s() {
        let manifest = "[dependencies]\nramscope-store-x = 1\nramscope-store.workspace = true\n";
        assert_eq!(line_naming(manifest, "ramscope-store"), 3);
        assert_eq!(line_naming(manifest, "ramscope-web"), 1);
    }
}
