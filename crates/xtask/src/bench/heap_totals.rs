//! The sums of a deterministic program, ours beside heaptrack's: to the allocation and to the byte.
//!
//! heaptrack's library needs libstdc++, whose pool for exceptions stands in its numbers. What it sees of a program that does
//! nothing is taken off, for it as for us.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::Bench;
use super::measure::Measure;
use crate::command;

/// A fifth of a million requests of every kind, the same on every run.
const PROGRAM: &str = r#"
#include <stdlib.h>
static void *kept[5000];
static unsigned long seed = 42;
static unsigned long next(void) { seed = seed * 6364136223846793005ul + 1442695040888963407ul; return seed >> 33; }
__attribute__((noinline)) static void *ask(unsigned long n) { return malloc(n); }
__attribute__((noinline)) static void *zeroed(unsigned long n) { return calloc(n, 3); }
int main(void) {
    for (int i = 0; i < 200000; i++) {
        unsigned long at = next() % 5000, n = next() % 2000 + 1;
        switch (next() % 5) {
        case 0: free(kept[at]); kept[at] = 0; break;
        case 1: kept[at] = realloc(kept[at], n); break;
        case 2: free(kept[at]); kept[at] = zeroed(n / 3 + 1); break;
        case 3: free(ask(n)); break;
        default: free(kept[at]); kept[at] = ask(n);
        }
    }
    for (int i = 0; i < 5000; i += 2) free(kept[i]), kept[i] = 0;
    return 0;
}
"#;

/// What is compared, by the report's names of it.
const SUMS: [&str; 5] =
    ["allocations", "bytes_allocated", "peak_live_bytes", "leaked_bytes", "temporary"];

/// How far each of our sums is from heaptrack's; nothing where there is no heaptrack.
///
/// # Errors
/// A tool is missing or fails.
pub(super) fn measure(bench: &Bench<'_>, folder: &Path) -> Result<Vec<Measure>> {
    if command::find(&["heaptrack_print"]).is_none() {
        println!("no heaptrack: its totals are not compared");
        return Ok(Vec::new());
    }
    let program = compiled(folder, "totals", PROGRAM)?;
    let nothing = compiled(folder, "nothing", "int main(void) { return 0; }")?;
    let ours = less(ours(bench, folder, &program)?, ours(bench, folder, &nothing)?);
    let theirs = less(theirs(folder, &program)?, theirs(folder, &nothing)?);
    let mut measures = Vec::new();
    for ((name, ours), theirs) in SUMS.iter().zip(ours).zip(theirs) {
        let words = format!("{}: ours {ours}, heaptrack's", name.replace('_', " "));
        measures.push(Measure::told(&words, theirs, ""));
        let differ = (ours - theirs).abs();
        // heaptrack takes a block for the last one that was asked for by its stack and size alone, and so now and then another.
        let (differ, unit, most) = match *name {
            "temporary" => (differ / theirs * 1e4, "of 10,000", 10.0),
            _ => (differ, "", 0.0),
        };
        let words = format!("{}: difference from heaptrack", name.replace('_', " "));
        measures.push(Measure::at_most(&words, differ, unit, most));
    }
    Ok(measures)
}

fn compiled(folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let (source, program) = (folder.join(format!("{name}.c")), folder.join(name));
    fs::write(&source, text).context("writing a C file")?;
    let words = ["-g", "-O1", "-fno-builtin", "-o"];
    let outcome = command::show(Command::new("gcc").args(words).args([&program, &source]))?;
    ensure!(outcome.ok, "gcc does not compile {}", source.display());
    Ok(program)
}

fn less(all: [f64; SUMS.len()], nothing: [f64; SUMS.len()]) -> [f64; SUMS.len()] {
    std::array::from_fn(|at| all[at] - nothing[at])
}

fn ours(bench: &Bench<'_>, folder: &Path, program: &Path) -> Result<[f64; SUMS.len()]> {
    let recording = folder.join("totals.heap");
    let mut track = Command::new(&bench.binary);
    track.args(["track", "--no-ui", "-o"]).arg(&recording).arg("--").arg(program);
    command::read(&mut track)?;
    let mut report = Command::new(&bench.binary);
    report.args(["heap", "report", "--format", "json", "--top", "1"]).arg(&recording);
    let report: serde_json::Value = serde_json::from_str(&command::read(&mut report)?)?;
    let mut sums = [0.0; SUMS.len()];
    for (sum, name) in sums.iter_mut().zip(SUMS) {
        *sum = report[name].as_f64().with_context(|| format!("no {name} in the report"))?;
    }
    Ok(sums)
}

/// Its own summary has three digits; what it writes for other tools is exact.
fn theirs(folder: &Path, program: &Path) -> Result<[f64; SUMS.len()]> {
    let recording = folder.join("totals");
    command::read(Command::new("heaptrack").arg("-o").arg(&recording).arg(program))?;
    let recording = recording.with_extension("zst");
    let stacks = |cost: &str| printed(&recording, folder, &["--flamegraph-cost-type", cost, "-F"]);
    let sizes = printed(&recording, folder, &["-H"])?;
    let bytes = sizes.lines().map(|line| product(line.split_whitespace())).sum();
    Ok([
        last_numbers(&stacks("allocations")?),
        bytes,
        last_numbers(&stacks("peak")?),
        last_numbers(&stacks("leaked")?),
        last_numbers(&stacks("temporary")?),
    ])
}

/// What `heaptrack_print` writes into a file that the last of `words` asks for.
fn printed(recording: &Path, folder: &Path, words: &[&str]) -> Result<String> {
    let file = folder.join("heaptrack.txt");
    let mut print = Command::new("heaptrack_print");
    print.args(["-p", "0", "-a", "0", "-T", "0", "-l", "0"]).args(words).arg(&file).arg(recording);
    command::read(&mut print)?;
    fs::read_to_string(&file)
        .with_context(|| format!("what heaptrack_print wrote: {}", file.display()))
}

/// The sum of the numbers at the ends of lines.
fn last_numbers(text: &str) -> f64 {
    text.lines().filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

/// The product of all numbers of a line.
fn product<'a>(words: impl Iterator<Item = &'a str>) -> f64 {
    words.filter_map(|word| word.parse::<f64>().ok()).product()
}
