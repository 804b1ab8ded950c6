//! Every invariant that ARCHITECTURE.md states names a test that exists.

use super::Finding;
use crate::repo::File;
use crate::rust_text;

const PATH: &str = "ARCHITECTURE.md";
const HEADING: &str = "## Invariants";

/// One stated invariant.
#[derive(Debug, PartialEq, Eq)]
struct Bullet {
    line: usize,
    text: String,
}

/// Finds invariants that name no test, and tests that they name but nobody wrote.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let architecture = files.iter().find(|file| file.path == PATH).and_then(File::text);
    let bullets = bullets(architecture.unwrap_or(""));
    if bullets.is_empty() {
        return vec![Finding::new(
            PATH,
            1,
            format!("no list of invariants under a heading `{HEADING}`"),
            "State them there as bullets, each ending with the test that keeps it",
        )];
    }
    bullets.iter().flat_map(|bullet| check_one(bullet, files)).collect()
}

fn check_one(bullet: &Bullet, files: &[File]) -> Vec<Finding> {
    let names = tests_named(&bullet.text);
    if names.is_empty() {
        return vec![Finding::new(
            PATH,
            bullet.line,
            "the invariant names no test",
            "End it with (test `crate::the_name_of_the_test`), or with a page test's title in \
             quotes: (test `\"its title\"`)",
        )];
    }
    let unknown = names.into_iter().filter(|name| !exists(name, files));
    unknown
        .map(|name| {
            Finding::new(
                PATH,
                bullet.line,
                format!("no test is called {name}"),
                "Name the test that keeps the invariant, or write it",
            )
        })
        .collect()
}

/// The bullets of the first list under the heading, each joined to one line.
fn bullets(text: &str) -> Vec<Bullet> {
    let mut bullets: Vec<Bullet> = Vec::new();
    let lines = text.lines().enumerate().skip_while(|(_, line)| !line.starts_with(HEADING)).skip(1);
    for (at, line) in lines.take_while(|(_, line)| !line.starts_with('#')) {
        if let Some(text) = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
            bullets.push(Bullet { line: at + 1, text: text.trim().to_owned() });
        } else if let Some(last) = bullets.last_mut().filter(|_| line.starts_with("  ")) {
            last.text.push(' ');
            last.text.push_str(line.trim());
        }
    }
    bullets
}

/// The names in the `(test `…`)` or `(tests `…`, `…`)` that ends `text`.
fn tests_named(text: &str) -> Vec<&str> {
    let text = text.trim_end_matches('.');
    let Some((_, named)) = text.strip_suffix(')').and_then(|text| text.rsplit_once("(test")) else {
        return Vec::new();
    };
    named.split('`').skip(1).step_by(2).collect()
}

/// Whether a test of this name stands in the tree: `"title"` in a script, `path::name` in Rust, in
/// the crate that the path begins with where it begins with one.
fn exists(name: &str, files: &[File]) -> bool {
    let is_title = name.starts_with(['"', '\'']) || name.contains(' ');
    if is_title {
        let title = name.trim_matches(['"', '\'']);
        return files.iter().any(|file| has_titled_test(file, title));
    }
    let (first, last) = (name.split("::").next(), name.rsplit("::").next().unwrap_or(name));
    let folder = first.map(|first| format!("crates/{first}/")).unwrap_or_default();
    let is_crate = name.contains("::") && files.iter().any(|file| file.path.starts_with(&folder));
    files
        .iter()
        .filter(|file| file.extension() == "rs")
        .filter(|file| !is_crate || file.path.starts_with(&folder))
        .any(|file| file.text().is_some_and(|text| has_test(text, last)))
}

/// Whether `text` defines a function `name` that a test attribute stands over.
fn has_test(text: &str, name: &str) -> bool {
    let code = rust_text::code_only(text);
    let definition = format!("fn {name}");
    rust_text::words(&code, &definition).any(|(_, at)| {
        // Between a test's attribute and its `fn` stand only other attributes and its doc comment.
        let before = code[..at].trim_end_matches("async ").trim_end();
        let attributes = before.rfind(['{', '}', ';']).map_or(before, |end| &before[end + 1..]);
        attributes.contains("test]") || attributes.contains("test(")
    })
}

fn has_titled_test(file: &File, title: &str) -> bool {
    let is_script = matches!(file.extension(), "js" | "mjs");
    let titled = |quote: char| format!("({quote}{title}{quote}");
    is_script
        && file
            .text()
            .is_some_and(|text| ['"', '\'', '`'].iter().any(|&q| text.contains(&titled(q))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written apart, so that this very file does not hold what it looks for.
    const MARK: &str = "#[test]";

    fn tree(architecture: &str) -> Vec<File> {
        let rust = format!("{MARK}\nfn a_range_is_right() {{}}\nfn no_test() {{}}\n");
        let script = "test('the page has no shift', () => {});";
        vec![
            File::new(PATH, architecture),
            File::new("crates/store/src/lib.rs", &rust),
            File::new("crates/web/tests/page/now.test.mjs", script),
        ]
    }

    fn found(bullet: &str) -> Vec<Finding> {
        check(&tree(&format!("# A\n\n## Invariants: what is absent\n\n{bullet}\n\n## Next\n- x\n")))
    }

    #[test]
    fn an_invariant_with_its_test_is_in_order() {
        for bullet in [
            "- Ranges agree (test `store::a_range_is_right`)",
            "- Ranges agree (test `store::range::a_range_is_right`).",
            "- Ranges\n  agree, `always` (and everywhere)\n  (tests `a_range_is_right`, `\"the page has no shift\"`).",
        ] {
            assert_eq!(found(bullet), [], "{bullet}");
        }
    }

    #[test]
    fn an_invariant_without_a_test_that_exists_is_found() {
        for bullet in [
            "- Ranges agree",
            "- Ranges agree (test it)",
            "- Ranges agree (test `store::a_range_is_wrong`)",
            "- Ranges agree (test `store::no_test`)",
            "- Ranges agree (test `web::a_range_is_right`)",
            "- Ranges agree (test `\"the page\"`)",
            "No bullet at all",
        ] {
            assert_eq!(found(bullet).len(), 1, "{bullet}");
        }
    }

    #[test]
    fn a_finding_names_the_line_of_its_bullet() {
        assert_eq!(found("- Fine (test `a_range_is_right`)\n- Not fine")[0].line, 6);
    }
}
