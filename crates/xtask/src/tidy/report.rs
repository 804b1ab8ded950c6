//! `cargo xtask tidy --report`: lengths, unwraps and documentation in numbers, to look at.
//!
//! Nothing of it is a gate. It counts braces and words in the text, not syntax; code that only
//! tests see (test modules, `tests/`, `benches/`) is left out of every number.

use std::collections::BTreeMap;

use super::lock;
use crate::repo::File;
use crate::rust_text::{self, Function};
use crate::table;

/// What is counted of one crate.
#[derive(Debug, Default)]
struct Tally {
    /// Every function, with the file it stands in.
    functions: Vec<(String, Function)>,
    /// Lines of each file.
    files: Vec<(String, usize)>,
    /// `.unwrap()` and `.expect(…)`.
    unwraps: usize,
    /// Public items, and how many of them have a doc comment.
    items: usize,
    documented: usize,
}

/// The report as plain text.
pub(super) fn text(files: &[File]) -> String {
    let mut crates: BTreeMap<String, Tally> = BTreeMap::new();
    for file in files.iter().filter(|file| is_product(&file.path)) {
        let Some(name) = file.path.split('/').nth(1) else { continue };
        count(crates.entry(name.to_owned()).or_default(), file);
    }
    let head =
        ["crate", "lines", "functions", "p50", "p95", "files p95", "unwraps/1000", "documented"];
    let rows: Vec<Vec<String>> = crates.iter().map(|(name, tally)| row(name, tally)).collect();
    let mut text = String::from("Code without tests; lengths in lines, counted by braces.\n\n");
    text += &table::text(&head, &rows, &[1, 2, 3, 4, 5, 6, 7]);
    for (name, tally) in &crates {
        text += &format!("\n{name}: the longest\n{}", longest(tally));
    }
    text + &doubles(files)
}

/// Whether the file is Rust that ends up in a product, not only in a test.
fn is_product(path: &str) -> bool {
    let aside = ["/tests/", "/benches/"].iter().any(|folder| path.contains(folder));
    let is_rust = path.strip_suffix(".rs").is_some_and(|stem| !stem.ends_with("/tests"));
    path.starts_with("crates/") && is_rust && !aside
}

fn count(tally: &mut Tally, file: &File) {
    let text = file.text().unwrap_or("");
    let code = rust_text::code_only(text);
    let tests = rust_text::test_lines(&code);
    let is_test = |line: usize| tests.iter().any(|lines| lines.contains(&line));
    let lines: Vec<&str> = text.lines().collect();
    let product = (1..=lines.len()).filter(|&line| !is_test(line)).count();
    tally.files.push((file.path.clone(), product));
    let functions = rust_text::functions(&code).into_iter().filter(|f| !is_test(f.line));
    tally.functions.extend(functions.map(|function| (file.path.clone(), function)));
    for (at, line) in code.lines().enumerate().filter(|(at, _)| !is_test(at + 1)) {
        tally.unwraps += line.matches(".unwrap()").count() + line.matches(".expect(").count();
        if is_public_item(line) {
            tally.items += 1;
            tally.documented += usize::from(is_documented(&lines, at));
        }
    }
}

/// `pub` items that rustdoc shows; a module's documentation is its file's head, which is a gate.
fn is_public_item(line: &str) -> bool {
    let kinds = ["fn", "struct", "enum", "trait", "type", "const", "static", "union", "async fn"];
    let item = line.trim_start().strip_prefix("pub ");
    item.is_some_and(|item| kinds.iter().any(|kind| item.starts_with(&format!("{kind} "))))
}

/// Whether a doc comment stands over the line at `at`, attributes between them or not.
fn is_documented(lines: &[&str], at: usize) -> bool {
    let above = lines[..at].iter().rev().map(|line| line.trim_start());
    let mut above = above.skip_while(|line| {
        !line.is_empty() && !line.starts_with("//") && !line.ends_with(['{', '}', ';'])
    });
    above.next().is_some_and(|line| line.starts_with("///"))
}

