//! Pure code opens nothing and asks no clock; only the binary looks at its environment.

use super::Finding;
use crate::repo::File;
use crate::rust_text;

/// A stretch of the house and what has no place in it.
struct Rule {
    /// Files whose path begins with one of these.
    within: &'static [&'static str],
    /// … but with none of these.
    except: &'static [&'static str],
    /// Words that may not stand in their code, tests apart.
    words: &'static [&'static str],
    /// What the rule keeps.
    what: &'static str,
    /// What to do instead.
    act: &'static str,
}

const RULES: [Rule; 4] = [
    Rule {
        within: &[
            "crates/observe/src/",
            "crates/sim/src/",
            "crates/heap/src/",
            "crates/store/src/codec",
            "crates/stress/src/plan",
            "crates/stress/src/limits",
            "crates/tui/src/",
        ],
        except: &[
            "crates/observe/src/source",
            "crates/heap/src/session",
            "crates/heap/src/live",
            // Its `File` is one that symbols are looked up in, named and not opened.
            "crates/tui/src/terminal.rs",
            "crates/heap/src/labels.rs",
        ],
        words: &["File", "OpenOptions", "fs", "TcpStream", "UnixStream"],
        what: "pure code that opens something",
        act: "Take the bytes as an argument; the kernel's files are opened in observe::source alone",
    },
    Rule {
        within: &[
            "crates/observe/src/",
            "crates/sim/src/",
            "crates/heap/src/",
            "crates/store/src/",
            "crates/stress/src/",
            "crates/tui/src/",
        ],
        except: &[
            "crates/observe/src/clock.rs",
            "crates/stress/src/clock.rs",
            "crates/heap/src/live/clock.rs",
        ],
        words: &["Instant", "SystemTime", "clock_gettime"],
        what: "code that asks a clock",
        act: "Take the time as an argument; a crate's clock.rs is where it is asked for",
    },
    Rule {
        within: &["crates/observe/src/parse/", "crates/store/src/"],
        except: &[],
        words: &["Clock"],
        what: "pure code that holds a clock",
        act: "Take the time as an argument",
    },
    Rule {
        within: &["crates/"],
        except: &["crates/app/", "crates/xtask/"],
        words: &[
            "env::var",
            "env::var_os",
            "env::vars",
            "env::vars_os",
            "env::args",
            "env::args_os",
        ],
        what: "a library that looks at arguments or the environment",
        act: "Let crates/app read it and hand it down",
    },
];

/// Finds words where a rule has no place for them.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let sources =
        files.iter().filter(|file| file.extension() == "rs" && file.path.contains("/src/"));
    sources.flat_map(check_one).collect()
}

fn check_one(file: &File) -> Vec<Finding> {
    let begins_with = |starts: &[&str]| starts.iter().any(|start| file.path.starts_with(start));
    let rules = RULES.iter().filter(|rule| begins_with(rule.within) && !begins_with(rule.except));
    if file.path.contains("/tests/") || file.path.ends_with("/tests.rs") {
        return Vec::new();
    }
    let code = rust_text::code_only(file.text().unwrap_or(""));
    rules.flat_map(|rule| broken(rule, file, &code)).collect()
}

fn broken(rule: &Rule, file: &File, code: &str) -> Vec<Finding> {
    let tests = rust_text::test_lines(code);
    let is_test = |line: usize| tests.iter().any(|lines| lines.contains(&line));
    let found = rule.words.iter().flat_map(|word| rust_text::words(code, word));
    let found = found.map(|(line, _)| line).filter(|&line| !is_test(line));
    found.map(|line| Finding::new(&file.path, line, rule.what, rule.act)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [usize; 0] = [];

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&[File::new(path, text)]).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn pure_code_opens_nothing_and_asks_no_clock() {
        let text = "//! File.\nuse std::fs;\nlet a = Instant::now();\n";
        assert_eq!(lines("crates/observe/src/parse/a.rs", text), [2, 3]);
        assert_eq!(lines("crates/sim/src/a.rs", text), [2, 3]);
        assert_eq!(lines("crates/store/src/codec/a.rs", text), [2, 3]);
    }

    #[test]
    fn the_kernels_files_are_opened_and_the_clock_is_asked_in_one_place_each() {
        assert_eq!(lines("crates/observe/src/source/file.rs", "use std::fs::File;\n"), NONE);
        assert_eq!(lines("crates/observe/src/clock.rs", "SystemTime::now()\n"), NONE);
        assert_eq!(lines("crates/observe/src/sampler.rs", "use std::fs::File;\n"), [1, 1]);
    }

    #[test]
    fn only_the_binary_looks_at_its_environment() {
        let text = "let home = std::env::var_os(\"HOME\");\n";
        assert_eq!(lines("crates/web/src/page.rs", text), [1]);
        assert_eq!(lines("crates/app/src/main.rs", text), NONE);
    }

    #[test]
    fn tests_may_open_what_they_need() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n";
        assert_eq!(lines("crates/observe/src/export.rs", text), NONE);
        assert_eq!(lines("crates/store/src/tests/faults.rs", "use std::fs;\n"), NONE);
    }
}
