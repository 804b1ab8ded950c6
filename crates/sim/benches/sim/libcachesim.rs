//! libCacheSim beside us, in a process of its own that runs a policy when it is told to.
//!
//! `cargo xtask bench sim` installs the package `libcachesim` of the Python registry and says by
//! `RAMSCOPE_LIBCACHESIM` which Python has it, by `RAMSCOPE_BENCH_FOLDER` where the trace may be written. Its engine
//! runs from a mapped file of fixed records (`oracleGeneral`) and cannot be given references in memory; so as many
//! references to one page, which are found at once, are measured too, and taken off: what is left is the engine's
//! alone, or a little less.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::{Best, FRAMES, PAGES, REFERENCES};

/// The other process.
const WORKER: &str = include_str!("libcachesim.py");

/// References of the trace that is only read.
const READ_ONLY: usize = 1_000_000;

/// How libCacheSim's policy is related to ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kinship {
    /// The same, fault for fault.
    Exact,
    /// The same but for details or for chance.
    Same,
    /// The closest that there is.
    Closest,
    /// The same by its name; it is known to count wrong (at some sizes it beats OPT, at others it faults half as often again).
    Wrong,
}

impl Kinship {
    /// What a row says of it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Kinship::Exact => "",
            Kinship::Same => " (other details)",
            Kinship::Closest => " (its closest)",
            Kinship::Wrong => " (known to be wrong)",
        }
    }
}

/// The policy of libCacheSim that one of ours is compared with.
pub(crate) fn relative(policy: &str) -> Option<(&'static str, Kinship)> {
    Some(match policy {
        "fifo" => ("FIFO", Kinship::Exact),
        "lru" => ("LRU", Kinship::Exact),
        "clock" => ("Clock", Kinship::Exact),
        "opt" => ("Belady", Kinship::Exact),
        "lfu" => ("LFU", Kinship::Exact),
        "2q" => ("TwoQ", Kinship::Exact),
        "slru" => ("SLRU", Kinship::Exact),
        "arc" => ("ARC", Kinship::Exact),
        "lirs-libcachesim" => ("LIRS", Kinship::Exact),
        "s3-fifo" => ("S3FIFO", Kinship::Exact),
        "sieve" => ("Sieve", Kinship::Exact),
        "random" => ("Random", Kinship::Same),
        "lru-k" => ("LRUK", Kinship::Same),
        "lirs" => ("LIRS", Kinship::Same),
        "w-tinylfu" => ("WTinyLFU", Kinship::Same),
        "clock-pro" => ("ClockPro", Kinship::Wrong),
        "mru" | "aging" | "working-set" | "pff" => ("LRU", Kinship::Closest),
        "unopt" => ("Belady", Kinship::Closest),
        "mfu" => ("LFU", Kinship::Closest),
        "car" => ("ARC", Kinship::Closest),
        "linux-lru" => ("SLRU", Kinship::Closest),
        "nru" | "second-chance" | "enhanced-clock" | "wsclock" | "mglru" => {
            ("Clock", Kinship::Closest)
        }
        _ => return None,
    })
}

/// The process.
#[derive(Debug)]
pub(crate) struct LibCacheSim {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    trace: PathBuf,
    /// CPU time of reading a reference.
    reading_seconds: f64,
    runs: BTreeMap<&'static str, usize>,
}

impl LibCacheSim {
    /// Starts it, where it is installed, and writes the trace for it.
    pub(crate) fn start(pages: &[u32]) -> Option<LibCacheSim> {
        let python = std::env::var_os("RAMSCOPE_LIBCACHESIM")?;
        let folder = std::env::var_os("RAMSCOPE_BENCH_FOLDER")
            .map_or_else(std::env::temp_dir, PathBuf::from);
        let (trace, one) = (folder.join("zipf.oracleGeneral"), folder.join("one.oracleGeneral"));
        write_trace(&trace, pages).unwrap();
        write_trace(&one, &vec![0; READ_ONLY]).unwrap();
        let mut child = Command::new(python)
            .args(["-c", WORKER])
            .arg(FRAMES.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (orders, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (answers, runs) = (BufReader::new(answers), BTreeMap::new());
        let mut it = LibCacheSim { child, orders, answers, trace, reading_seconds: 0.0, runs };
        let (seconds, _) =
            (0..3).map(|_| it.order("FIFO", &one)).min_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        it.reading_seconds = seconds / READ_ONLY as f64;
        Some(it)
    }

    /// Nanoseconds of CPU time of reading a reference.
    pub(crate) fn reading_ns(&self) -> f64 {
        self.reading_seconds * 1e9
    }

    /// How often a policy ran.
    pub(crate) fn runs_of(&self, policy: &str) -> usize {
        self.runs.get(policy).copied().unwrap_or(0)
    }

    /// Runs a policy over the trace.
    pub(crate) fn run(&mut self, policy: &'static str) -> Best {
        *self.runs.entry(policy).or_default() += 1;
        let (seconds, miss_ratio) = self.order(policy, &self.trace.clone());
        Best {
            cpu_seconds: seconds - self.reading_seconds * REFERENCES as f64,
            faults: (miss_ratio * REFERENCES as f64).round() as u64,
        }
    }

    /// CPU seconds and miss ratio of a policy over a trace.
    fn order(&mut self, policy: &str, trace: &Path) -> (f64, f64) {
        writeln!(self.orders, "{policy} {}", trace.display()).unwrap();
        self.orders.flush().unwrap();
        // The package prints lines of its own between the answers.
        let mut lines = self.answers.by_ref().lines().map(Result::unwrap);
        let answer = lines.find_map(|line| line.strip_prefix("answer ").map(str::to_owned));
        let answer = answer.expect("libCacheSim ended before it answered");
        let (seconds, ratio) = answer.split_once(' ').unwrap();
        (seconds.parse().unwrap(), ratio.parse().unwrap())
    }
}

impl Drop for LibCacheSim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes a string as libCacheSim's `oracleGeneral`, 24 bytes a reference, little endian:
/// `u32` time, `u64` id, `u32` size, `i64` position of the next access from 1, or -1.
fn write_trace(path: &Path, pages: &[u32]) -> io::Result<()> {
    let mut next_of_page = vec![-1i64; PAGES];
    let next_uses = (1i64..).zip(pages).collect::<Vec<_>>().into_iter().rev();
    let mut next: Vec<i64> = next_uses
        .map(|(position, &page)| std::mem::replace(&mut next_of_page[page as usize], position))
        .collect();
    next.reverse();
    let mut file = BufWriter::new(File::create(path)?);
    for (&page, next) in pages.iter().zip(next) {
        file.write_all(&0u32.to_le_bytes())?;
        file.write_all(&u64::from(page).to_le_bytes())?;
        file.write_all(&1u32.to_le_bytes())?;
        file.write_all(&next.to_le_bytes())?;
    }
    file.flush()
}
