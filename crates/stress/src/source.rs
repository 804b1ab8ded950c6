//! Reads the kernel's files: the only opener of `/proc` and of the cgroups' numbers.
//!
//! The files of a machine stand below a root, `/` for the running one, and stay open: a look before a step costs a few
//! microseconds. What a process says of itself is always that of the running machine.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::limits::parse::{self, Mount, Version};
use crate::limits::{Group, Limits};

/// The files of one machine, as seen from this process's cgroup.
#[derive(Debug)]
pub struct Source {
    meminfo: Kept,
    pressure: Option<Kept>,
    vmstat: Option<Kept>,
    groups: Vec<GroupFiles>,
}

/// A file of the kernel that must be there and is not, or holds something else.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {cause}; a run needs it to know what is safe", .path.display())]
pub struct SourceError {
    path: PathBuf,
    cause: io::Error,
}

/// What ran up since boot while memory was short. Differences of two of these say how hard it is now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Strain {
    /// Time in which some task waited for memory, in microseconds; 0 where the kernel does not count it.
    pub(crate) stall_us: u64,
    /// Bytes read back from swap.
    pub(crate) swap_in_bytes: u64,
    /// Bytes that were evicted and needed again soon.
    pub(crate) refault_bytes: u64,
}

impl Source {
    /// The machine whose `proc` and `sys` stand below `root`. What is missing, save for `meminfo`, is not looked at.
    pub fn open(root: &Path) -> Source {
        let proc = root.join("proc");
        Source {
            meminfo: Kept::new(proc.join("meminfo")),
            pressure: Kept::existing(proc.join("pressure/memory")),
            vmstat: Kept::existing(proc.join("vmstat")),
            groups: groups(root),
        }
    }

    /// What may be taken now.
    ///
    /// # Errors
    /// Where `meminfo` cannot be read or understood. A cgroup that vanished is left out.
    pub fn limits(&mut self) -> Result<Limits, SourceError> {
        let text = self.meminfo.read().map_err(|cause| self.meminfo.error(cause))?;
        let malformed =
            || io::Error::new(io::ErrorKind::InvalidData, "no MemTotal or MemAvailable");
        let meminfo = parse::meminfo(&text).ok_or_else(|| self.meminfo.error(malformed()))?;
        Ok(Limits {
            total_bytes: meminfo.total,
            available_bytes: meminfo.available,
            swap_free_bytes: meminfo.swap_free,
            cgroups: self.groups.iter_mut().filter_map(GroupFiles::read).collect(),
            promised_bytes: 0,
        })
    }

    /// What ran up so far; what the kernel does not count stays 0.
    pub(crate) fn strain(&mut self) -> Strain {
        let read = |file: &mut Option<Kept>| file.as_mut().and_then(|file| file.read().ok());
        let vmstat = read(&mut self.vmstat).unwrap_or_default();
        let pages = |names: &[&str]| {
            let found = names.iter().filter_map(|name| parse::field(&vmstat, name));
            found.fold(0, u64::saturating_add).saturating_mul(page_bytes())
        };
        let refaults = ["workingset_refault_anon", "workingset_refault_file", "workingset_refault"];
        Strain {
            stall_us: read(&mut self.pressure).and_then(|text| parse::stall_us(&text)).unwrap_or(0),
            swap_in_bytes: pages(&["pswpin"]),
            refault_bytes: pages(&refaults),
        }
    }
}

/// The size of a base page here.
pub(crate) fn page_bytes() -> u64 {
    u64::try_from(rustix::param::page_size()).unwrap_or(crate::PAGE_BYTES)
}

/// A file that stays open.
#[derive(Debug)]
struct Kept {
    path: PathBuf,
    file: Option<File>,
}

/// No file that is read here is larger: `memory.stat` and `vmstat` have about 10 KiB.
const FILE_MAX_BYTES: usize = 64 << 10;

impl Kept {
    fn new(path: PathBuf) -> Kept {
        Kept { path, file: None }
    }

    fn existing(path: PathBuf) -> Option<Kept> {
        let file = File::open(&path).ok()?;
        Some(Kept { path, file: Some(file) })
    }

