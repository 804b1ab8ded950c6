//! From the bytes of kernel files to values. Nothing here opens a file, and nothing panics on what one could hold.

use std::path::{Path, PathBuf};

/// What `/proc/meminfo` says, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Meminfo {
    pub(crate) total: u64,
    pub(crate) available: u64,
    pub(crate) swap_free: u64,
}

/// Reads `/proc/meminfo`; `None` where it lacks what every kernel writes.
pub(crate) fn meminfo(bytes: &[u8]) -> Option<Meminfo> {
    let total = field(bytes, "MemTotal:")?;
    let available = field(bytes, "MemAvailable:").or_else(|| {
        Some(field(bytes, "MemFree:")?.saturating_add(field(bytes, "Inactive(file):")?))
    })?;
    Some(Meminfo { total, available, swap_free: field(bytes, "SwapFree:").unwrap_or(0) })
}

/// The number of the line that begins with the word `name`, in bytes where it is told in kB.
pub(crate) fn field(bytes: &[u8], name: &str) -> Option<u64> {
    let lines = bytes.split(|byte| *byte == b'\n');
    let mut rests = lines.filter_map(|line| line.strip_prefix(name.as_bytes()));
    let mut words =
        rests.find(|rest| rest.first().is_some_and(u8::is_ascii_whitespace)).map(words)?;
    let value = whole(words.next()?)?;
    Some(if words.next() == Some(b"kB") { value.saturating_mul(1024) } else { value })
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// A whole number, and nothing else.
pub(crate) fn whole(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}

/// The largest number that is a limit: cgroup v1 writes "no limit" as the largest page-aligned signed number.
const LIMIT_MAX_BYTES: u64 = 1 << 62;

/// A limit of a cgroup: a number, or nothing where it says `max` or a number that is none.
pub(crate) fn limit(bytes: &[u8]) -> Option<u64> {
    whole(bytes).filter(|limit| *limit < LIMIT_MAX_BYTES)
}

/// Microseconds in which some task waited for memory, from `/proc/pressure/memory` (kernel/sched/psi.c).
pub(crate) fn stall_us(bytes: &[u8]) -> Option<u64> {
    let line = bytes.split(|byte| *byte == b'\n').find(|line| line.starts_with(b"some "))?;
    words(line).find_map(|word| word.strip_prefix(b"total=")).and_then(whole)
}

/// Minor faults, major faults and the start time in clock ticks, from `/proc/PID/stat` (proc_pid_stat(5)).
pub(crate) fn stat(bytes: &[u8]) -> Option<(u64, u64, u64)> {
    // The name in parentheses may hold blanks and parentheses of its own.
    let after = bytes.iter().rposition(|byte| *byte == b')')?;
    let mut words = words(&bytes[after + 1..]);
    let minor = whole(words.nth(7)?)?;
    let major = whole(words.nth(1)?)?;
    let start = whole(words.nth(9)?)?;
    Some((minor, major, start))
}

/// Which of the two memory hierarchies a process is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V1,
    V2,
}

/// The path of a process in the hierarchy that controls memory, from `/proc/PID/cgroup` (cgroups(7)). On a hybrid
/// machine that is the old one, as long as it has the controller.
pub(crate) fn membership(bytes: &[u8]) -> Option<(Version, String)> {
    let lines = || {
        let lines = bytes.split(|byte| *byte == b'\n');
        lines.filter_map(|line| {
            let mut parts = line.splitn(3, |byte| *byte == b':');
            Some((parts.next()?, parts.next()?, parts.next()?))
        })
    };
    let text = |path: &[u8]| String::from_utf8_lossy(path).into_owned();
    let v1 =
        lines().find(|(_, names, _)| names.split(|byte| *byte == b',').any(|n| n == b"memory"));
    let v2 = || lines().find(|(id, names, _)| *id == b"0" && names.is_empty());
    v1.map(|(_, _, path)| (Version::V1, text(path)))
        .or_else(|| v2().map(|(_, _, path)| (Version::V2, text(path))))
}

/// Where a hierarchy is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    /// The folder.
    pub(crate) point: PathBuf,
    /// The cgroup that is seen there: not the root in most containers.
    pub(crate) root: String,
}

impl Mount {
    /// The folder of the cgroup `path`; `None` where it lies outside of what is mounted.
    pub(crate) fn folder(&self, path: &str) -> Option<PathBuf> {
        let below = path.strip_prefix(self.root.trim_end_matches('/'))?;
        let is_below = below.is_empty() || below.starts_with('/');
        let is_plain = !Path::new(below).components().any(|part| part.as_os_str() == "..");
        (is_below && is_plain).then(|| self.point.join(below.trim_start_matches('/')))
    }
}