fn row(name: &str, tally: &Tally) -> Vec<String> {
    let lengths = |lengths: &mut dyn Iterator<Item = usize>| {
        let mut lengths: Vec<usize> = lengths.collect();
        lengths.sort_unstable();
        lengths
    };
    let functions = lengths(&mut tally.functions.iter().map(|(_, function)| function.lines));
    let files = lengths(&mut tally.files.iter().map(|(_, lines)| *lines));
    let lines: usize = files.iter().sum();
    let share = |part: usize, whole: usize| match (part * 1000).checked_div(whole) {
        Some(thousandths) => format!("{}.{}", thousandths / 10, thousandths % 10),
        None => "-".to_owned(),
    };
    vec![
        name.to_owned(),
        lines.to_string(),
        functions.len().to_string(),
        percentile(&functions, 50).to_string(),
        percentile(&functions, 95).to_string(),
        percentile(&files, 95).to_string(),
        share(tally.unwraps * 10, lines),
        format!("{} %", share(tally.documented, tally.items)),
    ]
}

/// The value at or below which `percent` of the sorted `values` lie; 0 of nothing.
fn percentile(values: &[usize], percent: usize) -> usize {
    let rank = (values.len() * percent).div_ceil(100).max(1);
    values.get(rank - 1).copied().unwrap_or(0)
}

fn longest(tally: &Tally) -> String {
    let mut functions: Vec<&(String, Function)> = tally.functions.iter().collect();
    functions.sort_by_key(|(_, function)| std::cmp::Reverse(function.lines));
    let mut files: Vec<&(String, usize)> = tally.files.iter().collect();
    files.sort_by_key(|(_, lines)| std::cmp::Reverse(*lines));
    let functions = functions.iter().take(5).map(|(path, function)| {
        format!("  {:>5}  fn {}, {path}:{}\n", function.lines, function.name, function.line)
    });
    let files = files.iter().take(2).map(|(path, lines)| format!("  {lines:>5}  {path}\n"));
    functions.chain(files).collect()
}

fn doubles(files: &[File]) -> String {
    let lock = files.iter().find(|file| file.path == "Cargo.lock").and_then(File::text);
    let doubles = lock::doubles(lock.unwrap_or(""));
    let list =
        doubles.iter().map(|(name, versions)| format!("  {name}: {}\n", versions.join(", ")));
    format!(
        "\nIn more than one version in Cargo.lock: {}\n{}",
        doubles.len(),
        list.collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_was_there() {
        let values: Vec<usize> = (1..=20).collect();
        assert_eq!((percentile(&values, 50), percentile(&values, 95)), (10, 19));
        assert_eq!((percentile(&[7], 95), percentile(&[], 50)), (7, 0));
    }

    #[test]
    fn a_doc_comment_counts_through_attributes() {
        let lines = ["/// A.", "#[derive(Debug)]", "#[must_use]", "pub struct A;", "pub fn b() {}"];
        assert!(is_documented(&lines, 3));
        assert!(!is_documented(&lines, 4));
    }

    #[test]
    fn tests_are_left_out_of_every_number() {
        let text = "//! A.\n/// B.\npub fn b() {\n    c().unwrap();\n}\n#[cfg(test)]\nmod tests {\n    \
                    fn d() {\n        e().unwrap();\n    }\n}\n";
        let mut tally = Tally::default();
        count(&mut tally, &File::new("crates/a/src/lib.rs", text));
        assert_eq!((tally.unwraps, tally.items, tally.documented), (1, 1, 1));
        assert_eq!(tally.functions.len(), 1);
        assert_eq!(tally.files[0].1, 5);
        assert!(!is_product("crates/a/tests/a.rs") && !is_product("crates/a/src/tests.rs"));
    }
}
