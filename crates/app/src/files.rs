//! Replacing a file so that a reader sees the old content or the new one, never a part.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// Who may read a file that ramscope writes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Readers {
    /// Its owner alone: mode 0600.
    Owner,
    /// Whom the umask allows: mode 0666 less the umask.
    Umask,
}

impl Readers {
    fn mode(self) -> u32 {
        match self {
            Self::Owner => 0o600,
            Self::Umask => 0o666,
        }
    }
}

/// Writes `bytes` beside `path` and renames them into place (atomic within a file system, rename(2)).
pub(crate) fn replace(path: &Path, bytes: &[u8], readers: Readers) -> Result<()> {
    let beside = beside(path);
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(readers.mode())
            .open(&beside)?;
        file.write_all(bytes)?;
        fs::rename(&beside, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_file_holds_the_new_bytes_and_leaves_nothing_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("latest.json");
        replace(&path, b"one", Readers::Umask).unwrap();
        replace(&path, b"two", Readers::Umask).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_missing_is_named() {
        let error =
            replace(Path::new("missing-folder/latest.json"), b"", Readers::Owner).unwrap_err();
        assert!(format!("{error:#}").contains("missing-folder/latest.json"));
    }
}
