//! Every run says that it is there: a file in the runtime directory, which a running server reads whoever started it.
//!
//! `stress-PID.json` holds an [`Announcement`]. It is replaced as a whole each time and removed at the end; one that
//! outlives its process is known by the process's start time, and is not shown. `stress-ended-PID-MS.json` holds what
//! became of a run, [`Finished`], written by whoever started it, and kept for ten minutes.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;
use crate::plan::Plan;
use crate::report::Report;
use crate::source::start_ticks;
use crate::wire::Progress;

/// The form of the file; a later one is left alone.
pub const SCHEMA_VERSION: u32 = 1;
/// The most announcements that are looked at.
const LISTED_MAX: usize = 64;
/// The largest announcement that is read, in bytes.
const FILE_MAX_BYTES: u64 = 64 << 10;
/// How the files of runs that are over begin.
const ENDED: &str = "stress-ended-";
/// The most looks at one of them that are told.
const SAMPLES_MAX: usize = 400;
/// How long word of them is kept.
const ENDED_KEPT_MS: i64 = 10 * 60 * 1000;

/// What a run says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Announcement {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The worker's process.
    pub pid: u32,
    /// When that process began, in clock ticks since boot: tells it from a later one of the same number.
    pub start_ticks: u64,
    /// When the plan began, UTC milliseconds.
    pub began_ms: i64,
    /// What the run does.
    pub plan: Plan,
    /// How the machine stood before it.
    pub baseline: Baseline,
    /// How the run stands.
    pub progress: Progress,
}

/// A run that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finished {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The worker's process.
    pub pid: u32,
    /// When the last plan began, UTC milliseconds.
    pub began_ms: i64,
    /// When everything was given back, UTC milliseconds.
    pub ended_ms: i64,
    /// What the run did, in the end.
    pub plan: Plan,
    /// What was held when it began to give back, in bytes.
    pub returned_bytes: u64,
    /// How long giving back took, in milliseconds.
    pub returned_ms: u64,
    /// The most that was reached, in bytes.
    pub peak_bytes: u64,
    /// Why it ended, as [`Reason`](crate::Reason) says it.
    pub reason: String,
    /// How it stood, evenly apart: milliseconds since it began, bytes planned, bytes reached.
    pub samples: Vec<(u64, u64, u64)>,
}

impl Finished {
    /// What became of the run of `report`, which ended now.
    pub(crate) fn of(report: &Report, now_ms: i64) -> Finished {
        let Report { plan, started, ending, peak_bytes, samples, .. } = report;
        let every = samples.len().div_ceil(SAMPLES_MAX).max(1);
        let took = ending.last.elapsed_ms.saturating_add(ending.returned_ms);
        Finished {
            schema_version: SCHEMA_VERSION,
            pid: started.pid,
            began_ms: now_ms.saturating_sub_unsigned(took),
            ended_ms: now_ms,
            plan: plan.clone(),
            returned_bytes: ending.returned_bytes,
            returned_ms: ending.returned_ms,
            peak_bytes: *peak_bytes,
            reason: ending.reason.to_string(),
            samples: samples.iter().step_by(every).map(Progress::sample).collect(),
        }
    }
}

impl fmt::Display for Finished {
    /// One sentence: `hold of 2 GiB for 30 s: returned 2 GiB in 0.3 s; the plan was carried out`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |ms: u64| match ms {
            ..100 => format!("{ms} ms"),
            _ => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        };
        let Plan { duration_ms, pattern, size_bytes, .. } = &self.plan;
        write!(
            f,
            "{pattern} of {} for {}: returned {} in {}; {}",
            Bytes(*size_bytes),
            seconds(*duration_ms),
            Bytes(self.returned_bytes),
            seconds(self.returned_ms),
            self.reason
        )
    }
}

/// The machine before a run: planned bytes are drawn upon this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// `MemTotal`, in bytes.
    pub total_bytes: u64,
    /// `MemAvailable`, in bytes.
    pub available_bytes: u64,
}

