//! What it costs a program to be tracked: CPU of everything, tracked ÷ bare, on real programs in paired runs, with Debian's
//! heaptrack beside it; and every stack of them against another unwinder's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::measure::Measure;
use super::{Bench, heap_totals};
use crate::command;

/// Runs of each kind, in turns; the least of each counts.
const RUNS: usize = 3;

/// A program to track.
struct Work {
    name: &'static str,
    command: Vec<String>,
    /// A variable that it runs with.
    variable: Option<(&'static str, &'static str)>,
    /// Most that CPU may become, recorded and live, as a multiple.
    goal: f64,
    /// The same for a sample each 512 KiB, where something is promised.
    sample_goal: Option<f64>,
    /// Whether its stacks are compared too: glibc's unwinder takes microseconds for each.
    is_compared: bool,
}

/// All that is promised of tracking.
///
/// # Errors
/// A program that is needed is missing, or one of them fails.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Measure>> {
    let folder = bench.empty_folder("heap")?;
    let loops = compile_loops(&folder)?;
    let works = works(&folder, &loops)?;
    let mut measures = Vec::new();
    for work in &works {
        measures.extend(cost(bench, &folder, work)?);
    }
    measures.push(scaling(bench, &folder, &loops)?);
    measures.extend(heap_totals::measure(bench, &folder)?);
    measures.extend(compare(bench, &folder, &works)?);
    Ok(measures)
}

fn works(folder: &Path, loops: &Path) -> Result<Vec<Work>> {
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    let source = folder.join("big.c");
    fs::write(&source, big_source()).context("writing a C file")?;
    let cc1 = command::read(Command::new("gcc").arg("-print-prog-name=cc1"))?;
    let source = source.to_string_lossy().into_owned();
    let loops = loops.to_string_lossy().into_owned();
    Ok(vec![
        Work {
            name: "sqlite3, heavy queries",
            command: words(&["sqlite3", ":memory:", QUERIES]),
            variable: None,
            goal: 1.9,
            sample_goal: Some(1.1),
            is_compared: true,
        },
        Work {
            name: "cc1 -O2",
            command: words(&[cc1.trim(), "-quiet", "-O2", &source, "-o", "/dev/null"]),
            variable: None,
            goal: 1.9,
            sample_goal: Some(1.1),
            is_compared: true,
        },
        Work {
            name: "python3, PYTHONMALLOC=malloc",
            command: words(&[&interpreter(), "-c", SCRIPT]),
            variable: Some(("PYTHONMALLOC", "malloc")),
            goal: 2.8,
            sample_goal: Some(1.1),
            is_compared: true,
        },
        Work {
            name: "2 threads of nothing but malloc and free at depth 16",
            command: words(&[&loops, "2", "3000000"]),
            variable: None,
            goal: 7.0,
            sample_goal: None,
            is_compared: false,
        },
    ])
}

/// The interpreter itself: what stands first on the path may be a script that looks for one, and its shell would be measured.
fn interpreter() -> String {
    let own = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
    let path = own.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    path.ok().filter(|path| !path.is_empty()).unwrap_or_else(|| "python3".to_owned())
}

const QUERIES: &str = "\
create table t(a integer primary key, b text, c real);
with recursive n(x) as (select 1 union all select x + 1 from n where x < 600000)
insert into t select x, 'row ' || (x * 7919 % 600000), x * 1.5 from n;
create index i on t(b);
select count(*), sum(length(b)) from t where b like '%99%';
select substr(b, 1, 6) k, count(*), avg(c), group_concat(a % 10) from t group by k order by 2 desc limit 5;
select count(*) from t x join t y on y.b = 'row ' || (x.a % 1000);
select sum(length(json_array(a, b, c))) from t;";

/// Allocates as densely as what people measure trackers with: heaptrack's whole pipeline costs it some six times its own time.
const SCRIPT: &str = "\
import json, collections, zlib
def tree(n): return (tree(n - 1), tree(n - 1), [n]) if n else ('leaf', {'n': n})
for _ in range(40):
    words = collections.Counter(str(i * 7919 % 5000) for i in range(60000))
    t = tree(13)
    text = json.dumps([{'k': k, 'v': v, 's': k * 3} for k, v in words.items()])
    sorted(json.loads(text), key=lambda row: row['k'])
    zlib.decompress(zlib.compress(text.encode(), 8))
";