    fn read(&mut self) -> io::Result<Vec<u8>> {
        let file = match &self.file {
            Some(file) => file,
            None => self.file.insert(File::open(&self.path)?),
        };
        let mut text = vec![0; 8 << 10];
        let mut length = 0;
        loop {
            if length == text.len() {
                if length >= FILE_MAX_BYTES {
                    return Err(io::ErrorKind::FileTooLarge.into());
                }
                text.resize(length * 2, 0);
            }
            match file.read_at(&mut text[length..], length as u64) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        text.truncate(length);
        Ok(text)
    }

    fn error(&self, cause: io::Error) -> SourceError {
        SourceError { path: self.path.clone(), cause }
    }
}

/// The files of one memory cgroup.
#[derive(Debug)]
struct GroupFiles {
    path: String,
    /// The hard limit, and the mark above which it is throttled.
    limits: Vec<Kept>,
    used: Kept,
    stat: Option<Kept>,
    /// What `stat` calls the inactive file pages of the cgroup and all below it.
    inactive: &'static str,
}

impl GroupFiles {
    fn open(path: &str, folder: &Path, version: Version) -> Option<GroupFiles> {
        let (limits, used, inactive): (&[&str], _, _) = match version {
            Version::V1 => {
                (&["memory.limit_in_bytes"], "memory.usage_in_bytes", "total_inactive_file")
            }
            Version::V2 => (&["memory.max", "memory.high"], "memory.current", "inactive_file"),
        };
        let limits = limits.iter().filter_map(|name| Kept::existing(folder.join(name)));
        Some(GroupFiles {
            path: path.to_owned(),
            limits: limits.collect(),
            // The root of the new hierarchy has none, and no limit either.
            used: Kept::existing(folder.join(used))?,
            stat: Kept::existing(folder.join("memory.stat")),
            inactive,
        })
    }

    fn read(&mut self) -> Option<Group> {
        let limits = self.limits.iter_mut().filter_map(|file| parse::limit(&file.read().ok()?));
        let limit_bytes = limits.min();
        let mut group = Group { path: self.path.clone(), limit_bytes, ..Group::default() };
        group.used_bytes = parse::whole(&self.used.read().ok()?)?;
        // Without a limit nobody asks what could be dropped.
        if let (Some(_), Some(stat)) = (limit_bytes, &mut self.stat) {
            let text = stat.read().unwrap_or_default();
            group.inactive_file_bytes = parse::field(&text, self.inactive).unwrap_or(0);
        }
        Some(group)
    }
}

/// Where this process's memory cgroup is.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) version: Version,
    pub(crate) path: String,
    pub(crate) mount: Mount,
}

/// The memory cgroup of this process on the machine below `root`; `None` where no hierarchy controls memory.
pub(crate) fn place(root: &Path) -> Option<Place> {
    let read = |name| std::fs::read(root.join("proc/self").join(name)).ok();
    let (version, path) = parse::membership(&read("cgroup")?)?;
    let mut mount = parse::mount(&read("mountinfo")?, version)?;
    mount.point = root.join(mount.point.strip_prefix("/").ok()?);
    Some(Place { version, path, mount })
}

fn groups(root: &Path) -> Vec<GroupFiles> {
    let Some(Place { version, path, mount }) = place(root) else { return Vec::new() };
    let open = |path| GroupFiles::open(path, &mount.folder(path)?, version);
    parse::ancestors(&path).filter_map(open).collect()
}

/// What this process says of itself.
#[derive(Debug)]
pub(crate) struct Own {
    status: Kept,
    stat: Kept,
}

/// Amounts of `/proc/self/status` and `/proc/self/stat`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Used {
    pub(crate) anonymous_bytes: u64,
    pub(crate) shared_bytes: u64,
    pub(crate) swapped_bytes: u64,
    pub(crate) minor_faults: u64,
    pub(crate) major_faults: u64,
}

impl Own {
    pub(crate) fn new() -> Own {
        let file = |name: &str| Kept::new(Path::new("/proc/self").join(name));
        Own { status: file("status"), stat: file("stat") }
    }

    pub(crate) fn used(&mut self) -> Used {
        let status = self.status.read().unwrap_or_default();
        let stat = self.stat.read().ok();
        let (minor_faults, major_faults, _) =
            stat.and_then(|text| parse::stat(&text)).unwrap_or_default();
        let field = |name| parse::field(&status, name).unwrap_or(0);
        Used {
            anonymous_bytes: field("RssAnon:"),
            shared_bytes: field("RssShmem:"),
            swapped_bytes: field("VmSwap:"),
            minor_faults,
            major_faults,
        }
    }
}