/// The file of a run, while it runs. Dropping removes it.
#[derive(Debug)]
pub(crate) struct Announced {
    path: PathBuf,
    draft: PathBuf,
}

impl Announced {
    /// The announcement of the process `pid`; nothing is written yet.
    pub(crate) fn new(directory: &Path, pid: u32) -> Announced {
        let draft = directory.join(format!(".stress-{pid}.json"));
        Announced { path: path(directory, pid), draft }
    }

    /// Replaces what was announced.
    pub(crate) fn write(&self, announcement: &Announcement) -> io::Result<()> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&self.draft)?;
        file.write_all(&serde_json::to_vec(announcement)?)?;
        fs::rename(&self.draft, &self.path)
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        // Either may be missing, and one that stays is known to be dead.
        let _ = fs::remove_file(&self.path);
        let _ = fs::remove_file(&self.draft);
    }
}

/// Leaves word of a run that is over.
pub(crate) fn tell_end(directory: &Path, finished: &Finished) -> io::Result<()> {
    let name = format!("{ENDED}{}-{}.json", finished.pid, finished.ended_ms);
    let draft = directory.join(format!(".{name}"));
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(&serde_json::to_vec(finished)?)?;
    fs::rename(&draft, directory.join(name))
}

/// The runs that ended in the last ten minutes before `now_ms`, oldest first. What older ones left is removed.
pub fn finished(directory: &Path, now_ms: i64) -> Vec<Finished> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let ended = entries
        .filter(|entry| entry.file_name().to_str().is_some_and(|name| name.starts_with(ENDED)));
    let mut found: Vec<Finished> = ended
        .take(LISTED_MAX)
        .filter_map(|entry| {
            let said: Finished = read(&entry.path())?;
            if said.ended_ms < now_ms.saturating_sub(ENDED_KEPT_MS) {
                // Whoever may not remove it passes over it again.
                let _ = fs::remove_file(entry.path());
                return None;
            }
            (said.schema_version == SCHEMA_VERSION).then_some(said)
        })
        .collect();
    found.sort_by_key(|run| (run.ended_ms, run.pid));
    found
}