/// Functions enough to keep a compiler busy for a second or two, all different.
fn big_source() -> String {
    let mut text = String::from("typedef unsigned long u; extern u g[64]; extern u h(u);\n");
    for n in 0..400_u32 {
        text.push_str(&format!(
            "u f{n}(u a, u b) {{ u s = {n}; for (u i = 0; i < a % {}; i++) {{ if ((b >> i) & 1) s += g[(i * {}) & 63]; \
             else s ^= h(s + i); switch (s % 7) {{ case 0: s *= 3; break; case 1: s += b; break; case 2: g[i & 63] = s; break; \
             default: s -= a; }} }} return s + (a > b ? a / (b + 1) : b / (a + 1)); }}\n",
            n % 29 + 3,
            n % 13 + 1
        ));
    }
    text
}

/// Threads that do nothing but take and give back small blocks at depth 16; they print the CPU time they took.
const LOOPS: &str = r#"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
static long rounds;
__attribute__((noinline)) static void *leaf(long n) { void *volatile p = malloc(16 + n % 240); return p; }
__attribute__((noinline)) static long deep(int d, long n) { if (d == 0) { free(leaf(n)); return n; } long r = deep(d - 1, n); __asm__ volatile("" : "+r"(r)); return r + d; }
static void *work(void *x) { for (long n = 0; n < rounds; n++) deep(13, n); return x; }
int main(int c, char **v) {
    int threads = atoi(v[1]); rounds = atol(v[2]);
    pthread_t t[64];
    for (int i = 0; i < threads; i++) pthread_create(&t[i], 0, work, 0);
    for (int i = 0; i < threads; i++) pthread_join(t[i], 0);
    struct timespec s; clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &s);
    printf("%ld\n", s.tv_sec * 1000000000L + s.tv_nsec);
    return 0;
}
"#;

fn compile_loops(folder: &Path) -> Result<PathBuf> {
    let (source, program) = (folder.join("loops.c"), folder.join("loops"));
    fs::write(&source, LOOPS).context("writing a C file")?;
    let outcome = command::show(
        Command::new("gcc")
            .args(["-O2", "-fno-builtin", "-pthread", "-o"])
            .args([&program, &source]),
    )?;
    ensure!(outcome.ok, "gcc does not compile {}", source.display());
    Ok(program)
}

/// CPU seconds of one run with all its processes, and the tracker's largest resident size in MiB.
fn run(command: &mut Command) -> Result<(f64, f64)> {
    let before = children_seconds()?;
    let words = command::describe(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("starting {words}"))?;
    let mut most = 0.0_f64;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        most = most.max(largest_mib(child.id()));
        thread::sleep(Duration::from_millis(50));
    };
    ensure!(status.success(), "{words} ended with {status}");
    Ok((children_seconds()? - before, most))
}

/// CPU time of all processes that were waited for, and those that they have waited for (proc_pid_stat(5), cutime and cstime).
fn children_seconds() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: f64 =
        after_name.split_whitespace().skip(13).take(2).filter_map(|n| n.parse::<f64>().ok()).sum();
    Ok(ticks / 100.0)
}

fn largest_mib(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}

/// One program bare, tracked whole, sampled, and by heaptrack, in turns.
fn cost(bench: &Bench<'_>, folder: &Path, work: &Work) -> Result<Vec<Measure>> {
    let recording = folder.join("t.heap");
    let (mut bare, mut whole, mut sampled, mut theirs) = (f64::MAX, f64::MAX, f64::MAX, f64::MAX);
    let mut resident = 0.0_f64;
    for _ in 0..RUNS {
        bare = bare.min(run(&mut work.started_by(&work.command))?.0);
        let (seconds, mib) = run(&mut tracked(bench, &recording, &[], work))?;
        whole = whole.min(seconds);
        resident = resident.max(mib);
        if work.sample_goal.is_some() {
            let sample = ["--sample", "512KiB"];
            sampled =
                sampled.min(run(&mut tracked(bench, &folder.join("s.heap"), &sample, work))?.0);
        }
        if command::find(&["heaptrack"]).is_some() {
            let out = folder.join("heaptrack").to_string_lossy().into_owned();
            let words = ["heaptrack", "-o", &out].map(str::to_owned);
            theirs =
                theirs.min(run(&mut work.started_by(&[&words, &work.command[..]].concat()))?.0);
        }
    }
    let name = work.name;
    let (events, lost) = counted(bench, &recording)?;
    let bytes = fs::metadata(&recording)?.len() as f64;
    let mut measures = vec![
        Measure::at_most(&format!("{name}: CPU, recorded and live"), whole / bare, "×", work.goal),
        Measure::at_most(&format!("{name}: events lost"), lost, "", 0.0),
        Measure::at_most(&format!("{name}: recording"), bytes / events.max(1.0), "byte/event", 2.5),
        Measure::at_most(&format!("{name}: ramscope's resident memory"), resident, "MiB", 150.0),
        Measure::told(&format!("{name}: events"), events / 1e6, "million"),
        Measure::told(&format!("{name}: bare"), bare, "CPU s"),
    ];
    if let Some(goal) = work.sample_goal {
        let name = format!("{name}: CPU, sampled each 512 KiB");
        measures.push(Measure::at_most(&name, sampled / bare, "×", goal));
    }
    if theirs < f64::MAX {
        measures.push(Measure::told(&format!("{name}: CPU, heaptrack"), theirs / bare, "×"));
    }
    Ok(measures)
}

