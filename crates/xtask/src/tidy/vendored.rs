//! The page's vendored files are, byte for byte, what was taken in.

use std::collections::BTreeMap;

use super::Finding;
use crate::repo::File;
use crate::sha256;

const FOLDER: &str = "crates/web/ui/vendor/";
const LIST: &str = "crates/web/ui/vendor/CHECKSUMS";
const ACT: &str = "Take the published file again; if the change is meant, write its new checksum \
                   with `sha256sum`";

/// Whether `path` is a file that others wrote and we carry. The list, the words about them and the
/// types that name their packages are ours.
pub(crate) fn is_vendored(path: &str) -> bool {
    let is_ours = path == LIST || path.ends_with(".md") || path.ends_with(".d.ts");
    path.starts_with(FOLDER) && !is_ours
}

/// Finds vendored files that differ from their checksum, have none, or are gone.
///
/// The list is what `sha256sum` writes: a line a file, the digest, two blanks, the name. Lines
/// beginning with `#` say where a file is from.
pub(crate) fn check(files: &[File]) -> Vec<Finding> {
    let vendored: Vec<&File> = files.iter().filter(|file| is_vendored(&file.path)).collect();
    let list = files.iter().find(|file| file.path == LIST).and_then(File::text);
    let entries = entries(list.unwrap_or(""));
    let mut findings = Vec::new();
    for file in &vendored {
        let name = &file.path[FOLDER.len()..];
        match entries.get(name) {
            None => findings.push(Finding::new(&file.path, 1, "it has no checksum", ACT)),
            Some((line, digest)) if *digest != sha256::hex(&file.bytes) => {
                let what = format!("{name} is not the file that was taken in");
                findings.push(Finding::new(LIST, *line, what, ACT));
            }
            Some(_) => {}
        }
    }
    let is_here = |name: &str| vendored.iter().any(|file| &file.path[FOLDER.len()..] == name);
    for (name, (line, _)) in entries.iter().filter(|(name, _)| !is_here(name)) {
        findings.push(Finding::new(LIST, *line, format!("{name} is gone"), ACT));
    }
    findings
}

/// The list by name: line and digest.
fn entries(list: &str) -> BTreeMap<&str, (usize, &str)> {
    list.lines()
        .enumerate()
        .filter(|(_, line)| !line.starts_with('#'))
        .filter_map(|(at, line)| {
            let (digest, name) = line.split_once(char::is_whitespace)?;
            let name = name.trim().trim_start_matches('*').trim_start_matches("./");
            Some((name, (at + 1, digest)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn found(list: &str, content: &str) -> Vec<Finding> {
        check(&[
            File::new(LIST, list),
            File::new("crates/web/ui/vendor/a.js", content),
            File::new("crates/web/ui/vendor/a.d.ts", "types of ours"),
            File::new("crates/web/ui/own.js", "x"),
        ])
    }

    #[test]
    fn a_file_that_matches_its_checksum_is_in_order() {
        assert_eq!(found(&format!("# from a place\n{ABC}  a.js\n"), "abc"), []);
    }

    #[test]
    fn a_file_that_changed_lost_its_checksum_or_is_gone_is_found() {
        assert_eq!(found(&format!("{ABC}  a.js\n"), "abd").len(), 1);
        assert_eq!(found("", "abc").len(), 1);
        assert_eq!(found(&format!("{ABC}  a.js\n{ABC}  b.js\n"), "abc")[0].line, 2);
    }
}