/// Asks the worker of a run that somebody else started to give everything back and end; it is over already where nothing
/// lives under its number.
///
/// # Errors
/// The system does not let this user.
pub fn stop(run: &Announcement) -> io::Result<()> {
    let Some(pid) = i32::try_from(run.pid).ok().and_then(Pid::from_raw) else { return Ok(()) };
    // The descriptor names this very process: one that takes its number later is not met.
    let process = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(process) => process,
        Err(Errno::SRCH) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if start_ticks(run.pid) != Some(run.start_ticks) {
        return Ok(());
    }
    match pidfd_send_signal(process, Signal::TERM) {
        Ok(()) | Err(Errno::SRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// What a file of this directory says; `None` for one that is too large, or something else.
fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Option<T> {
    if fs::metadata(path).ok()?.len() > FILE_MAX_BYTES {
        return None;
    }
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn path(directory: &Path, pid: u32) -> PathBuf {
    directory.join(format!("stress-{pid}.json"))
}

/// The runs that are announced in `directory` and alive, oldest first. What is left of dead ones is removed; a file that
/// is no announcement is passed over.
pub fn list(directory: &Path) -> Vec<Announcement> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| {
        let name = entry.file_name();
        name.to_str()?.strip_prefix("stress-")?.strip_suffix(".json")?.parse().ok()
    });
    let mut found: Vec<Announcement> =
        pids.take(LISTED_MAX).filter_map(|pid| living(directory, pid)).collect();
    found.sort_by_key(|run| (run.start_ticks, run.pid));
    found
}

fn living(directory: &Path, pid: u32) -> Option<Announcement> {
    let path = path(directory, pid);
    let said: Announcement = read(&path)?;
    if said.schema_version != SCHEMA_VERSION || said.pid != pid {
        return None;
    }
    if start_ticks(pid) != Some(said.start_ticks) {
        // Whoever may not remove it sees it again, and passes over it again.
        let _ = fs::remove_file(&path);
        return None;
    }
    Some(said)
}

/// What the runs announced in `directory` will take and have not taken yet, in bytes: not there for another.
///
/// `changing` is the worker that is to get another plan, whose present one no longer counts.
pub fn promised_bytes(directory: &Path, changing: Option<u32>) -> u64 {
    let runs = list(directory);
    let open = runs.iter().filter(|run| Some(run.pid) != changing).map(|run| {
        let limit = run.plan.cgroup_limit_bytes.unwrap_or(u64::MAX);
        run.plan.size_bytes.min(limit).saturating_sub(run.progress.reached_bytes)
    });
    open.fold(0, u64::saturating_add)
}

/// What a worker that was killed left behind is removed by who started it.
pub(crate) fn forget(directory: &Path, pid: u32) {
    drop(Announced::new(directory, pid));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::plan;

    fn announcement(pid: u32) -> Announcement {
        Announcement {
            schema_version: SCHEMA_VERSION,
            pid,
            start_ticks: start_ticks(std::process::id()).unwrap(),
            began_ms: 0,
            plan: plan(|_| ()),
            baseline: Baseline::default(),
            progress: Progress { reached_bytes: 4 << 20, ..Progress::default() },
        }
    }

    #[test]
    fn a_living_run_is_listed_until_it_ends() {
        let directory = tempfile::tempdir().unwrap();
        let said = announcement(std::process::id());
        let announced = Announced::new(directory.path(), said.pid);
        assert_eq!(list(directory.path()), []);
        announced.write(&said).unwrap();
        assert_eq!(list(directory.path()), [said]);
        assert_eq!(promised_bytes(directory.path(), None), 60 << 20);
        assert_eq!(promised_bytes(directory.path(), Some(std::process::id())), 0);
        drop(announced);
        assert_eq!(directory.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn a_dead_run_is_dropped_though_its_number_lives_again() {
        let directory = tempfile::tempdir().unwrap();
        let mut said = announcement(std::process::id());
        said.start_ticks += 1;
        let announced = Announced::new(directory.path(), said.pid);
        announced.write(&said).unwrap();
        assert_eq!(list(directory.path()), []);
        assert_eq!(directory.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn a_run_that_is_over_is_told_of_for_ten_minutes() {
        let directory = tempfile::tempdir().unwrap();
        let ended = Finished {
            schema_version: SCHEMA_VERSION,
            pid: 7,
            began_ms: 1000,
            ended_ms: 31_300,
            plan: plan(|_| ()),
            returned_bytes: 64 << 20,
            returned_ms: 300,
            peak_bytes: 64 << 20,
            reason: "the plan was carried out".to_owned(),
            samples: vec![(250, 64 << 20, 64 << 20)],
        };
        tell_end(directory.path(), &ended).unwrap();
        fs::write(directory.path().join("stress-ended-8-1.json"), "{").unwrap();
        assert_eq!(finished(directory.path(), 631_300), std::slice::from_ref(&ended));
        assert_eq!(list(directory.path()), [], "it is no living run");
        assert_eq!(
            ended.to_string(),
            "hold of 64 MiB for 60.0 s: returned 64 MiB in 0.3 s; the plan was carried out"
        );
        assert_eq!(finished(directory.path(), 631_301), []);
        assert_eq!(directory.path().read_dir().unwrap().count(), 1, "what it cannot read stays");
    }

    #[test]
    fn what_is_no_announcement_is_passed_over_and_kept() {
        let directory = tempfile::tempdir().unwrap();
        let pid = std::process::id();
        let later = serde_json::json!({ "schema_version": 2, "pid": pid }).to_string();
        for text in ["", "{", "[]", later.as_str(), &" ".repeat(70_000)] {
            fs::write(path(directory.path(), pid), text).unwrap();
            assert_eq!(list(directory.path()), []);
            assert!(path(directory.path(), pid).exists(), "{text}");
        }
        assert_eq!(list(&directory.path().join("absent")), []);
    }
}
