//! How many tests ran: read from the summaries that test runners print.

use std::fmt;
use std::ops::Add;

/// Tests by how they ended.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    /// Ran and held.
    pub(super) passed: usize,
    /// Ran and did not hold, or ran out of time.
    pub(super) failed: usize,
    /// Did not run, or found that they cannot on this machine.
    pub(super) skipped: usize,
}

impl Counts {
    /// Moves `tests` that their runner saw pass, but that said themselves why they cannot run.
    pub(super) fn skip(&mut self, tests: usize) {
        self.passed = self.passed.saturating_sub(tests);
        self.skipped += tests;
    }
}

impl Add for Counts {
    type Output = Counts;

    fn add(self, other: Counts) -> Counts {
        Counts {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { passed, failed, skipped } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

/// nextest closes with `Summary [ 1.2s] 12 tests run: 9 passed (1 slow), 2 failed, 1 timed out,
/// 3 skipped`. What stands in parentheses is a part of the number before it.
pub(super) fn nextest(lines: &[String]) -> Counts {
    let summary = lines.iter().rev().find(|line| line.trim_start().starts_with("Summary ["));
    let Some((_, numbers)) = summary.and_then(|line| line.split_once(" run: ")) else {
        return Counts::default();
    };
    let mut counts = Counts::default();
    for part in without_parentheses(numbers).split(',') {
        match number_and_word(part) {
            Some((number, "passed")) => counts.passed += number,
            Some((number, "skipped")) => counts.skipped += number,
            // failed, timed out, exec failed
            Some((number, _)) => counts.failed += number,
            None => {}
        }
    }
    counts
}

/// Plain cargo prints `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 9 filtered out`
/// once for each test program; those filtered out by a name run elsewhere.
pub(super) fn cargo_test(lines: &[String]) -> Counts {
    let results = lines.iter().filter_map(|line| line.strip_prefix("test result: "));
    let parts = results.flat_map(|result| result.split(['.', ';']));
    parts.filter_map(number_and_word).fold(Counts::default(), |mut counts, (number, word)| {
        match word {
            "passed" => counts.passed += number,
            "failed" => counts.failed += number,
            "ignored" => counts.skipped += number,
            _ => {}
        }
        counts
    })
}

/// `node --test` closes with a line a number, such as `ℹ pass 12` (in TAP: `# pass 12`).
pub(super) fn node(lines: &[String]) -> Counts {
    let number = |name: &str| {
        let value = |line: &String| {
            let rest = line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# "))?;
            rest.strip_prefix(name)?.trim().parse::<usize>().ok()
        };
        lines.iter().rev().find_map(value).unwrap_or(0)
    };
    Counts {
        passed: number("pass "),
        failed: number("fail ") + number("cancelled "),
        skipped: number("skipped ") + number("todo "),
    }
}

fn without_parentheses(text: &str) -> String {
    let mut depth = 0usize;
    let mut is_outside = |c: char| {
        depth = match c {
            '(' => depth + 1,
            ')' => depth.saturating_sub(1),
            _ => depth,
        };
        depth == 0 && c != ')'
    };
    text.chars().filter(|&c| is_outside(c)).collect()
}

/// `3 timed out` is 3 and `timed out`.
fn number_and_word(part: &str) -> Option<(usize, &str)> {
    let (number, word) = part.trim().split_once(' ')?;
    Some((number.parse().ok()?, word.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(count: fn(&[String]) -> Counts, output: &str, expected: [usize; 3]) {
        let lines: Vec<String> = output.lines().map(str::to_owned).collect();
        let [passed, failed, skipped] = expected;
        assert_eq!(count(&lines), Counts { passed, failed, skipped }, "{output}");
    }

    #[test]
    fn the_summary_of_nextest_is_read() {
        for (output, counts) in [
            ("     Summary [   0.005s] 3 tests run: 3 passed, 0 skipped", [3, 0, 0]),
            (
                "Summary [  12.345s] 10/12 tests run: 6 passed (1 slow, 1 flaky), 2 failed, \
                 1 timed out, 1 exec failed, 4 skipped",
                [6, 4, 4],
            ),
            ("error: could not compile `a`", [0, 0, 0]),
        ] {
            check(nextest, output, counts);
        }
    }

    #[test]
    fn the_results_of_cargo_test_are_summed() {
        let output = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 9 filtered out; \
                      finished in 0.00s\ntest result: FAILED. 2 passed; 1 failed; 0 ignored; 0 \
                      measured; 0 filtered out; finished in 1.20s\n";
        check(cargo_test, output, [5, 1, 1]);
    }

    #[test]
    fn the_numbers_of_node_are_read_in_both_of_its_formats() {
        let tail =
            "tests 9\n{} suites 0\n{} pass 5\n{} fail 1\n{} cancelled 1\n{} skipped 2\n{} todo 0";
        for sign in ["ℹ", "#"] {
            check(node, &format!("{sign} {}", tail.replace("{}", sign)), [5, 2, 2]);
        }
    }

    #[test]
    fn a_test_that_said_it_cannot_run_has_not_passed() {
        let mut counts = Counts { passed: 5, failed: 0, skipped: 1 };
        counts.skip(2);
        assert_eq!(counts, Counts { passed: 3, failed: 0, skipped: 3 });
    }
}
