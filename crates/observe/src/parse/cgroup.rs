//! The files of control groups, in both of their hierarchies (cgroups(7)).
//!
//! The memory controller of v2 is described field by field in the kernel's `Documentation/admin-guide/cgroup-v2.rst`, that
//! of v1 in `admin-guide/cgroup-v1/memory.rst`. A value that says "no limit" is `None`: v2 writes `max`, v1 the largest
//! page-aligned signed number.

use std::path::PathBuf;

use super::table::{Change, Grammar, Table};
use super::{ParseError, lines, scalar, words};

/// From here on, a number in a v1 limit means that there is none: `PAGE_COUNTER_MAX` pages, whatever the page size.
const NO_LIMIT: u64 = 1 << 60;

/// The two generations of control groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// One hierarchy a controller.
    V1,
    /// One hierarchy for all.
    V2,
}

/// Where the cgroup hierarchies that concern memory are mounted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mounts {
    /// The v1 hierarchy of the memory controller.
    pub v1_memory: Option<Mount>,
    /// The v2 hierarchy.
    pub v2: Option<Mount>,
    /// Whether any v1 hierarchy is mounted, of whatever controller.
    pub any_v1: bool,
}

/// One mounted hierarchy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The folder.
    pub point: PathBuf,
    /// The cgroup that is seen there: `/`, but in some containers the container's own.
    pub root: Vec<u8>,
}

/// Reads `/proc/PID/mountinfo` (proc_pid_mountinfo(5)). Of several mounts of one hierarchy the first counts. Lines of other
/// systems, and lines that are none, are passed over.
#[must_use]
pub fn mounts(bytes: &[u8]) -> Mounts {
    let mut found = Mounts::default();
    for (_, line) in lines(bytes) {
        let Some((mount, kind, options)) = mounted(line) else { continue };
        match kind {
            b"cgroup2" => found.v2 = found.v2.or(Some(mount)),
            b"cgroup" => {
                found.any_v1 = true;
                if options.split(|byte| *byte == b',').any(|option| option == b"memory") {
                    found.v1_memory = found.v1_memory.or(Some(mount));
                }
            }
            _ => {}
        }
    }
    found
}

/// `36 35 98:0 /root /point rw,noatime shared:1 - type source super-options`
fn mounted(line: &[u8]) -> Option<(Mount, &[u8], &[u8])> {
    let at = line.windows(3).position(|window| window == b" - ")?;
    let mut fields = words(&line[..at]).skip(3);
    let (root, point) = (fields.next()?, fields.next()?);
    let mut system = words(&line[at + 3..]);
    let kind = system.next()?;
    let options = system.nth(1)?;
    let mount = Mount { point: path(unescaped(point)), root: unescaped(root) };
    Some((mount, kind, options))
}

/// The kernel writes blank, tab, line end and backslash as three octal digits (`mangle`, fs/seq_file.c).
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let octal = |digits: &[u8]| {
            let is_octal = digits.iter().all(|digit| (b'0'..=b'7').contains(digit));
            let value =
                digits.iter().fold(0u32, |value, digit| value * 8 + u32::from(digit - b'0'));
            u8::try_from(value).ok().filter(|_| is_octal)
        };
        let byte = if first == b'\\' { after.get(..3).and_then(octal) } else { None };
        plain.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &after[3..] } else { after };
    }
    plain
}

fn path(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt as _;
    PathBuf::from(std::ffi::OsString::from_vec(bytes))
}

/// The path of a process in one hierarchy, from `/proc/PID/cgroup` (cgroups(7)): in v1 that of the memory controller.
#[must_use]
pub fn membership(bytes: &[u8], version: Version) -> Option<&[u8]> {
    let mut fields = lines(bytes).filter_map(|(_, line)| {
        let mut parts = line.splitn(3, |byte| *byte == b':');
        Some((parts.next()?, parts.next()?, parts.next()?))
    });
    let is_it = |id: &[u8], names: &[u8]| match version {
        Version::V1 => names.split(|byte| *byte == b',').any(|name| name == b"memory"),
        Version::V2 => id == b"0" && names.is_empty(),
    };
    fields.find(|(id, names, _)| is_it(id, names)).map(|(_, _, path)| path)
}