impl Work {
    /// These words as a command, with the variable.
    fn started_by(&self, words: &[String]) -> Command {
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).envs(self.variable);
        command
    }
}

fn tracked(bench: &Bench<'_>, recording: &Path, more: &[&str], work: &Work) -> Command {
    let mut command = Command::new(&bench.binary);
    command.envs(work.variable);
    command.args(["track", "--no-ui"]).args(more).arg("-o").arg(recording).arg("--");
    command.args(&work.command);
    command
}

/// Events and losses of a recording.
fn counted(bench: &Bench<'_>, recording: &Path) -> Result<(f64, f64)> {
    let mut report = Command::new(&bench.binary);
    report.args(["heap", "report", "--format", "json", "--top", "1"]).arg(recording);
    let report: serde_json::Value = serde_json::from_str(&command::read(&mut report)?)?;
    let number =
        |key: &str| report[key].as_f64().with_context(|| format!("no {key} in the report"));
    Ok((number("allocations")? + number("frees")?, number("lost_events")?))
}

/// What the program itself spends an event with two threads, against one.
fn scaling(bench: &Bench<'_>, folder: &Path, loops: &Path) -> Result<Measure> {
    let own = |threads: &str| -> Result<f64> {
        let mut least = f64::MAX;
        for _ in 0..RUNS {
            let mut command = Command::new(&bench.binary);
            command.args(["track", "--no-ui", "-o"]).arg(folder.join("own.heap")).arg("--");
            let printed = command::read(command.arg(loops).args([threads, "2000000"]))?;
            least = least.min(printed.trim().parse::<f64>().context("a time was expected")?);
        }
        Ok(least)
    };
    let ratio = own("2")? / 2.0 / own("1")?;
    Ok(Measure::at_most("the program's own CPU an event, 2 threads ÷ 1", ratio, "×", 1.15))
}

/// Every stack of the programs against glibc's unwinder, by a library that is built to compare.
fn compare(bench: &Bench<'_>, folder: &Path, works: &[Work]) -> Result<Vec<Measure>> {
    let library = build_comparing(bench)?;
    let (mut compared, mut different) = (0.0, 0.0);
    for work in works.iter().filter(|work| work.is_compared) {
        let more = ["--library", library.to_str().context("a path in UTF-8")?];
        let mut command = tracked(bench, &folder.join("compared.heap"), &more, work);
        let output = command.stdin(Stdio::null()).stdout(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        let line = said.lines().find(|line| line.contains("stacks compared"));
        let Some(line) = line else { bail!("{} was not compared: {said}", work.name) };
        println!("{}: {line}", work.name);
        let numbers: Vec<f64> =
            line.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
        let [one, other, ..] = numbers[..] else { bail!("{line} has no numbers") };
        compared += one;
        different += other;
    }
    Ok(vec![
        Measure::told("stacks compared with glibc's unwinder", compared / 1e6, "million"),
        Measure::at_most("stacks that differ, of 10,000", different / compared * 1e4, "", 1.0),
    ])
}

fn build_comparing(bench: &Bench<'_>) -> Result<PathBuf> {
    let folder = bench.target.join("xtask/shim-check");
    let mut cargo = command::cargo();
    cargo.args([
        "rustc",
        "--locked",
        "--quiet",
        "-p",
        "ramscope-shim",
        "--lib",
        "--crate-type",
        "cdylib",
    ]);
    cargo.args(["--features", "check", "--profile", "shim", "--target-dir"]).arg(&folder).arg("--");
    cargo.args(["-Clink-arg=-nostdlib", "-Clink-arg=-nostartfiles", "-Clink-arg=-nodefaultlibs"]);
    let outcome = command::show(cargo.current_dir(&bench.repo.root))?;
    ensure!(outcome.ok, "the comparing library does not build");
    Ok(folder.join("shim/libramscope_shim.so"))
}
