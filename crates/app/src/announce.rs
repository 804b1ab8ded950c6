//! How a running server tells its user's other commands where it is: `server.json` in the data directory.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::files;

/// What a running server says of itself.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Announcement {
    /// Its process.
    pub pid: u32,
    /// Its page's address without a token; `None` where it only records.
    pub address: Option<String>,
}

impl Announcement {
    /// One line for whoever finds the data directory taken.
    pub(crate) fn sentence(&self) -> String {
        match &self.address {
            Some(address) => format!("pid {} at {address}", self.pid),
            None => format!("pid {}, which only records", self.pid),
        }
    }
}

/// The file while it is true: dropping the guard removes it.
#[derive(Debug)]
pub(crate) struct Announced(PathBuf);

impl Drop for Announced {
    fn drop(&mut self) {
        // A file that outlives its server is recognised by its dead pid, so a failure here costs nothing.
        let _ = fs::remove_file(&self.0);
    }
}

/// Writes the announcement, replacing that of an earlier server.
pub(crate) fn announce(data_dir: &Path, announcement: &Announcement) -> Result<Announced> {
    let path = path(data_dir);
    files::replace(&path, &serde_json::to_vec(announcement)?, files::Readers::Owner)?;
    Ok(Announced(path))
}

/// The server that writes this data directory, if one runs.
pub(crate) fn running(data_dir: &Path) -> Result<Option<Announcement>> {
    let path = path(data_dir);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let announcement: Announcement = serde_json::from_slice(&bytes)
        .with_context(|| format!("{} is not what a server writes", path.display()))?;
    Ok(is_alive(announcement.pid).then_some(announcement))
}

fn is_alive(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| match rustix::process::test_kill_process(pid) {
        Ok(()) | Err(rustix::io::Errno::PERM) => true,
        Err(_) => false,
    })
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("server.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announcement_is_there_as_long_as_its_guard() {
        let dir = tempfile::tempdir().unwrap();
        let said = Announcement {
            pid: std::process::id(),
            address: Some("http://127.0.0.1:7070/".into()),
        };
        let guard = announce(dir.path(), &said).unwrap();
        assert_eq!(running(dir.path()).unwrap(), Some(said));
        drop(guard);
        assert_eq!(running(dir.path()).unwrap(), None);
    }

    #[test]
    fn an_announcement_of_a_dead_process_counts_for_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let said = Announcement { pid: u32::MAX, address: None };
        let _guard = announce(dir.path(), &said).unwrap();
        assert_eq!(running(dir.path()).unwrap(), None);
    }
}
