//! A memory cgroup of the run's own, in the old hierarchy and in the new one.
//!
//! It is made below the nearest ancestor in which this user may make one and which hands the memory controller down; the
//! worker moves into it before it takes anything, and out of it before it is removed. What a run that was killed left
//! behind is removed by whoever started it, or by the next run.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::bytes::Bytes;
use crate::limits::parse::{self, Version};
use crate::source::{Place, place};

/// How the folders are called, before the worker's number.
const NAME: &str = "ramscope-stress-";

/// The cgroup, with this process in it. Dropping moves it out and removes the cgroup.
#[derive(Debug)]
pub(crate) struct OwnGroup {
    folder: PathBuf,
    /// Where this process was before.
    home: PathBuf,
}

/// Why there is no cgroup of its own.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CgroupError {
    /// No hierarchy controls memory here.
    #[error(
        "--cgroup-limit needs a mounted cgroup file system with the memory controller, and there is none here: \
         leave it out, or run where there is one"
    )]
    Absent,
    /// None of the ancestors lets this process make one.
    #[error(
        "cannot make a memory cgroup in {folder}: {cause}. Leave out --cgroup-limit, run as root, or have one \
         handed to you: systemd-run --user --scope -p Delegate=yes ramscope stress …"
    )]
    Refused {
        /// The nearest place that was tried.
        folder: PathBuf,
        /// What the system said there.
        cause: io::Error,
    },
}