/// Where the memory hierarchy of a version is mounted, from `/proc/PID/mountinfo` (proc_pid_mountinfo(5)).
pub(crate) fn mount(bytes: &[u8], version: Version) -> Option<Mount> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().find_map(|line| {
        let (mount, system) = line.split_once(" - ")?;
        let mut system = system.split(' ');
        let kind = system.next()?;
        let options = system.nth(1)?;
        let is_it = match version {
            Version::V1 => kind == "cgroup" && options.split(',').any(|option| option == "memory"),
            Version::V2 => kind == "cgroup2",
        };
        let mut words = mount.split(' ').skip(3);
        let (root, point) = (words.next()?, words.next()?);
        is_it.then(|| Mount { point: point.into(), root: root.to_owned() })
    })
}

/// `path` and its ancestors, up to the root.
pub(crate) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| parent(path))
}

fn parent(path: &str) -> Option<&str> {
    match path.rsplit_once('/')? {
        ("", "") => None,
        ("", _) => Some("/"),
        (parent, _) => Some(parent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn meminfo_is_told_in_bytes_and_old_kernels_are_understood() {
        let new = b"MemTotal:  100 kB\nMemFree: 10 kB\nMemAvailable:  50 kB\nSwapFree:   7 kB\n";
        let expected = Meminfo { total: 102_400, available: 51_200, swap_free: 7168 };
        assert_eq!(meminfo(new), Some(expected));
        let old = b"MemTotal: 100 kB\nMemFree: 10 kB\nInactive(file): 5 kB\n";
        assert_eq!(meminfo(old).map(|m| m.available), Some(15 << 10));
        assert_eq!(meminfo(b"MemFree: 10 kB\n"), None);
    }

    #[test]
    fn a_name_is_a_whole_word() {
        let stat = b"inactive_file_x 3\ntotal_inactive_file 2\ninactive_file 1\n";
        assert_eq!(field(stat, "inactive_file"), Some(1));
        assert_eq!(field(stat, "total_inactive_file"), Some(2));
        assert_eq!(field(stat, "file"), None);
    }

    #[test]
    fn no_limit_is_written_in_two_ways() {
        assert_eq!(limit(b"max\n"), None);
        assert_eq!(limit(b"9223372036854771712\n"), None);
        assert_eq!(limit(b"268435456\n"), Some(256 << 20));
    }

    #[test]
    fn the_pressure_total_is_that_of_some() {
        let text = b"some avg10=0.00 avg60=0.00 avg300=0.00 total=42\nfull avg10=0.00 total=7\n";
        assert_eq!(stall_us(text), Some(42));
        assert_eq!(stall_us(b"full total=7\n"), None);
    }

    #[test]
    fn a_process_name_with_parentheses_hides_nothing() {
        let text =
            b"7 (a) b) (c) S 1 7 7 0 -1 4194304 101 0 5 0 1 2 0 0 20 0 1 0 99887 10000 200\n";
        assert_eq!(stat(text), Some((101, 5, 99887)));
        assert_eq!(stat(b"7 (a) S 1"), None);
    }

    #[test]
    fn the_hierarchy_with_the_memory_controller_counts() {
        let hybrid = b"9:name=systemd:/\n4:cpu,memory:/a/b\n0::/c\n";
        assert_eq!(membership(hybrid), Some((Version::V1, "/a/b".into())));
        assert_eq!(
            membership(b"0::/user.slice/x:y\n"),
            Some((Version::V2, "/user.slice/x:y".into()))
        );
        assert_eq!(membership(b"1:cpu:/\n"), None);
    }

    #[test]
    fn a_container_sees_its_own_cgroup_at_the_mount_point() {
        let text = b"30 25 0:26 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
            31 25 0:27 /docker/x /sys/fs/cgroup/memory rw,nosuid shared:9 - cgroup cgroup rw,memory\n\
            32 25 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let v1 = mount(text, Version::V1).unwrap();
        assert_eq!(v1.folder("/docker/x/a"), Some("/sys/fs/cgroup/memory/a".into()));
        assert_eq!(v1.folder("/docker/x"), Some("/sys/fs/cgroup/memory/".into()));
        assert_eq!(v1.folder("/docker/xy"), None);
        assert_eq!(v1.folder("/other"), None);
        let v2 = mount(text, Version::V2).unwrap();
        assert_eq!(v2.folder("/a/b"), Some("/sys/fs/cgroup/unified/a/b".into()));
        assert_eq!(v2.folder("/../b"), None);
        assert_eq!(mount(b"", Version::V2), None);
    }

    #[test]
    fn ancestors_go_up_to_the_root() {
        assert_eq!(ancestors("/a/b").collect::<Vec<_>>(), ["/a/b", "/a", "/"]);
        assert_eq!(ancestors("/").collect::<Vec<_>>(), ["/"]);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = (meminfo(&bytes), stall_us(&bytes), stat(&bytes), limit(&bytes));
            let _ = (membership(&bytes), mount(&bytes, Version::V1), mount(&bytes, Version::V2));
        }
    }
}
