//! No leftovers, and nothing that only one person's machine has.

use super::Finding;
use super::vendored::is_vendored;
use crate::repo::File;
use crate::rust_text::words;

/// Marks of unfinished work; written apart, so that this file does not hold them.
const LEFTOVERS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Where people's own folders begin; written apart for the same reason.
const HOMES: [&str; 3] = [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/Us", "ers/")];

/// Finds marks of unfinished work and paths into somebody's home folder, in any text file of ours.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let ours = files.iter().filter(|file| !is_vendored(&file.path));
    ours.flat_map(|file| {
        let text = file.text().unwrap_or("");
        leftovers(file, text).chain(homes(file, text)).collect::<Vec<_>>()
    })
    .collect()
}

fn leftovers<'a>(file: &'a File, text: &'a str) -> impl Iterator<Item = Finding> + 'a {
    LEFTOVERS.into_iter().flat_map(move |mark| {
        words(text, mark).map(move |(line, _)| {
            let what = format!("a leftover: {mark}");
            Finding::new(
                &file.path,
                line,
                what,
                "Do it now, or file an issue and take the mark out",
            )
        })
    })
}

/// A home folder is followed by a name and not preceded by one (`cgroup/ro…` is no home).
fn homes<'a>(file: &'a File, text: &'a str) -> impl Iterator<Item = Finding> + 'a {
    HOMES.into_iter().flat_map(move |home| {
        let is_name = |c: char| c.is_alphanumeric() || "._-".contains(c);
        text.match_indices(home)
            .filter(move |(at, _)| {
                let follows = text[at + home.len()..].chars().next().is_some_and(is_name);
                let preceded = text[..*at].chars().next_back();
                follows && !preceded.is_some_and(|c| is_name(c) || c == '}' || c == '~')
            })
            .map(move |(at, _)| {
                let line = crate::rust_text::line_of(text, at);
                let what = "a path into somebody's home folder";
                Finding::new(&file.path, line, what, "Write it relative, or as `~` or `$HOME`")
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        let found = check(&[File::new("a.md", text)]);
        found.iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn leftovers_are_found_as_whole_words() {
        let mark = LEFTOVERS[0];
        assert_eq!(lines(&format!("a\n// {mark}: later\n")), [2]);
        assert_eq!(lines(&format!("{mark}S and my{mark} and {}", "X".repeat(6))), [0usize; 0]);
    }

    #[test]
    fn home_folders_are_found_and_look_alikes_are_not() {
        let home = HOMES[0];
        assert_eq!(lines(&format!("see {home}ada/notes")), [1]);
        assert_eq!(lines(&format!("ProtectHome, $HOME/x, /sys/fs{home}a, `{home}`")), [0usize; 0]);
    }

    #[test]
    fn what_others_wrote_is_left_alone() {
        let file = File::new("crates/web/ui/vendor/a.js", LEFTOVERS[1]);
        assert_eq!(check(&[file]), []);
    }
}