/// Whether the kernel gives no transparent huge pages, whatever a process asks for: its own name of the setting's file.
pub(crate) fn huge_pages_off() -> Option<&'static str> {
    let path = "/sys/kernel/mm/transparent_hugepage/enabled";
    let is_off = std::fs::read_to_string(path).map_or(true, |text| text.contains("[never]"));
    is_off.then_some(path)
}

/// When a process began, in clock ticks since boot: with its number, this names it for good.
pub(crate) fn start_ticks(pid: u32) -> Option<u64> {
    let text = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    parse::stat(&text).map(|(_, _, start)| start)
}

/// Bytes that only this process maps and has written: what copy-on-write copied for it.
pub(crate) fn private_dirty_bytes(pid: u32) -> Option<u64> {
    let text = std::fs::read(format!("/proc/{pid}/smaps_rollup")).ok()?;
    parse::field(&text, "Private_Dirty:")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine of 1 GiB with a cgroup below another, both limited, in the new hierarchy.
    fn machine() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let files = [
            ("proc/meminfo", "MemTotal: 1048576 kB\nMemAvailable: 524288 kB\n"),
            ("proc/vmstat", "pswpin 2\nworkingset_refault_anon 1\nworkingset_refault_file 2\n"),
            ("proc/pressure/memory", "some avg10=0.00 avg60=0.00 avg300=0.00 total=77\n"),
            ("proc/self/cgroup", "0::/a/b\n"),
            ("proc/self/mountinfo", "32 25 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"),
            ("sys/fs/cgroup/a/memory.max", "max\n"),
            ("sys/fs/cgroup/a/memory.high", "600\n"),
            ("sys/fs/cgroup/a/memory.current", "500\n"),
            ("sys/fs/cgroup/a/b/memory.max", "400\n"),
            ("sys/fs/cgroup/a/b/memory.high", "max\n"),
            ("sys/fs/cgroup/a/b/memory.current", "300\n"),
            ("sys/fs/cgroup/a/b/memory.stat", "anon 7\ninactive_file 100\n"),
        ];
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn the_limits_of_every_ancestor_are_read() {
        let root = machine();
        let limits = Source::open(root.path()).limits().unwrap();
        assert_eq!((limits.total_bytes, limits.available_bytes), (1 << 30, 512 << 20));
        let left: Vec<_> =
            limits.cgroups.iter().map(|group| (group.path.as_str(), group.left_bytes())).collect();
        assert_eq!(left, [("/a/b", Some(200)), ("/a", Some(100))]);
    }

    #[test]
    fn a_file_that_changes_is_read_again_and_not_remembered() {
        let root = machine();
        let mut source = Source::open(root.path());
        assert_eq!(source.limits().unwrap().available_bytes, 512 << 20);
        let meminfo = root.path().join("proc/meminfo");
        std::fs::write(meminfo, "MemTotal: 1048576 kB\nMemAvailable: 1024 kB\n").unwrap();
        assert_eq!(source.limits().unwrap().available_bytes, 1 << 20);
    }

    #[test]
    fn strain_is_in_bytes_and_microseconds() {
        let root = machine();
        let strain = Source::open(root.path()).strain();
        assert_eq!(strain.stall_us, 77);
        assert_eq!(strain.swap_in_bytes, 2 * page_bytes());
        assert_eq!(strain.refault_bytes, 3 * page_bytes());
    }

    #[test]
    fn a_machine_without_meminfo_is_an_error_that_names_the_file() {
        let root = tempfile::tempdir().unwrap();
        let error = Source::open(root.path()).limits().unwrap_err().to_string();
        assert!(error.contains("proc/meminfo"), "{error}");
        std::fs::create_dir_all(root.path().join("proc")).unwrap();
        std::fs::write(root.path().join("proc/meminfo"), "nothing\n").unwrap();
        let error = Source::open(root.path()).limits().unwrap_err().to_string();
        assert!(error.contains("no MemTotal"), "{error}");
    }

    #[test]
    fn this_process_finds_itself() {
        assert!(start_ticks(std::process::id()).is_some_and(|ticks| ticks > 0));
        assert!(Own::new().used().anonymous_bytes > 0);
        assert_eq!(start_ticks(u32::MAX), None);
    }
}
