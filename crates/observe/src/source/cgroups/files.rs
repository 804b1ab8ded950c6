//! The folders of one hierarchy: opened below its top, without following links, however long their paths.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{Mode, OFlags, fstat, open, openat};

use crate::cgroups::{CgroupTable, Slot};
use crate::parse::cgroup::{Mount, Version};

/// A path may take so many bytes at once; the kernel's own bound is 4,096 with the name of the file.
const PATH_PIECE: usize = 3000;

const FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const FILE: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// One mounted hierarchy.
#[derive(Debug)]
pub(super) struct Folders {
    top: OwnedFd,
    id: u64,
    version: Version,
    mount_root: Vec<u8>,
}

impl Folders {
    /// The hierarchy at a mount; `None` where its folder cannot be opened.
    pub(super) fn open(root: &Path, mount: &Mount, version: Version) -> Option<Folders> {
        let point = root.join(mount.point.strip_prefix("/").ok()?);
        let top = open(&point, FOLDER, Mode::empty()).ok()?;
        let id = fstat(&top).ok()?.st_ino;
        let mount_root = mount.root.clone();
        Some(Folders { top, id, version, mount_root })
    }

    /// The number of its top folder.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    pub(super) fn version(&self) -> Version {
        self.version
    }

    /// The path that its top is mounted from.
    pub(super) fn mount_root(&self) -> &[u8] {
        &self.mount_root
    }

    /// Whether the memory controller is among those of a v2 hierarchy.
    pub(super) fn controls_memory(&self) -> bool {
        let Ok(file) = file_in(&self.top, "cgroup.controllers") else { return false };
        let text = io::read_to_string(file).unwrap_or_default();
        text.split_whitespace().any(|name| name == "memory")
    }

    /// Whether its top is seen from inside something: the true top of v2 has no file of its use.
    pub(super) fn is_inside(&self) -> bool {
        match self.version {
            Version::V1 => self.mount_root != b"/",
            Version::V2 => file_in(&self.top, "memory.current").is_ok(),
        }
    }

    /// The folder of a group, to list it and to open its files.
    pub(super) fn folder(&self, table: &CgroupTable, slot: Slot) -> io::Result<OwnedFd> {
        let path = table.path_bytes(slot);
        let mut rest = below_top(&path);
        if rest.is_empty() {
            return Ok(openat(&self.top, ".", FOLDER, Mode::empty())?);
        }
        let mut folder: Option<OwnedFd> = None;
        while !rest.is_empty() {
            let (piece, after) = piece(rest);
            let next = match &folder {
                Some(above) => openat(above, piece, FOLDER, Mode::empty())?,
                None => openat(&self.top, piece, FOLDER, Mode::empty())?,
            };
            folder = Some(next);
            rest = after;
        }
        folder.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// A file of a group. A short path is opened in one go.
    pub(super) fn file(&self, table: &CgroupTable, slot: Slot, name: &str) -> io::Result<File> {
        let mut path = table.path_bytes(slot);
        if path.len() > PATH_PIECE {
            return file_in(&self.folder(table, slot)?, name);
        }
        if path.last() != Some(&b'/') {
            path.push(b'/');
        }
        path.extend_from_slice(name.as_bytes());
        let below = below_top(&path);
        Ok(openat(&self.top, below, FILE, Mode::empty())?.into())
    }
}

impl Folders {
    /// The file of a group of v1 into which orders are written; refused to whoever may not.
    pub(super) fn control(&self, table: &CgroupTable, slot: Slot) -> io::Result<File> {
        let folder = self.folder(table, slot)?;
        let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(&folder, "cgroup.event_control", flags, Mode::empty())?.into())
    }
}

/// A file of an open folder.
pub(super) fn file_in(folder: &OwnedFd, name: &str) -> io::Result<File> {
    Ok(openat(folder, name, FILE, Mode::empty())?.into())
}

/// As many whole parts of a path as are opened at once, and the rest.
fn piece(path: &[u8]) -> (&[u8], &[u8]) {
    if path.len() <= PATH_PIECE {
        return (path, b"");
    }
    // A name has at most 255 bytes, so there is a slash.
    let at = path[..PATH_PIECE].iter().rposition(|byte| *byte == b'/').unwrap_or(PATH_PIECE);
    (&path[..at], below_top(&path[at..]))
}

/// A path without the slashes that it begins with: paths are relative to the top of the hierarchy.
fn below_top(path: &[u8]) -> &[u8] {
    let at = path.iter().position(|byte| *byte != b'/').unwrap_or(path.len());
    &path[at..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_is_cut_between_parts() {
        let path = vec!["x".repeat(255); 40].join("/").into_bytes();
        let (mut rest, mut parts) = (path.as_slice(), 0);
        while !rest.is_empty() {
            let (piece, after) = piece(rest);
            assert!(piece.len() <= PATH_PIECE && piece.len() % 256 == 255);
            parts += (piece.len() + 1) / 256;
            rest = after;
        }
        assert_eq!(parts, 40);
    }
}
