//! Every source file begins by saying what it is.

use super::Finding;
use super::vendored::is_vendored;
use crate::repo::File;

/// Finds Rust files without a `//!` head, and scripts of the page without a comment at their top.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    files.iter().filter_map(check_one).collect()
}

fn check_one(file: &File) -> Option<Finding> {
    let (heads, act): (&[&str], _) = match file.extension() {
        "rs" => (&["//!"], "Begin it with a `//!` sentence that says what it holds"),
        "js" | "mjs" if file.path.starts_with("crates/web/") && !is_vendored(&file.path) => {
            (&["/**", "//"], "Begin it with a `/** … */` sentence that says what it holds")
        }
        _ => return None,
    };
    let text = file.text().unwrap_or("");
    let text = if text.starts_with("#!/") { text.split_once('\n')?.1 } else { text };
    let has_head = heads.iter().any(|head| text.starts_with(head));
    (!has_head).then(|| Finding::new(&file.path, 1, "the file does not say what it is", act))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(path: &str, text: &str) -> bool {
        !check(&[File::new(path, text)]).is_empty()
    }

    #[test]
    fn a_file_with_a_head_is_in_order() {
        for (path, text) in [
            ("crates/a/src/lib.rs", "//! Holds a.\n"),
            ("crates/a/build.rs", "//! Builds a.\n"),
            ("crates/web/ui/app.js", "/** The page. */\n"),
            ("crates/web/ui/app.js", "// The page.\n"),
            ("crates/web/tests/page/a.mjs", "#!/usr/bin/env node\n// Tests.\n"),
            ("crates/web/ui/vendor/preact.js", "var n;"),
            ("notes.md", ""),
        ] {
            assert!(!finds(path, text), "{path}");
        }
    }

    #[test]
    fn a_file_without_a_head_is_found() {
        for (path, text) in [
            ("crates/a/src/lib.rs", "// Holds a.\n"),
            ("crates/a/tests/a.rs", "use b;\n//! Too late.\n"),
            ("crates/a/src/empty.rs", ""),
            ("crates/web/ui/app.js", "import x from './x.js';"),
        ] {
            assert!(finds(path, text), "{path}");
        }
    }
}