/// Reads a limit: `memory.max` and its kin of v2 (bytes, or `max`), `memory.limit_in_bytes` and its kin of v1. `None` is
/// no limit.
///
/// # Errors
/// The file holds neither.
pub fn limit(bytes: &[u8], file: &'static str) -> Result<Option<u64>, ParseError> {
    if bytes.trim_ascii() == b"max" {
        return Ok(None);
    }
    let bytes = scalar::number(bytes, file)?;
    Ok(Some(bytes).filter(|bytes| *bytes < NO_LIMIT))
}

/// Reads `memory.stat`, `memory.events` or `memory.oom_control` again into `table`: a name and a number a line. Amounts are
/// bytes, but counts of events and of pages that moved (`pgfault`) are what they say.
///
/// # Errors
/// A line is something else; the table is empty then.
pub fn update_named(
    table: &mut Table,
    bytes: &[u8],
    file: &'static str,
) -> Result<Change, ParseError> {
    table.update(bytes, Grammar { file, prefix: b"", name_end: b' ' })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HYBRID: &[u8] = b"\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:7 - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
";

    fn mount(point: &str, root: &str) -> Mount {
        Mount { point: point.into(), root: root.into() }
    }

    #[test]
    fn a_hybrid_machine_has_its_memory_in_v1() {
        let found = mounts(HYBRID);
        assert_eq!(found.v1_memory, Some(mount("/sys/fs/cgroup/memory", "/")));
        assert_eq!(found.v2, Some(mount("/sys/fs/cgroup/unified", "/")));
        assert!(found.any_v1);
    }

    #[test]
    fn a_container_sees_its_own_cgroup_as_the_root_and_blanks_are_written_in_octal() {
        let line =
            b"900 880 0:27 /docker/3f1c\\040x /sys/fs/cgroup\\134a ro,nosuid - cgroup2 cgroup rw\n";
        let found = mounts(line);
        assert_eq!(found.v2, Some(mount("/sys/fs/cgroup\\a", "/docker/3f1c x")));
        assert!(!found.any_v1);
        assert_eq!(mounts(b"no mount at all\n1 2 3 - cgroup2\n"), Mounts::default());
    }

    #[test]
    fn a_process_is_in_one_cgroup_of_each_hierarchy() {
        let text = b"9:name=systemd:/\n4:cpu,memory:/docker/a:b\n0::/user.slice\n";
        assert_eq!(membership(text, Version::V1), Some(&b"/docker/a:b"[..]));
        assert_eq!(membership(text, Version::V2), Some(&b"/user.slice"[..]));
        assert_eq!(membership(b"0::/\n", Version::V1), None);
    }

    #[test]
    fn no_limit_is_written_in_two_ways() {
        let read = |text: &[u8]| limit(text, "memory.max");
        assert_eq!(read(b"max\n"), Ok(None));
        assert_eq!(read(b"9223372036854771712\n"), Ok(None));
        assert_eq!(read(b"268435456\n"), Ok(Some(268_435_456)));
        assert_eq!(read(b"0\n"), Ok(Some(0)));
        assert!(read(b"").is_err() && read(b"-1\n").is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = mounts(&bytes);
            let _ = membership(&bytes, Version::V1);
            let _ = limit(&bytes, "memory.max");
            let _ = update_named(&mut Table::default(), &bytes, "memory.stat");
        }

        #[test]
        fn what_the_kernel_escapes_comes_back(text in "[a-z \t\n\\\\é]{0,20}") {
            let written: String = text.chars().map(|c| match c {
                ' ' | '\t' | '\n' | '\\' => format!("\\{:03o}", u32::from(c)),
                other => other.to_string(),
            }).collect();
            prop_assert_eq!(unescaped(written.as_bytes()), text.as_bytes());
        }
    }
}