impl OwnGroup {
    /// Makes a cgroup with a limit and moves this process into it.
    pub(crate) fn enter(root: &Path, limit_bytes: u64) -> Result<OwnGroup, CgroupError> {
        let Place { version, path, mount } = place(root).ok_or(CgroupError::Absent)?;
        let home = mount.folder(&path).ok_or(CgroupError::Absent)?;
        let mut refused = None;
        for parent in parse::ancestors(&path).filter_map(|path| mount.folder(path)) {
            remove_dead(&parent);
            match make(&parent, version, limit_bytes) {
                Ok(folder) => {
                    let own = OwnGroup { folder, home: home.clone() };
                    match enter(&own.folder) {
                        Ok(()) => return Ok(own),
                        Err(cause) => refused.get_or_insert((parent, cause)),
                    }
                }
                Err(cause) => refused.get_or_insert((parent, cause)),
            };
        }
        let (folder, cause) = refused.ok_or(CgroupError::Absent)?;
        Err(CgroupError::Refused { folder, cause })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for OwnGroup {
    fn drop(&mut self) {
        // Where this fails the folder stays, and whoever started this process removes it after its end.
        let _ = enter(&self.home);
        let _ = fs::remove_dir(&self.folder);
    }
}

/// Makes the folder and sets its limit; takes the folder away again where that fails.
fn make(parent: &Path, version: Version, limit_bytes: u64) -> io::Result<PathBuf> {
    let folder = parent.join(format!("{NAME}{}", std::process::id()));
    fs::create_dir(&folder)?;
    limit(&folder, version, limit_bytes).inspect_err(|_| {
        // It is empty and was made here; one that stays is removed by the next run.
        let _ = fs::remove_dir(&folder);
    })?;
    Ok(folder)
}

/// Sets the limit; its file is missing where the parent does not hand the memory controller down.
fn limit(folder: &Path, version: Version, limit_bytes: u64) -> io::Result<()> {
    let name = match version {
        Version::V1 => "memory.limit_in_bytes",
        Version::V2 => "memory.max",
    };
    let file = folder.join(name);
    write_existing(&file, &limit_bytes.to_string())?;
    let set = fs::read(&file)?;
    if parse::limit(&set).is_none_or(|set| set > limit_bytes) {
        let limit = Bytes(limit_bytes);
        return Err(io::Error::other(format!("it does not take the limit of {limit}")));
    }
    Ok(())
}

/// Moves this process, all threads of it, into the cgroup.
fn enter(folder: &Path) -> io::Result<()> {
    write_existing(&folder.join("cgroup.procs"), &std::process::id().to_string())
}

/// Writes to a file of the kernel, which must be there: in an ordinary folder nothing is made.
fn write_existing(path: &Path, text: &str) -> io::Result<()> {
    io::Write::write_all(&mut fs::OpenOptions::new().write(true).open(path)?, text.as_bytes())
}

/// How many processes the kernel killed in a cgroup because it ran out of memory.
pub(crate) fn oom_kills(folder: &Path) -> u64 {
    let counts = ["memory.events", "memory.oom_control"].map(|name| {
        let text = fs::read(folder.join(name)).unwrap_or_default();
        parse::field(&text, "oom_kill").unwrap_or(0)
    });
    counts.into_iter().sum()
}

/// Removes the cgroup of a worker that was killed. One that is not empty stays.
pub(crate) fn remove(folder: &Path) {
    let is_ours = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(NAME));
    if is_ours {
        // The next run tries again.
        let _ = fs::remove_dir(folder);
    }
}

/// Removes the cgroups of workers that are gone.
fn remove_dead(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix(NAME)?.parse().ok());
        if pid.is_some_and(|pid| crate::source::start_ticks(pid).is_none()) {
            remove(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine whose cgroup file system is an ordinary folder; `files` stand in this process's cgroup.
    fn machine(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let own = root.path().join("sys/fs/cgroup/a");
        let proc = root.path().join("proc/self");
        fs::create_dir_all(&own).unwrap();
        fs::create_dir_all(&proc).unwrap();
        fs::write(proc.join("cgroup"), "0::/a\n").unwrap();
        let mounts = "32 25 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        fs::write(proc.join("mountinfo"), mounts).unwrap();
        files.iter().for_each(|(name, text)| fs::write(own.join(name), text).unwrap());
        root
    }

    #[test]
    fn without_a_memory_controller_it_is_refused_with_what_to_do() {
        let root = tempfile::tempdir().unwrap();
        let error = OwnGroup::enter(root.path(), 1 << 28).unwrap_err();
        assert!(matches!(error, CgroupError::Absent), "{error}");
    }

    #[test]
    fn a_folder_that_takes_no_limit_is_refused_and_nothing_is_left() {
        let root = machine(&[]);
        let error = OwnGroup::enter(root.path(), 1 << 28).unwrap_err().to_string();
        assert!(
            error.contains("cannot make a memory cgroup in") && error.contains("/a:"),
            "{error}"
        );
        assert!(error.contains("Delegate=yes"), "{error}");
        let left = fs::read_dir(root.path().join("sys/fs/cgroup/a")).unwrap().flatten();
        assert_eq!(left.filter(|entry| entry.path().is_dir()).count(), 0);
    }

    #[test]
    fn cgroups_of_dead_workers_are_removed_and_no_others() {
        let parent = tempfile::tempdir().unwrap();
        let living = format!("{NAME}{}", std::process::id());
        for name in [format!("{NAME}4294967295").as_str(), &living, "other", &format!("{NAME}x")] {
            fs::create_dir(parent.path().join(name)).unwrap();
        }
        remove_dead(parent.path());
        let mut left: Vec<_> =
            parent.path().read_dir().unwrap().flatten().map(|e| e.file_name()).collect();
        left.sort();
        assert_eq!(
            left,
            ["other".into(), living.into(), format!("{NAME}x").into()] as [std::ffi::OsString; 3]
        );
    }

    #[test]
    fn kills_are_counted_in_both_hierarchies() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(oom_kills(folder.path()), 0);
        fs::write(folder.path().join("memory.events"), "low 0\noom 2\noom_kill 1\n").unwrap();
        assert_eq!(oom_kills(folder.path()), 1);
        fs::remove_file(folder.path().join("memory.events")).unwrap();
        fs::write(folder.path().join("memory.oom_control"), "under_oom 0\noom_kill 3\n").unwrap();
        assert_eq!(oom_kills(folder.path()), 3);
    }
}
