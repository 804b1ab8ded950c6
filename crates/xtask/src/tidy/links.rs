//! Links in our Markdown files lead somewhere.

use super::Finding;
use crate::repo::File;

/// Finds links to files or folders of the repository that do not exist.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let pages = files.iter().filter(|file| file.extension() == "md");
    pages.flat_map(|page| check_page(page, files)).collect()
}

fn check_page(page: &File, files: &[File]) -> Vec<Finding> {
    let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let leads_nowhere = |(_, target): &(usize, &str)| {
        let path = resolve(folder, target);
        !files.iter().any(|file| file.path == path || file.path.starts_with(&format!("{path}/")))
    };
    links(page.text().unwrap_or(""))
        .into_iter()
        .filter(leads_nowhere)
        .map(|(line, target)| {
            let what = format!("the link to {target} leads to no file of the repository");
            Finding::new(&page.path, line, what, "Correct it, or take it out")
        })
        .collect()
}

/// The targets inside the repository, each with its line; without what stands behind a `#`.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    let mut is_fenced = false;
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
        }
        if !is_fenced {
            let ends = [("](", ')'), ("src=\"", '"'), ("href=\"", '"'), ("srcset=\"", '"')];
            let found = ends.iter().flat_map(|&(start, end)| targets(line, start, end));
            links.extend(found.filter(|t| is_inner(t)).map(|t| (at + 1, without_anchor(t))));
        }
    }
    links
}

/// What stands between each `start` and the next `end`; inline code holds no links.
fn targets<'a>(line: &'a str, start: &'a str, end: char) -> impl Iterator<Item = &'a str> {
    line.match_indices(start)
        .filter(|(at, _)| line[..*at].matches('`').count().is_multiple_of(2))
        .filter_map(move |(at, _)| {
            line[at + start.len()..].split_once(end).map(|(target, _)| target)
        })
}

fn is_inner(target: &str) -> bool {
    !target.is_empty() && !target.starts_with('#') && !target.contains(':')
}

fn without_anchor(target: &str) -> &str {
    let target = target.split_whitespace().next().unwrap_or(target);
    target.split_once('#').map_or(target, |(path, _)| path)
}

/// `target` as seen from `folder`, both from the root, without `.` and `..`.
fn resolve(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<usize> {
        let files = [File::new(path, text), File::new("docs/a.md", ""), File::new("b/c.png", "")];
        check(&files).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_link_to_a_file_a_folder_or_another_site_is_in_order() {
        for text in [
            "[a](docs/a.md) and ![c](b/c.png \"title\")",
            "[a](docs/a.md#part), [the folder](docs), [here](#top), [out](https://example.org/x)",
            "<img src=\"b/c.png\">",
            "`[a](nowhere.md)` is how one writes it",
            "```\n[a](nowhere.md)\n```",
        ] {
            assert_eq!(found("README.md", text), [0usize; 0], "{text}");
        }
        assert_eq!(found("docs/b.md", "[c](../b/c.png) [a](./a.md)"), [0usize; 0]);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found_with_its_line() {
        assert_eq!(found("README.md", "# A\n\n[a](docs/z.md) [`code`](gone.rs)"), [3, 3]);
        assert_eq!(found("docs/b.md", "[a](docs/a.md)"), [1]);
    }
}
