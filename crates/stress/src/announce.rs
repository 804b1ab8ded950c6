//! Every run says that it is there: a file in the runtime directory, which a running server reads whoever started it.
//!
//! `stress-PID.json` holds an [`Announcement`]. It is replaced as a whole each time and removed at the end; one that
//! outlives its process is known by the process's start time, and is not shown.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::plan::Plan;
use crate::source::start_ticks;
use crate::wire::Progress;

/// The form of the file; a later one is left alone.
pub const SCHEMA_VERSION: u32 = 1;
/// The most announcements that are looked at.
const LISTED_MAX: usize = 64;
/// The largest announcement that is read, in bytes.
const FILE_MAX_BYTES: u64 = 64 << 10;

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
    if fs::metadata(&path).ok()?.len() > FILE_MAX_BYTES {
        return None;
    }
    let said: Announcement = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
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
